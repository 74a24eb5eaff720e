use alloc::{boxed::Box, vec, vec::Vec};
use core::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{
    codec::Quirk,
    error::{ParseError, ParseErrorKind},
};

const LF: u8 = b'\n';
const CR: u8 = b'\r';
const LONGEST: usize = 24;
const ZERO: Duration = Duration::ZERO;
const FRAME: &[u8] = b"\n1234\r";

/// LF, digits, CR; a second LF starts anew.
struct Lines;

impl Shape for Lines {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        assert!(!bytes.is_empty() && bytes.len() <= LONGEST);
        if bytes[0] != LF {
            let next = bytes.iter().position(|b| *b == LF);
            return Look::Noise(next.unwrap_or(bytes.len()));
        }
        let Some(end) = bytes[1..].iter().position(|b| matches!(*b, LF | CR)) else {
            let error = ParseError::new(bytes.len(), ParseErrorKind::Expected("end"));
            return if ended {
                Look::Bad(bytes.len(), error)
            } else {
                Look::More
            };
        };
        let end = end + 1;
        let digits = bytes[1..end].iter().take_while(|b| b.is_ascii_digit());
        let good = 1 + digits.count();
        if bytes[end] == LF || good < end {
            let length = end + usize::from(bytes[end] == CR);
            return Look::Bad(
                length,
                ParseError::new(good, ParseErrorKind::Expected("digit")),
            );
        }
        Look::Frame(end + 1)
    }

    fn longest(&self) -> usize {
        LONGEST
    }

    fn end(&self) -> Option<u8> {
        Some(CR)
    }
}

/// A length, so many bytes, and nothing that starts or ends them.
struct Counted;

impl Shape for Counted {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        match usize::from(bytes[0]) {
            0 => Look::Noise(1),
            n if n >= LONGEST => Look::Bad(1, ParseError::new(0, ParseErrorKind::TooLong(LONGEST))),
            n if bytes.len() > n => Look::Frame(n + 1),
            _ if ended => Look::Noise(1),
            _ => Look::More,
        }
    }

    fn longest(&self) -> usize {
        LONGEST
    }

    fn seven_bits(&self) -> bool {
        false
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Seen {
    Frame(Vec<u8>, bool),
    Noise(usize),
    Bad(Vec<u8>, usize),
}

fn good(bytes: &[u8]) -> Seen {
    Seen::Frame(bytes.to_vec(), false)
}

/// What comes until more is needed; noise in one piece.
fn drain(stream: &mut dyn Decoder, now: Duration, seen: &mut Vec<Seen>) {
    loop {
        let next = match stream.next(now) {
            Cut::More => return,
            Cut::Frame { bytes, quirks } => {
                Seen::Frame(bytes.to_vec(), quirks.has(Quirk::SevenBits))
            }
            Cut::Noise(bytes) => {
                if let Some(Seen::Noise(before)) = seen.last_mut() {
                    *before += bytes;
                    continue;
                }
                Seen::Noise(bytes)
            }
            Cut::Bad { error, bytes } => Seen::Bad(bytes.to_vec(), error.offset()),
        };
        seen.push(next);
    }
}

fn cuts(mut stream: impl Decoder, reads: &[&[u8]]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for read in reads {
        stream.push(ZERO, read);
        drain(&mut stream, ZERO, &mut seen);
    }
    let end = stream.poll_timeout().unwrap_or(ZERO);
    drain(&mut stream, end, &mut seen);
    assert_eq!(
        stream.poll_timeout(),
        None,
        "nothing is left behind a pause"
    );
    seen
}

fn lines(wire: &[u8]) -> Vec<Seen> {
    cuts(Stream::new(Lines), &[wire])
}

fn bytes_of(seen: &[Seen]) -> usize {
    seen.iter()
        .map(|seen| match seen {
            Seen::Frame(bytes, _) | Seen::Bad(bytes, _) => bytes.len(),
            Seen::Noise(bytes) => *bytes,
        })
        .sum()
}

/// As a 7E1 sender's bytes look to an 8N1 port.
fn even(wire: &[u8]) -> Vec<u8> {
    wire.iter()
        .map(|b| b | if b.count_ones() % 2 == 0 { 0 } else { 0x80 })
        .collect()
}

#[test]
fn frames_come_whole_whatever_stands_between_them() {
    assert_eq!(
        lines(b"noise\n1\r\n22\r\0\r--\n333\r"),
        [
            Seen::Noise(5),
            good(b"\n1\r"),
            good(b"\n22\r"),
            Seen::Noise(4),
            good(b"\n333\r"),
        ]
    );
}

#[test]
fn damage_is_told_with_its_bytes_and_hides_no_frame() {
    assert_eq!(
        lines(b"\n12x4\r\n12\n34\r"),
        [
            Seen::Bad(b"\n12x4\r".to_vec(), 3),
            Seen::Bad(b"\n12".to_vec(), 3),
            good(b"\n34\r"),
        ]
    );
}

#[test]
fn line_ends_and_nul_behind_a_frame_are_noise_and_never_damage() {
    assert_eq!(
        lines(b"\n1\r\0\r\n\n1\r\n"),
        [
            good(b"\n1\r"),
            Seen::Noise(3),
            good(b"\n1\r"),
            Seen::Noise(1)
        ]
    );
}

#[test]
fn a_pause_ends_an_unfinished_frame() {
    let mut stream = Stream::with_gap(Lines, Duration::from_secs(2));
    let mut seen = Vec::new();
    stream.push(ZERO, b"\n12");
    drain(&mut stream, ZERO, &mut seen);
    let end = Duration::from_secs(2);
    assert_eq!((seen.len(), stream.poll_timeout()), (0, Some(end)));
    drain(&mut stream, end - Duration::from_nanos(1), &mut seen);
    assert_eq!(seen, []);
    stream.push(end, b"3\r\n4");
    drain(&mut stream, end, &mut seen);
    assert_eq!(
        seen,
        [Seen::Bad(b"\n12".to_vec(), 3), Seen::Noise(2)],
        "seen although nobody asked in the pause"
    );
    stream.set_gap(GAP);
    assert_eq!(stream.poll_timeout(), Some(end + GAP));
    stream.clear();
    assert_eq!((stream.poll_timeout(), stream.pending()), (None, 0));
    stream.push(end, FRAME);
    seen.clear();
    drain(&mut stream, end, &mut seen);
    assert_eq!(seen, [good(FRAME)]);
}

#[test]
fn a_frame_without_an_end_is_given_up_at_the_cap_and_hides_no_frame() {
    let digits = [b'7'; 2 * LONGEST];
    let wire = [b"\n", &digits[..], FRAME].concat();
    assert_eq!(
        lines(&wire),
        [
            Seen::Bad(wire[..LONGEST].to_vec(), LONGEST),
            Seen::Noise(LONGEST + 1),
            good(FRAME),
        ]
    );
    let exact = [b"\n", &digits[..LONGEST - 2], b"\r"].concat();
    assert_eq!(lines(&exact), [good(&exact)]);
}

#[test]
fn quirk_seven_bits_is_seen_through_whatever_the_reads() {
    let wire = even(b"\n1234\r\n7\r");
    let expected = [
        Seen::Frame(FRAME.to_vec(), true),
        Seen::Frame(b"\n7\r".to_vec(), true),
    ];
    assert_eq!(lines(&wire), expected);
    let single: Vec<&[u8]> = wire.chunks(1).collect();
    assert_eq!(cuts(Stream::new(Lines), &single), expected);
    let mut odd = wire;
    odd[2] ^= 1;
    let seen = lines(&odd);
    assert_eq!(seen.last(), expected.last(), "{seen:?}");
    assert!(!seen.contains(&expected[0]));
}

#[test]
fn a_frame_that_reads_as_it_stands_keeps_its_bits() {
    let wire = b"\x05\xFF\xFF\x81\x03\x00";
    let seen = cuts(Stream::new(Counted), &[wire]);
    assert_eq!(seen, [good(wire)]);
}

/// How many bytes a shape had to search for each byte that came alone.
fn looked(wire: &[u8]) -> usize {
    struct Watched<'a>(&'a AtomicUsize);
    impl Shape for Watched<'_> {
        fn look(&self, bytes: &[u8], ended: bool) -> Look {
            let look = Lines.look(bytes, ended);
            let searched = match look {
                Look::More => bytes.len(),
                Look::Frame(n) | Look::Noise(n) | Look::Bad(n, _) => n,
            };
            self.0.fetch_add(searched, Ordering::Relaxed);
            look
        }
        fn longest(&self) -> usize {
            LONGEST
        }
        fn end(&self) -> Option<u8> {
            Some(CR)
        }
    }
    let looked = AtomicUsize::new(0);
    let mut stream = Stream::new(Watched(&looked));
    for byte in wire {
        stream.push(ZERO, &[*byte]);
        while stream.next(ZERO) != Cut::More {}
    }
    looked.load(Ordering::Relaxed) / wire.len()
}

#[test]
fn a_slow_line_is_not_looked_at_for_each_byte() {
    // The start byte alone, and the whole of each frame; once more without bit 7.
    let frame = b"\n1234567890123456789012\r";
    assert_eq!(looked(&frame.repeat(100)), 1);
    assert_eq!(looked(&even(&frame.repeat(100))), 2);
    for adversary in [
        &b"\n"[..],
        b"\nx",
        b"x",
        b"\r",
        b"\xB1",
        b"\x8D",
        b"\n\xB1",
        b"\n\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1\xB1",
        b"\n1111111111111111111111111111111111",
    ] {
        let looked = looked(&adversary.repeat(1000));
        assert!(looked <= 4, "{}: {looked}", adversary.escape_ascii());
    }
}

#[test]
fn the_buffer_does_not_grow_once_it_is_warm() {
    let mut stream = Stream::new(Lines);
    let read = [b"\n1234\r--\n98", &[b'x'; 40][..]].concat();
    let warm = Cell::new(None);
    for _ in 0..1000 {
        stream.push(ZERO, &read);
        while stream.next(ZERO) != Cut::More {}
        let capacity = stream.capacity();
        assert_eq!(*warm.get().get_or_insert(capacity), capacity);
        warm.set(Some(capacity));
    }
    assert!(
        warm.get()
            .is_some_and(|bytes| bytes < 4 * (read.len() + LONGEST))
    );
}

#[test]
fn a_shape_that_breaks_its_word_neither_loops_nor_reaches_beyond_its_bytes() {
    struct Liar(Cell<u8>);
    impl Shape for Liar {
        fn look(&self, bytes: &[u8], _ended: bool) -> Look {
            let turn = self.0.get();
            self.0.set(turn.wrapping_add(1));
            let error = ParseError::new(0, ParseErrorKind::Expected("truth"));
            match turn % 7 {
                0 => Look::Frame(0),
                1 => Look::Frame(bytes.len() + 9),
                2 => Look::Noise(0),
                3 => Look::Noise(usize::MAX),
                4 => Look::Bad(0, error),
                5 => Look::Bad(bytes.len() + 1, error),
                _ => Look::More,
            }
        }
        fn longest(&self) -> usize {
            0
        }
    }
    let mut stream: Box<dyn Decoder> = Box::new(Stream::new(Liar(Cell::new(0))));
    let mut seen = Vec::new();
    for _ in 0..100 {
        stream.push(ZERO, b"\xB1\x02\x03\xFF");
        drain(&mut *stream, ZERO, &mut seen);
    }
    drain(&mut *stream, GAP, &mut seen);
    assert_eq!(bytes_of(&seen), 400);
}

fn wires() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        "\n[0-9]{0,12}\r".prop_map(String::into_bytes),
        "\n[0-9]{0,12}\r".prop_map(|text| even(text.as_bytes())),
        "\n[0-9x]{0,30}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..8),
        vec(
            prop_oneof![
                Just(LF),
                Just(CR),
                Just(0x8D),
                Just(b'1'),
                Just(0xB1),
                Just(0)
            ],
            0..12
        ),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn split<'a>(wire: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut rest = wire;
    let mut reads = vec![];
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (read, later) = rest.split_at(rest.len().min(*size));
        reads.push(read);
        rest = later;
    }
    reads
}

proptest! {
    #[test]
    fn reads_may_be_cut_anywhere(wire in wires(), sizes in vec(1_usize..40, 1..20)) {
        let whole = lines(&wire);
        prop_assert_eq!(bytes_of(&whole), wire.len(), "each byte once: {:?}", whole);
        prop_assert_eq!(&cuts(Stream::new(Lines), &split(&wire, &sizes)), &whole);
        prop_assert_eq!(&cuts(Stream::new(Lines), &split(&wire, &[1])), &whole);
    }

    #[test]
    fn reads_may_be_cut_anywhere_without_an_end_byte(
        wire in vec(prop_oneof![0_u8..30, any::<u8>()], 0..200),
        sizes in vec(1_usize..40, 1..20),
    ) {
        let whole = cuts(Stream::new(Counted), &[&wire]);
        prop_assert_eq!(bytes_of(&whole), wire.len());
        prop_assert_eq!(&cuts(Stream::new(Counted), &split(&wire, &sizes)), &whole);
    }

    #[test]
    fn a_frame_is_found_behind_any_noise(noise in vec(any::<u8>().prop_filter("starts", |b| *b != LF), 0..60)) {
        let seen = lines(&[&noise, FRAME].concat());
        prop_assert_eq!(seen.last(), Some(&good(FRAME)));
    }
}
