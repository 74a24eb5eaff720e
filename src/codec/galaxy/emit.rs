use core::{fmt::Write as _, str};

use arrayvec::ArrayString;
use bytes::BytesMut;

use super::{Message, NAME, Settings, text::in_text};
use crate::{
    Class, EncodeError,
    codec::dc03::{Event, FskBlock, Function},
    event::{AlarmEvent, EventCode, Loss, Losses, Qualifier, Refusal, SiaAddress, Translation},
};

/// Appends the blocks that carry one event: account, event, text.
pub(super) fn emit(
    event: &AlarmEvent<'_>,
    translation: &Translation,
    settings: &Settings,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    match event.code {
        EventCode::Raw { text, protocol } if protocol == NAME || protocol == "dc03" => {
            block(event, text, settings, out)
        }
        _ => translation.sia(event, |event, losses| {
            sia(event, settings, out).map(|more| losses.union(more))
        })?,
    }
}

fn no_place(field: &'static str) -> Refusal {
    Refusal::NoPlace {
        field,
        protocol: NAME,
    }
}

fn sia(event: &AlarmEvent<'_>, settings: &Settings, out: &mut BytesMut) -> Result<Losses, Refusal> {
    let EventCode::Sia(letters) = event.code else {
        return Err(Refusal::NoCode("SIA"));
    };
    let account = event.account.ok_or(EncodeError::Missing("account"))?;
    let code = str::from_utf8(&letters).unwrap_or_default();
    let modifiers = settings.level.has_modifiers();
    let mut losses = Losses::NONE;
    let zone = event.zone.map(|zone| zone.as_str());
    let user = event.user.map(|user| user.as_str());
    let area = event.partition.map(|area| area.as_str());
    // The code says what its address names; an area's place is `ri` where there is one.
    let kind = event.code.sia().map_or(SiaAddress::Zone, |row| row.address);
    let address = match kind {
        SiaAddress::User => user,
        SiaAddress::Area if !modifiers => area,
        // A number there would be read as the area, or beside `ri` as the user.
        SiaAddress::Area if area.is_none() || event.class == Class::OpenClose => None,
        _ => zone,
    }
    .unwrap_or_default();
    let event_packet = Event::new(code, address).map_err(|error| match error {
        EncodeError::Field { field: "code", .. } => Refusal::Encode(error),
        _ => no_place("address"),
    })?;
    let mut message = Message::new(account, event_packet);
    // Reported before is what an `O` block says; a restore in one is a restore still.
    message.old = event.qualifier == Qualifier::Status;
    let (mut date, mut time) = (ArrayString::<16>::new(), ArrayString::<16>::new());
    if modifiers {
        if let Some(at) = event.time {
            let (year, month, day, hour, minute, second) = at.civil();
            // Two digits tell the years from 1970 to 2069.
            if (1970..2070).contains(&year) {
                let _fits = write!(date, "{month:02}-{day:02}-{:02}", year % 100);
                let _fits = write!(time, "{hour:02}:{minute:02}:{second:02}");
                (message.date, message.time) = (Some(date.as_str()), Some(time.as_str()));
            } else {
                losses.note(Loss::Time);
            }
        }
        message.area = area;
        message.user = user.filter(|_| kind != SiaAddress::User);
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !message.area.is_none_or(number) {
            return Err(no_place("partition"));
        }
        if !message.user.is_none_or(number) {
            return Err(no_place("user"));
        }
    } else {
        for (lost, loss) in [
            (event.time.is_some(), Loss::Time),
            (area.is_some() && kind != SiaAddress::Area, Loss::Partition),
            (user.is_some() && kind != SiaAddress::User, Loss::User),
        ] {
            if lost {
                losses.note(loss);
            }
        }
    }
    if zone.is_some_and(|zone| zone != address) {
        losses.note(Loss::Zone);
    }
    let most = settings.lengths().most();
    message.text = event.text.filter(|text| fits(text, most));
    if event.text.is_some_and(|text| !text.is_empty())
        && (message.text.is_none() || !settings.level.has_text())
    {
        losses.note(Loss::Text);
    }
    message.encode(settings, out)?;
    Ok(losses)
}

fn fits(text: &[u8], most: usize) -> bool {
    text.len() <= most && text.iter().all(|byte| in_text(*byte))
}

/// A block of our own kind: the text of an event that was told before, or an environmental block.
fn block(
    event: &AlarmEvent<'_>,
    text: &str,
    settings: &Settings,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let account = event.account.ok_or(EncodeError::Missing("account"))?;
    let packet = Event::new("RP", "")?;
    let account = Message::new(account, packet).account_block(settings)?;
    let lengths = settings.lengths();
    let mut losses = Losses::NONE;
    let alone = match (text, event.text) {
        ("A", Some(text)) if fits(text, lengths.most()) => {
            for (lost, loss) in [
                (event.zone.is_some(), Loss::Zone),
                (event.user.is_some(), Loss::User),
                (event.partition.is_some(), Loss::Partition),
                (event.time.is_some(), Loss::Time),
            ] {
                if lost {
                    losses.note(loss);
                }
            }
            let mut block = super::message::BlockText::new();
            block.push(Function::TEXT.as_byte());
            let _fits = block.try_extend_from_slice(text);
            block
        }
        // Commands and programming are never passed on, nor is what was hidden or escaped.
        (text, _)
            if text.starts_with('E')
                && fits(text.as_bytes(), lengths.most() + 1)
                && !text.contains('\\') =>
        {
            let mut block = super::message::BlockText::new();
            let _fits = block.try_extend_from_slice(text.as_bytes());
            block
        }
        _ => return Err(Refusal::Protocol(NAME)),
    };
    let account = FskBlock::with_lengths(&account, lengths)?;
    let alone = FskBlock::with_lengths(&alone, lengths)?;
    account.encode(out);
    alone.encode(out);
    Ok(losses)
}
