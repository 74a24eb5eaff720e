//! The quirks of dc09.md 13 that show in a session or at a sender, each in a test named after its slug.
#![cfg(all(
    feature = "dc09",
    feature = "contact-id",
    feature = "dc03",
    feature = "crypto",
    feature = "journal"
))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation
)]

#[path = "common/desk.rs"]
mod desk;

use std::{sync::Arc, time::Duration};

use aes::{
    Aes128,
    cipher::{Array, BlockModeEncrypt, KeyIvInit, consts::U16},
};
use alarmwire::{
    Now, Sequence, Timestamp,
    codec::{
        Quirk, Shows,
        dc09::{Body, Field, Frame, Key, Style, reply_nak},
    },
    link::dc09::{Account, Close, Identity, Outgoing, Path, Policy, Report, Timing, Transmitter},
};
use bytes::BytesMut;
use desk::{Desk, Ledger, clear, id, later, message, noon};

const CID: &str = "#1234|1130 01 015";

fn open() -> Arc<Policy> {
    Arc::new(Policy::accept_all())
}

fn key() -> Key {
    Key::parse("ascii:0123456789ABCDEF").unwrap()
}

fn sealed(token: &str, sequence: u16, data: &str, sent: Timestamp) -> Vec<u8> {
    let mut out = BytesMut::new();
    let message = message(token, sequence, "1234", data, Some(sent));
    message
        .encode_encrypted(&Style::default(), &key(), &mut *desk::entropy(), &mut out)
        .unwrap();
    out.to_vec()
}

fn keyed() -> Arc<Policy> {
    let mut policy = Policy::new();
    policy.insert(id("1234"), Account::keyed(key()));
    Arc::new(policy)
}

#[test]
fn every_quirk_of_a_session_or_sender_has_its_test_here() {
    let source = include_str!("dc09_session_quirks.rs");
    for quirk in Quirk::ALL
        .iter()
        .filter(|q| matches!(q.shows(), Shows::Session | Shows::Sender))
    {
        let name = format!("fn {}()", quirk.slug().replace('-', "_"));
        assert!(source.contains(&name), "{name}");
    }
}

#[test]
fn quirk_09_local_time() {
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    let two_hours = noon().utc.offset(7200 * 1_000_000_000);
    let answers = desk.say(
        noon(),
        &mut ledger,
        &clear(&message("ADM-CID", 1, "1234", CID, Some(two_hours))),
    );
    assert_eq!(answers, ["\"ACK\"0001L0#1234[]"]);
    assert!(desk.quirks[0].has(Quirk::LocalTime) && desk.quirks[0].has(Quirk::ClockOff));
    assert_eq!(ledger.stored.len(), 1);
}

#[test]
fn quirk_10_clock_off() {
    // In clear the event counts; encrypted the panel is told the time, and its corrected frame counts.
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    let never_set = Timestamp::from_civil(2000, 1, 1, 0, 0, 5).unwrap();
    let answers = desk.say(
        noon(),
        &mut ledger,
        &clear(&message("ADM-CID", 1, "1234", CID, Some(never_set))),
    );
    assert_eq!(answers, ["\"ACK\"0001L0#1234[]"]);
    assert!(desk.quirks[0].has(Quirk::ClockOff) && !desk.quirks[0].has(Quirk::LocalTime));

    let (mut desk, mut ledger) = (Desk::stream(&keyed(), noon()), Ledger::default());
    let minute_ahead = noon().utc.offset(60 * 1_000_000_000);
    let answers = desk.say(
        noon(),
        &mut ledger,
        &sealed("ADM-CID", 1, CID, minute_ahead),
    );
    assert_eq!(answers, ["\"NAK\"0000R0L0A0[]_12:00:00,03-01-2026"]);
    assert!(ledger.stored.is_empty());
    let answers = desk.say(
        later(1),
        &mut ledger,
        &sealed("ADM-CID", 1, CID, later(1).utc),
    );
    assert!(answers[0].starts_with("\"*ACK\"0001"));
    assert_eq!(ledger.stored.len(), 1);
}

#[test]
fn quirk_12_retry_new_timestamp() {
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    for seconds in [0, 11, 22] {
        let frame = clear(&message(
            "SIA-DCS",
            7232,
            "AAA",
            "#AAA|Nri1/PE501",
            Some(later(seconds).utc),
        ));
        assert_eq!(
            desk.say(later(seconds), &mut ledger, &frame),
            ["\"ACK\"7232L0#AAA[]"]
        );
    }
    assert_eq!(ledger.stored.len(), 1);
    // The same again after the window is a new event.
    let frame = clear(&message(
        "SIA-DCS",
        7232,
        "AAA",
        "#AAA|Nri1/PE501",
        Some(later(650).utc),
    ));
    assert_eq!(desk.say(later(650), &mut ledger, &frame).len(), 1);
    assert_eq!(ledger.stored.len(), 2);
}

#[test]
fn quirk_13_retry_identical() {
    let (mut desk, mut ledger) = (Desk::stream(&keyed(), noon()), Ledger::default());
    let frame = sealed(
        "SIA-DCS",
        9,
        "#1234|Nri0RP2^SL 1807110200065423^",
        noon().utc,
    );
    for seconds in [0, 18, 36] {
        let answers = desk.say(later(seconds), &mut ledger, &frame);
        assert!(answers[0].starts_with("\"*ACK\"0009"), "{answers:?}");
    }
    assert_eq!(ledger.stored.len(), 1);
    // Beyond the window it is a recording or a very late copy: no event either way.
    assert!(desk.say(later(41), &mut ledger, &frame)[0].starts_with("\"NAK\""));
    assert_eq!(ledger.stored.len(), 1);
}

#[test]
fn quirk_14_stuck_sequence() {
    for stuck in [0, 1] {
        let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
        for (second, data) in [
            (0, "#3080|Nri1/BA1"),
            (1, "#3080|Nri1/BA2"),
            (2, "#3080|Nri1/BR1"),
            (3, "#3080|Nri1/BA1"),
        ] {
            let answers = desk.say(
                later(second),
                &mut ledger,
                &clear(&message("SIA-DCS", stuck, "3080", data, None)),
            );
            assert_eq!(answers, [format!("\"ACK\"000{stuck}L0#3080[]")]);
        }
        // The fourth has the content of the first.
        assert_eq!(ledger.stored.len(), 3);
    }
}

#[test]
fn quirk_16_test_as_heartbeat() {
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    let mut sequence = 1700;
    for second in (0..300).step_by(60) {
        sequence += 1;
        let frame = clear(&message(
            "SIA-DCS",
            sequence,
            "0000",
            "#0000|Nri0/RP0000",
            Some(later(second).utc),
        ));
        assert_eq!(
            desk.say(later(second), &mut ledger, &frame),
            [format!("\"ACK\"{sequence}L0#0000[]")]
        );
    }
    assert_eq!(ledger.stored.len(), 5);
    assert!(
        ledger
            .stored
            .iter()
            .all(|stored| stored.codes == ["sia:RP"])
    );
}

#[test]
fn quirk_17_duh_repeats() {
    // DUH for an unknown code would make Ajax repeat for ever: unknown codes are acknowledged.
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    for (sequence, data) in [
        (1, "#AAA|Nri1/PE501"),
        (2, "#AAA|Nri2/JC12"),
        (3, "#AAA|Nri1/QQ99"),
        (4, "#AAA|nonsense"),
    ] {
        let answers = desk.say(
            noon(),
            &mut ledger,
            &clear(&message("SIA-DCS", sequence, "AAA", data, None)),
        );
        assert_eq!(answers, [format!("\"ACK\"000{sequence}L0#AAA[]")]);
    }
    assert_eq!(ledger.stored.len(), 4);
}

#[test]
fn quirk_18_invented_receiver() {
    // We invent none, and take no answer that does.
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    let answers = desk.say(
        noon(),
        &mut ledger,
        b"\nEA740027\"NULL\"0000L0#1409[]_20:38:07,08-27-2026\r",
    );
    assert_eq!(answers, ["\"ACK\"0000L0#1409[]"]);

    let (mut panel, _) = sending(Identity::new(id("AAAA")));
    panel.handle_input(noon(), Path::Main, b"\n3BD10016\"ACK\"0001NoneL0#AAAA[]\r");
    assert!(panel.is_busy());
}

#[test]
fn quirk_19_coalesced() {
    let burst = [
        clear(&message(
            "ADM-CID",
            56,
            "123456",
            "#123456|1406 01 000",
            None,
        )),
        clear(&message("NULL", 0, "123456", "", None)),
        clear(&message(
            "ADM-CID",
            60,
            "123456",
            "#123456|1401 01 000",
            None,
        )),
    ]
    .concat();
    let expected = [
        "\"ACK\"0056L0#123456[]",
        "\"ACK\"0000L0#123456[]",
        "\"ACK\"0060L0#123456[]",
    ];
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    assert_eq!(desk.say(noon(), &mut ledger, &burst), expected);
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    let mut answers = Vec::new();
    for byte in &burst {
        answers.extend(desk.say(noon(), &mut ledger, &[*byte]));
    }
    assert_eq!(answers, expected);
    assert_eq!(ledger.stored.len(), 2);
}

#[test]
fn quirk_25_leading_zeros() {
    let mut policy = Policy::new();
    policy.insert(id("008312"), Account::clear());
    let (mut desk, mut ledger) = (Desk::stream(&Arc::new(policy), noon()), Ledger::default());
    let known = clear(&message(
        "ADM-CID",
        1,
        "008312",
        "#008312|1602 00 000",
        None,
    ));
    assert_eq!(
        desk.say(noon(), &mut ledger, &known),
        ["\"ACK\"0001L0#008312[]"]
    );
    let other = clear(&message("ADM-CID", 1, "8312", "#8312|1602 00 000", None));
    assert!(desk.say(noon(), &mut ledger, &other).is_empty());
    assert_eq!(ledger.stored[0].account, "008312");
}

#[test]
fn quirk_30_socket_closing() {
    // The server never closes first but for its limits, and what a peer that closes at once has sent still counts.
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    for sequence in 1..=3 {
        let seconds = u64::from(sequence) * 600;
        let frame = clear(&message("ADM-CID", sequence, "1234", CID, None));
        assert_eq!(desk.say(later(seconds), &mut ledger, &frame).len(), 1);
        desk.receiver.handle_timeout(later(seconds));
        assert_eq!(desk.receiver.close(), None);
    }
    desk.receiver.handle_timeout(later(1800 + 1800));
    assert_eq!(desk.receiver.close(), Some(Close::Idle));

    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    desk.take(noon(), &clear(&message("ADM-CID", 9, "1234", CID, None)));
    desk.receiver.handle_end();
    desk.drain(noon());
    assert_eq!(desk.commit(&mut ledger).len(), 1);
}

#[test]
fn quirk_32_verified_repeated() {
    // BV again, as the ACK may have come late: each copy is answered, one is delivered.
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    let frame = clear(&message("SIA-DCS", 77, "1234", "#1234|Nri1/BV1", None));
    desk.take(noon(), &frame);
    desk.take(noon(), &frame);
    assert_eq!(desk.commit(&mut ledger).len(), 2);
    assert_eq!(desk.say(later(9), &mut ledger, &frame).len(), 1);
    assert_eq!(ledger.stored.len(), 1);
}

/// A panel that has sent one frame, and the frame.
fn sending(identity: Identity) -> (Transmitter, Vec<u8>) {
    let mut panel = Transmitter::new(identity, Arc::new(Timing::default()), None, noon());
    panel
        .submit(
            noon(),
            Outgoing {
                id: 1,
                sequence: None,
                token: "ADM-CID",
                data: CID.as_bytes(),
                extended: b"",
            },
        )
        .unwrap();
    let frame = sent(&mut panel, noon()).unwrap();
    (panel, frame)
}

fn sent(panel: &mut Transmitter, now: Now) -> Option<Vec<u8>> {
    let mut out = BytesMut::new();
    panel.poll_transmit(now, &mut *desk::entropy(), &mut out)?;
    Some(out.to_vec())
}

#[test]
fn quirk_11_nak_time() {
    let (mut panel, frame) = sending(Identity::new(id("1234")));
    let (request, _) = Frame::parse_whole(&frame).unwrap();
    // Without a time, and with a month that is off by one.
    panel.handle_input(noon(), Path::Main, b"\nCD400011\"NAK\"0000R0L0A0[]\r");
    let mut reply = alarmwire::codec::dc09::Reply::new();
    reply_nak(
        &request,
        Timestamp::from_civil(2026, 2, 1, 12, 0, 0).unwrap(),
        &mut reply,
    );
    panel.handle_input(noon(), Path::Main, &reply);
    assert_eq!(panel.poll_event(), None);
    assert_eq!(panel.clock_offset(Path::Main), 0);
    assert_eq!(sent(&mut panel, later(1)), None);
    // One that can be believed is followed.
    reply_nak(
        &request,
        Timestamp::from_civil(2026, 3, 1, 13, 0, 0).unwrap(),
        &mut reply,
    );
    panel.handle_input(later(1), Path::Main, &reply);
    assert!(matches!(
        panel.poll_event(),
        Some(Report::ClockOffset { .. })
    ));
    let again = sent(&mut panel, later(1)).unwrap();
    let Body::Clear(content) = Frame::parse_whole(&again).unwrap().0.body else {
        panic!("encrypted")
    };
    assert_eq!(
        content.sent(),
        Timestamp::from_civil(2026, 3, 1, 13, 0, 0).ok()
    );
}

#[test]
fn quirk_34_missing_lf() {
    let frame = clear(&message("ADM-CID", 1, "1234", "#1234|1130 01 015", None));
    let other = clear(&message("ADM-CID", 2, "1234", "#1234|1130 01 015", None));
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    let answers = desk.say(noon(), &mut ledger, &[&frame[1..], &other[1..]].concat());
    assert_eq!(answers, ["\"ACK\"0001L0#1234[]", "\"ACK\"0002L0#1234[]"]);
    assert_eq!(ledger.stored.len(), 2);
}

#[test]
fn quirk_36_trailing_pkcs7() {
    let (mut panel, _) = sending(Identity::new(id("1234")).with_key(key()));
    // 16 constant pad bytes, `|`, `]`, the time, and ten bytes 0A of PKCS#7.
    let mut text = b"AAAAAAAAAAAAAAAA|]_12:00:00,03-01-2026".to_vec();
    let fill = 16 - text.len() % 16;
    text.extend(std::iter::repeat_n(fill as u8, fill));
    let mut blocks: Vec<Array<u8, U16>> = text
        .chunks(16)
        .map(|block| Array::try_from(block).unwrap())
        .collect();
    cbc::Encryptor::<Aes128>::new_from_slices(b"0123456789ABCDEF", &[0; 16])
        .unwrap()
        .encrypt_blocks(&mut blocks);
    let digits: String = blocks
        .iter()
        .flat_map(|block| block.iter().map(|byte| format!("{byte:02X}")))
        .collect();
    let body = format!("\"*ACK\"0001L0#1234[{digits}");
    let check = crc::Crc::<u16>::new(&crc::CRC_16_ARC).checksum(body.as_bytes());
    panel.handle_input(
        later(1),
        Path::Main,
        format!("\n{check:04X}{:04X}{body}\r", body.len()).as_bytes(),
    );
    assert!(matches!(
        panel.poll_event(),
        Some(Report::Delivered { id: 1, .. })
    ));
}

#[test]
fn quirk_37_key_in_ack() {
    // In clear, for an account that encrypts: no acknowledgement, and no key of ours.
    let (mut panel, first) = sending(Identity::new(id("1234")).with_key(key()));
    let mut ack = message("ACK", 1, "1234", "", None);
    let fields = [Field {
        letter: b'K',
        value: b"00112233445566778899AABBCCDDEEFF",
    }];
    ack.extended = &fields;
    panel.handle_input(later(1), Path::Main, &clear(&ack));
    assert!(panel.is_busy());
    let second = sent(&mut panel, later(5)).unwrap();
    for frame in [first, second] {
        let (frame, _) = Frame::parse_whole(&frame).unwrap();
        assert!(
            frame
                .decrypt(&key(), &mut alarmwire::codec::dc09::Scratch::new())
                .is_ok()
        );
    }
    // For a clear account it is an ACK with something behind it.
    let (mut panel, _) = sending(Identity::new(id("1234")));
    panel.handle_input(later(1), Path::Main, &clear(&ack));
    assert!(matches!(
        panel.poll_event(),
        Some(Report::Delivered {
            id: 1,
            sequence: Sequence::FIRST,
            ..
        })
    ));
    // And our answers never carry one.
    let (mut desk, mut ledger) = (Desk::stream(&open(), noon()), Ledger::default());
    let mut request = message("ADM-CID", 1, "1234", CID, None);
    let fields = [Field {
        letter: b'I',
        value: b"someone",
    }];
    request.extended = &fields;
    assert_eq!(
        desk.say(noon(), &mut ledger, &clear(&request)),
        ["\"ACK\"0001L0#1234[]"]
    );
    assert_eq!(
        desk.receiver.poll_timeout(),
        Some(noon().monotonic + Duration::from_secs(1800))
    );
}
