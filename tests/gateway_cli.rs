//! The program `alarmwire gateway`: exit statuses, messages, signals.
#![cfg(all(feature = "full", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

fn alarmwire() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_alarmwire"));
    command
        .arg("gateway")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_check_says_what_a_good_file_means_and_starts_nothing() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/gateway.toml");
    let (status, out, _) = run(alarmwire().args(["--config", example, "--check"]));
    assert_eq!(status, Some(0));
    assert!(
        out.contains("input ip: dc09 at tcp 0.0.0.0:12128")
            && out.contains("accounts: 2, 1 with a key"),
        "{out}"
    );
    assert!(!out.contains("0123456789ABCDEF"), "no key is shown");
}

#[test]
fn a_mistake_is_shown_with_file_line_column_and_excerpt() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.toml");
    std::fs::write(
        &file,
        "[[input]]\nname = 'ip'\nprotocol = 'dc09'\nlistne = 'tcp://127.0.0.1:1'\n",
    )
    .unwrap();
    for check in [&["--check"][..], &[]] {
        let (status, out, error) = run(alarmwire().arg("--config").arg(&file).args(check));
        assert_eq!((status, out.as_str()), (Some(2), ""));
        assert!(
            error.contains("bad.toml:1:1]") || error.contains("bad.toml:4:1]"),
            "{error}"
        );
    }
    let (status, _, error) = run(alarmwire().args(["--dc09", "127.0.0.1:x"]));
    assert_eq!(status, Some(2));
    assert!(
        error.contains("--dc09:1:11") && error.contains("a port is a number"),
        "{error}"
    );
    let (status, _, error) = run(alarmwire().args(["--config", "/nonexistent.toml"]));
    assert_eq!(status, Some(2));
    assert!(
        error.contains("/nonexistent.toml") && error.contains("can't be read"),
        "{error}"
    );
    assert_eq!(run(&mut alarmwire()).0, Some(2));
}

/// Starts one and waits until it says where it listens.
#[expect(
    clippy::zombie_processes,
    reason = "callers wait for it; one that ended early fails the test"
)]
fn started(command: &mut Command) -> (Child, String, Box<dyn BufRead>) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log: Box<dyn BufRead> = Box::new(BufReader::new(child.stderr.take().unwrap()));
    let mut address = None;
    loop {
        let mut line = String::new();
        assert!(log.read_line(&mut line).unwrap() > 0, "it ended early");
        if line.contains("transport=\"tcp\"") && line.contains("\"dc09\"") {
            address = line
                .trim()
                .rsplit_once("address=")
                .map(|(_, address)| address.to_owned());
        }
        if line.contains("ready") {
            return (child, address.unwrap(), log);
        }
    }
}

#[test]
fn sigterm_and_sigint_drain_and_end_with_0_and_lines_go_to_standard_output() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = alarmwire();
        command
            .args([
                "--dc09",
                "127.0.0.1:0",
                "--account",
                "1234",
                "--jsonl",
                "-",
                "--data",
            ])
            .arg(folder.path());
        let (mut child, address, _log) = started(&mut command);
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        stream
            .write_all(b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r")
            .unwrap();
        let mut answer = [0; 64];
        let count = stream.read(&mut answer).unwrap();
        assert!(String::from_utf8_lossy(&answer[..count]).contains("\"ACK\"0001L0#1234[]"));
        let sent = Command::new("kill")
            .arg(signal)
            .arg(child.id().to_string())
            .status()
            .unwrap();
        assert!(sent.success());
        let mut out = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        let line: serde_json::Value = serde_json::from_str(out.trim()).unwrap();
        assert_eq!(
            (line["code"].as_str(), line["source"].as_str()),
            (Some("cid:1130"), Some("dc09"))
        );
    }
}

/// A gateway on a port of its own, whose only output never answers; started by a shell that sets limits first.
fn started_with(limits: &str, folder: &std::path::Path) -> (Child, String, Box<dyn BufRead>) {
    let mut command = Command::new("sh");
    let run = format!("{limits} exec \"$0\" gateway \"$@\"");
    command
        .args(["-c", &run, env!("CARGO_BIN_EXE_alarmwire")])
        .args(["--dc09", "127.0.0.1:0", "--account", "1234", "--data"])
        .arg(folder.join("data"))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    started(&mut command)
}

fn acknowledged(stream: &mut TcpStream) -> bool {
    let patience = Duration::from_secs(5);
    stream.set_read_timeout(Some(patience)).unwrap();
    stream
        .write_all(b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r")
        .unwrap();
    let mut answer = [0; 64];
    let count = stream.read(&mut answer).unwrap_or(0);
    String::from_utf8_lossy(&answer[..count]).contains("\"ACK\"0001L0#1234[]")
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut command = alarmwire();
    command
        .args(["--dc09", "127.0.0.1:0", "--account", "1234", "--forward"])
        .arg(silent.local_addr().unwrap().to_string())
        .arg("--data")
        .arg(folder.path());
    let (mut child, address, mut log) = started(&mut command);
    assert!(acknowledged(&mut TcpStream::connect(address).unwrap()));
    // The forward has a frame out, for whose answer a stop waits.
    let _peer = silent.accept().unwrap();
    let id = child.id().to_string();
    let kill = || assert!(Command::new("kill").arg(&id).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(300));
    kill();
    let mut line = String::new();
    while !line.contains("stopping") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0);
    }
    let begun = std::time::SystemTime::now();
    kill();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(begun.elapsed().unwrap() < Duration::from_secs(1));
}

#[test]
fn connections_are_taken_in_beyond_the_customary_limit_of_descriptors_and_never_use_all_of_them() {
    // A soft limit is raised; below a hard one some connections are refused, those that are open go on, and there is
    // room for one more as soon as one of them is closed.
    for (limits, most) in [("ulimit -Sn 256;", 600), ("ulimit -n 256;", 128)] {
        let folder = tempfile::tempdir().unwrap();
        let (mut child, address, _log) = started_with(limits, folder.path());
        let mut idle: Vec<TcpStream> = (0..600)
            .map(|_| TcpStream::connect(&address).unwrap())
            .collect();
        std::thread::sleep(Duration::from_millis(200));
        let open = |stream: &TcpStream| {
            stream.set_nonblocking(true).unwrap();
            let waits = stream.peek(&mut [0]).is_err();
            stream.set_nonblocking(false).unwrap();
            waits
        };
        idle.retain(open);
        assert_eq!(idle.len(), most, "{limits}");
        assert!(acknowledged(idle.last_mut().unwrap()), "{limits}");
        drop(idle);
        std::thread::sleep(Duration::from_millis(200));
        assert!(acknowledged(&mut TcpStream::connect(&address).unwrap()));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn an_address_that_is_taken_is_told_and_ends_with_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (status, _, error) = run(alarmwire()
        .args(["--dc09", &address, "--data"])
        .arg(folder.path()));
    assert_eq!(status, Some(1));
    assert!(error.contains(&address), "{error}");
}

#[test]
fn no_mistake_shows_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.toml");
    std::fs::write(folder.path().join("short.key"), "ascii:TOPSECRET\n").unwrap();
    for account in [
        "key = 'ascii:TOPSECRET'",
        "key = 'TOPSECRET0123456'",
        "key = ascii:TOPSECRET0123456",
        "key = \"ascii:TOPSECRET0123456",
        "kye = 'ascii:TOPSECRET0123456'",
        "key = 'ascii:TOPSECRET0123456'\nplicy = 'clear'",
        "key_file = 'short.key'",
        "policy = 'clear'\nprevious_key = 'ascii:TOPSECRET0123456'",
    ] {
        std::fs::write(&file, format!("[[account]]\nid = '1234'\n{account}\n")).unwrap();
        let (status, out, error) = run(alarmwire().arg("--config").arg(&file).arg("--check"));
        assert_eq!((status, out.as_str()), (Some(2), ""), "{error}");
        assert!(
            error.contains("bad.toml:") && !error.contains("SECRET"),
            "{error}"
        );
    }
    for flags in [
        ["--key", "1234=ascii:TOPSECRET"],
        ["--key", "TOPSECRET"],
        ["--forward", "127.0.0.1:1,key=ascii:TOPSECRET"],
    ] {
        let (status, _, error) = run(alarmwire().args(["--dc09", "127.0.0.1:0"]).args(flags));
        assert_eq!(status, Some(2));
        assert!(!error.contains("SECRET"), "{error}");
    }
}
