//! Odd numbers in every code of the tables, sent to every protocol: what is written reads back with the same class and
//! the same numbers, or the loss is told, or the event is refused.
#![cfg(feature = "default")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use alarmwire::{
    AccountId, AlarmEvent, EventCode, Qualifier,
    codec::{DecodeOptions, Emit, PROTOCOLS},
    event::{Loss, Translation},
    types::{LineNumber, Now, Partition, ReceiverNumber, Sequence, User, Zone},
};
use bytes::BytesMut;

const CONTACT_ID: &str = include_str!("../src/event/tables/contact_id.csv");
const SIA: &str = include_str!("../src/event/tables/dc03.csv");

fn number(text: &str) -> String {
    text.trim_start_matches('0').to_ascii_uppercase()
}

fn codes() -> Vec<String> {
    let first = |line: &'static str| line.split(',').next().unwrap();
    let mut codes = Vec::new();
    for code in CONTACT_ID.lines().skip(1).map(first) {
        for qualifier in ["1", "3", "6"] {
            codes.push(format!("cid:{qualifier}{code}"));
        }
    }
    codes.extend(
        SIA.lines()
            .skip(1)
            .map(|line| format!("sia:{}", first(line))),
    );
    codes
}

#[test]
fn odd_numbers_survive_or_are_told() {
    let mut faults = std::collections::BTreeMap::<String, usize>::new();
    for code in codes() {
        let Ok(code) = EventCode::parse(&code) else {
            panic!("{code}");
        };
        let qualifier = match code {
            EventCode::ContactId { qualifier, .. } => Qualifier::from_digit(qualifier),
            _ => code.sia_qualifier(false),
        };
        for account in [
            "123",
            "0012",
            "1234",
            "123A",
            "0000123456",
            "0123456789ABCDEF",
        ] {
            for (place, partition) in [
                ("", ""),
                ("0", ""),
                ("1", "1"),
                ("015", "01"),
                ("999", "99"),
                ("1000", "100"),
                ("1F", "A"),
                ("B5", ""),
                ("0B5", "10"),
                ("9999", "0"),
            ] {
                for is_user in [false, true] {
                    let mut event = AlarmEvent::new(code, qualifier);
                    event.account = AccountId::new(account).ok();
                    event.partition = Partition::new(partition).ok();
                    if is_user {
                        event.user = User::new(place).ok();
                    } else {
                        event.zone = Zone::new(place).ok();
                    }
                    for target in PROTOCOLS {
                        let mut out = BytesMut::new();
                        let how = Emit::new(
                            ReceiverNumber::new("01").unwrap(),
                            LineNumber::new("1").unwrap(),
                            Sequence::FIRST,
                            Now::default(),
                        );
                        let Ok(losses) = target.emit(&event, &how, &mut out) else {
                            assert!(out.is_empty());
                            continue;
                        };
                        let mut fault = |what: String| {
                            let key = format!("{} {what}", target.name());
                            let entry = faults.entry(key).or_default();
                            *entry += 1;
                            if *entry <= 3 {
                                println!(
                                    "{}: {what}: {code} p{partition} {}{place} #{account}: {} losses {losses}",
                                    target.name(),
                                    if is_user { "u" } else { "z" },
                                    out.escape_ascii()
                                );
                            }
                        };
                        let mut rest = &out[..];
                        let (mut events, mut accounts) = (Vec::new(), Vec::new());
                        while !rest.is_empty() {
                            let (decoded, taken) = target.decode(rest, &DecodeOptions::default());
                            if !decoded.ok {
                                fault(format!("not ok {:?}", decoded.error.map(|e| e.message)));
                            }
                            accounts.extend(decoded.account.or(decoded.data_account));
                            events.extend(decoded.events);
                            rest = &rest[taken..];
                        }
                        let Some(back) = events.first() else {
                            fault("no event".into());
                            continue;
                        };
                        if event.class.function().is_some()
                            && events
                                .iter()
                                .all(|back| back.class != event.class.to_string().replace('-', "_"))
                        {
                            fault(format!("class {} from {}", back.class, event.class));
                        }
                        if event.qualifier == Qualifier::Restore
                            && events.iter().all(|back| back.qualifier != "restore")
                            && !losses.has(Loss::Qualifier)
                        {
                            fault(format!("qualifier {}", back.qualifier));
                        }
                        if !losses.has(Loss::Account)
                            && !accounts.iter().any(|a| number(a) == number(account))
                        {
                            fault(format!("account {accounts:?}"));
                        }
                        let places: Vec<String> = events
                            .iter()
                            .flat_map(|back| [&back.zone, &back.user])
                            .flatten()
                            .map(|text| number(text))
                            .collect();
                        if !number(place).is_empty()
                            && (event.zone.is_some() || event.user.is_some())
                            && !places.contains(&number(place))
                            && !(losses.has(Loss::Zone) || losses.has(Loss::User))
                        {
                            fault("place lost".into());
                        }
                        let areas: Vec<String> = events
                            .iter()
                            .filter_map(|back| back.partition.as_deref())
                            .map(number)
                            .collect();
                        if event.partition.is_some()
                            && !number(partition).is_empty()
                            && !areas.contains(&number(partition))
                            && !losses.has(Loss::Partition)
                        {
                            fault("partition lost".into());
                        }
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_account_follows_the_settings_of_the_receiver() {
    let settings = Translation::STANDARD.with_account_width(Some(4));
    for code in ["cid:1130", "sia:BA"] {
        let mut event = AlarmEvent::new(EventCode::parse(code).unwrap(), Qualifier::New);
        event.account = AccountId::new("00001234").ok();
        event.zone = Zone::new("1").ok();
        for target in PROTOCOLS {
            let mut how = Emit::new(
                ReceiverNumber::new("01").unwrap(),
                LineNumber::new("1").unwrap(),
                Sequence::FIRST,
                Now::default(),
            );
            how.translation = &settings;
            let mut out = BytesMut::new();
            if target.emit(&event, &how, &mut out).is_ok() {
                let text = out.escape_ascii().to_string();
                assert!(!text.contains("00001234"), "{} {text}", target.name());
            }
        }
    }
}
