use core::str;

use super::{
    ACCOUNT, BAD, Body, CR, Call, Dialect, Frame, Id, LISTEN_IN, MORE, QUOTE, System, SystemCode,
    check_byte,
};
use crate::{
    codec::{Quirk, Quirks},
    error::{ParseError, ParseErrorKind},
    types::{AccountId, ReceiverNumber, Sequence},
};

const fn expected(at: usize, what: &'static str) -> ParseError {
    ParseError::new(at, ParseErrorKind::Expected(what))
}

impl<'a> Frame<'a> {
    /// Reads one frame, which starts at its first byte; gives it and the bytes it took, CR included. `Ok(None)`: more
    /// bytes are needed.
    ///
    /// A check byte that does not fit is damage; in sk9000, whose printed examples contradict the rule, a frame of which
    /// every field reads well is taken nevertheless and noted as [`Quirk::CheckByte`].
    ///
    /// ```
    /// use alarmwire::codec::mx8000::{Body, Dialect, Frame};
    ///
    /// let wire = b"'062794\"0345\"51\x051234\"BA01\"BA02\"BA04~\r";
    /// let (frame, taken) = Frame::parse(wire, Dialect::Sk9000)?.expect("whole");
    /// let Body::Call(call) = frame.body else { panic!() };
    /// assert_eq!((call.account.as_str(), taken), ("1234", wire.len()));
    /// assert!(call.each().eq(["BA01", "BA02", "BA04"]));
    /// # Ok::<(), alarmwire::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// When no byte to come can make a frame of it: the offset is that of the field that does not fit.
    pub fn parse(input: &'a [u8], dialect: Dialect) -> Result<Option<(Self, usize)>, ParseError> {
        // Whether the check byte and CR count as bytes of the packet is not said.
        Self::within(input, dialect, dialect.longest() + 2)
    }

    /// The same with another cap: joined pieces are longer than a packet.
    pub(super) fn within(
        input: &'a [u8],
        dialect: Dialect,
        most: usize,
    ) -> Result<Option<(Self, usize)>, ParseError> {
        header(input, dialect)?;
        let seen = input.get(..input.len().min(most)).unwrap_or_default();
        match memchr::memchr(CR, seen) {
            Some(end) => {
                let raw = input.get(..=end).unwrap_or_default();
                Ok(Some((whole(raw, dialect)?, raw.len())))
            }
            None if seen.len() == most => Err(ParseError::new(most, ParseErrorKind::TooLong(most))),
            None => Ok(None),
        }
    }
}

/// Checks the header as far as it is there: digits and separators in their places.
pub(super) fn header(input: &[u8], dialect: Dialect) -> Result<(), ParseError> {
    let Some(first) = input.first() else {
        return Ok(());
    };
    if Id::of(*first, dialect).is_none() {
        return Err(expected(0, "the first byte of a frame"));
    }
    let time = 8 + dialect.time_digits();
    for (at, byte) in input.iter().enumerate().take(dialect.header()).skip(1) {
        let (fits, what) = match at {
            7 => (*byte == QUOTE, "a 22h behind the date"),
            ..7 => (byte.is_ascii_digit(), "date"),
            _ if at < time => (byte.is_ascii_digit(), "time"),
            _ if at == time => (*byte == QUOTE, "a 22h behind the time"),
            15..17 => (byte.is_ascii_digit(), "receiver number"),
            17 => (*byte == QUOTE, "a 22h behind the receiver number"),
            22 => (*byte == QUOTE, "a 22h behind the reference"),
            _ => (byte.is_ascii_digit(), "reference"),
        };
        if !fits {
            return Err(expected(at, what));
        }
    }
    Ok(())
}

/// Digits that [`header`] has looked at.
fn field(raw: &[u8], from: usize, length: usize) -> &str {
    raw.get(from..from + length)
        .and_then(|digits| str::from_utf8(digits).ok())
        .unwrap_or_default()
}

fn whole(raw: &[u8], dialect: Dialect) -> Result<Frame<'_>, ParseError> {
    let length = dialect.header();
    let check = raw.len().saturating_sub(2);
    if check < length {
        return Err(expected(
            raw.len().saturating_sub(1),
            "the rest of the header",
        ));
    }
    let (text, tail) = raw.split_at_checked(check).unwrap_or((raw, &[]));
    let fits = tail.first() == Some(&check_byte(text));
    // Before the fields: a damaged frame shall be named as such, not by the field that the damage hit.
    let wrong = ParseError::new(check, ParseErrorKind::Check("the check byte"));
    if !fits && dialect == Dialect::Ademco8000 {
        return Err(wrong);
    }
    let mut quirks = Quirks::NONE;
    let id = raw
        .first()
        .and_then(|first| Id::of(*first, dialect))
        .ok_or(expected(0, "the first byte of a frame"))?;
    let mut rest = text.get(length..).unwrap_or_default();
    let continued = rest.last() == Some(&MORE);
    if continued {
        rest = rest.get(..rest.len() - 1).unwrap_or_default();
        quirks.note(Quirk::Continued);
    }
    if rest.contains(&BAD) {
        quirks.note(Quirk::BadData);
    }
    let (receiver, reference) = match dialect {
        Dialect::Ademco8000 => (
            ReceiverNumber::new(field(raw, 15, 2)).ok(),
            field(raw, 18, 4)
                .parse()
                .ok()
                .and_then(|number| Sequence::new(number).ok()),
        ),
        Dialect::Sk9000 => (None, None),
    };
    let frame = Frame {
        dialect,
        id,
        date: field(raw, 1, 6),
        time: field(raw, 8, dialect.time_digits()),
        receiver,
        reference,
        // Never refused where the check byte fits: one odd frame would block its line card (serial-receivers.md 1.6).
        body: body(id, rest, dialect, reference).unwrap_or(Body::Other(rest)),
        continued,
        quirks,
        raw,
    };
    if fits {
        return Ok(frame);
    }
    let shape = tail
        .first()
        .is_some_and(|byte| (0x40..=0x7F).contains(byte));
    if !shape || !reads_well(&frame) {
        return Err(wrong);
    }
    let mut frame = frame;
    frame.quirks.note(Quirk::CheckByte);
    Ok(frame)
}

/// Reads what stands between header and check byte; `None`: it is none of what the documents name.
fn body<'a>(
    id: Id,
    rest: &'a [u8],
    dialect: Dialect,
    reference: Option<Sequence>,
) -> Option<Body<'a>> {
    // Control bytes stand in two places only: 05h before an account, 7Fh as a system code.
    let text = |from: usize, to: usize| {
        let bytes = rest.get(from..to)?;
        let good = bytes.iter().all(|b| matches!(b, 0x20..0x7F));
        str::from_utf8(bytes).ok().filter(|_| good)
    };
    match (id, rest) {
        (Id::Heartbeat, _) => rest.is_empty().then_some(Body::Nothing),
        (_, []) => (reference == Some(Sequence::ZERO)).then_some(Body::Nothing),
        (Id::System, [code, ..]) => Some(Body::System(System {
            code: SystemCode::new(*code)?,
            detail: text(1, rest.len()).filter(|detail| !detail.contains('"'))?,
        })),
        (Id::Call, _) => {
            let (format, head) = (dialect.format(), dialect.format() + dialect.line_card());
            let from = head + 1;
            if rest.get(head) != Some(&ACCOUNT) {
                return None;
            }
            let listen = rest.len().checked_sub(dialect.listen_in() + 1);
            let listen = listen.filter(|at| {
                let (sign, digits) = (rest.get(*at), rest.get(at + 1..).unwrap_or_default());
                *at >= from && sign == Some(&LISTEN_IN) && digits.iter().all(u8::is_ascii_digit)
            });
            let end = listen.unwrap_or(rest.len());
            let said = rest.get(from..end)?;
            let quote = from + memchr::memchr(QUOTE, said).unwrap_or(said.len());
            let account = text(from, quote)?;
            if account.trim_matches('#').len() > dialect.account() {
                return None;
            }
            Some(Body::Call(Call {
                format: text(0, format)?,
                line_card: text(format, head)?,
                account: AccountId::new(account).ok()?,
                events: text((quote + 1).min(end), end)?,
                listen_in: match listen {
                    Some(at) => Some(text(at + 1, rest.len())?),
                    None => None,
                },
            }))
        }
    }
}

/// Whether every field holds what belongs there: what makes up for a check byte that does not fit.
fn reads_well(frame: &Frame<'_>) -> bool {
    let two = |text: &str, at: usize| {
        text.get(at..at + 2)
            .and_then(|digits| digits.parse::<u8>().ok())
            .unwrap_or(u8::MAX)
    };
    let clock = (1..=12).contains(&two(frame.date, 0))
        && (1..=31).contains(&two(frame.date, 2))
        && two(frame.time, 0) < 24
        && two(frame.time, 2) < 60;
    let graphic = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
    clock
        && match frame.body {
            Body::Nothing | Body::Other(_) => false,
            Body::System(system) => {
                system.code.meaning(frame.dialect).is_some()
                    && system.detail.bytes().all(|b| b.is_ascii_alphanumeric())
                    && (system.detail.is_empty()
                        || system.code.names_card()
                        || system.code.names_model())
            }
            Body::Call(call) => {
                let account = call.account.as_str();
                graphic(call.format)
                    && graphic(call.line_card)
                    && account.bytes().all(|b| b.is_ascii_alphanumeric())
                    && !call.events.is_empty()
                    && call.events.split('"').all(|event| {
                        (1..=frame.dialect.event()).contains(&event.len()) && graphic(event)
                    })
            }
        }
}
