//! Sockets and serial ports for real: pseudo-terminals, unplugging, deadlines.
#![cfg(feature = "transport")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::{io, time::Duration};

use alarmwire::transport::{
    Backoff,
    dial::{DialSettings, Dialler, connect},
    udp,
};
use tokio::{
    io::AsyncReadExt,
    net::TcpListener,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_dialler_connects_over_both_families() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = TcpListener::bind(address).await else {
            continue;
        };
        let target = listener.local_addr().unwrap().to_string();
        let stream = connect(&target, &DialSettings::default()).await.unwrap();
        assert!(stream.nodelay().unwrap());
        let socket = socket2::SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        #[cfg(target_os = "linux")]
        assert_eq!(
            socket.tcp_user_timeout().unwrap(),
            Some(Duration::from_secs(20))
        );
    }
}

#[tokio::test]
async fn a_connection_that_nobody_answers_ends_at_its_deadline() {
    // A full backlog of a socket that never accepts: the kernel drops further connection requests.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket
        .bind(
            &"127.0.0.1:0"
                .parse::<std::net::SocketAddr>()
                .unwrap()
                .into(),
        )
        .unwrap();
    socket.listen(0).unwrap();
    let target = socket
        .local_addr()
        .unwrap()
        .as_socket()
        .unwrap()
        .to_string();
    let settings = DialSettings {
        connect: Duration::from_millis(200),
        ..DialSettings::default()
    };
    let mut held = Vec::new();
    let started = Instant::now();
    let error = loop {
        match connect(&target, &settings).await {
            Ok(stream) => held.push(stream),
            Err(error) => break error,
        }
        assert!(held.len() < 10);
    };
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_dialler_tries_until_somebody_listens_and_stops_when_told() {
    let place = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = place.local_addr().unwrap();
    drop(place);
    let cancel = CancellationToken::new();
    let backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(40));
    let mut dialler = Dialler::new(target.to_string(), DialSettings::default(), backoff);
    let later = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let listener = TcpListener::bind(target).await.unwrap();
        listener.accept().await.unwrap();
    });
    let mut failures = 0;
    let stream = timeout(SOON, dialler.connect(&cancel, |_| failures += 1))
        .await
        .unwrap();
    assert!(
        stream.is_some() && (2..20).contains(&failures),
        "{failures}"
    );
    later.await.unwrap();
    cancel.cancel();
    assert!(
        timeout(SOON, dialler.connect(&cancel, |_| {}))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn datagrams_arrive_over_both_families_in_a_large_buffer() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(server) = udp::bind(address.parse().unwrap(), udp::RECEIVE_BUFFER) else {
            continue;
        };
        assert!(udp::receive_buffer(&server).unwrap() > 100_000);
        let client = udp::bind(address.parse().unwrap(), 1 << 16).unwrap();
        client
            .send_to(b"hello", server.local_addr().unwrap())
            .await
            .unwrap();
        let mut buffer = [0; 16];
        let (count, _) = timeout(SOON, server.recv_from(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(&buffer[..count], b"hello");
    }
    let first = udp::bind_shared("127.0.0.1:0".parse().unwrap(), 1 << 16).unwrap();
    let taken = first.local_addr().unwrap();
    assert!(udp::bind(taken, 1 << 16).is_err());
    assert!(udp::bind_shared(taken, 1 << 16).is_ok());
}

#[tokio::test]
async fn an_ipv6_wildcard_takes_ipv4_datagrams_too() {
    let Ok(server) = udp::bind("[::]:0".parse().unwrap(), 1 << 16) else {
        return;
    };
    let port = server.local_addr().unwrap().port();
    let client = udp::bind("127.0.0.1:0".parse().unwrap(), 1 << 16).unwrap();
    client.send_to(b"x", ("127.0.0.1", port)).await.unwrap();
    let mut buffer = [0; 4];
    timeout(SOON, server.recv_from(&mut buffer))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_tuned_connection_carries_small_writes_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let settings = DialSettings::default();
    let (made, accepted) = tokio::join!(connect(&target, &settings), listener.accept());
    let (made, (mut accepted, _)) = (made.unwrap(), accepted.unwrap());
    alarmwire::transport::dial::tune(&accepted, &settings).unwrap();
    made.writable().await.unwrap();
    assert_eq!(made.try_write(b"\x06").unwrap(), 1);
    let mut byte = [0];
    timeout(SOON, accepted.read_exact(&mut byte))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(byte, [6]);
}

#[cfg(all(
    unix,
    any(feature = "simulator", all(feature = "_testing", feature = "serial"))
))]
mod serial {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use alarmwire::{
        codec::surgard::{Framed, Framer, Settings},
        transport::{
            pty::Pty,
            serial::{LineSettings, Reopener, Serial},
        },
    };

    use super::*;

    const FRAME: &[u8] = b"5011 181234E12101001\x14";

    fn path(pty: &Pty) -> &str {
        pty.path().to_str().unwrap()
    }

    #[tokio::test]
    async fn bytes_pass_a_virtual_line_untouched_both_ways() {
        let mut pty = Pty::open(None).unwrap();
        let mut port = Serial::open(path(&pty), LineSettings::default()).unwrap();
        assert_eq!((port.differs(), port.carrier()), (None, None));
        let every: Vec<u8> = (0..=255).collect();
        pty.write_all(&every).await.unwrap();
        let (mut got, mut buffer) = (Vec::new(), [0; 300]);
        while got.len() < 256 {
            let count = timeout(SOON, port.read(&mut buffer))
                .await
                .unwrap()
                .unwrap();
            got.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(got, every);
        port.write(&every, SOON).await.unwrap();
        got.clear();
        while got.len() < 256 {
            let count = timeout(SOON, pty.read(&mut buffer)).await.unwrap().unwrap();
            got.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(got, every);
    }

    #[tokio::test]
    async fn settings_that_the_port_did_not_take_are_told() {
        let pty = Pty::open(None).unwrap();
        let port = Serial::open(path(&pty), "1200 7E1".parse().unwrap()).unwrap();
        assert_eq!(port.differs(), Some("1200 8N1".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_port_is_ours_alone_and_free_again_when_dropped() {
        let pty = Pty::open(None).unwrap();
        let port = Serial::open(path(&pty), LineSettings::default()).unwrap();
        assert!(Serial::open(path(&pty), LineSettings::default()).is_err());
        drop(port);
        assert!(Serial::open(path(&pty), LineSettings::default()).is_ok());
    }

    #[tokio::test]
    async fn what_waited_before_opening_is_dropped() {
        let mut pty = Pty::open(None).unwrap();
        pty.write_all(b"half a frame of yesterday").await.unwrap();
        let mut port = Serial::open(path(&pty), LineSettings::default()).unwrap();
        pty.write_all(FRAME).await.unwrap();
        let mut buffer = [0; 100];
        let count = timeout(SOON, port.read(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(&buffer[..count], FRAME);
    }

    #[tokio::test]
    async fn a_line_that_nobody_reads_ends_a_write_at_its_deadline() {
        let pty = Pty::open(None).unwrap();
        let mut port = Serial::open(path(&pty), LineSettings::default()).unwrap();
        let error = port
            .write(&[0; 100_000], Duration::from_millis(200))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_paced_line_takes_the_time_of_its_speed() {
        let mut pty = Pty::open(None).unwrap().paced(1200);
        let mut port = Serial::open(path(&pty), LineSettings::default()).unwrap();
        let started = Instant::now();
        pty.write_all(FRAME).await.unwrap();
        let took = started.elapsed();
        assert!(
            took >= Duration::from_millis(170) && took < Duration::from_millis(600),
            "{took:?}"
        );
        let (mut got, mut buffer) = (0, [0; 64]);
        while got < FRAME.len() {
            got += timeout(SOON, port.read(&mut buffer))
                .await
                .unwrap()
                .unwrap();
        }
    }

    #[tokio::test]
    async fn a_sender_set_to_7e1_is_recognised() {
        let mut pty = Pty::open(None).unwrap().even_parity();
        let mut port = Serial::open(path(&pty), LineSettings::default()).unwrap();
        pty.write_all(FRAME).await.unwrap();
        let (mut framer, mut buffer, mut got) = (Framer::default(), [0; 64], 0);
        while got < FRAME.len() {
            let count = timeout(SOON, port.read(&mut buffer))
                .await
                .unwrap()
                .unwrap();
            framer.push(Duration::ZERO, &buffer[..count]);
            got += count;
        }
        let Framed::Frame(frame) = framer.next(Duration::ZERO, &Settings::default()) else {
            panic!()
        };
        assert!(frame.quirks.has(alarmwire::codec::Quirk::SevenBits));
        assert_eq!(frame.raw, FRAME);
    }

    #[tokio::test]
    async fn frames_flow_again_after_the_cable_was_pulled_and_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("receiver");
        let name = link.to_str().unwrap().to_string();
        let mut pty = Pty::open(Some(&link)).unwrap();
        let reads = std::sync::Arc::new(AtomicUsize::new(0));
        let (tell, mut told) = tokio::sync::mpsc::channel(16);
        let cancel = CancellationToken::new();
        let reader = tokio::spawn({
            let (cancel, reads) = (cancel.clone(), reads.clone());
            async move {
                let backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(100));
                let mut reopener = Reopener::new(name, LineSettings::default(), backoff);
                let (mut framer, mut losses) = (Framer::default(), 0);
                let started = Instant::now();
                while let Some(mut port) = reopener.open(&cancel, |_| {}).await {
                    framer.clear();
                    tell.send(b"open".to_vec()).await.unwrap();
                    let mut buffer = [0; 256];
                    loop {
                        reads.fetch_add(1, Ordering::Relaxed);
                        let read = tokio::select! {
                            () = cancel.cancelled() => return losses,
                            read = port.read(&mut buffer) => read,
                        };
                        let Ok(count) = read else { break };
                        reopener.worked();
                        framer.push(started.elapsed(), &buffer[..count]);
                        loop {
                            match framer.next(started.elapsed(), &Settings::default()) {
                                Framed::Frame(frame) => {
                                    tell.send(frame.raw.to_vec()).await.unwrap()
                                }
                                Framed::More => break,
                                _ => {}
                            }
                        }
                    }
                    losses += 1;
                }
                losses
            }
        });
        for _ in 0..3 {
            assert_eq!(timeout(SOON, told.recv()).await.unwrap().unwrap(), b"open");
            pty.write_all(FRAME).await.unwrap();
            assert_eq!(timeout(SOON, told.recv()).await.unwrap().unwrap(), FRAME);
            // Half a frame, and the cable is pulled.
            pty.write_all(&FRAME[..9]).await.unwrap();
            pty.unplug();
            assert!(!link.exists());
            tokio::time::sleep(Duration::from_millis(150)).await;
            pty = Pty::open(Some(&link)).unwrap();
        }
        assert_eq!(timeout(SOON, told.recv()).await.unwrap().unwrap(), b"open");
        let so_far = reads.load(Ordering::Relaxed);
        assert!(
            so_far < 60,
            "{so_far} reads: an unplugged port is read in a loop"
        );
        cancel.cancel();
        assert_eq!(timeout(SOON, reader).await.unwrap().unwrap(), 3);
    }
}
