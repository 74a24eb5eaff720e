use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::time::Duration;

use bytes::BytesMut;

use super::*;
use crate::{
    codec::{DecodeOptions, Decoded, Emit, Protocol, Quirk, stream::Cut},
    event::{AlarmEvent, EventCode, Qualifier, Refusal},
    types::{LineNumber, Now, ReceiverNumber, Sequence},
};

const COMPUTER: &[u8] = b"|[1|I2|L03|A1234|V5B|D1125|T0140|N0007|Z12|Cfire|]7F\r";

fn frame(wire: &[u8]) -> Frame<'_> {
    let (frame, taken) = Frame::parse(wire).expect("good").expect("whole");
    assert_eq!(taken, wire.len());
    frame
}

fn decode(wire: &[u8]) -> Decoded {
    let options = DecodeOptions {
        argument: true,
        ..DecodeOptions::default()
    };
    let (decoded, taken) = Iti.decode(wire, &options);
    assert_eq!(taken, wire.len());
    decoded
}

#[test]
fn a_report_is_kept_whole_with_receiver_and_line_card() {
    let decoded = decode(b"\n1B1j23458b45A\r");
    assert_eq!(decoded.receiver.as_deref(), Some("1"));
    assert_eq!(decoded.line.as_deref(), Some("B"));
    let event = decoded.events.first().expect("one");
    assert_eq!(event.code, "raw:iti:1B1j23458b45A");
    assert_eq!((event.class.as_str(), event.lane), ("status", 1));
}

#[test]
fn a_test_record_and_a_heartbeat_are_of_class_test() {
    let test = decode(b"\nIT IRCV 234A\r");
    let event = test.events.first().expect("one");
    assert_eq!((event.class.as_str(), event.lane), ("test", 3));
    assert_eq!(event.code, "raw:iti:IT IRCV 234A");
    assert_eq!(test.receiver, None, "I is no receiver");
    for wire in [&b"\n00 OKAY @\r"[..], b"\n00 OKAY @ \r"] {
        assert_eq!(frame(wire).record, Record::Heartbeat);
        assert!(decode(wire).events.is_empty());
    }
}

#[test]
fn the_computer_formats_fields_are_split_and_its_check_is_left_alone() {
    let Record::Computer(record) = frame(COMPUTER).record else {
        unreachable!("the computer format")
    };
    assert_eq!((record.head(), record.check()), ("1", "7F"));
    let letters: String = record.fields().map(|(letter, _)| letter).collect();
    assert_eq!(letters, "ILAVDTNZC");
    assert_eq!(record.field('C'), Some("fire"));
    assert_eq!(record.field('X'), None);
    let decoded = decode(COMPUTER);
    assert_eq!(decoded.account.as_deref(), Some("1234"));
    assert_eq!(decoded.line.as_deref(), Some("03"));
    assert_eq!(decoded.extended.len(), 9);
    let event = decoded.events.first().expect("one");
    assert_eq!(event.zone.as_deref(), Some("12"));
    assert_eq!((event.class.as_str(), event.lane), ("status", 1));
    assert!(event.code.starts_with("raw:iti:[1|I2"));
    let empty = b"|[|]\r";
    assert_eq!(decode(empty).account, None);
}

#[test]
fn anything_else_is_kept_as_text_and_damage_is_refused_at_its_place() {
    assert_eq!(
        frame(b"\nLOG 12:00 off\r").record,
        Record::Text("LOG 12:00 off")
    );
    for (wire, offset) in [
        (&b"1B1j2\r"[..], 0),
        (b"|1\r", 1),
        (b"\n1B\x01j2\r", 3),
        (b"\n1B1j2\n", 6),
        (b"|[1|I2\r", 6),
        (b"\n\r", 1),
        (b"\n  \r", 1),
    ] {
        let error = Frame::parse(wire).expect_err("damaged");
        assert_eq!(error.offset(), offset, "{}", wire.escape_ascii());
    }
    assert_eq!(decode(b"\n1B\x01j2\r").reply_hex.as_deref(), Some("15"));
    assert_eq!(Frame::parse(b"|"), Ok(None));
    assert!(Frame::parse(&[&b"\n"[..], &[b'1'; LONGEST]].concat()).is_err());
    let lenient = decode(b"IT IRCV 234A");
    assert!(lenient.ok && lenient.quirks.has(Quirk::MissingLf));
}

#[test]
fn what_a_record_said_is_emitted_as_the_same_record_and_nothing_else_is() {
    let how = Emit::new(
        ReceiverNumber::new("1").expect("short"),
        LineNumber::new("1").expect("short"),
        Sequence::FIRST,
        Now::default(),
    );
    for wire in [
        &b"\n1B1j23458b45A\r"[..],
        b"\nIT IRCV 234A\r",
        b"\n00 OKAY @\r",
        b"\nLOG 12:00 off\r",
        COMPUTER,
    ] {
        let frame = frame(wire);
        assert_eq!(Frame::new(frame.record).to_string(), frame.to_string());
        frame.events(&mut |event, _| {
            let mut out = BytesMut::new();
            let losses = Iti.emit(event, &how, &mut out).expect("its own");
            assert!(losses.is_empty());
            assert_eq!(&out[..], wire);
        });
    }
    let code = EventCode::ContactId {
        qualifier: b'1',
        code: *b"130",
    };
    let event = AlarmEvent::new(code, Qualifier::New);
    let mut out = BytesMut::new();
    assert_eq!(
        Iti.emit(&event, &how, &mut out),
        Err(Refusal::Protocol("iti"))
    );
    assert!(out.is_empty());
}

#[test]
fn records_are_found_between_noise_however_the_reads_are_cut() {
    let wire = [
        b"x|y|",
        &b"\n1B1j2\r"[..],
        b"|",
        COMPUTER,
        b"\n1B\n00 OKAY @\r|",
    ]
    .concat();
    for size in [1, 2, 5, 300] {
        let mut stream = Iti.stream().expect("a stream");
        let (mut frames, mut noise, mut bad) = (Vec::new(), 0, 0);
        let mut now = Duration::ZERO;
        for read in wire.chunks(size).chain([&[][..]]) {
            stream.push(now, read);
            if read.is_empty() {
                now = Duration::from_secs(5);
            }
            loop {
                match stream.next(now) {
                    Cut::More => break,
                    Cut::Frame { bytes, .. } => frames.push(bytes.to_vec()),
                    Cut::Noise(bytes) => noise += bytes,
                    Cut::Bad { bytes, .. } => bad += bytes.len(),
                }
            }
        }
        assert_eq!(frames, [&b"\n1B1j2\r"[..], COMPUTER, b"\n00 OKAY @\r"]);
        assert_eq!((noise, bad), (6, 3), "reads of {size}");
    }
}
