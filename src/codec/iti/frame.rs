use core::{fmt, str};

use bytes::{BufMut as _, BytesMut};

use super::LONGEST;
use crate::{
    codec::lines::{CR, LF},
    error::{EncodeError, ParseError, ParseErrorKind},
    types::{AccountId, LineNumber, ReceiverNumber, Zone},
};

/// How a port answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Settings {
    /// Whether the receiver waits for ACK or NAK.
    pub answers: bool,
    /// Whether frames of a sender that is set to 7E1 are read on this 8N1 port, with bit 7 cleared.
    pub seven_bits: bool,
}

impl Settings {
    /// Answers, and no 7E1.
    pub const DEFAULT: Self = Self {
        answers: true,
        seven_bits: false,
    };
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// One record, borrowed from the bytes that carried it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Frame<'a> {
    /// What it says.
    pub record: Record<'a>,
    /// As received, start and end byte included; empty in a frame to encode.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub raw: &'a [u8],
}

/// What a record says. All texts are printable ASCII.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Record<'a> {
    /// `00 OKAY @`: the link test.
    Heartbeat,
    /// `IT …`: a test of the receiver.
    Test(&'a str),
    /// Digits of base 62: a report or a log record. Which of them, and what stands behind receiver and line card, is in
    /// no public document.
    Report(&'a str),
    /// The computer format: all between `|[` and CR.
    Computer(Computer<'a>),
    /// Anything else between LF and CR.
    Text(&'a str),
}

/// A record of the computer format, whose fields are `|` and a letter each. Its check value is not verified, since its
/// rule is in no public document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Computer<'a> {
    text: &'a str,
}

impl<'a> Computer<'a> {
    /// All between `|[` and CR, check value included.
    ///
    /// # Errors
    /// When it is not printable ASCII, or has no `|]` that ends the fields.
    pub fn new(text: &'a str) -> Result<Self, ParseError> {
        if let Some(at) = text.bytes().position(|b| !printable(b)) {
            return Err(expected(at, "text"));
        }
        if text.contains("|]") {
            Ok(Self { text })
        } else {
            Err(expected(text.len(), "|]"))
        }
    }

    /// As it stands.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    fn parts(&self) -> (&'a str, &'a str) {
        self.text.split_once("|]").unwrap_or((self.text, ""))
    }

    /// What stands in front of the first field.
    #[must_use]
    pub fn head(&self) -> &'a str {
        self.parts().0.split('|').next().unwrap_or("")
    }

    /// The fields in their order: `I` unit, `L` line, `A` account, `V` panel and revision, `D` month and day, `T` hour
    /// and minute, `N` reference, `Z` zone, `C` condition.
    pub fn fields(&self) -> impl Iterator<Item = (char, &'a str)> {
        self.parts().0.split('|').skip(1).filter_map(|field| {
            let mut rest = field.chars();
            let letter = rest.next()?;
            Some((letter, rest.as_str()))
        })
    }

    /// The first field with that letter.
    #[must_use]
    pub fn field(&self, letter: char) -> Option<&'a str> {
        self.fields()
            .find(|(other, _)| *other == letter)
            .map(|(_, value)| value)
    }

    /// What stands behind `|]`: checksum or control, not verified.
    #[must_use]
    pub fn check(&self) -> &'a str {
        self.parts().1
    }
}

fn expected(at: usize, what: &'static str) -> ParseError {
    ParseError::new(at, ParseErrorKind::Expected(what))
}

const fn printable(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte == b' '
}

/// The value of a digit of base 62: 0 to 9, A to Z, a to z.
///
/// ```
/// use alarmwire::codec::iti::base62;
///
/// assert_eq!([base62(b'9'), base62(b'B'), base62(b'j'), base62(b'@')], [Some(9), Some(11), Some(45), None]);
/// ```
#[must_use]
pub const fn base62(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'Z' => Some(digit - b'A' + 10),
        b'a'..=b'z' => Some(digit - b'a' + 36),
        _ => None,
    }
}

impl<'a> Record<'a> {
    /// What a text between LF and CR is.
    pub(super) fn read(text: &'a str) -> Self {
        let text = text.trim_end_matches(' ');
        let mut words = text.split(' ').filter(|word| !word.is_empty());
        let three = [words.next(), words.next(), words.next(), words.next()];
        match three {
            [Some("00"), Some("OKAY"), Some("@"), None] => Self::Heartbeat,
            [Some("IT"), Some(_), ..] => Self::Test(text),
            [Some(all), None, ..] if all == text && is_report(text) => Self::Report(text),
            _ => Self::Text(text),
        }
    }

    /// The record in a word, for reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Heartbeat => "heartbeat",
            Self::Test(_) => "test",
            Self::Report(_) => "report",
            Self::Computer(_) => "computer",
            Self::Text(_) => "text",
        }
    }

    /// Receiver and line card, a digit of base 62 each, of a report.
    fn place(&self) -> Option<(&'a str, &'a str)> {
        let Self::Report(text) = self else {
            return None;
        };
        Some((text.get(..1)?, text.get(1..2)?))
    }

    /// The receiver: a digit of a report.
    #[must_use]
    pub fn receiver(&self) -> Option<ReceiverNumber<'a>> {
        ReceiverNumber::new(self.place()?.0).ok()
    }

    /// The line card: a digit of a report, field `L` of the computer format.
    #[must_use]
    pub fn line(&self) -> Option<LineNumber<'a>> {
        let text = match self {
            Self::Computer(record) => record.field('L')?.trim(),
            _ => self.place()?.1,
        };
        LineNumber::new(text).ok().filter(|_| !text.is_empty())
    }

    /// The account: field `A` of the computer format. Where it stands in a report nobody says.
    #[must_use]
    pub fn account(&self) -> Option<AccountId<'a>> {
        match self {
            Self::Computer(record) => AccountId::new(record.field('A')?.trim()).ok(),
            _ => None,
        }
    }

    /// The zone: field `Z` of the computer format.
    #[must_use]
    pub fn zone(&self) -> Option<Zone<'a>> {
        match self {
            Self::Computer(record) => {
                let zone = record.field('Z')?.trim();
                let names = zone.bytes().any(|b| b != b'0');
                Zone::new(zone).ok().filter(|_| names)
            }
            _ => None,
        }
    }
}

/// Receiver, line card, and at least one more digit.
fn is_report(text: &str) -> bool {
    text.len() >= 3 && text.bytes().all(|digit| base62(digit).is_some())
}

impl<'a> Frame<'a> {
    /// A frame to encode.
    #[must_use]
    pub const fn new(record: Record<'a>) -> Self {
        Self { record, raw: &[] }
    }

    /// All between LF and CR, or between `|` and CR: what a [`crate::Signal`] carries as its data.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        match self.raw {
            [_, data @ .., _] => data,
            _ => &[],
        }
    }

    /// Reads one frame, which starts at its LF or `|[`; gives it and the bytes it took, CR included. `Ok(None)`: more
    /// bytes are needed.
    ///
    /// ```
    /// use alarmwire::codec::iti::{Frame, Record};
    ///
    /// let (frame, _) = Frame::parse(b"\n1B1j23458b45A\r")?.expect("whole");
    /// assert_eq!(frame.record.line().map(|line| line.as_str()), Some("B"));
    /// # Ok::<(), alarmwire::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// When no byte to come can make a frame of it.
    pub fn parse(input: &'a [u8]) -> Result<Option<(Self, usize)>, ParseError> {
        let window = input.get(..input.len().min(LONGEST)).unwrap_or(input);
        let computer = match window {
            [] | [b'|'] => return Ok(None),
            [LF, ..] => false,
            [b'|', b'[', ..] => true,
            [b'|', ..] => return Err(expected(1, "[")),
            _ => return Err(expected(0, "LF or |[")),
        };
        let after = window.get(1..).unwrap_or_default();
        let Some(length) = memchr::memchr2(CR, LF, after) else {
            return if window.len() == LONGEST {
                Err(ParseError::new(LONGEST, ParseErrorKind::TooLong(LONGEST)))
            } else {
                Ok(None)
            };
        };
        let end = length + 1;
        if window.get(end) != Some(&CR) {
            return Err(expected(end, "CR"));
        }
        let from = if computer { 2 } else { 1 };
        let text = window.get(from..end).unwrap_or_default();
        let odd = text.iter().position(|b| !printable(*b));
        let text = match (odd, str::from_utf8(text)) {
            (None, Ok(text)) => text,
            _ => return Err(expected(from + odd.unwrap_or(0), "text")),
        };
        let record = if computer {
            Record::Computer(Computer::new(text).map_err(|error| error.shifted(from))?)
        } else {
            Record::read(text)
        };
        if record == Record::Text("") {
            return Err(expected(1, "a record"));
        }
        let raw = window.get(..=end).unwrap_or_default();
        Ok(Some((Self { record, raw }, end + 1)))
    }

    /// Appends the frame. On an error `out` is as before.
    ///
    /// # Errors
    /// When a text would read as another record.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let text = match self.record {
            Record::Heartbeat => "00 OKAY @",
            Record::Test(text) | Record::Report(text) | Record::Text(text) => text,
            Record::Computer(record) => record.text,
        };
        let same = match self.record {
            Record::Computer(_) => true,
            record => Record::read(text) == record && !text.is_empty(),
        };
        if !same || !text.bytes().all(printable) {
            return Err(EncodeError::Field {
                field: "record",
                what: "a text of another kind",
            });
        }
        if text.len() + 3 > LONGEST {
            return Err(EncodeError::TooLong {
                field: "frame",
                most: LONGEST,
            });
        }
        if matches!(self.record, Record::Computer(_)) {
            out.put_slice(b"|[");
        } else {
            out.put_u8(LF);
        }
        out.put_slice(text.as_bytes());
        out.put_u8(CR);
        Ok(())
    }
}

impl fmt::Display for Frame<'_> {
    /// As on the wire, with control bytes as `\xHH`; a frame that can't be written shows as nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.raw.is_empty() {
            return crate::types::Wire(self.raw).fmt(f);
        }
        let mut wire = BytesMut::new();
        let _shown_empty = self.encode(&mut wire);
        crate::types::Wire(&wire).fmt(f)
    }
}
