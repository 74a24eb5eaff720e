//! The frames of 685, CP-220 and ITI in `vectors/serial-vectors.json`: read, answered, written again, split anywhere.
#![cfg(all(feature = "cp220", feature = "iti", feature = "_testing"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use alarmwire::{
    codec::{DecodeOptions, Protocol, ademco685, cp220, iti, registry::detect},
    testing::lines::frames,
};
use bytes::BytesMut;
use serde_json::Value;

static IP_RECEIVER: ademco685::Configured = ademco685::Configured {
    settings: ademco685::Settings::IP_RECEIVER,
};

fn protocol(vector: &Value) -> Option<&'static dyn Protocol> {
    match vector["protocol"].as_str()? {
        // The vector of a 7810iR, which shows one number in front.
        "ademco-685" if vector["id"] == "685-08" => Some(&IP_RECEIVER),
        "ademco-685" | "ademco-caps" => Some(&ademco685::Ademco685),
        "cp-220" => Some(&cp220::Cp220),
        "iti-generic" => Some(&iti::Iti),
        _ => None,
    }
}

fn vectors() -> Vec<(String, &'static dyn Protocol, Vec<u8>, Value)> {
    let file: Value = serde_json::from_str(include_str!("vectors/serial-vectors.json")).unwrap();
    let vectors: Vec<_> = file["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|v| {
            let raw = v["raw_hex"].as_str().unwrap();
            let raw = alarmwire::types::decode_hex(raw.as_bytes()).unwrap();
            Some((v["id"].as_str()?.to_string(), protocol(v)?, raw, v.clone()))
        })
        .collect();
    assert_eq!(vectors.len(), 13);
    vectors
}

#[test]
fn every_vector_gets_its_answer_its_fields_and_its_event() {
    for (id, protocol, raw, vector) in vectors() {
        let options = DecodeOptions {
            argument: true,
            ..DecodeOptions::default()
        };
        let (decoded, taken) = protocol.decode(&raw, &options);
        assert_eq!(taken, raw.len(), "{id}");
        assert!(decoded.ok && decoded.quirks.is_empty(), "{id}: {decoded:?}");
        assert_eq!(decoded.reply_hex.as_deref(), vector["reply_hex"].as_str());
        let expect = &vector["expect"];
        let text = |field: &str| expect[field].as_str();
        for (field, shown) in [
            ("receiver", &decoded.receiver),
            ("group", &decoded.line),
            ("account", &decoded.account),
        ] {
            if let Some(wanted) = text(field)
                && !(id.starts_with("iti") && shown.is_none())
            {
                assert_eq!(shown.as_deref(), Some(wanted), "{id}: {field}");
            }
        }
        if let Some(card) = expect["line_card"].as_u64() {
            let line = decoded.line.as_deref().unwrap();
            assert_eq!(iti::base62(line.as_bytes()[0]).map(u64::from), Some(card));
        }
        let token = decoded.token.as_deref();
        match (text("kind").unwrap(), text("format")) {
            ("event", Some("ademco-high-speed")) => assert_eq!(token, Some("high-speed")),
            ("event", Some("4x2")) => assert!(matches!(token, Some("4x2" | "caps")), "{id}"),
            ("event", format) => assert_eq!(token, format, "{id}"),
            (kind, _) => assert_eq!(token, Some(kind), "{id}"),
        }
        if text("kind") == Some("heartbeat") {
            assert!(decoded.events.is_empty());
            continue;
        }
        let [event] = &decoded.events[..] else {
            panic!("{id}: {decoded:?}")
        };
        if let Some(code) = text("code") {
            assert_eq!(event.code, format!("cid:1{code}"));
            assert_eq!(Some(event.qualifier.as_str()), text("qualifier"));
            assert_eq!(event.partition.as_deref(), text("partition"));
            assert_eq!(event.zone.as_deref(), text("data"));
            assert_eq!((event.class.as_str(), event.lane), ("burglary", 1));
        }
        if let Some(digit) = text("event") {
            assert_eq!(event.code, format!("raw:ademco685:{digit}"));
            assert_eq!(event.zone.as_deref(), text("zone"));
            assert_eq!((event.class.as_str(), event.lane), ("status", 1));
        }
        if let Some(alarm) = text("alarm") {
            let code = event.code.strip_prefix("raw:cp220:").unwrap();
            assert_eq!(code.strip_prefix('A').unwrap_or(code), alarm);
        }
        if let (Some(channels), Some(status)) = (text("channels"), text("status")) {
            let number = channels.bytes().position(|digit| digit == b'1').unwrap() + 1;
            assert_eq!(event.code, format!("raw:pulse:P1X{status}"));
            assert_eq!(event.zone, Some(number.to_string()));
        }
    }
}

#[test]
fn what_was_read_is_written_again() {
    for (id, protocol, raw, _) in vectors() {
        let mut out = BytesMut::new();
        match protocol.name() {
            "ademco685" => {
                let (frame, _) = ademco685::Frame::parse(&raw).unwrap().unwrap();
                frame.encode(&mut out).unwrap();
            }
            "cp220" => {
                let settings = cp220::Settings::DEFAULT;
                let (frame, _) = cp220::Frame::parse(&raw, &settings).unwrap().unwrap();
                frame.encode(&settings, &mut out).unwrap();
            }
            _ => {
                let (frame, _) = iti::Frame::parse(&raw).unwrap().unwrap();
                frame.encode(&mut out).unwrap();
            }
        }
        // Documents differ on the blank in front of CR; none is written.
        let wanted: Vec<u8> = match raw.strip_suffix(b" \r") {
            Some(text) => [text, b"\r"].concat(),
            None => raw,
        };
        assert_eq!(out, wanted, "{id}");
    }
}

#[test]
fn every_vector_survives_splits_noise_and_its_neighbours() {
    for (id, protocol, raw, _) in vectors() {
        for cut in 1..=raw.len() {
            assert_eq!(frames(protocol, &raw, cut), (vec![raw.clone()], 0), "{id}");
        }
        let noisy = [b"\0\xFFnoise\x07", &raw[..], &raw, b"\0"].concat();
        for cut in 1..=raw.len() {
            assert_eq!(
                frames(protocol, &noisy, cut),
                (vec![raw.clone(), raw.clone()], 9),
                "{id}"
            );
        }
    }
}

/// True ambiguities: a Contact ID frame of a CP-220 and the heartbeat of ITI are frames of 685, byte for byte.
#[test]
fn the_registry_finds_the_protocol_by_the_frame() {
    for (id, protocol, raw, _) in vectors() {
        let wanted = match id.as_str() {
            "cp-01" | "iti-02" => "ademco685",
            _ => protocol.name(),
        };
        assert_eq!(detect(&raw).map(|p| p.name()), Some(wanted), "{id}");
        assert!(protocol.confidence(&raw) > 0, "{id}");
    }
}

#[test]
fn frames_of_dc09_and_its_like_are_left_to_them() {
    for other in [
        &b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 010]\r"[..],
        b"\n66FA0018\t00011001[#1234|NBA]\r",
        b"\n88B50014\"NULL\"0000L0#1234[]\r",
        b"5011 181234E12101001\x14",
        b"1131 01 015",
    ] {
        let ours: [&dyn Protocol; 3] = [&ademco685::Ademco685, &cp220::Cp220, &iti::Iti];
        for protocol in ours {
            let confidence = protocol.confidence(other);
            assert!(
                confidence <= 5,
                "{} says {confidence} of {}",
                protocol.name(),
                other.escape_ascii()
            );
        }
    }
}
