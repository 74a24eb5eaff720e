use core::time::Duration;
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::SystemTime,
};

use super::{
    Batch, Done, Finished, Handle, JournalError, Proofs, SqliteJournal, Status, Update,
    checkpoint::Checkpointer,
    handle::{Command, Shared},
    pending::Answer,
};
use crate::Timestamp;

/// How many signals one commit takes at most: beyond that the first of them wait too long.
const GROUP: usize = 8_192;
/// How long progress alone waits for signals to share a commit with, so that no sync for a cursor delays an alarm.
const COMPANY: Duration = Duration::from_millis(10);
/// How often the writer looks what may be purged.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// How long it waits before it tries a full disk again, at first and at most.
const FULL_WAIT: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

/// The thread that owns the journal. It commits in groups without a timer: what arrives while one commit runs goes into
/// the next.
pub struct Writer {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the second connection, for checkpoints, can't be opened.
    pub fn start(journal: SqliteJournal) -> Result<Self, JournalError> {
        let last = u64::try_from(journal.next_number() - 1).unwrap_or(0);
        let shared = Arc::new(Shared::new(last));
        let checkpointer =
            Checkpointer::start(journal.folder(), journal.settings.wal_bytes, shared.clone())?;
        let work = Work {
            journal,
            shared: shared.clone(),
            checkpointer,
            failed: None,
            purge_at: None,
        };
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || work.run())
            .map_err(|error| JournalError::Open(error.to_string()))?;
        Ok(Self {
            handle: Handle { shared },
            thread: Some(thread),
        })
    }

    /// The way to it; clone at will.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for Writer {
    /// Shuts down and waits for the thread, so that the file is free afterwards.
    fn drop(&mut self) {
        drop(self.handle.shutdown());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Work {
    journal: SqliteJournal,
    shared: Arc<Shared>,
    checkpointer: Checkpointer,
    failed: Option<JournalError>,
    purge_at: Option<SystemTime>,
}

/// What goes into one transaction.
#[derive(Default)]
struct Group {
    batches: Vec<Batch>,
    done: Vec<Arc<dyn Done>>,
    updates: Vec<(Update, Answer<Result<(), JournalError>>)>,
    signals: usize,
    /// Until when it may wait, while it is progress alone.
    until: Option<SystemTime>,
}

impl Group {
    /// Whether it is nothing but cursors that have time. Frames about to be sent have none.
    fn can_wait(&mut self) -> bool {
        let idle = self.batches.is_empty() && !self.updates.is_empty();
        if !idle
            || self
                .updates
                .iter()
                .any(|(update, _)| !update.outgoing.is_empty())
        {
            return false;
        }
        let clock = SystemTime::now();
        let until = *self.until.get_or_insert(clock + COMPANY);
        // A clock that was set back must not make it wait for long.
        clock < until && until <= clock + COMPANY
    }
}

impl Work {
    fn run(mut self) {
        let mut waiting = VecDeque::new();
        let mut taken = VecDeque::new();
        let mut group = Group::default();
        loop {
            if waiting.is_empty() {
                let patience = if group.updates.is_empty() {
                    self.patience()
                } else {
                    COMPANY
                };
                self.shared.take(&mut taken, patience);
                waiting.append(&mut taken);
            }
            let mut after = None;
            while let Some(command) = waiting.pop_front() {
                match command {
                    Command::Batch(batch, done) => {
                        group.signals += batch.len();
                        group.batches.push(batch);
                        group.done.push(done);
                    }
                    Command::Update(update, answer) => group.updates.push((update, answer)),
                    Command::Wake => {}
                    other => {
                        after = Some(other);
                        break;
                    }
                }
                if group.signals >= GROUP {
                    break;
                }
            }
            if after.is_none() && group.can_wait() {
                continue;
            }
            group.until = None;
            self.commit(&mut group);
            match after {
                Some(Command::Register(destinations, answer)) => {
                    let result = self
                        .good()
                        .and_then(|()| self.journal.register(&destinations, now()));
                    answer.give(self.note(result));
                }
                Some(Command::Purge(now, answer)) => {
                    let result = self.good().and_then(|()| self.purge_all(now));
                    answer.give(self.note(result));
                }
                Some(Command::Shutdown(answer)) => return self.end(waiting, answer),
                _ => {}
            }
            if waiting.is_empty() {
                self.purge_in_time();
            }
        }
    }

    /// How long nothing may happen before the writer looks for itself.
    fn patience(&self) -> Duration {
        match self.purge_at {
            Some(at) => at
                .duration_since(SystemTime::now())
                .unwrap_or(Duration::from_millis(1))
                .min(PURGE_EVERY),
            None => Duration::from_millis(1),
        }
    }

    fn good(&self) -> Result<(), JournalError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    /// Anything but a lack of room ends acknowledging.
    fn note<T>(&mut self, result: Result<T, JournalError>) -> Result<T, JournalError> {
        if let Err(error) = &result
            && !error.is_temporary()
            && self.failed.is_none()
        {
            tracing::error!(%error, "the journal failed: nothing is acknowledged until a restart");
            self.failed = Some(error.clone());
            self.shared.set_status(Status::Failed(error.to_string()));
        }
        result
    }

    fn commit(&mut self, group: &mut Group) {
        if group.batches.is_empty() && group.updates.is_empty() {
            // A checkpoint may have been finished.
            if self.failed.is_none() {
                self.after_commit(0);
            }
            return;
        }
        let result = self.store(group);
        let bytes = self.journal.counted.bytes;
        match &result {
            Ok(()) => self.count(),
            Err(error) => tracing::debug!(%error, "a group was not stored"),
        }
        let updates = group.updates.drain(..);
        updates.for_each(|(_, answer)| answer.give(result.clone()));
        for (mut batch, done) in group.batches.drain(..).zip(group.done.drain(..)) {
            let proofs = result.clone().map(|()| Proofs {
                decisions: batch.take_decisions(),
            });
            done.done(Finished { batch, proofs });
        }
        group.signals = 0;
        if result.is_ok() {
            self.shared
                .committed
                .set(u64::try_from(self.journal.next_number() - 1).unwrap_or(0));
            self.after_commit(bytes);
        }
    }

    /// Stores the group, and while there is no room, or another program holds the lock, keeps it and tries again.
    fn store(&mut self, group: &mut Group) -> Result<(), JournalError> {
        self.good()?;
        let [mut wait, longest] = FULL_WAIT;
        let mut held = None;
        loop {
            let updates: Vec<&Update> = group.updates.iter().map(|(update, _)| update).collect();
            let result = self.journal.store(&mut group.batches, &updates);
            match result {
                Err(error @ (JournalError::Full | JournalError::Locked)) => {
                    if held.as_ref() != Some(&error) {
                        tracing::error!("{error}: nothing is acknowledged meanwhile");
                        self.shared.set_status(match error {
                            JournalError::Locked => Status::Locked,
                            _ => Status::Full,
                        });
                        held = Some(error.clone());
                    }
                    if self.shared.is_stopping() {
                        return Err(error);
                    }
                    if error == JournalError::Full {
                        // What is past its retention makes room, if deleting it finds any.
                        let _ = self.journal.purge(now());
                    }
                    std::thread::sleep(wait);
                    wait = (wait * 2).min(longest);
                }
                other => {
                    if held.is_some() && other.is_ok() {
                        tracing::info!("the journal stores again");
                        self.shared.set_status(Status::Good);
                    }
                    return self.note(other);
                }
            }
        }
    }

    fn count(&self) {
        let counters = &self.shared.counters;
        let add = |counter: &AtomicU64, more: u64| counter.fetch_add(more, Ordering::Relaxed);
        add(&counters.events, self.journal.counted.events);
        add(&counters.commits, 1);
        add(&counters.synced, 1);
        add(&counters.duplicates, self.journal.counted.duplicates);
        add(&counters.replays, self.journal.counted.replays);
        counters
            .forgotten
            .store(self.journal.forgotten(), Ordering::Relaxed);
    }

    fn after_commit(&mut self, bytes: u64) {
        match self
            .checkpointer
            .after_commit(&self.journal.connection, bytes)
        {
            Ok(Some(size)) => self
                .shared
                .counters
                .wal_bytes
                .store(size, Ordering::Relaxed),
            Ok(None) => {}
            Err(error) => drop(self.note::<()>(Err(error))),
        }
    }

    fn purge_all(&mut self, now: Timestamp) -> Result<u64, JournalError> {
        let mut purged = 0;
        loop {
            let rows = self.purge_step(now)?;
            purged += rows;
            if rows < super::purge::ROWS as u64 {
                return Ok(purged);
            }
        }
    }

    fn purge_step(&mut self, now: Timestamp) -> Result<u64, JournalError> {
        let rows = self.journal.purge(now)? as u64;
        self.shared
            .counters
            .purged
            .fetch_add(rows, Ordering::Relaxed);
        self.after_commit(rows * 256);
        Ok(rows)
    }

    /// A step when its time has come and nothing waits; the next follows at once while there is more to purge.
    fn purge_in_time(&mut self) {
        let clock = SystemTime::now();
        if self.failed.is_some()
            || self
                .purge_at
                .is_some_and(|at| at > clock && at < clock + 2 * PURGE_EVERY)
        {
            if self.failed.is_some() {
                self.purge_at = Some(clock + PURGE_EVERY);
            }
            return;
        }
        let result = self.purge_step(now());
        let more = matches!(result, Ok(rows) if rows >= super::purge::ROWS as u64);
        self.purge_at = Some(if more { clock } else { clock + PURGE_EVERY });
        let _ = self.note(result);
    }

    fn end(mut self, waiting: VecDeque<Command>, answer: Answer<Result<(), JournalError>>) {
        // What came before the shutdown is done; what came behind it hears that the journal is closed.
        let late = self.shared.close();
        for command in waiting.into_iter().chain(late) {
            command.refuse(&JournalError::Closed);
        }
        let result = self.good().and_then(|()| self.journal.fold_all());
        let Self {
            journal,
            shared,
            checkpointer,
            ..
        } = self;
        let result = result.and_then(|()| checkpointer.stop(&journal.connection));
        drop(journal);
        shared.set_status(Status::Closed);
        answer.give(result);
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_nanos(0).after(since)
}
