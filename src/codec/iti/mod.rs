//! ITI Generic and the ITI computer format (CS-4000, CS-5000, MX8000 in these modes): output to automation software, read
//! after serial-receivers.md 5.3. Answered by one byte; what is public is little, and no more than that is read.
//!
//! ```text
//! LF R L digits CR                   report or log: receiver, line card, and more; digits of base 62, 0-9 A-Z a-z
//! LF IT _ IRCV _ 234A CR             test
//! LF 00 _ OKAY _ @ CR                heartbeat
//! |[ R |I… |L… |A… |V… |D… |T… |N… |Z… |C… |] check CR    computer format: fields split, check value not verified
//! ```
//!
//! The heartbeat is also one of `ademco685`, byte for byte: nothing in it tells the two apart.

mod decode;
mod frame;
#[cfg(test)]
mod tests;

pub use decode::{Configured, Iti};
pub use frame::{Computer, Frame, Record, Settings, base62};

const NAME: &str = "iti";

/// The answer that releases a record from the receiver's buffer.
pub const ACK: u8 = 0x06;
/// The answer to a damaged record: it only speeds the repetition.
pub const NAK: u8 = 0x15;
/// The most bytes that a record may have, start and end byte included (serial-receivers.md 0, rule 6).
pub const LONGEST: usize = 256;
