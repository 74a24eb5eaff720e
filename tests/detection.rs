//! For every vector of every protocol the registry puts the right one first, and where it does not the documents say so:
//! `AMBIGUOUS` and the list in `docs/decode.md` are held to each other and to what is seen, both ways.
#![cfg(all(
    feature = "ademco685",
    feature = "ademco8000",
    feature = "bosch6500",
    feature = "contact-id",
    feature = "cp220",
    feature = "dc03",
    feature = "dc07",
    feature = "dc09",
    feature = "galaxy",
    feature = "iti",
    feature = "pulse",
    feature = "sk9000",
    feature = "surgard"
))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::collections::BTreeSet;

use alarmwire::{codec::registry, types::decode_hex};
use serde_json::Value;

/// Vectors of one protocol that are frames of another as well, byte for byte: the vectors (by name, or all whose name
/// begins so), the protocol that they were made for, and the one that is put first.
const AMBIGUOUS: &[(&str, &str, &str)] = &[
    // A block in a frame is the same on a telephone line and in a Galaxy's connection.
    ("galaxy block ", "galaxy", "dc03"),
    // A link test without header character is Sur-Gard's heartbeat.
    ("d65-05", "bosch6500", "surgard"),
    // A CP-220 with its usual header and end writes Contact ID as a 685 does.
    ("cp-01", "cp220", "ademco685"),
    // ITI's heartbeat is 685's.
    ("iti-02", "iti", "ademco685"),
];

/// Damaged vectors that are no frame of their own protocol any more, and what is said of them: nothing can put them
/// right.
const BROKEN: &[(&str, &str)] = &[
    // Two blanks of it were lost in print.
    ("block 5B 41 2B", "none"),
    ("galaxy block 5B 41 2B", "none"),
];

struct Vector {
    id: String,
    meant: &'static str,
    wire: Vec<u8>,
}

fn array(file: &str, key: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(file).unwrap();
    file[key].as_array().unwrap().clone()
}

fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
    vector[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {vector}"))
}

/// The registry's name for that of a vector.
fn name(protocol: &str) -> &'static str {
    match protocol {
        "surgard" | "surgard-7e1-seen-as-8n1" => "surgard",
        "ademco-685" | "ademco-caps" => "ademco685",
        "bosch-6500" | "bosch-6500-command" => "bosch6500",
        "bosch-sia" => "dc07",
        "ademco-8000" => "ademco8000",
        "sk9000" | "sk9000-command" => "sk9000",
        "iti-generic" => "iti",
        "cp-220" => "cp220",
        other => panic!("{other}"),
    }
}

fn vectors() -> Vec<Vector> {
    let hex = |text: &str| decode_hex(text.replace(' ', "").as_bytes()).unwrap();
    let mut all = Vec::new();
    for file in [
        include_str!("vectors/serial-vectors.json"),
        include_str!("vectors/mx8000.json"),
    ] {
        all.extend(array(file, "vectors").iter().map(|vector| Vector {
            id: text(vector, "id").into(),
            meant: name(text(vector, "protocol")),
            wire: hex(text(vector, "raw_hex")),
        }));
    }
    let file = include_str!("vectors/dc09-vectors.json");
    all.extend(array(file, "vectors").iter().map(|vector| Vector {
        id: text(vector, "id").into(),
        meant: "dc09",
        wire: hex(text(vector, "raw_hex")),
    }));
    let file = include_str!("vectors/cid-sia-vectors.json");
    for vector in array(file, "contact_id") {
        for key in ["block", "dtmf"] {
            all.push(Vector {
                id: format!("{key} {}", text(&vector, key)),
                meant: "contact-id",
                wire: text(&vector, key).into(),
            });
        }
        if let Some(frame) = vector["surgard"].as_str() {
            all.push(Vector {
                id: format!("surgard {frame}"),
                meant: "surgard",
                wire: frame.replace("<14>", "\x14").into(),
            });
        }
        if let Some(body) = vector["dc09_adm_cid_data"].as_str() {
            all.push(Vector {
                id: format!("body {body}"),
                meant: "contact-id",
                wire: body.into(),
            });
        }
    }
    for vector in array(file, "other_dtmf") {
        for key in ["block", "dtmf"] {
            all.push(Vector {
                id: format!("{key} {}", text(&vector, key)),
                meant: "pulse",
                wire: text(&vector, key).into(),
            });
        }
    }
    for vector in array(file, "dc03") {
        let block = text(&vector, "hex");
        for (name, meant) in [("", "dc03"), ("galaxy ", "galaxy")] {
            all.push(Vector {
                id: format!("{name}block {block}"),
                meant,
                wire: hex(block),
            });
        }
    }
    for vector in array(file, "dc09_lines_with_cid_or_sia") {
        let line = text(&vector, "line");
        all.push(Vector {
            id: format!("line {line}"),
            meant: "dc09",
            wire: format!("\n{line}\r").into(),
        });
    }
    all
}

fn found(wire: &[u8]) -> &'static str {
    registry::detect(wire).map_or("none", |protocol| protocol.name())
}

fn is_broken(vector: &Vector) -> bool {
    BROKEN.iter().any(|(id, _)| vector.id.starts_with(id))
}

#[test]
fn the_right_protocol_comes_first_but_for_the_ambiguities_in_the_list() {
    let all = vectors();
    assert!(all.len() > 250, "{}", all.len());
    let mut seen = BTreeSet::new();
    for vector in all.iter().filter(|vector| !is_broken(vector)) {
        let listed = AMBIGUOUS
            .iter()
            .find(|(id, meant, _)| *meant == vector.meant && vector.id.starts_with(id));
        let wanted = listed.map_or(vector.meant, |(_, _, first)| first);
        assert_eq!(found(&vector.wire), wanted, "{}", vector.id);
        if let Some(listed) = listed {
            seen.insert(listed);
            // It is one only if both read it, and the right one comes next.
            let ranked = registry::rank(&vector.wire);
            assert_eq!(ranked[1].0.name(), vector.meant, "{}", vector.id);
            assert!(ranked[1].1 >= 60, "{}: {}", vector.id, ranked[1].1);
        }
    }
    assert_eq!(seen.len(), AMBIGUOUS.len(), "listed, and none: {seen:?}");
}

#[test]
fn what_is_damaged_beyond_knowing_is_told_weakly_or_not_at_all() {
    for (id, first) in BROKEN {
        let all = vectors();
        let vector = all.iter().find(|v| v.id.starts_with(id)).unwrap();
        let ranked = registry::rank(&vector.wire);
        assert_eq!(found(&vector.wire), *first, "{id}");
        assert!(ranked.iter().all(|(_, confidence)| *confidence <= 5));
    }
}

#[test]
fn the_documents_list_the_same_ambiguities() {
    let page = include_str!("../docs/decode.md");
    let (_, list) = page.split_once("### True ambiguities").unwrap();
    let list = list.split("\n## ").next().unwrap();
    let rows: BTreeSet<_> = list
        .lines()
        .filter_map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let name = |cell: &str| cell.strip_prefix('`')?.strip_suffix('`').map(str::to_owned);
            Some((name(cells.get(2)?)?, name(cells.get(3)?)?))
        })
        .collect();
    let wanted = AMBIGUOUS
        .iter()
        .map(|(_, meant, first)| ((*meant).to_owned(), (*first).to_owned()));
    assert_eq!(rows, wanted.collect());
}
