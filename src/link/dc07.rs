//! DC-07 streams, the SIA mode of Bosch and Radionics receivers (serial-receivers.md 3.2, 4.3 to 4.5): answers are frames
//! with the sequence, receiver and line of the message. The sessions are those of [`super::automation`].
//!
//! Any jump of the sequence is accepted, for a restarted receiver says nothing of it; a sequence that comes again with the
//! same bytes is a copy, which the journal finds. Three NAKs in a row lose a message, so no more than two are said of one.

use alloc::boxed::Box;
use core::time::Duration;

use bytes::BytesMut;

use super::{
    automation::{self, Answer, Answers, Family, Heard, Reason, Rules, Verdict},
    bosch6500::{MOST_NAKS, damaged, is_barred},
};
use crate::{
    codec::{
        Quirks, Signal,
        dc07::{Body, Bytes, Configured, Frame, damaged_receiver},
        registry::Protocol,
        stream::{Decoder, Stream},
    },
    types::{Now, ReceiverNumber, Sequence},
};

/// The automation side of one port.
pub type Automation = automation::Automation<Line>;
/// We play the receiver on one port.
pub type Sender = automation::Sender<Line>;

/// The family of receivers that speak DC-07.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    port: &'static Configured,
    receiver: [u8; 2],
}

impl Line {
    /// To read a receiver on a port with these settings.
    #[must_use]
    pub const fn reading(port: &'static Configured) -> Self {
        let receiver = *b"01";
        Self { port, receiver }
    }

    /// To play the receiver of that number on such a port; `None` for a number that is not two characters.
    #[must_use]
    pub fn posing(port: &'static Configured, receiver: ReceiverNumber<'_>) -> Option<Self> {
        let receiver: [u8; 2] = receiver.as_str().as_bytes().try_into().ok()?;
        let good = receiver.iter().all(u8::is_ascii_alphanumeric);
        good.then_some(Self { port, receiver })
    }
}

/// Appends a frame; one that was read, or is ours, can always be written.
fn write(frame: &Frame<'_>, out: &mut Answer) {
    let mut wire = BytesMut::with_capacity(32);
    if frame.encode(&mut wire).is_ok() {
        out.clear();
        let _fits = out.try_extend_from_slice(&wire);
    }
}

fn whole(bytes: &[u8]) -> Option<Frame<'_>> {
    Frame::parse(bytes).ok().flatten().map(|(frame, _)| frame)
}

impl Family for Line {
    fn rules(&self) -> Rules {
        // A late answer says which message it answers, so nothing has to be waited out.
        Rules::SERIAL
            .with_answers(Answers::Framed)
            .with_settle(Duration::ZERO)
            .with_most_naks(MOST_NAKS)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Stream::new(Bytes))
    }

    fn read<'a>(&mut self, bytes: &'a [u8], quirks: Quirks) -> Heard<'a> {
        if is_barred(quirks, self.port.settings.seven_bits) {
            return Heard::Refused(Reason::SevenBits);
        }
        let frame = match Frame::parse(bytes) {
            Ok(Some((frame, _))) => frame,
            Ok(None) => return damaged(bytes),
            Err(error) => return Heard::Refused(Reason::Damaged(error)),
        };
        match frame.body {
            // Without its line number a link test looks like an ACK, but no receiver sends us one.
            Body::Empty if frame.is_nak() => return Heard::Nothing,
            Body::Empty => return Heard::Heartbeat,
            // That is what we could tell a receiver, never it us.
            Body::Command(_) => return Heard::Nothing,
            _ => {}
        }
        let protocol: &'static dyn Protocol = self.port;
        let mut signal = Signal::new(protocol, frame.raw);
        signal.token = Some(frame.kind.as_str());
        signal.sequence = Some(frame.sequence);
        signal.receiver = Some(frame.receiver.as_str());
        signal.line = Some(frame.line.as_str());
        signal.account = frame.body.account();
        signal.data = frame.data();
        signal.quirks = frame.quirks.union(quirks);
        Heard::Signal(signal)
    }

    fn acknowledge(&self, _rules: &Rules, frame: &[u8], out: &mut Answer) {
        if let Some(frame) = whole(frame) {
            write(&frame.ack(), out);
        }
    }

    fn refuse(&self, _rules: &Rules, damaged: &[u8], out: &mut Answer) {
        write(&Frame::nak(damaged_receiver(damaged)), out);
    }

    fn heartbeat(&mut self, _now: Now, sequence: &mut Sequence, out: &mut BytesMut) -> bool {
        let receiver = core::str::from_utf8(&self.receiver).ok();
        let Some(receiver) = receiver.and_then(|text| ReceiverNumber::new(text).ok()) else {
            return false;
        };
        let done = Frame::null(*sequence, receiver).encode(out).is_ok();
        *sequence = sequence.next();
        done
    }

    fn recognise(&self, answer: &[u8], sent: &[u8]) -> Verdict {
        match (whole(answer), whole(sent)) {
            (Some(answer), _) if answer.is_nak() => Verdict::Nak,
            (Some(answer), Some(sent)) if answer.acknowledges(&sent) => Verdict::Ack,
            _ => Verdict::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::{
        codec::dc07::Kind,
        link::{
            Stored,
            automation::{Event, SenderEvent},
        },
        types::{AccountId, LineNumber},
    };

    static PORT: std::sync::LazyLock<Configured> = std::sync::LazyLock::new(Configured::default);

    fn at(seconds: u64) -> Now {
        Now::default().after(Duration::from_secs(seconds))
    }

    fn number(number: u16) -> Sequence {
        Sequence::new(number).unwrap()
    }

    fn wire(frame: &Frame<'_>) -> Vec<u8> {
        let mut out = BytesMut::new();
        frame.encode(&mut out).unwrap();
        out.to_vec()
    }

    fn event(sequence: Sequence) -> Frame<'static> {
        let account = AccountId::new("1234").unwrap();
        let (receiver, line) = (
            ReceiverNumber::new("22").unwrap(),
            LineNumber::new("07").unwrap(),
        );
        let block = b"NBA9";
        Frame::new(
            Kind::PLAIN,
            sequence,
            receiver,
            line,
            Body::Event { account, block },
        )
    }

    fn port() -> Automation {
        let family = Line::reading(&PORT);
        Automation::of(family, family.rules(), at(0))
    }

    #[test]
    fn the_answer_has_sequence_receiver_and_line_of_the_message_whatever_it_jumps_to() {
        let mut port = port();
        for sequence in [77, 78, 3, 9999, 1, 500] {
            let frame = event(number(sequence));
            port.handle_input(at(1), &wire(&frame));
            let Some(Event::Signal(ticket, signal)) = port.next(at(1)) else {
                panic!()
            };
            assert_eq!(signal.sequence, Some(number(sequence)));
            assert_eq!(
                (signal.data, signal.token),
                (&b"#1234|NBA9"[..], Some("TAB"))
            );
            let mut events = 0;
            signal.events(&mut |event, _| {
                assert_eq!(event.code.to_string(), "sia:BA");
                events += 1;
            });
            assert_eq!(events, 1);
            assert_eq!(ticket.redeem(&Stored::new(false)), wire(&frame.ack()));
            port.answered(at(1));
        }
    }

    #[test]
    fn a_copy_is_left_to_the_journal_and_answered_again() {
        let mut port = port();
        let frame = event(number(77));
        for second in [1, 5] {
            port.handle_input(at(second), &wire(&frame));
            let Some(Event::Signal(ticket, signal)) = port.next(at(second)) else {
                panic!()
            };
            assert!(!signal.possible_repeat);
            assert_eq!(ticket.redeem(&Stored::new(second == 5)), wire(&frame.ack()));
            port.answered(at(second));
        }
    }

    #[test]
    fn link_tests_are_answered_at_once_and_strays_never() {
        let mut port = port();
        let receiver = ReceiverNumber::new("22").unwrap();
        let null = Frame::null(number(8), receiver);
        let stray = wire(&Frame::nak(receiver));
        port.handle_input(at(1), &[&stray[..], &wire(&null)].concat());
        assert!(matches!(port.next(at(1)), Some(Event::Noise(n)) if n == stray.len()));
        assert!(matches!(port.next(at(1)), Some(Event::Heartbeat)));
        assert_eq!(port.poll_transmit().as_deref(), Some(&wire(&null)[..]));
        assert_eq!(port.poll_transmit(), None);
    }

    #[test]
    fn damage_is_refused_twice_with_sequence_zero_and_an_unreadable_body_never() {
        let mut port = port();
        let mut damaged = wire(&event(number(5)));
        damaged[20] ^= 1;
        let nak = wire(&Frame::nak(ReceiverNumber::new("22").unwrap()));
        for second in 1..6 {
            port.handle_input(at(second), &damaged);
            assert!(matches!(
                port.next(at(second)),
                Some(Event::Refused(Reason::Damaged(_)))
            ));
            let wanted = (second <= 2).then_some(&nak[..]);
            assert_eq!(port.poll_transmit().as_deref(), wanted);
        }
        let mut odd = event(number(6));
        odd.body = Body::Undefined(b"who knows");
        port.handle_input(at(7), &wire(&odd));
        let Some(Event::Signal(ticket, _)) = port.next(at(7)) else {
            panic!()
        };
        assert_eq!(ticket.redeem(&Stored::new(false)), wire(&odd.ack()));
    }

    #[test]
    fn only_the_answer_to_a_message_delivers_it() {
        let family = Line::posing(&PORT, ReceiverNumber::new("22").unwrap()).unwrap();
        let mut sender = Sender::of(family, family.rules(), Sequence::FIRST);
        sender.connected(at(0));
        let null = sender.poll_transmit(at(0)).unwrap().to_vec();
        sender.drained(at(0));
        sender.handle_input(at(0), &null);
        let frame = event(sender.next_sequence());
        assert_eq!(frame.sequence, number(2), "link tests count too");
        sender.submit(at(1), 7, &wire(&frame)).unwrap();
        assert!(sender.poll_transmit(at(1)).is_some());
        sender.drained(at(1));
        let mut other = frame.ack();
        other.line = LineNumber::new("08").unwrap();
        sender.handle_input(at(2), &wire(&other));
        assert!(matches!(sender.poll_event(), Some(SenderEvent::Ignored(_))));
        sender.handle_input(at(2), &wire(&frame.ack()));
        assert_eq!(
            sender.poll_event(),
            Some(SenderEvent::Delivered { id: 7, attempts: 1 })
        );
        assert!(Line::posing(&PORT, ReceiverNumber::new("1").unwrap()).is_none());
    }
}
