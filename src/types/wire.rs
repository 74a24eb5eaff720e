//! Bytes of the wire as text, and back.

use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use super::hex_value;

/// Bytes shown as text: what is printable UTF-8 as it is, a backslash doubled, every other byte as `\xHH`.
/// [`unescape`] gives the bytes back. `Display` of every frame is this.
///
/// ```
/// use alarmwire::types::{Wire, unescape};
///
/// let text = Wire(b"5011 181234E12101001\x14").to_string();
/// assert_eq!(text, r"5011 181234E12101001\x14");
/// assert_eq!(unescape(text.as_bytes()).unwrap(), b"5011 181234E12101001\x14");
/// ```
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Wire<'a>(pub &'a [u8]);

impl fmt::Display for Wire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c == '\\' {
                    f.write_str("\\\\")?;
                } else if c.is_control() {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        write!(f, "\\x{byte:02X}")?;
                    }
                } else {
                    f.write_char(c)?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02X}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Wire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// A backslash that starts no known escape.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`\\` at byte {offset}: known are \\n \\r \\t \\\\ and \\xHH")]
#[non_exhaustive]
pub struct InvalidEscape {
    /// Where the backslash stands, in bytes from the start.
    pub offset: usize,
}

/// The bytes that [`Wire`] shows; `\n`, `\r` and `\t` are understood, too.
///
/// # Errors
/// When a backslash starts none of these.
pub fn unescape(text: &[u8]) -> Result<Vec<u8>, InvalidEscape> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let error = InvalidEscape {
            offset: text.len() - behind.len() - 1,
        };
        let byte;
        (byte, rest) = match behind {
            [b'n', rest @ ..] => (b'\n', rest),
            [b'r', rest @ ..] => (b'\r', rest),
            [b't', rest @ ..] => (b'\t', rest),
            [b'\\', rest @ ..] => (b'\\', rest),
            [b'x', high, low, rest @ ..] => {
                let digit = |digit| hex_value(digit).ok_or(error);
                (digit(*high)? << 4 | digit(*low)?, rest)
            }
            _ => return Err(error),
        };
        out.push(byte);
    }
    Ok(out)
}

/// Serialises bytes: escaped text for people's formats, else bytes.
#[cfg(feature = "serde")]
pub(crate) fn bytes<S: serde::Serializer, T: AsRef<[u8]> + ?Sized>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let bytes = value.as_ref();
    if serializer.is_human_readable() {
        serializer.collect_str(&Wire(bytes))
    } else {
        serializer.serialize_bytes(bytes)
    }
}

/// Serialises bytes that may be absent.
#[cfg(feature = "serde")]
pub(crate) fn some_bytes<S: serde::Serializer, T: AsRef<[u8]>>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    struct Bytes<'a>(&'a [u8]);
    impl serde::Serialize for Bytes<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            bytes(self.0, serializer)
        }
    }
    match value {
        Some(value) => serializer.serialize_some(&Bytes(value.as_ref())),
        None => serializer.serialize_none(),
    }
}

/// Serialises one letter or digit of the wire.
#[cfg(feature = "serde")]
#[allow(dead_code, reason = "a build without protocols has no such field")]
pub(crate) fn letter<S: serde::Serializer>(value: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    bytes(core::slice::from_ref(value), serializer)
}

/// Serialises one letter or digit of the wire that may be absent.
#[cfg(feature = "serde")]
#[allow(dead_code, reason = "a build without protocols has no such field")]
pub(crate) fn some_letter<S: serde::Serializer>(
    value: &Option<u8>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    some_bytes(&value.as_ref().map(core::slice::from_ref), serializer)
}

/// Deserialises what can be read from text.
#[cfg(feature = "serde")]
pub(crate) fn from_text<'de, D, T>(deserializer: D, what: &'static str) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: core::str::FromStr<Err: fmt::Display>,
{
    with_text(deserializer, what, str::parse)
}

/// Deserialises by a function of text.
#[cfg(feature = "serde")]
pub(crate) fn with_text<'de, D, T, E>(
    deserializer: D,
    what: &'static str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    E: fmt::Display,
{
    struct Text<F>(F, &'static str);
    impl<T, E: fmt::Display, F: FnOnce(&str) -> Result<T, E>> serde::de::Visitor<'_> for Text<F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.1)
        }

        fn visit_str<R: serde::de::Error>(self, text: &str) -> Result<T, R> {
            (self.0)(text).map_err(R::custom)
        }
    }
    deserializer.deserialize_str(Text(read, what))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_is_no_text_is_escaped() {
        let text = Wire(b"\nGr\xC3\xB6\xF6\\x\x7F").to_string();
        assert_eq!(text, r"\x0AGrö\xF6\\x\x7F");
        for (wrong, offset) in [(r"a\", 1), (r"\q", 0), (r"ab\x4", 2), (r"\\\xg0", 2)] {
            assert_eq!(unescape(wrong.as_bytes()), Err(InvalidEscape { offset }));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(unescape(Wire(&bytes).to_string().as_bytes()), Ok(bytes));
        }
    }
}
