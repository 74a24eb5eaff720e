//! Sur-Gard: strategies for frames, and what the fuzz targets call.

use core::time::Duration;

use bytes::BytesMut;
use proptest::{collection::vec, prelude::*, sample::select, strategy::Union};

use crate::{
    codec::{
        DecodeOptions, Protocol,
        surgard::{Configured, Frame, Framed, Framer, LONGEST, Settings, Surgard},
    },
    link::surgard::{Automation, AutomationSettings, Event, Sender, SenderSettings},
    types::Now,
};

fn digits(count: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[0-9A-F]{{{count}}}"))
        .unwrap_or_else(|_| unreachable!("a good pattern"))
}

/// Texts of that regular expression.
pub(super) fn pattern(body: &str) -> BoxedStrategy<String> {
    proptest::string::string_regex(body)
        .unwrap_or_else(|_| unreachable!("a good pattern"))
        .boxed()
}

/// Well-formed frames of every kind, as they stand on the wire; the width of the line number beside each.
pub fn frames() -> impl Strategy<Value = (Vec<u8>, usize)> {
    let body = Union::new([
        pattern("5 (18|98)[0-9B-F]{4}[ERP136][0-9]{3}[0-9A-F]{2}[0-9A-F]{3}"),
        pattern("Q 58[0-9]{10}[ERP][0-9]{3}[0-9]{2}[0-9]{3}"),
        pattern("1           @    "),
        pattern("1      [0-9A-F]{4} [A-Z][ 1-9A-F][ ]{2}[0-9]"),
        pattern("1    [0-9A-F]{6} [A-Z] [0-9]{3}"),
        pattern("3      [0-9A-F]{4}[A-Z]{2}[0-9]{4}"),
        pattern("4[0-9]{16}"),
        pattern("A      [0-9]{10}"),
        pattern("U[0-9]{15}F{9}"),
        pattern("6      [0-9A-F]{4}[A-Z]{2}[0-9]{4}"),
        pattern("8[0-9A-F]{4} [1-6]{4} [1-6]{4} [0-9]"),
        pattern("9    [0-9A-F]{4}[1-6]{8}"),
        pattern("C    [0-9A-F]{6}[A-Z][0-9]{3}  "),
        pattern(
            "S\\[#[0-9A-F]{3,10}\\|N(ri[0-9]{1,2}/)?(BA|BH|FA|OP|CL)[0-9]{0,4}(/TA[0-9]{1,3})?\\]",
        ),
        pattern("0\\[#0000\\|N(YT|YR|AT|AR|LT|LR)[0-9]{2}\\]"),
    ]);
    (
        digits(2),
        digits(7),
        select(vec![1_usize, 2, 3, 4, 5, 6, 7]),
        body,
    )
        .prop_map(|(receiver, line, width, body)| {
            let (kind, rest) = body.split_at_checked(1).unwrap_or_default();
            let line = line.get(..width).unwrap_or_default();
            (
                format!("{kind}{receiver}{line}{rest}\x14").into_bytes(),
                width,
            )
        })
}

/// Noise without the end byte and without characters that begin a frame.
pub fn noise() -> impl Strategy<Value = Vec<u8>> {
    vec(
        prop_oneof![0_u8..0x14, 0x15_u8..0x30, 0x61_u8..=0xFF],
        0..40,
    )
}

/// A stream cut into reads of any size.
pub fn reads(stream: Vec<u8>) -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(1_usize..60, 1..80).prop_map(move |sizes| {
        let mut rest = stream.as_slice();
        let mut reads = Vec::new();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (read, later) = rest.split_at_checked(*size).unwrap_or((rest, &[]));
            reads.push(read.to_vec());
            rest = later;
        }
        reads
    })
}

/// One frame: what reads well is written, and what was written reads the same; explaining it takes at least a byte.
///
/// # Panics
/// On a finding.
pub fn fuzz_frame(input: &[u8]) {
    let (width, rest) = input
        .split_first()
        .map_or((0, input), |(first, rest)| (*first, rest));
    let settings = Settings {
        line_digits: (width & 7 != 0).then_some(width & 7),
        ..Settings::default()
    };
    if let Ok(Some((frame, taken))) = Frame::parse(rest, &settings) {
        assert!(taken <= rest.len() && taken <= LONGEST && frame.raw.len() == taken);
        let mut events = 0;
        frame.events(&settings, &mut |_, _| events += 1);
        assert!(events > 0, "a frame without events");
        let mut wire = BytesMut::new();
        if frame.encode(&mut wire).is_ok() {
            let again = Frame::parse(&wire, &settings);
            let Ok(Some((again, _))) = again else {
                unreachable!("{again:?} of {}", wire.escape_ascii())
            };
            // What we write is in its normal form: blanks that stood for zeros are gone.
            let mut second = BytesMut::new();
            assert_eq!(again.encode(&mut second), Ok(()));
            assert_eq!(second, wire);
            assert_eq!(
                (again.kind, again.line, again.receiver),
                (frame.kind, frame.line, frame.receiver)
            );
        }
    }
    for argument in [false, true] {
        let options = DecodeOptions {
            argument,
            line_digits: settings.line_digits,
            ..DecodeOptions::default()
        };
        let (_, taken) = Surgard.decode(rest, &options);
        assert!(taken <= rest.len() && (taken > 0 || rest.is_empty()));
        let _configured = Configured::default().decode(rest, &options);
    }
    assert!(Surgard.confidence(rest) <= 100);
}

/// A stream through the framer and both sides of the link: each byte is in exactly one frame, damage or noise; how the
/// reads were cut makes no difference.
///
/// # Panics
/// On a finding.
pub fn fuzz_stream(input: &[u8]) {
    let (cut, stream) = input.split_first().map_or((1, input), |(first, rest)| {
        (usize::from(*first).max(1), rest)
    });
    let now = Duration::ZERO;
    let run = |cut: usize| {
        let mut framer = Framer::default();
        let (mut bytes, mut frames) = (0, Vec::new());
        for read in stream.chunks(cut) {
            framer.push(now, read);
            loop {
                match framer.next(now, &Settings::default()) {
                    Framed::More => break,
                    Framed::Noise(count) => bytes += count,
                    Framed::Bad { bytes: damaged, .. } => bytes += damaged.len(),
                    Framed::Frame(frame) => {
                        bytes += frame.raw.len();
                        frames.push(frame.raw.to_vec());
                    }
                }
            }
        }
        assert!(bytes <= stream.len() && stream.len() - bytes <= LONGEST);
        frames
    };
    assert_eq!(run(cut), run(1));

    let mut at = Now::default();
    let mut automation = Automation::new(AutomationSettings::default(), at);
    let Ok(mut sender) = Sender::new(&SenderSettings::default()) else {
        unreachable!("a good header")
    };
    sender.connected(at);
    for read in stream.chunks(cut) {
        automation.handle_input(at, read);
        while let Some(event) = automation.next(at) {
            if let Event::Signal(_, signal) = event {
                let mut events = 0;
                signal.events(&mut |_, _| events += 1);
                assert!(events > 0);
            }
        }
        while automation.poll_transmit().is_some() {}
        let _busy = sender.submit(at, 1, b"5011 181234E12101001\x14");
        let _sent = sender.poll_transmit(at).map(<[u8]>::len);
        sender.handle_input(at, read);
        while sender.poll_event().is_some() {}
        at = at.after(Duration::from_millis(
            u64::from(read.first().copied().unwrap_or(0)) * 50,
        ));
        automation.handle_timeout(at);
        sender.handle_timeout(at);
    }
}
