//! The check value of DC-07 and DC-09.

use crc::{CRC_16_ARC, Crc, Table};

pub(crate) static ARC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);

/// CRC-16/ARC.
#[inline]
pub(crate) fn arc(bytes: &[u8]) -> u16 {
    ARC.checksum(bytes)
}
