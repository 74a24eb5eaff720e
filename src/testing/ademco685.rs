//! Ademco 685: strategies for frames, and what the fuzz target calls.

use bytes::BytesMut;
use proptest::{prelude::*, strategy::Union};

use super::lines::{laws, pattern};
use crate::codec::ademco685::{Ademco685, Body, Configured, Frame, LONGEST, Settings};

/// Well-formed frames of every kind, as they stand on the wire and as we write them.
pub fn frames() -> impl Strategy<Value = Vec<u8>> {
    Union::new([
        pattern("\n[0-9A-F]{2} [0-9B-F]{4} [0-9B-F]\r"),
        pattern("\n[0-9]{2} [0-9]{4} [0-9B-F] [0-9B-F]\r"),
        pattern("\n[0-9]{2} [0-9]{4} (0 [0-9] [0-9]|1 [0-9] [0-9]|2 [0-4] [0-9])A"),
        pattern("\n[0-9A-F]{2} [0-9B-F]{4} [1-6]{4} [1-6]{4} [0-9]\r"),
        pattern("\n[0-9]{2} [0-9B-F]{4} (18|98) [ERP][1-7][0-9]{2} [0-9]{2} [CU][0-9]{3}\r"),
        pattern("\n[0-9]{2} OKAY @\r"),
        pattern("\n[0-9]{2} (PRINTER|SYSTEM|Line)( [A-Za-z0-9:/]{1,8}){0,5}\r"),
    ])
}

/// Any bytes as a frame and as a stream: what reads well is written and reads as the same, alone as well.
///
/// # Panics
/// On a finding.
pub fn fuzz(input: &[u8]) {
    for from in 0..input.len().min(4) {
        frame(input.get(from..).unwrap_or_default());
    }
    laws(&Ademco685, input);
    let settings = Settings::IP_RECEIVER;
    laws(&Configured { settings }, input);
}

fn frame(input: &[u8]) {
    let Ok(Some((frame, taken))) = Frame::parse(input) else {
        return;
    };
    assert!(taken <= input.len() && taken <= LONGEST && frame.raw.len() == taken);
    let mut wire = BytesMut::new();
    assert_eq!(frame.encode(&mut wire), Ok(()));
    let again = Frame::parse(&wire);
    let Ok(Some((again, _))) = again else {
        unreachable!("{again:?} of {}", wire.escape_ascii())
    };
    assert_eq!((again.number, again.body), (frame.number, frame.body));
    for settings in [Settings::DEFAULT, Settings::IP_RECEIVER] {
        let mut events = 0;
        frame.events(&settings, &mut |event, data| {
            events += 1;
            assert_eq!(event.account, frame.body.account());
            let end = if matches!(frame.body, Body::Caps(_)) {
                b'A'
            } else {
                b'\r'
            };
            let own = [b"\n", data, &[end]].concat();
            let Ok(Some((alone, _))) = Frame::parse(&own) else {
                unreachable!("{} carries nothing", data.escape_ascii())
            };
            let mut count = 0;
            alone.events(&settings, &mut |other, _| {
                count += 1;
                assert_eq!(other, event);
            });
            assert_eq!(count, 1);
        });
        assert!(events > 0, "a frame without events");
    }
}
