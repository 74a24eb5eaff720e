use super::{Body, Frame, LONGEST, Settings};
use crate::{
    codec::stream::{Look, Shape},
    error::{ParseError, ParseErrorKind},
};

/// `R G AAAA d d CR`.
const BARE: usize = 9;

/// From the header to the terminator; frames without a header begin where the one before them ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines(pub(super) Settings<'static>);

/// Whether a receiver and a group stand in front.
fn begins(bytes: &[u8]) -> bool {
    bytes.len() >= 2 && bytes.iter().take(2).all(u8::is_ascii_hexdigit)
}

/// How many bytes of noise stand in front of the terminator, or in front of the one frame that needs no header: of a
/// known length, and parted from the noise by something that is no digit.
fn tail(bytes: &[u8], settings: &Settings<'_>) -> usize {
    let from = bytes
        .len()
        .saturating_sub(BARE + usize::from(settings.time_header));
    let (noise, frame) = bytes.split_at_checked(from).unwrap_or((bytes, &[]));
    let parted = noise.last().is_some_and(|b| !b.is_ascii_graphic());
    match Frame::parse(frame, settings) {
        Ok(Some((frame, length)))
            if parted
                && length == frame.raw.len()
                && matches!(frame.body, Body::SilentKnight(_)) =>
        {
            from
        }
        _ => bytes.len(),
    }
}

impl Shape for Lines {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        let Self(settings) = self;
        let headed = bytes.first() == settings.header.as_ref();
        let ends = |b: &u8| *b == settings.terminator || Some(*b) == settings.header;
        let after = bytes.get(usize::from(headed)..).unwrap_or_default();
        let end = after
            .iter()
            .position(ends)
            .map(|at| at + usize::from(headed));
        let terminated = end.is_some_and(|at| bytes.get(at) == Some(&settings.terminator));
        let length = match end {
            Some(at) => at + usize::from(terminated),
            None if ended => bytes.len(),
            None => return Look::More,
        };
        match Frame::parse(bytes, settings) {
            Ok(Some((_, length))) => Look::Frame(length),
            // Without a header nothing began here that wants an answer, unless it looks like a receiver and group.
            Ok(None) | Err(_) if !headed && !terminated => Look::Noise(length.max(1)),
            Err(_) if !headed && !begins(bytes) => {
                Look::Noise(tail(bytes.get(..length).unwrap_or(bytes), settings).max(1))
            }
            Ok(None) => {
                let kind = ParseErrorKind::Expected("the terminator");
                Look::Bad(length.max(1), ParseError::new(length, kind))
            }
            Err(error) => Look::Bad(length.max(1), error),
        }
    }

    fn longest(&self) -> usize {
        LONGEST
    }
}
