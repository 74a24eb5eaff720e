//! Reading Galaxy blocks, and a warm stream of them, allocates nothing.
#![cfg(feature = "galaxy")]
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{alloc::System, time::Duration};

use alarmwire::codec::{
    galaxy::{Frame, GalaxyStream, Settings},
    stream::{Cut, Decoder, Stream},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn reading_a_block_and_a_warm_stream_allocates_nothing() {
    let wires: [&[u8]; 3] = [
        b"\x48Nri1/BA01\xFE",
        b"\x4DNri1/BA01/BA02\xD5",
        b"\x45@AL4B1\xB0",
    ];
    let settings = Settings::default();
    let mut stream = Stream::new(GalaxyStream::new(&settings));
    // The harness has threads of its own that may allocate meanwhile: the quietest of some runs counts.
    let quietest = (0..20).map(|_| {
        let region = Region::new(ALLOCATOR);
        let mut events = 0;
        for wire in wires {
            let (frame, _) = Frame::parse(wire, &settings).unwrap().unwrap();
            frame.events(&mut |_, _| events += 1);
            stream.push(Duration::ZERO, wire);
            while stream.next(Duration::ZERO) != Cut::More {}
        }
        assert_eq!(events, 4);
        let change = region.change();
        change.allocations + change.reallocations
    });
    assert_eq!(quietest.min(), Some(0));
}
