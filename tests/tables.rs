//! The committed `src/event/tables.rs` is what the CSV files say; `ALARMWIRE_REGENERATE=1` writes it anew.
#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test that fails shall say where"
)]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use alarmwire::{
    Class, EventCode, Lane, Qualifier,
    event::{CID_CODES, SIA_CODES},
};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("src/event")
        .join(name)
}

/// The rows of a CSV file, each as column name to field; quotes may stand around a field.
fn rows(name: &str) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path(name)).unwrap();
    let mut lines = text.lines().map(fields);
    let header = lines.next().unwrap();
    lines
        .map(|line| {
            assert_eq!(line.len(), header.len(), "{line:?}");
            header.iter().cloned().zip(line).collect()
        })
        .collect()
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    assert!(!quoted, "a quote is open in {line:?}");
    fields
}

fn camel(word: &str) -> String {
    word.split('_')
        .map(|part| part[..1].to_uppercase() + &part[1..])
        .collect()
}

fn letters(codes: &[&str]) -> String {
    let codes: Vec<_> = codes.iter().map(|code| format!("*b{code:?}")).collect();
    format!("&[{}]", codes.join(", "))
}

fn generate() -> String {
    let mut out = String::from(
        "// Generated from tables/*.csv by `ALARMWIRE_REGENERATE=1 cargo test --test tables`; do not edit.\n\n\
         use super::{CidCode, CidRole, Class, SiaAddress, SiaCode};\n\n\
         /// Every Contact ID code, in the order of its digits.\n#[rustfmt::skip]\n\
         pub static CID_CODES: &[CidCode] = &[\n",
    );
    let mut codes = rows("tables/contact_id.csv");
    codes.sort_by(|a, b| a["code"].as_bytes().cmp(b["code"].as_bytes()));
    for row in &codes {
        writeln!(
            out,
            "    CidCode {{ code: *b{:?}, name: {:?}, class: Class::{}, role: CidRole::{}, subtype: {:?}, sia_new: {:?}, \
             sia_restore: {:?} }},",
            row["code"],
            row["name"],
            camel(&row["class"]),
            camel(&row["ccc"]),
            row["subtype"],
            row["sia_new"],
            row["sia_restore"],
        )
        .unwrap();
    }
    out.push_str(
        "];\n\n/// Every SIA code, in the order of its letters.\n#[rustfmt::skip]\npub static SIA_CODES: &[SiaCode] = &[\n",
    );
    let mut codes = rows("tables/dc03.csv");
    codes.sort_by(|a, b| a["code"].as_bytes().cmp(b["code"].as_bytes()));
    for row in &codes {
        let address = match row["address_type"].as_str() {
            "zone" | "point" => "Zone",
            "user" => "User",
            "area" => "Area",
            "unused" => "Unused",
            _ => "Device",
        };
        let restore_of: Vec<_> = row["restore_of"]
            .split('|')
            .filter(|code| !code.is_empty())
            .collect();
        let restored_by: Vec<_> = codes
            .iter()
            .filter(|other| {
                other["restore_of"]
                    .split('|')
                    .any(|code| code == row["code"])
            })
            .map(|other| other["code"].as_str())
            .collect();
        writeln!(
            out,
            "    SiaCode {{ code: *b{:?}, name: {:?}, class: Class::{}, address: SiaAddress::{address}, restore_of: {}, \
             restored_by: {}, cid_equivalent: {:?}, subtype: {:?} }},",
            row["code"],
            row["name"],
            camel(&row["class"]),
            letters(&restore_of),
            letters(&restored_by),
            row["cid_equivalent"],
            row["subtype"],
        )
        .unwrap();
    }
    out.push_str("];\n");
    out
}

#[test]
fn the_committed_tables_are_what_the_csv_files_say() {
    let generated = generate();
    if std::env::var_os("ALARMWIRE_REGENERATE").is_some() {
        fs::write(path("tables.rs"), &generated).unwrap();
    }
    let committed = fs::read_to_string(path("tables.rs")).unwrap();
    assert!(
        generated == committed,
        "src/event/tables.rs is old: ALARMWIRE_REGENERATE=1 cargo test --test tables"
    );
}

#[test]
fn every_code_is_found_by_its_bytes() {
    assert!(CID_CODES.is_sorted_by(|a, b| a.code < b.code));
    assert!(SIA_CODES.is_sorted_by(|a, b| a.code < b.code));
    for row in CID_CODES {
        assert_eq!(
            EventCode::ContactId {
                qualifier: b'1',
                code: row.code
            }
            .contact_id(),
            Some(row)
        );
    }
    for row in SIA_CODES {
        assert_eq!(EventCode::Sia(row.code).sia(), Some(row));
    }
}

#[test]
fn class_and_lane_of_every_known_code_are_those_of_its_row() {
    for row in rows("tables/contact_id.csv") {
        let class = Class::from_word(&row["class"]).unwrap();
        for qualifier in [b'1', b'3', b'6'] {
            let code = EventCode::ContactId {
                qualifier,
                code: row["code"].as_bytes().try_into().unwrap(),
            };
            assert_eq!(
                code.class_and_lane(Qualifier::from_digit(qualifier)),
                (class, class.lane()),
                "{code}"
            );
        }
    }
    for row in rows("tables/dc03.csv") {
        let class = Class::from_word(&row["class"]).unwrap();
        let code = EventCode::Sia(row["code"].as_bytes().try_into().unwrap());
        assert_eq!(
            code.class_and_lane(Qualifier::New),
            (class, class.lane()),
            "{code}"
        );
    }
}

#[test]
fn a_restore_rides_in_the_most_urgent_lane_of_its_candidates() {
    for row in rows("tables/dc03.csv")
        .iter()
        .filter(|row| !row["restore_of"].is_empty())
    {
        let code = EventCode::Sia(row["code"].as_bytes().try_into().unwrap());
        let class_of = |code: &str| {
            EventCode::Sia(code.as_bytes().try_into().unwrap())
                .sia()
                .map(|row| row.class)
        };
        let lane = row["restore_of"]
            .split('|')
            .filter_map(class_of)
            .map(Class::lane)
            .min();
        let qualifier = code.sia_qualifier(false);
        if qualifier == Qualifier::Restore {
            assert_eq!(
                Some(code.class_and_lane(qualifier).1),
                lane.or(Some(Lane::Intrusion)),
                "{code}"
            );
        }
    }
    let lane = |code: &[u8; 2]| EventCode::Sia(*code).class_and_lane(Qualifier::Restore).1;
    assert_eq!(lane(b"BR"), Lane::Intrusion);
    assert_eq!(lane(b"FR"), Lane::LifeSafety);
}

#[test]
fn the_qualifier_of_every_sia_code_follows_its_equivalent_then_its_pairing() {
    for row in rows("tables/dc03.csv") {
        let code = EventCode::Sia(row["code"].as_bytes().try_into().unwrap());
        let expected = match row["cid_equivalent"].bytes().next() {
            Some(digit) => Qualifier::from_digit(digit),
            None if row["restore_of"].is_empty() => Qualifier::New,
            None => Qualifier::Restore,
        };
        assert_eq!(code.sia_qualifier(false), expected, "{code}");
        let old = if expected == Qualifier::Restore {
            expected
        } else {
            Qualifier::Status
        };
        assert_eq!(code.sia_qualifier(true), old, "{code} in an old block");
    }
}

#[test]
fn what_one_code_restores_another_opens() {
    for row in SIA_CODES {
        for opened in row.restore_of {
            let opened = EventCode::Sia(*opened);
            assert!(
                opened
                    .sia()
                    .is_none_or(|open| open.restored_by.contains(&row.code)),
                "{opened}"
            );
        }
    }
}
