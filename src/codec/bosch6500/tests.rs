//! Frames of every type, well-formed and broken; what is emitted; what a stream makes of damage.

use alloc::{string::ToString, vec::Vec};
use core::time::Duration;

use bytes::BytesMut;

use super::*;
use crate::{
    codec::{
        DecodeOptions, Emit, Protocol, Quirk,
        stream::{Cut, Decoder as _, Stream},
    },
    error::{EncodeError, ParseError, ParseErrorKind},
    event::{AlarmEvent, Class, EventCode, Lane, Loss, Qualifier, Refusal},
    types::{AccountId, LineNumber, Now, ReceiverNumber, Sequence, User, Zone},
};

fn parse(wire: &[u8]) -> Result<Frame<'_>, ParseError> {
    Frame::parse(wire, &Settings::default()).map(|found| found.expect("whole").0)
}

fn rewritten(wire: &[u8]) -> Vec<u8> {
    let mut out = BytesMut::new();
    parse(wire).unwrap().encode(&mut out).unwrap();
    out.to_vec()
}

/// `code class qualifier lane zone-or-user`, and the data of each event.
fn told(wire: &[u8]) -> Vec<(alloc::string::String, Vec<u8>)> {
    let mut seen = Vec::new();
    parse(wire)
        .unwrap()
        .events(&Settings::default(), &mut |event, data| {
            let who = event
                .zone
                .map(Zone::as_str)
                .or(event.user.map(User::as_str));
            let text = alloc::format!(
                "{} {} {} {} {}",
                event.code,
                event.class,
                event.qualifier,
                event.lane,
                who.unwrap_or("-")
            );
            seen.push((text, data.to_vec()));
        });
    seen
}

fn told_one(wire: &[u8]) -> alloc::string::String {
    let seen = told(wire);
    assert_eq!(seen.len(), 1);
    seen[0].0.clone()
}

const FRAMES: [&[u8]; 22] = [
    b"\n1011      1234 A  98\x14",
    b"1011      4444 O    \x14",
    b" 10111234567890 T D11\x14",
    b"1011      1234G    5\x14",
    b"1010           @    \x14",
    b"a011 123418113001005\x14",
    b"\na01A 123418E13001005\x14",
    b"a011 1234567890583130FF999\x14",
    b"a011 12341896021F000\x14",
    b"3011 any text at all  \x14",
    b"\n3011 REJECT COMMAND  \x14",
    b"9011    123415535555\x14",
    b"b011      1234 E   7\x14",
    b"c011      1234 E  73\x14",
    b"f011  1234 1553 5555 7\x14",
    b"d011      1234 A  05\x14",
    b"\ne011 9055551234\x14",
    b"S01Y[#1234|Nri1/BA01]\x14",
    b"\nV01X x\x14",
    b"\nI011 \xe9t\xe9\x14",
    b"1011      12?4 A  98\x14",
    b"\n3011text\x14",
];

#[test]
fn every_type_is_read_into_its_fields_and_written_again() {
    for wire in FRAMES {
        assert_eq!(rewritten(wire), wire, "{}", wire.escape_ascii());
        let frame = parse(wire).unwrap();
        assert!(frame.quirks.is_empty(), "{frame}: {:?}", frame.quirks);
        assert!(frame.kind.is_known());
        let mut events = 0;
        frame.events(&Settings::default(), &mut |_, _| events += 1);
        assert_eq!(
            events,
            if frame.kind == Kind::HIGH_SPEED {
                2
            } else {
                1 + usize::from(frame.kind == Kind::ACRON)
            }
        );
    }
}

#[test]
fn the_default_fields_have_the_meanings_of_the_manual() {
    for (field, said) in [
        (" A", "raw:bosch6500:A burglary new 1 5"),
        (" R", "raw:bosch6500:R burglary restore 1 5"),
        (" T", "raw:bosch6500:T trouble new 2 5"),
        (" O", "raw:bosch6500:O open_close new 2 5"),
        (" C", "raw:bosch6500:C open_close restore 2 5"),
        (" N", "raw:bosch6500:N bypass new 2 5"),
        (" F", "raw:bosch6500:F fire new 0 5"),
        ("G ", "raw:bosch6500:G  trouble new 2 5"),
        ("H ", "raw:bosch6500:H  fire restore 0 5"),
        (" G", "raw:bosch6500:G status new 1 5"),
        ("Zq", "raw:bosch6500:Zq status new 1 5"),
    ] {
        let wire = alloc::format!("1011      1234{field}   5\x14");
        assert_eq!(told_one(wire.as_bytes()), said);
    }
}

#[test]
fn a_field_of_the_port_goes_before_the_defaults() {
    let mut table = EventTable::default();
    assert!(table.set(*b" A", Class::HoldUp, Qualifier::New));
    assert!(
        !table.set(*b"  ", Class::HoldUp, Qualifier::New)
            && !table.set(*b" \x14", Class::Fire, Qualifier::New)
    );
    assert_eq!(table.iter().count(), EventTable::DEFAULT.iter().count());
    let settings = Settings::default().with_fields(&table);
    parse(FRAMES[0])
        .unwrap()
        .events(&settings, &mut |event, _| {
            assert_eq!((event.class, event.lane), (Class::HoldUp, Lane::LifeSafety));
        });
}

#[test]
fn letters_and_digits_say_the_same_of_a_contact_id_event() {
    for (digit, letter) in [("1", "E"), ("3", "R"), ("6", "P")] {
        let wire = |q| alloc::format!("a011 123418{q}13001005\x14");
        let (a, b) = (wire(digit), wire(letter));
        assert_eq!(told_one(a.as_bytes()), told_one(b.as_bytes()));
        assert_eq!(
            told_one(a.as_bytes()).split(' ').next().unwrap(),
            alloc::format!("cid:{digit}130")
        );
    }
}

#[test]
fn channels_are_an_event_each_with_data_of_its_own() {
    let seen = told(b"\nf011  1234 1553 5555 7\x14");
    let wanted: [(&str, &[u8]); 2] = [
        ("raw:pulse:P1X7 burglary new 1 1", b"011  1234 1555 5555 7"),
        (
            "raw:pulse:P3X7 burglary restore 1 4",
            b"011  1234 5553 5555 7",
        ),
    ];
    assert!(
        seen.iter()
            .map(|(text, data)| (text.as_str(), &data[..]))
            .eq(wanted)
    );
    for (text, data) in seen {
        assert_eq!(told_one(&[b"f", &data[..], b"\x14"].concat()), text);
    }
    assert_eq!(told(b"9011    123415535555\x14").len(), 2);
}

#[test]
fn columns_against_the_rules_are_one_raw_event_in_lane_1_and_are_acknowledged() {
    for wire in [
        &b"1011      12?4 A  98\x14"[..],
        b"1011              98\x14",
        b"1011      1234 A 9-8\x14",
        b"1011     1234 A  98 5\x14",
        b"a011 1234171130010055\x14",
        b"a011 123418X13001005\x14",
        b"b011      1234 A   7\x14",
        b"c011      1234 E   7\x14",
        b"f011  1234 15x3 5555 7\x14",
        b"\nZ0111\x14",
        b"d011      1234 A  05\x14",
    ] {
        let said = told_one(wire);
        assert!(
            said.starts_with("raw:bosch6500:") && said.ends_with(" status new 1 -"),
            "{said}"
        );
        let (decoded, taken) = Bosch6500.decode(wire, &DecodeOptions::default());
        assert_eq!(
            (decoded.reply_hex.as_deref(), taken),
            (Some("06"), wire.len())
        );
    }
}

#[test]
fn what_lost_bytes_on_the_way_is_refused_at_its_place() {
    for (wire, said) in [
        (&b"-011      1234 A  98\x14"[..], "expected type at byte 0"),
        (
            b"\n1x11      1234 A  98\x14",
            "expected receiver number at byte 2",
        ),
        (b"101-      1234 A  98\x14", "expected line at byte 3"),
        (b"101\x14", "expected line at byte 3"),
        (b"\n1011  1234 A\x14", "expected more columns at byte 13"),
        (
            b"a011 12341811300100\x14",
            "expected more columns at byte 19",
        ),
        (b"1011      1234 A \x0298\x14", "expected text at byte 17"),
        (b"\x14", "expected type at byte 0"),
    ] {
        assert_eq!(
            parse(wire).unwrap_err().to_string(),
            said,
            "{}",
            wire.escape_ascii()
        );
    }
    assert_eq!(Frame::parse(b"1011   ", &Settings::default()), Ok(None));
    assert_eq!(Frame::parse(b"", &Settings::default()), Ok(None));
    assert!(Frame::parse(b"10!", &Settings::default()).is_err());
    let error = Frame::parse(&[b'5'; 2 * LONGEST], &Settings::default()).unwrap_err();
    assert_eq!(error.kind(), ParseErrorKind::TooLong(LONGEST));
}

#[test]
fn quirk_trailing_spaces_are_dropped() {
    for wire in [
        &b"1011      1234 A  98  \x14"[..],
        b"a011 123418113001005 \x14",
        b"f011  1234 1553 5555 7 \x14",
    ] {
        let frame = parse(wire).unwrap();
        assert!(frame.quirks.has(Quirk::TrailingSpaces), "{frame}");
        assert_eq!(
            rewritten(wire),
            [
                wire.trim_ascii_end()
                    .strip_suffix(b"\x14")
                    .unwrap()
                    .trim_ascii_end(),
                b"\x14"
            ]
            .concat()
        );
    }
    // A receiver that sends no blanks for a zone that is none.
    assert_eq!(
        parse(b"1011      4444 O\x14").unwrap().body,
        parse(FRAMES[1]).unwrap().body
    );
}

#[test]
fn header_and_end_byte_are_what_the_port_is_set_to() {
    let settings = Settings::default()
        .with_header(Some(0x02))
        .with_trailer(b'\r');
    let wire = b"\x021011      1234 A  98\r";
    let (frame, taken) = Frame::parse(wire, &settings).unwrap().unwrap();
    assert_eq!(
        (frame.header, frame.trailer, taken),
        (Some(2), b'\r', wire.len())
    );
    let mut out = BytesMut::new();
    frame.encode(&mut out).unwrap();
    assert_eq!(&out[..], wire);
    assert!(Frame::parse(&wire[1..], &settings).is_err());
    assert_eq!(frame.to_string(), "\\x021011      1234 A  98\\x0D");
    let port = Configured { settings };
    let mut stream = port.stream().unwrap();
    stream.push(Duration::ZERO, &[&b"xx"[..], wire, wire].concat());
    assert_eq!(stream.next(Duration::ZERO), Cut::Noise(2));
    for _ in 0..2 {
        assert!(matches!(stream.next(Duration::ZERO), Cut::Frame { bytes, .. } if bytes == wire));
    }
}

#[test]
fn commands_are_read_and_written_in_both_modes() {
    for (wire, sia, words) in [
        ("!T1345\r", "CST1345", "set-time 13:45"),
        ("!D112426\r", "CSD112426", "set-date 11/24/26"),
    ] {
        let (command, taken) = Command::parse(wire.as_bytes()).unwrap().unwrap();
        assert_eq!((command.to_string().as_str(), taken), (words, wire.len()));
        assert_eq!(Command::parse_sia(sia.as_bytes()), Ok(command));
        let (mut out, mut inner) = (BytesMut::new(), BytesMut::new());
        command.encode(&mut out).unwrap();
        command.encode_sia(&mut inner).unwrap();
        assert_eq!((&out[..], &inner[..]), (wire.as_bytes(), sia.as_bytes()));
    }
    let line = |text| Command::StopAudio(LineNumber::new(text).unwrap());
    assert_eq!(Command::parse(b"!K3\r"), Ok(Some((line("3"), 4))));
    assert_eq!(Command::parse_sia(b"CLK03"), Ok(line("03")));
    let mut out = BytesMut::new();
    assert!(line("03").encode(&mut out).is_err() && line("3").encode_sia(&mut out).is_err());
    assert!(
        Command::SetTime {
            hour: 24,
            minute: 0
        }
        .encode(&mut out)
        .is_err()
    );
    assert!(out.is_empty());
}

#[test]
fn what_is_no_command_is_refused_at_its_place() {
    for (wire, offset) in [
        ("T1345\r", 0),
        ("!X1\r", 1),
        ("!T2460\r", 2),
        ("!T2360\r", 4),
        ("!T134\r", 4),
        ("!T13455\r", 6),
        ("!D132426\r", 2),
        ("!D110026\r", 4),
        ("!K\r", 2),
        ("!K123\r", 2),
        ("!T1345678901234567", 16),
    ] {
        assert_eq!(
            Command::parse(wire.as_bytes()).unwrap_err().offset(),
            offset,
            "{wire}"
        );
    }
    assert_eq!(Command::parse(b"!T13"), Ok(None));
    assert!(Command::parse_sia(b"CSK01").is_err() && Command::parse_sia(b"CLT1345").is_err());
}

fn cuts(reads: &[&[u8]]) -> Vec<alloc::string::String> {
    let mut stream = Stream::new(Bytes::default());
    let mut seen = Vec::new();
    for read in reads {
        stream.push(Duration::ZERO, read);
        loop {
            seen.push(match stream.next(Duration::ZERO) {
                Cut::More => break,
                Cut::Frame { bytes, .. } => alloc::format!("frame {}", bytes.len()),
                Cut::Noise(bytes) => alloc::format!("noise {bytes}"),
                Cut::Bad { bytes, error } => {
                    alloc::format!("bad {} at {}", bytes.len(), error.offset())
                }
            });
        }
    }
    seen
}

#[test]
fn a_cut_off_frame_hides_no_later_one() {
    let frame = FRAMES[0];
    assert_eq!(
        cuts(&[b"\n1011      12", frame]),
        ["bad 13 at 13", "frame 22"]
    );
    // Without headers, the rest of a frame is known by the columns behind it.
    assert_eq!(
        cuts(&[b"1011      12", FRAMES[1]]),
        ["noise 12", "frame 21"]
    );
    assert_eq!(cuts(&[b"34 A  98\x14", frame]), ["noise 9", "frame 22"]);
    assert_eq!(
        cuts(&[b"1234 A  98\x14", frame]),
        ["bad 11 at 10", "frame 22"]
    );
    assert_eq!(
        cuts(&[b"3011 half a te", FRAMES[1]]),
        ["noise 14", "frame 21"]
    );
}

#[test]
fn a_pause_ends_an_unfinished_frame_with_one_answer() {
    let mut stream = Stream::new(Bytes::default());
    stream.push(Duration::ZERO, b"\n1011      1234 A");
    assert_eq!(stream.next(Duration::ZERO), Cut::More);
    let end = stream.poll_timeout().unwrap();
    assert!(matches!(stream.next(end), Cut::Bad { bytes, .. } if bytes.len() == 17));
    assert_eq!(stream.next(end), Cut::More);
}

#[test]
fn a_line_without_an_end_is_noise_and_hides_no_frame() {
    let mut stream = Stream::new(Bytes::default());
    for _ in 0..50 {
        stream.push(Duration::ZERO, &[b'5'; 500]);
        while let Cut::Noise(_) = stream.next(Duration::ZERO) {}
    }
    assert!(stream.pending() <= LONGEST);
    stream.push(Duration::ZERO, FRAMES[1]);
    let mut last = alloc::string::String::new();
    loop {
        match stream.next(Duration::ZERO) {
            Cut::More => break,
            Cut::Frame { bytes, .. } => last = bytes.escape_ascii().to_string(),
            other => assert!(matches!(other, Cut::Noise(_))),
        }
    }
    assert_eq!(last, FRAMES[1].escape_ascii().to_string());
}

#[test]
fn quirk_seven_bits_is_reported_and_read_only_where_allowed() {
    let parity = |b: &u8| {
        *b | if b.count_ones().is_multiple_of(2) {
            0
        } else {
            0x80
        }
    };
    let wire: Vec<u8> = FRAMES[0].iter().map(parity).collect();
    let (decoded, taken) = Bosch6500.decode(&wire, &DecodeOptions::default());
    assert!(!decoded.ok && decoded.quirks.has(Quirk::SevenBits) && decoded.reply_hex.is_none());
    assert_eq!(
        (decoded.account.as_deref(), taken),
        (Some("1234"), wire.len())
    );
    let port = Configured {
        settings: Settings::default().with_seven_bits(true),
    };
    let (decoded, _) = port.decode(&wire, &DecodeOptions::default());
    assert!(decoded.ok && decoded.reply_hex.as_deref() == Some("06"));
}

fn how() -> Emit<'static> {
    Emit::new(
        ReceiverNumber::new("01").unwrap(),
        LineNumber::new("12").unwrap(),
        Sequence::FIRST,
        Now::default(),
    )
}

#[test]
fn own_codes_are_emitted_as_what_they_were_read_from() {
    for wire in FRAMES {
        parse(wire)
            .unwrap()
            .events(&Settings::default(), &mut |event, data| {
                let mut out = BytesMut::new();
                let done = Bosch6500.emit(event, &how(), &mut out);
                if matches!(parse(wire).unwrap().body, Body::Other(_)) {
                    let refused = matches!(
                        done,
                        Err(Refusal::Encode(
                            EncodeError::Missing(_) | EncodeError::Field { .. }
                        ))
                    );
                    assert!(refused && out.is_empty(), "{done:?}");
                    return;
                }
                let losses = done.unwrap();
                let again = parse(&out).unwrap();
                again.events(&Settings::default(), &mut |other, _| {
                    assert_eq!(
                        (other.code, other.zone, other.user, other.class),
                        (event.code, event.zone, event.user, event.class)
                    );
                    assert_eq!((other.text, other.account), (event.text, event.account));
                });
                assert!(losses.is_empty(), "{losses:?} of {}", data.escape_ascii());
            });
    }
}

#[test]
fn what_a_frame_can_not_carry_is_told_or_refused() {
    let code = EventCode::parse("cid:1130").unwrap();
    let mut event = AlarmEvent::new(code, Qualifier::New);
    let mut out = BytesMut::new();
    assert!(
        Bosch6500.emit(&event, &how(), &mut out).is_err(),
        "no account"
    );
    event.account = AccountId::new("1234").ok();
    event.text = Some(b"Hall");
    event.zone = Zone::new("5").ok();
    let losses = Bosch6500.emit(&event, &how(), &mut out).unwrap();
    assert_eq!(&out[..], b"a01C 123418113000005\x14");
    assert!(losses.has(Loss::Text) && !losses.has(Loss::Zone));
    out.clear();
    event.zone = Zone::new("1234").ok();
    assert!(matches!(
        Bosch6500.emit(&event, &how(), &mut out),
        Err(Refusal::NoPlace { field: "zone", .. })
    ));
    assert!(out.is_empty());
}

#[test]
fn a_rejection_without_a_header_is_read_and_small_letters_are_nobody_elses() {
    for wire in [&b"3011 REJECT COMMAND\x14"[..], b" 3011 REJECT COMMAND\x14"] {
        let first = crate::codec::registry::detect(wire).expect("fits");
        assert_eq!(first.name(), NAME, "{}", wire.escape_ascii());
        let (decoded, taken) = Bosch6500.decode(wire, &DecodeOptions::default());
        assert!(decoded.ok && taken == wire.len(), "{decoded:?}");
        assert_eq!(decoded.events.len(), 1);
        assert_eq!(decoded.reply_hex.as_deref(), Some("06"));
    }
    for wire in [
        &b"i011      1234 A  05\x14"[..],
        b"\ni011      1234 A  05\x14",
        b"d011      1234 A 105\x14",
        b"e011      1234 5551234\x14",
    ] {
        let first = crate::codec::registry::detect(wire).expect("fits");
        assert_eq!(first.name(), NAME, "{}", wire.escape_ascii());
    }
}
