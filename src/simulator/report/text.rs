//! The report for people.

use core::fmt::Write as _;

use super::{Figures, Latency, Report};
use crate::event::Function;

impl Report {
    /// The report for people: two tables of equal rows, 94 columns wide.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut rows: Vec<(String, Option<&Figures>)> = Function::ALL
            .iter()
            .map(|function| {
                (
                    function.as_str().replace('_', "-"),
                    self.by_function.get(function.as_str()),
                )
            })
            .collect();
        if self.other.due > 0 {
            rows.push(("other reports".to_owned(), Some(&self.other)));
        }
        rows.push((String::new(), None));
        rows.extend(
            self.by_path
                .iter()
                .map(|(path, figures)| (format!("by {path}"), Some(figures))),
        );
        rows.push((String::new(), None));
        rows.push(("all".to_owned(), Some(&self.total)));

        let mut out = String::new();
        let _ = writeln!(
            out,
            "{:<14} │ {:>7} {:>12} {:>9} {:>14} {:>5} {:>8} {:>10} {:>10}",
            "events",
            "due",
            "acknowledged",
            "delivered",
            "unacknowledged",
            "lost",
            "repeated",
            "duplicated",
            "misordered"
        );
        for (name, figures) in &rows {
            let _ = match figures {
                None => writeln!(out, "{}┼{}", "─".repeat(15), "─".repeat(84)),
                Some(f) => writeln!(
                    out,
                    "{name:<14} │ {:>7} {:>12} {:>9} {:>14} {:>5} {:>8} {:>10} {:>10}",
                    f.due,
                    f.acknowledged,
                    f.delivered,
                    f.unacknowledged,
                    f.lost,
                    f.repeated,
                    f.duplicated,
                    f.misordered
                ),
            };
        }
        let head = format!(
            "{:>7} {:>7} {:>7} {:>7} {:>7}",
            "p50", "p90", "p99", "p99.9", "max"
        );
        let _ = writeln!(
            out,
            "\n{:<14} │ {:<39} │ due to arrival at the sinks, ms",
            "", "due to acknowledgement, ms"
        );
        let _ = writeln!(out, "{:<14} │ {head} │ {head}", "latency");
        for (name, figures) in &rows {
            let _ = match figures {
                None => writeln!(
                    out,
                    "{}┼{}┼{}",
                    "─".repeat(15),
                    "─".repeat(41),
                    "─".repeat(41)
                ),
                Some(f) => writeln!(
                    out,
                    "{name:<14} │ {} │ {}",
                    columns(&f.ack_ms),
                    columns(&f.end_to_end_ms)
                ),
            };
        }
        for (name, sink) in &self.by_sink {
            let _ = write!(
                out,
                "\nsink {name}: {} events, {} lost, {} copies",
                sink.delivered, sink.lost, sink.repeated
            );
            if sink.unmatched + sink.altered > 0 {
                let _ = write!(
                    out,
                    ", {} not from the panels, {} altered",
                    sink.unmatched, sink.altered
                );
            }
        }
        if self.by_sink.is_empty() {
            out.push_str("\nno sink: only the acknowledgements were measured");
        }
        if let Some(journal) = &self.journal {
            let _ = write!(
                out,
                "\njournal: {} events in {} commits, {} synced before they were acknowledged",
                journal.events, journal.commits, journal.synced
            );
        }
        let late = &self.generator.late_ms;
        let verdict = if self.generator.valid {
            ""
        } else {
            "\n           VOID as a measurement: the machine was too busy to keep the schedule within 1 ms"
        };
        let _ = write!(
            out,
            "\ngenerator: p99 {} ms late, at most {} ms; {} frames sent again, {} refused{verdict}\n",
            cell(late.quantile(0.99)).trim_start(),
            cell(late.max()).trim_start(),
            self.generator.retries,
            self.generator.refused
        );
        out
    }
}

fn columns(latency: &Latency) -> String {
    let cells = [0.5, 0.9, 0.99, 0.999].map(|share| cell(latency.quantile(share)));
    format!("{} {}", cells.join(" "), cell(latency.max()))
}

fn cell(millis: Option<f64>) -> String {
    match millis {
        None => format!("{:>7}", "–"),
        Some(value) if value < 100.0 => format!("{value:>7.2}"),
        Some(value) => format!("{value:>7.0}"),
    }
}
