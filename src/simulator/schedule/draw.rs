//! Drawing panels and events from the seed.

use core::time::Duration;
use std::collections::{BTreeMap, HashMap, VecDeque};

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::{Event, EventKey, Panel};
use crate::{
    codec::dc09::Profile,
    simulator::scenario::{Fleet, Format, Kind, Way},
};

pub(super) fn add_panels(
    fleet: &Fleet,
    number: u64,
    receivers: usize,
    rng: &mut ChaCha8Rng,
    panels: &mut Vec<Panel>,
) {
    let first = fleet.first_account.get_ref();
    let start = u64::from_str_radix(first, 16).unwrap_or(0);
    for offset in 0..*fleet.panels.get_ref() {
        let way = draw(fleet.ways.get_ref(), rng).unwrap_or(Way::Tcp);
        let format = draw(fleet.formats.get_ref(), rng).unwrap_or(Format::ContactId);
        let encrypted =
            rng.random_bool(fleet.encrypted.get_ref().clamp(0.0, 1.0)) && way != Way::Serial;
        let mut key = [0; 32];
        rng.fill(&mut key);
        panels.push(Panel {
            account: start.saturating_add(u64::from(offset)),
            digits: u8::try_from(first.len()).unwrap_or(16),
            fleet: u16::try_from(number).unwrap_or(u16::MAX),
            category: fleet.category,
            way,
            format,
            key_bits: if encrypted {
                *fleet.key_bits.get_ref()
            } else {
                0
            },
            key,
            receiver: u16::try_from(usize::try_from(offset).unwrap_or(0) % receivers.max(1))
                .unwrap_or(0),
            supervise: fleet.supervise,
            profile: Profile::find(fleet.profile.get_ref()).unwrap_or_default(),
        });
    }
}

/// A Poisson process of bursts; each event of a burst goes to another panel, as far as there are any.
pub(super) fn add_events(
    fleet: &Fleet,
    first: u32,
    length: Duration,
    rng: &mut ChaCha8Rng,
    events: &mut Vec<Event>,
) {
    let (burst, panels) = (*fleet.burst.get_ref(), *fleet.panels.get_ref());
    let mean = f64::from(burst) / fleet.rate.get_ref();
    let mut at = 0.0;
    loop {
        at -= mean * (1.0 - rng.random::<f64>()).ln();
        let Ok(due) = Duration::try_from_secs_f64(at) else {
            return;
        };
        if due >= length {
            return;
        }
        let start = rng.random_range(0..panels);
        for i in 0..burst {
            let panel = first + (start + i % panels) % panels;
            let kind = draw(fleet.mix.get_ref(), rng).unwrap_or(Kind::Burglary);
            let event = Event {
                due,
                panel,
                kind,
                restore: false,
                partition: 0,
                number: 0,
            };
            events.push(event);
            if let Some(after) = fleet.restore_after.filter(|_| event.has_restore()) {
                let due = due + after.mul_f64(rng.random_range(0.5..1.5));
                if due < length {
                    // The number of its alarm stands in for its own until both are numbered.
                    events.push(Event {
                        due,
                        restore: true,
                        ..event
                    });
                }
            }
        }
    }
}

/// Gives each event a partition and a zone that make it unique for its panel; a restore gets those of its alarm, the
/// earliest one of its kind that is still open.
pub(super) fn number_events(panels: &[Panel], events: &mut [Event]) -> HashMap<EventKey, u32> {
    let mut counters = vec![0_u32; panels.len()];
    let mut open: HashMap<(u32, Kind), VecDeque<(u8, u16)>> = HashMap::new();
    let mut index = HashMap::with_capacity(events.len());
    for (i, event) in (0_u32..).zip(events.iter_mut()) {
        let slot = usize::try_from(event.panel).unwrap_or(usize::MAX);
        let (Some(panel), Some(counter)) = (panels.get(slot), counters.get_mut(slot)) else {
            continue;
        };
        let alarm = event
            .restore
            .then(|| open.get_mut(&(event.panel, event.kind))?.pop_front())
            .flatten();
        (event.partition, event.number) = alarm.unwrap_or_else(|| {
            let n = *counter;
            *counter += 1;
            (
                u8::try_from(n / 999 % 99 + 1).unwrap_or(1),
                u16::try_from(n % 999 + 1).unwrap_or(1),
            )
        });
        if !event.restore && event.has_restore() {
            open.entry((event.panel, event.kind))
                .or_default()
                .push_back((event.partition, event.number));
        }
        // A panel with more than 98,901 events would repeat itself: the first one keeps the key.
        index.entry(event.key(panel)).or_insert(i);
    }
    index
}

fn draw<K: Copy>(shares: &BTreeMap<K, f64>, rng: &mut ChaCha8Rng) -> Option<K> {
    let mut rest = rng.random::<f64>() * shares.values().sum::<f64>();
    for (key, share) in shares {
        rest -= share;
        if rest < 0.0 {
            return Some(*key);
        }
    }
    shares.keys().next_back().copied()
}
