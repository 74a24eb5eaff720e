//! Folding the write-ahead log into the file without holding up commits.
//!
//! The bulk is copied by a second connection on a thread of its own, while the writer goes on. What was written
//! meanwhile is copied by the writer between two commits: a short finish, after which the log starts anew. Should the
//! log outgrow its bound nevertheless (a slow disk, a reader that holds on), the writer copies all that it may by itself.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
};

use rusqlite::Connection;

use super::{JournalError, handle::Shared, sqlite};

/// The log may be this many times its size before the writer does all the copying.
const PATIENCE: u64 = 8;

/// The thread that copies, and the count of what is to copy.
pub(super) struct Checkpointer {
    start: Option<SyncSender<()>>,
    copied: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// Bytes of the log as far as the writer can tell.
    written: u64,
    /// The thread is at work, or its work waits for the finish.
    under_way: bool,
    limit: u64,
}

impl Checkpointer {
    pub(super) fn start(
        folder: &Path,
        limit: u64,
        shared: Arc<Shared>,
    ) -> Result<Self, JournalError> {
        let connection = Connection::open(folder.join(sqlite::FILE))?;
        sqlite::configure(&connection)?;
        let (start, requests) = sync_channel::<()>(1);
        let copied = Arc::new(AtomicBool::new(false));
        let done = copied.clone();
        let thread = std::thread::Builder::new()
            .name("journal-checkpoint".into())
            .spawn(move || {
                while requests.recv().is_ok() {
                    // Twice: the second round copies what came during the first, so that little is left to finish.
                    for _ in 0..2 {
                        if let Err(error) = passive(&connection) {
                            tracing::warn!(%error, "checkpoint of the journal failed, the writer will try");
                        }
                    }
                    done.store(true, Ordering::Release);
                    shared.wake();
                }
            })
            .map_err(|error| JournalError::Open(error.to_string()))?;
        Ok(Self {
            start: Some(start),
            copied,
            thread: Some(thread),
            written: 0,
            under_way: false,
            limit,
        })
    }

    /// After each commit: `bytes` were written. Returns the size of the log when it looked.
    pub(super) fn after_commit(
        &mut self,
        connection: &Connection,
        bytes: u64,
    ) -> Result<Option<u64>, JournalError> {
        // A commit writes whole pages: at least one for each lane that it touches.
        self.written += bytes + bytes / 2 + 8_192;
        if self.copied.swap(false, Ordering::Acquire) || (self.written > self.limit * PATIENCE) {
            let size = self.finish(connection)?;
            return Ok(Some(size));
        }
        if !self.under_way && self.written > self.limit {
            self.under_way = self
                .start
                .as_ref()
                .is_some_and(|start| start.try_send(()).is_ok());
        }
        Ok(None)
    }

    /// The short rest, by the writer itself.
    fn finish(&mut self, connection: &Connection) -> Result<u64, JournalError> {
        let (log, copied) = passive(connection)?;
        let size = log * 4_096;
        // When all is copied the next commit starts the log anew; else a reader holds on, and the rest counts on.
        self.written = if log == copied {
            0
        } else {
            size.min(self.limit)
        };
        self.under_way = false;
        Ok(size)
    }

    /// Ends the thread and empties the log.
    pub(super) fn stop(mut self, connection: &Connection) -> Result<(), JournalError> {
        self.join();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    fn join(&mut self) {
        self.start = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.join();
    }
}

/// Frames in the log, and how many of them are in the file now.
fn passive(connection: &Connection) -> Result<(u64, u64), JournalError> {
    let (log, copied): (i64, i64) =
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get(1)?, row.get(2)?))
        })?;
    Ok((
        u64::try_from(log).unwrap_or(0),
        u64::try_from(copied).unwrap_or(0),
    ))
}
