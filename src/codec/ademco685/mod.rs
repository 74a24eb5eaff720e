//! Ademco 685: the output of Ademco's receivers to automation software, also of MX8000, 7810iR and VisorALARM; read
//! after serial-receivers.md 2 and contact-id.md 5 and 7. Answered by one byte, ACK or NAK, where the receiver is set to
//! wait for one; no check value, no sequence.
//!
//! ```text
//! LF R G _ AAAA _ E CR                          3x1, 4x1, Express 4+1
//! LF R G _ AAAA _ E _ Z CR                      4x2, Express 4+2
//! LF R G _ AAAA _ X _ Y _ Z A                   the same from a CAPS receiver: XYZ = 16 E + Z, ends in the letter A
//! LF R G _ AAAA _ PPPP _ PPPP _ X CR            High Speed: eight channels and what the report is about
//! LF R G _ AAAA _ 18 _ QXYZ _ GG _ FCCC [_] CR  Contact ID: Q is E, R or P; F is C (contact) or U (user)
//! LF R G _ OKAY _ @ [_] CR                      heartbeat
//! ```
//!
//! `R` is the receiver, `G` the group or line card; the 7810iR shows one hexadecimal number there.

mod body;
pub(super) mod convert;
mod decode;
pub(super) mod encode;
pub(super) mod parse;
mod stream;
#[cfg(test)]
mod tests;
mod usual;

pub use body::{Body, Caps, ContactId, Digits, Frame, HighSpeed, Settings};
pub use decode::{Ademco685, Configured};

const NAME: &str = "ademco685";

/// The answer that releases a frame from the receiver's buffer.
pub const ACK: u8 = 0x06;
/// The answer to a damaged frame: it only speeds the repetition.
pub const NAK: u8 = 0x15;
/// The most bytes that a frame may have, start and end byte included. The longest that is drawn has 26.
pub const LONGEST: usize = 128;
