//! The simulator against its own sink: what it counts when nothing stands between them.
#![cfg(all(feature = "simulator", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

use std::time::Duration;

use alarmwire::simulator::{Phase, Prepared, Scenario, SinkPlace};

fn scenario(more: &str) -> Scenario {
    Scenario::parse(&format!(
        "[run]\nname = \"loopback\"\nlength = \"2s\"\nwait = \"1s\"\n[[sink]]\nname = \"centre\"\nprotocol = \"dc09\"\n\
         [[fleet]]\nname = \"homes\"\npanels = 100\nrate = 500.0\nformats = {{ ADM-CID = 1.0, SIA-DCS = 1.0 }}\n\
         restore_after = \"200ms\"\n{more}"
    ))
    .unwrap()
}

fn centre(prepared: &Prepared) -> std::net::SocketAddr {
    match prepared.sinks().next() {
        Some((_, SinkPlace::Tcp(address))) => address,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_event_is_acknowledged_and_arrives_once_and_in_order() {
    for ways in ["{ tcp = 1.0 }", "{ tcp_per_message = 1.0 }"] {
        let scenario = scenario(&format!(
            "ways = {ways}\nsupervise = \"1s\"\nmix = {{ fire = 1.0, test = 1.0, opening = 1.0 }}\n"
        ));
        let prepared = Prepared::new(scenario, 3).unwrap();
        let target = centre(&prepared);
        let mut phases = Vec::new();
        let report = prepared
            .launch(target)
            .unwrap()
            .finish(
                Duration::from_millis(100),
                || false,
                |progress| {
                    if phases.last() != Some(&progress.phase) {
                        phases.push(progress.phase);
                    }
                },
            )
            .unwrap();
        println!("{}", report.to_text());
        let total = &report.total;
        assert!(total.due > 900, "{}", total.due);
        assert_eq!(
            (total.acknowledged, total.delivered),
            (total.due, total.due)
        );
        assert_eq!((total.lost, total.repeated, total.misordered), (0, 0, 0));
        assert_eq!(total.ack_ms.count(), total.due);
        assert_eq!(phases.last(), Some(&Phase::Done));
        // A NULL a second and panel reached the sink too, and is no event of the schedule.
        assert_eq!(report.by_sink["centre"].altered, 0);
    }
}

#[test]
fn panels_and_sinks_have_the_habits_of_their_profile() {
    for (panels, sink) in [
        ("binary-crc", "lower-case"),
        ("crc-over-cr", "standard"),
        ("no-line", "binary-crc"),
    ] {
        let scenario = Scenario::parse(&format!(
            "[run]\nlength = \"1s\"\nwait = \"1s\"\n[[sink]]\nname = \"centre\"\nprotocol = \"dc09\"\n\
             profile = \"{sink}\"\n[[fleet]]\nname = \"homes\"\npanels = 20\nrate = 100.0\nprofile = \"{panels}\"\n"
        ))
        .unwrap();
        let prepared = Prepared::new(scenario, 5).unwrap();
        let target = centre(&prepared);
        let report = prepared
            .launch(target)
            .unwrap()
            .finish(Duration::from_millis(100), || false, |_| {})
            .unwrap();
        let total = &report.total;
        assert!(total.due > 50, "{}", total.due);
        assert_eq!(
            (total.acknowledged, total.delivered, total.repeated),
            (total.due, total.due, 0),
            "{panels}"
        );
    }
}

#[test]
fn an_early_stop_is_still_accounted_for() {
    let prepared = Prepared::new(scenario(""), 3).unwrap();
    let target = centre(&prepared);
    let mut looks = 0;
    let stop = || {
        looks += 1;
        looks > 5
    };
    let report = prepared
        .launch(target)
        .unwrap()
        .finish(Duration::from_millis(100), stop, |_| {})
        .unwrap();
    assert!(
        report.total.due > 100 && report.total.due < 500,
        "{}",
        report.total.due
    );
    assert_eq!(report.total.acknowledged, report.total.due);
    assert_eq!(report.total.lost, 0);
}

#[test]
fn a_receiver_that_is_not_there_leaves_everything_unacknowledged_and_nothing_lost() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut scenario = scenario("");
    scenario.run.drain = Duration::from_millis(300);
    scenario.run.length = Duration::from_millis(500);
    let prepared = Prepared::new(scenario, 3).unwrap();
    let report = prepared
        .launch(closed)
        .unwrap()
        .finish(Duration::from_millis(50), || false, |_| {})
        .unwrap();
    assert!(report.total.due > 100);
    assert_eq!(report.total.unacknowledged, report.total.due);
    assert_eq!((report.total.lost, report.total.delivered), (0, 0));
}
