use memchr::memchr;

use super::{
    Body, Command, Common, ContactIdBody, Express, Frame, HighSpeed, Kind, LONGEST, Settings,
};
use crate::{
    codec::{
        Quirk, Quirks,
        columns::{CidDigits, Cut, columns, is_seven_bits},
    },
    error::{ParseError, ParseErrorKind},
    types::{LineNumber, ReceiverNumber},
};

/// Columns behind the line, in all types that have them but f.
pub(super) const COLUMNS: usize = 16;
/// Type, receiver, line.
pub(super) const HEAD: usize = 4;

impl<'a> Frame<'a> {
    /// Reads one frame, which starts at its header or, without one, at its type; gives it and the bytes it took, end byte
    /// included. `Ok(None)`: more bytes are needed.
    ///
    /// Columns that can't be read make no error: the frame is whole, and refusing it would lose it.
    ///
    /// ```
    /// use alarmwire::codec::bosch6500::{Body, Frame, Settings};
    ///
    /// let wire = b"\n1011      1234 A  98\x14";
    /// let (frame, taken) = Frame::parse(wire, &Settings::default())?.expect("whole");
    /// assert_eq!((frame.receiver.as_str(), frame.line.as_str(), taken), ("01", "1", 22));
    /// let Body::Common(event) = frame.body else { panic!() };
    /// assert_eq!((event.account.as_str(), &event.event, event.zone), ("1234", b" A", "98"));
    /// # Ok::<(), alarmwire::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// When no byte to come can make a frame of it: the offset is that of the field that does not fit, or of what is no
    /// text.
    pub fn parse(
        input: &'a [u8],
        settings: &Settings<'_>,
    ) -> Result<Option<(Self, usize)>, ParseError> {
        let window = input.get(..input.len().min(LONGEST)).unwrap_or_default();
        let header = window
            .first()
            .copied()
            .filter(|byte| settings.is_header(*byte));
        if header.is_none() && !window.is_empty() && !settings.may_lack_header() {
            return Err(ParseError::new(0, ParseErrorKind::Expected("header")));
        }
        let from = usize::from(header.is_some());
        let end = memchr(settings.trailer, window.get(from..).unwrap_or_default());
        let Some(end) = end.map(|at| from + at) else {
            head(all(window.get(from..).unwrap_or_default(), from), false)?;
            return if input.len() >= LONGEST {
                Err(ParseError::new(LONGEST, ParseErrorKind::TooLong(LONGEST)))
            } else {
                Ok(None)
            };
        };
        let text = all(window.get(from..end).unwrap_or_default(), from);
        let raw = window.get(..=end).unwrap_or_default();
        let (kind, receiver, line) = head(text, true)?.ok_or_else(|| text.expected("type"))?;
        if let Some(at) = text.bytes.iter().position(u8::is_ascii_control) {
            return Err(text.from(at).expected("text"));
        }
        if is_seven_bits(raw) {
            let at = text.bytes.iter().position(|b| *b > 0x7F).unwrap_or(0);
            return Err(text.from(at).expected("text of seven bits"));
        }
        // The one text that the manual prints is a column short of the rest.
        let rejection =
            kind == Kind::TEXT && text.from(HEAD + 1).bytes == Command::REJECTED.as_bytes();
        if text.bytes.len() < kind.least(header) && !rejection {
            return Err(text.from(text.bytes.len()).expected("more columns"));
        }
        let mut quirks = Quirks::NONE;
        let body = body(kind, text.from(HEAD), &mut quirks);
        let frame = Self {
            header,
            kind,
            receiver,
            line,
            body,
            trailer: settings.trailer,
            quirks,
            raw,
        };
        Ok(Some((frame, end + 1)))
    }
}

fn all(bytes: &[u8], at: usize) -> Cut<'_> {
    Cut { bytes, at }
}

type Head<'a> = (Kind, ReceiverNumber<'a>, LineNumber<'a>);

/// Type, receiver and line, as far as they are there; `whole`: all of them have to be.
pub(super) fn head(text: Cut<'_>, whole: bool) -> Result<Option<Head<'_>>, ParseError> {
    let Some(first) = text.byte(0) else {
        return Ok(None);
    };
    let kind = Kind::new(first).ok_or_else(|| text.expected("type"))?;
    let shown = text.bytes.len();
    let least = |width: usize, from: usize| {
        if whole {
            width
        } else {
            shown.saturating_sub(from).min(width)
        }
    };
    let receiver =
        text.sub(1, shown.min(3))
            .text("receiver number", least(2, 1), u8::is_ascii_hexdigit)?;
    let line = text
        .sub(3, shown.min(HEAD))
        .text("line", least(1, 3), u8::is_ascii_alphanumeric)?;
    let receiver =
        ReceiverNumber::new(receiver).map_err(|_| text.from(1).expected("receiver number"))?;
    let line = LineNumber::new(line).map_err(|_| text.from(3).expected("line"))?;
    Ok(Some((kind, receiver, line)))
}

fn body<'a>(kind: Kind, rest: Cut<'a>, quirks: &mut Quirks) -> Body<'a> {
    let blanks = rest.bytes.iter().rev().take_while(|b| **b == b' ').count();
    let kept = rest.bytes.len() - blanks;
    let trimmed = rest.sub(0, kept);
    // Columns may end in blanks; what is more than they are was put behind them.
    let fitting = rest.sub(0, kept.max(rest.bytes.len().min(COLUMNS)));
    let (read, taken) = match kind {
        Kind::COMMON if trimmed.trim_start().bytes == b"@" => return Body::LinkTest,
        Kind::COMMON => (common(fitting).map(Body::Common), fitting),
        Kind::CONTACT_ID => (contact_id(trimmed).map(Body::ContactId), trimmed),
        Kind::EXPRESS_ONE => (express(fitting, false).map(Body::Express), fitting),
        Kind::EXPRESS_TWO => (express(fitting, true).map(Body::Express), fitting),
        Kind::HIGH_SPEED => (
            HighSpeed::with_status(trimmed, 6).map(Body::HighSpeed),
            trimmed,
        ),
        Kind::ACRON => (
            HighSpeed::without_status(trimmed).map(Body::HighSpeed),
            trimmed,
        ),
        Kind::TEXT => match rest.bytes {
            [b' ', text @ ..] => return Body::Text(text),
            other => return Body::Other(other),
        },
        _ => return Body::Other(rest.bytes),
    };
    match read {
        Ok(read) => {
            if taken.bytes.len() < rest.bytes.len() {
                quirks.note(Quirk::TrailingSpaces);
            }
            read
        }
        Err(_) => Body::Other(rest.bytes),
    }
}

fn common(body: Cut<'_>) -> Result<Common<'_>, ParseError> {
    if body.bytes.len() < 12 || body.bytes.len() > COLUMNS {
        return Err(body.expected("columns"));
    }
    let account = body.sub(0, 10).account()?;
    let field = body.sub(10, 12);
    field.text("event", 2, |b| b.is_ascii_graphic() || *b == b' ')?;
    let event: [u8; 2] = field
        .bytes
        .try_into()
        .map_err(|_| field.expected("event"))?;
    if event == *b"  " {
        return Err(field.expected("event"));
    }
    let zone = body.from(12);
    let blanks = zone.bytes.iter().rev().take_while(|b| **b == b' ').count();
    let zone = zone.sub(0, zone.bytes.len() - blanks).trim_start();
    let zone = zone.text("zone", 0, u8::is_ascii_alphanumeric)?;
    Ok(Common {
        account,
        event,
        zone,
    })
}

/// The common columns with a fixed E for the event, whose digit stands in the last column or the one before it
/// (contact-id.md 7).
fn express(body: Cut<'_>, two: bool) -> Result<Express<'_>, ParseError> {
    let read = common(body)?;
    let digits = read.zone.as_bytes();
    let (event, zone) = match (digits, two) {
        ([event], false) => (*event, None),
        ([event, zone], true) => (*event, Some(*zone)),
        _ => return Err(body.from(12).expected("digits")),
    };
    if read.event != *b" E" {
        return Err(body.from(10).expected("E"));
    }
    let account = read.account;
    Ok(Express {
        account,
        event,
        zone,
    })
}

fn contact_id(body: Cut<'_>) -> Result<ContactIdBody<'_>, ParseError> {
    body.sub(0, 1).blanks("space")?;
    // The event and the mark are the last eleven columns; the account in front has 4 to 10.
    let account_end = body
        .bytes
        .len()
        .checked_sub(11)
        .filter(|end| (5..=11).contains(end))
        .ok_or_else(|| body.expected("columns"))?;
    let account = body.sub(1, account_end).account()?;
    let mark = body.sub(account_end, account_end + 2);
    let mark_text = mark.text("format mark", 2, u8::is_ascii_digit)?;
    if !matches!(mark_text, "18" | "98" | "58") {
        return Err(mark.expected("format mark"));
    }
    let event = body.from(account_end + 2);
    columns(event, 9)?;
    let (digits, odd) = CidDigits::read(event)?;
    Ok(ContactIdBody {
        account,
        mark: mark_text,
        qualifier: digits.qualifier,
        // Both are customary here, so a digit is nothing odd.
        lettered: !odd.has(Quirk::DigitQualifier),
        code: digits.code,
        group: digits.group,
        zone: digits.zone,
    })
}
