use alloc::vec::Vec;
use core::time::Duration;

use arrayvec::ArrayVec;

use super::{DC4, Frame, Kind, LONGEST, Settings, parse::is_seven_bits};
use crate::{
    codec::{Quirk, Quirks},
    error::{ParseError, ParseErrorKind},
};

/// What a stream gave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Framed<'a> {
    /// A frame. With [`Quirk::SevenBits`] the port is set wrong, and bit 7 was cleared.
    Frame(Frame<'a>),
    /// So many bytes belong to no frame: count them, never answer.
    Noise(usize),
    /// What looked like a frame's start is damaged, or cut off: answer NAK once.
    Bad {
        /// What is wrong, counted from the start of `bytes`.
        error: ParseError,
        /// From the start of the frame on.
        bytes: &'a [u8],
    },
    /// Nothing until more bytes come.
    More,
}

/// Cuts a stream into frames: collects to DC4, at most 1,024 bytes, with at most a second between two bytes, and looks
/// for the frame's start from there; splits and merges of reads do not matter.
///
/// Push one read, then call [`Framer::next`] until it says [`Framed::More`]: the buffer holds what is pushed and at
/// most one unfinished frame.
#[derive(Clone, Debug)]
pub struct Framer {
    buffer: Vec<u8>,
    start: usize,
    /// From where the search for DC4 goes on.
    scanned: usize,
    /// A pause ended what lies before this place.
    cut: Option<usize>,
    last: Duration,
    gap: Duration,
}

enum Found {
    Frame,
    SevenBits(Quirks),
    Noise(usize),
    Bad(ParseError, usize),
}

impl Default for Framer {
    fn default() -> Self {
        Self::new(Duration::from_secs(1))
    }
}

impl Framer {
    /// A framer that waits `gap` for the next byte of a frame.
    #[must_use]
    pub fn new(gap: Duration) -> Self {
        let buffer = Vec::with_capacity(2 * LONGEST);
        Self {
            buffer,
            start: 0,
            scanned: 0,
            cut: None,
            last: Duration::ZERO,
            gap,
        }
    }

    /// Takes what one read gave, at monotonic time `now`.
    pub fn push(&mut self, now: Duration, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.scanned = self.scanned.saturating_sub(self.start);
            self.cut = self.cut.map(|at| at.saturating_sub(self.start));
            self.start = 0;
        }
        self.expire(now);
        self.buffer.extend_from_slice(bytes);
        self.last = now;
    }

    /// Forgets an unfinished frame: the port was opened anew.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.start = 0;
        self.scanned = 0;
        self.cut = None;
    }

    /// When an unfinished frame is given up; call [`Framer::next`] then.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        (self.start < self.buffer.len()).then(|| self.last + self.gap)
    }

    fn expire(&mut self, now: Duration) {
        if self.start < self.buffer.len() && now >= self.last + self.gap {
            self.cut = Some(self.buffer.len());
        }
    }

    /// The next frame, noise or damage.
    pub fn next(&mut self, now: Duration, settings: &Settings<'_>) -> Framed<'_> {
        self.expire(now);
        let from = self.start;
        let end = match self.cut.filter(|cut| *cut > from) {
            Some(cut) => self.find(cut).unwrap_or(cut),
            None => {
                self.cut = None;
                match self.find(self.buffer.len()) {
                    Some(end) => end,
                    None => {
                        self.scanned = self.buffer.len();
                        let surplus = (self.buffer.len() - from).saturating_sub(LONGEST);
                        if surplus == 0 {
                            return Framed::More;
                        }
                        // Only the end of an overlong run can still become a frame.
                        self.start += surplus;
                        return Framed::Noise(surplus);
                    }
                }
            }
        };
        let segment = self.buffer.get_mut(from..end).unwrap_or_default();
        match classify(segment, settings) {
            Found::Noise(bytes) => {
                let bytes = bytes.max(1);
                self.advance(from + bytes);
                Framed::Noise(bytes)
            }
            Found::Bad(error, at) if at > 0 => {
                let _reported_with_the_next_call = error;
                self.advance(from + at);
                Framed::Noise(at)
            }
            Found::Bad(error, _) => {
                self.advance(end);
                Framed::Bad {
                    error,
                    bytes: self.buffer.get(from..end).unwrap_or_default(),
                }
            }
            found => {
                self.advance(end);
                let bytes = self.buffer.get(from..end).unwrap_or_default();
                match Frame::parse(bytes, settings) {
                    Ok(Some((mut frame, _))) => {
                        if let Found::SevenBits(quirks) = found {
                            frame.quirks = frame.quirks.union(quirks);
                        }
                        Framed::Frame(frame)
                    }
                    Ok(None) => Framed::Noise(bytes.len()),
                    Err(error) => Framed::Bad { error, bytes },
                }
            }
        }
    }

    fn find(&self, end: usize) -> Option<usize> {
        let from = self.scanned.clamp(self.start, end);
        memchr::memchr(DC4, self.buffer.get(from..end).unwrap_or_default()).map(|at| from + at + 1)
    }

    fn advance(&mut self, to: usize) {
        self.start = to;
        self.scanned = to;
    }
}

/// Looks for a frame's start in what a DC4 or a pause ended.
fn classify(segment: &mut [u8], settings: &Settings<'_>) -> Found {
    if segment.last() != Some(&DC4) {
        return damaged(segment, settings);
    }
    match place(segment, settings) {
        Some(0) => return Found::Frame,
        Some(at) => return Found::Noise(at),
        None => {}
    }
    // The longest tail that a 7E1 sender can have sent.
    let tail = segment
        .iter()
        .rev()
        .take_while(|b| b.count_ones() % 2 == 0)
        .count()
        .min(LONGEST);
    let from = segment.len() - tail;
    if is_seven_bits(segment.get(from..).unwrap_or_default()) {
        let clear: ArrayVec<u8, LONGEST> = segment.iter().skip(from).map(|b| b & 0x7F).collect();
        match place(&clear, settings) {
            Some(0) if from == 0 => {
                segment.copy_from_slice(&clear);
                let mut quirks = Quirks::NONE;
                quirks.note(Quirk::SevenBits);
                return Found::SevenBits(quirks);
            }
            Some(at) => return Found::Noise(from + at),
            None => {}
        }
    }
    damaged(segment, settings)
}

/// Where the frame starts whose DC4 ends the segment: at its first character if that reads well, else wherever a frame
/// of a known kind reads well to the end (the rest of an earlier one, or noise, lies before it).
fn place(segment: &[u8], settings: &Settings<'_>) -> Option<usize> {
    let body = segment.split_last().map_or(segment, |(_, body)| body);
    let run = body
        .iter()
        .rev()
        .take_while(|b| !b.is_ascii_control())
        .count();
    let from = body.len() - run;
    let reads = |at: usize| {
        matches!(
            segment.get(at..).map(|s| Frame::parse(s, settings)),
            Some(Ok(Some(_)))
        )
    };
    let kind = |at: usize| segment.get(at).copied().and_then(Kind::new);
    if reads(from) {
        return Some(from);
    }
    (from + 1..body.len()).find(|at| kind(*at).is_some_and(has_shape) && reads(*at))
}

/// Kinds whose columns or brackets can be told from chance.
fn has_shape(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::INTERNAL
            | Kind::BASIC
            | Kind::SIA_ONE
            | Kind::CONTACT_ID
            | Kind::CONTACT_ID_TEN
            | Kind::MODEM_TWO
            | Kind::HIGH_SPEED
            | Kind::SUPER_FAST
            | Kind::SIA_TWO
    )
}

/// Damage where something begins like a frame of a known kind, else noise.
fn damaged(segment: &[u8], settings: &Settings<'_>) -> Found {
    let begins = |at: &usize| {
        segment.get(*at..*at + 4).is_some_and(|head| match head {
            [kind, r1, r2, line] => {
                Kind::new(*kind).is_some_and(Kind::is_known)
                    && r1.is_ascii_hexdigit()
                    && r2.is_ascii_hexdigit()
                    && line.is_ascii_alphanumeric()
            }
            _ => false,
        })
    };
    let Some(at) = (0..segment.len()).find(begins) else {
        return Found::Noise(segment.len());
    };
    let bytes = segment.get(at..).unwrap_or_default();
    let error = match Frame::parse(bytes, settings) {
        Err(error) => error,
        Ok(_) => ParseError::new(bytes.len(), ParseErrorKind::Expected("end byte")),
    };
    Found::Bad(error, at)
}
