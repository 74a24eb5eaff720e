use alloc::collections::VecDeque;
use core::time::Duration;

use bytes::BytesMut;

use crate::{
    codec::{
        dc03::{FskBlock, Function, Role},
        galaxy::{GalaxyStream, Message, Settings},
        stream::{Cut, Decoder as _, Stream},
    },
    error::EncodeError,
    types::Now,
};

/// How we play a panel; the values of sia-dc03.md 1 by default.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PanelSettings {
    /// Level, order of the text's columns, headers.
    pub codec: Settings,
    /// How long an answer is waited for, from the moment at which the last byte left. 2.0 s is usual on serial lines.
    pub ack_wait: Duration,
    /// How often a block is sent in all.
    pub attempts: u32,
    /// After a block that needed several attempts: how long a late answer is waited out before the next block. Answers
    /// have no number, so a late one would acknowledge the next block.
    pub settle: Duration,
}

impl Default for PanelSettings {
    fn default() -> Self {
        Self {
            codec: Settings::default(),
            ack_wait: Duration::from_millis(2500),
            attempts: 4,
            settle: Duration::from_secs(1),
        }
    }
}

/// What a panel tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum PanelEvent {
    /// Every block of the message that was submitted with this number is acknowledged.
    Delivered {
        /// As submitted.
        id: u64,
        /// How many blocks were sent for it, repetitions and account included.
        blocks: u32,
    },
    /// The end block is acknowledged: hang up.
    Ended,
    /// A block got no answer in all its attempts: hang up and call again. The message in hand is kept.
    Failed,
    /// The receiver acknowledged and asks to hang up.
    Dismissed,
    /// The receiver sent a block that is no answer (a command, say): nothing was done.
    Ignored(Function),
}

/// The message can't be taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Refused {
    /// One is in hand already.
    #[error("a message is waiting for its acknowledgement")]
    Busy,
    /// It can't be written at this level.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Account,
    Event,
    Text,
    End,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// No connection.
    Down,
    /// Nothing is out.
    Idle,
    /// To be handed out by `poll_transmit`.
    Due(Stage),
    /// Sent, waiting for the answer until then.
    Waiting(Stage, Duration),
    /// Late answers are waited out until then; what comes next.
    Settling(Option<Stage>, Duration),
}

/// We play the panel: one block at a time, each sent again until it is acknowledged.
///
/// The queue is the caller's: [`Panel::submit`] takes one message when [`Panel::is_ready`], and keeps it through failures
/// and new calls until [`PanelEvent::Delivered`].
#[derive(Debug)]
pub struct Panel {
    settings: PanelSettings,
    stream: Stream<GalaxyStream>,
    account: BytesMut,
    event: BytesMut,
    text: BytesMut,
    end: BytesMut,
    /// The account block that the receiver acknowledged in this call.
    announced: BytesMut,
    in_hand: Option<(u64, u32)>,
    ending: bool,
    state: State,
    tries: u32,
    /// Sends since the last settled moment that no answer came for.
    unanswered: u32,
    events: VecDeque<PanelEvent>,
}

impl Panel {
    /// A panel without a connection yet; say [`Panel::connected`] when there is one.
    #[must_use]
    pub fn new(settings: PanelSettings) -> Self {
        let mut end = BytesMut::new();
        if let Ok(block) = FskBlock::new(&[Function::END.as_byte()]) {
            block.encode(&mut end);
        }
        Self {
            settings,
            stream: Stream::new(GalaxyStream::new(&settings.codec)),
            account: BytesMut::new(),
            event: BytesMut::new(),
            text: BytesMut::new(),
            end,
            announced: BytesMut::new(),
            in_hand: None,
            ending: false,
            state: State::Down,
            tries: 0,
            unanswered: 0,
            events: VecDeque::with_capacity(8),
        }
    }

    /// The call is taken: a message in hand goes from its account on.
    pub fn connected(&mut self, now: Now) {
        let _ = now;
        self.announced.clear();
        self.stream.clear();
        self.unanswered = 0;
        self.state = State::Idle;
        self.go_on(None);
    }

    /// The connection is gone; a message in hand stays.
    pub fn disconnected(&mut self, now: Now) {
        let _ = now;
        self.state = State::Down;
        self.ending = false;
    }

    /// Whether a message can be submitted.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.in_hand.is_none() && !self.ending
    }

    /// Takes a message; `id` comes back with [`PanelEvent::Delivered`].
    ///
    /// # Errors
    /// While another is in hand, and when it can't be written.
    pub fn submit(&mut self, now: Now, id: u64, message: &Message<'_>) -> Result<(), Refused> {
        let _ = now;
        if !self.is_ready() {
            return Err(Refused::Busy);
        }
        let codec = &self.settings.codec;
        let lengths = codec.lengths();
        let account = message.account_block(codec)?;
        let event = message.event_block(codec)?;
        let text = message.text_block(codec)?;
        let blocks = [
            (&mut self.account, Some(&account)),
            (&mut self.event, Some(&event)),
            (&mut self.text, text.as_ref()),
        ];
        for (out, block) in blocks {
            out.clear();
            if let Some(block) = block {
                FskBlock::with_lengths(block, lengths)?.encode(out);
            }
        }
        self.in_hand = Some((id, 0));
        if self.state == State::Idle {
            self.go_on(None);
        }
        Ok(())
    }

    /// Nothing more to say: the end block goes when nothing is in hand.
    pub fn finish(&mut self, now: Now) {
        let _ = now;
        if self.state != State::Down {
            self.ending = true;
            if self.state == State::Idle {
                self.go_on(None);
            }
        }
    }

    /// On to `next`, or to whatever there is to say.
    fn go_on(&mut self, next: Option<Stage>) {
        let first = || match self.in_hand {
            Some(_) if self.announced == self.account => Some(Stage::Event),
            Some(_) => Some(Stage::Account),
            None if self.ending => Some(Stage::End),
            None => None,
        };
        self.tries = 0;
        self.unanswered = 0;
        self.state = next.or_else(first).map_or(State::Idle, State::Due);
    }

    /// What to write now. Write it whole, then say [`Panel::drained`] when its last byte has left.
    pub fn poll_transmit(&mut self, now: Now) -> Option<&[u8]> {
        let State::Due(stage) = self.state else {
            return None;
        };
        self.tries += 1;
        self.unanswered += 1;
        // A piece of an answer that came before answers nothing.
        self.stream.clear();
        if let Some((_, blocks)) = &mut self.in_hand {
            *blocks += 1;
        }
        self.state = State::Waiting(stage, now.monotonic + self.settings.ack_wait);
        Some(match stage {
            Stage::Account => &self.account,
            Stage::Event => &self.event,
            Stage::Text => &self.text,
            Stage::End => &self.end,
        })
    }

    /// The last byte of what was handed out has left: the wait counts from here.
    pub fn drained(&mut self, now: Now) {
        if let State::Waiting(stage, _) = self.state {
            self.state = State::Waiting(stage, now.monotonic + self.settings.ack_wait);
        }
    }

    /// Takes what one read gave.
    pub fn handle_input(&mut self, now: Now, bytes: &[u8]) {
        if self.state == State::Down {
            return;
        }
        self.stream.push(now.monotonic, bytes);
        loop {
            let function = match self.stream.next(now.monotonic) {
                Cut::More => return,
                Cut::Noise(_) | Cut::Bad { .. } => continue,
                Cut::Frame { bytes, .. } => bytes.get(1).copied().map(Function::new),
            };
            let Some(function) = function else { continue };
            match (function.role(), self.state) {
                (Role::Accept, State::Waiting(stage, _)) => {
                    self.acknowledged(now, stage);
                    if function.as_byte() == b'7' {
                        self.events.push_back(PanelEvent::Dismissed);
                    }
                }
                (Role::Reject, State::Waiting(stage, _)) => {
                    self.unanswered = self.unanswered.saturating_sub(1);
                    self.again(stage);
                }
                (Role::Wait, State::Waiting(..)) => self.drained(now),
                (Role::Accept | Role::Reject | Role::Wait, _) => {}
                _ => self.events.push_back(PanelEvent::Ignored(function)),
            }
        }
    }

    fn acknowledged(&mut self, now: Now, stage: Stage) {
        self.unanswered = self.unanswered.saturating_sub(1);
        let next = match stage {
            Stage::Account => {
                self.announced.clear();
                self.announced.extend_from_slice(&self.account);
                Some(Stage::Event)
            }
            Stage::Event if !self.text.is_empty() => Some(Stage::Text),
            Stage::Event | Stage::Text => {
                if let Some((id, blocks)) = self.in_hand.take() {
                    self.events.push_back(PanelEvent::Delivered { id, blocks });
                }
                None
            }
            Stage::End => {
                self.ending = false;
                self.announced.clear();
                self.events.push_back(PanelEvent::Ended);
                None
            }
        };
        if self.unanswered > 0 && !self.settings.settle.is_zero() {
            self.state = State::Settling(next, now.monotonic + self.settings.settle);
        } else {
            self.go_on(next);
        }
    }

    /// One more attempt, or the call has failed.
    fn again(&mut self, stage: Stage) {
        if self.tries < self.settings.attempts.max(1) {
            self.state = State::Due(stage);
        } else {
            self.state = State::Down;
            self.ending = false;
            self.events.push_back(PanelEvent::Failed);
        }
    }

    /// When to call [`Panel::handle_timeout`].
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Down | State::Due(_) | State::Idle => None,
            State::Waiting(_, at) | State::Settling(_, at) => Some(at),
        }
    }

    /// A deadline passed. Then ask [`Panel::poll_transmit`].
    pub fn handle_timeout(&mut self, now: Now) {
        if self.poll_timeout().is_none_or(|at| now.monotonic < at) {
            return;
        }
        match self.state {
            State::Waiting(stage, _) => self.again(stage),
            State::Settling(next, _) => self.go_on(next),
            State::Down | State::Due(_) | State::Idle => {}
        }
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<PanelEvent> {
        self.events.pop_front()
    }
}
