use core::{fmt::Write as _, str};

use arrayvec::ArrayString;
use bytes::BufMut as _;

use super::{Cut, Writer, columns};
use crate::{
    codec::{Quirk, Quirks, contact_id},
    error::{EncodeError, ParseError},
    event::AlarmEvent,
    types::AccountId,
};

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
    #[cfg(feature = "bosch6500")]
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

/// Channels of Ademco high speed (Sur-Gard `8`, 6500 `f`) and Acron super fast (`9` of both).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct HighSpeed<'a> {
    /// 4 characters, in 6500 mode up to 6.
    pub account: AccountId<'a>,
    /// The channels' digits as sent: of high speed with a space between the fours, of super fast 8 or 9 together.
    pub channels: &'a str,
    /// The status digit of high speed.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
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
