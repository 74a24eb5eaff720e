//! Reading DC-07 frames, and a warm stream of them, allocates nothing.
#![cfg(feature = "dc07")]

use std::{alloc::System, time::Duration};

use alarmwire::codec::{
    dc07::{Bytes, Frame, Settings},
    stream::{Cut, Decoder, Stream},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn reading_a_frame_and_a_warm_stream_allocates_nothing() {
    let wires: [&[u8]; 4] = [
        b"\n3E6714E01040101[#4444|NOP]\r",
        b"\nDC7115m00300101[#7654| A01]\r",
        b"\nD12F1Ca00440101[#1234|18113001005]\r",
        b"\n47B20B\t00070100[]\r",
    ];
    let settings = Settings::default();
    let mut stream = Stream::new(Bytes);
    // The harness has threads of its own that may allocate meanwhile: the quietest of some runs counts.
    let quietest = (0..20).map(|_| {
        let region = Region::new(ALLOCATOR);
        let mut events = 0;
        for wire in wires {
            let (frame, _) = Frame::parse(wire).unwrap().unwrap();
            frame.events(&settings, &mut |_, _| events += 1);
            stream.push(Duration::ZERO, wire);
            while stream.next(Duration::ZERO) != Cut::More {}
        }
        assert_eq!(events, 4);
        let change = region.change();
        change.allocations + change.reallocations
    });
    assert_eq!(quietest.min(), Some(0));
}
