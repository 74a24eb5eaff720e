//! Galaxy panels over TCP: the framed blocks of the SIA format ([`super::dc03`]), one connection a call (sia-dc03.md 2, 4).
//!
//! ```text
//!  46 23 30 31 32 33 34 35 9B      # 012345                       account
//!  4E 4E 74 69 31 31 … 31 31 F7    N ti11:46/BA1011               event
//!  4C 41 2B 49 4E 54 …             A +INTRUDER  LOUNGE            text of the event right before it
//!  40 30 8F                        0                              nothing more comes
//! ```
//!
//! Each block with bit 6 of its header set is answered before the next one comes: `40 38 87` accepts (a receiver of the
//! standard says `00 38 C7`), `40 39 86` rejects (`00 39 C6`). Both forms, and 08 and 09 for `8` and `9`, are read.
//!
//! How much a panel says is its level ([`Level`]). The text has columns ([`Text`]). An SMS carries the same in one line
//! ([`Sms`]).
//!
//! | read | what |
//! | --- | --- |
//! | sia-dc03.md 2 | the blocks, the answers, headers of length + 40h ([`Settings::long_blocks`]) |
//! | sia-dc03.md 4 | levels 0 to 4, columns of the text |
//! | sia-dc03.md 7 | the SMS |
//!
//! Inferred: where the state character of a text stands. The description puts it behind the event's name, a capture and
//! the SMS in front of it; both are read, and [`TextOrder`] says how we write it.

mod convert;
mod emit;
mod message;
mod sms;
mod stream;
mod text;

use alloc::{boxed::Box, string::ToString as _};
use core::fmt;

use bytes::BytesMut;

pub use message::{Level, Message};
pub use sms::Sms;
pub use stream::GalaxyStream;
pub use text::{State, Text, TextOrder};

use super::{
    DecodeOptions, Decoded, DecodedEvent, Emit, Protocol, Quirks, Signal,
    dc03::{self, FskBlock, Lengths},
    printable,
    stream::{Decoder, Stream},
};
use crate::{
    EncodeError, ParseError,
    event::{AlarmEvent, Losses, Refusal},
};

const NAME: &str = "galaxy";

/// How a line of Galaxy panels is read and written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings {
    /// Headers are length + 40h, so that blocks of up to 191 data bytes are possible (`galaxy_long_blocks`). One public
    /// description says so; off by default, for by the standard bit 7 is another thing.
    pub long_blocks: bool,
    /// What we write as a panel.
    pub level: Level,
    /// How we write a text.
    pub text_order: TextOrder,
}

impl Settings {
    /// With headers of length + 40h, or not.
    #[must_use]
    pub const fn with_long_blocks(mut self, long: bool) -> Self {
        self.long_blocks = long;
        self
    }

    /// With that level.
    #[must_use]
    pub const fn with_level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// How headers count.
    #[must_use]
    pub const fn lengths(&self) -> Lengths {
        if self.long_blocks {
            Lengths::Long
        } else {
            Lengths::Bits
        }
    }
}

/// What accepts a block, in the form that receivers of Galaxy panels send: `40 38 87`.
pub const ACCEPT: FskBlock<'static> = FskBlock::ACKNOWLEDGE.with_acknowledge(true);
/// What rejects a block, in the same form: `40 39 86`.
pub const REJECT: FskBlock<'static> = FskBlock::REJECT.with_acknowledge(true);

/// What a Galaxy line carries.
///
/// ```
/// use alarmwire::codec::galaxy::{Frame, Settings};
///
/// let (frame, taken) = Frame::parse(b"\x48\x4E\x72\x69\x31\x2F\x42\x41\x30\x31\xFE", &Settings::default())?.expect("whole");
/// assert_eq!((frame.to_string().as_str(), taken), (r"HNri1/BA01\xFE", 11));
/// # Ok::<(), alarmwire::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Frame<'a> {
    /// A block.
    Block(FskBlock<'a>),
    /// An SMS, which is read only.
    Sms(Sms<'a>),
}

impl<'a> Frame<'a> {
    /// Reads the frame at the start of `input`, and says how many bytes it took; `None`: more are needed.
    ///
    /// # Errors
    /// As [`FskBlock::parse`]; an SMS that can't be read is tried as a block.
    pub fn parse(
        input: &'a [u8],
        settings: &Settings,
    ) -> Result<Option<(Self, usize)>, ParseError> {
        if let Some((sms, taken)) = Sms::read(input) {
            return Ok(Some((Self::Sms(sms), taken)));
        }
        let parsed = FskBlock::parse_with(input, settings.lengths())?;
        Ok(parsed.map(|(block, taken)| (Self::Block(block), taken)))
    }

    /// Appends the frame.
    ///
    /// # Errors
    /// For an SMS: nobody but a panel sends one.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        match self {
            Self::Block(block) => {
                block.encode(out);
                Ok(())
            }
            Self::Sms(_) => Err(EncodeError::Field {
                field: "frame",
                what: "an SMS",
            }),
        }
    }

    /// Hands out the events, in order and never none, each with the data that would carry it alone. Says what was odd.
    ///
    /// A block knows nothing of those before it: `link::galaxy::Receiver` brings account, event and text together.
    pub fn events(&self, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) -> Quirks {
        match self {
            Self::Block(block) => dc03::events(block.text(), each),
            Self::Sms(sms) => sms.events(each),
        }
    }
}

/// As the wire has it; control bytes as `\xHH`, passcodes as `***`.
impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(block) => block.fmt(f),
            Self::Sms(sms) => sms.fmt(f),
        }
    }
}

/// The registry's entry.
#[derive(Clone, Copy, Debug)]
pub struct Galaxy;

impl Protocol for Galaxy {
    fn name(&self) -> &'static str {
        NAME
    }

    /// The blocks are those of [`dc03`]: nothing tells the two apart, so both say the same and the registry's order
    /// decides.
    fn confidence(&self, input: &[u8]) -> u8 {
        match Frame::parse(input, &Settings::default()) {
            Ok(Some((Frame::Sms(_), _))) => 85,
            Ok(Some((_, taken))) if taken == input.len() => 75,
            Ok(Some(_)) => 60,
            _ => 0,
        }
    }

    fn decode(&self, input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
        let mut decoded = Decoded {
            protocol: NAME.to_string(),
            ..Decoded::default()
        };
        let Some((sms, taken)) = Sms::read(input) else {
            return dc03::decode_block(decoded, input, Lengths::Bits, [ACCEPT, REJECT]);
        };
        decoded.ok = true;
        decoded.token = Some("SMS".to_string());
        decoded.account = Some(sms.account.to_string());
        decoded.data = Some(printable(sms.block));
        decoded.quirks = sms.events(&mut |event, _| {
            decoded.events.push(DecodedEvent::new(event));
        });
        (decoded, taken)
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        convert::events(signal, each);
    }

    fn stream(&self) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Stream::new(GalaxyStream::default())))
    }

    fn emit(
        &self,
        event: &AlarmEvent<'_>,
        how: &Emit<'_>,
        out: &mut BytesMut,
    ) -> Result<Losses, Refusal> {
        emit::emit(event, how.translation, &Settings::default(), out)
    }
}
