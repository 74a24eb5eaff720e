//! Laws of the protocols with frames between LF and CR: 685, CP-220, ITI.
#![cfg(all(feature = "cp220", feature = "iti", feature = "_testing"))]
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use alarmwire::{
    codec::{Protocol, ademco685, cp220, iti},
    testing::{self, lines::noise},
};
use bytes::BytesMut;
use proptest::{collection::vec, prelude::*};

/// Frames with noise in front, as one stream; and the frames and the noise's length.
fn streams(
    frames: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = (Vec<u8>, Vec<Vec<u8>>, usize)> {
    vec((noise(), frames), 1..12).prop_map(|parts| {
        let stream = parts.iter().flat_map(|(noise, frame)| [&noise[..], frame]);
        let noise = parts.iter().map(|(noise, _)| noise.len()).sum();
        let stream = stream.collect::<Vec<_>>().concat();
        let frames = parts.into_iter().map(|(_, frame)| frame).collect();
        (stream, frames, noise)
    })
}

fn is_cut(
    protocol: &dyn Protocol,
    (stream, wanted, noise): (Vec<u8>, Vec<Vec<u8>>, usize),
    cut: usize,
) -> Result<(), TestCaseError> {
    let (frames, rest) = testing::lines::frames(protocol, &stream, cut);
    prop_assert_eq!(frames, wanted);
    prop_assert_eq!(rest, noise);
    Ok(())
}

proptest! {
    #[test]
    fn what_is_well_formed_is_written_again_byte_for_byte(
        wire in testing::ademco685::frames(),
        cp in testing::cp220::frames(),
        record in testing::iti::frames(),
    ) {
        let (frame, _) = ademco685::Frame::parse(&wire).unwrap().unwrap();
        let mut out = BytesMut::new();
        ademco685::Frame::new(frame.number, frame.body).encode(&mut out).unwrap();
        prop_assert_eq!(&out[..], &wire[..]);

        let settings = cp220::Settings::DEFAULT;
        let (frame, _) = cp220::Frame::parse(&cp, &settings).unwrap().unwrap();
        out.clear();
        frame.encode(&settings, &mut out).unwrap();
        prop_assert_eq!(&out[..], &cp[..]);

        let (frame, _) = iti::Frame::parse(&record).unwrap().unwrap();
        out.clear();
        iti::Frame::new(frame.record).encode(&mut out).unwrap();
        prop_assert_eq!(&out[..], &record[..]);
    }

    #[test]
    fn any_cut_of_a_stream_gives_its_frames_in_their_order(
        ademco in streams(testing::ademco685::frames()),
        record in streams(testing::iti::frames()),
        cut in 1_usize..60,
    ) {
        is_cut(&ademco685::Ademco685, ademco, cut)?;
        is_cut(&iti::Iti, record, cut)?;
    }

    #[test]
    fn any_cut_of_a_cp220s_stream_gives_its_frames_in_their_order(
        parts in streams(testing::cp220::frames()),
        cut in 1_usize..60,
    ) {
        is_cut(&cp220::Cp220, parts, cut)?;
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..400)) {
        testing::ademco685::fuzz(&bytes);
        testing::cp220::fuzz(&bytes);
        testing::iti::fuzz(&bytes);
    }

    #[test]
    fn nearly_frames_do_no_harm(text in "[\n\r |]?(\n|\\|\\[|\x02)?[0-9A-F]{2} ?[0-9A-F]{4} ?([0-9 ERPCUA@|\\[\\]\r\n\x03]{1,20}\r?){0,9}") {
        testing::ademco685::fuzz(text.as_bytes());
        testing::cp220::fuzz(text.as_bytes());
        testing::iti::fuzz(text.as_bytes());
    }

    #[test]
    fn no_damage_is_a_trouble(
        frames in (testing::ademco685::frames(), testing::cp220::frames(), testing::iti::frames()),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        for mut wire in [frames.0, frames.1, frames.2] {
            if let Some(place) = { let at = at.index(wire.len()); wire.get_mut(at) } {
                *place = byte;
            }
            testing::ademco685::fuzz(&wire);
            testing::cp220::fuzz(&wire);
            testing::iti::fuzz(&wire);
        }
    }
}

#[test]
fn findings_of_the_fuzzer_stay_fixed() {
    for input in [&b""[..], b"\0", b"\n", b"|[", b"\n11 1234 0 5 3A\r"] {
        testing::ademco685::fuzz(input);
        testing::cp220::fuzz(input);
        testing::iti::fuzz(input);
    }
}
