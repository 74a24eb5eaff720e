use alloc::string::ToString as _;

use super::{Ambiguity, Frame, LONGEST, NAME, Settings};
use crate::{
    codec::{Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, Quirk, Signal, printable},
    error::{ParseError, ParseErrorKind},
    event::{self, AlarmEvent},
};

/// The first line of `input`: where its text starts and ends, and how many bytes it takes with its line end.
pub(super) fn line(input: &[u8]) -> (usize, usize, usize) {
    let blank = |byte: &&u8| byte.is_ascii_whitespace();
    let start = input.iter().take_while(blank).count();
    let rest = input.get(start..).unwrap_or_default();
    let ends = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    let (text, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    let after = after.iter().take_while(|byte| ends(byte)).count();
    let end = start + text.trim_ascii_end().len();
    (start, end, start + length + after)
}

fn read(text: &[u8], settings: &Settings<'_>) -> Result<Frame, ParseError> {
    if text.len() > LONGEST {
        return Err(ParseError::new(LONGEST, ParseErrorKind::TooLong(LONGEST)));
    }
    Frame::read(text, settings)
}

/// A check digit beside a message type says much; pulses are a few digits that many things could be.
pub(super) fn confidence(input: &[u8]) -> u8 {
    let (start, end, _) = line(input);
    match read(
        input.get(start..end).unwrap_or_default(),
        &Settings::DEFAULT,
    ) {
        Ok(frame) => match (frame.format().message_type(), frame.check) {
            (Some(_), Some(_)) => 70,
            (Some(_), None) => 25,
            (None, _) if frame.format().channels() > 0 => 5,
            (None, _) => 10,
        },
        Err(error) if error.kind() == ParseErrorKind::Check("the check digit") => 5,
        Err(_) => 0,
    }
}

pub(super) fn decode(
    input: &[u8],
    _options: &DecodeOptions<'_>,
    settings: &Settings<'_>,
) -> (Decoded, usize) {
    let (start, end, taken) = line(input);
    let text = input.get(start..end).unwrap_or_default();
    let mut decoded = Decoded {
        protocol: NAME.to_string(),
        data: Some(printable(text)),
        ..Decoded::default()
    };
    match read(text, settings) {
        Ok(frame) => {
            decoded.ok = true;
            decoded.token = Some(frame.format().name().to_string());
            decoded.account = Some(frame.account().to_string());
            decoded.crc = frame.check.map(|_| Crc {
                form: "none",
                ok: true,
            });
            if frame.ambiguity().is_some() {
                decoded.quirks.note(Quirk::PulseAmbiguity);
            }
            frame.events(settings, &mut |event, _| {
                decoded.events.push(DecodedEvent::new(event));
            });
        }
        Err(error) => {
            if matches!(
                error.kind(),
                ParseErrorKind::Check("the check digit" | "the parity digit")
            ) {
                decoded.crc = Some(Crc {
                    form: "none",
                    ok: false,
                });
            }
            decoded.error = Some(DecodedError {
                offset: error.offset() + start,
                message: error.kind().to_string(),
            });
        }
    }
    (decoded, taken.max(usize::from(!input.is_empty())))
}

pub(super) fn events(
    signal: &Signal<'_>,
    settings: &Settings<'_>,
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) {
    match read(signal.data.trim_ascii(), settings) {
        Ok(frame) => frame.events(settings, each),
        Err(_) => event::raw(NAME, signal.data, |event| {
            let mut event = *event;
            event.account = signal.account;
            each(&event, signal.data);
        }),
    }
}

impl Ambiguity {
    /// One line for people.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::FourOneOrThreeOneParity => "4+1, or 3+1 with parity",
            Self::FourTwoOrFourOneParity => "4+2, or 4+1 with parity",
            Self::ExpressOrFourTwoParity => "Express 4+1 without check digit, or 4+2 with parity",
            Self::TwoRoundsOrExtended => "two rounds, or an extended form sent once",
        }
    }
}
