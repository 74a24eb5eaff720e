use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::{fmt, time::Duration};

use bytes::BytesMut;

use super::{Answers, Family, LONGEST, Rules, Verdict};
use crate::{
    codec::stream::{Cut, Decoder},
    types::{Now, Sequence},
};

/// What a sender tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum SenderEvent {
    /// The automation acknowledged the frame that was submitted with this number.
    Delivered {
        /// As submitted.
        id: u64,
        /// How often it was sent.
        attempts: u32,
    },
    /// Nothing answers: only heartbeats are sent until one is acknowledged; the frame in hand is kept.
    Silent,
    /// A heartbeat was acknowledged: the queue goes on.
    Resumed,
    /// So many bytes were no answer to anything.
    Ignored(usize),
}

/// The frame can't be taken now.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Gone {
    /// One frame is in hand already: stop-and-wait.
    #[error("a frame is waiting for its acknowledgement")]
    Busy,
    /// No frame is that long.
    #[error("a frame has 1 to 1024 bytes")]
    Length,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum What {
    Heartbeat,
    Frame,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// No port.
    Down,
    /// Nothing is out.
    Idle,
    /// To be handed out by `poll_transmit`.
    Due(What),
    /// Sent, waiting for the answer until then.
    Waiting(What, Duration),
    /// Sent to somebody who answers nothing; what of it has not left yet keeps the next.
    Leaving(What),
    /// Acknowledged after several attempts: late answers are waited out until then.
    Settling(Duration),
    /// Heartbeat mode, between two heartbeats.
    Pause(Duration),
}

/// We play the receiver: one frame at a time, each sent again until it is acknowledged.
///
/// The queue is the caller's (the journal): [`Sender::submit`] takes one frame when [`Sender::is_ready`], and keeps it
/// through failures and reconnections until [`SenderEvent::Delivered`].
pub struct Sender<F> {
    family: F,
    rules: Rules,
    /// Cuts the answers that are frames.
    answers: Option<Box<dyn Decoder>>,
    beat: BytesMut,
    frame: Vec<u8>,
    /// The next one, for frames and heartbeats alike.
    sequence: Sequence,
    /// Number of the frame in hand, and how often it was sent.
    in_hand: Option<(u64, u32)>,
    state: State,
    /// Sends of the present attempt series.
    tries: u32,
    /// Sends since the last settled moment that no answer came for.
    unanswered: u32,
    silent: bool,
    /// When the line was last used.
    used: Duration,
    events: VecDeque<SenderEvent>,
}

impl<F: Family> Sender<F> {
    /// A sender of any family, without a port yet; say [`Sender::connected`] when there is one. `first` is the sequence
    /// of its first frame or heartbeat, where the family counts them.
    #[must_use]
    pub fn of(family: F, rules: Rules, first: Sequence) -> Self {
        let answers = (rules.answers == Answers::Framed).then(|| family.decoder());
        Self {
            family,
            rules,
            answers,
            beat: BytesMut::with_capacity(64),
            frame: Vec::with_capacity(LONGEST),
            sequence: first,
            in_hand: None,
            state: State::Down,
            tries: 0,
            unanswered: 0,
            silent: false,
            used: Duration::ZERO,
            events: VecDeque::with_capacity(8),
        }
    }

    /// The sequence for the frame that is made next, in families whose frames and heartbeats count together. It is
    /// given out once.
    pub const fn next_sequence(&mut self) -> Sequence {
        let sequence = self.sequence;
        self.sequence = sequence.next();
        sequence
    }

    /// The port is open: a heartbeat goes first, then the frame in hand.
    pub fn connected(&mut self, now: Now) {
        self.used = now.monotonic;
        self.unanswered = 0;
        if let Some(answers) = &mut self.answers {
            answers.clear();
        }
        self.begin(now, What::Heartbeat);
    }

    /// The port is gone; the frame in hand stays.
    pub fn disconnected(&mut self, now: Now) {
        let _ = now;
        self.state = State::Down;
    }

    /// Whether a frame can be submitted.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.in_hand.is_none()
    }

    /// Whether heartbeat mode is on: nothing answers.
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.silent
    }

    /// Takes a frame, start and end bytes included; `id` comes back with [`SenderEvent::Delivered`].
    ///
    /// # Errors
    /// While another is in hand, and for lengths that no frame has.
    pub fn submit(&mut self, now: Now, id: u64, frame: &[u8]) -> Result<(), Gone> {
        if self.in_hand.is_some() {
            return Err(Gone::Busy);
        }
        if frame.is_empty() || frame.len() > LONGEST {
            return Err(Gone::Length);
        }
        self.frame.clear();
        self.frame.extend_from_slice(frame);
        self.in_hand = Some((id, 0));
        if self.state == State::Idle {
            self.begin(now, What::Frame);
        }
        Ok(())
    }

    fn begin(&mut self, now: Now, what: What) {
        self.tries = 0;
        self.state = State::Due(what);
        if what == What::Heartbeat {
            self.beat.clear();
            if !self
                .family
                .heartbeat(now, &mut self.sequence, &mut self.beat)
            {
                self.state = match self.in_hand {
                    Some(_) => State::Due(What::Frame),
                    None => State::Idle,
                };
            }
        }
    }

    /// What to write now. Write it whole, then say [`Sender::drained`] when its last byte has left.
    pub fn poll_transmit(&mut self, now: Now) -> Option<&[u8]> {
        let State::Due(what) = self.state else {
            return None;
        };
        self.tries += 1;
        self.unanswered += 1;
        self.used = now.monotonic;
        self.state = if self.rules.answers == Answers::None {
            State::Leaving(what)
        } else {
            State::Waiting(what, now.monotonic + self.rules.ack_wait)
        };
        match what {
            What::Heartbeat => Some(&self.beat),
            What::Frame => {
                if let Some((_, sent)) = &mut self.in_hand {
                    *sent += 1;
                }
                Some(&self.frame)
            }
        }
    }

    /// The last byte of what was handed out has left: the wait counts from here.
    pub fn drained(&mut self, now: Now) {
        self.used = now.monotonic;
        match self.state {
            State::Waiting(what, _) => {
                self.state = State::Waiting(what, now.monotonic + self.rules.ack_wait);
            }
            State::Leaving(what) => self.acknowledged(now, what),
            _ => {}
        }
    }

    /// Takes what one read gave.
    pub fn handle_input(&mut self, now: Now, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.used = now.monotonic;
        let ignored = match self.answers.take() {
            Some(mut decoder) => {
                let ignored = self.frames(now, &mut *decoder, bytes);
                self.answers = Some(decoder);
                ignored
            }
            None => self.bytes(now, bytes),
        };
        if ignored > 0 {
            self.tell(SenderEvent::Ignored(ignored));
        }
    }

    /// Answers of one byte; how many bytes were none.
    fn bytes(&mut self, now: Now, bytes: &[u8]) -> usize {
        let mut ignored = 0;
        for byte in bytes {
            let verdict = match self.rules.answers {
                Answers::Byte { ack, .. } if ack == *byte => Verdict::Ack,
                Answers::Byte { nak: Some(nak), .. } if nak == *byte => Verdict::Nak,
                _ => Verdict::Other,
            };
            // One without a sequence answers whatever is out.
            if !self.answered(now, verdict, self.out()) {
                ignored += 1;
            }
        }
        ignored
    }

    /// Answers that are frames; how many bytes were none.
    fn frames(&mut self, now: Now, decoder: &mut dyn Decoder, bytes: &[u8]) -> usize {
        let mut ignored = 0;
        decoder.push(now.monotonic, bytes);
        loop {
            let answer = match decoder.next(now.monotonic) {
                Cut::More => return ignored,
                Cut::Noise(bytes) => {
                    ignored += bytes;
                    continue;
                }
                Cut::Bad { bytes, .. } => {
                    ignored += bytes.len();
                    continue;
                }
                Cut::Frame { bytes, .. } => bytes,
            };
            let out = self.out();
            let sent = match out {
                What::Heartbeat => &self.beat[..],
                What::Frame => &self.frame,
            };
            let mut what = out;
            let mut verdict = self.family.recognise(answer, sent);
            // The sequence of a late answer tells that it is the frame's, although a heartbeat went out since.
            if verdict == Verdict::Other
                && out == What::Heartbeat
                && self.in_hand.is_some_and(|(_, sent)| sent > 0)
                && self.family.recognise(answer, &self.frame) == Verdict::Ack
            {
                (what, verdict) = (What::Frame, Verdict::Ack);
            }
            if !self.answered(now, verdict, what) {
                ignored += answer.len();
            }
        }
    }

    /// What went out last.
    const fn out(&self) -> What {
        match self.state {
            State::Waiting(what, _) | State::Leaving(what) | State::Due(what) => what,
            // In heartbeat mode a late ACK shows that somebody is there; what was sent is sent again.
            _ => What::Heartbeat,
        }
    }

    /// Whether the answer was one.
    fn answered(&mut self, now: Now, verdict: Verdict, what: What) -> bool {
        match (verdict, self.state) {
            (Verdict::Ack, State::Waiting(..) | State::Pause(_)) => self.acknowledged(now, what),
            (Verdict::Nak, State::Waiting(what, _)) => {
                self.unanswered = self.unanswered.saturating_sub(1);
                self.again(now, what);
            }
            _ => return false,
        }
        true
    }

    fn tell(&mut self, event: SenderEvent) {
        // Only counts may be merged; the caller drains the rest after each call.
        if let (SenderEvent::Ignored(more), Some(SenderEvent::Ignored(count))) =
            (event, self.events.back_mut())
        {
            *count += more;
        } else {
            self.events.push_back(event);
        }
    }

    fn acknowledged(&mut self, now: Now, what: What) {
        self.unanswered = self.unanswered.saturating_sub(1);
        if what == What::Frame
            && let Some((id, attempts)) = self.in_hand.take()
        {
            self.tell(SenderEvent::Delivered { id, attempts });
        }
        if core::mem::take(&mut self.silent) {
            self.tell(SenderEvent::Resumed);
        }
        if self.unanswered > 0 && !self.rules.settle.is_zero() {
            self.state = State::Settling(now.monotonic + self.rules.settle);
        } else {
            self.go_on(now);
        }
    }

    fn go_on(&mut self, now: Now) {
        self.unanswered = 0;
        self.state = State::Idle;
        if self.in_hand.is_some() {
            self.begin(now, What::Frame);
        }
    }

    /// One more attempt, or heartbeat mode.
    fn again(&mut self, now: Now, what: What) {
        if self.tries < self.rules.attempts.max(1) {
            self.state = State::Due(what);
            return;
        }
        if !self.silent {
            self.silent = true;
            self.tell(SenderEvent::Silent);
        }
        // The first heartbeat goes at once: the frame may have been the trouble, not the line.
        if what == What::Frame {
            self.begin(now, What::Heartbeat);
            if self.state == State::Due(What::Heartbeat) {
                return;
            }
        }
        let pause = if self.rules.heartbeat.is_zero() {
            self.rules.ack_wait
        } else {
            self.rules.heartbeat
        };
        self.state = State::Pause(now.monotonic + pause);
    }

    /// When to call [`Sender::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Down | State::Due(_) | State::Leaving(_) => None,
            State::Idle => {
                (!self.rules.heartbeat.is_zero()).then(|| self.used + self.rules.heartbeat)
            }
            State::Waiting(_, at) | State::Settling(at) | State::Pause(at) => Some(at),
        }
    }

    /// A deadline passed. Then ask [`Sender::poll_transmit`].
    pub fn handle_timeout(&mut self, now: Now) {
        if self.poll_timeout().is_none_or(|at| now.monotonic < at) {
            return;
        }
        match self.state {
            State::Waiting(what, _) => self.again(now, what),
            State::Settling(_) => self.go_on(now),
            State::Idle | State::Pause(_) => self.begin(now, What::Heartbeat),
            State::Down | State::Due(_) | State::Leaving(_) => {}
        }
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<SenderEvent> {
        self.events.pop_front()
    }
}

impl<F> fmt::Debug for Sender<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("rules", &self.rules)
            .field("in_hand", &self.in_hand)
            .field("state", &self.state)
            .field("silent", &self.silent)
            .finish_non_exhaustive()
    }
}
