use crate::{
    codec::Quirks,
    types::{AccountId, ReceiverNumber, Sequence},
};

/// Which of the two outputs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Dialect {
    /// The MX8000's own: receiver and reference in the header, a heartbeat, a strict check byte.
    Ademco8000,
    /// Silent Knight 9000, 9500, 9800: no receiver, no reference, no heartbeat.
    Sk9000,
}

impl Dialect {
    /// Its name in the registry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ademco8000 => "ademco8000",
            Self::Sk9000 => "sk9000",
        }
    }

    /// The most bytes of a packet, CR included (5.1: 128, 5.2: 70). Whether check byte and CR count is not said: two
    /// more are read, and none are written.
    #[must_use]
    pub const fn longest(self) -> usize {
        match self {
            Self::Ademco8000 => 128,
            Self::Sk9000 => 70,
        }
    }

    /// Digits of the time: HHMMSS, or HHMM.
    pub(super) const fn time_digits(self) -> usize {
        match self {
            Self::Ademco8000 => 6,
            Self::Sk9000 => 4,
        }
    }

    /// Bytes of the header, from the first byte to the last 22h: 23 or 13.
    #[must_use]
    pub const fn header(self) -> usize {
        match self {
            Self::Ademco8000 => 23,
            Self::Sk9000 => 13,
        }
    }

    /// Characters of the format of a call.
    pub(super) const fn format(self) -> usize {
        match self {
            Self::Ademco8000 => 3,
            Self::Sk9000 => 1,
        }
    }

    /// Characters of a line card.
    pub(super) const fn line_card(self) -> usize {
        match self {
            Self::Ademco8000 => 2,
            Self::Sk9000 => 1,
        }
    }

    /// The most characters of an account: 1 to 8 by 5.2; 5.1 names no bound, and ours is 16.
    pub(super) const fn account(self) -> usize {
        match self {
            Self::Ademco8000 => 16,
            Self::Sk9000 => 8,
        }
    }

    /// The most characters of one event: 11 by 5.2; 5.1 names no bound but the packet's.
    pub(super) const fn event(self) -> usize {
        match self {
            Self::Ademco8000 => self.longest(),
            Self::Sk9000 => 11,
        }
    }

    /// Digits behind the listen-in character.
    pub(super) const fn listen_in(self) -> usize {
        match self {
            Self::Ademco8000 => 3,
            Self::Sk9000 => 0,
        }
    }
}

/// What a frame's first byte says.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Id {
    /// 02h, of sk9000 01h: what the receiver says of itself.
    System,
    /// 03h: a link test without anything else to say; sk9000 has none.
    Heartbeat,
    /// 26h, of sk9000 27h: a panel called.
    Call,
}

impl Id {
    /// What `byte` begins in `dialect`.
    #[must_use]
    pub const fn of(byte: u8, dialect: Dialect) -> Option<Self> {
        match (dialect, byte) {
            (Dialect::Ademco8000, 0x02) | (Dialect::Sk9000, 0x01) => Some(Self::System),
            (Dialect::Ademco8000, 0x03) => Some(Self::Heartbeat),
            (Dialect::Ademco8000, b'&') | (Dialect::Sk9000, b'\'') => Some(Self::Call),
            _ => None,
        }
    }

    /// The byte in `dialect`; `None` for the heartbeat that sk9000 does not have.
    #[must_use]
    pub const fn byte(self, dialect: Dialect) -> Option<u8> {
        match (dialect, self) {
            (Dialect::Ademco8000, Self::System) => Some(0x02),
            (Dialect::Ademco8000, Self::Heartbeat) => Some(0x03),
            (Dialect::Ademco8000, Self::Call) => Some(b'&'),
            (Dialect::Sk9000, Self::System) => Some(0x01),
            (Dialect::Sk9000, Self::Heartbeat) => None,
            (Dialect::Sk9000, Self::Call) => Some(b'\''),
        }
    }

    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Heartbeat => "heartbeat",
            Self::Call => "call",
        }
    }
}

/// One frame, borrowed from the bytes that carried it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Frame<'a> {
    /// Which of the two outputs.
    pub dialect: Dialect,
    /// What the first byte says.
    pub id: Id,
    /// MMDDYY, by the receiver's clock.
    pub date: &'a str,
    /// HHMMSS, of sk9000 HHMM, by the receiver's clock.
    pub time: &'a str,
    /// 01 to 99; sk9000 has none.
    pub receiver: Option<ReceiverNumber<'a>>,
    /// 0001 to 9999, and 0000 for a link test; sk9000 has none.
    pub reference: Option<Sequence>,
    /// What it says.
    pub body: Body<'a>,
    /// Whether another piece follows (2Ch before the check byte).
    pub continued: bool,
    /// Oddities that were lived with.
    pub quirks: Quirks,
    /// As received, from the first byte to CR; empty in a frame of our own making.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub raw: &'a [u8],
}

/// What a frame says behind its header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Body<'a> {
    /// Nothing: a heartbeat, or a frame with reference 0000 and no more.
    Nothing,
    /// What the receiver says of itself.
    System(System<'a>),
    /// What a panel said.
    Call(Call<'a>),
    /// Anything else, under a check byte that fits: mostly a call's further piece, which need not repeat format, line
    /// card and account, and means something only behind the pieces before it (see [`super::Assembler`]).
    Other(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
}

/// What the receiver says of itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct System<'a> {
    /// What it is about.
    pub code: super::SystemCode,
    /// What follows: the line card of `p` and its like, the model of `y` and `z`.
    pub detail: &'a str,
}

/// What a panel said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Call<'a> {
    /// The format in which the panel spoke: three characters, of sk9000 one. What they mean is not public.
    pub format: &'a str,
    /// Two characters, of sk9000 one.
    pub line_card: &'a str,
    /// The panel's account. Where the receiver read it badly, the 23h around it are part of it.
    pub account: AccountId<'a>,
    /// The events as they stand, a 22h between two of them; see [`Call::each`].
    pub events: &'a str,
    /// Whether somebody wants to listen in; of ademco8000 with three digits, of sk9000 with an empty text.
    pub listen_in: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// The events in their order; none for a call that brought none.
    pub fn each(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.events.split('"').filter(|event| !event.is_empty())
    }
}

impl<'a> Frame<'a> {
    /// A frame to encode; `raw` stays empty.
    #[must_use]
    pub const fn new(
        dialect: Dialect,
        id: Id,
        date: &'a str,
        time: &'a str,
        body: Body<'a>,
    ) -> Self {
        Self {
            dialect,
            id,
            date,
            time,
            receiver: None,
            reference: None,
            body,
            continued: false,
            quirks: Quirks::NONE,
            raw: &[],
        }
    }

    /// The same frame from that receiver, with that reference: ademco8000 wants both.
    #[must_use]
    pub const fn from_receiver(
        mut self,
        receiver: ReceiverNumber<'a>,
        reference: Sequence,
    ) -> Self {
        self.receiver = Some(receiver);
        self.reference = Some(reference);
        self
    }

    /// All between header and check byte: what a [`crate::Signal`] carries as its data.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        let end = self.raw.len().saturating_sub(2);
        self.raw.get(self.dialect.header()..end).unwrap_or_default()
    }

    /// The header, from the first byte to the last 22h: pieces of one message have the same.
    #[must_use]
    pub fn header(&self) -> &'a [u8] {
        self.raw.get(..self.dialect.header()).unwrap_or_default()
    }

    /// Whether it only tests the link and reports nothing: no need to store it.
    #[must_use]
    pub fn is_link_test(&self) -> bool {
        self.body == Body::Nothing
    }

    /// The account, in a call.
    #[must_use]
    pub fn account(&self) -> Option<AccountId<'a>> {
        match self.body {
            Body::Call(call) => Some(call.account),
            _ => None,
        }
    }

    /// The line card, where the frame names one.
    #[must_use]
    pub fn line_card(&self) -> Option<&'a str> {
        match self.body {
            Body::Call(call) => Some(call.line_card),
            Body::System(system) if system.code.names_card() && !system.detail.is_empty() => {
                Some(system.detail)
            }
            _ => None,
        }
    }
}
