//! Reading bodies allocates nothing. One test in a binary of its own: the count is that of the whole process.
#![cfg(all(feature = "contact-id", feature = "dc03"))]
#![allow(clippy::unwrap_used, reason = "a test that fails shall say where")]

use std::{alloc::System, hint::black_box};

use alarmwire::codec::{
    contact_id::{self, Block},
    dc03::{self, FskBlock},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn reading_bodies_allocates_nothing() {
    let region = Region::new(ALLOCATOR);
    let mut events = 0;
    for payload in [
        &b"1130 01 015"[..],
        b"18160201000D",
        b"2130 01 015",
        b"no body",
        b"",
    ] {
        contact_id::events(payload, &mut |event, data| {
            black_box((event, data));
            events += 1;
        });
    }
    for payload in [
        &b"Nri1/BA015^FRONT DOOR^"[..],
        b"Nti10:15/da01-31-26/id7/BA2*'Hall'NM|AHall|&5551234",
        b"Nri1/BA1/BA2^Hall^/ri2/zz9/FA12FA13/L90|#5678|Ori1/CL3|AText|EDA1*21C_",
        b"N!!\xFF",
        b"",
    ] {
        dc03::events(payload, &mut |event, data| {
            black_box((event, data));
            events += 1;
        });
    }
    black_box(Block::parse(b"1234181131010158").unwrap());
    black_box(Block::parse_keys(b"*#AB181100010017").unwrap());
    black_box(FskBlock::parse(b"\x44\x23\x31\x32\x33\x34\x9C").unwrap());
    let change = region.change();
    assert_eq!((change.allocations, change.reallocations), (0, 0));
    assert_eq!(events, 15);
}
