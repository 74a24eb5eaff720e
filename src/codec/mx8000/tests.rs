use alloc::{string::ToString as _, vec::Vec};

use bytes::BytesMut;

use super::*;
use crate::{
    AlarmEvent, Class, EventCode, Lane, Qualifier, Timestamp,
    codec::{DecodeOptions, Emit, Protocol, Quirk, ademco8000::Ademco8000, sk9000::Sk9000},
    error::{EncodeError, ParseErrorKind},
    event::{Loss, Refusal},
    types::{AccountId, LineNumber, Now, ReceiverNumber, Sequence, Zone},
};

fn sealed(body: &[u8]) -> Vec<u8> {
    [body, &[check_byte(body), CR]].concat()
}

fn call(text: &str) -> Vec<u8> {
    sealed(&[b"'062794\"0345\"", text.as_bytes()].concat())
}

fn parse(wire: &[u8], dialect: Dialect) -> Frame<'_> {
    let (frame, taken) = Frame::parse(wire, dialect).unwrap().unwrap();
    assert_eq!(taken, wire.len());
    frame
}

#[derive(Debug, Eq, PartialEq)]
struct Seen {
    code: alloc::string::String,
    class: Class,
    qualifier: Qualifier,
    zone: Option<alloc::string::String>,
    text: Option<Vec<u8>>,
    data: Vec<u8>,
}

fn events(wire: &[u8], dialect: Dialect) -> Vec<Seen> {
    let mut seen = Vec::new();
    parse(wire, dialect).events(&mut |event, data| {
        seen.push(Seen {
            code: event.code.to_string(),
            class: event.class,
            qualifier: event.qualifier,
            zone: event.zone.map(|zone| zone.to_string()),
            text: event.text.map(<[u8]>::to_vec),
            data: data.to_vec(),
        });
    });
    seen
}

#[test]
fn each_event_of_a_call_has_data_that_carries_it_alone() {
    let wire = call("51\u{5}1234\"BA01\"1131 01 015\"OP*");
    let seen = events(&wire, Dialect::Sk9000);
    let codes: Vec<_> = seen.iter().map(|event| event.code.as_str()).collect();
    assert_eq!(codes, ["sia:BA", "cid:1131", "sia:OP"]);
    for event in &seen {
        let alone = sealed(&[b"'062794\"0345\"", &event.data[..]].concat());
        let again = events(&alone, Dialect::Sk9000);
        assert_eq!((again.len(), &again[0].code), (1, &event.code));
    }
}

#[test]
fn a_text_that_does_not_show_what_it_is_stays_raw() {
    for (text, code) in [
        ("BA01", "sia:BA"),
        ("ba01", "raw:sk9000:ba01"),
        ("BA1", "raw:sk9000:BA1"),
        ("QQ01", "raw:sk9000:QQ01"),
        ("OP12345", "raw:sk9000:OP12345"),
        ("18113101015", "cid:1131"),
        ("E13101015", "cid:1131"),
        ("R131 01 015", "cid:3131"),
        ("113101015", "raw:sk9000:113101015"),
        ("1811 01 015", "cid:1811"),
        ("12345678901", "raw:sk9000:12345678901"),
        ("7", "raw:sk9000:7"),
        ("3F", "raw:sk9000:3F"),
    ] {
        let seen = events(
            &call(&alloc::format!("51\u{5}1234\"{text}")),
            Dialect::Sk9000,
        );
        assert_eq!((seen.len(), seen[0].code.as_str()), (1, code), "{text}");
    }
}

#[test]
fn a_call_without_events_is_one_event_and_is_acknowledged() {
    for text in [
        "51\u{5}1234",
        "51\u{5}1234\"",
        "51\u{5}1234*",
        "hello",
        "51\u{5}\u{7F}",
        "",
    ] {
        let wire = call(text);
        let seen = events(&wire, Dialect::Sk9000);
        assert_eq!(seen.len(), 1, "{text:?}");
        assert_eq!(seen[0].class, Class::Status);
        let (decoded, _) = Sk9000.decode(&wire, &DecodeOptions::default());
        assert!(decoded.ok, "{text:?}: {decoded:?}");
    }
}

#[test]
fn the_last_event_of_a_piece_that_another_follows_names_no_zone() {
    let seen = events(&call("51\u{5}1234\"BA01\"BA02,"), Dialect::Sk9000);
    assert_eq!(seen[0].zone.as_deref(), Some("01"));
    assert_eq!((seen[1].code.as_str(), &seen[1].zone), ("sia:BA", &None));
    assert_eq!(
        (seen[1].class, seen[1].text.as_deref()),
        (Class::Burglary, Some(&b"BA02"[..]))
    );
}

#[test]
fn a_system_code_is_a_trouble_or_its_restore() {
    let system = |text: &str| {
        let wire = sealed(&[b"\x02051697\"124043\"02\"0005\"", text.as_bytes()].concat());
        events(&wire, Dialect::Ademco8000).remove(0)
    };
    let (trouble, restore) = (system("p01"), system("r01"));
    assert_eq!(
        (trouble.code.as_str(), trouble.zone.as_deref()),
        ("sia:YD", Some("01"))
    );
    assert_eq!(
        (restore.code.as_str(), restore.qualifier),
        ("sia:YE", Qualifier::Restore)
    );
    assert_eq!(trouble.class, Class::Trouble);
    let off = system("j");
    assert_eq!(
        (off.code.as_str(), off.qualifier),
        ("raw:ademco8000:system j", Qualifier::Restore)
    );
    for code in ["{", "}", "~", "\u{7F}"] {
        assert_eq!(
            system(code).class,
            Class::Status,
            "explained for sk9000 only"
        );
    }
    assert_eq!(SystemCode::from_sia(*b"YC", Dialect::Ademco8000), None);
    let unknown = system("Z9");
    assert_eq!(
        (unknown.code.as_str(), unknown.text.as_deref()),
        ("raw:ademco8000:system Z", Some(&b"9"[..]))
    );
    for code in b'!'..=0x7F {
        let known = SystemCode::new(code).and_then(|code| code.meaning(Dialect::Sk9000));
        let Some(sia) = known.and_then(|known| known.sia) else {
            continue;
        };
        assert!(EventCode::Sia(sia).sia().is_some(), "{}", char::from(code));
        assert_eq!(
            SystemCode::from_sia(sia, Dialect::Sk9000).map(SystemCode::byte),
            Some(code)
        );
    }
}

#[test]
fn an_error_names_the_field_that_does_not_fit() {
    for (wire, at, what) in [
        (&b"x"[..], 0, "the first byte of a frame"),
        (b"\x0205169x", 6, "date"),
        (b"\x02051697 ", 7, "a 22h behind the date"),
        (b"\x02051697\"12403x", 13, "time"),
        (b"\x02051697\"124039\"0x", 16, "receiver number"),
        (b"\x02051697\"124039\"02\"000x", 21, "reference"),
        (
            b"\x02051697\"124039\"02\"0001x",
            22,
            "a 22h behind the reference",
        ),
        (b"\x02051697\r", 7, "a 22h behind the date"),
    ] {
        let error = Frame::parse(wire, Dialect::Ademco8000).unwrap_err();
        assert_eq!(
            (error.offset(), error.kind()),
            (at, ParseErrorKind::Expected(what))
        );
    }
    let long = [&b"\x02051697\"124039\"02\"0001\"y"[..], &[b'8'; 200]].concat();
    let error = Frame::parse(&long, Dialect::Ademco8000).unwrap_err();
    assert_eq!(error.kind(), ParseErrorKind::TooLong(130));
}

fn how(receiver: &'static str, line: &'static str) -> Emit<'static> {
    let utc = Timestamp::from_civil(2026, 11, 25, 2, 3, 4).unwrap();
    let now = Now {
        utc,
        ..Now::default()
    };
    Emit::new(
        ReceiverNumber::new(receiver).unwrap(),
        LineNumber::new(line).unwrap(),
        Sequence::FIRST,
        now,
    )
}

fn alarm(code: EventCode<'static>) -> AlarmEvent<'static> {
    let mut event = AlarmEvent::new(code, code.sia_qualifier(false));
    event.account = AccountId::new("1234").ok();
    event.zone = Zone::new("7").ok();
    event
}

#[test]
fn an_event_goes_out_as_a_call_and_reads_back() {
    let event = alarm(EventCode::Sia(*b"BA"));
    let mut out = BytesMut::new();
    assert!(
        Ademco8000
            .emit(&event, &how("2", "1"), &mut out)
            .unwrap()
            .is_empty()
    );
    assert!(out.starts_with(b"&112526\"020304\"02\"0001\"00501\x051234\"BA07"));
    assert_eq!(
        events(&out, Dialect::Ademco8000)[0].zone.as_deref(),
        Some("07")
    );
    out.clear();
    assert!(
        Sk9000
            .emit(&event, &how("2", "1"), &mut out)
            .unwrap()
            .is_empty()
    );
    assert!(out.starts_with(b"'112526\"0203\"51\x051234\"BA07"));

    let mut odd = event;
    odd.text = Some(b"Hall");
    odd.zone = None;
    out.clear();
    let losses = Sk9000.emit(&odd, &how("2", "1"), &mut out).unwrap();
    assert!(losses.has(Loss::Text));
    let seen = events(&out, Dialect::Sk9000);
    assert_eq!((seen[0].code.as_str(), &seen[0].zone), ("sia:BA", &None));
}

#[test]
fn what_was_said_of_the_receiver_goes_out_as_that_again() {
    for wire in [
        &b"\x02051697\"124039\"02\"0001\"p01"[..],
        b"\x02051697\"124039\"02\"0001\"w",
        b"\x02051697\"124039\"02\"0001\"y9000",
        b"\x02051697\"124039\"02\"0001\"j",
        b"\x02051697\"124039\"02\"0001\"\x7F",
    ] {
        let wire = sealed(wire);
        parse(&wire, Dialect::Ademco8000).events(&mut |event, data| {
            let mut out = BytesMut::new();
            Ademco8000.emit(event, &how("2", "1"), &mut out).unwrap();
            assert_eq!(parse(&out, Dialect::Ademco8000).data(), data);
        });
    }
}

#[test]
fn what_has_no_place_is_refused_and_nothing_is_written() {
    let sia = alarm(EventCode::Sia(*b"BA"));
    let mut long = sia;
    long.zone = Zone::new("12345").ok();
    let mut account = sia;
    account.account = AccountId::new("123456789").ok();
    let mut none = sia;
    none.account = None;
    let foreign = alarm(EventCode::Raw {
        protocol: "surgard",
        text: "A",
    });
    let quote = alarm(EventCode::Raw {
        protocol: "sk9000",
        text: "a\"b",
    });
    let mut out = BytesMut::new();
    for (event, line) in [
        (long, "1"),
        (account, "1"),
        (none, "1"),
        (foreign, "1"),
        (quote, "1"),
        (sia, "12"),
    ] {
        let refused = Sk9000.emit(&event, &how("2", line), &mut out);
        assert!(refused.is_err(), "{event:?}");
        assert!(out.is_empty());
    }
    let mut zero = how("2", "1");
    zero.sequence = Sequence::ZERO;
    let refused = Ademco8000.emit(&sia, &zero, &mut out);
    assert!(matches!(
        refused,
        Err(Refusal::Encode(EncodeError::Field {
            field: "reference",
            ..
        }))
    ));
}

#[test]
fn a_heartbeat_is_a_link_test() {
    let mut out = BytesMut::new();
    encode_heartbeat(
        ReceiverNumber::new("2").unwrap(),
        how("2", "").now,
        &mut out,
    )
    .unwrap();
    let frame = parse(&out, Dialect::Ademco8000);
    assert!(frame.is_link_test() && frame.id == Id::Heartbeat);
    let seen = events(&out, Dialect::Ademco8000);
    assert_eq!(
        (seen.len(), seen[0].class, seen[0].class.lane()),
        (1, Class::Test, Lane::Routine)
    );
}

#[test]
fn commands_are_known_by_their_byte_and_kept_apart_by_dialect() {
    for byte in [0x0D, 0x4A, 0x4B, 0x05, 0x03, 0x04, 0x4C, 0x48, 0x49] {
        let command = Command::read(byte, Dialect::Ademco8000).unwrap();
        assert_eq!((command.byte(), command.answer()), (byte, None));
        assert!(Command::read(byte, Dialect::Sk9000).is_none());
        let (decoded, taken) = Ademco8000.decode(&[byte], &DecodeOptions::default());
        assert_eq!((decoded.token.as_deref(), taken), (Some(command.name()), 1));
        assert_eq!(decoded.reply_hex, None);
    }
    assert!(Command::read(0, Dialect::Ademco8000).is_none());
    for answer in [Answer::Ack, Answer::Nak, Answer::Refused] {
        assert_eq!(Answer::read(answer.byte()), Some(answer));
    }
    assert_eq!(Answer::read(0x0D), None);
}

mod assembling {
    use super::*;

    fn texts(joined: &Joined) -> Vec<alloc::string::String> {
        let frame = joined.frame().unwrap();
        let Body::Call(call) = frame.body else {
            panic!("{frame:?}")
        };
        call.each().map(ToString::to_string).collect()
    }

    fn push(assembler: &mut Assembler, text: &str) -> Pushed {
        let wire = call(text);
        assembler.push(&parse(&wire, Dialect::Sk9000))
    }

    #[test]
    fn pieces_with_and_without_a_repeated_head_are_joined() {
        let all = ["BA01", "BA02", "BA04"];
        for (first, second) in [
            ("\"BA01\"BA,", "02\"BA04"),
            ("\"BA01\"BA02,", "\"BA04"),
            ("\"BA01\"BA02\",", "BA04"),
            ("\"BA01\"BA02,", "51\u{5}1234\"BA04"),
            ("\"BA01\"BA02\",", "51\u{5}1234\"BA04"),
        ] {
            let mut assembler = Assembler::new(Dialect::Sk9000);
            let first = alloc::format!("51\u{5}1234{first}");
            assert_eq!(push(&mut assembler, &first), Pushed::default());
            let whole = push(&mut assembler, second).whole.unwrap();
            assert_eq!(
                (texts(&whole), whole.pieces()),
                (all.map(Into::into).to_vec(), 2),
                "{first} {second}"
            );
            assert!(whole.is_complete());
        }
        let mut assembler = Assembler::new(Dialect::Sk9000);
        push(&mut assembler, "51\u{5}1234\"BA01,");
        push(&mut assembler, "51\u{5}1234\"BA02,");
        assert_eq!(texts(&push(&mut assembler, "\"BA04").whole.unwrap()), all);
    }

    #[test]
    fn a_second_copy_of_a_piece_adds_nothing() {
        let mut assembler = Assembler::new(Dialect::Sk9000);
        push(&mut assembler, "51\u{5}1234\"BA01\"BA,");
        assert!(push(&mut assembler, "51\u{5}1234\"BA01\"BA,").repeat);
        assert_eq!(
            texts(&push(&mut assembler, "02").whole.unwrap()),
            ["BA01", "BA02"]
        );
        // Two equal messages behind one another are two.
        for _ in 0..2 {
            assert!(push(&mut assembler, "51\u{5}1234\"BA01").whole.is_some());
        }
    }

    #[test]
    fn a_message_whose_last_piece_never_comes_is_given_back() {
        let mut assembler = Assembler::new(Dialect::Sk9000);
        push(&mut assembler, "51\u{5}1234\"BA01,");
        let pushed = push(&mut assembler, "51\u{5}5678\"FA01");
        let lone = pushed.unfinished.unwrap();
        assert_eq!(
            (texts(&lone), lone.is_complete()),
            (["BA01".into()].to_vec(), false)
        );
        assert_eq!(texts(&pushed.whole.unwrap()), ["FA01"]);
        push(&mut assembler, "51\u{5}1234\"BA01,");
        assert_eq!(texts(&assembler.give_up().unwrap()), ["BA01"]);
        assert_eq!(assembler.give_up(), None);
        let lone = push(&mut assembler, "02\"BA04").whole.unwrap();
        assert!(matches!(
            lone.frame().unwrap().body,
            Body::Other(b"02\"BA04")
        ));
    }

    #[test]
    fn no_more_is_held_than_was_stated() {
        let mut assembler = Assembler::holding(Dialect::Sk9000, 100);
        push(&mut assembler, "51\u{5}1234\"BA01,");
        let mut given = 0;
        for number in 0..50 {
            let text = alloc::format!("\"BA{:02}\"BA{:02}\"BA03\"BA04,", number, number + 1);
            given += usize::from(push(&mut assembler, &text).unfinished.is_some());
            let held = assembler.give_up().unwrap();
            assert!(held.frame().unwrap().raw.len() <= 100);
            assembler.push(&held.frame().unwrap());
        }
        assert!(given >= 10);
    }

    #[test]
    fn frames_that_are_whole_pass_through() {
        let mut assembler = Assembler::new(Dialect::Ademco8000);
        let wire = sealed(b"\x02051697\"124039\"02\"0001\"p01");
        let whole = assembler
            .push(&parse(&wire, Dialect::Ademco8000))
            .whole
            .unwrap();
        assert_eq!(whole.frame().unwrap().raw, wire);
        let other = call("51\u{5}1234\"BA01");
        assert!(
            assembler
                .push(&parse(&other, Dialect::Sk9000))
                .whole
                .is_some()
        );
    }
}

#[test]
fn a_frame_that_reads_as_another_is_not_written() {
    let body = |events: &'static str| {
        Body::Call(Call {
            format: "5",
            line_card: "1",
            account: AccountId::new("1234").unwrap(),
            events,
            listen_in: None,
        })
    };
    let mut out = BytesMut::new();
    for events in ["BA01*", "BA01,", "A\"\"B", "123456789012"] {
        let frame = Frame::new(Dialect::Sk9000, Id::Call, "062794", "0345", body(events));
        assert!(frame.encode(&mut out).is_err(), "{events}");
        assert!(out.is_empty());
    }
    let heartbeat = Frame::new(
        Dialect::Sk9000,
        Id::Heartbeat,
        "062794",
        "0345",
        Body::Nothing,
    );
    assert!(heartbeat.encode(&mut out).is_err());
    let good = Frame::new(Dialect::Sk9000, Id::Call, "062794", "0345", body("BA01"));
    good.encode(&mut out).unwrap();
    assert!(!parse(&out, Dialect::Sk9000).quirks.has(Quirk::CheckByte));
}

#[test]
fn noise_in_front_hides_no_frame_from_detection() {
    for (dialect, name, text) in [
        (
            Dialect::Sk9000,
            "sk9000",
            &b"'082726\"1409\"A1\x051234\"3\"4^\r"[..],
        ),
        (
            Dialect::Ademco8000,
            "ademco8000",
            b"\x02082726\"140938\"01\"0004\"aB\r",
        ),
    ] {
        assert!(matches!(Frame::parse(text, dialect), Ok(Some(_))));
        for noise in [&b"\r\n"[..], b"\x00", b"garbage"] {
            let wire = [noise, text].concat();
            let first = crate::codec::registry::detect(&wire).expect("fits");
            assert_eq!(first.name(), name, "{}", wire.escape_ascii());
        }
    }
}
