//! Reading ADEMCO 8000 and SK9000 frames, and a warm stream of them, allocates nothing.
#![cfg(all(feature = "ademco8000", feature = "sk9000"))]

use std::{alloc::System, time::Duration};

use alarmwire::codec::{
    Protocol as _,
    mx8000::{Dialect, Frame},
    sk9000::Sk9000,
    stream::Cut,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn reading_a_frame_and_a_warm_stream_allocates_nothing() {
    let wires: [&[u8]; 3] = [
        b"'062794\"0345\"51\x051234\"BA01\"BA02\"BA04~\r",
        b"\x01062794\"0345\"z9000P\r",
        b"\x01062794\"0345\"{H\r",
    ];
    let mut stream = Sk9000.stream().unwrap();
    // The harness has threads of its own that may allocate meanwhile: the quietest of some runs counts.
    let quietest = (0..20).map(|_| {
        let region = Region::new(ALLOCATOR);
        let mut events = 0;
        for wire in wires {
            let (frame, _) = Frame::parse(wire, Dialect::Sk9000).unwrap().unwrap();
            frame.events(&mut |_, _| events += 1);
            stream.push(Duration::ZERO, wire);
            while stream.next(Duration::ZERO) != Cut::More {}
        }
        assert_eq!(events, 5);
        let change = region.change();
        change.allocations + change.reallocations
    });
    assert_eq!(quietest.min(), Some(0));
}
