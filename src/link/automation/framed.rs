//! A family for tests whose answers are frames: the least of DC-07 (serial-receivers.md 3), `LF CRC LEN TAB SEQ RR LL […] CR`.

use alloc::{boxed::Box, format, vec::Vec};
use core::{str, time::Duration};

use bytes::BytesMut;

use super::*;
use crate::{
    AlarmEvent, Stored,
    codec::{
        DecodeOptions, Decoded, Protocol, Quirks, Signal,
        stream::{Decoder, Look, Shape, Stream},
    },
    error::{ParseError, ParseErrorKind},
    types::{Now, Sequence},
};

pub(super) struct Toy;

impl Protocol for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }
    fn confidence(&self, _: &[u8]) -> u8 {
        0
    }
    fn decode(&self, input: &[u8], _: &DecodeOptions<'_>) -> (Decoded, usize) {
        (Decoded::default(), input.len())
    }
    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        crate::event::raw("toy", signal.data, |event| each(event, signal.data));
    }
}

fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xA001 } else { 0 }
        })
    })
}

/// A frame of receiver 01, line 02.
pub(super) fn frame(sequence: Sequence, body: &str) -> Vec<u8> {
    let text = format!("\t{sequence}0102[{body}]");
    let crc = crc(text.as_bytes());
    format!("\n{crc:04X}{:02X}{text}\r", text.len()).into_bytes()
}

/// What stands behind CRC and length, if they fit.
fn text(frame: &[u8]) -> Option<&str> {
    let text = str::from_utf8(frame.strip_suffix(b"\r")?.get(7..)?).ok()?;
    let head = format!("{:04X}{:02X}", crc(text.as_bytes()), text.len());
    (frame.get(1..7) == Some(head.as_bytes())).then_some(text)
}

fn sequence(text: &str) -> Option<Sequence> {
    Sequence::new(text.get(1..5)?.parse().ok()?).ok()
}

struct Framing;

impl Shape for Framing {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        if bytes[0] != b'\n' {
            let next = bytes.iter().position(|b| *b == b'\n');
            return Look::Noise(next.unwrap_or(bytes.len()));
        }
        let Some(end) = bytes[1..].iter().position(|b| matches!(b, b'\n' | b'\r')) else {
            let error = ParseError::new(bytes.len(), ParseErrorKind::Expected("CR"));
            return if ended {
                Look::Bad(bytes.len(), error)
            } else {
                Look::More
            };
        };
        let end = end + 1;
        let length = end + usize::from(bytes[end] == b'\r');
        match text(&bytes[..length]) {
            Some(_) => Look::Frame(length),
            None => Look::Bad(length, ParseError::new(1, ParseErrorKind::Check("crc"))),
        }
    }
    fn longest(&self) -> usize {
        200
    }
    fn end(&self) -> Option<u8> {
        Some(b'\r')
    }
}

#[derive(Clone, Copy)]
pub(super) struct Framed;

impl Family for Framed {
    fn rules(&self) -> Rules {
        Rules::SERIAL
            .with_answers(Answers::Framed)
            .with_settle(Duration::ZERO)
            .with_most_naks(2)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Stream::new(Framing))
    }

    fn read<'a>(&mut self, frame: &'a [u8], quirks: Quirks) -> Heard<'a> {
        let Some(text) = text(frame) else {
            return Heard::Nothing;
        };
        if text.ends_with("[]") {
            return Heard::Heartbeat;
        }
        let mut signal = Signal::new(&Toy, frame);
        signal.sequence = sequence(text);
        signal.data = &text.as_bytes()[9..];
        signal.quirks = quirks;
        Heard::Signal(signal)
    }

    fn acknowledge(&self, _: &Rules, frame: &[u8], out: &mut Answer) {
        let sequence = text(frame).and_then(sequence).unwrap_or_default();
        out.extend(self::frame(sequence, ""));
    }

    fn refuse(&self, _: &Rules, _: &[u8], out: &mut Answer) {
        out.extend(frame(Sequence::ZERO, ""));
    }

    fn heartbeat(&mut self, _: Now, sequence: &mut Sequence, out: &mut BytesMut) -> bool {
        out.extend_from_slice(&frame(*sequence, ""));
        *sequence = sequence.next();
        true
    }

    fn recognise(&self, answer: &[u8], sent: &[u8]) -> Verdict {
        match (
            text(answer).and_then(sequence),
            text(sent).and_then(sequence),
        ) {
            (Some(Sequence::ZERO), _) => Verdict::Nak,
            (Some(answer), Some(sent)) if answer == sent => Verdict::Ack,
            _ => Verdict::Other,
        }
    }
}

fn at(seconds: u64) -> Now {
    Now::default().after(Duration::from_secs(seconds))
}

fn number(number: u16) -> Sequence {
    Sequence::new(number).unwrap()
}

fn reader() -> Automation<Box<dyn Family>> {
    Automation::of(Box::new(Framed), Framed.rules(), at(0))
}

/// A sender that was told its first heartbeat, number 1, is acknowledged.
fn sender() -> Sender<Framed> {
    let mut sender = Sender::of(Framed, Framed.rules(), Sequence::FIRST);
    sender.connected(at(0));
    assert_eq!(sender.poll_transmit(at(0)), Some(&frame(number(1), "")[..]));
    sender.drained(at(0));
    sender.handle_input(at(0), &frame(number(1), ""));
    sender
}

#[test]
fn a_signal_is_acknowledged_by_a_frame_with_its_sequence() {
    let mut port = reader();
    port.handle_input(at(1), &frame(number(77), "#1234|NBA1"));
    let Some(Event::Signal(ticket, signal)) = port.next(at(1)) else {
        panic!()
    };
    assert_eq!(
        (signal.sequence, signal.data),
        (Some(number(77)), &b"[#1234|NBA1]"[..])
    );
    assert_eq!(ticket.redeem(&Stored::new(false)), frame(number(77), ""));
    assert_eq!(port.poll_transmit(), None);
}

#[test]
fn a_copy_with_its_sequence_is_left_to_the_journal() {
    let mut port = reader();
    for second in [1, 5] {
        port.handle_input(at(second), &frame(number(77), "#1234|NBA1"));
        let Some(Event::Signal(ticket, signal)) = port.next(at(second)) else {
            panic!()
        };
        assert!(!signal.possible_repeat);
        assert_eq!(
            ticket.redeem(&Stored::new(second == 5)),
            frame(number(77), "")
        );
        port.answered(at(second));
    }
}

#[test]
fn heartbeats_are_acknowledged_each_by_its_own_number() {
    let mut port = reader();
    port.handle_input(
        at(1),
        &[frame(number(8), ""), frame(number(9), "")].concat(),
    );
    assert!(matches!(port.next(at(1)), Some(Event::Heartbeat)));
    assert!(matches!(port.next(at(1)), Some(Event::Heartbeat)));
    for n in [8, 9] {
        assert_eq!(
            port.poll_transmit().as_deref(),
            Some(&frame(number(n), "")[..])
        );
    }
}

#[test]
fn a_third_refusal_in_a_row_would_lose_the_frame_and_is_not_said() {
    let mut damaged = frame(number(5), "#1234|NBA1");
    damaged[20] ^= 1;
    let mut port = reader();
    let refusals = |port: &mut Automation<_>, seconds: core::ops::Range<u64>| {
        let mut count = 0;
        for second in seconds {
            port.handle_input(at(second), &damaged);
            assert!(matches!(
                port.next(at(second)),
                Some(Event::Refused(Reason::Damaged(_)))
            ));
            while let Some(answer) = port.poll_transmit() {
                assert_eq!(answer[..], frame(Sequence::ZERO, ""));
                count += 1;
            }
        }
        count
    };
    assert_eq!(refusals(&mut port, 1..6), 2);
    port.handle_input(at(7), &frame(number(5), "#1234|NBA1"));
    assert!(matches!(port.next(at(7)), Some(Event::Signal(..))));
    assert_eq!(refusals(&mut port, 8..9), 1);
}

#[test]
fn only_the_answer_with_the_frames_sequence_delivers_it() {
    let mut sender = sender();
    let sequence = sender.next_sequence();
    assert_eq!(sequence, number(2), "heartbeats count too");
    let wire = frame(sequence, "#1234|NBA1");
    sender.submit(at(1), 7, &wire).unwrap();
    assert_eq!(sender.poll_transmit(at(1)), Some(&wire[..]));
    sender.handle_input(at(2), &frame(number(1), ""));
    assert_eq!(sender.poll_event(), Some(SenderEvent::Ignored(19)));
    sender.handle_input(at(2), &frame(Sequence::ZERO, ""));
    assert_eq!(
        sender.poll_transmit(at(2)),
        Some(&wire[..]),
        "refused: the same bytes again, at once"
    );
    let answer = frame(sequence, "");
    for byte in &answer {
        assert_eq!(sender.poll_event(), None);
        sender.handle_input(at(3), &[*byte]);
    }
    assert_eq!(
        sender.poll_event(),
        Some(SenderEvent::Delivered { id: 7, attempts: 2 })
    );
}

#[test]
fn a_late_answer_delivers_the_frame_although_heartbeats_went_out_since() {
    let mut sender = sender();
    let wire = frame(sender.next_sequence(), "#1234|NBA1");
    sender.submit(at(0), 7, &wire).unwrap();
    for second in 0..17 {
        sender.handle_timeout(at(second));
        let _sent = sender.poll_transmit(at(second)).map(<[u8]>::len);
    }
    assert!(sender.is_silent());
    assert_eq!(sender.poll_event(), Some(SenderEvent::Silent));
    sender.handle_input(at(17), &frame(number(2), ""));
    assert_eq!(
        sender.poll_event(),
        Some(SenderEvent::Delivered { id: 7, attempts: 4 })
    );
    assert_eq!(sender.poll_event(), Some(SenderEvent::Resumed));
}

#[test]
fn who_answers_nothing_is_never_written_to_and_never_waited_for() {
    let rules = Framed
        .rules()
        .with_answers(Answers::None)
        .with_heartbeat(Duration::ZERO);
    let mut port = Automation::of(Framed, rules, at(0));
    assert_eq!(port.poll_timeout(), None, "its silence means nothing");
    let mut sender = Sender::of(Framed, rules, Sequence::FIRST);
    sender.connected(at(0));
    let mut wire = Vec::new();
    for id in 0..3 {
        sender.submit(at(1), id, &frame(number(4), "x")).unwrap();
        while let Some(bytes) = sender.poll_transmit(at(1)) {
            wire.extend_from_slice(bytes);
            sender.drained(at(1));
        }
        assert_eq!(
            sender.poll_event(),
            Some(SenderEvent::Delivered { id, attempts: 1 })
        );
    }
    wire.extend_from_slice(b"\nrubbish\r");
    port.handle_input(at(1), &wire);
    let mut signals = 0;
    while let Some(event) = port.next(at(1)) {
        if let Event::Signal(ticket, signal) = event {
            assert!(!signal.possible_repeat);
            // The family writes frames, whatever the rules: nothing of them may go out.
            assert!(ticket.redeem(&Stored::new(false)).is_empty());
            signals += 1;
        }
    }
    assert_eq!((signals, port.poll_transmit()), (3, None));
}
