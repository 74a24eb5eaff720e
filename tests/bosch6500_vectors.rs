//! The 6500-mode frames of `vectors/serial-vectors.json`, as a whole: read, answered, written again, and split anywhere.
#![cfg(feature = "bosch6500")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::time::Duration;

use alarmwire::codec::{
    DecodeOptions, Decoded, Protocol,
    bosch6500::{Body, Bosch6500, Command, Frame, Settings},
    registry::detect,
    stream::Cut,
};
use bytes::BytesMut;
use serde_json::Value;

fn vectors(of: &str) -> Vec<(String, Vec<u8>, Value)> {
    let file: Value = serde_json::from_str(include_str!("vectors/serial-vectors.json")).unwrap();
    let vectors: Vec<_> = file["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|v| v["protocol"] == of)
        .map(|v| {
            let raw =
                alarmwire::types::decode_hex(v["raw_hex"].as_str().unwrap().as_bytes()).unwrap();
            (v["id"].as_str().unwrap().to_string(), raw, v.clone())
        })
        .collect();
    assert!(!vectors.is_empty());
    vectors
}

fn frames() -> Vec<(String, Vec<u8>, Value)> {
    vectors("bosch-6500")
}

fn decode(raw: &[u8]) -> Decoded {
    let options = DecodeOptions {
        argument: true,
        ..DecodeOptions::default()
    };
    let (decoded, taken) = Bosch6500.decode(raw, &options);
    assert_eq!(taken, raw.len());
    decoded
}

#[test]
fn every_vector_gets_its_answer_and_its_fields() {
    for (id, raw, vector) in frames() {
        let (decoded, expect) = (decode(&raw), &vector["expect"]);
        assert!(decoded.ok && decoded.quirks.is_empty(), "{id}: {decoded:?}");
        assert_eq!(decoded.protocol, "bosch6500");
        assert_eq!(decoded.reply_hex.as_deref(), vector["reply_hex"].as_str());
        for (field, shown) in [
            ("receiver", &decoded.receiver),
            ("line", &decoded.line),
            ("account", &decoded.account),
        ] {
            if let Some(wanted) = expect[field].as_str() {
                assert_eq!(shown.as_deref(), Some(wanted), "{id}: {field}");
            }
        }
        let (frame, taken) = Frame::parse(&raw, &Settings::default()).unwrap().unwrap();
        assert_eq!(taken, raw.len());
        match (expect["kind"].as_str().unwrap(), frame.body) {
            ("heartbeat", Body::LinkTest) => assert!(decoded.events.is_empty()),
            ("text", Body::Text(_)) => {
                assert_eq!(
                    decoded.events[0].text.as_deref(),
                    expect["text"].as_str(),
                    "{id}"
                );
                assert!(frame.is_rejection());
            }
            ("event", Body::Common(body)) => {
                let field = std::str::from_utf8(&body.event).unwrap();
                assert_eq!(
                    (Some(field), Some(body.zone)),
                    (expect["event"].as_str(), expect["zone"].as_str()),
                    "{id}"
                );
                assert_eq!(
                    decoded.events[0].code,
                    format!("raw:bosch6500:{}", field.trim())
                );
            }
            ("event", Body::ContactId(body)) => {
                assert_eq!(
                    decoded.events[0].qualifier,
                    expect["qualifier"].as_str().unwrap()
                );
                let code = std::str::from_utf8(&body.code).unwrap();
                assert_eq!(
                    [Some(code), Some(body.group), Some(body.zone)],
                    [&expect["code"], &expect["group"], &expect["zone"]].map(Value::as_str),
                    "{id}"
                );
            }
            other => panic!("{id}: {other:?}"),
        }
    }
}

#[test]
fn commands_are_explained_and_never_answered() {
    for (id, raw, vector) in vectors("bosch-6500-command") {
        let (decoded, expect) = (decode(&raw), &vector["expect"]);
        assert!(decoded.ok && decoded.reply_hex.is_none() && decoded.events.is_empty());
        assert_eq!(decoded.token.as_deref(), expect["name"].as_str(), "{id}");
        assert_eq!(decoded.data.as_deref(), expect["value"].as_str(), "{id}");
        assert_eq!(detect(&raw).unwrap().name(), "bosch6500", "{id}");
        let (command, _) = Command::parse(&raw).unwrap().unwrap();
        let mut out = BytesMut::new();
        command.encode(&mut out).unwrap();
        assert_eq!(out, raw);
    }
}

#[test]
fn what_was_read_is_written_again() {
    for (id, raw, _) in frames() {
        let (frame, _) = Frame::parse(&raw, &Settings::default()).unwrap().unwrap();
        let mut out = BytesMut::new();
        frame.encode(&mut out).unwrap();
        assert_eq!(out, raw, "{id}");
    }
}

#[test]
fn the_registry_finds_the_protocol_by_the_frame() {
    for (id, raw, _) in frames() {
        // A link test without a header is Sur-Gard's heartbeat byte for byte, and Sur-Gard goes first.
        let wanted = if id == "d65-05" {
            "surgard"
        } else {
            "bosch6500"
        };
        assert_eq!(detect(&raw).unwrap().name(), wanted, "{id}");
    }
}

fn drain(stream: &mut dyn alarmwire::codec::stream::Decoder) -> (Vec<Vec<u8>>, usize) {
    let (mut frames, mut noise) = (Vec::new(), 0);
    loop {
        match stream.next(Duration::ZERO) {
            Cut::More => return (frames, noise),
            Cut::Frame { bytes, .. } => frames.push(bytes.to_vec()),
            Cut::Noise(count) => noise += count,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn every_vector_survives_a_split_at_every_byte_noise_in_front_and_a_merge_with_the_next() {
    let mut whole = Bosch6500.stream().unwrap();
    let mut wanted = Vec::new();
    for (id, raw, _) in frames() {
        for noise in [&b""[..], b"garbage\0\xff", b"--\x14"] {
            let wire = [noise, &raw].concat();
            for split in 0..=wire.len() {
                let mut stream = Bosch6500.stream().unwrap();
                let (mut seen, mut dropped) = (Vec::new(), 0);
                for part in [&wire[..split], &wire[split..]] {
                    stream.push(Duration::ZERO, part);
                    let (frames, noise) = drain(&mut *stream);
                    seen.extend(frames);
                    dropped += noise;
                }
                assert_eq!(seen, std::slice::from_ref(&raw), "{id} split at {split}");
                assert_eq!(dropped, noise.len(), "{id} split at {split}");
            }
        }
        whole.push(Duration::ZERO, &raw);
        wanted.push(raw);
    }
    assert_eq!(drain(&mut *whole), (wanted, 0));
}
