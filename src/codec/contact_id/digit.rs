//! The two alphabets of Contact ID, kept apart by type: the digits of the protocol and the keys of a telephone.
//!
//! ```text
//! digit   1 2 3 4 5 6 7 8 9  0  B  C  D  E  F
//! value   1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
//! key     1 2 3 4 5 6 7 8 9  0  *  #  A  B  C     (key D is never used)
//! ```

use core::fmt;

/// One digit of the protocol: `0` to `9` and `B` to `F`. There is no digit `A`; `0` counts ten.
///
/// ```
/// use alarmwire::codec::contact_id::{Digit, DtmfKey};
///
/// let digit = Digit::new(b'B').expect("a digit");
/// assert_eq!(digit.value(), 11);
/// assert_eq!(digit.key().as_byte(), b'*');
/// assert!(Digit::new(b'A').is_none());
/// # let _: Option<DtmfKey> = None;
/// ```
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Digit(u8);

/// One key of a telephone as a DTMF receiver writes it down: `0` to `9`, `*`, `#`, `A`, `B`, `C`. The key `D` is not
/// used by the protocol.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct DtmfKey(u8);

impl Digit {
    /// The digit that a character names; lower case is read too.
    #[must_use]
    pub const fn new(byte: u8) -> Option<Self> {
        match byte {
            b'0'..=b'9' | b'B'..=b'F' => Some(Self(byte)),
            b'b'..=b'f' => Some(Self(byte.to_ascii_uppercase())),
            _ => None,
        }
    }

    /// The digit that counts `value` modulo 15, 1 to 15: 10 is `0`, and 15 (not 0) is `F`.
    #[must_use]
    pub const fn from_value(value: u16) -> Self {
        match value % 15 {
            0 => Self(b'F'),
            10 => Self(b'0'),
            #[expect(clippy::cast_possible_truncation, reason = "below 15")]
            v @ 1..10 => Self(b'0' + v as u8),
            #[expect(clippy::cast_possible_truncation, reason = "below 15")]
            v => Self(b'A' + (v as u8 - 10)),
        }
    }

    /// What it counts in the checksum, 1 to 15.
    #[must_use]
    pub const fn value(self) -> u8 {
        match self.0 {
            b'0' => 10,
            digit @ b'1'..=b'9' => digit - b'0',
            letter => letter - b'A' + 10,
        }
    }

    /// Its character, in upper case.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        self.0
    }

    /// The key that sends it.
    #[must_use]
    pub const fn key(self) -> DtmfKey {
        DtmfKey(match self.0 {
            b'B' => b'*',
            b'C' => b'#',
            b'D' => b'A',
            b'E' => b'B',
            b'F' => b'C',
            digit => digit,
        })
    }
}

impl DtmfKey {
    /// The key that a character names; `D` is none of the protocol's.
    #[must_use]
    pub const fn new(byte: u8) -> Option<Self> {
        match byte {
            b'0'..=b'9' | b'*' | b'#' | b'A'..=b'C' => Some(Self(byte)),
            _ => None,
        }
    }

    /// The digit that it sends.
    #[must_use]
    pub const fn digit(self) -> Digit {
        Digit(match self.0 {
            b'*' => b'B',
            b'#' => b'C',
            b'A' => b'D',
            b'B' => b'E',
            b'C' => b'F',
            digit => digit,
        })
    }

    /// Its character.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        self.0
    }
}

impl fmt::Debug for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digit({})", char::from(self.0))
    }
}

impl fmt::Debug for DtmfKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DtmfKey({})", char::from(self.0))
    }
}

/// The check digit behind `digits`: with it the sum of all values is a multiple of 15. Serves Contact ID and its
/// siblings Express and High Speed.
///
/// ```
/// use alarmwire::codec::contact_id::{Digit, checksum};
///
/// let digits = b"123418113101015".iter().filter_map(|b| Digit::new(*b));
/// assert_eq!(checksum(digits).as_byte(), b'8');
/// ```
#[must_use]
pub fn checksum(digits: impl IntoIterator<Item = Digit>) -> Digit {
    Digit::from_value(15 - sum(digits))
}

/// Whether the last of `digits` is the check digit of the others.
pub(super) fn fits(digits: &[Digit]) -> bool {
    sum(digits.iter().copied()) == 0
}

fn sum(digits: impl IntoIterator<Item = Digit>) -> u16 {
    digits
        .into_iter()
        .fold(0, |sum, digit| (sum + u16::from(digit.value())) % 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_has_a_key_of_its_own_and_comes_back_from_it() {
        for byte in 0..=u8::MAX {
            if let Some(digit) = Digit::new(byte) {
                assert_eq!(digit.key().digit(), digit);
                assert_eq!(Digit::from_value(u16::from(digit.value())), digit);
                assert_eq!(DtmfKey::new(digit.key().as_byte()), Some(digit.key()));
            }
            if let Some(key) = DtmfKey::new(byte) {
                assert_eq!(key.digit().key(), key);
            }
        }
    }

    #[test]
    fn digits_and_keys_show_their_characters() {
        let digit = Digit::new(b'B').unwrap();
        assert_eq!(
            alloc::format!("{digit:?} {:?}", digit.key()),
            "Digit(B) DtmfKey(*)"
        );
        assert_eq!(
            (digit.as_byte(), digit.key().as_byte(), digit.value()),
            (b'B', b'*', 11)
        );
    }

    #[test]
    fn a_is_no_digit_and_the_key_d_is_not_used() {
        assert_eq!(Digit::new(b'A'), None);
        assert_eq!(Digit::new(b'a'), None);
        assert_eq!(DtmfKey::new(b'D'), None);
        assert_eq!(DtmfKey::new(b'A').map(DtmfKey::digit), Digit::new(b'D'));
    }

    #[test]
    fn a_sum_that_is_a_multiple_of_15_already_gets_f_and_never_0() {
        let digits = b"123418313701015".iter().filter_map(|b| Digit::new(*b));
        assert_eq!(checksum(digits).as_byte(), b'F');
        assert_eq!(
            checksum([Digit::from_value(5)]).as_byte(),
            b'0',
            "value 10 is the digit 0"
        );
    }
}
