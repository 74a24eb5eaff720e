//! An event as blocks.

use core::fmt::Write as _;

use arrayvec::ArrayString;
use bytes::{BufMut as _, BytesMut};

use super::{
    FskBlock, Function, MOST, NAME,
    packet::{ADDRESS, Event, Modifier, Packet, in_text},
};
use crate::{
    EncodeError,
    codec::Emit,
    event::{AlarmEvent, Class, EventCode, Loss, Losses, Refusal, SiaAddress},
    types::Timestamp,
};

fn no_place(field: &'static str) -> Refusal {
    Refusal::NoPlace {
        field,
        protocol: NAME,
    }
}

/// An address: at most four digits 0-9 A-F; zeros are all that a longer one may lose.
fn address<'a>(number: Option<&'a str>, field: &'static str) -> Result<&'a str, Refusal> {
    let number = number.unwrap_or_default();
    let surplus = number.len().saturating_sub(ADDRESS);
    let (zeros, digits) = number.split_at_checked(surplus).ok_or(no_place(field))?;
    let is_digit = |b: u8| b.is_ascii_digit() || matches!(b, b'A'..=b'F');
    if zeros.bytes().all(|b| b == b'0') && digits.bytes().all(is_digit) {
        Ok(digits)
    } else {
        Err(no_place(field))
    }
}

fn modifier<'a>(kind: &str, value: &'a str, field: &'static str) -> Result<Packet<'a>, Refusal> {
    let modifier = Modifier::new(kind, value).map_err(|_| no_place(field))?;
    Ok(Packet::Modifier(modifier))
}

/// `MM-DD-YY` and `HH:MM:SS`; `None` outside of this century.
fn date_and_time(at: Timestamp) -> Option<(ArrayString<8>, ArrayString<8>)> {
    let (year, month, day, hour, minute, second) = at.civil();
    let year = year
        .checked_sub(2000)
        .filter(|year| (0..100).contains(year))?;
    let (mut date, mut time) = (ArrayString::new(), ArrayString::new());
    write!(date, "{month:02}-{day:02}-{year:02}").ok()?;
    write!(time, "{hour:02}:{minute:02}:{second:02}").ok()?;
    Some((date, time))
}

/// Whether a text may stand in a text block, which only `|` and brackets end.
fn in_block(text: &[u8]) -> bool {
    !text
        .iter()
        .any(|b| b.is_ascii_control() || matches!(b, b'[' | b']' | b'|'))
}

/// Appends the blocks of an event with a SIA code, `Nri1/BA012^Hall^`, and says what of it they do not hold. The account
/// is the caller's to carry; with `stamped` the time stands in `da` and `ti`, else it is the caller's too.
///
/// # Errors
/// When its code is another, or a number does not fit: nothing is cut, and nothing is appended.
///
/// ```
/// use alarmwire::{AlarmEvent, EventCode, Qualifier, codec::dc03, types::Zone};
///
/// let mut event = AlarmEvent::new(EventCode::parse("sia:BA")?, Qualifier::New);
/// event.zone = Some(Zone::new("012")?);
/// event.text = Some(b"Hall");
/// let mut out = bytes::BytesMut::new();
/// assert!(dc03::encode_event(&event, true, &mut out)?.is_empty());
/// assert_eq!(&out[..], b"NBA012^Hall^");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode_event(
    event: &AlarmEvent<'_>,
    stamped: bool,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let EventCode::Sia(letters) = event.code else {
        return Err(Refusal::NoCode("SIA"));
    };
    let mut losses = Losses::NONE;
    let function = if event.qualifier == event.code.sia_qualifier(false) {
        Function::NEW
    } else {
        if event.qualifier != event.code.sia_qualifier(true) {
            losses.note(Loss::Status);
        }
        Function::OLD
    };
    let (zone, user, area) = (
        event.zone.as_ref().map(|zone| zone.as_str()),
        event.user.as_ref().map(|user| user.as_str()),
        event.partition.as_ref().map(|area| area.as_str()),
    );
    let role = event.code.sia().map_or(SiaAddress::Zone, |row| row.address);
    // Which number stands in the address, and whether the user goes into a modifier.
    let (number, id, lost) = match role {
        SiaAddress::User if user.is_some() => (address(user, "user")?, None, zone),
        SiaAddress::User => ("", None, zone),
        SiaAddress::Area if event.class == Class::OpenClose => (address(user, "user")?, None, zone),
        _ => (address(zone, "zone")?, user, None),
    };
    if lost.is_some() {
        losses.note(Loss::Zone);
    }
    // An address alone would be read as the area.
    let area = match area {
        None if role == SiaAddress::Area && !number.is_empty() => Some("0"),
        area => area,
    };
    let letters = core::str::from_utf8(&letters).unwrap_or_default();
    let mut packet = Event::new(letters, number)?;
    let mut block = None;
    if let Some(text) = event.text.filter(|text| !text.is_empty()) {
        if text.iter().all(|byte| in_text(*byte)) {
            packet = packet.with_text(text)?;
        } else if in_block(text) {
            block = Some(text);
        } else {
            losses.note(Loss::Text);
        }
    }
    let stamp = match event.time.filter(|_| stamped) {
        Some(at) => {
            let stamp = date_and_time(at);
            if stamp.is_none() {
                losses.note(Loss::Time);
            }
            stamp
        }
        None => None,
    };
    let mut packets = arrayvec::ArrayVec::<Packet<'_>, 5>::new();
    if let Some((date, time)) = &stamp {
        packets.push(modifier("da", date, "time")?);
        packets.push(modifier("ti", time, "time")?);
    }
    if let Some(area) = area {
        packets.push(modifier("ri", area, "partition")?);
    }
    if let Some(id) = id {
        packets.push(modifier("id", id, "user")?);
    }
    packets.push(Packet::Event(packet));
    super::encode_block(function, &packets, out);
    if let Some(text) = block {
        out.put_slice(b"|A");
        out.put_slice(text);
    }
    Ok(losses)
}

/// Appends the account block and the event's blocks as the line carries them, each asking for its acknowledge.
pub(super) fn emit(
    event: &AlarmEvent<'_>,
    how: &Emit<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    how.translation.sia(event, |event, translated| {
        let account = event.account.ok_or(EncodeError::Missing("account"))?;
        let mut text = BytesMut::new();
        let mut losses = encode_event(event, true, &mut text)?;
        if text
            .as_ref()
            .split(|b| *b == b'|')
            .any(|block| block.len() > MOST + 1)
        {
            // The text is what makes it long; without it a block always fits.
            losses.note(Loss::Text);
            text.clear();
            let short = AlarmEvent {
                text: None,
                ..*event
            };
            losses = losses.union(encode_event(&short, true, &mut text)?);
        }
        let mut name = BytesMut::new();
        name.put_slice(b"#");
        name.put_slice(account.as_str().as_bytes());
        let mut frames = BytesMut::new();
        for block in core::iter::once(&*name).chain(text.as_ref().split(|b| *b == b'|')) {
            FskBlock::new(block)?.encode(&mut frames);
        }
        out.put_slice(&frames);
        Ok(losses.union(translated))
    })?
}
