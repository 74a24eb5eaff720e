//! What was seen lately: the memory behind "the same signal" and behind the refusal of recordings.

use alloc::{collections::VecDeque, vec, vec::Vec};
use core::time::Duration;

use crate::types::Timestamp;

/// Digests with the time of their first sight, for a window of time and up to a bound.
///
/// A digest leaves when its window is over, or when the memory is full and a newer one needs its place: the oldest
/// first, and [`SignalMemory::forgotten`] counts. Digests must be unpredictable to who sends the signals (a keyed
/// hash), as their bits are taken for the table's hash. Seeing a digest again does not lengthen its window.
///
/// ```
/// use core::time::Duration;
/// use alarmwire::{Timestamp, link::memory::SignalMemory};
///
/// let mut memory = SignalMemory::new(Duration::from_secs(600), 1_000);
/// let start = Timestamp::from_civil(2026, 1, 1, 0, 0, 0)?;
/// assert!(!memory.see(7, start));
/// assert!(memory.see(7, start.after(Duration::from_secs(599))));
/// assert!(!memory.see(7, start.after(Duration::from_secs(600))));
/// # Ok::<(), alarmwire::types::InvalidTimestamp>(())
/// ```
pub struct SignalMemory {
    window: i64,
    capacity: usize,
    /// In the order of their arrival.
    entries: VecDeque<(u128, Timestamp)>,
    /// How many entries have left: an entry's number is this plus its index.
    left: u64,
    /// Open addressing with linear probing: the low 32 bits of an entry's number, plus one; 0 is free.
    slots: Vec<u32>,
    forgotten: u64,
}

impl SignalMemory {
    /// A memory for `window`, for at most `capacity` digests (at most 2^30). Its table is made at once, so that it never
    /// stops to grow.
    #[must_use]
    pub fn new(window: Duration, capacity: usize) -> Self {
        let capacity = capacity.clamp(1, 1 << 30);
        Self {
            window: i64::try_from(window.as_nanos()).unwrap_or(i64::MAX),
            capacity,
            entries: VecDeque::with_capacity(capacity),
            left: 0,
            slots: vec![0; (capacity * 2).next_power_of_two()],
            forgotten: 0,
        }
    }

    /// Whether `digest` was seen within the window before `now`; if not, it is from now on.
    pub fn see(&mut self, digest: u128, now: Timestamp) -> bool {
        if self.contains(digest, now) {
            return true;
        }
        self.insert(digest, now);
        false
    }

    /// Whether `digest` was seen within the window before `now`.
    #[must_use]
    pub fn contains(&self, digest: u128, now: Timestamp) -> bool {
        self.find(digest)
            .and_then(|slot| self.entry(slot))
            .is_some_and(|(_, at)| now.nanos_since(at) < self.window)
    }

    /// Enters a digest as seen at `at`, for instance one that was persisted; oldest first.
    pub fn insert(&mut self, digest: u128, at: Timestamp) {
        while self
            .entries
            .front()
            .is_some_and(|(_, first)| at.nanos_since(*first) >= self.window)
        {
            self.drop_front();
        }
        if self.entries.len() >= self.capacity {
            self.drop_front();
            self.forgotten += 1;
        }
        if let Some(slot) = self.find(digest) {
            // Over its window but behind a younger one (the clock was set back): the new sight counts from here on.
            self.clear_slot(slot);
        }
        let number = self.left + self.entries.len() as u64;
        self.entries.push_back((digest, at));
        let mut slot = self.home(digest);
        while self.slots.get(slot).is_some_and(|taken| *taken != 0) {
            slot = self.after(slot);
        }
        if let Some(free) = self.slots.get_mut(slot) {
            *free = tag(number);
        }
    }

    /// How many digests it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many digests left before their window was over.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// A mark for [`SignalMemory::rewind`].
    #[must_use]
    pub fn mark(&self) -> u64 {
        self.left + self.entries.len() as u64
    }

    /// Takes out what was entered since `mark`, because it was not stored after all. (What left meanwhile stays out.)
    pub fn rewind(&mut self, mark: u64) {
        while self.left + (self.entries.len() as u64) > mark {
            let number = self.left + self.entries.len() as u64 - 1;
            let Some((digest, _)) = self.entries.back().copied() else {
                break;
            };
            self.unlink(digest, number);
            self.entries.pop_back();
        }
    }

    fn drop_front(&mut self) {
        if let Some((digest, _)) = self.entries.front().copied() {
            self.unlink(digest, self.left);
            self.entries.pop_front();
            self.left += 1;
        }
    }

    /// Frees the slot that points at that entry, if one does.
    fn unlink(&mut self, digest: u128, number: u64) {
        if let Some(slot) = self.find(digest)
            && self.slots.get(slot) == Some(&tag(number))
        {
            self.clear_slot(slot);
        }
    }

    /// Frees a slot and moves those behind it forward, so that no probe ends too early.
    fn clear_slot(&mut self, slot: usize) {
        let mut free = slot;
        let mut next = self.after(slot);
        while let Some((digest, _)) = self.entry(next) {
            let mask = self.slots.len() - 1;
            let (home, moved) = (
                self.home(digest),
                self.slots.get(next).copied().unwrap_or(0),
            );
            // It may move to `free` if its home is not between the two.
            if next.wrapping_sub(home) & mask >= next.wrapping_sub(free) & mask {
                if let Some(hole) = self.slots.get_mut(free) {
                    *hole = moved;
                }
                free = next;
            }
            next = self.after(next);
        }
        if let Some(hole) = self.slots.get_mut(free) {
            *hole = 0;
        }
    }

    fn find(&self, digest: u128) -> Option<usize> {
        let mut slot = self.home(digest);
        while let Some((found, _)) = self.entry(slot) {
            if found == digest {
                return Some(slot);
            }
            slot = self.after(slot);
        }
        None
    }

    fn entry(&self, slot: usize) -> Option<(u128, Timestamp)> {
        let number = self
            .slots
            .get(slot)
            .copied()
            .filter(|tag| *tag != 0)?
            .wrapping_sub(1);
        // The low 31 bits tell entries apart, as there are at most 2^30 of them.
        let index = number.wrapping_sub(low(self.left)) & MASK;
        self.entries.get(index as usize).copied()
    }

    fn home(&self, digest: u128) -> usize {
        digest as usize & (self.slots.len() - 1)
    }

    fn after(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }
}

const MASK: u32 = 0x7FFF_FFFF;

#[expect(
    clippy::cast_possible_truncation,
    reason = "the low bits are all that is wanted"
)]
const fn low(number: u64) -> u32 {
    number as u32 & MASK
}

const fn tag(number: u64) -> u32 {
    low(number) + 1
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_full_memory_forgets_the_oldest_and_counts() {
        let mut memory = SignalMemory::new(Duration::from_secs(600), 2);
        let now = Timestamp::from_nanos(0);
        assert!(!memory.see(1, now) && !memory.see(2, now) && !memory.see(3, now));
        assert_eq!((memory.len(), memory.forgotten()), (2, 1));
        assert!(memory.contains(3, now) && memory.contains(2, now) && !memory.contains(1, now));
    }

    #[test]
    fn what_was_not_stored_is_taken_out_again() {
        let mut memory = SignalMemory::new(Duration::from_secs(600), 10);
        let now = Timestamp::from_nanos(0);
        assert!(!memory.see(1, now));
        let mark = memory.mark();
        assert!(!memory.see(2, now) && memory.see(1, now));
        memory.rewind(mark);
        assert!(memory.contains(1, now) && !memory.contains(2, now));
        assert!(!memory.see(2, now));
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_map(steps in prop::collection::vec((0u128..40, 0i64..30, any::<bool>()), 1..400)) {
            // Small digests crowd the homes, so that probing and moving are tried.
            let mut memory = SignalMemory::new(Duration::from_nanos(100), 32);
            let mut model: HashMap<u128, i64> = HashMap::new();
            let mut now = 0;
            for (digest, wait, undo) in steps {
                now += wait;
                let known = model.get(&digest).is_some_and(|at| now - at < 100);
                let mark = memory.mark();
                let room = memory.len() < 32;
                prop_assert_eq!(memory.see(digest, Timestamp::from_nanos(now)), known);
                if undo && !known && room {
                    memory.rewind(mark);
                    model.remove(&digest);
                } else if !known {
                    model.insert(digest, now);
                    model.retain(|_, at| now - *at < 100);
                    if model.len() > 32 {
                        // The oldest by arrival went.
                        let gone: Vec<u128> = model.keys().copied().filter(|d| !memory.contains(*d, Timestamp::from_nanos(now))).collect();
                        prop_assert_eq!(gone.len(), 1);
                        model.remove(&gone[0]);
                    }
                }
            }
        }
    }
}
