//! Durable acknowledgement against a bare echo: `cargo bench --features full --bench gateway`.
//!
//! The same client drives, in interleaved pairs, a tokio echo server and a gateway, both on the same per-core runtimes;
//! the gateway as it is started for the binary, its journal on the checkout's disk, one JSON-lines destination that drains
//! it. Every frame is distinct, and what is committed and delivered is compared with what was sent.
//!
//! `ALARMWIRE_BENCH_PAIRS=11` asks for more pairs than five, `ALARMWIRE_BENCH_SCALE=0.2` for shorter runs.
#![cfg_attr(not(target_os = "linux"), allow(unused))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a bench"
)]
#![allow(
    clippy::disallowed_types,
    reason = "no runtime, no paused clock: this measures"
)]

#[cfg(target_os = "linux")]
#[path = "gateway/client.rs"]
mod client;
#[cfg(target_os = "linux")]
#[path = "gateway/servers.rs"]
mod servers;

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this bench drives its sockets by epoll: Linux only");
}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{io::Write, path::Path, time::Instant};

    use super::{
        client::{self, Frames, Measured},
        servers,
    };

    #[derive(Clone, Copy, PartialEq)]
    enum Load {
        PingPong,
        Kept,
        Each,
    }

    impl Load {
        const ALL: [Self; 3] = [Self::PingPong, Self::Kept, Self::Each];

        fn name(self) -> &'static str {
            match self {
                Self::PingPong => "(i)   one connection, ping-pong",
                Self::Kept => "(ii)  1,000 kept connections",
                Self::Each => "(iii) a connection a message, 64 at a time",
            }
        }

        fn messages(self, scale: f64) -> usize {
            let messages = match self {
                Self::PingPong => 4_000.0,
                Self::Kept => 200_000.0,
                Self::Each => 50_000.0,
            };
            (messages * scale) as usize
        }

        fn run(self, to: std::net::SocketAddr, frames: &Frames, run: u8) -> Measured {
            match self {
                Self::PingPong => client::kept(to, frames, 1),
                Self::Kept => client::kept(to, frames, 1_000),
                Self::Each => client::each(to, frames, 64, run),
            }
        }
    }

    #[derive(Default)]
    struct Results {
        echo: Vec<Measured>,
        gateway: Vec<Measured>,
        append: Vec<f64>,
        behind: Vec<f64>,
        commit: Vec<f64>,
    }

    pub(crate) fn main() {
        // `cargo test` builds and runs benches, too.
        if std::env::args().any(|argument| argument == "--test") {
            return;
        }
        let setting = |name: &str| {
            std::env::var(name)
                .ok()
                .and_then(|value| value.parse::<f64>().ok())
        };
        let pairs = setting("ALARMWIRE_BENCH_PAIRS").unwrap_or(5.0) as usize;
        let scale = setting("ALARMWIRE_BENCH_SCALE").unwrap_or(1.0);
        let only = std::env::var("ALARMWIRE_BENCH_LOAD").ok();
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-gateway");
        let mut serial = 0;
        println!("{pairs} pairs; journal in {}", place.display());
        for (index, load) in Load::ALL.into_iter().enumerate() {
            if only
                .as_ref()
                .is_some_and(|only| *only != (index + 1).to_string())
            {
                continue;
            }
            let mut results = Results::default();
            for pair in 0..pairs {
                let frames = Frames::build(&mut serial, load.messages(scale));
                // Who goes first alternates, so that neither always finds the warmer machine.
                for turn in 0..2 {
                    let run = (2 * pair + turn) as u8 % 250;
                    if (turn + pair) % 2 == 0 {
                        let echo = servers::Echo::start();
                        results.echo.push(load.run(echo.address(), &frames, run));
                        echo.stop();
                    } else {
                        let gateway = servers::Gateway::start(&place);
                        results
                            .gateway
                            .push(load.run(gateway.address(), &frames, run));
                        let finished = gateway.stop();
                        let sent = frames.len() as u64;
                        assert_eq!(finished.committed, sent, "committed and sent differ");
                        assert_eq!(finished.delivered, sent, "delivered and sent differ");
                        results.behind.push(finished.behind);
                        results.commit.push(finished.per_commit);
                    }
                }
                if load == Load::PingPong {
                    results.append.push(synced_append(&place));
                }
            }
            report(load, &results);
        }
        let _ = std::fs::remove_dir_all(&place);
    }

    /// Microseconds (median) of what durability costs at the least: append a row's worth of bytes to a file, and sync.
    fn synced_append(place: &Path) -> f64 {
        std::fs::create_dir_all(place).unwrap();
        let path = place.join("append");
        let mut file = std::fs::File::create(&path).unwrap();
        let mut times: Vec<f64> = (0..2_000)
            .map(|_| {
                let start = Instant::now();
                file.write_all(&[b'x'; 256]).unwrap();
                file.sync_data().unwrap();
                start.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        std::fs::remove_file(path).unwrap();
        median(&mut times)
    }

    fn median(values: &mut [f64]) -> f64 {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    fn summary(values: impl Iterator<Item = f64>, digits: usize) -> String {
        let mut values: Vec<f64> = values.collect();
        let middle = median(&mut values);
        format!(
            "{middle:.digits$} ({:.digits$}..{:.digits$})",
            values[0],
            values[values.len() - 1]
        )
    }

    fn report(load: Load, results: &Results) {
        println!("\n{}: median (least..most)", load.name());
        for (name, runs) in [("echo", &results.echo), ("gateway", &results.gateway)] {
            println!(
                "  {name:8} {:>34} msg/s   p50 {:>26} ms   p99 {:>26} ms",
                summary(runs.iter().map(|run| run.rate), 0),
                summary(runs.iter().map(|run| run.p50), 3),
                summary(runs.iter().map(|run| run.p99), 3),
            );
        }
        let pairs = || results.gateway.iter().zip(&results.echo);
        println!(
            "  ratios    rate {}   p50 {}   p99 {}",
            summary(pairs().map(|(gateway, echo)| gateway.rate / echo.rate), 2),
            summary(pairs().map(|(gateway, echo)| gateway.p50 / echo.p50), 2),
            summary(pairs().map(|(gateway, echo)| gateway.p99 / echo.p99), 2),
        );
        println!(
            "  events a commit {}; destination had everything {} s after the last answer",
            summary(results.commit.iter().copied(), 1),
            summary(results.behind.iter().copied(), 2)
        );
        if load == Load::PingPong {
            let floor = pairs()
                .zip(&results.append)
                .map(|((gateway, echo), append)| gateway.p50 / (echo.p50 + append / 1e3));
            println!(
                "  one bare synced append {} us; gateway p50 / (echo p50 + append) {}",
                summary(results.append.iter().copied(), 0),
                summary(floor, 2),
            );
        }
    }
}
