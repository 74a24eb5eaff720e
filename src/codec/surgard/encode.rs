use core::str;

use arrayvec::ArrayVec;
use bytes::{BufMut, BytesMut};

use super::{Basic, Body, ContactIdBody, DC4, Frame, HighSpeed, Kind, LONGEST};
use crate::{
    codec::{
        columns::{CidDigits, QualifierAs, Writer, fixed, too_long},
        pulse::channels::Single,
    },
    error::EncodeError,
    event::{AlarmEvent, EventCode},
    types::{AccountId, LineNumber, ReceiverNumber},
};

/// Who we are when we play a receiver.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Header<'a> {
    /// Two hexadecimal digits.
    pub receiver: ReceiverNumber<'a>,
    /// 1 to 7 digits, as the automation is set to.
    pub line: LineNumber<'a>,
}

impl Default for Header<'_> {
    /// Receiver 01 and line 1 of an MLR2.
    fn default() -> Self {
        const RECEIVER: Option<ReceiverNumber<'static>> = match ReceiverNumber::new("01") {
            Ok(number) => Some(number),
            Err(_) => None,
        };
        const LINE: Option<LineNumber<'static>> = match LineNumber::new("1") {
            Ok(number) => Some(number),
            Err(_) => None,
        };
        const DEFAULT: Header<'static> = match (RECEIVER, LINE) {
            (Some(receiver), Some(line)) => Header { receiver, line },
            _ => unreachable!(),
        };
        DEFAULT
    }
}

impl Frame<'_> {
    /// Appends the frame with its DC4. On an error `out` is as before.
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
        out.put_u8(self.kind.byte());
        let (receiver, line) = (self.receiver.as_str(), self.line.as_str());
        if receiver.len() != 2 || !receiver.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(fixed("receiver", "anything but two hexadecimal digits"));
        }
        if line.is_empty() || line.len() > 7 || !line.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(fixed("line", "anything but 1 to 7 digits"));
        }
        out.put_slice(receiver.as_bytes());
        out.put_slice(line.as_bytes());
        let mut to = Writer { out };
        match &self.body {
            Body::Heartbeat => {
                to.blanks(11);
                to.out.put_slice(b"@    ");
            }
            Body::Internal(block) | Body::SiaTwo(block) => {
                if !block.starts_with(b"#") || !block.contains(&b'|') {
                    return Err(EncodeError::Missing("account block"));
                }
                if block.iter().any(u8::is_ascii_control) {
                    return Err(fixed("data", "control characters"));
                }
                to.out.put_u8(b'[');
                to.out.put_slice(block);
                to.out.put_u8(b']');
            }
            Body::Basic(body) => {
                to.blanks(4);
                to.right("account", body.account.as_str(), 6, b' ')?;
                to.out.put_slice(&[b' ', body.event]);
                to.right("area", body.area.unwrap_or(""), 1, b' ')?;
                to.right("code", body.code, 3, b' ')?;
            }
            Body::SiaOne(body) => {
                to.blanks(4);
                to.right("account", body.account.as_str(), 6, b' ')?;
                to.out.put_slice(&body.code);
                to.right("zone", body.address, 4, b'0')?;
            }
            Body::Caller(body) => {
                to.right(
                    "account",
                    body.account.map_or("", AccountId::as_str),
                    6,
                    b' ',
                )?;
                if self.kind == Kind::CALLER_ABROAD {
                    let filler = 18_usize
                        .checked_sub(body.number.len())
                        .ok_or_else(|| too_long("number", 18))?;
                    to.right("number", body.number, body.number.len(), b' ')?;
                    to.out.put_bytes(b'F', filler);
                } else {
                    to.right("number", body.number, 10, b' ')?;
                }
            }
            Body::ContactId(body) => contact_id(self.kind, body, &mut to)?,
            Body::ModemTwo(body) => {
                to.blanks(6);
                to.right("account", body.account.as_str(), 4, b' ')?;
                to.exact("code", body.code, 2)?;
                to.right("zone", body.address, 4, b' ')?;
            }
            Body::HighSpeed(body) if self.kind == Kind::SUPER_FAST => body.write(None, &mut to)?,
            Body::HighSpeed(body) => body.write(Some((4, b'0')), &mut to)?,
            Body::SilentKnight(body) => {
                to.blanks(4);
                to.right("account", body.account.as_str(), 6, b' ')?;
                to.out.put_slice(&[body.event, body.area]);
                to.exact("zone", body.zone, 2)?;
                to.blanks(2);
            }
            Body::Text(text) => {
                if text.iter().any(u8::is_ascii_control) {
                    return Err(fixed("text", "control characters"));
                }
                to.out.put_slice(text);
            }
        }
        if let Some(clock) = self.clock {
            // Receivers put it behind columns only (serial-receivers.md 1.3).
            if matches!(self.body, Body::Internal(_) | Body::SiaTwo(_)) {
                return Err(fixed("a frame in brackets", "a clock"));
            }
            if !super::parse::is_clock(clock.as_bytes()) {
                return Err(fixed("clock", "anything but HH:MM:SS-dd/mm"));
            }
            to.exact("clock", clock, 14)?;
        }
        out.put_u8(DC4);
        Ok(())
    }
}

fn contact_id(
    kind: Kind,
    body: &ContactIdBody<'_>,
    to: &mut Writer<'_>,
) -> Result<(), EncodeError> {
    to.blanks(1);
    to.exact("format mark", body.mark, 2)?;
    to.right(
        "account",
        body.account.as_str(),
        if kind == Kind::CONTACT_ID_TEN { 10 } else { 4 },
        b'0',
    )?;
    CidDigits {
        qualifier: body.qualifier,
        code: body.code,
        group: body.group,
        zone: body.zone,
    }
    .write(QualifierAs::Letter, to)
}

/// Appends the heartbeat of a receiver: 21 bytes with a line number of one digit.
///
/// # Errors
/// When the header does not fit.
pub fn encode_heartbeat(header: Header<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
    Frame::new(Kind::BASIC, header.receiver, header.line, Body::Heartbeat).encode(out)
}

/// Appends the frame that carries one event in its own code: Contact ID as `5` (with a long account as `Q`), SIA as `S`,
/// a basic format's letter as `1`, a channel as `8` or `9`. Text and time of a SIA event go along as far as the frame can carry them.
///
/// # Errors
/// When the event has no account, a field does not fit, or its code is of another protocol.
pub fn encode_event(
    header: Header<'_>,
    event: &AlarmEvent<'_>,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let account = event.account.ok_or(EncodeError::Missing("account"))?;
    let partition = event.partition.map_or("", crate::types::Partition::as_str);
    let address = event
        .zone
        .map(crate::types::Zone::as_str)
        .or(event.user.map(crate::types::User::as_str));
    let frame = |kind, body| Frame::new(kind, header.receiver, header.line, body);
    match event.code {
        EventCode::ContactId { qualifier, code } => {
            let ten = account.as_str().len() > 4;
            let kind = if ten {
                Kind::CONTACT_ID_TEN
            } else {
                Kind::CONTACT_ID
            };
            let mark = if ten { "58" } else { "18" };
            let zone = address.unwrap_or("");
            let body = ContactIdBody {
                mark,
                account,
                qualifier,
                code,
                group: partition,
                zone,
            };
            frame(kind, Body::ContactId(body)).encode(out)
        }
        EventCode::Sia(code) => {
            let block = super::emit::sia_block(account, code, event)?;
            frame(Kind::SIA_TWO, Body::SiaTwo(&block)).encode(out)
        }
        EventCode::Raw {
            protocol: "surgard",
            text,
        } => match text.as_bytes() {
            [letter] if letter.is_ascii_uppercase() => {
                let area = event.partition.map(crate::types::Partition::as_str);
                let body = Basic {
                    account,
                    event: *letter,
                    area,
                    code: address.unwrap_or(""),
                };
                frame(Kind::BASIC, Body::Basic(body)).encode(out)
            }
            _ => Err(fixed(
                "code",
                "an event that is known by its whole frame only",
            )),
        },
        EventCode::Raw { .. } => match Single::of(event) {
            Some(single) => channels(header, account, single, out),
            None => Err(fixed("code", "a code of another protocol")),
        },
    }
}

/// A channel's event as high speed, or as super fast where it has no status digit.
fn channels(
    header: Header<'_>,
    account: AccountId<'_>,
    single: Single,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let frame = |kind, body| Frame::new(kind, header.receiver, header.line, body);
    let ninth = single.status.is_none() && matches!(single.channel, Some((9, _)));
    let digits = single
        .digits(if ninth { 9 } else { 8 })
        .filter(|digits| {
            let mut all = digits.iter().chain(&single.status);
            all.all(u8::is_ascii_hexdigit)
        })
        .ok_or(fixed("channel", "a number or digit that is none"))?;
    let mut text = ArrayVec::<u8, 9>::new();
    let kind = match (single.status, digits.split_at_checked(4)) {
        (Some(_), Some((first, second))) => {
            let parts = first.iter().chain(b" ").chain(second);
            text.extend(parts.copied().take(9));
            Kind::HIGH_SPEED
        }
        _ => {
            text.extend(digits.iter().copied().take(9));
            Kind::SUPER_FAST
        }
    };
    let body = HighSpeed {
        account,
        channels: str::from_utf8(&text).unwrap_or_default(),
        status: single.status,
    };
    frame(kind, Body::HighSpeed(body)).encode(out)
}
