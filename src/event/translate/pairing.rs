//! What is open, so that a restore is told with the code of its alarm (translation.md 6, R3).

use alloc::collections::BTreeMap;

use arrayvec::ArrayString;

use super::{Join, Losses, Open, Profile, Refusal, Translation};
use crate::{
    Class,
    event::{AlarmEvent, CID_CODES, EventCode, Function, Qualifier},
    types::{AccountId, Partition, User, Zone},
};

/// Where something is open. Zeros in front and the case of an account make no difference.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Place {
    account: ArrayString<16>,
    area: ArrayString<8>,
    /// Zone, else user; empty for what concerns an area.
    address: ArrayString<8>,
}

/// A place and a code: Contact ID's digits, or SIA's letters and a zero.
type Key = (Place, [u8; 3]);

#[derive(Clone, Copy, Debug)]
struct Remembered {
    /// The Contact ID code that it was told with, or could have been.
    contact_id: Option<[u8; 3]>,
    function: Option<Function>,
    /// Closed already; only a cancel report may still ask for it.
    closed: bool,
    /// Its place in the order of arrival.
    at: u64,
}

/// A bounded memory of what is open, by account, area and address.
///
/// Several SIA codes restore more than one condition (BR an alarm or a trouble), and for some codes the customary pair of
/// alarm and restore comes back as two different Contact ID codes (BV is 139, its restore BH alone would be 130). With
/// this memory a restore gets the code that its alarm had; an opening that ends an arming by night or at home that
/// arming's code; and a cancel report (406) the code of the alarm that it cancels (BC, FC). Without an entry the tables
/// decide, and nothing is ever held back.
///
/// At its bound the oldest entry is forgotten and [counted](Self::forgotten): its restore then follows the tables. It
/// keeps no time and does no input or output; it is small enough to be kept by every receiver for all its accounts
/// (some 150 bytes an entry).
///
/// ```
/// use alarmwire::{AlarmEvent, EventCode, Qualifier, event::{Pairing, Translation}, types::Zone};
///
/// let mut pairing = Pairing::new(10_000);
/// let mut told = Vec::new();
/// for code in ["sia:BT", "sia:BR"] {
///     let code = EventCode::parse(code)?;
///     let mut event = AlarmEvent::new(code, code.sia_qualifier(false));
///     event.zone = Zone::new("5").ok();
///     pairing.contact_id(&Translation::STANDARD, &event, |translated, _| told.push(translated.code.to_string()))?;
/// }
/// assert_eq!(told, ["cid:1380", "cid:3380"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pairing {
    most: usize,
    entries: BTreeMap<Key, Remembered>,
    order: BTreeMap<u64, Key>,
    next: u64,
    forgotten: u64,
}

impl Pairing {
    /// An empty memory of at most that many entries.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self {
            most,
            entries: BTreeMap::new(),
            order: BTreeMap::new(),
            next: 0,
            forgotten: 0,
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries had to go as the memory was full.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// As [`Translation::contact_id`], with what is open; remembers the event unless it was refused or `then` failed.
    ///
    /// # Errors
    /// As there.
    pub fn contact_id<R: Join>(
        &mut self,
        settings: &Translation,
        event: &AlarmEvent<'_>,
        then: impl FnMut(&AlarmEvent<'_>, Losses) -> R,
    ) -> Result<R, Refusal> {
        let result = self.translation(settings, event).contact_id(event, then)?;
        if !result.failed() {
            self.note(settings, event);
        }
        Ok(result)
    }

    /// As [`Translation::sia`], with what is open; remembers the event unless it was refused or `then` failed.
    ///
    /// # Errors
    /// As there.
    pub fn sia<R: Join>(
        &mut self,
        settings: &Translation,
        event: &AlarmEvent<'_>,
        then: impl FnMut(&AlarmEvent<'_>, Losses) -> R,
    ) -> Result<R, Refusal> {
        let result = self.translation(settings, event).sia(event, then)?;
        if !result.failed() {
            self.note(settings, event);
        }
        Ok(result)
    }

    /// The settings for this one event: with what is open where it happened. For whoever translates by other means than
    /// the two functions above; [`Pairing::note`] is then due once the event went out.
    #[must_use]
    pub fn translation(&self, settings: &Translation, event: &AlarmEvent<'_>) -> Translation {
        let mut paired = settings.clone();
        paired.open = Open {
            contact_id: self
                .partner(settings.profile, event)
                .and_then(|(key, how)| {
                    let [a, b, c] = self.entries.get(&key)?.contact_id?;
                    Some([how, a, b, c])
                }),
            cancelled: self.cancelled(event),
        };
        paired
    }

    /// Remembers an event that went out.
    pub fn note(&mut self, settings: &Translation, event: &AlarmEvent<'_>) {
        if matches!(event.qualifier, Qualifier::Status | Qualifier::Other(_)) {
            return;
        }
        if let Some((key, _)) = self.partner(settings.profile, event) {
            self.close(key);
            if event.class != Class::OpenClose {
                return;
            }
        }
        match event.code {
            EventCode::ContactId { code, .. } => {
                // Its restore has the same digits: only a cancel report has to know what there was.
                let alarm = matches!(event.class, Class::Burglary | Class::Fire);
                match event.qualifier {
                    _ if code == *b"406" => self.forget_cancelled(event),
                    Qualifier::New if alarm => self.insert((place(event), code), Some(code), event),
                    Qualifier::Restore if alarm => self.close((place(event), code)),
                    _ => {}
                }
            }
            EventCode::Sia(letters) => {
                let closing =
                    event.class == Class::OpenClose && event.qualifier == Qualifier::Restore;
                let key = if closing {
                    self.forget_closings(event);
                    (area_of(event), sia_key(letters))
                } else {
                    (place(event), sia_key(letters))
                };
                if closing || event.qualifier == Qualifier::New && opens(settings.profile, event) {
                    let mut told = None;
                    let _refused = settings.contact_id(event, |translated, _| {
                        if let EventCode::ContactId { code, .. } = translated.code {
                            told = told.or(Some(code));
                        }
                    });
                    self.insert(key, told, event);
                }
            }
            EventCode::Raw { .. } => {}
        }
    }

    /// The entry that a SIA event ends, and the qualifier digit that says so: the latest that it may close.
    fn partner(&self, profile: &'static Profile, event: &AlarmEvent<'_>) -> Option<(Key, u8)> {
        let EventCode::Sia(letters) = event.code else {
            return None;
        };
        if event.qualifier == Qualifier::Status {
            return None;
        }
        // An opening ends the arming of its area, whoever armed it.
        let opening = event.class == Class::OpenClose;
        if opening && event.qualifier != Qualifier::New {
            return None;
        }
        let (place, digit) = if opening {
            (area_of(event), b'1')
        } else {
            (place(event), b'3')
        };
        self.entries
            .range((place, [0; 3])..=(place, [u8::MAX; 3]))
            .filter(|((_, [a, b, kind]), entry)| {
                let open = [*a, *b];
                *kind == 0
                    && !entry.closed
                    && if opening {
                        is_row(profile, letters, open)
                    } else {
                        event.closes(EventCode::Sia(open)) || is_row(profile, open, letters)
                    }
            })
            .max_by_key(|(_, entry)| entry.at)
            .map(|(key, _)| (*key, digit))
    }

    /// The function of the latest alarm that a cancel report may mean.
    fn cancelled(&self, event: &AlarmEvent<'_>) -> Option<Function> {
        self.cancellable(event)
            .max_by_key(|(_, entry)| entry.at)
            .and_then(|(_, entry)| entry.function)
    }

    fn cancellable(&self, event: &AlarmEvent<'_>) -> impl Iterator<Item = (&Key, &Remembered)> {
        let is_cancel = matches!(event.code, EventCode::ContactId { code, .. } if code == *b"406");
        let area = area_of(event);
        let first = Place {
            area: ArrayString::new(),
            ..area
        };
        self.entries
            .range((first, [0; 3])..)
            .take_while(move |((place, _), _)| is_cancel && place.account == area.account)
            .filter(move |((place, [.., kind]), _)| {
                *kind != 0
                    && (place.area == area.area || place.area.is_empty() || area.area.is_empty())
            })
    }

    fn forget_cancelled(&mut self, event: &AlarmEvent<'_>) {
        // A few alarms at most; one at a time needs no list.
        loop {
            let first = self.cancellable(event).map(|(key, _)| *key).next();
            let Some(key) = first else { return };
            self.remove(key);
        }
    }

    fn forget_closings(&mut self, event: &AlarmEvent<'_>) {
        let place = area_of(event);
        let is_closing = |((_, [a, b, kind]), _): &(&Key, &Remembered)| {
            let (class, _) = EventCode::Sia([*a, *b]).class_and_lane(Qualifier::New);
            *kind == 0 && class == Class::OpenClose
        };
        loop {
            let mut here = self.entries.range((place, [0; 3])..=(place, [u8::MAX; 3]));
            let Some(key) = here.find(is_closing).map(|(key, _)| *key) else {
                return;
            };
            self.remove(key);
        }
    }

    fn close(&mut self, key: Key) {
        let (_, [.., kind]) = key;
        if kind == 0 {
            self.remove(key);
        } else if let Some(entry) = self.entries.get_mut(&key) {
            entry.closed = true;
        }
    }

    fn insert(&mut self, key: Key, contact_id: Option<[u8; 3]>, event: &AlarmEvent<'_>) {
        self.remove(key);
        while self.entries.len() >= self.most {
            let Some((_, oldest)) = self.order.pop_first() else {
                // There is room for nothing.
                return;
            };
            self.entries.remove(&oldest);
            self.forgotten += 1;
        }
        let at = self.next;
        self.next += 1;
        self.order.insert(at, key);
        let entry = Remembered {
            contact_id,
            function: event.class.function(),
            closed: false,
            at,
        };
        self.entries.insert(key, entry);
    }

    fn remove(&mut self, key: Key) {
        if let Some(entry) = self.entries.remove(&key) {
            self.order.remove(&entry.at);
        }
    }
}

const fn sia_key([a, b]: [u8; 2]) -> [u8; 3] {
    [a, b, 0]
}

/// Whether a row of the tables tells a new event with one SIA code and its restore with the other.
fn is_row(profile: &'static Profile, new: [u8; 2], restore: [u8; 2]) -> bool {
    // A confirmed alarm with a zone stands for one without (translation.md 3, 139).
    let new = if new == *b"BM" { *b"BV" } else { new };
    new != restore
        && CID_CODES
            .iter()
            .any(|row| profile.sia_of(row.code) == (Some(new), Some(restore)))
}

/// Whether a later event may end what this one begins.
fn opens(profile: &'static Profile, event: &AlarmEvent<'_>) -> bool {
    let EventCode::Sia(letters) = event.code else {
        return false;
    };
    let new = if letters == *b"BM" { *b"BV" } else { letters };
    event.class != Class::OpenClose
        && (event.opens()
            || CID_CODES.iter().any(|row| match profile.sia_of(row.code) {
                (Some(begins), Some(ends)) => begins == new && begins != ends,
                _ => false,
            }))
}

fn place(event: &AlarmEvent<'_>) -> Place {
    let address = event
        .zone
        .map(Zone::as_str)
        .or(event.user.map(User::as_str));
    Place {
        address: normal(address.unwrap_or("")),
        ..area_of(event)
    }
}

fn area_of(event: &AlarmEvent<'_>) -> Place {
    let mut account: ArrayString<16> = normal(event.account.map_or("", AccountId::as_str));
    account.make_ascii_uppercase();
    Place {
        account,
        area: normal(event.partition.map_or("", Partition::as_str)),
        address: ArrayString::new(),
    }
}

fn normal<const N: usize>(text: &str) -> ArrayString<N> {
    ArrayString::from(text.trim_start_matches('0')).unwrap_or_default()
}
