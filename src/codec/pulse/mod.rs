//! Digits on the telephone other than Contact ID: pulse formats, Ademco Express, High Speed, Super Fast; read after
//! contact-id.md 7. One report is a line of digits, `0` to `9` and `B` to `F` (0 counts ten, there is no `A`), or of
//! telephone keys where tones carry it.
//!
//! ```text
//! 3+1           SSS A                          event A
//! 4+1           SSSS A
//! 4+2           SSSS A Z                       zone Z
//! ... parity    one digit more                 by the line's setting: 4+1 with parity is as long as 4+2
//! 3+1 extended  SSS A, then AAA Z              the second line repeats the event
//! 4+1 extended  SSSS A, then AAAA Z
//! Express 4+1   ACCT 17 C [S]                  S: with it the sum is a multiple of 15
//! Express 4+2   ACCT 27 C Z S
//! High Speed    ACCT 55 PPPPPPPP X S           a digit a channel, and what the report is about
//! Super Fast    ACCT 56 PPPPPPPP X [S]
//! Super Fast    ACCT P..P X [S]                16 or 24 channels, no message type (inferred)
//! ```
//!
//! Pulses are believed when two equal rounds came ([`TwoRounds`]); as text the rounds stand apart by a blank.

pub mod channels;
mod convert;
mod decode;
mod events;
mod format;
mod frame;
mod parse;
mod rounds;
mod stream;
#[cfg(test)]
mod tests;
pub mod token;

use alloc::boxed::Box;

use bytes::BytesMut;

pub use events::EventDigits;
pub use format::{Ambiguity, Format, Parity, Rounds};
pub use frame::{Frame, Settings};
pub use rounds::{Agreement, TwoRounds};

use super::{
    DecodeOptions, Decoded, Emit, Protocol, Signal,
    stream::{Decoder, Stream},
};
use crate::event::{AlarmEvent, Losses, Refusal};

pub(crate) const NAME: &str = "pulse";

/// The most bytes of a line, without its end: two rounds of the two lines of an extended form, or one round of Super
/// Fast, and blanks.
pub const LONGEST: usize = 64;

/// The registry's entry: a line of digits, of a line of which nothing is known.
#[derive(Clone, Copy, Debug)]
pub struct Pulse;

/// The same with the settings of one line, for a [`Signal`]'s `protocol`: the meaning of its digits goes with it.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Configured {
    /// The line's settings.
    pub settings: Settings<'static>,
}

impl Protocol for Pulse {
    fn name(&self) -> &'static str {
        NAME
    }

    fn confidence(&self, input: &[u8]) -> u8 {
        decode::confidence(input)
    }

    fn decode(&self, input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
        decode::decode(input, options, &Settings::DEFAULT)
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        decode::events(signal, &Settings::DEFAULT, each);
    }

    fn stream(&self) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Stream::new(stream::Lines(Settings::DEFAULT))))
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

impl Protocol for Configured {
    fn name(&self) -> &'static str {
        NAME
    }

    fn confidence(&self, input: &[u8]) -> u8 {
        decode::confidence(input)
    }

    fn decode(&self, input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
        decode::decode(input, options, &self.settings)
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        decode::events(signal, &self.settings, each);
    }

    fn stream(&self) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Stream::new(stream::Lines(self.settings))))
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
