use core::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Event, EventKey, Path, Schedule};
use crate::event::Class;

/// The book of a run: which event was acknowledged when, and where it arrived how often.
///
/// Counted as `docs/simulator.md` says: by event, from the sinks.
#[derive(Debug)]
pub struct Ledger {
    schedule: Arc<Schedule>,
    acknowledged: Mutex<Vec<Option<Duration>>>,
    late: Mutex<Vec<Duration>>,
    sinks: Vec<SinkBook>,
    /// What progress shows.
    pub live: Live,
}

/// Counters for the progress of a run; they may be a moment behind each other.
#[derive(Debug, Default)]
pub struct Live {
    /// Events handed to their panels.
    pub due: AtomicU64,
    /// Events acknowledged.
    pub acknowledged: AtomicU64,
    /// First copies at sinks.
    pub delivered: AtomicU64,
    /// Frames sent for which no answer came yet, on connections that stand.
    pub in_flight: AtomicU64,
    /// Frames sent again.
    pub retries: AtomicU64,
    /// Answers that refused (NAK, DUH).
    pub refused: AtomicU64,
}

#[derive(Debug)]
struct SinkBook {
    name: String,
    paths: Vec<Path>,
    state: Mutex<SinkState>,
}

#[derive(Debug, Default)]
struct SinkState {
    slots: Vec<Slot>,
    last: Duration,
    unmatched: u64,
    altered: u64,
}

/// One event at one sink.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slot {
    pub(crate) first: Option<Duration>,
    pub(crate) repeated: u32,
    pub(crate) duplicated: u32,
}

/// What became of one event that fell due.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Fate {
    /// When its panel had a valid acknowledgement.
    pub acknowledged: Option<Duration>,
    /// It is at every sink that its route names.
    pub delivered: bool,
    /// It was acknowledged, and a sink that its route names does not have it.
    pub lost: bool,
    /// Raw second copies, at all sinks together.
    pub repeated: u32,
    /// Second copies that a sink's own rule let through.
    pub duplicated: u32,
    /// Sinks that had it before an event of the same account and lane that was acknowledged earlier.
    pub misordered: u32,
}

impl Ledger {
    /// An empty book; each sink with its name and the paths that are routed to it.
    #[must_use]
    pub fn new(schedule: Arc<Schedule>, sinks: &[(&str, &[Path])]) -> Self {
        let events = schedule.events.len();
        let book = |(name, paths): &(&str, &[Path])| SinkBook {
            name: (*name).to_owned(),
            paths: paths.to_vec(),
            state: Mutex::new(SinkState {
                slots: vec![Slot::default(); events],
                ..SinkState::default()
            }),
        };
        Self {
            acknowledged: Mutex::new(vec![None; events]),
            late: Mutex::new(Vec::with_capacity(events)),
            sinks: sinks.iter().map(book).collect(),
            schedule,
            live: Live::default(),
        }
    }

    /// The schedule that is kept book of.
    #[must_use]
    pub fn schedule(&self) -> &Arc<Schedule> {
        &self.schedule
    }

    /// An event was handed to its panel, that much after it fell due.
    pub fn started(&self, late: Duration) {
        lock(&self.late).push(late);
        self.live.due.fetch_add(1, Relaxed);
    }

    /// A valid acknowledgement reached the panel.
    pub fn acknowledge(&self, event: u32, at: Duration) {
        if let Some(slot @ None) = lock(&self.acknowledged).get_mut(place(event)) {
            *slot = Some(at);
            self.live.acknowledged.fetch_add(1, Relaxed);
        }
    }

    /// Something reached a sink; `copy` when the sink's own rule knows it for a second copy.
    ///
    /// What no schedule knows is counted as unmatched (a receiver has reports of its own), what has changed its class
    /// on the way as altered, and neither as delivered.
    pub fn arrive(&self, sink: usize, key: &EventKey, class: Class, at: Duration, copy: bool) {
        let Some(book) = self.sinks.get(sink) else {
            return;
        };
        let mut state = lock(&book.state);
        let Some((number, event)) = self
            .schedule
            .find(key)
            .and_then(|n| Some((n, self.schedule.events.get(place(n))?)))
        else {
            state.unmatched += 1;
            return;
        };
        if event.class() != class {
            state.altered += 1;
            return;
        }
        // Order is told by these times, so no two are equal.
        let at = at.max(state.last + Duration::from_nanos(1));
        state.last = at;
        let Some(slot) = state.slots.get_mut(place(number)) else {
            return;
        };
        if slot.first.is_none() {
            slot.first = Some(at);
            self.live.delivered.fetch_add(1, Relaxed);
        } else {
            slot.repeated += 1;
            if !copy {
                slot.duplicated += 1;
            }
        }
    }

    /// Whether every acknowledged event is at every sink that its route names.
    #[must_use]
    pub fn settled(&self) -> bool {
        let acknowledged = lock(&self.acknowledged);
        let books: Vec<_> = self
            .sinks
            .iter()
            .map(|book| (&book.paths, lock(&book.state)))
            .collect();
        self.schedule
            .events
            .iter()
            .zip(acknowledged.iter())
            .enumerate()
            .all(|(i, (event, at))| {
                at.is_none()
                    || books.iter().all(|(paths, state)| {
                        !paths.contains(&self.schedule.path_of(event))
                            || state.slots.get(i).is_some_and(|slot| slot.first.is_some())
                    })
            })
    }

    /// The reckoning: what became of each event that fell due before `until`, in the order of the schedule.
    #[must_use]
    pub fn fates(&self, until: Duration) -> Vec<Fate> {
        let acknowledged = lock(&self.acknowledged).clone();
        let due = self
            .schedule
            .events
            .partition_point(|event| event.due < until);
        let mut fates: Vec<Fate> = acknowledged
            .into_iter()
            .take(due)
            .map(|at| Fate {
                acknowledged: at,
                delivered: !self.sinks.is_empty(),
                ..Fate::default()
            })
            .collect();
        for book in &self.sinks {
            let state = lock(&book.state);
            for ((fate, event), slot) in fates
                .iter_mut()
                .zip(&self.schedule.events)
                .zip(&state.slots)
            {
                if book.paths.contains(&self.schedule.path_of(event)) {
                    fate.delivered &= slot.first.is_some();
                    fate.lost |= fate.acknowledged.is_some() && slot.first.is_none();
                }
                fate.repeated += slot.repeated;
                fate.duplicated += slot.duplicated;
            }
            let arrivals = state.slots.iter().take(due).map(|slot| slot.first);
            for i in misordered(&self.schedule.events, &fates, arrivals) {
                if let Some(fate) = fates.get_mut(i) {
                    fate.misordered += 1;
                }
            }
        }
        fates
    }

    /// For each sink: its name, its slots, what matched nothing, and what had changed.
    pub(crate) fn each_sink(&self, mut each: impl FnMut(&str, &[Path], &[Slot], u64, u64)) {
        for book in &self.sinks {
            let state = lock(&book.state);
            each(
                &book.name,
                &book.paths,
                &state.slots,
                state.unmatched,
                state.altered,
            );
        }
    }

    /// How late the generator was, for each event that it handed out.
    pub(crate) fn lateness(&self) -> Vec<Duration> {
        lock(&self.late).clone()
    }
}

/// The places of events that arrived before one of the same panel and lane that was acknowledged earlier.
fn misordered(
    events: &[Event],
    fates: &[Fate],
    arrivals: impl Iterator<Item = Option<Duration>>,
) -> Vec<usize> {
    let mut lines: HashMap<_, Vec<(Duration, Duration, usize)>> = HashMap::new();
    for (i, ((event, fate), arrival)) in events.iter().zip(fates).zip(arrivals).enumerate() {
        if let (Some(arrival), Some(acknowledged)) = (arrival, fate.acknowledged) {
            lines
                .entry((event.panel, event.lane().number()))
                .or_default()
                .push((arrival, acknowledged, i));
        }
    }
    let mut wrong = Vec::new();
    for mut line in lines.into_values() {
        line.sort_unstable();
        let mut earliest = Duration::MAX;
        for (_, acknowledged, i) in line.into_iter().rev() {
            if acknowledged > earliest {
                wrong.push(i);
            }
            earliest = earliest.min(acknowledged);
        }
    }
    wrong
}

fn place(event: u32) -> usize {
    usize::try_from(event).unwrap_or(usize::MAX)
}

/// A thread that panicked leaves its counts as they were; the run is reported all the same.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Scenario;

    const BOTH: &[Path] = &[Path::Ip, Path::Serial];

    /// Ten events of one panel and lane, a millisecond apart, acknowledged in order.
    fn ledger(sinks: &[(&str, &[Path])]) -> Ledger {
        let scenario = Scenario::parse(
            "[run]\nlength = \"1s\"\n[[fleet]]\nname = \"a\"\npanels = 1\nrate = 40.0\nmix = { fire = 1.0 }\n",
        )
        .unwrap();
        let mut schedule = Schedule::build(&scenario, 1);
        schedule.events.truncate(10);
        assert_eq!(schedule.events.len(), 10);
        let ledger = Ledger::new(Arc::new(schedule), sinks);
        for i in 0..10 {
            ledger.acknowledge(i, ms(10 * u64::from(i)));
        }
        ledger
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(1_000 + ms)
    }

    fn arrive(ledger: &Ledger, sink: usize, event: usize, copy: bool) {
        let schedule = ledger.schedule();
        let event = &schedule.events[event];
        ledger.arrive(
            sink,
            &event.key(&schedule.panels[0]),
            event.class(),
            Duration::from_secs(2),
            copy,
        );
    }

    fn sum(ledger: &Ledger) -> (usize, usize, u32, u32, u32) {
        let fates = ledger.fates(Duration::MAX);
        (
            fates.iter().filter(|f| f.delivered).count(),
            fates.iter().filter(|f| f.lost).count(),
            fates.iter().map(|f| f.repeated).sum(),
            fates.iter().map(|f| f.duplicated).sum(),
            fates.iter().map(|f| f.misordered).sum(),
        )
    }

    #[test]
    fn all_that_arrives_once_and_in_order_is_delivered() {
        let ledger = ledger(&[("s", BOTH)]);
        assert!(!ledger.settled());
        (0..10).for_each(|i| arrive(&ledger, 0, i, false));
        assert!(ledger.settled());
        assert_eq!(sum(&ledger), (10, 0, 0, 0, 0));
    }

    #[test]
    fn an_event_that_one_of_two_sinks_never_saw_is_lost() {
        let ledger = ledger(&[("s", BOTH), ("t", BOTH)]);
        (0..10).for_each(|i| arrive(&ledger, 0, i, false));
        (0..9).for_each(|i| arrive(&ledger, 1, i, false));
        assert!(!ledger.settled());
        assert_eq!(sum(&ledger), (9, 1, 0, 0, 0));
        assert!(ledger.fates(Duration::MAX)[9].lost);
    }

    #[test]
    fn a_sink_that_a_path_is_not_routed_to_does_not_count() {
        let ledger = ledger(&[("s", BOTH), ("t", &[Path::Serial])]);
        (0..10).for_each(|i| arrive(&ledger, 0, i, false));
        assert!(ledger.settled());
        assert_eq!(sum(&ledger), (10, 0, 0, 0, 0));
    }

    #[test]
    fn what_was_never_acknowledged_is_not_lost_and_may_be_delivered() {
        let ledger = ledger(&[("s", BOTH)]);
        lock(&ledger.acknowledged)[3] = None;
        lock(&ledger.acknowledged)[4] = None;
        (0..10)
            .filter(|i| *i != 3)
            .for_each(|i| arrive(&ledger, 0, i, false));
        assert!(ledger.settled());
        assert_eq!(sum(&ledger), (9, 0, 0, 0, 0));
    }

    #[test]
    fn a_second_copy_is_repeated_and_only_duplicated_when_the_sinks_rule_lets_it_through() {
        let ledger = ledger(&[("s", BOTH)]);
        (0..10).for_each(|i| arrive(&ledger, 0, i, false));
        arrive(&ledger, 0, 4, true);
        assert_eq!(sum(&ledger), (10, 0, 1, 0, 0));
        arrive(&ledger, 0, 4, false);
        assert_eq!(sum(&ledger), (10, 0, 2, 1, 0));
    }

    #[test]
    fn an_event_that_overtakes_one_acknowledged_earlier_is_misordered() {
        let ledger = ledger(&[("s", BOTH)]);
        [0, 1, 5, 2, 3, 4, 6, 8, 7, 9]
            .into_iter()
            .for_each(|i| arrive(&ledger, 0, i, false));
        assert_eq!(sum(&ledger), (10, 0, 0, 0, 2));
        let fates = ledger.fates(Duration::MAX);
        assert_eq!((fates[5].misordered, fates[8].misordered), (1, 1));
    }

    #[test]
    fn what_changed_its_class_or_its_zone_on_the_way_is_lost() {
        let ledger = ledger(&[("s", BOTH)]);
        (0..8).for_each(|i| arrive(&ledger, 0, i, false));
        let schedule = ledger.schedule();
        let key = |i: usize| schedule.events[i].key(&schedule.panels[0]);
        ledger.arrive(0, &key(8), Class::Burglary, ms(0), false);
        ledger.arrive(
            0,
            &EventKey {
                number: 999,
                ..key(9)
            },
            Class::Fire,
            ms(0),
            false,
        );
        assert_eq!(sum(&ledger), (8, 2, 0, 0, 0));
        ledger.each_sink(|_, _, _, unmatched, altered| assert_eq!((unmatched, altered), (1, 1)));
    }

    proptest::proptest! {
        #[test]
        fn what_was_acknowledged_is_delivered_or_lost_whatever_goes_wrong(
            silent in proptest::collection::vec(0..10_usize, 0..5),
            arrivals in proptest::collection::vec((0..2_usize, 0..10_usize, proptest::bool::ANY), 0..60),
        ) {
            let ledger = ledger(&[("s", BOTH), ("t", BOTH)]);
            silent.iter().for_each(|i| lock(&ledger.acknowledged)[*i] = None);
            arrivals.iter().for_each(|(sink, event, copy)| arrive(&ledger, *sink, *event, *copy));
            let fates = ledger.fates(Duration::MAX);
            for (i, fate) in fates.iter().enumerate() {
                let at = |sink: usize| arrivals.iter().filter(|(s, event, _)| (*s, *event) == (sink, i)).count();
                proptest::prop_assert_eq!(fate.delivered, at(0) > 0 && at(1) > 0);
                proptest::prop_assert_eq!(fate.lost, fate.acknowledged.is_some() && !fate.delivered);
                let second = at(0).saturating_sub(1) + at(1).saturating_sub(1);
                proptest::prop_assert_eq!(usize::try_from(fate.repeated).unwrap(), second);
                proptest::prop_assert!(fate.duplicated <= fate.repeated);
            }
            proptest::prop_assert_eq!(ledger.settled(), fates.iter().all(|fate| !fate.lost));
        }
    }

    #[test]
    fn what_fell_due_after_an_early_stop_is_not_counted() {
        let ledger = ledger(&[("s", BOTH)]);
        let until = ledger.schedule().events[4].due;
        assert_eq!(ledger.fates(until).len(), 4);
    }
}
