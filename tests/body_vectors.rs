//! Every vector of `cid-sia-vectors.json`: blocks of Contact ID and its siblings, blocks of DC-03, and the bodies that
//! DC-09 carries.
#![cfg(all(feature = "contact-id", feature = "dc03"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that fails shall say where"
)]

use alarmwire::{
    Qualifier,
    codec::{
        DecodeOptions, Protocol, Quirks,
        contact_id::{Block, Body, Digit, DtmfKey, checksum},
        dc03::{self, FskBlock},
        registry,
    },
};
use bytes::BytesMut;
use serde_json::Value;

fn vectors(section: &str) -> Vec<Value> {
    let text = include_str!("vectors/cid-sia-vectors.json");
    let mut all: Value = serde_json::from_str(text).unwrap();
    serde_json::from_value(all[section].take()).unwrap()
}

fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {vector}"))
}

fn digits(text: &str) -> Vec<Digit> {
    text.bytes().map(|byte| Digit::new(byte).unwrap()).collect()
}

fn protocol(name: &str) -> &'static dyn Protocol {
    registry::find(name).unwrap()
}

#[test]
fn contact_id_blocks_are_read_and_written() {
    let vectors = vectors("contact_id");
    assert_eq!(vectors.len(), 29);
    for vector in &vectors {
        let wire = text(vector, "block");
        let (block, taken) = Block::parse(wire.as_bytes()).unwrap().unwrap();
        assert_eq!(taken, wire.len());
        assert_eq!(block.account().as_str(), text(vector, "acct"));
        assert_eq!(block.kind().as_bytes(), text(vector, "mt").as_bytes());
        let code = format!("cid:{}{}", text(vector, "q"), text(vector, "code"));
        assert_eq!(block.event().code.to_string(), code);
        assert_eq!(block.body().group(), text(vector, "group"));
        assert_eq!(block.body().number(), text(vector, "ccc"));

        let q = text(vector, "q").as_bytes()[0];
        let body = Body::new(
            Qualifier::from_digit(q),
            text(vector, "code"),
            text(vector, "group"),
            text(vector, "ccc"),
        );
        let built = Block::new(text(vector, "acct"), body.unwrap()).unwrap();
        assert_eq!(built, block);
        let mut out = BytesMut::new();
        built.encode(&mut out);
        assert_eq!(out, wire);
    }
}

#[test]
fn contact_id_blocks_are_read_and_written_as_telephone_keys() {
    for vector in &vectors("contact_id") {
        let keys = text(vector, "dtmf");
        let (block, _) = Block::parse_keys(keys.as_bytes()).unwrap().unwrap();
        let mut out = BytesMut::new();
        block.encode(&mut out);
        assert_eq!(out, text(vector, "block"));
        out.clear();
        block.encode_keys(&mut out);
        assert_eq!(out, keys);
    }
}

#[test]
fn contact_id_sums_are_those_printed() {
    for vector in vectors("contact_id").iter().chain(&vectors("other_dtmf")) {
        let block = text(vector, "block");
        let (body, check) = block.split_at(block.len() - 1);
        let sum: u64 = digits(body)
            .iter()
            .map(|digit| u64::from(digit.value()))
            .sum();
        assert_eq!(
            vector["digit_sum_without_checksum"].as_u64(),
            Some(sum),
            "{block}"
        );
        assert_eq!(
            char::from(checksum(digits(body)).as_byte()).to_string(),
            check,
            "{block}"
        );
        assert_eq!(text(vector, "checksum"), check);
        let keys: String = digits(block)
            .iter()
            .map(|d| char::from(d.key().as_byte()))
            .collect();
        assert_eq!(keys, text(vector, "dtmf"));
        let back: Vec<_> = keys
            .bytes()
            .map(|key| DtmfKey::new(key).unwrap().digit())
            .collect();
        assert_eq!(back, digits(block));
    }
}

#[test]
fn sibling_formats_are_no_contact_id_blocks() {
    for vector in &vectors("other_dtmf") {
        assert!(
            !matches!(Block::parse(text(vector, "block").as_bytes()), Ok(Some(_))),
            "{vector}"
        );
        assert_eq!(
            protocol("contact-id").confidence(text(vector, "block").as_bytes()),
            0
        );
    }
}

#[test]
fn contact_id_bodies_are_read_and_written() {
    for vector in &vectors("contact_id") {
        let (account, payload) = text(vector, "dc09_adm_cid_data").split_once('|').unwrap();
        let (block, _) = Block::parse(text(vector, "block").as_bytes())
            .unwrap()
            .unwrap();
        let (body, quirks) = Body::parse(payload.as_bytes()).unwrap();
        assert_eq!(quirks, Quirks::NONE);
        assert_eq!(&body, block.body());
        assert_eq!(account.trim_start_matches('#'), block.account().as_str());
        let mut out = BytesMut::new();
        body.encode(&mut out);
        assert_eq!(out, payload);
        // The raw form is the block without its account.
        out.clear();
        body.encode_raw(block.account().as_str(), &mut out).unwrap();
        assert_eq!(out, &text(vector, "block")[4..]);
        assert_eq!(Body::parse(&out).unwrap().0, body);
    }
}

#[test]
fn contact_id_blocks_with_any_one_digit_changed_are_never_silently_taken_for_the_same() {
    for vector in &vectors("contact_id") {
        let wire = text(vector, "block").as_bytes();
        for at in 0..wire.len() {
            for digit in *b"0123456789BCDEF" {
                let mut damaged = wire.to_vec();
                damaged[at] = digit;
                if digit != wire[at] {
                    let read = Block::parse(&damaged);
                    assert!(!matches!(read, Ok(Some(_))), "{}", damaged.escape_ascii());
                }
            }
        }
    }
}

fn bytes(vector: &Value) -> Vec<u8> {
    text(vector, "hex")
        .split(' ')
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

#[test]
fn dc03_blocks_are_read_and_written() {
    let mut whole = 0;
    for vector in vectors("dc03")
        .iter()
        .filter(|vector| text(vector, "kind") == "dc03-block")
    {
        let wire = bytes(vector);
        let (block, taken) = FskBlock::parse(&wire).unwrap().unwrap();
        assert_eq!(taken, wire.len());
        assert_eq!(
            block.function().as_byte(),
            text(vector, "function").as_bytes()[0]
        );
        assert_eq!(block.data(), text(vector, "data").as_bytes());
        assert_eq!(
            Some(block.wants_acknowledge()),
            vector["ack_request"].as_bool()
        );
        assert_eq!(
            Some(block.reverse_channel()),
            vector["reverse_channel"].as_bool()
        );

        let built = text(vector, "function").to_owned() + text(vector, "data");
        let built = FskBlock::new(built.as_bytes())
            .unwrap()
            .with_acknowledge(block.wants_acknowledge())
            .with_reverse_channel(block.reverse_channel());
        let mut out = BytesMut::new();
        built.encode(&mut out);
        assert_eq!(out, wire);
        let (decoded, taken) = protocol("dc03").decode(&wire, &DecodeOptions::default());
        assert!(decoded.ok && taken == wire.len());
        assert!(protocol("dc03").confidence(&wire) > 0);
        whole += 1;
    }
    assert_eq!(whole, 22);
}

#[test]
fn dc03_blocks_that_are_broken_are_never_taken() {
    let mut broken = 0;
    for vector in vectors("dc03")
        .iter()
        .filter(|vector| text(vector, "kind") == "dc03-block-broken-print")
    {
        let wire = bytes(vector);
        // Two bytes short of its declared length: it waits for more, and no later byte begins a block.
        assert_eq!(FskBlock::parse(&wire), Ok(None));
        assert_eq!(dc03::parity(&wire), 0, "its parity fits all the same");
        assert_eq!(FskBlock::find(&wire), None);
        let (decoded, taken) = protocol("dc03").decode(&wire, &DecodeOptions::default());
        assert!(!decoded.ok && decoded.error.is_some() && decoded.events.is_empty());
        assert_eq!(taken, wire.len());
        broken += 1;
    }
    assert_eq!(broken, 1);
}

#[test]
fn the_bodies_of_the_dc09_lines_are_read() {
    type Read = fn(&[u8], &mut dyn FnMut(&alarmwire::AlarmEvent<'_>, &[u8])) -> Quirks;
    let expected = [
        "sia:RP u=1",
        "sia:RP",
        "cid:3407 p=01 u=001",
        "cid:3401 p=01 u=057",
    ];
    let lines = vectors("dc09_lines_with_cid_or_sia");
    assert_eq!(lines.len(), expected.len());
    for (vector, expected) in lines.iter().zip(expected) {
        let line = text(vector, "line");
        let (_, data) = line.split_once('[').unwrap();
        let (_, payload) = data.split_once(']').unwrap().0.split_once('|').unwrap();
        let read: Read = if line.contains("ADM-CID") {
            alarmwire::codec::contact_id::events
        } else {
            dc03::events
        };
        let mut seen = Vec::new();
        let quirks = read(payload.as_bytes(), &mut |event, data| {
            assert_eq!(data, payload.as_bytes());
            let partition = event
                .partition
                .map(|p| format!(" p={p}"))
                .unwrap_or_default();
            let user = event.user.map(|u| format!(" u={u}")).unwrap_or_default();
            assert_eq!(event.zone, None);
            seen.push(format!("{}{partition}{user}", event.code));
        });
        assert_eq!(seen, [expected]);
        assert_eq!(quirks, Quirks::NONE);
    }
}

#[test]
fn letters_among_the_digits_of_a_usual_body_are_read_as_such_or_refused() {
    use alarmwire::codec::contact_id::Body;
    let strict = Body::parse(b"1B3C 0F 01E").unwrap();
    assert_eq!(Body::parse(b"1b3c 0f 01e").unwrap(), strict);
    for wrong in ["1x30 01 015", "113/ 01 015", "1130 :1 015", "1130 01 01g"] {
        assert!(Body::parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
}
