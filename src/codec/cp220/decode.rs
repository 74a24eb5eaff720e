use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
};

use bytes::BytesMut;

use super::{Body, Frame, NAME, Settings, convert, stream::Lines};
use crate::{
    codec::{
        Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, Emit, Protocol, Quirk, Quirks,
        Signal,
        lines::{self, Piece},
        printable,
        stream::{Decoder, Stream},
    },
    event::{self, AlarmEvent, Losses, Refusal},
};

/// The registry's entry: header LF, terminator CR, answers 06 and 15.
///
/// An event goes out as Contact ID, translated where its code is of another family; one of this protocol's own codes as
/// Silent Knight. Receiver and line have a character each.
#[derive(Clone, Copy, Debug)]
pub struct Cp220;

/// The same with the settings of one port, for a [`Signal`]'s `protocol`.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Configured {
    /// The port's settings.
    pub settings: Settings<'static>,
}

impl Cp220 {
    const CONFIGURED: Configured = Configured {
        settings: Settings::DEFAULT,
    };
}

lines::by_default!(Cp220);

impl Configured {
    /// Cuts this port's stream into frames.
    #[must_use]
    pub fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Stream::new(Lines(self.settings)))
    }

    /// A frame may lack its header, so none is put in front of an argument.
    const fn ends(&self) -> (Option<u8>, u8) {
        (None, self.settings.terminator)
    }
}

impl Protocol for Configured {
    fn name(&self) -> &'static str {
        NAME
    }

    fn confidence(&self, input: &[u8]) -> u8 {
        lines::confidence(Lines(self.settings), input, self.ends(), |frame| {
            match Frame::parse(frame, &self.settings) {
                Ok(Some((frame, _))) => match frame.body {
                    // A 685 frame, and 685 is the commoner name for it.
                    Body::ContactId(_) if frame.headed => 70,
                    Body::ContactId(_) => 35,
                    Body::SilentKnight(_) => 20,
                    Body::Text(_) => 3,
                },
                _ => 0,
            }
        })
    }

    fn decode(&self, input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
        let settings = &self.settings;
        let (piece, taken) = lines::first(Lines(*settings), input, options, self.ends());
        let decoded = match piece {
            Piece::Frame { bytes, quirks } => match Frame::parse(&bytes, settings) {
                Ok(Some((frame, _))) => explain(&frame, quirks, settings),
                _ => refused(0, "no frame begins here".to_string()),
            },
            Piece::Bad { error, ended } => Decoded {
                reply_hex: settings
                    .nak
                    .filter(|_| ended)
                    .map(|nak| format!("{nak:02X}")),
                ..refused(error.offset(), error.kind().to_string())
            },
            Piece::Noise => refused(0, "no frame begins here".to_string()),
        };
        (decoded, taken)
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        match Frame::parse(signal.raw, &self.settings) {
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
        convert::emit(event, how, &self.settings, out)
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
    let (receiver, group) = frame
        .number
        .as_str()
        .split_at_checked(1)
        .unwrap_or_default();
    let mut decoded = Decoded {
        protocol: NAME.into(),
        ok: true,
        token: Some(frame.body.format().into()),
        receiver: Some(receiver.into()),
        line: Some(group.into()),
        account: frame.body.account().map(|account| account.as_str().into()),
        data: Some(printable(frame.data())),
        timestamp: (!frame.clock.is_empty()).then(|| frame.clock.into()),
        crc: Some(Crc {
            form: "none",
            ok: true,
        }),
        quirks: frame.quirks.union(quirks),
        reply_hex: settings.ack.map(|ack| format!("{ack:02X}")),
        ..Decoded::default()
    };
    let odd = frame.events(settings, &mut |event, _| {
        decoded.events.push(DecodedEvent::new(event));
    });
    decoded.quirks = decoded.quirks.union(odd);
    if quirks.has(Quirk::SevenBits) && !settings.seven_bits {
        decoded.ok = false;
        decoded.reply_hex = None;
        let message =
            "the sender is set to 7E1: every byte has even parity once bit 7 is cleared".into();
        decoded.error = Some(DecodedError { offset: 0, message });
    }
    decoded
}
