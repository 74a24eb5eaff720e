//! Sur-Gard receivers' output to automation software (MLR2, MLR2E, MLR2000, SLR, System I to 5), read after
//! serial-receivers.md 1: one protocol character, a receiver number, a line number of 1 to 7 digits, a body that the
//! first character decides, DC4. Answered by one byte, ACK or NAK; no check value, no sequence.

mod body;
mod convert;
mod decode;
mod encode;
mod framer;
mod parse;
mod stream;
#[cfg(test)]
mod tests;

pub use super::{Letter, LetterTable};
pub use body::{
    Basic, Body, Caller, ContactIdBody, Frame, HighSpeed, Kind, ModemTwo, Settings, SiaOne,
    SilentKnight,
};
pub use decode::{Configured, Surgard};
pub use encode::{Header, encode_event, encode_heartbeat};
pub use framer::{Framed, Framer};
pub use parse::is_seven_bits;
pub use stream::Stream;

/// The end byte of every frame.
pub const DC4: u8 = 0x14;
/// The answer that releases a frame from the receiver's buffer.
pub const ACK: u8 = 0x06;
/// The answer to a damaged frame: it only speeds the repetition.
pub const NAK: u8 = 0x15;
/// The most bytes that a frame may have, its DC4 included.
pub const LONGEST: usize = 1024;
