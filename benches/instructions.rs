//! How many instructions reading and answering take, which no neighbour on the machine changes:
//! `cargo bench --features crypto --bench instructions` (needs valgrind and `cargo install gungraun-runner`).
//!
//! `.ci/instructions` holds the counts against `benches/instructions.json`, by version of the compiler.
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
use gungraun::{library_benchmark, library_benchmark_group, main};
use work::{ADEMCO685, CONTACT_ID, ENCRYPTED, KEY, SIA, SURGARD};

#[library_benchmark]
#[bench::contact_id(CONTACT_ID)]
fn floor(wire: &[u8]) -> u16 {
    work::floor(black_box(wire))
}

#[library_benchmark]
#[bench::contact_id(CONTACT_ID, false)]
#[bench::sia(SIA, true)]
fn parse(wire: &[u8], sia: bool) -> u16 {
    work::clear(black_box(wire), sia, |frame| frame.sequence.value())
}

#[library_benchmark]
#[bench::contact_id(CONTACT_ID, false)]
#[bench::sia(SIA, true)]
fn parse_and_acknowledge(wire: &[u8], sia: bool) -> usize {
    let mut reply = Reply::new();
    work::clear(black_box(wire), sia, |frame| reply_ack(frame, &mut reply));
    reply.len()
}

#[library_benchmark]
#[bench::contact_id(CONTACT_ID)]
fn parse_to_event(wire: &[u8]) {
    work::event(black_box(wire));
}

#[library_benchmark]
#[bench::surgard(SURGARD, work::surgard)]
#[bench::ademco685(ADEMCO685, work::ademco685)]
fn serial(wire: &[u8], parse: fn(&[u8])) {
    parse(black_box(wire));
}

#[library_benchmark]
#[bench::contact_id(aes::Aes128::new_from_slice(KEY).unwrap())]
fn floor_encrypted(cipher: aes::Aes128) -> u16 {
    work::floor_encrypted(black_box(ENCRYPTED), &cipher, black_box(&mut [0; 48]))
}

fn keyed() -> (Key, Scratch) {
    (Key::from_bytes(KEY).unwrap(), Scratch::new())
}

#[library_benchmark]
#[bench::contact_id(keyed())]
fn parse_encrypted((key, mut scratch): (Key, Scratch)) -> u16 {
    work::encrypted(black_box(ENCRYPTED), &key, &mut scratch, |frame| {
        frame.sequence.value()
    })
}

#[library_benchmark]
#[bench::contact_id(keyed())]
fn parse_and_acknowledge_encrypted((key, mut scratch): (Key, Scratch)) -> usize {
    let mut reply = Reply::new();
    let now = Timestamp::from_nanos(1_769_860_800_000_000_000);
    let mut entropy = |out: &mut [u8]| out.fill(0x55);
    work::encrypted(black_box(ENCRYPTED), &key, &mut scratch, |frame| {
        reply_ack_encrypted(
            frame,
            &key,
            now,
            &Style::default(),
            &mut entropy,
            &mut reply,
        );
    });
    reply.len()
}

library_benchmark_group!(
    name = codec;
    benchmarks =
        floor,
        floor_encrypted,
        parse,
        parse_and_acknowledge,
        parse_to_event,
        serial,
        parse_encrypted,
        parse_and_acknowledge_encrypted
);
main!(library_benchmark_groups = codec);
