//! DC-07: strategies for frames, and what the fuzz target calls.

use bytes::BytesMut;
use proptest::{prelude::*, strategy::Union};

use super::{
    bosch6500::{cut, explain},
    surgard::pattern,
};
use crate::codec::dc07::{Bytes, Dc07, Frame, LONGEST, Settings};

/// Well-formed frames of every kind, as they stand on the wire, in their normal form.
pub fn frames() -> impl Strategy<Value = Vec<u8>> {
    let numbers = "[0-9]{4}[0-9A-F]{2}[0-9]{2}";
    let body = Union::new(
        [
            "a{}\\[#[0-9A-F]{4}\\|18[136][0-9B-F]{3}[0-9]{5}\\]",
            "\t{}\\[#[0-9A-F]{3,10}\\|N(ri[0-9]{1,2}/)?(BA|BH|FA|OP|CL)[0-9]{0,4}(/TA[0-9]{1,3})?\\]",
            "[a-zA-Z]{}\\[# ?[0-9A-F]{3}\\|( [A-Z]|[GH] )[0-9]{2}\\]",
            "\t{}\\[\\]",
            "\t{}\\[CST(0[0-9]|1[0-9]|2[0-3])[0-5][0-9]\\]",
            "\t{}\\[[a-z ]{1,200}\\]",
            "n{}\\[#[0-9]{6}\\|[0-9]{19}\\]",
        ]
        .map(|text| pattern(&text.replace("{}", numbers))),
    );
    body.prop_map(|text| framed(text.as_bytes()))
        .prop_filter("normal form", |wire| {
            let mut out = BytesMut::new();
            matches!(Frame::parse(wire), Ok(Some((frame, _))) if frame.encode(&mut out).is_ok() && out == wire)
        })
}

/// A frame around `text`, with a check value and length that fit.
#[must_use]
pub fn framed(text: &[u8]) -> Vec<u8> {
    let crc = crate::codec::arc::arc(text);
    let head = format!("\n{crc:04X}{:02X}", text.len() & 0xFF);
    [head.as_bytes(), text, b"\r"].concat()
}

/// The bytes as they are, and the same with a check value that fits, so that runs reach the grammar.
///
/// # Panics
/// On a finding.
pub fn fuzz(input: &[u8]) {
    frame(input);
    let text: Vec<u8> = input
        .iter()
        .copied()
        .filter(|b| !matches!(b, b'\r' | b'\n'))
        .take(255)
        .collect();
    frame(&framed(&text));
    explain(&Dc07, input);
    explain(&Dc07, &framed(&text));
    let size = input.first().map_or(1, |first| usize::from(*first).max(1));
    let stream = [input, &framed(&text)].concat();
    let parts: Vec<&[u8]> = stream.chunks(size).collect();
    let single: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(cut(Bytes, &parts).0, cut(Bytes, &single).0);
}

fn frame(input: &[u8]) {
    let Ok(Some((frame, taken))) = Frame::parse(input) else {
        return;
    };
    assert!(taken <= input.len() && taken <= LONGEST && frame.raw.len() == taken);
    let mut events = 0;
    frame.events(&Settings::default(), &mut |_, _| events += 1);
    assert!(events > 0, "a frame without events");
    let mut wire = BytesMut::new();
    if frame.encode(&mut wire).is_ok() {
        let again = Frame::parse(&wire);
        let Ok(Some((again, _))) = again else {
            unreachable!("{again:?} of {}", wire.escape_ascii())
        };
        assert_eq!(
            (again.kind, again.sequence, again.line, again.body),
            (frame.kind, frame.sequence, frame.line, frame.body)
        );
        let mut answer = BytesMut::new();
        assert_eq!(frame.ack().encode(&mut answer), Ok(()));
        assert!(
            matches!(Frame::parse(&answer), Ok(Some((answer, _))) if answer.acknowledges(&frame))
        );
    }
}
