//! Every vector of `tests/vectors/dc09-vectors.json`, and the DC-09 lines of `cid-sia-vectors.json`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg(feature = "crypto")]

use alarmwire::{
    AccountId, Protocol,
    codec::{
        DecodeOptions, Quirk,
        dc09::{
            Body, Content, CrcForm, Dc09, Frame, Framed, Framer, Key, Reply, Scratch, reply_ack,
        },
    },
    event::decode_text,
    types::{LineNumber, ReceiverNumber, decode_hex},
};
use serde_json::Value;

fn vectors(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(format!("tests/vectors/{file}")).unwrap())
        .unwrap()
}

fn key(vector: &Value) -> Option<Vec<u8>> {
    match (vector["key_hex"].as_str(), vector["key_ascii"].as_str()) {
        (Some(digits), _) => Some(decode_hex(digits.as_bytes()).unwrap()),
        (_, Some(text)) => Some(text.as_bytes().to_vec()),
        _ => None,
    }
}

fn check_header(frame: &Frame<'_>, expect: &Value, id: &str) {
    assert_eq!(frame.token.as_str(), expect["token"], "{id}");
    assert_eq!(frame.encrypted, expect["encrypted"], "{id}");
    assert_eq!(
        frame.sequence.to_string(),
        expect["seq"].as_str().unwrap(),
        "{id}"
    );
    assert_eq!(
        frame.receiver.map(ReceiverNumber::as_str),
        expect["receiver"].as_str(),
        "{id}"
    );
    assert_eq!(
        frame.line.map(LineNumber::as_str),
        expect["prefix"].as_str(),
        "{id}"
    );
    assert_eq!(
        frame.account.map(AccountId::as_str),
        expect["account"].as_str(),
        "{id}"
    );
    if let Some(ok) = expect["length_ok"].as_bool() {
        assert_eq!(frame.length_ok, ok, "{id}");
    }
}

fn check_content(content: &Content<'_>, expect: &Value, id: &str) {
    assert_eq!(
        Some(String::from_utf8_lossy(content.data).as_ref()),
        expect["data"].as_str(),
        "{id}"
    );
    let extended: Vec<_> = content
        .extended
        .iter()
        .map(|f| {
            (
                char::from(f.letter).to_string(),
                decode_text(f.value).into_owned(),
            )
        })
        .collect();
    let expected: Vec<_> = expect["xdata"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| {
            (
                pair[0].as_str().unwrap().to_owned(),
                pair[1].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    assert_eq!(extended, expected, "{id}");
    assert_eq!(
        content.timestamp.map(|t| std::str::from_utf8(t).unwrap()),
        expect["timestamp"].as_str(),
        "{id}"
    );
    if let Some(pad) = expect["pad_hex"].as_str() {
        assert_eq!(content.pad, decode_hex(pad.as_bytes()).unwrap(), "{id}");
        assert_eq!(content.pipe, expect["pad_separator"], "{id}");
    }
}

fn check(frame: &Frame<'_>, vector: &Value, expect: &Value, id: &str) {
    check_header(frame, expect, id);
    let mut scratch = Scratch::new();
    match (&frame.body, key(vector)) {
        (Body::Clear(content), _) => check_content(content, expect, id),
        (Body::Encrypted(_), Some(key)) => {
            let key = Key::from_bytes(&key).unwrap();
            check_content(
                &frame
                    .decrypt(&key, &mut scratch)
                    .unwrap_or_else(|e| panic!("{id}: {e}")),
                expect,
                id,
            );
        }
        (Body::Encrypted(_), None) => assert!(expect["payload"].is_string(), "{id} has no key"),
    }
}

fn check_broken(raw: &[u8], vector: &Value, id: &str) {
    let (decoded, _) = Dc09.decode(raw, &DecodeOptions::default());
    let expect = &vector["expect"];
    // A wrong CRC, a length that is no number and a header that can't be read are refused; a wrong length alone is flagged.
    match Frame::parse_whole(raw) {
        Ok((frame, _)) => {
            assert_eq!(
                (&expect["crc_ok"], &expect["length_ok"]),
                (&Value::Bool(true), &Value::Bool(false)),
                "{id}"
            );
            assert!(
                frame.quirks.has(Quirk::WrongLength) && !frame.length_ok,
                "{id}"
            );
            assert_eq!(decoded.length_ok, Some(false), "{id}");
            assert!(decoded.quirks.has(Quirk::WrongLength), "{id}");
            check_header(&frame, expect, id);
        }
        Err(_) => {
            assert!(
                matches!(
                    id,
                    "bad-crc-zero" | "bad-length-nonhex" | "bad-crc-lupus-sim" | "bad-ack-none"
                ),
                "{id}"
            );
            assert!(
                !decoded.ok && decoded.error.is_some() && decoded.reply_hex.is_none(),
                "{id}"
            );
            assert!(
                decoded
                    .crc
                    .is_none_or(|crc| crc.ok == expect["crc_ok"].as_bool().unwrap()),
                "{id}"
            );
        }
    }
}

#[test]
fn every_vector_is_read_and_answered_as_written_down() {
    let file = vectors("dc09-vectors.json");
    let all = file["vectors"].as_array().unwrap();
    assert_eq!(all.len(), 98);
    for vector in all {
        let id = vector["id"].as_str().unwrap();
        let raw = decode_hex(vector["raw_hex"].as_str().unwrap().as_bytes()).unwrap();
        if vector["kind"] == "broken" {
            check_broken(&raw, vector, id);
            continue;
        }
        let expected: Vec<&Value> = match vector["expect"]["frames"].as_array() {
            Some(frames) => frames.iter().collect(),
            None => vec![&vector["expect"]],
        };
        let mut framer = Framer::new();
        framer.push(&raw);
        let mut acks = Vec::new();
        for expect in expected {
            let Framed::Frame(frame) = framer.next(std::time::Duration::ZERO) else {
                panic!("{id} is no frame")
            };
            let form = match vector["crc_mode"].as_str().unwrap() {
                "hex" => CrcForm::Hex,
                "binary" => CrcForm::Binary,
                "hex+CR" => CrcForm::HexOverCr,
                other => panic!("{id} has a CRC by {other}"),
            };
            assert_eq!(frame.crc, form, "{id}");
            check(&frame, vector, expect, id);
            let mut reply = Reply::new();
            reply_ack(&frame, &mut reply);
            acks.extend_from_slice(&reply);
        }
        assert_eq!(framer.next(std::time::Duration::ZERO), Framed::More, "{id}");
        if let Some(ack) = vector["ack_hex"].as_str() {
            assert_eq!(
                acks.escape_ascii().to_string(),
                decode_hex(ack.as_bytes())
                    .unwrap()
                    .escape_ascii()
                    .to_string(),
                "{id}"
            );
        }
    }
}

#[test]
fn decode_gives_every_vector_its_fields_and_its_answer() {
    for vector in vectors("dc09-vectors.json")["vectors"].as_array().unwrap() {
        let id = vector["id"].as_str().unwrap();
        let raw = decode_hex(vector["raw_hex"].as_str().unwrap().as_bytes()).unwrap();
        let key = key(vector);
        let mut at = 0;
        let mut replies = String::new();
        while at < raw.len() {
            let options = DecodeOptions {
                key: key.as_deref(),
                ..DecodeOptions::default()
            };
            let (decoded, taken) = Dc09.decode(&raw[at..], &options);
            assert!(taken > 0, "{id}");
            at += taken;
            let readable = vector["kind"] != "broken" && !vector["expect"]["payload"].is_string()
                || id == "bad-length-99";
            assert_eq!(decoded.ok, readable, "{id}: {:?}", decoded.error);
            replies += decoded.reply_hex.as_deref().unwrap_or_default();
        }
        if let Some(ack) = vector["ack_hex"].as_str() {
            assert_eq!(replies, ack, "{id}");
        }
    }
}

#[test]
fn the_lines_of_the_body_vectors_are_read_with_their_flags() {
    for line in vectors("cid-sia-vectors.json")["dc09_lines_with_cid_or_sia"]
        .as_array()
        .unwrap()
    {
        let text = line["line"].as_str().unwrap();
        let wire = format!("\n{text}\r");
        let (frame, _) =
            Frame::parse_whole(wire.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(frame.length_ok, line["length_ok"], "{text}");
        let options = DecodeOptions {
            argument: true,
            ..DecodeOptions::default()
        };
        let (decoded, taken) = Dc09.decode(text.as_bytes(), &options);
        assert!(
            decoded.ok && taken == text.len(),
            "{text}: {:?}",
            decoded.error
        );
        assert!(
            decoded.quirks.has(Quirk::MissingLf) && decoded.quirks.has(Quirk::MissingCr),
            "{text}"
        );
        assert!(!decoded.events.is_empty(), "{text}");
    }
}
