//! Finding a code's row: every event asks more than once, so the tables have an index by the code itself.

use super::{CID_CODES, CidCode, SIA_CODES, SiaCode};

/// No row has this number.
const NONE: u16 = u16::MAX;

// In const: a table that does not fit its index does not compile.
#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "const, and the tables have some hundred rows"
)]
static CID_ROWS: [u16; 1_000] = {
    let mut rows = [NONE; 1_000];
    let mut i = 0;
    while i < CID_CODES.len() {
        match cid_place(CID_CODES[i].code) {
            Some(place) => rows[place] = i as u16,
            None => unreachable!(),
        }
        i += 1;
    }
    rows
};

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "const, and the tables have some hundred rows"
)]
static SIA_ROWS: [u16; 26 * 64] = {
    let mut rows = [NONE; 26 * 64];
    let mut i = 0;
    while i < SIA_CODES.len() {
        match sia_place(SIA_CODES[i].code) {
            Some(place) => rows[place] = i as u16,
            None => unreachable!(),
        }
        i += 1;
    }
    rows
};

/// Codes of the table are decimal; others have no place.
const fn cid_place(code: [u8; 3]) -> Option<usize> {
    let [a, b, c] = code;
    if a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit() {
        Some((a - b'0') as usize * 100 + (b - b'0') as usize * 10 + (c - b'0') as usize)
    } else {
        None
    }
}

/// A letter, and a letter, `_` or `*`.
const fn sia_place(code: [u8; 2]) -> Option<usize> {
    let [a, b] = code;
    if a.is_ascii_uppercase() && b >= b'*' && b < b'*' + 64 {
        Some((a - b'A') as usize * 64 + (b - b'*') as usize)
    } else {
        None
    }
}

#[inline]
pub(super) fn contact_id(code: [u8; 3]) -> Option<&'static CidCode> {
    let row = CID_ROWS.get(cid_place(code)?)?;
    CID_CODES.get(usize::from(*row))
}

#[inline]
pub(super) fn sia(code: [u8; 2]) -> Option<&'static SiaCode> {
    let row = SIA_ROWS.get(sia_place(code)?)?;
    SIA_CODES.get(usize::from(*row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_code_and_nothing_else_is() {
        for row in CID_CODES {
            assert_eq!(contact_id(row.code), Some(row));
        }
        for row in SIA_CODES {
            assert_eq!(sia(row.code), Some(row));
        }
        let found = |place: &u16| *place != NONE;
        assert_eq!(
            CID_ROWS.iter().filter(|row| found(row)).count(),
            CID_CODES.len()
        );
        assert_eq!(
            SIA_ROWS.iter().filter(|row| found(row)).count(),
            SIA_CODES.len()
        );
        assert_eq!(contact_id(*b"13F"), None);
        assert_eq!(sia(*b"b~"), None);
    }
}
