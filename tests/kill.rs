//! Kills the running gateway with SIGKILL at random moments under load, restarts it on the same journal, and accounts for
//! every acknowledged event at a DC-09 sink and in the JSON lines.
//!
//! 20 kills; `ALARMWIRE_KILLS=200 cargo test --all-features --test kill -- --nocapture` is the long run.
//! `ALARMWIRE_SEED` draws other moments. A kill counts only with at least 100 acknowledgements in the second before it and
//! 20 frames in flight at that moment.
#![cfg(all(feature = "full", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use std::{
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use alarmwire::simulator::{Ledger, Prepared, Report, Scenario, SinkPlace};
use rand::{Rng, SeedableRng};

const ACKNOWLEDGED_A_SECOND: u64 = 100;
const IN_FLIGHT: u64 = 20;

fn scenario(kills: u64, seed: u64, lines: &Path) -> Scenario {
    // Long enough in any case: the run is stopped after the last kill.
    let length = 60 + kills * 20;
    Scenario::parse(&format!(
        r#"
[run]
name = "kill"
seed = {seed}
length = "{length}s"
wait = "1s"
drain = "60s"

[[fleet]]
name = "panels"
panels = 240
rate = 400.0
burst = 60
ways = {{ tcp = 4.0, tcp_per_message = 1.0, udp = 1.0 }}
formats = {{ ADM-CID = 1.0, SIA-DCS = 1.0 }}
encrypted = 0.5
mix = {{ hold_up = 1.0, burglary = 1.0, fire = 1.0, gas = 1.0, emergency = 1.0, opening = 1.0, test = 1.0 }}

[[sink]]
name = "centre"
protocol = "dc09"

[[sink]]
name = "evidence"
protocol = "jsonl"
path = {lines:?}
"#
    ))
    .unwrap()
}

struct Gateway {
    child: Child,
    config: PathBuf,
    address: SocketAddr,
    log: PathBuf,
}

impl Gateway {
    fn start(config: &Path, address: SocketAddr, log: &Path) -> Self {
        let child = Self::spawn(config, log);
        let gateway = Self {
            child,
            config: config.to_owned(),
            address,
            log: log.to_owned(),
        };
        gateway.wait_until_ready();
        gateway
    }

    fn spawn(config: &Path, log: &Path) -> Child {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log)
            .unwrap();
        Command::new(env!("CARGO_BIN_EXE_alarmwire"))
            .arg("gateway")
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    fn wait_until_ready(&self) {
        let begin = SystemTime::now();
        while TcpStream::connect(self.address).is_err() {
            assert!(
                begin.elapsed().unwrap() < Duration::from_secs(20),
                "no gateway:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGKILL, and a new process on the same journal, or on none.
    fn kill_and_restart(&mut self, wipe: Option<&Path>) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        if let Some(data) = wipe {
            std::fs::remove_dir_all(data).unwrap();
        }
        self.child = Self::spawn(&self.config, &self.log);
        self.wait_until_ready();
    }

    fn log(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines()
            .rev()
            .take(40)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> SocketAddr {
    loop {
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        if UdpSocket::bind(address).is_ok() {
            return address;
        }
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// Acknowledgements in the last second, looked at every few milliseconds.
struct Rate {
    looks: std::collections::VecDeque<(SystemTime, u64)>,
}

impl Rate {
    fn look(&mut self, ledger: &Ledger) -> u64 {
        let (now, count) = (SystemTime::now(), ledger.live.acknowledged.load(Relaxed));
        self.looks.push_back((now, count));
        while self.looks.len() > 2
            && now.duration_since(self.looks[1].0).unwrap_or_default() >= Duration::from_secs(1)
        {
            self.looks.pop_front();
        }
        let (since, before) = self.looks[0];
        // Only a whole second says something.
        if now.duration_since(since).unwrap_or_default() >= Duration::from_secs(1) {
            count - before
        } else {
            0
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled_over_kills_at_random_moments() {
    let (report, log) = run(
        number("ALARMWIRE_KILLS", 20),
        number("ALARMWIRE_SEED", 12_128),
        false,
    );
    let total = &report.total;
    assert_eq!(total.lost, 0, "{log}");
    assert_eq!(total.duplicated, 0, "{log}");
    assert_eq!(total.unacknowledged, 0, "{log}");
    assert_eq!(total.delivered, total.due);
    println!("repeated: {}", total.repeated);
}

#[test]
fn a_gateway_that_forgets_what_it_acknowledged_is_found_out() {
    let (report, log) = run(3, 1, true);
    assert!(report.total.lost > 0, "{log}");
}

/// One run of so many kills; with `wipe`, each takes the journal with it.
fn run(kills: u64, seed: u64, wipe: bool) -> (Report, String) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let lines = directory.path().join("events.jsonl");
    let prepared = Prepared::new(scenario(kills, seed, &lines), seed).unwrap();
    let Some((_, SinkPlace::Tcp(centre))) = prepared.sinks().next() else {
        panic!("no sink")
    };
    let address = free_port();
    let (config, data) = (
        directory.path().join("gateway.toml"),
        directory.path().join("data"),
    );
    let text = format!(
        "[station]\nname = \"kill\"\ndata = {:?}\n\n[[input]]\nname = \"ip\"\nprotocol = \"dc09\"\n\
         listen = [\"tcp://{address}\", \"udp://{address}\"]\nto = [\"centre\", \"evidence\"]\n\n\
         [[output]]\nname = \"centre\"\nprotocol = \"dc09\"\nmain = \"tcp://{centre}\"\naccount = \"0001\"\n\n\
         [[output]]\nname = \"evidence\"\nprotocol = \"jsonl\"\npath = {lines:?}\n\n{}",
        data,
        prepared.schedule().accounts_toml()
    );
    std::fs::write(&config, text).unwrap();
    let log = directory.path().join("gateway.log");
    let mut gateway = Gateway::start(&config, address, &log);

    let simulation = prepared.launch(address).unwrap();
    let ledger = Arc::clone(simulation.ledger());
    let enough = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&enough);
    let killer = std::thread::spawn(move || {
        let mut rng = rand::rngs::StdRng::seed_from_u64(seed);
        let (mut counted, mut least_rate, mut least_in_flight) = (0, u64::MAX, u64::MAX);
        let mut rate = Rate {
            looks: std::collections::VecDeque::new(),
        };
        let begin = SystemTime::now();
        while counted < kills {
            assert!(
                begin.elapsed().unwrap() < Duration::from_secs(60 + kills * 15),
                "only {counted} kills under load; {} acknowledged a second, {} in flight\n{}",
                rate.look(&ledger),
                ledger.live.in_flight.load(Relaxed),
                gateway.log()
            );
            // A random moment; from then on, the first one under enough load.
            let wait = SystemTime::now();
            let moment = Duration::from_micros(rng.random_range(0..300_000));
            while wait.elapsed().unwrap() < moment {
                rate.look(&ledger);
                std::thread::sleep(Duration::from_millis(2).min(moment));
            }
            loop {
                // Bursts make the load; where in the burst it strikes is drawn too, or it would always be at its begin.
                if ledger.live.in_flight.load(Relaxed) >= IN_FLIGHT {
                    std::thread::sleep(Duration::from_micros(rng.random_range(0..6_000)));
                }
                let (acknowledged, in_flight) =
                    (rate.look(&ledger), ledger.live.in_flight.load(Relaxed));
                if acknowledged >= ACKNOWLEDGED_A_SECOND && in_flight >= IN_FLIGHT {
                    gateway.kill_and_restart(wipe.then_some(data.as_path()));
                    counted += 1;
                    least_rate = least_rate.min(acknowledged);
                    least_in_flight = least_in_flight.min(in_flight);
                    break;
                }
                if wait.elapsed().unwrap() > Duration::from_secs(10) {
                    break;
                }
                std::thread::sleep(Duration::from_micros(200));
            }
        }
        enough.store(true, Relaxed);
        println!(
            "{counted} kills in {:.0} s, each with at least {least_rate} acknowledgements a second and {least_in_flight} \
             frames in flight",
            begin.elapsed().unwrap().as_secs_f64()
        );
        gateway
    });
    let report = simulation.finish(
        Duration::from_millis(100),
        || stop.load(Relaxed) || killer.is_finished(),
        |_| {},
    );
    let gateway = killer.join().unwrap();
    let report = report.unwrap();
    println!("{}", report.to_text());
    (report, gateway.log())
}
