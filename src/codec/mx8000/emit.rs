use core::fmt::Write as _;

use arrayvec::ArrayString;
use bytes::BytesMut;

use super::{Body, Call, Dialect, Frame, Id, System, SystemCode, convert::SYSTEM};
use crate::{
    codec::Emit,
    error::EncodeError,
    event::{AlarmEvent, EventCode, Loss, Losses, Qualifier, Refusal, SiaPlaces},
    types::{Now, ReceiverNumber, Sequence},
};

/// The format under which our own calls go out.
///
/// The one published call with its text shows SIA text under format `5` of sk9000; `005` of ademco8000 is inferred from
/// it. The computer's table decides, so that both are settings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CallStyle<'a> {
    /// Three characters, of sk9000 one.
    pub format: &'a str,
}

impl CallStyle<'static> {
    /// `005` or `5`.
    #[must_use]
    pub const fn of(dialect: Dialect) -> Self {
        let format = match dialect {
            Dialect::Ademco8000 => "005",
            Dialect::Sk9000 => "5",
        };
        Self { format }
    }
}

/// Date and time of the header, in UTC: receivers send their local time, and whoever is near one sets `now` to it.
struct Clock {
    date: ArrayString<8>,
    time: ArrayString<8>,
}

impl Clock {
    fn new(now: Now, dialect: Dialect) -> Self {
        let (year, month, day, hour, minute, second) = now.utc.civil();
        let mut clock = Self {
            date: ArrayString::new(),
            time: ArrayString::new(),
        };
        let _fits = write!(clock.date, "{month:02}{day:02}{:02}", year.rem_euclid(100));
        let _fits = match dialect {
            Dialect::Ademco8000 => write!(clock.time, "{hour:02}{minute:02}{second:02}"),
            Dialect::Sk9000 => write!(clock.time, "{hour:02}{minute:02}"),
        };
        clock
    }
}

/// Digits filled up with zeros in front.
fn filled(text: &str, width: usize) -> ArrayString<16> {
    let mut out = ArrayString::new();
    for _ in text.len()..width.min(16) {
        out.push('0');
    }
    // What is too long fails in the frame's encoder.
    let _fits = out.try_push_str(
        text.get(..text.len().min(16 - out.len()))
            .unwrap_or_default(),
    );
    out
}

fn write(
    dialect: Dialect,
    id: Id,
    body: Body<'_>,
    how: &Emit<'_>,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let clock = Clock::new(how.now, dialect);
    let mut frame = Frame::new(dialect, id, &clock.date, &clock.time, body);
    let receiver = filled(how.receiver.as_str(), 2);
    if dialect == Dialect::Ademco8000 {
        if body != Body::Nothing && how.sequence == Sequence::ZERO {
            return Err(EncodeError::Field {
                field: "reference",
                what: "0000, which is a link test's",
            });
        }
        frame.receiver = ReceiverNumber::new(&receiver).ok();
        frame.reference = Some(how.sequence);
    }
    frame.encode(out)
}

/// Appends the heartbeat of an MX8000, with reference 0000.
///
/// # Errors
/// When the receiver number is not of one or two digits.
pub fn encode_heartbeat(
    receiver: ReceiverNumber<'_>,
    now: Now,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let clock = Clock::new(now, Dialect::Ademco8000);
    let receiver = filled(receiver.as_str(), 2);
    let receiver = ReceiverNumber::new(&receiver).map_err(|_| EncodeError::Missing("receiver"))?;
    Frame::new(
        Dialect::Ademco8000,
        Id::Heartbeat,
        &clock.date,
        &clock.time,
        Body::Nothing,
    )
    .from_receiver(receiver, Sequence::ZERO)
    .encode(out)
}

/// Appends the frame that carries one event: a system frame for what the receiver says of itself (a SIA code of the
/// table and no account), else a call with SIA text, translated where the code is of another family.
///
/// # Errors
/// When the event has no place in such a frame: nothing is appended.
pub fn emit_event(
    dialect: Dialect,
    style: CallStyle<'_>,
    event: &AlarmEvent<'_>,
    how: &Emit<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    match event.code {
        EventCode::Raw { protocol, text } if protocol == dialect.name() => {
            if let Some(code) = text.strip_prefix(SYSTEM) {
                let code = match code.as_bytes() {
                    [byte] => SystemCode::new(*byte),
                    br"\x7F" => SystemCode::new(0x7F),
                    _ => None,
                };
                let code = code.ok_or(Refusal::Protocol(dialect.name()))?;
                return system(dialect, code, event, how, out);
            }
            let losses = plain(event);
            call(dialect, style, event, text, how, out)?;
            Ok(losses)
        }
        EventCode::Sia(sia) if event.account.is_none() => {
            let code = SystemCode::from_sia(sia, dialect).ok_or(EncodeError::Missing("account"))?;
            system(dialect, code, event, how, out)
        }
        _ => how.translation.sia(event, |event, lost| {
            let EventCode::Sia(code) = event.code else {
                return Err(Refusal::NoCode("SIA"));
            };
            // A text of two letters that are no code of the table is not read as one.
            if event.code.sia().is_none() {
                return Err(Refusal::NoCode("SIA"));
            }
            let places = SiaPlaces::of(&AlarmEvent {
                partition: None,
                ..*event
            })?;
            let losses = lost
                .union(plain(event))
                .with(Loss::Status, event.qualifier == Qualifier::Status)
                .with(Loss::Zone, places.zone_left_out)
                .with(Loss::User, places.user_left_out || places.id.is_some());
            // One digit behind two letters may be read as three pulse digits: addresses have two and more.
            let width = if places.address.is_empty() { 0 } else { 2 };
            let address = filled(&places.address, width);
            if address.len() > 4 || !address.bytes().all(|b| b.is_ascii_digit()) {
                return Err(Refusal::NoPlace {
                    field: "zone",
                    protocol: dialect.name(),
                });
            }
            let mut text = ArrayString::<8>::new();
            let hex = code.iter().all(u8::is_ascii_hexdigit);
            let none = if hex && address.is_empty() {
                "00"
            } else {
                &address
            };
            let _fits = write!(text, "{}{}{none}", char::from(code[0]), char::from(code[1]));
            call(dialect, style, event, &text, how, out)?;
            Ok(losses)
        })?,
    }
}

/// What no frame of these has a place for.
fn plain(event: &AlarmEvent<'_>) -> Losses {
    let mut losses = Losses::NONE;
    for (stands, loss) in [
        (event.text.is_some(), Loss::Text),
        (event.time.is_some(), Loss::Time),
        (event.partition.is_some(), Loss::Partition),
    ] {
        if stands {
            losses.note(loss);
        }
    }
    losses
}

fn call(
    dialect: Dialect,
    style: CallStyle<'_>,
    event: &AlarmEvent<'_>,
    text: &str,
    how: &Emit<'_>,
    out: &mut BytesMut,
) -> Result<(), Refusal> {
    let account = event.account.ok_or(EncodeError::Missing("account"))?;
    if account.as_str().len() > dialect.account() {
        return Err(Refusal::NoPlace {
            field: "account",
            protocol: dialect.name(),
        });
    }
    if text.is_empty() || text.contains('"') {
        return Err(Refusal::Encode(EncodeError::Field {
            field: "event",
            what: "nothing, and 22h",
        }));
    }
    let line_card = filled(how.line.as_str(), dialect.line_card());
    let body = Body::Call(Call {
        format: style.format,
        line_card: &line_card,
        account,
        events: text,
        listen_in: None,
    });
    Ok(write(dialect, Id::Call, body, how, out)?)
}

fn system(
    dialect: Dialect,
    code: SystemCode,
    event: &AlarmEvent<'_>,
    how: &Emit<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let mut losses = plain(event);
    let text = event.text.and_then(|text| core::str::from_utf8(text).ok());
    let card = event
        .zone
        .map(|card| filled(card.as_str(), dialect.line_card()));
    let detail = match (&card, text) {
        (Some(card), _) if code.names_card() => card.as_str(),
        (_, Some(text)) => {
            losses = plain(&AlarmEvent {
                text: None,
                ..*event
            });
            text
        }
        _ => "",
    };
    let body = Body::System(System { code, detail });
    write(dialect, Id::System, body, how, out)?;
    Ok(losses)
}
