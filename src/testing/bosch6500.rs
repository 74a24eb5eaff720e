//! 6500 mode: strategies for frames, and what the fuzz target calls.

use core::time::Duration;

use bytes::BytesMut;
use proptest::{prelude::*, sample::select, strategy::Union};

use super::surgard::pattern;
use crate::codec::{
    DecodeOptions, Protocol,
    bosch6500::{Bosch6500, Bytes, Command, Frame, LONGEST, Settings},
    stream::{Cut, Decoder, Shape, Stream},
};

/// Well-formed frames of every type, as they stand on the wire, in their normal form; with a header and without.
pub fn frames() -> impl Strategy<Value = Vec<u8>> {
    let body = Union::new([
        pattern(
            "1[0-9A-F]{2}[1-9A-Y]      [0-9A-F]{4}( [A-Z]|[GH] )(   [0-9]|  [0-9]{2}| D[0-9]{2}|    )",
        ),
        pattern("1[0-9A-F]{2}[1-9A-Y][0-9]{10} [A-Z] [0-9]{3}"),
        pattern("1[0-9A-F]{2}0           @    "),
        pattern("a[0-9A-F]{2}[1-9A-Y] [0-9B-F]{4}18[136ERP][0-9B-F]{3}[0-9]{2}[0-9]{3}"),
        pattern("a[0-9A-F]{2}[1-9A-Y] [0-9]{10}58[136][0-9]{8}"),
        pattern("9[0-9A-F]{2}[1-9A-Y]    [0-9A-F]{4}[1-6]{8}"),
        pattern("b[0-9A-F]{2}[1-9A-Y]      [0-9A-F]{4} E   [0-9A-F]"),
        pattern("c[0-9A-F]{2}[1-9A-Y]      [0-9A-F]{4} E  [0-9A-F]{2}"),
        pattern("f[0-9A-F]{2}[1-9A-Y]  [0-9A-F]{4} [1-6]{4} [1-6]{4} [0-9]"),
    ]);
    let header = select(vec!["", "\n", " "]);
    (header, body).prop_map(|(header, body)| format!("{header}{body}\x14").into_bytes())
}

/// Noise without the end byte, header bytes and characters of which a frame's head is made.
pub fn noise() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![0_u8..0x0A, 0x15_u8..0x20, 0x21_u8..0x30, b'g'..=0xFF];
    proptest::collection::vec(bytes, 0..40)
}

/// The frames that a stream gives, how many bytes belong to none.
///
/// # Panics
/// Where the stream gives more bytes than it took.
pub fn cut<S: Shape>(shape: S, reads: &[&[u8]]) -> (Vec<Vec<u8>>, usize) {
    let now = Duration::ZERO;
    let mut stream = Stream::new(shape);
    let (mut frames, mut rest) = (Vec::new(), 0);
    for read in reads {
        stream.push(now, read);
        loop {
            match stream.next(now) {
                Cut::More => break,
                Cut::Frame { bytes, .. } => frames.push(bytes.to_vec()),
                Cut::Noise(count) => rest += count,
                Cut::Bad { bytes, .. } => rest += bytes.len(),
            }
        }
    }
    let given: usize = frames.iter().map(Vec::len).sum();
    let taken: usize = reads.iter().map(|read| read.len()).sum();
    assert!(given + rest <= taken && taken - given - rest <= stream.shape().longest());
    (frames, rest)
}

/// What reads well is written, and what was written reads the same; explaining takes at least a byte; a stream gives the
/// same however its reads were cut.
///
/// # Panics
/// On a finding.
pub fn fuzz(input: &[u8]) {
    let settings = Settings::default();
    if let Ok(Some((frame, taken))) = Frame::parse(input, &settings) {
        assert!(taken <= input.len() && taken <= LONGEST && frame.raw.len() == taken);
        let mut events = 0;
        frame.events(&settings, &mut |_, _| events += 1);
        assert!(events > 0, "a frame without events");
        let mut wire = BytesMut::new();
        if frame.encode(&mut wire).is_ok() {
            let again = Frame::parse(&wire, &settings);
            let Ok(Some((again, _))) = again else {
                unreachable!("{again:?} of {}", wire.escape_ascii())
            };
            assert_eq!((again.kind, again.line), (frame.kind, frame.line));
            let mut second = BytesMut::new();
            assert_eq!(again.encode(&mut second), Ok(()));
            assert_eq!(second, wire);
        }
    }
    if let Ok(Some((command, taken))) = Command::parse(input) {
        let mut wire = BytesMut::new();
        assert!(command.encode(&mut wire).is_err() || input.get(..taken) == Some(&wire[..]));
    }
    explain(&Bosch6500, input);
    let size = input.first().map_or(1, |first| usize::from(*first).max(1));
    let parts: Vec<&[u8]> = input.chunks(size).collect();
    let single: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(
        cut(Bytes::default(), &parts).0,
        cut(Bytes::default(), &single).0
    );
}

/// Explaining takes bytes, no more than there are; confidence is a percentage.
///
/// # Panics
/// On a finding.
pub fn explain(protocol: &dyn Protocol, input: &[u8]) {
    for (argument, continued) in [(false, false), (true, false), (true, true)] {
        let options = DecodeOptions {
            argument,
            continued,
            ..DecodeOptions::default()
        };
        let (_, taken) = protocol.decode(input, &options);
        assert!(taken <= input.len() && (taken > 0 || input.is_empty()));
    }
    assert!(protocol.confidence(input) <= 100);
}
