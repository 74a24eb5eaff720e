//! Sur-Gard receivers in, and automation software that we play one to.
#![cfg(all(feature = "full", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

mod gateway_support;

use std::time::Duration;

use alarmwire::transport::pty::Pty;
use gateway_support::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

const FRAME: &[u8] = b"5010 18A234E13001005\x14";

async fn byte(line: &Pty) -> u8 {
    let mut buffer = [0; 1];
    timeout(Duration::from_secs(5), line.read(&mut buffer))
        .await
        .expect("an answer")
        .unwrap();
    buffer[0]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_on_a_serial_line_is_read_and_its_events_go_on() {
    let centre = Station::start(&format!("{IP}unknown_accounts = 'accept'\n{LINES}")).await;
    let mut line = Pty::open(None).unwrap();
    let text = format!(
        "[[input]]\nname = 'receiver'\nprotocol = 'surgard'\nserial = '{}'\nline = '9600 8N1'\nline_digits = 1\n\
         {LINES}[[output]]\nname = 'centre'\nprotocol = 'dc09'\nmain = 'tcp://{}'\n",
        line.path().display(),
        centre.tcp("ip"),
    );
    let mut station = Station::start(&text).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    line.write_all(b"1011           @    \x14").await.unwrap();
    assert_eq!(byte(&line).await, 0x06, "the heartbeat");
    for frame in [
        FRAME,
        b"S011[#1234|Nri1/FA015^KITCHEN^]\x14",
        b"5011 181234R13001005\x14",
    ] {
        line.write_all(frame).await.unwrap();
        assert_eq!(byte(&line).await, 0x06);
    }
    let lines = station.lines("lines.jsonl", 3).await;
    assert_eq!(column(&lines, "source"), ["receiver"; 3]);
    assert_eq!(column(&lines, "protocol"), ["surgard"; 3]);
    let at_centre = centre.lines("lines.jsonl", 3).await;
    let mut codes = column(&at_centre, "code");
    codes.sort();
    assert_eq!(codes, ["cid:1130", "cid:3130", "sia:FA"]);
    let fire = at_centre
        .iter()
        .find(|line| line["code"] == "sia:FA")
        .unwrap();
    assert_eq!(
        (fire["token"].as_str(), fire["text"].as_str()),
        (Some("SIA-DCS"), Some("KITCHEN"))
    );
    assert_eq!(
        (fire["account"].as_str(), fire["zone"].as_str()),
        (Some("1234"), Some("015"))
    );
    let burglary = at_centre
        .iter()
        .find(|line| line["code"] == "cid:1130")
        .unwrap();
    assert_eq!(
        (burglary["token"].as_str(), burglary["account"].as_str()),
        (Some("ADM-CID"), Some("A234"))
    );
    station.stop().await;
}

#[tokio::test]
async fn a_receiver_is_read_over_tcp_whoever_dials() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let text = format!(
        "[[input]]\nname = 'dialled'\nprotocol = 'surgard'\ndial = 'tcp://{}'\n\
         [[input]]\nname = 'listening'\nprotocol = 'surgard'\nlisten = 'tcp://127.0.0.1:0'\n{LINES}",
        receiver.local_addr().unwrap(),
    );
    let station = Station::start(&text).await;
    let (mut dialled, _) = timeout(Duration::from_secs(5), receiver.accept())
        .await
        .unwrap()
        .unwrap();
    let mut dialling = TcpStream::connect(station.tcp("listening")).await.unwrap();
    for stream in [&mut dialled, &mut dialling] {
        // In two segments, and then two frames in one.
        stream.write_all(&FRAME[..9]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(&FRAME[9..]).await.unwrap();
        assert_eq!(answer(stream, Duration::from_secs(5)).await, [0x06]);
    }
    let lines = station.lines("lines.jsonl", 2).await;
    let mut sources = column(&lines, "source");
    sources.sort();
    assert_eq!(sources, ["dialled", "listening"]);
    assert_eq!(column(&lines, "account"), ["A234", "A234"]);
}

/// One frame of the receiver that the gateway plays.
async fn frame(stream: &mut TcpStream) -> String {
    let mut out = Vec::new();
    loop {
        let byte = timeout(Duration::from_secs(10), stream.read_u8())
            .await
            .expect("a frame")
            .unwrap();
        if byte == 0x14 {
            return String::from_utf8(out).unwrap();
        }
        out.push(byte);
    }
}

#[tokio::test]
async fn automation_software_gets_one_frame_after_another_and_after_a_restart_only_what_it_has_not()
{
    let output = "[[output]]\nname = 'legacy'\nprotocol = 'surgard'\nlisten = 'tcp://127.0.0.1:0'\nreceiver = '07'\n\
                  line_digits = 3\n";
    let mut station = Station::start(&[IP, ACCOUNTS, output].concat()).await;
    for sequence in 1..=3 {
        ask(
            station.tcp("ip"),
            &clear("1234", sequence, &format!("1130 01 {sequence:03}")),
        )
        .await;
    }
    let mut automation = TcpStream::connect(station.tcp("legacy")).await.unwrap();
    assert_eq!(frame(&mut automation).await, "107001           @    ");
    automation.write_all(&[0x06]).await.unwrap();
    assert_eq!(frame(&mut automation).await, "507001 181234E13001001");
    automation.write_all(&[0x06]).await.unwrap();
    assert_eq!(frame(&mut automation).await, "507001 181234E13001002");
    // The second is out and not acknowledged when it stops: it comes first, as it was.
    station.stop().await;
    station.again().await;
    ask(station.tcp("ip"), &clear("1234", 9, "1110 01 009")).await;
    let mut automation = TcpStream::connect(station.tcp("legacy")).await.unwrap();
    frame(&mut automation).await;
    automation.write_all(&[0x06]).await.unwrap();
    let mut frames = Vec::new();
    for _ in 0..3 {
        frames.push(frame(&mut automation).await);
        automation.write_all(&[0x06]).await.unwrap();
    }
    assert_eq!(
        frames,
        [
            "507001 181234E13001002",
            "507001 181234E11001009",
            "507001 181234E13001003"
        ]
    );
    let more = answer(&mut automation, Duration::from_millis(300)).await;
    assert!(more.is_empty(), "{}", text(&more));
}

#[tokio::test]
async fn an_event_that_an_output_cannot_carry_is_skipped_and_the_next_one_goes() {
    let output =
        "[[output]]\nname = 'legacy'\nprotocol = 'surgard'\nlisten = 'tcp://127.0.0.1:0'\n";
    let station = Station::start(&[IP, ACCOUNTS, output].concat()).await;
    assert!(
        !ask(station.tcp("ip"), &clear("1234", 1, "what is this"))
            .await
            .is_empty(),
        "acknowledged all the same"
    );
    ask(station.tcp("ip"), &clear("1234", 2, "1130 01 015")).await;
    let mut automation = TcpStream::connect(station.tcp("legacy")).await.unwrap();
    frame(&mut automation).await;
    automation.write_all(&[0x06]).await.unwrap();
    assert_eq!(frame(&mut automation).await, "501001 181234E13001015");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_serial_line_that_is_unplugged_is_told_and_read_again_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("port");
    let mut line = Pty::open(Some(&link)).unwrap();
    let text = format!(
        "[[input]]\nname = 'receiver'\nprotocol = 'surgard'\nserial = '{}'\n{LINES}",
        link.display()
    );
    let station = Station::start(&text).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    line.write_all(FRAME).await.unwrap();
    assert_eq!(byte(&line).await, 0x06);
    line.unplug();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut line = Pty::open(Some(&link)).unwrap();
    // Opened again within the first pauses; what is sent before that is lost, as on a real line, and comes again.
    tokio::time::sleep(Duration::from_secs(2)).await;
    line.write_all(FRAME).await.unwrap();
    assert_eq!(byte(&line).await, 0x06);
    let lines = station.lines("lines.jsonl", 4).await;
    let (own, panels): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|line| line["source"] == "gateway");
    assert_eq!(column(&panels, "possible_repeat"), ["false", "true"]);
    assert_eq!(column(&own, "code"), ["cid:1350", "cid:3350"]);
}
