use super::*;
use crate::{
    codec::dc09::{EventToken, Token},
    types::{AccountId, Sequence},
};

fn message<'a>() -> Message<'a> {
    Message {
        token: Token::Event(EventToken::SiaDcs),
        sequence: Sequence::FIRST,
        receiver: None,
        line: None,
        account: AccountId::new("1234").ok(),
        data: b"#1234|Nri1/BA012",
        extended: &[],
        timestamp: Timestamp::from_civil(2026, 1, 31, 12, 0, 0).ok(),
    }
}

fn key() -> Key {
    Key::parse("hex:000102030405060708090A0B0C0D0E0F1011121314151617").unwrap()
}

fn nothing(_: &mut [u8]) {}

#[test]
fn a_given_pad_gives_the_frame_of_the_vector() {
    let mut out = BytesMut::new();
    let style = Style {
        pad: Some(b"abcdefghij"),
        ..Style::default()
    };
    message()
        .encode_encrypted(&style, &key(), &mut nothing, &mut out)
        .unwrap();
    assert_eq!(
        &out[..],
        b"\nC7660076\"*SIA-DCS\"0001L0#1234[A716E3BBF33FA485324F9545C7633DD6676E2674BAD6FFE08A4389F2FB0C62AA3D13C4A5174A0D30FA3C759FE74E5C86\r"
    );
}

#[test]
fn a_pad_that_does_not_fit_is_refused_and_nothing_is_written() {
    let mut out = BytesMut::new();
    for pad in [&b"abcdefghi"[..], b"abcdefgh|j", b"[bcdefghij"] {
        let style = Style {
            pad: Some(pad),
            ..Style::default()
        };
        assert!(
            message()
                .encode_encrypted(&style, &key(), &mut nothing, &mut out)
                .is_err()
        );
    }
    let timeless = Message {
        timestamp: None,
        ..message()
    };
    assert_eq!(
        timeless.encode_encrypted(&Style::default(), &key(), &mut nothing, &mut out),
        Err(EncodeError::Missing("timestamp"))
    );
    assert!(out.is_empty());
}

#[test]
fn the_text_is_read_strictly() {
    let ok = |text: &str| plain(text.as_bytes()).is_some();
    assert!(ok("pad|#1234|NBA1]_12:00:00,01-31-2026"));
    assert!(ok("pad][IHello]_12:00:00,01-31-2026"));
    assert!(
        ok("pad]_12:00:00,00-31-2026"),
        "an impossible moment has the form"
    );
    assert!(!ok("pad|#1234|NBA1]"), "no time");
    assert!(!ok("pad|#1234|NBA1]_12:00:00,01-31-202"), "cut");
    assert!(!ok("pad|#1234|NBA1]_12:00:00,01-31-2026x"), "tail");
    assert!(!ok("pad|#1234|NBA1]junk_12:00:00,01-31-2026"));
    assert!(!ok("pad|#12\u{1}4|NBA1]_12:00:00,01-31-2026"));
    assert!(!ok("no delimiter at all"));
}

#[test]
fn every_failure_is_the_same_error() {
    let mut out = BytesMut::new();
    message()
        .encode_encrypted(
            &Style::default(),
            &key(),
            &mut |pad: &mut [u8]| pad.fill(9),
            &mut out,
        )
        .unwrap();
    let (frame, _) = Frame::parse_whole(&out).unwrap();
    let mut scratch = Scratch::new();
    let expected = frame
        .decrypt(&Key::from_bytes(&[1; 16]).unwrap(), &mut scratch)
        .unwrap_err();
    assert_eq!(expected.kind(), ParseErrorKind::Decrypt);
    let Body::Encrypted(digits) = frame.body else {
        panic!("encrypted")
    };
    for broken in [&digits[..31], &digits[..30], &[b'G'; 32][..], &[]] {
        let frame = Frame {
            body: Body::Encrypted(broken),
            ..frame
        };
        assert_eq!(
            frame.decrypt(&key(), &mut scratch).unwrap_err().kind(),
            ParseErrorKind::Decrypt
        );
    }
}

#[test]
fn keys_say_their_notation_and_show_nothing() {
    assert!(Key::parse("ascii:0123456789ABCDEF").is_ok());
    assert!(Key::parse("hex:0123456789ABCDEF0123456789ABCDEF").is_ok());
    for wrong in [
        "0123456789ABCDEF",
        "hex:0123",
        "hex:xy",
        "ascii:short",
        "base64:AAAA",
    ] {
        assert_eq!(Key::parse(wrong).unwrap_err(), InvalidKey);
    }
    assert_eq!(alloc::format!("{:?}", key()), "Key(192 bits)");
    for (bytes, shown) in [(16, "Key(128 bits)"), (32, "Key(256 bits)")] {
        let key = Key::from_bytes(&alloc::vec![7; bytes]).unwrap();
        assert_eq!(alloc::format!("{key:?}"), shown);
    }
    for bytes in [0, 15, 17, 23, 25, 31, 33] {
        assert_eq!(
            Key::from_bytes(&alloc::vec![7; bytes]).unwrap_err(),
            InvalidKey
        );
    }
}

#[test]
fn a_pad_never_holds_a_delimiter() {
    let mut pad = [0; 32];
    let mut next = 0;
    random_pad(&mut pad, &mut |out: &mut [u8]| {
        for byte in out {
            next += 1;
            *byte = if next % 3 == 0 { b'|' } else { next };
        }
    });
    assert!(!pad.iter().any(is_delimiter));
    random_pad(&mut pad, &mut |out: &mut [u8]| out.fill(b']'));
    assert_eq!(pad, [0; 32]);
}
