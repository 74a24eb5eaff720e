use alloc::{format, string::String, vec::Vec};

use super::*;
use crate::{
    Class,
    types::{Partition, User, Zone},
};

/// An event in short: `cid:1131 p01 z015 u007 a1234 xtext`; `old` for an O block.
fn event(text: &'static str) -> AlarmEvent<'static> {
    let mut parts = text.split(' ');
    let code = EventCode::parse(parts.next().unwrap()).unwrap();
    let old = text.ends_with(" old");
    let qualifier = match code {
        EventCode::ContactId { qualifier, .. } => Qualifier::from_digit(qualifier),
        _ => code.sia_qualifier(old),
    };
    let mut event = AlarmEvent::new(code, qualifier);
    for part in parts.filter(|part| *part != "old") {
        let (kind, value) = part.split_at(1);
        match kind {
            "p" => event.partition = Some(Partition::new(value).unwrap()),
            "z" => event.zone = Some(Zone::new(value).unwrap()),
            "u" => event.user = Some(User::new(value).unwrap()),
            "a" => event.account = Some(AccountId::new(value).unwrap()),
            "x" => event.text = Some(value.as_bytes()),
            _ => panic!("{part}"),
        }
    }
    event
}

fn show(event: &AlarmEvent<'_>, losses: Losses) -> String {
    let mut line = format!("{}", event.code);
    let mut put = |kind: char, value: Option<&str>| {
        if let Some(value) = value {
            line += &format!(" {kind}{value}");
        }
    };
    put('a', event.account.map(AccountId::as_str));
    put('p', event.partition.map(Partition::as_str));
    put('z', event.zone.map(Zone::as_str));
    put('u', event.user.map(User::as_str));
    put('x', event.text.map(|t| core::str::from_utf8(t).unwrap()));
    if event.qualifier == Qualifier::Status && matches!(event.code, EventCode::Sia(_)) {
        line += " old";
    }
    if !losses.is_empty() {
        line += &format!(" -{losses}");
    }
    line
}

fn sia(how: &Translation, text: &'static str) -> Result<String, Refusal> {
    how.sia(&event(text), show)
}

fn cid(how: &Translation, text: &'static str) -> Result<Vec<String>, Refusal> {
    how.contact_id(&event(text), |event, losses| {
        Vec::from([show(event, losses)])
    })
}

const STANDARD: &Translation = &Translation::STANDARD;

#[test]
fn contact_id_becomes_sia_by_the_rules() {
    for (from, to) in [
        ("cid:1130 p01 z015 a1234", "sia:BA a1234 p1 z015"),
        ("cid:3130 z015", "sia:BH z015"),
        ("cid:6130 p02 z015", "sia:BA p2 z015 old"),
        ("cid:1401 p01 u007", "sia:OP p1 u007"),
        ("cid:3401 u007", "sia:CL u007"),
        ("cid:1121 p01 u007", "sia:HA p1 u007"),
        ("cid:1122 z007", "sia:HA z007"),
        ("cid:1121 uB12", "sia:HA xuser B12 -user, detail"),
        ("cid:1403 u007", "sia:OA u007"),
        ("cid:1139", "sia:BV"),
        ("cid:1139 z005", "sia:BM z005"),
        ("cid:1351", "sia:LT z1"),
        ("cid:3352", "sia:LR z2"),
        ("cid:1461 z003", "sia:JA xzone 003 -zone"),
        ("cid:1461 p01 z003", "sia:JA p1 z003"),
        ("cid:1911 z003", "sia:CF xzone 003 -zone, detail, qualifier"),
        ("cid:1123 z003", "sia:PA z003 xaudible -detail"),
        (
            "cid:1158 z003 xKitchen",
            "sia:UA z003 xKitchen -detail, class",
        ),
        ("cid:1113 z003", "sia:SA z003"),
        ("cid:1146 z003", "sia:BA z003 -detail"),
        ("cid:3456 u003", "sia:CG u003 -detail"),
        ("cid:1465 z003", "sia:PH z003 -detail, qualifier, class"),
        ("cid:1406 u003", "sia:OC u003"),
    ] {
        assert_eq!(sia(STANDARD, from).as_deref(), Ok(to), "{from}");
    }
}

#[test]
fn sia_becomes_contact_id_by_the_rules() {
    for (from, to) in [
        ("sia:BA p1 z15 a12A456", "cid:1130 a12A456 p01 z015"),
        ("sia:BR z15", "cid:3130 z015 -detail"),
        ("sia:BA p1 z15 old", "cid:6130 p01 z015"),
        ("sia:OP p1 u7", "cid:1401 p01 u007"),
        ("sia:CL u7 old", "cid:3401 u007"),
        ("sia:HA u7", "cid:1121 u007"),
        ("sia:HA z7", "cid:1122 z007"),
        ("sia:BA z7 u3", "cid:1130 z007 -user"),
        ("sia:CS z7 u3", "cid:3409 u003 -zone"),
        ("sia:BV p2", "cid:1139 p02"),
        ("sia:BM z7", "cid:1139 z007"),
        ("sia:LT z1", "cid:1351"),
        ("sia:LT z2", "cid:1352"),
        ("sia:LR z3", "cid:3351 z003"),
        ("sia:UA z7", "cid:1140 z007"),
        ("sia:UR z7", "cid:3140 z007 -detail"),
        ("sia:BG z7", "cid:1378 z007"),
        ("sia:OR u7", "cid:1401 u007 -detail"),
        ("sia:BA z7 xHall", "cid:1130 z007 xHall"),
    ] {
        let told = cid(STANDARD, from).map(|all| all.join(", "));
        assert_eq!(told.as_deref(), Ok(to), "{from}");
    }
}

#[test]
fn what_has_no_place_or_would_mislead_is_refused() {
    let place = |field, protocol| Refusal::NoPlace { field, protocol };
    for (from, refusal) in [
        ("sia:BA z1011", place("zone", "Contact ID")),
        ("sia:BA z1F", place("zone", "Contact ID")),
        ("sia:BA p100 z1", place("partition", "Contact ID")),
        ("sia:OP u1000", place("user", "Contact ID")),
        ("sia:QQ", Refusal::NoCode("Contact ID")),
        ("sia:AB z1", Refusal::NoCode("Contact ID")),
    ] {
        assert_eq!(cid(STANDARD, from), Err(refusal), "{from}");
    }
    for (from, refusal) in [
        ("cid:1130 pB1", place("partition", "SIA")),
        ("cid:1130 z12345", place("zone", "a SIA address")),
        ("cid:113F", Refusal::NoCode("SIA")),
        ("cid:1750", Refusal::NoCode("SIA")),
        ("cid:3602", Refusal::NoCode("SIA")),
        ("cid:9130", Refusal::NoCode("SIA")),
        (
            "cid:1465",
            Refusal::Misleading("a restore of all panic zones"),
        ),
        ("cid:6459 u1", Refusal::Misleading("the end of a condition")),
    ] {
        assert_eq!(sia(STANDARD, from), Err(refusal), "{from}");
    }
    let raw = EventCode::Raw {
        protocol: "pulse",
        text: "9",
    };
    let raw = AlarmEvent::new(raw, Qualifier::New);
    assert_eq!(
        STANDARD.contact_id(&raw, show),
        Err(Refusal::NoCode("Contact ID"))
    );
    assert_eq!(STANDARD.sia(&raw, show), Err(Refusal::NoCode("SIA")));
}

#[test]
fn the_fallback_tells_the_original_and_never_demotes_an_alarm() {
    let how = &Translation::STANDARD.with_fallback(true);
    let told = sia(how, "cid:1750 p01 z015");
    assert_eq!(
        told.as_deref(),
        Ok("sia:YX p1 x1750 01 015 -zone, detail, class")
    );
    assert_eq!(
        sia(how, "cid:1F00").as_deref(),
        Ok("sia:YX x1F00 00 000 -detail, class")
    );
    assert_eq!(
        sia(how, "cid:113F"),
        Err(Refusal::Demotion {
            from: Class::Burglary,
            to: Class::Trouble
        })
    );
    assert_eq!(sia(how, "cid:3750"), Err(Refusal::NoCode("SIA")));
    assert_eq!(
        sia(how, "cid:3602"),
        Err(Refusal::NoCode("SIA")),
        "RR is a power-up"
    );
}

#[test]
fn a_restore_without_a_code_gets_the_familys_if_the_settings_allow_it() {
    const ROWS: &[SiaPair] = &[SiaPair::new(*b"130", "BA", "")];
    const OWN: Profile = Profile::new("own", 1, ROWS, &[]);
    let how = Translation::STANDARD.with_profile(&OWN);
    assert_eq!(sia(&how, "cid:3130 z1"), Err(Refusal::NoCode("SIA")));
    let how = how.with_fallback(true);
    assert_eq!(sia(&how, "cid:3130 z1").as_deref(), Ok("sia:BR z1"));
}

#[test]
fn settings_of_a_receiver() {
    let hex = &Translation::STANDARD.with_zone_base(ZoneBase::Hexadecimal);
    assert_eq!(sia(hex, "cid:1130 z031").as_deref(), Ok("sia:BA z1F"));
    assert_eq!(cid(hex, "sia:BA z1F").unwrap(), ["cid:1130 z031"]);
    assert_eq!(
        cid(hex, "sia:OP u12").unwrap(),
        ["cid:1401 u012"],
        "users are decimal"
    );
    let technical = &Translation::STANDARD.with_technical_untyped(true);
    assert_eq!(
        cid(technical, "sia:UA z1").unwrap(),
        ["cid:1150 z001 -class"]
    );
    let galaxy = &Translation::STANDARD
        .with_profile(&Profile::GALAXY)
        .with_zone_table([(1011, 1)]);
    assert_eq!(cid(galaxy, "sia:BA z1011").unwrap(), ["cid:1130 z001"]);
    assert_eq!(sia(galaxy, "cid:1130 z001").as_deref(), Ok("sia:BA z1011"));
}

#[test]
fn accounts_are_never_cut_unless_somebody_said_so() {
    let four = &Translation::STANDARD.with_account_width(Some(4));
    assert_eq!(cid(four, "sia:BA a123").unwrap(), ["cid:1130 a0123"]);
    assert_eq!(cid(four, "sia:BA a001234").unwrap(), ["cid:1130 a1234"]);
    assert_eq!(cid(four, "cid:1130 a123").unwrap(), ["cid:1130 a0123"]);
    let refused = |protocol| {
        Err(Refusal::NoPlace {
            field: "account",
            protocol,
        })
    };
    assert_eq!(sia(four, "sia:BA a123456"), refused("the receiver's width"));
    let cut = &Translation::STANDARD.truncate_to_4(true);
    assert_eq!(
        sia(cut, "cid:1130 a123456").as_deref(),
        Ok("sia:BA a3456 -account")
    );
    let no_a = &Translation::STANDARD.with_hex_a(HexA::Refuse);
    assert_eq!(sia(no_a, "cid:1130 a12A4"), refused("accounts without A"));
    let zero = &Translation::STANDARD.with_hex_a(HexA::Zero);
    assert_eq!(
        sia(zero, "cid:1130 a12A4").as_deref(),
        Ok("sia:BA a1204 -account")
    );
}

#[test]
fn makers_differ() {
    for (profile, from, to) in [
        (
            &Profile::AJAX,
            "cid:1423 z001",
            "sia:HA z001 -detail, class",
        ),
        (&Profile::AJAX, "cid:3131 z001", "sia:BR z001 -detail"),
        (&Profile::COOPER, "cid:1380 z001", "sia:XQ z001"),
        (&Profile::COOPER, "cid:1121 u001", "sia:HA u001"),
        (&Profile::DSC, "cid:1143 z001", "sia:UA z001 -detail, class"),
        (&Profile::INTERLOGIX, "cid:3120 z001", "sia:PR z001"),
    ] {
        let how = Translation::STANDARD.with_profile(profile);
        assert_eq!(sia(&how, from).as_deref(), Ok(to), "{profile:?} {from}");
    }
    let dsc = &Translation::STANDARD.with_profile(&Profile::DSC);
    assert_eq!(
        cid(dsc, "sia:OR p1 u7").unwrap(),
        [
            "cid:1401 p01 u007 -detail",
            "cid:1406 p01 u007 -detail, class"
        ]
    );
    assert_eq!(cid(dsc, "sia:CR u7").unwrap(), ["cid:1459 u007"]);
    let mut calls = 0;
    let failed = dsc.contact_id(&event("sia:OR u7"), |_, _| {
        calls += 1;
        Err::<(), _>("full")
    });
    assert_eq!((failed, calls), (Ok(Err("full")), 1));
}

fn paired(pairing: &mut Pairing, text: &'static str) -> String {
    let event = event(text);
    let result = match event.code {
        EventCode::Sia(_) => pairing.contact_id(STANDARD, &event, show),
        _ => pairing.sia(STANDARD, &event, show),
    };
    result.unwrap()
}

#[test]
fn a_restore_is_told_with_the_code_of_its_alarm() {
    let mut pairing = Pairing::new(100);
    for (from, to) in [
        ("sia:BT z5 a0012", "cid:1380 a0012 z005"),
        ("sia:BR z6 a0012", "cid:3130 a0012 z006 -detail"),
        ("sia:BR z05 a12", "cid:3380 a12 z005 -detail, class"),
        ("sia:BR z05 a12", "cid:3130 a12 z005 -detail"),
        ("sia:BM z5", "cid:1139 z005"),
        ("sia:BH z5", "cid:3139 z005"),
        ("sia:NL p1", "cid:3441 p01"),
        ("sia:OP p1 u4", "cid:1441 p01 u004"),
        ("sia:OP p1 u4", "cid:1401 p01 u004"),
        ("sia:NL p1", "cid:3441 p01"),
        ("sia:CL p1 u4", "cid:3401 p01 u004"),
        ("sia:OP p1 u4", "cid:1401 p01 u004"),
        ("sia:RB", "cid:1901"),
        ("sia:RS", "cid:3901"),
        ("sia:RS", "cid:1412 -class"),
    ] {
        assert_eq!(paired(&mut pairing, from), to, "{from}");
    }
    assert!(pairing.is_empty());
}

#[test]
fn a_cancel_report_has_the_code_of_what_it_cancels() {
    let mut pairing = Pairing::new(100);
    for (from, to) in [
        ("cid:1406 a1 u4", "sia:OC a1 u4"),
        ("cid:1131 a1 p01 z005", "sia:BA a1 p1 z005 -detail"),
        ("cid:3131 a1 p01 z005", "sia:BH a1 p1 z005 -detail"),
        ("cid:1406 a2 u4", "sia:OC a2 u4"),
        ("cid:1406 a1 p02 u4", "sia:OC a1 p2 u4"),
        ("cid:1406 a1 p01 u4", "sia:BC a1 p1 u4"),
        ("cid:1406 a1 p01 u4", "sia:OC a1 p1 u4"),
        ("cid:1110 a1 z005", "sia:FA a1 z005"),
        ("cid:1406 a1 p01 u4", "sia:FC a1 p1 u4"),
    ] {
        assert_eq!(paired(&mut pairing, from), to, "{from}");
    }
    assert!(pairing.is_empty());
}

#[test]
fn the_memory_is_bounded_and_forgets_the_oldest() {
    let mut pairing = Pairing::new(1);
    paired(&mut pairing, "sia:BT z5");
    paired(&mut pairing, "sia:BT z6");
    assert_eq!((pairing.len(), pairing.forgotten()), (1, 1));
    assert_eq!(paired(&mut pairing, "sia:BR z5"), "cid:3130 z005 -detail");
    assert_eq!(
        paired(&mut pairing, "sia:BR z6"),
        "cid:3380 z006 -detail, class"
    );
    let mut none = Pairing::new(0);
    paired(&mut none, "sia:BT z5");
    assert!(none.is_empty());
}

#[test]
fn a_status_report_opens_and_closes_nothing() {
    let mut pairing = Pairing::new(10);
    paired(&mut pairing, "sia:BT z5 old");
    assert!(pairing.is_empty());
    paired(&mut pairing, "sia:BT z5");
    let refused = pairing.contact_id(STANDARD, &event("sia:BT z1011"), show);
    assert!(refused.is_err());
    assert_eq!(pairing.len(), 1);
}

#[test]
fn numbers_stand_where_a_reader_looks_for_them() {
    let places = |text| {
        let places = SiaPlaces::of(&event(text)).unwrap();
        let text = |value: Option<ArrayString<8>>| value.unwrap_or_default();
        let left = (places.zone_left_out, places.user_left_out);
        (
            format!(
                "{}|{}|{}",
                text(places.area),
                text(places.id),
                places.address
            ),
            left,
        )
    };
    for (of, where_, left) in [
        ("sia:BA p01 z015 u7", "1|7|015", (false, false)),
        ("sia:OP p1 z015 u7", "1||7", (true, false)),
        ("sia:CA u7", "|7|", (false, false)),
        ("sia:CA p1 u7", "1||7", (false, false)),
        ("sia:BV pA", "||A", (false, false)),
        ("sia:BA z1 uB12", "||1", (false, true)),
    ] {
        assert_eq!(places(of), (where_.into(), left), "{of}");
    }
    assert!(SiaPlaces::of(&event("sia:BA pA z1")).is_err());
    assert!(SiaPlaces::of(&event("sia:BA z12345")).is_err());
}
