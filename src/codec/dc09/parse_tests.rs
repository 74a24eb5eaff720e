use super::*;
use crate::types::{AccountId, LineNumber, ReceiverNumber};

fn frame(body: &str) -> Result<Frame<'_>, ParseError> {
    let head = Head {
        binary: false,
        received: 0,
        declared: body.len(),
        body: 0,
        lower: false,
        missing_lf: false,
    };
    Frame::explain(body.as_bytes(), &head, body.len(), CrcForm::Hex).map(|(frame, _)| frame)
}

#[test]
fn header_fields_are_text_in_their_order() {
    let read = |body| {
        let frame = frame(body).unwrap();
        (
            frame.receiver.map(ReceiverNumber::as_str),
            frame.line.map(LineNumber::as_str),
            frame.account.map(AccountId::as_str),
        )
    };
    assert_eq!(
        read("\"NULL\"0000R01L01#0001[]"),
        (Some("01"), Some("01"), Some("0001"))
    );
    assert_eq!(read("\"NAK\"0000R0L0A0[]"), (Some("0"), Some("0A0"), None));
    assert_eq!(read("\"NULL\"0000L#1[]"), (None, Some(""), Some("1")));
    assert_eq!(read("\"NULL\"0000#1[]"), (None, None, Some("1")));
    assert_eq!(read("\"NULL\"0000[]"), (None, None, None));
}

#[test]
fn what_is_no_header_is_refused_where_it_breaks() {
    let at = |body| frame(body).map(|_| ()).unwrap_err().offset();
    assert_eq!(at("NULL\"0000L0#1[]"), 0);
    assert_eq!(at("\"\"0000L0#1[]"), 0);
    assert_eq!(at("\"NULL\"00x0L0#1[]"), 6);
    assert_eq!(at("\"ACK\"0001NoneL0#AAAA[]"), 9);
    assert_eq!(at("\"ACK\"0001L0R1#AAAA"), 18);
    assert_eq!(at("\"ACK\"0001L0#12345678901234567[]"), 12);
}

#[test]
fn brackets_in_a_text_do_not_cost_the_event() {
    for (fields, data, extended, time) in [
        ("[#1|NBA1", "#1|NBA1", "", None),
        ("[#1|NBA1][IHall", "#1|NBA1", "[IHall", None),
        ("[#1|NBA1^Hall [1]^]", "#1|NBA1^Hall [1", "", None),
        ("[#1|NBA1]junk", "#1|NBA1", "", None),
        ("[#1|NBA1][I[1]][R2]", "#1|NBA1", "[I[1]", None),
        (
            "[#1|NBA1]_12:00:00,01-31-2026[I1]",
            "#1|NBA1",
            "",
            Some("12:00:00,01-31-2026"),
        ),
    ] {
        let body = format!("\"SIA-DCS\"0001L0#1{fields}");
        let frame = frame(&body).unwrap();
        let Body::Clear(content) = frame.body else {
            panic!()
        };
        assert!(frame.quirks.has(Quirk::Brackets), "{fields}");
        assert_eq!(
            (content.data, content.extended.as_bytes()),
            (data.as_bytes(), extended.as_bytes())
        );
        assert_eq!(content.timestamp, time.map(str::as_bytes), "{fields}");
    }
    for fields in ["[]", "[][I1] ", "[]_12:00:00,01-31-2026 "] {
        let body = format!("\"NULL\"0000L0#1{fields}");
        assert!(frame(&body).unwrap().quirks.is_empty(), "{fields}");
    }
}

#[test]
fn a_time_that_cannot_be_read_does_not_cost_the_frame() {
    for (body, time) in [
        (
            "\"NULL\"0000L0#1[]_08:26:11,00-31-2019",
            "08:26:11,00-31-2019",
        ),
        ("\"NULL\"0000L0#1[]_8:26", "8:26"),
        ("\"NULL\"0000L0#1[]_", ""),
        (
            "\"NULL\"0000L0#1[]_16:56:18,09-07-2023 ",
            "16:56:18,09-07-2023",
        ),
    ] {
        let Body::Clear(content) = frame(body).unwrap().body else {
            panic!("in clear")
        };
        assert_eq!(content.timestamp, Some(time.as_bytes()));
    }
}

#[test]
fn every_prefix_of_a_frame_asks_for_more() {
    for wire in [
        &b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r"[..],
        b"\n\xd1K0029\"NULL\"0000R1L1#9413[]_23:05:28,08-30-2023\r",
    ] {
        for length in 0..wire.len() {
            assert_eq!(Frame::parse(&wire[..length]), Ok(None), "{length}");
            assert!(Frame::parse_whole(&wire[..length]).is_err(), "{length}");
        }
        assert!(Frame::parse(wire).unwrap().is_some());
    }
}

#[test]
fn a_wrong_check_value_says_both_values_and_where() {
    let error = Frame::parse(b"\n00000012\"ACK\"0001L0#7099[]\r").unwrap_err();
    assert_eq!(
        (error.offset(), error.kind()),
        (
            1,
            ParseErrorKind::Crc {
                received: 0,
                computed: 0xA62A
            }
        )
    );
}

#[test]
fn lengths_are_capped_before_anything_is_read_by_them() {
    assert!(
        Frame::parse(b"\nA62A1012\"ACK\"0001L0#7099[]\r").is_err(),
        "0LLL begins with 0"
    );
    let mut long = b"\nA62A0012\"ACK\"0001L0#7099[".to_vec();
    long.resize(5000, b'A');
    let error = Frame::parse(&long).unwrap_err();
    assert_eq!(error.kind(), ParseErrorKind::TooLong(LONGEST_BODY));
}

#[test]
fn the_two_forms_exclude_each_other() {
    // A binary frame whose private token has one letter has quotes at 7 and 9.
    let body = b"\"X\"0001L0#1234[]";
    let crc = crc::arc(body).to_be_bytes();
    let wire = [b"\n", &crc[..], b"0010", body, b"\r"].concat();
    assert_eq!(Frame::parse(&wire).unwrap().unwrap().0.crc, CrcForm::Binary);
}

#[test]
fn a_length_that_counts_the_cr_is_so_too_when_another_cr_follows() {
    let wire = b"\nF19A002B\"ADM-CID\"0056L9999#9999[#9999|1900 00 001]\r\r";
    let (frame, taken) = Frame::parse(wire).unwrap().unwrap();
    assert_eq!((frame.crc, taken), (CrcForm::HexOverCr, wire.len() - 1));
}
