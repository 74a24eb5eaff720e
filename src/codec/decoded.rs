//! What `alarmwire decode` says of a frame: all values as text, as received.

use alloc::{string::String, vec::Vec};

use super::Quirks;
use crate::types::Now;

/// How to explain a frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecodeOptions<'a> {
    /// The key that serves every encrypted frame (16, 24 or 32 bytes). With one, clear frames get no acknowledgement.
    pub key: Option<&'a [u8]>,
    /// The time at which the answer is made.
    pub now: Now,
    /// The input is one whole argument: LF and CR may be missing, and a serial frame's start may be noise.
    pub argument: bool,
    /// Frames of this input were read before: noise in front of this one stands between two.
    pub continued: bool,
    /// How many digits the line number of a serial receiver has; `None`: find out.
    pub line_digits: Option<u8>,
}

/// A frame explained. Absent fields are `None`; text that is not printable stands as `\xHH`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct Decoded {
    /// Name of the protocol.
    pub protocol: String,
    /// Whether the frame was good and readable.
    pub ok: bool,
    /// The frame's kind, with the star of an encrypted one left out.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub token: Option<String>,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Digits as sent.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub sequence: Option<String>,
    /// Without `R`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub receiver: Option<String>,
    /// Without `L`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub line: Option<String>,
    /// The header's, without `#`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub account: Option<String>,
    /// The account block at the head of the data.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub data_account: Option<String>,
    /// Between the first brackets, in clear.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub data: Option<String>,
    /// Extended fields in their order.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub extended: Vec<DecodedExtended>,
    /// As sent, without `_`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub timestamp: Option<String>,
    /// The check value.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub crc: Option<Crc>,
    /// Whether the length field fits; `None` where the protocol has none.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub length_ok: Option<bool>,
    /// Slugs of what was odd.
    pub quirks: Quirks,
    /// The events in their order.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub events: Vec<DecodedEvent>,
    /// What a receiver would answer; `None` for silence.
    pub reply_hex: Option<String>,
    /// What is wrong, and where.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub error: Option<DecodedError>,
}

/// One extended data field.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DecodedExtended {
    /// Its letter.
    pub letter: String,
    /// What follows the letter.
    pub value: String,
}

/// The check value of a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Crc {
    /// `hex`, `binary`, `hex_over_cr`, `dc07_table` or `none`.
    pub form: &'static str,
    /// Whether it fits.
    pub ok: bool,
}

/// What is wrong with a frame, and where.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DecodedError {
    /// Byte of the input, counted from 0.
    pub offset: usize,
    /// One line for people.
    pub message: String,
}

impl DecodedError {
    /// What is wrong at byte `offset` of the input.
    #[must_use]
    pub fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }
}

/// One event of a frame.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct DecodedEvent {
    /// `cid:1130`, `sia:BA`, `raw:…`.
    pub code: String,
    /// `new`, `restore`, `status`, or the digit.
    pub qualifier: String,
    /// See [`crate::event::Class`].
    pub class: String,
    /// One of the five, or null.
    pub function: Option<String>,
    /// 0 to 3.
    pub lane: u8,
    /// Absent for none.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub partition: Option<String>,
    /// Absent for none.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub zone: Option<String>,
    /// Absent for none.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub user: Option<String>,
    /// Absent for none.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub text: Option<String>,
    /// RFC 3339, when the frame says when it happened.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub time: Option<String>,
}

impl DecodedEvent {
    /// The words for one event.
    #[must_use]
    pub fn new(event: &crate::event::AlarmEvent<'_>) -> Self {
        use alloc::string::ToString;
        Self {
            code: event.code.to_string(),
            qualifier: event.qualifier.to_string(),
            class: event.class.to_string(),
            function: event.function().map(|f| f.to_string()),
            lane: event.lane.number(),
            partition: event.partition.map(|p| p.to_string()),
            zone: event.zone.map(|z| z.to_string()),
            user: event.user.map(|u| u.to_string()),
            text: event.text.map(printable),
            time: event.time.map(|t| t.to_string()),
        }
    }
}

/// Bytes for people and JSON: text where it is UTF-8 without control characters, every other byte as `\xHH`.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    use core::fmt::Write;
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _infallible = write!(out, "\\x{byte:02X}");
                }
            } else {
                out.push(c);
            }
        }
        for b in chunk.invalid() {
            let _infallible = write!(out, "\\x{b:02X}");
        }
    }
    out
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Crc {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Received {
            form: String,
            ok: bool,
        }
        const FORMS: [&str; 5] = ["hex", "binary", "hex_over_cr", "dc07_table", "none"];
        let Received { form, ok } = Received::deserialize(deserializer)?;
        let known = FORMS.into_iter().find(|known| *known == form);
        let form = known.ok_or_else(|| serde::de::Error::unknown_variant(&form, &FORMS))?;
        Ok(Self { form, ok })
    }
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn what_is_no_text_stands_byte_for_byte() {
        assert_eq!(printable("Größe €".as_bytes()), "Größe €");
        assert_eq!(
            printable(b"Gr\xF6\xDFe\x00\x7F\r"),
            r"Gr\xF6\xDFe\x00\x7F\x0D"
        );
        assert_eq!(printable("a\u{85}b".as_bytes()), r"a\xC2\x85b");
    }
}
