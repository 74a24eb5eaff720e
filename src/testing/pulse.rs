//! Pulse formats and their siblings: strategies for reports, and what the fuzz target calls.

use core::time::Duration;

use bytes::BytesMut;
use proptest::{prelude::*, sample::select};

use crate::codec::{
    DecodeOptions, Protocol,
    pulse::{Format, Frame, Parity, Pulse, Rounds, Settings, token},
    stream::Cut,
};

fn digits(count: usize) -> BoxedStrategy<String> {
    proptest::string::string_regex(&format!("[0-9B-F]{{{count}}}"))
        .unwrap_or_else(|_| unreachable!("a good pattern"))
        .boxed()
}

/// Reports of every format, with and without check digit, in one round or two.
pub fn reports() -> impl Strategy<Value = Frame> {
    (select(&Format::ALL[..]), any::<bool>(), any::<bool>())
        .prop_flat_map(|(format, checked, twice)| {
            (
                Just((format, checked, twice)),
                digits(format.account_digits()),
                digits(format.body_digits()),
            )
        })
        .prop_map(|((format, checked, twice), account, body)| {
            let rounds = if twice { Rounds::Two } else { Rounds::One };
            Frame::new(format, &account, &body)
                .unwrap_or_else(|_| unreachable!("digits of the right number"))
                .checked(checked)
                .in_rounds(rounds)
        })
}

/// What a line must be set to for this report to be read as it is.
#[must_use]
pub fn settings(report: &Frame) -> Settings<'static> {
    Settings::DEFAULT.parity(if report.format().is_pulse() && report.check().is_some() {
        Parity::Mod15
    } else {
        Parity::Absent
    })
}

/// Any bytes as a line, a stream and the body of a DC-09 token: nothing panics, what is read is written again, and every
/// byte of a stream comes back once.
pub fn fuzz(input: &[u8]) {
    for parity in [Parity::Absent, Parity::Mod15, Parity::Unchecked] {
        let settings = Settings::DEFAULT.parity(parity);
        let Ok(Some((frame, taken))) = Frame::parse(input, &settings) else {
            continue;
        };
        assert!(taken <= input.len());
        let mut out = BytesMut::new();
        assert!(frame.encode(&mut out).is_ok());
        assert_eq!(Frame::read(&out, &settings), Ok(frame.clone()));
        let mut events = 0;
        frame.events(&settings, &mut |_, data| {
            events += 1;
            assert!(Frame::read(data, &settings).is_ok());
        });
        assert!(events > 0);
    }
    for name in token::TOKENS {
        let mut events = 0;
        let read = token::events(name, input, &Settings::DEFAULT, &mut |_, own| {
            events += 1;
            assert!(token::events(name, own, &Settings::DEFAULT, &mut |_, _| {}));
        });
        assert_eq!(read, events > 0);
    }
    let (decoded, taken) = Pulse.decode(input, &DecodeOptions::default());
    assert!(taken <= input.len() && (taken > 0 || input.is_empty()));
    assert!(!decoded.ok || !decoded.events.is_empty());
    let Some(mut stream) = Pulse.stream() else {
        return;
    };
    let mut back = 0;
    for (read, milliseconds) in input.chunks(7).chain([&[][..]]).zip(0..) {
        // The last, empty read comes a minute later: what is unfinished then is given up.
        let pause = if read.is_empty() { 60_000 } else { 0 };
        let now = Duration::from_millis(milliseconds + pause);
        stream.push(now, read);
        loop {
            match stream.next(now) {
                Cut::More => break,
                Cut::Noise(bytes) => back += bytes,
                Cut::Frame { bytes, .. } | Cut::Bad { bytes, .. } => back += bytes.len(),
            }
        }
    }
    assert_eq!(back, input.len());
}
