use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
};

use bytes::BytesMut;

use super::{ACK, Body, Frame, LONGEST, NAK, NAME, Settings, convert, stream::Lines};
use crate::{
    codec::{
        Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, Emit, Protocol, Quirk, Quirks,
        Signal,
        lines::{self, CR, LF, Piece},
        printable,
        stream::{Decoder, Stream},
    },
    event::{self, AlarmEvent, Losses, Refusal},
};

/// The registry's entry: 685 as an MX8000 speaks it, with answers.
///
/// An event goes out as Contact ID, translated where its code is of another family; one of this protocol's own digits
/// as 4x1 or 4x2, a channel as High Speed. Receiver and line have a character each.
#[derive(Clone, Copy, Debug)]
pub struct Ademco685;

/// The same with the settings of one port, for a [`Signal`]'s `protocol`: the meaning of its digits goes with it.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Configured {
    /// The port's settings.
    pub settings: Settings<'static>,
}

impl Ademco685 {
    const CONFIGURED: Configured = Configured {
        settings: Settings::DEFAULT,
    };
}

lines::by_default!(Ademco685);

impl Configured {
    /// Cuts this port's stream into frames.
    #[must_use]
    pub fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Stream::new(Lines))
    }
}

impl Protocol for Configured {
    fn name(&self) -> &'static str {
        NAME
    }

    fn confidence(&self, input: &[u8]) -> u8 {
        match lines::confidence(Lines, input, (Some(LF), CR), weigh) {
            // Damage has to be refused, not taken for a text of somebody else's.
            0 if is_damaged_event(input) => 10,
            fits => fits,
        }
    }

    fn decode(&self, input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
        let settings = &self.settings;
        let (piece, taken) = lines::first(Lines, input, options, (Some(LF), CR));
        let decoded = match piece {
            Piece::Frame { bytes, quirks } => match Frame::parse(&bytes) {
                Ok(Some((frame, _))) => explain(&frame, quirks, settings),
                _ => refused(0, "no frame begins here".to_string()),
            },
            Piece::Bad { error, ended } => Decoded {
                reply_hex: (ended && settings.answers).then(|| format!("{NAK:02X}")),
                ..refused(error.offset(), error.kind().to_string())
            },
            Piece::Noise => refused(0, "no frame begins here".to_string()),
        };
        (decoded, taken)
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        match Frame::parse(signal.raw) {
            Ok(Some((frame, _))) => {
                frame.events(&self.settings, each);
            }
            _ => event::raw(NAME, signal.data, |event| {
                let mut event = *event;
                event.account = signal.account;
                each(&event, signal.data);
            }),
        }
    }

    fn stream(&self) -> Option<Box<dyn Decoder>> {
        Some(self.decoder())
    }

    fn emit(
        &self,
        event: &AlarmEvent<'_>,
        how: &Emit<'_>,
        out: &mut BytesMut,
    ) -> Result<Losses, Refusal> {
        convert::emit(event, how, out)
    }
}

/// Whether a whole line that is no frame shows that it was an event: receiver, group and account in their columns, or
/// the format mark of Contact ID.
fn is_damaged_event(input: &[u8]) -> bool {
    let window = input.get(..input.len().min(LONGEST)).unwrap_or(input);
    let [LF, text @ ..] = window else {
        return false;
    };
    let ends = |byte: &u8| matches!(*byte, CR | LF);
    let Some(end) = text.iter().position(ends) else {
        return false;
    };
    let line = text.get(..end).unwrap_or(text);
    let digits = |from: usize, to: usize| {
        line.get(from..to)
            .is_some_and(|field| field.iter().all(u8::is_ascii_hexdigit))
    };
    let columns =
        digits(0, 2) && digits(3, 7) && line.get(2) == Some(&b' ') && line.get(7) == Some(&b' ');
    let marked = || {
        line.windows(4)
            .any(|field| matches!(field, b" 18 " | b" 98 "))
    };
    text.get(end) == Some(&CR) && (columns || marked())
}

fn weigh(frame: &[u8]) -> u8 {
    match Frame::parse(frame) {
        Ok(Some((frame, _))) => match frame.body {
            Body::ContactId(_) => 80,
            Body::Heartbeat => 75,
            Body::HighSpeed(_) => 70,
            Body::Caps(_) => 65,
            Body::Digits(_) => 60,
            Body::Text(_) => 5,
        },
        _ => 0,
    }
}

fn refused(offset: usize, message: String) -> Decoded {
    Decoded {
        protocol: NAME.into(),
        error: Some(DecodedError { offset, message }),
        ..Decoded::default()
    }
}

fn explain(frame: &Frame<'_>, quirks: Quirks, settings: &Settings<'_>) -> Decoded {
    let mut decoded = Decoded {
        protocol: NAME.into(),
        ok: true,
        token: Some(frame.body.format().into()),
        receiver: Some(frame.receiver(settings).into()),
        line: frame.group(settings).map(|group| group.as_str().into()),
        account: frame.body.account().map(|account| account.as_str().into()),
        data: Some(printable(frame.data())),
        crc: Some(Crc {
            form: "none",
            ok: true,
        }),
        quirks: frame.quirks.union(quirks),
        reply_hex: settings.answers.then(|| format!("{ACK:02X}")),
        ..Decoded::default()
    };
    if frame.body != Body::Heartbeat {
        let odd = frame.events(settings, &mut |event, _| {
            decoded.events.push(DecodedEvent::new(event));
        });
        decoded.quirks = decoded.quirks.union(odd);
    }
    if quirks.has(Quirk::SevenBits) && !settings.seven_bits {
        decoded.ok = false;
        decoded.reply_hex = None;
        let message =
            "the sender is set to 7E1: every byte has even parity once bit 7 is cleared".into();
        decoded.error = Some(DecodedError { offset: 0, message });
    }
    decoded
}
