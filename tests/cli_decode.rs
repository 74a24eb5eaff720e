//! `alarmwire decode` as scripts see it: standard output, exit status, and never a panic or a hang.
#![cfg(feature = "full")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

use std::{fs, time::Duration};

use assert_cmd::Command;
use serde_json::{Value, json};

const PLAIN: &str = r#"\nBEB90027"ADM-CID"0001L0#1234[#1234|1130 01 015]\r"#;
const TEXT: &str = r#"\n811C005C"SIA-DCS"0001R1L2#1234[#1234|Nri1/BA015^FRONT DOOR^][M0026B9E4268B][X093W23.456][Y45N23.456]\r"#;
const SECRET: &str = r#"\nF8830076"*ADM-CID"0001L0#1234[3C997DC78CA4A20CAEC086529262CB1286CCFE3436B8B08E7C4C2BC4202046943FA507A5E8DA56DD0F399F6BC76AA511\r"#;
const KEY: &str = "ascii:0123456789ABCDEF";

fn decode(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_alarmwire"));
    command
        .arg("decode")
        .args(arguments)
        .timeout(Duration::from_secs(60));
    command
}

/// Exit status, the JSON objects, and what standard error says.
fn run(arguments: &[&str], input: &[u8]) -> (i32, Vec<Value>, String) {
    let output = decode(arguments).write_stdin(input).output().unwrap();
    let code = output.status.code().expect("ended by itself");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let objects = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    (code, objects, String::from_utf8(output.stderr).unwrap())
}

fn json(arguments: &[&str]) -> (i32, Vec<Value>) {
    let (code, objects, _) = run(&[&["--json"], arguments].concat(), b"");
    (code, objects)
}

fn bytes(escaped: &str) -> Vec<u8> {
    escaped
        .replace(r"\n", "\n")
        .replace(r"\r", "\r")
        .into_bytes()
}

#[test]
fn a_plain_frame_gives_every_key_as_received() {
    let (code, objects) = json(&[PLAIN]);
    let expected = json!({
        "protocol": "dc09", "ok": true, "token": "ADM-CID", "encrypted": false, "sequence": "0001", "line": "0",
        "account": "1234", "data_account": "1234", "data": "#1234|1130 01 015",
        "crc": {"form": "hex", "ok": true}, "length_ok": true, "quirks": [],
        "events": [{"code": "cid:1130", "qualifier": "new", "class": "burglary", "function": "burglary", "lane": 1,
            "partition": "01", "zone": "015"}],
        "reply_hex": hex(&bytes(r#"\nFE9A0012"ACK"0001L0#1234[]\r"#), &objects[0]),
    });
    assert_eq!((code, objects), (0, vec![expected]));
}

/// The answer, whose CRC the test does not compute again: only what follows it is compared.
fn hex(reply: &[u8], object: &Value) -> String {
    let got = object["reply_hex"].as_str().unwrap_or("").to_owned();
    let tail: String = reply[5..].iter().map(|b| format!("{b:02X}")).collect();
    assert_eq!(
        got.get(10..).map(str::to_ascii_uppercase).as_deref(),
        Some(tail.as_str())
    );
    got
}

#[test]
fn text_extended_fields_and_numbers_are_told() {
    let (code, objects) = json(&[TEXT]);
    let object = &objects[0];
    assert_eq!(code, 0);
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
fn an_encrypted_frame_needs_its_key_and_shows_its_header_without() {
    let now = "2026-11-24T12:34:56Z";
    let (code, objects) = json(&["--key", KEY, "--now", now, SECRET]);
    assert_eq!(code, 0, "{objects:?}");
    assert_eq!(
        (&objects[0]["ok"], &objects[0]["data"]),
        (&json!(true), &json!("#1234|1130 01 015"))
    );
    assert_eq!(
        (&objects[0]["encrypted"], &objects[0]["token"]),
        (&json!(true), &json!("ADM-CID"))
    );
    assert_eq!(objects[0]["timestamp"], json!("12:34:56,11-24-2026"));
    assert!(objects[0]["reply_hex"].as_str().unwrap().len() > 64);

    for keys in [&[][..], &["--key", "ascii:FEDCBA9876543210"]] {
        let (code, objects) = json(&[keys, &[SECRET]].concat());
        assert_eq!(
            (code, &objects[0]["ok"], &objects[0]["account"]),
            (1, &json!(false), &json!("1234"))
        );
        assert!(objects[0]["error"]["message"].is_string() && objects[0]["reply_hex"].is_null());
    }
}

#[test]
fn an_encrypted_frame_of_another_time_is_answered_with_our_time() {
    let (_, objects) = json(&["--key", KEY, "--now", "2026-11-24T12:44:56Z", SECRET]);
    let reply = objects[0]["reply_hex"].as_str().unwrap();
    let expected: String =
        r#""NAK"0000R0L0A0[]_12:44:56,11-24-2026"#.bytes().map(|b| format!("{b:02X}")).collect();
    assert!(reply.to_ascii_uppercase().contains(&expected), "{reply}");
}

#[test]
fn a_clear_frame_gets_no_answer_where_a_key_is_given() {
    let (_, objects) = json(&["--key", KEY, PLAIN]);
    assert_eq!(objects[0]["reply_hex"], Value::Null);
}

#[test]
fn arguments_may_lack_line_feed_and_carriage_return_and_standard_input_may_not() {
    let bare = r#"BEB90027"ADM-CID"0001L0#1234[#1234|1130 01 015]"#;
    let (code, objects) = json(&[bare]);
    assert_eq!(
        (code, &objects[0]["quirks"]),
        (0, &json!(["quirk-34-missing-lf", "missing-cr"]))
    );
    for input in [bare.to_owned(), format!("{bare}\r"), format!("\n{bare}")] {
        let (code, objects, _) = run(&["--json", "--protocol", "dc09"], input.as_bytes());
        assert_eq!((code, &objects[0]["ok"]), (1, &json!(false)), "{input:?}");
    }
}

#[test]
fn standard_input_holds_any_number_of_frames_and_noise_between_them() {
    let mut input = bytes(PLAIN);
    input.extend(bytes(TEXT));
    let (code, objects, _) = run(&["--json"], &input);
    assert_eq!((code, objects.len()), (0, 2), "{objects:?}");

    let mut input = bytes(PLAIN);
    input.extend(b"\x00\xFFrubbish\n\n");
    input.extend(bytes(TEXT));
    let (code, objects, _) = run(&["--json"], &input);
    let ok: Vec<&Value> = objects.iter().map(|object| &object["ok"]).collect();
    assert_eq!(
        (code, ok),
        (1, vec![&json!(true), &json!(false), &json!(true)]),
        "{objects:#?}"
    );
}

#[test]
fn hexadecimal_lines_are_read_from_standard_input() {
    let line: String = bytes(PLAIN).iter().map(|b| format!("{b:02x}")).collect();
    let (code, objects, _) = run(
        &["--json", "--hex"],
        format!("{line}\n\n{line}{line}\r\n").as_bytes(),
    );
    assert_eq!((code, objects.len()), (0, 3), "{objects:#?}");
    let (code, _, error) = run(&["--json", "--hex"], format!("{line}\n0g\n").as_bytes());
    assert_eq!(code, 2);
    assert!(error.contains("line 2"), "{error}");
}

#[test]
fn a_wrong_check_value_is_an_error_with_its_place() {
    let (code, objects) = json(&[&PLAIN.replace("BEB9", "BEB8")]);
    assert_eq!((code, &objects[0]["ok"]), (1, &json!(false)));
    assert!(
        objects[0]["error"]["offset"].is_u64() && objects[0]["reply_hex"].is_null(),
        "{objects:?}"
    );
}

#[test]
fn other_protocols_are_recognised() {
    for (frame, protocol, code) in [
        (r"5011 181234E13001015\x14", "surgard", "cid:1130"),
        ("1234181131010158", "contact-id", "cid:1131"),
    ] {
        let (status, objects) = json(&[frame]);
        assert_eq!(
            (status, &objects[0]["protocol"]),
            (0, &json!(protocol)),
            "{objects:?}"
        );
        assert_eq!(objects[0]["events"][0]["code"], json!(code), "{objects:?}");
    }
}

#[test]
fn people_get_a_table_without_colour_in_a_pipe() {
    let output = decode(&[TEXT]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "SIA-DCS",
        "good",
        "sia:BA",
        "FRONT DOOR",
        "MAC address",
        "answer",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(!text.contains('\x1b'));
}

#[test]
fn bad_usage_is_status_two_and_repeats_no_key() {
    for arguments in [
        &["--hex", "0g"][..],
        &["--protocol", "morse", PLAIN],
        &["--key", "ascii:tooshort", PLAIN],
        &["--key", "0123456789ABCDEF", PLAIN],
        &["--now", "tomorrow", PLAIN],
        &[r"\q"],
        &["--nothing"],
        &[""],
        &[],
    ] {
        let (code, objects, error) = run(arguments, b"");
        assert_eq!((code, objects.len()), (2, 0), "{arguments:?}");
        assert!(!error.is_empty(), "{arguments:?}");
    }
    let key = "hex:00112233445566778899AABBCCDDEE";
    let (_, _, error) = run(&["--key", key, PLAIN], b"");
    assert!(error.contains("15") && !error.contains(key), "{error}");
}

#[test]
fn noise_ends_in_one_object_without_a_panic_or_a_hang() {
    // A small generator: the same noise in every run.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut noise = |length: usize, few: bool| -> Vec<u8> {
        let mut byte = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let all = state.to_le_bytes()[0];
            if few {
                b"\n\r\"0L#[]|_\x14 "[usize::from(all) % 12]
            } else {
                all
            }
        };
        (0..length).map(|_| byte()).collect()
    };
    for protocol in ["auto", "dc09", "surgard", "contact-id", "dc03"] {
        for input in [
            noise(300_000, false),
            noise(300_000, true),
            vec![b'A'; 300_000],
            vec![b'\n'; 300_000],
        ] {
            let (code, objects, _) = run(&["--json", "--protocol", protocol], &input);
            assert!(code == 1 || code == 0, "{protocol}: {code}");
            assert!(!objects.is_empty(), "{protocol}");
        }
    }
}

#[test]
fn ten_megabytes_without_a_carriage_return_are_one_bad_object() {
    let (code, objects, _) = run(&["--json", "--protocol", "dc09"], &vec![b'x'; 10_000_000]);
    assert_eq!((code, objects.len()), (1, 1));
}

/// What a vector says of a character that was not UTF-8, as the tool shows it.
fn as_shown(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_ascii() {
                c.to_string()
            } else {
                format!("\\x{:02X}", u32::from(c))
            }
        })
        .collect()
}

#[test]
fn every_dc09_vector_is_told_as_it_expects() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/dc09-vectors.json"
    );
    let vectors: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for vector in vectors["vectors"].as_array().unwrap() {
        if let Err(why) = std::panic::catch_unwind(|| check(vector)) {
            let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
            wrong.push(format!("{}: {why}", vector["id"]));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of them:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn check(vector: &Value) {
    let id = &vector["id"];
    let expect = &vector["expect"];
    let key = match (vector["key_ascii"].as_str(), vector["key_hex"].as_str()) {
        (Some(text), _) => Some(format!("ascii:{text}")),
        (_, Some(digits)) => Some(format!("hex:{digits}")),
        _ => None,
    };
    let now = expect["timestamp"]
        .as_str()
        .map_or("2026-11-24T12:00:00Z".to_owned(), |sent| {
            let (time, date) = sent.split_once(',').unwrap();
            format!("{}-{}T{time}Z", &date[6..], &date[..5])
        });
    let mut arguments = vec![
        "--json",
        "--hex",
        "--protocol",
        "dc09",
        vector["raw_hex"].as_str().unwrap(),
    ];
    if let Some(key) = &key {
        arguments.extend(["--key", key]);
    }
    // Some frames carry impossible dates; any clock will do for them.
    if decode(&["--now", &now, PLAIN])
        .output()
        .unwrap()
        .status
        .code()
        != Some(2)
    {
        arguments.extend(["--now", &now]);
    }
    let (code, objects, _) = run(&arguments, b"");
    assert!(!objects.is_empty(), "no object");

    if let Some(frames) = expect["frames"].as_array() {
        assert_eq!((code, objects.len()), (0, frames.len()), "{objects:#?}");
        for (object, frame) in objects.iter().zip(frames) {
            compare(object, frame);
        }
        return;
    }
    assert_eq!(objects.len(), 1, "one frame, one object: {objects:#?}");
    let object = &objects[0];
    if vector["kind"] == "broken" {
        // A right check value with a wrong length is taken and flagged; everything else is refused.
        let flagged =
            object["ok"] == true && object["length_ok"] == false && expect["crc_ok"] == true;
        assert!(
            object["ok"] == false || flagged,
            "silently taken: {object:#}"
        );
        return;
    }
    let readable = expect["encrypted"] != true || key.is_some();
    assert_eq!(
        (&object["ok"], code),
        (&json!(readable), i32::from(!readable)),
        "{object:#}"
    );
    compare(object, expect);
    let form = match vector["crc_mode"].as_str().unwrap() {
        "hex+CR" => "hex_over_cr",
        form => form,
    };
    assert_eq!(object["crc"], json!({"form": form, "ok": true}));
    if let (Some(ack), false) = (vector["ack_hex"].as_str(), expect["encrypted"] == true) {
        let reply = object["reply_hex"]
            .as_str()
            .unwrap_or("")
            .to_ascii_lowercase();
        assert_eq!(reply, ack.to_ascii_lowercase(), "{id}: reply");
    }
}

/// Compares what the vector knows of a frame.
fn compare(object: &Value, expect: &Value) {
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
            assert_eq!(&object[ours], value, "{ours} in {object:#}");
        }
    }
    if let Some(fields) = expect["xdata"].as_array() {
        let none = Vec::new();
        let ours = object["extended"].as_array().unwrap_or(&none);
        assert_eq!(ours.len(), fields.len(), "extended in {object:#}");
        for (field, pair) in ours.iter().zip(fields) {
            assert_eq!(field["letter"], pair[0]);
            let value = pair[1].as_str().unwrap();
            assert!(
                field["value"] == value || field["value"] == as_shown(value),
                "{field} against {pair}"
            );
        }
    }
    if let Some(cid) = expect.get("cid") {
        let event = &object["events"][0];
        let code = format!(
            "cid:{}{}",
            cid["qualifier"].as_str().unwrap(),
            cid["event"].as_str().unwrap()
        );
        assert_eq!(event["code"], json!(code));
        let none = |value: &Value, zeros: &str| {
            if value == zeros {
                Value::Null
            } else {
                value.clone()
            }
        };
        assert_eq!(event["partition"], none(&cid["group"], "00"), "{object:#}");
        let number = none(&cid["zone_or_user"], "000");
        assert!(
            event["zone"] == number || event["user"] == number,
            "{object:#}"
        );
    }
}

#[test]
fn a_length_or_check_value_that_is_no_number_still_shows_the_fields() {
    for (wrong, crc_ok, length_ok, offset) in [
        ("BEB9002g", true, false, 5),
        ("BEB90 27", true, false, 5),
        ("xEB90027", false, true, 1),
        ("xEB90g27", false, false, 1),
    ] {
        let (code, objects) = json(&[&PLAIN.replace("BEB90027", wrong), PLAIN]);
        let object = &objects[0];
        assert_eq!((code, objects.len()), (1, 2), "{objects:#?}");
        assert_eq!(object["token"], "ADM-CID");
        assert_eq!(object["data"], "#1234|1130 01 015");
        assert_eq!(object["crc"], json!({"form": "hex", "ok": crc_ok}));
        assert_eq!(object["error"]["offset"], json!(offset), "{wrong}");
        assert!(object["reply_hex"].is_null());
        assert_eq!(object["length_ok"], json!(length_ok), "{wrong}");
    }
}

#[test]
fn a_frame_that_is_cut_off_does_not_cost_the_next_one() {
    let mut input = bytes(PLAIN);
    input.truncate(20);
    input.extend(bytes(TEXT));
    let (code, objects, _) = run(&["--json"], &input);
    assert_eq!((code, objects.len()), (1, 2), "{objects:#?}");
    assert_eq!(objects[0]["error"]["offset"], 20);
    assert_eq!(
        (&objects[1]["ok"], &objects[1]["account"]),
        (&json!(true), &json!("1234"))
    );
}

#[test]
fn a_bracket_in_a_text_is_answered_and_noted() {
    // CRC and length are right: what is between brackets never costs an alarm.
    let (code, objects) = json(&[r#"\x0A8BFD002A"SIA-DCS"0001L0#1234[#1234|NBA1^Hall [1]^]\x0D"#]);
    assert_eq!(code, 0, "{objects:#?}");
    assert_eq!(objects[0]["quirks"][0], "brackets");
    assert_eq!(objects[0]["events"][0]["code"], "sia:BA");
    assert_eq!(objects[0]["events"][0]["text"], "Hall [1");
    assert!(objects[0]["reply_hex"].is_string());
}

#[test]
fn an_unknown_token_is_refused_before_any_key_is_looked_for() {
    let (_, objects) = json(&["--key", KEY, r#"\x0A61360019"VIS-BBA"0001L0#1234[abc]\x0D"#]);
    let answer = objects[0]["reply_hex"].as_str().unwrap();
    assert!(answer.contains("22445548"), "{answer} is no DUH");
    let (_, objects) = json(&["--key", KEY, PLAIN]);
    assert!(objects[0]["reply_hex"].is_null());
}

#[test]
fn a_body_of_another_format_is_kept_byte_for_byte() {
    let (_, objects) = json(&[r#"\x0A6B4E001F"SIA-PUL"0001L0#1234[#1234|5A\xFF]\x0D"#]);
    assert_eq!(objects[0]["events"][0]["code"], r"raw:dc09:SIA-PUL:5A\xFF");
}

#[test]
fn bodies_by_hand_and_broken_blocks_are_recognised() {
    let (code, objects) = json(&["#1234|Nri1/BA01^Hall^"]);
    assert_eq!((code, &objects[0]["protocol"]), (0, &json!("dc03")));
    assert_eq!(objects[0]["events"][0]["text"], "Hall");
    assert_eq!(json(&["--protocol", "dc03", "Nri1/BA01"]).0, 0);
    let (code, objects) = json(&["1234181131010157"]);
    assert_eq!((code, &objects[0]["protocol"]), (1, &json!("contact-id")));
    assert_eq!(objects[0]["crc"]["ok"], json!(false));
    assert_eq!(json(&["NOT A FRAME"]).0, 1);
}

#[test]
fn noise_between_serial_frames_of_an_argument_is_one_object() {
    let frame = r"5011 181234E13001015\x14";
    let (code, objects) = json(&[&format!("{frame}xx{frame}\\r\\n")]);
    let ok: Vec<&Value> = objects.iter().map(|object| &object["ok"]).collect();
    assert_eq!(
        (code, ok),
        (1, vec![&json!(true), &json!(false), &json!(true)])
    );
    assert_eq!(objects[1]["error"]["offset"], 21);
}
