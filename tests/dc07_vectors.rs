//! The frames of Bosch's SIA mode in `vectors/serial-vectors.json`, as a whole: read, answered, written again, and split
//! anywhere.
#![cfg(feature = "dc07")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::time::Duration;

use alarmwire::codec::{
    DecodeOptions, Decoded, Protocol,
    dc07::{Dc07, Frame},
    registry::detect,
    stream::{Cut, Decoder},
};
use bytes::BytesMut;
use serde_json::Value;

fn vectors() -> Vec<(String, Vec<u8>, Value)> {
    let file: Value = serde_json::from_str(include_str!("vectors/serial-vectors.json")).unwrap();
    let vectors: Vec<_> = file["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|v| v["protocol"] == "bosch-sia")
        .map(|v| {
            let raw =
                alarmwire::types::decode_hex(v["raw_hex"].as_str().unwrap().as_bytes()).unwrap();
            (v["id"].as_str().unwrap().to_string(), raw, v.clone())
        })
        .collect();
    assert_eq!(vectors.len(), 8);
    vectors
}

fn good() -> Vec<(String, Vec<u8>, Value)> {
    let mut all = vectors();
    all.retain(|(.., vector)| vector["expect"]["kind"] != "bad-crc");
    all
}

fn decode(raw: &[u8]) -> Decoded {
    let options = DecodeOptions {
        argument: true,
        ..DecodeOptions::default()
    };
    let (decoded, taken) = Dc07.decode(raw, &options);
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
        let kind = expect["kind"].as_str().unwrap();
        assert_eq!(decoded.ok, kind != "bad-crc", "{id}: {decoded:?}");
        assert_eq!(decoded.crc.unwrap().ok, decoded.ok);
        let token = expect["type"]
            .as_str()
            .map(|text| text.replace("tab", "TAB"));
        for (wanted, shown) in [
            (token.as_deref(), &decoded.token),
            (expect["seq"].as_str(), &decoded.sequence),
            (expect["receiver"].as_str(), &decoded.receiver),
            (expect["line"].as_str(), &decoded.line),
            (expect["account"].as_str(), &decoded.account),
        ] {
            if wanted.is_some() {
                assert_eq!(shown.as_deref(), wanted, "{id}");
            }
        }
        if let Some(block) = expect["data"].as_str() {
            let data = decoded.data.as_deref().unwrap();
            assert_eq!(data.split_once('|').unwrap().1, block, "{id}");
        }
        assert_eq!(decoded.events.is_empty(), kind != "event", "{id}");
        assert!(decoded.quirks.is_empty(), "{id}: {:?}", decoded.quirks);
    }
}

#[test]
fn the_events_are_those_of_the_bodies() {
    for (id, said) in [
        ("bsia-01", "sia:OP open_close new 2"),
        ("bsia-02", "raw:dc07:A burglary new 1 zone 01"),
        ("bsia-04", "raw:dc07:1090000000110000000 status new 1"),
        ("bsia-06", "sia:BA burglary new 1 zone 9"),
        ("bsia-07", "cid:1130 burglary new 1 partition 01 zone 005"),
        ("bsia-08", "sia:FA fire new 0 partition 1 zone 100"),
    ] {
        let (_, raw, _) = vectors().into_iter().find(|(name, ..)| name == id).unwrap();
        let decoded = decode(&raw);
        assert_eq!(decoded.events.len(), 1);
        let event = &decoded.events[0];
        let mut text = format!(
            "{} {} {} {}",
            event.code, event.class, event.qualifier, event.lane
        );
        for (name, value) in [("partition", &event.partition), ("zone", &event.zone)] {
            if let Some(value) = value {
                text += &format!(" {name} {value}");
            }
        }
        assert_eq!(text, said, "{id}");
    }
}

#[test]
fn the_answers_are_answered_by_nobody() {
    for (id, raw, vector) in vectors() {
        let reply =
            alarmwire::types::decode_hex(vector["reply_hex"].as_str().unwrap().as_bytes()).unwrap();
        let decoded = decode(&reply);
        assert!(decoded.ok && decoded.events.is_empty(), "{id}");
        // A link test's ACK is the link test.
        let wanted = (reply == raw).then_some(vector["reply_hex"].as_str().unwrap());
        assert_eq!(decoded.reply_hex.as_deref(), wanted, "{id}");
        let (frame, _) = Frame::parse(&reply).unwrap().unwrap();
        assert_eq!(frame.is_nak(), !decode(&raw).ok);
        if let Ok(Some((message, _))) = Frame::parse(&raw) {
            assert!(frame.acknowledges(&message), "{id}");
        }
    }
}

#[test]
fn what_was_read_is_written_again() {
    for (id, raw, _) in good() {
        let (frame, taken) = Frame::parse(&raw).unwrap().unwrap();
        assert_eq!(taken, raw.len());
        let mut out = BytesMut::new();
        frame.encode(&mut out).unwrap();
        assert_eq!(out, raw, "{id}");
    }
}

#[test]
fn the_registry_finds_the_protocol_by_the_frame() {
    for (id, raw, vector) in vectors() {
        assert_eq!(detect(&raw).unwrap().name(), "dc07", "{id}");
        let good = vector["expect"]["kind"] != "bad-crc";
        assert_eq!(Dc07.confidence(&raw), if good { 95 } else { 50 }, "{id}");
        // DC-09 has the same LF and check value in front.
        if good {
            let bare = &raw[1..raw.len() - 1];
            assert_eq!(detect(bare).unwrap().name(), "dc07", "{id}");
            assert!(decode(bare).ok);
        }
    }
    let dc09 = b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r";
    assert_eq!(Dc07.confidence(dc09), 0);
}

fn drain(stream: &mut dyn Decoder) -> (Vec<Vec<u8>>, usize) {
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
    let mut whole = Dc07.stream().unwrap();
    let mut wanted = Vec::new();
    for (id, raw, _) in good() {
        for noise in [&b""[..], b"garbage\0\xff", b"\n\r\n12\n", b"1C\t0001[]\r"] {
            let wire = [noise, &raw].concat();
            for split in 0..=wire.len() {
                let mut stream = Dc07.stream().unwrap();
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
