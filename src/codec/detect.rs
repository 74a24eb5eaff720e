//! Which protocol an unknown line speaks, found out from what comes first on it, without any I/O.
//!
//! Each protocol's stream cuts the same bytes, and each says of its own frames how well they fit. A protocol's score is
//! the mean of that, less what of the line is in none of its frames, and a little more for each further frame that
//! agrees; [`Detection`] says what the scores mean.
//!
//! ```
//! use core::time::Duration;
//! use alarmwire::codec::detect::{Detection, Detector};
//!
//! let mut line = Detector::new();
//! let now = Duration::ZERO;
//! line.push(now, b"5011 181234E12");
//! assert!(matches!(line.detection(), Detection::Unknown));
//! line.push(now, b"101001\x145011 181234R12101001\x14");
//! assert_eq!(line.detection().name(), Some("surgard"));
//! ```

use alloc::{boxed::Box, vec::Vec};
use core::{fmt, time::Duration};

use super::{
    PROTOCOLS, Protocol, Quirk, Quirks,
    stream::{Cut, Decoder},
};

/// After so many bytes nothing more is learned: a line that said nothing telling in them has to be named.
pub const LIMIT: usize = 16 * 1024;
/// The least score that is worth telling.
const LIKELY: u32 = 30;
/// The least score to be sure with.
const CERTAIN: u32 = 90;
/// By how much the best has to lead for that.
const LEAD: u32 = 20;
/// What each further frame adds, up to the fifth.
const AGREES: u32 = 5;

/// What is known of a line.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Detection {
    /// No frame that says more than chance would.
    Unknown,
    /// One protocol fits best.
    Likely {
        /// That one.
        protocol: &'static dyn Protocol,
        /// Its score, 30 to 100.
        confidence: u8,
    },
    /// At least two frames, a score of 90 or more, and 20 ahead of every other protocol: two frames with a check value
    /// that fits, or three with telling columns, on a line with little else.
    Certain {
        /// The one.
        protocol: &'static dyn Protocol,
    },
}

impl Detection {
    /// The protocol, likely or certain.
    #[must_use]
    pub const fn protocol(&self) -> Option<&'static dyn Protocol> {
        match self {
            Self::Unknown => None,
            Self::Likely { protocol, .. } | Self::Certain { protocol } => Some(*protocol),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.protocol().map(Protocol::name)
    }

    /// Whether no more bytes need to be waited for.
    #[must_use]
    pub const fn is_certain(&self) -> bool {
        matches!(self, Self::Certain { .. })
    }
}

impl fmt::Debug for Detection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("Unknown"),
            Self::Likely {
                protocol,
                confidence,
            } => write!(f, "Likely({}, {confidence})", protocol.name()),
            Self::Certain { protocol } => write!(f, "Certain({})", protocol.name()),
        }
    }
}

/// One protocol's view of the line.
struct Candidate {
    protocol: &'static dyn Protocol,
    stream: Box<dyn Decoder>,
    frames: u32,
    /// The sum of what the frames were worth.
    worth: u32,
    /// Bytes of frames that were worth something, and all that were cut.
    framed: usize,
    cut: usize,
    quirks: Quirks,
}

impl Candidate {
    fn listen(&mut self, now: Duration) {
        loop {
            let bytes = match self.stream.next(now) {
                Cut::More => return,
                Cut::Noise(bytes) => bytes,
                Cut::Bad { bytes, .. } => bytes.len(),
                Cut::Frame { bytes, quirks } => {
                    let worth = self.protocol.confidence(bytes).min(100);
                    if worth > 0 {
                        self.frames += 1;
                        self.worth += u32::from(worth);
                        self.framed += bytes.len();
                        self.quirks = self.quirks.union(quirks);
                    }
                    bytes.len()
                }
            };
            self.cut += bytes;
        }
    }

    fn score(&self) -> u32 {
        let Some(mean) = self.worth.checked_div(self.frames) else {
            return 0;
        };
        // Line ends, NUL and the rest of a frame before the first are no reproach: a fifth of noise is borne.
        let fits = (self.framed * 125)
            .checked_div(self.cut)
            .and_then(|share| u32::try_from(share).ok())
            .map_or(0, |share| share.min(100));
        let score = mean * fits / 100;
        // Many weak frames are no strong one.
        let agree = if score < 60 {
            0
        } else {
            AGREES * (self.frames - 1).min(4)
        };
        (score + agree).min(100)
    }
}

/// Listens to a line until its protocol is known; the rule stands at [`Detection`].
///
/// What was heard is only counted: whoever goes on with the line hands the same bytes to the protocol's stream, or lets
/// the sender repeat what it got no answer for.
pub struct Detector {
    candidates: Vec<Candidate>,
    heard: usize,
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

impl Detector {
    /// For any protocol that is built in and comes as a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::among(PROTOCOLS)
    }

    /// For some protocols only; where two fit equally well, the earlier counts.
    #[must_use]
    pub fn among(protocols: &[&'static dyn Protocol]) -> Self {
        let candidates = protocols.iter().filter_map(|protocol| {
            Some(Candidate {
                protocol: *protocol,
                stream: protocol.stream()?,
                frames: 0,
                worth: 0,
                framed: 0,
                cut: 0,
                quirks: Quirks::NONE,
            })
        });
        Self {
            candidates: candidates.collect(),
            heard: 0,
        }
    }

    /// Takes what one read gave, at monotonic time `now`. Beyond [`LIMIT`] nothing is taken.
    pub fn push(&mut self, now: Duration, bytes: &[u8]) {
        let bytes = bytes
            .get(..bytes.len().min(LIMIT - self.heard))
            .unwrap_or_default();
        self.heard += bytes.len();
        for candidate in &mut self.candidates {
            candidate.stream.push(now, bytes);
            candidate.listen(now);
        }
    }

    /// When a pause ends what is not whole; call [`Detector::handle_timeout`] then.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let timeouts = self.candidates.iter().map(|c| c.stream.poll_timeout());
        timeouts.flatten().min()
    }

    /// A pause ended what is not whole by `now`.
    pub fn handle_timeout(&mut self, now: Duration) {
        for candidate in &mut self.candidates {
            candidate.listen(now);
        }
    }

    /// What is known by now.
    #[must_use]
    pub fn detection(&self) -> Detection {
        let (mut best, mut second) = (None::<(u32, &Candidate)>, 0);
        for candidate in &self.candidates {
            let score = candidate.score();
            match best {
                Some((most, _)) if score <= most => second = second.max(score),
                _ => {
                    second = best.map_or(0, |(most, _)| most);
                    best = Some((score, candidate));
                }
            }
        }
        let Some((score, candidate)) = best.filter(|(score, _)| *score >= LIKELY) else {
            return Detection::Unknown;
        };
        let protocol = candidate.protocol;
        if candidate.frames >= 2 && score >= CERTAIN && score >= second + LEAD {
            return Detection::Certain { protocol };
        }
        Detection::Likely {
            protocol,
            confidence: u8::try_from(score).unwrap_or(100),
        }
    }

    /// Whether the best one's frames came from a sender that is set to 7E1, seen on an 8N1 port.
    #[must_use]
    pub fn is_seven_bits(&self) -> bool {
        let name = self.detection().name();
        self.candidates
            .iter()
            .any(|c| Some(c.protocol.name()) == name && c.quirks.has(Quirk::SevenBits))
    }

    /// Whether so much was heard that nothing more will be learned.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        self.heard >= LIMIT
    }
}

impl fmt::Debug for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for candidate in &self.candidates {
            map.entry(&candidate.protocol.name(), &candidate.score());
        }
        map.finish()
    }
}

#[cfg(all(
    test,
    feature = "dc09",
    feature = "surgard",
    feature = "contact-id",
    feature = "dc03"
))]
mod tests {
    use alloc::format;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    const ZERO: Duration = Duration::ZERO;
    const SURGARD: &[u8] = b"5011 181234E12101001\x14";
    const DC09: &[u8] = b"\nEA740027\"NULL\"0000L0#1409[]_20:38:07,08-27-2026\r";
    const BLOCK: &[u8] = b"1234181131010158\r\n";
    const FSK: &[u8] = b"\x44\x23\x31\x32\x33\x34\x9C";

    /// What is said after each read.
    fn said(reads: &[&[u8]]) -> Vec<(Option<&'static str>, bool)> {
        let mut line = Detector::new();
        let said = reads.iter().map(|read| {
            line.push(ZERO, read);
            let detection = line.detection();
            (detection.name(), detection.is_certain())
        });
        said.collect()
    }

    #[test]
    fn one_frame_makes_it_likely_and_some_more_certain() {
        for (name, frame, frames) in [("dc09", DC09, 2), ("surgard", SURGARD, 3)] {
            let said = said(&[frame; 4]);
            for (at, seen) in said.iter().enumerate() {
                assert_eq!(*seen, (Some(name), at + 1 >= frames), "{name}: {at}");
            }
        }
        assert_eq!(said(&[BLOCK])[0].0, Some("contact-id"));
        assert_eq!(said(&[FSK])[0].0, Some("dc03"));
    }

    #[test]
    fn a_half_frame_and_noise_say_nothing() {
        assert_eq!(said(&[&SURGARD[..20], b"", b"hello\r\n"])[0], (None, false));
        for noise in [
            &b"hello world\r\n"[..],
            b"\0\0\0\r\n",
            b"AT+CREG?\r",
            b"\xFF\x00\xF8\xFF",
        ] {
            assert_eq!(said(&[noise; 5])[4], (None, false));
        }
        let mut line = Detector::new();
        line.push(ZERO, b"5011");
        let end = line.poll_timeout().unwrap();
        line.handle_timeout(end);
        assert_eq!((line.poll_timeout(), line.detection().name()), (None, None));
    }

    #[test]
    fn line_ends_and_the_rest_of_a_frame_in_front_are_borne() {
        let framed = [SURGARD, b"\r\n"].concat();
        assert_eq!(
            said(&[&SURGARD[12..], &framed, &framed, &framed, &framed]).last(),
            Some(&(Some("surgard"), true))
        );
    }

    #[test]
    fn a_line_of_which_half_is_something_else_is_never_certain() {
        let mixed = [SURGARD, &[b'x'; 40], b"\x14"].concat();
        let said = said(&[&mixed[..]; 20]);
        assert!(said.iter().all(|(_, certain)| !certain), "{said:?}");
    }

    #[test]
    fn a_sender_of_seven_bits_is_told() {
        let even: Vec<u8> = SURGARD
            .iter()
            .map(|b| b | if b.count_ones() % 2 == 0 { 0 } else { 0x80 })
            .collect();
        let mut line = Detector::new();
        line.push(ZERO, &even.repeat(3));
        assert_eq!(format!("{:?}", line.detection()), "Certain(surgard)");
        assert!(line.is_seven_bits());
    }

    #[test]
    fn nothing_is_learned_beyond_the_limit() {
        let mut line = Detector::new();
        for _ in 0..LIMIT / 100 + 2 {
            line.push(ZERO, &[b'x'; 100]);
        }
        assert!(line.is_exhausted());
        line.push(ZERO, &SURGARD.repeat(10));
        assert!(matches!(line.detection(), Detection::Unknown));
    }

    proptest! {
        #[test]
        fn any_bytes_are_borne_and_chance_makes_nothing_certain(
            reads in vec(vec(any::<u8>(), 0..300), 0..20),
        ) {
            let mut line = Detector::new();
            for read in &reads {
                line.push(ZERO, read);
            }
            prop_assert!(!line.detection().is_certain(), "{line:?}");
        }
    }
}
