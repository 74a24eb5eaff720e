//! `alarmwire demo` and `alarmwire simulate` as their users run them: interfaces, exit status, and what the JSON says.
#![cfg(all(feature = "full", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use std::{path::Path, process::Command};

use serde_json::Value;

const FUNCTIONS: [&str; 5] = ["hold_up", "burglary", "fire", "gas", "emergency"];

fn alarmwire() -> Command {
    Command::new(env!("CARGO_BIN_EXE_alarmwire"))
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_demo_ends_by_itself_and_accounts_for_everything() {
    let directory = tempfile::tempdir().unwrap();
    let (json, data) = (
        directory.path().join("demo.json"),
        directory.path().join("data"),
    );
    let output = alarmwire()
        .args(["demo", "--seconds", "4", "--json"])
        .arg(&json)
        .arg("--data")
        .arg(&data)
        .output();
    let output = output.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for row in [
        "hold-up",
        "burglary",
        "fire",
        "gas",
        "emergency",
        "by ip",
        "by serial",
        "all",
    ] {
        assert!(
            text.lines().any(|line| line.starts_with(row)),
            "{row}\n{text}"
        );
    }
    let report = read(&json);
    assert_eq!(
        (&report["lost"], &report["duplicated"]),
        (&0.into(), &0.into())
    );
    assert_eq!(report["delivered"], report["due"]);
    assert_eq!(report["unacknowledged"], 0);
    for key in ["repeated", "misordered"] {
        assert_eq!(report[key], 0, "{key}");
    }
    for function in FUNCTIONS {
        assert!(
            report["by_function"][function]["delivered"]
                .as_u64()
                .unwrap()
                > 0,
            "{function}"
        );
    }
    assert_eq!(report["by_function"].as_object().unwrap().len(), 5);
    for path in ["ip", "serial"] {
        let figures = &report["by_path"][path];
        assert!(figures["delivered"].as_u64().unwrap() > 0, "{path}");
        for latency in ["ack_ms", "end_to_end_ms"] {
            for quantile in ["p50", "p90", "p99", "p999", "max"] {
                assert!(
                    figures[latency][quantile].as_f64().unwrap() > 0.0,
                    "{path} {latency} {quantile}"
                );
            }
        }
    }
    let journal = &report["journal"];
    // The gateway has an event or two of its own to store.
    assert!(journal["events"].as_u64().unwrap() >= report["due"].as_u64().unwrap());
    assert!(journal["commits"].as_u64().unwrap() > 0);
    assert_eq!(journal["commits"], journal["synced"]);
    assert!(
        std::fs::read_dir(&data).unwrap().next().is_some(),
        "--data keeps the journal"
    );
    // A second run does not mix its events with those of the first.
    let again = alarmwire()
        .args(["demo", "--seconds", "1", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_demo_still_reports() {
    let directory = tempfile::tempdir().unwrap();
    let json = directory.path().join("demo.json");
    let child = alarmwire()
        .args(["demo", "--seconds", "60", "--json"])
        .arg(&json)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    let mut child = child.unwrap();
    std::thread::sleep(std::time::Duration::from_secs(6));
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    child.wait().unwrap();
    let report = read(&json);
    let due = report["due"].as_u64().unwrap();
    assert!(due > 50 && due < 4_000, "{due}");
    assert_eq!(
        (&report["lost"], &report["duplicated"]),
        (&0.into(), &0.into())
    );
}

#[test]
fn a_mistake_in_a_scenario_is_shown_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("wrong.toml");
    std::fs::write(
        &file,
        "[[fleet]]\nname = \"homes\"\npanels = 10\nrate = 5.0\nencrypted = 3.0\n",
    )
    .unwrap();
    let output = alarmwire()
        .env("NO_COLOR", "1")
        .arg("simulate")
        .arg(&file)
        .args(["--target", "127.0.0.1:1"])
        .output();
    let output = output.unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    for part in ["a share is 0 to 1", "wrong.toml:5:13", "encrypted = 3.0"] {
        assert!(error.contains(part), "{part}\n{error}");
    }
}

#[test]
fn a_receiver_that_loses_what_it_acknowledged_is_found_out() {
    use std::io::{Read as _, Write as _};
    // Acknowledges everything and delivers nothing.
    let receiver = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = receiver.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in receiver.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut buffer = [0; 4_096];
                while let Ok(length @ 1..) = stream.read(&mut buffer) {
                    let (frame, _) =
                        alarmwire::codec::dc09::Frame::parse_whole(&buffer[..length]).unwrap();
                    let mut reply = alarmwire::codec::dc09::Reply::new();
                    alarmwire::codec::dc09::reply_ack(&frame, &mut reply);
                    stream.write_all(&reply).unwrap();
                }
            });
        }
    });
    let directory = tempfile::tempdir().unwrap();
    let (file, json) = (
        directory.path().join("s.toml"),
        directory.path().join("s.json"),
    );
    let scenario = "[run]\nlength = \"1s\"\n[[fleet]]\nname = \"homes\"\npanels = 10\nrate = 20.0\n\
                    [[sink]]\nname = \"centre\"\nprotocol = \"dc09\"\n";
    std::fs::write(&file, scenario).unwrap();
    let mut command = alarmwire();
    command
        .arg("simulate")
        .arg(&file)
        .args(["--target", &target, "--seed", "3", "--json"])
        .arg(&json);
    let output = command.output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report = read(&json);
    assert_eq!(report["seed"], 3);
    assert!(report["due"].as_u64().unwrap() > 5);
    assert_eq!(report["lost"], report["due"]);
    assert_eq!(report["acknowledged"], report["due"]);
}

#[test]
fn a_report_that_can_not_be_written_is_told_before_the_run() {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/storm.toml");
    for run in [&["demo"][..], &["simulate", scenario]] {
        let output = alarmwire()
            .args(run)
            .args(["--json", "/nonexistent/report.json"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("--json /nonexistent/report.json"), "{error}");
        assert!(!error.contains("panels"), "nothing began: {error}");
    }
}
