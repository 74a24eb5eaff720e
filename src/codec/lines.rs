//! What the protocols with frames between LF and CR share when one frame of an input is explained.

use alloc::{borrow::Cow, vec::Vec};
use core::time::Duration;

use super::{
    DecodeOptions, Quirk, Quirks,
    stream::{Cut, Decoder as _, GAP, Shape, Stream},
};
use crate::error::ParseError;

/// The registry's entry of a protocol is its port with default settings, `CONFIGURED`.
macro_rules! by_default {
    ($name:ident) => {
        impl Protocol for $name {
            fn name(&self) -> &'static str {
                Self::CONFIGURED.name()
            }

            fn confidence(&self, input: &[u8]) -> u8 {
                Self::CONFIGURED.confidence(input)
            }

            fn decode(&self, input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
                Self::CONFIGURED.decode(input, options)
            }

            fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
                Self::CONFIGURED.events(signal, each);
            }

            fn stream(&self) -> Option<Box<dyn Decoder>> {
                Self::CONFIGURED.stream()
            }

            fn emit(
                &self,
                event: &AlarmEvent<'_>,
                how: &Emit<'_>,
                out: &mut BytesMut,
            ) -> Result<Losses, Refusal> {
                Self::CONFIGURED.emit(event, how, out)
            }
        }
    };
}
pub(super) use by_default;

pub(super) const LF: u8 = b'\n';
pub(super) const CR: u8 = b'\r';

/// How much of an input is looked at for one frame and the noise in front of it.
const WINDOW: usize = 4096;

/// The first piece of an input.
pub(super) enum Piece {
    Frame {
        bytes: Vec<u8>,
        quirks: Quirks,
    },
    Bad {
        /// Counted from the start of the input.
        error: ParseError,
        /// Whether its end byte came, so that a receiver waits for an answer.
        ended: bool,
    },
    Noise,
}

/// Cuts the first piece off `input`, and says how many bytes it took: at least 1 of an input that is not empty.
///
/// An argument may lack the start byte (where `optional` is not set, one is put in front) and the end byte.
pub(super) fn first<S: Shape>(
    shape: S,
    input: &[u8],
    options: &DecodeOptions<'_>,
    (start, end): (Option<u8>, u8),
) -> (Piece, usize) {
    let window = input.get(..input.len().min(WINDOW)).unwrap_or(input);
    let whole = window.len() == input.len();
    let mut bytes = Cow::Borrowed(window);
    let (mut front, mut mended) = (0, Quirks::NONE);
    if options.argument && !options.continued && whole {
        // Line ends of a shell are no part of an argument.
        let ends = |byte: &&u8| matches!(byte, b'\n' | b'\r') && **byte != end;
        let length = window.len() - window.iter().rev().take_while(ends).count();
        let text = window.get(..length).unwrap_or(window);
        let start = start.filter(|start| !text.contains(start));
        if start.is_some() {
            mended.note(Quirk::MissingLf);
            front = 1;
            bytes = [start.as_slice(), text].concat().into();
        }
        if !text.iter().any(|byte| byte & 0x7F == end) {
            mended.note(Quirk::MissingCr);
            bytes = [start.as_slice(), text, &[end]].concat().into();
        }
    }
    let mut stream = Stream::new(shape);
    stream.push(Duration::ZERO, &bytes);
    let (mut skipped, mut now) = (0, Duration::ZERO);
    loop {
        let taken = |length: usize| {
            let used = (skipped + length).saturating_sub(front).min(input.len());
            let rest = input.get(used..).unwrap_or_default();
            let blank = rest.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
            let used = if blank { input.len() } else { used };
            used.max(usize::from(!input.is_empty()))
        };
        match stream.next(now) {
            Cut::More if now.is_zero() => now = GAP,
            Cut::More => return (Piece::Noise, taken(bytes.len())),
            Cut::Noise(length)
                if options.argument
                    && !options.continued
                    && skipped == 0
                    && length < bytes.len() =>
            {
                skipped = length;
            }
            Cut::Noise(length) => return (Piece::Noise, taken(length)),
            Cut::Bad { error, bytes } => {
                let error = ParseError::new(
                    (error.offset() + skipped).saturating_sub(front),
                    error.kind(),
                );
                let ended = bytes.last().is_some_and(|last| last & 0x7F == end)
                    && !mended.has(Quirk::MissingCr);
                return (Piece::Bad { error, ended }, taken(bytes.len()));
            }
            Cut::Frame { bytes, quirks } => {
                if bytes.last() != Some(&end) {
                    mended = mended.without(Quirk::MissingCr);
                }
                let piece = Piece::Frame {
                    bytes: bytes.to_vec(),
                    quirks: quirks.union(mended),
                };
                return (piece, taken(bytes.len()));
            }
        }
    }
}

/// How well an input fits: what `weigh` says of its first frame, where noise stands in front of it half, and half of
/// that for an argument without its start byte or without its end byte.
pub(super) fn confidence<S: Shape>(
    shape: S,
    input: &[u8],
    ends: (Option<u8>, u8),
    weigh: impl FnOnce(&[u8]) -> u8,
) -> u8 {
    let options = DecodeOptions {
        argument: true,
        ..DecodeOptions::default()
    };
    match first(shape, input, &options, ends).0 {
        Piece::Frame { bytes, quirks } => {
            let weight = weigh(&bytes);
            let starts = match ends.0 {
                Some(start) => input.first() == Some(&start),
                // Of a frame that may lack its start byte the first byte shows whether noise stands in front.
                None => input.first().map(|byte| byte & 0x7F) == bytes.first().copied(),
            };
            let halves = [
                !starts,
                quirks.has(Quirk::MissingCr),
                quirks.has(Quirk::SevenBits),
            ];
            halves
                .iter()
                .filter(|half| **half)
                .fold(weight, |w, _| w / 2)
        }
        _ => 0,
    }
}
