//! Properties of 6500 mode, and of its stream.
#![cfg(all(feature = "bosch6500", feature = "surgard", feature = "_testing"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use alarmwire::{
    codec::bosch6500::{Bytes, Frame, Settings},
    testing::{
        bosch6500::{cut, frames, fuzz, noise},
        surgard::reads,
    },
};
use bytes::BytesMut;
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_well_formed_reads_and_is_written_again_byte_for_byte(wire in frames()) {
        let (frame, taken) = Frame::parse(&wire, &Settings::default()).unwrap().unwrap();
        prop_assert_eq!(taken, wire.len());
        prop_assert!(frame.quirks.is_empty());
        let mut again = BytesMut::new();
        frame.encode(&mut again).unwrap();
        prop_assert_eq!(&again[..], &wire[..]);
    }

    #[test]
    fn any_cut_of_a_stream_gives_its_frames_in_their_order(
        (all, parts) in proptest::collection::vec((noise(), frames()), 1..12).prop_flat_map(|all| {
            let stream = all.iter().flat_map(|(noise, wire)| noise.iter().chain(wire)).copied().collect();
            (Just(all), reads(stream))
        })
    ) {
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let (seen, dropped) = cut(Bytes::default(), &parts);
        let wanted: Vec<Vec<u8>> = all.iter().map(|(_, wire)| wire.clone()).collect();
        prop_assert_eq!(seen, wanted);
        prop_assert_eq!(dropped, all.iter().map(|(noise, _)| noise.len()).sum::<usize>());
    }

    #[test]
    fn no_bytes_are_a_trouble(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz(&bytes);
    }

    #[test]
    fn no_damage_is_a_trouble(wire in frames(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut wire = wire;
        let at = at.index(wire.len());
        wire[at] = byte;
        fuzz(&wire);
    }
}

#[test]
fn findings_of_the_fuzzer_stay_fixed() {
    // The frame of a 7E1 sender behind noise that was held for its end byte.
    let mut input = b"\x0A0\x1A\x1A\x1A\0\0\xFF0\xE863636666666666\xBB".to_vec();
    input.extend([b'6'; 20]);
    input.extend(b"\x14\xC8");
    for input in [&b""[..], b"\n", &input] {
        fuzz(input);
    }
}
