use core::fmt;

/// Text that is empty, too long, or holds a character that a header field can't carry.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what} is not {least} to {most} printable characters")]
pub struct InvalidText {
    what: &'static str,
    least: usize,
    most: usize,
}

/// Why a text is no account.
pub type InvalidAccount = InvalidText;

const fn printable(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        #[expect(
            clippy::indexing_slicing,
            reason = "i is below the length; a const fn has no iterators"
        )]
        if !bytes[i].is_ascii_graphic() && bytes[i] != b' ' {
            return false;
        }
        i += 1;
    }
    true
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $least:literal, $most:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        pub struct $name<'a>(&'a str);

        impl<'a> $name<'a> {
            /// Takes the text as it was sent.
            ///
            /// # Errors
            /// When it is too short, too long, or not printable ASCII.
            pub const fn new(text: &'a str) -> Result<Self, InvalidText> {
                if (text.is_empty() && $least > 0) || text.len() > $most || !printable(text) {
                    Err(InvalidText { what: $what, least: $least, most: $most })
                } else {
                    Ok(Self(text))
                }
            }

            /// The characters, unchanged.
            #[must_use]
            pub const fn as_str(self) -> &'a str {
                self.0
            }
        }

        /// From text that is borrowed from the input: checked as by `new`.
        #[cfg(feature = "serde")]
        impl<'de: 'a, 'a> serde::Deserialize<'de> for $name<'a> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <&'a str>::deserialize(deserializer)?;
                Self::new(text).map_err(serde::de::Error::custom)
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
    };
}

text! {
    /// A panel's account number: 1 to 16 printable characters, kept as the panel sent them (builders ask for 3 to 16
    /// hex digits, see [`AccountId::is_strict`]).
    ///
    /// ```
    /// use alarmwire::AccountId;
    ///
    /// let id = AccountId::new("12A4")?;
    /// assert_eq!(id.as_str(), "12A4");
    /// assert!(AccountId::new("").is_err());
    /// # Ok::<(), alarmwire::InvalidAccount>(())
    /// ```
    AccountId, "account", 1, 16
}
text! {
    /// A receiver number (`R` of DC-09, the first two characters of a serial frame), without its letter; up to 16
    /// characters. Never invented: a frame without one has `None`.
    ReceiverNumber, "receiver number", 0, 16
}
text! {
    /// A line number or account prefix (`L` of DC-09, the line card of a serial frame), without its letter. May be
    /// empty: some panels send a bare `L` (dc09.md 13, no. 5).
    LineNumber, "line number", 0, 16
}
text! {
    /// A partition (group, area) as sent; `00` and its like mean "none" and are `None` in an event.
    Partition, "partition", 1, 8
}
text! {
    /// A zone (contact, point, device) as sent, leading zeros kept; `000` means "none".
    Zone, "zone", 1, 8
}
text! {
    /// A user as sent, leading zeros kept.
    User, "user", 1, 8
}

impl AccountId<'_> {
    /// Whether a builder may send it: 3 to 16 hexadecimal digits (dc09.md 2.2).
    #[must_use]
    pub fn is_strict(self) -> bool {
        self.0.len() >= 3 && self.0.bytes().all(|b| b.is_ascii_hexdigit())
    }

    /// Whether both name the same panel: equal but for case and leading zeros (contracts: header and data account).
    #[must_use]
    pub fn same_panel(self, other: AccountId<'_>) -> bool {
        self.0
            .trim_start_matches('0')
            .eq_ignore_ascii_case(other.0.trim_start_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_text() {
        let (short, padded) = (
            AccountId::new("8312").unwrap(),
            AccountId::new("008312").unwrap(),
        );
        assert_ne!(short, padded);
        assert!(short.same_panel(padded));
        assert!(!AccountId::new("12").unwrap().is_strict());
        assert!(AccountId::new("12345678901234567").is_err());
        assert!(AccountId::new("a\u{7}").is_err());
    }
}
