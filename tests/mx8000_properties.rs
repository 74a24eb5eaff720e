//! Properties of the ADEMCO 8000 and SK9000 codec.
#![cfg(all(feature = "ademco8000", feature = "sk9000", feature = "_testing"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::time::Duration;

use alarmwire::{
    codec::{mx8000::Frame, stream::Cut},
    testing::mx8000::{frames, fuzz, noise, protocol},
};
use bytes::BytesMut;
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_well_formed_reads_and_is_written_again((dialect, wire) in frames()) {
        prop_assume!(wire.len() <= dialect.longest());
        let (frame, taken) = Frame::parse(&wire, dialect).unwrap().unwrap();
        prop_assert_eq!(taken, wire.len());
        let mut again = BytesMut::new();
        frame.encode(&mut again).unwrap();
        prop_assert_eq!(&again[..], &wire[..]);
    }

    #[test]
    fn any_cut_of_a_stream_gives_its_frames_in_their_order(
        (dialect, wire) in frames(),
        noise in noise(),
        count in 1_usize..6,
        size in 1_usize..60,
    ) {
        prop_assume!(wire.len() <= dialect.longest());
        let all = [&noise[..], &wire].concat().repeat(count);
        let mut stream = protocol(dialect).stream().unwrap();
        let (mut seen, mut dropped) = (0, 0);
        for part in all.chunks(size) {
            stream.push(Duration::ZERO, part);
            loop {
                match stream.next(Duration::ZERO) {
                    Cut::More => break,
                    Cut::Noise(bytes) => dropped += bytes,
                    Cut::Frame { bytes, .. } => {
                        prop_assert_eq!(bytes, &wire[..]);
                        seen += 1;
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        prop_assert_eq!((seen, dropped), (count, count * noise.len()));
    }

    #[test]
    fn a_frame_that_is_cut_off_hides_not_the_next((dialect, wire) in frames(), at in any::<prop::sample::Index>()) {
        prop_assume!(wire.len() <= dialect.longest());
        let at = 1 + at.index(wire.len() - 1);
        let mut stream = protocol(dialect).stream().unwrap();
        stream.push(Duration::ZERO, &wire[..at]);
        stream.push(Duration::ZERO, &wire);
        let mut seen = 0;
        loop {
            match stream.next(Duration::ZERO) {
                Cut::More => break,
                Cut::Frame { bytes, .. } => {
                    prop_assert_eq!(bytes, &wire[..]);
                    seen += 1;
                }
                _ => {}
            }
        }
        prop_assert_eq!(seen, 1);
    }

    #[test]
    fn no_bytes_are_a_trouble(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz(&bytes);
    }

    #[test]
    fn no_damage_is_a_trouble((_, mut wire) in frames(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let at = at.index(wire.len());
        wire[at] = byte;
        wire.insert(0, byte);
        fuzz(&wire);
    }
}

#[test]
fn findings_of_the_fuzzer_stay_fixed() {
    for input in [&b""[..], b"\0", b"\xEE\x07\x01062794\"05\x9B05\x9B94\"0P\r"] {
        fuzz(input);
    }
}
