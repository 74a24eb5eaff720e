//! What the two benches do to a frame, beside its floor.

use std::hint::black_box;

use aes::cipher::{Array, BlockModeDecrypt, InnerIvInit};
use alarmwire::{
    codec::dc09::{Body, Frame, Key, Scratch},
    codec::{ademco685, contact_id, dc03, surgard},
};
use crc::{CRC_16_ARC, Crc, Table};

static ARC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);

pub(crate) const CONTACT_ID: &[u8] = b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r";
pub(crate) const SIA: &[u8] = b"\n811C005C\"SIA-DCS\"0001R1L2#1234[#1234|Nri1/BA015^FRONT DOOR^][M0026B9E4268B][X093W23.456][Y45N23.456]\r";
pub(crate) const ENCRYPTED: &[u8] = b"\nF8830076\"*ADM-CID\"0001L0#1234[3C997DC78CA4A20CAEC086529262CB1286CCFE3436B8B08E7C4C2BC4202046943FA507A5E8DA56DD0F399F6BC76AA511\r";
pub(crate) const KEY: &[u8; 16] = b"0123456789ABCDEF";

pub(crate) fn floor(wire: &[u8]) -> u16 {
    let cr = memchr::memchr(b'\r', wire).unwrap_or_default();
    ARC.checksum(&wire[9..cr])
}

/// The floor of the encrypted frame: the above, and the shortest way from digits to text.
pub(crate) fn floor_encrypted(wire: &[u8], cipher: &aes::Aes128, text: &mut [u8; 48]) -> u16 {
    let crc = floor(wire);
    let from = wire.len() - 1 - 96;
    for (byte, pair) in text.iter_mut().zip(wire[from..].chunks_exact(2)) {
        let digit = |d: u8| (d & 15) + 9 * (d >> 6);
        *byte = digit(pair[0]) << 4 | digit(pair[1]);
    }
    let (blocks, _) = Array::slice_as_chunks_mut(&mut text[..]);
    cbc::Decryptor::inner_iv_init(cipher, &Array::default()).decrypt_blocks(blocks);
    crc
}

/// The body of a frame, decoded, and what the caller does with the frame.
#[inline(always)]
pub(crate) fn clear<T>(wire: &[u8], sia: bool, then: impl FnOnce(&Frame<'_>) -> T) -> T {
    let Ok(Some((frame, _))) = &Frame::parse(wire) else {
        panic!("a frame")
    };
    assert!(frame.length_ok);
    let Body::Clear(content) = &frame.body else {
        panic!("in clear")
    };
    if sia {
        for part in dc03::Blocks::new(content.payload()).flat_map(|block| block.packets()) {
            black_box(&part);
        }
    } else {
        black_box(&contact_id::Body::parse(content.payload()));
    }
    then(frame)
}

#[inline(always)]
pub(crate) fn encrypted<T>(
    wire: &[u8],
    key: &Key,
    scratch: &mut Scratch,
    then: impl FnOnce(&Frame<'_>) -> T,
) -> T {
    let Ok(Some((frame, _))) = &Frame::parse(wire) else {
        panic!("a frame")
    };
    assert!(frame.length_ok);
    let content = frame.decrypt(key, scratch).unwrap();
    black_box(&contact_id::Body::parse(content.payload()));
    then(frame)
}

/// The neutral event of the plain frame: also its row of the code table, class, lane, partition, zone or user.
pub(crate) fn event(wire: &[u8]) {
    let Ok(Some((frame, _))) = &Frame::parse(wire) else {
        panic!("a frame")
    };
    let Body::Clear(content) = &frame.body else {
        panic!("in clear")
    };
    let (body, _) = contact_id::Body::parse(content.payload()).unwrap();
    black_box(&body.event());
}

/// Frames of serial receivers.
pub(crate) const SURGARD: &[u8] = b"5011 181234E12101001\x14";
pub(crate) const ADEMCO685: &[u8] = b"\n01 1234 18 E131 01 C015\r";

#[inline(always)]
pub(crate) fn surgard(wire: &[u8]) {
    let Ok(Some((frame, _))) = &surgard::Frame::parse(wire, &surgard::Settings::default()) else {
        panic!("a frame")
    };
    black_box(frame);
}

#[inline(always)]
pub(crate) fn ademco685(wire: &[u8]) {
    let Ok(Some((frame, _))) = &ademco685::Frame::parse(wire) else {
        panic!("a frame")
    };
    black_box(frame);
}
