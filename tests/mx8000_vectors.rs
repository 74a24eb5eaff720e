//! The frames of ADEMCO 8000 and Silent Knight 9000 of `vectors/serial-vectors.json`: read, answered, written again,
//! split anywhere, found by the registry; and what the documents say of them besides.
#![cfg(all(feature = "ademco8000", feature = "sk9000"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::time::Duration;

use alarmwire::codec::{
    DecodeOptions, Decoded, Protocol, Quirk,
    ademco8000::Ademco8000,
    mx8000::{Body, Dialect, Frame, Id},
    registry::detect,
    sk9000::Sk9000,
    stream::Cut,
};
use bytes::BytesMut;
use serde_json::Value;

struct Vector {
    id: String,
    raw: Vec<u8>,
    dialect: Dialect,
    value: Value,
}

impl Vector {
    fn expect(&self, field: &str) -> Option<&str> {
        self.value["expect"][field].as_str()
    }

    fn kind(&self) -> &str {
        self.expect("kind").unwrap()
    }

    fn is_frame(&self) -> bool {
        matches!(self.kind(), "system" | "call" | "heartbeat")
    }

    fn frame(&self) -> Frame<'_> {
        let (frame, taken) = Frame::parse(&self.raw, self.dialect).unwrap().unwrap();
        assert_eq!(taken, self.raw.len(), "{}", self.id);
        frame
    }
}

fn vectors() -> Vec<Vector> {
    let file: Value = serde_json::from_str(include_str!("vectors/serial-vectors.json")).unwrap();
    let own: Value = serde_json::from_str(include_str!("vectors/mx8000.json")).unwrap();
    let of = |file: &Value| file["vectors"].as_array().unwrap().clone();
    let all: Vec<_> = of(&file)
        .into_iter()
        .chain(of(&own))
        .filter_map(|value| {
            let dialect = match value["protocol"].as_str().unwrap() {
                "ademco-8000" => Dialect::Ademco8000,
                "sk9000" | "sk9000-command" => Dialect::Sk9000,
                _ => return None,
            };
            let raw = value["raw_hex"].as_str().unwrap();
            Some(Vector {
                id: value["id"].as_str().unwrap().to_string(),
                raw: alarmwire::types::decode_hex(raw.as_bytes()).unwrap(),
                dialect,
                value,
            })
        })
        .collect();
    assert!(all.len() >= 8);
    all
}

fn protocol(dialect: Dialect) -> &'static dyn Protocol {
    match dialect {
        Dialect::Sk9000 => &Sk9000,
        _ => &Ademco8000,
    }
}

fn decode(raw: &[u8], dialect: Dialect) -> Decoded {
    let options = DecodeOptions {
        argument: true,
        ..DecodeOptions::default()
    };
    let (decoded, taken) = protocol(dialect).decode(raw, &options);
    assert_eq!(taken, raw.len());
    decoded
}

#[test]
fn every_vector_gets_its_answer_and_its_fields() {
    for vector in vectors() {
        let (id, decoded) = (&vector.id, decode(&vector.raw, vector.dialect));
        assert_eq!(
            decoded.reply_hex.as_deref(),
            vector.value["reply_hex"].as_str(),
            "{id}: {decoded:?}"
        );
        assert_eq!(decoded.protocol, vector.dialect.name());
        assert_eq!(
            decoded.ok,
            vector.kind() != "bad-check",
            "{id}: {decoded:?}"
        );
        for (field, shown) in [
            ("receiver", &decoded.receiver),
            ("ref", &decoded.sequence),
            ("line_card", &decoded.line),
            ("account", &decoded.account),
        ] {
            if let Some(wanted) = vector.expect(field) {
                assert_eq!(shown.as_deref(), Some(wanted), "{id}: {field}");
            }
        }
        if vector.kind() == "command" {
            assert_eq!(decoded.token.as_deref(), vector.expect("name"), "{id}");
        }
    }
}

#[test]
fn every_vectors_body_is_as_printed() {
    for vector in vectors().iter().filter(|vector| vector.is_frame()) {
        let (id, frame) = (&vector.id, vector.frame());
        let quirk = vector.value["quirk"].as_str();
        let quirks: Vec<_> = frame.quirks.iter().map(Quirk::slug).collect();
        assert_eq!(quirks, Vec::from_iter(quirk), "{id}");
        let parts = |text: &str, by: char| {
            text.as_bytes()
                .chunks(2)
                .map(|two| String::from_utf8_lossy(two).into_owned())
                .collect::<Vec<_>>()
                .join(&by.to_string())
        };
        if let Some(date) = vector.expect("date") {
            assert_eq!(parts(frame.date, '-'), date, "{id}");
            assert_eq!(
                Some(parts(frame.time, ':').as_str()),
                vector.expect("time"),
                "{id}"
            );
        }
        match frame.body {
            Body::System(system) => {
                assert_eq!(frame.id, Id::System, "{id}");
                let code = char::from(system.code.byte()).to_string();
                assert_eq!(Some(code.as_str()), vector.expect("code"), "{id}");
                let meaning = system
                    .code
                    .meaning(frame.dialect)
                    .map(|meaning| meaning.name);
                assert_eq!(meaning, vector.expect("meaning"), "{id}");
                if let Some(model) = vector.expect("model") {
                    assert_eq!(system.detail, model, "{id}");
                }
            }
            Body::Call(call) => {
                assert_eq!(Some(call.format), vector.expect("format"), "{id}");
                assert_eq!(Some(call.line_card), vector.expect("line_card"), "{id}");
                assert_eq!(call.listen_in, vector.expect("listen_in"), "{id}");
                let events = vector.value["expect"]["events"].as_array().unwrap();
                assert!(
                    call.each().eq(events.iter().map(|e| e.as_str().unwrap())),
                    "{id}"
                );
            }
            Body::Nothing => assert_eq!(vector.kind(), "heartbeat", "{id}"),
            other => panic!("{id}: {other:?}"),
        }
        if let Some(codes) = vector.value["expect"]["codes"].as_array() {
            let decoded = decode(&vector.raw, vector.dialect);
            let seen = decoded.events.iter().map(|event| event.code.as_str());
            assert!(
                seen.eq(codes.iter().map(|c| c.as_str().unwrap())),
                "{id}: {decoded:?}"
            );
        }
    }
}

#[test]
fn the_registry_finds_the_protocol_by_the_frame() {
    for vector in vectors() {
        let found = detect(&vector.raw).map(|protocol| protocol.name());
        assert_eq!(found, Some(vector.dialect.name()), "{}", vector.id);
    }
}

#[test]
fn what_was_read_is_written_again() {
    for vector in vectors().iter().filter(|vector| vector.is_frame()) {
        let frame = vector.frame();
        if frame.quirks.has(Quirk::CheckByte) {
            continue;
        }
        let mut out = BytesMut::new();
        frame.encode(&mut out).unwrap();
        assert_eq!(out, vector.raw, "{}", vector.id);
        let unread = Frame { raw: &[], ..frame };
        assert_eq!(unread.to_string(), frame.to_string());
    }
}

#[test]
fn every_vector_survives_a_split_at_every_byte_a_merge_and_noise() {
    let now = Duration::ZERO;
    for vector in vectors().iter().filter(|vector| vector.kind() != "command") {
        let wire = [b"\0noise\xFF", &vector.raw[..], &vector.raw].concat();
        for split in 0..=wire.len() {
            let mut stream = protocol(vector.dialect).stream().unwrap();
            let mut seen = 0;
            for part in [&wire[..split], &wire[split..]] {
                stream.push(now, part);
                loop {
                    match stream.next(now) {
                        Cut::More => break,
                        Cut::Noise(_) => {}
                        Cut::Frame { bytes, .. } if vector.is_frame() => {
                            assert_eq!(bytes, vector.raw, "{} split at {split}", vector.id);
                            seen += 1;
                        }
                        Cut::Bad { bytes, .. } if !vector.is_frame() => {
                            assert_eq!(bytes, vector.raw, "{} split at {split}", vector.id);
                            seen += 1;
                        }
                        other => panic!("{} split at {split}: {other:?}", vector.id),
                    }
                }
            }
            assert_eq!(seen, 2, "{} split at {split}", vector.id);
        }
    }
}

#[test]
fn a_check_byte_that_does_not_fit_is_lived_with_in_sk9000_only_and_only_in_a_frame_that_reads_well()
{
    // As the guide prints it: 63h instead of the 50h that its bytes give.
    let printed = b"\x01062794\"0345\"z9000c\r";
    let decoded = decode(printed, Dialect::Sk9000);
    assert!(decoded.ok && decoded.quirks.has(Quirk::CheckByte));
    assert_eq!(decoded.reply_hex.as_deref(), Some("06"));
    assert!(!decoded.crc.unwrap().ok);
    assert_eq!(decoded.events[0].code, "sia:YR");
    assert_eq!(decoded.events[0].text.as_deref(), Some("9000"));
    for damaged in [
        &b"\x01062794\"0345\"z90 0c\r"[..],
        b"\x01062794\"0345\"Z9000c\r",
        b"\x01162794\"0345\"z9000c\r",
        b"\x01062794\"0345\"z9000\x10\r",
        b"'062794\"0345\"51\x0512 4\"BA01a\r",
        b"'062794\"0345\"51\x051234BA01a\r",
        b"\x02051697\"124042\"02\"0004\"xX\r",
    ] {
        let dialect = if damaged[0] == 2 {
            Dialect::Ademco8000
        } else {
            Dialect::Sk9000
        };
        let decoded = decode(damaged, dialect);
        assert!(!decoded.ok, "{}", damaged.escape_ascii());
        assert_eq!(decoded.reply_hex.as_deref(), Some("15"));
    }
}

#[test]
fn an_argument_may_lack_its_end() {
    let decoded = decode(b"\x02051697\"124041\"02\"0003\"wN", Dialect::Ademco8000);
    assert!(
        decoded.ok && decoded.quirks.has(Quirk::MissingCr),
        "{decoded:?}"
    );
    assert_eq!(decoded.events[0].code, "sia:AT");
}

#[test]
fn a_sender_that_is_set_to_7e1_is_named() {
    let even = |b: &u8| {
        b | if b.count_ones().is_multiple_of(2) {
            0
        } else {
            0x80
        }
    };
    let wire: Vec<u8> = b"\x02051697\"124041\"02\"0003\"wN\r"
        .iter()
        .map(even)
        .collect();
    let decoded = decode(&wire, Dialect::Ademco8000);
    assert!(
        !decoded.ok && decoded.quirks.has(Quirk::SevenBits),
        "{decoded:?}"
    );
    assert_eq!(
        (decoded.reply_hex.as_deref(), decoded.receiver.as_deref()),
        (None, Some("02"))
    );
}
