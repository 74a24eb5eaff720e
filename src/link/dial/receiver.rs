use alloc::collections::VecDeque;
use core::{str, time::Duration};

use arrayvec::ArrayVec;

use super::{
    BURST, Event, Handshake, Reason, ReceiverAction, ReceiverSettings, SINGLE_BURST, Tone,
};
use crate::{
    codec::{
        Protocol, Quirks, Signal,
        contact_id::{Block, ContactId, Digit, DtmfKey},
        pulse::{Agreement, Format, Frame, TwoRounds},
    },
    error::{ParseError, ParseErrorKind},
    event::{EventCode, Qualifier},
    link::{Stored, Ticket},
    types::Now,
};

/// The longest block: Super Fast with 24 channels.
const LONGEST: usize = 30;

/// The last good block of this call.
#[derive(Debug)]
struct Last {
    /// As they came.
    digits: ArrayVec<u8, LONGEST>,
    /// In digits of the protocol, whatever alphabet they came in.
    text: ArrayVec<u8, LONGEST>,
    pulses: bool,
    number: u64,
    stored: bool,
    listen_in: bool,
}

/// Answers the calls of one line: one after another, each with any number of blocks.
///
/// ```text
/// ring            → ring
/// key, pulses     → handle_key, handle_pulses → poll_timeout, handle_timeout → next (until None)
/// Event::Signal   → store → kiss_off(ticket, stored)
/// poll_transmit (until None) → tones on the line
/// ```
///
/// A duplicate is suppressed within its call only: the same block in another call is another event, with a note where it
/// may repeat the one that the last call ended with.
#[derive(Debug)]
pub struct Receiver {
    settings: ReceiverSettings,
    /// Counts calls, so that what was owed to one is never paid to another.
    call: u64,
    /// Counts blocks.
    blocks: u64,
    off_hook: bool,
    /// When the next handshake is due, and which.
    handshake: Option<(Duration, usize)>,
    /// What the panel answered to.
    answered: Handshake,
    digits: ArrayVec<u8, LONGEST>,
    pulses: bool,
    too_long: bool,
    last_digit: Duration,
    rounds: TwoRounds,
    last: Option<Last>,
    /// The last block of an earlier call, and when it came.
    earlier: Option<(ArrayVec<u8, LONGEST>, Duration)>,
    kiss_off: Option<Duration>,
    hang_up: Option<Duration>,
    listening: bool,
    told: VecDeque<Told>,
    actions: VecDeque<ReceiverAction>,
}

#[derive(Clone, Copy, Debug)]
enum Told {
    ListenIn,
    HungUp,
}

impl Receiver {
    /// A line that is on hook.
    #[must_use]
    pub fn new(settings: ReceiverSettings) -> Self {
        Self {
            settings,
            call: 0,
            blocks: 0,
            off_hook: false,
            handshake: None,
            answered: Handshake::Dual,
            digits: ArrayVec::new(),
            pulses: false,
            too_long: false,
            last_digit: Duration::ZERO,
            rounds: TwoRounds::default(),
            last: None,
            earlier: None,
            kiss_off: None,
            hang_up: None,
            listening: false,
            told: VecDeque::with_capacity(4),
            actions: VecDeque::with_capacity(4),
        }
    }

    /// The line rings: it is taken.
    pub fn ring(&mut self, now: Now) {
        if self.off_hook {
            return;
        }
        self.clear();
        self.off_hook = true;
        self.call += 1;
        self.actions.push_back(ReceiverAction::OffHook);
        self.handshake = Some((now.monotonic + self.settings.off_hook, 0));
    }

    /// The other side hung up.
    pub fn hung_up(&mut self, now: Now) {
        let _ = now;
        if self.off_hook {
            self.clear();
            self.told.push_back(Told::HungUp);
        }
    }

    /// Hangs up: the operator heard enough.
    pub fn hang_up(&mut self, now: Now) {
        if self.off_hook {
            self.actions.push_back(ReceiverAction::HangUp);
            self.hung_up(now);
        }
    }

    fn clear(&mut self) {
        self.off_hook = false;
        self.handshake = None;
        self.digits.clear();
        self.too_long = false;
        self.rounds.clear();
        if let Some(last) = self.last.take() {
            self.earlier = Some((last.digits, self.last_digit));
        }
        self.kiss_off = None;
        self.hang_up = None;
        self.listening = false;
    }

    /// A key was heard, and ended at `now`.
    pub fn handle_key(&mut self, now: Now, key: DtmfKey) {
        self.handle(now, key.as_byte(), false);
    }

    /// A digit came in pulses: the first began at `began` on the monotonic clock, the last ended at `now`.
    pub fn handle_pulses(&mut self, now: Now, began: Duration, digit: Digit) {
        let pause = began.saturating_sub(self.last_digit);
        if self.pulses && !self.digits.is_empty() && pause > self.settings.pulse_gap {
            // A round that lost a digit: its rest must not become the head of the next.
            self.digits.clear();
            self.too_long = false;
            self.rounds.clear();
        }
        self.handle(now, digit.as_byte(), true);
    }

    fn handle(&mut self, now: Now, digit: u8, pulses: bool) {
        if !self.off_hook {
            return;
        }
        // A panel that speaks hears nothing, and one that goes on has heard enough.
        self.kiss_off = None;
        self.handshake = None;
        self.hang_up = None;
        if self.pulses != pulses {
            self.digits.clear();
            self.too_long = false;
        }
        self.pulses = pulses;
        self.last_digit = now.monotonic;
        self.too_long |= self.digits.try_push(digit).is_err();
    }

    /// What was owed for a block is paid: it is stored, and its panel will hear so, if it still is on the line and has
    /// sent nothing else since.
    pub fn kiss_off(&mut self, now: Now, ticket: &Ticket, stored: &Stored) {
        let owed = ticket.redeem(stored);
        let Some(last) = self.last.as_mut().filter(|_| self.off_hook) else {
            return;
        };
        if owed != key(self.call, last.number) {
            return;
        }
        last.stored = true;
        if self.digits.is_empty() {
            self.schedule(now.monotonic);
        }
    }

    /// Holds the line for another block; behind a listen-in until somebody hangs up, whatever voices sound like keys.
    fn hold(&mut self, from: Duration) {
        self.hang_up = (!self.listening).then_some(from + self.settings.idle);
    }

    fn schedule(&mut self, now: Duration) {
        let quiet = self.last_digit + self.settings.before_kiss_off;
        self.kiss_off = Some(quiet.max(now));
    }

    /// What to do on the line.
    pub fn poll_transmit(&mut self) -> Option<ReceiverAction> {
        self.actions.pop_front()
    }

    /// When to call [`Receiver::handle_timeout`], and then [`Receiver::next`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let pause = (!self.digits.is_empty()).then(|| self.pause());
        [
            self.handshake.map(|(at, _)| at),
            self.kiss_off,
            self.hang_up,
            pause,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When what has come of a block is all that will come.
    fn pause(&self) -> Duration {
        let gap = if self.pulses {
            self.settings.pulse_gap + self.settings.pulse_digit
        } else {
            self.settings.key_gap
        };
        self.last_digit + gap
    }

    /// A deadline passed.
    pub fn handle_timeout(&mut self, now: Now) {
        let now_at = now.monotonic;
        if let Some((_, number)) = self.handshake.filter(|(at, _)| *at <= now_at) {
            self.offer(now_at, number);
        }
        if self.kiss_off.take_if(|at| *at <= now_at).is_some() {
            let length = self.settings.kiss_off;
            let tone = match self.pulses {
                true => self.answered.kiss_off(),
                false => Handshake::Dual.kiss_off(),
            };
            self.play(tone, now_at, length);
            let listen_in = self.last.as_ref().is_some_and(|last| last.listen_in);
            if listen_in && !self.listening {
                self.listening = true;
                self.told.push_back(Told::ListenIn);
            }
            self.hold(now_at + length);
        }
        if self.hang_up.is_some_and(|at| at <= now_at) {
            self.hang_up(now);
        }
    }

    fn offer(&mut self, now: Duration, number: usize) {
        let Some(handshake) = self.settings.handshakes.get(number).copied() else {
            self.handshake = None;
            self.hang_up = Some(now);
            return;
        };
        self.answered = handshake;
        let end = match handshake {
            Handshake::Dual => {
                self.play(Tone::Low, now, BURST);
                self.play(Tone::High, now + 2 * BURST, BURST);
                now + 3 * BURST
            }
            Handshake::Single(tone) => {
                self.play(tone, now, SINGLE_BURST);
                now + SINGLE_BURST
            }
        };
        self.handshake = Some((end + self.settings.first_digit, number + 1));
    }

    fn play(&mut self, tone: Tone, at: Duration, length: Duration) {
        self.actions
            .push_back(ReceiverAction::Tone { tone, at, length });
    }

    /// The next thing that happened.
    pub fn next(&mut self, now: Now) -> Option<Event<'_>> {
        match self.told.pop_front() {
            Some(Told::ListenIn) => return Some(Event::ListenIn),
            Some(Told::HungUp) => return Some(Event::HungUp),
            None => {}
        }
        let whole = self.pulses
            && self.settings.pulses.map(|f| self.round_digits(f)) == Some(self.digits.len());
        if self.digits.is_empty() || !(whole || self.pause() <= now.monotonic) {
            return None;
        }
        let digits = core::mem::take(&mut self.digits);
        self.hold(now.monotonic);
        let read = match core::mem::take(&mut self.too_long) {
            true => Err(Reason::Digits(ParseError::new(
                LONGEST,
                ParseErrorKind::TooLong(LONGEST),
            ))),
            false => self.read(&digits),
        };
        let read = match read {
            Ok(read) => read,
            Err(reason) => {
                // What follows has to agree with itself, not with this.
                self.rounds.clear();
                return Some(Event::Refused(reason));
            }
        };
        let again = self
            .last
            .as_ref()
            .filter(|last| last.digits == digits && last.pulses == self.pulses)
            .map(|last| last.stored);
        if let Some(stored) = again {
            if stored {
                self.schedule(now.monotonic);
            }
            return Some(Event::Repeat);
        }
        if self.pulses {
            let round: ArrayVec<Digit, LONGEST> =
                digits.iter().copied().filter_map(Digit::new).collect();
            if self.rounds.push(&round) != Agreement::Agreed {
                return None;
            }
        }
        Some(self.signal(digits, read))
    }

    fn signal(&mut self, digits: ArrayVec<u8, LONGEST>, read: Read) -> Event<'_> {
        self.blocks += 1;
        // Only the first block of a call can be the one that the call before ended with.
        let possible_repeat = self.last.is_none()
            && self.earlier.as_ref().is_some_and(|(earlier, at)| {
                *earlier == digits && self.last_digit.saturating_sub(*at) <= self.settings.redial
            });
        let mut ticket = Ticket::new();
        let _sixteen_bytes_fit = ticket.write(&key(self.call, self.blocks));
        let text = match self.pulses {
            true => digits.clone(),
            false => digits
                .iter()
                .filter_map(|key| DtmfKey::new(*key))
                .map(|key| key.digit().as_byte())
                .collect(),
        };
        let last = self.last.insert(Last {
            digits,
            text,
            pulses: self.pulses,
            number: self.blocks,
            stored: false,
            listen_in: read.listen_in,
        });
        let protocol: &'static dyn Protocol = match read.format {
            None => &ContactId,
            Some(_) => self.settings.digits,
        };
        let signal = Signal {
            protocol,
            token: Some(read.format.map_or(read.kind, Format::name)),
            encrypted: false,
            sequence: None,
            receiver: None,
            line: Some(self.settings.line),
            account: None,
            data: &last.text,
            extended: &[],
            sent: None,
            raw: &last.digits,
            possible_repeat,
            remember_ciphertext: false,
            quirks: Quirks::NONE,
        };
        Event::Signal(ticket, signal)
    }

    /// How many digits a round of pulses has on this line.
    fn round_digits(&self, format: Format) -> usize {
        use crate::codec::pulse::Parity;
        let parity = matches!(
            self.settings.digits.settings.parity,
            Some(Parity::Mod15 | Parity::Unchecked)
        );
        format.account_digits() + format.body_digits() + usize::from(parity)
    }

    fn read(&self, digits: &[u8]) -> Result<Read, Reason> {
        let settings = &self.settings.digits.settings;
        if self.pulses {
            let frame = Frame::read(digits, settings).map_err(Reason::Digits)?;
            if self.settings.pulses != Some(frame.format()) {
                return Err(Reason::Format(frame.format()));
            }
            return Ok(Read::frame(&frame));
        }
        let error = match Block::parse_keys(digits) {
            Ok(Some((block, taken))) if taken == digits.len() => return Ok(Read::block(&block)),
            Ok(_) => ParseError::new(digits.len(), ParseErrorKind::Expected("more digits")),
            Err(error) => error,
        };
        let frame = match Frame::read_keys(digits, settings) {
            Ok(frame) => frame,
            // A check digit that does not fit says more than a number of digits that is another format's.
            Err(other) if matches!(other.kind(), ParseErrorKind::Check(_)) => {
                return Err(Reason::Digits(other));
            }
            Err(_) => return Err(Reason::Digits(error)),
        };
        if !self.settings.tones.contains(&frame.format()) {
            return Err(Reason::Format(frame.format()));
        }
        if frame.check().is_none() && !self.settings.unchecked {
            return Err(Reason::Unchecked(frame.format()));
        }
        Ok(Read::frame(&frame))
    }
}

/// What a good block is.
#[derive(Clone, Copy)]
struct Read {
    /// None: Contact ID.
    format: Option<Format>,
    kind: &'static str,
    listen_in: bool,
}

impl Read {
    fn block(block: &Block) -> Self {
        use crate::codec::contact_id::MessageType;
        let code = block.body().code();
        let listen_in = matches!(code, EventCode::ContactId { code, .. } if code == *b"606")
            && block.body().qualifier() == Qualifier::New;
        Self {
            format: None,
            kind: match block.kind() {
                MessageType::Contact => "18",
                MessageType::Alternative => "98",
                MessageType::LongAccount => "58",
            },
            listen_in,
        }
    }

    fn frame(frame: &Frame) -> Self {
        Self {
            format: Some(frame.format()),
            kind: "",
            listen_in: false,
        }
    }
}

/// What a ticket holds: the call and the block that it stands for.
fn key(call: u64, block: u64) -> [u8; 16] {
    (u128::from(call) << 64 | u128::from(block)).to_le_bytes()
}
