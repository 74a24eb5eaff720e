use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use bytes::BytesMut;

use super::*;
use crate::{
    Class, Qualifier,
    codec::{Quirk, contact_id::Digit},
    event::Loss,
};

fn read(text: &str) -> Frame {
    Frame::read(text.as_bytes(), &Settings::DEFAULT).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn told(frame: &Frame, settings: &Settings<'_>) -> Vec<String> {
    let mut seen = Vec::new();
    frame.events(settings, &mut |event, data| {
        let place = event
            .zone
            .map(|zone| zone.to_string())
            .or(event.user.map(|user| format!("user {user}")));
        seen.push(format!(
            "{} {} {} {} {} {}",
            event.account.unwrap(),
            event.code,
            event.qualifier,
            event.class,
            event.lane,
            place.unwrap_or_default()
        ));
        let again = Frame::read(data, settings).unwrap();
        let mut events = 0;
        again.events(settings, &mut |other, _| {
            assert_eq!(other, event);
            events += 1;
        });
        assert_eq!(events, 1, "{}", data.escape_ascii());
    });
    seen
}

#[test]
fn the_number_of_digits_and_the_message_type_say_what_it_is() {
    for (text, format, account, body) in [
        ("1233", Format::ThreeOne, "123", "3"),
        ("12343", Format::FourOne, "1234", "3"),
        ("123435", Format::FourTwo, "1234", "35"),
        ("1233 3335", Format::ThreeOneExtended, "123", "35"),
        ("12343 33335", Format::FourOneExtended, "1234", "35"),
        ("1234173", Format::ExpressOne, "1234", "3"),
        ("12341739", Format::ExpressOne, "1234", "3"),
        ("123427899", Format::ExpressTwo, "1234", "89"),
        ("123455155555557C", Format::HighSpeed, "1234", "155555557"),
        ("123456155555557", Format::SuperFast, "1234", "155555557"),
    ] {
        let frame = read(text);
        assert_eq!(
            (frame.format(), frame.account().as_str(), frame.body()),
            (format, account, body)
        );
        assert_eq!(frame.to_string(), text);
        assert_eq!(Format::from_name(format.name()), Some(format));
        let built = Frame::new(format, account, body)
            .unwrap()
            .checked(frame.check().is_some());
        assert_eq!(built, frame);
    }
    let wide = Frame::new(Format::SuperFast24, "1234", &format!("{}7", "5".repeat(24))).unwrap();
    assert_eq!(read(&wide.to_string()), wide);
    let wide = wide.checked(false);
    assert_eq!(wide.to_string().len(), 29);
    assert_eq!(read(&wide.to_string()), wide);
}

#[test]
fn two_rounds_must_be_equal() {
    assert_eq!(read("1233 1233").rounds(), Rounds::Two);
    assert_eq!(read("1233 1233").to_string(), "1233 1233");
    assert_eq!(
        read("12343 12343 33335 33335").format(),
        Format::FourOneExtended
    );
    for (text, at) in [
        ("1233 1243", 5),
        ("12343 12343 33335", 12),
        ("12343 12343 33335 33336", 18),
        ("12343 12343 44445 44445", 18),
        ("12343 12344 33335 33335", 6),
    ] {
        let error = Frame::read(text.as_bytes(), &Settings::DEFAULT).unwrap_err();
        assert_eq!(
            (error.to_string(), error.offset()),
            (format!("the second round does not fit at byte {at}"), at),
            "{text}"
        );
    }
    assert!(
        Frame::read(b"12341739 12341739", &Settings::DEFAULT).is_err(),
        "tones are sent once"
    );
    assert_eq!(
        read("3333 3333").ambiguity(),
        Some(Ambiguity::TwoRoundsOrExtended)
    );
}

#[test]
fn parity_is_the_lines_setting_and_what_it_leaves_open_is_said() {
    let plain = Settings::DEFAULT.parity(Parity::Absent);
    let parity = Settings::DEFAULT.parity(Parity::Mod15);
    let believed = Settings::DEFAULT.parity(Parity::Unchecked);
    // 1+2+3+4+3 is 13: the parity digit is 2.
    let four_one = Frame::new(Format::FourOne, "1234", "3")
        .unwrap()
        .checked(true);
    assert_eq!(four_one.to_string(), "123432");
    let text = b"123432";
    assert_eq!(Frame::read(text, &parity).unwrap(), four_one);
    assert_eq!(Frame::read(text, &plain).unwrap().format(), Format::FourTwo);
    let open = Frame::read(text, &Settings::DEFAULT).unwrap();
    assert_eq!(
        (open.format(), open.ambiguity()),
        (Format::FourTwo, Some(Ambiguity::FourTwoOrFourOneParity))
    );
    assert_eq!(read("123435").ambiguity(), None, "no parity digit of ours");
    assert_eq!(
        Frame::read(b"123435", &parity).unwrap_err().to_string(),
        "the parity digit does not fit at byte 5"
    );
    let frame = Frame::read(b"123435", &believed).unwrap();
    assert_eq!(
        (frame.format(), frame.to_string().as_str()),
        (Format::FourOne, "123435")
    );
    // 1+2+3+3 is 9, so a fifth digit 6 fits.
    assert_eq!(
        read("12336").ambiguity(),
        Some(Ambiguity::FourOneOrThreeOneParity)
    );
    assert_eq!(
        Frame::read(b"12336", &parity).unwrap().format(),
        Format::ThreeOne
    );
    // 4+2 of event 1 and zone 7 with parity is as long as Express without its check digit.
    let four_two = Frame::new(Format::FourTwo, "1234", "17")
        .unwrap()
        .checked(true);
    let text = four_two.to_string();
    assert_eq!(
        read(&text).ambiguity(),
        Some(Ambiguity::ExpressOrFourTwoParity)
    );
    assert_eq!(Frame::read(text.as_bytes(), &parity).unwrap(), four_two);
    let (decoded, _) = Pulse.decode(b"123432", &DecodeOptions::default());
    assert!(decoded.ok && decoded.quirks.has(Quirk::PulseAmbiguity));
}

#[test]
fn what_no_table_explains_is_status_in_lane_1() {
    let settings = Settings::DEFAULT;
    assert_eq!(
        told(&read("123435"), &settings),
        ["1234 raw:pulse:3 new status 1 5"]
    );
    assert_eq!(
        told(&read("123430"), &settings),
        ["1234 raw:pulse:3 new status 1 0"]
    );
    assert_eq!(
        told(&read("1233 3335"), &settings),
        ["123 raw:pulse:3 new status 1 5"]
    );
    assert_eq!(
        told(&read("12341739"), &settings),
        ["1234 raw:pulse:3 new status 1 "]
    );
    let mut events = EventDigits::DEFAULT;
    events.set(Digit::new(b'3').unwrap(), Class::Fire, Qualifier::New);
    events.set(
        Digit::new(b'E').unwrap(),
        Class::OpenClose,
        Qualifier::Restore,
    );
    let settings = Settings::DEFAULT.events(&events);
    assert_eq!(
        told(&read("123435"), &settings),
        ["1234 raw:pulse:3 new fire 0 5"]
    );
    assert_eq!(
        told(&read("1234E5"), &settings),
        ["1234 raw:pulse:E restore open_close 2 user 5"]
    );
}

#[test]
fn every_channel_has_a_text_that_carries_it_alone() {
    let frame = Frame::new(Format::HighSpeed, "1234", "153555557").unwrap();
    assert_eq!(
        told(&frame, &Settings::DEFAULT),
        [
            "1234 raw:pulse:P1X7 new burglary 1 1",
            "1234 raw:pulse:P3X7 restore burglary 1 3"
        ]
    );
}

#[test]
fn what_is_no_report_is_refused_at_its_place() {
    for (text, said) in [
        ("", "expected digits at byte 0"),
        ("123", "expected the number of digits of a format at byte 3"),
        ("1234567", "the parity digit does not fit at byte 6"),
        ("12x4", "expected a digit 0 to 9 or B to F at byte 2"),
        ("1234A5", "expected a digit 0 to 9 or B to F at byte 4"),
        ("12345 123*5", "the second round does not fit at byte 6"),
        ("12341839", "the message type is not known at byte 4"),
        (
            "1234181131010158",
            "the message type is not known at byte 4",
        ),
        ("12341738", "the check digit does not fit at byte 7"),
        (
            "1234551555555570",
            "the check digit does not fit at byte 15",
        ),
        ("1 2 3 4 5", "expected the end of the line at byte 8"),
        (
            "1234567890123456789012345678901",
            "longer than 30 bytes at byte 30",
        ),
    ] {
        let error = Frame::read(text.as_bytes(), &Settings::DEFAULT).unwrap_err();
        assert_eq!(error.to_string(), said, "{text}");
    }
}

#[test]
fn builders_make_only_what_can_be_sent() {
    for (format, account, body) in [
        (Format::ThreeOne, "1234", "3"),
        (Format::FourOne, "123", "3"),
        (Format::FourOne, "12A4", "3"),
        (Format::FourTwo, "1234", "3"),
        (Format::HighSpeed, "1234", "15555557"),
        (Format::ExpressOne, "1234", "\u{e9}"),
    ] {
        assert!(
            Frame::new(format, account, body).is_err(),
            "{format} {account} {body}"
        );
    }
    let frame = Frame::new(Format::HighSpeed, "1234", "155555557").unwrap();
    assert_eq!(
        frame.clone().checked(false),
        frame,
        "it has no form without"
    );
    assert_eq!(frame.clone().in_rounds(Rounds::Two), frame);
    let mut out = BytesMut::new();
    assert!(
        Frame::new(Format::FourTwo, "1234", "35")
            .unwrap()
            .encode_keys(&mut out)
            .is_err()
    );
    assert!(out.is_empty());
}

#[test]
fn a_line_is_read_with_its_end_and_waits_for_it() {
    let settings = Settings::DEFAULT;
    assert_eq!(Frame::parse(b"123435", &settings), Ok(None));
    assert_eq!(
        Frame::parse(b"123435\r\n1", &settings).unwrap().unwrap().1,
        8
    );
    assert_eq!(Frame::parse(b"123435\n1", &settings).unwrap().unwrap().1, 7);
    assert!(Frame::parse(&[b'1'; 65], &settings).is_err());
}

#[test]
fn a_code_of_its_own_goes_out_and_comes_back() {
    use crate::types::{LineNumber, Now, ReceiverNumber, Sequence};
    let how = Emit::new(
        ReceiverNumber::new("01").unwrap(),
        LineNumber::new("1").unwrap(),
        Sequence::new(1).unwrap(),
        Now::default(),
    );
    for text in [
        "1233 1233",
        "12343 12343",
        "123435 123435",
        "1233 1233 3335 3335",
        "123455155555557C",
    ] {
        let frame = read(text);
        let mut out = BytesMut::new();
        frame.events(&Settings::DEFAULT, &mut |event, _| {
            assert!(Pulse.emit(event, &how, &mut out).unwrap().is_empty());
        });
        assert_eq!(out, format!("{text}\n"));
    }
    let mut out = BytesMut::new();
    read("123435").events(&Settings::DEFAULT, &mut |event, _| {
        let mut event = *event;
        event.text = Some(b"hall");
        assert!(Pulse.emit(&event, &how, &mut out).unwrap().has(Loss::Text));
        out.clear();
        event.zone = crate::types::Zone::new("12").ok();
        assert!(Pulse.emit(&event, &how, &mut out).is_err());
        event.account = None;
        assert!(Pulse.emit(&event, &how, &mut out).is_err());
        event.account = crate::AccountId::new("12345").ok();
        assert!(Pulse.emit(&event, &how, &mut out).is_err());
    });
    assert!(out.is_empty());
}
