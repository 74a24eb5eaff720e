//! `Display` of a frame is its wire form: [`unescape`] gives the bytes back, for every vector of every protocol.
#![cfg(all(
    feature = "ademco685",
    feature = "ademco8000",
    feature = "bosch6500",
    feature = "cp220",
    feature = "dc07",
    feature = "dc09",
    feature = "galaxy",
    feature = "iti",
    feature = "sk9000",
    feature = "surgard"
))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::{collections::BTreeMap, fmt::Display};

use alarmwire::{
    codec::{
        Borrows, Owned, ademco685::Ademco685, ademco8000::Ademco8000, bosch6500::Bosch6500,
        contact_id, cp220::Cp220, dc03::Dc03, dc07::Dc07, dc09::Dc09, galaxy::Galaxy, iti::Iti,
        pulse, sk9000::Sk9000, surgard::Surgard,
    },
    types::{decode_hex, unescape},
};
use bytes::BytesMut;
use serde_json::Value;

fn wires() -> Vec<Vec<u8>> {
    let mut wires = Vec::new();
    for file in [
        include_str!("vectors/serial-vectors.json"),
        include_str!("vectors/dc09-vectors.json"),
        include_str!("vectors/mx8000.json"),
    ] {
        let file: Value = serde_json::from_str(file).unwrap();
        let vectors = file["vectors"].as_array().unwrap().iter();
        let hex = vectors.filter_map(|vector| vector["raw_hex"].as_str());
        wires.extend(hex.map(|hex| decode_hex(hex.as_bytes()).unwrap()));
    }
    for vector in cid_and_sia()["dc03"].as_array().unwrap() {
        let hex = vector["hex"].as_str().unwrap().replace(' ', "");
        wires.push(decode_hex(hex.as_bytes()).unwrap());
    }
    assert!(wires.len() > 100);
    wires
}

fn cid_and_sia() -> Value {
    serde_json::from_str(include_str!("vectors/cid-sia-vectors.json")).unwrap()
}

/// How many of the vectors are frames of the protocol; each is shown as its bytes.
macro_rules! shown {
    ($seen:ident: $($protocol:ident)*) => {$(
        for wire in wires() {
            let shown = shown_by($protocol, &wire, |frame| frame.to_string());
            *$seen.entry(stringify!($protocol)).or_default() += u32::from(shown);
        }
    )*};
}

fn shown_by<P: Borrows>(
    protocol: P,
    wire: &[u8],
    show: impl for<'a> Fn(P::Frame<'a>) -> String,
) -> bool {
    let Ok(kept) = Owned::copied(protocol, wire) else {
        return false;
    };
    let text = show(kept.frame().unwrap());
    if text.contains("***") {
        return true;
    }
    assert_eq!(
        unescape(text.as_bytes()).unwrap(),
        kept.bytes()[..],
        "{text}"
    );
    assert_eq!(
        unescape(kept.to_string().as_bytes()).unwrap(),
        kept.bytes()[..]
    );
    assert!(text.chars().all(|c| !c.is_control()), "{text:?}");
    true
}

#[test]
fn every_vector_is_shown_as_its_bytes() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    shown!(seen: Dc09 Dc07 Surgard Ademco685 Bosch6500 Ademco8000 Sk9000 Cp220 Iti Galaxy Dc03);
    assert!(seen.values().all(|frames| *frames > 0), "{seen:?}");
}

fn bytes_of(value: &impl Display) -> Vec<u8> {
    unescape(value.to_string().as_bytes()).unwrap()
}

#[test]
fn blocks_and_bodies_are_shown_as_they_are_written() {
    for vector in cid_and_sia()["contact_id"].as_array().unwrap() {
        let Some(block) = vector["block"].as_str() else {
            continue;
        };
        let Ok(Some((block, _))) = contact_id::Block::parse(block.as_bytes()) else {
            continue;
        };
        let mut wire = BytesMut::new();
        block.encode(&mut wire);
        assert_eq!(bytes_of(&block), wire);
        wire.clear();
        block.body().encode(&mut wire);
        assert_eq!(bytes_of(block.body()), wire);
    }
    let frame = pulse::Frame::new(pulse::Format::FourTwo, "1234", "27").unwrap();
    let mut wire = BytesMut::new();
    frame.encode(&mut wire).unwrap();
    assert_eq!(bytes_of(&frame), wire);
}
