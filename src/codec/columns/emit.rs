#[cfg(any(feature = "dc07", feature = "surgard"))]
use bytes::{BufMut as _, BytesMut};

#[cfg(feature = "bosch6500")]
use super::CidDigits;
#[cfg(any(feature = "dc07", feature = "surgard"))]
use crate::event::Qualifier;
#[cfg(feature = "bosch6500")]
use crate::event::{EventCode, Loss, Losses, Refusal};
#[cfg(any(feature = "dc07", feature = "surgard"))]
use crate::types::{User, Zone};
use crate::{event::AlarmEvent, types::Partition};

/// Appends the block that carries one event of SIA: area, code, zone or user, text.
#[cfg(any(feature = "dc07", feature = "surgard"))]
pub(crate) fn sia_block(code: [u8; 2], event: &AlarmEvent<'_>, out: &mut BytesMut) {
    let partition = event.partition.map_or("", Partition::as_str);
    let address = event.zone.map(Zone::as_str);
    out.put_u8(if event.qualifier == Qualifier::Status {
        b'O'
    } else {
        b'N'
    });
    if !partition.is_empty() {
        out.put_slice(b"ri");
        out.put_slice(partition.as_bytes());
        out.put_u8(b'/');
    }
    out.put_slice(&code);
    let address = address.or(event.user.map(User::as_str));
    out.put_slice(address.unwrap_or("").as_bytes());
    if let Some(text) = event.text {
        // `^` and `]` would end the text or the block early.
        out.put_u8(b'^');
        out.extend(
            text.iter()
                .filter(|b| !b.is_ascii_control() && !matches!(b, b'^' | b']' | b'[')),
        );
        out.put_u8(b'^');
    }
}

/// The one number that most frames have room for, and what then is lost of the event: the user beside a zone, the time.
#[cfg(feature = "bosch6500")]
pub(crate) fn number_and_losses<'a>(
    event: &AlarmEvent<'a>,
    mut losses: Losses,
) -> (&'a str, Losses) {
    if event.time.is_some() {
        losses.note(Loss::Time);
    }
    let number = match (event.zone, event.user) {
        (Some(zone), user) => {
            if user.is_some() {
                losses.note(Loss::User);
            }
            zone.as_str()
        }
        (None, Some(user)) => user.as_str(),
        (None, None) => "",
    };
    (number, losses)
}

/// The Contact ID columns of an event; refused where a number would have to be cut, since it would name another place.
#[cfg(feature = "bosch6500")]
pub(crate) fn cid_digits<'a>(
    protocol: &'static str,
    event: &AlarmEvent<'a>,
    zone: &'a str,
) -> Result<CidDigits<'a>, Refusal> {
    let EventCode::ContactId { qualifier, code } = event.code else {
        return Err(Refusal::NoCode("Contact ID"));
    };
    let group = event.partition.map_or("", Partition::as_str);
    for (field, text, most) in [("zone", zone, 3), ("partition", group, 2)] {
        if text.len() > most || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Refusal::NoPlace { field, protocol });
        }
    }
    Ok(CidDigits {
        qualifier,
        code,
        group,
        zone,
    })
}
