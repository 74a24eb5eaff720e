use rusqlite::{Connection, params};

use super::JournalError;
use crate::Lane;

/// The schema that this program writes; `PRAGMA user_version` of the file.
pub(super) const VERSION: i64 = 1;

/// How far the lane stands above the number in a `seq`.
pub const LANE_SHIFT: u32 = 60;

/// The lane of a row.
#[must_use]
pub fn lane_of(seq: i64) -> Option<Lane> {
    u8::try_from(seq >> LANE_SHIFT)
        .ok()
        .and_then(Lane::from_number)
}

/// The number of a row: it counts over all lanes in the order of storing.
#[must_use]
pub const fn number_of(seq: i64) -> i64 {
    seq & ((1 << LANE_SHIFT) - 1)
}

/// The `seq` of the event with that number in that lane.
#[must_use]
pub fn seq_of(lane: Lane, number: i64) -> i64 {
    i64::from(lane.number()) << LANE_SHIFT | number_of(number)
}

/// Version 1, as `docs/journal.md` explains it.
const TABLES: &str = "
CREATE TABLE event(
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  received INTEGER NOT NULL,
  sent INTEGER,
  source TEXT NOT NULL,
  protocol TEXT NOT NULL,
  token TEXT,
  encrypted INTEGER NOT NULL,
  sequence INTEGER,
  receiver TEXT,
  line TEXT,
  header_account TEXT,
  account TEXT,
  code TEXT NOT NULL,
  qualifier TEXT NOT NULL,
  class TEXT NOT NULL,
  partition TEXT,
  zone TEXT,
  user TEXT,
  text BLOB,
  time INTEGER,
  data BLOB NOT NULL,
  extended BLOB,
  raw BLOB NOT NULL,
  possible_repeat INTEGER NOT NULL,
  quirks TEXT,
  digest BLOB,
  crc INTEGER NOT NULL
) STRICT;
CREATE TABLE destination(
  name TEXT PRIMARY KEY,
  active INTEGER NOT NULL,
  since INTEGER NOT NULL,
  sequence INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE cursor(
  destination TEXT NOT NULL REFERENCES destination(name) ON DELETE CASCADE,
  lane INTEGER NOT NULL,
  acknowledged INTEGER NOT NULL,
  PRIMARY KEY(destination, lane)
) STRICT, WITHOUT ROWID;
CREATE TABLE outgoing(
  destination TEXT NOT NULL REFERENCES destination(name) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  frame BLOB NOT NULL,
  PRIMARY KEY(destination, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE delivered(
  lane INTEGER NOT NULL,
  at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY(lane, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE open_condition(
  account TEXT NOT NULL,
  partition TEXT NOT NULL,
  zone TEXT NOT NULL,
  code TEXT NOT NULL,
  lane INTEGER NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY(account, partition, zone, code)
) STRICT, WITHOUT ROWID;
CREATE TABLE ciphertext(
  number INTEGER PRIMARY KEY,
  digest BLOB NOT NULL,
  accepted INTEGER NOT NULL
) STRICT;
CREATE TABLE setting(
  name TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;
CREATE VIEW alarm AS SELECT
  seq,
  seq >> 60 AS lane,
  seq & 0xFFFFFFFFFFFFFFF AS number,
  lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS id,
  strftime('%Y-%m-%dT%H:%M:%fZ', received / 1e9, 'unixepoch') AS received,
  source, protocol, token, sequence, receiver, line, account, code, qualifier, class,
  partition, zone, user, CAST(text AS TEXT) AS text,
  strftime('%Y-%m-%dT%H:%M:%fZ', time / 1e9, 'unixepoch') AS time,
  CAST(data AS TEXT) AS data, CAST(extended AS TEXT) AS extended, hex(raw) AS raw_hex, possible_repeat, quirks
FROM event;
";

/// Makes the tables of a new file, or checks the version of an old one.
pub(super) fn prepare(connection: &Connection) -> Result<(), JournalError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match found {
        0 => {
            let mut key = [0; 16];
            getrandom::fill(&mut key).map_err(|error| JournalError::Open(error.to_string()))?;
            connection.execute_batch("BEGIN IMMEDIATE")?;
            connection.execute_batch(TABLES)?;
            // The key makes digests unpredictable to who sends the signals; it is no secret from who reads the file.
            connection.execute(
                "INSERT INTO setting(name, value) VALUES('digest_key', ?1)",
                params![&key[..]],
            )?;
            connection.execute("INSERT INTO setting(name, value) VALUES('folded', 0)", [])?;
            connection.execute("INSERT INTO setting(name, value) VALUES('next', 1)", [])?;
            connection.pragma_update(None, "user_version", VERSION)?;
            connection.execute_batch("COMMIT")?;
            Ok(())
        }
        VERSION => Ok(()),
        found => Err(JournalError::Schema {
            found,
            known: VERSION,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lane_and_number_share_a_seq() {
        for lane in Lane::ALL {
            let seq = seq_of(lane, 77);
            assert_eq!((lane_of(seq), number_of(seq)), (Some(lane), 77));
            assert!(seq > 0);
        }
    }
}
