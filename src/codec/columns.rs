//! Frames of fixed columns, read and written: what the receivers' serial formats share.

mod digits;
#[cfg(any(feature = "bosch6500", feature = "surgard"))]
mod emit;

use core::str;

use bytes::{BufMut as _, BytesMut};

pub use digits::HighSpeed;
pub(crate) use digits::{CidDigits, QualifierAs};
#[cfg(feature = "bosch6500")]
pub(crate) use emit::{cid_digits, number_and_losses};

use super::Letter;
use crate::{
    error::{EncodeError, ParseError, ParseErrorKind},
    event::{AlarmEvent, EventCode, Qualifier},
    types::{AccountId, User, Zone},
};

/// Bytes with their place in the frame, so that an error can name it.
#[derive(Clone, Copy)]
pub(crate) struct Cut<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Cut<'a> {
    pub(crate) fn sub(self, from: usize, to: usize) -> Self {
        Self {
            bytes: self.bytes.get(from..to).unwrap_or_default(),
            at: self.at + from,
        }
    }

    pub(crate) fn from(self, from: usize) -> Self {
        self.sub(from, self.bytes.len())
    }

    pub(crate) fn trim_start(self) -> Self {
        let blanks = self.bytes.iter().take_while(|b| **b == b' ').count();
        self.from(blanks)
    }

    pub(crate) fn expected(self, what: &'static str) -> ParseError {
        ParseError::new(self.at, ParseErrorKind::Expected(what))
    }

    /// Text of which every byte passes; the error names the first that does not.
    pub(crate) fn text(
        self,
        what: &'static str,
        least: usize,
        fits: impl Fn(&u8) -> bool,
    ) -> Result<&'a str, ParseError> {
        let good = self
            .bytes
            .iter()
            .take_while(|b| b.is_ascii() && fits(b))
            .count();
        if good < self.bytes.len() || good < least {
            return Err(self.from(good).expected(what));
        }
        str::from_utf8(self.bytes).map_err(|_| self.expected(what))
    }

    pub(crate) fn blanks(self, what: &'static str) -> Result<(), ParseError> {
        self.text(what, 0, |b| *b == b' ').map(|_| ())
    }

    pub(crate) fn account(self) -> Result<AccountId<'a>, ParseError> {
        let cut = self.trim_start();
        let text = cut.text("account", 1, u8::is_ascii_alphanumeric)?;
        AccountId::new(text).map_err(|_| cut.expected("account"))
    }

    pub(crate) fn byte(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }
}

/// Whether there are exactly so many columns.
pub(crate) fn columns<'a>(body: Cut<'a>, most: usize) -> Result<(), ParseError> {
    if body.bytes.len() > most {
        return Err(body.from(most).expected("end byte"));
    }
    if body.bytes.len() < most {
        return Err(body.from(body.bytes.len()).expected("more columns"));
    }
    Ok(())
}

pub(crate) fn too_long(field: &'static str, most: usize) -> EncodeError {
    EncodeError::TooLong { field, most }
}

pub(crate) fn fixed(field: &'static str, what: &'static str) -> EncodeError {
    EncodeError::Field { field, what }
}

pub(crate) struct Writer<'o> {
    pub(crate) out: &'o mut BytesMut,
}

impl Writer<'_> {
    /// `text` at the right end of `width` columns that `pad` fills.
    pub(crate) fn right(
        &mut self,
        field: &'static str,
        text: &str,
        width: usize,
        pad: u8,
    ) -> Result<(), EncodeError> {
        if !text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            return Err(fixed(field, "bytes that are no text"));
        }
        let missing = width
            .checked_sub(text.len())
            .ok_or_else(|| too_long(field, width))?;
        self.out.put_bytes(pad, missing);
        self.out.put_slice(text.as_bytes());
        Ok(())
    }

    pub(crate) fn exact(
        &mut self,
        field: &'static str,
        text: &str,
        width: usize,
    ) -> Result<(), EncodeError> {
        if text.len() == width {
            self.right(field, text, width, b' ')
        } else {
            Err(fixed(field, "another width"))
        }
    }

    pub(crate) fn blanks(&mut self, count: usize) {
        self.out.put_bytes(b' ', count);
    }
}

/// The event of a basic format: a letter with the meaning that the port gives it, and the number behind it, which is a
/// user's in openings and closings. Zeros and blanks name nobody.
pub(crate) fn lettered<'a>(
    protocol: &'static str,
    text: &'a str,
    meaning: Option<Letter>,
    number: &'a str,
) -> AlarmEvent<'a> {
    let qualifier = meaning.map_or(Qualifier::New, |letter| letter.qualifier);
    let mut event = AlarmEvent::new(EventCode::Raw { protocol, text }, qualifier);
    if let Some(letter) = meaning {
        (event.class, event.lane) = (letter.class, letter.class.lane());
    }
    if meaning.is_some_and(|letter| letter.user) {
        event.user = User::new(number).ok().filter(|_| names(number));
    } else {
        event.zone = zone(number);
    }
    event
}

/// Whether a number names something: zeros mean none.
fn names(number: &str) -> bool {
    number.bytes().any(|b| b != b'0')
}

/// The zone of that number, if it names one.
pub(crate) fn zone(text: &str) -> Option<Zone<'_>> {
    Zone::new(text).ok().filter(|_| names(text))
}

/// Whether bytes come from a sender that is set to 7E1: some have bit 7, and all have even parity
/// (serial-receivers.md 8.6).
#[must_use]
pub fn is_seven_bits(bytes: &[u8]) -> bool {
    bytes.iter().any(|b| *b > 0x7F) && bytes.iter().all(|b| b.count_ones() % 2 == 0)
}
