//! The 6500 mode of Bosch and Radionics receivers (D6500, D6600, D6100), which the VisorALARM emulates: read after
//! serial-receivers.md 4, which rests on the makers' two computer interface manuals.
//!
//! ```text
//!  h   1   0 1   1   . . . . . . 1 2 3 4   . A   . . 9 8   14h
//! +---+---+-----+---+---------------------+-----+---------+----+
//! | h | t | rr  | l |       account       | ev  |  zone   | t  |
//! +---+---+-----+---+---------------------+-----+---------+----+
//!  h    header: none, LF or a space        ev    two characters: ` A` alarm, `G ` fire trouble …
//!  t    type: a digit or a letter          zone  zone, user or a system event, at the right end
//!  rr   receiver        l  line: 0-9, A-W for 10 to 32, X for 33, Y for all above
//! ```
//!
//! Type 1 is Sur-Gard's protocol 1 with a header, other letters and no area, so both are made of the same columns. Types 1,
//! 3, 9, a, b, c and f are read into fields; of d, e, F, i, I, j, k, m, N, S and V only the letters are known, so their
//! columns are kept as they came.
//!
//! Answered by one byte, ACK or NAK; no check value, no sequence. After three NAKs the receiver skips the message, which is
//! lost then: so whatever has a head and an end is kept, and only what lost bytes on the way is refused.

mod body;
mod command;
mod convert;
mod decode;
mod encode;
mod fields;
mod parse;
mod shape;
#[cfg(test)]
mod tests;

pub use super::HighSpeed;
pub use body::{Body, Common, ContactIdBody, Express, Frame, Kind, Settings};
pub use command::Command;
pub use decode::{Bosch6500, Configured};
pub use encode::{Header, line_letter};
pub use fields::{EventField, EventTable};
pub use shape::Bytes;
#[cfg(feature = "dc07")]
pub(crate) use {
    command::Value,
    convert::link_test,
    fields::{code_text, field_of},
};

pub(crate) const NAME: &str = "bosch6500";
/// The end byte of a frame, where nothing else is set.
pub const DC4: u8 = 0x14;
/// The answer that releases a message from the receiver's buffer.
pub const ACK: u8 = 0x06;
/// The answer to a damaged frame; three of them in a row lose the message.
pub const NAK: u8 = 0x15;
/// The most bytes that a frame may have, its end byte included.
pub const LONGEST: usize = 1024;
