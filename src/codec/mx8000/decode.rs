use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString as _},
};
use core::time::Duration;

use super::{Body, CR, Command, Dialect, Frame, parse::header};
use crate::{
    codec::{
        Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, Quirk, Quirks, Signal, printable,
        stream::{Cut, Decoder as _, GAP, Look, Shape, Stream},
    },
    error::{ParseError, ParseErrorKind},
    event::AlarmEvent,
};

/// How the frames of a dialect look on a stream.
#[derive(Clone, Copy, Debug)]
pub struct Lines(Dialect);

/// Where the 22h behind the date stands.
const DATE: usize = 7;

impl Lines {
    /// Where the next frame may begin, from `from` on: with its first byte, a date and 22h, as far as they are there. What
    /// stands behind those makes damage of it, not noise, so that it makes no difference how much of it is there.
    fn start(self, bytes: &[u8], from: usize) -> Option<usize> {
        (from..bytes.len()).find(|at| {
            let rest = bytes.get(*at..).unwrap_or_default();
            header(rest, self.0).map_or_else(|error| error.offset() > DATE, |()| true)
        })
    }
}

impl Dialect {
    /// A stream of its frames.
    #[must_use]
    pub fn stream(self) -> Stream<Lines> {
        Stream::new(Lines(self))
    }
}

impl Shape for Lines {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        if let Err(error) = header(bytes, self.0) {
            // Up to the byte that does not fit there are digits and 22h only: none begins a frame.
            return match error.offset() {
                0 => Look::Noise(self.start(bytes, 1).unwrap_or(bytes.len())),
                at @ ..=DATE => Look::Noise(at),
                at => Look::Bad(at, error),
            };
        }
        let end = memchr::memchr(CR, bytes);
        if end.is_none() && !ended {
            return Look::More;
        }
        let seen = bytes
            .get(..end.map_or(bytes.len(), |end| end + 1))
            .unwrap_or(bytes);
        // A frame that was cut off and the next one have a check byte that fits once in 64 times: looked for first.
        if let Some(at) = self.start(seen, 1) {
            let kind = ParseErrorKind::Expected("the end of the frame before the next one");
            return Look::Bad(at, ParseError::new(at, kind));
        }
        match Frame::parse(seen, self.0) {
            Ok(Some((_, taken))) => Look::Frame(taken),
            Ok(None) => Look::More,
            Err(error) => Look::Bad(seen.len(), error),
        }
    }

    fn longest(&self) -> usize {
        self.0.longest() + 2
    }

    fn end(&self) -> Option<u8> {
        Some(CR)
    }
}

/// How well the input fits: the header of fixed digits and separators is telling, the check byte more so.
pub(in crate::codec) fn confidence(input: &[u8], dialect: Dialect) -> u8 {
    if dialect == Dialect::Sk9000 && input == [0] {
        return 10;
    }
    let parts = |bytes: &[u8]| match Frame::parse(bytes, dialect) {
        Ok(Some((frame, _))) if frame.quirks.has(Quirk::CheckByte) => 60,
        Ok(Some(_)) => 95,
        Err(error) if error.offset() >= dialect.header() => 60,
        _ => 0,
    };
    // Noise in front of the first frame.
    let hidden = || {
        let window = input.get(..2 * dialect.longest()).unwrap_or(input);
        match Lines(dialect).start(window, 1) {
            Some(at) => input.get(at..).map_or(0, parts) / 3,
            None => 0,
        }
    };
    match parts(input) {
        0 if input.contains(&CR) => hidden(),
        0 if !input.contains(&CR) && input.len() > dialect.header() => {
            parts(&with_end(input, dialect)) / 2
        }
        fits => fits,
    }
}

/// An argument that lacks its CR, with one; line ends of a shell are no part of it.
fn with_end(input: &[u8], dialect: Dialect) -> alloc::vec::Vec<u8> {
    let head = input.get(..dialect.longest() + 2).unwrap_or(input);
    [head.trim_ascii_end(), &[CR]].concat()
}

fn refused(dialect: Dialect, offset: usize, message: String) -> Decoded {
    Decoded {
        protocol: dialect.name().into(),
        error: Some(DecodedError { offset, message }),
        ..Decoded::default()
    }
}

/// Explains the first frame, or the one byte of a command.
pub(in crate::codec) fn decode(
    input: &[u8],
    options: &DecodeOptions<'_>,
    dialect: Dialect,
) -> (Decoded, usize) {
    if let [byte] = input
        && let Some(command) = Command::read(*byte, dialect)
    {
        let decoded = Decoded {
            protocol: dialect.name().into(),
            ok: true,
            token: Some(command.name().into()),
            data: Some(printable(input)),
            ..Decoded::default()
        };
        return (decoded, 1);
    }
    let shape = Lines(dialect);
    let skipped = match (options.argument && !options.continued, input) {
        (true, [_, ..]) => shape.start(input, 0).unwrap_or(0),
        _ => 0,
    };
    let rest = input.get(skipped..).unwrap_or_default();
    let seen = rest.get(..shape.longest()).unwrap_or(rest);
    let lacks_end = options.argument && rest.len() < shape.longest() && !rest.contains(&CR);
    let bytes: Cow<'_, [u8]> = match lacks_end && !rest.is_empty() {
        true => with_end(seen, dialect).into(),
        false => seen.into(),
    };
    let mut stream = Stream::new(shape);
    stream.push(Duration::ZERO, &bytes);
    // Nothing follows: whatever began is whole, or cut off.
    let (mut decoded, used) = match stream.next(GAP) {
        Cut::Frame { bytes, quirks } => match Frame::parse(bytes, dialect) {
            Ok(Some((frame, taken))) => (explain(&frame, quirks), taken),
            _ => (
                refused(dialect, 0, "no frame begins here".to_string()),
                bytes.len(),
            ),
        },
        Cut::Bad { error, bytes } => {
            let error = error.shifted(skipped);
            let mut decoded = refused(dialect, error.offset(), error.kind().to_string());
            if matches!(error.kind(), ParseErrorKind::Check(_)) {
                decoded.crc = Some(Crc {
                    form: "none",
                    ok: false,
                });
            }
            decoded.reply_hex = Some("15".into());
            (decoded, bytes.len())
        }
        Cut::Noise(bytes) => (
            refused(dialect, 0, "no frame begins here".to_string()),
            bytes,
        ),
        Cut::More => (refused(dialect, 0, "no frame begins here".to_string()), 0),
    };
    if lacks_end && decoded.ok {
        decoded.quirks.note(Quirk::MissingCr);
    }
    let used = if lacks_end && used == bytes.len() {
        rest.len()
    } else {
        used.min(rest.len())
    };
    let after = rest.get(used..).unwrap_or_default();
    // Line ends of a text file or terminal are no noise.
    let blank = after
        .iter()
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .count();
    (decoded, skipped + used + blank)
}

fn explain(frame: &Frame<'_>, quirks: Quirks) -> Decoded {
    let mut decoded = Decoded {
        protocol: frame.dialect.name().into(),
        ok: !quirks.has(Quirk::SevenBits),
        token: Some(frame.id.as_str().into()),
        sequence: frame.reference.map(|reference| reference.to_string()),
        receiver: frame.receiver.map(|receiver| receiver.as_str().into()),
        line: frame.line_card().map(Into::into),
        account: frame.account().map(|account| account.as_str().into()),
        data: Some(printable(frame.data())),
        timestamp: Some(format!("{} {}", frame.date, frame.time)),
        crc: Some(Crc {
            form: "none",
            ok: !frame.quirks.has(Quirk::CheckByte),
        }),
        quirks: frame.quirks.union(quirks),
        reply_hex: Some("06".into()),
        ..Decoded::default()
    };
    if frame.body != Body::Nothing {
        let odd = frame.events(&mut |event, _| decoded.events.push(DecodedEvent::new(event)));
        decoded.quirks = decoded.quirks.union(odd);
    }
    if !decoded.ok {
        // As for every receiver: read, but not answered (serial-receivers.md 8.6).
        decoded.reply_hex = None;
        let message =
            "the sender is set to 7E1: every byte has even parity once bit 7 is cleared".into();
        decoded.error = Some(DecodedError { offset: 0, message });
    }
    decoded
}

/// The events of a signal.
pub(in crate::codec) fn events(
    signal: &Signal<'_>,
    dialect: Dialect,
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) {
    match Frame::parse(signal.raw, dialect) {
        Ok(Some((frame, _))) => {
            frame.events(each);
        }
        _ => crate::event::raw(dialect.name(), signal.data, |event| {
            let mut event = *event;
            event.account = signal.account;
            each(&event, signal.data);
        }),
    }
}

/// The registry's entry of a dialect.
macro_rules! entry {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl crate::codec::Protocol for $name {
            fn name(&self) -> &'static str {
                $crate::codec::mx8000::Dialect::$name.name()
            }

            fn confidence(&self, input: &[u8]) -> u8 {
                crate::codec::mx8000::confidence(input, Dialect::$name)
            }

            fn decode(
                &self,
                input: &[u8],
                options: &crate::codec::DecodeOptions<'_>,
            ) -> (crate::codec::Decoded, usize) {
                crate::codec::mx8000::decode(input, options, Dialect::$name)
            }

            fn events(
                &self,
                signal: &crate::codec::Signal<'_>,
                each: &mut dyn FnMut(&crate::AlarmEvent<'_>, &[u8]),
            ) {
                crate::codec::mx8000::events(signal, Dialect::$name, each);
            }

            fn stream(&self) -> Option<alloc::boxed::Box<dyn crate::codec::stream::Decoder>> {
                Some(alloc::boxed::Box::new(Dialect::$name.stream()))
            }

            fn emit(
                &self,
                event: &crate::AlarmEvent<'_>,
                how: &crate::codec::Emit<'_>,
                out: &mut bytes::BytesMut,
            ) -> Result<crate::event::Losses, crate::event::Refusal> {
                let style = crate::codec::mx8000::CallStyle::of(Dialect::$name);
                crate::codec::mx8000::emit_event(Dialect::$name, style, event, how, out)
            }
        }
    };
}
pub(in crate::codec) use entry;
