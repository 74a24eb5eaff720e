//! What an output has still to deliver: four lanes of the journal, read from its own cursors, the urgent ones first.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use super::super::telemetry::Happening;
use crate::{
    Lane,
    journal::{
        Commits, EventRef, Handle, JournalError, OutgoingFrame, Pending, Reader, StoredEvent,
        Update,
    },
};

/// How many events of a lane are read at once.
const PAGE: usize = 128;
/// How many events of a lane [`Feed::visit`] shows at once.
const VISIT: usize = 256;
/// The most rows that may stand between a lane's cursor and its reading place.
const AHEAD: usize = 4_096;
/// Cursors are made durable at most this often.
const COALESCE: Duration = Duration::from_millis(200);

/// Whose events an output takes.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// Inputs that the configuration names and that do not name this output. All others are taken: the gateway itself,
    /// and inputs that have since been renamed, whose events must not be lost for that.
    pub(crate) excluded: HashSet<String>,
}

impl Sources {
    fn takes(&self, source: &str) -> bool {
        self.excluded.is_empty() || !self.excluded.contains(source)
    }
}

/// An output's events, and how far it is.
pub(crate) struct Feed {
    name: String,
    reader: Reader,
    journal: Handle,
    sources: Sources,
    lanes: [LaneState; 4],
    slots: u32,
    commits: Commits,
    /// The journal's number up to which all lanes were read.
    looked: Option<u64>,
    dirty: bool,
    saved: Instant,
    /// Frames beyond the cursors that are delivered.
    settled: Vec<i64>,
}

#[derive(Default)]
struct LaneState {
    /// The last row that was read.
    read: i64,
    /// Everything up to here is done.
    cursor: i64,
    /// Rows behind the cursor in their order, and whether each is done.
    pending: VecDeque<(i64, bool)>,
    /// Rows that are read and not yet handed out.
    waiting: VecDeque<StoredEvent>,
    /// There was more than one page.
    more: bool,
}

impl LaneState {
    fn advance(&mut self) -> bool {
        let before = self.cursor;
        while let Some((seq, true)) = self.pending.front() {
            self.cursor = *seq;
            self.pending.pop_front();
        }
        self.cursor != before
    }
}

impl Feed {
    pub(crate) fn new(
        name: &str,
        reader: Reader,
        journal: Handle,
        sources: Sources,
    ) -> Result<Self, JournalError> {
        // A destination that is not registered has not begun: everything that is held is before it.
        let cursors = reader.cursor(name)?.unwrap_or([0; 4]);
        let lanes = cursors.map(|cursor| LaneState {
            read: cursor,
            cursor,
            ..LaneState::default()
        });
        let commits = journal.committed();
        Ok(Self {
            name: name.to_owned(),
            reader,
            journal,
            sources,
            lanes,
            slots: 0,
            commits,
            looked: None,
            dirty: false,
            saved: Instant::now(),
            settled: Vec::new(),
        })
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The next event by lane: strictly the most urgent, but one slot in ten is lane 2's and one in twenty lane 3's,
    /// which keeps tests and openings moving under a storm.
    pub(crate) fn next(&mut self) -> Result<Option<StoredEvent>, JournalError> {
        self.fill()?;
        self.slots = (self.slots + 1) % 20;
        let order: [usize; 4] = match self.slots {
            0 => [3, 0, 1, 2],
            5 | 15 => [2, 0, 1, 3],
            _ => [0, 1, 2, 3],
        };
        for index in order {
            if let Some(event) = self
                .lanes
                .get_mut(index)
                .and_then(|lane| lane.waiting.pop_front())
            {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// The next event of lanes 0 and 1 only.
    pub(crate) fn next_urgent(&mut self) -> Result<Option<StoredEvent>, JournalError> {
        self.fill()?;
        Ok(self
            .lanes
            .iter_mut()
            .take(2)
            .find_map(|lane| lane.waiting.pop_front()))
    }

    /// The next event of one lane.
    pub(crate) fn next_of(&mut self, lane: Lane) -> Result<Option<StoredEvent>, JournalError> {
        self.fill()?;
        Ok(self
            .lanes
            .get_mut(usize::from(lane.number()))
            .and_then(|lane| lane.waiting.pop_front()))
    }

    /// Takes back an event that was handed out and can't be sent now; it is the next of its lane.
    pub(crate) fn put_back(&mut self, event: StoredEvent) {
        if let Some(lane) = self.lanes.get_mut(usize::from(event.lane.number())) {
            lane.waiting.push_front(event);
        }
    }

    /// Reads further where a lane has run dry and something was committed since.
    fn fill(&mut self) -> Result<(), JournalError> {
        let number = self.commits.number();
        let fresh = self.looked != Some(number);
        for (lane, state) in Lane::ALL.into_iter().zip(&mut self.lanes) {
            let due = fresh || state.more;
            if !state.waiting.is_empty() || state.pending.len() >= AHEAD || !due {
                // Read again when it has run dry and something of it is delivered.
                state.more = due;
                continue;
            }
            let page = self.reader.events(lane, state.read, PAGE)?;
            let mut rows = page.events.len();
            for seq in page.damaged {
                rows += 1;
                Happening::Damaged {
                    output: &self.name,
                    seq,
                }
                .emit();
                state.pending.push_back((seq, true));
            }
            for event in page.events {
                let mine = self.sources.takes(&event.source);
                state.pending.push_back((event.seq, !mine));
                if mine {
                    state.waiting.push_back(event);
                }
            }
            // Damaged rows stand among the others.
            state
                .pending
                .make_contiguous()
                .sort_unstable_by_key(|(seq, _)| *seq);
            state.read = page.last.unwrap_or(state.read);
            state.more = rows >= PAGE;
            self.dirty |= state.advance();
        }
        self.looked = Some(number);
        Ok(())
    }

    /// Shows what is at hand, for an output that takes events as fast as they are read: a page of each lane, the urgent
    /// ones first; while one of those has more than its page, the others get less. What was shown counts as delivered
    /// with the next save, so an output that could not deliver it must not save. Not to be mixed with [`Self::next`].
    pub(crate) fn visit(
        &mut self,
        each: &mut dyn FnMut(EventRef<'_>),
    ) -> Result<usize, JournalError> {
        let number = self.commits.number();
        let fresh = self.looked != Some(number);
        let mut rows = 0;
        let mut page = VISIT;
        for (lane, state) in Lane::ALL.into_iter().zip(&mut self.lanes) {
            if !fresh && !state.more {
                continue;
            }
            let (sources, name) = (&self.sources, &self.name);
            let visited = self
                .reader
                .visit(lane, state.read, page, &mut |row| match row {
                    Ok(event) if sources.takes(event.source) => each(event),
                    Ok(_) => {}
                    Err(seq) => Happening::Damaged { output: name, seq }.emit(),
                })?;
            state.more = visited.rows >= page;
            if let Some(last) = visited.last {
                (state.read, state.cursor) = (last, last);
                self.dirty = true;
            }
            if state.more {
                page = VISIT / 10;
            }
            rows += visited.rows;
        }
        self.looked = Some(number);
        Ok(rows)
    }

    /// Whether an event may be at hand without waiting.
    pub(crate) fn has_more(&self) -> bool {
        self.looked != Some(self.commits.number())
            || self
                .lanes
                .iter()
                .any(|lane| lane.more || !lane.waiting.is_empty())
    }

    /// Whether a lane had more than was read of it.
    pub(crate) fn backlog(&self) -> bool {
        self.lanes.iter().any(|lane| lane.more)
    }

    /// Waits for a commit.
    pub(crate) async fn changed(&mut self) {
        if !self.has_more() {
            self.commits.changed().await;
        }
    }

    /// As [`Self::changed`] when any event may be taken; else waits for a commit, whatever is at hand.
    pub(crate) async fn next_commit(&mut self, any: bool) {
        if any {
            self.changed().await;
        } else if self.looked == Some(self.commits.number()) {
            self.commits.changed().await;
        }
    }

    /// An event is delivered (or is skipped for good).
    pub(crate) fn done(&mut self, lane: Lane, seq: i64) {
        let Some(state) = self.lanes.get_mut(usize::from(lane.number())) else {
            return;
        };
        if let Some(entry) = state.pending.iter_mut().find(|(at, _)| *at == seq) {
            entry.1 = true;
        }
        if state.advance() {
            self.dirty = true;
        }
        if seq > state.cursor {
            self.settled.push(seq);
            self.dirty = true;
        }
    }

    /// What is to be made durable.
    fn update(&mut self) -> Update {
        let mut update = Update {
            destination: self.name.clone(),
            ..Update::default()
        };
        update.cursors = Lane::ALL
            .into_iter()
            .zip(&self.lanes)
            .map(|(lane, state)| (lane, state.cursor))
            .collect();
        update.settled = std::mem::take(&mut self.settled);
        self.dirty = false;
        self.saved = Instant::now();
        update
    }

    /// Makes the cursors durable, at most every 200 ms: nobody waits for it.
    pub(crate) fn save_lazily(&mut self) {
        if self.dirty && self.saved.elapsed() >= COALESCE {
            let update = self.update();
            drop(self.journal.update(update));
        }
    }

    /// When [`Self::save_lazily`] has something to do.
    pub(crate) fn save_due(&self) -> Option<Instant> {
        self.dirty.then(|| self.saved + COALESCE)
    }

    /// Begins to make the cursors durable, and with them the frames that are about to be sent.
    pub(crate) fn begin_save(
        &mut self,
        outgoing: Vec<OutgoingFrame>,
    ) -> Pending<Result<(), JournalError>> {
        let mut update = self.update();
        update.outgoing = outgoing;
        self.journal.update(update)
    }

    /// Makes the cursors durable now, and with them the frames that are about to be sent.
    pub(crate) async fn save(&mut self, outgoing: Vec<OutgoingFrame>) -> Result<(), JournalError> {
        if !self.dirty && outgoing.is_empty() {
            return Ok(());
        }
        let mut update = self.update();
        update.outgoing = outgoing;
        let result = self.journal.update(update.clone()).await;
        if result.is_err() {
            self.settled.append(&mut update.settled);
            self.dirty = true;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Now, Sequence,
        journal::{Batch, SqliteJournal, Start, Subscription, Writer, example_signal},
    };

    /// A journal with these bodies, in this order.
    async fn journal(folder: &std::path::Path, bodies: &[&str]) -> (Writer, Feed) {
        let writer = Writer::start(SqliteJournal::open(folder).unwrap()).unwrap();
        let handle = writer.handle();
        let here = Subscription {
            name: "here".to_owned(),
            start: Start::Beginning,
        };
        handle.register(vec![here]).await.unwrap();
        let mut batch = Batch::new();
        for (number, body) in (1..).zip(bodies) {
            let data = format!("#1234|{body}");
            let mut signal = example_signal();
            signal.data = data.as_bytes();
            signal.sequence = Sequence::new(number).ok();
            batch.push(
                if body.starts_with('3') { "other" } else { "ip" },
                Now::default(),
                &signal,
            );
        }
        handle.append(batch).await.proofs.unwrap();
        let sources = Sources {
            excluded: HashSet::from(["other".to_owned()]),
        };
        let feed = Feed::new("here", Reader::open(folder).unwrap(), handle, sources).unwrap();
        (writer, feed)
    }

    #[tokio::test]
    async fn alarms_go_first_and_tests_still_get_a_twentieth() {
        let folder = tempfile::tempdir().unwrap();
        let bodies: Vec<&str> = [["1602 00 000"; 40], ["1110 01 001"; 40]].concat();
        let (_writer, mut feed) = journal(folder.path(), &bodies).await;
        let mut order = Vec::new();
        while let Some(event) = feed.next().unwrap() {
            order.push(event.lane.number());
            feed.done(event.lane, event.seq);
        }
        assert_eq!(order.len(), 80);
        let early = order.iter().take(40).filter(|lane| **lane == 3).count();
        assert_eq!(early, 2, "{order:?}");
    }

    #[tokio::test]
    async fn cursors_pass_what_is_done_in_order_and_what_is_for_others() {
        let folder = tempfile::tempdir().unwrap();
        let bodies = ["1130 01 001", "3130 01 001", "1130 01 002", "1130 01 003"];
        let (writer, mut feed) = journal(folder.path(), &bodies).await;
        let events: Vec<StoredEvent> = std::iter::from_fn(|| feed.next().unwrap()).collect();
        assert_eq!(events.len(), 3, "the one of the other input is not ours");
        let [first, second, third] = events.as_slice() else {
            panic!("{events:?}")
        };
        feed.done(second.lane, second.seq);
        feed.save(Vec::new()).await.unwrap();
        let cursor = |feed: &Feed| feed.reader().cursor("here").unwrap().unwrap()[1];
        assert!(cursor(&feed) < first.seq, "nothing is passed over");
        feed.done(first.lane, first.seq);
        feed.save(Vec::new()).await.unwrap();
        assert_eq!(cursor(&feed), second.seq);
        feed.done(third.lane, third.seq);
        feed.save(Vec::new()).await.unwrap();
        // A new start finds nothing to do.
        let sources = Sources {
            excluded: HashSet::new(),
        };
        let reader = Reader::open(folder.path()).unwrap();
        let mut again = Feed::new("here", reader, writer.handle(), sources).unwrap();
        assert!(again.next().unwrap().is_none());
    }
}
