use alloc::{format, vec::Vec};

use super::*;
use crate::ParseErrorKind;

const NULL: &[u8] = b"\nEA740027\"NULL\"0000L0#1409[]_20:38:07,08-27-2026\r";
const LONG: &[u8] = b"\nB0AC0099\"ADM-CID\"0001L0#7099[#7099|1628 01 000]\r";

fn seconds(value: u64) -> Duration {
    Duration::from_secs(value)
}

fn is_frame(framed: Framed<'_>) -> bool {
    matches!(framed, Framed::Frame(_))
}

#[test]
fn a_length_that_says_too_much_is_believed_for_a_second() {
    let mut framer = Framer::new();
    framer.push(LONG);
    assert_eq!(framer.next(seconds(10)), Framed::More);
    assert_eq!(framer.poll_timeout(), Some(seconds(11)));
    assert_eq!(framer.next(Duration::from_millis(10_999)), Framed::More);
    let Framed::Frame(frame) = framer.next(seconds(11)) else {
        panic!("the check value fits up to CR")
    };
    assert!(!frame.length_ok);
    assert_eq!(framer.next(seconds(11)), Framed::More);
    assert_eq!(framer.poll_timeout(), None);
}

#[test]
fn a_slow_sender_with_a_right_length_is_waited_for() {
    let mut framer = Framer::new();
    for (at, byte) in (0..).zip(NULL) {
        assert_eq!(framer.next(seconds(at)), Framed::More);
        assert_eq!(framer.poll_timeout(), None, "nothing to decide before a CR");
        framer.push(&[*byte]);
    }
    assert!(is_frame(framer.next(seconds(100))));
}

#[test]
fn a_wrong_check_value_is_dropped_and_the_frame_behind_it_found() {
    let mut framer = Framer::new();
    let mut bad = NULL.to_vec();
    bad[20] = b'9';
    framer.push(&[&bad[..], NULL].concat());
    let Framed::Bad { error, bytes } = framer.next(seconds(0)) else {
        panic!("bad")
    };
    assert!(matches!(error.kind(), ParseErrorKind::Crc { .. }));
    assert_eq!(bytes, &bad[..]);
    assert!(is_frame(framer.next(seconds(0))));
}

#[test]
fn a_frame_inside_the_declared_length_of_a_bad_one_is_not_swallowed() {
    let mut framer = Framer::new();
    framer.push(&[b"\nFFFF0FFF\"NULL\"0000", NULL].concat());
    assert_eq!(framer.next(seconds(0)), Framed::More);
    assert!(matches!(framer.next(seconds(1)), Framed::Bad { .. }));
    assert!(is_frame(framer.next(seconds(1))));
}

#[test]
fn a_length_that_is_no_number_is_bad_at_once() {
    let mut framer = Framer::new();
    framer.push(&[b"\n01fc003g\"ACK\"0000L0#1234[]\r", NULL].concat());
    assert!(matches!(framer.next(seconds(0)), Framed::Bad { .. }));
    assert!(is_frame(framer.next(seconds(0))));
}

#[test]
fn noise_is_counted_and_lines_of_other_protocols_are_noise() {
    let mut framer = Framer::new();
    framer.push(&[b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", NULL].concat());
    assert_eq!(framer.next(seconds(0)), Framed::Noise(27));
    assert!(is_frame(framer.next(seconds(0))));
}

#[test]
fn a_line_of_ten_megabytes_without_end_keeps_no_more_than_a_frame() {
    let mut framer = Framer::new();
    let mut dropped = 0;
    framer.push(b"\nFFFF0FFF\"SIA-DCS\"0000L0#1[");
    let piece = [b'A'; 4096];
    for _ in 0..2560 {
        framer.push(&piece);
        loop {
            match framer.next(seconds(0)) {
                Framed::More => break,
                Framed::Noise(count) => dropped += count,
                Framed::Bad { bytes, .. } => dropped += bytes.len(),
                Framed::Frame(_) => panic!("no frame in it"),
            }
        }
        assert!(framer.pending() <= crate::codec::dc09::LONGEST_FRAME);
    }
    assert!(dropped > 10_000_000);
    framer.push(NULL);
    let mut frames = Vec::new();
    loop {
        match framer.next(seconds(0)) {
            Framed::More => break,
            Framed::Frame(frame) => frames.push(format!("{}", frame.token)),
            _ => {}
        }
    }
    assert_eq!(frames, ["NULL"]);
}

#[test]
fn a_frame_without_its_lf_is_taken_where_one_is_due_and_nowhere_else() {
    let bare = &NULL[1..];
    let mut framer = Framer::new();
    // Byte by byte, as the first of the stream; then behind another, and behind one with its LF.
    for byte in &bare[..bare.len() - 1] {
        framer.push(&[*byte]);
        assert_eq!(framer.next(seconds(0)), Framed::More);
    }
    framer.push(&[b"\r", bare, NULL, b"\n\r", bare].concat());
    for lacks in [true, true, false, true] {
        let Framed::Frame(frame) = framer.next(seconds(0)) else {
            panic!("a frame")
        };
        assert_eq!(frame.quirks.has(Quirk::MissingLf), lacks);
    }
    framer.push(&[b"x", bare].concat());
    assert_eq!(framer.next(seconds(0)), Framed::Noise(1 + bare.len()));
    framer.push(bare);
    assert_eq!(framer.next(seconds(0)), Framed::Noise(bare.len()));
    framer.push(NULL);
    assert!(is_frame(framer.next(seconds(0))));
    // What only begins like one is noise as soon as it shows.
    framer.push(b"ABCD");
    assert_eq!(framer.next(seconds(0)), Framed::More);
    framer.push(b" is no frame\n");
    assert_eq!(framer.next(seconds(0)), Framed::Noise(16));
}
