//! What `decode` and `encode` share: bytes, keys and times as people type them.

use std::ffi::OsStr;

use alarmwire::types::{self, Timestamp, decode_hex};

/// Why a run ends at once; the exit status is 2.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

/// Bytes from an argument: `\n \r \t \\` and `\xHH` stand for what they mean everywhere.
pub(crate) fn unescape(text: &OsStr) -> Result<Vec<u8>, Usage> {
    types::unescape(text.as_encoded_bytes()).map_err(|error| Usage(error.to_string()))
}

/// Bytes from hexadecimal digits; blanks between the pairs are skipped.
pub(crate) fn from_hex(text: &[u8]) -> Result<Vec<u8>, Usage> {
    let digits: Vec<u8> = text
        .iter()
        .copied()
        .filter(|b| !b.is_ascii_whitespace())
        .collect();
    decode_hex(&digits).map_err(|error| Usage(format!("{error} (blanks not counted)")))
}

/// `hex:DIGITS` or `ascii:TEXT`: 16, 24 or 32 bytes. No message repeats the key.
pub(crate) fn key(text: &str) -> Result<Vec<u8>, String> {
    let bytes = match text.split_once(':') {
        Some(("hex", digits)) => decode_hex(digits.as_bytes())
            .map_err(|error| format!("the key after `hex:`: {error}"))?,
        Some(("ascii", text)) => text.as_bytes().to_vec(),
        _ => return Err("a key is `hex:DIGITS` or `ascii:TEXT`".into()),
    };
    match bytes.len() {
        16 | 24 | 32 => Ok(bytes),
        other => Err(format!(
            "a key has 16, 24 or 32 bytes, this one has {other}"
        )),
    }
}

/// A moment as RFC 3339, `2026-03-01T12:00:00Z` or with an offset.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let at: jiff::Timestamp = text
        .parse()
        .map_err(|error: jiff::Error| error.to_string())?;
    i64::try_from(at.as_nanosecond())
        .map(Timestamp::from_nanos)
        .map_err(|_| "only the years 1678 to 2261 can be told apart".into())
}

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    let nanos = jiff::Timestamp::now().as_nanosecond();
    Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_their_bytes() {
        assert_eq!(
            unescape(OsStr::new(r#"\nA\x00\xfF\t\\\r"#)).unwrap(),
            b"\nA\x00\xFF\t\\\r"
        );
        for wrong in [r"a\", r"\q", r"\x4", r"\xg0"] {
            assert!(unescape(OsStr::new(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_say_their_notation_and_are_of_a_known_length() {
        assert_eq!(key("ascii:0123456789ABCDEF").unwrap(), b"0123456789ABCDEF");
        assert_eq!(
            key("hex:00112233445566778899aabbccddeeff").unwrap().len(),
            16
        );
        for wrong in [
            "0123456789ABCDEF",
            "ascii:short",
            "hex:0g",
            "HEX:00112233445566778899aabbccddeeff",
        ] {
            assert!(key(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_are_rfc_3339() {
        assert_eq!(
            moment("2026-03-01T13:00:00+01:00").unwrap().to_string(),
            "2026-03-01T12:00:00Z"
        );
        assert!(moment("yesterday").is_err());
    }
}
