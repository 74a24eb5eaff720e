//! Errors of the library: values that say what is wrong and where, in lower case and without a full stop.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test may panic"
)]

use std::{error::Error, fs, path::Path};

fn is_a_value<E: Error + Clone + Eq + Send + Sync + 'static>() {}

#[test]
fn every_error_is_a_value() {
    use alarmwire::{event, types};

    is_a_value::<alarmwire::ParseError>();
    is_a_value::<alarmwire::ParseErrorKind>();
    is_a_value::<alarmwire::EncodeError>();
    is_a_value::<event::Refusal>();
    is_a_value::<event::InvalidCode>();
    is_a_value::<event::InvalidLane>();
    is_a_value::<event::InvalidQualifier>();
    is_a_value::<types::InvalidAccount>();
    is_a_value::<types::InvalidEscape>();
    is_a_value::<types::InvalidHex>();
    is_a_value::<types::InvalidSequence>();
    is_a_value::<types::InvalidText>();
    is_a_value::<types::InvalidTimestamp>();
    #[cfg(feature = "dc03")]
    is_a_value::<alarmwire::codec::dc03::OutOfOrder>();
    #[cfg(feature = "dc09")]
    {
        is_a_value::<alarmwire::codec::dc09::Fault>();
        is_a_value::<alarmwire::link::dc09::Busy>();
    }
    #[cfg(feature = "crypto")]
    is_a_value::<alarmwire::codec::dc09::InvalidKey>();
    #[cfg(feature = "pulse")]
    is_a_value::<alarmwire::link::dial::PanelBusy>();
    #[cfg(feature = "galaxy")]
    is_a_value::<alarmwire::link::galaxy::Refused>();
    is_a_value::<alarmwire::link::automation::Gone>();
}

/// The texts of `#[error("…")]` below a folder.
fn messages(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            messages(&path, found);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            let messages = text.split("#[error(\"").skip(1);
            found.extend(messages.map(|rest| rest.split("\"").next().unwrap().to_owned()));
        }
    }
}

#[test]
fn messages_are_lower_case_and_have_no_full_stop() {
    /// Names that are written so.
    const NAMES: [&str; 6] = ["LF", "CR", "NULL", "DC", "SIA", "TCP"];
    let mut found = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for layer in ["types", "event", "codec", "link"] {
        messages(&root.join(layer), &mut found);
    }
    let errors = fs::read_to_string(root.join("error.rs")).unwrap();
    found.extend(
        errors
            .split("#[error(\"")
            .skip(1)
            .map(|rest| rest.split("\"").next().unwrap().to_owned()),
    );
    assert!(found.len() > 30);
    for message in found {
        let first = message.chars().next().unwrap();
        let named = NAMES.iter().any(|name| message.starts_with(name));
        assert!(!first.is_uppercase() || named, "{message}");
        assert!(!message.ends_with(['.', '!']), "{message}");
    }
}

/// Each of these breaks a frame at a known byte.
#[cfg(all(
    feature = "dc09",
    feature = "surgard",
    feature = "contact-id",
    feature = "dc03"
))]
#[test]
fn what_is_no_frame_says_at_which_byte() {
    use alarmwire::codec::{contact_id, dc03, dc09, surgard};

    let settings = surgard::Settings::default();
    let error = surgard::Frame::parse(b"5011 181234E1210\xFF001\x14", &settings).unwrap_err();
    assert_eq!(error.offset(), 16, "{error}");
    let error = dc09::Frame::parse(b"\n59890012\"ACK\"00x0L0#1409[]\r").unwrap_err();
    assert!(error.offset() < 28, "{error}");
    let error = dc03::FskBlock::parse(b"\x44\x23\x31\x32\x33\x34\x9D").unwrap_err();
    assert_eq!(error.offset(), 6, "{error}");
    let error = contact_id::Body::parse(b"1130 01 0A5").unwrap_err();
    assert_eq!(error.offset(), 9, "{error}");
    assert!(!error.to_string().is_empty());
}
