//! The Contact ID frame as nearly every receiver sends it, read in one go: all columns in their usual places.
//!
//! What is not just so is left to [`super::parse`], which gives the same of what is read here (test below).

use core::str;

use super::{Body, ContactIdBody, DC4, Frame, Kind, Settings};
use crate::{
    codec::Quirks,
    types::{AccountId, LineNumber, ReceiverNumber},
};

/// Bytes before the line number, and of the columns behind it.
const LINE: usize = 3;
const COLUMNS: usize = 16;

/// Reads a Contact ID frame with a line number of one or three digits, a letter as qualifier and decimal digits;
/// `None` says nothing but that it is not so.
#[inline(always)]
pub(super) fn usual<'a>(input: &'a [u8], settings: &Settings<'_>) -> Option<(Frame<'a>, usize)> {
    let width = match *input.first_chunk::<7>()? {
        [b'5', _, _, _, b' ', ..] => 1,
        [b'5', _, _, _, _, _, b' '] => 3,
        _ => return None,
    };
    let body = LINE + width;
    let end = body + COLUMNS;
    if input.get(end) != Some(&DC4)
        || settings
            .line_digits
            .is_some_and(|set| usize::from(set) != width)
    {
        return None;
    }
    #[rustfmt::skip]
    let [b' ', b'1', b'8', a, b, c, d, letter, e, f, g, h, i, j, k, l] = *input.get(body..end)?.first_chunk::<COLUMNS>()? else {
        return None;
    };
    let digits = [e, f, g, h, i, j, k, l];
    let decimal = digits.iter().fold(true, |all, b| all & b.is_ascii_digit());
    let account = [a, b, c, d];
    let named = account
        .iter()
        .fold(true, |all, b| all & b.is_ascii_alphanumeric());
    let qualifier = match letter {
        b'E' => b'1',
        b'R' => b'3',
        b'P' => b'6',
        _ => return None,
    };
    let [_, r, s, line @ ..] = input.get(..body)? else {
        return None;
    };
    if !(decimal & named & r.is_ascii_hexdigit() & s.is_ascii_hexdigit())
        || !line.iter().all(u8::is_ascii_alphanumeric)
    {
        return None;
    }
    let text = str::from_utf8(input.get(..end)?).ok()?;
    let part = |from: usize, to: usize| text.get(from..to);
    let frame = Frame {
        kind: Kind::CONTACT_ID,
        receiver: ReceiverNumber::new(part(1, LINE)?).ok()?,
        line: LineNumber::new(part(LINE, body)?).ok()?,
        body: Body::ContactId(ContactIdBody {
            mark: "18",
            account: AccountId::new(part(body + 3, body + 7)?).ok()?,
            qualifier,
            code: [e, f, g],
            group: part(body + 11, body + 13)?,
            zone: part(body + 13, end)?,
        }),
        clock: None,
        quirks: Quirks::NONE,
        raw: input.get(..=end)?,
    };
    Some((frame, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_in_one_go_reads_the_same_the_long_way() {
        let mut read = 0;
        for frame in [
            b"5011 181234E12101001\x14".as_slice(),
            b"501001 18ABC9R40102007\x14",
        ] {
            for place in 0..frame.len() {
                for byte in 0..=255 {
                    let mut bytes = frame.to_vec();
                    bytes[place] = byte;
                    for line_digits in [None, Some(1), Some(3)] {
                        let settings = Settings {
                            line_digits,
                            ..Settings::default()
                        };
                        if let Some(usual) = usual(&bytes, &settings) {
                            read += 1;
                            let long = Frame::parse_long_way(&bytes, &settings);
                            assert_eq!(long, Ok(Some(usual)), "{}", bytes.escape_ascii());
                        }
                    }
                }
            }
        }
        assert!(read > 1_000, "{read}");
    }
}
