//! What each kind of frame is answered with.

mod connection;
mod profiles;
mod responses;

use alloc::{format, string::String, vec};

use bytes::BytesMut;

use super::*;
use crate::{
    AccountId, EventCode, Sequence, Timestamp,
    codec::dc09::{Message, Style, Token},
    link::{
        Stored, Ticket,
        dc09::{Account, Answer, Refuse, Unknown},
    },
    types::LineNumber,
};

fn now() -> Now {
    Now {
        monotonic: Duration::from_secs(1000),
        utc: Timestamp::from_civil(2026, 3, 1, 12, 0, 0).unwrap(),
    }
}

fn later(seconds: u64) -> Now {
    now().after(Duration::from_secs(seconds))
}

fn id(text: &str) -> AccountId<'_> {
    AccountId::new(text).unwrap()
}

fn zeros() -> Box<dyn Entropy + Send> {
    Box::new(|out: &mut [u8]| out.fill(0xA5))
}

fn policy() -> Policy {
    let mut policy = Policy::new();
    policy.insert(id("1234"), Account::clear());
    #[cfg(feature = "crypto")]
    policy.insert(id("AAA"), Account::keyed(key(1)));
    policy
}

#[cfg(feature = "crypto")]
fn key(n: u8) -> crate::codec::dc09::Key {
    crate::codec::dc09::Key::from_bytes(&[n; 16]).unwrap()
}

fn message<'a>(
    token: &'a str,
    account: &'a str,
    data: &'a str,
    sent: Option<Timestamp>,
) -> Message<'a> {
    Message {
        token: Token::new(token).unwrap(),
        sequence: if token == "NULL" {
            Sequence::ZERO
        } else {
            Sequence::FIRST
        },
        receiver: None,
        line: LineNumber::new("0").ok(),
        account: AccountId::new(account).ok(),
        data: data.as_bytes(),
        extended: &[],
        timestamp: sent,
    }
}

fn clear(message: &Message<'_>) -> Vec<u8> {
    let mut out = BytesMut::new();
    message
        .encode(
            &Style {
                lenient: true,
                ..Style::default()
            },
            &mut out,
        )
        .unwrap();
    out.to_vec()
}

#[cfg(feature = "crypto")]
fn encrypted(message: &Message<'_>, n: u8) -> Vec<u8> {
    let mut out = BytesMut::new();
    let style = Style {
        lenient: true,
        ..Style::default()
    };
    message
        .encode_encrypted(&style, &key(n), &mut |pad: &mut [u8]| pad.fill(7), &mut out)
        .unwrap();
    out.to_vec()
}

const CID: &str = "#1234|1130 01 015";

/// What one frame led to: the event in words, and the answer, an event's as if it had been stored.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Seen {
    what: String,
    answer: Option<Vec<u8>>,
}

fn drain(receiver: &mut Receiver, now: Now, seen: &mut Vec<Seen>) {
    loop {
        let (what, mut answer) = match receiver.next(now) {
            None => return,
            Some(Event::Signal(ticket, signal)) => {
                let words = format!(
                    "signal {} {:?} {:?}",
                    signal.account.map_or("", |a| a.as_str()),
                    signal.quirks,
                    signal.remember_ciphertext
                );
                (words, Some(ticket.redeem(&Stored::new(false)).to_vec()))
            }
            Some(Event::Answered(answered)) => (format!("answered {}", answered.token), None),
            Some(Event::Refused(refused)) => {
                assert_eq!(
                    refused.reason.is_compromise(),
                    matches!(
                        refused.reason.name(),
                        "unknown_account"
                            | "no_key"
                            | "wrong_key"
                            | "downgrade"
                            | "foreign_account"
                    )
                );
                (
                    format!(
                        "refused {} {}",
                        refused.reason.name(),
                        refused.account.map_or("", |a| a.as_str())
                    ),
                    None,
                )
            }
            Some(Event::Noise(_)) => (String::from("noise"), None),
        };
        answer = answer.or_else(|| receiver.poll_transmit().map(|reply| reply.to_vec()));
        assert!(receiver.poll_transmit().is_none());
        seen.push(Seen { what, answer });
    }
}

fn stream(policy: &Policy, bytes: &[u8]) -> Vec<Seen> {
    let mut receiver =
        Receiver::stream(Arc::new(policy.clone()), Limits::default(), zeros(), now());
    let mut seen = Vec::new();
    receiver.handle_input(now(), bytes);
    drain(&mut receiver, now(), &mut seen);
    seen
}

fn datagram(policy: &Policy, bytes: &[u8]) -> Vec<Seen> {
    let mut receiver = Receiver::datagram(Arc::new(policy.clone()), zeros());
    let mut seen = Vec::new();
    receiver.handle_datagram(now(), bytes);
    drain(&mut receiver, now(), &mut seen);
    seen
}

/// The one thing that a frame leads to, which is the same on a stream and in a datagram.
fn one(policy: &Policy, bytes: &[u8]) -> (String, Option<String>) {
    let (seen, other) = (stream(policy, bytes), datagram(policy, bytes));
    assert_eq!(seen, other);
    assert_eq!(seen.len(), 1, "{seen:?}");
    let answer = seen[0]
        .answer
        .as_deref()
        .map(|bytes| String::from_utf8(bytes[9..bytes.len() - 1].to_vec()).unwrap());
    (seen[0].what.clone(), answer)
}

#[track_caller]
fn expect(policy: &Policy, bytes: &[u8], what: &str, answer: Option<&str>) {
    let (seen, said) = one(policy, bytes);
    assert!(seen.starts_with(what), "{seen}, not {what}");
    assert_eq!(said.as_deref(), answer);
}

#[test]
fn a_good_frame_is_a_signal_and_its_ack_waits_for_the_proof() {
    let frame = clear(&message("ADM-CID", "1234", CID, None));
    expect(
        &policy(),
        &frame,
        "signal 1234 {} false",
        Some("\"ACK\"0001L0#1234[]"),
    );
}

#[cfg(feature = "crypto")]
#[test]
fn an_encrypted_request_gets_an_encrypted_ack_with_pipe_long_pad_and_our_time() {
    let frame = encrypted(
        &message("SIA-DCS", "AAA", "#AAA|Nri1/BA012", Some(now().utc)),
        1,
    );
    let seen = stream(&policy(), &frame);
    let answer = seen[0].answer.clone().unwrap();
    let (ack, _) = Frame::parse_whole(&answer).unwrap();
    assert_eq!(
        (ack.token, ack.encrypted, ack.sequence),
        (Token::Ack, true, Sequence::FIRST)
    );
    let mut scratch = crate::codec::dc09::Scratch::new();
    let content = ack.decrypt(&key(1), &mut scratch).unwrap();
    assert!(content.pipe && content.pad.len() >= 16 && content.data.is_empty());
    assert_eq!(
        content.timestamp,
        Some(&crate::codec::dc09::write_time(now().utc)[..])
    );
}

#[test]
fn a_wrong_check_value_is_silence_and_the_frame_behind_it_still_counts() {
    let mut bytes = clear(&message("ADM-CID", "1234", CID, None));
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    expect(&policy(), &bytes, "refused crc", None);
    bytes.extend(clear(&message("ADM-CID", "1234", CID, None)));
    let seen = stream(&policy(), &bytes);
    assert!(seen.last().unwrap().what.starts_with("signal"));
    assert_eq!(seen.iter().filter(|s| s.answer.is_some()).count(), 1);
}

#[test]
fn a_length_that_is_no_number_is_silence() {
    let seen = stream(
        &policy(),
        b"\n01fc003g\"ACK\"0000Rc0ffdL1234#080027E62A64[]_12:10:40,06-22-2015\r",
    );
    assert_eq!(seen[0].what, "refused length ");
    assert!(seen.iter().all(|s| s.answer.is_none()));
}

#[test]
fn a_wrong_length_is_taken_and_flagged_after_a_second_on_a_stream_and_at_once_in_a_datagram() {
    let frame = b"\nB0AC0099\"ADM-CID\"0001L0#7099[#7099|1628 01 000]\r";
    let policy = Policy::accept_all();
    assert!(datagram(&policy, frame)[0].what.contains("quirk-04"));
    let mut receiver = Receiver::stream(Arc::new(policy), Limits::default(), zeros(), now());
    let mut seen = Vec::new();
    receiver.handle_input(now(), frame);
    drain(&mut receiver, now(), &mut seen);
    assert!(seen.is_empty());
    assert_eq!(
        receiver.poll_timeout(),
        Some(now().monotonic + Duration::from_secs(1))
    );
    receiver.handle_timeout(later(1));
    drain(&mut receiver, later(1), &mut seen);
    assert!(seen[0].what.contains("quirk-04") && seen[0].answer.is_some());
    assert_eq!(receiver.close(), None);
}

#[test]
fn an_unknown_token_gets_duh_even_from_strangers() {
    let frame = clear(&message("VIS-BBA", "9999", "", None));
    expect(
        &policy(),
        &frame,
        "refused unknown_token 9999",
        Some("\"DUH\"0001L0#9999[]"),
    );
}

#[test]
fn unknown_codes_and_unreadable_bodies_are_signals_all_the_same() {
    for data in ["#1234|Nri1/QQ99", "", "#1234|", "#1234|\u{e4}~~"] {
        let frame = clear(&message("SIA-DCS", "1234", data, None));
        expect(
            &policy(),
            &frame,
            "signal 1234",
            Some("\"ACK\"0001L0#1234[]"),
        );
    }
    let frame = clear(&message("ADM-41E", "1234", "#1234|whatever", None));
    expect(
        &policy(),
        &frame,
        "signal 1234",
        Some("\"ACK\"0001L0#1234[]"),
    );
}

#[test]
fn an_unknown_account_is_refused_by_policy() {
    let frame = clear(&message("ADM-CID", "9999", "#9999|1130 01 015", None));
    let silent = policy();
    expect(&silent, &frame, "refused unknown_account 9999", None);
    let spoken = Policy {
        refuse: Refuse::Duh,
        ..policy()
    };
    expect(
        &spoken,
        &frame,
        "refused unknown_account 9999",
        Some("\"DUH\"0001L0#9999[]"),
    );
    let open = Policy {
        unknown: Unknown::Accept,
        ..policy()
    };
    expect(&open, &frame, "signal 9999", Some("\"ACK\"0001L0#9999[]"));
}

#[cfg(feature = "crypto")]
#[test]
fn a_clear_frame_of_a_keyed_account_is_refused_by_policy() {
    let frame = clear(&message("ADM-CID", "AAA", "#AAA|1130 01 015", None));
    expect(&policy(), &frame, "refused downgrade AAA", None);
    expect(
        &Policy {
            refuse: Refuse::Duh,
            ..policy()
        },
        &frame,
        "refused downgrade",
        Some("\"DUH\"0001L0#AAA[]"),
    );
    let null = clear(&message("NULL", "AAA", "", None));
    expect(&policy(), &null, "refused downgrade AAA", None);
    let open = Policy {
        unknown: Unknown::Accept,
        ..policy()
    };
    expect(&open, &null, "refused downgrade AAA", None);
    let mut changing = policy();
    changing.insert(
        id("AAA"),
        Account {
            demand: crate::link::dc09::Demand::Clear,
            ..Account::keyed(key(1))
        },
    );
    expect(&changing, &frame, "signal AAA", Some("\"ACK\"0001L0#AAA[]"));
}

#[cfg(feature = "crypto")]
#[test]
fn a_missing_or_wrong_key_is_refused_by_policy() {
    let wrong = encrypted(
        &message("ADM-CID", "AAA", "#AAA|1130 01 015", Some(now().utc)),
        2,
    );
    expect(&policy(), &wrong, "refused wrong_key AAA", None);
    expect(
        &Policy {
            refuse: Refuse::Duh,
            ..policy()
        },
        &wrong,
        "refused wrong_key",
        Some("\"DUH\"0001L0#AAA[]"),
    );
    let keyless = encrypted(&message("ADM-CID", "1234", CID, Some(now().utc)), 1);
    expect(&policy(), &keyless, "refused no_key 1234", None);
    let open = Policy {
        unknown: Unknown::Accept,
        ..policy()
    };
    let stranger = encrypted(
        &message("ADM-CID", "9999", "#9999|1130 01 015", Some(now().utc)),
        1,
    );
    expect(&open, &stranger, "refused no_key 9999", None);
}

#[cfg(not(feature = "crypto"))]
#[test]
fn without_encryption_encrypted_frames_find_no_key() {
    let frame = b"\nF8830076\"*ADM-CID\"0001L0#1234[3C997DC78CA4A20CAEC086529262CB1286CCFE3436B8B08E7C4C2BC4202046943FA507A5E8DA56DD0F399F6BC76AA511\r";
    expect(&policy(), frame, "refused no_key 1234", None);
}

#[cfg(feature = "crypto")]
#[test]
fn two_keys_are_valid_while_they_are_changed() {
    let mut changing = policy();
    let mut account = Account::keyed(key(1));
    assert!(account.add_key(key(2)) && !account.add_key(key(3)));
    changing.insert(id("AAA"), account);
    for (n, good) in [(1, true), (2, true), (3, false)] {
        let frame = encrypted(
            &message("ADM-CID", "AAA", "#AAA|1130 01 015", Some(now().utc)),
            n,
        );
        let seen = stream(&changing, &frame);
        assert_eq!(seen[0].what.starts_with("signal"), good);
        if let Some(answer) = &seen[0].answer {
            let (ack, _) = Frame::parse_whole(answer).unwrap();
            assert!(
                ack.decrypt(&key(n), &mut crate::codec::dc09::Scratch::new())
                    .is_ok()
            );
        }
    }
}

#[cfg(feature = "crypto")]
#[test]
fn an_encrypted_frame_outside_the_window_gets_nak_with_our_time_and_is_no_event() {
    let nak = "\"NAK\"0000R0L0A0[]_12:00:00,03-01-2026";
    for (seconds, good) in [
        (20, true),
        (21, false),
        (-40, true),
        (-41, false),
        (86_400, false),
    ] {
        let sent = now().utc.offset(seconds * 1_000_000_000);
        let frame = encrypted(
            &message("ADM-CID", "AAA", "#AAA|1130 01 015", Some(sent)),
            1,
        );
        let (what, answer) = one(&policy(), &frame);
        assert_eq!(what.starts_with("signal AAA {}"), good, "{seconds}");
        assert_eq!(answer.as_deref() == Some(nak), !good);
        let null = encrypted(&message("NULL", "AAA", "", Some(sent)), 1);
        assert_eq!(one(&policy(), &null).0 == "answered NULL", good);
    }
}

#[test]
fn a_clear_frame_outside_the_window_is_taken_and_flagged_unless_the_policy_says_otherwise() {
    let sent = now().utc.offset(-300 * 1_000_000_000);
    let frame = clear(&message("ADM-CID", "1234", CID, Some(sent)));
    expect(
        &policy(),
        &frame,
        "signal 1234 {\"quirk-10-clock-off\"}",
        Some("\"ACK\"0001L0#1234[]"),
    );
    let strict = Policy {
        reject_clear_time: true,
        ..policy()
    };
    expect(
        &strict,
        &frame,
        "refused outside_window 1234",
        Some("\"NAK\"0000R0L0A0[]_12:00:00,03-01-2026"),
    );
    let mut lenient = strict.clone();
    lenient.insert(
        id("1234"),
        Account {
            ignore_time: true,
            ..Account::clear()
        },
    );
    expect(
        &lenient,
        &frame,
        "signal 1234 {} false",
        Some("\"ACK\"0001L0#1234[]"),
    );
    let timeless = clear(&message("ADM-CID", "1234", CID, None));
    expect(
        &strict,
        &timeless,
        "signal 1234 {}",
        Some("\"ACK\"0001L0#1234[]"),
    );
}

#[test]
fn a_date_that_does_not_exist_is_outside_the_window_and_drops_nothing() {
    let body = "\"ADM-CID\"0001L0#1234[#1234|1130 01 015]_12:00:00,00-31-2019";
    let frame = format!(
        "\n{:04X}{:04X}{body}\r",
        crc::Crc::<u16>::new(&crc::CRC_16_ARC).checksum(body.as_bytes()),
        body.len()
    );
    expect(
        &policy(),
        frame.as_bytes(),
        "signal 1234 {\"quirk-10-clock-off\"}",
        Some("\"ACK\"0001L0#1234[]"),
    );
}

#[cfg(feature = "crypto")]
#[test]
fn the_account_of_encrypted_data_has_to_be_the_own_one_or_listed() {
    use crate::link::dc09::{AccountCode, DataAccounts};
    let frame = |data| encrypted(&message("SIA-DCS", "AAA", data, Some(now().utc)), 1);
    expect(
        &policy(),
        &frame("#BBB|Nri1/BA1"),
        "refused foreign_account AAA",
        None,
    );
    expect(
        &Policy {
            refuse: Refuse::Duh,
            ..policy()
        },
        &frame("#BBB|Nri1/BA1"),
        "refused foreign_account",
        None,
    );
    assert!(
        one(&policy(), &frame("#000aaa|Nri1/BA1"))
            .0
            .starts_with("signal AAA {}")
    );
    assert!(
        one(&policy(), &frame("|Nri1/BA1"))
            .0
            .starts_with("signal AAA {}")
    );
    let mut listing = policy();
    let data_accounts = DataAccounts::Listed(vec![AccountCode::new(id("BBB"))]);
    listing.insert(
        id("AAA"),
        Account {
            data_accounts,
            ..Account::keyed(key(1))
        },
    );
    assert!(
        one(&listing, &frame("#BBB|Nri1/BA1"))
            .0
            .contains("quirk-23")
    );
    expect(
        &listing,
        &frame("#CCC|Nri1/BA1"),
        "refused foreign_account",
        None,
    );
}

#[test]
fn the_account_of_clear_data_may_differ_and_is_noted() {
    let frame = clear(&message("SIA-DCS", "1234", "#0000|Npi0/AT", None));
    expect(
        &policy(),
        &frame,
        "signal 1234 {\"quirk-23-data-account\"}",
        Some("\"ACK\"0001L0#1234[]"),
    );
    let frame = clear(&message("SIA-DCS", "1234", "#001234|Npi0/AT", None));
    expect(
        &policy(),
        &frame,
        "signal 1234 {}",
        Some("\"ACK\"0001L0#1234[]"),
    );
}

#[test]
fn without_an_account_in_the_header_the_one_in_the_data_counts() {
    let frame = clear(&message("SIA-DCS", "", "#1234|NBA2", None));
    expect(&policy(), &frame, "signal 1234", Some("\"ACK\"0001L0[]"));
    let frame = clear(&message("SIA-DCS", "", "#9999|NBA2", None));
    expect(&policy(), &frame, "refused unknown_account 9999", None);
}

#[test]
fn signs_of_life_need_no_storage() {
    expect(
        &policy(),
        &clear(&message("NULL", "1234", "", None)),
        "answered NULL",
        Some("\"ACK\"0000L0#1234[]"),
    );
    expect(
        &policy(),
        &clear(&message("XNM", "1234", "", None)),
        "answered XNM",
        Some("\"ACK\"0001L0#1234[]"),
    );
    expect(
        &policy(),
        &clear(&message("XNM", "1234", "#1234|data", None)),
        "signal 1234",
        Some("\"ACK\"0001L0#1234[]"),
    );
    expect(
        &policy(),
        &clear(&message("NULL", "9999", "", None)),
        "refused unknown_account",
        None,
    );
}

#[test]
fn quirk_28_null_with_data() {
    let filling = clear(&message("NULL", "1234", "#0000|0000 00 000", None));
    expect(
        &policy(),
        &filling,
        "answered NULL",
        Some("\"ACK\"0000L0#1234[]"),
    );
}

#[cfg(feature = "crypto")]
#[test]
fn of_an_account_without_a_clock_every_ciphertext_is_remembered_even_of_signs_of_life() {
    let mut timeless = policy();
    timeless.insert(
        id("AAA"),
        Account {
            ignore_time: true,
            ..Account::keyed(key(1))
        },
    );
    let long_ago = Timestamp::from_civil(2014, 1, 1, 0, 0, 0).unwrap();
    for (token, data) in [("ADM-CID", "#AAA|1130 01 015"), ("NULL", "")] {
        let (what, answer) = one(
            &timeless,
            &encrypted(&message(token, "AAA", data, Some(long_ago)), 1),
        );
        assert_eq!(what, "signal AAA {} true");
        assert!(answer.is_some_and(|a| a.starts_with("\"*ACK\"")));
    }
}

#[test]
fn what_only_receivers_send_is_met_with_silence() {
    for token in ["ACK", "NAK", "DUH", "RSP"] {
        expect(
            &policy(),
            &clear(&message(token, "1234", "", None)),
            "refused not_for_receivers",
            None,
        );
    }
}

#[test]
fn an_event_code_of_the_raw_kind_is_what_an_unreadable_null_gives() {
    // The rule of `quirk_28` hangs on it: data that no body reader knows come as one raw event.
    let frame = clear(&message("SIA-PUL", "1234", "#1234|xx", None));
    let mut receiver = Receiver::stream(Arc::new(policy()), Limits::default(), zeros(), now());
    receiver.handle_input(now(), &frame);
    let Some(Event::Signal(_, signal)) = receiver.next(now()) else {
        panic!("no signal")
    };
    let mut codes = Vec::new();
    signal.events(&mut |event, _| codes.push(matches!(event.code, EventCode::Raw { .. })));
    assert_eq!(codes, [true]);
}
