//! Bodies of every kind, damage, what is emitted, what a stream makes of damage.

use alloc::{format, string::String, string::ToString as _, vec::Vec};
use core::time::Duration;

use bytes::BytesMut;

use super::*;
use crate::{
    codec::{
        DecodeOptions, Emit, Protocol, Quirk,
        bosch6500::Command,
        stream::{Cut, Decoder as _, Stream},
    },
    event::{AlarmEvent, Loss, Refusal},
    types::{AccountId, LineNumber, Now, ReceiverNumber, Sequence, User, Zone},
};

/// A frame around `text`, which is all from the type to the last bracket.
fn framed(text: &[u8]) -> Vec<u8> {
    let crc = crate::codec::arc::arc(text);
    let head = format!("\n{crc:04X}{:02X}", text.len());
    [head.as_bytes(), text, b"\r"].concat()
}

fn parse(wire: &[u8]) -> Frame<'_> {
    let (frame, taken) = Frame::parse(wire).unwrap().unwrap();
    assert_eq!(taken, wire.len());
    frame
}

fn told(wire: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut seen = Vec::new();
    parse(wire).events(&Settings::default(), &mut |event, data| {
        let who = event
            .zone
            .map(Zone::as_str)
            .or(event.user.map(User::as_str));
        let account = event.account.map_or("-", AccountId::as_str);
        let (code, class, lane) = (event.code, event.class, event.lane);
        seen.push((
            format!(
                "{account} {code} {class} {} {lane} {}",
                event.qualifier,
                who.unwrap_or("-")
            ),
            data.to_vec(),
        ));
    });
    seen
}

fn told_one(text: &[u8]) -> String {
    let seen = told(&framed(text));
    assert_eq!(seen.len(), 1);
    seen[0].0.clone()
}

#[test]
fn bodies_of_every_kind_are_read_and_written_again() {
    for (text, said) in [
        (
            &b"a00010101[#1234|18113001005]"[..],
            "1234 cid:1130 burglary new 1 005",
        ),
        (
            b"a00010101[#1234|18E13001005]",
            "1234 cid:1130 burglary new 1 005",
        ),
        (
            b"\t00010101[#1234|18313001005]",
            "1234 cid:3130 burglary restore 1 005",
        ),
        (
            b"a00010101[#1234567890|58113001005]",
            "1234567890 cid:1130 burglary new 1 005",
        ),
        (
            b"\t00010101[#1234|Nri1BA005]",
            "1234 sia:BA burglary new 1 005",
        ),
        (b"\t00010101[# 123|NFA1]", "123 sia:FA fire new 0 1"),
        (b"m00010101[#7654| F01]", "7654 raw:dc07:F fire new 0 01"),
        (
            b"m00010101[#7654|G 01]",
            "7654 raw:dc07:G  trouble new 2 01",
        ),
        (
            b"n00010101[#1234|18113001005]",
            "1234 raw:dc07:18113001005 status new 1 -",
        ),
        (
            b"e00010101[#1234|9055551234]",
            "1234 raw:dc07:CALLER status new 1 -",
        ),
        (
            b"a00010101[#1234|18X13001005]",
            "1234 raw:dc07:18X13001005 status new 1 -",
        ),
        (
            b"\t00010101[anything: 1/2]",
            "- raw:dc07:anything: 1/2 status new 1 -",
        ),
        (
            b"\t00010101[#12.4|NBA1]",
            "- raw:dc07:#12.4|NBA1 status new 1 -",
        ),
        (
            b"\t00010101[#1234|NBA1",
            "- raw:dc07:[#1234|NBA1 status new 1 -",
        ),
        (b"\t00010101", "- raw:dc07: status new 1 -"),
        (b"\t00010100[]", "- raw:dc07:NULL test new 3 -"),
        (b"\t000101  []", "- raw:dc07:NULL test new 3 -"),
    ] {
        assert_eq!(told_one(text), said, "{}", text.escape_ascii());
        let wire = framed(text);
        let mut out = BytesMut::new();
        parse(&wire).encode(&mut out).unwrap();
        assert_eq!(out, wire, "{}", text.escape_ascii());
        let (decoded, _) = Dc07.decode(&wire, &DecodeOptions::default());
        assert!(decoded.ok && decoded.reply_hex.is_some(), "{decoded:?}");
        assert!(decoded.quirks.is_empty(), "{:?}", decoded.quirks);
    }
}

#[test]
fn each_event_of_a_packet_has_data_that_carries_it_alone() {
    let seen = told(&framed(b"\t00010101[# 123|Nri1/BA01/TA02]"));
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].1, b"# 123|Nri1/BA01");
    for (text, data) in seen {
        let alone = [b"\t00010101[", &data[..], b"]"].concat();
        assert_eq!(told_one(&alone), text);
    }
}

#[test]
fn what_the_standard_of_1990_has_beyond_is_kept() {
    for text in [&b"\t00010101[#1234|*hello]"[..], b"\t00010101[#1234|RBA1]"] {
        assert!(told_one(text).starts_with("1234 "), "{}", told_one(text));
    }
}

#[test]
fn commands_are_read_written_and_never_answered() {
    for (text, words) in [
        (&b"\t00010100[CST1345]"[..], "set-time 13:45"),
        (b"\t00010100[CSD112426]", "set-date 11/24/26"),
        (b"\t00010100[CLK03]", "stop-audio 03"),
    ] {
        let wire = framed(text);
        let frame = parse(&wire);
        let Body::Command(command) = frame.body else {
            panic!("{frame}")
        };
        assert_eq!(command.to_string(), words);
        let mut out = BytesMut::new();
        frame.encode(&mut out).unwrap();
        assert_eq!(out, wire);
        let (decoded, _) = Dc07.decode(&wire, &DecodeOptions::default());
        assert!(decoded.ok && decoded.reply_hex.is_none() && decoded.events.is_empty());
        assert_eq!(decoded.token.as_deref(), words.split(' ').next());
        assert_eq!(told(&wire).len(), 1, "never none where one is asked for");
    }
    // What is no time of a day is undefined data, and kept.
    assert!(matches!(
        parse(&framed(b"\t00010100[CST2545]")).body,
        Body::Undefined(_)
    ));
    assert_eq!(Command::REJECTED, "REJECT COMMAND");
}

#[test]
fn damage_is_named_with_its_place() {
    let good = framed(b"a00010101[#1234|18113001005]");
    for (at, byte, said) in [
        (1, b'x', "expected crc at byte 1"),
        (5, b'x', "expected length at byte 5"),
        (6, b'D', "length does not fit at byte 5"),
    ] {
        let mut wire = good.clone();
        wire[at] = byte;
        assert_eq!(Frame::parse(&wire).unwrap_err().to_string(), said);
    }
    let mut wire = good.clone();
    wire[20] ^= 1;
    assert!(
        Frame::parse(&wire)
            .unwrap_err()
            .to_string()
            .starts_with("crc ")
    );
    for (text, said) in [
        (&b"\x0100010101[]"[..], "expected type at byte 7"),
        (b"a000x0101[]", "expected sequence at byte 8"),
        (b"a0001-101[]", "expected receiver number at byte 12"),
        (b"a000101 1[]", "expected line number at byte 14"),
        (b"a0001", "expected receiver number at byte 12"),
    ] {
        assert_eq!(Frame::parse(&framed(text)).unwrap_err().to_string(), said);
    }
    assert_eq!(Frame::parse(b"\nD12F1Ca0044"), Ok(None));
    assert_eq!(Frame::parse(b""), Ok(None));
    let endless = [b"\nD12F1C", &[b'x'; 600][..]].concat();
    assert!(Frame::parse(&endless).is_err());
}

#[test]
fn a_nak_names_the_receiver_of_the_damaged_frame() {
    let mut wire = framed(b"a00012201[#1234|18113001005]");
    wire[25] ^= 1;
    let (decoded, taken) = Dc07.decode(&wire, &DecodeOptions::default());
    assert_eq!((decoded.ok, taken), (false, wire.len()));
    let reply = crate::types::decode_hex(decoded.reply_hex.unwrap().as_bytes()).unwrap();
    let nak = parse(&reply);
    assert!(nak.is_nak());
    assert_eq!((nak.receiver.as_str(), nak.line.as_str()), ("22", "00"));
    // A length that does not fit is damage, too.
    let mut wire = framed(b"a00012201[#1234|18113001005]");
    wire[6] = b'D';
    let (decoded, _) = Dc07.decode(&wire, &DecodeOptions::default());
    assert_eq!(
        (decoded.length_ok, decoded.crc.unwrap().ok),
        (Some(false), true)
    );
    assert!(decoded.reply_hex.is_some());
}

fn cuts(reads: &[&[u8]]) -> Vec<String> {
    let mut stream = Stream::new(Bytes);
    let mut seen = Vec::new();
    for read in reads {
        stream.push(Duration::ZERO, read);
        loop {
            seen.push(match stream.next(Duration::ZERO) {
                Cut::More => break,
                Cut::Frame { bytes, .. } => format!("frame {}", bytes.len()),
                Cut::Noise(bytes) => format!("noise {bytes}"),
                Cut::Bad { bytes, .. } => format!("bad {}", bytes.len()),
            });
        }
    }
    seen
}

#[test]
fn a_wrong_length_or_a_lost_end_hides_no_later_frame() {
    let good = framed(b"a00010101[#1234|18113001005]");
    let mut long = good.clone();
    long[5] = b'F';
    assert_eq!(cuts(&[&long, &good]), ["bad 36", "frame 36"]);
    assert_eq!(cuts(&[&good[..20], &good]), ["bad 20", "frame 36"]);
    assert_eq!(cuts(&[&good[20..], &good]), ["noise 16", "frame 36"]);
    assert_eq!(cuts(&[b"\n12\r", &good]), ["noise 4", "frame 36"]);
    let endless = [b"\nD12F1C", &[b'x'; 600][..]].concat();
    assert_eq!(cuts(&[&endless, &good]).last().unwrap(), "frame 36");
}

#[test]
fn a_pause_ends_an_unfinished_frame_with_one_answer() {
    let good = framed(b"a00010101[#1234|18113001005]");
    let mut stream = Stream::new(Bytes);
    stream.push(Duration::ZERO, &good[..20]);
    assert_eq!(stream.next(Duration::ZERO), Cut::More);
    let end = stream.poll_timeout().unwrap();
    assert!(matches!(stream.next(end), Cut::Bad { bytes, .. } if bytes.len() == 20));
    assert_eq!(stream.next(end), Cut::More);
}

#[test]
fn quirk_lower_case_hex_is_read() {
    let wire = framed(b"a00440101[#1234|18113001005]").to_ascii_lowercase();
    assert!(parse(&wire).quirks.has(Quirk::LowerCaseHex));
}

fn how<'a>(receiver: &'a str, line: &'a str) -> Emit<'a> {
    Emit::new(
        ReceiverNumber::new(receiver).unwrap(),
        LineNumber::new(line).unwrap(),
        Sequence::new(45).unwrap(),
        Now::default(),
    )
}

#[test]
fn events_of_every_kind_are_emitted_as_what_they_were_read_from() {
    for text in [
        &b"a00010101[#1234|18113001005]"[..],
        b"a00010101[#1234567890|58113001005]",
        b"\t00010101[#7112|Nri1/FA100]",
        b"\t00010101[# 123|OBA1]",
        b"\t00010101[#1234|NOP3^Hall^]",
        b"\t00010101[#7654| A01]",
        b"\t00010101[#7654|G 01]",
        b"\t00010101[]",
    ] {
        let wire = framed(text);
        parse(&wire).events(&Settings::default(), &mut |event, _| {
            let mut out = BytesMut::new();
            let losses = Dc07.emit(event, &how("01", "1"), &mut out).unwrap();
            assert!(losses.is_empty());
            let mut wanted = text.to_vec();
            wanted[1..5].copy_from_slice(b"0045");
            if wanted.ends_with(b"01[]") {
                wanted[7..9].copy_from_slice(b"01");
            }
            assert_eq!(out, framed(&wanted), "{}", text.escape_ascii());
        });
    }
}

#[test]
fn what_a_frame_can_not_carry_is_told_or_refused() {
    let wire = framed(b"a00010101[#1234|18113001005]");
    parse(&wire).events(&Settings::default(), &mut |event, _| {
        let mut event: AlarmEvent<'_> = *event;
        let mut out = BytesMut::new();
        for (receiver, line) in [("001", "00012"), ("1", "12")] {
            Dc07.emit(&event, &how(receiver, line), &mut out).unwrap();
            assert_eq!(&out[12..16], b"0112");
            out.clear();
        }
        assert!(Dc07.emit(&event, &how("01", "123"), &mut out).is_err());
        assert!(Dc07.emit(&event, &how("", "1"), &mut out).is_err());
        event.text = Some(b"Hall");
        assert!(
            Dc07.emit(&event, &how("01", "1"), &mut out)
                .unwrap()
                .has(Loss::Text)
        );
        out.clear();
        event.zone = Zone::new("1234").ok();
        let refused = Dc07.emit(&event, &how("01", "1"), &mut out);
        assert!(matches!(
            refused,
            Err(Refusal::NoPlace { field: "zone", .. })
        ));
        event.account = None;
        assert!(Dc07.emit(&event, &how("01", "1"), &mut out).is_err() && out.is_empty());
    });
}

#[test]
fn a_body_longer_than_the_length_can_say_is_refused() {
    let text = [b'x'; 300];
    let number = ReceiverNumber::new("01").unwrap();
    let mut frame = Frame::null(Sequence::FIRST, number);
    let mut out = BytesMut::from(&b"before"[..]);
    for (length, fits) in [(244, true), (245, false)] {
        frame.body = Body::Undefined(&text[..length]);
        assert_eq!(frame.encode(&mut out).is_ok(), fits);
        assert!(fits || &out[..] == b"before");
        out.truncate(6);
    }
    frame.body = Body::Undefined(b"a\rb");
    assert!(frame.encode(&mut out).is_err() && &out[..] == b"before");
}

#[test]
fn a_sender_of_seven_bits_is_known_for_what_it_is() {
    let wire: Vec<u8> = framed(b"\t00230101[#1234|NBA005]")
        .iter()
        .map(|b| b | if b.count_ones() % 2 == 1 { 0x80 } else { 0 })
        .collect();
    let first = crate::codec::registry::detect(&wire).expect("fits");
    assert_eq!(first.name(), NAME);
    let bare = wire.get(..wire.len() - 1).expect("its CR");
    assert_eq!(
        crate::codec::registry::detect(bare).map(Protocol::name),
        Some(NAME)
    );
}
