//! What holds for the stream of every protocol built in, whatever comes on the line: each byte is in exactly one frame,
//! damage or noise; how the reads fell makes no difference; nothing is held for ever.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::time::Duration;

use alarmwire::codec::{
    PROTOCOLS, Protocol, Quirks,
    stream::{Cut, Decoder},
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::Value;

/// The most bytes of an unfinished frame, of any protocol (contracts of DC-09: 4,105).
const LONGEST: usize = 4_105;

/// Frames of many protocols, as they stand on the wire.
fn wires() -> Vec<Vec<u8>> {
    let mut wires = Vec::new();
    for file in [
        include_str!("vectors/serial-vectors.json"),
        include_str!("vectors/dc09-vectors.json"),
    ] {
        let file: Value = serde_json::from_str(file).unwrap();
        for vector in file["vectors"].as_array().unwrap() {
            if let Some(hex) = vector["raw_hex"].as_str() {
                wires.push(alarmwire::types::decode_hex(hex.as_bytes()).unwrap());
            }
        }
    }
    wires.push(b"1234181131010158\r\n".to_vec());
    wires.push(b"\x44\x23\x31\x32\x33\x34\x9C".to_vec());
    assert!(wires.len() > 40);
    wires
}

#[derive(Debug, Eq, PartialEq)]
enum Seen {
    Frame(Vec<u8>, Quirks),
    Noise(usize),
    Bad(Vec<u8>),
}

/// DC-09 drops of a damaged frame what has come of it, what comes later is noise, and line ends behind a frame are told
/// with the next: the frames, and how much else there was.
fn merged(seen: Vec<Seen>) -> Vec<Seen> {
    let mut rest = 0;
    let mut merged: Vec<Seen> = seen
        .into_iter()
        .filter(|seen| {
            rest += match seen {
                Seen::Frame(..) => return true,
                Seen::Noise(bytes) => *bytes,
                Seen::Bad(bytes) => bytes.len(),
            };
            false
        })
        .collect();
    merged.push(Seen::Noise(rest));
    merged
}

fn drain(stream: &mut dyn Decoder, now: Duration, seen: &mut Vec<Seen>) -> usize {
    let mut count = 0;
    loop {
        let next = match stream.next(now) {
            Cut::More => return count,
            Cut::Frame { bytes, quirks } => {
                assert!(!bytes.is_empty());
                count += bytes.len();
                Seen::Frame(bytes.to_vec(), quirks)
            }
            Cut::Bad { bytes, .. } => {
                assert!(!bytes.is_empty());
                count += bytes.len();
                Seen::Bad(bytes.to_vec())
            }
            Cut::Noise(bytes) => {
                assert!(bytes > 0);
                count += bytes;
                if let Some(Seen::Noise(before)) = seen.last_mut() {
                    *before += bytes;
                    continue;
                }
                Seen::Noise(bytes)
            }
            other => panic!("{other:?}"),
        };
        seen.push(next);
    }
}

/// What a stream makes of the reads, and of a pause behind them.
fn cuts<'a>(protocol: &dyn Protocol, reads: impl Iterator<Item = &'a [u8]>) -> Vec<Seen> {
    let mut stream = protocol.stream().unwrap();
    let (mut seen, mut pushed, mut counted) = (Vec::new(), 0, 0);
    for read in reads {
        stream.push(Duration::ZERO, read);
        pushed += read.len();
        counted += drain(&mut *stream, Duration::ZERO, &mut seen);
        assert!(counted <= pushed && pushed - counted <= LONGEST);
    }
    while let Some(end) = stream.poll_timeout() {
        let more = drain(&mut *stream, end, &mut seen);
        counted += more;
        assert!(
            more > 0 || stream.poll_timeout().is_none_or(|next| next > end),
            "{}: a timeout that ends nothing",
            protocol.name()
        );
    }
    assert!(counted <= pushed);
    // DC-09 alone knows no pauses: what is no damage yet waits for the connection's end.
    if protocol.name() == "dc09" {
        return merged(seen);
    }
    assert_eq!(counted, pushed, "{}: {seen:?}", protocol.name());
    seen
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let wires = wires();
    let damaged = (
        select(wires.clone()),
        any::<prop::sample::Index>(),
        any::<u8>(),
    )
        .prop_map(|(mut wire, at, byte)| {
            let at = at.index(wire.len());
            wire[at] = byte;
            wire
        });
    let even = select(wires.clone()).prop_map(|wire| {
        let parity = |b: u8| {
            (b & 0x7F)
                | if (b & 0x7F).count_ones().is_multiple_of(2) {
                    0
                } else {
                    0x80
                }
        };
        wire.into_iter().map(parity).collect()
    });
    let piece = prop_oneof![
        4 => select(wires.clone()),
        1 => damaged,
        1 => even,
        1 => (select(wires), any::<prop::sample::Index>()).prop_map(|(wire, at)| {
            wire[..at.index(wire.len())].to_vec()
        }),
        1 => vec(any::<u8>(), 0..12),
        1 => vec(select(b"\n\r\0\x14 [#15\x8D\x02\x03&'".to_vec()), 0..6),
    ];
    vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_byte_is_told_once_and_the_reads_make_no_difference(
        wire in line(),
        sizes in vec(1_usize..80, 1..8),
    ) {
        for protocol in PROTOCOLS.iter().filter(|protocol| protocol.stream().is_some()) {
            let whole = cuts(*protocol, std::iter::once(&wire[..]));
            let single = cuts(*protocol, wire.chunks(1));
            prop_assert_eq!(&single, &whole, "{}: each byte alone", protocol.name());
            let mut rest = &wire[..];
            let reads = sizes.iter().cycle().map_while(|size| {
                let (read, later) = rest.split_at(rest.len().min(*size));
                rest = later;
                (!read.is_empty()).then_some(read)
            });
            let split = cuts(*protocol, reads);
            prop_assert_eq!(&split, &whole, "{}: {:?}", protocol.name(), sizes);
        }
    }
}

#[test]
fn a_port_that_was_opened_anew_forgets_what_it_held() {
    for protocol in PROTOCOLS {
        let Some(mut stream) = protocol.stream() else {
            continue;
        };
        for wire in wires() {
            stream.push(Duration::ZERO, &wire[..wire.len() / 2]);
            drain(&mut *stream, Duration::ZERO, &mut Vec::new());
            stream.clear();
            assert_eq!(stream.poll_timeout(), None, "{}", protocol.name());
        }
    }
}
