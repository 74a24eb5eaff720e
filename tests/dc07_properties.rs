//! Properties of DC-07, and of its stream.
#![cfg(all(feature = "dc07", feature = "surgard", feature = "_testing"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use alarmwire::{
    codec::dc07::{Bytes, Frame},
    testing::surgard::{noise, reads},
    testing::{
        bosch6500::cut,
        dc07::{frames, fuzz},
    },
};
use bytes::BytesMut;
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_well_formed_reads_and_is_written_again_byte_for_byte(wire in frames()) {
        let (frame, taken) = Frame::parse(&wire).unwrap().unwrap();
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
        let (seen, dropped) = cut(Bytes, &parts);
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
