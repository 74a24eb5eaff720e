//! Galaxy messages and streams, and the entry of the fuzz target.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::time::Duration;

use bytes::BytesMut;
use proptest::{collection::vec, prelude::*};

use crate::{
    codec::{
        DecodeOptions, Protocol,
        dc03::{FskBlock, Lengths},
        galaxy::{Frame, Galaxy, GalaxyStream, Level, Settings, Text, TextOrder},
        stream::{Cut, Decoder, Stream},
    },
    link::galaxy::{Receiver, ReceiverSettings},
    types::Now,
};

/// A level, and account, code, address, area and text that fit it.
pub fn messages() -> impl Strategy<Value = (Level, String, String, String, String, String)> {
    let level = prop_oneof![
        Just(Level::Zero),
        Just(Level::One),
        Just(Level::Two),
        Just(Level::Three),
        Just(Level::Four),
    ];
    let code = prop_oneof![
        Just("BA"),
        Just("FA"),
        Just("CL"),
        Just("BR"),
        Just("AC"),
        Just("YL"),
    ];
    (
        level,
        "[1-9][0-9A-F]{3}",
        code.prop_map(String::from),
        "[1-9][0-9]{0,3}",
        "[1-9][0-9]{0,1}",
        "[ -.0-Z_a-z]{1,60}",
    )
        .prop_filter("no brackets", |(.., text)| {
            !text.contains(['[', ']', '^', '|'])
        })
}

/// A block of any function and data.
pub fn blocks() -> impl Strategy<Value = Vec<u8>> {
    let function = proptest::sample::select(&b"#NOAE@?CPXL&0123456789"[..]);
    (
        function,
        vec(any::<u8>(), 0..=63),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(function, data, wanted, reverse)| {
            let text = [&[function], &data[..]].concat();
            let mut out = BytesMut::new();
            if let Ok(block) = FskBlock::new(&text) {
                let block = block.with_acknowledge(wanted);
                block.with_reverse_channel(reverse).encode(&mut out);
            }
            out.to_vec()
        })
}

/// A stream of blocks, damage and noise.
pub fn wires() -> impl Strategy<Value = Vec<u8>> {
    let damaged = (blocks(), any::<u8>(), any::<u8>()).prop_map(|(mut block, at, with)| {
        let at = usize::from(at) % block.len().max(1);
        if let Some(byte) = block.get_mut(at) {
            *byte ^= with;
        }
        block
    });
    vec(
        prop_oneof![3 => blocks(), 1 => damaged, 1 => vec(any::<u8>(), 0..6)],
        0..8,
    )
    .prop_map(|pieces| pieces.concat())
}

/// Whatever the bytes: nothing panics or loops, what reads is written again, each byte is accounted for, and the session
/// hands out signals that have events.
///
/// # Panics
/// When one of that is broken.
pub fn fuzz(input: &[u8]) {
    for long in [false, true] {
        let settings = Settings::default().with_long_blocks(long);
        check_frame(input, &settings);
        check_stream(input, &settings);
        check_session(input, &settings);
    }
    if let Some(text) = Text::parse(input) {
        let again = text.write(TextOrder::NameFirst);
        assert!(
            again.is_ok_and(|text| text.len() <= 43)
                || input
                    .iter()
                    .any(|b| !(0x20..0x7F).contains(b) || b"[]|^/".contains(b))
        );
    }
    let mut rest = input;
    while !rest.is_empty() {
        let (decoded, taken) = Galaxy.decode(rest, &DecodeOptions::default());
        assert!(taken >= 1 && taken <= rest.len());
        assert!(decoded.ok || decoded.error.is_some());
        rest = rest.get(taken..).unwrap_or_default();
    }
}

fn check_frame(input: &[u8], settings: &Settings) {
    let Ok(Some((frame, taken))) = Frame::parse(input, settings) else {
        return;
    };
    let mut events = 0;
    frame.events(&mut |_, _| events += 1);
    assert!(events >= 1);
    let mut out = BytesMut::new();
    let Frame::Block(block) = frame else {
        assert!(frame.encode(&mut out).is_err() && out.is_empty());
        return;
    };
    if frame.encode(&mut out).is_ok() {
        // Where headers count up to 191, those below 40h have another way to say the same.
        assert!(out.len() == taken);
        assert_eq!(input.get(..taken), Some(&out[..]));
        assert!(block.data().len() <= settings.lengths().most());
    }
}

fn check_stream(input: &[u8], settings: &Settings) {
    let whole = cuts(input, input.len().max(1), settings);
    assert_eq!(whole.1, input.len(), "each byte once");
    assert_eq!(cuts(input, 7, settings), whole);
}

/// The blocks of a stream that is read in pieces of `size`, and the bytes of all that was cut.
#[must_use]
pub fn cuts(wire: &[u8], size: usize, settings: &Settings) -> (Vec<Vec<u8>>, usize) {
    let mut stream: Box<dyn Decoder> = Box::new(Stream::new(GalaxyStream::new(settings)));
    let (mut blocks, mut bytes) = (Vec::new(), 0);
    let mut now = Duration::ZERO;
    for read in wire.chunks(size).chain([&[][..]]) {
        if read.is_empty() {
            now += Duration::from_secs(1);
        }
        stream.push(now, read);
        loop {
            bytes += match stream.next(now) {
                Cut::More => break,
                Cut::Frame { bytes, .. } => {
                    blocks.push(bytes.to_vec());
                    bytes.len()
                }
                Cut::Noise(bytes) => bytes,
                Cut::Bad { bytes, .. } => bytes.len(),
            };
        }
    }
    (blocks, bytes)
}

fn check_session(input: &[u8], settings: &Settings) {
    let now = Now::default();
    let settings = ReceiverSettings {
        codec: *settings,
        ..ReceiverSettings::default()
    };
    let mut receiver = Receiver::new(settings, now);
    for read in input.chunks(100) {
        receiver.handle_input(now, read);
        while let Some(event) = receiver.next(now) {
            if let crate::link::galaxy::Event::Signal(_, signal) = event {
                let mut events = 0;
                signal.events(&mut |_, _| events += 1);
                assert!(events >= 1);
            }
        }
        while let Some(reply) = receiver.poll_transmit() {
            assert!(matches!(
                FskBlock::parse_with(&reply, Lengths::Bits),
                Ok(Some((_, 3)))
            ));
        }
    }
}
