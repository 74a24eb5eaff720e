use core::{fmt, str};

use bytes::BytesMut;

use super::{CR, LF};
use crate::{
    codec::{
        Quirk, Quirks,
        arc::arc,
        bosch6500::{Command, EventTable},
    },
    error::{ParseError, ParseErrorKind},
    types::{AccountId, LineNumber, ReceiverNumber, Sequence, Wire, hex_value},
};

/// LF, check value, length.
pub(super) const HEAD: usize = 7;
/// Type, sequence, receiver, line: what LEN counts in front of the body.
const NUMBERS: usize = 9;
/// The most bytes of a frame: LEN has two digits.
pub const LONGEST: usize = HEAD + 0xFF + 1;

/// What a port has to be told.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Settings<'t> {
    /// What the two-character event fields of basic formats mean, as in 6500 mode.
    pub fields: &'t EventTable,
    /// Whether frames of a sender that is set to 7E1 are read on this 8N1 port, with bit 7 cleared. Otherwise they are
    /// reported and get no answer (serial-receivers.md 8.6).
    pub seven_bits: bool,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            fields: EventTable::DEFAULT,
            seven_bits: false,
        }
    }
}

impl<'t> Settings<'t> {
    /// With other meanings of the event fields.
    #[must_use]
    pub const fn with_fields(mut self, fields: &'t EventTable) -> Self {
        self.fields = fields;
        self
    }

    /// The same, with frames of a 7E1 sender read or not.
    #[must_use]
    pub const fn with_seven_bits(mut self, read: bool) -> Self {
        self.seven_bits = read;
        self
    }
}

/// The TYPE byte of a frame: an open set, so that an unknown one survives.
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
    /// TAB: plain SIA, link test, ACK, NAK.
    pub const PLAIN: Self = Self(b'\t');
    /// Contact ID.
    pub const CONTACT_ID: Self = Self(b'a');

    /// TAB or any printable character.
    #[must_use]
    pub const fn new(byte: u8) -> Option<Self> {
        if byte == b'\t' || byte.is_ascii_graphic() {
            Some(Self(byte))
        } else {
            None
        }
    }

    /// The byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The character as text, `TAB` for TAB.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        const ALL: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
        if self == Self::PLAIN {
            return "TAB";
        }
        let at = usize::from(self.0.saturating_sub(b'!'));
        ALL.get(at..=at).unwrap_or("")
    }
}

/// One frame, borrowed from the bytes that carried it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Frame<'a> {
    /// TAB, or the letter of the panel's format.
    pub kind: Kind,
    /// 0000 only in a NAK.
    pub sequence: Sequence,
    /// Two characters.
    pub receiver: ReceiverNumber<'a>,
    /// Two characters; 00 is the receiver itself.
    pub line: LineNumber<'a>,
    /// What the frame says.
    pub body: Body<'a>,
    /// Oddities that were lived with.
    pub quirks: Quirks,
    /// As received, from LF to CR.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub raw: &'a [u8],
}

/// What stands behind the line number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Body<'a> {
    /// `[]`: link test, ACK or NAK.
    Empty,
    /// `[#account|block]`.
    Event {
        /// Without the blanks that stand in front of an account of less than four digits.
        account: AccountId<'a>,
        /// What follows `|`: a SIA packet, a Contact ID event, or columns of another format.
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        block: &'a [u8],
    },
    /// A command to the receiver: read, never executed.
    Command(Command<'a>),
    /// Anything else between brackets: undefined data.
    Undefined(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
    /// No brackets at all.
    Open(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
}

impl<'a> Body<'a> {
    /// The account, where the body names one.
    #[must_use]
    pub const fn account(&self) -> Option<AccountId<'a>> {
        match self {
            Self::Event { account, .. } => Some(*account),
            _ => None,
        }
    }

    fn read(text: &'a [u8]) -> Self {
        let Some(inner) = text
            .strip_prefix(b"[")
            .and_then(|text| text.strip_suffix(b"]"))
        else {
            return Self::Open(text);
        };
        if inner.is_empty() {
            return Self::Empty;
        }
        if let Ok(command) = Command::parse_sia(inner) {
            return Self::Command(command);
        }
        let Some((account, block)) = inner.strip_prefix(b"#").and_then(|inner| {
            let bar = inner.iter().position(|b| *b == b'|')?;
            Some((inner.get(..bar)?, inner.get(bar + 1..)?))
        }) else {
            return Self::Undefined(inner);
        };
        let trimmed = account.trim_ascii();
        let account = str::from_utf8(trimmed)
            .ok()
            .filter(|text| text.bytes().all(|b| b.is_ascii_alphanumeric()))
            .and_then(|text| AccountId::new(text).ok());
        match account {
            Some(account) => Self::Event { account, block },
            None => Self::Undefined(inner),
        }
    }
}

pub(super) const fn expected(offset: usize, what: &'static str) -> ParseError {
    ParseError::new(offset, ParseErrorKind::Expected(what))
}

fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0, |sum: u16, digit| {
        Some(sum << 4 | u16::from(hex_value(*digit)?))
    })
}

/// The check value and the length that a head says. `lead`: whether LF stands in front.
pub(super) fn head(input: &[u8], lead: usize) -> Option<(u16, usize)> {
    let digits = input.get(lead..lead + 6)?;
    let (crc, length) = digits.split_at_checked(4)?;
    Some((number(crc)?, usize::from(number(length)?)))
}

/// What is wrong with the check value or length of a frame whose body is `text`.
pub(super) fn check(text: &[u8], crc: u16, length: usize, lead: usize) -> Result<(), ParseError> {
    let computed = arc(text);
    if computed != crc {
        let received = crc;
        let kind = ParseErrorKind::Crc { received, computed };
        return Err(ParseError::new(lead, kind));
    }
    if text.len() != length {
        return Err(ParseError::new(lead + 4, ParseErrorKind::Check("length")));
    }
    Ok(())
}

impl<'a> Frame<'a> {
    /// Reads the frame at the start of `input`, which is its LF (or, for an argument that lacks it, its CRC): the frame,
    /// and the bytes it took. `Ok(None)`: more bytes are needed.
    ///
    /// ```
    /// use alarmwire::codec::dc07::{Body, Frame};
    ///
    /// let wire = b"\n3E6714E01040101[#4444|NOP]\r";
    /// let (frame, taken) = Frame::parse(wire)?.expect("whole");
    /// assert_eq!((frame.sequence.value(), frame.kind.as_str(), taken), (104, "E", 28));
    /// let Body::Event { account, block } = frame.body else { panic!() };
    /// assert_eq!((account.as_str(), block), ("4444", &b"NOP"[..]));
    /// # Ok::<(), alarmwire::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// When no byte to come can make a frame of it: check value, length or one of the numbers in front of the body is
    /// wrong. A body that can't be read is no error.
    pub fn parse(input: &'a [u8]) -> Result<Option<(Self, usize)>, ParseError> {
        let lead = usize::from(input.first() == Some(&LF));
        let window = input.get(..input.len().min(LONGEST)).unwrap_or_default();
        let known = window
            .get(lead..window.len().min(lead + 6))
            .unwrap_or_default();
        if let Some(at) = known.iter().position(|b| !b.is_ascii_hexdigit()) {
            let what = if at < 4 { "crc" } else { "length" };
            return Err(expected(lead + at, what));
        }
        let Some((crc, length)) = head(window, lead) else {
            return Ok(None);
        };
        let from = lead + 6;
        let text = window.get(from..).unwrap_or_default();
        let Some(cr) = memchr::memchr(CR, text) else {
            return if window.len() >= LONGEST {
                Err(ParseError::new(LONGEST, ParseErrorKind::TooLong(LONGEST)))
            } else {
                Ok(None)
            };
        };
        let text = text.get(..cr).unwrap_or_default();
        check(text, crc, length, lead)?;
        let raw = window.get(..=from + cr).unwrap_or_default();
        let mut frame = Self::fields(text, from)?;
        frame.raw = raw;
        if lead == 0 {
            frame.quirks.note(Quirk::MissingLf);
        }
        let digits = raw.get(lead..from).unwrap_or_default();
        if digits.iter().any(u8::is_ascii_lowercase) {
            frame.quirks.note(Quirk::LowerCaseHex);
        }
        Ok(Some((frame, raw.len())))
    }

    /// From the type to `]`; `from`: where that is in the frame. Good for reports on damaged frames, too.
    pub(super) fn fields(text: &'a [u8], from: usize) -> Result<Self, ParseError> {
        let kind = text
            .first()
            .copied()
            .and_then(Kind::new)
            .ok_or(expected(from, "type"))?;
        let digits = text.get(1..5).unwrap_or_default();
        let sequence = str::from_utf8(digits)
            .ok()
            .filter(|text| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|text| text.parse().ok())
            .and_then(|number| Sequence::new(number).ok())
            .ok_or(expected(from + 1, "sequence"))?;
        let two = |at: usize, what| {
            let two = text.get(at..at + 2).filter(|two| is_number(two));
            let text = two.and_then(|two| str::from_utf8(two).ok());
            text.ok_or(expected(from + at, what))
        };
        let receiver = two(5, "receiver number")?;
        let line = two(7, "line number")?;
        Ok(Self {
            kind,
            sequence,
            receiver: ReceiverNumber::new(receiver)
                .map_err(|_| expected(from + 5, "receiver number"))?,
            line: LineNumber::new(line).map_err(|_| expected(from + 7, "line number"))?,
            body: Body::read(text.get(NUMBERS..).unwrap_or_default()),
            quirks: Quirks::NONE,
            raw: &[],
        })
    }

    /// A frame to encode; `raw` stays empty.
    #[must_use]
    pub const fn new(
        kind: Kind,
        sequence: Sequence,
        receiver: ReceiverNumber<'a>,
        line: LineNumber<'a>,
        body: Body<'a>,
    ) -> Self {
        Self {
            kind,
            sequence,
            receiver,
            line,
            body,
            quirks: Quirks::NONE,
            raw: &[],
        }
    }

    /// The ACK of this frame: its sequence, receiver and line, and nothing in the brackets.
    #[must_use]
    pub const fn ack(&self) -> Self {
        Self::new(
            Kind::PLAIN,
            self.sequence,
            self.receiver,
            self.line,
            Body::Empty,
        )
    }

    /// The NAK to whatever a receiver sent: sequence 0000, line 00.
    #[must_use]
    pub const fn nak(receiver: ReceiverNumber<'a>) -> Self {
        Self::null(Sequence::ZERO, receiver)
    }

    /// A link test, with a running sequence.
    #[must_use]
    pub const fn null(sequence: Sequence, receiver: ReceiverNumber<'a>) -> Self {
        const LINE: LineNumber<'static> = match LineNumber::new("00") {
            Ok(line) => line,
            Err(_) => unreachable!(),
        };
        Self::new(Kind::PLAIN, sequence, receiver, LINE, Body::Empty)
    }

    /// Whether it is a NAK: nothing in the brackets, sequence 0000.
    #[must_use]
    pub fn is_nak(&self) -> bool {
        self.body == Body::Empty && self.sequence == Sequence::ZERO
    }

    /// Whether it is the link test of a receiver, seen from the computer, or the ACK to one, seen from the receiver:
    /// nothing in the brackets, a running sequence, the line of the receiver itself (00, or blank as the manual prints
    /// it).
    #[must_use]
    pub fn is_link_test(&self) -> bool {
        self.body == Body::Empty
            && self.sequence != Sequence::ZERO
            && matches!(self.line.as_str(), "00" | "  ")
    }

    /// Whether it is the ACK to `message`, seen from the receiver that sent it.
    #[must_use]
    pub fn acknowledges(&self, message: &Frame<'_>) -> bool {
        self.body == Body::Empty
            && self.sequence == message.sequence
            && self.receiver.as_str() == message.receiver.as_str()
            && self.line.as_str() == message.line.as_str()
    }

    /// What stands between the brackets (or behind the line number, where there are none): what a [`crate::Signal`]
    /// carries as its data.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        let lead = usize::from(self.raw.first() == Some(&LF));
        let text = self
            .raw
            .get(lead + 6 + NUMBERS..self.raw.len().saturating_sub(1))
            .unwrap_or_default();
        text.strip_prefix(b"[")
            .and_then(|text| text.strip_suffix(b"]"))
            .unwrap_or(text)
    }
}

/// Two characters of a number; the manual prints blanks for the line of a link test.
pub(super) fn is_number(two: &[u8]) -> bool {
    two.iter().all(u8::is_ascii_alphanumeric) || two == b"  "
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
