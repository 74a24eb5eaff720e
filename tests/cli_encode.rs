//! `alarmwire encode`: the frames of the documents, and that `decode` reads what it makes.
#![cfg(feature = "full")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

use std::time::Duration;

use assert_cmd::Command;
use serde_json::{Value, json};

fn alarmwire(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_alarmwire"));
    command.args(arguments).timeout(Duration::from_secs(60));
    command
}

fn encode(arguments: &[&str]) -> Vec<u8> {
    let output = alarmwire(&[&["encode"], arguments].concat())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn refused(arguments: &[&str]) -> String {
    let output = alarmwire(&[&["encode"], arguments].concat())
        .output()
        .unwrap();
    assert_eq!(
        (output.status.code(), output.stdout.len()),
        (Some(2), 0),
        "{arguments:?}"
    );
    String::from_utf8(output.stderr).unwrap()
}

fn decode(arguments: &[&str], frame: &[u8]) -> Vec<Value> {
    let output = alarmwire(&[&["decode", "--json"], arguments].concat())
        .write_stdin(frame)
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const BURGLARY: &[&str] = &[
    "dc09",
    "--token",
    "ADM-CID",
    "--seq",
    "1",
    "--account",
    "1234",
    "--data",
    "#1234|1130 01 015",
];

#[test]
fn a_plain_frame_is_the_one_of_the_documents() {
    assert_eq!(
        encode(BURGLARY),
        b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r"
    );
    let hex = encode(&[BURGLARY, &["--hex"]].concat());
    let expected: String = b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r"
        .iter()
        .map(|b| format!("{b:02X}"))
        .collect();
    assert_eq!(String::from_utf8(hex).unwrap(), expected + "\n");
}

#[test]
fn numbers_extended_fields_and_time_stand_where_they_belong() {
    let frame = encode(&[
        "dc09",
        "--token",
        "SIA-DCS",
        "--seq",
        "1",
        "--account",
        "1234",
        "--receiver",
        "1",
        "--line",
        "2",
        "--data",
        "#1234|Nri1/BA015^FRONT DOOR^",
        "--ext",
        "M0026B9E4268B",
        "--ext",
        "X093W23.456",
        "--ext",
        "Y45N23.456",
    ]);
    let expected: &[u8] =
        b"\n811C005C\"SIA-DCS\"0001R1L2#1234[#1234|Nri1/BA015^FRONT DOOR^][M0026B9E4268B]\
        [X093W23.456][Y45N23.456]\r";
    assert_eq!(frame, expected);
    let link_test = [
        "dc09",
        "--token",
        "NULL",
        "--seq",
        "0",
        "--account",
        "1409",
        "--timestamp",
    ];
    for time in [
        "20:38:07,08-27-2026",
        "2026-08-27T20:38:07Z",
        "2026-08-27T22:38:07+02:00",
    ] {
        let frame = encode(&[&link_test[..], &[time]].concat());
        assert_eq!(
            frame, b"\nEA740027\"NULL\"0000L0#1409[]_20:38:07,08-27-2026\r",
            "{time}"
        );
    }
}

#[test]
fn an_encrypted_frame_with_given_pad_is_the_same_each_time_and_decodes() {
    let key = "ascii:0123456789ABCDEF";
    let arguments = [
        "dc09",
        "--token",
        "*NULL",
        "--seq",
        "0",
        "--account",
        "1234",
        "--key",
        key,
        "--timestamp",
        "12:00:00,01-31-2026",
        "--pad-hex",
        "000102030405060708090A0B0C0D0E0F10111213141516171819",
    ];
    let frame = encode(&arguments);
    assert_eq!(frame, encode(&arguments));
    let objects = decode(&["--key", key, "--now", "2026-01-31T12:00:00Z"], &frame);
    assert_eq!(
        (&objects[0]["token"], &objects[0]["encrypted"]),
        (&json!("NULL"), &json!(true))
    );
    assert_eq!(objects[0]["timestamp"], json!("12:00:00,01-31-2026"));
}

#[test]
fn a_random_pad_is_another_each_time_and_every_length_of_key_works() {
    for digits in [32, 48, 64] {
        let key = format!("hex:{}", "5A".repeat(digits / 2));
        let arguments = [BURGLARY, &["--key", &key]].concat();
        let (first, second) = (encode(&arguments), encode(&arguments));
        assert_ne!(first, second);
        for frame in [first, second] {
            let objects = decode(&["--key", &key], &frame);
            assert_eq!(objects[0]["data"], json!("#1234|1130 01 015"), "{digits}");
        }
    }
}

#[test]
fn the_forms_of_the_check_value_decode_as_what_they_are() {
    for (crc, form) in [
        ("hex", "hex"),
        ("binary", "binary"),
        ("hex-over-cr", "hex_over_cr"),
    ] {
        let frame = encode(&[BURGLARY, &["--crc", crc]].concat());
        assert_eq!(
            decode(&[], &frame)[0]["crc"],
            json!({"form": form, "ok": true})
        );
    }
    let lower = encode(&[BURGLARY, &["--lower"]].concat());
    assert!(lower.starts_with(b"\nbeb90027\""));
}

#[test]
fn contact_id_has_its_block_and_its_other_forms() {
    let event = [
        "contact-id",
        "--account",
        "1234",
        "--code",
        "131",
        "--partition",
        "01",
        "--zone",
        "015",
    ];
    assert_eq!(encode(&event), b"1234181131010158");
    assert_eq!(
        encode(&[&event[..], &["--form", "body"]].concat()),
        b"#1234|1131 01 015"
    );
    let restore = encode(&[&event[..], &["--form", "body", "--qualifier", "restore"]].concat());
    assert_eq!(restore, b"#1234|3131 01 015");
    assert_eq!(
        encode(&[&event[..], &["--form", "raw"]].concat()),
        b"#1234|181131010158"
    );
}

#[test]
fn dc03_has_its_blocks_and_the_data_of_dc09() {
    let event = [
        "dc03",
        "--account",
        "1234",
        "--code",
        "BA",
        "--address",
        "015",
        "--modifier",
        "ri1",
    ];
    let data = encode(&[&event[..], &["--form", "data", "--text", "FRONT DOOR"]].concat());
    assert_eq!(data, b"#1234|Nri1/BA015^FRONT DOOR^");
    let blocks = encode(&event);
    assert!(
        blocks.starts_with(b"\x44\x231234\x9C"),
        "{}",
        blocks.escape_ascii()
    );
    let objects = decode(&["--protocol", "dc03"], &blocks);
    assert_eq!(objects.len(), 2, "{objects:#?}");
    assert_eq!(objects[1]["events"][0]["code"], json!("sia:BA"));
}

#[test]
fn surgard_frames_are_those_of_the_manual() {
    let frame = encode(&[
        "surgard",
        "--account",
        "1234",
        "contact-id",
        "--code",
        "131",
        "--partition",
        "01",
        "--zone",
        "015",
    ]);
    assert_eq!(frame, b"5011 181234E13101015\x14");
    let frame = encode(&[
        "surgard",
        "--line",
        "001",
        "--account",
        "1234",
        "sia",
        "--code",
        "BA",
        "--address",
        "015",
    ]);
    assert_eq!(frame, b"S01001[#1234|NBA015]\x14");
    assert_eq!(
        encode(&["surgard", "heartbeat"]),
        b"1011           @    \x14"
    );
    for (format, code) in [
        (&["basic"][..], "raw:surgard:A"),
        (&["sia-one", "--code", "FA"], "sia:FA"),
    ] {
        let frame = encode(&[&["surgard", "--account", "1234"], format].concat());
        let objects = decode(&["--protocol", "surgard"], &frame);
        assert_eq!(objects[0]["events"][0]["code"], json!(code), "{objects:#?}");
    }
}

#[test]
fn what_no_frame_can_carry_is_refused_with_the_reason() {
    for (arguments, word) in [
        (&["--account", "12"][..], "account"),
        (&["--data", "#1234|[x]"], "data"),
        (&["--ext", "m1"], "extended"),
        (&["--ext", ""], "letter"),
        (&["--receiver", "1234567"], "receiver"),
        (&["--seq", "10000"], "10000"),
        (&["--token", "A\"B"], "token"),
        (&["--token", "*NULL"], "key"),
        (&["--key", "ascii:0123456789"], "16, 24 or 32"),
        (&["--timestamp", "25:00:00,01-01-2026"], "time"),
        (&["--pad-hex", "00"], "--key"),
    ] {
        let mut all = vec!["dc09"];
        for (name, value) in [
            ("--token", "ADM-CID"),
            ("--seq", "1"),
            ("--account", "1234"),
        ] {
            if !arguments.contains(&name) {
                all.extend([name, value]);
            }
        }
        let error = refused(&[&all, arguments].concat());
        assert!(error.contains(word), "{arguments:?}: {error}");
    }
    assert!(refused(&["contact-id", "--account", "123"]).contains("account"));
    assert!(refused(&["surgard", "contact-id"]).contains("account"));
}

#[test]
fn what_a_reader_would_refuse_is_refused_with_its_reason() {
    let dc09 = [
        "dc09",
        "--seq",
        "0",
        "--account",
        "1234",
        "--key",
        "ascii:0123456789ABCDEF",
    ];
    for (more, why) in [
        (&["--token", "NAK"][..], "NAK"),
        (&["--token", "DUH"], "DUH"),
        (&["--token", "NULL", "--data", r"a\x00"], "control"),
    ] {
        assert!(refused(&[&dc09, more].concat()).contains(why), "{more:?}");
    }
    for (arguments, why) in [
        (
            &["contact-id", "--account", "x|y", "--form", "body"][..],
            "account",
        ),
        (&["dc03", "--code", "BA", "--function", "|"], "function"),
        (
            &[
                "surgard",
                "--account",
                "1234",
                "sia",
                "--code",
                "BA",
                "--function",
                "A",
            ],
            "function",
        ),
        (
            &[
                "surgard",
                "--clock",
                "12:30:45-24/11",
                "--account",
                "1234",
                "sia",
                "--code",
                "BA",
            ],
            "clock",
        ),
        (
            &[
                "surgard",
                "--clock",
                "12-30-45:24/11",
                "--account",
                "1234",
                "basic",
            ],
            "clock",
        ),
    ] {
        let error = refused(arguments);
        assert!(error.contains(why), "{arguments:?}: {error}");
    }
}

#[test]
fn a_key_is_taken_as_the_menu_of_the_profile_takes_it() {
    for (profile, key) in [
        ("key-hex", "30313233343536373839414243444546"),
        ("key-ascii", "0123456789ABCDEF"),
        ("key-ascii", "ascii:0123456789ABCDEF"),
    ] {
        let frame = encode(&[BURGLARY, &["--profile", profile, "--key", key]].concat());
        assert!(frame.windows(10).any(|ten| ten == b"\"*ADM-CID\""));
    }
    let digits = "30313233343536373839414243444546";
    let told = refused(&[BURGLARY, &["--key", digits]].concat());
    assert!(!told.contains(digits));
}

#[test]
fn a_profile_has_its_habits() {
    let frame = encode(&[BURGLARY, &["--profile", "no-line"]].concat());
    assert!(String::from_utf8_lossy(&frame).contains("\"0001#1234["));
    let frame = encode(&[BURGLARY, &["--profile", "trailing-nul", "--lower"]].concat());
    assert!(frame.ends_with(b"]\r\0"));
}
