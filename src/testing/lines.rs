//! Laws that hold for every protocol with frames between LF and CR.

use core::time::Duration;

use proptest::{collection::vec, prelude::*};

use crate::codec::{DecodeOptions, Protocol, stream::Cut};

/// Text of a pattern.
pub(super) fn pattern(body: &'static str) -> BoxedStrategy<Vec<u8>> {
    proptest::string::string_regex(body)
        .unwrap_or_else(|_| unreachable!("a good pattern"))
        .prop_map(String::into_bytes)
        .boxed()
}

/// Noise in which nothing can begin a frame, nor end one.
pub fn noise() -> impl Strategy<Value = Vec<u8>> {
    vec(
        prop_oneof![Just(0_u8), 0x0E_u8..0x20, 0x80_u8..=0x89, Just(0xFF)],
        0..20,
    )
}

/// The frames of a stream that comes in reads of `cut` bytes, and the bytes that are in none.
///
/// # Panics
/// When a byte is in no piece, or in two.
pub fn frames(protocol: &dyn Protocol, input: &[u8], cut: usize) -> (Vec<Vec<u8>>, usize) {
    let Some(mut stream) = protocol.stream() else {
        unreachable!("{} is a stream", protocol.name())
    };
    let (mut frames, mut rest, mut all) = (Vec::new(), 0, 0);
    let mut now = Duration::ZERO;
    for read in input.chunks(cut.max(1)).chain([&[][..]]) {
        stream.push(now, read);
        if read.is_empty() {
            now = Duration::from_secs(10);
        }
        loop {
            let bytes = match stream.next(now) {
                Cut::More => break,
                Cut::Frame { bytes, .. } => {
                    frames.push(bytes.to_vec());
                    all += bytes.len();
                    continue;
                }
                Cut::Noise(bytes) => bytes,
                Cut::Bad { bytes, .. } => bytes.len(),
            };
            assert!(bytes > 0, "no progress");
            rest += bytes;
            all += bytes;
        }
    }
    assert_eq!(all, input.len(), "each byte is in one piece");
    (frames, rest)
}

/// Explaining takes at least a byte and no more than there are; a stream is the same however its reads are cut.
///
/// # Panics
/// On a finding.
pub(super) fn laws(protocol: &dyn Protocol, input: &[u8]) {
    for (argument, continued) in [(false, false), (true, false), (true, true)] {
        let options = DecodeOptions {
            argument,
            continued,
            ..DecodeOptions::default()
        };
        let (decoded, taken) = protocol.decode(input, &options);
        assert!(taken <= input.len() && (taken > 0 || input.is_empty()));
        assert_eq!(decoded.ok, decoded.error.is_none());
    }
    assert!(protocol.confidence(input) <= 100);
    let whole = frames(protocol, input, input.len());
    for cut in [1, 2, 7] {
        assert_eq!(frames(protocol, input, cut), whole, "reads of {cut}");
    }
}
