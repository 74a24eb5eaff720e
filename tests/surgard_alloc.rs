//! Reading Sur-Gard frames, and a warm stream of them, allocates nothing.
#![cfg(feature = "surgard")]

use std::{alloc::System, time::Duration};

use alarmwire::codec::surgard::{Frame, Framed, Framer, Settings};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn reading_a_frame_and_a_warm_stream_allocates_nothing() {
    let wires: [&[u8]; 4] = [
        b"5011 181234E12101001\x14",
        b"1011      1234 A  05\x14",
        b"3011      1234BA0001\x14",
        b"S011[#1234|Nri1/BA01/TA02]\x14",
    ];
    let settings = Settings::default();
    let mut framer = Framer::default();
    // The harness has threads of its own that may allocate meanwhile: the quietest of some runs counts.
    let quietest = (0..20).map(|_| {
        let region = Region::new(ALLOCATOR);
        let mut events = 0;
        for wire in wires {
            let (frame, _) = Frame::parse(wire, &settings).unwrap().unwrap();
            frame.events(&settings, &mut |_, _| events += 1);
            framer.push(Duration::ZERO, wire);
            while framer.next(Duration::ZERO, &settings) != Framed::More {}
        }
        assert_eq!(events, 5);
        let change = region.change();
        change.allocations + change.reallocations
    });
    assert_eq!(quietest.min(), Some(0));
}
