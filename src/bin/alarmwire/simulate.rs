//! `alarmwire simulate`: a scenario against any receiver.

use std::{
    net::{SocketAddr, ToSocketAddrs as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use alarmwire::simulator::{Prepared, Report, Scenario, ScenarioError, SinkPlace};
use miette::{Diagnostic, NamedSource, SourceSpan};

use super::progress::{interrupt, watch};

/// Run a scenario of panels, virtual receivers and sinks against a receiver, and account for every event
///
/// Exit status: 0 when nothing was lost or duplicated, 1 when something was, 2 when the run could not be made.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The scenario, a TOML file (see docs/simulator.md)
    scenario: PathBuf,
    /// The DC-09 receiver, TCP and UDP on the same port
    #[arg(long, value_name = "HOST:PORT")]
    target: Option<String>,
    /// Write the report as JSON (- for standard output)
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw another schedule than the scenario's own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// A mistake in a scenario, shown where it stands.
#[derive(Debug, Diagnostic, thiserror::Error)]
#[error("{message}")]
struct Mistake {
    message: String,
    #[source_code]
    text: NamedSource<String>,
    #[label("here")]
    place: SourceSpan,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    match writable(args.json.as_deref()).and_then(|()| simulate(args)) {
        Ok(report) => finish(&report, args.json.as_deref()),
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::from(2)
        }
    }
}

/// A report that can't be written is told before a run, not after it.
pub(crate) fn writable(json: Option<&Path>) -> Result<(), miette::Report> {
    let Some(path) = json.filter(|path| *path != Path::new("-")) else {
        return Ok(());
    };
    let mut file = std::fs::File::options();
    let opened = file.create(true).append(true).open(path);
    opened
        .map(drop)
        .map_err(|error| miette::miette!("--json {}: {error}", path.display()))
}

/// Prints the report, writes its JSON, and says by the status whether all is well.
pub(crate) fn finish(report: &Report, json: Option<&Path>) -> ExitCode {
    if json != Some(Path::new("-")) {
        print!("{}", report.to_text());
    }
    if let Some(path) = json
        && let Err(error) = write_json(report, path)
    {
        eprintln!("{}: {error}", path.display());
        return ExitCode::from(2);
    }
    if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    }
}

fn write_json(report: &Report, path: &Path) -> std::io::Result<()> {
    let mut json = serde_json::to_string_pretty(report)?;
    json.push('\n');
    if path == Path::new("-") {
        print!("{json}");
        return Ok(());
    }
    std::fs::write(path, json)
}

/// Reads a scenario; a mistake is shown in the text of the file.
pub(crate) fn read(name: &str, text: &str) -> Result<Scenario, miette::Report> {
    Scenario::parse(text).map_err(|error: ScenarioError| {
        let place = SourceSpan::from(error.span());
        Mistake {
            message: error.message().to_owned(),
            text: NamedSource::new(name, text.to_owned()),
            place,
        }
        .into()
    })
}

fn simulate(args: &Args) -> Result<Report, miette::Report> {
    let name = args.scenario.display().to_string();
    let text =
        std::fs::read_to_string(&args.scenario).map_err(|e| miette::miette!("{name}: {e}"))?;
    let scenario = read(&name, &text)?;
    let target = target(args.target.as_deref(), &scenario)?;
    let seed = args.seed.unwrap_or(scenario.run.seed);
    let prepared = Prepared::new(scenario, seed).map_err(|e| miette::miette!("{e}"))?;
    if let Some(accounts) = &prepared.scenario().run.accounts {
        std::fs::write(accounts, prepared.schedule().accounts_toml())
            .map_err(|e| miette::miette!("{}: {e}", accounts.display()))?;
        eprintln!("accounts and keys: {}", accounts.display());
    }
    eprintln!(
        "{} panels, seed {seed}, to {target}",
        prepared.schedule().panels.len()
    );
    for (name, terminal) in prepared.receivers() {
        eprintln!("receiver {name}: Sur-Gard on {}", terminal.display());
    }
    for (name, place) in prepared.sinks() {
        match place {
            SinkPlace::Tcp(address) => eprintln!("sink {name}: listens on {address}"),
            SinkPlace::File(path) => eprintln!("sink {name}: reads {}", path.display()),
            SinkPlace::Serial(terminal) => eprintln!("sink {name}: {}", terminal.display()),
        }
    }
    let stop = interrupt().map_err(|e| miette::miette!("{e}"))?;
    watch(prepared, target, &stop)
}

fn target(argument: Option<&str>, scenario: &Scenario) -> Result<SocketAddr, miette::Report> {
    match (argument, scenario.run.target) {
        (Some(text), _) => text
            .to_socket_addrs()
            .map_err(|e| miette::miette!("--target {text}: {e}"))?
            .next()
            .ok_or_else(|| miette::miette!("--target {text}: no such address")),
        (None, Some(target)) => Ok(target),
        (None, None) => Err(miette::miette!(
            "no target: give --target HOST:PORT, or `target` in the scenario's [run]"
        )),
    }
}
