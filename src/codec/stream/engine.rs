use alloc::vec::Vec;
use core::time::Duration;

use memchr::memchr2;

use super::{Cut, Decoder, Look, Shape};
use crate::{
    codec::{Quirk, Quirks},
    error::{ParseError, ParseErrorKind},
};

/// The longest pause inside a frame, where nothing else is set (serial-receivers.md 0, rule 6).
pub const GAP: Duration = Duration::from_secs(1);

/// Cuts a stream into the frames of one [`Shape`].
///
/// Nothing is allocated once the buffer has the size of the largest read and one frame. NUL, CR and LF that some senders
/// put behind their frames never count as damage.
#[derive(Clone, Debug)]
pub struct Stream<S> {
    shape: S,
    /// What was pushed; the first `start` bytes are done with.
    buffer: Vec<u8>,
    /// The same with bit 7 cleared; empty for shapes that know no seven bits.
    clear: Vec<u8>,
    start: usize,
    /// A pause ended what lies before this place.
    cut: Option<usize>,
    /// Up to here the bytes at the head were looked at, and more of them are needed.
    seen: usize,
    /// What can change that.
    news: News,
    /// From the head on, the place of the first byte of odd parity, as far as searched.
    odd: usize,
    /// The same for the first byte over 7Fh.
    high: usize,
    last: Duration,
    gap: Duration,
}

/// Which bytes are worth another look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum News {
    Any,
    /// The end byte, with or without parity.
    End,
    /// The same, or a byte of odd parity: no 7E1 sender's.
    EndOrOdd,
}

/// What becomes of the head of the buffer.
enum Verdict {
    Frame { length: usize, seven: bool },
    Noise(usize),
    Bad(usize, ParseError),
    More(News),
}

impl<S: Shape> Stream<S> {
    /// A stream that waits a second for the next byte of a frame.
    #[must_use]
    pub fn new(shape: S) -> Self {
        Self::with_gap(shape, GAP)
    }

    /// A stream that waits `gap` for the next byte of a frame.
    #[must_use]
    pub fn with_gap(shape: S, gap: Duration) -> Self {
        // A frame that is not whole, and a read.
        let capacity = 2 * shape.longest().max(64);
        let clear = if shape.seven_bits() { capacity } else { 0 };
        Self {
            buffer: Vec::with_capacity(capacity),
            clear: Vec::with_capacity(clear),
            shape,
            start: 0,
            cut: None,
            seen: 0,
            news: News::Any,
            odd: 0,
            high: 0,
            last: Duration::ZERO,
            gap,
        }
    }

    /// What the frames look like.
    #[must_use]
    pub const fn shape(&self) -> &S {
        &self.shape
    }

    /// How many bytes are held that were neither cut nor counted yet.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.buffer.len() - self.start
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.buffer.capacity() + self.clear.capacity()
    }

    fn expire(&mut self, now: Duration) {
        if self.pending() > 0 && now >= self.last + self.gap {
            self.cut = Some(self.buffer.len());
        }
    }

    /// Drops what is done with, but only where room is wanted: so a byte is moved once for each buffer that is filled.
    fn make_room(&mut self, bytes: usize) {
        let done = self.start;
        if done == 0 {
            return;
        }
        if done < self.buffer.len() && self.buffer.len() + bytes <= self.buffer.capacity() {
            return;
        }
        self.buffer.drain(..done);
        self.clear.drain(..done.min(self.clear.len()));
        self.start = 0;
        self.cut = self.cut.map(|at| at.saturating_sub(done));
        for place in [&mut self.seen, &mut self.odd, &mut self.high] {
            *place = place.saturating_sub(done);
        }
    }

    fn advance(&mut self, bytes: usize) -> core::ops::Range<usize> {
        let from = self.start;
        self.start += bytes;
        self.seen = self.start;
        self.news = News::Any;
        from..self.start
    }

    fn verdict(&mut self) -> Verdict {
        let from = self.start;
        let cap = from + self.shape.longest().max(1);
        let paused = self.cut.filter(|cut| *cut > from);
        self.cut = paused;
        let available = paused.unwrap_or(self.buffer.len());
        let to = available.min(cap);
        // A pause and the cap end the frame that is not whole by then.
        let ended = paused.is_some() && to == available || to == cap;
        if !ended && !self.is_news(to) {
            return Verdict::More(self.news);
        }
        let Some(bytes) = self.buffer.get(from..to).filter(|b| !b.is_empty()) else {
            return Verdict::More(News::Any);
        };
        // At the cap, the plain look goes first: it may well see a frame that is exactly that long.
        let plain = self.look(bytes, ended);
        let filler = bytes
            .iter()
            .take_while(|b| matches!(b, 0 | b'\r' | b'\n'))
            .count();
        let verdict = match plain {
            Look::Bad(length, _) if length <= filler => Look::Noise(length),
            Look::Bad(length, _) if ended && filler == bytes.len() => Look::Noise(length),
            other => other,
        };
        match self.without_bit_seven(verdict, from, to, ended) {
            Verdict::Noise(length) if self.shape.seven_bits() => {
                Verdict::Noise(self.noise_with_parity(length, from, to))
            }
            verdict => verdict,
        }
    }

    /// How much of noise may be dropped at once: where bytes have bit 7, no more than up to the next byte that a 7E1
    /// sender may have made, as only a look from there can tell whether one of its frames begins.
    fn noise_with_parity(&mut self, length: usize, from: usize, to: usize) -> usize {
        let end = from + length;
        let run = self.even_run(from, to);
        if self.high >= to || run >= end {
            return length;
        }
        let rest = self.buffer.get(run..end).unwrap_or_default();
        let odd = rest.iter().take_while(|byte| is_odd(byte)).count();
        let upto = (run + odd - from).clamp(1, length);
        // What is noise only as a whole, as a line is that can't be read, stays whole.
        match self
            .buffer
            .get(from..from + upto)
            .map(|bytes| self.look(bytes, false))
        {
            Some(Look::Noise(sooner)) => sooner.min(upto),
            _ => length,
        }
    }

    /// Whether what came since the last look can change what it said.
    fn is_news(&self, to: usize) -> bool {
        if to <= self.seen {
            return false;
        }
        let (Some(end), false) = (self.shape.end(), self.news == News::Any) else {
            return true;
        };
        // The same byte as a 7E1 sender's parity makes it.
        let even = end | if end.count_ones() % 2 == 0 { 0 } else { 0x80 };
        let new = self.buffer.get(self.seen..to).unwrap_or_default();
        memchr2(end, even, new).is_some() || self.news == News::EndOrOdd && new.iter().any(is_odd)
    }

    /// What the shape says, put into the limits that it should keep by itself.
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        let length = |length: usize| length.clamp(1, bytes.len());
        match self.shape.look(bytes, ended) {
            Look::Frame(n) => Look::Frame(length(n)),
            Look::Noise(n) => Look::Noise(length(n)),
            Look::Bad(n, error) => Look::Bad(length(n), error),
            Look::More if !ended => Look::More,
            Look::More => {
                let kind = if bytes.len() < self.shape.longest() {
                    ParseErrorKind::Expected("the end of the frame")
                } else {
                    ParseErrorKind::TooLong(self.shape.longest())
                };
                Look::Bad(bytes.len(), ParseError::new(bytes.len(), kind))
            }
        }
    }

    /// Weighs what was seen against the same bytes without bit 7, as far as they are even.
    ///
    /// Whichever frame is whole first counts, and while the even bytes may still become one nothing is dropped: both
    /// hold however the reads were cut.
    fn without_bit_seven(&mut self, plain: Look, from: usize, to: usize, ended: bool) -> Verdict {
        let as_seen = match plain {
            Look::Frame(length) => Verdict::Frame {
                length,
                seven: false,
            },
            Look::Noise(length) => Verdict::Noise(length),
            Look::Bad(length, error) => Verdict::Bad(length, error),
            Look::More => Verdict::More(News::End),
        };
        if !self.shape.seven_bits() {
            return as_seen;
        }
        let run = self.even_run(from, to);
        if self.high >= run {
            return as_seen;
        }
        let Some(bytes) = self.clear.get(from..run).filter(|b| !b.is_empty()) else {
            return as_seen;
        };
        let last = run == to;
        let seven = self.shape.look(bytes, ended && last);
        match (plain, seven) {
            (Look::Frame(plain), Look::Frame(length)) if plain <= length => as_seen,
            (_, Look::Frame(length))
                if length > 0 && length <= run - from && self.high < from + length =>
            {
                Verdict::Frame {
                    length,
                    seven: true,
                }
            }
            (Look::Frame(_) | Look::More, _) => as_seen,
            (_, Look::More) if last && !ended => Verdict::More(News::EndOrOdd),
            // A frame without bit 7 may start sooner than one with it.
            (Look::Noise(plain), Look::Noise(length) | Look::Bad(length, _)) => {
                Verdict::Noise(plain.min(length.max(1)))
            }
            (Look::Bad(plain, error), Look::Noise(length) | Look::Bad(length, _))
                if run - from >= plain =>
            {
                Verdict::Bad(plain.min(length.max(1)), error)
            }
            _ => as_seen,
        }
    }

    /// Up to where the bytes from the head on are even; on the way it finds the first of them over 7Fh. Each byte is
    /// searched once.
    fn even_run(&mut self, from: usize, to: usize) -> usize {
        let place = |known: usize, is: fn(&u8) -> bool| {
            let known = known.max(from);
            if known >= to {
                return known;
            }
            let rest = self.buffer.get(known..to).unwrap_or_default();
            known + rest.iter().position(is).unwrap_or(rest.len())
        };
        self.odd = place(self.odd, is_odd);
        self.high = place(self.high, |b| *b > 0x7F);
        self.odd.min(to)
    }
}

/// Whether no sender of 7E1 made it.
fn is_odd(byte: &u8) -> bool {
    byte.count_ones() % 2 == 1
}

impl<S: Shape> Decoder for Stream<S> {
    fn push(&mut self, now: Duration, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.expire(now);
        self.make_room(bytes.len());
        self.buffer.extend_from_slice(bytes);
        if self.shape.seven_bits() {
            self.clear.extend(bytes.iter().map(|b| b & 0x7F));
        }
        self.last = now;
    }

    fn next(&mut self, now: Duration) -> Cut<'_> {
        self.expire(now);
        match self.verdict() {
            Verdict::More(news) => {
                self.seen = self.buffer.len();
                self.news = news;
                Cut::More
            }
            Verdict::Noise(length) => {
                self.advance(length);
                Cut::Noise(length)
            }
            Verdict::Bad(length, error) => {
                let range = self.advance(length);
                Cut::Bad {
                    error,
                    bytes: self.buffer.get(range).unwrap_or_default(),
                }
            }
            Verdict::Frame { length, seven } => {
                let range = self.advance(length);
                let mut quirks = Quirks::NONE;
                if seven {
                    quirks.note(Quirk::SevenBits);
                }
                let from = if seven { &self.clear } else { &self.buffer };
                Cut::Frame {
                    bytes: from.get(range).unwrap_or_default(),
                    quirks,
                }
            }
        }
    }

    fn poll_timeout(&self) -> Option<Duration> {
        (self.pending() > 0).then(|| self.last + self.gap)
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.clear.clear();
        self.start = 0;
        self.cut = None;
        self.seen = 0;
        self.news = News::Any;
        self.odd = 0;
        self.high = 0;
    }

    fn set_gap(&mut self, gap: Duration) {
        self.gap = gap;
    }
}
