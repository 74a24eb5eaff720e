use arrayvec::{ArrayString, ArrayVec};
use bytes::{BufMut, BytesMut};

use super::{
    Body, Common, ContactIdBody, DC4, Express, Frame, HighSpeed, Kind, LONGEST, NAME, Settings,
    fields::field_of,
};
use crate::{
    codec::{
        Emit,
        columns::{CidDigits, QualifierAs, Writer, cid_digits, fixed, number_and_losses, too_long},
        pulse::channels::Single,
    },
    error::EncodeError,
    event::{AlarmEvent, EventCode, Loss, Losses, Refusal},
    types::{AccountId, LineNumber, ReceiverNumber},
};

/// Who we are when we play a receiver, and how its frames begin and end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Header<'a> {
    /// The byte in front, if there is to be one.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    pub header: Option<u8>,
    /// Two hexadecimal digits.
    pub receiver: ReceiverNumber<'a>,
    /// A number, which is written as [`line_letter`] says.
    pub line: LineNumber<'a>,
    /// The byte behind.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub trailer: u8,
}

impl<'a> Header<'a> {
    /// Without a header byte, with DC4 behind.
    #[must_use]
    pub const fn new(receiver: ReceiverNumber<'a>, line: LineNumber<'a>) -> Self {
        Self {
            header: None,
            receiver,
            line,
            trailer: DC4,
        }
    }

    /// With the bytes in front and behind that a port is set to.
    #[must_use]
    pub const fn framed(mut self, settings: &Settings<'_>) -> Self {
        self.header = settings.header;
        self.trailer = settings.trailer;
        self
    }
}

/// The one character that stands for a line number: 0 to 9, A to W for 10 to 32, X for 33, Y for all above. What is one
/// character already stays; `None` for what is no number (serial-receivers.md 4.2).
///
/// ```
/// use alarmwire::codec::bosch6500::line_letter;
///
/// let letters: Vec<_> = ["1", "009", "10", "32", "33", "34", "99", "C"].map(line_letter).to_vec();
/// assert_eq!(letters, ["1", "9", "A", "W", "X", "Y", "Y", "C"].map(Some));
/// assert_eq!(line_letter("1-2"), None);
/// ```
#[must_use]
pub fn line_letter(line: &str) -> Option<&str> {
    const LETTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWX";
    if let [one] = line.as_bytes() {
        return one.is_ascii_alphanumeric().then_some(line);
    }
    if line.is_empty() || !line.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = line.parse().unwrap_or(usize::MAX);
    LETTERS
        .get(number..number.saturating_add(1))
        .or(Some("Y"))
        .filter(|_| line.len() <= 7)
}

impl Frame<'_> {
    /// Appends the frame with its header and end byte. On an error `out` is as before.
    ///
    /// # Errors
    /// When a field does not fit its columns.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let before = out.len();
        let done = self.write(out).and_then(|()| {
            if out.len() - before > LONGEST {
                Err(too_long("frame", LONGEST))
            } else {
                Ok(())
            }
        });
        if done.is_err() {
            out.truncate(before);
        }
        done
    }

    fn write(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let before = out.len();
        if let Some(header) = self.header {
            if header.is_ascii_alphanumeric() {
                return Err(fixed("header", "a letter or digit"));
            }
            out.put_u8(header);
        }
        let (receiver, line) = (self.receiver.as_str(), self.line.as_str());
        if receiver.len() != 2 || !receiver.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(fixed("receiver", "anything but two hexadecimal digits"));
        }
        if line.len() != 1 || !line.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(fixed("line", "anything but one letter or digit"));
        }
        out.put_u8(self.kind.byte());
        out.put_slice(receiver.as_bytes());
        out.put_slice(line.as_bytes());
        let mut to = Writer { out };
        match &self.body {
            Body::LinkTest => {
                to.blanks(11);
                to.out.put_slice(b"@    ");
            }
            Body::Common(body) => common(body, &mut to)?,
            Body::ContactId(body) => contact_id(body, &mut to)?,
            Body::Express(body) => {
                let digits: ArrayVec<u8, 2> = [body.event].into_iter().chain(body.zone).collect();
                let zone = core::str::from_utf8(&digits).map_err(|_| fixed("event", "no digit"))?;
                if (self.kind == Kind::EXPRESS_TWO) != body.zone.is_some()
                    || !zone.bytes().all(|b| b.is_ascii_alphanumeric())
                {
                    return Err(fixed("event", "anything but its digits"));
                }
                let (account, event) = (body.account, *b" E");
                common(
                    &Common {
                        account,
                        event,
                        zone,
                    },
                    &mut to,
                )?;
            }
            Body::HighSpeed(body) if self.kind == Kind::ACRON => body.write(None, &mut to)?,
            Body::HighSpeed(body) => body.write(Some((6, b' ')), &mut to)?,
            Body::Text(text) => {
                to.blanks(1);
                plain(text, &mut to)?;
            }
            Body::Other(text) => {
                plain(text, &mut to)?;
            }
        }
        let least = self.kind.least(self.header) + usize::from(self.header.is_some());
        if out.len() - before < least {
            // As the receivers do with short texts.
            match self.body {
                Body::Text(_) => out.put_bytes(b' ', least - (out.len() - before)),
                _ => return Err(fixed("body", "less than the columns of its type")),
            }
        }
        out.put_u8(self.trailer);
        Ok(())
    }
}

fn plain(text: &[u8], to: &mut Writer<'_>) -> Result<(), EncodeError> {
    if text.iter().any(u8::is_ascii_control) {
        return Err(fixed("text", "control characters"));
    }
    to.out.put_slice(text);
    Ok(())
}

fn common(body: &Common<'_>, to: &mut Writer<'_>) -> Result<(), EncodeError> {
    let printable = |b: &u8| b.is_ascii_graphic() || *b == b' ';
    if body.event == *b"  " || !body.event.iter().all(printable) {
        return Err(fixed("event", "anything but two printable characters"));
    }
    to.right("account", body.account.as_str(), 10, b' ')?;
    to.out.put_slice(&body.event);
    to.right("zone", body.zone, 4, b' ')
}

fn contact_id(body: &ContactIdBody<'_>, to: &mut Writer<'_>) -> Result<(), EncodeError> {
    let account = body.account.as_str();
    to.blanks(1);
    to.right("account", account, account.len().clamp(4, 10), b'0')?;
    to.exact("format mark", body.mark, 2)?;
    let digits = CidDigits {
        qualifier: body.qualifier,
        code: body.code,
        group: body.group,
        zone: body.zone,
    };
    let form = if body.lettered {
        QualifierAs::Letter
    } else {
        QualifierAs::Digit
    };
    digits.write(form, to)
}

/// Appends the frame that carries one event, translated where its code is of another family; says what it lost.
///
/// Contact ID goes out as `a`, channels as `f` or `9`, this protocol's own codes as what they were read from.
pub(super) fn emit(
    event: &AlarmEvent<'_>,
    how: &Emit<'_>,
    settings: &Settings<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let line = line_letter(how.line.as_str())
        .and_then(|line| LineNumber::new(line).ok())
        .ok_or(fixed("line", "anything but a number"))?;
    let mut header = Header::new(how.receiver, line).framed(settings);
    let header = &mut header;
    match event.code {
        EventCode::Raw { protocol, text } if protocol == NAME => native(text, event, header, out),
        _ => match Single::of(event) {
            Some(single) => channels(single, event, header, out),
            None => how
                .translation
                .contact_id(event, |event, losses| contact(event, losses, header, out))?,
        },
    }
}

fn send(
    header: &Header<'_>,
    kind: Kind,
    body: Body<'_>,
    losses: Losses,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let mut frame = Frame::new(kind, header.receiver, header.line, body);
    (frame.header, frame.trailer) = (header.header, header.trailer);
    frame.encode(out)?;
    Ok(losses)
}

fn account<'a>(event: &AlarmEvent<'a>) -> Result<AccountId<'a>, EncodeError> {
    event.account.ok_or(EncodeError::Missing("account"))
}

/// The number that the columns have room for, and what they lose.
fn number<'a>(event: &AlarmEvent<'a>, losses: Losses) -> (&'a str, Losses) {
    let (number, mut losses) = number_and_losses(event, losses);
    if event.text.is_some() {
        losses.note(Loss::Text);
    }
    (number, losses)
}

fn contact(
    event: &AlarmEvent<'_>,
    losses: Losses,
    header: &Header<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let account = account(event)?;
    let (zone, losses) = number(event, losses);
    let digits = cid_digits(NAME, event, zone)?;
    let long = account.as_str().len() > 4;
    let body = ContactIdBody {
        account,
        mark: if long { "58" } else { "18" },
        qualifier: digits.qualifier,
        lettered: false,
        code: digits.code,
        group: digits.group,
        zone: digits.zone,
    };
    send(header, Kind::CONTACT_ID, Body::ContactId(body), losses, out)
}

fn native(
    text: &str,
    event: &AlarmEvent<'_>,
    header: &mut Header<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let (zone, mut losses) = number(event, Losses::NONE);
    match text {
        "@" => {
            if let Ok(own) = LineNumber::new("0") {
                header.line = own;
            }
            return send(header, Kind::COMMON, Body::LinkTest, losses, out);
        }
        super::convert::TEXT | super::convert::REJECT => {
            let text = event.text.ok_or(EncodeError::Missing("text"))?;
            let mut losses = Losses::NONE;
            if event.time.is_some() {
                losses.note(Loss::Time);
            }
            return send(header, Kind::TEXT, Body::Text(text), losses, out);
        }
        _ => {}
    }
    if event.partition.is_some() {
        losses.note(Loss::Partition);
    }
    let account = account(event)?;
    if let Some(digit) = text.strip_prefix(super::convert::EXPRESS) {
        let (&[event_digit], zone) = (digit.as_bytes(), zone.as_bytes()) else {
            return Err(fixed("code", "anything but one digit").into());
        };
        let (kind, zone) = match *zone {
            [] => (Kind::EXPRESS_ONE, None),
            [zone] => (Kind::EXPRESS_TWO, Some(zone)),
            _ => {
                let (field, protocol) = ("zone", NAME);
                return Err(Refusal::NoPlace { field, protocol });
            }
        };
        let event = event_digit;
        let body = Express {
            account,
            event,
            zone,
        };
        return send(header, kind, Body::Express(body), losses, out);
    }
    let field = field_of(text).ok_or(fixed(
        "code",
        "an event that is known by its whole frame only",
    ))?;
    if zone.len() > 4 {
        let (field, protocol) = ("zone", NAME);
        return Err(Refusal::NoPlace { field, protocol });
    }
    let body = Common {
        account,
        event: field,
        zone,
    };
    send(header, Kind::COMMON, Body::Common(body), losses, out)
}

fn channels(
    single: Single,
    event: &AlarmEvent<'_>,
    header: &Header<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let (_, mut losses) = number(event, Losses::NONE);
    if event.partition.is_some() {
        losses.note(Loss::Partition);
    }
    let (field, protocol) = ("zone", NAME);
    let digits = single
        .digits(8)
        .ok_or(Refusal::NoPlace { field, protocol })?;
    let mut columns = ArrayString::<9>::new();
    for (at, digit) in digits.iter().enumerate() {
        if at == 4 && single.status.is_some() {
            columns.push(' ');
        }
        columns.push(char::from(*digit));
    }
    let kind = if single.status.is_some() {
        Kind::HIGH_SPEED
    } else {
        Kind::ACRON
    };
    let body = HighSpeed {
        account: account(event)?,
        channels: &columns,
        status: single.status,
    };
    send(header, kind, Body::HighSpeed(body), losses, out)
}
