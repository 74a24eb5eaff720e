use core::str;

use super::{
    Basic, Body, Caller, ContactIdBody, DC4, Frame, Kind, LONGEST, ModemTwo, Settings, SiaOne,
    SilentKnight, usual::usual,
};
use crate::{
    codec::{
        HighSpeed, Quirk, Quirks,
        columns::{CidDigits, Cut, columns},
    },
    error::{ParseError, ParseErrorKind},
    types::{LineNumber, ReceiverNumber},
};

/// Bytes of a body of fixed columns behind the line number; nearly all have that many (serial-receivers.md 1.3).
const COLUMNS: usize = 16;
/// `HH:MM:SS-dd/mm`.
const CLOCK: usize = 14;

impl<'a> Frame<'a> {
    /// Reads one frame, which starts at its first character; gives it and the bytes it took, DC4 included. `Ok(None)`:
    /// more bytes are needed.
    ///
    /// ```
    /// use alarmwire::codec::surgard::{Body, Frame, Settings};
    ///
    /// let wire = b"5011 181234E12101001\x14";
    /// let (frame, taken) = Frame::parse(wire, &Settings::default())?.expect("whole");
    /// assert_eq!((frame.receiver.as_str(), frame.line.as_str(), taken), ("01", "1", 21));
    /// let Body::ContactId(event) = frame.body else { panic!() };
    /// assert_eq!((event.account.as_str(), event.code), ("1234", *b"121"));
    /// # Ok::<(), alarmwire::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// When no byte to come can make a frame of it: the offset is that of the field that does not fit.
    #[inline]
    pub fn parse(
        input: &'a [u8],
        settings: &Settings<'_>,
    ) -> Result<Option<(Self, usize)>, ParseError> {
        match usual(input, settings) {
            Some(read) => Ok(Some(read)),
            None => Self::parse_long_way(input, settings),
        }
    }

    /// Without the shortcut for the usual frame.
    pub(super) fn parse_long_way(
        input: &'a [u8],
        settings: &Settings<'_>,
    ) -> Result<Option<(Self, usize)>, ParseError> {
        let Some(end) = memchr::memchr(
            DC4,
            input.get(..input.len().min(LONGEST)).unwrap_or_default(),
        ) else {
            return if input.len() >= LONGEST {
                Err(ParseError::new(LONGEST, ParseErrorKind::TooLong(LONGEST)))
            } else {
                Ok(None)
            };
        };
        let (text, raw) = (
            input.get(..end).unwrap_or_default(),
            input.get(..=end).unwrap_or_default(),
        );
        whole(text, raw, settings).map(|frame| Some((frame, end + 1)))
    }
}

fn whole<'a>(
    text: &'a [u8],
    raw: &'a [u8],
    settings: &Settings<'_>,
) -> Result<Frame<'a>, ParseError> {
    let all = Cut { bytes: text, at: 0 };
    let kind = all
        .byte(0)
        .and_then(Kind::new)
        .ok_or_else(|| all.expected("protocol character"))?;
    let receiver = all
        .sub(1, 3)
        .text("receiver number", 2, u8::is_ascii_hexdigit)?;
    let receiver =
        ReceiverNumber::new(receiver).map_err(|_| all.from(1).expected("receiver number"))?;
    let mut quirks = Quirks::NONE;

    let mut rest = all.from(3);
    let bracketed = matches!(kind, Kind::INTERNAL | Kind::SIA_TWO);
    let blanks = rest.bytes.iter().rev().take_while(|b| **b == b' ').count();
    let trimmed = rest.sub(0, rest.bytes.len() - blanks);
    let mut clock = None;
    if !bracketed
        && let Some(shown) = trimmed
            .bytes
            .len()
            .checked_sub(CLOCK)
            .map(|at| trimmed.from(at))
        && is_clock(shown.bytes)
    {
        clock = str::from_utf8(shown.bytes).ok();
        rest = rest.sub(0, shown.at - rest.at);
        note_if(&mut quirks, Quirk::TrailingSpaces, blanks > 0);
    }
    let blanks = rest.bytes.iter().rev().take_while(|b| **b == b' ').count();
    let trimmed = rest.sub(0, rest.bytes.len() - blanks);

    let width = width(kind, rest, trimmed, settings);
    let line = rest
        .sub(0, width)
        .text("line number", 1, u8::is_ascii_alphanumeric)?;
    if width > 7 || line.len() < width {
        return Err(rest.from(line.len().min(7)).expected("line number"));
    }
    let line = LineNumber::new(line).map_err(|_| rest.expected("line number"))?;
    note_if(
        &mut quirks,
        Quirk::LineWidth,
        settings
            .line_digits
            .is_some_and(|set| usize::from(set) != width),
    );

    // What may end in blanks by its columns, and how long it then is.
    let padded = match kind {
        Kind::BASIC | Kind::SILENT_KNIGHT => blanks > 0 && rest.bytes.len() == width + COLUMNS,
        kind if kind.is_known() => false,
        _ => true,
    };
    let heartbeat = kind == Kind::BASIC && trimmed.from(width).trim_start().bytes == b"@";
    if !padded && !heartbeat {
        rest = trimmed;
        note_if(&mut quirks, Quirk::TrailingSpaces, blanks > 0);
    }
    let body = rest.from(width);
    let body = match kind {
        Kind::BASIC if heartbeat => Body::Heartbeat,
        Kind::BASIC => Body::Basic(basic(body)?),
        Kind::INTERNAL => Body::Internal(block(body)?),
        Kind::SIA_TWO => Body::SiaTwo(block(body)?),
        Kind::SIA_ONE => Body::SiaOne(sia_one(body)?),
        Kind::CALLER | Kind::CALLER_ONLY | Kind::CALLER_ABROAD => Body::Caller(caller(kind, body)?),
        Kind::CONTACT_ID => Body::ContactId(contact_id(body, 4, &mut quirks)?),
        Kind::CONTACT_ID_TEN => Body::ContactId(contact_id(body, 10, &mut quirks)?),
        Kind::MODEM_TWO => Body::ModemTwo(modem_two(body)?),
        Kind::HIGH_SPEED => Body::HighSpeed(HighSpeed::with_status(body, 4)?),
        Kind::SUPER_FAST => Body::HighSpeed(HighSpeed::without_status(body)?),
        Kind::SILENT_KNIGHT => Body::SilentKnight(silent_knight(body)?),
        _ => Body::Text(body.bytes),
    };
    Ok(Frame {
        kind,
        receiver,
        line,
        body,
        clock,
        quirks,
        raw,
    })
}

fn note_if(quirks: &mut Quirks, quirk: Quirk, when: bool) {
    if when {
        quirks.note(quirk);
    }
}

/// How many characters the line number has: what the frame's shape shows, else the setting, else one.
fn width(kind: Kind, rest: Cut<'_>, trimmed: Cut<'_>, settings: &Settings<'_>) -> usize {
    let first = |wanted: u8| rest.bytes.iter().position(|b| *b == wanted);
    let set = settings.line_digits.map_or(1, usize::from);
    match kind {
        Kind::INTERNAL | Kind::SIA_TWO => first(b'[').unwrap_or(set),
        Kind::BASIC
        | Kind::SIA_ONE
        | Kind::CONTACT_ID
        | Kind::CONTACT_ID_TEN
        | Kind::MODEM_TWO
        | Kind::SUPER_FAST
        | Kind::CALLER_ONLY
        | Kind::SILENT_KNIGHT => first(b' ').unwrap_or(set),
        Kind::HIGH_SPEED => first(b' ').and_then(|at| at.checked_sub(4)).unwrap_or(set),
        Kind::CALLER => trimmed.bytes.len().checked_sub(COLUMNS).unwrap_or(set),
        Kind::CALLER_ABROAD => trimmed.bytes.len().checked_sub(24).unwrap_or(set),
        _ => set,
    }
}

pub(super) fn is_clock(bytes: &[u8]) -> bool {
    bytes.len() == CLOCK
        && bytes.iter().enumerate().all(|(i, b)| match i {
            2 | 5 => *b == b':',
            8 => *b == b'-',
            11 => *b == b'/',
            _ => b.is_ascii_digit(),
        })
}

fn block(body: Cut<'_>) -> Result<&[u8], ParseError> {
    if body.byte(0) != Some(b'[') {
        return Err(body.expected("["));
    }
    let inner = body.from(1);
    if inner.bytes.last() != Some(&b']') {
        return Err(inner.from(inner.bytes.len()).expected("]"));
    }
    let inner = inner.sub(0, inner.bytes.len() - 1);
    if inner.byte(0) != Some(b'#') {
        return Err(inner.expected("#"));
    }
    let account = inner
        .bytes
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'#')
        .count();
    if inner.byte(account) != Some(b'|') || account > 17 {
        return Err(inner.from(account.min(17)).expected("account and |"));
    }
    match inner.bytes.iter().position(|b| b.is_ascii_control()) {
        Some(at) => Err(inner.from(at).expected("text")),
        None => Ok(inner.bytes),
    }
}

fn basic(body: Cut<'_>) -> Result<Basic<'_>, ParseError> {
    // Receivers differ in how many blanks stand before the account; the fields behind it keep their columns.
    let lead = body.bytes.iter().take_while(|b| **b == b' ').count();
    if lead == 0 {
        return Err(body.expected("space"));
    }
    let rest = body.from(lead);
    let len = rest.bytes.iter().take_while(|b| **b != b' ').count();
    if len > 6 {
        return Err(rest.from(6).expected("space"));
    }
    let account = rest.sub(0, len).account()?;
    let rest = rest.from(len);
    if rest.byte(0) != Some(b' ') {
        return Err(rest.expected("space"));
    }
    let event = rest
        .byte(1)
        .filter(u8::is_ascii_graphic)
        .ok_or_else(|| rest.from(1).expected("event letter"))?;
    let tail = rest.from(2);
    if tail.bytes.len() > 4 {
        return Err(tail.from(4).expected("end byte"));
    }
    let code_at = if tail.bytes.len() == 4 { 1 } else { 0 };
    let area = match tail.byte(0) {
        Some(area) if code_at == 1 && area != b' ' => {
            Some(tail.sub(0, 1).text("area", 1, u8::is_ascii_alphanumeric)?)
        }
        _ => None,
    };
    let code = tail
        .from(code_at)
        .trim_start()
        .text("code", 0, u8::is_ascii_alphanumeric)?;
    Ok(Basic {
        account,
        event,
        area,
        code,
    })
}

fn sia_one(body: Cut<'_>) -> Result<SiaOne<'_>, ParseError> {
    columns(body, COLUMNS)?;
    body.sub(0, 4).blanks("spaces")?;
    let account = body.sub(4, 10).account()?;
    let code = body
        .sub(10, 12)
        .text("code", 2, u8::is_ascii_uppercase)?
        .as_bytes();
    let code = code
        .try_into()
        .map_err(|_| body.from(10).expected("code"))?;
    let address = body
        .sub(12, COLUMNS)
        .trim_start()
        .text("zone", 0, u8::is_ascii_alphanumeric)?;
    Ok(SiaOne {
        account,
        code,
        address,
    })
}

fn caller<'a>(kind: Kind, body: Cut<'a>) -> Result<Caller<'a>, ParseError> {
    let abroad = kind == Kind::CALLER_ABROAD;
    columns(body, if abroad { 24 } else { COLUMNS })?;
    let account = if kind == Kind::CALLER_ONLY {
        body.sub(0, 6).blanks("spaces")?;
        None
    } else {
        Some(body.sub(0, 6).account()?)
    };
    let mut number = body.from(6);
    if abroad {
        let filler = number
            .bytes
            .iter()
            .rev()
            .take_while(|b| **b == b'F')
            .count();
        number = number.sub(0, number.bytes.len() - filler);
    }
    // Private and unknown callers are shown as letters.
    Ok(Caller {
        account,
        number: number.text("number", 0, |b| b.is_ascii_alphanumeric() || *b == b' ')?,
    })
}

fn contact_id<'a>(
    body: Cut<'a>,
    digits: usize,
    quirks: &mut Quirks,
) -> Result<ContactIdBody<'a>, ParseError> {
    if body.byte(0) != Some(b' ') {
        return Err(body.expected("space"));
    }
    let body = body.from(1);
    let mark = body.sub(0, 2).text("format mark", 2, u8::is_ascii_digit)?;
    if !matches!((mark, digits), ("18" | "98", 4) | ("58", 10)) {
        return Err(body.expected("format mark 18, 98 or 58"));
    }
    let account = body.sub(2, 2 + digits);
    if account.bytes.len() < digits {
        return Err(account.from(account.bytes.len()).expected("account"));
    }
    let account = account.account()?;
    let event = body.from(2 + digits);
    let (cid, odd) = CidDigits::read(event)?;
    *quirks = quirks.union(odd);
    columns(event, 9)?;
    Ok(ContactIdBody {
        mark,
        account,
        qualifier: cid.qualifier,
        code: cid.code,
        group: cid.group,
        zone: cid.zone,
    })
}

fn modem_two(body: Cut<'_>) -> Result<ModemTwo<'_>, ParseError> {
    columns(body, COLUMNS)?;
    body.sub(0, 6).blanks("spaces")?;
    let account = body.sub(6, 10).account()?;
    let code = body
        .sub(10, 12)
        .text("code", 2, |b| b.is_ascii_graphic() || *b == b' ')?;
    let address = body
        .sub(12, COLUMNS)
        .trim_start()
        .text("zone", 0, u8::is_ascii_alphanumeric)?;
    Ok(ModemTwo {
        account,
        code,
        address,
    })
}

fn silent_knight(body: Cut<'_>) -> Result<SilentKnight<'_>, ParseError> {
    columns(body, if body.bytes.len() == 14 { 14 } else { COLUMNS })?;
    body.sub(0, 4).blanks("spaces")?;
    let account = body.sub(4, 10).account()?;
    let letter = |at: usize| body.byte(at).filter(|b| b.is_ascii_graphic() || *b == b' ');
    let event = letter(10).ok_or_else(|| body.from(10).expected("event character"))?;
    let area = letter(11).ok_or_else(|| body.from(11).expected("area"))?;
    let zone = body
        .sub(12, 14)
        .text("zone", 2, |b| b.is_ascii_alphanumeric() || *b == b' ')?;
    body.from(14).blanks("spaces")?;
    Ok(SilentKnight {
        account,
        event,
        area,
        zone,
    })
}
