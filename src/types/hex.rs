use alloc::{string::String, vec::Vec};

/// The value of one hexadecimal digit of either case.
#[must_use]
pub const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Text that is not pairs of hexadecimal digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected a pair of hexadecimal digits at byte {offset}")]
#[non_exhaustive]
pub struct InvalidHex {
    /// Where the first wrong or missing digit is, in bytes from the start.
    pub offset: usize,
}

/// Reads pairs of hexadecimal digits.
///
/// # Errors
/// When a character is no hexadecimal digit, or the number of digits is odd.
pub fn decode_hex(text: &[u8]) -> Result<Vec<u8>, InvalidHex> {
    let mut out = Vec::with_capacity(text.len() / 2);
    for (pair, offset) in text.chunks(2).zip((0..).step_by(2)) {
        let digit = |i: usize| {
            pair.get(i)
                .copied()
                .and_then(hex_value)
                .ok_or(InvalidHex { offset: offset + i })
        };
        out.push(digit(0)? << 4 | digit(1)?);
    }
    Ok(out)
}

/// Writes bytes as upper-case hexadecimal digits.
#[must_use]
pub fn encode_hex(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len() * 2);
    append_hex(bytes, &mut text);
    // Digits only.
    String::from_utf8(text).unwrap_or_default()
}

/// Appends bytes as upper-case hexadecimal digits.
pub(crate) fn append_hex(bytes: &[u8], out: &mut Vec<u8>) {
    let digit = |value: u8| value + if value < 10 { b'0' } else { b'A' - 10 };
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_reads_what_it_writes_and_says_where_it_breaks() {
        assert_eq!(
            decode_hex(encode_hex(&[0, 0x9A, 0xFF]).as_bytes()),
            Ok([0, 0x9A, 0xFF].into())
        );
        assert_eq!(decode_hex(b"00g0"), Err(InvalidHex { offset: 2 }));
        assert_eq!(decode_hex(b"001"), Err(InvalidHex { offset: 3 }));
    }
}
