use arrayvec::ArrayVec;

use super::{Ambiguity, Format, Frame, LONGEST, Parity, Rounds, Settings, frame::ROUND};
use crate::{
    ParseError, ParseErrorKind,
    codec::contact_id::{Digit, DtmfKey, checksum},
};

impl Frame {
    /// Reads the line at the start of `input`, and says how many bytes it took with its line end (CR, LF or both);
    /// `None`: the line end is still to come. Keys of a telephone are read too, see [`Frame::read`].
    ///
    /// # Errors
    /// As [`Frame::read`], and when no line end comes.
    pub fn parse(
        input: &[u8],
        settings: &Settings<'_>,
    ) -> Result<Option<(Self, usize)>, ParseError> {
        let end = input
            .iter()
            .take(LONGEST + 1)
            .position(|byte| matches!(byte, b'\r' | b'\n'));
        let Some(end) = end else {
            if input.len() > LONGEST {
                return Err(ParseError::new(LONGEST, ParseErrorKind::TooLong(LONGEST)));
            }
            return Ok(None);
        };
        let frame = Self::read(input.get(..end).unwrap_or_default(), settings)?;
        let both = matches!(input.get(end..end + 2), Some(b"\r\n"));
        Ok(Some((frame, end + 1 + usize::from(both))))
    }

    /// Reads a whole text without line end: digits of Contact ID, or telephone keys where a character shows that they
    /// are (`*`, `#`, `A`) or only so the check digit fits. Rounds and lines stand apart by blanks: `12343 12343`,
    /// `1233 3335`.
    ///
    /// # Errors
    /// When a character is no digit, the number of digits is that of no format, the message type is another's, a check
    /// digit does not fit, or the second round is not like the first.
    pub fn read(text: &[u8], settings: &Settings<'_>) -> Result<Self, ParseError> {
        if text.iter().any(|byte| matches!(byte, b'*' | b'#' | b'A')) {
            return Self::read_keys(text, settings);
        }
        match Self::groups(text, Digit::new, settings) {
            Err(error) if matches!(error.kind(), ParseErrorKind::Check(_)) => {
                Self::read_keys(text, settings).map_err(|_| error)
            }
            read => read,
        }
    }

    /// Reads a whole text of telephone keys: a format of tones, since no key sends pulses.
    ///
    /// # Errors
    /// As [`Frame::read`], and when it is a format of pulses.
    pub fn read_keys(text: &[u8], settings: &Settings<'_>) -> Result<Self, ParseError> {
        let digit = |byte: u8| DtmfKey::new(byte).map(DtmfKey::digit);
        let frame = Self::groups(text, digit, settings)?;
        if frame.format.is_pulse() {
            let at = text.iter().position(|byte| Digit::new(*byte).is_none());
            let kind = ParseErrorKind::Expected("a digit 0 to 9 or B to F");
            return Err(ParseError::new(at.unwrap_or(0), kind));
        }
        Ok(frame)
    }

    fn groups(
        text: &[u8],
        digit: impl Fn(u8) -> Option<Digit>,
        settings: &Settings<'_>,
    ) -> Result<Self, ParseError> {
        let mut groups = ArrayVec::<(usize, ArrayVec<u8, ROUND>), 4>::new();
        let mut at = 0;
        for group in text.split(|byte| *byte == b' ') {
            let start = at;
            at += group.len() + 1;
            if group.is_empty() {
                continue;
            }
            let mut digits = ArrayVec::new();
            for (place, byte) in group.iter().enumerate() {
                let bad = |kind| ParseError::new(start + place, kind);
                let digit = digit(*byte)
                    .ok_or(bad(ParseErrorKind::Expected("a digit 0 to 9 or B to F")))?;
                digits
                    .try_push(digit.as_byte())
                    .map_err(|_| bad(ParseErrorKind::TooLong(ROUND)))?;
            }
            groups.try_push((start, digits)).map_err(|_| {
                ParseError::new(start, ParseErrorKind::Expected("the end of the line"))
            })?;
        }
        let second = |at: usize| ParseError::new(at, ParseErrorKind::Check("the second round"));
        let read = |at: usize, digits: &[u8]| {
            Self::one(digits, settings).map_err(|error| error.shifted(at))
        };
        match groups.as_slice() {
            [] => Err(ParseError::new(
                text.len(),
                ParseErrorKind::Expected("digits"),
            )),
            [(at, only)] => read(*at, only),
            [(at, first), (_, again)] if first == again => {
                let mut frame = read(*at, first)?.in_two(*at)?;
                if extended(first, again).is_some() {
                    frame.ambiguity = Some(Ambiguity::TwoRoundsOrExtended);
                }
                Ok(frame)
            }
            [(_, first), (other, line)] => extended(first, line).ok_or(second(*other)),
            [(at, first), (b, again), (_, line), (d, more)] => {
                if first != again {
                    return Err(second(*b));
                }
                if line != more {
                    return Err(second(*d));
                }
                extended(first, line).ok_or(second(*d))?.in_two(*at)
            }
            [_, _, (at, _)] | [.., (at, _)] => Err(second(*at)),
        }
    }

    /// Only pulses are sent in two rounds.
    fn in_two(self, at: usize) -> Result<Self, ParseError> {
        if self.format.is_pulse() {
            Ok(self.in_rounds(Rounds::Two))
        } else {
            let kind = ParseErrorKind::Expected("one round");
            Err(ParseError::new(at + self.digits.len(), kind))
        }
    }

    /// Reads one round: the number of digits and the message type say what it is.
    fn one(digits: &[u8], settings: &Settings<'_>) -> Result<Self, ParseError> {
        let make = |format: Format, check: bool| Self::of(format, digits, check, settings);
        let fits = sum_fits(digits);
        let unknown = ParseError::new(4, ParseErrorKind::Unknown("the message type"));
        let (frame, ambiguity) = match (digits.len(), digits.get(4..6), settings.parity) {
            (4, ..) => (make(Format::ThreeOne, false), None),
            (5, _, Some(Parity::Mod15 | Parity::Unchecked)) => (make(Format::ThreeOne, true), None),
            (5, _, parity) => (
                make(Format::FourOne, false),
                (parity.is_none() && fits).then_some(Ambiguity::FourOneOrThreeOneParity),
            ),
            (6, _, Some(Parity::Mod15 | Parity::Unchecked)) => (make(Format::FourOne, true), None),
            (6, _, parity) => (
                make(Format::FourTwo, false),
                (parity.is_none() && fits).then_some(Ambiguity::FourTwoOrFourOneParity),
            ),
            (7, _, Some(Parity::Unchecked)) => (make(Format::FourTwo, true), None),
            (7, _, Some(Parity::Mod15)) if fits => (make(Format::FourTwo, true), None),
            (7, Some(b"17"), parity) => (
                make(Format::ExpressOne, false),
                (parity.is_none() && fits).then_some(Ambiguity::ExpressOrFourTwoParity),
            ),
            (7, _, None | Some(Parity::Mod15)) => (make(Format::FourTwo, true), None),
            (8, Some(b"17"), _) => (make(Format::ExpressOne, true), None),
            (9, Some(b"27"), _) => (make(Format::ExpressTwo, true), None),
            (15, Some(b"56"), _) => (make(Format::SuperFast, false), None),
            (16, Some(b"56"), _) => (make(Format::SuperFast, true), None),
            (16, Some(b"55"), _) => (make(Format::HighSpeed, true), None),
            (21, ..) => (make(Format::SuperFast16, false), None),
            (22, ..) => (make(Format::SuperFast16, true), None),
            (29, ..) => (make(Format::SuperFast24, false), None),
            (30, ..) => (make(Format::SuperFast24, true), None),
            (8 | 9 | 15 | 16, ..) => return Err(unknown),
            (count, ..) => {
                let kind = ParseErrorKind::Expected("the number of digits of a format");
                return Err(ParseError::new(count, kind));
            }
        };
        let mut frame = frame?;
        frame.ambiguity = ambiguity;
        Ok(frame)
    }

    /// Cuts digits by a format of their number.
    fn of(
        format: Format,
        digits: &[u8],
        checked: bool,
        settings: &Settings<'_>,
    ) -> Result<Self, ParseError> {
        let kind = format.message_type().unwrap_or_default().len();
        let (account, body) = (format.account_digits(), format.body_digits());
        let account = digits.iter().copied().take(account);
        let start = format.account_digits() + kind;
        let body = digits.iter().copied().skip(start).take(body);
        let check = digits.last().copied().filter(|_| checked);
        let believed = format.is_pulse() && settings.parity == Some(Parity::Unchecked);
        if checked && !believed && !sum_fits(digits) {
            let what = if format.is_pulse() {
                "the parity digit"
            } else {
                "the check digit"
            };
            let at = digits.len().saturating_sub(1);
            return Err(ParseError::new(at, ParseErrorKind::Check(what)));
        }
        Ok(Self {
            format,
            digits: account.chain(body).collect(),
            check,
            rounds: Rounds::One,
            ambiguity: None,
        })
    }
}

/// The two lines of an extended report, the second of which repeats the first one's event; `None` when it does not.
fn extended(first: &[u8], line: &[u8]) -> Option<Frame> {
    let (format, account, event) = match first {
        [a, b, c, event] => (Format::ThreeOneExtended, &[*a, *b, *c][..], *event),
        [a, b, c, d, event] => (Format::FourOneExtended, &[*a, *b, *c, *d][..], *event),
        _ => return None,
    };
    let (zone, repeated) = line.split_last()?;
    if repeated.len() != account.len() || repeated.iter().any(|digit| *digit != event) {
        return None;
    }
    Some(Frame {
        format,
        digits: account.iter().copied().chain([event, *zone]).collect(),
        check: None,
        rounds: Rounds::One,
        ambiguity: None,
    })
}

/// Whether the last digit is the check digit of the others.
fn sum_fits(digits: &[u8]) -> bool {
    let Some((check, rest)) = digits.split_last() else {
        return false;
    };
    let sum = checksum(rest.iter().copied().filter_map(Digit::new));
    sum.as_byte() == *check
}
