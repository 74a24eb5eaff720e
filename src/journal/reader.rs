use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row, params};

use super::{
    JournalError, StoredEvent, event::quirks_from_slugs, insert::RowCheck, lane_of, seq_of,
};
use crate::{Class, Lane, Timestamp};

/// A connection that only looks on: own it on a thread that may block; never in the writer's way.
pub struct Reader {
    connection: Connection,
}

/// What [`Reader::events`] found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Page {
    /// The events, in the order of storing.
    pub events: Vec<StoredEvent>,
    /// Rows whose payload does not fit its check value: skipped, and to be reported. The queue goes on behind them.
    pub damaged: Vec<i64>,
    /// The `seq` of the last row looked at, damaged or not: where the next page goes on.
    pub last: Option<i64>,
}

/// A frame that was made durable before it was first sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutgoingFrame {
    /// The event that it carries.
    pub event_seq: i64,
    /// The sequence under which it is sent.
    pub sequence: u16,
    /// What a resend repeats: all that counts for the receiver's duplicate rule.
    pub frame: Vec<u8>,
    /// Delivered, while an earlier one is not.
    pub settled: bool,
}

const EVENTS: &str = "SELECT seq, id, received, sent, source, protocol, token, encrypted, sequence, receiver, line, \
    header_account, account, code, qualifier, class, partition, zone, user, text, time, data, extended, raw, \
    possible_repeat, quirks, crc FROM event WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3";

impl Reader {
    /// Opens the journal in that folder to read; the writer has made it before.
    ///
    /// # Errors
    /// When there is none, or its schema is newer than this program.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(folder.join(super::sqlite::FILE), flags)
            .map_err(|error| JournalError::Open(error.to_string()))?;
        connection.busy_timeout(core::time::Duration::from_secs(5))?;
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found == super::schema::VERSION {
            Ok(Self { connection })
        } else {
            Err(JournalError::Schema {
                found,
                known: super::schema::VERSION,
            })
        }
    }

    /// Up to `limit` events of a lane behind `after` (a `seq`, a cursor; anything below the lane's first means its
    /// start).
    ///
    /// # Errors
    /// When the file can't be read. A single damaged row is no error, see [`Page::damaged`].
    pub fn events(&self, lane: Lane, after: i64, limit: usize) -> Result<Page, JournalError> {
        let mut statement = self.connection.prepare_cached(EVENTS)?;
        let after = after.max(seq_of(lane, 0));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![after, seq_of(lane, i64::MAX), limit])?;
        let mut page = Page::default();
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            page.last = Some(seq);
            match event(row, seq) {
                Some(event) => page.events.push(event),
                None => page.damaged.push(seq),
            }
        }
        Ok(page)
    }

    /// How far a destination is in each lane; `None` when it is not registered.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn cursor(&self, destination: &str) -> Result<Option<[i64; 4]>, JournalError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT lane, acknowledged FROM cursor WHERE destination = ?1")?;
        let mut rows = statement.query([destination])?;
        let mut cursor = None;
        while let Some(row) = rows.next()? {
            let lane = usize::from(row.get::<_, u8>(0)?);
            if let Some(slot) = cursor
                .get_or_insert(Lane::ALL.map(|lane| seq_of(lane, 0)))
                .get_mut(lane)
            {
                *slot = row.get(1)?;
            }
        }
        Ok(cursor)
    }

    /// The frames that were made durable for a destination and lie beyond its cursors, in the order of their numbers:
    /// after a restart those that are not settled go out again as they are.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn outgoing(&self, destination: &str) -> Result<Vec<OutgoingFrame>, JournalError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT seq, sequence, frame, settled FROM outgoing WHERE destination = ?1
             ORDER BY seq & 0xFFFFFFFFFFFFFFF",
        )?;
        let rows = statement.query_map([destination], |row| {
            Ok(OutgoingFrame {
                event_seq: row.get(0)?,
                sequence: row.get(1)?,
                frame: row.get(2)?,
                settled: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The last sequence that a destination's frames were made with, also of those that are delivered and forgotten.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn last_sequence(&self, destination: &str) -> Result<Option<u16>, JournalError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT sequence FROM destination WHERE name = ?1")?;
        let mut rows = statement.query([destination])?;
        rows.next()?.map_or(Ok(None), |row| Ok(row.get(0)?))
    }

    /// How many events each lane holds beyond a destination's cursor.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn backlog(&self, destination: &str) -> Result<[u64; 4], JournalError> {
        let cursor = self
            .cursor(destination)?
            .unwrap_or(Lane::ALL.map(|lane| seq_of(lane, 0)));
        let mut statement = self
            .connection
            .prepare_cached("SELECT count(*) FROM event WHERE seq > ?1 AND seq <= ?2")?;
        let mut backlog = [0; 4];
        for ((slot, lane), cursor) in backlog.iter_mut().zip(Lane::ALL).zip(cursor) {
            *slot = statement.query_row(params![cursor, seq_of(lane, i64::MAX)], count_of)?;
        }
        Ok(backlog)
    }

    /// How many events the file holds.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn count(&self) -> Result<u64, JournalError> {
        Ok(self
            .connection
            .query_row("SELECT count(*) FROM event", [], count_of)?)
    }
}

fn count_of(row: &Row<'_>) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0))
}

/// `None` for a row that can't be what was written.
fn event(row: &Row<'_>, seq: i64) -> Option<StoredEvent> {
    let time = |i: usize| -> Option<Option<Timestamp>> {
        Some(
            row.get::<_, Option<i64>>(i)
                .ok()?
                .map(Timestamp::from_nanos),
        )
    };
    let id: [u8; 16] = row.get(1).ok()?;
    let event = StoredEvent {
        seq,
        id: uuid::Uuid::from_bytes(id).to_string(),
        received: time(2)??,
        sent: time(3)?,
        source: row.get(4).ok()?,
        protocol: row.get(5).ok()?,
        token: row.get(6).ok()?,
        encrypted: row.get(7).ok()?,
        sequence: row.get(8).ok()?,
        receiver: row.get(9).ok()?,
        line: row.get(10).ok()?,
        header_account: row.get(11).ok()?,
        account: row.get(12).ok()?,
        code: row.get(13).ok()?,
        qualifier: row.get(14).ok()?,
        class: Class::from_word(row.get_ref(15).ok()?.as_str().ok()?)?,
        lane: lane_of(seq)?,
        partition: row.get(16).ok()?,
        zone: row.get(17).ok()?,
        user: row.get(18).ok()?,
        text: row.get(19).ok()?,
        time: time(20)?,
        data: row.get(21).ok()?,
        extended: row.get::<_, Option<Vec<u8>>>(22).ok()?.unwrap_or_default(),
        raw: row.get(23).ok()?,
        possible_repeat: row.get(24).ok()?,
        quirks: row
            .get_ref(25)
            .ok()?
            .as_str_or_null()
            .ok()?
            .map(quirks_from_slugs)
            .unwrap_or_default(),
    };
    let mut check = RowCheck::new();
    check.field(&id);
    for text in [
        &event.account,
        &event.header_account,
        &event.partition,
        &event.zone,
        &event.user,
    ] {
        check.field(text.as_deref().unwrap_or_default().as_bytes());
    }
    check.field(event.code.as_bytes());
    check.field(event.text.as_deref().unwrap_or_default());
    check.field(&event.data);
    check.field(&event.extended);
    check.field(&event.raw);
    (row.get::<_, u32>(26).ok()? == check.finish()).then_some(event)
}
