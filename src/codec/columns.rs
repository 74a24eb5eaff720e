//! Frames of fixed columns, read and written: what the receivers' serial formats share.

use core::{fmt::Write as _, str};

use arrayvec::ArrayString;
use bytes::{BufMut as _, BytesMut};

use super::{Letter, Quirk, Quirks, contact_id};
use crate::{
    error::{EncodeError, ParseError, ParseErrorKind},
    event::{AlarmEvent, EventCode, Loss, Losses, Qualifier, Refusal},
    types::{AccountId, Partition, User, Zone},
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

/// A Contact ID event in columns: one character for the qualifier, then `EEEGGCCC`.
#[derive(Clone, Copy)]
pub(crate) struct CidDigits<'a> {
    /// The digit, whatever stood there.
    pub(crate) qualifier: u8,
    /// In upper case.
    pub(crate) code: [u8; 3],
    pub(crate) group: &'a str,
    pub(crate) zone: &'a str,
}

/// How a receiver writes the qualifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum QualifierAs {
    /// E, R, P.
    Letter,
    /// 1, 3, 6, as on the telephone.
    #[cfg_attr(
        not(feature = "bosch6500"),
        expect(dead_code, reason = "the habit of one maker")
    )]
    Digit,
}

impl<'a> CidDigits<'a> {
    /// Reads the first nine columns. A digit for a letter is noted, and so is one that means nothing: the event is
    /// well-framed, so it is kept.
    pub(crate) fn read(event: Cut<'a>) -> Result<(Self, Quirks), ParseError> {
        let mut quirks = Quirks::NONE;
        let qualifier = match event.byte(0) {
            Some(b'E' | b'e') => b'1',
            Some(b'R' | b'r') => b'3',
            Some(b'P' | b'p') => b'6',
            Some(digit) if digit.is_ascii_digit() => {
                quirks.note(Quirk::DigitQualifier);
                if !matches!(digit, b'1' | b'3' | b'6') {
                    quirks.note(Quirk::Qualifier);
                }
                digit
            }
            _ => return Err(event.expected("qualifier")),
        };
        let digits = event
            .sub(1, 4)
            .text("code", 3, u8::is_ascii_hexdigit)?
            .as_bytes();
        let mut code: [u8; 3] = digits
            .try_into()
            .map_err(|_| event.from(1).expected("code"))?;
        code.make_ascii_uppercase();
        let group = event.sub(4, 6).text("group", 2, u8::is_ascii_hexdigit)?;
        let zone = event.sub(6, 9).text("zone", 3, u8::is_ascii_hexdigit)?;
        let digits = Self {
            qualifier,
            code,
            group,
            zone,
        };
        Ok((digits, quirks))
    }

    /// Appends the nine columns.
    pub(crate) fn write(
        &self,
        qualifier: QualifierAs,
        to: &mut Writer<'_>,
    ) -> Result<(), EncodeError> {
        to.out.put_u8(match (qualifier, self.qualifier) {
            (QualifierAs::Letter, b'1') => b'E',
            (QualifierAs::Letter, b'3') => b'R',
            (QualifierAs::Letter, b'6') => b'P',
            (_, other) => other,
        });
        to.out.put_slice(&self.code);
        to.right("group", self.group, 2, b'0')?;
        to.right("zone", self.zone, 3, b'0')
    }

    /// Hands out the event.
    pub(crate) fn event(&self, alone: &mut dyn FnMut(&AlarmEvent<'_>)) -> Quirks {
        let mut payload = ArrayString::<16>::new();
        let code = str::from_utf8(&self.code).unwrap_or("000");
        let _fits = write!(
            payload,
            "{}{code} {} {}",
            char::from(self.qualifier),
            self.group,
            self.zone
        );
        contact_id::events(payload.as_bytes(), &mut |event, _| alone(event))
    }
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

/// Channels of Ademco high speed (Sur-Gard `8`, 6500 `f`) and Acron super fast (`9` of both).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HighSpeed<'a> {
    /// 4 characters, in 6500 mode up to 6.
    pub account: AccountId<'a>,
    /// The channels' digits as sent: of high speed with a space between the fours, of super fast 8 or 9 together.
    pub channels: &'a str,
    /// The status digit of high speed.
    pub status: Option<u8>,
}

impl<'a> HighSpeed<'a> {
    /// Reads account, a blank, four channels, a blank, four channels, a blank, the status.
    pub(crate) fn with_status(body: Cut<'a>, width: usize) -> Result<Self, ParseError> {
        columns(body, width + 12)?;
        let account = body.sub(0, width).account()?;
        let body = body.from(width);
        for at in [0, 5, 10] {
            body.sub(at, at + 1).blanks("space")?;
        }
        body.sub(1, 5).text("channels", 4, u8::is_ascii_hexdigit)?;
        body.sub(6, 10).text("channels", 4, u8::is_ascii_hexdigit)?;
        let channels = body.sub(1, 10).text("channels", 9, |_| true)?;
        let status = body.from(11);
        status.text("status", 1, u8::is_ascii_alphanumeric)?;
        Ok(Self {
            account,
            channels,
            status: status.byte(0),
        })
    }

    /// Reads four blanks, the account, 8 or 9 channels.
    pub(crate) fn without_status(body: Cut<'a>) -> Result<Self, ParseError> {
        columns(body, if body.bytes.len() == 17 { 17 } else { 16 })?;
        body.sub(0, 4).blanks("spaces")?;
        let account = body.sub(4, 8).account()?;
        let channels = body
            .from(8)
            .text("channels", 8, u8::is_ascii_alphanumeric)?;
        Ok(Self {
            account,
            channels,
            status: None,
        })
    }

    /// Appends the columns: with a status, `account` is the width of its field and what fills it.
    pub(crate) fn write(
        &self,
        account: Option<(usize, u8)>,
        to: &mut Writer<'_>,
    ) -> Result<(), EncodeError> {
        if let Some((width, pad)) = account {
            to.right("account", self.account.as_str(), width, pad)?;
            to.blanks(1);
            to.exact("channels", self.channels, 9)?;
            to.blanks(1);
            to.out
                .put_u8(self.status.ok_or(EncodeError::Missing("status"))?);
            return Ok(());
        }
        to.blanks(4);
        to.right("account", self.account.as_str(), 4, b'0')?;
        let most = self.channels.len().clamp(8, 9);
        to.right("channels", self.channels, most, b'0')
    }
}

/// Appends the block that carries one event of SIA: area, code, zone or user, text.
pub(crate) fn sia_block(code: [u8; 2], event: &AlarmEvent<'_>, out: &mut BytesMut) {
    let partition = event.partition.map_or("", Partition::as_str);
    let address = event.zone.map(Zone::as_str);
    out.put_u8(if event.qualifier == Qualifier::Status {
        b'O'
    } else {
        b'N'
    });
    if !partition.is_empty() {
        out.put_slice(b"ri");
        out.put_slice(partition.as_bytes());
        out.put_u8(b'/');
    }
    out.put_slice(&code);
    let address = address.or(event.user.map(User::as_str));
    out.put_slice(address.unwrap_or("").as_bytes());
    if let Some(text) = event.text {
        // `^` and `]` would end the text or the block early.
        out.put_u8(b'^');
        out.extend(
            text.iter()
                .filter(|b| !b.is_ascii_control() && !matches!(b, b'^' | b']' | b'[')),
        );
        out.put_u8(b'^');
    }
}

/// The one number that most frames have room for, and what then is lost of the event: the user beside a zone, the time.
pub(crate) fn number_and_losses<'a>(
    event: &AlarmEvent<'a>,
    mut losses: Losses,
) -> (&'a str, Losses) {
    if event.time.is_some() {
        losses.note(Loss::Time);
    }
    let number = match (event.zone, event.user) {
        (Some(zone), user) => {
            if user.is_some() {
                losses.note(Loss::User);
            }
            zone.as_str()
        }
        (None, Some(user)) => user.as_str(),
        (None, None) => "",
    };
    (number, losses)
}

/// The Contact ID columns of an event; refused where a number would have to be cut, since it would name another place.
pub(crate) fn cid_digits<'a>(
    protocol: &'static str,
    event: &AlarmEvent<'a>,
    zone: &'a str,
) -> Result<CidDigits<'a>, Refusal> {
    let EventCode::ContactId { qualifier, code } = event.code else {
        return Err(Refusal::NoCode("Contact ID"));
    };
    let group = event.partition.map_or("", Partition::as_str);
    for (field, text, most) in [("zone", zone, 3), ("partition", group, 2)] {
        if text.len() > most || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Refusal::NoPlace { field, protocol });
        }
    }
    Ok(CidDigits {
        qualifier,
        code,
        group,
        zone,
    })
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
