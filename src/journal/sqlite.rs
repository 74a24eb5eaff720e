use core::time::Duration;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::{
    Batch, Decision, Journal, JournalError, Update,
    insert::{self, Ids, NewRow, ciphertext_digest, signal_digest},
    number_of,
    open_conditions::{OpenConditions, Place},
    schema, seq_of,
};
use crate::{EventCode, Lane, Timestamp, link::memory::SignalMemory};

/// The database's name in its folder.
pub(super) const FILE: &str = "journal.sqlite";

/// The first version of SQLite without the bug that could corrupt a WAL file when two connections checkpoint.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Limits and times of a journal.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long the same signal is known again: 10 minutes.
    pub duplicate_window: Duration,
    /// For how many signals at most; beyond that the oldest is forgotten early and a later retry of it becomes a second
    /// event: one million, for which 40 MB are set aside (used as they fill).
    pub duplicates: usize,
    /// How long a ciphertext of an account that ignores time is remembered: 30 days.
    pub replay_window: Duration,
    /// How many ciphertexts at most; beyond that the oldest is forgotten early: one million.
    pub replays: usize,
    /// How long a row stays after its last delivery: 72 hours.
    pub retention: Duration,
    /// The most pages of 4 kB that the file may have; beyond that it is [`JournalError::Full`]. For tests and quotas.
    pub most_pages: Option<u32>,
    /// The size at which the write-ahead log is folded into the file: 4 MB. It grows beyond while a reader holds on to
    /// old pages or the disk is slow.
    pub wal_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            duplicate_window: Duration::from_secs(600),
            duplicates: 1_000_000,
            replay_window: Duration::from_secs(30 * 86_400),
            replays: 1_000_000,
            retention: Duration::from_secs(72 * 3600),
            most_pages: None,
            wal_bytes: 4 << 20,
        }
    }
}

/// The journal on SQLite: WAL, synced at each commit.
///
/// It is the only writer of its file, which a lock file guards. Duplicates, recordings and open conditions are decided
/// here, in memory, so nothing is missed between inputs; what a commit did not store is taken back.
pub struct SqliteJournal {
    pub(super) connection: Connection,
    pub(super) settings: Settings,
    pub(super) folder: PathBuf,
    digest_key: [u8; 16],
    ids: Ids,
    pub(super) next: i64,
    duplicates: SignalMemory,
    replays: SignalMemory,
    next_ciphertext: i64,
    pub(super) conditions: OpenConditions,
    /// What the last commit did.
    pub(super) counted: Counted,
    /// Held for the life of the journal.
    _lock: std::fs::File,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Counted {
    pub(super) events: u64,
    pub(super) duplicates: u64,
    pub(super) replays: u64,
    /// Bytes of text and payload, a measure for the growth of the log.
    pub(super) bytes: u64,
}

impl SqliteJournal {
    /// Opens the journal in `folder`, and makes folder and file when there are none.
    ///
    /// # Errors
    /// When the file can't be opened, is in use by another journal, is of a newer schema, or SQLite is too old.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        Self::open_with(folder, Settings::default())
    }

    /// Opens with other limits.
    ///
    /// # Errors
    /// As [`SqliteJournal::open`].
    pub fn open_with(folder: &Path, settings: Settings) -> Result<Self, JournalError> {
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(JournalError::SqliteVersion(rusqlite::version().to_owned()));
        }
        let failed =
            |error: std::io::Error| JournalError::Open(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let lock = std::fs::File::create(folder.join("journal.lock")).map_err(failed)?;
        lock.try_lock().map_err(|_| {
            JournalError::Open(format!("{}: in use by another process", folder.display()))
        })?;
        let connection = Connection::open(folder.join(FILE)).map_err(|error| {
            JournalError::Open(format!("{}: {error}", folder.join(FILE).display()))
        })?;
        configure(&connection)?;
        if let Some(most) = settings.most_pages {
            connection.pragma_update(None, "max_page_count", most)?;
        }
        schema::prepare(&connection)?;
        #[cfg(unix)]
        std::fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)?;
        let digest_key = setting(&connection, "digest_key")?;
        let mut id_key = [0; 16];
        getrandom::fill(&mut id_key).map_err(|error| JournalError::Open(error.to_string()))?;
        let mut journal = Self {
            duplicates: SignalMemory::new(settings.duplicate_window, settings.duplicates),
            replays: SignalMemory::new(settings.replay_window, settings.replays),
            connection,
            settings,
            folder: folder.to_owned(),
            digest_key,
            ids: Ids::new(id_key),
            next: 1,
            next_ciphertext: 1,
            conditions: OpenConditions::default(),
            counted: Counted::default(),
            _lock: lock,
        };
        journal.remember()?;
        Ok(journal)
    }

    /// The folder of its file.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The number that the next event gets.
    #[must_use]
    pub const fn next_number(&self) -> i64 {
        self.next
    }

    /// How many digests left a memory before their time.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.duplicates.forgotten() + self.replays.forgotten()
    }

    /// Rebuilds from the file what is decided in memory.
    fn remember(&mut self) -> Result<(), JournalError> {
        self.next = setting(&self.connection, "next")?;
        let mut digests: Vec<(i64, u128)> = Vec::new();
        for lane in Lane::ALL {
            let range = params![seq_of(lane, 0), seq_of(lane, i64::MAX)];
            let mut newest = self
                .connection
                .prepare("SELECT max(seq) FROM event WHERE seq > ?1 AND seq <= ?2")?;
            if let Some(seq) = newest.query_row(range, |row| row.get::<_, Option<i64>>(0))? {
                self.next = self.next.max(number_of(seq) + 1);
            }
            self.recent_digests(lane, &mut digests)?;
        }
        digests.sort_unstable();
        for (received, digest) in digests {
            self.duplicates
                .insert(digest, Timestamp::from_nanos(received));
        }
        let mut statement = self
            .connection
            .prepare("SELECT number, digest, accepted FROM ciphertext ORDER BY number")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.next_ciphertext = row.get::<_, i64>(0)? + 1;
            let digest = u128::from_le_bytes(row.get(1)?);
            self.replays
                .insert(digest, Timestamp::from_nanos(row.get(2)?));
        }
        drop(rows);
        drop(statement);
        super::purge::load_conditions(&self.connection, &mut self.conditions)
    }

    /// The digests of the lane's newest rows, back to where the window before the newest row ends; a minute more, as
    /// rows of several runtimes are not quite in the order of their arrival.
    fn recent_digests(
        &self,
        lane: Lane,
        digests: &mut Vec<(i64, u128)>,
    ) -> Result<(), JournalError> {
        let sql =
            "SELECT received, digest FROM event WHERE seq > ?1 AND seq <= ?2 ORDER BY seq DESC";
        let mut statement = self.connection.prepare(sql)?;
        let mut rows = statement.query(params![seq_of(lane, 0), seq_of(lane, i64::MAX)])?;
        let window =
            i64::try_from((self.settings.duplicate_window + Duration::from_secs(60)).as_nanos());
        let window = window.unwrap_or(i64::MAX);
        let mut oldest = i64::MIN;
        let mut taken = 0;
        while let Some(row) = rows.next()? {
            let received: i64 = row.get(0)?;
            if received < oldest || taken >= self.settings.duplicates {
                break;
            }
            oldest = oldest.max(received.saturating_sub(window));
            if let Some(digest) = row.get::<_, Option<[u8; 16]>>(1)? {
                digests.push((received, u128::from_le_bytes(digest)));
                taken += 1;
            }
        }
        Ok(())
    }

    /// One transaction of batches and progress. Memory and file agree afterwards, whatever happened.
    pub(super) fn store(
        &mut self,
        batches: &mut [Batch],
        updates: &[&Update],
    ) -> Result<(), JournalError> {
        let before = (
            self.next,
            self.next_ciphertext,
            self.duplicates.mark(),
            self.replays.mark(),
        );
        let result = self.transaction(|journal| {
            journal.counted = Counted::default();
            for batch in batches.iter_mut() {
                journal.insert(batch)?;
            }
            updates
                .iter()
                .try_for_each(|update| journal.progress(update))
        });
        match result {
            Ok(()) => self.conditions.keep(),
            Err(_) => {
                (self.next, self.next_ciphertext) = (before.0, before.1);
                self.duplicates.rewind(before.2);
                self.replays.rewind(before.3);
                self.conditions.rewind();
                self.counted = Counted::default();
            }
        }
        result
    }

    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        self.connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([])?;
        let result = work(self).and_then(|value| {
            self.connection.prepare_cached("COMMIT")?.execute([])?;
            Ok(value)
        });
        if result.is_err() && !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK")?;
        }
        result
    }

    /// Decides on each signal, and inserts the rows of the new ones.
    fn insert(&mut self, batch: &mut Batch) -> Result<(), JournalError> {
        let mut decisions: Vec<Decision> = Vec::with_capacity(batch.len());
        let mut rows: Vec<NewRow<'_>> = Vec::with_capacity(batch.len());
        let mut ciphertexts: Vec<(u128, Timestamp)> = Vec::new();
        for signal in batch.signals() {
            let received = signal.received();
            let mut digest = signal
                .sequence()
                .map(|_| signal_digest(&self.digest_key, &signal));
            let repeat = digest.is_some_and(|digest| self.duplicates.contains(digest, received));
            let mut decision = if repeat {
                Decision::Repeat
            } else {
                Decision::Store
            };
            if signal.remember_ciphertext() {
                let ciphertext = ciphertext_digest(&self.digest_key, signal.raw());
                if !self.replays.see(ciphertext, received) {
                    // Of a repeat too: each retry is a recording that could be played after the window.
                    ciphertexts.push((ciphertext, received));
                } else if !repeat {
                    decision = Decision::Replayed;
                }
            }
            decisions.push(decision);
            match decision {
                Decision::Store => {}
                Decision::Repeat => {
                    self.counted.duplicates += 1;
                    continue;
                }
                Decision::Replayed => {
                    self.counted.replays += 1;
                    continue;
                }
            }
            if let Some(digest) = digest {
                self.duplicates.insert(digest, received);
            }
            for event in signal.events() {
                let number = self.next;
                self.next += 1;
                let mut lane = event.lane();
                if event.tracked()
                    && let Ok(code) = EventCode::parse(event.code())
                {
                    lane = self.conditions.apply(
                        Place::of(&event),
                        code,
                        event.qualifier(),
                        lane,
                        number,
                    );
                }
                rows.push(NewRow {
                    signal,
                    event,
                    lane,
                    number,
                    digest: digest.take(),
                });
            }
        }
        insert::insert(&self.connection, &self.ids, &rows)?;
        self.counted.events += rows.len() as u64;
        self.counted.bytes += batch.bytes() as u64;
        for (digest, accepted) in ciphertexts {
            self.connection
                .prepare_cached(
                    "INSERT INTO ciphertext(number, digest, accepted) VALUES(?1, ?2, ?3)",
                )?
                .execute(params![
                    self.next_ciphertext,
                    &digest.to_le_bytes()[..],
                    accepted.as_nanos()
                ])?;
            self.next_ciphertext += 1;
        }
        for (index, decision) in decisions.into_iter().enumerate() {
            batch.decide(index, decision);
        }
        Ok(())
    }
}

impl Journal for SqliteJournal {
    fn persist(&mut self, batch: &mut Batch) -> Result<(), JournalError> {
        self.persist_all(core::slice::from_mut(batch))
    }

    fn persist_all(&mut self, batches: &mut [Batch]) -> Result<(), JournalError> {
        self.store(batches, &[])
    }
}

/// What every writing connection is set to.
pub(super) fn configure(connection: &Connection) -> Result<(), JournalError> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Checkpoints are the writer's business, see the module `checkpoint`.
    connection
        .pragma_update_and_check(None, "wal_autocheckpoint", 0, |row| row.get::<_, i64>(0))?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |row| {
        row.get::<_, i64>(0)
    })?;
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn setting<T: rusqlite::types::FromSql>(
    connection: &Connection,
    name: &str,
) -> Result<T, JournalError> {
    let sql = "SELECT value FROM setting WHERE name = ?1";
    connection
        .query_row(sql, [name], |row| row.get(0))
        .map_err(|error| JournalError::Open(format!("{name}: {error}")))
}
