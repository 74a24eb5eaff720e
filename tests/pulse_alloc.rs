//! Reading reports and handing out their events allocates nothing.
#![cfg(feature = "pulse")]
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::alloc::System;

use alarmwire::codec::pulse::{Frame, Settings, token};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn reading_a_report_and_its_events_allocates_nothing() {
    let wires: [&[u8]; 5] = [
        b"123435 123435\n",
        b"1233 1233 3335 3335\n",
        b"12341739\n",
        b"123455155355557E\n",
        b"123456155355557\n",
    ];
    let settings = Settings::DEFAULT;
    // The harness has threads of its own that may allocate meanwhile: the quietest of some runs counts.
    let quietest = (0..20).map(|_| {
        let region = Region::new(ALLOCATOR);
        let mut events = 0;
        for wire in wires {
            if let Ok(Some((frame, _))) = Frame::parse(wire, &settings) {
                frame.events(&settings, &mut |_, _| events += 1);
            }
        }
        assert!(token::events(
            "ADM-HS",
            b"1553 5555 7",
            &settings,
            &mut |_, _| events += 1
        ));
        assert_eq!(events, 9);
        let change = region.change();
        change.allocations + change.reallocations
    });
    assert_eq!(quietest.min(), Some(0));
}
