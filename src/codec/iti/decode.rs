use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
};

use bytes::BytesMut;

use super::{ACK, Frame, LONGEST, NAK, NAME, Record, Settings};
use crate::{
    codec::{
        Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, DecodedExtended, Emit, Protocol,
        Quirk, Quirks, Signal,
        lines::{self, CR, LF, Piece},
        printable,
        stream::{Decoder, Look, Shape, Stream},
    },
    error::{ParseError, ParseErrorKind},
    event::{self, AlarmEvent, Class, EventCode, Loss, Losses, Qualifier, Refusal},
};

/// The registry's entry, with answers.
///
/// Only events with this protocol's own codes go out: what stands where in a report is in no public document.
#[derive(Clone, Copy, Debug)]
pub struct Iti;

/// The same with the settings of one port, for a [`Signal`]'s `protocol`.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Configured {
    /// The port's settings.
    pub settings: Settings,
}

impl Iti {
    const CONFIGURED: Configured = Configured {
        settings: Settings::DEFAULT,
    };
}

impl Frame<'_> {
    /// Hands out the one event with the data that carries it: the whole record as a raw code, class status in lane 1; a
    /// heartbeat and a test record of class test. Account and zone stand beside it where the computer format names them.
    pub fn events(&self, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        let data = self.data();
        let mut test = |text| {
            let code = EventCode::Raw {
                protocol: NAME,
                text,
            };
            let mut event = AlarmEvent::new(code, Qualifier::New);
            (event.class, event.lane) = (Class::Test, Class::Test.lane());
            each(&event, data);
        };
        match self.record {
            Record::Heartbeat => test("OKAY"),
            Record::Test(text) => test(text),
            record => event::raw(NAME, data, |event| {
                let mut event = *event;
                event.account = record.account();
                event.zone = record.zone();
                each(&event, data);
            }),
        }
    }
}

/// From LF or `|[` to CR; an LF inside starts anew.
#[derive(Clone, Copy, Debug, Default)]
struct Lines;

impl Shape for Lines {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        match bytes {
            [LF, ..] | [b'|', b'[', ..] => {}
            [b'|'] if !ended => return Look::More,
            _ => {
                let after = bytes.get(1..).unwrap_or_default();
                let starts = |at: &usize| match after.get(*at..) {
                    Some([LF, ..] | [b'|', b'[', ..]) => true,
                    Some([b'|']) => !ended,
                    _ => false,
                };
                let next = (0..after.len()).find(starts);
                return Look::Noise(next.map_or(bytes.len(), |at| at + 1));
            }
        }
        match Frame::parse(bytes) {
            Ok(Some((_, length))) => Look::Frame(length),
            Ok(None) if !ended => Look::More,
            Ok(None) => {
                let kind = ParseErrorKind::Expected("CR");
                Look::Bad(bytes.len(), ParseError::new(bytes.len(), kind))
            }
            Err(error) => {
                let after = bytes.get(1..).unwrap_or_default();
                let length = match memchr::memchr2(CR, LF, after) {
                    Some(at) if after.get(at) == Some(&CR) => at + 2,
                    Some(at) => at + 1,
                    None => bytes.len(),
                };
                Look::Bad(length, error)
            }
        }
    }

    fn longest(&self) -> usize {
        LONGEST
    }
}

lines::by_default!(Iti);

impl Configured {
    /// Cuts this port's stream into frames.
    #[must_use]
    pub fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Stream::new(Lines))
    }

    /// LF is put in front of an argument without one, unless it is of the computer format.
    fn ends(input: &[u8]) -> (Option<u8>, u8) {
        (Some(LF).filter(|_| !input.starts_with(b"|[")), CR)
    }
}

impl Protocol for Configured {
    fn name(&self) -> &'static str {
        NAME
    }

    fn confidence(&self, input: &[u8]) -> u8 {
        lines::confidence(Lines, input, Self::ends(input), |frame| {
            match Frame::parse(frame) {
                Ok(Some((frame, _))) => match frame.record {
                    Record::Computer(_) => 70,
                    // 685 has the same, and is the commoner protocol.
                    Record::Heartbeat | Record::Test(_) => 60,
                    Record::Report(_) => 15,
                    Record::Text(_) => 2,
                },
                _ => 0,
            }
        })
    }

    fn decode(&self, input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
        let (piece, taken) = lines::first(Lines, input, options, Self::ends(input));
        let decoded = match piece {
            Piece::Frame { bytes, quirks } => match Frame::parse(&bytes) {
                Ok(Some((frame, _))) => explain(&frame, quirks, self.settings),
                _ => refused(0, "no frame begins here".to_string()),
            },
            Piece::Bad { error, ended } => Decoded {
                reply_hex: (ended && self.settings.answers).then(|| format!("{NAK:02X}")),
                ..refused(error.offset(), error.kind().to_string())
            },
            Piece::Noise => refused(0, "no frame begins here".to_string()),
        };
        (decoded, taken)
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        match Frame::parse(signal.raw) {
            Ok(Some((frame, _))) => frame.events(each),
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
        _how: &Emit<'_>,
        out: &mut BytesMut,
    ) -> Result<Losses, Refusal> {
        let EventCode::Raw {
            protocol: NAME,
            text,
        } = event.code
        else {
            return Err(Refusal::Protocol(NAME));
        };
        let record = match text.strip_prefix('[') {
            _ if text == "OKAY" => Record::Heartbeat,
            // The data of the computer format begins behind its first `|`.
            Some(text) => {
                Record::Computer(super::Computer::new(text).map_err(|_| Refusal::Protocol(NAME))?)
            }
            None => Record::read(text),
        };
        Frame::new(record).encode(out)?;
        let mut losses = Losses::NONE;
        for (lost, loss) in [
            (event.text.is_some(), Loss::Text),
            (event.time.is_some(), Loss::Time),
            (event.partition.is_some(), Loss::Partition),
            (event.user.is_some(), Loss::User),
            (event.zone.is_some() && record.zone().is_none(), Loss::Zone),
        ] {
            if lost {
                losses.note(loss);
            }
        }
        Ok(losses)
    }
}

fn refused(offset: usize, message: String) -> Decoded {
    Decoded {
        protocol: NAME.into(),
        error: Some(DecodedError { offset, message }),
        ..Decoded::default()
    }
}

fn explain(frame: &Frame<'_>, quirks: Quirks, settings: Settings) -> Decoded {
    let record = frame.record;
    let mut decoded = Decoded {
        protocol: NAME.into(),
        ok: true,
        token: Some(record.name().into()),
        receiver: record.receiver().map(|number| number.as_str().into()),
        line: record.line().map(|number| number.as_str().into()),
        account: record.account().map(|account| account.as_str().into()),
        data: Some(printable(frame.data())),
        // The computer format has a check value that nobody can verify: nothing is said of it.
        crc: (!matches!(record, Record::Computer(_))).then_some(Crc {
            form: "none",
            ok: true,
        }),
        quirks,
        reply_hex: settings.answers.then(|| format!("{ACK:02X}")),
        ..Decoded::default()
    };
    if let Record::Computer(computer) = record {
        decoded.extended = computer
            .fields()
            .map(|(letter, value)| DecodedExtended {
                letter: letter.to_string(),
                value: value.into(),
            })
            .collect();
    }
    if record != Record::Heartbeat {
        frame.events(&mut |event, _| decoded.events.push(DecodedEvent::new(event)));
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
