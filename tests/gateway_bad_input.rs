//! What must not become an event, must get the right answer, and must not stop the gateway.
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
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{Instant, sleep},
};

async fn station() -> Station {
    Station::start(&[IP, ACCOUNTS, LINES].concat()).await
}

/// Whether it still takes an event, over the socket and into the file.
async fn goes_on(station: &Station, sequence: u16) {
    let ack = text(&ask(station.tcp("ip"), &clear("1234", sequence, "1130 01 077")).await);
    assert!(
        ack.contains(&format!("\"ACK\"{sequence:04}L0#1234[]")),
        "{ack}"
    );
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        let lines = station.settled("lines.jsonl").await;
        if lines
            .iter()
            .any(|line| line["sequence"] == format!("{sequence:04}") && line["source"] == "ip")
        {
            return;
        }
        assert!(Instant::now() < end, "{lines:?}");
    }
}

/// Events of panels, and the texts of the gateway's own.
async fn events(station: &Station) -> (usize, Vec<String>) {
    let lines = station.settled("lines.jsonl").await;
    let (own, panels): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|line| line["source"] == "gateway");
    (panels.len(), column(&own, "text"))
}

#[tokio::test]
async fn a_wrong_key_gets_silence_and_one_compromise_event() {
    let station = station().await;
    for sequence in 1..=3 {
        let frame = encrypted("5678", sequence, "1130 01 015", "another key 1234", utc());
        assert_eq!(text(&ask_in_vain(station.tcp("ip"), &frame).await), "");
    }
    let (panels, own) = events(&station).await;
    assert_eq!(
        (panels, own),
        (0, vec!["compromise: wrong_key at ip".to_owned()])
    );
    goes_on(&station, 100).await;
}

#[tokio::test]
async fn a_clear_frame_of_an_encrypted_account_gets_silence_and_a_compromise_event() {
    let station = station().await;
    assert_eq!(
        text(&ask_in_vain(station.tcp("ip"), &clear("5678", 1, "1130 01 015")).await),
        ""
    );
    let (panels, own) = events(&station).await;
    assert_eq!(
        (panels, own),
        (0, vec!["compromise: downgrade at ip".to_owned()])
    );
    goes_on(&station, 100).await;
}

#[tokio::test]
async fn an_unknown_account_gets_silence_or_duh_and_a_compromise_event() {
    let station = station().await;
    assert_eq!(
        text(&ask_in_vain(station.tcp("ip"), &clear("9999", 1, "1130 01 015")).await),
        ""
    );
    let (panels, own) = events(&station).await;
    assert_eq!(
        (panels, own),
        (0, vec!["compromise: unknown_account at ip".to_owned()])
    );
    goes_on(&station, 100).await;
    let duh = Station::start(&format!("{IP}refuse = 'duh'\n{ACCOUNTS}{LINES}")).await;
    let answer = text(&ask(duh.tcp("ip"), &clear("9999", 1, "1130 01 015")).await);
    assert!(answer.contains("\"DUH\"0001L0#9999[]"), "{answer}");
    assert_eq!(events(&duh).await.0, 0);
}

#[tokio::test]
async fn a_replayed_frame_makes_no_second_event() {
    let station = station().await;
    // Inside the window it may be a panel that repeats itself: acknowledged again.
    let frame = encrypted("5678", 1, "1130 01 015", KEY, utc());
    for _ in 0..2 {
        assert!(text(&ask(station.tcp("ip"), &frame).await).contains("\"*ACK\"0001"));
    }
    // Outside it: NAK with our time.
    let old = encrypted("5678", 2, "1130 01 015", KEY, utc().offset(-60_000_000_000));
    assert!(text(&ask(station.tcp("ip"), &old).await).contains("\"NAK\"0000"));
    assert_eq!(events(&station).await, (1, vec![]));
    goes_on(&station, 100).await;
}

#[tokio::test]
async fn a_recording_of_an_account_without_a_clock_makes_no_second_event() {
    let account = "[[account]]\nid = '5678'\nkey = 'ascii:0123456789ABCDEF'\nignore_time = true\n";
    let mut station = Station::start(&[IP, account, LINES].concat()).await;
    let old = encrypted(
        "5678",
        1,
        "1130 01 015",
        KEY,
        utc().offset(-3_600_000_000_000),
    );
    // Within ten minutes it may be the panel that repeats itself; after that the journal refuses it (tested there).
    for _ in 0..2 {
        assert!(text(&ask(station.tcp("ip"), &old).await).contains("\"*ACK\"0001"));
    }
    station.stop().await;
    station.again().await;
    ask(station.tcp("ip"), &old).await;
    assert_eq!(events(&station).await, (1, vec![]));
}

#[tokio::test]
async fn ten_megabytes_without_an_end_close_one_connection_and_nothing_else() {
    let station = station().await;
    let mut stream = TcpStream::connect(station.tcp("ip")).await.unwrap();
    let block = vec![b'x'; 64 * 1024];
    let mut sent = 0;
    let begun = Instant::now();
    while sent < 10 << 20 && begun.elapsed() < Duration::from_secs(5) {
        match stream.write_all(&block).await {
            Ok(()) => sent += block.len(),
            Err(_) => break,
        }
    }
    assert_eq!(text(&answer(&mut stream, Duration::from_secs(1)).await), "");
    assert_eq!(events(&station).await, (0, vec![]));
    goes_on(&station, 100).await;
}

#[tokio::test]
async fn one_byte_a_second_runs_into_the_frame_deadline() {
    let station = station().await;
    let mut stream = TcpStream::connect(station.tcp("ip")).await.unwrap();
    let begun = Instant::now();
    let frame = clear("1234", 1, "1130 01 015");
    let mut closed = None;
    for byte in &frame {
        if stream.write_all(&[*byte]).await.is_err() {
            closed = Some(begun.elapsed());
            break;
        }
        let mut buffer = [0; 64];
        match tokio::time::timeout(
            Duration::from_secs(1),
            tokio::io::AsyncReadExt::read(&mut stream, &mut buffer),
        )
        .await
        {
            Ok(Ok(0) | Err(_)) => {
                closed = Some(begun.elapsed());
                break;
            }
            Ok(Ok(_)) => panic!("an answer to half a frame"),
            Err(_) => {}
        }
    }
    let closed = closed.expect("closed before the frame was whole");
    assert!((4..=8).contains(&closed.as_secs()), "{closed:?}");
    goes_on(&station, 100).await;
    assert_eq!(events(&station).await.0, 1);
}

#[tokio::test]
async fn damaged_frames_get_silence_and_what_follows_is_heard() {
    let station = station().await;
    let mut bytes = clear("1234", 1, "1130 01 015");
    let at = bytes.len() - 4;
    bytes[at] ^= 1;
    bytes.extend_from_slice(b"rubbish\r\n\0");
    bytes.extend_from_slice(&clear("1234", 2, "1130 01 016"));
    let ack = text(&ask(station.tcp("ip"), &bytes).await);
    assert!(
        ack.contains("\"ACK\"0002") && !ack.contains("0001L0"),
        "{ack}"
    );
    let unknown = String::from_utf8(clear("1234", 3, "1130 01 015"))
        .unwrap()
        .replace("ADM-CID", "XYZ-ABC");
    assert_eq!(
        text(&ask_in_vain(station.tcp("ip"), unknown.as_bytes()).await),
        "",
        "its check value is wrong"
    );
    assert_eq!(events(&station).await.0, 1);
}

#[tokio::test]
async fn a_full_disk_stops_acknowledging_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
        .arg(&disk)
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: a small file system can't be mounted here");
        return;
    }
    struct Unmount(std::path::PathBuf);
    impl Drop for Unmount {
        fn drop(&mut self) {
            let _best_effort = std::process::Command::new("umount")
                .arg("-l")
                .arg(&self.0)
                .status();
        }
    }
    let _unmount = Unmount(disk.clone());
    let text_of = format!(
        "[station]\ndata = '{}/data'\nadmin = '127.0.0.1:0'\n{IP}{ACCOUNTS}",
        disk.display()
    );
    let config = alarmwire::gateway::Config::from_toml("test", &text_of).unwrap();
    let running = alarmwire::gateway::start(config).await.unwrap();
    let (ip, admin) = (
        running.address("ip", "tcp").unwrap(),
        running.address("admin", "tcp").unwrap(),
    );
    assert!(!ask(ip, &clear("1234", 1, "1130 01 015")).await.is_empty());
    // Everything that is left goes to a file.
    let ballast = disk.join("ballast");
    let mut file = std::fs::File::create(&ballast).unwrap();
    while std::io::Write::write_all(&mut file, &[0; 1024]).is_ok() {}
    drop(file);
    let mut stream = TcpStream::connect(ip).await.unwrap();
    let mut acknowledged = 1;
    for sequence in 2..2_000 {
        stream
            .write_all(&clear("1234", sequence, "1130 01 015"))
            .await
            .unwrap();
        if answer(&mut stream, Duration::from_secs(1)).await.is_empty() {
            break;
        }
        acknowledged += 1;
    }
    assert!(acknowledged < 1_999, "the disk never filled up");
    let (status, body) = get(admin, "/readyz").await;
    assert_eq!((status, body.contains("full")), (503, true), "{body}");
    assert_eq!(get(admin, "/livez").await.0, 200);
    std::fs::remove_file(&ballast).unwrap();
    // What waits is tried again by itself, and then acknowledged.
    assert!(
        !answer(&mut stream, Duration::from_secs(10))
            .await
            .is_empty()
    );
    sleep(Duration::from_millis(100)).await;
    assert_eq!(get(admin, "/readyz").await.0, 200);
    running.shutdown().await;
}
