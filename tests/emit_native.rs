//! Events written in `dc09`, `contact-id` and `dc03`, and read back: what is not carried is told.
#![cfg(all(feature = "dc09", feature = "contact-id", feature = "dc03"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use alarmwire::{
    AccountId, AlarmEvent, EventCode, Now, Qualifier, Sequence, Timestamp,
    codec::{
        DecodeOptions, Emit, Protocol, Signal,
        contact_id::ContactId,
        dc03::Dc03,
        dc09::{Body, Dc09, Frame},
    },
    event::{CID_CODES, Loss, Losses, Refusal, SIA_CODES},
    types::{LineNumber, Partition, ReceiverNumber, User, Zone},
};
use bytes::BytesMut;
use proptest::prelude::*;

fn how() -> Emit<'static> {
    Emit::new(
        ReceiverNumber::new("01").unwrap(),
        LineNumber::new("1").unwrap(),
        Sequence::FIRST,
        Now {
            monotonic: Duration::ZERO,
            utc: Timestamp::from_civil(2026, 3, 1, 12, 0, 0).unwrap(),
        },
    )
}

fn write(protocol: &dyn Protocol, event: &AlarmEvent<'_>) -> Result<(Vec<u8>, Losses), Refusal> {
    let mut out = BytesMut::from(&b"before"[..]);
    let result = protocol.emit(event, &how(), &mut out);
    assert!(out.starts_with(b"before"));
    match result {
        Ok(losses) => Ok((out[6..].to_vec(), losses)),
        Err(refusal) => {
            assert_eq!(&out[..], b"before", "a refusal leaves the buffer as it was");
            Err(refusal)
        }
    }
}

/// Reads a DC-09 frame's one event.
fn read<T>(wire: &[u8], look: impl FnOnce(&AlarmEvent<'_>) -> T) -> T {
    let (frame, taken) = Frame::parse_whole(wire).unwrap();
    assert_eq!(taken, wire.len());
    assert!(frame.quirks.is_empty(), "{frame}");
    let Body::Clear(content) = frame.body else {
        panic!()
    };
    let signal = Signal {
        protocol: &Dc09,
        token: Some(frame.token.as_str()),
        encrypted: false,
        sequence: Some(frame.sequence),
        receiver: None,
        line: None,
        account: frame.account,
        data: content.data,
        extended: content.extended.as_bytes(),
        sent: content.sent(),
        raw: frame.raw,
        possible_repeat: false,
        remember_ciphertext: false,
        quirks: frame.quirks,
    };
    let (mut look, mut found) = (Some(look), None);
    signal.events(&mut |event, _| {
        let look = look
            .take()
            .unwrap_or_else(|| panic!("one event only: {frame}"));
        found = Some(look(event));
    });
    found.unwrap()
}

fn event<'a>(code: EventCode<'a>, qualifier: Qualifier) -> AlarmEvent<'a> {
    let mut event = AlarmEvent::new(code, qualifier);
    event.account = AccountId::new("1234").ok();
    event
}

/// The event with a change.
fn set<'a>(mut event: AlarmEvent<'a>, change: impl FnOnce(&mut AlarmEvent<'a>)) -> AlarmEvent<'a> {
    change(&mut event);
    event
}

/// Compares what was read with what was written, but for what is told to be lost.
fn same(read: &AlarmEvent<'_>, written: &AlarmEvent<'_>, losses: Losses) {
    assert_eq!(read.account, written.account);
    assert_eq!(read.code, written.code);
    if !losses.has(Loss::Status) {
        assert_eq!(read.qualifier, written.qualifier, "{written:?}");
    }
    let number = |text: &str| text.trim_start_matches('0').to_owned();
    let area = |event: &AlarmEvent<'_>| {
        event
            .partition
            .map(|v| number(v.as_str()))
            .unwrap_or_default()
    };
    let zone = |event: &AlarmEvent<'_>| event.zone.map(|v| number(v.as_str())).unwrap_or_default();
    let user = |event: &AlarmEvent<'_>| event.user.map(|v| number(v.as_str())).unwrap_or_default();
    assert_eq!(area(read), area(written), "{written:?}");
    for (loss, found, wanted) in [
        (Loss::Zone, zone(read), zone(written)),
        (Loss::User, user(read), user(written)),
    ] {
        assert_eq!(
            found,
            if losses.has(loss) {
                String::new()
            } else {
                wanted
            },
            "{written:?}"
        );
    }
    if !losses.has(Loss::Text) {
        assert_eq!(read.text, written.text);
    }
    if !losses.has(Loss::Time) {
        assert_eq!(read.time, written.time);
    }
}

#[derive(Clone, Debug)]
struct Parts {
    partition: Option<u8>,
    zone: Option<u16>,
    user: Option<u16>,
    text: Option<Vec<u8>>,
    seconds: Option<i64>,
    status: bool,
}

fn parts() -> impl Strategy<Value = Parts> {
    (
        proptest::option::of(1_u8..100),
        proptest::option::of(1_u16..1000),
        proptest::option::of(1_u16..1000),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 1..70)),
        proptest::option::of(946_684_800_i64..4_102_444_800),
        any::<bool>(),
    )
        .prop_map(|(partition, zone, user, text, seconds, status)| Parts {
            partition,
            zone,
            user,
            text,
            seconds,
            status,
        })
}

fn with(
    parts: &Parts,
    code: EventCode<'_>,
    qualifier: Qualifier,
    look: impl FnOnce(&AlarmEvent<'_>),
) {
    let [partition, zone, user] = [
        parts.partition.map(|v| v.to_string()),
        parts.zone.map(|v| v.to_string()),
        parts.user.map(|v| v.to_string()),
    ];
    let mut event = event(code, qualifier);
    event.partition = partition.as_deref().and_then(|v| Partition::new(v).ok());
    event.zone = zone.as_deref().and_then(|v| Zone::new(v).ok());
    event.user = user.as_deref().and_then(|v| User::new(v).ok());
    event.text = parts.text.as_deref();
    event.time = parts
        .seconds
        .map(|s| Timestamp::from_nanos(s * 1_000_000_000));
    look(&event);
}

proptest! {
    #[test]
    fn a_contact_id_event_is_carried_by_dc09_and_by_a_block(row in 0..CID_CODES.len(), parts in parts()) {
        let qualifier = if parts.status { Qualifier::Status } else { Qualifier::New };
        let code = EventCode::ContactId { qualifier: qualifier.digit(), code: CID_CODES[row].code };
        with(&parts, code, qualifier, |event| {
            let (wire, losses) = write(&Dc09, event).unwrap();
            read(&wire, |found| same(found, event, losses));
            let (wire, losses) = write(&ContactId, event).unwrap();
            assert_eq!((losses.has(Loss::Text), losses.has(Loss::Time)), (event.text.is_some(), event.time.is_some()));
            let (decoded, taken) = ContactId.decode(&wire, &DecodeOptions::default());
            assert!(decoded.ok && taken == wire.len());
            assert_eq!(&decoded.events[0].code, &event.code.to_string());
        });
    }

    #[test]
    fn a_sia_event_is_carried_by_dc09_and_by_blocks(row in 0..SIA_CODES.len(), parts in parts()) {
        let code = EventCode::Sia(SIA_CODES[row].code);
        let qualifier = code.sia_qualifier(parts.status);
        with(&parts, code, qualifier, |event| {
            let (wire, losses) = write(&Dc09, event).unwrap();
            read(&wire, |found| same(found, event, losses));
            let (wire, _) = write(&Dc03, event).unwrap();
            let mut at = 0;
            let mut codes = Vec::new();
            let mut account = None;
            while at < wire.len() {
                let (decoded, taken) = Dc03.decode(&wire[at..], &DecodeOptions::default());
                assert!(decoded.ok, "{}", wire.escape_ascii());
                codes.extend(decoded.events.iter().map(|event| event.code.clone()));
                account = account.or(decoded.account);
                at += taken;
            }
            assert_eq!((codes, account.as_deref()), (vec![event.code.to_string()], Some("1234")));
        });
    }
}

#[test]
fn frames_look_as_the_dossiers_draw_them() {
    let mut alarm = event(EventCode::parse("cid:1131").unwrap(), Qualifier::New);
    alarm.partition = Partition::new("1").ok();
    alarm.zone = Zone::new("15").ok();
    let (wire, losses) = write(&Dc09, &alarm).unwrap();
    assert!(losses.is_empty());
    assert_eq!(
        &wire[9..],
        b"\"ADM-CID\"0001R01L1#1234[#1234|1131 01 015]_12:00:00,03-01-2026\r"
    );
    assert_eq!(write(&ContactId, &alarm).unwrap().0, b"1234181131010158\n");

    let mut alarm = event(EventCode::parse("sia:CA").unwrap(), Qualifier::Restore);
    alarm.user = User::new("7").ok();
    let (wire, _) = write(&Dc09, &alarm).unwrap();
    assert!(
        wire.ends_with(b"[#1234|Nri0/CA7]_12:00:00,03-01-2026\r"),
        "no area is no area"
    );
}

#[test]
fn what_cannot_be_carried_is_refused_and_says_why() {
    let cid = || event(EventCode::parse("cid:1131").unwrap(), Qualifier::New);
    let sia = || event(EventCode::parse("sia:BA").unwrap(), Qualifier::New);
    let raw = |protocol, text| event(EventCode::Raw { protocol, text }, Qualifier::New);
    let refused =
        |protocol: &dyn Protocol, event: AlarmEvent<'_>| write(protocol, &event).unwrap_err();

    let no_place = |field, protocol| Refusal::NoPlace { field, protocol };
    let long = set(cid(), |e| e.zone = Zone::new("1234").ok());
    assert_eq!(refused(&Dc09, long), no_place("zone", "contact-id"));
    let area = set(cid(), |e| e.partition = Partition::new("123").ok());
    assert_eq!(
        refused(&ContactId, area),
        no_place("partition", "contact-id")
    );
    let odd = set(sia(), |e| e.zone = Zone::new("1x").ok());
    assert_eq!(refused(&Dc03, odd), no_place("zone", "dc03"));
    let five = set(sia(), |e| e.zone = Zone::new("12345").ok());
    assert_eq!(refused(&Dc09, five), no_place("zone", "dc03"));

    for (protocol, text) in [
        ("surgard", "A1"),
        ("contact-id", "x"),
        ("dc09", "NULL"),
        ("dc09", "SCT:\\x00"),
        ("dc09", "SCT:]"),
    ] {
        assert_eq!(
            refused(&Dc09, raw(protocol, text)),
            Refusal::Protocol("dc09"),
            "{text}"
        );
    }
    assert_eq!(
        refused(&ContactId, raw("surgard", "A1")),
        Refusal::NoCode("Contact ID")
    );
    assert_eq!(refused(&Dc03, raw("surgard", "A1")), Refusal::NoCode("SIA"));

    for nameless in [cid(), sia()] {
        let nameless = set(nameless, |e| e.account = None);
        assert!(matches!(refused(&Dc09, nameless), Refusal::Encode(_)));
    }
    let five = set(cid(), |e| e.account = AccountId::new("12345").ok());
    assert!(
        matches!(refused(&ContactId, five), Refusal::Encode(_)),
        "nothing is cut or padded"
    );
    let digit = event(
        EventCode::parse("cid:2131").unwrap(),
        Qualifier::Other(b'2'),
    );
    assert!(matches!(refused(&Dc09, digit), Refusal::Encode(_)));
    let zero = Emit::new(how().receiver, how().line, Sequence::ZERO, how().now);
    assert!(Dc09.emit(&cid(), &zero, &mut BytesMut::new()).is_err());
}

#[test]
fn a_raw_body_of_dc09_goes_out_as_it_came() {
    let code = EventCode::Raw {
        protocol: "dc09",
        text: "SCN-S8:1234",
    };
    let (wire, losses) = write(&Dc09, &event(code, Qualifier::Status)).unwrap();
    assert!(losses.is_empty());
    assert!(wire[9..].starts_with(b"\"SCN-S8\"0001R01L1#1234[#1234|1234]"));
    read(&wire, |found| {
        assert_eq!((found.code, found.qualifier), (code, Qualifier::Status))
    });
}

#[test]
fn texts_find_the_place_that_can_hold_them() {
    let text = |text: &'static [u8]| {
        set(
            event(EventCode::parse("sia:BA").unwrap(), Qualifier::New),
            |e| e.text = Some(text),
        )
    };
    let ends = |text: AlarmEvent<'_>| {
        let (wire, losses) = write(&Dc09, &text).unwrap();
        let from = wire.iter().position(|b| *b == b'|').unwrap() + 1;
        let to = wire.iter().rposition(|b| *b == b']').unwrap();
        (
            String::from_utf8_lossy(&wire[from..to]).into_owned(),
            losses.has(Loss::Text),
        )
    };
    assert_eq!(ends(text(b"Hall")), ("NBA^Hall^".into(), false));
    assert_eq!(ends(text(b"Hall/Door")), ("NBA|AHall/Door".into(), false));
    assert_eq!(ends(text(b"Hall|Door")), ("NBA".into(), true));
    let long = text(&[b'x'; 70]);
    assert!(!write(&Dc09, &long).unwrap().1.has(Loss::Text));
    assert!(
        write(&Dc03, &long).unwrap().1.has(Loss::Text),
        "a block of the line holds 63 bytes"
    );
}
