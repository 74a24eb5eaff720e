use zeroize::Zeroizing;

use super::{
    crypto::{InvalidKey, Key},
    encode::hex_pair,
};
use crate::types::{Entropy, hex_value};

/// The most bytes of a key.
const MOST: usize = 32;

/// The bytes of a key on their way to or from a panel, as the extended field `K` carries them; wiped when it goes.
///
/// It can't be printed:
///
/// ```compile_fail
/// fn printed(key: &alarmwire::codec::dc09::NewKey) -> String { format!("{key:?}") }
/// ```
///
/// What a panel is to do with it, and when it becomes valid, no public text says (dc09.md 11): this only carries it.
pub struct NewKey {
    bytes: Zeroizing<[u8; MOST]>,
    length: usize,
}

impl NewKey {
    /// A key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    /// When it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidKey> {
        if !matches!(bytes.len(), 16 | 24 | 32) {
            return Err(InvalidKey);
        }
        let mut key = Self {
            bytes: Zeroizing::new([0; MOST]),
            length: bytes.len(),
        };
        for (place, byte) in key.bytes.iter_mut().zip(bytes) {
            *place = *byte;
        }
        Ok(key)
    }

    /// A key of 256 random bits.
    #[must_use]
    pub fn random(entropy: &mut dyn Entropy) -> Self {
        let mut key = Self {
            bytes: Zeroizing::new([0; MOST]),
            length: MOST,
        };
        entropy.fill(&mut *key.bytes);
        key
    }

    /// Reads the value of a field `K`: 32, 48 or 64 hexadecimal digits.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_field(digits: &[u8]) -> Result<Self, InvalidKey> {
        let mut bytes = Zeroizing::new([0_u8; MOST]);
        let (pairs, rest) = digits.as_chunks::<2>();
        if pairs.len() > MOST || !rest.is_empty() {
            return Err(InvalidKey);
        }
        for (place, [high, low]) in bytes.iter_mut().zip(pairs) {
            let (high, low) = (hex_value(*high), hex_value(*low));
            *place = high
                .zip(low)
                .map(|(high, low)| high << 4 | low)
                .ok_or(InvalidKey)?;
        }
        Self::from_bytes(bytes.get(..pairs.len()).ok_or(InvalidKey)?)
    }

    /// The bytes, for a safe place.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// The key to encrypt and decrypt with.
    ///
    /// # Errors
    /// Never for a value that exists.
    pub fn key(&self) -> Result<Key, InvalidKey> {
        Key::from_bytes(self.as_bytes())
    }

    /// Hands out the value of the field `K`, and wipes it.
    pub(crate) fn with_field<T>(&self, use_it: impl FnOnce(&[u8]) -> T) -> T {
        let mut digits = Zeroizing::new([0_u8; 2 * MOST]);
        for (pair, byte) in digits
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .zip(self.as_bytes())
        {
            *pair = hex_pair(*byte, false);
        }
        use_it(digits.get(..2 * self.length).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_its_field_is_written() {
        for length in [16_u8, 24, 32] {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(37)).collect();
            let key = NewKey::from_bytes(&bytes).unwrap();
            let back = key.with_field(|field| {
                assert_eq!(field.len(), 2 * usize::from(length));
                NewKey::from_field(field).unwrap()
            });
            assert_eq!(back.as_bytes(), bytes);
            assert!(back.key().is_ok());
        }
        for wrong in [&b""[..], b"00", &[b'0'; 31], &[b'0'; 66], &[b'x'; 32]] {
            assert!(NewKey::from_field(wrong).is_err());
        }
    }
}
