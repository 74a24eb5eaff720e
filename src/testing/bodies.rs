//! Generators for the bodies of Contact ID and DC-03, and the checks that tests and fuzz targets share.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use bytes::BytesMut;
use proptest::prelude::*;

use crate::{
    EventCode, Qualifier,
    codec::{
        DecodeOptions, Protocol, Quirks, Signal,
        contact_id::{self, Block, Body, MessageType},
        dc03::{self, Blocks, Event, FskBlock, Function, Modifier, Packet},
    },
    event::{CID_CODES, SIA_CODES},
};

/// A body as builders make them; half of the codes are of the table.
pub fn body() -> impl Strategy<Value = Body> {
    let known = prop::sample::select(CID_CODES)
        .prop_map(|row| String::from_utf8_lossy(&row.code).into_owned());
    let code = prop_oneof![known, "[0-9B-F]{3}"];
    let qualifier =
        prop::sample::select(&[Qualifier::New, Qualifier::Restore, Qualifier::Status][..]);
    (qualifier, code, "[0-9B-F]{2}", "[0-9B-F]{3}")
        .prop_filter_map("a builder refused", |(qualifier, code, group, number)| {
            Body::new(qualifier, &code, &group, &number).ok()
        })
}

/// A block with an account of four or ten digits.
pub fn block() -> impl Strategy<Value = Block> {
    let account = prop_oneof!["[0-9B-F]{4}", "[0-9B-F]{10}"];
    let block = (account, body()).prop_filter_map("a builder refused", |(account, body)| {
        Block::new(&account, body).ok()
    });
    // A block of twenty-two digits may begin with one of sixteen: then nobody can tell.
    block.prop_filter("ambiguous", |block| {
        let digits: Vec<u8> = block
            .digits()
            .map(|digit| digit.as_byte())
            .take(16)
            .collect();
        block.account().as_str().len() == 4 || !matches!(Block::parse(&digits), Ok(Some(_)))
    })
}

/// A packet that owns its text.
#[derive(Clone, Debug)]
pub enum OwnedPacket {
    /// Kind and value.
    Modifier(String, String),
    /// Code, address, text.
    Event(String, String, Option<Vec<u8>>),
}

impl OwnedPacket {
    /// The packet, if a builder makes it.
    #[must_use]
    pub fn packet(&self) -> Option<Packet<'_>> {
        match self {
            Self::Modifier(kind, value) => Modifier::new(kind, value).ok().map(Packet::Modifier),
            Self::Event(code, address, text) => {
                let event = Event::new(code, address).ok()?;
                let event = text
                    .as_deref()
                    .map_or(Some(event), |text| event.with_text(text).ok())?;
                Some(Packet::Event(event))
            }
        }
    }
}

/// A modifier or an event as builders make them.
pub fn packet() -> impl Strategy<Value = OwnedPacket> {
    let kind = prop_oneof![
        prop::sample::select(&["da", "ti", "id", "ri", "pi", "va"][..]).prop_map(String::from),
        "[a-z]{2}"
    ];
    let known = prop::sample::select(SIA_CODES)
        .prop_map(|row| String::from_utf8_lossy(&row.code).into_owned());
    let code = prop_oneof![known, "[A-Z][A-Z_]"];
    let letter = prop_oneof![prop::sample::select(&b"ABab09 '"[..]), 0x80..=0xFFu8];
    let text = prop::collection::vec(letter, 0..20);
    prop_oneof![
        (kind, "[0-9.:-]{0,8}").prop_map(|(kind, value)| OwnedPacket::Modifier(kind, value)),
        (code, "[0-9A-F]{0,4}", prop::option::of(text))
            .prop_map(|(code, address, text)| OwnedPacket::Event(code, address, text)),
    ]
}

/// Payloads of `SIA-DCS` near the grammar: whole packets and blocks, with slashes lost and noise between.
pub fn payload() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => packet().prop_map(|packet| {
            let mut out = BytesMut::new();
            if let Some(packet) = packet.packet() {
                packet.encode(&mut out);
            }
            out.to_vec()
        }),
        6 => Just(b"/".to_vec()),
        4 => prop::sample::select(&["|N", "|O", "|R", "|A", "|#12", "|#", "|E", "|X", "|&1", "|C", "||", "|z"][..]).prop_map(|s| s.as_bytes().to_vec()),
        1 => prop::sample::select(&["^", "*", "*'a'NM", "*'NM", "*21C_", " ", "L90", "^a^", "[", "'"][..]).prop_map(|s| s.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| [b"N".to_vec(), pieces.concat()].concat())
}

/// What was handed out for a payload: each event explained, with its data.
fn seen(payload: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut seen = Vec::new();
    dc03::events(payload, &mut |event, data| {
        seen.push((alloc::format!("{event:?}"), data.to_vec()))
    });
    seen
}

/// What holds for every payload of `SIA-DCS`.
///
/// # Panics
/// When it does not hold.
pub fn check_payload(payload: &[u8]) {
    let all = seen(payload);
    assert!(!all.is_empty(), "a payload without any event");
    if let [(_, data)] = all.as_slice() {
        assert_eq!(data, payload, "a single event keeps its payload");
    }
    for (event, data) in &all {
        let again = seen(data);
        let same = again.iter().filter(|(other, _)| other == event).count();
        assert!(
            same > 0,
            "{} says something else than {event}: {again:?}",
            data.escape_ascii()
        );
        if data.as_slice() != payload {
            assert_eq!(
                again.len(),
                1,
                "{} carries more than one event",
                data.escape_ascii()
            );
        }
    }
    for block in Blocks::new(payload) {
        check_packets(&block);
        let raw = payload.get(block.at()..block.at() + block.raw().len());
        assert_eq!(raw, Some(block.raw()));
    }
}

/// A packet that builders make too is the same.
fn check_builder(packet: Packet<'_>) {
    let _shown = alloc::format!("{packet:?}");
    match packet {
        Packet::Modifier(modifier) => {
            let kind = String::from_utf8_lossy(&modifier.kind()).into_owned();
            let built = Modifier::new(&kind, modifier.value());
            assert_eq!(built == Ok(modifier), modifier.text().is_none());
        }
        Packet::Event(event) => {
            let code = String::from_utf8_lossy(&event.letters()).into_owned();
            let built = Event::new(&code, event.address());
            let plain = event.units().is_none() && event.text().is_none();
            assert_eq!(built.is_ok(), !code.ends_with('*'));
            assert!(!plain || event.address_hex().is_some() != event.address().is_empty());
            assert!(event.address_decimal().is_none_or(|number| number <= 9999));
            if let (Ok(built), Some(text), None) = (built, event.text(), event.units()) {
                assert!(
                    built.with_text(text).is_ok_and(|built| built == event)
                        || text
                            .iter()
                            .any(|b| b"[]/".contains(b) || *b < 0x20 || *b == 0x7F)
                );
            }
        }
        Packet::Other(bytes) => assert!(!bytes.is_empty()),
    }
}

/// Packets keep every byte but slashes and blanks, and read the same after they are written.
fn check_packets(block: &dc03::Block<'_>) {
    let data = block.data();
    let between = |from: usize, to: usize| {
        data.get(from..to)
            .is_some_and(|gap| gap.iter().all(|b| matches!(b, b'/' | b' ')))
    };
    let mut end = 0;
    let mut packets = Vec::new();
    for part in block.packets() {
        assert!(!part.raw.is_empty());
        assert!(
            between(end, part.at),
            "bytes were lost in {}",
            data.escape_ascii()
        );
        end = part.at + part.raw.len();
        packets.push(part.packet);
        check_builder(part.packet);
    }
    if block.function().has_packets() {
        assert!(
            between(end, data.len()),
            "bytes were lost at the end of {}",
            data.escape_ascii()
        );
        let mut out = BytesMut::new();
        dc03::encode_block(block.function(), &packets, &mut out);
        let again = Blocks::new(&out)
            .next()
            .map(|block| block.packets().map(|part| part.packet).collect::<Vec<_>>());
        assert_eq!(again.as_ref(), Some(&packets), "{}", data.escape_ascii());
    }
}

/// What holds for every payload of `ADM-CID` and every block of digits.
///
/// # Panics
/// When it does not hold.
pub fn check_contact_id(input: &[u8]) {
    let mut events = 0;
    contact_id::events(input, &mut |event, data| {
        assert_eq!(data, input);
        let _shown = event.code.to_string();
        events += 1;
    });
    assert_eq!(events, 1);
    let mut out = BytesMut::new();
    if let Ok((body, _)) = Body::parse(input) {
        body.encode(&mut out);
        assert_eq!(Body::parse(&out).map(|(body, _)| body), Ok(body));
        let EventCode::ContactId { code, .. } = body.code() else {
            return;
        };
        let code = String::from_utf8_lossy(&code).into_owned();
        let built = Body::new(body.qualifier(), &code, body.group(), body.number());
        assert_eq!(built == Ok(body), body.is_strict());
        out.clear();
        if body.encode_raw("12B4", &mut out).is_ok() {
            assert_eq!(Body::parse(&out).map(|(body, _)| body), Ok(body));
        }
        assert_eq!(Block::new("12B4", body).is_ok(), body.is_strict());
    }
    for keys in [false, true] {
        let parse = if keys {
            Block::parse_keys
        } else {
            Block::parse
        };
        if let Ok(Some((block, taken))) = parse(input) {
            out.clear();
            if keys {
                block.encode_keys(&mut out);
                assert_eq!(input.get(..taken), Some(&out[..]));
            } else {
                block.encode(&mut out);
                assert!(
                    input
                        .get(..taken)
                        .is_some_and(|raw| raw.eq_ignore_ascii_case(&out))
                );
            }
            let built = Block::new(block.account().as_str(), *block.body());
            assert!(built == Ok(block.clone()) || block.kind() == MessageType::Alternative);
            assert_eq!(block.event().account, Some(block.account()));
            assert_eq!(parse(&out), Ok(Some((block, taken))));
        }
    }
    check_protocol(&contact_id::ContactId, input);
}

/// What holds for all bytes of a line of framed blocks.
///
/// # Panics
/// When it does not hold.
pub fn check_fsk(input: &[u8]) {
    if let Ok(Some((block, taken))) = FskBlock::parse(input) {
        let mut out = BytesMut::new();
        block.encode(&mut out);
        assert_eq!(input.get(..taken), Some(&out[..]));
        let built = FskBlock::new(block.text()).map(|built| {
            built
                .with_acknowledge(block.wants_acknowledge())
                .with_reverse_channel(block.reverse_channel())
        });
        assert_eq!(built, Ok(block));
        if block.function() != Function::ACCOUNT {
            check_payload(block.text());
        }
    }
    if let Some((at, block, taken)) = FskBlock::find(input) {
        assert_eq!(
            input.get(at..).map(FskBlock::parse),
            Some(Ok(Some((block, taken))))
        );
    }
    check_protocol(&dc03::Dc03, input);
}

/// Explaining always moves on, and says what is wrong if anything is.
fn check_protocol(protocol: &'static dyn Protocol, input: &[u8]) {
    let _fits = protocol.confidence(input);
    let signal = Signal {
        protocol,
        token: None,
        encrypted: false,
        sequence: None,
        receiver: None,
        line: None,
        account: None,
        data: input,
        extended: &[],
        sent: None,
        raw: input,
        possible_repeat: false,
        remember_ciphertext: false,
        quirks: Quirks::NONE,
    };
    let mut events = 0;
    signal.events(&mut |_, _| events += 1);
    assert!(events > 0, "a signal without any event");
    let mut rest = input;
    while !rest.is_empty() {
        let (decoded, taken) = protocol.decode(rest, &DecodeOptions::default());
        assert!(taken > 0 && taken <= rest.len());
        assert_eq!(decoded.ok, decoded.error.is_none());
        rest = rest.get(taken..).unwrap_or_default();
    }
}
