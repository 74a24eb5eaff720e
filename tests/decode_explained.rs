//! What `Protocol::decode` says of DC-09 and Sur-Gard frames: every field of every vector, damage with its place, the answer.
#![cfg(all(feature = "crypto", feature = "serde", feature = "surgard"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

use std::time::Duration;

use alarmwire::{
    Now, Protocol, Timestamp,
    codec::{DecodeOptions, dc09::Dc09, surgard::Surgard},
    types::decode_hex,
};
use serde_json::{Value, json};

const PLAIN: &str = "\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r";
const TEXT: &str = "\n811C005C\"SIA-DCS\"0001R1L2#1234[#1234|Nri1/BA015^FRONT DOOR^][M0026B9E4268B][X093W23.456][Y45N23.456]\r";
const SECRET: &str = "\nF8830076\"*ADM-CID\"0001L0#1234[3C997DC78CA4A20CAEC086529262CB1286CCFE3436B8B08E7C4C2BC4202046943FA507A5E8DA56DD0F399F6BC76AA511\r";
const KEY: &[u8] = b"0123456789ABCDEF";

fn now(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Now {
    Now {
        monotonic: Duration::ZERO,
        utc: Timestamp::from_civil(year.into(), month, day, hour, minute, second).unwrap(),
    }
}

/// As an argument of a command: LF and CR may be missing.
fn argument() -> DecodeOptions<'static> {
    DecodeOptions {
        argument: true,
        now: now(2026, 11, 24, 12, 34, 56),
        ..DecodeOptions::default()
    }
}

/// As bytes of a line.
fn stream() -> DecodeOptions<'static> {
    DecodeOptions {
        argument: false,
        ..argument()
    }
}

/// All objects of an input; each takes at least one byte and never more than there are.
fn all(protocol: &dyn Protocol, input: &[u8], options: &DecodeOptions<'_>) -> Vec<Value> {
    let (mut at, mut objects) = (0, Vec::new());
    let mut options = *options;
    while at < input.len() {
        let (decoded, taken) = protocol.decode(&input[at..], &options);
        assert!((1..=input.len() - at).contains(&taken), "{taken} at {at}");
        assert_eq!(decoded.protocol, protocol.name());
        assert_eq!(decoded.ok, decoded.error.is_none(), "{decoded:?}");
        at += taken;
        options.continued = true;
        objects.push(serde_json::to_value(&decoded).unwrap());
    }
    objects
}

fn one(input: &str, options: &DecodeOptions<'_>) -> Value {
    let mut objects = all(&Dc09, input.as_bytes(), options);
    assert_eq!(objects.len(), 1, "{objects:#?}");
    objects.remove(0)
}

/// The answer's characters behind the check value.
fn reply(object: &Value) -> Option<String> {
    let reply = decode_hex(object["reply_hex"].as_str()?.as_bytes()).unwrap();
    assert_eq!((reply[0], reply.last()), (b'\n', Some(&b'\r')));
    Some(String::from_utf8(reply[5..reply.len() - 1].to_vec()).unwrap())
}

#[test]
fn a_plain_frame_gives_every_field_as_received() {
    let mut object = one(PLAIN, &argument());
    assert_eq!(reply(&object).as_deref(), Some(r#"0012"ACK"0001L0#1234[]"#));
    object.as_object_mut().unwrap().remove("reply_hex");
    let expected = json!({
        "protocol": "dc09", "ok": true, "token": "ADM-CID", "encrypted": false, "sequence": "0001", "line": "0",
        "account": "1234", "data_account": "1234", "data": "#1234|1130 01 015",
        "crc": {"form": "hex", "ok": true}, "length_ok": true, "quirks": [],
        "events": [{"code": "cid:1130", "qualifier": "new", "class": "burglary", "function": "burglary", "lane": 1,
            "partition": "01", "zone": "015"}],
    });
    assert_eq!(object, expected);
}

#[test]
fn text_and_extended_fields_are_told() {
    let object = one(TEXT, &argument());
    assert_eq!(
        (&object["receiver"], &object["line"]),
        (&json!("1"), &json!("2"))
    );
    let extended = json!([{"letter": "M", "value": "0026B9E4268B"}, {"letter": "X", "value": "093W23.456"},
        {"letter": "Y", "value": "45N23.456"}]);
    assert_eq!(object["extended"], extended);
    let event = json!({"code": "sia:BA", "qualifier": "new", "class": "burglary", "function": "burglary", "lane": 1,
        "partition": "1", "zone": "015", "text": "FRONT DOOR"});
    assert_eq!(object["events"], json!([event]));
}

#[test]
fn an_encrypted_frame_is_opened_by_its_key_and_shows_its_header_without() {
    let keyed = DecodeOptions {
        key: Some(KEY),
        ..argument()
    };
    let object = one(SECRET, &keyed);
    assert_eq!(
        (&object["ok"], &object["data"], &object["timestamp"]),
        (
            &json!(true),
            &json!("#1234|1130 01 015"),
            &json!("12:34:56,11-24-2026")
        )
    );
    let answer = reply(&object).unwrap();
    assert!(answer[4..].starts_with(r#""*ACK"0001L0#1234["#), "{answer}");
    assert!(answer.len() > 32 + 20, "{answer}");

    let wrong = DecodeOptions {
        key: Some(b"FEDCBA9876543210"),
        ..argument()
    };
    let short = DecodeOptions {
        key: Some(b"short"),
        ..argument()
    };
    for options in [argument(), wrong, short] {
        let object = one(SECRET, &options);
        assert_eq!(
            (&object["ok"], &object["account"]),
            (&json!(false), &json!("1234"))
        );
        // Where the digits begin.
        let bracket = SECRET.find('[').unwrap() + 1;
        assert_eq!(object["error"]["offset"], json!(bracket), "{object:#}");
        assert_eq!((&object["data"], reply(&object)), (&Value::Null, None));
    }
}

#[test]
fn an_encrypted_frame_of_another_time_is_answered_with_our_time() {
    let late = DecodeOptions {
        key: Some(KEY),
        now: now(2026, 11, 24, 12, 44, 56),
        ..argument()
    };
    let answer = reply(&one(SECRET, &late)).unwrap();
    assert!(
        answer.ends_with(r#""NAK"0000R0L0A0[]_12:44:56,11-24-2026"#),
        "{answer}"
    );
}

#[test]
fn a_clear_frame_gets_no_answer_where_a_key_is_given() {
    let keyed = DecodeOptions {
        key: Some(KEY),
        ..argument()
    };
    let object = one(PLAIN, &keyed);
    assert_eq!((&object["ok"], reply(&object)), (&json!(true), None));
}

#[test]
fn what_is_no_request_gets_no_answer() {
    let ack = one(PLAIN, &argument())["reply_hex"]
        .as_str()
        .unwrap()
        .to_owned();
    let ack = String::from_utf8(decode_hex(ack.as_bytes()).unwrap()).unwrap();
    let object = one(&ack, &argument());
    assert_eq!(
        (&object["ok"], &object["token"]),
        (&json!(true), &json!("ACK"))
    );
    assert_eq!((reply(&object), &object["events"]), (None, &Value::Null));
}

#[test]
fn line_feed_and_carriage_return_may_lack_in_an_argument_only() {
    let bare = PLAIN.trim();
    let quirks = |object: Value| (object["ok"].clone(), object["quirks"].clone());
    for (text, expected) in [
        (
            bare.to_owned(),
            json!(["quirk-34-missing-lf", "missing-cr"]),
        ),
        (format!("{bare}\r"), json!(["quirk-34-missing-lf"])),
        (format!("\n{bare}"), json!(["missing-cr"])),
        (format!("\n{bare}\n"), json!(["missing-cr"])),
        (format!("\n{bare}\r\0"), json!(["quirk-08-trailing-nul"])),
    ] {
        assert_eq!(
            quirks(one(&text, &argument())),
            (json!(true), expected),
            "{text:?}"
        );
    }
    for text in [bare.to_owned(), format!("{bare}\r"), format!("\n{bare}")] {
        let objects = all(&Dc09, text.as_bytes(), &stream());
        assert!(
            objects.iter().all(|object| object["ok"] == false),
            "{text:?}"
        );
    }
}

#[test]
fn noise_between_frames_is_one_object_and_a_frame_cut_off_is_another() {
    let ok = |input: &str| -> Vec<bool> {
        all(&Dc09, input.as_bytes(), &stream())
            .iter()
            .map(|object| object["ok"] == true)
            .collect()
    };
    assert_eq!(ok(&[PLAIN, TEXT].concat()), [true, true]);
    assert_eq!(
        ok(&[PLAIN, "\u{1}rubbish\n\n", TEXT].concat()),
        [true, false, true]
    );
    let cut = [&PLAIN[..30], TEXT].concat();
    assert_eq!(ok(&cut), [false, true]);
    let first = &all(&Dc09, cut.as_bytes(), &stream())[0];
    assert_eq!(
        first["error"],
        json!({"offset": 30, "message": "expected CR"})
    );
    assert_eq!(
        (&first["account"], &first["line"]),
        (&json!("1234"), &json!("0"))
    );
    assert_eq!(ok("\r\n\0 \t"), [false]);
}

#[test]
fn numbers_of_a_header_that_are_none_still_show_the_fields() {
    for (wrong, crc_ok, length_ok, offset) in [
        ("BEB9002g", true, false, 5),
        ("BEB90 27", true, false, 5),
        ("xEB90027", false, true, 1),
        ("xEB90g27", false, false, 1),
        ("BEB80027", false, true, 1),
        ("BEB90028", true, false, 5),
    ] {
        let object = one(&PLAIN.replace("BEB90027", wrong), &argument());
        // A right check value makes up for a wrong length.
        let lived_with = wrong == "BEB90028";
        assert_eq!(object["ok"], json!(lived_with), "{wrong}");
        assert_eq!(
            object["crc"],
            json!({"form": "hex", "ok": crc_ok}),
            "{wrong}"
        );
        assert_eq!(object["length_ok"], json!(length_ok), "{wrong}");
        assert_eq!(
            (&object["account"], &object["sequence"], &object["data"]),
            (&json!("1234"), &json!("0001"), &json!("#1234|1130 01 015")),
            "{wrong}"
        );
        let quirks = object["quirks"].as_array().unwrap();
        assert_eq!(
            quirks.contains(&json!("quirk-04-wrong-length")),
            !length_ok,
            "{wrong}"
        );
        if !lived_with {
            assert_eq!(object["error"]["offset"], json!(offset), "{wrong}");
            assert_eq!(reply(&object), None);
        }
    }
}

#[test]
fn confidence_is_full_for_a_good_frame_and_less_for_its_header() {
    for (text, expected) in [
        (PLAIN.to_owned(), 100),
        (format!("\r\n\0{PLAIN}"), 100),
        (PLAIN.replace("1130", "1131"), 60),
        (PLAIN.replace("0027", "00g7"), 40),
        ("rubbish".to_owned(), 0),
        (String::new(), 0),
    ] {
        assert_eq!(Dc09.confidence(text.as_bytes()), expected, "{text:?}");
    }
}

/// What a vector says of a character that was not UTF-8, as it is shown.
fn as_shown(text: &str) -> String {
    let shown = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => format!("\\x{:02X}", u32::from(c)),
    };
    text.chars().map(shown).collect()
}

/// Compares what the vector knows of a frame.
fn compare(object: &Value, expect: &Value, id: &str) {
    for (ours, theirs) in [
        ("token", "token"),
        ("sequence", "seq"),
        ("receiver", "receiver"),
        ("line", "prefix"),
        ("account", "account"),
        ("data", "data"),
        ("timestamp", "timestamp"),
        ("encrypted", "encrypted"),
        ("length_ok", "length_ok"),
    ] {
        if let Some(value) = expect.get(theirs) {
            assert_eq!(&object[ours], value, "{id}: {ours} in {object:#}");
        }
    }
    if let Some(fields) = expect["xdata"].as_array() {
        let none = Vec::new();
        let ours = object["extended"].as_array().unwrap_or(&none);
        assert_eq!(ours.len(), fields.len(), "{id}: extended in {object:#}");
        for (field, pair) in ours.iter().zip(fields) {
            assert_eq!(field["letter"], pair[0], "{id}");
            let value = pair[1].as_str().unwrap();
            assert!(
                field["value"] == value || field["value"] == as_shown(value),
                "{id}: {field}"
            );
        }
    }
    if let Some(cid) = expect.get("cid") {
        let code = format!(
            "cid:{}{}",
            cid["qualifier"].as_str().unwrap(),
            cid["event"].as_str().unwrap()
        );
        assert_eq!(object["events"][0]["code"], json!(code), "{id}");
    }
}

#[test]
fn every_dc09_vector_is_told_as_it_expects() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/dc09-vectors.json"
    );
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for vector in vectors["vectors"].as_array().unwrap() {
        let (id, expect) = (vector["id"].as_str().unwrap(), &vector["expect"]);
        let key = match (vector["key_ascii"].as_str(), vector["key_hex"].as_str()) {
            (Some(text), _) => Some(text.as_bytes().to_vec()),
            (_, Some(digits)) => Some(decode_hex(digits.as_bytes()).unwrap()),
            _ => None,
        };
        let options = DecodeOptions {
            key: key.as_deref(),
            ..argument()
        };
        let raw = decode_hex(vector["raw_hex"].as_str().unwrap().as_bytes()).unwrap();
        let objects = all(&Dc09, &raw, &options);
        if let Some(frames) = expect["frames"].as_array() {
            assert_eq!(objects.len(), frames.len(), "{id}: {objects:#?}");
            for (object, frame) in objects.iter().zip(frames) {
                assert_eq!(object["ok"], true, "{id}");
                compare(object, frame, id);
            }
            continue;
        }
        assert_eq!(objects.len(), 1, "{id}: {objects:#?}");
        let object = &objects[0];
        if vector["kind"] == "broken" {
            // A right check value with a wrong length is taken and flagged; everything else is refused.
            let flagged =
                object["ok"] == true && object["length_ok"] == false && expect["crc_ok"] == true;
            assert!(
                object["ok"] == false || flagged,
                "{id}: silently taken: {object:#}"
            );
            continue;
        }
        let readable = expect["encrypted"] != true || key.is_some();
        assert_eq!(object["ok"], json!(readable), "{id}: {object:#}");
        compare(object, expect, id);
        let form = match vector["crc_mode"].as_str().unwrap() {
            "hex+CR" => "hex_over_cr",
            form => form,
        };
        assert_eq!(object["crc"], json!({"form": form, "ok": true}), "{id}");
        if let (Some(ack), false) = (vector["ack_hex"].as_str(), expect["encrypted"] == true) {
            let reply = object["reply_hex"].as_str().unwrap_or("");
            assert_eq!(reply, ack.to_ascii_lowercase(), "{id}: reply");
        }
    }
}

#[test]
fn a_sur_gard_frame_gives_its_fields_and_the_answer() {
    let objects = all(&Surgard, b"5011 181234E13001015\x14\r\n", &argument());
    let event = json!({"code": "cid:1130", "qualifier": "new", "class": "burglary", "function": "burglary", "lane": 1,
        "partition": "01", "zone": "015"});
    let expected = json!({"protocol": "surgard", "ok": true, "token": "5", "encrypted": false, "receiver": "01",
        "line": "1", "account": "1234", "data": "011 181234E13001015", "crc": {"form": "none", "ok": true},
        "quirks": [], "events": [event], "reply_hex": "06"});
    assert_eq!(objects, [expected]);
    let objects = all(&Surgard, b"S011[#1234|Nri1/BA015]\x14", &argument());
    assert_eq!(objects[0]["data"], json!("#1234|Nri1/BA015"));
    assert_eq!(objects[0]["data_account"], json!("1234"));
    assert_eq!(objects[0]["events"][0]["code"], json!("sia:BA"));
    // The heartbeat is no event.
    let objects = all(&Surgard, b"1011           @    \x14", &argument());
    assert_eq!(
        (&objects[0]["events"], &objects[0]["reply_hex"]),
        (&Value::Null, &json!("06"))
    );
}

#[test]
fn sur_gard_damage_is_refused_and_noise_is_silent() {
    // A start byte and columns that are wrong: the receiver is told.
    let objects = all(&Surgard, b"5011 181234E13x01015\x14", &argument());
    assert_eq!(
        (&objects[0]["ok"], &objects[0]["reply_hex"]),
        (&json!(false), &json!("15"))
    );
    assert_eq!(objects[0]["token"], json!("5"));
    // An argument may lack its end byte and have noise in front; a line may not.
    let objects = all(&Surgard, b"5011 181234E13001015\n", &argument());
    assert_eq!(
        (&objects[0]["ok"], &objects[0]["quirks"]),
        (&json!(true), &json!(["missing-cr"]))
    );
    let objects = all(&Surgard, b"\x06\x065011 181234E13001015\x14", &argument());
    assert_eq!(
        (objects.len(), &objects[0]["ok"]),
        (1, &json!(true)),
        "{objects:#?}"
    );
    let objects = all(&Surgard, b"\x06\x065011 181234E13001015\x14", &stream());
    let ok: Vec<_> = objects.iter().map(|object| object["ok"] == true).collect();
    assert_eq!(ok, [false, true], "{objects:#?}");
    assert_eq!(objects[0]["reply_hex"], Value::Null);
    let objects = all(&Surgard, b"5011 181234E1300", &stream());
    assert_eq!((objects.len(), &objects[0]["ok"]), (1, &json!(false)));
    // Nothing at all is nothing.
    let (decoded, taken) = Surgard.decode(b"", &argument());
    assert_eq!((decoded.ok, taken), (false, 0));
}

#[test]
fn a_sur_gard_sender_set_to_7e1_is_told_of() {
    let parity = |byte: &u8| byte | u8::from(byte.count_ones() % 2 == 1) << 7;
    let wire: Vec<u8> = b"5011 181234E13001015\x14".iter().map(parity).collect();
    let objects = all(&Surgard, &wire, &stream());
    assert_eq!(objects.len(), 1, "{objects:#?}");
    let said = objects[0]["error"]["message"].as_str().unwrap();
    assert!(said.contains("7E1"), "{said}");
    assert_eq!(objects[0]["reply_hex"], Value::Null);
}
