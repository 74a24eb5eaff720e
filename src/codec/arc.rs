//! The check value of DC-07 and DC-09.

use crc::{CRC_16_ARC, Crc, Table};

pub(crate) static ARC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);

/// CRC-16/ARC.
///
/// The value begins at 0, so that zeros in front change nothing: the bytes are taken as if they were padded in front to
/// whole blocks of sixteen. No lookup within a block waits for another, as those of single bytes behind it would.
#[inline]
pub(crate) fn arc(bytes: &[u8]) -> u16 {
    let (first, blocks) = bytes.split_at(bytes.len() % 16);
    // Row `i` of the crate's table advances a byte that `i` more bytes of the block follow.
    let rows = ARC.table().get(..first.len()).unwrap_or_default();
    let mut crc = 0;
    for (row, byte) in rows.iter().rev().zip(first) {
        crc ^= row.get(usize::from(*byte)).copied().unwrap_or(0);
    }
    let mut digest = ARC.digest_with_initial(crc.reverse_bits());
    digest.update(blocks);
    digest.finalize()
}
