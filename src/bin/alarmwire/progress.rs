//! The progress of a simulator run: a bar on a terminal, a plain line every few seconds elsewhere.

use std::{
    io::IsTerminal as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use alarmwire::simulator::{Phase, Prepared, Progress, Report};
use indicatif::{ProgressBar, ProgressStyle};

/// How often a run is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// Seconds between two plain lines.
const LINE_EVERY: u64 = 5;

/// Runs against `target`, and shows how it comes along, until it is over or `stop` is set.
pub(crate) fn watch(
    prepared: Prepared,
    target: SocketAddr,
    stop: &AtomicBool,
) -> Result<Report, miette::Report> {
    let mut screen = Screen::new();
    let simulation = prepared
        .launch(target)
        .map_err(|e| miette::miette!("{e}"))?;
    let report = simulation.finish(
        EVERY,
        || stop.load(Relaxed),
        |progress| screen.show(progress),
    );
    screen.finish();
    report.map_err(|e| miette::miette!("{e}"))
}

/// Shows how a run comes along, on standard error.
struct Screen {
    bar: Option<ProgressBar>,
    last_line: Option<(Phase, u64)>,
}

impl Screen {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(1);
            if let Ok(style) = ProgressStyle::with_template("  {bar:32.green/dim} {msg}") {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar
        });
        Self {
            bar,
            last_line: None,
        }
    }

    fn show(&mut self, progress: &Progress) {
        let word = match progress.phase {
            Phase::Sending => "sending",
            Phase::Answers => "waiting for answers",
            Phase::Drain => "draining to the sinks",
            _ => "done",
        };
        let seconds = progress.elapsed.as_secs();
        let counts = format!(
            "{} due, {} acknowledged, {} delivered, {} in flight",
            progress.due, progress.acknowledged, progress.delivered, progress.in_flight
        );
        if let Some(bar) = &self.bar {
            let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            bar.set_length(millis(progress.length));
            bar.set_position(millis(progress.elapsed.min(progress.length)));
            bar.set_message(format!("{seconds:>3} s  {counts}  {word}"));
            return;
        }
        let slot = (progress.phase, seconds / LINE_EVERY);
        if self.last_line != Some(slot) && (slot.1 > 0 || progress.phase != Phase::Sending) {
            self.last_line = Some(slot);
            eprintln!("{seconds:>4} s  {counts}  ({word})");
        }
    }

    fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Becomes true at the first Ctrl-C; a second one ends the program at once.
pub(crate) fn interrupt() -> std::io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("interrupt".into())
        .spawn(move || {
            runtime.block_on(async {
                if tokio::signal::ctrl_c().await.is_ok() {
                    eprintln!(
                        "stopping: what was sent is still accounted for (again: stop at once)"
                    );
                    flag.store(true, Relaxed);
                }
                if tokio::signal::ctrl_c().await.is_ok() {
                    std::process::exit(130);
                }
            });
        })?;
    Ok(stop)
}
