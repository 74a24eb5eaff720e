use core::fmt;

/// A DC-09 sequence number, 0000 to 9999 as received; senders count 0001 to 9999 and start again at 0001
/// (dc09.md 2.2).
///
/// ```
/// use alarmwire::types::Sequence;
///
/// let last = Sequence::new(9999)?;
/// assert_eq!(last.next(), Sequence::FIRST);
/// assert_eq!(Sequence::new(7)?.to_string(), "0007");
/// assert!(Sequence::new(10_000).is_err());
/// # Ok::<(), alarmwire::types::InvalidSequence>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Sequence(u16);

/// A number above 9999, or a text that is no number, is no sequence.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a sequence is 0000 to 9999{}", Not(*.0))]
pub struct InvalidSequence(Option<u16>);

struct Not(Option<u16>);

impl fmt::Display for Not {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |value| write!(f, ", not {value}"))
    }
}

impl Sequence {
    /// 0000: what NULL and NAK carry, never an event of a builder.
    pub const ZERO: Self = Self(0);
    /// 0001: the first of a sender.
    pub const FIRST: Self = Self(1);

    /// A sequence number as received.
    ///
    /// # Errors
    /// When `value` is above 9999.
    pub const fn new(value: u16) -> Result<Self, InvalidSequence> {
        if value <= 9999 {
            Ok(Self(value))
        } else {
            Err(InvalidSequence(Some(value)))
        }
    }

    /// The number, 0 to 9999.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }

    /// The number that a sender uses next: 9999 is followed by 0001.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 >= 9999 {
            Self::FIRST
        } else {
            Self(self.0 + 1)
        }
    }

    /// The four digits as they stand on the wire.
    #[must_use]
    pub const fn digits(self) -> [u8; 4] {
        [
            b'0' + (self.0 / 1000 % 10) as u8,
            b'0' + (self.0 / 100 % 10) as u8,
            b'0' + (self.0 / 10 % 10) as u8,
            b'0' + (self.0 % 10) as u8,
        ]
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

/// Four digits as text, as they stand on the wire.
#[cfg(feature = "serde")]
impl serde::Serialize for Sequence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One to four digits as text.
impl core::str::FromStr for Sequence {
    type Err = InvalidSequence;

    fn from_str(text: &str) -> Result<Self, InvalidSequence> {
        match text.parse() {
            Ok(value) if text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit()) => {
                Self::new(value)
            }
            _ => Err(InvalidSequence(None)),
        }
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Sequence {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::wire::from_text(deserializer, "one to four digits")
    }
}
