//! Frames of every kind, well-formed and broken.

use alloc::{string::ToString, vec::Vec};

use bytes::BytesMut;

use super::*;
use crate::{
    codec::Quirk,
    error::{ParseError, ParseErrorKind},
};

fn parse(wire: &[u8]) -> Result<Frame<'_>, ParseError> {
    Frame::parse(wire, &Settings::default()).map(|found| found.expect("whole").0)
}

fn rewritten(wire: &[u8]) -> Vec<u8> {
    let mut out = BytesMut::new();
    parse(wire).unwrap().encode(&mut out).unwrap();
    out.to_vec()
}

#[test]
fn every_kind_is_read_into_its_fields_and_written_again() {
    let frames: [&[u8]; 21] = [
        b"001001[#0000|NYT00]\x14",
        b"1011      1234 A  05\x14",
        b"1011    123456 O1128\x14",
        b"101001      1234 E   3\x14",
        b"3011      1234BA0001\x14",
        b"3011    001234BA0001\x14",
        b"40110012349055551234\x14",
        b"A011      9055551234\x14",
        b"U0111234564412345678901FFFFF\x14",
        b"5011 181234E12101001\x14",
        b"501001 981234R130FF999\x14",
        b"Q01001 581234567890P40101005\x14",
        b"6011      1234BA0001\x14",
        b"80111234 1553 5555 7\x14",
        b"9011    123415535555\x14",
        b"9011    1234155355556\x14",
        b"S011[#1234|Nri1/BA01]\x14",
        b"C011    001234A1 7  \x14",
        b"T011 anything at all\x14",
        b"V011\x14",
        b"7011 3F 00\x14",
    ];
    for wire in frames {
        assert_eq!(rewritten(wire), wire, "{}", wire.escape_ascii());
        let frame = parse(wire).unwrap();
        assert!(
            frame.quirks.is_empty(),
            "{}: {:?}",
            wire.escape_ascii(),
            frame.quirks
        );
        assert_eq!(frame.kind.as_str().as_bytes(), &wire[..1]);
    }
}

#[test]
fn the_line_number_has_the_width_that_the_frame_shows() {
    for width in 1..=7 {
        let digits = "0000001".get(7 - width..).unwrap();
        for form in [
            "5RR{} 181234E12101001",
            "1RR{}           @    ",
            "1RR{}      1234 A  05",
            "8RR{}1234 1553 5555 7",
            "4RR{}0012349055551234",
            "0RR{}[#0000|NYT00]",
        ] {
            let mut wire = form.replace("RR", "01").replace("{}", digits).into_bytes();
            wire.push(DC4);
            assert_eq!(parse(&wire).unwrap().line.as_str(), digits, "{form}");
        }
    }
}

#[test]
fn quirk_line_width_is_noted_when_the_frame_shows_another_than_the_setting() {
    let three = Settings {
        line_digits: Some(3),
        ..Settings::default()
    };
    let (frame, _) = Frame::parse(b"5011 181234E12101001\x14", &three)
        .unwrap()
        .unwrap();
    assert!(frame.quirks.has(Quirk::LineWidth) && frame.line.as_str() == "1");
    let (frame, _) = Frame::parse(b"501001 181234E12101001\x14", &three)
        .unwrap()
        .unwrap();
    assert!(frame.quirks.is_empty());
    // A kind that does not show it is cut by the setting.
    let (frame, _) = Frame::parse(b"T01001text\x14", &three).unwrap().unwrap();
    assert_eq!(
        (frame.line.as_str(), frame.body),
        ("001", Body::Text(b"text"))
    );
}

#[test]
fn quirk_digit_qualifier_is_read_like_its_letter() {
    for (digit, letter) in [(b'1', b'E'), (b'3', b'R'), (b'6', b'P')] {
        let mut wire = *b"5011 181234E12101001\x14";
        wire[11] = digit;
        let frame = parse(&wire).unwrap();
        assert!(frame.quirks.has(Quirk::DigitQualifier) && !frame.quirks.has(Quirk::Qualifier));
        let mut lettered = wire;
        lettered[11] = letter;
        assert_eq!(parse(&lettered).unwrap().body, frame.body);
    }
    let frame = parse(b"5011 181234912101001\x14").unwrap();
    assert!(frame.quirks.has(Quirk::Qualifier));
}

#[test]
fn quirk_trailing_spaces_are_dropped() {
    for wire in [
        &b"5011 181234E12101001  \x14"[..],
        b"S011[#1234|NBA01] \x14",
        b"3011      1234BA0001   \x14",
    ] {
        assert!(
            parse(wire).unwrap().quirks.has(Quirk::TrailingSpaces),
            "{}",
            wire.escape_ascii()
        );
    }
    assert_eq!(
        parse(b"1011      1234 A   \x14").unwrap().body,
        parse(b"1011      1234 A    \x14").unwrap().body
    );
}

#[test]
fn a_clock_is_written_only_where_it_can_be_read() {
    let mut out = BytesMut::new();
    let mut frame = parse(b"S011[#1234|Nri1/BA01]\x14").unwrap();
    frame.clock = Some("12:30:45-24/11");
    assert!(frame.encode(&mut out).is_err());
    let mut frame = parse(b"5011 181234E12101001\x14").unwrap();
    frame.clock = Some("12-30-45:24/11");
    assert!(frame.encode(&mut out).is_err());
}

#[test]
fn noise_between_the_frames_of_an_argument_is_told_and_line_ends_are_none() {
    let options = crate::codec::DecodeOptions {
        argument: true,
        continued: true,
        ..Default::default()
    };
    let decode = |input: &[u8]| crate::codec::Protocol::decode(&Surgard, input, &options);
    let (decoded, taken) = decode(b"xx 5011 181234E12101001\x14");
    assert!(!decoded.ok && taken == 3, "{taken}");
    let (decoded, taken) = decode(b"5011 181234E12101001\x14\r\n5011");
    assert!(decoded.ok && taken == 23, "{taken}");
    let (decoded, taken) = decode(b"5011 181234E12101001\r\n");
    assert!(decoded.ok && decoded.quirks.has(Quirk::MissingCr) && taken == 22);
    let (decoded, _) = decode(b"5011 181234X12101001\x14");
    assert_eq!(decoded.error.unwrap().message, "expected qualifier");
}

#[test]
fn a_user_of_zeros_is_none() {
    let frame = parse(b"1011      1234 O 000\x14").unwrap();
    frame.events(&Settings::default(), &mut |event, _| {
        assert_eq!(event.user, None);
    });
}

#[test]
fn the_clock_before_the_end_byte_is_told_from_the_body() {
    for wire in [
        &b"5011 181234E1210100112:34:56-24/11\x14"[..],
        b"1011      1234 A  0512:34:56-24/11\x14",
        b"1011      1234 O    12:34:56-24/11\x14",
        b"4011001234905555123412:34:56-24/11\x14",
    ] {
        let frame = parse(wire).unwrap();
        assert_eq!(
            frame.clock,
            Some("12:34:56-24/11"),
            "{}",
            wire.escape_ascii()
        );
        assert!(frame.quirks.is_empty());
        assert_eq!(rewritten(wire), wire);
    }
}

#[test]
fn an_unknown_letter_survives() {
    let frame = parse(b"Z011 what is this\x14").unwrap();
    assert!(!frame.kind.is_known());
    assert_eq!(frame.body, Body::Text(b" what is this"));
}

#[test]
fn each_broken_field_is_named_with_its_place() {
    for (wire, said) in [
        (
            &b"z011 181234E12101001\x14"[..],
            "expected protocol character at byte 0",
        ),
        (
            b"5x11 181234E12101001\x14",
            "expected receiver number at byte 1",
        ),
        (
            b"501- 181234E12101001\x14",
            "expected line number at byte 3",
        ),
        (b"501 181234E12101001\x14", "expected line number at byte 3"),
        (
            b"50112345678 181234E12101001\x14",
            "expected line number at byte 10",
        ),
        (
            b"5011 171234E12101001\x14",
            "expected format mark 18, 98 or 58 at byte 5",
        ),
        (b"5011 1812-4E12101001\x14", "expected account at byte 9"),
        (b"5011 181234E1G101001\x14", "expected code at byte 13"),
        (b"5011 181234E121x1001\x14", "expected group at byte 15"),
        (b"5011 181234E1210100\x14", "expected zone at byte 17"),
        (b"5011 181234E121010011\x14", "expected end byte at byte 20"),
        (b"S011#1234|NBA01]\x14", "expected [ at byte 4"),
        (b"S011[#1234|NBA01\x14", "expected ] at byte 16"),
        (b"S011[1234|NBA01]\x14", "expected # at byte 5"),
        (b"S011[#1234NBA01]\x14", "expected account and | at byte 15"),
        (b"3011      1234B10001\x14", "expected code at byte 15"),
        (b"80111234 1553 5x55 7\x14", "expected channels at byte 15"),
        (b"\x14", "expected protocol character at byte 0"),
    ] {
        assert_eq!(
            parse(wire).unwrap_err().to_string(),
            said,
            "{}",
            wire.escape_ascii()
        );
    }
}

#[test]
fn a_frame_without_its_end_waits_up_to_the_cap() {
    assert_eq!(Frame::parse(b"5011 18", &Settings::default()), Ok(None));
    assert_eq!(
        Frame::parse(&[b'5'; LONGEST - 1], &Settings::default()),
        Ok(None)
    );
    let error = Frame::parse(&[b'5'; 2 * LONGEST], &Settings::default()).unwrap_err();
    assert_eq!(error.kind(), ParseErrorKind::TooLong(LONGEST));
}
