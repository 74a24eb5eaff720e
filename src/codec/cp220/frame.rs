use core::{fmt, str};

use bytes::{BufMut as _, BytesMut};

use super::LONGEST;
use crate::{
    codec::{
        Quirks,
        ademco685::{self, ContactId},
        lines::{CR, LF},
        pulse::EventDigits,
    },
    error::{EncodeError, ParseError, ParseErrorKind},
    types::{AccountId, ReceiverNumber},
};

/// How a receiver is programmed (serial-receivers.md 5.4).
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Settings<'t> {
    /// The header, usually LF. Frames are read without it as well: some are drawn so.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    pub header: Option<u8>,
    /// The terminator, usually CR.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub terminator: u8,
    /// How many characters of a time header stand between header and receiver number; their layout is in no public
    /// document, so they are kept as text. 0: the option is off.
    pub time_header: u8,
    /// The answer to a good frame. Receivers leave the works with none; normally 06 is set.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    pub ack: Option<u8>,
    /// The answer to a damaged frame, normally 15: the receiver repeats it up to ten times, then it reports COMPUTER
    /// FAIL.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    pub nak: Option<u8>,
    /// What the digit behind the letter of `R G AAAA A d` means.
    pub events: &'t EventDigits,
    /// Whether frames of a sender that is set to 7E1 are read on this 8N1 port, with bit 7 cleared.
    pub seven_bits: bool,
}

impl Settings<'_> {
    /// LF, CR, ACK 06, NAK 15, no time header, no word on any digit.
    pub const DEFAULT: Self = Self {
        header: Some(LF),
        terminator: CR,
        time_header: 0,
        ack: Some(super::ACK),
        nak: Some(super::NAK),
        events: &EventDigits::DEFAULT,
        seven_bits: false,
    };

    /// As receivers leave the works: they wait for no answer.
    pub const FACTORY: Self = Self {
        ack: None,
        nak: None,
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
    /// The time header as it stands; empty where the option is off.
    pub clock: &'a str,
    /// Two characters: receiver and group.
    pub number: ReceiverNumber<'a>,
    /// What the frame says.
    pub body: Body<'a>,
    /// Whether the header stands in front.
    pub headed: bool,
    /// Oddities that were lived with.
    pub quirks: Quirks,
    /// As received, header and terminator included; empty in a frame to encode.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub raw: &'a [u8],
}

/// What a frame says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Body<'a> {
    /// As 685 writes it.
    ContactId(ContactId<'a>),
    /// Silent Knight, without blanks: `AAAA A d` (format 0) or `AAAA dd` (FSK 1).
    SilentKnight(SilentKnight<'a>),
    /// Behind a blank, text that begins with a letter, or another layout of 685: what the receiver says beside events
    /// is in no public document, so it is kept as it is (inferred).
    Text(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
}

/// A Silent Knight event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SilentKnight<'a> {
    /// 4 characters.
    pub account: AccountId<'a>,
    /// A letter and a digit (format 0, drawn with `A`), or two digits (FSK 1). Their meaning is the panel's.
    pub alarm: &'a str,
}

impl SilentKnight<'_> {
    /// Whether it is of format 0: a letter in front of one digit.
    #[must_use]
    pub fn is_format_zero(&self) -> bool {
        self.alarm
            .starts_with(|first: char| first.is_ascii_alphabetic())
    }
}

impl<'a> Body<'a> {
    /// The account, where the body names one.
    #[must_use]
    pub const fn account(&self) -> Option<AccountId<'a>> {
        match self {
            Self::ContactId(body) => Some(body.account),
            Self::SilentKnight(body) => Some(body.account),
            Self::Text(_) => None,
        }
    }

    /// The format in a word, for reports.
    #[must_use]
    pub fn format(&self) -> &'static str {
        match self {
            Self::ContactId(_) => "contact-id",
            Self::SilentKnight(body) if body.is_format_zero() => "sk-0",
            Self::SilentKnight(_) => "sk-fsk1",
            Self::Text(_) => "text",
        }
    }
}

fn expected(at: usize, what: &'static str) -> ParseError {
    ParseError::new(at, ParseErrorKind::Expected(what))
}

impl<'a> Frame<'a> {
    /// A frame to encode, with the header in front.
    #[must_use]
    pub const fn new(number: ReceiverNumber<'a>, body: Body<'a>) -> Self {
        Self {
            clock: "",
            number,
            body,
            headed: true,
            quirks: Quirks::NONE,
            raw: &[],
        }
    }

    /// All between header and terminator: what a [`crate::Signal`] carries as its data.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        let text = self.raw.get(usize::from(self.headed)..).unwrap_or_default();
        text.split_last().map_or(&[], |(_, text)| text)
    }

    /// Reads one frame, which starts at its header or, without one, at the receiver number; gives it and the bytes it
    /// took, terminator included. `Ok(None)`: more bytes are needed.
    ///
    /// ```
    /// use alarmwire::codec::cp220::{Body, Frame, Settings};
    ///
    /// let (frame, _) = Frame::parse(b"111234A3\r", &Settings::DEFAULT)?.expect("whole");
    /// let Body::SilentKnight(event) = frame.body else { panic!() };
    /// assert_eq!((event.account.as_str(), event.alarm), ("1234", "A3"));
    /// # Ok::<(), alarmwire::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// When no byte to come can make a frame of it: the offset is that of the field that does not fit.
    pub fn parse(
        input: &'a [u8],
        settings: &Settings<'_>,
    ) -> Result<Option<(Self, usize)>, ParseError> {
        let window = input.get(..input.len().min(LONGEST)).unwrap_or(input);
        let headed = !window.is_empty() && window.first() == settings.header.as_ref();
        let from = usize::from(headed);
        let after = window.get(from..).unwrap_or_default();
        let ends = |b: &u8| *b == settings.terminator || Some(*b) == settings.header;
        let Some(length) = after.iter().position(ends) else {
            return if window.len() == LONGEST {
                Err(ParseError::new(LONGEST, ParseErrorKind::TooLong(LONGEST)))
            } else {
                Ok(None)
            };
        };
        let end = from + length;
        if window.get(end) != Some(&settings.terminator) {
            return Err(expected(end, "the terminator"));
        }
        let text = after.get(..length).unwrap_or_default();
        let (clock, text, at) = match usize::from(settings.time_header) {
            0 => (&[][..], text, from),
            width => {
                let (clock, text) = text
                    .split_at_checked(width)
                    .ok_or_else(|| expected(end, "time header"))?;
                (clock, text, from + width)
            }
        };
        if let Some(odd) = clock.iter().position(|b| !printable(b)) {
            return Err(expected(from + odd, "time header"));
        }
        let (number, body, quirks) = read(text, at)?;
        let frame = Self {
            clock: str::from_utf8(clock).map_err(|_| expected(from, "time header"))?,
            number,
            body,
            headed,
            quirks,
            raw: window.get(..=end).unwrap_or_default(),
        };
        Ok(Some((frame, end + 1)))
    }

    /// Appends the frame, with the header that is set if the frame has one. On an error `out` is as before.
    ///
    /// # Errors
    /// When a field holds what its columns can't carry.
    pub fn encode(&self, settings: &Settings<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        let before = out.len();
        let done = self.write(settings, out);
        if done.is_err() {
            out.truncate(before);
        }
        done
    }

    fn write(&self, settings: &Settings<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        let field = |field, what| EncodeError::Field { field, what };
        let before = out.len();
        if let Some(header) = settings.header.filter(|_| self.headed) {
            out.put_u8(header);
        }
        let clock = self.clock.as_bytes();
        if clock.len() != usize::from(settings.time_header) || !clock.iter().all(printable) {
            return Err(field("time header", "another width than is set"));
        }
        let text = out.len();
        out.put_slice(clock);
        match &self.body {
            Body::ContactId(body) => {
                let body = ademco685::Body::ContactId(*body);
                ademco685::encode::write(self.number.as_str(), &body, out)?;
            }
            Body::SilentKnight(body) => {
                out.put_slice(self.number.as_str().as_bytes());
                out.put_slice(body.account.as_str().as_bytes());
                out.put_slice(body.alarm.as_bytes());
            }
            Body::Text(text) => {
                out.put_slice(self.number.as_str().as_bytes());
                out.put_u8(b' ');
                out.put_slice(text);
            }
        }
        // What is written reads as the same, or it is not written.
        let written = out.get(text + clock.len()..).unwrap_or_default();
        let same = matches!(read(written, 0), Ok((number, body, _)) if number == self.number && body == self.body);
        let whole = out.get(text..).unwrap_or_default();
        let reserved = |b: &u8| *b == settings.terminator || Some(*b) == settings.header;
        if !same || whole.iter().any(reserved) {
            return Err(field("frame", "these characters in their columns"));
        }
        out.put_u8(settings.terminator);
        if out.len() - before > LONGEST {
            return Err(EncodeError::TooLong {
                field: "frame",
                most: LONGEST,
            });
        }
        Ok(())
    }
}

const fn printable(byte: &u8) -> bool {
    byte.is_ascii_graphic() || *byte == b' '
}

/// Reads what stands between header (and time header) and terminator.
fn read(text: &[u8], at: usize) -> Result<(ReceiverNumber<'_>, Body<'_>, Quirks), ParseError> {
    if text.get(2) == Some(&b' ') {
        let (number, body, quirks) = ademco685::parse::read(text, at)?;
        return match body {
            ademco685::Body::ContactId(body) => Ok((number, Body::ContactId(body), quirks)),
            // Nobody says that it sends 685's other layouts, nor that it does not.
            _ => {
                let text = text.get(2..).unwrap_or_default().trim_ascii();
                Ok((number, Body::Text(text), quirks))
            }
        };
    }
    let text = text.trim_ascii_end();
    let hex = |from: usize, to: usize, what| {
        let field = text.get(from..to).unwrap_or_default();
        let good = field.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        match str::from_utf8(field) {
            Ok(field) if good == to - from => Ok(field),
            _ => Err(expected(at + from + good, what)),
        }
    };
    let number = ReceiverNumber::new(hex(0, 2, "receiver and group")?)
        .map_err(|_| expected(at, "receiver and group"))?;
    let account = AccountId::new(hex(2, 6, "account of four digits")?)
        .map_err(|_| expected(at + 2, "account"))?;
    let alarm = match text.get(6..) {
        Some([first, _, ..]) if !first.is_ascii_alphanumeric() => {
            return Err(expected(at + 6, "alarm"));
        }
        Some([_, second, ..]) if !second.is_ascii_hexdigit() => {
            return Err(expected(at + 7, "alarm digit"));
        }
        Some(alarm @ [_, _]) => alarm,
        Some([_, _, ..]) => return Err(expected(at + 8, "the terminator")),
        _ => return Err(expected(at + text.len(), "alarm")),
    };
    let alarm = str::from_utf8(alarm).map_err(|_| expected(at + 6, "alarm"))?;
    let body = Body::SilentKnight(SilentKnight { account, alarm });
    Ok((number, body, Quirks::NONE))
}

impl fmt::Display for Frame<'_> {
    /// As on the wire, with control bytes as `\xHH`; a frame that can't be written shows as nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.raw.is_empty() {
            return crate::types::Wire(self.raw).fmt(f);
        }
        let settings = Settings {
            time_header: u8::try_from(self.clock.len()).unwrap_or(u8::MAX),
            ..Settings::DEFAULT
        };
        let mut wire = BytesMut::new();
        let _shown_empty = self.encode(&settings, &mut wire);
        crate::types::Wire(&wire).fmt(f)
    }
}
