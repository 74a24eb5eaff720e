use alloc::collections::VecDeque;
use core::time::Duration;

use arrayvec::ArrayVec;

use super::{Handshake, PanelSettings, Tone};
use crate::{
    codec::{
        contact_id::{Block, Digit, DtmfKey},
        pulse::{Format, Frame},
    },
    event::EventCode,
    types::Now,
};

/// What a panel has to say.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Report {
    /// Contact ID.
    Block(Block),
    /// One of the other formats.
    Frame(Frame),
}

impl Report {
    fn is_pulse(&self) -> bool {
        match self {
            Self::Block(_) => false,
            Self::Frame(frame) => frame.format().is_pulse(),
        }
    }

    /// Whether the line is left up behind it, for audio (code 606).
    #[must_use]
    pub fn is_listen_in(&self) -> bool {
        match self {
            Self::Block(block) => {
                block.body().code()
                    == EventCode::ContactId {
                        qualifier: b'1',
                        code: *b"606",
                    }
            }
            Self::Frame(_) => false,
        }
    }

    fn digits(&self) -> ArrayVec<Digit, 30> {
        match self {
            Self::Block(block) => block.digits().take(30).collect(),
            Self::Frame(frame) => {
                let lines = frame.lines();
                let first = lines.first().into_iter().flatten();
                first.copied().filter_map(Digit::new).take(30).collect()
            }
        }
    }
}

/// The report can't be taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum PanelBusy {
    /// One is in hand already.
    #[error("a report is waiting for its kiss-off")]
    Busy,
    /// Tones behind a single handshake, or pulses behind a dual one.
    #[error("the line's handshake invites another kind of format")]
    Handshake,
    /// How the two lines of an extended format follow each other on the telephone no source says.
    #[error("the line procedure of extended formats is not known")]
    Extended,
}

/// What the panel does on the line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum PanelAction {
    /// Take the line and dial.
    Dial,
    /// Sound a key.
    Key {
        /// Which.
        key: DtmfKey,
        /// From when on, on the monotonic clock.
        at: Duration,
        /// For how long.
        length: Duration,
    },
    /// Send a digit in pulses.
    Pulses {
        /// Which.
        digit: Digit,
        /// From when on, on the monotonic clock.
        at: Duration,
        /// For how long.
        length: Duration,
    },
    /// End the call.
    HangUp,
}

/// What a panel tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum PanelEvent {
    /// The receiver kissed off the report that was submitted with this number.
    Delivered {
        /// As submitted.
        id: u64,
        /// How often it was sent, over all calls.
        attempts: u32,
    },
    /// Nobody answered, or none of the attempts was kissed off: hung up, to call again.
    Redial,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// On hook; with something to say, not before then.
    OnHook(Duration),
    /// Off hook, waiting for the handshake until then.
    Calling(Duration),
    /// The first digit is due then.
    Invited(Duration),
    /// The last digit ends then.
    Sending(Duration),
    /// A kiss-off may begin until then.
    Waiting(Duration),
    /// It has begun.
    Kissed(Duration),
    /// All is said; the line is held until then.
    Done(Duration),
}

/// A panel that calls a receiver: one report at a time, each again and again until it is kissed off.
///
/// The queue is the caller's: [`Panel::submit`] takes one report, and keeps it through lost calls until
/// [`PanelEvent::Delivered`]. The next one goes in the same call if it is submitted at once. Behind a listen-in (code 606)
/// the line is held until [`Panel::hang_up`].
#[derive(Debug)]
pub struct Panel {
    settings: PanelSettings,
    state: State,
    in_hand: Option<(u64, Report)>,
    /// Sends of the report in hand, in all and in this call.
    sent: u32,
    tries: u32,
    /// The tone that is heard, and since when.
    tone: Option<(Tone, Duration)>,
    /// The low burst of a dual handshake was heard, and ended then.
    low: Option<Duration>,
    actions: VecDeque<PanelAction>,
    events: VecDeque<PanelEvent>,
}

impl Panel {
    /// A panel with nothing to say.
    #[must_use]
    pub fn new(settings: PanelSettings) -> Self {
        Self {
            settings,
            state: State::OnHook(Duration::ZERO),
            in_hand: None,
            sent: 0,
            tries: 0,
            tone: None,
            low: None,
            actions: VecDeque::with_capacity(32),
            events: VecDeque::with_capacity(4),
        }
    }

    /// Whether a report can be submitted.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.in_hand.is_none()
    }

    /// Takes a report.
    ///
    /// # Errors
    /// When one is in hand, or its format does not go with the handshake.
    pub fn submit(&mut self, now: Now, id: u64, report: Report) -> Result<(), PanelBusy> {
        if self.in_hand.is_some() {
            return Err(PanelBusy::Busy);
        }
        if let Report::Frame(frame) = &report
            && matches!(
                frame.format(),
                Format::ThreeOneExtended | Format::FourOneExtended
            )
        {
            return Err(PanelBusy::Extended);
        }
        if report.is_pulse() == (self.settings.handshake == Handshake::Dual) {
            return Err(PanelBusy::Handshake);
        }
        self.in_hand = Some((id, report));
        (self.sent, self.tries) = (0, 0);
        match self.state {
            State::OnHook(at) if at <= now.monotonic => self.dial(now.monotonic),
            State::Done(_) => {
                self.state = State::Invited(now.monotonic + self.settings.before_block);
            }
            _ => {}
        }
        Ok(())
    }

    fn dial(&mut self, now: Duration) {
        self.actions.push_back(PanelAction::Dial);
        (self.tone, self.low, self.tries) = (None, None, 0);
        self.state = State::Calling(now + self.settings.answer_wait);
    }

    /// The other side hung up, or the line is gone.
    pub fn hung_up(&mut self, now: Now) {
        if !matches!(self.state, State::OnHook(_)) {
            self.tone = None;
            self.state = State::OnHook(now.monotonic + self.settings.redial);
        }
    }

    /// Hangs up, behind a listen-in that is over for one; what is in hand is kept for the next call.
    pub fn hang_up(&mut self, now: Now) {
        if matches!(self.state, State::OnHook(_)) {
            return;
        }
        self.actions.push_back(PanelAction::HangUp);
        self.hung_up(now);
    }

    /// A tone begins at `now`; none: the one that was heard ends.
    pub fn handle_tone(&mut self, now: Now, tone: Option<Tone>) {
        let now = now.monotonic;
        let ended = self.tone.take();
        if let Some((tone, began)) = ended {
            self.ended(now, tone, now.saturating_sub(began));
        }
        let Some(tone) = tone else { return };
        self.tone = Some((tone, now));
        // Only a tone that begins behind the last digit is an answer to it.
        if let State::Waiting(until) = self.state
            && now <= until
            && tone == self.settings.handshake.kiss_off()
        {
            self.state = State::Kissed(now);
        }
    }

    fn ended(&mut self, now: Duration, tone: Tone, length: Duration) {
        if matches!(self.state, State::Calling(_)) && self.invited(now, tone, length) {
            self.state = State::Invited(now + self.settings.before_block);
            return;
        }
        if let State::Kissed(_) = self.state {
            let least = self.settings.kiss_off_least;
            if (least..=self.settings.kiss_off_most).contains(&length) {
                self.delivered(now);
            } else {
                self.state = State::Waiting(now);
            }
        }
    }

    /// Whether the handshake is complete with that burst. Its bursts may be longer or shorter by what a line does to them.
    fn invited(&mut self, now: Duration, tone: Tone, length: Duration) -> bool {
        let burst = Duration::from_millis(70)..=Duration::from_millis(130);
        match (self.settings.handshake, tone) {
            (Handshake::Single(wanted), heard) => {
                wanted == heard && length >= Duration::from_millis(250)
            }
            (Handshake::Dual, Tone::Low) => {
                self.low = burst.contains(&length).then_some(now);
                false
            }
            (Handshake::Dual, Tone::High) => {
                let near = |at: Duration| now.saturating_sub(at) <= Duration::from_millis(260);
                burst.contains(&length) && self.low.take().is_some_and(near)
            }
        }
    }

    fn delivered(&mut self, now: Duration) {
        let mut until = now + self.settings.more;
        if let Some((id, report)) = self.in_hand.take() {
            let attempts = self.sent;
            self.events
                .push_back(PanelEvent::Delivered { id, attempts });
            if report.is_listen_in() {
                until = Duration::MAX;
            }
        }
        self.state = State::Done(until);
    }

    /// What to do on the line.
    pub fn poll_transmit(&mut self) -> Option<PanelAction> {
        self.actions.pop_front()
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<PanelEvent> {
        self.events.pop_front()
    }

    /// When to call [`Panel::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::OnHook(at) => self.in_hand.is_some().then_some(at),
            // A tone that does not end is given up as soon as it is too long.
            State::Kissed(began) => Some(began + self.settings.kiss_off_most + self.settings.key),
            State::Calling(at)
            | State::Invited(at)
            | State::Sending(at)
            | State::Waiting(at)
            | State::Done(at) => Some(at),
        }
    }

    /// A deadline passed.
    pub fn handle_timeout(&mut self, now: Now) {
        let Some(due) = self.poll_timeout().filter(|at| *at <= now.monotonic) else {
            return;
        };
        match self.state {
            State::OnHook(_) => self.dial(now.monotonic),
            State::Calling(_) => {
                self.hang_up(now);
                self.events.push_back(PanelEvent::Redial);
            }
            State::Invited(_) => self.send(now),
            State::Sending(_) => self.state = State::Waiting(due + self.settings.kiss_off_wait),
            State::Waiting(_) | State::Kissed(_) => {
                let rounds = if self.settings.handshake == Handshake::Dual {
                    1
                } else {
                    2
                };
                if self.tries < self.settings.attempts.saturating_mul(rounds) {
                    self.send(now);
                } else {
                    self.hang_up(now);
                    self.events.push_back(PanelEvent::Redial);
                }
            }
            State::Done(_) => {
                self.hang_up(now);
                // Nothing went wrong, so nothing has to be waited out.
                self.state = State::OnHook(now.monotonic);
            }
        }
    }

    fn send(&mut self, now: Now) {
        let Some((_, report)) = &self.in_hand else {
            self.state = State::Done(now.monotonic);
            return;
        };
        let pulse = report.is_pulse();
        let digits = report.digits();
        self.sent = self.sent.saturating_add(1);
        self.tries = self.tries.saturating_add(1);
        let mut at = now.monotonic;
        let mut end = at;
        for digit in digits {
            let length = if pulse {
                self.settings.pulse * u32::from(digit.value())
            } else {
                self.settings.key
            };
            end = at + length;
            self.actions.push_back(if pulse {
                PanelAction::Pulses { digit, at, length }
            } else {
                PanelAction::Key {
                    key: digit.key(),
                    at,
                    length,
                }
            });
            at = end
                + if pulse {
                    self.settings.between_digits
                } else {
                    self.settings.between_keys
                };
        }
        self.state = State::Sending(end);
    }
}
