use alloc::{
    borrow::Cow,
    boxed::Box,
    format,
    string::{String, ToString},
};
use core::time::Duration;

use bytes::BytesMut;

use super::{ACK, Body, Bytes, Command, Frame, Kind, LONGEST, NAK, NAME, Settings, command::Value};
use crate::{
    codec::{
        Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, Emit, Protocol, Quirk, Quirks,
        Signal,
        dc03::secret,
        printable,
        stream::{Cut, Decoder, Stream},
    },
    error::{ParseError, ParseErrorKind},
    event::{AlarmEvent, Losses, Refusal},
};

/// The registry's entry: 6500 mode with the default letters, with or without a header, DC4 behind.
#[derive(Clone, Copy, Debug)]
pub struct Bosch6500;

/// 6500 mode with the settings of one port, for a [`Signal`]'s `protocol`: the meaning of its letters goes with it.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Configured {
    /// The port's settings.
    pub settings: Settings<'static>,
}

macro_rules! protocol {
    ($name:ident, $this:ident => $settings:expr) => {
        impl Protocol for $name {
            fn name(&self) -> &'static str {
                NAME
            }

            fn confidence(&self, input: &[u8]) -> u8 {
                let $this = self;
                confidence(input, &$settings)
            }

            fn decode(&self, input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
                let $this = self;
                decode(input, options, &$settings)
            }

            fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
                let $this = self;
                events(signal, &$settings, each);
            }

            fn stream(&self) -> Option<Box<dyn Decoder>> {
                let $this = self;
                Some(Box::new(Stream::new(Bytes::new(&$settings))))
            }

            fn emit(
                &self,
                event: &AlarmEvent<'_>,
                how: &Emit<'_>,
                out: &mut BytesMut,
            ) -> Result<Losses, Refusal> {
                let $this = self;
                super::encode::emit(event, how, &$settings, out)
            }
        }
    };
}
protocol!(Bosch6500, _port => Settings::default());
protocol!(Configured, port => port.settings);

fn events(
    signal: &Signal<'_>,
    settings: &Settings<'_>,
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) {
    match Frame::parse(signal.raw, settings) {
        Ok(Some((frame, _))) => {
            frame.events(settings, each);
        }
        _ => crate::event::raw(NAME, signal.data, |event| {
            let mut event = *event;
            event.account = signal.account;
            each(&event, signal.data);
        }),
    }
}

fn confidence(input: &[u8], settings: &Settings<'_>) -> u8 {
    if let Ok(Some((_, taken))) = Command::parse(input) {
        return if taken == input.len() { 75 } else { 60 };
    }
    let from = usize::from(!input.is_empty());
    let end = input
        .iter()
        .skip(from)
        .take(LONGEST)
        .position(|b| *b == settings.trailer)
        .map(|at| at + from);
    let Some(end) = end else {
        // An argument may lack its end byte; what is longer than any frame is none.
        if input.len() >= LONGEST {
            return 0;
        }
        let whole = with_end(input, settings);
        return at_start(&whole, settings) / 2;
    };
    let frame = input.get(..=end).unwrap_or_default();
    match at_start(frame, settings) {
        0 => {
            let mut stream = Stream::new(Bytes::new(settings));
            stream.push(Duration::ZERO, frame);
            match stream.next(Duration::ZERO) {
                Cut::Frame { .. } => 30,
                Cut::Bad { .. } => 15,
                // A frame behind noise.
                Cut::Noise(_) => match stream.next(Duration::ZERO) {
                    Cut::Frame { bytes, .. } => at_start(bytes, settings) / 3,
                    _ => 0,
                },
                Cut::More => 0,
            }
        }
        fits => fits,
    }
}

fn at_start(frame: &[u8], settings: &Settings<'_>) -> u8 {
    let Ok(Some((frame, _))) = Frame::parse(frame, settings) else {
        return 0;
    };
    let led = frame.header.is_some();
    match frame.body {
        // Without a header both are Sur-Gard's as well, which goes first there.
        Body::LinkTest | Body::Common(_) => {
            if led {
                75
            } else {
                60
            }
        }
        Body::ContactId(_) | Body::Express(_) => 80,
        Body::HighSpeed(_) => 70,
        Body::Text(_) if frame.is_rejection() => 75,
        Body::Text(_) if led => 50,
        Body::Text(_) => 20,
        // Behind a header, or with a small letter, it is no Sur-Gard frame.
        Body::Other(_) if frame.kind.is_known() && led => 25,
        Body::Other(_) if frame.kind.is_known() && frame.kind.is_small() => 25,
        Body::Other(_) if frame.kind.is_known() => 10,
        Body::Other(_) => 5,
    }
}

fn decode(input: &[u8], options: &DecodeOptions<'_>, settings: &Settings<'_>) -> (Decoded, usize) {
    if input.is_empty() {
        return (refused(0, "no frame begins here".to_string()), 0);
    }
    if input.first() == Some(&b'!') {
        return command(input, options);
    }
    let end = input
        .iter()
        .skip(1)
        .take(LONGEST - 1)
        .position(|b| *b == settings.trailer)
        .map(|at| at + 2);
    let window = input
        .get(..end.unwrap_or(input.len()).min(LONGEST))
        .unwrap_or_default();
    let closed = end.is_none() && options.argument && input.len() < LONGEST;
    let bytes: Cow<'_, [u8]> = if closed {
        with_end(window, settings).into()
    } else {
        window.into()
    };
    let mut stream = Stream::new(Bytes::new(settings));
    stream.push(Duration::ZERO, &bytes);
    let mut skipped = 0;
    if options.argument
        && !options.continued
        && let Cut::Noise(noise) = stream.next(Duration::ZERO)
    {
        if noise >= bytes.len() {
            return (refused(0, "no frame begins here".to_string()), window.len());
        }
        skipped = noise;
    } else {
        stream = Stream::new(Bytes::new(settings));
        stream.push(Duration::ZERO, &bytes);
    }
    let (mut decoded, taken) = match stream.next(Duration::ZERO) {
        Cut::Frame { bytes, quirks } => (explain(bytes, quirks, settings), skipped + bytes.len()),
        Cut::Bad { error, bytes } => (damage(error, skipped, bytes), skipped + bytes.len()),
        Cut::Noise(noise) => {
            let mut noise = noise;
            while let Cut::Noise(more) = stream.next(Duration::ZERO) {
                noise += more;
            }
            (
                refused(skipped, "no frame begins here".to_string()),
                skipped + noise,
            )
        }
        Cut::More => (
            refused(input.len(), "expected the end byte".to_string()),
            window.len(),
        ),
    };
    let mut taken = taken.clamp(1, window.len());
    if closed && decoded.ok {
        decoded.quirks.note(Quirk::MissingCr);
        taken = window.len();
    }
    // Line ends of a text file are no noise; LF within the input is the next frame's header.
    let after = input.get(taken..).unwrap_or_default();
    if after.iter().all(|b| matches!(b, b'\r' | b'\n')) {
        taken = input.len();
    }
    (decoded, taken)
}

/// An argument that lacks its end byte, with one; line ends of a shell are no part of it.
fn with_end(input: &[u8], settings: &Settings<'_>) -> alloc::vec::Vec<u8> {
    let ends = input
        .iter()
        .rev()
        .take_while(|b| matches!(b, b'\r' | b'\n'));
    let length = input.len() - ends.count();
    let mut whole = input.get(..length).unwrap_or_default().to_vec();
    whole.push(settings.trailer);
    whole
}

fn refused(offset: usize, message: String) -> Decoded {
    Decoded {
        protocol: NAME.into(),
        error: Some(DecodedError { offset, message }),
        ..Decoded::default()
    }
}

fn damage(error: ParseError, skipped: usize, bytes: &[u8]) -> Decoded {
    let kind = bytes.iter().copied().find_map(Kind::new);
    Decoded {
        token: kind.map(|kind| kind.as_str().into()),
        reply_hex: Some(format!("{NAK:02X}")),
        ..refused(error.offset() + skipped, error.kind().to_string())
    }
}

/// A command to a receiver: explained, never executed, so never answered.
fn command(input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
    let mut closed = input
        .get(..input.len().min(Command::LONGEST))
        .map(<[u8]>::to_vec);
    let mut missing = false;
    if options.argument
        && input.len() < Command::LONGEST
        && !input.contains(&b'\r')
        && let Some(closed) = &mut closed
    {
        missing = true;
        while closed.last() == Some(&b'\n') {
            closed.pop();
        }
        closed.push(b'\r');
    }
    let error = match Command::parse(closed.as_deref().unwrap_or(input)) {
        Ok(Some((command, taken))) => {
            let mut quirks = Quirks::NONE;
            if missing {
                quirks.note(Quirk::MissingCr);
            }
            let decoded = Decoded {
                protocol: NAME.into(),
                ok: true,
                token: Some(command.name().into()),
                data: Some(Value(command).to_string()),
                quirks,
                ..Decoded::default()
            };
            let taken = if missing { input.len() } else { taken };
            return (decoded, taken);
        }
        Ok(None) => ParseError::new(input.len(), ParseErrorKind::Expected("CR")),
        Err(error) => error,
    };
    let taken = input
        .iter()
        .take(LONGEST)
        .position(|b| *b == b'\r')
        .map_or(input.len().min(LONGEST), |at| at + 1);
    (refused(error.offset(), error.kind().to_string()), taken)
}

fn explain(bytes: &[u8], line: Quirks, settings: &Settings<'_>) -> Decoded {
    let Ok(Some((frame, _))) = Frame::parse(bytes, settings) else {
        return refused(0, "no frame begins here".to_string());
    };
    let mut decoded = Decoded {
        protocol: NAME.into(),
        ok: true,
        token: Some(frame.kind.as_str().into()),
        receiver: Some(frame.receiver.as_str().into()),
        line: Some(frame.line.as_str().into()),
        account: frame.body.account().map(|account| account.as_str().into()),
        data: Some(match frame.body {
            Body::ContactId(_) => printable(frame.data()),
            _ => secret::shown(frame.data()),
        }),
        crc: Some(Crc {
            form: "none",
            ok: true,
        }),
        quirks: frame.quirks.union(line),
        reply_hex: Some(format!("{ACK:02X}")),
        ..Decoded::default()
    };
    if frame.body != Body::LinkTest {
        let odd = frame.events(settings, &mut |event, _| {
            decoded.events.push(DecodedEvent::new(event))
        });
        decoded.quirks = decoded.quirks.union(odd);
    }
    if line.has(Quirk::SevenBits) && !settings.seven_bits {
        decoded.ok = false;
        decoded.reply_hex = None;
        let message =
            "the sender is set to 7E1: every byte has even parity once bit 7 is cleared".into();
        decoded.error = Some(DecodedError { offset: 0, message });
    }
    decoded
}
