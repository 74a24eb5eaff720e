//! Reading frames of 685, CP-220 and ITI, and a warm stream of them, allocates nothing.
#![cfg(all(feature = "cp220", feature = "iti"))]
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{alloc::System, time::Duration};

use alarmwire::codec::{Protocol, ademco685, cp220, iti, stream::Cut};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn reading_frames_and_a_warm_stream_allocates_nothing() {
    let wires: [&[u8]; 5] = [
        b"\n11 1234 18 E130 01 C005 \r",
        b"\n11 1234 1555 5535 7\r",
        b"\n11 1234 0 5 3A",
        b"\n11 1234 3 5\r",
        b"\n00 OKAY @\r",
    ];
    let mut stream = ademco685::Ademco685.stream().unwrap();
    // The harness has threads of its own that may allocate meanwhile: the quietest of some runs counts.
    let quietest = (0..20).map(|_| {
        let region = Region::new(ALLOCATOR);
        let mut events = 0;
        for wire in wires {
            let (frame, _) = ademco685::Frame::parse(wire).unwrap().unwrap();
            frame.events(&ademco685::Settings::DEFAULT, &mut |_, _| events += 1);
            stream.push(Duration::ZERO, wire);
            while stream.next(Duration::ZERO) != Cut::More {}
        }
        for wire in [&b"111234A3\r"[..], b"\n11 1234 18 E130 01 C005\r"] {
            let settings = cp220::Settings::DEFAULT;
            let (frame, _) = cp220::Frame::parse(wire, &settings).unwrap().unwrap();
            frame.events(&settings, &mut |_, _| events += 1);
        }
        for wire in [&b"\n1B1j23458b45A\r"[..], b"|[1|A1234|Z12|Cfire|]7F\r"] {
            let (frame, _) = iti::Frame::parse(wire).unwrap().unwrap();
            frame.events(&mut |_, _| events += 1);
        }
        assert_eq!(events, 10);
        let change = region.change();
        change.allocations + change.reallocations
    });
    assert_eq!(quietest.min(), Some(0));
}
