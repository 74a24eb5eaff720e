//! The durable store: what was received is committed and synced here before anybody hears an acknowledgement, and
//! stays until every destination has it.
//!
//! [`Journal`] is the promise, [`commit`] the only maker of its proof ([`Stored`]), [`SqliteJournal`] the store that the
//! gateway uses, with a [`Writer`] thread that commits in groups and [`Reader`]s that look on. The schema is
//! documented in `docs/journal.md`: stations open the file with their own tools.
//!
//! ```
//! use alarmwire::{Now, journal::{Batch, MemoryJournal, Outcome, commit}};
//! # #[cfg(all(feature = "dc09", feature = "contact-id"))] {
//! # let signal = alarmwire::journal::example_signal();
//! let mut journal = MemoryJournal::default();
//! let mut batch = Batch::new();
//! let first = batch.push("ip", Now::default(), &signal);
//! let proofs = commit(&mut journal, &mut batch)?;
//! assert!(matches!(proofs.outcome(first), Some(Outcome::Stored(stored)) if !stored.is_repeat()));
//! # }
//! # Ok::<(), alarmwire::journal::JournalError>(())
//! ```

mod batch;
mod checkpoint;
mod destinations;
mod event;
mod handle;
mod insert;
mod memory;
mod open_conditions;
mod pending;
mod purge;
mod reader;
mod schema;
mod sqlite;
mod writer;

pub use batch::{Batch, BatchedEvent, BatchedSignal, Decision};
pub(crate) use event::EventRef;
pub use event::StoredEvent;
pub use handle::{Done, Finished, Handle, Rejected, Start, Stats, Status, Subscription, Update};
pub use memory::MemoryJournal;
pub use pending::{Commits, Pending};
pub use reader::{OutgoingFrame, Page, Reader};
pub use schema::{LANE_SHIFT, lane_of, number_of, seq_of};
pub use sqlite::{Settings, SqliteJournal};
pub use writer::Writer;

use crate::link::Stored;

/// A store that keeps signals through a power cut.
///
/// An implementation returns `Ok` from [`Journal::persist`] only when every signal of the batch that it did not decide
/// otherwise ([`Batch::decide`]) is on disk and synced; [`commit`] then hands out the proofs.
pub trait Journal: Send {
    /// Stores the batch as a whole, or nothing of it.
    ///
    /// # Errors
    /// When it is not durable. After [`JournalError::Full`] the same batch may be tried again; after any other error
    /// nothing may be acknowledged any more.
    fn persist(&mut self, batch: &mut Batch) -> Result<(), JournalError>;

    /// Stores several batches, with one sync where the store can.
    ///
    /// # Errors
    /// As [`Journal::persist`]: then none of them is acknowledged.
    fn persist_all(&mut self, batches: &mut [Batch]) -> Result<(), JournalError> {
        batches.iter_mut().try_for_each(|batch| self.persist(batch))
    }
}

/// Stores a batch, and hands out the proofs that turn its tickets into acknowledgements: the only way to get one.
///
/// # Errors
/// When the journal could not store it; nothing of the batch may then be acknowledged.
pub fn commit<J: Journal + ?Sized>(
    journal: &mut J,
    batch: &mut Batch,
) -> Result<Proofs, JournalError> {
    journal.persist(batch)?;
    Ok(Proofs {
        decisions: batch.take_decisions(),
    })
}

/// [`commit`] for several batches at once; the proofs come in the order of the batches.
///
/// # Errors
/// When the journal could not store them; nothing of any batch may then be acknowledged.
pub fn commit_all<J: Journal + ?Sized>(
    journal: &mut J,
    batches: &mut [Batch],
) -> Result<Vec<Proofs>, JournalError> {
    journal.persist_all(batches)?;
    Ok(batches
        .iter_mut()
        .map(|batch| Proofs {
            decisions: batch.take_decisions(),
        })
        .collect())
}

/// What became of the signals of one committed batch.
#[derive(Debug)]
pub struct Proofs {
    decisions: Vec<Decision>,
}

/// What became of one signal.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It is durable; with the proof its ticket can be redeemed.
    Stored(Stored),
    /// Its ciphertext was accepted before: somebody plays a recording. No event was made and no answer may be given;
    /// a compromise event is due.
    Replayed,
}

impl Proofs {
    /// What became of the signal that [`Batch::push`] numbered `index`; `None` when the batch had no such signal.
    #[must_use]
    pub fn outcome(&self, index: usize) -> Option<Outcome> {
        self.decisions.get(index).map(|decision| match decision {
            Decision::Store => Outcome::Stored(Stored::new(false)),
            Decision::Repeat => Outcome::Stored(Stored::new(true)),
            Decision::Replayed => Outcome::Replayed,
        })
    }

    /// How many signals the batch had.
    #[must_use]
    pub fn len(&self) -> usize {
        self.decisions.len()
    }

    /// Whether the batch had none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.decisions.is_empty()
    }
}

/// Why something is not stored.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// No room on the disk: rolled back, and may be tried again when there is room.
    #[error("no room left for the journal")]
    Full,
    /// Another program holds the file's write lock: rolled back, and may be tried again when it lets go.
    #[error("the journal is locked by another program")]
    Locked,
    /// The disk or the database failed: acknowledging stops until a restart.
    #[error("the journal failed: {0}")]
    Failed(String),
    /// The writer is shut down.
    #[error("the journal is closed")]
    Closed,
    /// More commands wait than the writer takes in; try again shortly.
    #[error("the journal's queue is full")]
    Busy,
    /// The SQLite library is older than 3.51.3, which repaired a bug that corrupts WAL files.
    #[error("sqlite {0} is too old, 3.51.3 is needed")]
    SqliteVersion(String),
    /// The file was written by a newer program.
    #[error("the journal has schema {found}, this program knows up to {known}")]
    Schema {
        /// Of the file.
        found: i64,
        /// The newest that this program reads.
        known: i64,
    },
    /// The file or folder can't be opened.
    #[error("can't open the journal: {0}")]
    Open(String),
}

impl JournalError {
    /// Whether the same may be tried again.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Full | Self::Locked | Self::Busy)
    }
}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            Some(rusqlite::ErrorCode::DatabaseBusy) => Self::Locked,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// A signal for examples and tests.
#[doc(hidden)]
#[must_use]
#[cfg(all(feature = "dc09", feature = "contact-id"))]
pub fn example_signal() -> crate::Signal<'static> {
    crate::Signal {
        protocol: &crate::codec::dc09::Dc09,
        token: Some("ADM-CID"),
        encrypted: false,
        sequence: crate::Sequence::new(1).ok(),
        receiver: None,
        line: Some("0"),
        account: crate::AccountId::new("1234").ok(),
        data: b"#1234|1130 01 015",
        extended: b"",
        sent: None,
        raw: b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r",
        possible_repeat: false,
        remember_ciphertext: false,
        quirks: crate::codec::Quirks::NONE,
    }
}
