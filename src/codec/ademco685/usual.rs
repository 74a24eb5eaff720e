//! The Contact ID frame as receivers draw it, read in one go: all columns in their usual places.
//!
//! What is not just so is left to [`super::parse`], which gives the same of what is read here (test below).

use core::str;

use super::{Body, ContactId, Frame};
use crate::{
    codec::{
        Quirks,
        lines::{CR, LF},
    },
    types::{AccountId, ReceiverNumber},
};

/// LF, `RG 1234 18 E131 01 C015`, CR.
const LENGTH: usize = 25;

/// Reads a Contact ID frame without a blank in front of CR; `None` says nothing but that it is not so.
#[inline(always)]
pub(super) fn usual(input: &[u8]) -> Option<(Frame<'_>, usize)> {
    #[rustfmt::skip]
    let [LF, r, g, b' ', a, b, c, d, b' ', b'1', b'8', b' ', letter, e, f, h, b' ', i, j, b' ', kind, k, l, m, CR] =
        *input.first_chunk::<LENGTH>()?
    else {
        return None;
    };
    let digits = [e, f, h, i, j, k, l, m]
        .iter()
        .fold(true, |all, byte| all & byte.is_ascii_digit());
    let names = [r, g, a, b, c, d].iter().fold(true, |all, byte| {
        all & (byte.is_ascii_digit() | matches!(byte, b'A'..=b'F'))
    });
    let qualifier = match letter {
        b'E' => b'1',
        b'R' => b'3',
        b'P' => b'6',
        _ => return None,
    };
    if !(digits & names & matches!(kind, b'C' | b'U')) {
        return None;
    }
    let text = str::from_utf8(input.get(1..8)?).ok()?;
    let frame = Frame {
        number: ReceiverNumber::new(text.get(..2)?).ok()?,
        body: Body::ContactId(ContactId {
            account: AccountId::new(text.get(3..)?).ok()?,
            mark: *b"18",
            qualifier,
            code: [e, f, h],
            group: [i, j],
            user: kind == b'U',
            zone: [k, l, m],
        }),
        quirks: Quirks::NONE,
        raw: input.get(..LENGTH)?,
    };
    Some((frame, LENGTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_in_one_go_reads_the_same_the_long_way() {
        let mut read = 0;
        for frame in [
            b"\n01 1234 18 E131 01 C015\r".as_slice(),
            b"\nFF A0C9 18 R401 02 U007\r",
            b"\n00 1234 18 P602 00 C000\rmore",
        ] {
            for place in 0..frame.len() {
                for byte in 0..=255 {
                    let mut bytes = frame.to_vec();
                    bytes[place] = byte;
                    if let Some(usual) = usual(&bytes) {
                        read += 1;
                        let long = Frame::parse_long_way(&bytes);
                        assert_eq!(long, Ok(Some(usual)), "{}", bytes.escape_ascii());
                    }
                }
            }
        }
        assert!(read > 500, "{read}");
    }
}
