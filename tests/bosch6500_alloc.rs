//! Reading 6500-mode frames, and a warm stream of them, allocates nothing.
#![cfg(feature = "bosch6500")]

use std::{alloc::System, time::Duration};

use alarmwire::codec::{
    bosch6500::{Bytes, Frame, Settings},
    stream::{Cut, Decoder, Stream},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn reading_a_frame_and_a_warm_stream_allocates_nothing() {
    let wires: [&[u8]; 5] = [
        b"\n1011      1234 A  98\x14",
        b"a011 123418113001005\x14",
        b"3011 REJECT COMMAND  \x14",
        b"f011  1234 1553 5555 7\x14",
        b"S011[#1234|Nri1/BA01]\x14",
    ];
    let settings = Settings::default();
    let mut stream = Stream::new(Bytes::default());
    // The harness has threads of its own that may allocate meanwhile: the quietest of some runs counts.
    let quietest = (0..20).map(|_| {
        let region = Region::new(ALLOCATOR);
        let mut events = 0;
        for wire in wires {
            let (frame, _) = Frame::parse(wire, &settings).unwrap().unwrap();
            frame.events(&settings, &mut |_, _| events += 1);
            stream.push(Duration::ZERO, wire);
            while stream.next(Duration::ZERO) != Cut::More {}
        }
        assert_eq!(events, 6);
        let change = region.change();
        change.allocations + change.reallocations
    });
    assert_eq!(quietest.min(), Some(0));
}
