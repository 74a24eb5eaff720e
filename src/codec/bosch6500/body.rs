use core::fmt;

use bytes::BytesMut;

use super::{Command, DC4, EventTable, HighSpeed};
use crate::{
    codec::{Quirks, pulse::channels::ChannelTable},
    types::{AccountId, LineNumber, ReceiverNumber, Wire},
};

/// What a port has to be told before its frames can be read.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Settings<'t> {
    /// The byte in front of every frame. None, LF and a space are read whatever is set here; another byte only where it
    /// is set, and then it has to stand there.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    pub header: Option<u8>,
    /// The byte behind every frame, DC4 by default: the manual prints 14 in decimal, which is read as 14h (inferred).
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub trailer: u8,
    /// What the event fields mean.
    pub fields: &'t EventTable,
    /// What the channels of types 9 and f mean.
    pub channels: &'t ChannelTable,
    /// Whether frames of a sender that is set to 7E1 are read on this 8N1 port, with bit 7 cleared. Otherwise they are
    /// reported and get no answer (serial-receivers.md 8.6).
    pub seven_bits: bool,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            header: None,
            trailer: DC4,
            fields: EventTable::DEFAULT,
            channels: &ChannelTable::DEFAULT,
            seven_bits: false,
        }
    }
}

impl<'t> Settings<'t> {
    /// The same with another header.
    #[must_use]
    pub const fn with_header(mut self, header: Option<u8>) -> Self {
        self.header = header;
        self
    }

    /// The same with another end byte.
    #[must_use]
    pub const fn with_trailer(mut self, trailer: u8) -> Self {
        self.trailer = trailer;
        self
    }

    /// The same with other meanings of the event fields.
    #[must_use]
    pub const fn with_fields(mut self, fields: &'t EventTable) -> Self {
        self.fields = fields;
        self
    }

    /// The same with other meanings of the channels.
    #[must_use]
    pub const fn with_channels(mut self, channels: &'t ChannelTable) -> Self {
        self.channels = channels;
        self
    }

    /// The same, with frames of a 7E1 sender read or not.
    #[must_use]
    pub const fn with_seven_bits(mut self, read: bool) -> Self {
        self.seven_bits = read;
        self
    }

    /// Whether the byte can stand in front of a frame.
    pub(crate) fn is_header(&self, byte: u8) -> bool {
        match self.header {
            None | Some(b'\n' | b' ') => matches!(byte, b'\n' | b' '),
            Some(other) => byte == other,
        }
    }

    /// Whether a frame without a header is one.
    pub(crate) const fn may_lack_header(&self) -> bool {
        matches!(self.header, None | Some(b'\n' | b' '))
    }
}

/// One frame, borrowed from the bytes that carried it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Frame<'a> {
    /// The byte in front, if there is one.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    pub header: Option<u8>,
    /// The type character.
    pub kind: Kind,
    /// Two hexadecimal characters.
    pub receiver: ReceiverNumber<'a>,
    /// One character: 0 for the receiver itself, 1-9, A-W for the lines 10 to 32, X for 33, Y for 34 and up. Lossy, and
    /// kept as it stands; see [`super::line_letter`].
    pub line: LineNumber<'a>,
    /// What the frame says.
    pub body: Body<'a>,
    /// The byte behind it.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub trailer: u8,
    /// Oddities that were lived with.
    pub quirks: Quirks,
    /// As received, from the header to the end byte.
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
    u8,
);

impl Kind {
    /// Formats that were brought into the common columns, and the link test.
    pub const COMMON: Self = Self(b'1');
    /// Text.
    pub const TEXT: Self = Self(b'3');
    /// Acron super fast.
    pub const ACRON: Self = Self(b'9');
    /// Contact ID.
    pub const CONTACT_ID: Self = Self(b'a');
    /// Ademco Express 4+1.
    pub const EXPRESS_ONE: Self = Self(b'b');
    /// Ademco Express 4+2.
    pub const EXPRESS_TWO: Self = Self(b'c');
    /// Ademco high speed.
    pub const HIGH_SPEED: Self = Self(b'f');

    /// Any letter or digit.
    #[must_use]
    pub const fn new(first: u8) -> Option<Self> {
        if first.is_ascii_alphanumeric() {
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
        const ALL: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let at = match self.0 {
            digit @ b'0'..=b'9' => usize::from(digit - b'0'),
            upper @ b'A'..=b'Z' => usize::from(upper - b'A') + 10,
            lower => usize::from(lower.saturating_sub(b'a')) + 36,
        };
        ALL.get(at..=at).unwrap_or("")
    }

    /// Whether serial-receivers.md 4.2 names it.
    #[must_use]
    pub const fn is_known(self) -> bool {
        matches!(
            self.0,
            b'1' | b'3' | b'9' | b'a'
                ..=b'f' | b'F' | b'I' | b'i' | b'j' | b'k' | b'm' | b'N' | b'S' | b'V'
        )
    }

    /// Whether it is a small letter, which no other family's frames begin with.
    pub(super) const fn is_small(self) -> bool {
        self.0.is_ascii_lowercase()
    }

    /// How many characters a frame of this kind has at least, header and end byte left out; a shorter one lost some on
    /// the way. All have 20 by the manual, common columns perhaps without the blanks at their end. Where a header that is
    /// no blank shows that a frame begins, types that are not read may be shorter.
    pub(crate) const fn least(self, header: Option<u8>) -> usize {
        match (self.0, header) {
            (b'1' | b'b' | b'c', _) => 16,
            (b'9' | b'a', _) | (_, None | Some(b' ')) => 20,
            (b'f', _) => 22,
            _ => 5,
        }
    }
}

/// What a frame says, by its type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Body<'a> {
    /// `1…@…`: the link test.
    LinkTest,
    /// `1`: whatever was brought into the common columns.
    Common(Common<'a>),
    /// `a`: Contact ID.
    ContactId(ContactIdBody<'a>),
    /// `b`, `c`: Ademco Express.
    Express(Express<'a>),
    /// `f`, `9`: channels.
    HighSpeed(HighSpeed<'a>),
    /// `3`: text; the blank in front is left out, blanks behind are kept.
    Text(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
    /// Every other type, and columns that are filled against the rules: all that follows the line.
    Other(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
}

/// An event in the common columns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Common<'a> {
    /// Up to 10 characters (D6500: 4).
    pub account: AccountId<'a>,
    /// Two characters, one of them mostly blank; what they mean is the port's table.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub event: [u8; 2],
    /// Zone, user or a system event such as `D11`: up to 4 characters, empty for none.
    pub zone: &'a str,
}

/// A Contact ID event: account first, then the format mark.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ContactIdBody<'a> {
    /// 4 to 10 characters.
    pub account: AccountId<'a>,
    /// `18` or `98`, `58` of ten-digit accounts.
    pub mark: &'a str,
    /// The digit: 1, 3, 6.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub qualifier: u8,
    /// Whether it stands as E, R, P: the manual has both.
    pub lettered: bool,
    /// Three digits 0-9 A-F.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub code: [u8; 3],
    /// The partition, two characters.
    pub group: &'a str,
    /// Zone or user, three characters.
    pub zone: &'a str,
}

/// An Ademco Express event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Express<'a> {
    /// Up to 10 characters.
    pub account: AccountId<'a>,
    /// The event's digit.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub event: u8,
    /// The digit of zone or user, in 4+2.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    pub zone: Option<u8>,
}

impl<'a> Body<'a> {
    /// The account, where the body names one.
    #[must_use]
    pub const fn account(&self) -> Option<AccountId<'a>> {
        match self {
            Self::LinkTest | Self::Text(_) | Self::Other(_) => None,
            Self::Common(body) => Some(body.account),
            Self::ContactId(body) => Some(body.account),
            Self::Express(body) => Some(body.account),
            Self::HighSpeed(body) => Some(body.account),
        }
    }
}

impl<'a> Frame<'a> {
    /// A frame to encode, without a header and with DC4 behind it; `raw` stays empty.
    #[must_use]
    pub const fn new(
        kind: Kind,
        receiver: ReceiverNumber<'a>,
        line: LineNumber<'a>,
        body: Body<'a>,
    ) -> Self {
        Self {
            header: None,
            kind,
            receiver,
            line,
            body,
            trailer: DC4,
            quirks: Quirks::NONE,
            raw: &[],
        }
    }

    /// All between the type character and the end byte: what a [`crate::Signal`] carries as its data.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        let from = 1 + usize::from(self.header.is_some());
        self.raw
            .get(from..self.raw.len().saturating_sub(1))
            .unwrap_or_default()
    }

    /// Whether the frame is the receiver's word that it took no command (type 3, `REJECT COMMAND`).
    #[must_use]
    pub fn is_rejection(&self) -> bool {
        matches!(self.body, Body::Text(text) if text.trim_ascii() == Command::REJECTED.as_bytes())
    }
}

impl fmt::Display for Frame<'_> {
    /// The wire form: as received, or as it would be sent; control bytes as `\xHH`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.raw.is_empty() {
            return Wire(self.raw).fmt(f);
        }
        let mut wire = BytesMut::new();
        match self.encode(&mut wire) {
            Ok(()) => Wire(&wire).fmt(f),
            Err(error) => write!(f, "({error})"),
        }
    }
}
