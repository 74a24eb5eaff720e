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
    let digit = |v: u8| {
        char::from_digit(u32::from(v), 16)
            .unwrap_or('0')
            .to_ascii_uppercase()
    };
    bytes
        .iter()
        .flat_map(|b| [digit(b >> 4), digit(b & 15)])
        .collect()
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
