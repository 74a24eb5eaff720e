//! `alarmwire demo`: the Lixia district through a gateway of its own, on this machine, in twenty seconds.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use alarmwire::{
    gateway::{self, Config},
    simulator::{Category, JournalFigures, Prepared, Report, SinkPlace},
};

use super::{
    progress::{interrupt, watch},
    simulate,
};

const SCENARIO: &str = include_str!("../../../examples/lixia.toml");

/// Run the Lixia district through a gateway of its own and account for every alarm
///
/// A gateway on a fresh journal, with a DC-09 listener (TCP and UDP) and a virtual Sur-Gard receiver on a
/// pseudo-terminal; 875 subscribers that send all five alarm functions; a DC-09 and a serial sink that count what comes
/// out. Ends by itself; Ctrl-C stops early and still accounts for what was sent. Exit status 0 only if nothing was lost,
/// nothing came twice, and all functions arrived over both paths.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write the report as JSON (- for standard output)
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// For how long alarms fall due
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// Keep the journal, in a new directory DIR
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    match simulate::writable(args.json.as_deref()).and_then(|()| demo(args)) {
        Ok(report) => {
            let status = simulate::finish(&report, args.json.as_deref());
            if status != ExitCode::SUCCESS {
                return status;
            }
            match missing(&report) {
                None => {
                    eprintln!("\n{}", verdict(&report));
                    status
                }
                Some(missing) => {
                    eprintln!("\nNot a full run: {missing}.");
                    ExitCode::from(1)
                }
            }
        }
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::from(2)
        }
    }
}

/// What a good run comes to, in one sentence.
fn verdict(report: &Report) -> String {
    let total = &report.total;
    let subscribers: u64 = report.panels.values().sum();
    let answered = match total.unacknowledged {
        0 => "each stored before it was acknowledged".to_owned(),
        some => format!(
            "{} stored before they were acknowledged, {some} not acknowledged",
            total.acknowledged
        ),
    };
    format!(
        "✔ {} reports of {subscribers} subscribers: {answered}, all at both sinks. Nothing lost, nothing twice.",
        total.due
    )
}

/// What a full run has and this one has not.
fn missing(report: &Report) -> Option<String> {
    for (function, figures) in &report.by_function {
        if figures.delivered == 0 {
            return Some(format!("no {function} alarm was delivered"));
        }
    }
    ["ip", "serial"]
        .into_iter()
        .find(|path| {
            report
                .by_path
                .get(path)
                .is_none_or(|figures| figures.delivered == 0)
        })
        .map(|path| format!("nothing was delivered from the {path} path"))
}

/// The journal's directory; a temporary one goes with the demo.
struct Data {
    path: PathBuf,
    temporary: bool,
}

impl Data {
    fn new(asked: Option<&Path>) -> Result<Self, miette::Report> {
        let data = match asked {
            Some(path) => Self {
                path: path.to_owned(),
                temporary: false,
            },
            None => Self {
                path: std::env::temp_dir().join(format!("alarmwire-demo-{}", std::process::id())),
                temporary: true,
            },
        };
        let filled =
            std::fs::read_dir(&data.path).is_ok_and(|mut entries| entries.next().is_some());
        if filled && !data.temporary {
            return Err(miette::miette!(
                "{} is not empty: the demo wants a fresh journal",
                data.path.display()
            ));
        }
        std::fs::create_dir_all(&data.path)
            .map_err(|e| miette::miette!("{}: {e}", data.path.display()))?;
        Ok(data)
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if self.temporary {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

fn demo(args: &Args) -> Result<Report, miette::Report> {
    let mut scenario = simulate::read("examples/lixia.toml", SCENARIO)?;
    scenario.run.length = Duration::from_secs(args.seconds.into());
    let seed = scenario.run.seed;
    let data = Data::new(args.data.as_deref())?;
    let prepared = Prepared::new(scenario, seed).map_err(|e| miette::miette!("{e}"))?;
    let listen = free_port().map_err(|e| miette::miette!("no free port: {e}"))?;
    let text = configuration(&prepared, listen, &data.path);
    let config = Config::from_toml("demo", &text).map_err(|e| miette::miette!("{e}"))?;
    announce(&prepared, listen, &data);

    let stop = interrupt().map_err(|e| miette::miette!("{e}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| miette::miette!("{e}"))?;
    let gateway = runtime
        .block_on(gateway::start(config))
        .map_err(|e| miette::miette!("the gateway: {e}"))?;

    let mut report = watch(prepared, listen, &stop)?;
    let stats = gateway.journal().stats();
    report.journal = Some(JournalFigures {
        events: stats.events,
        commits: stats.commits,
        synced: stats.synced,
    });
    runtime.block_on(gateway.shutdown());
    Ok(report)
}

/// A port that is free for TCP and UDP alike.
fn free_port() -> std::io::Result<SocketAddr> {
    let mut last = std::io::ErrorKind::AddrInUse.into();
    for _ in 0..20 {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = tcp.local_addr()?;
        match UdpSocket::bind(address) {
            Ok(_) => return Ok(address),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The gateway's configuration, as a station would write it.
fn configuration(prepared: &Prepared, listen: SocketAddr, data: &Path) -> String {
    use std::fmt::Write as _;
    let quoted = |text: &dyn std::fmt::Display| format!("{:?}", text.to_string());
    let to: Vec<String> = prepared.sinks().map(|(name, _)| quoted(&name)).collect();
    let to = to.join(", ");
    let mut text = format!(
        "[station]\nname = \"demo\"\ndata = {}\n\n[[input]]\nname = \"ip\"\nprotocol = \"dc09\"\n\
         listen = [\"tcp://{listen}\", \"udp://{listen}\"]\nto = [{to}]\n\n",
        quoted(&data.display())
    );
    for (config, (name, terminal)) in prepared
        .scenario()
        .receiver
        .iter()
        .zip(prepared.receivers())
    {
        let _ = write!(
            text,
            "[[input]]\nname = {}\nprotocol = \"surgard\"\nserial = {}\nline = \"{} 8N1\"\nline_digits = 1\nto = [{to}]\n\n",
            quoted(&name),
            quoted(&terminal.display()),
            config.baud.get_ref()
        );
    }
    for (config, (name, place)) in prepared.scenario().sink.iter().zip(prepared.sinks()) {
        let _ = match place {
            SinkPlace::Tcp(address) => write!(
                text,
                "[[output]]\nname = {}\nprotocol = \"dc09\"\nmain = \"tcp://{address}\"\naccount = \"0001\"\n\n",
                quoted(&name)
            ),
            SinkPlace::Serial(terminal) => write!(
                text,
                "[[output]]\nname = {}\nprotocol = \"surgard\"\nserial = {}\nline = \"{} 8N1\"\n\n",
                quoted(&name),
                quoted(&terminal.display()),
                config.baud.get_ref()
            ),
            SinkPlace::File(_) => write!(
                text,
                "[[output]]\nname = {}\nprotocol = \"jsonl\"\npath = \"events.jsonl\"\n\n",
                quoted(&name)
            ),
        };
    }
    text + &prepared.schedule().accounts_toml()
}

/// Says what is about to happen, on standard error.
fn announce(prepared: &Prepared, listen: SocketAddr, data: &Data) {
    let schedule = prepared.schedule();
    let count = |category: Category| {
        schedule
            .panels
            .iter()
            .filter(|panel| panel.category == category)
            .count()
    };
    let encrypted = schedule
        .panels
        .iter()
        .filter(|panel| panel.key_bits > 0)
        .count();
    let serial = schedule
        .panels
        .iter()
        .filter(|panel| panel.path() == alarmwire::simulator::Path::Serial)
        .count();
    let terminal = prepared
        .receivers()
        .next()
        .map(|(_, path)| path.display().to_string())
        .unwrap_or_default();
    let mut places = prepared.sinks().map(|(name, place)| match place {
        SinkPlace::Tcp(address) => format!("{name}  DC-09 on {address}"),
        SinkPlace::Serial(path) => format!("{name}  Sur-Gard on {}", path.display()),
        SinkPlace::File(path) => format!("{name}  {}", path.display()),
    });
    let (first, second) = (
        places.next().unwrap_or_default(),
        places.next().unwrap_or_default(),
    );
    let (ip, line) = (format!("DC-09, {listen}"), format!("Sur-Gard, {terminal}"));
    eprintln!(
        "\nThe Lixia district: {} subscribers ({} high-risk trades, {} firms and institutions, {} homes)\n",
        schedule.panels.len(),
        count(Category::HighRisk),
        count(Category::Enterprise),
        count(Category::Home)
    );
    eprintln!(
        "  {:<38} ┌─────────┐",
        format!(
            "{} panels by IP, {encrypted} encrypted",
            schedule.panels.len() - serial
        )
    );
    eprintln!("    {ip:<33}──▶ │         │ ──▶ {first}");
    eprintln!(
        "  {:<38} │ gateway │",
        format!("{serial} panels by telephone")
    );
    eprintln!("    {line:<33}──▶ │         │ ──▶ {second}");
    eprintln!("  {:<38} └────┬────┘", "");
    eprintln!("  {:<38}      ▼", "");
    let fate = if data.temporary {
        "removed at the end"
    } else {
        "kept"
    };
    eprintln!("  {:<38} journal {} ({fate})\n", "", data.path.display());
}
