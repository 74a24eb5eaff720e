//! CP-220: strategies for frames, and what the fuzz target calls.

use bytes::BytesMut;
use proptest::{prelude::*, strategy::Union};

use super::lines::{laws, pattern};
use crate::codec::cp220::{Configured, Cp220, Frame, LONGEST, Settings};

/// Other characters than the usual, and a time header.
pub const ODD: Settings<'static> = Settings {
    header: Some(0x02),
    terminator: 0x03,
    time_header: 5,
    ..Settings::DEFAULT
};

/// Well-formed frames of every kind, as they stand on the wire and as we write them.
pub fn frames() -> impl Strategy<Value = Vec<u8>> {
    Union::new([
        pattern("\n?[0-9]{2}[0-9B-F]{4}[A-Z][0-9]\r"),
        pattern("\n?[0-9]{2}[0-9B-F]{4}[0-9]{2}\r"),
        pattern("\n[0-9]{2} [0-9B-F]{4} 18 [ERP][1-7][0-9]{2} [0-9]{2} [CU][0-9]{3}\r"),
        pattern("\n[0-9]{2} (COMPUTER|LINE)( [A-Z]{1,8}){0,5}\r"),
    ])
}

/// Any bytes as a frame and as a stream, under two settings: what reads well is written and reads as the same.
///
/// # Panics
/// On a finding.
pub fn fuzz(input: &[u8]) {
    for settings in [Settings::DEFAULT, ODD] {
        for from in 0..input.len().min(4) {
            frame(input.get(from..).unwrap_or_default(), &settings);
        }
        laws(&Configured { settings }, input);
    }
    laws(&Cp220, input);
}

fn frame(input: &[u8], settings: &Settings<'_>) {
    let Ok(Some((frame, taken))) = Frame::parse(input, settings) else {
        return;
    };
    assert!(taken <= input.len() && taken <= LONGEST && frame.raw.len() == taken);
    let mut events = 0;
    frame.events(settings, &mut |event, _| {
        events += 1;
        assert_eq!(event.account, frame.body.account());
    });
    assert_eq!(events, 1);
    let mut wire = BytesMut::new();
    assert_eq!(frame.encode(settings, &mut wire), Ok(()));
    let again = Frame::parse(&wire, settings);
    let Ok(Some((again, _))) = again else {
        unreachable!("{again:?} of {}", wire.escape_ascii())
    };
    assert_eq!(
        (again.clock, again.number, again.body, again.headed),
        (frame.clock, frame.number, frame.body, frame.headed)
    );
}
