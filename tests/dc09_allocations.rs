//! Reading and answering a DC-09 frame allocates nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![cfg(feature = "crypto")]

use std::{alloc::System, hint::black_box};

use alarmwire::{
    Timestamp,
    codec::dc09::{
        Body, Frame, Key, Reply, Scratch, Style, content_quirks, reply_ack, reply_ack_encrypted,
        reply_nak,
    },
    codec::{contact_id, dc03},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CONTACT_ID: &[u8] = b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r";
const SIA: &[u8] = b"\n811C005C\"SIA-DCS\"0001R1L2#1234[#1234|Nri1/BA015^FRONT DOOR^][M0026B9E4268B][X093W23.456][Y45N23.456]\r";
const ENCRYPTED: &[u8] = b"\nF8830076\"*ADM-CID\"0001L0#1234[3C997DC78CA4A20CAEC086529262CB1286CCFE3436B8B08E7C4C2BC4202046943FA507A5E8DA56DD0F399F6BC76AA511\r";

// One test only: others would run beside it and be counted.
#[test]
fn parsing_body_check_value_length_and_answers_allocate_nothing() {
    let key = Key::from_bytes(b"0123456789ABCDEF").unwrap();
    let mut scratch = Scratch::new();
    let mut reply = Reply::new();
    let now = Timestamp::from_civil(2026, 1, 31, 12, 0, 0).unwrap();
    let mut events = 0;
    let region = Region::new(GLOBAL);

    for wire in [CONTACT_ID, SIA] {
        let (frame, taken) = Frame::parse(black_box(wire)).unwrap().unwrap();
        assert!(taken == wire.len() && frame.length_ok);
        let Body::Clear(content) = &frame.body else {
            unreachable!()
        };
        black_box(content_quirks(&frame, content));
        let read = if wire == CONTACT_ID {
            contact_id::events
        } else {
            dc03::events
        };
        black_box(read(content.payload(), &mut |event, _| {
            black_box(event);
            events += 1;
        }));
        assert_eq!(
            content.extended.iter().count(),
            if wire == SIA { 3 } else { 0 }
        );
        reply_ack(&frame, &mut reply);
        reply_nak(&frame, now, &mut reply);
    }

    let (frame, _) = Frame::parse(black_box(ENCRYPTED)).unwrap().unwrap();
    let content = frame.decrypt(&key, &mut scratch).unwrap();
    contact_id::events(content.payload(), &mut |_, _| events += 1);
    reply_ack_encrypted(
        &frame,
        &key,
        now,
        &Style::default(),
        &mut |pad: &mut [u8]| pad.fill(1),
        &mut reply,
    );

    let change = region.change();
    assert_eq!((change.allocations, change.reallocations), (0, 0));
    assert_eq!(events, 3);
}
