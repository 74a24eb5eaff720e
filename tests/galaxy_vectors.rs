//! The blocks of `cid-sia-vectors.json` as a Galaxy line has them, and the SMS.
#![cfg(feature = "galaxy")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails shall say where"
)]

use std::time::Duration;

use alarmwire::codec::{
    DecodeOptions, Protocol,
    dc03::Dc03,
    galaxy::{Frame, Galaxy, GalaxyStream, Settings, State, Text},
    registry,
    stream::{Cut, Decoder, Stream},
};
use bytes::BytesMut;
use serde_json::Value;

fn vectors() -> Vec<(Value, Vec<u8>)> {
    let text = include_str!("vectors/cid-sia-vectors.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let blocks = all["dc03"].as_array().unwrap().iter();
    let bytes = |vector: &Value| {
        let hex = vector["hex"].as_str().unwrap().split(' ');
        hex.map(|byte| u8::from_str_radix(byte, 16).unwrap())
            .collect()
    };
    blocks
        .filter(|vector| vector["kind"] == "dc03-block")
        .map(|vector| (vector.clone(), bytes(vector)))
        .collect()
}

fn cuts(stream: &mut impl Decoder, read: &[u8], second: u64) -> (Vec<Vec<u8>>, usize) {
    let (mut frames, mut noise) = (vec![], 0);
    let now = Duration::from_secs(second);
    stream.push(now, read);
    loop {
        match stream.next(now) {
            Cut::More => return (frames, noise),
            Cut::Frame { bytes, .. } => frames.push(bytes.to_vec()),
            Cut::Noise(bytes) => noise += bytes,
            Cut::Bad { bytes, .. } => noise += bytes.len(),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn blocks_are_read_explained_answered_and_written() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 22);
    for (vector, wire) in &vectors {
        let (frame, taken) = Frame::parse(wire, &Settings::default()).unwrap().unwrap();
        assert_eq!(taken, wire.len());
        let mut out = BytesMut::new();
        frame.encode(&mut out).unwrap();
        assert_eq!(out, wire);

        let (decoded, taken) = Galaxy.decode(wire, &DecodeOptions::default());
        assert!(decoded.ok && taken == wire.len());
        let function = vector["function"].as_str().unwrap();
        assert_eq!(decoded.token.as_deref(), Some(function));
        assert_eq!(decoded.data.as_deref(), vector["data"].as_str());
        let answer = function == "8" || function == "9" || function == "6";
        let wanted = vector["ack_request"].as_bool().unwrap() && !answer;
        assert_eq!(decoded.reply_hex.as_deref(), wanted.then_some("403887"));
        assert_eq!(decoded.events.is_empty(), !"NO".contains(function));
    }
}

/// One block is the same in both protocols; the registry has dc03 in front, and names it first.
#[test]
fn true_ambiguity_with_dc03_is_settled_by_the_registry_order() {
    for (_, wire) in vectors() {
        assert_eq!(Galaxy.confidence(&wire), Dc03.confidence(&wire));
        assert_eq!(registry::detect(&wire).unwrap().name(), "dc03");
    }
    assert_eq!(registry::detect(b"#1234|NBA1").unwrap().name(), "dc03");
}

#[test]
fn blocks_come_split_coalesced_and_behind_noise() {
    let vectors = vectors();
    for (_, wire) in &vectors {
        for cut in 0..=wire.len() {
            let mut stream = Stream::new(GalaxyStream::default());
            let mut frames = cuts(&mut stream, &wire[..cut], 0).0;
            frames.extend(cuts(&mut stream, &wire[cut..], 0).0);
            assert_eq!(frames, std::slice::from_ref(wire), "cut at {cut}");
        }
        let mut stream = Stream::new(GalaxyStream::default());
        let mut frames = cuts(&mut stream, &[b"\xFF\xFF\xFF", &wire[..]].concat(), 0).0;
        // Noise in front of a header that is a function's letter as well looks like a longer block until the pause.
        frames.extend(cuts(&mut stream, b"", 1).0);
        assert_eq!(frames, std::slice::from_ref(wire));
    }
    let all: Vec<u8> = vectors.iter().flat_map(|(_, wire)| wire.clone()).collect();
    let mut stream = Stream::new(GalaxyStream::default());
    assert_eq!(cuts(&mut stream, &all, 0).0.len(), vectors.len());
}

#[test]
fn an_sms_is_explained() {
    let wire = b">#002113 NBA1023/ti10:35/A+INTRUDER.";
    assert_eq!(registry::detect(wire).unwrap().name(), "galaxy");
    let (decoded, taken) = Galaxy.decode(wire, &DecodeOptions::default());
    assert_eq!(taken, wire.len());
    assert!(decoded.ok && decoded.reply_hex.is_none());
    assert_eq!(decoded.account.as_deref(), Some("002113"));
    assert_eq!(decoded.events.len(), 1);
    assert_eq!(decoded.events[0].code, "sia:BA");
    assert_eq!(decoded.events[0].zone.as_deref(), Some("1023"));
    let text = decoded.events[0].text.as_deref().unwrap();
    assert_eq!(Text::parse(text.as_bytes()).unwrap().state, State::On);
}

#[test]
fn codes_outside_of_the_table_pass_through() {
    for code in ["AC", "BF", "BL", "YL"] {
        let sms = format!(">#1234 N{code}12.");
        let (decoded, _) = Galaxy.decode(sms.as_bytes(), &DecodeOptions::default());
        assert_eq!(decoded.events[0].code, format!("sia:{code}"));
        assert_eq!(decoded.events[0].zone.as_deref(), Some("12"));
    }
}

#[test]
fn passcodes_are_not_explained() {
    for text in [&b"?4711"[..], b"PUC1*4711"] {
        let mut wire = BytesMut::new();
        let block = alarmwire::codec::dc03::FskBlock::new(text).unwrap();
        block.encode(&mut wire);
        for protocol in [&Galaxy as &dyn Protocol, &Dc03] {
            let explained =
                |wire: &[u8]| format!("{:?}", protocol.decode(wire, &DecodeOptions::default()).0);
            assert!(!explained(&wire).contains("4711"));
            let mut damaged = wire.clone();
            *damaged.last_mut().unwrap() ^= 1;
            assert!(!explained(&damaged).contains("4711"));
        }
    }
}
