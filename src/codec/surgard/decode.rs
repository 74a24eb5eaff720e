use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};

use bytes::BytesMut;

use super::{
    ACK, Body, DC4, Frame, Framed, Framer, Kind, LONGEST, NAK, Settings, emit::emit, stream::Stream,
};
use crate::{
    codec::{
        Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, Emit, Protocol, Quirk, Signal,
        dc03::secret, printable, stream::Decoder,
    },
    error::ParseError,
    event::{AlarmEvent, Losses, Refusal},
};

/// The registry's entry: Sur-Gard with the default letters.
#[derive(Clone, Copy, Debug)]
pub struct Surgard;

/// Sur-Gard with the settings of one port, for a [`Signal`]'s `protocol`: the meaning of its letters goes with it.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Configured {
    /// The port's settings.
    pub settings: Settings<'static>,
}

impl Protocol for Surgard {
    fn name(&self) -> &'static str {
        "surgard"
    }

    fn confidence(&self, input: &[u8]) -> u8 {
        confidence(input)
    }

    fn decode(&self, input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
        decode(
            input,
            options,
            &Settings {
                line_digits: options.line_digits,
                ..Settings::default()
            },
        )
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        events(signal, &Settings::default(), each);
    }

    fn stream(&self) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Stream::default()))
    }

    fn emit(
        &self,
        event: &AlarmEvent<'_>,
        how: &Emit<'_>,
        out: &mut BytesMut,
    ) -> Result<Losses, Refusal> {
        emit(event, how, out)
    }
}

impl Protocol for Configured {
    fn name(&self) -> &'static str {
        "surgard"
    }

    fn confidence(&self, input: &[u8]) -> u8 {
        confidence(input)
    }

    fn decode(&self, input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
        let line_digits = options.line_digits.or(self.settings.line_digits);
        decode(
            input,
            options,
            &Settings {
                line_digits,
                ..self.settings
            },
        )
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        events(signal, &self.settings, each);
    }

    fn stream(&self) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Stream::new(self.settings)))
    }

    fn emit(
        &self,
        event: &AlarmEvent<'_>,
        how: &Emit<'_>,
        out: &mut BytesMut,
    ) -> Result<Losses, Refusal> {
        emit(event, how, out)
    }
}

fn events(
    signal: &Signal<'_>,
    settings: &Settings<'_>,
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) {
    // The width that the session settled on, for the kinds that do not show it.
    let line_digits = signal.line.and_then(|line| u8::try_from(line.len()).ok());
    match Frame::parse(
        signal.raw,
        &Settings {
            line_digits,
            ..*settings
        },
    ) {
        Ok(Some((frame, _))) => {
            frame.events(settings, each);
        }
        _ => crate::event::raw("surgard", signal.data, |event| {
            let mut event = *event;
            event.account = signal.account;
            each(&event, signal.data);
        }),
    }
}

fn confidence(input: &[u8]) -> u8 {
    let end = input.iter().take(LONGEST).position(|b| *b == DC4);
    let Some(end) = end else {
        // An argument may lack its end byte.
        let whole = with_end(input.get(..LONGEST - 1).unwrap_or(input));
        return if whole.len() > 4 {
            at_start(&whole) / 2
        } else {
            0
        };
    };
    let frame = input.get(..=end).unwrap_or_default();
    match at_start(frame) {
        0 => {
            let mut framer = Framer::default();
            framer.push(core::time::Duration::ZERO, frame);
            match framer.next(core::time::Duration::ZERO, &Settings::default()) {
                Framed::Bad { .. } => 15,
                Framed::Frame(_) => 30,
                Framed::Noise(n) if n < frame.len() => 20,
                _ => 0,
            }
        }
        fits => fits,
    }
}

fn at_start(frame: &[u8]) -> u8 {
    match Frame::parse(frame, &Settings::default()) {
        Ok(Some((frame, _))) => match frame.body {
            Body::Text(_) if !frame.kind.is_known() => 5,
            Body::Text(_) => 20,
            Body::Caller(_) => 40,
            // Receivers put at least four blanks before the account; a bare Contact ID body has one.
            Body::Basic(_) if !frame.data().windows(4).any(|columns| columns == b"    ") => 10,
            _ => 80,
        },
        _ => 0,
    }
}

fn decode(input: &[u8], options: &DecodeOptions<'_>, settings: &Settings<'_>) -> (Decoded, usize) {
    if input.is_empty() {
        return (refused(0, "no frame begins here".to_string()), 0);
    }
    let end = input.iter().take(LONGEST).position(|b| *b == DC4);
    let mut ended = false;
    let bytes: alloc::borrow::Cow<'_, [u8]> = match end {
        Some(end) => input.get(..=end).unwrap_or_default().into(),
        None if options.argument && input.len() < LONGEST => {
            ended = true;
            with_end(input).into()
        }
        None => input
            .get(..input.len().min(LONGEST))
            .unwrap_or_default()
            .into(),
    };
    let used = match end {
        Some(end) => end + 1,
        None if ended => input.len(),
        None => bytes.len(),
    };
    let now = core::time::Duration::ZERO;
    let mut framer = Framer::default();
    framer.push(now, &bytes);
    let mut skipped = 0;
    let mut framed = framer.next(now, settings);
    if let Framed::Noise(n) = framed
        && options.argument
        && !options.continued
        && n < bytes.len()
    {
        skipped = n;
        framed = framer.next(now, settings);
    }
    let mut decoded = match framed {
        Framed::Frame(frame) => explain(&frame, settings),
        Framed::Bad { error, bytes } => damage(error.shifted(skipped), bytes),
        Framed::Noise(n) => {
            return (
                refused(0, "no frame begins here".to_string()),
                n.max(1).min(used),
            );
        }
        Framed::More => {
            // No end byte: whatever began is cut off.
            let error = match Frame::parse(&bytes, settings) {
                Err(error) => (error.offset(), error.kind().to_string()),
                Ok(_) => (used, "expected the end byte 14h".to_string()),
            };
            return (refused(error.0, error.1), used);
        }
    };
    if ended {
        decoded.quirks.note(Quirk::MissingCr);
    }
    // Line ends of a text file or terminal are no noise.
    let after = input.get(used..).unwrap_or_default();
    let blank = after.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
    (decoded, used + blank.count())
}

/// An argument that lacks its end byte, with one; line ends of a shell are no part of it.
fn with_end(input: &[u8]) -> Vec<u8> {
    let line_ends = input
        .iter()
        .rev()
        .take_while(|b| matches!(b, b'\r' | b'\n'));
    let length = input.len() - line_ends.count();
    let mut whole = input.get(..length).unwrap_or_default().to_vec();
    whole.push(DC4);
    whole
}

fn refused(offset: usize, message: String) -> Decoded {
    Decoded {
        protocol: "surgard".into(),
        error: Some(DecodedError { offset, message }),
        ..Decoded::default()
    }
}

fn damage(error: ParseError, bytes: &[u8]) -> Decoded {
    Decoded {
        token: bytes
            .first()
            .copied()
            .and_then(Kind::new)
            .map(|kind| kind.as_str().into()),
        reply_hex: Some(format!("{NAK:02X}")),
        ..refused(error.offset(), error.kind().to_string())
    }
}

fn explain(frame: &Frame<'_>, settings: &Settings<'_>) -> Decoded {
    let mut decoded = Decoded {
        protocol: "surgard".into(),
        ok: true,
        token: Some(frame.kind.as_str().into()),
        receiver: Some(frame.receiver.as_str().into()),
        line: Some(frame.line.as_str().into()),
        account: frame.body.account().map(|account| account.as_str().into()),
        timestamp: frame.clock.map(Into::into),
        crc: Some(Crc {
            form: "none",
            ok: true,
        }),
        quirks: frame.quirks,
        reply_hex: Some(format!("{ACK:02X}")),
        ..Decoded::default()
    };
    decoded.data = Some(match frame.body {
        Body::Internal(block) | Body::SiaTwo(block) => {
            decoded.data_account.clone_from(&decoded.account);
            secret::shown(block)
        }
        Body::Text(_) => secret::shown(frame.data()),
        _ => printable(frame.data()),
    });
    if frame.body != Body::Heartbeat {
        let odd = frame.events(settings, &mut |event, _| {
            decoded.events.push(DecodedEvent::new(event))
        });
        decoded.quirks = decoded.quirks.union(odd);
    }
    if frame.quirks.has(Quirk::SevenBits) && !settings.seven_bits {
        decoded.ok = false;
        decoded.reply_hex = None;
        let message =
            "the sender is set to 7E1: every byte has even parity once bit 7 is cleared".into();
        decoded.error = Some(DecodedError { offset: 0, message });
    }
    decoded
}
