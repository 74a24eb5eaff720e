//! Frames as items over sockets and serial lines, however the reads fall.
#![cfg(feature = "transport")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::time::Duration;

use alarmwire::{
    codec::{PROTOCOLS, registry},
    transport::codec::{FrameCodec, Item},
};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};
use tokio_util::codec::Framed;

const SOON: Duration = Duration::from_secs(5);
const SURGARD: &[u8] = b"5011 181234E12101001\x14";
const DC09: &[u8] = b"\nEA740027\"NULL\"0000L0#1409[]_20:38:07,08-27-2026\r";
const BLOCK: &[u8] = b"1234181131010158\r";
const FSK: &[u8] = b"\x44\x23\x31\x32\x33\x34\x9C";

fn codec(protocol: &str) -> FrameCodec {
    FrameCodec::new(registry::find(protocol).unwrap()).unwrap()
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    (near.unwrap(), far.unwrap().0)
}

fn frame(item: Item) -> Bytes {
    match item {
        Item::Frame { bytes, .. } => bytes,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn split_and_coalesced_frames_come_whole_over_a_socket() {
    for (protocol, wire) in [
        ("dc09", DC09),
        ("surgard", SURGARD),
        ("contact-id", BLOCK),
        ("dc03", FSK),
    ] {
        let (mut sender, receiver) = pair().await;
        sender.set_nodelay(true).unwrap();
        let mut frames = Framed::new(receiver, codec(protocol));
        let write = async {
            for byte in wire {
                sender.write_all(&[*byte]).await.unwrap();
                sleep(Duration::from_millis(1)).await;
            }
            sender
                .write_all(&[wire, wire, &wire[..3]].concat())
                .await
                .unwrap();
            sleep(Duration::from_millis(20)).await;
            sender.write_all(&wire[3..]).await.unwrap();
            sender.shutdown().await.unwrap();
        };
        let read = async {
            for _ in 0..4 {
                let item = timeout(SOON, frames.next())
                    .await
                    .unwrap()
                    .unwrap()
                    .unwrap();
                assert_eq!(frame(item), wire, "{protocol}");
            }
            assert!(timeout(SOON, frames.next()).await.unwrap().is_none());
        };
        tokio::join!(write, read);
    }
}

#[tokio::test]
async fn noise_and_damage_are_items_too_and_answers_go_back() {
    let (mut sender, receiver) = pair().await;
    let mut frames = Framed::new(receiver, codec("surgard"));
    let wire = [
        b"--\x14",
        SURGARD,
        b"5011 181234X12101001\x14",
        &SURGARD[..9],
    ]
    .concat();
    sender.write_all(&wire).await.unwrap();
    sender.shutdown().await.unwrap();
    assert_eq!(frames.next().await.unwrap().unwrap(), Item::Noise(3));
    assert_eq!(frame(frames.next().await.unwrap().unwrap()), SURGARD);
    let Item::Bad { error, bytes } = frames.next().await.unwrap().unwrap() else {
        panic!()
    };
    assert_eq!((error.offset(), bytes.len()), (11, 21));
    // Nothing follows: what is not whole is said to be cut off.
    assert!(matches!(
        frames.next().await.unwrap().unwrap(),
        Item::Bad { bytes, .. } if bytes == SURGARD[..9]
    ));
    assert!(frames.next().await.is_none());

    frames.send(Bytes::from_static(SURGARD)).await.unwrap();
    frames.send(&b"\x06"[..]).await.unwrap();
    drop(frames);
    let mut answer = Framed::new(sender, codec("surgard"));
    assert_eq!(frame(answer.next().await.unwrap().unwrap()), SURGARD);
}

#[tokio::test]
async fn a_pause_can_be_waited_for() {
    let (mut sender, receiver) = pair().await;
    let codec = codec("surgard").with_gap(Duration::from_millis(50));
    let mut frames = Framed::new(receiver, codec);
    sender.write_all(&SURGARD[..9]).await.unwrap();
    let began = Instant::now();
    let item = loop {
        let end = frames.codec().poll_timeout();
        tokio::select! {
            item = frames.next() => panic!("{item:?}"),
            () = sleep(Duration::from_millis(5)), if end.is_none() => {}
            () = tokio::time::sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => {
                if let Some(item) = frames.codec_mut().take() {
                    break item;
                }
            }
        }
    };
    assert!(matches!(item, Item::Bad { bytes, .. } if bytes == SURGARD[..9]));
    assert!(began.elapsed() >= Duration::from_millis(50));
    assert_eq!(frames.codec().poll_timeout(), None);
}

#[test]
fn every_protocol_with_a_stream_has_a_codec() {
    for protocol in PROTOCOLS {
        assert_eq!(
            FrameCodec::new(*protocol).is_some(),
            protocol.stream().is_some(),
            "{}",
            protocol.name()
        );
    }
}

#[cfg(all(unix, feature = "serial", feature = "_testing"))]
#[tokio::test]
async fn a_serial_line_gives_the_same_items_and_tells_a_sender_of_seven_bits() {
    use alarmwire::{codec::Quirk, transport::pty::Pty};
    use tokio_serial::SerialPortBuilderExt as _;

    for even in [false, true] {
        let mut device = Pty::open(None).unwrap();
        if even {
            device = device.even_parity();
        }
        let path = device.path().to_str().unwrap().to_owned();
        let port = tokio_serial::new(path, 9600).open_native_async().unwrap();
        let mut frames = Framed::new(port, codec("surgard"));
        let write = async {
            for part in [&SURGARD[..4], &SURGARD[4..], SURGARD, SURGARD] {
                device.write_all(part).await.unwrap();
                sleep(Duration::from_millis(5)).await;
            }
            device
                .write_all(&[SURGARD, SURGARD].concat())
                .await
                .unwrap();
        };
        let read = async {
            for _ in 0..5 {
                let item = timeout(SOON, frames.next())
                    .await
                    .unwrap()
                    .unwrap()
                    .unwrap();
                let Item::Frame { bytes, quirks } = item else {
                    panic!("{item:?}")
                };
                assert_eq!((&bytes[..], quirks.has(Quirk::SevenBits)), (SURGARD, even));
            }
        };
        tokio::join!(write, read);
        frames.send(&b"\x06"[..]).await.unwrap();
        let mut answer = [0; 8];
        let count = timeout(SOON, device.read(&mut answer))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(answer[..count], [0x06]);
    }
}
