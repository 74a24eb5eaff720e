//! The frame that nearly every panel sends, read in one go: no field is looked for, as each stands in its usual place.
//!
//! All that is not just so is left to [`super::parse`], which gives the same of what is read here (test below). What
//! wins is that digits are read eight at once, and that nothing is carried from one step to the next.

use super::{
    crc, header,
    parse::{CR, LF, Rest, content},
    types::{Body, Content, CrcForm, EventToken, Frame, Token},
};
use crate::{
    codec::{Quirk, Quirks},
    types::Sequence,
};

const ADM_CID: [u8; 8] = *b"ADM-CID\"";
const SIA_DCS: [u8; 8] = *b"SIA-DCS\"";
/// Bytes up to the first quote, and up to the header's numbers.
const QUOTE: usize = 9;
const NUMBERS: usize = 22;

/// Reads a plain frame of one of the two usual tokens whose header has its LF, upper-case digits, a right length and a
/// right check value; `None` says nothing but that it is not so.
#[inline(always)]
pub(super) fn usual(input: &[u8]) -> Option<(Frame<'_>, usize)> {
    let (front, rest) = input.split_first_chunk::<NUMBERS>()?;
    #[rustfmt::skip]
    let [LF, c0, c1, c2, c3, l0, l1, l2, l3, b'"', t0, t1, t2, t3, t4, t5, t6, t7, s0, s1, s2, s3] = *front else {
        return None;
    };
    let digits = hex8([c0, c1, c2, c3, l0, l1, l2, l3])?;
    let end = QUOTE + (digits & 0xFFF) as usize;
    if l0 != b'0' || input.get(end) != Some(&CR) || input.get(end - 1) == Some(&CR) {
        return None;
    }
    let token = match [t0, t1, t2, t3, t4, t5, t6, t7] {
        ADM_CID => EventToken::AdmCid,
        SIA_DCS => EventToken::SiaDcs,
        _ => return None,
    };
    let sequence = decimal4([s0, s1, s2, s3])?;
    let numbers = header::usual(rest)?;
    let behind = input.get(NUMBERS + numbers.taken..end)?;
    if u32::from(crc::arc(input.get(QUOTE..end)?)) != digits >> 16 {
        return None;
    }
    let mut quirks = Quirks::NONE;
    let content = match behind {
        // Nothing behind the data: no bracket has to be looked for.
        [data @ .., b']'] if !data.iter().fold(false, |any, byte| any | (*byte == b']')) => {
            Content {
                data,
                pipe: true,
                ..Content::default()
            }
        }
        _ => {
            let (content, rest) = content(behind);
            if !matches!(rest, Rest::Nothing) {
                quirks.note(Quirk::Brackets);
            }
            content
        }
    };
    let taken = end + 1;
    let frame = Frame {
        crc: CrcForm::Hex,
        length_ok: true,
        token: Token::Event(token),
        encrypted: false,
        sequence,
        receiver: numbers.receiver,
        line: numbers.line,
        account: numbers.account,
        body: Body::Clear(content),
        quirks,
        raw: input.get(..taken)?,
    };
    Some((frame, taken))
}

/// The same byte eight times.
const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Eight upper-case hexadecimal digits.
#[inline(always)]
fn hex8(digits: [u8; 8]) -> Option<u32> {
    let digits = u64::from_be_bytes(digits);
    // Letters have bit 6 set and count from one, nine behind the digits.
    let letters = digits >> 6 & each(1);
    let values = (digits & each(0x0F)) + letters * 9;
    // Written anew they must give what was read, and be no letter behind F.
    let beyond_nine = (values + each(6)) >> 4 & each(1);
    if values & each(0xF0) != 0 || values + each(b'0') + beyond_nine * 7 != digits {
        return None;
    }
    let pairs = (values | values >> 4) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF;
    u32::try_from((fours | fours >> 16) & 0xFFFF_FFFF).ok()
}

/// Four decimal digits.
#[inline(always)]
fn decimal4(digits: [u8; 4]) -> Option<Sequence> {
    let [a, b, c, d] = digits.map(|digit| u16::from(digit.wrapping_sub(b'0')));
    if (a > 9) | (b > 9) | (c > 9) | (d > 9) {
        return None;
    }
    Sequence::new(a * 1000 + b * 100 + c * 10 + d).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_are_read_as_one_by_one() {
        for byte in 0..=255 {
            for place in 0..8 {
                let mut digits = *b"01239ABF";
                digits[place] = byte;
                let text = core::str::from_utf8(&digits).ok();
                let slow = text
                    .filter(|text| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')))
                    .and_then(|text| u32::from_str_radix(text, 16).ok());
                assert_eq!(hex8(digits), slow, "{byte:02X} at {place}");
            }
        }
        assert_eq!(hex8(*b"FFFFFFFF"), Some(u32::MAX));
    }

    #[test]
    fn four_digits_are_a_sequence() {
        assert_eq!(decimal4(*b"9876").map(Sequence::value), Some(9876));
        for wrong in [*b"987/", *b":876", *b"\x00000", *b"98 6"] {
            assert_eq!(decimal4(wrong), None);
        }
    }

    #[cfg(feature = "_testing")]
    #[test]
    fn what_is_read_in_one_go_reads_the_same_the_long_way() {
        let frames: [&[u8]; 5] = [
            b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r",
            b"\n811C005C\"SIA-DCS\"0001R1L2#1234[#1234|Nri1/BA015^FRONT DOOR^][M0026B9E4268B][X093W23.456][Y45N23.456]\r",
            b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r\n",
            b"\nBEB90028\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r",
            b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 01]]\r",
        ];
        let mut read = 0;
        for frame in frames {
            for place in 0..frame.len() {
                for byte in [
                    0, b'\n', b'\r', b'"', b'*', b'0', b'9', b'A', b'L', b'[', b']', 0xFF,
                ] {
                    let mut damaged = frame.to_vec();
                    damaged[place] = byte;
                    let repaired = Frame::repaired(&damaged).unwrap_or(damaged.clone());
                    for bytes in [damaged, repaired] {
                        if let Some(usual) = usual(&bytes) {
                            read += 1;
                            assert_eq!(Frame::parse_long_way(&bytes), Ok(Some(usual)));
                        }
                    }
                }
            }
        }
        assert!(read > 100, "{read}");
    }
}
