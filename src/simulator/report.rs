mod text;

use core::{fmt, sync::atomic::Ordering::Relaxed, time::Duration};
use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Serialize, Serializer};

use super::{Event, Fate, Ledger, Path, schedule::Schedule};
use crate::event::{Class, Function};

/// A generator that hands out one event in a hundred more than this late has measured itself.
const MOST_LATE_MS: f64 = 1.0;

/// What a run came to. Its JSON keys are an interface: see `docs/simulator.md`.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Name of the scenario.
    pub name: String,
    /// The seed of its schedule.
    pub seed: u64,
    /// For how many seconds events fell due.
    pub seconds: f64,
    /// Subscribers, by category.
    pub panels: BTreeMap<super::Category, u64>,
    /// All events together.
    #[serde(flatten)]
    pub total: Figures,
    /// The five alarm functions, their restores included.
    pub by_function: BTreeMap<&'static str, Figures>,
    /// Everything else that panels report.
    pub other: Figures,
    /// By the way into the gateway.
    pub by_path: BTreeMap<&'static str, Figures>,
    /// By lane.
    pub by_lane: BTreeMap<u8, Figures>,
    /// By sink.
    pub by_sink: BTreeMap<String, SinkFigures>,
    /// How late the generator itself was.
    pub generator: Generator,
    /// The gateway's journal, when it runs in the same process.
    pub journal: Option<JournalFigures>,
}

/// Counts and latencies of a group of events.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Figures {
    /// Fell due.
    pub due: u64,
    /// A valid acknowledgement reached the panel.
    pub acknowledged: u64,
    /// Is at every sink that its route names.
    pub delivered: u64,
    /// No valid acknowledgement reached the panel.
    pub unacknowledged: u64,
    /// Delivered all the same.
    pub delivered_unacknowledged: u64,
    /// Acknowledged, and missing at a sink.
    pub lost: u64,
    /// Raw second copies at sinks.
    pub repeated: u64,
    /// Second copies that a sink's own rule let through.
    pub duplicated: u64,
    /// First copies that came before an event of the same account and lane that was acknowledged earlier.
    pub misordered: u64,
    /// From the due time to the acknowledgement.
    pub ack_ms: Latency,
    /// From the due time to the arrival, one value for each sink.
    pub end_to_end_ms: Latency,
}

/// What one sink saw.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct SinkFigures {
    /// First copies.
    pub delivered: u64,
    /// Acknowledged events of its routes that it never saw.
    pub lost: u64,
    /// Raw second copies.
    pub repeated: u64,
    /// Second copies that its rule let through.
    pub duplicated: u64,
    /// Reports that no panel of the run sent: the gateway's own.
    pub unmatched: u64,
    /// Reports of a panel that came out as something else.
    pub altered: u64,
    /// From the due time to the arrival.
    pub end_to_end_ms: Latency,
}

/// How well the generator kept its own schedule.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Generator {
    /// Whether the run counts: one event in a hundred may be more than a millisecond late.
    pub valid: bool,
    /// From the due time to the hand-over to the panel.
    pub late_ms: Latency,
    /// Frames sent again for want of an answer.
    pub retries: u64,
    /// Answers that refused.
    pub refused: u64,
}

/// Figures of the gateway's journal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct JournalFigures {
    /// Events stored.
    pub events: u64,
    /// Transactions that stored them.
    pub commits: u64,
    /// Those that were synced to disk before anything of them was acknowledged.
    pub synced: u64,
}

/// A distribution of times; its values in JSON are milliseconds with three digits after the point.
#[derive(Clone)]
pub struct Latency(Histogram<u64>);

impl Default for Latency {
    fn default() -> Self {
        // Microseconds up to an hour, three digits: within the limits that the crate accepts, so the empty fallback of
        // a resizing histogram is never taken.
        let histogram =
            Histogram::new_with_bounds(1, 3_600_000_000, 3).or_else(|_| Histogram::new(3));
        Self(match histogram {
            Ok(histogram) => histogram,
            Err(_) => unreachable_histogram(),
        })
    }
}

#[expect(clippy::panic, reason = "three significant digits are always accepted")]
fn unreachable_histogram() -> Histogram<u64> {
    panic!("three significant digits are refused")
}

impl Latency {
    /// Notes one time.
    pub fn record(&mut self, time: Duration) {
        self.0
            .saturating_record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// How many were noted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Milliseconds that this share of the times stays within; `None` when there are none.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        (!self.0.is_empty()).then(|| millis(self.0.value_at_quantile(share)))
    }

    /// The longest, in milliseconds.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| millis(self.0.max()))
    }
}

impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Latency({} values, p99 {:?} ms)",
            self.count(),
            self.quantile(0.99)
        )
    }
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Values {
            count: u64,
            p50: Option<f64>,
            p90: Option<f64>,
            p99: Option<f64>,
            p999: Option<f64>,
            max: Option<f64>,
        }
        Values {
            count: self.count(),
            p50: self.quantile(0.5),
            p90: self.quantile(0.9),
            p99: self.quantile(0.99),
            p999: self.quantile(0.999),
            max: self.max(),
        }
        .serialize(serializer)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an hour of microseconds fits a double exactly"
)]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

impl Figures {
    fn count(&mut self, fate: &Fate) {
        let one = |condition: bool| u64::from(condition);
        self.due += 1;
        self.acknowledged += one(fate.acknowledged.is_some());
        self.unacknowledged += one(fate.acknowledged.is_none());
        self.delivered += one(fate.delivered);
        self.delivered_unacknowledged += one(fate.delivered && fate.acknowledged.is_none());
        self.lost += one(fate.lost);
        self.repeated += u64::from(fate.repeated);
        self.duplicated += u64::from(fate.duplicated);
        self.misordered += u64::from(fate.misordered);
    }
}

impl Report {
    /// Draws up the report of a run whose events fell due until `until`; latencies of those before `warm_up` are left
    /// out.
    #[must_use]
    pub fn new(name: &str, seed: u64, ledger: &Ledger, warm_up: Duration, until: Duration) -> Self {
        let schedule = ledger.schedule();
        let mut report = Self {
            name: name.to_owned(),
            seed,
            seconds: until
                .min(schedule.events.last().map_or(until, |last| last.due))
                .as_secs_f64()
                .ceil(),
            panels: BTreeMap::new(),
            total: Figures::default(),
            by_function: Function::ALL
                .iter()
                .map(|function| (function.as_str(), Figures::default()))
                .collect(),
            other: Figures::default(),
            by_path: BTreeMap::new(),
            by_lane: BTreeMap::new(),
            by_sink: BTreeMap::new(),
            generator: Generator::default(),
            journal: None,
        };
        for panel in &schedule.panels {
            *report.panels.entry(panel.category).or_default() += 1;
            report.by_path.entry(panel.path().as_str()).or_default();
        }
        let fates = ledger.fates(until);
        for (event, fate) in schedule.events.iter().zip(&fates) {
            let timed = event.due >= warm_up;
            report.groups(schedule, event, |figures| {
                figures.count(fate);
                if let Some(at) = fate.acknowledged.filter(|_| timed) {
                    figures.ack_ms.record(at.saturating_sub(event.due));
                }
            });
        }
        ledger.each_sink(|name, paths, slots, unmatched, altered| {
            let mut sink = SinkFigures {
                unmatched,
                altered,
                ..SinkFigures::default()
            };
            for ((event, fate), slot) in schedule.events.iter().zip(&fates).zip(slots) {
                sink.delivered += u64::from(slot.first.is_some());
                sink.repeated += u64::from(slot.repeated);
                sink.duplicated += u64::from(slot.duplicated);
                let routed = paths.contains(&schedule.path_of(event));
                sink.lost +=
                    u64::from(routed && fate.acknowledged.is_some() && slot.first.is_none());
                if let Some(at) = slot.first.filter(|_| event.due >= warm_up) {
                    let time = at.saturating_sub(event.due);
                    sink.end_to_end_ms.record(time);
                    report.groups(schedule, event, |figures| {
                        figures.end_to_end_ms.record(time)
                    });
                }
            }
            report.by_sink.insert(name.to_owned(), sink);
        });
        report.generator.retries = ledger.live.retries.load(Relaxed);
        report.generator.refused = ledger.live.refused.load(Relaxed);
        for late in ledger.lateness() {
            report.generator.late_ms.record(late);
        }
        report.generator.valid = report
            .generator
            .late_ms
            .quantile(0.99)
            .is_none_or(|late| late <= MOST_LATE_MS);
        report
    }

    /// Whether nothing was lost and nothing came twice.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.total.lost == 0 && self.total.duplicated == 0
    }

    /// Every group that an event belongs to.
    fn groups(&mut self, schedule: &Schedule, event: &Event, mut each: impl FnMut(&mut Figures)) {
        each(&mut self.total);
        let function: Option<Function> = Class::function(event.class());
        match function.and_then(|function| self.by_function.get_mut(function.as_str())) {
            Some(figures) => each(figures),
            None => each(&mut self.other),
        }
        let path: Path = schedule.path_of(event);
        each(self.by_path.entry(path.as_str()).or_default());
        each(self.by_lane.entry(event.lane().number()).or_default());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::simulator::Scenario;

    fn report() -> Report {
        let scenario = Scenario::parse(
            "[run]\nlength = \"1s\"\n[[fleet]]\nname = \"a\"\npanels = 3\nrate = 200.0\n",
        )
        .unwrap();
        let schedule = Arc::new(Schedule::build(&scenario, 1));
        let ledger = Ledger::new(Arc::clone(&schedule), &[("centre", &[Path::Ip])]);
        for (i, event) in (0..).zip(&schedule.events) {
            ledger.started(Duration::from_micros(50));
            ledger.acknowledge(i, event.due + Duration::from_millis(2));
            if i > 0 {
                let key = event.key(&schedule.panels[event.panel as usize]);
                ledger.arrive(
                    0,
                    &key,
                    event.class(),
                    event.due + Duration::from_millis(5),
                    false,
                );
            }
        }
        Report::new("test", 1, &ledger, Duration::ZERO, Duration::MAX)
    }

    #[test]
    fn the_json_has_the_keys_that_scripts_rely_on() {
        let json = serde_json::to_value(report()).unwrap();
        for key in [
            "due",
            "acknowledged",
            "delivered",
            "unacknowledged",
            "lost",
            "repeated",
            "duplicated",
            "misordered",
        ] {
            assert!(json[key].is_u64(), "{key}");
            assert!(json["by_path"]["ip"][key].is_u64(), "{key}");
        }
        for function in ["hold_up", "burglary", "fire", "gas", "emergency"] {
            assert!(json["by_function"][function]["due"].as_u64().unwrap() > 0);
        }
        for latency in ["ack_ms", "end_to_end_ms"] {
            for key in ["p50", "p90", "p99", "p999", "max"] {
                assert!(json[latency][key].is_f64(), "{latency}.{key}");
            }
        }
        assert_eq!(json["ack_ms"]["p50"], 2.0);
        assert_eq!(json["lost"], 1);
    }

    #[test]
    fn a_lost_event_shows_in_its_function_its_path_and_its_sink() {
        let report = report();
        assert!(!report.is_clean());
        assert_eq!(report.by_function.values().map(|f| f.lost).sum::<u64>(), 1);
        assert_eq!(report.by_path["ip"].lost, 1);
        assert_eq!(report.by_sink["centre"].lost, 1);
        assert_eq!(
            report.total.delivered + report.total.lost,
            report.total.acknowledged
        );
    }

    #[test]
    fn a_late_generator_makes_the_run_void() {
        assert!(report().generator.valid);
        let scenario =
            Scenario::parse("[[fleet]]\nname = \"a\"\npanels = 3\nrate = 200.0\n").unwrap();
        let ledger = Ledger::new(Arc::new(Schedule::build(&scenario, 1)), &[]);
        (0..100).for_each(|i| ledger.started(Duration::from_millis(if i < 95 { 0 } else { 3 })));
        assert!(
            !Report::new("late", 1, &ledger, Duration::ZERO, Duration::MAX)
                .generator
                .valid
        );
    }

    #[test]
    fn the_table_is_as_wide_as_it_says_and_lists_every_function() {
        let text = report().to_text();
        for function in [
            "hold-up",
            "burglary",
            "fire",
            "gas",
            "emergency",
            "by ip",
            "all",
        ] {
            assert!(
                text.lines().any(|line| line.starts_with(function)),
                "{function}\n{text}"
            );
        }
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
    }
}
