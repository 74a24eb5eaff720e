//! Rows of `event`: binding, check value, id.

use core::hash::Hasher;
use std::sync::OnceLock;

use rusqlite::{CachedStatement, Connection, types::Null};
use siphasher::sip128::{Hasher128, SipHasher13};

use super::{BatchedEvent, BatchedSignal, seq_of};
use crate::{Lane, Qualifier};

/// How many columns a row has.
const COLUMNS: usize = 28;
/// Rows of one INSERT: the larger the fewer calls, and a group is made up of few of each.
const GROUPS: [usize; 4] = [64, 16, 4, 1];

/// One row to be.
pub(super) struct NewRow<'a> {
    pub(super) signal: BatchedSignal<'a>,
    pub(super) event: BatchedEvent<'a>,
    pub(super) lane: Lane,
    pub(super) number: i64,
    /// With the first event of a signal of a protocol with a sequence.
    pub(super) digest: Option<u128>,
}

/// The check value of a row's text and payload: CRC-32C over each field's length (4 bytes, little-endian) and bytes.
///
/// The fields are gathered first: the checksum over many short pieces took three times as long.
#[derive(Default)]
pub(super) struct RowCheck {
    bytes: Vec<u8>,
}

static CRC: crc::Crc<u32, crc::Table<16>> =
    crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISCSI);

impl RowCheck {
    pub(super) fn field(&mut self, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(bytes);
    }

    /// The value, and ready for the next row.
    pub(super) fn finish(&mut self) -> u32 {
        let value = CRC.checksum(&self.bytes);
        self.bytes.clear();
        value
    }
}

/// Makes ids: UUIDv7 whose random part is a keyed hash of the row's number, so that ids are unique without asking the
/// kernel for randomness at every event.
pub(super) struct Ids {
    key: [u8; 16],
}

impl Ids {
    pub(super) const fn new(key: [u8; 16]) -> Self {
        Self { key }
    }

    pub(super) fn make(&self, received: crate::Timestamp, number: i64) -> [u8; 16] {
        let mut hash = SipHasher13::new_with_key(&self.key);
        hash.write_i64(number);
        let [.., a, b, c, d, e, f, g, h] = hash.finish128().as_bytes();
        // The 12 bits behind the milliseconds count, so that ids of one millisecond sort as they were stored.
        let [.., high, low] = number.to_be_bytes();
        let millis = u64::try_from(received.as_nanos() / 1_000_000).unwrap_or(0);
        let random = [high, low, a, b, c, d, e, f, g, h];
        uuid::Builder::from_unix_timestamp_millis(millis, &random)
            .into_uuid()
            .into_bytes()
    }
}

fn statement(rows: usize) -> String {
    let row = format!("({})", vec!["?"; COLUMNS].join(","));
    format!("INSERT INTO event VALUES {}", vec![row; rows].join(","))
}

/// Inserts rows in as few statements as there are.
pub(super) fn insert(
    connection: &Connection,
    ids: &Ids,
    mut rows: &[NewRow<'_>],
) -> rusqlite::Result<()> {
    static STATEMENTS: OnceLock<[String; 4]> = OnceLock::new();
    let statements = STATEMENTS.get_or_init(|| GROUPS.map(statement));
    let mut check = RowCheck::default();
    for (group, sql) in GROUPS.iter().zip(statements) {
        if rows.len() < *group {
            continue;
        }
        let mut statement = connection.prepare_cached(sql)?;
        while let Some((some, rest)) = rows.split_at_checked(*group) {
            let mut at = 0;
            for row in some {
                bind(&mut statement, &mut at, ids, &mut check, row)?;
            }
            statement.raw_execute()?;
            rows = rest;
        }
    }
    Ok(())
}

fn bind(
    statement: &mut CachedStatement<'_>,
    at: &mut usize,
    ids: &Ids,
    check: &mut RowCheck,
    row: &NewRow<'_>,
) -> rusqlite::Result<()> {
    macro_rules! bind {
        ($value:expr) => {{
            *at += 1;
            statement.raw_bind_parameter(*at, $value)?;
        }};
    }
    let NewRow {
        signal,
        event,
        lane,
        number,
        digest,
    } = row;
    let id = ids.make(signal.received(), *number);
    // The header's account stands in its own column only where the event's differs: the rule is one account.
    let header_account = signal
        .account()
        .filter(|account| Some(*account) != event.account());
    check.field(&id);
    for text in [
        event.account(),
        header_account,
        event.partition(),
        event.zone(),
        event.user(),
    ] {
        check.field(text.unwrap_or_default().as_bytes());
    }
    check.field(event.code().as_bytes());
    check.field(event.text().unwrap_or_default());
    check.field(event.data());
    check.field(signal.extended());
    check.field(signal.raw());

    bind!(seq_of(*lane, *number));
    bind!(&id[..]);
    bind!(signal.received().as_nanos());
    bind!(signal.sent().map(crate::Timestamp::as_nanos));
    bind!(signal.source());
    bind!(signal.protocol());
    bind!(signal.token());
    bind!(signal.encrypted());
    bind!(signal.sequence());
    bind!(signal.receiver());
    bind!(signal.line());
    bind!(header_account);
    bind!(event.account());
    bind!(event.code());
    match event.qualifier() {
        Qualifier::New => bind!("new"),
        Qualifier::Restore => bind!("restore"),
        Qualifier::Status => bind!("status"),
        other => bind!(other.to_string()),
    }
    bind!(event.class().as_str());
    bind!(event.partition());
    bind!(event.zone());
    bind!(event.user());
    bind!(event.text());
    bind!(event.time().map(crate::Timestamp::as_nanos));
    bind!(event.data());
    match signal.extended() {
        [] => bind!(Null),
        extended => bind!(extended),
    }
    bind!(signal.raw());
    bind!(signal.possible_repeat());
    if signal.is_odd() {
        let slugs: Vec<&str> = signal.quirks().map(crate::codec::Quirk::slug).collect();
        bind!(slugs.join(" "));
    } else {
        bind!(Null);
    }
    match digest {
        Some(digest) => bind!(&digest.to_le_bytes()[..]),
        None => bind!(Null),
    }
    bind!(check.finish());
    Ok(())
}

/// The digest of what makes two signals the same (contracts: retry, duplicate, replay); the time of sending, the peer
/// and the socket are no part of it.
pub(super) fn signal_digest(key: &[u8; 16], signal: &BatchedSignal<'_>) -> u128 {
    let mut hash = SipHasher13::new_with_key(key);
    let mut field = |bytes: Option<&[u8]>| {
        // Absent and empty differ; lengths keep neighbours apart.
        hash.write_u64(bytes.map_or(u64::MAX, |bytes| bytes.len() as u64));
        hash.write(bytes.unwrap_or_default());
    };
    field(Some(signal.protocol().as_bytes()));
    field(signal.receiver().map(str::as_bytes));
    field(signal.line().map(str::as_bytes));
    field(signal.account().map(str::as_bytes));
    field(signal.token().map(str::as_bytes));
    field(
        signal
            .sequence()
            .map(u16::to_le_bytes)
            .as_ref()
            .map(|bytes| &bytes[..]),
    );
    field(Some(signal.data()));
    field(Some(signal.extended()));
    hash.finish128().as_u128()
}

/// The digest of the encrypted part of a frame: its hex digits behind the bracket, in one case, so that neither another
/// header nor another notation makes a recording look new.
pub(super) fn ciphertext_digest(key: &[u8; 16], raw: &[u8]) -> u128 {
    let mut hash = SipHasher13::new_with_key(key);
    let start = raw
        .iter()
        .position(|byte| *byte == b'[')
        .map_or(0, |at| at + 1);
    for byte in raw.get(start..).unwrap_or_default() {
        if byte.is_ascii_hexdigit() {
            hash.write_u8(byte.to_ascii_uppercase());
        }
    }
    // Set apart from the digests of signals, which share the key.
    hash.write_u8(b'*');
    hash.finish128().as_u128()
}
