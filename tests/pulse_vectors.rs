//! Every vector of `cid-sia-vectors.json` that is Express or High Speed: fields, events, both alphabets, as one stream, and
//! who claims it.
#![cfg(feature = "pulse")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that fails shall say where"
)]

use std::time::Duration;

use alarmwire::codec::{
    DecodeOptions, Protocol,
    pulse::{Format, Frame, Pulse, Settings},
    registry,
    stream::Cut,
};
use bytes::BytesMut;
use serde_json::Value;

fn vectors() -> Vec<Value> {
    let text = include_str!("vectors/cid-sia-vectors.json");
    let mut all: Value = serde_json::from_str(text).unwrap();
    let vectors: Vec<Value> = serde_json::from_value(all["other_dtmf"].take()).unwrap();
    assert_eq!(vectors.len(), 7);
    vectors
}

fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {vector}"))
}

#[test]
fn every_vector_is_read_and_written_in_both_alphabets() {
    for vector in vectors() {
        let block = text(&vector, "block");
        let frame = Frame::read(block.as_bytes(), &Settings::DEFAULT).unwrap();
        let format = match text(&vector, "kind") {
            "ademco-express-4-1" => Format::ExpressOne,
            "ademco-express-4-2" => Format::ExpressTwo,
            "ademco-high-speed-4-8-1" => Format::HighSpeed,
            other => panic!("{other}"),
        };
        assert_eq!(frame.format(), format, "{block}");
        assert_eq!(frame.account().as_str(), &block[..4]);
        let body = text(&vector, "body");
        assert_eq!(frame.body(), &body[6..], "{block}");
        let check = char::from(frame.check().unwrap().as_byte()).to_string();
        assert_eq!(check, text(&vector, "checksum"));

        let built = Frame::new(format, &block[..4], &body[6..]).unwrap();
        assert_eq!(built, frame);
        let mut out = BytesMut::new();
        built.encode(&mut out).unwrap();
        assert_eq!(out, block);
        out.clear();
        built.encode_keys(&mut out).unwrap();
        let keys = text(&vector, "dtmf");
        assert_eq!(out, keys);
        assert_eq!(
            Frame::read_keys(keys.as_bytes(), &Settings::DEFAULT),
            Ok(frame.clone())
        );
        assert_eq!(Frame::read(keys.as_bytes(), &Settings::DEFAULT), Ok(frame));
    }
}

#[test]
fn every_vector_is_explained_and_claimed_by_this_protocol() {
    let expected = [
        ("raw:pulse:8", "status", 1, Some("9"), None),
        ("raw:pulse:3", "status", 1, None, None),
        ("raw:pulse:0", "status", 1, Some("1"), None),
        ("raw:pulse:P1X7", "burglary", 1, Some("1"), None),
        ("raw:pulse:P3X7", "burglary", 1, Some("1"), None),
        ("raw:pulse:X9", "test", 3, None, None),
        ("raw:pulse:X2", "open_close", 2, None, Some("2")),
    ];
    for (vector, (code, class, lane, zone, user)) in vectors().iter().zip(expected) {
        for key in ["block", "dtmf"] {
            let wire = text(vector, key).as_bytes();
            let (decoded, taken) = Pulse.decode(wire, &DecodeOptions::default());
            assert!(decoded.ok && taken == wire.len(), "{vector}");
            assert!(decoded.crc.unwrap().ok && decoded.reply_hex.is_none());
            assert_eq!(decoded.events.len(), 1, "{vector}");
            let event = &decoded.events[0];
            assert_eq!(
                (event.code.as_str(), event.class.as_str(), event.lane),
                (code, class, lane)
            );
            assert_eq!((event.zone.as_deref(), event.user.as_deref()), (zone, user));
            assert_eq!(registry::detect(wire).unwrap().name(), "pulse", "{vector}");
        }
    }
}

#[test]
fn a_block_of_contact_id_is_contact_ids() {
    let vectors = include_str!("vectors/cid-sia-vectors.json");
    let all: Value = serde_json::from_str(vectors).unwrap();
    for vector in all["contact_id"].as_array().unwrap() {
        let wire = text(vector, "block").as_bytes();
        assert_eq!(Pulse.confidence(wire), 0);
        assert_eq!(registry::detect(wire).unwrap().name(), "contact-id");
    }
}

#[test]
fn all_vectors_come_out_of_one_stream_however_the_reads_are_cut() {
    let vectors = vectors();
    let blocks: Vec<_> = vectors.iter().map(|vector| text(vector, "block")).collect();
    let wire = format!("noise ~\r\n{}\n", blocks.join("\n"));
    for size in 1..=wire.len() {
        let mut stream = Pulse.stream().unwrap();
        let mut seen = Vec::new();
        for read in wire.as_bytes().chunks(size) {
            stream.push(Duration::ZERO, read);
            loop {
                match stream.next(Duration::ZERO) {
                    Cut::More => break,
                    Cut::Frame { bytes, .. } => {
                        let (frame, taken) =
                            Frame::parse(bytes, &Settings::DEFAULT).unwrap().unwrap();
                        assert_eq!(taken, bytes.len());
                        seen.push(frame.to_string());
                    }
                    Cut::Noise(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(seen, blocks, "reads of {size}");
    }
}

#[cfg(feature = "dc09")]
#[test]
fn the_tokens_of_dc09_are_read_and_what_has_another_shape_stays_raw() {
    use alarmwire::{
        AccountId,
        codec::dc09::{Dc09, Message, Style, Token},
        types::Sequence,
    };
    for (token, data, codes) in [
        ("SIA-PUL", "#1234|3 5", &["raw:pulse:3"][..]),
        ("ADM-41E", "#1234|C", &["raw:pulse:C"]),
        ("ADM-42E", "#1234|123427899", &["raw:pulse:8"]),
        (
            "ADM-HS",
            "#1234|1553 5555 7",
            &["raw:pulse:P1X7", "raw:pulse:P3X7"],
        ),
        ("ACR-SF", "#1234|15555555", &["raw:pulse:P1"]),
        ("SCN-S8", "#1234|155555557", &["raw:dc09:SCN-S8:155555557"]),
        ("ADM-HS", "#1234|what", &["raw:dc09:ADM-HS:what"]),
    ] {
        let message = Message {
            token: Token::new(token).unwrap(),
            sequence: Sequence::FIRST,
            receiver: None,
            line: None,
            account: AccountId::new("1234").ok(),
            data: data.as_bytes(),
            extended: &[],
            timestamp: None,
        };
        let mut wire = BytesMut::new();
        message.encode(&Style::default(), &mut wire).unwrap();
        let (decoded, _) = Dc09.decode(&wire, &DecodeOptions::default());
        let seen: Vec<_> = decoded
            .events
            .iter()
            .map(|event| event.code.as_str())
            .collect();
        assert_eq!(seen, codes, "{token} {data}");
        assert!(decoded.ok && decoded.reply_hex.is_some());
        assert_eq!(decoded.data_account.as_deref(), Some("1234"));
    }
}
