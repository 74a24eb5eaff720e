use super::*;
use crate::codec::surgard::{ACK, NAK};

const SECOND: Duration = Duration::from_secs(1);
const FRAME: &[u8] = b"5011 181234E12101001\x14";
const BEAT: &[u8] = b"1011           @    \x14";

fn at(seconds: u64) -> Now {
    Now::default().after(SECOND * u32::try_from(seconds).unwrap())
}

/// A sender whose first heartbeat was answered.
fn ready() -> Sender {
    let mut sender = Sender::new(&SenderSettings::default()).unwrap();
    sender.connected(at(0));
    assert_eq!(sender.poll_transmit(at(0)), Some(BEAT));
    sender.drained(at(0));
    sender.handle_input(at(0), &[ACK]);
    assert_eq!(sender.poll_transmit(at(0)), None);
    sender
}

#[test]
fn the_wait_counts_from_the_last_bytes_departure() {
    let mut sender = ready();
    sender.submit(at(0), 1, FRAME).unwrap();
    assert_eq!(sender.submit(at(0), 2, FRAME), Err(Gone::Busy));
    assert_eq!(sender.poll_transmit(at(0)), Some(FRAME));
    assert_eq!(sender.poll_timeout(), Some(4 * SECOND));
    sender.drained(at(2));
    assert_eq!(sender.poll_timeout(), Some(6 * SECOND));
    sender.handle_timeout(at(5));
    assert_eq!(sender.poll_transmit(at(5)), None);
    sender.handle_timeout(at(6));
    assert_eq!(sender.poll_transmit(at(6)), Some(FRAME));
    sender.handle_input(at(6), &[ACK]);
    assert_eq!(
        sender.poll_event(),
        Some(SenderEvent::Delivered { id: 1, attempts: 2 })
    );
    assert!(sender.is_ready());
}

#[test]
fn a_nak_sends_again_at_once_and_anything_else_is_counted() {
    let mut sender = ready();
    sender.submit(at(0), 1, FRAME).unwrap();
    assert_eq!(sender.poll_transmit(at(0)), Some(FRAME));
    sender.handle_input(at(1), b"hello");
    assert_eq!(sender.poll_event(), Some(SenderEvent::Ignored(5)));
    assert_eq!(sender.poll_transmit(at(1)), None);
    sender.handle_input(at(1), &[NAK, NAK]);
    assert_eq!(sender.poll_transmit(at(1)), Some(FRAME));
    assert_eq!(sender.poll_transmit(at(1)), None);
}

#[test]
fn after_four_attempts_only_heartbeats_go_until_one_is_answered() {
    let mut sender = ready();
    sender.submit(at(0), 7, FRAME).unwrap();
    let (mut frames, mut beats) = (0, 0);
    for second in 0..200 {
        sender.handle_timeout(at(second));
        match sender.poll_transmit(at(second)) {
            Some(FRAME) => frames += 1,
            Some(_) => beats += 1,
            None => {}
        }
    }
    assert_eq!(frames, 4);
    assert!(beats > 8 && sender.is_silent(), "{beats}");
    assert_eq!(sender.poll_event(), Some(SenderEvent::Silent));
    sender.handle_input(at(200), &[ACK]);
    assert_eq!(sender.poll_event(), Some(SenderEvent::Resumed));
    sender.handle_timeout(at(201));
    assert_eq!(
        sender.poll_transmit(at(201)),
        Some(FRAME),
        "the frame in hand first"
    );
}

#[test]
fn an_idle_line_gets_a_heartbeat_every_thirty_seconds() {
    let mut sender = ready();
    sender.handle_timeout(at(29));
    assert_eq!(sender.poll_transmit(at(29)), None);
    sender.handle_timeout(at(30));
    assert_eq!(sender.poll_transmit(at(30)), Some(BEAT));
    sender.handle_input(at(31), &[ACK]);
    assert_eq!(sender.poll_timeout(), Some(61 * SECOND));
}

#[test]
fn a_frame_in_hand_outlives_the_port_and_follows_a_heartbeat() {
    let mut sender = ready();
    sender.submit(at(0), 7, FRAME).unwrap();
    assert_eq!(sender.poll_transmit(at(0)), Some(FRAME));
    sender.disconnected(at(1));
    assert_eq!(
        (sender.poll_timeout(), sender.poll_transmit(at(5))),
        (None, None)
    );
    sender.handle_input(at(5), &[ACK]);
    assert_eq!(
        sender.poll_event(),
        Some(SenderEvent::Ignored(1)),
        "an answer without a port is none"
    );
    sender.connected(at(9));
    assert_eq!(sender.poll_transmit(at(9)), Some(BEAT));
    sender.handle_input(at(9), &[ACK]);
    assert_eq!(sender.poll_transmit(at(9)), Some(FRAME));
    sender.handle_input(at(9), &[ACK]);
    assert_eq!(
        sender.poll_event(),
        Some(SenderEvent::Delivered { id: 7, attempts: 2 })
    );
}

#[test]
fn a_late_second_ack_does_not_acknowledge_the_next_frame() {
    let mut sender = ready();
    sender.submit(at(0), 1, FRAME).unwrap();
    assert_eq!(sender.poll_transmit(at(0)), Some(FRAME));
    sender.handle_timeout(at(4));
    assert_eq!(sender.poll_transmit(at(4)), Some(FRAME));
    let late = Now::default().after(Duration::from_millis(4100));
    sender.handle_input(late, &[ACK]);
    assert_eq!(
        sender.poll_event(),
        Some(SenderEvent::Delivered { id: 1, attempts: 2 })
    );
    sender.submit(late, 2, b"5011 181234R12101001\x14").unwrap();
    assert_eq!(
        sender.poll_transmit(late),
        None,
        "it waits for the second answer"
    );
    sender.handle_input(late.after(SECOND / 2), &[ACK]);
    sender.handle_timeout(late.after(SECOND));
    assert!(sender.poll_transmit(late.after(SECOND)).is_some());
    assert_eq!(sender.poll_event(), Some(SenderEvent::Ignored(1)));
    assert_eq!(sender.poll_event(), None);
}
