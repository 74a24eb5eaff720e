use core::fmt;

use bytes::BytesMut;

use super::LetterTable;
use crate::{
    codec::{HighSpeed, Quirks, pulse::channels::ChannelTable},
    types::{AccountId, LineNumber, ReceiverNumber, Wire},
};

/// What a port has to be told before its frames can be read.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Settings<'t> {
    /// How many digits the line number has, 1 to 7; `None`: as each frame shows. A frame that shows another width is
    /// read as it is and noted as [`crate::codec::Quirk::LineWidth`].
    pub line_digits: Option<u8>,
    /// What the event letters of basic formats mean.
    pub letters: &'t LetterTable,
    /// What the channels of high-speed formats mean.
    pub channels: &'t ChannelTable,
    /// Whether frames of a sender that is set to 7E1 are read on this 8N1 port, with bit 7 cleared. Otherwise they are
    /// reported and get no answer (serial-receivers.md 8.6).
    pub seven_bits: bool,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            line_digits: None,
            letters: &LetterTable::DEFAULT,
            channels: &ChannelTable::DEFAULT,
            seven_bits: false,
        }
    }
}

impl Settings<'_> {
    /// The same with a line width that a port learned, unless it is set to one.
    pub(crate) fn or_line_digits(self, learned: Option<u8>) -> Self {
        Self {
            line_digits: self.line_digits.or(learned),
            ..self
        }
    }
}

/// One frame, borrowed from the bytes that carried it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Frame<'a> {
    /// The first character.
    pub kind: Kind,
    /// Two characters; hexadecimal, on some receivers decimal.
    pub receiver: ReceiverNumber<'a>,
    /// 1 to 7 characters; text, since `010` may mean ten or sixteen.
    pub line: LineNumber<'a>,
    /// What the frame says.
    pub body: Body<'a>,
    /// `HH:MM:SS-dd/mm`, local to the receiver and without a year, where its time-stamp option is on.
    pub clock: Option<&'a str>,
    /// Oddities that were lived with.
    pub quirks: Quirks,
    /// As received, from the first character to DC4.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub raw: &'a [u8],
}

/// The first character of a frame: an open set, so that an unknown one survives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Kind(
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub(crate) u8,
);

impl Kind {
    /// Internal message.
    pub const INTERNAL: Self = Self(b'0');
    /// Basic format, and the heartbeat.
    pub const BASIC: Self = Self(b'1');
    /// SIA protocol 1.
    pub const SIA_ONE: Self = Self(b'3');
    /// Caller ID.
    pub const CALLER: Self = Self(b'4');
    /// Caller ID without account.
    pub const CALLER_ONLY: Self = Self(b'A');
    /// International caller ID.
    pub const CALLER_ABROAD: Self = Self(b'U');
    /// Contact ID.
    pub const CONTACT_ID: Self = Self(b'5');
    /// Contact ID with a ten-digit account.
    pub const CONTACT_ID_TEN: Self = Self(b'Q');
    /// BFSK, Modem II.
    pub const MODEM_TWO: Self = Self(b'6');
    /// Ademco high speed.
    pub const HIGH_SPEED: Self = Self(b'8');
    /// Acron super fast.
    pub const SUPER_FAST: Self = Self(b'9');
    /// SIA protocol 2.
    pub const SIA_TWO: Self = Self(b'S');
    /// Silent Knight FSK2.
    pub const SILENT_KNIGHT: Self = Self(b'C');

    /// Any upper-case letter or digit.
    #[must_use]
    pub const fn new(first: u8) -> Option<Self> {
        if first.is_ascii_digit() || first.is_ascii_uppercase() {
            Some(Self(first))
        } else {
            None
        }
    }

    /// The character.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The character as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        const ALL: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let at = match self.0 {
            digit @ b'0'..=b'9' => usize::from(digit - b'0'),
            letter => usize::from(letter.saturating_sub(b'A')) + 10,
        };
        ALL.get(at..=at).unwrap_or("")
    }

    /// Whether serial-receivers.md 1.3 knows it.
    #[must_use]
    pub const fn is_known(self) -> bool {
        matches!(
            self.0,
            b'0' | b'1' | b'3'..=b'9' | b'A' | b'C' | b'D' | b'Q' | b'S' | b'T' | b'U' | b'V'
        )
    }
}

/// What a frame says, by its first character.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Body<'a> {
    /// `1…@…`: the link test.
    Heartbeat,
    /// `0`: what the receiver says of itself; between the brackets, `#0000|N…`.
    Internal(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
    /// `1`: formats 3/1, 4/1, 4/2, 4/3 and all that was converted to them.
    Basic(Basic<'a>),
    /// `3`: SIA protocol 1.
    SiaOne(SiaOne<'a>),
    /// `4`, `A`, `U`: who called.
    Caller(Caller<'a>),
    /// `5`, `Q`: Contact ID.
    ContactId(ContactIdBody<'a>),
    /// `6`: BFSK and Modem II.
    ModemTwo(ModemTwo<'a>),
    /// `8`, `9`: channels.
    HighSpeed(HighSpeed<'a>),
    /// `S`: SIA protocol 2; between the brackets, `#1234|N…`.
    SiaTwo(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
    /// `C`: Silent Knight FSK2.
    SilentKnight(SilentKnight<'a>),
    /// `T`, `V`, `D`, `7`, and every letter that is not known: all that follows the line number.
    Text(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
}

/// A basic-format event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Basic<'a> {
    /// 3 to 6 characters.
    pub account: AccountId<'a>,
    /// The event letter, whose meaning is the port's table.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub event: u8,
    /// 1 to F.
    pub area: Option<&'a str>,
    /// 1 to 3 characters: zone, user or the pulse code; empty when there is none.
    pub code: &'a str,
}

/// A SIA protocol 1 event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SiaOne<'a> {
    /// Up to 6 characters.
    pub account: AccountId<'a>,
    /// Two letters.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub code: [u8; 2],
    /// Zone or user, up to 4 characters.
    pub address: &'a str,
}

/// A caller's number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Caller<'a> {
    /// Absent in `A`.
    pub account: Option<AccountId<'a>>,
    /// The digits; the filler `F` of an international number is left out.
    pub number: &'a str,
}

/// A Contact ID event: format mark first, then the account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ContactIdBody<'a> {
    /// `18`, `98`, or `58` with ten-digit accounts.
    pub mark: &'a str,
    /// 4 or 10 characters.
    pub account: AccountId<'a>,
    /// The digit: 1 for E, 3 for R, 6 for P.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub qualifier: u8,
    /// Three digits 0-9 A-F.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub code: [u8; 3],
    /// The partition, two characters.
    pub group: &'a str,
    /// Zone or user, three characters.
    pub zone: &'a str,
}

/// A BFSK or Modem II event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ModemTwo<'a> {
    /// Up to 4 characters.
    pub account: AccountId<'a>,
    /// Two characters.
    pub code: &'a str,
    /// Up to 4 characters.
    pub address: &'a str,
}

/// A Silent Knight FSK2 event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SilentKnight<'a> {
    /// Up to 6 characters.
    pub account: AccountId<'a>,
    /// The event character.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub event: u8,
    /// The character behind it.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub area: u8,
    /// Two characters.
    pub zone: &'a str,
}

impl<'a> Body<'a> {
    /// The account, where the body names one.
    #[must_use]
    pub fn account(&self) -> Option<AccountId<'a>> {
        match self {
            Self::Heartbeat | Self::Text(_) => None,
            Self::Internal(block) | Self::SiaTwo(block) => {
                let block: &'a [u8] = block;
                let account = block.strip_prefix(b"#")?.split(|b| *b == b'|').next()?;
                AccountId::new(core::str::from_utf8(account).ok()?).ok()
            }
            Self::Basic(body) => Some(body.account),
            Self::SiaOne(body) => Some(body.account),
            Self::Caller(body) => body.account,
            Self::ContactId(body) => Some(body.account),
            Self::ModemTwo(body) => Some(body.account),
            Self::HighSpeed(body) => Some(body.account),
            Self::SilentKnight(body) => Some(body.account),
        }
    }
}

impl<'a> Frame<'a> {
    /// The width of its line number, where its columns show that.
    #[must_use]
    pub fn line_digits(&self) -> Option<u8> {
        if matches!(self.body, Body::Text(_)) {
            return None;
        }
        u8::try_from(self.line.as_str().len()).ok()
    }

    /// All between the first character and DC4: what a [`crate::Signal`] carries as its data.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        let end = self
            .raw
            .len()
            .saturating_sub(usize::from(self.raw.last() == Some(&super::DC4)));
        self.raw.get(1..end).unwrap_or_default()
    }

    /// A frame to encode; `raw` stays empty.
    #[must_use]
    pub const fn new(
        kind: Kind,
        receiver: ReceiverNumber<'a>,
        line: LineNumber<'a>,
        body: Body<'a>,
    ) -> Self {
        Self {
            kind,
            receiver,
            line,
            body,
            clock: None,
            quirks: Quirks::NONE,
            raw: &[],
        }
    }
}

/// The frame as received, or, for one that was built, in its wire form; control bytes as `\xHH`.
impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.raw.is_empty() {
            return Wire(self.raw).fmt(f);
        }
        let mut wire = BytesMut::new();
        match self.encode(&mut wire) {
            Ok(()) => Wire(&wire).fmt(f),
            Err(error) => write!(f, "no frame: {error}"),
        }
    }
}
