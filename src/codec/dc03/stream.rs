use super::{FskBlock, Lengths, MOST, fsk::AROUND};
use crate::{
    ParseError, ParseErrorKind,
    codec::stream::{Look, Shape},
};

/// The blocks of the telephone line: a length, a known function, a parity byte, and neither start nor end byte.
///
/// Where the line lost its place each byte is tried, so what is told from chance is only as good as the parity byte; the
/// sender's pauses for its answers put it right.
#[derive(Clone, Copy, Debug, Default)]
pub struct FskStream;

impl Shape for FskStream {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        look(bytes, ended, Lengths::Bits)
    }

    fn longest(&self) -> usize {
        MOST + AROUND
    }

    fn seven_bits(&self) -> bool {
        false
    }
}

/// What stands at the head of a stream of blocks whose headers count in that way.
pub(crate) fn look(bytes: &[u8], ended: bool, lengths: Lengths) -> Look {
    let parse = |bytes| FskBlock::parse_with(bytes, lengths);
    match parse(bytes) {
        Ok(Some((_, taken))) => Look::Frame(taken),
        Ok(None) if !ended => Look::More,
        Ok(None) if bytes.len() < 2 => Look::Noise(bytes.len()),
        Ok(None) => {
            let error = ParseError::new(bytes.len(), ParseErrorKind::Expected("more of the block"));
            Look::Bad(next_block(bytes, lengths), error)
        }
        Err(error) if matches!(error.kind(), ParseErrorKind::Check(_)) => {
            let length = bytes.get(..=error.offset()).unwrap_or(bytes);
            Look::Bad(next_block(length, lengths), error)
        }
        // No block has such a function: on to the next byte that can be a header.
        Err(_) => {
            let may_start = |at: &usize| {
                bytes.get(*at..).is_some_and(|rest| match parse(rest) {
                    Ok(_) => true,
                    Err(error) => error.offset() > 1,
                })
            };
            Look::Noise((1..bytes.len()).find(may_start).unwrap_or(bytes.len()))
        }
    }
}

/// Where the next whole block starts within a damaged one, or its length.
fn next_block(damaged: &[u8], lengths: Lengths) -> usize {
    let rest = damaged.get(1..).unwrap_or_default();
    FskBlock::find_with(rest, lengths).map_or(damaged.len(), |(at, ..)| at + 1)
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};
    use core::time::Duration;

    use bytes::BytesMut;
    use proptest::{collection::vec as vec_of, prelude::*};

    use super::*;
    use crate::codec::stream::{Cut, Decoder, Stream};

    fn block(text: &[u8]) -> Vec<u8> {
        let mut out = BytesMut::new();
        FskBlock::new(text).unwrap().encode(&mut out);
        out.to_vec()
    }

    /// Frames, and bytes of all that was cut.
    fn cuts(wire: &[u8], size: usize) -> (Vec<Vec<u8>>, usize) {
        let mut stream = Stream::new(FskStream);
        let (mut frames, mut count) = (vec![], 0);
        let mut now = Duration::ZERO;
        for read in wire.chunks(size).chain([&[][..]]) {
            stream.push(now, read);
            if read.is_empty() {
                now += Duration::from_secs(1);
            }
            loop {
                count += match stream.next(now) {
                    Cut::More => break,
                    Cut::Frame { bytes, .. } => {
                        frames.push(bytes.to_vec());
                        bytes.len()
                    }
                    Cut::Noise(bytes) => bytes,
                    Cut::Bad { bytes, .. } => bytes.len(),
                };
            }
        }
        (frames, count)
    }

    #[test]
    fn blocks_follow_each_other_and_are_found_behind_noise_and_damage() {
        let (account, events) = (block(b"#1234"), block(b"Nri1/BA01"));
        let mut damaged = events.clone();
        damaged[5] ^= 0x10;
        let wire = [b"\xFF\xFF\xFF", &account[..], &damaged, &events].concat();
        for size in [1, 4, 100] {
            let (frames, bytes) = cuts(&wire, size);
            assert_eq!(frames, [account.clone(), events.clone()], "reads of {size}");
            assert_eq!(bytes, wire.len());
        }
    }

    #[test]
    fn a_block_that_is_cut_off_is_damage_and_its_last_byte_is_not_waited_for() {
        let mut stream = Stream::new(FskStream);
        stream.push(Duration::ZERO, &block(b"Nri1/BA01")[..6]);
        assert_eq!(stream.next(Duration::ZERO), Cut::More);
        assert!(matches!(
            stream.next(Duration::from_secs(1)),
            Cut::Bad { bytes, .. } if bytes.len() == 6
        ));
    }

    proptest! {
        #[test]
        fn reads_may_be_cut_anywhere(
            wire in vec_of(prop_oneof![any::<u8>(), 0x40_u8..0x48, Just(b'N')], 0..300),
            size in 1_usize..50,
        ) {
            let whole = cuts(&wire, wire.len().max(1));
            prop_assert_eq!(whole.1, wire.len());
            prop_assert_eq!(cuts(&wire, size), whole);
        }
    }
}
