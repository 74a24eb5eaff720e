//! The journal over its public interface: crash, full disk, restart, replay, lanes, purge, damage.
#![cfg(feature = "journal")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "journal/common.rs"]
mod common;

use std::{path::Path, time::Duration};

use alarmwire::{
    Lane, Qualifier,
    journal::{
        Batch, JournalError, Outcome, OutgoingFrame, Proofs, Reader, Settings, SqliteJournal,
        Start, Status, Subscription, Update, Writer, commit, number_of, seq_of,
    },
};
use common::{Text, at, push};

fn store(journal: &mut SqliteJournal, seconds: u64, text: &Text<'_>) -> &'static str {
    let mut batch = Batch::new();
    push(&mut batch, seconds, text);
    word(&commit(journal, &mut batch).unwrap(), 0)
}

fn word(proofs: &Proofs, index: usize) -> &'static str {
    match proofs.outcome(index) {
        Some(Outcome::Stored(stored)) if stored.is_repeat() => "repeat",
        Some(Outcome::Stored(_)) => "new",
        Some(Outcome::Replayed) => "replayed",
        _ => "none",
    }
}

fn lanes(folder: &Path) -> Vec<(String, Lane)> {
    let reader = Reader::open(folder).unwrap();
    let mut all: Vec<_> = Lane::ALL
        .iter()
        .flat_map(|lane| reader.events(*lane, 0, 1_000).unwrap().events)
        .collect();
    all.sort_by_key(|event| number_of(event.seq));
    all.into_iter()
        .map(|event| (event.code, event.lane))
        .collect()
}

#[test]
fn what_is_stored_is_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = SqliteJournal::open(folder.path()).unwrap();
    assert_eq!(
        store(
            &mut journal,
            5,
            &Text {
                raw: b"\x00raw\xff",
                ..Text::new("sia:BA", 7)
            }
        ),
        "new"
    );
    let page = Reader::open(folder.path())
        .unwrap()
        .events(Lane::Intrusion, 0, 10)
        .unwrap();
    let [event] = &page.events[..] else {
        panic!("{page:?}")
    };
    assert_eq!(
        (event.code.as_str(), event.qualifier.as_str(), event.lane),
        ("sia:BA", "new", Lane::Intrusion)
    );
    assert_eq!(
        (event.account.as_deref(), event.zone.as_deref()),
        (Some("1234"), Some("015"))
    );
    assert_eq!(
        (event.sequence, event.raw.as_slice(), event.received),
        (Some(7), &b"\x00raw\xff"[..], at(5).utc)
    );
    assert_eq!(page.last, Some(event.seq));
    let json: serde_json::Value = serde_json::from_str(&event.json()).unwrap();
    assert_eq!(json["function"], "burglary");
    assert_eq!(json["sequence"], "0007");
    assert_eq!(json["raw_hex"], "00726177FF");
    assert_eq!(json["id"].as_str().unwrap().len(), 36);
    assert_eq!(json["id"].as_str().unwrap().as_bytes()[14], b'7');
}

#[test]
fn the_same_signal_within_ten_minutes_is_a_repeat_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = SqliteJournal::open(folder.path()).unwrap();
    let mut batch = Batch::new();
    for sequence in [1, 1, 2] {
        push(&mut batch, 0, &Text::new("sia:BA", sequence));
    }
    let proofs = commit(&mut journal, &mut batch).unwrap();
    // A copy in the same batch shares the commit.
    assert_eq!(
        [0, 1, 2].map(|i| word(&proofs, i)),
        ["new", "repeat", "new"]
    );
    drop(journal);
    let mut journal = SqliteJournal::open(folder.path()).unwrap();
    assert_eq!(store(&mut journal, 599, &Text::new("sia:BA", 2)), "repeat");
    assert_eq!(store(&mut journal, 601, &Text::new("sia:BA", 2)), "new");
    // Other bytes on the wire, the same signal: sending time and CRC are no part of it. No sequence: no such rule.
    assert_eq!(
        store(
            &mut journal,
            602,
            &Text {
                raw: b"retry",
                ..Text::new("sia:BA", 2)
            }
        ),
        "repeat"
    );
    for _ in 0..2 {
        assert_eq!(
            store(
                &mut journal,
                603,
                &Text {
                    sequence: None,
                    ..Text::new("sia:BA", 0)
                }
            ),
            "new"
        );
    }
}

#[test]
fn a_recording_is_refused_for_thirty_days_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = SqliteJournal::open(folder.path()).unwrap();
    let first = Text {
        raw: b"\n..\"*SIA-DCS\"0001#1[00AAFF\r",
        remember: true,
        ..Text::new("sia:BA", 1)
    };
    let retry = Text {
        raw: b"\n..\"*SIA-DCS\"0001#1[BBBBBB\r",
        remember: true,
        ..Text::new("sia:BA", 1)
    };
    assert_eq!(store(&mut journal, 0, &first), "new");
    assert_eq!(store(&mut journal, 10, &first), "repeat");
    assert_eq!(store(&mut journal, 20, &retry), "repeat");
    drop(journal);
    let day = 86_400;
    let mut journal = SqliteJournal::open(folder.path()).unwrap();
    assert_eq!(store(&mut journal, 700, &first), "replayed");
    // Another header and other letters do not make it new, and the retry was a recording as well.
    let altered = Text {
        raw: b"\n99\"*SIA-DCS\"0009#1[00aaff\r",
        remember: true,
        ..Text::new("sia:BA", 9)
    };
    assert_eq!(store(&mut journal, 29 * day, &altered), "replayed");
    assert_eq!(store(&mut journal, 29 * day, &retry), "replayed");
    assert_eq!(store(&mut journal, 31 * day, &altered), "new");
    assert_eq!(Reader::open(folder.path()).unwrap().count().unwrap(), 2);
}

#[test]
fn a_restore_rides_in_the_lane_of_what_it_closes_also_after_purge_and_restart() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        retention: Duration::from_secs(10),
        ..Settings::default()
    };
    let mut journal = SqliteJournal::open_with(folder.path(), settings.clone()).unwrap();
    // BT is a trouble (lane 2); BR closes BA (lane 1) or BT, and with none open rides in lane 1.
    store(&mut journal, 0, &Text::new("sia:BT", 1));
    drop(journal);
    let mut journal = SqliteJournal::open_with(folder.path(), settings.clone()).unwrap();
    assert_eq!(journal.purge(at(1).utc).unwrap(), 0);
    assert_eq!(journal.purge(at(12).utc).unwrap(), 1);
    drop(journal);
    let mut journal = SqliteJournal::open_with(folder.path(), settings).unwrap();
    let restore = |sequence| Text {
        qualifier: Qualifier::Restore,
        ..Text::new("sia:BR", sequence)
    };
    store(&mut journal, 20, &restore(2));
    store(&mut journal, 21, &restore(3));
    store(
        &mut journal,
        22,
        &Text {
            zone: "016",
            ..restore(4)
        },
    );
    let restored = |lane| ("sia:BR".to_owned(), lane);
    assert_eq!(
        lanes(folder.path()),
        [
            restored(Lane::Service),
            restored(Lane::Intrusion),
            restored(Lane::Intrusion)
        ]
    );
}

#[test]
fn rows_go_when_every_destination_has_had_them_for_the_retention() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        retention: Duration::from_secs(100),
        ..Settings::default()
    };
    let mut journal = SqliteJournal::open_with(folder.path(), settings).unwrap();
    let named = |name: &str, start| Subscription {
        name: name.into(),
        start,
    };
    journal
        .register(&[named("a", Start::End), named("b", Start::End)], at(0).utc)
        .unwrap();
    for sequence in 1..=3 {
        store(&mut journal, 0, &Text::new("sia:BA", sequence));
    }
    let count = |folder: &Path| Reader::open(folder).unwrap().count().unwrap();
    let mut writer = Writer::start(journal).unwrap();
    let handle = writer.handle();
    let to = |name: &str, number| Update {
        destination: name.into(),
        cursors: vec![(Lane::Intrusion, seq_of(Lane::Intrusion, number))],
        ..Update::default()
    };
    handle.update(to("a", 3)).wait().unwrap();
    handle.update(to("b", 2)).wait().unwrap();
    // A cursor never moves back.
    handle.update(to("b", 1)).wait().unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(reader.backlog("b").unwrap(), [0, 1, 0, 0]);
    handle.purge(at(4_000_000_000).utc).wait().unwrap();
    assert_eq!(count(folder.path()), 3, "delivered only now");
    handle.purge(at(4_000_000_101).utc).wait().unwrap();
    assert_eq!(count(folder.path()), 1, "b has not had the third");
    // A destination that is gone from the configuration holds nothing.
    handle
        .register(vec![named("a", Start::End)])
        .wait()
        .unwrap();
    handle.purge(at(4_000_000_200).utc).wait().unwrap();
    handle.purge(at(4_000_000_400).utc).wait().unwrap();
    assert_eq!(count(folder.path()), 0);
    drop(reader);
    drop(handle);
    drop(std::mem::replace(
        &mut writer,
        Writer::start(SqliteJournal::open(tempfile::tempdir().unwrap().path()).unwrap()).unwrap(),
    ));
    // Numbers are not given twice, though no row tells of them.
    assert_eq!(SqliteJournal::open(folder.path()).unwrap().next_number(), 4);
}

#[test]
fn frames_on_their_way_survive_a_restart_until_the_cursor_passes_them() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::start(SqliteJournal::open(folder.path()).unwrap()).unwrap();
    let handle = writer.handle();
    handle
        .register(vec![Subscription {
            name: "centre".into(),
            start: Start::End,
        }])
        .wait()
        .unwrap();
    let frame = |number: u16, settled| OutgoingFrame {
        event_seq: seq_of(Lane::Intrusion, number.into()),
        sequence: 40 + number,
        frame: number.to_be_bytes().to_vec(),
        settled,
    };
    let update = Update {
        destination: "centre".into(),
        ..Update::default()
    };
    handle
        .update(Update {
            outgoing: vec![frame(1, false), frame(2, false), frame(3, false)],
            ..update.clone()
        })
        .wait()
        .unwrap();
    handle
        .update(Update {
            settled: vec![seq_of(Lane::Intrusion, 3)],
            ..update.clone()
        })
        .wait()
        .unwrap();
    drop(writer);
    let writer = Writer::start(SqliteJournal::open(folder.path()).unwrap()).unwrap();
    let handle = writer.handle();
    let cursors = vec![(Lane::Intrusion, seq_of(Lane::Intrusion, 1))];
    handle.update(Update { cursors, ..update }).wait().unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(
        reader.outgoing("centre").unwrap(),
        [frame(2, false), frame(3, true)]
    );
    assert_eq!(reader.last_sequence("centre").unwrap(), Some(43));
    assert_eq!(reader.cursor("nobody").unwrap(), None);
}

#[test]
fn a_damaged_row_is_skipped_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = SqliteJournal::open(folder.path()).unwrap();
    for sequence in 1..=3 {
        store(&mut journal, 0, &Text::new("sia:BA", sequence));
    }
    drop(journal);
    let damaged = seq_of(Lane::Intrusion, 2);
    let raw = rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap();
    raw.execute("UPDATE event SET data = x'00' WHERE seq = ?1", [damaged])
        .unwrap();
    let page = Reader::open(folder.path())
        .unwrap()
        .events(Lane::Intrusion, 0, 10)
        .unwrap();
    let numbers: Vec<i64> = page
        .events
        .iter()
        .map(|event| number_of(event.seq))
        .collect();
    assert_eq!(
        (numbers, page.damaged, page.last),
        (vec![1, 3], vec![damaged], Some(seq_of(Lane::Intrusion, 3)))
    );
}

#[test]
fn a_lock_of_another_program_is_waited_for_and_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(folder.path()).unwrap();
    let writer = Writer::start(journal).unwrap();
    let handle = writer.handle();
    let tool = rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut batch = Batch::new();
    push(&mut batch, 0, &Text::new("sia:BA", 1));
    let waiting = handle.append(batch);
    // After SQLite's own patience of five seconds.
    while handle.status() == Status::Good {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(handle.status(), Status::Locked);
    tool.execute_batch("ROLLBACK").unwrap();
    let finished = waiting.wait();
    assert_eq!(word(&finished.proofs.unwrap(), 0), "new");
    assert_eq!(handle.status(), Status::Good);
}

#[test]
fn a_full_disk_acknowledges_nothing_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        most_pages: Some(60),
        ..Settings::default()
    };
    let mut journal = SqliteJournal::open_with(folder.path(), settings).unwrap();
    let big = vec![b'x'; 4_000];
    let mut sequence = 0;
    let error = loop {
        sequence += 1;
        let mut batch = Batch::new();
        push(
            &mut batch,
            0,
            &Text {
                raw: &big,
                ..Text::new("sia:BA", sequence)
            },
        );
        if let Err(error) = commit(&mut journal, &mut batch) {
            break error;
        }
    };
    assert_eq!(error, JournalError::Full);
    let stored = u64::from(sequence) - 1;
    assert_eq!(
        Reader::open(folder.path()).unwrap().count().unwrap(),
        stored
    );
    let writer = Writer::start(journal).unwrap();
    let handle = writer.handle();
    let mut batch = Batch::new();
    push(
        &mut batch,
        0,
        &Text {
            raw: &big,
            ..Text::new("sia:BA", sequence)
        },
    );
    let waiting = handle.append(batch);
    while handle.status() != Status::Full {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(
        Reader::open(folder.path()).unwrap().count().unwrap(),
        stored
    );
    // Somebody makes room: an operator deletes history.
    let raw = rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap();
    raw.busy_timeout(Duration::from_secs(5)).unwrap();
    raw.execute(
        "DELETE FROM event WHERE seq IN (SELECT seq FROM event LIMIT 10)",
        [],
    )
    .unwrap();
    let finished = waiting.wait();
    // It was not taken for a repeat of what had been rolled back.
    assert_eq!(word(&finished.proofs.unwrap(), 0), "new");
    assert_eq!(handle.status(), Status::Good);
}

#[test]
fn after_a_failure_nothing_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::start(SqliteJournal::open(folder.path()).unwrap()).unwrap();
    let handle = writer.handle();
    let raw = rusqlite::Connection::open(folder.path().join("journal.sqlite")).unwrap();
    raw.execute_batch("DROP VIEW alarm; DROP TABLE event")
        .unwrap();
    for sequence in 1..=2 {
        let mut batch = Batch::new();
        push(&mut batch, 0, &Text::new("sia:BA", sequence));
        assert!(matches!(
            handle.append(batch).wait().proofs,
            Err(JournalError::Failed(_))
        ));
    }
    assert!(matches!(handle.status(), Status::Failed(_)));
    drop(writer);
    assert_eq!(
        handle.append(Batch::new()).wait().proofs.unwrap_err(),
        JournalError::Closed
    );
}

#[test]
fn a_second_journal_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = SqliteJournal::open(folder.path()).unwrap();
    assert!(matches!(
        SqliteJournal::open(folder.path()),
        Err(JournalError::Open(_))
    ));
    drop(first);
    SqliteJournal::open(folder.path()).unwrap();
}

#[test]
fn the_write_ahead_log_stays_bounded_and_readers_are_told_of_commits() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        wal_bytes: 256 * 1024,
        ..Settings::default()
    };
    let writer = Writer::start(SqliteJournal::open_with(folder.path(), settings).unwrap()).unwrap();
    let handle = writer.handle();
    let mut commits = handle.committed();
    for round in 0..200_u32 {
        let mut batch = Batch::new();
        for i in 0..50 {
            push(
                &mut batch,
                0,
                &Text {
                    account: &format!("{:08X}", round * 50 + i),
                    ..Text::new("sia:BA", 1)
                },
            );
        }
        assert!(handle.append(batch).wait().proofs.is_ok());
    }
    assert_eq!(handle.stats().events, 10_000);
    // Acknowledgements go before this news.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    while runtime.block_on(commits.changed()) < 10_000 {}
    let wal = std::fs::metadata(folder.path().join("journal.sqlite-wal"))
        .unwrap()
        .len();
    assert!(wal < 8 * 256 * 1024 * 2, "{wal}");
    assert_eq!(handle.stats().synced, handle.stats().commits);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    /// Signals, copies, waits and restarts in any order, against a map.
    #[test]
    fn it_agrees_with_a_model(steps in proptest::collection::vec((0_u16..12, 0_u64..200, proptest::bool::ANY), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = SqliteJournal::open(folder.path()).unwrap();
        let mut model = std::collections::HashMap::new();
        let (mut now, mut rows) = (0, 0);
        for (sequence, wait, restart) in steps {
            now += wait;
            if restart {
                drop(journal);
                journal = SqliteJournal::open(folder.path()).unwrap();
            }
            let known = model.get(&sequence).is_some_and(|first| now - first < 600);
            let expected = if known { "repeat" } else { "new" };
            proptest::prop_assert_eq!(store(&mut journal, now, &Text::new("sia:BA", sequence)), expected);
            if !known {
                model.insert(sequence, now);
                rows += 1;
            }
        }
        proptest::prop_assert_eq!(Reader::open(folder.path()).unwrap().count().unwrap(), rows);
    }
}
