use alloc::vec::Vec;
use core::time::Duration;

use memchr::memchr;

use super::{
    parse::{self, CR, LF, Start},
    types::Frame,
};
use crate::{codec::Quirk, error::ParseError};

/// How long a length field that says too much is believed, before the check value up to the next CR decides.
const PATIENCE: Duration = Duration::from_secs(1);

/// Finds frames in a stream, and gets over whatever stands between them (dossier 9).
///
/// Bytes of a binary check value may look like LF, CR or a quote, so the stream is never split at line ends: the header
/// says how long a frame is, and only where that fails does the check value up to the next CR decide.
///
/// ```
/// use core::time::Duration;
/// use alarmwire::codec::dc09::{Framed, Framer};
///
/// let mut framer = Framer::new();
/// framer.push(b"rubbish\nEA740027\"NULL\"0000L0#1409[]_20:38:07,08-27-2026\r");
/// assert!(matches!(framer.next(Duration::ZERO), Framed::Noise(7)));
/// assert!(matches!(framer.next(Duration::ZERO), Framed::Frame(frame) if frame.token.as_str() == "NULL"));
/// assert!(matches!(framer.next(Duration::ZERO), Framed::More));
/// ```
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    head: usize,
    /// The last thing taken was a frame, behind which line ends and NUL mean nothing.
    after_frame: bool,
    /// Something was taken, so that the head is not the stream's first byte any more.
    begun: bool,
    wait: Wait,
}

/// How long the frame at the head has been incomplete.
#[derive(Debug, Default)]
struct Wait {
    since: Option<Duration>,
    /// The patience is over.
    impatient: bool,
}

impl Wait {
    fn is_over(&mut self, now: Duration) -> bool {
        self.impatient |= self.since.is_some_and(|since| now >= since + PATIENCE);
        self.impatient
    }
}

/// What a stream holds next.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Framed<'a> {
    /// A frame whose check value fits.
    Frame(Frame<'a>),
    /// So many bytes that belong to no frame.
    Noise(usize),
    /// What looked like a frame and is none; the bytes from its LF up to where the search goes on.
    Bad {
        /// Why not.
        error: ParseError,
        /// What was dropped; the rest of it comes back as noise unless a frame begins in it.
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        bytes: &'a [u8],
    },
    /// Nothing more in what came so far.
    More,
}

impl Framer {
    /// A framer for a new connection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what was received. Call [`Framer::next`] until it says [`Framed::More`] before the next push: then never more
    /// than one incomplete frame, of 4,105 bytes at most, is kept.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.head > 0 {
            self.buffer.drain(..self.head);
            self.head = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// How many bytes wait for more.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.buffer.len() - self.head
    }

    /// The last so many bytes that were taken.
    pub(super) fn taken(&self, bytes: usize) -> &[u8] {
        self.buffer
            .get(self.head.saturating_sub(bytes)..self.head)
            .unwrap_or_default()
    }

    /// When [`Framer::next`] is to be called again even if nothing arrives.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        // Without a CR the check value can't decide anything, so waking up would change nothing.
        let tail = self.buffer.get(self.head..)?;
        if self.wait.impatient || !tail.contains(&CR) {
            None
        } else {
            Some(self.wait.since? + PATIENCE)
        }
    }

    /// The next frame, or what else there is.
    pub fn next(&mut self, now: Duration) -> Framed<'_> {
        let from = self.head;
        let mut silent = 0;
        loop {
            let rest = self.buffer.get(self.head..).unwrap_or_default();
            if self.after_frame {
                let skip = rest
                    .iter()
                    .take_while(|b| matches!(b, 0 | b' ' | b'\r'))
                    .count();
                if skip > 0 {
                    self.head += skip;
                    silent += skip;
                    continue;
                }
            }
            let noise = |head: usize, silent: usize| head - from - silent;
            // Where a frame is due, it may lack its LF (quirk 34); anywhere else that would be a guess.
            let due = (self.after_frame || !self.begun) && !rest.is_empty();
            let noise_ahead = || !due || matches!(parse::head(rest), Start::No(_));
            if rest.first() != Some(&LF) && noise_ahead() {
                let skip = memchr(LF, rest).unwrap_or(rest.len());
                self.after_frame &= skip == 0;
                self.begun |= skip > 0;
                self.head += skip;
                if skip == 0 || skip == rest.len() {
                    let count = noise(self.head, silent);
                    return if count > 0 {
                        Framed::Noise(count)
                    } else {
                        Framed::More
                    };
                }
                continue;
            }
            let head = match parse::head(rest) {
                Start::Head(head) => Some(head),
                Start::More => {
                    let count = noise(self.head, silent);
                    return if count > 0 {
                        Framed::Noise(count)
                    } else {
                        Framed::More
                    };
                }
                // A quote in its place and digits that are none is a frame gone bad; anything else is noise.
                Start::No(error) if error.kind() == crate::ParseErrorKind::Expected("header") => {
                    self.head += 1;
                    self.begun = true;
                    silent += usize::from(self.after_frame);
                    continue;
                }
                Start::No(_) => None,
            };
            let count = noise(self.head, silent);
            if count > 0 {
                return Framed::Noise(count);
            }
            let ends =
                |head: parse::Head| memchr(CR, rest.get(head.body..).unwrap_or_default()).is_some();
            let complete = head.is_some_and(ends) && self.wait.is_over(now);
            let parsed = if complete {
                Frame::parse_whole(rest).map(Some)
            } else {
                Frame::parse(rest)
            };
            return match parsed {
                Ok(None) => {
                    self.wait.since.get_or_insert(now);
                    Framed::More
                }
                Ok(Some((mut frame, taken))) => {
                    self.wait = Wait::default();
                    (self.after_frame, self.begun) = (true, true);
                    self.head += taken;
                    if matches!(rest.get(taken), Some(0 | &CR)) {
                        frame.quirks.note(Quirk::TrailingNul);
                    }
                    Framed::Frame(frame)
                }
                Err(error) => {
                    self.wait = Wait::default();
                    (self.after_frame, self.begun) = (false, true);
                    // Only the LF is behind us: a frame may begin anywhere in what follows.
                    let length = 1 + memchr(LF, rest.get(1..).unwrap_or_default())
                        .unwrap_or(rest.len().saturating_sub(1));
                    self.head += length;
                    Framed::Bad {
                        error,
                        bytes: rest.get(..length).unwrap_or_default(),
                    }
                }
            };
        }
    }
}

#[cfg(test)]
#[path = "framer_tests.rs"]
mod tests;
