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

#[path = "parse/work.rs"]
mod work;

use std::hint::black_box;

use aes::cipher::KeyInit;
use alarmwire::{
    Timestamp,
    codec::dc09::{Key, Reply, Scratch, Style, reply_ack, reply_ack_encrypted},
};
use criterion::{Criterion, criterion_group, criterion_main};
use work::{
    ADEMCO685, CONTACT_ID, ENCRYPTED, KEY, SIA, SURGARD, ademco685, clear, encrypted, event, floor,
    floor_encrypted, surgard,
};

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
    let mut group = c.benchmark_group("serial");
    // Held against the floor of the plain frame, as these have no check value.
    group.bench_function("floor", |b| b.iter(|| floor(black_box(CONTACT_ID))));
    group.bench_function("surgard", |b| b.iter(|| surgard(black_box(SURGARD))));
    group.bench_function("ademco685", |b| b.iter(|| ademco685(black_box(ADEMCO685))));
    group.finish();
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
