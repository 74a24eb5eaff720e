//! Any event as a Sur-Gard frame.

use bytes::{BufMut, BytesMut};

use super::{Frame, Header, Settings, encode_event};
use crate::{
    codec::Emit,
    error::EncodeError,
    event::{AlarmEvent, EventCode, Loss, Losses, Qualifier, Refusal, SiaPlaces},
    types::{AccountId, Timestamp},
};

/// Appends the frame that carries an event: Contact ID, SIA and basic letters each in a frame of their own kind, so that
/// nothing of the kind needs to be translated; what is of another protocol as SIA, where the settings have a fallback.
pub(super) fn emit(
    event: &AlarmEvent<'_>,
    how: &Emit<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let before = out.len();
    let header = Header {
        receiver: how.receiver,
        line: how.line,
    };
    let mut write = |event: &AlarmEvent<'_>, losses: Losses| {
        let losses = losses.union(lost(event)?);
        encode_event(header, event, out)?;
        Ok(losses)
    };
    let done = match event.code {
        EventCode::Raw { protocol, .. } if !matches!(protocol, "surgard" | "pulse") => {
            how.translation.sia(event, &mut write)
        }
        _ => how.translation.as_it_is(event, &mut write),
    };
    let done = done.and_then(|written| written).and_then(|losses| {
        read_back(out.get(before..).unwrap_or_default(), how)?;
        Ok(losses)
    });
    if done.is_err() {
        out.truncate(before);
    }
    done
}

/// Columns are read by their width and their characters: a frame that a reader would take for another one is none.
fn read_back(wire: &[u8], how: &Emit<'_>) -> Result<(), EncodeError> {
    let settings = Settings {
        line_digits: u8::try_from(how.line.as_str().len()).ok(),
        ..Settings::default()
    };
    match Frame::parse(wire, &settings) {
        Ok(Some((frame, taken)))
            if taken == wire.len() && frame.kind.byte() == wire.first().copied().unwrap_or(0) =>
        {
            Ok(())
        }
        _ => Err(EncodeError::Field {
            field: "frame",
            what: "what the event holds",
        }),
    }
}

/// What the frame of this event has no place for.
fn lost(event: &AlarmEvent<'_>) -> Result<Losses, Refusal> {
    if matches!(event.code, EventCode::Sia(_)) {
        let places = SiaPlaces::of(event)?;
        let text = event.text.unwrap_or_default();
        return Ok(Losses::NONE
            .with(Loss::Zone, places.zone_left_out)
            .with(Loss::User, places.user_left_out)
            .with(Loss::Text, !text.iter().all(|b| in_text(*b)))
            .with(Loss::Time, event.time.is_some_and(|t| clock(t).is_none())));
    }
    let both = event.zone.is_some() && event.user.is_some();
    Ok(Losses::NONE
        .with_text_and_time(event)
        .with(Loss::User, both))
}

/// What may stand between two `^` of a block in brackets.
fn in_text(byte: u8) -> bool {
    !byte.is_ascii_control() && !matches!(byte, b'^' | b'[' | b']' | b'|' | b'/')
}

/// The block of a SIA event: `#1234|Nri1/id5/BA015^Hall^`. An area that is no number is left out rather than the event.
pub(super) fn sia_block(
    account: AccountId<'_>,
    code: [u8; 2],
    event: &AlarmEvent<'_>,
) -> Result<BytesMut, EncodeError> {
    if account.as_str().contains(['#', '|', '[', ']']) {
        return Err(EncodeError::Field {
            field: "account",
            what: "one of # | [ ]",
        });
    }
    let without_area = AlarmEvent {
        partition: None,
        ..*event
    };
    let places = SiaPlaces::of(event).or_else(|_| SiaPlaces::of(&without_area));
    let places = places.map_err(|refusal| match refusal {
        Refusal::Encode(error) => error,
        Refusal::NoPlace { field, .. } => EncodeError::Field {
            field,
            what: "a number that is longer or no number",
        },
        _ => EncodeError::Missing("a place"),
    })?;
    let mut block = BytesMut::with_capacity(64);
    block.put_u8(b'#');
    block.put_slice(account.as_str().as_bytes());
    let old = event.qualifier == Qualifier::Status;
    block.put_slice(if old { b"|O" } else { b"|N" });
    if let Some((date, time)) = event.time.and_then(clock) {
        for part in [&b"da"[..], &date, b"/ti", &time, b"/"] {
            block.put_slice(part);
        }
    }
    for (modifier, value) in [(b"ri", places.area), (b"id", places.id)] {
        if let Some(value) = value {
            block.put_slice(modifier);
            block.put_slice(value.as_bytes());
            block.put_u8(b'/');
        }
    }
    block.put_slice(&code);
    block.put_slice(places.address.as_bytes());
    if let Some(text) = event.text {
        // What would end the text or the block early is left out.
        block.put_u8(b'^');
        block.extend(text.iter().filter(|b| in_text(**b)));
        block.put_u8(b'^');
    }
    Ok(block)
}

/// `MM-DD-YY` and `HH:MM:SS`, for the years that two digits can tell.
fn clock(at: Timestamp) -> Option<([u8; 8], [u8; 8])> {
    let (year, month, day, hour, minute, second) = at.civil();
    if !(1970..2070).contains(&year) {
        return None;
    }
    let year = u8::try_from(year % 100).ok()?;
    let joined = |a: u8, b: u8, c: u8, mark: u8| {
        let digits = |n: u8| (b'0' + n / 10, b'0' + n % 10);
        let ((a, b), (c, d), (e, f)) = (digits(a), digits(b), digits(c));
        [a, b, mark, c, d, mark, e, f]
    };
    Some((
        joined(month, day, year, b'-'),
        joined(hour, minute, second, b':'),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codec::{Protocol, surgard::Surgard},
        event::Translation,
        types::{LineNumber, Now, Partition, ReceiverNumber, Sequence, User, Zone},
    };

    fn how() -> Emit<'static> {
        Emit::new(
            ReceiverNumber::new("01").unwrap(),
            LineNumber::new("1").unwrap(),
            Sequence::FIRST,
            Now::default(),
        )
    }

    fn event(code: &'static str) -> AlarmEvent<'static> {
        let code = EventCode::parse(code).unwrap();
        let qualifier = match code {
            EventCode::ContactId { qualifier, .. } => Qualifier::from_digit(qualifier),
            _ => code.sia_qualifier(false),
        };
        let mut event = AlarmEvent::new(code, qualifier);
        event.account = AccountId::new("1234").ok();
        event.partition = Partition::new("01").ok();
        event
    }

    fn wire(event: &AlarmEvent<'_>) -> (String, Losses) {
        let mut out = BytesMut::new();
        let losses = Surgard.emit(event, &how(), &mut out).unwrap();
        (out.escape_ascii().to_string(), losses)
    }

    #[test]
    fn each_family_has_a_frame_of_its_own() {
        let mut cid = event("cid:1131");
        cid.zone = Zone::new("015").ok();
        cid.text = Some(b"Hall");
        let (frame, losses) = wire(&cid);
        assert_eq!(frame, r"5011 181234E13101015\x14");
        assert_eq!(losses.to_string(), "text");
        let mut sia = event("sia:BA");
        (sia.zone, sia.user) = (Zone::new("015").ok(), User::new("7").ok());
        sia.text = Some(b"Hall");
        sia.time = Timestamp::from_civil(2026, 1, 31, 10, 15, 7).ok();
        let (frame, losses) = wire(&sia);
        assert_eq!(
            frame,
            r"S011[#1234|Nda01-31-26/ti10:15:07/ri1/id7/BA015^Hall^]\x14"
        );
        assert!(losses.is_empty());
    }

    #[test]
    fn a_user_of_a_code_that_names_zones_stands_in_a_modifier() {
        let mut duress = event("sia:HA");
        duress.user = User::new("007").ok();
        assert_eq!(wire(&duress).0, r"S011[#1234|Nri1/id007/HA]\x14");
        let mut opening = event("sia:OP");
        (opening.user, opening.zone) = (User::new("007").ok(), Zone::new("5").ok());
        let (frame, losses) = wire(&opening);
        assert_eq!(frame, r"S011[#1234|Nri1/OP007]\x14");
        assert!(losses.has(Loss::Zone));
    }

    #[test]
    fn what_is_refused_leaves_nothing_behind() {
        let raw = EventCode::Raw {
            protocol: "iti",
            text: "9",
        };
        let mut foreign = AlarmEvent::new(raw, Qualifier::New);
        let mut long = event("sia:BA");
        long.zone = Zone::new("12345").ok();
        let mut out = BytesMut::from(&b"x"[..]);
        for refused in [
            &foreign,
            &long,
            &AlarmEvent {
                account: None,
                ..event("cid:1131")
            },
        ] {
            assert!(Surgard.emit(refused, &how(), &mut out).is_err());
            assert_eq!(out, b"x"[..]);
        }
        let settings = Translation::STANDARD.with_fallback(true);
        let how = Emit {
            translation: &settings,
            ..how()
        };
        out.clear();
        foreign.account = AccountId::new("1234").ok();
        assert!(
            Surgard
                .emit(&foreign, &how, &mut out)
                .unwrap()
                .has(Loss::Detail)
        );
        assert_eq!(out, b"S011[#1234|NYX^iti 9^]\x14"[..]);
    }
}
