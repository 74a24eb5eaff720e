//! The Sur-Gard frames of `vectors/serial-vectors.json`, as a whole: read, answered, written again, and split anywhere.
#![cfg(feature = "surgard")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::time::Duration;

use alarmwire::codec::{
    DecodeOptions, Decoded, PROTOCOLS, Protocol, Quirk,
    registry::detect,
    surgard::{Body, Frame, Framed, Framer, Settings, Surgard},
};
use bytes::BytesMut;
use serde_json::Value;

fn vectors() -> Vec<(String, Vec<u8>, Value)> {
    let file: Value = serde_json::from_str(include_str!("vectors/serial-vectors.json")).unwrap();
    let ours = |v: &&Value| v["protocol"].as_str().unwrap().starts_with("surgard");
    let vectors: Vec<_> = file["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .filter(ours)
        .map(|v| {
            let raw =
                alarmwire::types::decode_hex(v["raw_hex"].as_str().unwrap().as_bytes()).unwrap();
            (v["id"].as_str().unwrap().to_string(), raw, v.clone())
        })
        .collect();
    assert!(vectors.len() >= 16);
    vectors
}

fn decode(raw: &[u8]) -> Decoded {
    let options = DecodeOptions {
        argument: true,
        ..DecodeOptions::default()
    };
    let (decoded, taken) = Surgard.decode(raw, &options);
    assert_eq!(taken, raw.len());
    decoded
}

#[test]
fn every_vector_gets_its_answer_and_its_fields() {
    for (id, raw, vector) in vectors() {
        let (decoded, expect) = (decode(&raw), &vector["expect"]);
        assert_eq!(
            decoded.reply_hex.as_deref(),
            vector["reply_hex"].as_str(),
            "{id}: {decoded:?}"
        );
        assert_eq!(decoded.protocol, "surgard");
        let kind = expect["kind"].as_str().unwrap();
        assert_eq!(
            decoded.ok,
            !matches!(kind, "malformed" | "line-settings-mismatch"),
            "{id}: {decoded:?}"
        );
        for (field, shown) in [
            ("receiver", &decoded.receiver),
            ("line", &decoded.line),
            ("account", &decoded.account),
        ] {
            if let Some(wanted) = expect[field].as_str() {
                assert_eq!(shown.as_deref(), Some(wanted), "{id}: {field}");
            }
        }
        assert_eq!(
            decoded.events.is_empty(),
            matches!(kind, "heartbeat" | "malformed"),
            "{id}: {decoded:?}"
        );
        let mut quirks: Vec<_> = decoded.quirks.iter().map(Quirk::slug).collect();
        // `Nri1BA01`, as the manual prints it, has no slash behind the area.
        quirks.retain(|slug| !(id == "sg-06" && *slug == Quirk::NoSlash.slug()));
        let wanted: &[&str] = if kind == "line-settings-mismatch" {
            &["seven-bits"]
        } else {
            &[]
        };
        assert_eq!(quirks, wanted, "{id}");
    }
}

#[test]
fn every_vectors_events_are_those_of_its_body() {
    for (id, raw, vector) in vectors() {
        let (decoded, expect) = (decode(&raw), &vector["expect"]);
        let text = |field: &str| expect[field].as_str();
        let Some(event) = decoded.events.first() else {
            continue;
        };
        match (expect["kind"].as_str().unwrap(), text("format")) {
            ("event", Some("contact-id")) => {
                assert_eq!(
                    event.code,
                    format!("cid:1{}", text("code").unwrap()),
                    "{id}"
                );
                assert_eq!(Some(event.qualifier.as_str()), text("qualifier"), "{id}");
                assert_eq!(event.partition.as_deref(), text("group"), "{id}");
                assert_eq!(
                    event.zone.as_deref().or(event.user.as_deref()),
                    text("zone"),
                    "{id}"
                );
            }
            ("event", Some("sia" | "sia-protocol-1")) | ("internal", _)
                if text("code").is_some() =>
            {
                assert_eq!(event.code, format!("sia:{}", text("code").unwrap()), "{id}");
                if id != "sg-10" && id != "sg-19" {
                    assert_eq!(event.zone.as_deref(), text("zone"), "{id}");
                }
                if let Some(area) = text("area") {
                    assert_eq!(event.partition.as_deref(), Some(area), "{id}");
                }
            }
            ("event", Some("basic" | "4+2")) => {
                assert_eq!(
                    event.code,
                    format!("raw:surgard:{}", text("event").unwrap()),
                    "{id}"
                );
                assert_eq!(event.partition.as_deref(), text("area"), "{id}");
                assert_eq!(event.zone.as_deref(), text("zone"), "{id}");
                assert_eq!(event.user.as_deref(), text("user"), "{id}");
            }
            _ => {}
        }
    }
}

#[test]
fn an_alarm_letter_is_burglary_and_a_closing_is_a_restore() {
    let alarm = decode(b"1011      1234 A  05\x14");
    assert_eq!(
        (alarm.events[0].class.as_str(), alarm.events[0].lane),
        ("burglary", 1)
    );
    let closing = decode(b"1011      0012 C1128\x14");
    assert_eq!(
        (
            closing.events[0].class.as_str(),
            closing.events[0].qualifier.as_str()
        ),
        ("open_close", "restore")
    );
}

#[test]
fn the_refused_qualifier_is_named_with_its_place() {
    let decoded = decode(b"5011 181234X12101001\x14");
    let error = decoded.error.unwrap();
    assert_eq!(
        (error.offset, error.message.as_str()),
        (11, "expected qualifier")
    );
}

#[test]
fn the_registry_finds_the_protocol_by_the_frame() {
    for (id, raw, vector) in vectors() {
        let found = detect(&raw).map(|p| p.name());
        if vector["expect"]["kind"] != "line-settings-mismatch" {
            assert_eq!(found, Some("surgard"), "{id}");
        }
    }
    for other in [
        "1131 01 015",
        "Nri1/BA015",
        "1234181131010158",
        "\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 010]\r",
    ] {
        assert_ne!(
            detect(other.as_bytes()).map(|p| p.name()),
            Some("surgard"),
            "{other}"
        );
    }
    assert!(PROTOCOLS.iter().any(|p| p.name() == "surgard"));
}

#[test]
fn what_was_read_is_written_again() {
    for (id, raw, vector) in vectors() {
        if matches!(
            vector["expect"]["kind"].as_str().unwrap(),
            "malformed" | "line-settings-mismatch"
        ) {
            continue;
        }
        let raw = raw.strip_prefix(b"garbage\0\xff").unwrap_or(&raw);
        let (frame, taken) = Frame::parse(raw, &Settings::default()).unwrap().unwrap();
        assert_eq!(taken, raw.len());
        let mut out = BytesMut::new();
        frame.encode(&mut out).unwrap();
        assert_eq!(out, raw, "{id}");
    }
}

#[test]
fn quirk_seven_bits_is_reported_and_read_only_where_allowed() {
    let (_, raw, _) = vectors()
        .into_iter()
        .find(|(id, ..)| id == "sg-16")
        .unwrap();
    let decoded = decode(&raw);
    assert!(decoded.quirks.has(Quirk::SevenBits) && !decoded.ok && decoded.reply_hex.is_none());
    assert!(decoded.error.unwrap().message.contains("7E1"));
    assert_eq!(
        (decoded.account.as_deref(), decoded.line.as_deref()),
        (Some("1234"), Some("1"))
    );
}

#[test]
fn every_vector_survives_a_split_at_every_byte_and_a_merge_with_the_next() {
    let now = Duration::ZERO;
    let all: Vec<_> = vectors()
        .into_iter()
        .filter(|(id, ..)| id != "sg-16" && id != "sg-18")
        .collect();
    let mut whole = Framer::default();
    for (id, raw, _) in &all {
        let wanted = raw.strip_prefix(b"garbage\0\xff").unwrap_or(raw);
        for split in 0..=raw.len() {
            let mut framer = Framer::default();
            let mut seen = 0;
            for part in [&raw[..split], &raw[split..]] {
                framer.push(now, part);
                loop {
                    match framer.next(now, &Settings::default()) {
                        Framed::More => break,
                        Framed::Frame(frame) => {
                            assert_eq!(frame.raw, wanted, "{id} split at {split}");
                            seen += 1;
                        }
                        Framed::Noise(_) => {}
                        other => panic!("{id} split at {split}: {other:?}"),
                    }
                }
            }
            assert_eq!(seen, 1, "{id} split at {split}");
        }
        whole.push(now, raw);
    }
    let mut seen = 0;
    loop {
        match whole.next(now, &Settings::default()) {
            Framed::More => break,
            Framed::Frame(_) => seen += 1,
            Framed::Noise(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen, all.len());
}

#[test]
fn a_heartbeat_is_told_from_an_alarm_that_begins_with_the_same_digit() {
    for (wire, heartbeat) in [
        (&b"1011           @    \x14"[..], true),
        (b"100000           @    \x14", true),
        (b"1011      1234 A  05\x14", false),
    ] {
        let (frame, _) = Frame::parse(wire, &Settings::default()).unwrap().unwrap();
        assert_eq!(frame.body == Body::Heartbeat, heartbeat);
    }
}
