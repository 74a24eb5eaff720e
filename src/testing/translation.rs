//! Translation: strategies for events and settings, and what holds for all of them.

use alloc::{format, string::String, vec::Vec};

use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{
    AccountId, AlarmEvent, EventCode, Qualifier, Timestamp,
    event::{
        CID_CODES, HexA, Loss, Losses, Pairing, Profile, Refusal, SIA_CODES, Translation, ZoneBase,
    },
    types::{Partition, User, Zone},
};

/// An event that owns its texts.
#[derive(Clone, Debug)]
pub struct OwnedEvent {
    /// Code in short, or a raw text.
    code: Code,
    qualifier: Qualifier,
    account: Option<String>,
    partition: Option<String>,
    zone: Option<String>,
    user: Option<String>,
    text: Option<Vec<u8>>,
    time: Option<i64>,
}

#[derive(Clone, Debug)]
enum Code {
    ContactId(u8, [u8; 3]),
    Sia([u8; 2]),
    Raw(&'static str, String),
}

impl OwnedEvent {
    /// The event.
    #[must_use]
    pub fn event(&self) -> AlarmEvent<'_> {
        let code = match &self.code {
            Code::ContactId(qualifier, code) => EventCode::ContactId {
                qualifier: *qualifier,
                code: *code,
            },
            Code::Sia(code) => EventCode::Sia(*code),
            Code::Raw(protocol, text) => EventCode::Raw { protocol, text },
        };
        let mut event = AlarmEvent::new(code, self.qualifier);
        event.account = self.account.as_deref().and_then(|t| AccountId::new(t).ok());
        event.partition = self
            .partition
            .as_deref()
            .and_then(|t| Partition::new(t).ok());
        event.zone = self.zone.as_deref().and_then(|t| Zone::new(t).ok());
        event.user = self.user.as_deref().and_then(|t| User::new(t).ok());
        event.text = self.text.as_deref();
        event.time = self.time.map(Timestamp::from_nanos);
        event
    }
}

fn digits(pattern: &'static str) -> BoxedStrategy<Option<String>> {
    let good =
        proptest::string::string_regex(pattern).unwrap_or_else(|_| unreachable!("a good pattern"));
    option::of(prop_oneof![6 => good, 1 => "[ -~]{1,8}"]).boxed()
}

/// Any event: known and unknown codes, numbers that fit and such that do not.
pub fn events() -> impl Strategy<Value = OwnedEvent> {
    let letter = || prop::sample::select((b'A'..=b'Z').collect::<Vec<_>>());
    let digit = || prop::sample::select(&b"0123456789BCDEF"[..]);
    let code = prop_oneof![
        6 => (select(&b"13613613619"[..]), select(CID_CODES)).prop_map(|(q, row)| Code::ContactId(q, row.code)),
        1 => (any::<u8>(), [digit(), digit(), digit()]).prop_map(|(q, code)| Code::ContactId(q, code)),
        6 => select(SIA_CODES).prop_map(|row| Code::Sia(row.code)),
        1 => [letter(), letter()].prop_map(Code::Sia),
        1 => (select(&["surgard", "pulse", "dc03"][..]), "[ -~]{0,80}").prop_map(|(p, text)| Code::Raw(p, text)),
    ];
    let qualifier = prop_oneof![
        Just(Qualifier::New),
        Just(Qualifier::Restore),
        Just(Qualifier::Status),
        any::<u8>().prop_map(Qualifier::Other),
    ];
    (
        code,
        qualifier,
        option::of(prop_oneof![4 => "[0-9A-F]{3,6}", 1 => "[ -~]{1,16}"]),
        digits("[0-9]{1,2}"),
        digits("[0-9]{1,4}"),
        digits("[0-9]{1,3}"),
        option::of(vec(any::<u8>(), 0..20)),
        option::of(any::<i64>()),
    )
        .prop_map(
            |(code, qualifier, account, partition, zone, user, text, time)| {
                let mut event = OwnedEvent {
                    code,
                    qualifier,
                    account,
                    partition,
                    zone,
                    user,
                    text,
                    time,
                };
                // Mostly as parsers make them: the qualifier is that of the code.
                if matches!(qualifier, Qualifier::New | Qualifier::Restore) {
                    event.qualifier = match event.code {
                        Code::ContactId(digit, _) => Qualifier::from_digit(digit),
                        Code::Sia(code) => EventCode::Sia(code).sia_qualifier(false),
                        Code::Raw(..) => qualifier,
                    };
                }
                event
            },
        )
}

/// Any settings.
pub fn settings() -> impl Strategy<Value = Translation> {
    (
        select(&Profile::ALL[..]),
        any::<[bool; 5]>(),
        option::of(0_u8..20),
        select(&[HexA::Keep, HexA::Refuse, HexA::Zero][..]),
    )
        .prop_map(
            |(profile, [hex, table, cut, fallback, technical], width, hex_a)| {
                let base = if hex {
                    ZoneBase::Hexadecimal
                } else {
                    ZoneBase::Decimal
                };
                let settings = Translation::STANDARD
                    .with_profile(profile)
                    .with_zone_base(base)
                    .with_account_width(width)
                    .truncate_to_4(cut)
                    .with_hex_a(hex_a)
                    .with_fallback(fallback)
                    .with_technical_untyped(technical);
                if table {
                    settings.with_zone_table([(1011, 1), (1012, 2)])
                } else {
                    settings
                }
            },
        )
}

fn number(text: &str, base: ZoneBase) -> Option<u32> {
    let radix = match base {
        ZoneBase::Decimal => 10,
        ZoneBase::Hexadecimal => 16,
    };
    u32::from_str_radix(text, radix).ok()
}

/// What holds for the translation of any event, alone and with a memory.
///
/// # Panics
/// When it does not hold.
pub fn check(owned: &OwnedEvent, settings: &Translation, base: ZoneBase, has_table: bool) {
    let event = owned.event();
    let mut pairing = Pairing::new(2);
    for _ in 0..2 {
        let mut told = Vec::new();
        let mut see = |to: &AlarmEvent<'_>, losses: Losses| {
            told.push(format!("{to:?}"));
            check_one(&event, to, losses, (base, has_table));
        };
        let alone = [
            settings.contact_id(&event, &mut see),
            settings.sia(&event, &mut see),
        ];
        let refused = alone.iter().filter(|result| result.is_err()).count();
        assert!(refused == 2 || !told.is_empty(), "nothing was told");
        for result in alone {
            check_refusal(result);
        }
        let one = pairing.contact_id(settings, &event, |to, losses| {
            check_account(&event, to, losses);
        });
        check_refusal(one);
        check_refusal(pairing.sia(settings, &event, |to, losses| {
            check_account(&event, to, losses);
        }));
        assert!(pairing.len() <= 2);
    }
}

fn check_refusal(result: Result<(), Refusal>) {
    if let Err(refusal) = result {
        assert!(!format!("{refusal}").is_empty());
    }
}

fn check_account(from: &AlarmEvent<'_>, to: &AlarmEvent<'_>, losses: Losses) {
    match (from.account, to.account) {
        (Some(from), Some(to)) => {
            assert!(
                losses.has(Loss::Account) || from.same_panel(to),
                "{from} {to}"
            );
        }
        (from, to) => assert_eq!(from, to),
    }
}

fn check_one(
    from: &AlarmEvent<'_>,
    to: &AlarmEvent<'_>,
    losses: Losses,
    (base, has_table): (ZoneBase, bool),
) {
    check_account(from, to, losses);
    let is_sia = |event: &AlarmEvent<'_>| matches!(event.code, EventCode::Sia(_));
    let is_raw = matches!(from.code, EventCode::Raw { .. });
    if !is_raw && is_sia(from) == is_sia(to) {
        let same = AlarmEvent {
            account: from.account,
            ..*to
        };
        assert_eq!(same, *from);
        return;
    }
    let class = |event: &AlarmEvent<'_>| event.code.class_and_lane(Qualifier::New).0;
    let untyped = matches!(from.code, EventCode::Sia([b'U', _]));
    if class(from).function().is_some() && !untyped {
        assert_eq!(class(from), class(to), "{from:?} {to:?}");
    }
    assert_eq!(from.time, to.time);
    let decimal = |text: &str| number(text, ZoneBase::Decimal);
    let zero = |number: Option<u32>| number.filter(|number| *number > 0);
    let partition =
        |event: &AlarmEvent<'_>| event.partition.and_then(|p| zero(decimal(p.as_str())));
    assert_eq!(partition(from), partition(to), "{from:?} {to:?}");
    let user = |event: &AlarmEvent<'_>| event.user.and_then(|u| zero(decimal(u.as_str())));
    if !losses.has(Loss::User) {
        assert_eq!(user(from), user(to), "{from:?} {to:?}");
    }
    let is_line =
        |event: &AlarmEvent<'_>| matches!(event.code, EventCode::Sia([b'L', b'T' | b'R']));
    let zone = |event: &AlarmEvent<'_>| {
        let base = if is_sia(event) {
            base
        } else {
            ZoneBase::Decimal
        };
        event
            .zone
            .and_then(|zone| zero(number(zone.as_str(), base)))
    };
    // Digits B to F of a Contact ID panel are no number.
    let plain = from
        .zone
        .is_none_or(|zone| zone.as_str().bytes().all(|b| b.is_ascii_digit()) || is_sia(from));
    if !losses.has(Loss::Zone) && !is_line(from) && !is_line(to) && plain && !has_table {
        assert_eq!(zone(from), zone(to), "{from:?} {to:?}");
    }
}
