//! One event as it was found: the data that carry it alone, and the neutral event.

use core::str;

use arrayvec::ArrayVec;

use super::{Block, Environmental, Event, Function, Modifier, NAME, Packet, secret};
use crate::{
    AccountId, AlarmEvent, Class, Timestamp,
    event::{self, SiaAddress},
    types::{Partition, User, Zone},
};

/// The most different modifiers that are carried along into the data of a single event.
const MODIFIERS: usize = 24;
/// The most bytes of the data of a single event; a body of more is handed out whole beside each.
pub(super) const SCRATCH: usize = 4_200;

/// The modifiers in force.
pub(super) type Modifiers<'a> = ArrayVec<(Modifier<'a>, &'a [u8]), MODIFIERS>;

/// One event as it was found.
pub(super) struct Found<'m, 'a> {
    pub(super) account: Option<&'a [u8]>,
    pub(super) function: Function,
    pub(super) modifiers: &'m Modifiers<'a>,
    /// `None`: the block as a whole.
    pub(super) event: Option<Event<'a>>,
    /// The bytes of the packet with unreadable ones behind it, or of the block with its function.
    pub(super) raw: &'a [u8],
    /// The blocks behind it that accompany it, each with its `|` in front.
    pub(super) company: &'a [u8],
    /// The text block among them.
    pub(super) text: Option<&'a [u8]>,
}

impl<'a> Found<'_, 'a> {
    fn modifier(&self, kind: [u8; 2]) -> Option<&'a str> {
        self.modifiers
            .iter()
            .find(|(modifier, _)| modifier.kind == kind)
            .map(|(modifier, _)| modifier.value())
    }

    /// Writes the payload that carries this event alone; false when it does not fit.
    pub(super) fn write(&self, out: &mut ArrayVec<u8, SCRATCH>) -> bool {
        out.clear();
        let mut put = |bytes: &[u8]| out.try_extend_from_slice(bytes).is_ok();
        if let Some(account) = self.account
            && !(put(b"#") && put(account) && put(b"|"))
        {
            return false;
        }
        if self.event.is_some() {
            put(&[self.function.as_byte()])
                && self.modifiers.iter().all(|(_, raw)| {
                    // A text that the panel did not close would run on into what now stands behind it.
                    let open = raw.iter().filter(|byte| **byte == b'^').count() == 1;
                    put(raw) && (!open || put(b"^")) && put(b"/")
                })
                && put(self.raw)
                && put(self.company)
        } else {
            put(self.raw) && put(self.company)
        }
    }

    /// The only packet of an environmental block, if it is one of the table.
    fn reading(&self) -> Option<Environmental<'a>> {
        if self.function != Function::ENVIRONMENTAL {
            return None;
        }
        let mut parts = Block::of(self.function, self.raw.get(1..)?).packets();
        match (parts.next()?.packet, parts.next()) {
            (Packet::Event(packet), None) => Environmental::new(packet),
            _ => None,
        }
    }

    /// Makes the neutral event of it.
    pub(super) fn with_event(&self, each: impl FnOnce(&AlarmEvent<'_>)) {
        let account = self
            .account
            .and_then(|account| AccountId::new(str::from_utf8(account).ok()?).ok());
        let Some(packet) = self.event else {
            let mut shown = ArrayVec::<u8, SCRATCH>::new();
            secret::show(self.raw, &mut |bytes| {
                let rest = shown.remaining_capacity().min(bytes.len());
                let _fits = shown.try_extend_from_slice(bytes.get(..rest).unwrap_or_default());
            });
            return event::raw(NAME, &shown, |event| {
                let mut event = AlarmEvent {
                    account,
                    text: self.text,
                    ..*event
                };
                if let Some(reading) = self.reading() {
                    event.zone = Some(reading.zone)
                        .filter(|zone| !none(zone))
                        .and_then(|zone| Zone::new(zone).ok());
                }
                each(&event);
            });
        };
        let code = packet.code();
        let mut event = AlarmEvent::new(code, code.sia_qualifier(self.function.is_old()));
        event.account = account;
        event.text = packet.text().or(self.text);
        event.time = time(self.modifier(*b"da"), self.modifier(*b"ti"));
        event.partition = self
            .modifier(*b"ri")
            .filter(|area| !none(area))
            .and_then(|area| Partition::new(area).ok());
        let address = Some(packet.address()).filter(|address| !none(address));
        // The address of a code that has none, or whose meaning is unknown, stands as a zone: it is somewhere to look.
        match code.sia().map_or(SiaAddress::Zone, |row| row.address) {
            SiaAddress::User => event.user = address.and_then(|text| User::new(text).ok()),
            SiaAddress::Area if self.modifier(*b"ri").is_none() => {
                event.partition = address.and_then(|text| Partition::new(text).ok());
            }
            // With `ri` present the area is not the address's word; panels put the user there.
            SiaAddress::Area if event.class == Class::OpenClose => {
                event.user = address.and_then(|text| User::new(text).ok());
            }
            _ => event.zone = address.and_then(|text| Zone::new(text).ok()),
        }
        if event.user.is_none() {
            event.user = self
                .modifier(*b"id")
                .filter(|user| !none(user))
                .and_then(|user| User::new(user).ok());
        }
        each(&event);
    }
}

/// Whether a number means "none": it is empty, or all zeros.
fn none(number: &str) -> bool {
    number.bytes().all(|byte| byte == b'0')
}

/// The time of an event: `ti` alone says no day, so both are needed. Taken as UTC, for nothing says the zone.
fn time(date: Option<&str>, time: Option<&str>) -> Option<Timestamp> {
    let mut date = date?.split('-').map(|part| part.parse::<u8>().ok());
    let mut time = time?.split(':').map(|part| part.parse::<u8>().ok());
    let (month, day, year) = (date.next()??, date.next()??, date.next()??);
    let (hour, minute, second) = (
        time.next()??,
        time.next()??,
        time.next().unwrap_or(Some(0))?,
    );
    if date.next().is_some() || time.next().is_some() || year > 99 {
        return None;
    }
    let year = i32::from(year) + if year < 70 { 2000 } else { 1900 };
    Timestamp::from_civil(year, month, day, hour, minute, second).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_needs_its_day() {
        assert_eq!(time(None, Some("10:15")), None);
        assert_eq!(time(Some("01-31-26"), None), None);
        assert_eq!(
            time(Some("00-03-00"), Some("10:15")),
            None,
            "a weekday is no date"
        );
        assert_eq!(time(Some("02-30-24"), Some("10:15")), None);
        assert_eq!(
            time(Some("04-22-94"), Some("16:02:15")),
            Timestamp::from_civil(1994, 4, 22, 16, 2, 15).ok()
        );
        for (date, clock) in [
            ("01-31", "10:15"),
            ("01-31-26-1", "10:15"),
            ("01-31-26", "10"),
            ("01-31-26", "1:2:3:4"),
        ] {
            assert_eq!(time(Some(date), Some(clock)), None);
        }
    }
}
