//! 6500-mode streams of Bosch and Radionics receivers (serial-receivers.md 4.2 and 4.4): one byte as answer, no sequence.
//! The sessions are those of [`super::automation`].
//!
//! Three NAKs in a row lose a message, so no more than two are said of one. Commands are neither sent nor obeyed.

use alloc::boxed::Box;

use bytes::BytesMut;

use super::automation::{self, Family, Heard, Reason, Rules};
use crate::{
    codec::{
        Quirk, Quirks, Signal,
        bosch6500::{Body, Bytes, Configured, Frame, Header, Kind, Settings, line_letter},
        registry::Protocol,
        stream::{Decoder, Stream},
    },
    error::{EncodeError, ParseError, ParseErrorKind},
    types::{LineNumber, Now, Sequence},
};

/// The automation side of one port.
pub type Automation = automation::Automation<Line>;
/// We play the receiver on one port.
pub type Sender = automation::Sender<Line>;

/// The most NAKs in a row: the third one loses the message (serial-receivers.md 4.4).
pub const MOST_NAKS: u32 = 2;

/// The family of receivers in 6500 mode.
///
/// ```
/// use alarmwire::{codec::bosch6500::Configured, link::{Stored, automation::{Event, Family}, bosch6500::{Automation, Line}}, types::Now};
///
/// static PORT: std::sync::LazyLock<Configured> = std::sync::LazyLock::new(Configured::default);
/// let family = Line::reading(&PORT);
/// let rules = family.rules();
/// let mut port = Automation::of(family, rules, Now::default());
/// port.handle_input(Now::default(), b"\n1011      1234 A  98\x14");
/// let Some(Event::Signal(ticket, signal)) = port.next(Now::default()) else { panic!() };
/// assert_eq!(signal.account.map(|account| account.as_str()), Some("1234"));
/// # fn stored() -> Option<Stored> { None }
/// // The journal's commit gives `stored`; only with it there is an answer.
/// if let Some(stored) = stored() {
///     assert_eq!(ticket.redeem(&stored), [0x06]);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Line {
    port: &'static Configured,
    beat: BytesMut,
}

impl Line {
    /// To read a receiver on a port with these settings.
    #[must_use]
    pub fn reading(port: &'static Configured) -> Self {
        Self {
            port,
            beat: BytesMut::new(),
        }
    }

    /// To play a receiver on such a port, whose link tests carry the receiver number of `header`.
    ///
    /// # Errors
    /// When the header can't be put on the wire.
    pub fn posing(port: &'static Configured, header: Header<'_>) -> Result<Self, EncodeError> {
        let wrong = EncodeError::Field {
            field: "line",
            what: "anything but a number",
        };
        // The line of a link test is the receiver itself.
        let own = line_letter("0").and_then(|own| LineNumber::new(own).ok());
        let mut frame = Frame::new(
            Kind::COMMON,
            header.receiver,
            own.ok_or(wrong)?,
            Body::LinkTest,
        );
        (frame.header, frame.trailer) = (header.header, header.trailer);
        let mut beat = BytesMut::with_capacity(32);
        frame.encode(&mut beat)?;
        Ok(Self { port, beat })
    }
}

/// Whether a frame of a 7E1 sender came that the port does not allow.
pub(super) const fn is_barred(quirks: Quirks, seven_bits: bool) -> bool {
    quirks.has(Quirk::SevenBits) && !seven_bits
}

/// A frame that its decoder cut and its parser does not take: it can't happen, and is damage if it does.
pub(super) fn damaged(bytes: &[u8]) -> Heard<'_> {
    let error = ParseError::new(bytes.len(), ParseErrorKind::Expected("end byte"));
    Heard::Refused(Reason::Damaged(error))
}

impl Family for Line {
    fn rules(&self) -> Rules {
        Rules::SERIAL.with_most_naks(MOST_NAKS)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Stream::new(Bytes::new(&self.port.settings)))
    }

    fn read<'a>(&mut self, bytes: &'a [u8], quirks: Quirks) -> Heard<'a> {
        let settings: &Settings<'_> = &self.port.settings;
        if is_barred(quirks, settings.seven_bits) {
            return Heard::Refused(Reason::SevenBits);
        }
        let frame = match Frame::parse(bytes, settings) {
            Ok(Some((frame, _))) => frame,
            Ok(None) => return damaged(bytes),
            Err(error) => return Heard::Refused(Reason::Damaged(error)),
        };
        if frame.body == Body::LinkTest {
            return Heard::Heartbeat;
        }
        let protocol: &'static dyn Protocol = self.port;
        let mut signal = Signal::new(protocol, frame.raw);
        signal.token = Some(frame.kind.as_str());
        signal.receiver = Some(frame.receiver.as_str());
        signal.line = Some(frame.line.as_str());
        signal.account = frame.body.account();
        signal.data = frame.data();
        signal.quirks = frame.quirks.union(quirks);
        Heard::Signal(signal)
    }

    fn heartbeat(&mut self, _now: Now, _sequence: &mut Sequence, out: &mut BytesMut) -> bool {
        out.extend_from_slice(&self.beat);
        !self.beat.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::time::Duration;

    use super::*;
    use crate::link::{
        Stored,
        automation::{Event, SenderEvent},
    };
    use crate::types::ReceiverNumber;

    static PORT: std::sync::LazyLock<Configured> = std::sync::LazyLock::new(Configured::default);
    const EVENT: &[u8] = b"\n1011      1234 A  98\x14";

    fn at(seconds: u64) -> Now {
        Now::default().after(Duration::from_secs(seconds))
    }

    fn port() -> Automation {
        let family = Line::reading(&PORT);
        let rules = family.rules();
        Automation::of(family, rules, at(0))
    }

    fn answers(port: &mut Automation) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(answer) = port.poll_transmit() {
            all.extend_from_slice(&answer);
        }
        all
    }

    #[test]
    fn an_event_is_acknowledged_when_it_is_stored_and_a_copy_is_marked() {
        let mut port = port();
        for (second, repeat) in [(1, false), (3, true)] {
            port.handle_input(at(second), EVENT);
            let Some(Event::Signal(ticket, signal)) = port.next(at(second)) else {
                panic!()
            };
            assert_eq!(signal.protocol.name(), "bosch6500");
            assert_eq!((signal.token, signal.line), (Some("1"), Some("1")));
            assert_eq!(
                (signal.possible_repeat, signal.data),
                (repeat, &EVENT[2..21])
            );
            assert_eq!(ticket.redeem(&Stored::new(false)), [0x06]);
            port.answered(at(second));
        }
    }

    #[test]
    fn what_can_not_be_read_is_a_signal_and_link_tests_are_answered_at_once() {
        let mut port = port();
        port.handle_input(at(1), b"\nZ011 ?\x14\n1010           @    \x14");
        assert!(
            matches!(port.next(at(1)), Some(Event::Signal(_, signal)) if signal.data == b"011 ?")
        );
        assert!(matches!(port.next(at(1)), Some(Event::Heartbeat)));
        assert_eq!(answers(&mut port), [0x06]);
    }

    #[test]
    fn damage_is_refused_twice_and_then_no_more() {
        let mut port = port();
        for second in 1..6 {
            port.handle_input(at(second), b"\n1011  1234 A\x14");
            assert!(matches!(
                port.next(at(second)),
                Some(Event::Refused(Reason::Damaged(_)))
            ));
            let wanted: &[u8] = if second <= 2 { &[0x15] } else { &[] };
            assert_eq!(answers(&mut port), wanted);
        }
    }

    #[test]
    fn who_plays_a_receiver_sends_link_tests_and_takes_one_byte() {
        let line = LineNumber::new("1").unwrap();
        let header = Header::new(ReceiverNumber::new("01").unwrap(), line)
            .framed(&Settings::default().with_header(Some(b'\n')));
        let family = Line::posing(&PORT, header).unwrap();
        let rules = family.rules();
        let mut sender = Sender::of(family, rules, Sequence::FIRST);
        sender.connected(at(0));
        assert_eq!(
            sender.poll_transmit(at(0)),
            Some(&b"\n1010           @    \x14"[..])
        );
        sender.drained(at(0));
        sender.handle_input(at(0), &[0x06]);
        sender.submit(at(1), 7, EVENT).unwrap();
        assert_eq!(sender.poll_transmit(at(1)), Some(EVENT));
        sender.drained(at(1));
        sender.handle_input(at(1), &[0x06]);
        assert_eq!(
            sender.poll_event(),
            Some(SenderEvent::Delivered { id: 7, attempts: 1 })
        );
        let wide = Header::new(ReceiverNumber::new("001").unwrap(), line);
        assert!(Line::posing(&PORT, wide).is_err());
    }
}
