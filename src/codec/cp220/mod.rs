//! FBI CP-220 (CP-220A, and MX8000 in that mode): output to automation software, read after serial-receivers.md 5.4.
//! Header, terminator, ACK and NAK are programmable, see [`Settings`]; no check value, no sequence.
//!
//! ```text
//! [LF] [time] R G _ AAAA _ 18 _ QXYZ _ GG _ FCCC [_] CR   Contact ID, as 685 writes it
//! [LF] [time] R G AAAA A d CR                             Silent Knight format 0, no blanks
//! [LF] [time] R G AAAA d d CR                             Silent Knight FSK 1, no blanks
//! ```
//!
//! A Contact ID frame is also one of `ademco685`, byte for byte: nothing in it tells the two apart.

mod convert;
mod decode;
mod frame;
mod stream;
#[cfg(test)]
mod tests;

pub use decode::{Configured, Cp220};
pub use frame::{Body, Frame, Settings, SilentKnight};

const NAME: &str = "cp220";

/// The usual answer that releases a frame from the receiver's buffer.
pub const ACK: u8 = 0x06;
/// The usual answer to a damaged frame.
pub const NAK: u8 = 0x15;
/// The most bytes that a frame may have, header and terminator included.
pub const LONGEST: usize = 128;
