//! ADEMCO 8000 and SK9000: strategies for frames, and what the fuzz target calls.

use core::time::Duration;

use bytes::BytesMut;
use proptest::{prelude::*, sample::select, strategy::Union};

use crate::codec::{
    DecodeOptions, Protocol, Quirk,
    ademco8000::Ademco8000,
    mx8000::{Assembler, Body, CR, Dialect, Frame, Id, check_byte},
    sk9000::Sk9000,
    stream::{Cut, Decoder, GAP},
};

/// The registry's entry of a dialect.
#[must_use]
pub fn protocol(dialect: Dialect) -> &'static dyn Protocol {
    match dialect {
        Dialect::Ademco8000 => &Ademco8000,
        Dialect::Sk9000 => &Sk9000,
    }
}

/// Bytes with the check byte and CR that make a frame of them.
#[must_use]
pub fn sealed(body: &[u8]) -> Vec<u8> {
    [body, &[check_byte(body), CR]].concat()
}

fn pattern(body: &'static str) -> BoxedStrategy<String> {
    proptest::string::string_regex(body)
        .unwrap_or_else(|_| unreachable!("a good pattern"))
        .boxed()
}

/// Well-formed frames of both dialects, as they stand on the wire.
pub fn frames() -> impl Strategy<Value = (Dialect, Vec<u8>)> {
    let ademco = Union::new([
        pattern("\u{2}[01][0-9]{5}\"[0-9]{6}\"[0-9]{2}\"[0-9]{4}\"[a-z][0-9]{0,4}"),
        pattern("\u{3}[01][0-9]{5}\"[0-9]{6}\"[0-9]{2}\"0000\""),
        pattern(
            "&[01][0-9]{5}\"[0-9]{6}\"[0-9]{2}\"[0-9]{4}\"[0-9]{5}\u{5}[0-9A-F]{3,10}(\"(BA|OP|FA)[0-9]{2,3}|\"18[136][0-9]{8}|\"[0-9A-F]{1,3}){1,4}([*][0-9]{3})?,?",
        ),
    ])
    .prop_map(|body| (Dialect::Ademco8000, sealed(body.as_bytes())));
    let knight = Union::new([
        pattern("\u{1}[01][0-9]{5}\"[0-9]{4}\"[a-z{}~\u{7F}][0-9]{0,4}"),
        pattern(
            "'[01][0-9]{5}\"[0-9]{4}\"[0-9][0-9A-F]\u{5}[0-9A-F]{1,8}(\"(BA|OP|FA)[0-9]{2,3}|\"1131 01 [0-9]{3}|\"[0-9A-F]{1,3}){1,3}[*]?,?",
        ),
    ])
    .prop_map(|body| (Dialect::Sk9000, sealed(body.as_bytes())));
    prop_oneof![ademco, knight]
}

/// Noise in which no frame can begin, and no end byte.
pub fn noise() -> impl Strategy<Value = Vec<u8>> {
    let bytes = (0x0E_u8..0x20).chain(0x30..0x80).collect::<Vec<_>>();
    proptest::collection::vec(select(bytes), 0..40)
}

/// What a stream and the pause behind it give: frames, and damage; all else is noise.
fn cut(dialect: Dialect, stream: &[u8], size: usize) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let Some(mut decoder) = protocol(dialect).stream() else {
        unreachable!("both are streams")
    };
    let (mut frames, mut bad, mut count) = (Vec::new(), Vec::new(), 0);
    let mut drain = |decoder: &mut dyn Decoder, now: Duration| loop {
        match decoder.next(now) {
            Cut::More => break,
            Cut::Noise(bytes) => count += bytes,
            Cut::Bad { bytes, .. } => {
                count += bytes.len();
                bad.push(bytes.to_vec());
            }
            Cut::Frame { bytes, .. } => {
                count += bytes.len();
                frames.push(bytes.to_vec());
            }
        }
    };
    for read in stream.chunks(size.max(1)) {
        decoder.push(Duration::ZERO, read);
        drain(&mut *decoder, Duration::ZERO);
    }
    drain(&mut *decoder, GAP);
    assert_eq!(count, stream.len());
    (frames, bad)
}

fn frame(input: &[u8], dialect: Dialect) {
    if let Ok(Some((frame, taken))) = Frame::parse(input, dialect) {
        assert!(taken <= input.len() && taken <= dialect.longest() + 2 && frame.raw.len() == taken);
        let mut events = 0;
        frame.events(&mut |_, _| events += 1);
        assert!(events > 0, "a frame without events");
        let mut wire = BytesMut::new();
        if frame.encode(&mut wire).is_ok() {
            let Ok(Some((again, _))) = Frame::parse(&wire, dialect) else {
                unreachable!("{}", wire.escape_ascii())
            };
            assert_eq!(again.body, frame.body);
            let odd = matches!(frame.body, Body::Call(call) if call.events.is_empty());
            assert!(odd || frame.quirks.has(Quirk::CheckByte) || wire == frame.raw);
        }
    }
}

/// Both dialects on any bytes, which also get a header and a check byte that fits, so that runs reach the bodies: what
/// reads well is written again as it was, no cut of a stream makes a difference, and joining holds what it says.
///
/// # Panics
/// On a finding.
pub fn fuzz(input: &[u8]) {
    let (first, rest) = input
        .split_first()
        .map_or((0, input), |(first, rest)| (*first, rest));
    let body = rest.get(..rest.len().min(160)).unwrap_or_default();
    for dialect in [Dialect::Ademco8000, Dialect::Sk9000] {
        let head: &[u8] = match (dialect, first & 1) {
            (Dialect::Ademco8000, 0) => b"&051697\"124041\"02\"0002\"",
            (Dialect::Ademco8000, _) => b"\x02051697\"124041\"02\"0002\"",
            (Dialect::Sk9000, 0) => b"'062794\"0345\"",
            (Dialect::Sk9000, _) => b"\x01062794\"0345\"",
        };
        let repaired = sealed(&[head, body].concat());
        for input in [rest, &repaired] {
            frame(input, dialect);
            assert_eq!(
                cut(dialect, input, usize::from(first)),
                cut(dialect, input, 1)
            );
            for argument in [false, true] {
                let options = DecodeOptions {
                    argument,
                    ..DecodeOptions::default()
                };
                let (_, taken) = protocol(dialect).decode(input, &options);
                assert!(taken <= input.len() && (taken > 0 || input.is_empty()));
            }
            assert!(protocol(dialect).confidence(input) <= 100);
        }
        let mut assembler = Assembler::holding(dialect, 200);
        for piece in rest.chunks(usize::from(first).max(1)).take(40) {
            let wire = sealed(&[head, piece].concat());
            if let Ok(Some((frame, _))) = Frame::parse(&wire, dialect) {
                assert!(frame.id == Id::Call || first & 1 == 1);
                let pushed = assembler.push(&frame);
                for joined in pushed.whole.iter().chain(&pushed.unfinished) {
                    let Some(frame) = joined.frame() else {
                        unreachable!("{joined:?}")
                    };
                    assert!(frame.raw.len() <= 200);
                }
            }
        }
    }
}
