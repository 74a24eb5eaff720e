//! ADEMCO 8000 and Silent Knight 9000 lines (serial-receivers.md 5.1 and 5.2): one byte as answer; two failures are
//! computer trouble. The sessions are those of [`super::automation`]; here stands what is these two's own.
//!
//! An MX8000 in its own format sends heartbeats, so that its silence tells. Silent Knight's has none: the computer sends
//! 00h when it wants to know and gets a NAK. [`Prober`] asks in time; what comes back is noise to the session, and shows
//! it that somebody is there:
//!
//! ```
//! use core::time::Duration;
//! use alarmwire::{
//!     link::{automation::{Event, Family}, mx8000::{Automation, Line, Prober}},
//!     types::Now,
//! };
//!
//! let period = Duration::from_secs(30);
//! let line = Line::sk9000();
//! let rules = line.rules().with_heartbeat(period);
//! let mut now = Now::default();
//! let (mut port, mut prober) = (Automation::of(line, rules, now), Prober::new(period, now));
//! now = now.after(period);
//! assert_eq!(prober.poll_transmit(now), Some(0x00));
//! port.handle_input(now, &[0x15]);
//! prober.heard(now);
//! assert!(matches!(port.next(now), Some(Event::Noise(1))) && !port.is_lost());
//! ```
//!
//! Whoever plays a receiver asks [`Line::reply`] what to say to a byte of the computer that is no answer: commands are
//! refused, not obeyed.

use alloc::boxed::Box;
use core::time::Duration;

use arrayvec::ArrayString;
use bytes::BytesMut;

use super::automation::{self, Family, Heard, Reason, Rules};
use crate::{
    codec::{
        Protocol, Quirk, Quirks, Signal,
        mx8000::{Answer, Command, Dialect, Frame, encode_heartbeat},
        stream::Decoder,
    },
    error::{EncodeError, ParseError, ParseErrorKind},
    types::{Now, ReceiverNumber, Sequence},
};

/// The automation side of one port.
pub type Automation = automation::Automation<Line>;
/// We play the receiver on one port.
pub type Sender = automation::Sender<Line>;

/// The family of both, for one port.
#[derive(Clone, Copy)]
pub struct Line {
    dialect: Dialect,
    protocol: &'static dyn Protocol,
    /// What our heartbeats say that we are.
    receiver: ArrayString<2>,
    /// Whether frames of a sender that is set to 7E1 are read on this 8N1 port.
    seven_bits: bool,
}

impl Line {
    const fn of(dialect: Dialect, protocol: &'static dyn Protocol) -> Self {
        Self {
            dialect,
            protocol,
            receiver: ArrayString::new_const(),
            seven_bits: false,
        }
    }

    /// An MX8000 in its own format.
    #[cfg(feature = "ademco8000")]
    #[must_use]
    pub const fn ademco8000() -> Self {
        Self::of(Dialect::Ademco8000, &crate::codec::ademco8000::Ademco8000)
    }

    /// A Silent Knight 9000, or a receiver that speaks like one.
    #[cfg(feature = "sk9000")]
    #[must_use]
    pub const fn sk9000() -> Self {
        Self::of(Dialect::Sk9000, &crate::codec::sk9000::Sk9000)
    }

    /// The same for who plays receiver number 01 to 99: its heartbeats carry it.
    ///
    /// # Errors
    /// When it is not of one or two digits.
    pub fn posing(mut self, receiver: ReceiverNumber<'_>) -> Result<Self, EncodeError> {
        let text = receiver.as_str();
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        self.receiver =
            ArrayString::from(text)
                .ok()
                .filter(|_| digits)
                .ok_or(EncodeError::Field {
                    field: "receiver",
                    what: "anything but one or two digits",
                })?;
        Ok(self)
    }

    /// The same on a port that may read a sender set to 7E1.
    #[must_use]
    pub const fn with_seven_bits(mut self, allowed: bool) -> Self {
        self.seven_bits = allowed;
        self
    }

    /// Playing the receiver, and with no frame out: what to answer to a byte of the computer; `None` for one that is no
    /// command. A link test is answered, NAK by sk9000 and ACK by ademco8000 (inferred); all else is refused, for
    /// commands are the owner's to obey.
    #[must_use]
    pub fn reply(&self, byte: u8) -> Option<u8> {
        let command = Command::read(byte, self.dialect)?;
        let answer = match command.answer() {
            Some(answer) => answer,
            None if command == Command::link_test(self.dialect) => Answer::Ack,
            None => Answer::Refused,
        };
        Some(answer.byte())
    }
}

impl core::fmt::Debug for Line {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Line")
            .field("dialect", &self.dialect)
            .field("receiver", &self.receiver)
            .field("seven_bits", &self.seven_bits)
            .finish_non_exhaustive()
    }
}

impl Family for Line {
    /// Two attempts. The period of the heartbeats and the wait are in no public document: those of other receivers. The
    /// silence of sk9000 means nothing unless a [`Prober`] asks; its frames carry the minute, so that the same bytes are a
    /// copy however late they come.
    fn rules(&self) -> Rules {
        let rules = Rules::SERIAL.with_attempts(Rules::SERIAL.ack_wait, 2);
        match self.dialect {
            Dialect::Ademco8000 => rules,
            Dialect::Sk9000 => rules
                .with_heartbeat(Duration::ZERO)
                .with_copies(Duration::from_secs(24 * 3600)),
        }
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(self.dialect.stream())
    }

    fn read<'a>(&mut self, bytes: &'a [u8], quirks: Quirks) -> Heard<'a> {
        let frame = match Frame::parse(bytes, self.dialect) {
            Ok(Some((frame, _))) => frame,
            Ok(None) => {
                let error = ParseError::new(bytes.len(), ParseErrorKind::Expected("end byte"));
                return Heard::Refused(Reason::Damaged(error));
            }
            Err(error) => return Heard::Refused(Reason::Damaged(error)),
        };
        if quirks.has(Quirk::SevenBits) && !self.seven_bits {
            return Heard::Refused(Reason::SevenBits);
        }
        if frame.is_link_test() {
            return Heard::Heartbeat;
        }
        let mut signal = Signal::new(self.protocol, frame.raw);
        signal.token = Some(frame.id.as_str());
        signal.sequence = frame.reference;
        signal.receiver = frame.receiver.map(ReceiverNumber::as_str);
        signal.line = frame.line_card();
        signal.account = frame.account();
        signal.data = frame.data();
        signal.quirks = frame.quirks.union(quirks);
        Heard::Signal(signal)
    }

    /// A heartbeat has reference 0000: it takes none of the frames'.
    fn heartbeat(&mut self, now: Now, _sequence: &mut Sequence, out: &mut BytesMut) -> bool {
        self.dialect == Dialect::Ademco8000
            && ReceiverNumber::new(&self.receiver)
                .is_ok_and(|receiver| encode_heartbeat(receiver, now, out).is_ok())
    }
}

/// Asks a receiver without heartbeats whether it is there: 00h whenever nothing was heard for a period. It belongs to the
/// computer's side of [`Line::sk9000`], beside its [`Automation`], which counts the answers as signs of life.
#[derive(Clone, Copy, Debug)]
pub struct Prober {
    period: Duration,
    /// When the next one is due.
    due: Duration,
}

impl Prober {
    /// Asks after each `period` without a byte, the first time a period after `now`.
    #[must_use]
    pub fn new(period: Duration, now: Now) -> Self {
        Self {
            period,
            due: now.monotonic + period,
        }
    }

    /// Something was heard from the receiver.
    pub fn heard(&mut self, now: Now) {
        self.due = now.monotonic + self.period;
    }

    /// When to ask [`Prober::poll_transmit`].
    #[must_use]
    pub const fn poll_timeout(&self) -> Duration {
        self.due
    }

    /// The byte to write now, if it is time. Not while a signal waits for its acknowledgement: the receiver takes
    /// commands only when it is quiet.
    pub fn poll_transmit(&mut self, now: Now) -> Option<u8> {
        if now.monotonic < self.due {
            return None;
        }
        self.due = now.monotonic + self.period;
        Some(Command::link_test(Dialect::Sk9000).byte())
    }
}

#[cfg(all(feature = "ademco8000", feature = "sk9000"))]
#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::{
        codec::mx8000::check_byte,
        link::{
            Stored,
            automation::{Event, SenderEvent},
        },
    };

    fn sealed(body: &[u8]) -> Vec<u8> {
        [body, &[check_byte(body), b'\r']].concat()
    }

    #[test]
    fn a_call_is_acknowledged_once_stored_and_a_heartbeat_at_once() {
        let now = Now::default();
        let line = Line::ademco8000();
        let mut port = Automation::of(line, line.rules(), now);
        port.handle_input(
            now,
            &sealed(b"&051697\"124041\"02\"0002\"00501\x051234\"BA01"),
        );
        let Some(Event::Signal(ticket, signal)) = port.next(now) else {
            panic!("a signal");
        };
        assert_eq!(signal.sequence.map(Sequence::value), Some(2));
        assert_eq!((signal.receiver, signal.line), (Some("02"), Some("01")));
        assert_eq!(
            (signal.token, signal.data),
            (Some("call"), &b"00501\x051234\"BA01"[..])
        );
        let mut count = 0;
        signal.events(&mut |event, _| {
            assert_eq!(event.account.map(|a| a.as_str()), Some("1234"));
            count += 1;
        });
        assert_eq!(count, 1);
        assert_eq!(ticket.redeem(&Stored::new(false)), [0x06]);
        port.answered(now);
        assert!(port.poll_transmit().is_none());
        port.handle_input(now, &sealed(b"\x03051697\"124042\"02\"0000\""));
        assert!(matches!(port.next(now), Some(Event::Heartbeat)));
        assert_eq!(port.poll_transmit().as_deref(), Some(&[0x06][..]));
        port.handle_input(now, b"\x03051697\"124042\"02\"0000\"~\r");
        assert!(matches!(
            port.next(now),
            Some(Event::Refused(Reason::Damaged(_)))
        ));
        assert_eq!(port.poll_transmit().as_deref(), Some(&[0x15][..]));
    }

    #[test]
    fn a_7e1_sender_is_refused_until_it_is_allowed() {
        let even = |b: &u8| {
            b | if b.count_ones().is_multiple_of(2) {
                0
            } else {
                0x80
            }
        };
        let wire: Vec<u8> = b"\x01062794\"0345\"z9000P\r".iter().map(even).collect();
        let now = Now::default();
        for allowed in [false, true] {
            let line = Line::sk9000().with_seven_bits(allowed);
            let mut port = Automation::of(line, line.rules(), now);
            port.handle_input(now, &wire);
            match port.next(now) {
                Some(Event::Signal(..)) => assert!(allowed),
                Some(Event::Refused(Reason::SevenBits)) => assert!(!allowed),
                other => panic!("{other:?}"),
            }
            assert!(port.poll_transmit().is_none());
        }
    }

    #[test]
    fn two_failures_are_trouble_then_heartbeats_until_one_is_acknowledged() {
        let mut now = Now::default();
        let line = Line::ademco8000()
            .posing(ReceiverNumber::new("2").unwrap())
            .unwrap();
        let rules = line.rules();
        let mut sender = Sender::of(line, rules, Sequence::FIRST);
        sender.connected(now);
        assert_eq!(sender.poll_transmit(now).map(|beat| beat[0]), Some(0x03));
        sender.handle_input(now, &[0x06]);
        let frame = sealed(b"\x02051697\"124041\"02\"0003\"w");
        sender.submit(now, 1, &frame).unwrap();
        for _ in 0..2 {
            assert_eq!(sender.poll_transmit(now), Some(&frame[..]));
            assert!(sender.poll_event().is_none());
            now = now.after(rules.ack_wait);
            sender.handle_timeout(now);
        }
        assert_eq!(sender.poll_event(), Some(SenderEvent::Silent));
        for _ in 0..3 {
            assert_eq!(sender.poll_transmit(now).map(|beat| beat[0]), Some(0x03));
            now = now.after(rules.ack_wait);
            sender.handle_timeout(now);
            if sender.poll_transmit(now).is_some() {
                now = now.after(rules.ack_wait);
                sender.handle_timeout(now);
            }
            now = now.after(rules.heartbeat);
            sender.handle_timeout(now);
        }
        assert!(sender.is_silent() && sender.poll_transmit(now).is_some());
        sender.handle_input(now, &[0x06]);
        assert_eq!(sender.poll_event(), Some(SenderEvent::Resumed));
        now = now.after(rules.settle);
        sender.handle_timeout(now);
        assert_eq!(sender.poll_transmit(now), Some(&frame[..]));
    }

    #[test]
    fn a_receiver_without_heartbeats_sends_its_frame_again() {
        let mut now = Now::default();
        let line = Line::sk9000();
        let mut sender = Sender::of(line, line.rules(), Sequence::FIRST);
        sender.connected(now);
        assert_eq!(sender.poll_transmit(now), None);
        sender.submit(now, 1, b"\x01062794\"0345\"{H\r").unwrap();
        let mut sent = 0;
        while now.monotonic < Duration::from_secs(60) {
            sent += usize::from(sender.poll_transmit(now).is_some());
            now = now.after(Duration::from_secs(1));
            sender.handle_timeout(now);
        }
        assert!(sender.is_silent() && sent >= 8, "{sent}");
        sent += usize::from(sender.poll_transmit(now).is_some());
        sender.handle_input(now, &[0x06]);
        assert!(!sender.is_silent(), "after {sent}");
    }

    #[test]
    fn commands_are_answered_and_never_obeyed() {
        let (ademco, knight) = (Line::ademco8000(), Line::sk9000());
        assert_eq!((knight.reply(0x00), knight.reply(0x0D)), (Some(0x15), None));
        assert_eq!((ademco.reply(0x0D), ademco.reply(0x00)), (Some(0x06), None));
        for command in [0x03, 0x04, 0x05, 0x48, 0x49, 0x4A, 0x4B, 0x4C] {
            assert_eq!(ademco.reply(command), Some(0x1B));
        }
        assert_eq!((ademco.reply(0x06), ademco.reply(0x15)), (None, None));
    }

    #[test]
    fn a_silent_receiver_is_asked_and_lost_when_it_does_not_answer() {
        let period = Duration::from_secs(30);
        let line = Line::sk9000();
        let mut now = Now::default();
        let mut port = Automation::of(line, line.rules().with_heartbeat(period), now);
        let mut prober = Prober::new(period, now);
        let mut asked = 0;
        while !port.is_lost() {
            now = now.after(Duration::from_secs(1));
            port.handle_timeout(now);
            if prober.poll_transmit(now).is_some() {
                asked += 1;
                if asked < 10 {
                    port.handle_input(now, &[0x15]);
                    prober.heard(now);
                }
            }
            while port.next(now).is_some() {}
        }
        assert_eq!(now.monotonic, period * 12);
        assert!(prober.poll_timeout() > now.monotonic);
        let mut unasked = Automation::of(line, line.rules(), now);
        unasked.handle_timeout(now.after(period * 1000));
        assert!(!unasked.is_lost() && unasked.poll_timeout().is_none());
    }
}
