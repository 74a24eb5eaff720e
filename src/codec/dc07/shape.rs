use memchr::memchr2;

use super::{
    CR, Frame, LF, LONGEST,
    frame::{HEAD, expected},
};
use crate::codec::stream::{Look, Shape};

/// How the frames look on a stream.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Bytes;

/// The next LF behind the first byte.
fn next(bytes: &[u8]) -> usize {
    let rest = bytes.get(1..).unwrap_or_default();
    memchr::memchr(LF, rest).map_or(bytes.len(), |at| at + 1)
}

impl Shape for Bytes {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        let head = bytes.get(1..bytes.len().min(HEAD)).unwrap_or_default();
        if bytes.first() != Some(&LF) || !head.iter().all(u8::is_ascii_hexdigit) {
            return Look::Noise(next(bytes));
        }
        // No text holds CR or LF, so the first of them decides: a wrong LEN never hides the next frame.
        let stop = memchr2(CR, LF, bytes.get(1..).unwrap_or_default()).map(|at| at + 1);
        match stop {
            None if bytes.len() >= LONGEST => Look::Noise(next(bytes)),
            None if ended && head.len() < HEAD - 1 => Look::Noise(bytes.len()),
            None if ended => Look::Bad(bytes.len(), expected(bytes.len(), "CR")),
            None => Look::More,
            Some(stop) if stop < HEAD => Look::Noise(stop),
            Some(stop) if bytes.get(stop) == Some(&LF) => Look::Bad(stop, expected(stop, "CR")),
            Some(stop) => match Frame::parse(bytes.get(..=stop).unwrap_or_default()) {
                Ok(Some((_, taken))) => Look::Frame(taken),
                Ok(None) => Look::Bad(stop + 1, expected(stop, "CR")),
                Err(error) => Look::Bad(stop + 1, error),
            },
        }
    }

    fn longest(&self) -> usize {
        LONGEST
    }

    fn end(&self) -> Option<u8> {
        Some(CR)
    }
}
