use alloc::{
    borrow::Cow,
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};
use core::time::Duration;

use bytes::BytesMut;

use super::{
    Body, Bytes, CR, Frame, Kind, LF, LONGEST, NAME, Settings, convert,
    frame::{HEAD, check, head},
};
use crate::{
    codec::{
        Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, Emit, Protocol, Quirk, Quirks,
        Signal,
        bosch6500::Value,
        columns::is_seven_bits,
        dc03::secret,
        stream::{Cut, Decoder, Look, Shape, Stream},
    },
    error::{ParseError, ParseErrorKind},
    event::{AlarmEvent, Losses, Refusal},
    types::{ReceiverNumber, encode_hex},
};

/// The registry's entry: DC-07 with the default meanings of basic formats' letters.
#[derive(Clone, Copy, Debug)]
pub struct Dc07;

/// DC-07 with the settings of one port, for a [`Signal`]'s `protocol`: the meaning of its letters goes with it.
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
                confidence(input)
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
                Some(Box::new(Stream::new(Bytes)))
            }

            fn emit(
                &self,
                event: &AlarmEvent<'_>,
                how: &Emit<'_>,
                out: &mut BytesMut,
            ) -> Result<Losses, Refusal> {
                super::emit::emit(event, how, out)
            }
        }
    };
}
protocol!(Dc07, _port => Settings::default());
protocol!(Configured, port => port.settings);

fn events(
    signal: &Signal<'_>,
    settings: &Settings<'_>,
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) {
    if let Ok(Some((frame, _))) = Frame::parse(signal.raw) {
        frame.events(settings, each);
        return;
    }
    let kind = match signal.token.map(str::as_bytes) {
        Some(&[letter]) => Kind::new(letter),
        _ => None,
    };
    let kind = kind.unwrap_or(Kind::PLAIN);
    convert::of_data(kind, signal.account, signal.data, settings, each);
}

fn confidence(input: &[u8]) -> u8 {
    let at_start = |input: &[u8]| match Frame::parse(input) {
        Ok(Some(_)) => 95,
        // All in its place, and the line has damaged something of it.
        Err(error) if is_checked(&error) && has_brackets(input) => 50,
        _ => 0,
    };
    let window = input.get(..input.len().min(LONGEST)).unwrap_or_default();
    if is_seven_bits(window) {
        let clear: Vec<u8> = window.iter().map(|byte| byte & 0x7F).collect();
        return confidence(&clear) / 2;
    }
    if input.contains(&CR) {
        let fits = at_start(input);
        // Noise in front of the first frame.
        let hidden = || match Bytes.look(input, true) {
            Look::Noise(noise) => input.get(noise..).map_or(0, at_start) / 3,
            _ => 0,
        };
        return if fits > 0 { fits } else { hidden() };
    }
    // An argument may lack its end byte.
    let mut whole = input
        .get(..input.len().min(LONGEST))
        .unwrap_or_default()
        .to_vec();
    while whole.last() == Some(&LF) {
        whole.pop();
    }
    whole.push(CR);
    at_start(&whole) / 2
}

fn is_checked(error: &ParseError) -> bool {
    matches!(
        error.kind(),
        ParseErrorKind::Crc { .. } | ParseErrorKind::Check(_)
    )
}

fn has_brackets(input: &[u8]) -> bool {
    let lead = usize::from(input.first() == Some(&LF));
    input.get(lead + 6 + 9) == Some(&b'[')
}

fn decode(input: &[u8], options: &DecodeOptions<'_>, settings: &Settings<'_>) -> (Decoded, usize) {
    if input.is_empty() {
        return (refused(0, "no frame begins here".to_string()), 0);
    }
    let window = input
        .get(..input.len().min(2 * LONGEST))
        .unwrap_or_default();
    // An argument may lack its ends; the stream does not, so they are put there.
    let mut added = Quirks::NONE;
    let (mut front, mut bytes): (usize, Cow<'_, [u8]>) = (0, window.into());
    if options.argument {
        if head(window, 0).is_some() {
            added.note(Quirk::MissingLf);
            bytes.to_mut().insert(0, LF);
            front = 1;
        }
        if !window.contains(&CR) && input.len() == window.len() {
            added.note(Quirk::MissingCr);
            let whole = bytes.to_mut();
            while whole.len() > 1 && whole.last() == Some(&LF) {
                whole.pop();
            }
            whole.push(CR);
        }
    }
    let mut stream = Stream::new(Bytes);
    stream.push(Duration::ZERO, &bytes);
    let (mut decoded, taken) = match stream.next(Duration::ZERO) {
        Cut::Frame { bytes, quirks } => (explain(bytes, quirks, settings), bytes.len()),
        Cut::Bad { error, bytes } => (damage(error, bytes, front), bytes.len()),
        Cut::Noise(noise) => (refused(0, "no frame begins here".to_string()), noise),
        Cut::More => {
            let error = match Frame::parse(&bytes) {
                Err(error) => error,
                Ok(_) => super::frame::expected(bytes.len(), "CR"),
            };
            let offset = error.offset().saturating_sub(front);
            (refused(offset, error.kind().to_string()), bytes.len())
        }
    };
    let mut taken = taken.saturating_sub(front).clamp(1, window.len());
    if added.has(Quirk::MissingCr) {
        taken = window.len();
    }
    if decoded.ok {
        decoded.quirks = decoded.quirks.union(added);
    }
    (decoded, taken)
}

fn refused(offset: usize, message: String) -> Decoded {
    Decoded {
        protocol: NAME.into(),
        error: Some(DecodedError { offset, message }),
        ..Decoded::default()
    }
}

fn answer(frame: &Frame<'_>) -> Option<String> {
    let mut out = BytesMut::new();
    frame.encode(&mut out).ok()?;
    Some(encode_hex(&out).to_ascii_lowercase())
}

/// The receiver that a NAK to a damaged frame names: its own where that can be read, else 01 (inferred).
pub(crate) fn damaged_receiver(bytes: &[u8]) -> ReceiverNumber<'_> {
    let digits = bytes.get(HEAD + 5..HEAD + 7);
    let shown = digits
        .filter(|digits| digits.iter().all(u8::is_ascii_alphanumeric))
        .and_then(|digits| core::str::from_utf8(digits).ok());
    ReceiverNumber::new(shown.unwrap_or("01")).unwrap_or_else(|_| unreachable!("two digits"))
}

fn damage(error: ParseError, bytes: &[u8], front: usize) -> Decoded {
    let text = bytes
        .get(HEAD..bytes.len().saturating_sub(1))
        .unwrap_or_default();
    let shown = Frame::fields(text, HEAD).ok();
    let receiver = damaged_receiver(bytes);
    let mut decoded = Decoded {
        reply_hex: answer(&Frame::nak(receiver)),
        ..refused(
            error.offset().saturating_sub(front),
            error.kind().to_string(),
        )
    };
    if let Some((crc, length)) = head(bytes, 1) {
        let ok = !matches!(
            check(text, crc, length, 1).map_err(|error| error.kind()),
            Err(ParseErrorKind::Crc { .. })
        );
        decoded.crc = Some(Crc { form: "hex", ok });
        decoded.length_ok = Some(text.len() == length);
    }
    if let Some(frame) = shown {
        fill(&mut decoded, &frame);
    }
    decoded
}

fn fill(decoded: &mut Decoded, frame: &Frame<'_>) {
    decoded.token = Some(frame.kind.as_str().into());
    decoded.sequence = Some(frame.sequence.to_string());
    decoded.receiver = Some(frame.receiver.as_str().into());
    decoded.line = Some(frame.line.as_str().into());
    decoded.account = frame.body.account().map(|account| account.as_str().into());
}

fn explain(bytes: &[u8], line: Quirks, settings: &Settings<'_>) -> Decoded {
    let Ok(Some((frame, _))) = Frame::parse(bytes) else {
        return refused(0, "no frame begins here".to_string());
    };
    let mut decoded = Decoded {
        protocol: NAME.into(),
        ok: true,
        data: Some(secret::shown(frame.data())),
        crc: Some(Crc {
            form: "hex",
            ok: true,
        }),
        length_ok: Some(true),
        quirks: frame.quirks.union(line),
        ..Decoded::default()
    };
    fill(&mut decoded, &frame);
    decoded.data_account.clone_from(&decoded.account);
    match frame.body {
        // What a sender receives has no answer; a link test has, and is its own.
        Body::Empty => {
            if frame.is_link_test() {
                decoded.reply_hex = answer(&frame.ack());
            }
        }
        Body::Command(command) => {
            decoded.token = Some(command.name().into());
            decoded.data = Some(Value(command).to_string());
        }
        _ => {
            decoded.reply_hex = answer(&frame.ack());
            let odd = frame.events(settings, &mut |event, _| {
                decoded.events.push(DecodedEvent::new(event))
            });
            decoded.quirks = decoded.quirks.union(odd);
        }
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
