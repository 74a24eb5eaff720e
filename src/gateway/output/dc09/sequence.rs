//! Which sequence a new frame gets.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use tokio::time::Instant;

use super::content::Content;
use crate::Sequence;

/// How long a receiver takes the same sequence and content for the same signal (contracts 3), and a margin.
const WINDOW: Duration = Duration::from_secs(11 * 60);
/// The most frames that are remembered: three hundred a second over the window.
const MOST: usize = 200_000;

/// Counts 0001 to 9999 for all accounts of one output, and passes over a sequence that went out with the same content
/// within the receiver's memory: at sixteen frames a second the numbers come round in ten minutes, and a second real
/// alarm that looks like the first must not be taken for its copy.
pub(super) struct Sequences {
    last: Sequence,
    recent: VecDeque<(Instant, u64)>,
    used: HashSet<u64>,
}

impl Sequences {
    pub(super) fn new(last: Option<Sequence>) -> Self {
        Self {
            last: last.unwrap_or(Sequence::ZERO),
            recent: VecDeque::new(),
            used: HashSet::new(),
        }
    }

    pub(super) fn next(&mut self, content: &Content) -> Sequence {
        let now = Instant::now();
        while let Some((at, _)) = self.recent.front() {
            if self.recent.len() < MOST && now.duration_since(*at) < WINDOW {
                break;
            }
            if let Some((_, key)) = self.recent.pop_front() {
                self.used.remove(&key);
            }
        }
        let mut sequence = self.last.next();
        // Ten in a row with the same content would need a panel that says one thing 100,000 times in ten minutes.
        for _ in 0..10 {
            if !self.used.contains(&key(sequence, content)) {
                break;
            }
            sequence = sequence.next();
        }
        self.remember(sequence, content);
        self.last = sequence;
        sequence
    }

    /// A frame of before a restart goes out again.
    pub(super) fn remember(&mut self, sequence: Sequence, content: &Content) {
        let key = key(sequence, content);
        if self.used.insert(key) {
            self.recent.push_back((Instant::now(), key));
        }
    }
}

fn key(sequence: Sequence, content: &Content) -> u64 {
    let mut hasher = DefaultHasher::new();
    sequence.hash(&mut hasher);
    content.account.hash(&mut hasher);
    content.token.hash(&mut hasher);
    content.data.hash(&mut hasher);
    content.extended.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(data: &str) -> Content {
        Content {
            account: "1234".to_owned(),
            token: "ADM-CID".to_owned(),
            data: data.as_bytes().to_vec(),
            extended: Vec::new(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn numbers_that_come_round_skip_what_would_look_like_a_copy() {
        let mut sequences = Sequences::new(Sequence::new(9_999).ok());
        let (alarm, other) = (content("1130"), content("1131"));
        assert_eq!(sequences.next(&alarm).value(), 1);
        for _ in 0..9_998 {
            sequences.next(&other);
        }
        assert_eq!(sequences.next(&alarm).value(), 2);
        tokio::time::advance(WINDOW).await;
        for _ in 0..9_997 {
            sequences.next(&other);
        }
        assert_eq!(sequences.next(&alarm).value(), 1);
    }
}
