//! Reading three frames, and reading them and writing their ACK, beside a floor measured in the same run: finding CR, and
//! CRC-16/ARC over the body by the same table; for the encrypted frame also hexadecimal decoding and AES-CBC.
//!
//! `cargo bench --features crypto --bench parse`
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::hint::black_box;

use aes::cipher::{Array, BlockModeDecrypt, InnerIvInit, KeyInit};
use alarmwire::{
    Timestamp,
    codec::dc09::{Body, Frame, Key, Reply, Scratch, Style, reply_ack, reply_ack_encrypted},
    codec::{contact_id, dc03},
};
use crc::{CRC_16_ARC, Crc, Table};
use criterion::{Criterion, criterion_group, criterion_main};

static ARC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_ARC);

const CONTACT_ID: &[u8] = b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r";
const SIA: &[u8] = b"\n811C005C\"SIA-DCS\"0001R1L2#1234[#1234|Nri1/BA015^FRONT DOOR^][M0026B9E4268B][X093W23.456][Y45N23.456]\r";
const ENCRYPTED: &[u8] = b"\nF8830076\"*ADM-CID\"0001L0#1234[3C997DC78CA4A20CAEC086529262CB1286CCFE3436B8B08E7C4C2BC4202046943FA507A5E8DA56DD0F399F6BC76AA511\r";
const KEY: &[u8; 16] = b"0123456789ABCDEF";

fn floor(wire: &[u8]) -> u16 {
    let cr = memchr::memchr(b'\r', wire).unwrap_or_default();
    ARC.checksum(&wire[9..cr])
}

/// The floor of the encrypted frame: the above, and the shortest way from digits to text.
fn floor_encrypted(wire: &[u8], cipher: &aes::Aes128, text: &mut [u8; 48]) -> u16 {
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
fn clear<T>(wire: &[u8], sia: bool, then: impl FnOnce(&Frame<'_>) -> T) -> T {
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
fn encrypted<T>(
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
fn event(wire: &[u8]) {
    let Ok(Some((frame, _))) = &Frame::parse(wire) else {
        panic!("a frame")
    };
    let Body::Clear(content) = &frame.body else {
        panic!("in clear")
    };
    let (body, _) = contact_id::Body::parse(content.payload()).unwrap();
    black_box(&body.event());
}

fn benches(c: &mut Criterion) {
    for (name, wire, sia) in [("contact-id", CONTACT_ID, false), ("sia", SIA, true)] {
        let mut group = c.benchmark_group(name);
        group.bench_function("floor", |b| b.iter(|| floor(black_box(wire))));
        group.bench_function("parse", |b| {
            b.iter(|| clear(black_box(wire), sia, |frame| black_box(frame).sequence))
        });
        group.bench_function("parse+ack", |b| {
            let mut reply = Reply::new();
            b.iter(|| {
                clear(black_box(wire), sia, |frame| reply_ack(frame, &mut reply));
                black_box(reply.len())
            });
        });
        if !sia {
            group.bench_function("parse+event", |b| b.iter(|| event(black_box(wire))));
        }
        group.finish();
    }
    let mut group = c.benchmark_group("encrypted");
    let cipher = aes::Aes128::new_from_slice(KEY).unwrap();
    let key = Key::from_bytes(KEY).unwrap();
    let mut text = [0; 48];
    group.bench_function("floor", |b| {
        b.iter(|| floor_encrypted(black_box(ENCRYPTED), &cipher, black_box(&mut text)))
    });
    let mut scratch = Scratch::new();
    group.bench_function("parse", |b| {
        b.iter(|| {
            encrypted(black_box(ENCRYPTED), &key, &mut scratch, |frame| {
                black_box(frame).sequence
            })
        });
    });
    let now = Timestamp::from_civil(2026, 1, 31, 12, 0, 0).unwrap();
    group.bench_function("parse+ack", |b| {
        let mut reply = Reply::new();
        let mut state = 1_u64;
        let mut entropy = |out: &mut [u8]| {
            for bytes in out.chunks_mut(8) {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                bytes.copy_from_slice(&state.to_be_bytes()[..bytes.len()]);
            }
        };
        b.iter(|| {
            encrypted(black_box(ENCRYPTED), &key, &mut scratch, |frame| {
                reply_ack_encrypted(
                    frame,
                    &key,
                    now,
                    &Style::default(),
                    &mut entropy,
                    &mut reply,
                );
            });
            black_box(reply.len())
        });
    });
    group.finish();
}

criterion_group!(parse, benches);
criterion_main!(parse);
