//! What may go: rows that every destination has had for longer than the retention. And what must stay of them: the open
//! conditions.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    JournalError, SqliteJournal, number_of,
    open_conditions::{Open, OpenConditions, Place, matters},
    seq_of,
};
use crate::{EventCode, Lane, Qualifier, Timestamp};

/// Rows of one transaction: a purge must not hold up an alarm.
pub(super) const ROWS: usize = 2_000;

impl SqliteJournal {
    /// One step of purging: at most 2,000 rows in one transaction. Returns how many went; fewer than 2,000 means that it
    /// is done for now.
    ///
    /// # Errors
    /// When it can't be stored; nothing went then.
    pub fn purge(&mut self, now: Timestamp) -> Result<usize, JournalError> {
        let mut folded = false;
        let purged = self.transaction(|journal| {
            journal.mark_delivered(now)?;
            let horizon = now.offset(-nanos(journal.settings.retention));
            let mut room = ROWS;
            for lane in Lane::ALL {
                let Some(bound) = journal.delivered_before(lane, horizon)? else { continue };
                let oldest: Option<i64> = journal
                    .connection
                    .prepare_cached("SELECT seq FROM event WHERE seq > ?1 AND seq <= ?2 LIMIT 1")?
                    .query_row(params![seq_of(lane, 0), bound], |row| row.get(0))
                    .optional()?;
                if oldest.is_none() || room == 0 {
                    continue;
                }
                if !folded {
                    folded = true;
                    if !journal.fold()? {
                        // So many conditions changed that this step was theirs.
                        return Ok(ROWS);
                    }
                }
                let gone = journal
                    .connection
                    .prepare_cached(
                        "DELETE FROM event WHERE seq IN
                         (SELECT seq FROM event WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3)",
                    )?
                    .execute(params![seq_of(lane, 0), bound, i64::try_from(room).unwrap_or(i64::MAX)])?;
                room = room.saturating_sub(gone);
            }
            if room < ROWS {
                // The newest row may be among them, and its number must not be given again.
                journal.connection.execute("UPDATE setting SET value = ?1 WHERE name = 'next'", [journal.next])?;
            }
            let forget = now.offset(-nanos(journal.settings.replay_window));
            journal
                .connection
                .prepare_cached(
                    "DELETE FROM ciphertext WHERE number IN
                     (SELECT number FROM ciphertext WHERE accepted <= ?1 ORDER BY number LIMIT ?2)",
                )?
                .execute(params![forget.as_nanos(), i64::try_from(ROWS).unwrap_or(i64::MAX)])?;
            Ok(ROWS - room)
        })?;
        if folded {
            self.conditions.folded(ROWS);
        }
        Ok(purged)
    }

    /// Writes down how far the slowest destination of each lane is at this time: a row's retention runs from there. Not
    /// more often than matters for the retention.
    fn mark_delivered(&self, now: Timestamp) -> Result<(), JournalError> {
        let connection = &self.connection;
        let pause = (nanos(self.settings.retention) / 256).min(600_000_000_000);
        for lane in Lane::ALL {
            let slowest: Option<i64> = connection
                .prepare_cached(
                    "SELECT min(acknowledged) FROM cursor JOIN destination ON destination = name
                     WHERE active AND lane = ?1",
                )?
                .query_row([lane.number()], |row| row.get(0))?;
            let slowest = slowest.unwrap_or_else(|| seq_of(lane, self.next - 1));
            let last: Option<(i64, i64)> = connection
                .prepare_cached(
                    "SELECT at, seq FROM delivered WHERE lane = ?1 ORDER BY at DESC LIMIT 1",
                )?
                .query_row([lane.number()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            if last
                .is_none_or(|(at, seq)| now.as_nanos().saturating_sub(at) >= pause && seq < slowest)
            {
                connection
                    .prepare_cached(
                        "INSERT OR REPLACE INTO delivered(lane, at, seq) VALUES(?1, ?2, ?3)",
                    )?
                    .execute(params![lane.number(), now.as_nanos(), slowest])?;
            }
        }
        Ok(())
    }

    /// Up to where the lane was delivered at `horizon`; older marks are dropped. Rows beyond a cursor stay in any case (a
    /// destination that came back may be behind the mark).
    fn delivered_before(
        &self,
        lane: Lane,
        horizon: Timestamp,
    ) -> Result<Option<i64>, JournalError> {
        let connection = &self.connection;
        let mark: Option<(i64, i64)> = connection
            .prepare_cached("SELECT at, seq FROM delivered WHERE lane = ?1 AND at <= ?2 ORDER BY at DESC LIMIT 1")?
            .query_row(params![lane.number(), horizon.as_nanos()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((at, seq)) = mark else {
            return Ok(None);
        };
        connection
            .prepare_cached("DELETE FROM delivered WHERE lane = ?1 AND at < ?2")?
            .execute(params![lane.number(), at])?;
        let slowest: Option<i64> = connection
            .prepare_cached(
                "SELECT min(acknowledged) FROM cursor JOIN destination ON destination = name
                 WHERE active AND lane = ?1",
            )?
            .query_row([lane.number()], |row| row.get(0))?;
        Ok(Some(slowest.map_or(seq, |slowest| slowest.min(seq))))
    }

    /// Part of a transaction: brings the table of open conditions up to date, so that rows are not needed for it any more.
    /// False: that was only a part. Once it is committed, the conditions are to be told.
    fn fold(&mut self) -> Result<bool, JournalError> {
        let (changes, whole) = self.conditions.changes(ROWS);
        for ([account, partition, zone, code], open) in changes {
            match open {
                Some(open) => self
                    .connection
                    .prepare_cached(
                        "INSERT OR REPLACE INTO open_condition VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                    )?
                    .execute(params![
                        account,
                        partition,
                        zone,
                        code,
                        open.lane.number(),
                        open.number
                    ])?,
                None => self
                    .connection
                    .prepare_cached(
                        "DELETE FROM open_condition
                         WHERE account = ?1 AND partition = ?2 AND zone = ?3 AND code = ?4",
                    )?
                    .execute(params![account, partition, zone, code])?,
            };
        }
        if whole {
            self.connection.execute(
                "UPDATE setting SET value = ?1 WHERE name = 'folded'",
                [self.next - 1],
            )?;
        }
        Ok(whole)
    }

    /// Folds everything, before a clean end: the next start need not look at the rows.
    pub(super) fn fold_all(&mut self) -> Result<(), JournalError> {
        loop {
            let whole = self.transaction(Self::fold)?;
            self.conditions.folded(ROWS);
            if whole {
                return Ok(());
            }
        }
    }
}

fn nanos(duration: core::time::Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Loads the table of open conditions, and applies the rows that are not folded into it yet.
pub(super) fn load_conditions(
    connection: &Connection,
    conditions: &mut OpenConditions,
) -> Result<(), JournalError> {
    let mut statement = connection
        .prepare("SELECT account, partition, zone, code, lane, number FROM open_condition")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |i: usize| row.get_ref(i).and_then(|value| Ok(value.as_str()?));
        let lane = Lane::from_number(row.get(4)?).unwrap_or(Lane::Intrusion);
        let place = Place {
            account: text(0)?,
            partition: text(1)?,
            zone: text(2)?,
        };
        conditions.load(
            place,
            text(3)?,
            Open {
                lane,
                number: row.get(5)?,
            },
        );
    }
    drop(rows);
    let folded: i64 = connection.query_row(
        "SELECT value FROM setting WHERE name = 'folded'",
        [],
        |row| row.get(0),
    )?;
    let mut later: Vec<(i64, Lane, [String; 4], String)> = Vec::new();
    for lane in Lane::ALL {
        let mut statement = connection.prepare(
            "SELECT seq, account, partition, zone, code, qualifier FROM event
             WHERE seq > ?1 AND seq <= ?2 AND code LIKE 'sia:%'",
        )?;
        let mut rows = statement.query(params![seq_of(lane, folded), seq_of(lane, i64::MAX)])?;
        while let Some(row) = rows.next()? {
            let code: String = row.get(4)?;
            if EventCode::parse(&code).is_ok_and(matters) {
                let text = |i| {
                    row.get::<_, Option<String>>(i)
                        .map(Option::unwrap_or_default)
                };
                let place = [text(1)?, text(2)?, text(3)?, code];
                later.push((number_of(row.get(0)?), lane, place, row.get(5)?));
            }
        }
    }
    later.sort_unstable();
    for (number, lane, [account, partition, zone, code], qualifier) in later {
        let qualifier = match qualifier.as_str() {
            "new" => Qualifier::New,
            "restore" => Qualifier::Restore,
            _ => Qualifier::Status,
        };
        if let Ok(code) = EventCode::parse(&code) {
            let place = Place {
                account: &account,
                partition: &partition,
                zone: &zone,
            };
            conditions.apply(place, code, qualifier, lane, number);
        }
    }
    conditions.keep();
    Ok(())
}
