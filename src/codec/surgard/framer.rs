use alloc::vec::Vec;
use core::time::Duration;

use arrayvec::ArrayVec;

use super::{DC4, Frame, Kind, LONGEST, Settings, is_seven_bits};
use crate::{
    codec::{Quirk, Quirks},
    error::{ParseError, ParseErrorKind},
};

/// What a stream gave.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
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
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
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
    /// Whether a frame is known to begin here; after a port was opened anew its first bytes may be a frame's rest.
    synced: bool,
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
            synced: true,
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

    /// Forgets an unfinished frame: the port was opened anew. Until the next DC4, only frames whose columns can be
    /// told from the rest of another are taken.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.start = 0;
        self.scanned = 0;
        self.cut = None;
        self.synced = false;
    }

    /// When an unfinished frame is given up; call [`Framer::next`] then.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        (self.start < self.buffer.len()).then(|| self.last + self.gap)
    }

    /// Sets the longest pause inside a frame.
    pub const fn set_gap(&mut self, gap: Duration) {
        self.gap = gap;
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
        let found = classify(segment, settings, self.synced);
        match found {
            Found::Noise(bytes) => {
                let bytes = bytes.max(1);
                self.advance(from + bytes);
                Framed::Noise(bytes)
            }
            Found::Bad(error, at) if at > 0 => {
                let _reported_with_the_next_call = error;
                self.synced = false;
                self.advance(from + at);
                Framed::Noise(at)
            }
            Found::Bad(error, _) => {
                self.synced = true;
                self.advance(end);
                Framed::Bad {
                    error,
                    bytes: self.buffer.get(from..end).unwrap_or_default(),
                }
            }
            found => {
                self.synced = true;
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
fn classify(segment: &mut [u8], settings: &Settings<'_>, synced: bool) -> Found {
    if segment.last() != Some(&DC4) {
        return damaged(segment, settings);
    }
    match place(segment, settings, synced) {
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
        match place(&clear, settings, synced) {
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
fn place(segment: &[u8], settings: &Settings<'_>, synced: bool) -> Option<usize> {
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
    // Kinds without columns would also fit the rest of a frame behind a damaged byte.
    if from == 0 && synced && reads(from) {
        return Some(from);
    }
    (from..body.len()).find(|at| kind(*at).is_some_and(has_shape) && reads(*at))
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
            | Kind::CALLER_ONLY
            | Kind::SILENT_KNIGHT
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

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    const FRAME: &[u8] = b"5011 181234E12101001\x14";
    const START: Duration = Duration::ZERO;

    #[derive(Debug, Eq, PartialEq)]
    enum Seen {
        Frame(Vec<u8>),
        Noise(usize),
        Bad(usize),
    }

    fn drain(framer: &mut Framer, now: Duration) -> Vec<Seen> {
        let mut seen = Vec::new();
        loop {
            seen.push(match framer.next(now, &Settings::default()) {
                Framed::More => return seen,
                Framed::Frame(frame) => Seen::Frame(frame.raw.to_vec()),
                Framed::Noise(bytes) => Seen::Noise(bytes),
                Framed::Bad { error, .. } => Seen::Bad(error.offset()),
            });
        }
    }

    fn all(wire: &[u8]) -> Vec<Seen> {
        let mut framer = Framer::default();
        framer.push(START, wire);
        drain(&mut framer, START)
    }

    fn frame() -> Seen {
        Seen::Frame(FRAME.to_vec())
    }

    #[test]
    fn the_rest_of_a_lost_frame_does_not_hide_the_next() {
        assert_eq!(
            all(&[b"5011 1812", FRAME].concat()),
            [Seen::Noise(9), frame()]
        );
        assert_eq!(
            all(&[b"garbage", FRAME].concat()),
            [Seen::Noise(7), frame()]
        );
        assert_eq!(
            all(&[b"\x11\x13\r\n", FRAME].concat()),
            [Seen::Noise(4), frame()]
        );
    }

    #[test]
    fn an_end_byte_within_noise_ends_the_noise_only() {
        assert_eq!(
            all(&[b"xx\x14\x14--\x14", FRAME].concat()),
            [Seen::Noise(3), Seen::Noise(1), Seen::Noise(3), frame()]
        );
    }

    #[test]
    fn a_damaged_frame_is_told_once_and_the_next_is_read() {
        assert_eq!(
            all(&[b"5011 181234X12101001\x14", FRAME].concat()),
            [Seen::Bad(11), frame()]
        );
        assert_eq!(
            all(&[b"5011 18\x0034E12101001\x14", FRAME].concat()),
            [Seen::Bad(7), frame()]
        );
    }

    #[test]
    fn a_rest_of_a_frame_behind_a_damaged_byte_is_no_frame_of_a_kind_without_columns() {
        assert_eq!(all(b"5011 18004\x017E13001047\x14"), [Seen::Bad(10)]);
        let seen = all(b"--\x01\x017E13001047\x14");
        assert!(
            matches!(seen.as_slice(), [Seen::Noise(4), Seen::Bad(_)]),
            "{seen:?}"
        );
    }

    #[test]
    fn after_opening_only_what_can_be_told_from_a_rest_is_taken() {
        let mut framer = Framer::default();
        framer.clear();
        framer.push(START, b"7E13001047\x14T011text\x14");
        let seen = drain(&mut framer, START);
        assert!(
            matches!(seen.as_slice(), [Seen::Bad(_), Seen::Frame(_)]),
            "{seen:?}"
        );
        framer.clear();
        framer.push(START, FRAME);
        assert_eq!(drain(&mut framer, START), [frame()]);
    }

    #[test]
    fn a_pause_of_a_second_ends_an_unfinished_frame() {
        let mut framer = Framer::default();
        framer.push(START, &FRAME[..10]);
        assert_eq!(drain(&mut framer, START), []);
        let end = Duration::from_secs(1);
        assert_eq!(framer.poll_timeout(), Some(end));
        assert_eq!(drain(&mut framer, end - Duration::from_nanos(1)), []);
        assert_eq!(drain(&mut framer, end), [Seen::Bad(10)]);
        assert_eq!(framer.poll_timeout(), None);
        framer.push(end, &FRAME[..10]);
        framer.push(end + end, FRAME);
        assert_eq!(
            drain(&mut framer, end + end),
            [Seen::Bad(10), frame()],
            "seen although nobody asked in the pause"
        );
        framer.push(end + end, &FRAME[..10]);
        framer.push(end + end + end / 2, &FRAME[10..]);
        assert_eq!(drain(&mut framer, end + end + end), [frame()]);
    }

    #[test]
    fn a_line_without_an_end_is_dropped_from_its_front_and_hides_no_frame() {
        let mut framer = Framer::default();
        let mut noise = 0;
        for _ in 0..10_000 {
            framer.push(START, &[b'x'; 1000]);
            for seen in drain(&mut framer, START) {
                let Seen::Noise(bytes) = seen else {
                    panic!("{seen:?}")
                };
                noise += bytes;
            }
            assert!(framer.buffer.capacity() < 4 * LONGEST);
        }
        assert_eq!(noise, 10_000_000 - LONGEST);
        framer.push(START, FRAME);
        let seen = drain(&mut framer, START);
        assert_eq!(seen.last(), Some(&frame()), "{seen:?}");
    }

    #[test]
    fn ten_thousand_bytes_of_any_kind_are_no_trouble() {
        let mut state = 1_u64;
        let mut framer = Framer::default();
        let mut count = 0;
        for _ in 0..10_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            framer.push(START, &[(state >> 56) as u8]);
            for seen in drain(&mut framer, START) {
                if let Seen::Noise(bytes) = seen {
                    count += bytes;
                }
            }
        }
        assert!(count > 5000);
        framer.push(START, b"\x14");
        drain(&mut framer, START);
        framer.push(START, FRAME);
        assert_eq!(drain(&mut framer, START), [frame()]);
    }
}
