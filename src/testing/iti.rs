//! ITI: strategies for records, and what the fuzz target calls.

use bytes::BytesMut;
use proptest::{prelude::*, strategy::Union};

use super::lines::{laws, pattern};
use crate::codec::iti::{Frame, Iti, LONGEST};

/// Well-formed records of every kind, as they stand on the wire and as we write them.
pub fn frames() -> impl Strategy<Value = Vec<u8>> {
    Union::new([
        pattern("\n[0-9A-Za-z]{3,30}\r"),
        pattern("\nIT IRCV [0-9A-F]{4}\r"),
        pattern("\n00 OKAY @\r"),
        pattern("\nLOG( [A-Z0-9:/]{1,8}){1,5}\r"),
        pattern(
            "\\|\\[[0-9]\\|I[0-9]\\|L[0-9]{2}\\|A[0-9A-F]{3,6}\\|Z[0-9]{1,3}\\|C[A-Za-z]{1,8}\\|\\][0-9A-F]{2}\r",
        ),
    ])
}

/// Any bytes as a record and as a stream: what reads well is written and reads as the same.
///
/// # Panics
/// On a finding.
pub fn fuzz(input: &[u8]) {
    for from in 0..input.len().min(4) {
        frame(input.get(from..).unwrap_or_default());
    }
    laws(&Iti, input);
}

fn frame(input: &[u8]) {
    let Ok(Some((frame, taken))) = Frame::parse(input) else {
        return;
    };
    assert!(taken <= input.len() && taken <= LONGEST && frame.raw.len() == taken);
    let mut events = 0;
    frame.events(&mut |event, data| {
        events += 1;
        assert_eq!(
            (event.account, data),
            (frame.record.account(), frame.data())
        );
    });
    assert_eq!(events, 1);
    let mut wire = BytesMut::new();
    assert_eq!(frame.encode(&mut wire), Ok(()));
    let again = Frame::parse(&wire);
    let Ok(Some((again, _))) = again else {
        unreachable!("{again:?} of {}", wire.escape_ascii())
    };
    assert_eq!(again.record, frame.record);
}
