//! Where the numbers of an event stand in a SIA block.

use super::{
    Refusal,
    number::{ADDRESS, area, id},
};
use crate::{
    Class,
    event::{AlarmEvent, EventCode, SiaAddress},
    types::{Partition, User, Zone},
};

/// Where the numbers of an event stand in a SIA block: what a reader of the block takes for the area, the user and the
/// zone again (sia-dc03.md 3 and 5).
///
/// ```
/// use alarmwire::{AlarmEvent, EventCode, Qualifier, event::SiaPlaces, types::User};
///
/// let mut event = AlarmEvent::new(EventCode::parse("sia:HA")?, Qualifier::New);
/// event.user = User::new("007").ok();
/// let places = SiaPlaces::of(&event)?;
/// assert_eq!((places.id.as_deref(), places.address.as_str()), (Some("007"), ""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SiaPlaces {
    /// The value of `ri`, when one is to be written.
    pub area: Option<arrayvec::ArrayString<8>>,
    /// The value of `id`, when one is to be written.
    pub id: Option<arrayvec::ArrayString<8>>,
    /// The address behind the code; empty for none.
    pub address: arrayvec::ArrayString<8>,
    /// The zone has no place: the code's address is a user or an area.
    pub zone_left_out: bool,
    /// The user has no place: it is no decimal number of four digits, and the code's address is something else.
    pub user_left_out: bool,
}

impl SiaPlaces {
    /// Of an event with a SIA code; for another code as if the address were a zone.
    ///
    /// # Errors
    /// When the zone or the area is longer than its place, or no number there.
    pub fn of(event: &AlarmEvent<'_>) -> Result<Self, Refusal> {
        let mut places = Self::default();
        let (code, zone, user) = (event.code, event.zone, event.user);
        let kind = code.sia().map_or(SiaAddress::Zone, |row| row.address);
        if let Some(partition) = event.partition.map(Partition::as_str) {
            match area(partition) {
                Ok(value) => places.area = Some(value),
                // A code that names an area may have come with letters in its address: they stay there.
                Err(refusal) => {
                    places.address = address_text(partition)
                        .filter(|_| address_of(code, false) == Address::Area)
                        .ok_or(refusal)?;
                }
            }
        }
        let in_address = address_of(code, places.area.is_some());
        let address = match in_address {
            Address::Zone => zone.map(Zone::as_str),
            Address::User => user.map(User::as_str),
            Address::Area => None,
        };
        if let Some(text) = address {
            let what = if kind == SiaAddress::User {
                "user"
            } else {
                "zone"
            };
            places.address = address_text(text).ok_or(Refusal::NoPlace {
                field: what,
                protocol: "a SIA address",
            })?;
        }
        places.zone_left_out = zone.is_some() && in_address != Address::Zone;
        if let Some(user) = user.filter(|_| in_address != Address::User) {
            places.id = id(user.as_str()).ok();
            places.user_left_out = places.id.is_none();
        }
        Ok(places)
    }
}

fn address_text(text: &str) -> Option<arrayvec::ArrayString<8>> {
    let fits = text.len() <= ADDRESS
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'A'..=b'F'));
    fits.then(|| arrayvec::ArrayString::from(text).ok())
        .flatten()
}

/// What a reader takes a block's address for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Address {
    Zone,
    User,
    /// The area, as no `ri` names it: nothing else may stand there.
    Area,
}

pub(super) fn address_of(code: EventCode<'_>, has_area: bool) -> Address {
    let Some(row) = code.sia() else {
        return Address::Zone;
    };
    match row.address {
        SiaAddress::User => Address::User,
        SiaAddress::Area if !has_area => Address::Area,
        SiaAddress::Area if row.class == Class::OpenClose => Address::User,
        _ => Address::Zone,
    }
}
