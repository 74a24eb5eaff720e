#[cfg(feature = "bosch6500")]
use super::CidDigits;
#[cfg(feature = "bosch6500")]
use crate::event::{EventCode, Loss, Losses, Refusal};
#[cfg(feature = "bosch6500")]
use crate::{event::AlarmEvent, types::Partition};

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
