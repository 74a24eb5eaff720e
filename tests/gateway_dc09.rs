//! Panels over sockets in, JSON lines and another receiver out.
#![cfg(feature = "full")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

mod gateway_support;

use std::time::Duration;

use gateway_support::*;
use tokio::{io::AsyncWriteExt, net::TcpStream};

#[tokio::test]
async fn an_event_is_stored_acknowledged_and_written_as_a_line() {
    let station = Station::start(&[IP, ACCOUNTS, LINES].concat()).await;
    assert_eq!(
        station.tcp("ip").port(),
        station.udp("ip").port(),
        "TCP and UDP share the port"
    );
    let ack = text(&ask(station.tcp("ip"), &clear("1234", 1, "1130 01 015")).await);
    assert!(ack.contains("\"ACK\"0001L0#1234[]"), "{ack}");
    let ack = text(&ask_udp(station.udp("ip"), &clear("1234", 2, "1110 01 016")).await);
    assert!(ack.contains("\"ACK\"0002L0#1234[]"), "{ack}");
    let secret = encrypted("5678", 3, "1120 00 001", KEY, utc());
    let ack = text(&ask(station.tcp("ip"), &secret).await);
    assert!(ack.contains("\"*ACK\"0003L0#5678["), "{ack}");
    let secret = encrypted("5678", 4, "1151 00 002", KEY, utc());
    let ack = text(&ask_udp(station.udp("ip"), &secret).await);
    assert!(ack.contains("\"*ACK\"0004L0#5678["), "{ack}");

    let lines = station.lines("lines.jsonl", 4).await;
    let mut codes = column(&lines, "code");
    codes.sort();
    assert_eq!(codes, ["cid:1110", "cid:1120", "cid:1130", "cid:1151"]);
    let first = lines
        .iter()
        .find(|line| line["code"] == "cid:1130")
        .unwrap();
    assert_eq!(first["source"], "ip");
    assert_eq!(first["protocol"], "dc09");
    assert_eq!(first["account"], "1234");
    assert_eq!(first["function"], "burglary");
    assert_eq!(first["lane"], 1);
    assert_eq!(first["zone"], "015");
    assert_eq!(first["possible_repeat"], false);
    assert!(first["id"].as_str().unwrap().len() == 36);
}

#[tokio::test]
async fn copies_are_acknowledged_again_and_written_once_also_after_a_restart() {
    let mut station = Station::start(&[IP, ACCOUNTS, LINES].concat()).await;
    let frame = clear("1234", 7, "1130 01 015");
    for _ in 0..2 {
        assert!(text(&ask(station.tcp("ip"), &frame).await).contains("\"ACK\"0007"));
    }
    assert!(text(&ask_udp(station.udp("ip"), &frame).await).contains("\"ACK\"0007"));
    station.stop().await;
    station.again().await;
    assert!(text(&ask(station.tcp("ip"), &frame).await).contains("\"ACK\"0007"));
    assert!(
        text(&ask(station.tcp("ip"), &clear("1234", 8, "1130 01 015")).await)
            .contains("\"ACK\"0008")
    );
    station.lines("lines.jsonl", 2).await;
    let lines = station.settled("lines.jsonl").await;
    assert_eq!(column(&lines, "sequence"), ["0007", "0008"]);
}

fn forward(to: std::net::SocketAddr, more: &str) -> String {
    format!(
        "[[output]]\nname = 'centre'\nprotocol = 'dc09'\nmain = 'tcp://{to}'\nwait = '1s'\n{more}\n"
    )
}

#[tokio::test]
async fn events_go_on_to_another_receiver_each_under_its_own_account() {
    let centre = Station::start(&format!("{IP}unknown_accounts = 'accept'\n{LINES}")).await;
    let station = Station::start(&[IP, ACCOUNTS, &forward(centre.tcp("ip"), "")].concat()).await;
    let mut stream = TcpStream::connect(station.tcp("ip")).await.unwrap();
    for sequence in 1..=40 {
        let frame = clear("1234", sequence, &format!("1130 01 {sequence:03}"));
        stream.write_all(&frame).await.unwrap();
        assert!(!answer(&mut stream, Duration::from_secs(5)).await.is_empty());
    }
    ask(
        station.tcp("ip"),
        &encrypted("5678", 3, "1110 00 001", KEY, utc()),
    )
    .await;
    centre.lines("lines.jsonl", 41).await;
    let lines = centre.settled("lines.jsonl").await;
    let zones: Vec<String> = (1..=40).map(|n| format!("{n:03}")).collect();
    let of_panel: Vec<_> = lines
        .iter()
        .filter(|line| line["account"] == "1234")
        .cloned()
        .collect();
    assert_eq!(column(&of_panel, "zone"), zones, "in order, none twice");
    assert!(
        column(&of_panel, "token")
            .iter()
            .all(|token| token == "ADM-CID")
    );
    assert_eq!(lines.len(), 41);
}

#[tokio::test]
async fn with_an_account_and_a_key_of_its_own_an_output_encrypts_everything() {
    let accounts = "[[account]]\nid = '0A01'\nkey = 'ascii:FEDCBA9876543210'\ndata_accounts = ['1234', '5678']\n";
    let centre = Station::start(&[IP, accounts, LINES].concat()).await;
    let own = "account = '0A01'\nkey = 'ascii:FEDCBA9876543210'";
    let station = Station::start(&[IP, ACCOUNTS, &forward(centre.tcp("ip"), own)].concat()).await;
    for sequence in 1..=20 {
        ask(
            station.tcp("ip"),
            &clear("1234", sequence, &format!("1130 01 {sequence:03}")),
        )
        .await;
    }
    ask(
        station.tcp("ip"),
        &encrypted("5678", 3, "1110 00 001", KEY, utc()),
    )
    .await;
    centre.lines("lines.jsonl", 21).await;
    let lines = centre.settled("lines.jsonl").await;
    assert_eq!(lines.len(), 21);
    assert_eq!(
        lines
            .iter()
            .filter(|line| line["account"] == "1234")
            .count(),
        20
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line["account"] == "5678")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_backlog_survives_a_restart_and_arrives_once_alarms_first() {
    let dead = dead_port();
    let mut station = Station::start(&[IP, ACCOUNTS, LINES, &forward(dead, "")].concat()).await;
    for sequence in 1..=100 {
        ask(station.tcp("ip"), &clear("1234", sequence, "1602 00 000")).await;
    }
    ask(station.tcp("ip"), &clear("1234", 200, "1110 00 009")).await;
    station.lines("lines.jsonl", 101).await;
    station.stop().await;
    let centre = Station::start(&format!("{IP}unknown_accounts = 'accept'\n{LINES}")).await;
    station.text = [IP, ACCOUNTS, LINES, &forward(centre.tcp("ip"), "")].concat();
    station.again().await;
    centre.lines("lines.jsonl", 101).await;
    let lines = centre.settled("lines.jsonl").await;
    assert_eq!(lines.len(), 101);
    let fire = column(&lines, "code")
        .iter()
        .position(|code| code == "cid:1110")
        .unwrap();
    assert!(
        fire <= 1,
        "the fire alarm is number {fire} of 101 in the centre's file"
    );
    assert_eq!(
        station.settled("lines.jsonl").await.len(),
        101,
        "nothing is written a second time"
    );
}

#[tokio::test]
async fn when_the_main_address_is_dead_the_backup_gets_the_events() {
    let centre = Station::start(&format!("{IP}unknown_accounts = 'accept'\n{LINES}")).await;
    let backup = format!("backup = 'tcp://{}'", centre.tcp("ip"));
    let station = Station::start(&[IP, ACCOUNTS, &forward(dead_port(), &backup)].concat()).await;
    for sequence in 1..=3 {
        ask(
            station.tcp("ip"),
            &clear("1234", sequence, &format!("1130 01 {sequence:03}")),
        )
        .await;
    }
    let lines = centre.lines("lines.jsonl", 3).await;
    assert_eq!(column(&lines, "zone"), ["001", "002", "003"]);
    // The next one knows the way.
    let begun = tokio::time::Instant::now();
    ask(station.tcp("ip"), &clear("1234", 4, "1130 01 004")).await;
    centre.lines("lines.jsonl", 4).await;
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn events_go_where_their_input_says() {
    let text = "
[[input]]
name = 'a'
protocol = 'dc09'
listen = 'tcp://127.0.0.1:0'
unknown_accounts = 'accept'
to = ['one', 'both']
[[input]]
name = 'b'
protocol = 'dc09'
listen = 'tcp://127.0.0.1:0'
unknown_accounts = 'accept'
to = 'both'
[[output]]
name = 'one'
protocol = 'jsonl'
path = '{dir}/one.jsonl'
[[output]]
name = 'both'
protocol = 'jsonl'
path = '{dir}/both.jsonl'
";
    let station = Station::start(text).await;
    for sequence in 1..=3 {
        ask(station.tcp("a"), &clear("1234", sequence, "1130 01 001")).await;
        ask(
            station.tcp("b"),
            &clear("1234", sequence + 100, "1130 01 002"),
        )
        .await;
    }
    station.lines("both.jsonl", 6).await;
    let one = station.settled("one.jsonl").await;
    assert_eq!(column(&one, "source"), ["a", "a", "a"]);
    assert_eq!(station.settled("both.jsonl").await.len(), 6);
}

#[tokio::test]
async fn health_and_metrics_are_served() {
    let text = [IP, ACCOUNTS, LINES].concat();
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().display().to_string();
    let text = format!(
        "[station]\ndata = '{dir}/data'\nadmin = '127.0.0.1:0'\n{}",
        text.replace("{dir}", &dir)
    );
    let config = alarmwire::gateway::Config::from_toml("test", &text).unwrap();
    let running = alarmwire::gateway::start(config).await.unwrap();
    let admin = running.address("admin", "tcp").unwrap();
    let ip = running.address("ip", "tcp").unwrap();
    ask(ip, &clear("1234", 1, "1130 01 015")).await;
    ask_in_vain(ip, &clear("9999", 1, "1130 01 015")).await;
    assert_eq!(get(admin, "/livez").await.0, 200);
    assert_eq!(get(admin, "/readyz").await.0, 200);
    let (status, metrics) = get(admin, "/metrics").await;
    assert_eq!(status, 200);
    assert!(
        metrics.contains("alarmwire_signals_total{input=\"ip\"}"),
        "{metrics}"
    );
    assert!(metrics.contains("reason=\"unknown_account\""), "{metrics}");
    assert!(!metrics.contains("9999"), "no account is a label");
    running.shutdown().await;
}
