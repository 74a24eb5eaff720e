//! A panel and a station with two addresses, joined by links that lose, repeat, reorder, delay, damage and break, in
//! virtual time. The laws: what is acknowledged was stored before, exactly once by content; a link that works in the
//! end delivers everything.
#![cfg(all(
    feature = "dc09",
    feature = "contact-id",
    feature = "dc03",
    feature = "crypto",
    feature = "journal"
))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation
)]

#[path = "common/desk.rs"]
mod desk;
#[path = "common/pair.rs"]
mod pair;

use std::{collections::HashSet, sync::Arc, time::Duration};

use alarmwire::{
    codec::dc09::Key,
    link::dc09::{Account, Identity, Path, Policy, Report, Timing},
};
use desk::id;
use pair::{Faults, Pair, Wire};
use proptest::prelude::*;

fn key() -> Key {
    Key::parse("hex:0123456789ABCDEF0123456789ABCDEF").unwrap()
}

fn identity(encrypted: bool) -> Identity {
    let identity = Identity::new(id("12A4"));
    if encrypted {
        identity.with_key(key())
    } else {
        identity
    }
}

fn policy(encrypted: bool) -> Policy {
    let mut policy = Policy::new();
    policy.insert(
        id("12A4"),
        if encrypted {
            Account::keyed(key())
        } else {
            Account::clear()
        },
    );
    policy
}

fn pair(seed: u64, wire: Wire, encrypted: bool, faults: Faults, timing: Timing) -> Pair {
    Pair::new(
        seed,
        wire,
        faults,
        identity(encrypted),
        timing,
        Arc::new(policy(encrypted)),
    )
}

/// The laws, for a run in which every event was to be delivered.
fn check(pair: &Pair, events: u64) {
    let mut contents = HashSet::new();
    for stored in &pair.ledger.stored {
        assert!(
            contents.insert((stored.data.clone(), stored.extended.clone())),
            "stored twice: {stored:?}"
        );
        assert_eq!((stored.account.as_str(), stored.codes.len()), ("12A4", 1));
    }
    let delivered: Vec<u64> = pair.delivered().collect();
    for id in &delivered {
        assert_eq!(pair.count(*id), 1, "event {id} was acknowledged");
    }
    assert_eq!(
        delivered,
        (0..events).collect::<Vec<_>>(),
        "each delivered once, in order"
    );
    assert_eq!(
        pair.ledger.stored.len() as u64,
        events,
        "nothing but what was sent"
    );
}

#[test]
fn a_good_link_delivers_everything_at_its_first_try() {
    for (wire, encrypted) in [
        (Wire::Stream, false),
        (Wire::Stream, true),
        (Wire::Datagram, false),
        (Wire::Datagram, true),
    ] {
        let mut pair = pair(1, wire, encrypted, Faults::default(), Timing::default());
        pair.run(40);
        check(&pair, 40);
        assert_eq!(pair.sent, 40);
    }
}

#[test]
fn a_clock_that_is_wrong_is_corrected_by_one_nak_and_stays_so() {
    for hours in [-23_i64, -1, 1, 20] {
        let mut pair = pair(2, Wire::Stream, true, Faults::default(), Timing::default());
        pair.panel_clock = hours * 3600 * 1_000_000_000;
        pair.run(20);
        check(&pair, 20);
        assert_eq!(pair.sent, 21);
        let corrections = pair
            .reports
            .iter()
            .filter(|r| matches!(r, Report::ClockOffset { .. }))
            .count();
        assert_eq!(corrections, 1);
    }
}

#[test]
fn a_dead_main_address_moves_the_panel_to_the_backup_and_a_live_one_brings_it_back() {
    for wire in [Wire::Stream, Wire::Datagram] {
        let timing = Timing {
            backup: true,
            return_after: Duration::from_secs(30),
            ..Timing::default()
        };
        let mut pair = pair(3, wire, true, Faults::default(), timing);
        pair.down(Path::Main, Duration::from_secs(5)..Duration::from_secs(100));
        pair.run(120);
        check(&pair, 120);
        let changes: Vec<_> = pair
            .reports
            .iter()
            .filter_map(|report| match report {
                Report::PathChanged { to } => Some(*to),
                _ => None,
            })
            .collect();
        assert_eq!(changes.first(), Some(&Path::Backup));
        assert_eq!(changes.last(), Some(&Path::Main));
        assert!(pair.reports.iter().any(|r| matches!(
            r,
            Report::Delivered {
                path: Path::Backup,
                ..
            }
        )));
    }
}

#[test]
fn a_journal_that_is_full_for_a_while_delays_and_loses_nothing() {
    let faults = Faults {
        journal_full: 30,
        ..Faults::default()
    };
    let mut pair = pair(4, Wire::Stream, true, faults, Timing::default());
    pair.run(60);
    check(&pair, 60);
    assert!(pair.sent > 60);
}

#[test]
fn a_long_run_over_a_bad_link_keeps_the_laws() {
    for (seed, wire) in [(5, Wire::Stream), (6, Wire::Datagram)] {
        let timing = Timing {
            backup: true,
            pause: Duration::from_secs(1),
            ..Timing::default()
        };
        let mut pair = pair(seed, wire, true, Faults::bad(), timing);
        pair.run(400);
        check(&pair, 400);
        assert!(pair.sent > 440, "{}", pair.sent);
    }
}

fn faults() -> impl Strategy<Value = Faults> {
    (
        0..40_u8,
        0..30_u8,
        0..3000_u64,
        0..15_u8,
        0..6_u8,
        0..20_u8,
        0..400_u64,
    )
        .prop_map(
            |(loss, duplicate, jitter, damage, reset, journal_full, commit)| Faults {
                loss,
                duplicate,
                jitter: Duration::from_millis(jitter),
                damage,
                reset,
                journal_full,
                commit: Duration::from_millis(commit),
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_link_does_the_laws_hold(
        seed: u64,
        stream: bool,
        encrypted: bool,
        backup: bool,
        skew in -3600..3600_i64,
        faults in faults(),
    ) {
        let wire = if stream { Wire::Stream } else { Wire::Datagram };
        // Short pauses, as a copy that comes more than ten minutes after its first is a new event by rule.
        let (pause, longest_pause) = (Duration::from_secs(1), Duration::from_secs(2));
        let timing = Timing { backup, pause, longest_pause, ..Timing::default() };
        let mut pair = pair(seed, wire, encrypted, faults, timing);
        pair.panel_clock = skew * 1_000_000_000;
        pair.run(20);
        check(&pair, 20);
    }
}
