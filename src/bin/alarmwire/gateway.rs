//! `alarmwire gateway`: receives, stores, acknowledges, sends on.

use std::{path::PathBuf, process::ExitCode};

use alarmwire::gateway::{self, Config, ConfigError, Flags, Running};
use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report};
use tokio_util::sync::CancellationToken;

use crate::logging;

/// Runs the gateway: events are stored before they are acknowledged, and sent on to every output.
///
/// What it does stands in a file (--config) or in the other flags.
#[derive(clap::Args, Debug)]
#[command(after_long_help = r#"EXAMPLES
  A station by its file, and a look at that file alone:
      alarmwire gateway --config gateway.toml
      alarmwire gateway --config gateway.toml --check

  A receiver for two panels, one of them encrypted, that writes JSON lines:
      alarmwire gateway --dc09 0.0.0.0:12128 --account 1234 \
          --key 5678=ascii:0123456789ABCDEF --jsonl events.jsonl

  A serial receiver whose events go on to a centre:
      alarmwire gateway --surgard /dev/ttyUSB0@9600:8N1,lines=3 \
          --forward centre.example:12128,account=0001,key=hex:000102030405060708090A0B0C0D0E0F

SIGNALS
  SIGTERM and SIGINT: no more input, what is received is stored and acknowledged, then it ends with 0.

ENVIRONMENT
  ALARMWIRE_LOG   what is logged: error, warn, info (default), debug, or alarmwire::gateway=debug,info

EXIT STATUS
  0 ended as told, or --check found nothing wrong; 1 it can't start; 2 the configuration is wrong."#)]
pub(crate) struct Args {
    /// The configuration file
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "dc09", "account", "key", "accept_unknown", "surgard", "jsonl", "forward", "data", "admin",
    ])]
    config: Option<PathBuf>,

    /// Only check the configuration and say what it means
    #[arg(long)]
    check: bool,

    /// Listen for DC-09 here, over TCP and UDP
    #[arg(long, value_name = "HOST:PORT")]
    dc09: Vec<String>,

    /// A panel that may send in clear
    #[arg(long, value_name = "ACCOUNT")]
    account: Vec<String>,

    /// A panel's key, hex:DIGITS or ascii:TEXT; it may then only send encrypted
    #[arg(long, value_name = "ACCOUNT=KEY")]
    key: Vec<String>,

    /// Take panels in clear that no --account names
    #[arg(long)]
    accept_unknown: bool,

    /// Read a Sur-Gard receiver
    #[arg(long, value_name = "PATH@9600:8N1[,lines=3]")]
    surgard: Vec<String>,

    /// Append events to a file as JSON lines; -: standard output
    #[arg(long, value_name = "FILE")]
    jsonl: Vec<String>,

    /// Send events on to a DC-09 receiver over TCP
    #[arg(long, value_name = "HOST:PORT[,account=…,key=…,backup=HOST:PORT]")]
    forward: Vec<String>,

    /// The journal's folder [default: ./alarmwire-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Serve /metrics, /livez and /readyz here; an address of this machine only
    #[arg(long, value_name = "HOST:PORT")]
    admin: Option<String>,

    /// Log one JSON object a line
    #[arg(long)]
    log_json: bool,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    let config = match configuration(args) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{:?}", report(&error));
            return ExitCode::from(2);
        }
    };
    if args.check {
        print!("{}", config.summary());
        for warning in config.warnings() {
            eprintln!("warning: {warning}");
        }
        return ExitCode::SUCCESS;
    }
    logging::start(args.log_json);
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    match serve(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the gateway can't run: {error}");
            ExitCode::FAILURE
        }
    }
}

fn configuration(args: &Args) -> Result<Config, ConfigError> {
    if let Some(file) = &args.config {
        return Config::from_file(file);
    }
    let flags = Flags {
        dc09: args.dc09.clone(),
        account: args.account.clone(),
        key: args.key.clone(),
        accept_unknown: args.accept_unknown,
        surgard: args.surgard.clone(),
        jsonl: args.jsonl.clone(),
        forward: args.forward.clone(),
        data: args.data.clone(),
        admin: args.admin.clone(),
    };
    if flags.dc09.is_empty() && flags.surgard.is_empty() {
        let mut usage = clap::Command::new("alarmwire gateway");
        let message = "nothing to listen to: give --config, --dc09 or --surgard (see --help)";
        usage
            .error(clap::error::ErrorKind::MissingRequiredArgument, message)
            .exit();
    }
    flags.config()
}

fn serve(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let name = config.station.name.clone();
    let served: Result<(), Box<dyn std::error::Error>> = runtime.block_on(async {
        let stop = CancellationToken::new();
        let asked = stop.clone();
        let mut signals = signals()?;
        tokio::spawn(async move {
            signals.received().await;
            tracing::info!("stopping: what is received is stored and acknowledged first");
            asked.cancel();
            // Who asks twice does not want to wait: what is acknowledged is on disk.
            signals.received().await;
            tracing::warn!(
                "stopped at once: what was received and not acknowledged will be repeated"
            );
            std::process::exit(1);
        });
        gateway::run(config, stop, |running| ready(&name, running)).await?;
        tracing::info!("stopped");
        Ok(())
    });
    runtime.shutdown_background();
    served
}

fn ready(station: &str, running: &Running) {
    for listening in running.addresses() {
        let (name, transport, address) = (&listening.name, listening.transport, listening.address);
        tracing::info!(name, transport, %address, "listening");
    }
    tracing::info!(station, "ready");
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
fn signals() -> std::io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    Ok(Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    })
}

#[cfg(unix)]
impl Signals {
    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn signals() -> std::io::Result<Signals> {
    Ok(Signals)
}

#[cfg(not(unix))]
impl Signals {
    async fn received(&mut self) {
        // Without a handler there is nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The mistake with the excerpt of its text.
fn report(error: &ConfigError) -> Report {
    if !error.has_place() {
        return Report::new(MietteDiagnostic::new(format!(
            "{}: {}",
            error.source_name(),
            error.message()
        )));
    }
    let mut diagnostic =
        MietteDiagnostic::new(error.message()).with_label(LabeledSpan::at(error.span(), "here"));
    diagnostic.help = error.help().map(str::to_owned);
    let source = NamedSource::new(error.source_name(), error.source_text().to_owned());
    Report::new(diagnostic).with_source_code(source)
}
