//! Kills a process that commits, at random moments, and looks for everything that it acknowledged.
#![cfg(all(feature = "journal", unix))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "journal/common.rs"]
mod common;

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use alarmwire::{
    Lane,
    journal::{Batch, Outcome, Reader, SqliteJournal, Writer},
};
use common::{Text, push};

const FOLDER: &str = "ALARMWIRE_TEST_CRASH_FOLDER";
const ROUND: &str = "ALARMWIRE_TEST_CRASH_ROUND";
/// How often it is killed; some more in a longer local run: `ALARMWIRE_TEST_KILLS=200`.
const KILLS: u32 = 6;

/// The process that is killed: commits with four threads, and prints each account once its proof is there.
fn child(folder: &Path, round: &str) {
    let writer = Writer::start(SqliteJournal::open(folder).unwrap()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let (handle, round) = (writer.handle(), round.parse::<u32>().unwrap());
            scope.spawn(move || {
                for i in 0.. {
                    let mut batch = Batch::new();
                    let accounts: Vec<String> = (0..8)
                        .map(|n| format!("{round:02X}{thread:X}{:05X}", i * 8 + n))
                        .collect();
                    for account in &accounts {
                        push(
                            &mut batch,
                            0,
                            &Text {
                                account,
                                ..Text::new("sia:BA", 1)
                            },
                        );
                    }
                    let proofs = handle.append(batch).wait().proofs.unwrap();
                    let stored = |i: usize| matches!(proofs.outcome(i), Some(Outcome::Stored(_)));
                    let lines: String = accounts
                        .iter()
                        .enumerate()
                        .filter(|(i, _)| stored(*i))
                        .map(|(_, a)| format!("{a}\n"))
                        .collect();
                    std::io::stderr()
                        .lock()
                        .write_all(lines.as_bytes())
                        .unwrap();
                }
            });
        }
    });
}

#[test]
fn everything_acknowledged_survives_a_kill() {
    if let (Some(folder), Ok(round)) = (std::env::var_os(FOLDER), std::env::var(ROUND)) {
        return child(folder.as_ref(), &round);
    }
    let kills = std::env::var("ALARMWIRE_TEST_KILLS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(KILLS);
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "everything_acknowledged_survives_a_kill",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(FOLDER, folder.path())
            .env(ROUND, round.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let reading = std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .filter(|l| l.len() == 8)
                .collect::<Vec<_>>()
        });
        // Odd moments, different ones each time: within the start, within commits, within checkpoints.
        std::thread::sleep(Duration::from_millis(150 + u64::from(round) * 97 % 500));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(reading.join().unwrap());
    }
    assert!(
        acknowledged.len() > 100,
        "only {} acknowledged",
        acknowledged.len()
    );
    // Opening as the next start does.
    drop(Writer::start(SqliteJournal::open(folder.path()).unwrap()).unwrap());
    let reader = Reader::open(folder.path()).unwrap();
    let (mut stored, mut after, mut rows) = (HashSet::new(), 0, 0);
    loop {
        let page = reader.events(Lane::Intrusion, after, 10_000).unwrap();
        assert!(page.damaged.is_empty());
        rows += page.events.len();
        stored.extend(page.events.into_iter().filter_map(|event| event.account));
        match page.last {
            Some(last) => after = last,
            None => break,
        }
    }
    let lost = acknowledged
        .iter()
        .filter(|account| !stored.contains(*account))
        .count();
    assert_eq!(
        (lost, rows - stored.len()),
        (0, 0),
        "lost and twice, of {}",
        acknowledged.len()
    );
}
