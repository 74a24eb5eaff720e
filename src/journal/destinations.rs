//! Who is owed what: destinations, their cursors, and the frames on their way.

use rusqlite::params;

use super::{JournalError, SqliteJournal, Subscription, Update, handle::Start, seq_of};
use crate::{Lane, Timestamp};

impl SqliteJournal {
    /// Makes the configuration's destinations known; see [`super::Handle::register`].
    ///
    /// # Errors
    /// When it can't be stored.
    pub fn register(
        &mut self,
        destinations: &[Subscription],
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.transaction(|journal| {
            let connection = &journal.connection;
            connection.execute("UPDATE destination SET active = 0", [])?;
            for Subscription { name, start } in destinations {
                let new = connection.execute(
                    "INSERT INTO destination(name, active, since) VALUES(?1, 1, ?2) ON CONFLICT DO NOTHING",
                    params![name, now.as_nanos()],
                )?;
                if new == 0 {
                    connection.execute("UPDATE destination SET active = 1 WHERE name = ?1", [name])?;
                    continue;
                }
                let number = match start {
                    Start::End => journal.next - 1,
                    Start::Beginning => 0,
                };
                for lane in Lane::ALL {
                    connection.execute(
                        "INSERT INTO cursor(destination, lane, acknowledged) VALUES(?1, ?2, ?3)",
                        params![name, lane.number(), seq_of(lane, number)],
                    )?;
                }
            }
            // What was on its way to a destination that is gone will not be resent: it may come back under another
            // address, and then starts anew behind its cursor.
            connection.execute(
                "DELETE FROM outgoing WHERE destination IN (SELECT name FROM destination WHERE active = 0)",
                [],
            )?;
            Ok(())
        })
    }

    /// Part of a transaction: one destination's progress.
    pub(super) fn progress(&self, update: &Update) -> Result<(), JournalError> {
        let Update {
            destination,
            cursors,
            outgoing,
            settled,
        } = update;
        let connection = &self.connection;
        for (lane, seq) in cursors {
            connection
                .prepare_cached(
                    "UPDATE cursor SET acknowledged = max(acknowledged, ?3) WHERE destination = ?1 AND lane = ?2",
                )?
                .execute(params![destination, lane.number(), seq])?;
            connection
                .prepare_cached(
                    "DELETE FROM outgoing WHERE destination = ?1 AND seq > ?2 AND seq <= ?3",
                )?
                .execute(params![destination, seq_of(*lane, 0), seq])?;
        }
        for frame in outgoing {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO outgoing(destination, seq, sequence, settled, frame)
                     SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM destination WHERE name = ?1)",
                )?
                .execute(params![destination, frame.event_seq, frame.sequence, frame.settled, frame.frame])?;
        }
        if let Some(last) = outgoing.last() {
            connection
                .prepare_cached("UPDATE destination SET sequence = ?2 WHERE name = ?1")?
                .execute(params![destination, last.sequence])?;
        }
        for seq in settled {
            connection
                .prepare_cached(
                    "UPDATE outgoing SET settled = 1 WHERE destination = ?1 AND seq = ?2",
                )?
                .execute(params![destination, seq])?;
        }
        Ok(())
    }
}
