//! Profiles: how one peer writes and what it wants to hear, in a value that encoder and sessions obey.

use super::{
    encode::{self, Reply},
    style::{LengthForm, LineForm, Style, Tail},
    time::write_time,
    types::{CrcForm, Frame},
};
use crate::types::Timestamp;

#[cfg(feature = "crypto")]
use super::crypto::{self, InvalidKey, Key};

/// How a receiver writes the header of its NAK, which the texts give in several ways (dc09.md 7).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum NakForm {
    /// `0000R0L0A0`, as captures show it.
    #[default]
    Constant,
    /// `0000R0L0#0`, a reading of the text.
    Hash,
    /// `0000L0R0A0`, from one old library.
    LineFirst,
    /// `0000`, then R, L and # as the request has them.
    Echo,
}

/// Which sequence a sender gives to what it sends by itself.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Counting {
    /// The next one, 0001 to 9999.
    Running,
    /// Always 0000.
    Zero,
}

/// How a product's menu takes a key (dc09.md 10): the same 32 characters can be 16 bytes in hexadecimal or 32 in ASCII.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum KeyNotation {
    /// With `hex:` or `ascii:` in front: our own configuration.
    #[default]
    Said,
    /// 32, 48 or 64 hexadecimal digits.
    Hex,
    /// 16, 24 or 32 characters, each of them a byte of the key.
    Ascii,
}

/// What a receiver takes.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Expects {
    /// Whatever can be read (dc09.md 13).
    #[default]
    Anything,
    /// Only what the profile itself writes: see [`Profile::fault`].
    Form,
}

/// How one peer writes, and what it wants to hear. The rules' own form is [`Profile::STANDARD`]; the others differ from
/// it in one habit each, and habits may be put together.
///
/// The encoder takes the part of a panel from [`Profile::style`] and that of a receiver from [`Profile::ack`] and its
/// neighbours; [`crate::link::dc09::Policy`] and [`crate::link::dc09::Identity`] take a whole profile.
///
/// ```
/// use alarmwire::{AccountId, codec::dc09::{EventToken, Message, Profile, Token}, types::Sequence};
///
/// let message = Message {
///     token: Token::Event(EventToken::AdmCid),
///     sequence: Sequence::FIRST,
///     receiver: None,
///     line: None,
///     account: Some(AccountId::new("1234")?),
///     data: b"#1234|1130 01 015",
///     extended: &[],
///     timestamp: None,
/// };
/// let mut out = bytes::BytesMut::new();
/// let profile = Profile::find("no-line").ok_or("no such profile")?;
/// message.encode(&profile.style(), &mut out)?;
/// assert_eq!(&out[9..], b"\"ADM-CID\"0001#1234[#1234|1130 01 015]\r");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Profile {
    /// How the check value of a request is written and computed. An answer is binary where its request is, and in the
    /// rules' form otherwise.
    pub crc: CrcForm,
    /// Lower-case hexadecimal digits in CRC, length and ciphertext, of requests and answers.
    pub lower: bool,
    /// What a request's length field says.
    pub length: LengthForm,
    /// 1 to 16 pad bytes (2013) rather than 16 to 31 (2026), in requests and answers.
    pub short_pad: bool,
    /// Whether `|` ends the pad also where there is no data, in requests and answers.
    pub pipe: bool,
    /// A block of PKCS#7 behind the timestamp of encrypted requests and answers (quirk 36).
    pub pkcs7: bool,
    /// How a request writes its line.
    pub line: LineForm,
    /// Whether a request has its account in the header; without it, it can't be encrypted.
    pub header_account: bool,
    /// Whether a request begins with LF.
    pub lf: bool,
    /// What follows a request's CR.
    pub tail: Tail,
    /// Whether requests in clear say their time of sending.
    pub stamp: bool,
    /// The sequence of events.
    pub sequence: Counting,
    /// The sequence of NULL.
    pub null_sequence: Counting,
    /// Header fields as they come: any characters, absent fields absent.
    pub lenient: bool,
    /// The header of the receiver's NAK.
    pub nak: NakForm,
    /// Whether the NAK tells the receiver's time.
    pub nak_time: bool,
    /// How the peer's menu takes a key.
    pub key: KeyNotation,
    /// What a receiver with this profile takes.
    pub expects: Expects,
}

macro_rules! profiles {
    ($($(#[$doc:meta])* $constant:ident $name:literal { $($field:ident: $value:expr),* $(,)? })*) => {
        impl Profile {
            $($(#[$doc])* pub const $constant: Self = Self { $($field: $value,)* ..Self::STANDARD };)*

            /// Every profile that has a name, the standard first.
            pub const ALL: &[(&str, Self)] = &[("standard", Self::STANDARD), $(($name, Self::$constant),)*];
        }
    };
}

impl Profile {
    /// The rules' form on the wire, with the long pad of 2026; reads whatever can be read.
    pub const STANDARD: Self = Self {
        crc: CrcForm::Hex,
        lower: false,
        length: LengthForm::Right,
        short_pad: false,
        pipe: true,
        pkcs7: false,
        line: LineForm::Value,
        header_account: true,
        lf: true,
        tail: Tail::None,
        stamp: true,
        sequence: Counting::Running,
        null_sequence: Counting::Zero,
        lenient: false,
        nak: NakForm::Constant,
        nak_time: true,
        key: KeyNotation::Said,
        expects: Expects::Anything,
    };
}

profiles! {
    /// The same form, and a receiver that refuses what the rules forbid: see [`Profile::fault`].
    STRICT "strict" { expects: Expects::Form }
    /// 1 to 16 pad bytes, as the texts before 2026 have it.
    SHORT_PAD "short-pad" { short_pad: true }
    /// No `|` in encrypted bodies without data (quirk 29).
    NO_PIPE "no-pipe" { pipe: false }
    /// CRC as two raw bytes (quirk 1).
    BINARY_CRC "binary-crc" { crc: CrcForm::Binary }
    /// CRC and length over body and CR (quirk 2).
    CRC_OVER_CR "crc-over-cr" { crc: CrcForm::HexOverCr }
    /// CRC by the misprinted table of old copies of DC-07.
    DC07_TABLE "dc07-table" { crc: CrcForm::Dc07Table { binary: false } }
    /// Lower-case hexadecimal digits (quirk 3).
    LOWER_CASE "lower-case" { lower: true }
    /// The length as a decimal number (quirk 4).
    DECIMAL_LENGTH "decimal-length" { length: LengthForm::Decimal }
    /// A bare `L` (quirk 5).
    BARE_LINE "bare-line" { line: LineForm::Bare }
    /// No `L` at all (quirk 6).
    NO_LINE "no-line" { line: LineForm::Absent }
    /// A bare `L` and no account in the header (quirk 7); in clear only.
    NO_ACCOUNT "no-account" { line: LineForm::Bare, header_account: false }
    /// A NUL behind CR (quirk 8).
    TRAILING_NUL "trailing-nul" { tail: Tail::Nul }
    /// CR LF behind CR (quirk 8).
    TRAILING_CRLF "trailing-crlf" { tail: Tail::CrLf }
    /// No LF in front (quirk 34).
    NO_LF "no-lf" { lf: false }
    /// No time of sending in clear frames, which the rules allow.
    NO_TIME "no-time" { stamp: false }
    /// Sequence 0000 in every event (quirk 14).
    ZERO_SEQUENCE "zero-sequence" { sequence: Counting::Zero }
    /// NULL counts like an event (quirk 15).
    RUNNING_NULL "running-null" { null_sequence: Counting::Running }
    /// A block of PKCS#7 at the end of what is encrypted (quirk 36).
    TRAILING_PKCS7 "trailing-pkcs7" { pkcs7: true }
    /// NAK with `#0` in place of `A0`.
    NAK_HASH "nak-hash" { nak: NakForm::Hash }
    /// NAK with L before R.
    NAK_LINE_FIRST "nak-line-first" { nak: NakForm::LineFirst }
    /// NAK that echoes R, L and #.
    NAK_ECHO "nak-echo" { nak: NakForm::Echo }
    /// NAK without a time (quirk 11).
    NAK_NO_TIME "nak-no-time" { nak_time: false }
    /// Keys are typed in as hexadecimal digits (quirk 31).
    KEY_HEX "key-hex" { key: KeyNotation::Hex }
    /// Keys are typed in as characters (quirk 31).
    KEY_ASCII "key-ascii" { key: KeyNotation::Ascii }
}

impl Default for Profile {
    fn default() -> Self {
        Self::STANDARD
    }
}

impl Profile {
    /// The profile with that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let (_, profile) = Self::ALL.iter().find(|(known, _)| *known == name)?;
        Some(*profile)
    }

    /// Its name, when it is one of [`Profile::ALL`].
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        let (name, _) = Self::ALL.iter().find(|(_, profile)| profile == self)?;
        Some(name)
    }

    /// The same profile for a receiver that takes its form only.
    #[must_use]
    pub const fn exactly(mut self) -> Self {
        self.expects = Expects::Form;
        self
    }

    /// How a panel of this profile writes.
    #[must_use]
    pub const fn style(&self) -> Style<'static> {
        Style {
            crc: self.crc,
            lower: self.lower,
            short_pad: self.short_pad,
            pipe: self.pipe,
            pad: None,
            lenient: self.lenient,
            length: self.length,
            line: self.line,
            header_account: self.header_account,
            zero_sequence: matches!(self.sequence, Counting::Zero),
            lf: self.lf,
            tail: self.tail,
            pkcs7: self.pkcs7,
        }
    }

    /// How a receiver answers `request` in the form of this profile: the check value in the request's own form of
    /// writing. A CRC over CR is answered in the rules' form, as what such a panel expects is not known (dc09.md 13,
    /// no. 2).
    #[must_use]
    pub const fn answer_style(&self, request: &Frame<'_>) -> Style<'static> {
        Style {
            crc: if request.crc.is_binary() {
                CrcForm::Binary
            } else {
                CrcForm::Hex
            },
            lower: self.lower,
            short_pad: self.short_pad,
            pipe: self.pipe,
            pkcs7: self.pkcs7,
            ..Self::STANDARD.style()
        }
    }

    /// Writes the ACK in clear, without time.
    pub fn ack(&self, request: &Frame<'_>, out: &mut Reply) {
        encode::answer(request, "ACK", &self.answer_style(request), out);
    }

    /// Writes the DUH, which is never encrypted.
    pub fn duh(&self, request: &Frame<'_>, out: &mut Reply) {
        encode::answer(request, "DUH", &self.answer_style(request), out);
    }

    /// Writes the NAK, which is never encrypted.
    pub fn nak(&self, request: &Frame<'_>, now: Timestamp, out: &mut Reply) {
        let head: &[u8] = match self.nak {
            NakForm::Constant => b"\"NAK\"0000R0L0A0[",
            NakForm::Hash => b"\"NAK\"0000R0L0#0[",
            NakForm::LineFirst => b"\"NAK\"0000L0R0A0[",
            NakForm::Echo => b"",
        };
        out.clear();
        // The longest header that a frame can have fits, so there is no error to hand out.
        let _fits = encode::whole(out, &self.answer_style(request), |out| {
            use encode::Sink as _;
            if head.is_empty() {
                let zero = Frame {
                    sequence: crate::types::Sequence::ZERO,
                    ..*request
                };
                encode::echo(out, "NAK", false, &zero)?;
            } else {
                out.put(head)?;
            }
            out.put(b"]")?;
            if self.nak_time {
                out.put(b"_")?;
                out.put(&write_time(now))?;
            }
            Ok(())
        });
    }

    /// Writes the ACK to an encrypted request, encrypted with the account's key and with our time.
    #[cfg(feature = "crypto")]
    pub fn ack_encrypted(
        &self,
        request: &Frame<'_>,
        key: &Key,
        now: Timestamp,
        entropy: &mut dyn crate::types::Entropy,
        out: &mut Reply,
    ) {
        crypto::reply_ack_encrypted(request, key, now, &self.answer_style(request), entropy, out);
    }

    /// Reads a key as the peer's menu takes it.
    ///
    /// # Errors
    /// When it has another length, or holds what is no digit where digits are asked for.
    #[cfg(feature = "crypto")]
    pub fn read_key(&self, text: &str) -> Result<Key, InvalidKey> {
        match self.key {
            KeyNotation::Said => Key::parse(text),
            KeyNotation::Hex => Key::parse_hex(text),
            KeyNotation::Ascii if text.is_ascii() => Key::from_bytes(text.as_bytes()),
            KeyNotation::Ascii => Err(InvalidKey),
        }
    }
}
