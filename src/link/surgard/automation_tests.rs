use alloc::vec::Vec;

use super::*;
use crate::{
    codec::surgard::{ACK, NAK},
    link::Stored,
};

const FRAME: &[u8] = b"5011 181234E12101001\x14";
const BEAT: &[u8] = b"1011           @    \x14";

fn at(seconds: u64) -> Now {
    Now::default().after(Duration::from_secs(seconds))
}

fn port() -> Automation {
    Automation::new(AutomationSettings::default(), at(0))
}

/// The marks of the signals, whose answers are all written at once.
fn signals(port: &mut Automation, now: Now, wire: &[u8]) -> Vec<bool> {
    port.handle_input(now, wire);
    let mut marks = Vec::new();
    while let Some(event) = port.next(now) {
        if let Event::Signal(ticket, signal) = event {
            assert_eq!(ticket.redeem(&Stored::new(false)), [ACK]);
            marks.push(signal.possible_repeat);
            port.answered(now);
        }
    }
    marks
}

#[test]
fn a_frame_is_a_signal_and_gets_nothing_before_it_is_stored() {
    let mut port = port();
    port.handle_input(at(1), FRAME);
    let Some(Event::Signal(ticket, signal)) = port.next(at(1)) else {
        panic!()
    };
    assert_eq!(
        (signal.token, signal.receiver, signal.line),
        (Some("5"), Some("01"), Some("1"))
    );
    assert_eq!((signal.data, signal.raw), (&FRAME[1..20], FRAME));
    assert_eq!(signal.account.map(|a| a.as_str()), Some("1234"));
    assert_eq!(ticket.redeem(&Stored::new(false)), [ACK]);
    assert!(port.next(at(1)).is_none());
    assert_eq!(port.poll_transmit(), None);
}

#[test]
fn a_heartbeat_is_answered_at_once_and_damage_once() {
    let mut port = port();
    port.handle_input(at(1), BEAT);
    assert!(matches!(port.next(at(1)), Some(Event::Heartbeat)));
    assert_eq!(
        (port.poll_transmit().as_deref(), port.poll_transmit()),
        (Some(&[ACK][..]), None)
    );
    port.handle_input(at(2), b"5011 181234X12101001\x14");
    assert!(matches!(
        port.next(at(2)),
        Some(Event::Refused(Reason::Damaged(_)))
    ));
    assert!(port.next(at(2)).is_none());
    assert_eq!(
        (port.poll_transmit().as_deref(), port.poll_transmit()),
        (Some(&[NAK][..]), None)
    );
    port.handle_input(at(3), b"--\x14");
    assert!(matches!(port.next(at(3)), Some(Event::Noise(3))));
    assert_eq!(port.poll_transmit(), None, "noise is never answered");
}

#[test]
fn an_unknown_letter_is_a_signal_like_any_other() {
    assert_eq!(
        signals(&mut port(), at(1), b"Z011 what is this\x14"),
        [false]
    );
}

#[test]
fn quirk_seven_bits_gets_no_answer_unless_allowed() {
    let wire: Vec<u8> = FRAME
        .iter()
        .map(|b| {
            if b.count_ones() % 2 == 0 {
                *b
            } else {
                b | 0x80
            }
        })
        .collect();
    let mut strict = port();
    strict.handle_input(at(1), &wire);
    assert!(matches!(
        strict.next(at(1)),
        Some(Event::Refused(Reason::SevenBits))
    ));
    assert_eq!(strict.poll_transmit(), None);
    static LENIENT: Configured = Configured {
        settings: crate::codec::surgard::Settings {
            line_digits: None,
            letters: &crate::codec::surgard::LetterTable::DEFAULT,
            seven_bits: true,
        },
    };
    let settings = AutomationSettings {
        port: &LENIENT,
        ..AutomationSettings::default()
    };
    let mut lenient = Automation::new(settings, at(0));
    lenient.handle_input(at(1), &wire);
    let Some(Event::Signal(_, signal)) = lenient.next(at(1)) else {
        panic!()
    };
    assert!(signal.quirks.has(Quirk::SevenBits) && signal.raw == FRAME);
}

#[test]
fn the_same_bytes_are_marked_while_our_answer_may_have_been_lost() {
    let mut port = port();
    assert_eq!(signals(&mut port, at(1), FRAME), [false]);
    assert_eq!(signals(&mut port, at(5), FRAME), [true]);
    assert_eq!(
        signals(&mut port, at(21), FRAME),
        [true],
        "time-out times attempts behind the last copy"
    );
    assert_eq!(signals(&mut port, at(38), FRAME), [false]);
    assert_eq!(
        signals(&mut port, at(39), b"5011 181234R12101001\x14"),
        [false]
    );
    assert_eq!(
        signals(&mut port, at(40), FRAME),
        [false],
        "another frame in between: our answer arrived"
    );
}

#[test]
fn heartbeats_on_time_prove_the_answer_and_others_cast_doubt() {
    let mut idle = port();
    signals(&mut idle, at(0), FRAME);
    signals(&mut idle, at(30), BEAT);
    signals(&mut idle, at(60), BEAT);
    assert_eq!(signals(&mut idle, at(70), FRAME), [false]);
    let mut failed = port();
    signals(&mut failed, at(0), FRAME);
    signals(&mut failed, at(16), BEAT);
    assert_eq!(signals(&mut failed, at(70), FRAME), [true]);
    let mut reopened = port();
    signals(&mut reopened, at(0), FRAME);
    reopened.reopened(at(50));
    assert_eq!(signals(&mut reopened, at(70), FRAME), [true]);
}

#[test]
fn a_twin_that_comes_before_the_answer_shares_it() {
    let mut port = port();
    port.handle_input(at(1), &[FRAME, FRAME].concat());
    let Some(Event::Signal(first, _)) = port.next(at(1)) else {
        panic!()
    };
    let Some(Event::Signal(second, signal)) = port.next(at(1)) else {
        panic!()
    };
    assert!(signal.possible_repeat);
    assert_eq!(first.redeem(&Stored::new(false)), [ACK]);
    assert!(second.redeem(&Stored::new(false)).is_empty());
}

#[test]
fn silence_of_three_periods_is_told_once_and_so_is_its_end() {
    let mut port = port();
    assert_eq!(port.poll_timeout(), Some(Duration::from_secs(90)));
    port.handle_timeout(at(89));
    assert!(port.next(at(89)).is_none());
    port.handle_timeout(at(90));
    assert!(matches!(port.next(at(90)), Some(Event::Lost)));
    port.handle_timeout(at(200));
    assert!(port.next(at(200)).is_none() && port.poll_timeout().is_none());
    port.handle_input(at(201), BEAT);
    assert!(matches!(port.next(at(201)), Some(Event::Restored)));
    assert!(matches!(port.next(at(201)), Some(Event::Heartbeat)));
    assert_eq!(port.poll_timeout(), Some(Duration::from_secs(291)));
}

#[test]
fn a_port_learns_its_line_width_from_a_frame_that_shows_it() {
    let mut port = port();
    signals(&mut port, at(1), b"501001 181234E12101001\x14");
    port.handle_input(at(2), b"T01001text\x14");
    let Some(Event::Signal(_, signal)) = port.next(at(2)) else {
        panic!()
    };
    assert_eq!((signal.line, signal.quirks.is_empty()), (Some("001"), true));
}
