//! A stream of bytes, cut into frames without any I/O: the same for every protocol, however its reads are split, merged
//! or mixed with noise.
//!
//! A protocol says by [`Shape`] how its frames look, and [`Stream`] does the rest: the buffer, the pause that ends an
//! unfinished frame, the cap, senders that are set to 7E1, and the account of bytes: each one that was pushed comes back
//! in exactly one frame, damage or noise, or is still held.
//!
//! ```
//! use core::time::Duration;
//! use alarmwire::codec::stream::{Cut, Decoder, Look, Shape, Stream};
//!
//! /// `<…>`, with nothing that needs checking between.
//! struct Angles;
//!
//! impl Shape for Angles {
//!     fn look(&self, bytes: &[u8], ended: bool) -> Look {
//!         match bytes.iter().position(|b| *b == b'<') {
//!             Some(0) => match bytes.iter().position(|b| *b == b'>') {
//!                 Some(at) => Look::Frame(at + 1),
//!                 None if ended => Look::Noise(bytes.len()),
//!                 None => Look::More,
//!             },
//!             at => Look::Noise(at.unwrap_or(bytes.len())),
//!         }
//!     }
//!     fn longest(&self) -> usize { 64 }
//!     fn end(&self) -> Option<u8> { Some(b'>') }
//! }
//!
//! let mut stream = Stream::new(Angles);
//! stream.push(Duration::ZERO, b"--<fra");
//! assert_eq!(stream.next(Duration::ZERO), Cut::Noise(2));
//! assert_eq!(stream.next(Duration::ZERO), Cut::More);
//! stream.push(Duration::ZERO, b"me>");
//! assert!(matches!(stream.next(Duration::ZERO), Cut::Frame { bytes: b"<frame>", .. }));
//! ```

mod engine;
#[cfg(test)]
mod tests;

use core::time::Duration;

pub use engine::{GAP, Stream};

use super::Quirks;
use crate::error::ParseError;

/// What a stream gave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Cut<'a> {
    /// The bytes of a whole frame, start and end included, as its protocol's `Frame::parse` takes them.
    Frame {
        /// With bit 7 cleared where [`super::Quirk::SevenBits`] says so.
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        bytes: &'a [u8],
        /// What was odd on the line.
        quirks: Quirks,
    },
    /// So many bytes belong to no frame: count them, never answer.
    Noise(usize),
    /// What looked like a frame is damaged, or cut off.
    Bad {
        /// What is wrong, counted from the start of `bytes`.
        error: ParseError,
        /// From the start of the frame on.
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        bytes: &'a [u8],
    },
    /// Nothing until more bytes come.
    More,
}

/// Cuts a stream into frames. Push one read, then call [`Decoder::next`] until it says [`Cut::More`]: what is held is
/// what was pushed and at most one unfinished frame.
pub trait Decoder: Send {
    /// Takes what one read gave, at monotonic time `now`.
    fn push(&mut self, now: Duration, bytes: &[u8]);

    /// The next frame, noise or damage.
    fn next(&mut self, now: Duration) -> Cut<'_>;

    /// When an unfinished frame is given up; call [`Decoder::next`] then.
    fn poll_timeout(&self) -> Option<Duration>;

    /// Forgets an unfinished frame: the port was opened anew.
    fn clear(&mut self);

    /// Sets the longest pause inside a frame. What knows no pauses takes no notice.
    fn set_gap(&mut self, gap: Duration) {
        let _ = gap;
    }
}

/// What stands at the head of a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Look {
    /// A whole frame of so many bytes.
    Frame(usize),
    /// It may become a frame.
    More,
    /// So many bytes belong to no frame; a frame may start behind them.
    Noise(usize),
    /// So many bytes, at least 1, began like a frame and are none; the error counts from the first of them. A frame
    /// may start behind them.
    Bad(usize, ParseError),
}

/// How a protocol's frames look on a stream: all that [`Stream`] asks of it.
///
/// What was said of some bytes must hold when more follow (only noise may grow): then it makes no difference how the
/// reads were cut.
pub trait Shape: Send {
    /// Looks at `bytes` (never empty, never more than [`Shape::longest`]), which begin where the last frame or noise
    /// ended. `ended`: no byte behind them will belong to them, for a pause or the cap ended them; [`Look::More`] is not
    /// allowed then.
    ///
    /// Noise should reach to the next byte that can start a frame; damage too, so that a frame behind it is found.
    fn look(&self, bytes: &[u8], ended: bool) -> Look;

    /// The most bytes of a frame.
    fn longest(&self) -> usize;

    /// The byte that ends every frame, if there is one: what was [`Look::More`] is not looked at again before that byte
    /// came, so that a slow line costs no rescanning.
    fn end(&self) -> Option<u8> {
        None
    }

    /// Whether frames may come from a 7E1 sender that is seen on an 8N1 port, where bit 7 is even parity: what is no
    /// frame is looked at once more without that bit, if all of its bytes are even. Not for frames with binary values.
    fn seven_bits(&self) -> bool {
        true
    }
}
