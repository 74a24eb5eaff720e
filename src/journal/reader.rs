use std::path::Path;

use rusqlite::{Connection, OpenFlags, Row, config::DbConfig, params};

use super::{EventRef, JournalError, StoredEvent, insert::RowCheck, lane_of, seq_of};
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

/// How far [`Reader::visit`] came.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Visited {
    /// Rows, damaged ones among them.
    pub(crate) rows: usize,
    /// The `seq` of the last one.
    pub(crate) last: Option<i64>,
}

/// A frame that was made durable before it was first sent.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
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
        // Else SQLite parses and plans a query anew whenever the cursor that is bound to it has moved.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
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
        let mut page = Page::default();
        let visited = self.visit(lane, after, limit, &mut |row| match row {
            Ok(event) => page.events.push(event.to_owned()),
            Err(seq) => page.damaged.push(seq),
        })?;
        page.last = visited.last;
        Ok(page)
    }

    /// The same without a copy of each row; of a damaged one comes the `seq`.
    pub(crate) fn visit(
        &self,
        lane: Lane,
        after: i64,
        limit: usize,
        each: &mut dyn FnMut(Result<EventRef<'_>, i64>),
    ) -> Result<Visited, JournalError> {
        let mut statement = self.connection.prepare_cached(EVENTS)?;
        let after = after.max(seq_of(lane, 0));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![after, seq_of(lane, i64::MAX), limit])?;
        let mut visited = Visited::default();
        let mut check = RowCheck::default();
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            visited.rows += 1;
            visited.last = Some(seq);
            let mut name = uuid::Uuid::encode_buffer();
            each(event(row, seq, &mut name, &mut check).ok_or(seq));
        }
        Ok(visited)
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
fn event<'a>(
    row: &'a Row<'_>,
    seq: i64,
    name: &'a mut [u8],
    check: &mut RowCheck,
) -> Option<EventRef<'a>> {
    let column = |i: usize| row.get_ref(i).ok();
    let text = |i: usize| column(i)?.as_str().ok();
    let maybe = |i: usize| column(i)?.as_str_or_null().ok();
    let blob = |i: usize| column(i)?.as_blob().ok();
    let maybe_blob = |i: usize| column(i)?.as_blob_or_null().ok();
    let time = |i: usize| Some(column(i)?.as_i64_or_null().ok()?.map(Timestamp::from_nanos));
    let flag = |i: usize| Some(column(i)?.as_i64().ok()? != 0);
    let id: [u8; 16] = blob(1)?.try_into().ok()?;
    let event = EventRef {
        seq,
        id: uuid::Uuid::from_bytes(id).hyphenated().encode_lower(name),
        received: time(2)??,
        sent: time(3)?,
        source: text(4)?,
        protocol: text(5)?,
        token: maybe(6)?,
        encrypted: flag(7)?,
        sequence: row.get(8).ok()?,
        receiver: maybe(9)?,
        line: maybe(10)?,
        header_account: maybe(11)?,
        account: maybe(12)?,
        code: text(13)?,
        qualifier: text(14)?,
        class: Class::from_word(text(15)?)?,
        lane: lane_of(seq)?,
        partition: maybe(16)?,
        zone: maybe(17)?,
        user: maybe(18)?,
        text: maybe_blob(19)?,
        time: time(20)?,
        data: blob(21)?,
        extended: maybe_blob(22)?.unwrap_or_default(),
        raw: blob(23)?,
        possible_repeat: flag(24)?,
        quirks: maybe(25)?.unwrap_or_default(),
    };
    check.field(&id);
    for text in [
        event.account,
        event.header_account,
        event.partition,
        event.zone,
        event.user,
    ] {
        check.field(text.unwrap_or_default().as_bytes());
    }
    check.field(event.code.as_bytes());
    check.field(event.text.unwrap_or_default());
    check.field(event.data);
    check.field(event.extended);
    check.field(event.raw);
    let value = check.finish();
    (row.get::<_, u32>(26).ok()? == value).then_some(event)
}
