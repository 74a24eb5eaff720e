use alloc::boxed::Box;
use core::time::Duration;

use arrayvec::ArrayVec;
use bytes::BytesMut;

use crate::{
    codec::{Quirks, Signal, stream::Decoder},
    error::ParseError,
    types::{Now, Sequence},
};

/// The answer of every family that answers with one byte, where its settings say nothing else.
pub const ACK: u8 = 0x06;
/// The answer to a damaged frame, likewise.
pub const NAK: u8 = 0x15;
/// The most bytes of a frame on a serial line (serial-receivers.md 0, rule 6).
pub const LONGEST: usize = 1024;

/// One answer as it goes on the line.
pub type Answer = ArrayVec<u8, 64>;

/// One receiver-to-computer protocol, as its sessions see it: how a frame is read, what is answered, what our own
/// heartbeat is when we play the receiver. Two sessions, [`super::Automation`] and [`super::Sender`], do the rest.
///
/// It can be made into an object: `Box<dyn Family>` is a family too.
pub trait Family: Send {
    /// Times and manners, where the port's settings say nothing else.
    fn rules(&self) -> Rules;

    /// Cuts the line into frames: those of a receiver, and where answers are frames too, those.
    fn decoder(&self) -> Box<dyn Decoder>;

    /// Reads a frame as the decoder cut it.
    ///
    /// What has no damage is never refused, however little of it is understood: it is a signal with an unreadable body,
    /// for a receiver drops what is refused three times (serial-receivers.md 4.4) or blocks its line (1.6).
    fn read<'a>(&mut self, frame: &'a [u8], quirks: Quirks) -> Heard<'a>;

    /// Writes the acknowledgement of `frame`; one byte by default, [`Answers::Byte::ack`].
    fn acknowledge(&self, rules: &Rules, frame: &[u8], out: &mut Answer) {
        let _one_byte = frame;
        if let Answers::Byte { ack, .. } = rules.answers {
            out.clear();
            out.push(ack);
        }
    }

    /// Writes what tells that `damaged` did not come whole; one byte by default, [`Answers::Byte::nak`]. Nothing written
    /// is nothing said.
    fn refuse(&self, rules: &Rules, damaged: &[u8], out: &mut Answer) {
        let _one_byte = damaged;
        if let Answers::Byte { nak: Some(nak), .. } = rules.answers {
            out.clear();
            out.push(nak);
        }
    }

    /// Playing the receiver: appends a heartbeat, and says whether the family has one. One with a running sequence takes
    /// it from `sequence` and moves that on.
    fn heartbeat(&mut self, now: Now, sequence: &mut Sequence, out: &mut BytesMut) -> bool;

    /// Playing the receiver of [`Answers::Framed`]: what `answer`, a frame as the decoder cut it, says to `sent`.
    fn recognise(&self, answer: &[u8], sent: &[u8]) -> Verdict {
        let _no_frames = (answer, sent);
        Verdict::Other
    }
}

impl<F: Family + ?Sized> Family for Box<F> {
    fn rules(&self) -> Rules {
        (**self).rules()
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        (**self).decoder()
    }

    fn read<'a>(&mut self, frame: &'a [u8], quirks: Quirks) -> Heard<'a> {
        (**self).read(frame, quirks)
    }

    fn acknowledge(&self, rules: &Rules, frame: &[u8], out: &mut Answer) {
        (**self).acknowledge(rules, frame, out);
    }

    fn refuse(&self, rules: &Rules, damaged: &[u8], out: &mut Answer) {
        (**self).refuse(rules, damaged, out);
    }

    fn heartbeat(&mut self, now: Now, sequence: &mut Sequence, out: &mut BytesMut) -> bool {
        (**self).heartbeat(now, sequence, out)
    }

    fn recognise(&self, answer: &[u8], sent: &[u8]) -> Verdict {
        (**self).recognise(answer, sent)
    }
}

/// What a frame from a receiver is.
#[derive(Debug)]
#[non_exhaustive]
pub enum Heard<'a> {
    /// It wants storing, and is acknowledged once it is.
    Signal(Signal<'a>),
    /// A link test: acknowledged at once.
    Heartbeat,
    /// Nothing to store and nothing to answer: an answer that strayed here, say.
    Nothing,
    /// Not taken.
    Refused(Reason),
}

/// Why a frame got no acknowledgement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Reason {
    /// A damaged frame: refused once for each copy, up to [`Rules::most_naks`].
    Damaged(ParseError),
    /// The sender is set to 7E1 and the port to 8N1: no answer until somebody sets the line right or allows it.
    SevenBits,
}

/// What an answer says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Verdict {
    /// The frame is taken.
    Ack,
    /// It is to be sent again.
    Nak,
    /// It answers something else, or nothing.
    Other,
}

/// How frames are answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Answers {
    /// By nobody: receivers that are not set to wait for answers (serial-receivers.md 2.1). Nothing is ever written to
    /// one, and who plays one goes on as soon as a frame has left.
    None,
    /// By one byte.
    Byte {
        /// Taken.
        ack: u8,
        /// Damaged; `None`: never said.
        nak: Option<u8>,
    },
    /// By a frame, which [`Family::acknowledge`] writes and [`Family::recognise`] reads.
    Framed,
}

/// Times and manners of one port, both for who reads a receiver and for who plays one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rules {
    /// How frames are answered.
    pub answers: Answers,
    /// How long a line may be idle before the receiver sends a heartbeat; zero: it sends none, and its silence means
    /// nothing.
    pub heartbeat: Duration,
    /// After so many of these periods without a byte the receiver counts as lost.
    pub silent_after: u32,
    /// How long the receiver waits for an answer, from the moment at which its last byte left.
    pub ack_wait: Duration,
    /// How often it sends a frame in all.
    pub attempts: u32,
    /// The longest pause inside a frame.
    pub gap: Duration,
    /// Playing the receiver, after a frame that needed several attempts: how long a second, late answer is waited out
    /// before the next frame, which a byte without a sequence would acknowledge.
    pub settle: Duration,
    /// How long after a frame the same bytes may still be its copy; `None`: for all waits of a series of attempts. More
    /// for frames that carry the time of their event: the same bytes are hardly another one.
    pub copies: Option<Duration>,
    /// After so many refusals in a row nothing is said to a damaged frame, so that it is repeated and not skipped;
    /// `None`: the receiver never skips.
    pub most_naks: Option<u32>,
}

impl Rules {
    /// Those of Sur-Gard receivers (serial-receivers.md 1.4 to 1.7), which others are measured against.
    pub const SERIAL: Self = Self {
        answers: Answers::Byte {
            ack: ACK,
            nak: Some(NAK),
        },
        heartbeat: Duration::from_secs(30),
        silent_after: 3,
        ack_wait: Duration::from_secs(4),
        attempts: 4,
        gap: Duration::from_secs(1),
        settle: Duration::from_secs(1),
        copies: None,
        most_naks: None,
    };

    /// The same with other answers.
    #[must_use]
    pub const fn with_answers(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    /// The same with another heartbeat period; zero for none.
    #[must_use]
    pub const fn with_heartbeat(mut self, heartbeat: Duration) -> Self {
        self.heartbeat = heartbeat;
        self
    }

    /// The same with another wait for answers, and so many attempts in all.
    #[must_use]
    pub const fn with_attempts(mut self, ack_wait: Duration, attempts: u32) -> Self {
        self.ack_wait = ack_wait;
        self.attempts = attempts;
        self
    }

    /// The same with another pause behind late answers.
    #[must_use]
    pub const fn with_settle(mut self, settle: Duration) -> Self {
        self.settle = settle;
        self
    }

    /// The same with another time in which the same bytes may be a copy.
    #[must_use]
    pub const fn with_copies(mut self, within: Duration) -> Self {
        self.copies = Some(within);
        self
    }

    /// The same with a bound on refusals in a row.
    #[must_use]
    pub const fn with_most_naks(mut self, most: u32) -> Self {
        self.most_naks = Some(most);
        self
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::SERIAL
    }
}
