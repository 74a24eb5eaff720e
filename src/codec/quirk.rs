//! What the field does against the rules: one entry for each row of dc09.md 13, in its order.

use core::fmt;

/// Where a quirk can be seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Shows {
    /// In one frame by itself.
    Frame,
    /// In what a receiver's session sees over several frames.
    Session,
    /// In what a sender receives.
    Sender,
    /// In documents and settings only.
    Document,
}

macro_rules! quirks {
    ($($name:ident $slug:literal $shows:ident $what:literal)*) => {
        /// One habit of the field that deviates from the rules and is lived with.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Quirk {
            $(#[doc = $what] $name,)*
        }

        impl Quirk {
            /// Every quirk, in the order of the dossier.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in reports, as `quirk-NN-words`; tests are named after it.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// The quirk with that slug.
            #[must_use]
            pub fn from_slug(slug: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|quirk| quirk.slug() == slug)
            }

            /// Where it can be seen.
            #[must_use]
            pub const fn shows(self) -> Shows {
                match self { $(Self::$name => Shows::$shows,)* }
            }

            /// What the sender does.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)* }
            }
        }
    };
}

quirks! {
    BinaryCrc "quirk-01-binary-crc" Frame "CRC as two raw bytes"
    CrcOverCr "quirk-02-crc-over-cr" Frame "CRC and length computed over body and CR"
    LowerCaseHex "quirk-03-lower-case-hex" Frame "lower-case hex in CRC, length or ciphertext"
    WrongLength "quirk-04-wrong-length" Frame "wrong length, right CRC"
    EmptyLine "quirk-05-empty-line" Frame "a bare `L`"
    NoLine "quirk-06-no-line" Frame "no `L` at all"
    NoAccount "quirk-07-no-account" Frame "no account in the header: the data's counts"
    TrailingNul "quirk-08-trailing-nul" Frame "NUL, CR or LF after the closing CR"
    LocalTime "quirk-09-local-time" Session "a timestamp in local time"
    ClockOff "quirk-10-clock-off" Session "a clock that is off by more than the window"
    NakTime "quirk-11-nak-time" Sender "a NAK without time, or with an absurd one"
    RetryNewTimestamp "quirk-12-retry-new-timestamp" Session "a retry with a new timestamp and CRC"
    RetryIdentical "quirk-13-retry-identical" Session "a retry byte for byte"
    StuckSequence "quirk-14-stuck-sequence" Session "sequence 0000 or a sequence that never moves"
    NullSequence "quirk-15-null-sequence" Frame "NULL with a running sequence"
    TestAsHeartbeat "quirk-16-test-as-heartbeat" Session "a test event as heartbeat"
    DuhRepeats "quirk-17-duh-repeats" Session "a panel that repeats an event answered with DUH"
    InventedReceiver "quirk-18-invented-receiver" Session "an answer with a receiver number that was not asked"
    Coalesced "quirk-19-coalesced" Session "several frames in one read, or one in several"
    ManyExtended "quirk-20-many-extended" Frame "two or more extended fields"
    ModifierOrder "quirk-21-modifier-order" Frame "modifiers in any order"
    NoSlash "quirk-22-no-slash" Frame "no `/` after a modifier; text padded with blanks"
    DataAccount "quirk-23-data-account" Frame "header and data account differ"
    LineIsAccount "quirk-24-line-is-account" Frame "the line carries the account"
    LeadingZeros "quirk-25-leading-zeros" Session "leading zeros are part of numbers"
    TextEncoding "quirk-26-text-encoding" Frame "UTF-8 or Windows-1252 in text"
    RawContactId "quirk-27-raw-contact-id" Frame "raw 18QEEEGGCCCk in ADM-CID"
    NullWithData "quirk-28-null-with-data" Frame "NULL with data"
    NoPipe "quirk-29-no-pipe" Frame "encrypted text without `|`"
    SocketClosing "quirk-30-socket-closing" Session "panels that insist on an open socket, others on closing"
    KeyNotation "quirk-31-key-notation" Document "a key as ASCII or hex"
    VerifiedRepeated "quirk-32-verified-repeated" Session "BV repeated, then a fault"
    Blanks "quirk-33-blanks" Frame "blanks around R, L, # fields"
    MissingLf "quirk-34-missing-lf" Frame "no LF in front"
    UntestedMakers "quirk-35-untested-makers" Document "makers without a known deviating capture"
    TrailingPkcs7 "quirk-36-trailing-pkcs7" Sender "an encrypted ACK with a trailing PKCS#7 block"
    KeyInAck "quirk-37-key-in-ack" Sender "an ACK that carries a key"
    PrivateToken "quirk-38-private-token" Frame "private tokens and letters"
    Brackets "brackets" Frame "a bracket that is never closed, or text outside of brackets"
    MissingCr "missing-cr" Frame "no CR at the end of an argument"
    TrailingSpaces "trailing-spaces" Frame "blanks before the end byte of a serial frame"
    SevenBits "seven-bits" Frame "bit 7 carries parity: the sender is set to 7E1"
    DigitQualifier "digit-qualifier" Frame "a digit where a serial receiver sends a letter"
    Qualifier "qualifier" Frame "a Contact ID qualifier other than 1, 3 and 6"
    LineWidth "line-width" Frame "a line number of another width than the port is set to"
    PulseAmbiguity "pulse-ambiguity" Frame "digits that are good under two readings: nobody said whether the line has parity"
    CheckByte "check-byte" Frame "a check byte that does not fit, and every field reads well"
    BadData "bad-data" Frame "the receiver marked what it read as damaged"
    Continued "continued" Frame "a piece of a longer message that another one follows"
}

/// A set of quirks.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub struct Quirks(u64);

impl Quirks {
    /// Nothing odd.
    pub const NONE: Self = Self(0);

    /// Adds one.
    pub const fn note(&mut self, quirk: Quirk) {
        self.0 |= 1 << quirk as u8;
    }

    /// Whether it holds `quirk`.
    #[must_use]
    pub const fn has(self, quirk: Quirk) -> bool {
        self.0 & 1 << quirk as u8 != 0
    }

    /// Whether nothing was odd.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set without `quirk`.
    #[must_use]
    pub const fn without(self, quirk: Quirk) -> Self {
        Self(self.0 & !(1 << quirk as u8))
    }

    /// The quirks in the order of the dossier.
    pub fn iter(self) -> impl Iterator<Item = Quirk> {
        Quirk::ALL.iter().copied().filter(move |q| self.has(*q))
    }
}

impl FromIterator<Quirk> for Quirks {
    fn from_iter<I: IntoIterator<Item = Quirk>>(quirks: I) -> Self {
        let mut set = Self::NONE;
        quirks.into_iter().for_each(|quirk| set.note(quirk));
        set
    }
}

/// Its slug.
#[cfg(feature = "serde")]
impl serde::Serialize for Quirk {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Quirk {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::types::wire::with_text(deserializer, "the slug of a quirk", |slug| {
            Self::from_slug(slug).ok_or("no quirk has that slug")
        })
    }
}

/// A list of slugs.
#[cfg(feature = "serde")]
impl serde::Serialize for Quirks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Quirks {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = alloc::vec::Vec::<Quirk>::deserialize(deserializer)?;
        Ok(all.into_iter().collect())
    }
}

impl fmt::Debug for Quirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Quirk::slug)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_noted() {
        let mut set = Quirks::NONE;
        set.note(Quirk::LineWidth);
        set.note(Quirk::BinaryCrc);
        assert!(set.has(Quirk::BinaryCrc) && !set.has(Quirk::NoLine));
        assert!(set.iter().eq([Quirk::BinaryCrc, Quirk::LineWidth]));
        assert!(Quirk::ALL.len() <= 64);
    }
}
