//! A configured Sur-Gard port, blocks of Galaxy's own kind, and the words of the block format's tables.
#![cfg(all(feature = "default", feature = "serde"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::time::Duration;

use alarmwire::{
    AccountId, AlarmEvent, Class, EventCode, Now, Protocol, Qualifier, Sequence, Timestamp,
    codec::{
        DecodeOptions, Emit, LetterTable,
        dc03::{Dc03, program_name, unit_name},
        galaxy::Galaxy,
        surgard::{Configured, Settings, Surgard},
    },
    event::Translation,
    types::{LineNumber, Partition, ReceiverNumber, User, Zone},
};
use bytes::BytesMut;

fn how(translation: &Translation) -> Emit<'_> {
    let mut how = Emit::new(
        ReceiverNumber::new("01").unwrap(),
        LineNumber::new("1").unwrap(),
        Sequence::FIRST,
        Now {
            monotonic: Duration::ZERO,
            utc: Timestamp::from_civil(2026, 3, 1, 12, 0, 0).unwrap(),
        },
    );
    how.translation = translation;
    how
}

fn event(code: EventCode<'static>, qualifier: Qualifier) -> AlarmEvent<'static> {
    let mut event = AlarmEvent::new(code, qualifier);
    event.account = AccountId::new("1234").ok();
    event
}

/// Each code with each set of numbers, with and without text and time.
fn events() -> Vec<AlarmEvent<'static>> {
    let sia = |code| EventCode::sia_from(code).unwrap();
    let raw = |protocol, text| EventCode::Raw { protocol, text };
    let cid = |digits: &[u8; 4]| EventCode::ContactId {
        qualifier: digits[0] - b'0',
        code: [digits[1], digits[2], digits[3]],
    };
    let mut all = Vec::new();
    for (code, qualifier) in [
        (cid(b"1131"), Qualifier::New),
        (cid(b"3131"), Qualifier::Restore),
        (cid(b"1401"), Qualifier::New),
        (cid(b"6602"), Qualifier::Status),
        (sia("BA"), Qualifier::New),
        (sia("BR"), Qualifier::Restore),
        (sia("OP"), Qualifier::New),
        (sia("CL"), Qualifier::Restore),
        (sia("RP"), Qualifier::Status),
        (sia("NF"), Qualifier::New),
        (raw("galaxy", "A"), Qualifier::New),
        (raw("galaxy", "EDA1*21C_"), Qualifier::New),
        (raw("galaxy", "PAA1"), Qualifier::New),
        (raw("surgard", "A"), Qualifier::New),
        (raw("pulse", "9"), Qualifier::New),
        (raw("iti", "9"), Qualifier::New),
    ] {
        for (zone, user, area) in [
            (None, None, None),
            (Some("15"), None, Some("1")),
            (None, Some("7"), Some("2")),
            (Some("3"), Some("4"), Some("1")),
            (Some("A1"), Some("x"), Some("y")),
            (Some("123456"), Some("123456"), Some("123456")),
        ] {
            for (text, year) in [
                (None, None),
                (Some(&b"HALL"[..]), Some(2026)),
                (Some(b"a^b\r"), Some(2100)),
            ] {
                let mut event = event(code, qualifier);
                event.zone = zone.and_then(|zone| Zone::new(zone).ok());
                event.user = user.and_then(|user| User::new(user).ok());
                event.partition = area.and_then(|area| Partition::new(area).ok());
                event.text = text;
                event.time =
                    year.and_then(|year| Timestamp::from_civil(year, 3, 1, 11, 59, 0).ok());
                all.push(event);
            }
        }
    }
    all
}

#[test]
fn a_texts_block_and_an_environmental_block_are_written_as_they_came_and_commands_never() {
    let emit = |text, words: Option<&'static [u8]>| {
        let mut event = event(
            EventCode::Raw {
                protocol: "galaxy",
                text,
            },
            Qualifier::New,
        );
        event.text = words;
        event.zone = Zone::new("1").ok();
        let mut out = BytesMut::new();
        let done = Galaxy.emit(&event, &how(&Translation::STANDARD), &mut out);
        done.map(|losses| (losses.is_empty(), out.to_vec()))
    };
    let (nothing_lost, wire) = emit("A", Some(b"HALL")).unwrap();
    assert!(
        !nothing_lost && wire.windows(5).any(|part| part == b"AHALL"),
        "{wire:?}"
    );
    let (_, wire) = emit("EDA1*21C_", None).unwrap();
    assert!(wire.windows(9).any(|part| part == b"EDA1*21C_"));
    for (text, words) in [
        ("A", None),
        ("A", Some(&b"a\rb"[..])),
        ("PAA1", None),
        ("E\\x00", None),
    ] {
        assert!(emit(text, words).is_err(), "{text}");
    }
}

#[test]
fn a_configured_port_reads_as_the_standard_one_but_for_its_settings() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/serial-vectors.json"
    );
    let vectors: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (standard, options) = (Configured::default(), DecodeOptions::default());
    assert_eq!(standard.name(), "surgard");
    for vector in vectors["vectors"].as_array().unwrap() {
        let digits = vector["raw_hex"].as_str().unwrap();
        let raw = alarmwire::types::decode_hex(digits.as_bytes()).unwrap();
        assert_eq!(standard.confidence(&raw), Surgard.confidence(&raw));
        assert_eq!(
            standard.decode(&raw, &options),
            Surgard.decode(&raw, &options),
            "{digits}"
        );
    }
    let mut out = [BytesMut::new(), BytesMut::new()];
    for event in events() {
        let how = how(&Translation::STANDARD);
        let done = (
            standard.emit(&event, &how, &mut out[0]),
            Surgard.emit(&event, &how, &mut out[1]),
        );
        assert_eq!(done.0, done.1);
        assert_eq!(out[0], out[1]);
    }
    assert!(standard.stream().is_some());

    // Letters mean what the port says.
    let letters: &'static LetterTable = Box::leak(Box::new({
        let mut letters = LetterTable::DEFAULT;
        assert!(letters.set(b'a', Class::HoldUp, Qualifier::Restore));
        assert!(!letters.set(b'1', Class::HoldUp, Qualifier::New));
        letters
    }));
    assert_eq!(LetterTable::default(), LetterTable::DEFAULT);
    assert_eq!(
        letters.get(b'A').map(|letter| letter.class),
        Some(Class::HoldUp)
    );
    assert_eq!(
        (letters.get(b'Z'), letters.get(b'@'), letters.get(b'[')),
        (None, None, None)
    );
    let port = Configured {
        settings: Settings {
            letters,
            ..Settings::default()
        },
    };
    let raw = b"1011      1234 A15     \x14";
    let class = |protocol: &dyn Protocol| {
        let (decoded, _) = protocol.decode(raw, &options);
        decoded.events.first().map(|event| event.class.clone())
    };
    assert_ne!(class(&port), class(&Surgard));
}

#[test]
fn units_and_programs_have_names_of_their_own() {
    let units = "A MA V MV C F P g Kg H M m mM Cm cM I IM FM GH GM";
    let names: std::collections::BTreeSet<_> = units.split(' ').map(unit_name).collect();
    assert_eq!(names.len(), 20);
    assert!(!names.contains(&None));
    assert_eq!(
        (unit_name("G"), unit_name(""), unit_name("kg")),
        (None, None, None)
    );
    assert_eq!(program_name(*b"AA"), Some("automatic arming"));
    assert_eq!(program_name(*b"CX"), program_name(*b"CA"));
    assert_eq!(program_name(*b"??"), None);
    assert_eq!(Dc03.name(), "dc03");
}
