use core::fmt;

use crate::{
    codec::{
        Quirks,
        pulse::{
            EventDigits,
            channels::{ChannelTable, Channels},
        },
    },
    types::{AccountId, LineNumber, ReceiverNumber},
};

/// What a port has to be told before its frames mean something.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Settings<'t> {
    /// What the event digits of 3x1, 4x1, 4x2 and Express mean.
    pub events: &'t EventDigits,
    /// What the channels of High Speed mean, and in whose words their status digit is.
    pub channels: &'t ChannelTable,
    /// The two characters in front are one hexadecimal number 00 to FF, as the 7810iR shows them, not a receiver and a
    /// group (serial-receivers.md 2.2).
    pub one_number: bool,
    /// Whether the receiver waits for ACK or NAK: on some installations both are off (serial-receivers.md 2.1).
    pub answers: bool,
    /// Whether frames of a sender that is set to 7E1 are read on this 8N1 port, with bit 7 cleared. Otherwise they are
    /// reported and get no answer (serial-receivers.md 8.6).
    pub seven_bits: bool,
}

impl Settings<'_> {
    /// A receiver and a group, answers, the panel's status words, and no word on any digit.
    pub const DEFAULT: Self = Self {
        events: &EventDigits::DEFAULT,
        channels: &ChannelTable::DEFAULT,
        one_number: false,
        answers: true,
        seven_bits: false,
    };

    /// Those of a 7810iR: one number in front, and the status words of that receiver.
    pub const IP_RECEIVER: Self = Self {
        channels: &ChannelTable::IP_RECEIVER,
        one_number: true,
        ..Self::DEFAULT
    };
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// One frame, borrowed from the bytes that carried it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Frame<'a> {
    /// Two characters: a receiver and a group (line card), or one number (see [`Settings::one_number`]).
    pub number: ReceiverNumber<'a>,
    /// What the frame says.
    pub body: Body<'a>,
    /// Oddities that were lived with.
    pub quirks: Quirks,
    /// As received, LF and end byte included; empty in a frame to encode.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub raw: &'a [u8],
}

/// What a frame says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Body<'a> {
    /// `OKAY @`: the link test.
    Heartbeat,
    /// 3x1, 4x1, Express 4+1; with a zone 4x2 and Express 4+2. What came from the telephone can't be told any more.
    Digits(Digits<'a>),
    /// The CAPS variant of 4x2: ends in the letter A, and not in CR.
    Caps(Caps<'a>),
    /// Ademco High Speed.
    HighSpeed(HighSpeed<'a>),
    /// Contact ID.
    ContactId(ContactId<'a>),
    /// What the receiver says of itself: its layout is in no public document, so text that begins with a letter, and not
    /// with an account, is kept as it is (inferred).
    Text(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
}

/// An event digit, and a zone digit where the format has one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Digits<'a> {
    /// 4 characters; receivers put a 0 in front of three digits.
    pub account: AccountId<'a>,
    /// A hexadecimal digit; 0 is ten pulses.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub event: u8,
    /// A hexadecimal digit, the zone or user.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    pub zone: Option<u8>,
}

/// Event and zone as one decimal number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Caps<'a> {
    /// 4 characters.
    pub account: AccountId<'a>,
    /// 16 times the event plus the zone.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub value: u8,
}

/// Eight channels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct HighSpeed<'a> {
    /// 4 characters.
    pub account: AccountId<'a>,
    /// Channels 1 to 4, a digit each.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub low: [u8; 4],
    /// Channels 5 to 8.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub high: [u8; 4],
    /// What kind of report it is.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub status: u8,
}

/// A Contact ID event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ContactId<'a> {
    /// 4 characters.
    pub account: AccountId<'a>,
    /// `18`, or `98`, which means the same.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub mark: [u8; 2],
    /// The digit: 1 for E, 3 for R, 6 for P.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub qualifier: u8,
    /// Three digits 0-9 A-F.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub code: [u8; 3],
    /// The partition, two digits.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub group: [u8; 2],
    /// Whether the receiver says that the number is a user (`U`) and not a contact (`C`).
    pub user: bool,
    /// Zone or user, three digits.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub zone: [u8; 3],
}

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

const fn digit(value: u8) -> u8 {
    #[expect(clippy::indexing_slicing, reason = "four bits are below 16")]
    DIGITS[(value & 15) as usize]
}

impl Caps<'_> {
    /// The event as a hexadecimal digit.
    #[must_use]
    pub const fn event(&self) -> u8 {
        digit(self.value >> 4)
    }

    /// The zone as a hexadecimal digit.
    #[must_use]
    pub const fn zone(&self) -> u8 {
        digit(self.value)
    }
}

impl HighSpeed<'_> {
    /// The eight channels in their order.
    #[must_use]
    pub fn digits(&self) -> [u8; 8] {
        let ([a, b, c, d], [e, f, g, h]) = (self.low, self.high);
        [a, b, c, d, e, f, g, h]
    }

    /// Hands out the events of the channels: see [`Channels::events`].
    pub fn events(
        &self,
        table: &ChannelTable,
        each: &mut dyn FnMut(&crate::AlarmEvent<'_>, Option<usize>),
    ) {
        Channels::new(&self.digits(), Some(self.status)).events(table, each);
    }
}

impl<'a> Body<'a> {
    /// The account, where the body names one.
    #[must_use]
    pub const fn account(&self) -> Option<AccountId<'a>> {
        match self {
            Self::Heartbeat | Self::Text(_) => None,
            Self::Digits(body) => Some(body.account),
            Self::Caps(body) => Some(body.account),
            Self::HighSpeed(body) => Some(body.account),
            Self::ContactId(body) => Some(body.account),
        }
    }

    /// The format in a word, for reports.
    #[must_use]
    pub const fn format(&self) -> &'static str {
        match self {
            Self::Heartbeat => "heartbeat",
            Self::Digits(Digits { zone: None, .. }) => "4x1",
            Self::Digits(_) => "4x2",
            Self::Caps(_) => "caps",
            Self::HighSpeed(_) => "high-speed",
            Self::ContactId(_) => "contact-id",
            Self::Text(_) => "text",
        }
    }
}

impl<'a> Frame<'a> {
    /// A frame to encode: two characters in front, and what it says.
    #[must_use]
    pub const fn new(number: ReceiverNumber<'a>, body: Body<'a>) -> Self {
        Self {
            number,
            body,
            quirks: Quirks::NONE,
            raw: &[],
        }
    }

    /// The receiver: one character, or both where they are one number.
    #[must_use]
    pub fn receiver(&self, settings: &Settings<'_>) -> &'a str {
        let number = self.number.as_str();
        match number.split_at_checked(1) {
            Some((receiver, _)) if !settings.one_number => receiver,
            _ => number,
        }
    }

    /// The group or line card; `None` where the two characters are one number.
    #[must_use]
    pub fn group(&self, settings: &Settings<'_>) -> Option<LineNumber<'a>> {
        let (_, group) = self.number.as_str().split_at_checked(1)?;
        LineNumber::new(group).ok().filter(|_| !settings.one_number)
    }

    /// All between LF and end byte: what a [`crate::Signal`] carries as its data.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        match self.raw {
            [_, data @ .., _] => data,
            _ => &[],
        }
    }
}

impl fmt::Display for Frame<'_> {
    /// As on the wire, with control bytes as `\xHH`; a frame that can't be written shows as nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.raw.is_empty() {
            return crate::types::Wire(self.raw).fmt(f);
        }
        let mut wire = bytes::BytesMut::new();
        let _shown_empty = self.encode(&mut wire);
        crate::types::Wire(&wire).fmt(f)
    }
}
