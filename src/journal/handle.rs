use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Batch, Commits, JournalError, OutgoingFrame, Pending, Proofs,
    pending::{Answer, Watched, lock, pending},
};
use crate::Lane;

/// How many commands may wait for the writer; beyond that a submit is [`JournalError::Busy`].
const QUEUE: usize = 4_096;

/// What a caller of [`Handle::submit`] gets back: called on the writer's thread, so it must be quick and must not block.
pub trait Done: Send + Sync {
    /// The batch is through: acknowledge by the proofs, or (an error) acknowledge nothing.
    fn done(&self, finished: Finished);
}

impl<F: Fn(Finished) + Send + Sync> Done for F {
    fn done(&self, finished: Finished) {
        self(finished);
    }
}

/// A batch that came back from the writer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Finished {
    /// The batch as submitted, to read from and to use again after [`Batch::clear`].
    pub batch: Batch,
    /// The proofs of its signals, or why nothing of it is stored for good.
    pub proofs: Result<Proofs, JournalError>,
}

/// A batch that the writer did not take.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rejected {
    /// The batch, unchanged.
    pub batch: Batch,
    /// Why.
    pub error: JournalError,
}

/// Where a destination that is new starts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Start {
    /// With what comes after its registration.
    #[default]
    End,
    /// With the oldest event that is still held.
    Beginning,
}

/// A destination of the configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subscription {
    /// Its name.
    pub name: String,
    /// Where it starts when the journal does not know it.
    pub start: Start,
}

/// Progress of one destination, made durable with the next commit.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Update {
    /// Name of the destination; one that is not registered is ignored.
    pub destination: String,
    /// For some lanes the `seq` up to which everything is delivered (or is none of this destination's business). Never
    /// moves back. Frames in `outgoing` up to there are forgotten.
    pub cursors: Vec<(Lane, i64)>,
    /// Frames about to be sent for the first time; await the update before sending.
    pub outgoing: Vec<OutgoingFrame>,
    /// Events beyond the cursor that are delivered: their frames need no resend after a restart.
    pub settled: Vec<i64>,
}

/// How the journal is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// Storing.
    #[default]
    Good,
    /// No room on the disk: what waits is held and tried again; nothing is acknowledged.
    Full,
    /// Another program holds the file's write lock, as a station's own tool may: as [`Status::Full`], until it lets go.
    Locked,
    /// The disk or the database failed: nothing is acknowledged until a restart.
    Failed(String),
    /// Shut down.
    Closed,
}

/// What the journal counted since it was opened.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Events stored.
    pub events: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Commits that were synced to disk before they were reported: with `synchronous=FULL` all that wrote something.
    pub synced: u64,
    /// Signals acknowledged again without a new event.
    pub duplicates: u64,
    /// Recordings refused.
    pub replays: u64,
    /// Digests that left a bounded memory before their time.
    pub forgotten: u64,
    /// Rows purged.
    pub purged: u64,
    /// Bytes of the write-ahead log at the last look.
    pub wal_bytes: u64,
}

pub(super) enum Command {
    Batch(Batch, Arc<dyn Done>),
    Update(Update, Answer<Result<(), JournalError>>),
    Register(Vec<Subscription>, Answer<Result<(), JournalError>>),
    /// A look at what may be purged, as the writer does by itself from time to time.
    Purge(crate::Timestamp, Answer<Result<u64, JournalError>>),
    Shutdown(Answer<Result<(), JournalError>>),
    /// Something for the writer to look at: a finished checkpoint.
    Wake,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) events: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) synced: AtomicU64,
    pub(super) duplicates: AtomicU64,
    pub(super) replays: AtomicU64,
    pub(super) forgotten: AtomicU64,
    pub(super) purged: AtomicU64,
    pub(super) wal_bytes: AtomicU64,
}

pub(super) struct Shared {
    queue: Mutex<Queue>,
    arrived: Condvar,
    pub(super) status: Mutex<Status>,
    pub(super) committed: Arc<Watched>,
    pub(super) status_changed: Arc<Watched>,
    pub(super) counters: Counters,
}

struct Queue {
    waiting: VecDeque<Command>,
    closed: bool,
    stopping: bool,
}

impl Shared {
    pub(super) fn new(last_number: u64) -> Self {
        Self {
            queue: Mutex::new(Queue {
                waiting: VecDeque::new(),
                closed: false,
                stopping: false,
            }),
            arrived: Condvar::new(),
            status: Mutex::new(Status::Good),
            committed: Arc::new(Watched::new(last_number)),
            status_changed: Arc::new(Watched::new(0)),
            counters: Counters::default(),
        }
    }

    #[expect(
        clippy::result_large_err,
        reason = "the command comes back; a box would cost an allocation each"
    )]
    fn push(&self, command: Command) -> Result<(), (Command, JournalError)> {
        let mut queue = lock(&self.queue);
        if queue.closed {
            return Err((command, JournalError::Closed));
        }
        if queue.waiting.len() >= QUEUE {
            return Err((command, JournalError::Busy));
        }
        queue.stopping |= matches!(command, Command::Shutdown(_));
        queue.waiting.push_back(command);
        // The writer only sleeps on an empty queue.
        if queue.waiting.len() == 1 {
            drop(queue);
            self.arrived.notify_one();
        }
        Ok(())
    }

    pub(super) fn wake(&self) {
        let _ = self.push(Command::Wake);
    }

    /// Swaps everything that waits into `into` (which is empty), and sleeps for at most `patience` when that is nothing.
    pub(super) fn take(&self, into: &mut VecDeque<Command>, patience: std::time::Duration) {
        let mut queue = lock(&self.queue);
        if queue.waiting.is_empty() && !queue.closed {
            queue = self
                .arrived
                .wait_timeout(queue, patience)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        core::mem::swap(&mut queue.waiting, into);
    }

    /// Whether a shutdown waits in the queue.
    pub(super) fn is_stopping(&self) -> bool {
        lock(&self.queue).stopping
    }

    pub(super) fn close(&self) -> VecDeque<Command> {
        let mut queue = lock(&self.queue);
        queue.closed = true;
        core::mem::take(&mut queue.waiting)
    }

    pub(super) fn set_status(&self, status: Status) {
        *lock(&self.status) = status;
        self.status_changed.bump();
    }
}

/// The way to the writer's thread, for any number of threads and tasks.
#[derive(Clone)]
pub struct Handle {
    pub(super) shared: Arc<Shared>,
}

fn closed<T>() -> Result<T, JournalError> {
    Err(JournalError::Closed)
}

impl Handle {
    /// Hands a batch to the writer, which commits it with everything else that waits and then calls `done`. While the
    /// disk is full the writer holds it and tries again.
    ///
    /// # Errors
    /// When the writer can't take it in: its queue is full, or it is shut down.
    #[expect(
        clippy::result_large_err,
        reason = "the batch comes back; a box would cost an allocation each"
    )]
    pub fn submit(&self, batch: Batch, done: Arc<dyn Done>) -> Result<(), Rejected> {
        self.shared
            .push(Command::Batch(batch, done))
            .map_err(|(command, error)| match command {
                Command::Batch(batch, _) => Rejected { batch, error },
                _ => Rejected {
                    batch: Batch::new(),
                    error,
                },
            })
    }

    /// Stores a batch: for inputs that need no hot path.
    pub fn append(&self, batch: Batch) -> Pending<Finished> {
        let (answer, waiting) = pending(|| Finished {
            batch: Batch::new(),
            proofs: Err(JournalError::Closed),
        });
        let once = Mutex::new(Some(answer));
        let done = move |finished| {
            if let Some(answer) = lock(&once).take() {
                answer.give(finished);
            }
        };
        let done = Arc::new(done);
        if let Err(Rejected { batch, error }) = self.submit(batch, done.clone()) {
            done.done(Finished {
                batch,
                proofs: Err(error),
            });
        }
        waiting
    }

    /// Makes a destination's progress durable; see [`Update`].
    pub fn update(&self, update: Update) -> Pending<Result<(), JournalError>> {
        self.ask(|answer| Command::Update(update, answer))
    }

    /// Tells which destinations the configuration names: a new one gets its cursors, one that is not named any more
    /// holds no rows (its cursors stay, for the case that it comes back while the rows still stand).
    pub fn register(&self, destinations: Vec<Subscription>) -> Pending<Result<(), JournalError>> {
        self.ask(|answer| Command::Register(destinations, answer))
    }

    /// Deletes what all destinations have had for longer than the retention, and says how many rows; the writer does so
    /// by itself from time to time.
    pub fn purge(&self, now: crate::Timestamp) -> Pending<Result<u64, JournalError>> {
        self.ask(|answer| Command::Purge(now, answer))
    }

    /// Stores what waits, folds the write-ahead log into the file, and ends the writer.
    pub fn shutdown(&self) -> Pending<Result<(), JournalError>> {
        self.ask(Command::Shutdown)
    }

    fn ask<T>(
        &self,
        command: impl FnOnce(Answer<Result<T, JournalError>>) -> Command,
    ) -> Pending<Result<T, JournalError>> {
        let (answer, waiting) = pending(closed::<T>);
        if let Err((command, error)) = self.shared.push(command(answer)) {
            command.refuse(&error);
        }
        waiting
    }

    /// Tells when new events are committed: the number is [`super::number_of`] of the newest.
    #[must_use]
    pub fn committed(&self) -> Commits {
        Commits::new(self.shared.committed.clone())
    }

    /// Tells when [`Handle::status`] changed.
    #[must_use]
    pub fn status_changes(&self) -> Commits {
        Commits::new(self.shared.status_changed.clone())
    }

    /// How the journal is.
    #[must_use]
    pub fn status(&self) -> Status {
        lock(&self.shared.status).clone()
    }

    /// What it counted.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let counters = &self.shared.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            events: read(&counters.events),
            commits: read(&counters.commits),
            synced: read(&counters.synced),
            duplicates: read(&counters.duplicates),
            replays: read(&counters.replays),
            forgotten: read(&counters.forgotten),
            purged: read(&counters.purged),
            wal_bytes: read(&counters.wal_bytes),
        }
    }
}

impl Command {
    /// Answers a command that will not be done.
    pub(super) fn refuse(self, error: &JournalError) {
        match self {
            Self::Batch(batch, done) => done.done(Finished {
                batch,
                proofs: Err(error.clone()),
            }),
            Self::Update(_, answer) | Self::Register(_, answer) | Self::Shutdown(answer) => {
                answer.give(Err(error.clone()));
            }
            Self::Purge(_, answer) => answer.give(Err(error.clone())),
            Self::Wake => {}
        }
    }
}
