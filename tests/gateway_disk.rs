//! The real binary on a disk whose syncs fail or are slow (`tests/fault/sync_fault.c`, preloaded).
#![cfg(all(feature = "full", target_os = "linux"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, SystemTime},
};

use alarmwire::{
    AccountId, Sequence,
    codec::dc09::{Message, Style, Token},
};
use bytes::BytesMut;

/// A folder with the shim, its control file, and what the gateway writes.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fault/sync_fault.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .arg(folder.path().join("sync_fault.so"))
            .args([source, "-ldl"])
            .status()
            .expect("a C compiler");
        assert!(built.success());
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// From now on, at once for all calls.
    fn order(&self, order: &str) {
        std::fs::write(self.path("order.new"), order).unwrap();
        std::fs::rename(self.path("order.new"), self.path("order")).unwrap();
    }

    fn sequences(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path("events.jsonl")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter(|line| line["source"] == "dc09")
            .map(|line| line["sequence"].as_str().unwrap().to_owned())
            .collect()
    }
}

struct Gateway {
    child: Child,
    log: PathBuf,
    input: String,
    admin: String,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

impl Gateway {
    fn start(disk: &Disk) -> Self {
        let log = disk.path("log");
        let child = Command::new(env!("CARGO_BIN_EXE_alarmwire"))
            .args(["gateway", "--dc09", "127.0.0.1:0", "--account", "1234"])
            .args(["--admin", "127.0.0.1:0", "--jsonl"])
            .arg(disk.path("events.jsonl"))
            .arg("--data")
            .arg(disk.path("data"))
            .env("NO_COLOR", "1")
            .env("LD_PRELOAD", disk.path("sync_fault.so"))
            .env("SYNC_FAULT", disk.path("order"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut gateway = Self {
            child,
            log,
            input: String::new(),
            admin: String::new(),
        };
        gateway.wait_for("ready station");
        let text = gateway.log();
        let address = |name: &str| {
            let line = text.lines().find(|line| {
                line.contains(" listening ") && line.contains(name) && line.contains("\"tcp\"")
            });
            line.and_then(|line| line.rsplit_once("address="))
                .map(|(_, address)| address.to_owned())
                .unwrap()
        };
        (gateway.input, gateway.admin) = (address("\"dc09\""), address("\"admin\""));
        gateway
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    fn wait_for(&self, text: &str) {
        let begun = SystemTime::now();
        while !self.log().contains(text) {
            assert!(
                begun.elapsed().unwrap() < Duration::from_secs(20),
                "no {text:?} in\n{}",
                self.log()
            );
            sleep(Duration::from_millis(20));
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.input).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.admin).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Asked to end; with what status, and after how long.
    fn stop(mut self) -> (Option<i32>, Duration) {
        let begun = SystemTime::now();
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        let status = self.child.wait().unwrap();
        (status.code(), begun.elapsed().unwrap())
    }
}

fn frame(sequence: u16) -> Vec<u8> {
    let data = format!("#1234|1130 01 {:03}", sequence % 1_000);
    let mut out = BytesMut::new();
    let message = Message {
        token: Token::new("ADM-CID").unwrap(),
        sequence: Sequence::new(sequence).unwrap(),
        receiver: None,
        line: None,
        account: Some(AccountId::new("1234").unwrap()),
        data: data.as_bytes(),
        extended: &[],
        timestamp: None,
    };
    message.encode(&Style::default(), &mut out).unwrap();
    out.to_vec()
}

/// How long the acknowledgement took, or nothing.
fn send(stream: &mut TcpStream, sequence: u16, patience: Duration) -> Option<Duration> {
    stream.set_read_timeout(Some(patience)).unwrap();
    let begun = SystemTime::now();
    stream.write_all(&frame(sequence)).unwrap();
    let mut answer = [0; 256];
    let count = stream.read(&mut answer).unwrap_or(0);
    let text = String::from_utf8_lossy(&answer[..count]);
    text.contains(&format!("\"ACK\"{sequence:04}L0#1234[]"))
        .then(|| begun.elapsed().unwrap())
}

fn sorted(mut sequences: Vec<String>) -> Vec<String> {
    sequences.sort_unstable();
    sequences
}

#[test]
fn a_failed_sync_ends_acknowledging_until_a_restart_and_nothing_acknowledged_is_missing() {
    let disk = Disk::new();
    let gateway = Gateway::start(&disk);
    let mut stream = gateway.connect();
    for sequence in 1..=30 {
        assert!(send(&mut stream, sequence, Duration::from_secs(5)).is_some());
    }
    assert!(gateway.get("/readyz").starts_with("HTTP/1.1 200"));
    disk.order("eio journal.sqlite");
    assert_eq!(send(&mut stream, 31, Duration::from_millis(500)), None);
    gateway.wait_for("the journal failed: nothing is acknowledged until a restart");
    // The disk is well again; what the kernel threw away is not.
    disk.order("none");
    for sequence in 31..=35 {
        let mut other = gateway.connect();
        assert_eq!(send(&mut other, sequence, Duration::from_millis(200)), None);
    }
    assert!(gateway.get("/readyz").starts_with("HTTP/1.1 503"));
    assert!(gateway.get("/livez").starts_with("HTTP/1.1 200"));
    let metrics = gateway.get("/metrics");
    assert!(
        metrics.contains("\nalarmwire_journal_good 0\n"),
        "{metrics}"
    );
    let line = metrics
        .lines()
        .find(|line| line.starts_with("alarmwire_not_stored_total{input=\"dc09\"}"));
    let refused = line.and_then(|line| line.rsplit_once(' ')).unwrap().1;
    assert!(refused.parse::<u32>().unwrap() >= 6, "{metrics}");
    let (status, time) = gateway.stop();
    assert_eq!(status, Some(0));
    assert!(time < Duration::from_secs(15), "{time:?}");

    let gateway = Gateway::start(&disk);
    let mut stream = gateway.connect();
    for sequence in 31..=40 {
        assert!(
            send(&mut stream, sequence, Duration::from_secs(5)).is_some(),
            "{sequence}: {}",
            gateway.log()
        );
    }
    let all: Vec<String> = (1..=40).map(|sequence| format!("{sequence:04}")).collect();
    let begun = SystemTime::now();
    while disk.sequences().len() < all.len() && begun.elapsed().unwrap() < Duration::from_secs(10) {
        sleep(Duration::from_millis(50));
    }
    assert_eq!(sorted(disk.sequences()), all);
}

#[test]
fn a_slow_sync_delays_acknowledgements_by_about_itself_and_is_shared() {
    const SYNC: Duration = Duration::from_millis(50);
    let disk = Disk::new();
    let gateway = Gateway::start(&disk);
    let commits = || {
        let metrics = gateway.get("/metrics");
        let line = metrics
            .lines()
            .find(|line| line.starts_with("alarmwire_journal_commits_total "));
        let count = line.and_then(|line| line.rsplit_once(' ')).unwrap().1;
        count.parse::<u32>().unwrap()
    };
    disk.order("delay 50 journal.sqlite");
    let before = commits();
    let panel = |first: u16| {
        let mut stream = gateway.connect();
        let times = (first..first + 8).map(|sequence| {
            send(&mut stream, sequence, Duration::from_secs(10)).expect("an acknowledgement")
        });
        times.collect::<Vec<_>>()
    };
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let panels: Vec<_> = (0..40_u16)
            .map(|index| {
                let panel = &panel;
                scope.spawn(move || panel(1 + 10 * index))
            })
            .collect();
        panels
            .into_iter()
            .flat_map(|panel| panel.join().unwrap())
            .collect()
    });
    times.sort_unstable();
    let (least, middle) = (times[0], times[times.len() / 2]);
    assert!(
        least >= SYNC,
        "acknowledged before it was synced: {least:?}"
    );
    // At most the sync that runs, one for the outputs' progress, and its own.
    assert!(middle < 4 * SYNC, "{middle:?}");
    let commits = commits() - before;
    assert!(commits < 80, "{commits} commits for {} events", times.len());
    let begun = SystemTime::now();
    while disk.sequences().len() < times.len() && begun.elapsed().unwrap() < Duration::from_secs(10)
    {
        sleep(Duration::from_millis(50));
    }
    assert_eq!(disk.sequences().len(), times.len());
}
