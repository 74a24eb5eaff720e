use core::fmt::Write;

use super::open_conditions;
use crate::{
    AlarmEvent, Class, EventCode, Lane, Now, Qualifier, Signal, Timestamp,
    codec::{Quirk, Quirks},
};

/// Signals on their way into a [`super::Journal`]: an arena that costs no allocation per signal once warm.
#[derive(Default)]
pub struct Batch {
    bytes: Vec<u8>,
    signals: Vec<SignalEntry>,
    events: Vec<EventEntry>,
    decisions: Vec<Decision>,
}

/// What a journal does with one signal of a batch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Decision {
    /// It becomes events.
    #[default]
    Store,
    /// It is stored already: acknowledged again, no new event.
    Repeat,
    /// Its ciphertext is a recording: neither acknowledged nor stored.
    Replayed,
}

#[derive(Clone, Copy, Default)]
struct Span {
    at: u32,
    len: u32,
}

struct SignalEntry {
    protocol: &'static str,
    received: Timestamp,
    sent: Option<Timestamp>,
    source: Span,
    token: Option<Span>,
    receiver: Option<Span>,
    line: Option<Span>,
    account: Option<Span>,
    data: Span,
    extended: Span,
    raw: Span,
    sequence: Option<u16>,
    encrypted: bool,
    possible_repeat: bool,
    remember_ciphertext: bool,
    quirks: Quirks,
    /// One past its last event; its first is where the signal before it ends.
    events_end: u32,
}

struct EventEntry {
    account: Option<Span>,
    code: Span,
    qualifier: Qualifier,
    class: Class,
    lane: Lane,
    tracked: bool,
    partition: Option<Span>,
    zone: Option<Span>,
    user: Option<Span>,
    text: Option<Span>,
    time: Option<Timestamp>,
    data: Span,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Copies a signal and its events in, and says which number it has in the batch. `source` is the name of the input.
    pub fn push(&mut self, source: &str, now: Now, signal: &Signal<'_>) -> usize {
        let Self {
            bytes,
            signals,
            events,
            decisions,
        } = self;
        signal.events(&mut |event, data| events.push(EventEntry::new(bytes, event, data)));
        signals.push(SignalEntry {
            protocol: signal.protocol.name(),
            received: now.utc,
            sent: signal.sent,
            source: Span::of(bytes, source.as_bytes()),
            token: signal.token.map(|text| Span::of(bytes, text.as_bytes())),
            receiver: signal.receiver.map(|text| Span::of(bytes, text.as_bytes())),
            line: signal.line.map(|text| Span::of(bytes, text.as_bytes())),
            account: signal
                .account
                .map(|id| Span::of(bytes, id.as_str().as_bytes())),
            data: Span::of(bytes, signal.data),
            extended: Span::of(bytes, signal.extended),
            raw: Span::of(bytes, signal.raw),
            sequence: signal.sequence.map(crate::Sequence::value),
            encrypted: signal.encrypted,
            possible_repeat: signal.possible_repeat,
            remember_ciphertext: signal.remember_ciphertext,
            quirks: signal.quirks,
            events_end: u32::try_from(events.len()).unwrap_or(u32::MAX),
        });
        decisions.push(Decision::Store);
        signals.len() - 1
    }

    /// How many signals it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.signals.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.signals.is_empty()
    }

    /// How many bytes of text and payload it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Empties it; the memory stays.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.signals.clear();
        self.events.clear();
        self.decisions.clear();
    }

    /// The signals in the order of their numbers.
    pub fn signals(&self) -> impl Iterator<Item = BatchedSignal<'_>> {
        (0..self.signals.len()).filter_map(|i| self.signal(i))
    }

    /// The signal with that number.
    #[must_use]
    pub fn signal(&self, index: usize) -> Option<BatchedSignal<'_>> {
        let entry = self.signals.get(index)?;
        let first = index
            .checked_sub(1)
            .and_then(|i| self.signals.get(i))
            .map_or(0, |before| before.events_end);
        Some(BatchedSignal {
            batch: self,
            entry,
            first,
        })
    }

    /// What a journal found about a signal; without a word it is [`Decision::Store`].
    pub fn decide(&mut self, index: usize, decision: Decision) {
        if let Some(slot) = self.decisions.get_mut(index) {
            *slot = decision;
        }
    }

    /// What was decided.
    #[must_use]
    pub fn decision(&self, index: usize) -> Option<Decision> {
        self.decisions.get(index).copied()
    }

    pub(super) fn take_decisions(&mut self) -> Vec<Decision> {
        core::mem::take(&mut self.decisions)
    }

    fn get(&self, span: Span) -> &[u8] {
        self.bytes
            .get(span.at as usize..(span.at as usize) + (span.len as usize))
            .unwrap_or_default()
    }

    fn text(&self, span: Option<Span>) -> Option<&str> {
        span.map(|span| core::str::from_utf8(self.get(span)).unwrap_or_default())
    }
}

impl core::fmt::Debug for Batch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Batch")
            .field("signals", &self.signals.len())
            .field("events", &self.events.len())
            .finish()
    }
}

impl Span {
    fn of(bytes: &mut Vec<u8>, part: &[u8]) -> Self {
        let at = bytes.len();
        bytes.extend_from_slice(part);
        Self::since(bytes, at)
    }

    fn since(bytes: &[u8], at: usize) -> Self {
        // A batch is some hundred frames of at most 4 kB: far from 4 GB.
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            at: number(at),
            len: number(bytes.len() - at),
        }
    }
}

impl EventEntry {
    fn new(bytes: &mut Vec<u8>, event: &AlarmEvent<'_>, data: &[u8]) -> Self {
        let mut text = |part: Option<&str>| part.map(|part| Span::of(bytes, part.as_bytes()));
        let (account, partition) = (
            text(event.account.map(|a| a.as_str())),
            text(event.partition.map(|p| p.as_str())),
        );
        let (zone, user) = (
            text(event.zone.map(|z| z.as_str())),
            text(event.user.map(|u| u.as_str())),
        );
        let at = bytes.len();
        match event.code {
            EventCode::ContactId { qualifier, code } => {
                bytes.extend_from_slice(b"cid:");
                bytes.push(qualifier);
                bytes.extend_from_slice(&code);
            }
            EventCode::Sia(code) => {
                bytes.extend_from_slice(b"sia:");
                bytes.extend_from_slice(&code);
            }
            ref other => drop(write!(Append(bytes), "{other}")),
        }
        Self {
            account,
            code: Span::since(bytes, at),
            qualifier: event.qualifier,
            class: event.class,
            lane: event.lane,
            tracked: open_conditions::matters(event.code),
            partition,
            zone,
            user,
            text: event.text.map(|text| Span::of(bytes, text)),
            time: event.time,
            data: Span::of(bytes, data),
        }
    }
}

struct Append<'a>(&'a mut Vec<u8>);

impl Write for Append<'_> {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        self.0.extend_from_slice(s.as_bytes());
        Ok(())
    }
}

/// One signal of a [`Batch`].
#[derive(Clone, Copy)]
pub struct BatchedSignal<'a> {
    batch: &'a Batch,
    entry: &'a SignalEntry,
    first: u32,
}

impl<'a> BatchedSignal<'a> {
    /// Name of the protocol.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        self.entry.protocol
    }

    /// When it was pushed, by the wall clock.
    #[must_use]
    pub fn received(&self) -> Timestamp {
        self.entry.received
    }

    /// When it was sent, by the frame.
    #[must_use]
    pub fn sent(&self) -> Option<Timestamp> {
        self.entry.sent
    }

    /// Name of the input.
    #[must_use]
    pub fn source(&self) -> &'a str {
        self.batch.text(Some(self.entry.source)).unwrap_or_default()
    }

    /// The frame's kind.
    #[must_use]
    pub fn token(&self) -> Option<&'a str> {
        self.batch.text(self.entry.token)
    }

    /// The receiver number as sent.
    #[must_use]
    pub fn receiver(&self) -> Option<&'a str> {
        self.batch.text(self.entry.receiver)
    }

    /// The line number as sent.
    #[must_use]
    pub fn line(&self) -> Option<&'a str> {
        self.batch.text(self.entry.line)
    }

    /// The header's account.
    #[must_use]
    pub fn account(&self) -> Option<&'a str> {
        self.batch.text(self.entry.account)
    }

    /// The sequence, in protocols that have one.
    #[must_use]
    pub fn sequence(&self) -> Option<u16> {
        self.entry.sequence
    }

    /// The body in clear.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        self.batch.get(self.entry.data)
    }

    /// The extended data fields as they stand.
    #[must_use]
    pub fn extended(&self) -> &'a [u8] {
        self.batch.get(self.entry.extended)
    }

    /// The frame as received.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.batch.get(self.entry.raw)
    }

    /// Whether it came encrypted.
    #[must_use]
    pub fn encrypted(&self) -> bool {
        self.entry.encrypted
    }

    /// Whether it may be a second copy.
    #[must_use]
    pub fn possible_repeat(&self) -> bool {
        self.entry.possible_repeat
    }

    /// Whether its ciphertext is to be remembered.
    #[must_use]
    pub fn remember_ciphertext(&self) -> bool {
        self.entry.remember_ciphertext
    }

    /// Oddities that were lived with.
    pub fn quirks(&self) -> impl Iterator<Item = Quirk> + use<> {
        self.entry.quirks.iter()
    }

    pub(super) fn is_odd(&self) -> bool {
        !self.entry.quirks.is_empty()
    }

    /// Its events, in order and never none.
    pub fn events(&self) -> impl Iterator<Item = BatchedEvent<'a>> + use<'a> {
        let batch = self.batch;
        let entries = batch
            .events
            .get(self.first as usize..self.entry.events_end as usize)
            .unwrap_or_default();
        entries
            .iter()
            .map(move |entry| BatchedEvent { batch, entry })
    }
}

/// One event of a signal of a [`Batch`].
#[derive(Clone, Copy)]
pub struct BatchedEvent<'a> {
    batch: &'a Batch,
    entry: &'a EventEntry,
}

impl<'a> BatchedEvent<'a> {
    /// The data account, else the header's.
    #[must_use]
    pub fn account(&self) -> Option<&'a str> {
        self.batch.text(self.entry.account)
    }

    /// The code, `cid:1130` or `sia:BA` or `raw:…`.
    #[must_use]
    pub fn code(&self) -> &'a str {
        self.batch.text(Some(self.entry.code)).unwrap_or_default()
    }

    /// New, restore, status.
    #[must_use]
    pub fn qualifier(&self) -> Qualifier {
        self.entry.qualifier
    }

    /// What it is about.
    #[must_use]
    pub fn class(&self) -> Class {
        self.entry.class
    }

    /// The lane of the code alone.
    #[must_use]
    pub fn lane(&self) -> Lane {
        self.entry.lane
    }

    /// Whether its code has to do with restores whose lane the open condition decides.
    pub(super) fn tracked(&self) -> bool {
        self.entry.tracked
    }

    /// The partition.
    #[must_use]
    pub fn partition(&self) -> Option<&'a str> {
        self.batch.text(self.entry.partition)
    }

    /// The zone or device.
    #[must_use]
    pub fn zone(&self) -> Option<&'a str> {
        self.batch.text(self.entry.zone)
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> Option<&'a str> {
        self.batch.text(self.entry.user)
    }

    /// Text as sent.
    #[must_use]
    pub fn text(&self) -> Option<&'a [u8]> {
        self.entry.text.map(|span| self.batch.get(span))
    }

    /// When it happened.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.entry.time
    }

    /// The data that would carry this event alone.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        self.batch.get(self.entry.data)
    }
}
