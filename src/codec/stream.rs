//! A stream of bytes, cut into frames without any I/O: the same for every protocol, however its reads are split, merged
//! or mixed with noise.

use core::time::Duration;

use super::Quirks;
use crate::error::ParseError;

/// What a stream gave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Cut<'a> {
    /// The bytes of a whole frame, start and end included, as its protocol's `Frame::parse` takes them.
    Frame {
        /// With bit 7 cleared where [`super::Quirk::SevenBits`] says so.
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
}
