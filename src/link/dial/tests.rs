//! Each side of the line procedure by itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use core::time::Duration;
use std::{string::ToString as _, vec::Vec};

use super::*;
use crate::{
    Class, Qualifier,
    codec::{
        contact_id::{Block, Body, DtmfKey},
        pulse::{Format, Frame},
    },
    link::Stored,
    types::Now,
};

fn block(code: &str) -> Report {
    let body = Body::new(Qualifier::New, code, "01", "001").unwrap();
    Report::Block(Block::new("1234", body).unwrap())
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn a_ticket_of_another_call_pays_for_nothing() {
    let mut receiver = Receiver::new(ReceiverSettings::default());
    let mut now = Now::default();
    let mut tickets = Vec::new();
    for _ in 0..2 {
        receiver.ring(now);
        for key in b"1234181131010158" {
            receiver.handle_key(now, DtmfKey::new(*key).unwrap());
        }
        assert!(receiver.next(now).is_none(), "another digit may follow");
        now = now.after(ms(200));
        match receiver.next(now) {
            Some(Event::Signal(ticket, signal)) => {
                assert_eq!(signal.possible_repeat, !tickets.is_empty());
                assert_eq!(
                    (signal.data, signal.token),
                    (&b"1234181131010158"[..], Some("18"))
                );
                signal.events(&mut |event, _| assert_eq!(event.class, Class::Burglary));
                tickets.push(ticket);
            }
            other => panic!("{other:?}"),
        }
        receiver.hung_up(now);
        assert!(matches!(receiver.next(now), Some(Event::HungUp)));
    }
    receiver.ring(now);
    while receiver.poll_transmit().is_some() {}
    for ticket in &tickets {
        receiver.kiss_off(now, ticket, &Stored::new(false));
        receiver.handle_timeout(now);
        assert_eq!(receiver.poll_transmit(), None);
    }
}

#[test]
fn what_is_no_good_block_is_met_with_silence() {
    let tight = ReceiverSettings {
        tones: &[Format::HighSpeed],
        ..ReceiverSettings::default()
    };
    for (keys, reason) in [
        (
            "1234181131010157",
            "the check digit does not fit at byte 15",
        ),
        ("123418113101015", "expected more digits at byte 15"),
        ("1234182131010157", "expected qualifier 1, 3 or 6 at byte 6"),
        ("12341739", "another format"),
        (
            "1111111111111111111111111111111",
            "longer than 30 bytes at byte 30",
        ),
    ] {
        let mut receiver = Receiver::new(tight);
        let now = Now::default();
        receiver.ring(now);
        for key in keys.bytes() {
            receiver.handle_key(now, DtmfKey::new(key).unwrap());
        }
        let now = now.after(ms(200));
        match receiver.next(now) {
            Some(Event::Refused(Reason::Digits(error))) => assert_eq!(error.to_string(), reason),
            Some(Event::Refused(Reason::Format(Format::ExpressOne))) => {
                assert_eq!(reason, "another format");
            }
            other => panic!("{keys}: {other:?}"),
        }
        receiver.poll_transmit();
        // The line is held for another attempt, then it is given up.
        let now = Now::default().after(receiver.poll_timeout().unwrap());
        receiver.handle_timeout(now);
        assert_eq!(receiver.poll_transmit(), Some(ReceiverAction::HangUp));
    }
}

#[test]
fn the_panel_takes_only_a_tone_that_is_a_kiss_off() {
    for (start, length, good) in [
        (300, 850, true),
        (1200, 400, true),
        (300, 399, false),
        (300, 1501, false),
        (1260, 850, false),
        (0, 850, true),
    ] {
        let mut panel = Panel::new(PanelSettings::default());
        let mut now = Now::default();
        panel.submit(now, 7, block("130")).unwrap();
        now = now.after(ms(1000));
        for (tone, pause) in [
            (Some(Tone::Low), 100),
            (None, 100),
            (Some(Tone::High), 100),
            (None, 275),
        ] {
            panel.handle_tone(now, tone);
            now = now.after(ms(pause));
        }
        panel.handle_timeout(now);
        let keys: Vec<_> = core::iter::from_fn(|| panel.poll_transmit()).collect();
        assert_eq!(keys.len(), 17, "dialled, and sixteen keys");
        now = now.after(ms(16 * 110 - 55));
        panel.handle_timeout(now);
        for (wait, tone) in [(start, Some(Tone::Low)), (length, None)] {
            let end = now.monotonic + ms(wait);
            while let Some(at) = panel.poll_timeout().filter(|at| *at < end) {
                now = now.after(at.saturating_sub(now.monotonic));
                panel.handle_timeout(now);
            }
            now = now.after(end - now.monotonic);
            panel.handle_tone(now, tone);
        }
        let delivered = PanelEvent::Delivered { id: 7, attempts: 1 };
        assert_eq!(
            panel.poll_event() == Some(delivered),
            good,
            "{start} {length}"
        );
    }
}

#[test]
fn reports_that_the_line_does_not_carry_are_not_taken() {
    let mut panel = Panel::new(PanelSettings::default());
    let now = Now::default();
    let frame = |format, body| Report::Frame(Frame::new(format, "1234", body).unwrap());
    assert_eq!(
        panel.submit(now, 1, frame(Format::FourTwo, "12")),
        Err(PanelBusy::Handshake)
    );
    assert_eq!(
        panel.submit(now, 1, frame(Format::FourOneExtended, "12")),
        Err(PanelBusy::Extended)
    );
    assert_eq!(panel.submit(now, 1, frame(Format::ExpressOne, "1")), Ok(()));
    assert_eq!(
        panel.submit(now, 2, frame(Format::ExpressOne, "1")),
        Err(PanelBusy::Busy)
    );
    assert!(!panel.is_ready());
}
