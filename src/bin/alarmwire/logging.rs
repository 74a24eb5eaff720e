//! Where log lines go: to standard error, as many as `ALARMWIRE_LOG` says (`info` by default).

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Sets the log up; only the first call counts. `json`: one object a line.
pub(crate) fn start(json: bool) {
    let filter =
        EnvFilter::try_from_env("ALARMWIRE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colour);
    let log = log.with_target(false);
    // Somebody else may have set one up before: then that one counts.
    let _first = if json {
        log.json().try_init()
    } else {
        log.try_init()
    };
}
