use crate::codec::arc::ARC;
pub(super) use crate::codec::arc::arc;

/// CRC-16/ARC over `bytes` and a CR behind them (quirk 2, Eldes).
pub(super) fn arc_over_cr(bytes: &[u8]) -> u16 {
    let mut digest = ARC.digest();
    digest.update(bytes);
    digest.update(b"\r");
    digest.finalize()
}

/// The table printed in old copies of DC-07, whose entry 100 reads BE01 in place of EB01.
static DC07: [u16; 256] = dc07_table();

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "const; i stays below 256"
)]
const fn dc07_table() -> [u16; 256] {
    let mut table = [0_u16; 256];
    let mut i = 0;
    while i < 256 {
        let (mut value, mut bit) = (i as u16, 0);
        while bit < 8 {
            value = if value & 1 == 1 {
                value >> 1 ^ 0xA001
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[i] = value;
        i += 1;
    }
    assert!(table[100] == 0xEB01);
    table[100] = 0xBE01;
    table
}

/// The check value that a sender with the misprinted table makes.
pub(super) fn dc07(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        let entry = DC07
            .get(usize::from((crc ^ u16::from(*byte)) & 0xFF))
            .copied()
            .unwrap_or(0);
        crc >> 8 ^ entry
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_nine_digits_is_known() {
        assert_eq!(arc(b"123456789"), 0xBB3D);
        assert_eq!(arc_over_cr(b"123456789"), arc(b"123456789\r"));
    }

    #[test]
    fn blocks_padded_in_front_give_what_single_bytes_give() {
        let bytes: alloc::vec::Vec<u8> = (0..200_u8)
            .map(|i| i.wrapping_mul(151).wrapping_add(7))
            .collect();
        for from in 0..3 {
            for to in from..bytes.len() {
                let bytes = &bytes[from..to];
                let slow = bytes.iter().fold(0_u16, |crc, byte| {
                    (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
                        crc >> 1 ^ if crc & 1 == 1 { 0xA001 } else { 0 }
                    })
                });
                assert_eq!(arc(bytes), slow, "{from}..{to}");
            }
        }
    }

    #[test]
    fn the_misprinted_table_differs_only_where_its_entry_is_used() {
        assert_eq!(dc07(b"123456789"), arc(b"123456789"));
        // The first byte picks its own entry: 100 is `d`.
        assert_eq!((arc(b"d"), dc07(b"d")), (0xEB01, 0xBE01));
        // Made at run time as when compiled; its first entries are printed in DC-07.
        let table = dc07_table();
        assert_eq!(table, DC07);
        assert_eq!(table[..4], [0, 0xC0C1, 0xC181, 0x0140]);
        for byte in (0..=255_u8).filter(|byte| *byte != 100) {
            assert_eq!(dc07(&[byte]), arc(&[byte]), "{byte}");
        }
    }
}
