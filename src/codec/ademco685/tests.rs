use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use bytes::BytesMut;

use super::*;
use crate::{
    Class, EventCode, Lane, Qualifier,
    codec::{
        DecodeOptions, Decoded, Emit, Protocol, Quirk,
        contact_id::Digit,
        pulse::{
            EventDigits,
            channels::{ChannelTable, StatusWords},
        },
    },
    event::{AlarmEvent, Loss, Losses, Refusal},
    types::{AccountId, LineNumber, Now, ReceiverNumber, Sequence, Zone},
};

fn frame(wire: &[u8]) -> Frame<'_> {
    let (frame, taken) = Frame::parse(wire).expect("good").expect("whole");
    assert_eq!(taken, wire.len());
    frame
}

fn events(wire: &[u8], settings: &Settings<'_>) -> Vec<String> {
    let mut seen = Vec::new();
    frame(wire).events(settings, &mut |event, data| {
        let account = event.account.map_or("-", AccountId::as_str);
        let place = match (event.zone, event.user) {
            (Some(zone), None) => format!(" zone {zone}"),
            (None, Some(user)) => format!(" user {user}"),
            _ => String::new(),
        };
        let (code, class, lane) = (event.code, event.class, event.lane.number());
        let qualifier = event.qualifier;
        seen.push(format!(
            "{account} {code} {qualifier} {class} {lane}{place}"
        ));
        if event.class != Class::Test {
            let end = if wire.ends_with(b"A") { "A" } else { "\r" };
            let own = [b"\n", data, end.as_bytes()].concat();
            let mut again = 0;
            frame(&own).events(settings, &mut |own, _| {
                again += 1;
                assert_eq!((own.code, own.zone), (event.code, event.zone));
            });
            assert_eq!(again, 1, "{}", data.escape_ascii());
        }
    });
    seen
}

fn decode(wire: &[u8]) -> Decoded {
    let options = DecodeOptions {
        argument: true,
        ..DecodeOptions::default()
    };
    let (decoded, taken) = Ademco685.decode(wire, &options);
    assert_eq!(taken, wire.len());
    decoded
}

#[test]
fn digits_are_raw_codes_in_lane_1_until_the_table_says_what_they_mean() {
    let wire = b"\n11 1234 3 5\r";
    let plain = events(wire, &Settings::DEFAULT);
    assert_eq!(plain, ["1234 raw:ademco685:3 new status 1 zone 5"]);
    let mut table = EventDigits::DEFAULT;
    table.set(
        Digit::new(b'3').expect("a digit"),
        Class::OpenClose,
        Qualifier::Restore,
    );
    let settings = Settings {
        events: &table,
        ..Settings::DEFAULT
    };
    let known = events(wire, &settings);
    assert_eq!(known, ["1234 raw:ademco685:3 restore open_close 2 user 5"]);
    assert_eq!(
        events(b"\n11 1234 0 5 3A", &settings),
        known,
        "053 is 16 times 3 and 5"
    );
    assert_eq!(
        events(b"\n11 0123 7\r", &settings),
        ["0123 raw:ademco685:7 new status 1"]
    );
}

#[test]
fn each_channel_that_is_not_normal_is_an_event_and_so_is_a_report_without_one() {
    assert_eq!(
        events(b"\n11 1234 1555 5536 7\r", &Settings::DEFAULT),
        [
            "1234 raw:pulse:P1X7 new burglary 1 zone 1",
            "1234 raw:pulse:P3X7 restore burglary 1 zone 7",
            "1234 raw:pulse:P6X7 status burglary 1 zone 8",
        ]
    );
    for digit in b'0'..=b'9' {
        for settings in [Settings::DEFAULT, Settings::IP_RECEIVER] {
            let wire = [b"\n11 1234 5555 5555 ", &[digit][..], b"\r"].concat();
            assert_eq!(events(&wire, &settings).len(), 1);
        }
    }
}

#[test]
fn the_status_digit_has_two_dictionaries() {
    let wire = b"\n08 1234 5555 5555 6\r";
    assert_eq!(
        events(wire, &Settings::DEFAULT),
        ["1234 raw:pulse:X6 new trouble 2"]
    );
    assert_eq!(
        events(wire, &Settings::IP_RECEIVER),
        ["1234 raw:pulse:X6 new status 1"]
    );
    assert_eq!(
        Settings::IP_RECEIVER.channels.words,
        StatusWords::IpReceiver
    );
    let mut table = ChannelTable::DEFAULT;
    table.set(2, Class::HoldUp);
    let settings = Settings {
        channels: &table,
        ..Settings::DEFAULT
    };
    assert_eq!(
        events(b"\n11 1234 5155 5555 7\r", &settings),
        ["1234 raw:pulse:P1X7 new hold_up 0 zone 2"]
    );
}

#[test]
fn the_receivers_letter_says_contact_or_user() {
    assert_eq!(
        events(b"\n11 1234 18 R401 02 U003\r", &Settings::DEFAULT),
        ["1234 cid:3401 restore open_close 2 user 003"]
    );
    assert_eq!(
        events(b"\n11 1234 18 E7B1 00 U003\r", &Settings::DEFAULT),
        ["1234 cid:17B1 new status 2 user 003"]
    );
    assert_eq!(
        events(b"\n11 1234 98 P130 01 C000\r", &Settings::DEFAULT),
        ["1234 cid:6130 status burglary 1"]
    );
}

#[test]
fn a_number_in_front_is_one_or_two() {
    let one = frame(b"\n08 1234 5555 5515 5\r");
    assert_eq!(one.receiver(&Settings::IP_RECEIVER), "08");
    assert_eq!(one.group(&Settings::IP_RECEIVER), None);
    assert_eq!(one.receiver(&Settings::DEFAULT), "0");
    let group = one.group(&Settings::DEFAULT);
    assert_eq!(group.map(LineNumber::as_str), Some("8"));
    assert_eq!(one.to_string(), r"\x0A08 1234 5555 5515 5\x0D");
    assert_eq!(
        Frame::new(one.number, one.body).to_string(),
        one.to_string()
    );
}

#[test]
fn a_heartbeat_has_blanks_where_its_receiver_puts_them() {
    for wire in [
        &b"\n00 OKAY @\r"[..],
        b"\n11 OKAY @ \r",
        b"\n00 OKAY@\r",
        b"\n00  OKAY  @\r",
    ] {
        assert_eq!(frame(wire).body, Body::Heartbeat);
        let decoded = decode(wire);
        assert!(decoded.ok && decoded.events.is_empty());
        assert_eq!(decoded.reply_hex.as_deref(), Some("06"));
    }
}

#[test]
fn text_of_the_receiver_is_kept_and_a_damaged_event_is_refused_at_its_place() {
    assert_eq!(
        events(b"\n00 PRINTER OFF LINE\r", &Settings::DEFAULT),
        ["- raw:ademco685:PRINTER OFF LINE new status 1"]
    );
    for (wire, offset) in [
        (&b"11 1234 3\r"[..], 0),
        (b"\n1x 1234 3\r", 2),
        (b"\n111234 3\r", 3),
        (b"\n11 12?4 3\r", 6),
        (b"\n11 1234\r", 8),
        (b"\n11 1234 33\r", 10),
        (b"\n11 1234 1555 555 7\r", 17),
        (b"\n11 1234 18 X130 01 C005\r", 12),
        (b"\n11 1234 18 E1x0 01 C005\r", 14),
        (b"\n11 1234 17 E130 01 C005\r", 9),
        (b"\n11 1234 18 E130 01 Z005\r", 20),
        (b"\n11 1234 18 E130 01 C05\r", 23),
        (b"\n11 1234 18 E130 01 C005 7\r", 25),
        (b"\n11 TEXT\x07\r", 8),
        (b"\n11 \r", 3),
        (b"\n11 1234 3\n", 10),
    ] {
        let error = Frame::parse(wire).expect_err("damaged");
        assert_eq!(error.offset(), offset, "{}", wire.escape_ascii());
    }
    assert_eq!(Frame::parse(b""), Ok(None));
    assert_eq!(Frame::parse(b"\n11 1234 0 5 3"), Ok(None));
    let endless = [&b"\n"[..], &[b'1'; LONGEST]].concat();
    assert!(Frame::parse(&endless).is_err());
}

#[test]
fn an_argument_may_lack_its_ends() {
    let decoded = decode(b"11 1234 18 E130 01 C005\n");
    assert!(decoded.ok, "{decoded:?}");
    assert!(decoded.quirks.has(Quirk::MissingLf) && decoded.quirks.has(Quirk::MissingCr));
    let caps = decode(b"11 1234 0 5 3A");
    assert!(caps.ok && !caps.quirks.has(Quirk::MissingCr), "{caps:?}");
    let damaged = decode(b"11 1234 18 X130 01 C005");
    let error = damaged.error.expect("damaged");
    assert_eq!(
        (error.offset, error.message.as_str()),
        (11, "expected qualifier")
    );
    assert_eq!(damaged.reply_hex, None, "its end byte never came");
    let options = DecodeOptions::default();
    let (noise, taken) = Ademco685.decode(b"xx\n11 1234 3\r", &options);
    assert!(!noise.ok && taken == 2);
}

#[test]
fn a_damaged_frame_gets_a_nak_and_a_receiver_without_answers_gets_none() {
    let damaged = b"\n11 12?4 3\r";
    assert_eq!(decode(damaged).reply_hex.as_deref(), Some("15"));
    let settings = Settings {
        answers: false,
        ..Settings::DEFAULT
    };
    let mute = Configured { settings };
    for wire in [&damaged[..], b"\n11 1234 3\r"] {
        let (decoded, _) = mute.decode(wire, &DecodeOptions::default());
        assert_eq!(decoded.reply_hex, None);
    }
}

#[test]
fn a_sender_set_to_7e1_is_told_and_read_where_allowed() {
    let wire: Vec<u8> = b"\n11 1234 18 E130 01 C005\r"
        .iter()
        .map(|b| b | if b.count_ones() % 2 == 1 { 0x80 } else { 0 })
        .collect();
    let decoded = decode(&wire);
    assert!(!decoded.ok && decoded.quirks.has(Quirk::SevenBits));
    assert_eq!(decoded.account.as_deref(), Some("1234"));
    let settings = Settings {
        seven_bits: true,
        ..Settings::DEFAULT
    };
    let (decoded, _) = Configured { settings }.decode(&wire, &DecodeOptions::default());
    assert!(decoded.ok && decoded.reply_hex.is_some());
}

fn emit(event: &AlarmEvent<'_>) -> Result<(Vec<u8>, Losses), Refusal> {
    let how = Emit::new(
        ReceiverNumber::new("01").expect("short"),
        LineNumber::new("002").expect("short"),
        Sequence::FIRST,
        Now::default(),
    );
    let mut out = BytesMut::from(&b"before"[..]);
    let done = Ademco685.emit(event, &how, &mut out);
    let wire = out.strip_prefix(b"before").expect("kept").to_vec();
    match done {
        Ok(losses) => Ok((wire, losses)),
        Err(refusal) => {
            assert!(wire.is_empty(), "{refusal}");
            Err(refusal)
        }
    }
}

#[test]
fn what_a_frame_said_is_emitted_as_the_same_frame() {
    for wire in [
        &b"\n12 1234 18 E130 01 C005\r"[..],
        b"\n12 1234 18 R401 02 U003\r",
        b"\n12 1234 18 P301 00 C000\r",
        b"\n12 1234 3\r",
        b"\n12 1234 3 0\r",
        b"\n12 1234 5555 5515 7\r",
        b"\n12 1234 5555 5555 9\r",
    ] {
        frame(wire).events(&Settings::DEFAULT, &mut |event, _| {
            let (again, losses) = emit(event).expect("its own");
            assert_eq!(
                again.escape_ascii().to_string(),
                wire.escape_ascii().to_string()
            );
            assert!(losses.is_empty());
        });
    }
}

#[test]
fn what_has_no_place_is_refused_and_what_is_left_out_is_told() {
    let raw = |text| EventCode::Raw {
        protocol: NAME,
        text,
    };
    let mut event = AlarmEvent::new(raw("3"), Qualifier::New);
    assert!(
        matches!(emit(&event), Err(Refusal::Encode(_))),
        "no account"
    );
    event.account = AccountId::new("123").ok();
    event.text = Some(b"hall");
    let (wire, losses) = emit(&event).expect("good");
    assert_eq!(wire, b"\n12 0123 3\r");
    assert!(losses.has(Loss::Text));
    event.zone = Zone::new("12").ok();
    assert!(matches!(
        emit(&event),
        Err(Refusal::NoPlace { field: "zone", .. })
    ));
    event.code = EventCode::ContactId {
        qualifier: b'1',
        code: *b"130",
    };
    assert_eq!(
        emit(&event).expect("good").0,
        b"\n12 0123 18 E130 00 C012\r"
    );
    event.account = AccountId::new("12345").ok();
    assert!(matches!(
        emit(&event),
        Err(Refusal::NoPlace {
            field: "account",
            ..
        })
    ));
    event.code = raw("34");
    assert!(emit(&event).is_err());
    assert_eq!(event.lane, Lane::Intrusion);
}

#[test]
fn no_other_protocols_frame_looks_like_one() {
    for other in [
        &b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 010]\r"[..],
        b"5011 181234E12101001\x14",
        b"1131 01 015",
        b"Nri1/BA015",
        b"\n1B1j23458b45A\r",
        b"111234A3\r",
        b"",
    ] {
        assert!(Ademco685.confidence(other) <= 5, "{}", other.escape_ascii());
    }
}

#[test]
fn damage_is_this_protocols_and_noise_in_front_makes_it_nobody_elses() {
    for damaged in [
        &b"\n11 1234 18 X130 01 C005\r"[..],
        b"\n11 1234 18 E130 01 Q005\r",
        b"\n1 11234 18 E130 01 C005\r",
        b"\n11 1234 18 E130 01\r",
        b"\n11 1234 1555 555 7\r",
    ] {
        let first = crate::codec::registry::detect(damaged).expect("fits");
        assert_eq!(first.name(), NAME, "{}", damaged.escape_ascii());
        assert_eq!(decode(damaged).reply_hex.as_deref(), Some("15"));
    }
    for noisy in [
        &b"  \n11 1234 18 E130 01 C005\r"[..],
        b"\r\n11 1234 18 E130 01 C005\r",
        b"\x00\n11 1234 18 E130 01 C005\r",
    ] {
        let first = crate::codec::registry::detect(noisy).expect("fits");
        assert_eq!(first.name(), NAME, "{}", noisy.escape_ascii());
    }
}
