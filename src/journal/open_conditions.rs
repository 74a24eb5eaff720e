//! Which conditions are open, as far as that decides the lane of a restore.

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use super::BatchedEvent;
use crate::{EventCode, Lane, Qualifier, event::SIA_CODES};

/// The most conditions that are remembered. Beyond that a further one is not, and its restore rides as its code says.
const MOST: usize = 262_144;

/// Whether a code has to do with restores that close conditions of different lanes. For all others (every Contact ID
/// code among them) the code alone gives alarm and restore the same lane, and nothing needs to be remembered.
pub(super) fn matters(code: EventCode<'_>) -> bool {
    static CODES: OnceLock<HashSet<[u8; 2]>> = OnceLock::new();
    let EventCode::Sia(code) = code else {
        return false;
    };
    CODES
        .get_or_init(|| {
            let mut codes = HashSet::new();
            for row in SIA_CODES {
                let lanes: HashSet<Lane> = row
                    .restore_of
                    .iter()
                    .filter_map(|code| lane(*code))
                    .collect();
                if lanes.len() > 1 || lanes.iter().any(|lane| *lane != row.class.lane()) {
                    codes.insert(row.code);
                    codes.extend(row.restore_of);
                }
            }
            codes
        })
        .contains(&code)
}

fn lane(code: [u8; 2]) -> Option<Lane> {
    EventCode::Sia(code).sia().map(|row| row.class.lane())
}

/// The conditions that are open, by account, partition, zone and code.
#[derive(Default)]
pub(super) struct OpenConditions {
    open: HashMap<Box<str>, Open>,
    /// What differs from the table in the file.
    changed: HashSet<Box<str>>,
    /// How to take back what the transaction under way did.
    undo: Vec<(Box<str>, Option<Open>)>,
    key: String,
}

/// One open condition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Open {
    pub(super) lane: Lane,
    pub(super) number: i64,
}

/// A condition taken apart for the table: account, partition, zone, code; `None`: closed.
pub(super) type Change<'a> = ([&'a str; 4], Option<Open>);

/// What identifies an event's condition, apart from the code.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) account: &'a str,
    pub(super) partition: &'a str,
    pub(super) zone: &'a str,
}

impl<'a> Place<'a> {
    pub(super) fn of(event: &BatchedEvent<'a>) -> Self {
        Self {
            account: event.account().unwrap_or_default(),
            partition: event.partition().unwrap_or_default(),
            zone: event.zone().unwrap_or_default(),
        }
    }
}

impl OpenConditions {
    /// Notes an event, and says in which lane it rides; `lane` is that of its code.
    pub(super) fn apply(
        &mut self,
        place: Place<'_>,
        code: EventCode<'_>,
        qualifier: Qualifier,
        lane: Lane,
        number: i64,
    ) -> Lane {
        let mut closed: Option<Lane> = None;
        let mut restore = false;
        for candidate in code.restores(qualifier) {
            restore = true;
            self.key(place, candidate);
            if let Some((key, open)) = self.open.remove_entry(self.key.as_str()) {
                closed = Some(closed.map_or(open.lane, |lane| lane.min(open.lane)));
                self.undo.push((key.clone(), Some(open)));
                self.changed.insert(key);
            }
        }
        if restore {
            return closed.unwrap_or(lane);
        }
        if qualifier == Qualifier::New && code.opens(qualifier) {
            self.key(place, code);
            if let Some(open) = self.open.get_mut(self.key.as_str()) {
                self.undo.push((self.key.as_str().into(), Some(*open)));
                *open = Open { lane, number };
            } else if self.open.len() < MOST {
                let key: Box<str> = self.key.as_str().into();
                self.open.insert(key.clone(), Open { lane, number });
                self.undo.push((key, None));
            }
            self.changed.insert(self.key.as_str().into());
        }
        lane
    }

    /// Enters a condition of the table.
    pub(super) fn load(&mut self, place: Place<'_>, code: &str, open: Open) {
        self.key.clear();
        for part in [
            place.account,
            "\0",
            place.partition,
            "\0",
            place.zone,
            "\0",
            code,
        ] {
            self.key.push_str(part);
        }
        self.open.insert(self.key.as_str().into(), open);
    }

    /// The transaction is through.
    pub(super) fn keep(&mut self) {
        self.undo.clear();
    }

    /// The transaction was rolled back.
    pub(super) fn rewind(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(open) => self.open.insert(key, open),
                None => self.open.remove(&key),
            };
        }
    }

    /// Up to `most` of what differs from the table, and whether that is all.
    pub(super) fn changes(&self, most: usize) -> (Vec<Change<'_>>, bool) {
        let changes = self.changed.iter().take(most).map(|key| {
            let mut parts = key.split('\0');
            let mut part = || parts.next().unwrap_or_default();
            (
                [part(), part(), part(), part()],
                self.open.get(key).copied(),
            )
        });
        (changes.collect(), self.changed.len() <= most)
    }

    /// What [`OpenConditions::changes`] gave is in the table now.
    pub(super) fn folded(&mut self, most: usize) {
        if self.changed.len() <= most {
            self.changed.clear();
        } else {
            let done: Vec<Box<str>> = self.changed.iter().take(most).cloned().collect();
            for key in done {
                self.changed.remove(&key);
            }
        }
    }

    fn key(&mut self, place: Place<'_>, code: EventCode<'_>) {
        use core::fmt::Write;
        self.key.clear();
        let Place {
            account,
            partition,
            zone,
        } = place;
        let _ = write!(self.key, "{account}\0{partition}\0{zone}\0{code}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place {
        account: "1234",
        partition: "1",
        zone: "015",
    };

    #[test]
    fn codes_whose_restore_has_one_lane_are_not_remembered() {
        assert!(
            matters(EventCode::Sia(*b"BA"))
                && matters(EventCode::Sia(*b"BT"))
                && matters(EventCode::Sia(*b"BR"))
        );
        assert!(!matters(EventCode::ContactId {
            qualifier: b'1',
            code: *b"130"
        }));
        assert!(!matters(EventCode::Sia(*b"RP")));
    }

    #[test]
    fn what_was_rolled_back_is_as_it_was() {
        let mut conditions = OpenConditions::default();
        let (trouble, restore) = (EventCode::Sia(*b"BT"), EventCode::Sia(*b"BR"));
        let apply = |conditions: &mut OpenConditions, code, qualifier, lane, number| {
            conditions.apply(PLACE, code, qualifier, lane, number)
        };
        assert_eq!(
            apply(&mut conditions, trouble, Qualifier::New, Lane::Service, 1),
            Lane::Service
        );
        conditions.keep();
        for _ in 0..2 {
            assert_eq!(
                apply(
                    &mut conditions,
                    restore,
                    Qualifier::Restore,
                    Lane::Intrusion,
                    2
                ),
                Lane::Service
            );
            conditions.rewind();
        }
        assert_eq!(
            apply(
                &mut conditions,
                restore,
                Qualifier::Restore,
                Lane::Intrusion,
                2
            ),
            Lane::Service
        );
        conditions.keep();
        assert_eq!(
            apply(
                &mut conditions,
                restore,
                Qualifier::Restore,
                Lane::Intrusion,
                3
            ),
            Lane::Intrusion
        );
    }
}
