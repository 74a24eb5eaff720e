use super::{Frame, LONGEST};
use crate::{
    codec::{
        lines::{CR, LF},
        stream::{Look, Shape},
    },
    error::{ParseError, ParseErrorKind},
};

/// From LF to CR, or to the A of the CAPS variant; an LF inside starts anew.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines;

impl Shape for Lines {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        if bytes.first() != Some(&LF) {
            let next = memchr::memchr(LF, bytes);
            return Look::Noise(next.unwrap_or(bytes.len()));
        }
        match Frame::parse(bytes) {
            Ok(Some((_, length))) => Look::Frame(length),
            Ok(None) if !ended => Look::More,
            Ok(None) => {
                let kind = ParseErrorKind::Expected("CR");
                Look::Bad(bytes.len(), ParseError::new(bytes.len(), kind))
            }
            Err(error) => {
                let after = bytes.get(1..).unwrap_or_default();
                let length = match memchr::memchr2(CR, LF, after) {
                    Some(at) if after.get(at) == Some(&CR) => at + 2,
                    Some(at) => at + 1,
                    None => bytes.len(),
                };
                Look::Bad(length, error)
            }
        }
    }

    fn longest(&self) -> usize {
        LONGEST
    }
}
