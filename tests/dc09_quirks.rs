//! The field's habits that show in a single DC-09 frame, one test each, named after its slug in `codec::Quirk`.
//! Those of sessions are tested with `link`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg(feature = "crypto")]

use alarmwire::{
    AccountId, Protocol, Timestamp,
    codec::{
        DecodeOptions, Decoded, Quirk,
        dc09::{
            Body, CrcForm, Dc09, EventToken, Field, Frame, Framed, Framer, Key, Message, Scratch,
            Style, Token,
        },
    },
    types::{LineNumber, Now, ReceiverNumber, Sequence, decode_hex, encode_hex},
};
use bytes::BytesMut;
use std::time::Duration;

const ASCII_KEY: &[u8] = b"0123456789ABCDEF";

fn decode(wire: &[u8]) -> Decoded {
    let (decoded, taken) = Dc09.decode(wire, &DecodeOptions::default());
    assert_eq!(taken, wire.len());
    decoded
}

fn reply(decoded: &Decoded) -> String {
    let bytes = decode_hex(decoded.reply_hex.as_ref().expect("an answer").as_bytes()).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The wire image of what stands between header and CR, with a right CRC and length.
fn wire(body: &str) -> Vec<u8> {
    wire_bytes(body.as_bytes())
}

fn wire_bytes(body: &[u8]) -> Vec<u8> {
    let crc = crc::Crc::<u16>::new(&crc::CRC_16_ARC).checksum(body);
    let mut wire = format!("\n{crc:04X}{:04X}", body.len()).into_bytes();
    wire.extend_from_slice(body);
    wire.push(b'\r');
    wire
}

fn message<'a>() -> Message<'a> {
    Message {
        token: Token::Event(EventToken::AdmCid),
        sequence: Sequence::new(56).unwrap(),
        receiver: None,
        line: Some(LineNumber::new("0").unwrap()),
        account: Some(AccountId::new("1234").unwrap()),
        data: b"#1234|1130 01 015",
        extended: &[],
        timestamp: Some(Timestamp::from_civil(2026, 1, 31, 12, 0, 0).unwrap()),
    }
}

fn encrypt(text: &[u8], token: &str) -> Vec<u8> {
    use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::NoPadding};
    let cipher = cbc::Encryptor::<aes::Aes128>::new_from_slices(ASCII_KEY, &[0; 16]).unwrap();
    let mut buffer = text.to_vec();
    let digits = encode_hex(
        cipher
            .encrypt_padded::<NoPadding>(&mut buffer, text.len())
            .unwrap(),
    );
    wire(&format!("\"*{token}\"0001L0#1234[{digits}"))
}

fn with_key<'a>() -> DecodeOptions<'a> {
    let utc = Timestamp::from_civil(2026, 1, 31, 12, 0, 5).unwrap();
    DecodeOptions {
        key: Some(ASCII_KEY),
        now: Now {
            utc,
            ..Now::default()
        },
        ..DecodeOptions::default()
    }
}

#[test]
fn quirk_01_binary_crc() {
    // Bytes of the check value that look like LF, CR and a quote split nothing.
    let mut seen = [false; 256];
    for number in 1..=9999 {
        let mut out = BytesMut::new();
        let style = Style {
            crc: CrcForm::Binary,
            ..Style::default()
        };
        Message {
            sequence: Sequence::new(number).unwrap(),
            ..message()
        }
        .encode(&style, &mut out)
        .unwrap();
        seen[usize::from(out[1])] = true;
        if !matches!(out[1], b'\n' | b'\r' | b'"' | b'0')
            && !matches!(out[2], b'\n' | b'\r' | b'"' | b'0')
        {
            continue;
        }
        let mut framer = Framer::new();
        for byte in out.iter() {
            framer.push(&[*byte]);
            match framer.next(Duration::ZERO) {
                Framed::More => {}
                Framed::Frame(frame) => {
                    assert_eq!(
                        (frame.crc, frame.sequence.value()),
                        (CrcForm::Binary, number)
                    );
                    assert!(frame.quirks.has(Quirk::BinaryCrc));
                }
                other => panic!("{other:?}"),
            }
        }
        let decoded = decode(&out);
        assert!(decoded.quirks.has(Quirk::BinaryCrc));
        let reply = decode_hex(decoded.reply_hex.unwrap().as_bytes()).unwrap();
        assert_eq!(Frame::parse_whole(&reply).unwrap().0.crc, CrcForm::Binary);
    }
    assert!(seen[usize::from(b'\n')] && seen[usize::from(b'\r')] && seen[usize::from(b'"')]);
}

#[test]
fn quirk_02_crc_over_cr() {
    let decoded = decode(b"\nF19A002B\"ADM-CID\"0056L9999#9999[#9999|1900 00 001]\r");
    assert_eq!(
        decoded.crc.map(|crc| (crc.form, crc.ok)),
        Some(("hex_over_cr", true))
    );
    assert!(decoded.quirks.has(Quirk::CrcOverCr) && decoded.length_ok == Some(true));
    assert!(
        reply(&decoded).ends_with("0015\"ACK\"0056L9999#9999[]\r"),
        "answered in the normal form"
    );
}

#[test]
fn quirk_03_lower_case_hex() {
    let decoded = decode(b"\n525a0024\"NULL\"0000Rc0ffdL1234#080027E62A64[]\r");
    assert!(decoded.quirks.has(Quirk::LowerCaseHex));
    assert!(
        reply(&decoded).contains("Rc0ffdL1234#080027E62A64[]"),
        "case echoed"
    );
    let mut out = BytesMut::new();
    let key = Key::from_bytes(ASCII_KEY).unwrap();
    let style = Style {
        lower: true,
        ..Style::default()
    };
    message()
        .encode_encrypted(&style, &key, &mut |pad: &mut [u8]| pad.fill(0xFA), &mut out)
        .unwrap();
    let (decoded, _) = Dc09.decode(&out, &with_key());
    assert!(decoded.ok && decoded.quirks.has(Quirk::LowerCaseHex));
}

#[test]
fn quirk_04_wrong_length() {
    for length in ["0099", "0001", "0000", "0FFF"] {
        let frame = format!("\nB0AC{length}\"ADM-CID\"0001L0#7099[#7099|1628 01 000]\r");
        let decoded = decode(frame.as_bytes());
        assert!(
            decoded.ok
                && decoded.length_ok == Some(false)
                && decoded.quirks.has(Quirk::WrongLength),
            "{length}"
        );
        assert!(decoded.reply_hex.is_some());
    }
}

#[test]
fn quirk_05_empty_line() {
    let decoded =
        decode(b"\n78FC003B\"SIA-DCS\"0001L#22334455[#22334455|NCQ1]_14:33:53,02-09-2020\r\0");
    assert_eq!(decoded.line.as_deref(), Some(""));
    assert!(decoded.quirks.has(Quirk::EmptyLine));
    assert!(reply(&decoded).contains("\"ACK\"0001L#22334455[]"));
}

#[test]
fn quirk_06_no_line() {
    let decoded = decode(b"\nD2860025\"NULL\"0001#1997[]_17:07:08,05-23-2024\r");
    assert!(
        decoded.line.is_none() && decoded.receiver.is_none() && decoded.quirks.has(Quirk::NoLine)
    );
    assert!(
        reply(&decoded).contains("\"ACK\"0001L0#1997[]"),
        "no R invented, L0"
    );
}

#[test]
fn quirk_07_no_account() {
    let decoded = decode(b"\n9F0D001A\"SIA-DCS\"0001L[#9999|NBA2]\r\0");
    assert!(decoded.account.is_none() && decoded.quirks.has(Quirk::NoAccount));
    assert_eq!(decoded.data_account.as_deref(), Some("9999"));
    assert!(reply(&decoded).contains("\"ACK\"0001L[]"));
}

#[test]
fn quirk_08_trailing_nul() {
    let null = wire("\"NULL\"0000L0#1409[]");
    for tail in [&b"\0"[..], b"\r\n", b"\0\0 ", b"\n\0"] {
        let stream = [&null[..], tail, &null[..]].concat();
        let mut framer = Framer::new();
        framer.push(&stream);
        for _ in 0..2 {
            assert!(
                matches!(framer.next(Duration::ZERO), Framed::Frame(_)),
                "{}",
                stream.escape_ascii()
            );
        }
        assert_eq!(framer.next(Duration::ZERO), Framed::More);
    }
    for tail in [&b"\0"[..], b"\r\n", b"\n", b"\r", b" \0"] {
        assert!(
            decode(&[&null[..], tail].concat())
                .quirks
                .has(Quirk::TrailingNul),
            "{}",
            tail.escape_ascii()
        );
    }
    assert!(!decode(&null).quirks.has(Quirk::TrailingNul));
}

#[test]
fn quirk_15_null_sequence() {
    let decoded = decode(b"\n97200029\"NULL\"0182R1L0#AAAA[]_23:23:08,09-20-2023\r");
    assert!(decoded.quirks.has(Quirk::NullSequence));
    assert!(reply(&decoded).contains("\"ACK\"0182R1L0#AAAA[]"));
}

#[test]
fn quirk_20_many_extended() {
    let decoded = decode(&wire(
        "\"ADM-CID\"0056L0#123456[#123456|1406 01 000][RLivingRoom][Iuser@mail.com][RHall]",
    ));
    let fields: Vec<_> = decoded
        .extended
        .iter()
        .map(|f| (f.letter.as_str(), f.value.as_str()))
        .collect();
    assert_eq!(
        fields,
        [("R", "LivingRoom"), ("I", "user@mail.com"), ("R", "Hall")]
    );
    assert!(decoded.quirks.has(Quirk::ManyExtended));
}

#[test]
fn quirk_21_modifier_order() {
    let decoded = decode(&wire(
        "\"SIA-DCS\"0047L0#100200[#100200|Nti10:01:00/da08-18-24/RP]",
    ));
    assert_eq!(decoded.events[0].code, "sia:RP");
    assert_eq!(
        decoded.events[0].time.as_deref(),
        Some("2024-08-18T10:01:00Z")
    );
    let decoded = decode(&wire(
        "\"SIA-DCS\"0047L0#100200[#100200|NRP/ti10:01:00/da08-18-24]",
    ));
    assert!(decoded.quirks.has(Quirk::ModifierOrder), "behind its event");
    assert_eq!(
        decoded.events[0].time.as_deref(),
        Some("2024-08-18T10:01:00Z")
    );
}

#[test]
fn quirk_22_no_slash() {
    let decoded = decode(&wire(
        "\"SIA-DCS\"1660L0#000110[#000110|Nri0RP2^SL 1807110200065423^]_18:00:01,01-19-2022",
    ));
    assert!(decoded.quirks.has(Quirk::NoSlash));
    assert_eq!(decoded.events[0].code, "sia:RP");
    assert_eq!(
        decoded.events[0].text.as_deref(),
        Some("SL 1807110200065423")
    );
}

#[test]
fn quirk_23_data_account() {
    let decoded = decode(b"\nD8910037\"SIA-DCS\"0097L0#ABCD[#0000|Npi0/AT]_11:26:04,03-01-2026\r");
    assert_eq!(
        (decoded.account.as_deref(), decoded.data_account.as_deref()),
        (Some("ABCD"), Some("0000"))
    );
    assert!(decoded.quirks.has(Quirk::DataAccount));
    assert!(
        reply(&decoded).contains("#ABCD[]"),
        "the header decides the answer"
    );
    let zeros = decode(&wire("\"SIA-DCS\"0097L0#1111[#001111|NBA1]"));
    assert!(
        !zeros.quirks.has(Quirk::DataAccount),
        "leading zeros alone are no difference"
    );
}

#[test]
fn quirk_24_line_is_account() {
    let decoded = decode(b"\n155A0030\"ADM-CID\"0228R4F39L4F39#4F39[#4F39|3401 01 057]\r");
    assert!(decoded.quirks.has(Quirk::LineIsAccount));
    assert!(reply(&decoded).contains("R4F39L4F39#4F39[]"));
}

#[test]
fn quirk_26_text_encoding() {
    let mut windows = b"\"SIA-DCS\"0003L0#1234[#1234|Nri1/FA001][LGro\xDFe Halle]".to_vec();
    let decoded = decode(&wire_bytes(&windows));
    assert!(decoded.ok && decoded.quirks.has(Quirk::TextEncoding));
    assert_eq!(decoded.extended[0].value, "Gro\\xDFe Halle");
    windows = "\"SIA-DCS\"0003L0#1234[#1234|Nri1/FA001][LGroße Halle]".into();
    let decoded = decode(&wire_bytes(&windows));
    assert_eq!(decoded.extended[0].value, "Große Halle");
}

#[test]
fn quirk_27_raw_contact_id() {
    let decoded =
        decode(b"\n56b8003c\"ADM-CID\"1569L1#6827[#6827|18160201000D]_00:00:00,02-21-2024\r");
    assert!(decoded.quirks.has(Quirk::RawContactId));
    let event = &decoded.events[0];
    assert_eq!(
        (
            event.code.as_str(),
            event.partition.as_deref(),
            event.zone.as_deref()
        ),
        ("cid:1602", Some("01"), None)
    );
}

#[test]
fn quirk_28_null_with_data() {
    let decoded = decode(b"\nCA2F0038\"NULL\"0000L0#7890[#0000|0000 00 000]_22:13:29,12-29-2022\r");
    assert!(decoded.quirks.has(Quirk::NullWithData) && decoded.reply_hex.is_some());
    assert_eq!(
        (decoded.events[0].class.as_str(), decoded.events[0].lane),
        ("supervision", 3)
    );
}

#[test]
fn quirk_29_no_pipe() {
    // 27 bytes of pad, no `|`.
    let frame = encrypt(b"0123456789abcdefghijklmnopq]_12:00:00,01-31-2026", "NULL");
    let (decoded, _) = Dc09.decode(&frame, &with_key());
    assert!(
        decoded.ok && decoded.quirks.has(Quirk::NoPipe),
        "{:?}",
        decoded.error
    );
    assert_eq!(decoded.data.as_deref(), Some(""));
    let mut out = BytesMut::new();
    let style = Style {
        pipe: false,
        ..Style::default()
    };
    let key = Key::from_bytes(ASCII_KEY).unwrap();
    let null = Message {
        token: Token::Null,
        sequence: Sequence::ZERO,
        data: b"",
        ..message()
    };
    null.encode_encrypted(&style, &key, &mut |pad: &mut [u8]| pad.fill(7), &mut out)
        .unwrap();
    let mut scratch = Scratch::new();
    assert!(
        !Frame::parse_whole(&out)
            .unwrap()
            .0
            .decrypt(&key, &mut scratch)
            .unwrap()
            .pipe
    );
}

#[test]
fn quirk_33_blanks() {
    let decoded = decode(&wire("\"SIA-DCS\"0001 R 1 L 0 # 1234 [#1234|NBA1]"));
    assert_eq!(
        (
            decoded.receiver.as_deref(),
            decoded.line.as_deref(),
            decoded.account.as_deref()
        ),
        (Some("1"), Some("0"), Some("1234"))
    );
    assert!(decoded.quirks.has(Quirk::Blanks));
    assert!(reply(&decoded).contains("R1L0#1234[]"));
}

#[test]
fn quirk_34_missing_lf() {
    let text = b"A62A0012\"ACK\"0001L0#7099[]\r";
    let argument = DecodeOptions {
        argument: true,
        ..DecodeOptions::default()
    };
    let (decoded, taken) = Dc09.decode(text, &argument);
    assert!(decoded.ok && taken == text.len() && decoded.quirks.has(Quirk::MissingLf));
    assert!(!decode(text).ok, "a stream may not");
}

#[test]
fn missing_cr() {
    let text = b"\nEA740027\"NULL\"0000L0#1409[]_20:38:07,08-27-2026";
    let argument = DecodeOptions {
        argument: true,
        ..DecodeOptions::default()
    };
    let (decoded, taken) = Dc09.decode(text, &argument);
    assert!(
        decoded.ok && taken == text.len() && decoded.quirks.has(Quirk::MissingCr),
        "{:?}",
        decoded.error
    );
    assert!(!decode(text).ok, "a stream may not");
}

#[test]
fn quirk_36_trailing_pkcs7() {
    let frame = encrypt(b"0123456789|]_12:00:00,01-31-2026\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10", "ACK");
    let (decoded, _) = Dc09.decode(&frame, &with_key());
    assert_eq!(
        (decoded.ok, decoded.timestamp.as_deref()),
        (true, Some("12:00:00,01-31-2026")),
        "{:?}",
        decoded.error
    );
    let other = encrypt(b"0123456789|]_12:00:00,01-31-2026\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x0F", "ACK");
    assert!(
        !Dc09.decode(&other, &with_key()).0.ok,
        "any other tail is forged or the key is wrong"
    );
}

#[test]
fn quirk_37_key_in_ack() {
    let decoded = decode(&wire(
        "\"ACK\"0001L0#1234[][K0123456789ABCDEF0123456789ABCDEF]",
    ));
    assert!(decoded.ok && decoded.reply_hex.is_none());
    assert_eq!(decoded.extended[0].letter, "K");
}

#[test]
fn quirk_38_private_token() {
    let decoded = decode(&wire("\"VIS-BBA\"0001L0#1234[#1234|xyz][$P1]"));
    assert!(decoded.quirks.has(Quirk::PrivateToken));
    assert_eq!(decoded.token.as_deref(), Some("VIS-BBA"));
    assert_eq!(decoded.events[0].code, "raw:dc09:VIS-BBA:xyz");
    assert_eq!(decoded.extended[0].letter, "$");
    assert!(reply(&decoded).contains("\"DUH\"0001L0#1234[]"));
}

#[test]
fn the_misprinted_table_of_dc07_is_tried_last() {
    // Find a message on which the two tables differ.
    for number in 1..=9999 {
        let (mut right, mut wrong) = (BytesMut::new(), BytesMut::new());
        let message = Message {
            sequence: Sequence::new(number).unwrap(),
            ..message()
        };
        message.encode(&Style::default(), &mut right).unwrap();
        let style = Style {
            crc: CrcForm::Dc07Table { binary: false },
            ..Style::default()
        };
        message.encode(&style, &mut wrong).unwrap();
        if right != wrong {
            let decoded = decode(&wrong);
            assert_eq!(
                decoded.crc.map(|crc| (crc.form, crc.ok)),
                Some(("dc07_table", true))
            );
            return;
        }
    }
    panic!("never differ");
}

#[test]
fn noise_between_frames_is_one_object_that_is_not_ok() {
    let null = wire("\"NULL\"0000L0#1409[]");
    let stream = [
        &null[..],
        b"OK\r\nsome rubbish\n",
        &null[..],
        b"\n",
        &null[..],
    ]
    .concat();
    let mut at = 0;
    let mut good = Vec::new();
    while at < stream.len() {
        let (decoded, taken) = Dc09.decode(&stream[at..], &DecodeOptions::default());
        good.push(decoded.ok);
        at += taken;
    }
    assert_eq!(good, [true, false, true, true]);
}

#[test]
fn an_encrypted_frame_without_the_key_keeps_its_header() {
    let wire = b"\n6EDD0075\"*SIA-DCS\"8959L0#AAA[A99CB4359155815BB119C65A30ED125F79717A05AB0595EC96DCDBE571370C7E20B115644551DDA6FAD3449AB6E73703]\r";
    let digits = std::str::from_utf8(&wire[9..wire.len() - 2]).unwrap();
    let frame = self::wire(digits);
    let decoded = decode(&frame);
    assert!(!decoded.ok && decoded.reply_hex.is_none());
    assert_eq!(
        (decoded.account.as_deref(), decoded.sequence.as_deref()),
        (Some("AAA"), Some("8959"))
    );
    assert_eq!(
        decoded.error.unwrap().message,
        "no key for an encrypted frame"
    );
    let (wrong, _) = Dc09.decode(&frame, &with_key());
    assert!(!wrong.ok && wrong.reply_hex.is_none());
    assert_eq!(
        wrong.error.unwrap().message,
        "decryption gives no well-formed message"
    );
}

#[test]
fn with_a_key_clear_frames_get_no_answer_and_old_ones_a_nak() {
    let (clear, _) = Dc09.decode(&wire("\"NULL\"0000L0#1409[]"), &with_key());
    assert!(clear.ok && clear.reply_hex.is_none());
    let key = Key::from_bytes(ASCII_KEY).unwrap();
    let mut out = BytesMut::new();
    let receiver = Some(ReceiverNumber::new("01").unwrap());
    let extended = [Field {
        letter: b'H',
        value: b"11:59:30,01-31-2026",
    }];
    let message = Message {
        receiver,
        extended: &extended,
        ..message()
    };
    message
        .encode_encrypted(
            &Style::default(),
            &key,
            &mut |pad: &mut [u8]| pad.fill(7),
            &mut out,
        )
        .unwrap();
    let (good, _) = Dc09.decode(&out, &with_key());
    assert_eq!(good.events[0].time.as_deref(), Some("2026-01-31T11:59:30Z"));
    let ack = decode_hex(good.reply_hex.unwrap().as_bytes()).unwrap();
    let (frame, _) = Frame::parse_whole(&ack).unwrap();
    assert!(frame.encrypted && matches!(frame.body, Body::Encrypted(_)));
    let mut scratch = Scratch::new();
    let content = frame.decrypt(&key, &mut scratch).unwrap();
    assert!(content.pipe && content.pad.len() >= 16);
    assert_eq!(content.timestamp, Some(&b"12:00:05,01-31-2026"[..]));
    let mut late = with_key();
    late.now.utc = Timestamp::from_civil(2026, 1, 31, 12, 0, 41).unwrap();
    let nak = Dc09.decode(&out, &late).0.reply_hex.unwrap();
    assert!(
        String::from_utf8(decode_hex(nak.as_bytes()).unwrap())
            .unwrap()
            .ends_with("\"NAK\"0000R0L0A0[]_12:00:41,01-31-2026\r")
    );
}
