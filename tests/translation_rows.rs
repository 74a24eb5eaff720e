//! Every row of both code tables, there and back: what comes back is the same code, or one that is declared beside this
//! test, and an alarm function stays what it is. `UPDATE=1` writes the declared list anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failed test may panic"
)]

use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf};

use alarmwire::{
    AccountId, AlarmEvent, Class, EventCode, Qualifier,
    event::{CID_CODES, CidRole, Losses, Pairing, Profile, Refusal, SIA_CODES, Translation},
    types::{Partition, User, Zone},
};

/// An event that owns its text.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Owned {
    code: String,
    qualifier: Qualifier,
    class: Class,
    partition: Option<String>,
    zone: Option<String>,
    user: Option<String>,
    losses: String,
}

impl Owned {
    fn of(event: &AlarmEvent<'_>, losses: Losses) -> Self {
        Self {
            code: event.code.to_string(),
            qualifier: event.qualifier,
            class: event.class,
            partition: event.partition.map(|p| p.to_string()),
            zone: event.zone.map(|z| z.to_string()),
            user: event.user.map(|u| u.to_string()),
            losses: losses.to_string(),
        }
    }

    fn event(&self) -> AlarmEvent<'_> {
        let code = EventCode::parse(&self.code).unwrap();
        let mut event = AlarmEvent::new(code, self.qualifier);
        event.account = AccountId::new("1234").ok();
        event.partition = self
            .partition
            .as_deref()
            .and_then(|p| Partition::new(p).ok());
        event.zone = self.zone.as_deref().and_then(|z| Zone::new(z).ok());
        event.user = self.user.as_deref().and_then(|u| User::new(u).ok());
        event
    }
}

fn cid_event(qualifier: u8, code: [u8; 3], role: CidRole, number: bool) -> Owned {
    let code = EventCode::ContactId { qualifier, code };
    let mut event = AlarmEvent::new(code, Qualifier::from_digit(qualifier));
    event.partition = Partition::new("01").ok();
    if number && role == CidRole::User {
        event.user = User::new("015").ok();
    } else if number {
        event.zone = Zone::new("015").ok();
    }
    Owned::of(&event, Losses::NONE)
}

fn sia_event(code: [u8; 2], old: bool) -> Owned {
    let code = EventCode::Sia(code);
    let mut event = AlarmEvent::new(code, code.sia_qualifier(old));
    event.partition = Partition::new("1").ok();
    event.zone = Zone::new("15").ok();
    Owned::of(&event, Losses::NONE)
}

fn sia(how: &Translation, event: &Owned) -> Result<Vec<Owned>, Refusal> {
    how.sia(&event.event(), |event, losses| {
        vec![Owned::of(event, losses)]
    })
}

fn contact_id(how: &Translation, event: &Owned) -> Result<Vec<Owned>, Refusal> {
    how.contact_id(&event.event(), |event, losses| {
        vec![Owned::of(event, losses)]
    })
}

fn all_settings() -> impl Iterator<Item = (String, Translation)> {
    Profile::ALL.into_iter().flat_map(|profile| {
        [false, true].map(|fallback| {
            let settings = Translation::STANDARD
                .with_profile(profile)
                .with_fallback(fallback);
            (format!("{profile:?} fallback {fallback}"), settings)
        })
    })
}

/// An alarm function stays what it is.
fn check_class(from: &Owned, to: &Owned, how: &str) {
    let by_code = |owned: &Owned| {
        let code = EventCode::parse(&owned.code).unwrap();
        code.class_and_lane(Qualifier::New).0
    };
    if by_code(from).function().is_some() {
        assert_eq!(by_code(from), by_code(to), "{from:?} became {to:?}, {how}");
    }
}

fn check_numbers(from: &Owned, to: &Owned, how: &str) {
    let number = |text: &Option<String>| text.as_deref().map(|t| t.parse::<u32>().unwrap());
    assert_eq!(
        number(&from.partition),
        number(&to.partition),
        "{from:?} {to:?} {how}"
    );
    for (name, before, after) in [
        ("zone", &from.zone, &to.zone),
        ("user", &from.user, &to.user),
    ] {
        // A telephone line's number becomes a part of the code.
        let is_line = |owned: &Owned| owned.code.starts_with("sia:L");
        let line = is_line(from) || is_line(to);
        if !to.losses.contains(name) && !line {
            assert_eq!(
                number(before),
                number(after),
                "{name}: {from:?} {to:?} {how}"
            );
        }
    }
}

fn list(name: &str, lines: &BTreeSet<String>) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/translation")
        .join(name);
    let mut text = String::from(
        "# Written by `UPDATE=1 cargo test --test translation_rows`; every line is a decision to be read.\n",
    );
    for line in lines {
        writeln!(text, "{line}").unwrap();
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let committed: BTreeSet<_> = committed.lines().collect();
    let found: BTreeSet<_> = text.lines().collect();
    let new: Vec<_> = found.difference(&committed).collect();
    let stale: Vec<_> = committed.difference(&found).collect();
    assert!(
        new.is_empty() && stale.is_empty(),
        "{name}: not declared {new:#?}, stale {stale:#?}"
    );
}

/// There and back; `None` when it is the same again.
fn line_of(event: &Owned) -> Option<String> {
    let how = &Translation::STANDARD;
    let start = &event.code;
    let told = match sia(how, event) {
        Ok(told) => told,
        Err(refusal) => return Some(format!("{start}: {refusal}")),
    };
    let [told] = &told[..] else {
        panic!("{told:?}")
    };
    check_class(event, told, "standard");
    check_numbers(event, told, "standard");
    let back = match contact_id(how, told) {
        Ok(back) => back,
        Err(refusal) => return Some(format!("{start} -> {}: {refusal}", told.code)),
    };
    check_class(told, &back[0], "standard");
    check_numbers(told, &back[0], "standard");
    if back[0].code == event.code {
        return None;
    }
    // Whoever looks at the losses can know.
    assert!(!told.losses.is_empty(), "{event:?} {told:?} {back:?}");
    Some(format!("{start} -> {} -> {}", told.code, back[0].code))
}

#[test]
fn every_contact_id_code_comes_back_as_itself_or_as_declared() {
    let mut lines = BTreeSet::new();
    for row in CID_CODES {
        let usual = line_of(&cid_event(b'1', row.code, row.role, true));
        let restore = line_of(&cid_event(b'3', row.code, row.role, true));
        lines.extend(usual.clone());
        lines.extend(restore);
        // A status report and an event without a number go the same way, or stand in the list too.
        let status = line_of(&cid_event(b'6', row.code, row.role, true));
        if status.as_ref().map(|line| line.replace("cid:6", "cid:1")) != usual {
            lines.insert(status.unwrap_or_else(|| format!("{row:?} has a better status report")));
        }
        let bare = line_of(&cid_event(b'1', row.code, row.role, false));
        if bare != usual {
            lines.extend(bare.map(|line| format!("000 {line}")));
        }
    }
    list("contact_id.txt", &lines);
}

#[test]
fn every_sia_code_comes_back_as_itself_or_as_declared() {
    let mut lines = BTreeSet::new();
    let how = &Translation::STANDARD;
    for row in SIA_CODES {
        for old in [false, true] {
            let event = sia_event(row.code, old);
            let block = if old { "O " } else { "" };
            let told = match contact_id(how, &event) {
                Ok(told) => told,
                Err(refusal) => {
                    lines.insert(format!("{block}{}: {refusal}", event.code));
                    continue;
                }
            };
            check_class(&event, &told[0], "standard");
            check_numbers(&event, &told[0], "standard");
            // The sign of a status report survives, and none is made up.
            let status = told[0].qualifier == Qualifier::Status;
            assert_eq!(status, event.qualifier == Qualifier::Status, "{event:?}");
            match sia(how, &told[0]) {
                Ok(back) => {
                    check_class(&told[0], &back[0], "standard");
                    if back[0].code != event.code {
                        assert!(!told[0].losses.is_empty(), "{event:?} {told:?} {back:?}");
                        lines.insert(format!(
                            "{block}{} -> {} -> {}",
                            event.code, told[0].code, back[0].code
                        ));
                    }
                }
                Err(refusal) => {
                    lines.insert(format!(
                        "{block}{} -> {}: {refusal}",
                        event.code, told[0].code
                    ));
                }
            }
        }
    }
    list("sia.txt", &lines);
}

#[test]
fn under_no_settings_does_an_alarm_function_become_anything_else() {
    for (name, how) in all_settings() {
        for row in CID_CODES {
            for qualifier in [b'1', b'3', b'6'] {
                for number in [false, true] {
                    let event = cid_event(qualifier, row.code, row.role, number);
                    for told in sia(&how, &event).unwrap_or_default() {
                        check_class(&event, &told, &name);
                        for back in contact_id(&how, &told).unwrap_or_default() {
                            check_class(&event, &back, &name);
                        }
                    }
                }
            }
        }
        for row in SIA_CODES {
            for old in [false, true] {
                let event = sia_event(row.code, old);
                for told in contact_id(&how, &event).unwrap_or_default() {
                    check_class(&event, &told, &name);
                    for back in sia(&how, &told).unwrap_or_default() {
                        check_class(&event, &back, &name);
                    }
                }
            }
        }
    }
}

#[test]
fn the_three_exceptions_of_the_tables_are_closed() {
    for (code, expected) in [("UA", "cid:1140"), ("UH", "cid:3140"), ("UR", "cid:3140")] {
        let event = sia_event(code.as_bytes().try_into().unwrap(), false);
        let told = contact_id(&Translation::STANDARD, &event).unwrap();
        assert_eq!(told[0].code, expected);
        assert_eq!(told[0].class, Class::Burglary);
    }
    // And there are no others in the tables as they stand.
    let moved: Vec<_> = SIA_CODES
        .iter()
        .filter(|row| row.class.function().is_some() && !row.cid_equivalent.is_empty())
        .filter(|row| {
            let code = EventCode::parse(&format!("cid:{}", row.cid_equivalent))
                .unwrap()
                .class_and_lane(Qualifier::New);
            code.0 != row.class
        })
        .map(|row| String::from_utf8_lossy(&row.code).into_owned())
        .collect();
    assert_eq!(moved, ["UA", "UH", "UR"]);
}

/// The codes whose customary pair of alarm and restore comes back as two different Contact ID codes.
const TWO_CODES: [&str; 26] = [
    "118", "126", "139", "147", "157", "201", "203", "204", "206", "303", "304", "305", "311",
    "374", "378", "381", "382", "427", "428", "432", "441", "442", "444", "606", "901", "903",
];

#[test]
fn a_restore_comes_back_with_the_code_that_its_alarm_came_back_with() {
    let how = &Translation::STANDARD;
    for code in TWO_CODES {
        for number in [true, false] {
            let mut first = Pairing::new(10);
            let mut second = Pairing::new(10);
            let digits: [u8; 3] = code.as_bytes().try_into().unwrap();
            let row = CID_CODES.iter().find(|row| row.code == digits).unwrap();
            // An arming is the condition there, and the opening ends it.
            let order = if row.class == Class::OpenClose {
                [b'3', b'1']
            } else {
                [b'1', b'3']
            };
            let mut came = Vec::new();
            for qualifier in order {
                let event = cid_event(qualifier, digits, row.role, number);
                let told = first
                    .sia(how, &event.event(), |event, losses| {
                        vec![Owned::of(event, losses)]
                    })
                    .unwrap();
                let back = second.contact_id(how, &told[0].event(), |event, losses| {
                    vec![Owned::of(event, losses)]
                });
                let back = back.unwrap();
                assert_eq!(back[0].qualifier.digit(), qualifier, "{code} {told:?}");
                came.push(back[0].code[5..].to_owned());
            }
            assert_eq!(came[0], came[1], "{code}");
            assert!(second.is_empty(), "{code}");
        }
    }
}

#[test]
fn there_are_no_other_codes_with_two_answers() {
    let how = &Translation::STANDARD;
    let mut found = BTreeSet::new();
    for row in CID_CODES {
        let back = |qualifier| {
            let event = cid_event(qualifier, row.code, row.role, true);
            let told = sia(how, &event).ok()?;
            contact_id(how, &told[0]).map_or(Some(String::new()), |back| Some(back[0].code.clone()))
        };
        if let (Some(new), Some(restore)) = (back(b'1'), back(b'3'))
            && (new.get(5..) != restore.get(5..) || !restore.starts_with("cid:3"))
        {
            found.insert(String::from_utf8_lossy(&row.code).into_owned());
        }
    }
    let listed: BTreeSet<_> = TWO_CODES.into_iter().map(str::to_owned).collect();
    let missing: Vec<_> = listed.difference(&found).collect();
    let more: Vec<_> = found.difference(&listed).collect();
    // Codes that say the same, whether E or R stands before them: nothing is open after them.
    assert_eq!(more, ["306", "313", "406"], "missing {missing:?}");
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn customary_pairs() {
    // translation.md 3, with the safer choice where it leaves one.
    for (codes, new, restore) in [
        ("100", "MA", "MH"),
        ("101", "QA", "QH"),
        ("110 111 112 117", "FA", "FH"),
        ("114", "KA", "KH"),
        ("113", "SA", "SH"),
        ("120", "PA", "PH"),
        ("121 122", "HA", "HH"),
        ("130 131 132 133 134 135 136", "BA", "BH"),
        ("137", "TA", "TR"),
        ("139", "BM", "BH"),
        ("144 145", "TA", "TR"),
        ("143 333", "ET", "ER"),
        ("150", "UA", "UH"),
        ("151 162", "GA", "GH"),
        ("154", "WA", "WH"),
        ("159", "ZA", "ZH"),
        ("301", "AT", "AR"),
        ("302 309", "YT", "YR"),
        ("311", "YM", "YR"),
        ("321 322", "YA", "YH"),
        ("344", "XQ", "XH"),
        ("350 354", "YC", "YK"),
        ("351 352", "LT", "LR"),
        ("373", "FT", "FJ"),
        ("374", "EA", "BH"),
        ("380", "BT", "BJ"),
        ("383", "TT", "TJ"),
        ("384", "XT", "XR"),
        ("400 401", "OP", "CL"),
        ("403", "OA", "CA"),
        ("406", "OC", "OC"),
        ("407", "OQ", "CQ"),
        ("409", "OS", "CS"),
        ("441", "OP", "NL"),
        ("456", "CG", "CG"),
        ("453", "OI", ""),
        ("454", "CI", ""),
        ("459", "CR", "CR"),
        ("461", "JA", ""),
        ("412", "RS", ""),
        ("570 573", "BB", "BU"),
        ("571", "FB", "FU"),
        ("601", "RX", ""),
        ("602", "RP", ""),
        ("607", "TS", "TE"),
        ("625", "JT", ""),
        ("627", "LB", ""),
        ("628", "LX", ""),
    ] {
        for code in codes.split(' ') {
            let digits: [u8; 3] = code.as_bytes().try_into().unwrap();
            let row = CID_CODES.iter().find(|row| row.code == digits).unwrap();
            let told = |qualifier| {
                let event = cid_event(qualifier, digits, row.role, true);
                sia(&Translation::STANDARD, &event)
                    .map_or(String::new(), |told| told[0].code[4..].to_owned())
            };
            assert_eq!(
                (told(b'1').as_str(), told(b'3').as_str()),
                (new, restore),
                "{code}"
            );
        }
    }
}
