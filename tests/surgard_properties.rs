//! Properties of the Sur-Gard codec, and of its framer.
#![cfg(all(feature = "surgard", feature = "_testing"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::time::Duration;

use alarmwire::{
    codec::surgard::{Frame, Framed, Framer, Settings},
    testing::surgard::{frames, fuzz_frame, fuzz_stream, noise, reads},
};
use bytes::BytesMut;
use proptest::prelude::*;

fn read(framer: &mut Framer, part: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let (mut seen, mut noise) = (Vec::new(), 0);
    framer.push(Duration::ZERO, part);
    loop {
        match framer.next(Duration::ZERO, &Settings::default()) {
            Framed::More => return (seen, noise),
            Framed::Frame(frame) => seen.push(frame.raw.to_vec()),
            Framed::Noise(bytes) => noise += bytes,
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn what_is_well_formed_reads_and_is_written_again((wire, width) in frames()) {
        let (frame, taken) = Frame::parse(&wire, &Settings::default()).unwrap().unwrap();
        prop_assert_eq!(taken, wire.len());
        prop_assert_eq!(frame.line.as_str().len(), width);
        let mut again = BytesMut::new();
        frame.encode(&mut again).unwrap();
        let (second, _) = Frame::parse(&again, &Settings::default()).unwrap().unwrap();
        prop_assert_eq!(second.body, frame.body);
    }

    #[test]
    fn any_cut_of_a_stream_gives_its_frames_in_their_order(
        (all, parts) in proptest::collection::vec((noise(), frames()), 1..12).prop_map(|mut all| {
            // Two kinds have columns of digits only: behind noise they are told from chance by being sent again.
            for (noise, (wire, _)) in &mut all {
                if matches!(wire[0], b'4' | b'U') {
                    noise.clear();
                }
            }
            all
        }).prop_flat_map(|all| {
            let stream = all.iter().flat_map(|(noise, (wire, _))| noise.iter().chain(wire)).copied().collect();
            (Just(all), reads(stream))
        })
    ) {
        let mut framer = Framer::default();
        let (mut seen, mut dropped) = (Vec::new(), 0);
        for part in &parts {
            let (frames, noise) = read(&mut framer, part);
            seen.extend(frames);
            dropped += noise;
        }
        let wanted: Vec<Vec<u8>> = all.iter().map(|(_, (wire, _))| wire.clone()).collect();
        prop_assert_eq!(seen, wanted);
        prop_assert_eq!(dropped, all.iter().map(|(noise, _)| noise.len()).sum::<usize>());
    }

    #[test]
    fn no_bytes_are_a_trouble(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_frame(&bytes);
        fuzz_stream(&bytes);
    }

    #[test]
    fn no_damage_is_a_trouble((mut wire, _) in frames(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let at = at.index(wire.len());
        wire[at] = byte;
        wire.insert(0, 0);
        fuzz_frame(&wire);
        fuzz_stream(&wire);
    }
}

#[test]
fn findings_of_the_fuzzer_stay_fixed() {
    for input in [&b""[..], b"\0", b"\x003011      1234BA  01\x14"] {
        fuzz_frame(input);
        fuzz_stream(input);
    }
}
