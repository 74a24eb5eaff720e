use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::time::Duration;

use bytes::BytesMut;

use super::*;
use crate::{
    Class, Qualifier,
    codec::{
        DecodeOptions, Decoded, Emit, Protocol, contact_id::Digit, pulse::EventDigits, stream::Cut,
    },
    event::Refusal,
    types::{LineNumber, Now, ReceiverNumber, Sequence},
};

fn decode(wire: &[u8], settings: Settings<'static>) -> Decoded {
    let options = DecodeOptions {
        argument: true,
        ..DecodeOptions::default()
    };
    let (decoded, taken) = Configured { settings }.decode(wire, &options);
    assert_eq!(taken, wire.len());
    decoded
}

#[test]
fn silent_knight_events_are_raw_codes_until_the_table_says_what_they_mean() {
    for (wire, format, code) in [
        (&b"111234A3\r"[..], "sk-0", "raw:cp220:A3"),
        (b"\n11123431\r", "sk-fsk1", "raw:cp220:31"),
        (b"\n111234R3 \r", "sk-0", "raw:cp220:R3"),
    ] {
        let decoded = decode(wire, Settings::DEFAULT);
        assert_eq!(decoded.token.as_deref(), Some(format));
        assert_eq!(decoded.account.as_deref(), Some("1234"));
        let event = decoded.events.first().expect("one");
        assert_eq!(
            (event.code.as_str(), event.class.as_str(), event.lane),
            (code, "status", 1)
        );
    }
    let mut table = EventDigits::DEFAULT;
    table.set(
        Digit::new(b'3').expect("a digit"),
        Class::Fire,
        Qualifier::New,
    );
    let settings = Settings {
        events: &table,
        ..Settings::DEFAULT
    };
    let class = |wire| {
        let (frame, _) = Frame::parse(wire, &settings).expect("good").expect("whole");
        let mut class = None;
        frame.events(&settings, &mut |event, _| class = Some(event.class));
        class
    };
    assert_eq!(class(b"111234A3\r"), Some(Class::Fire));
    assert_eq!(
        class(b"111234R3\r"),
        Some(Class::Status),
        "nobody says what R is"
    );
}

#[test]
fn header_terminator_and_answers_are_as_the_receiver_is_programmed() {
    let settings = Settings {
        header: Some(0x02),
        terminator: 0x03,
        ack: Some(b'+'),
        nak: None,
        ..Settings::DEFAULT
    };
    let wire = b"\x0211 1234 18 E130 01 C005\x03";
    let decoded = decode(wire, settings);
    assert!(decoded.ok, "{decoded:?}");
    assert_eq!(decoded.reply_hex.as_deref(), Some("2B"));
    let damaged = decode(b"\x0211 1234 18 X130 01 C005\x03", settings);
    assert_eq!((damaged.ok, damaged.reply_hex), (false, None));
    assert_eq!(decode(b"111234A3\r", Settings::FACTORY).reply_hex, None);
    let (frame, _) = Frame::parse(wire, &settings).expect("good").expect("whole");
    let mut out = BytesMut::new();
    frame.encode(&settings, &mut out).expect("the same");
    assert_eq!(&out[..], wire);
}

#[test]
fn a_time_header_is_kept_as_text() {
    let settings = Settings {
        time_header: 6,
        ..Settings::DEFAULT
    };
    let wire = b"\n12:34 111234A3\r";
    let decoded = decode(wire, settings);
    assert_eq!(decoded.timestamp.as_deref(), Some("12:34 "));
    assert_eq!(decoded.account.as_deref(), Some("1234"));
    let (frame, _) = Frame::parse(wire, &settings).expect("good").expect("whole");
    let mut out = BytesMut::new();
    frame.encode(&settings, &mut out).expect("the same");
    assert_eq!(&out[..], wire);
    assert!(frame.encode(&Settings::DEFAULT, &mut out).is_err());
    assert_eq!(&out[..], wire, "as before");
    assert!(Frame::parse(b"\n12:3\r", &settings).is_err());
}

#[test]
fn other_layouts_are_kept_as_text_and_damage_is_refused_at_its_place() {
    for (wire, code) in [
        (&b"\n00 COMPUTER FAIL\r"[..], "raw:cp220:COMPUTER FAIL"),
        (b"\n00 OKAY @ \r", "raw:cp220:OKAY @"),
        (b"\n11 1234 3 5\r", "raw:cp220:1234 3 5"),
    ] {
        let decoded = decode(wire, Settings::DEFAULT);
        let event = decoded.events.first().expect("one");
        assert_eq!((event.code.as_str(), event.lane), (code, 1));
        assert_eq!(decoded.reply_hex.as_deref(), Some("06"));
    }
    for (wire, offset) in [
        (&b"\n1x1234A3\r"[..], 2),
        (b"\n1112?4A3\r", 5),
        (b"\n111234A\r", 8),
        (b"\n111234?3\r", 7),
        (b"\n111234A?\r", 8),
        (b"\n111234A33\r", 9),
        (b"\n11 1234 18 X130 01 C005\r", 12),
        (b"\n111234A3\n", 9),
        (b"\n\r", 1),
    ] {
        let error = Frame::parse(wire, &Settings::DEFAULT).expect_err("damaged");
        assert_eq!(error.offset(), offset, "{}", wire.escape_ascii());
    }
    assert_eq!(Frame::parse(b"", &Settings::DEFAULT), Ok(None));
    assert!(Frame::parse(&[b'1'; LONGEST], &Settings::DEFAULT).is_err());
}

fn cuts(wire: &[u8], size: usize) -> (Vec<String>, usize, usize) {
    let mut stream = Cp220.stream().expect("a stream");
    let (mut frames, mut noise, mut bad) = (Vec::new(), 0, 0);
    for read in wire.chunks(size) {
        stream.push(Duration::ZERO, read);
        loop {
            match stream.next(Duration::ZERO) {
                Cut::More => break,
                Cut::Frame { bytes, .. } => frames.push(bytes.escape_ascii().to_string()),
                Cut::Noise(bytes) => noise += bytes,
                Cut::Bad { bytes, .. } => bad += bytes.len(),
            }
        }
    }
    (frames, noise, bad)
}

#[test]
fn frames_with_and_without_header_are_found_between_noise() {
    let wire =
        b"111234A3\r\0\xFF\n11 1234 18 E130 01 C005 \r\0\xFF11123431\r\n11 12\n111234A4\rhum\r";
    for size in [1, 2, 7, 300] {
        let (frames, noise, bad) = cuts(wire, size);
        assert_eq!(
            frames,
            [
                "111234A3\\r",
                "\\n11 1234 18 E130 01 C005 \\r",
                "11123431\\r",
                "\\n111234A4\\r"
            ],
            "reads of {size}"
        );
        assert_eq!((noise, bad), (8, 6), "reads of {size}");
    }
}

#[test]
fn what_a_frame_said_is_emitted_as_the_same_frame() {
    let how = Emit::new(
        ReceiverNumber::new("01").expect("short"),
        LineNumber::new("2").expect("short"),
        Sequence::FIRST,
        Now::default(),
    );
    for wire in [
        &b"\n121234A3\r"[..],
        b"\n12123431\r",
        b"\n12 1234 18 R401 02 U003\r",
    ] {
        let (frame, _) = Frame::parse(wire, &Settings::DEFAULT)
            .expect("good")
            .expect("whole");
        assert_eq!(
            Frame::new(frame.number, frame.body).to_string(),
            frame.to_string()
        );
        frame.events(&Settings::DEFAULT, &mut |event, _| {
            let mut out = BytesMut::new();
            let losses = Cp220.emit(event, &how, &mut out).expect("its own");
            assert!(losses.is_empty());
            assert_eq!(&out[..], wire);
            let settings = Settings {
                time_header: 4,
                ..Settings::DEFAULT
            };
            let timed = Configured { settings }.emit(event, &how, &mut out);
            assert!(matches!(timed, Err(Refusal::NoPlace { .. })));
            assert_eq!(&out[..], wire);
        });
    }
}
