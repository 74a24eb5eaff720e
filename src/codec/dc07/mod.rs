//! SIA DC-07, the frame between receiver and computer, as Bosch and Radionics receivers speak it in their SIA mode: read
//! after serial-receivers.md 3 and 4.3. The standard itself was not read; the two makers' manuals say that they follow it.
//!
//! ```text
//!  LF  D 1 2 F   1 C   a   0 0 4 4   0 1   0 1  [#1234|18113001005]  CR
//! +--+---------+-----+---+---------+-----+-----+-------------------+--+
//! |LF|   crc   | len | t |   seq   | rr  | ll  |       body        |CR|
//! +--+---------+-----+---+---------+-----+-----+-------------------+--+
//!               |----|--------------- len, crc -------------------|
//!  crc  CRC-16/ARC over t to `]`, hexadecimal      seq  0001-9999, then 0001; 0000 only in a NAK
//!  len  bytes from t to `]`, hexadecimal           rr   receiver      ll  line, 00 the receiver itself
//!  t    TAB for plain SIA, link test, ACK, NAK; else the letter of the panel's format (menu 2.5.17)
//! ```
//!
//! | frame | type | sequence | receiver, line | body |
//! | --- | --- | --- | --- | --- |
//! | event | TAB or letter | running | of the call | `[#account\|block]`, `[text]` without `#` for what is undefined |
//! | link test (null) | TAB | running | line 00 (blank in print; inferred) | `[]` |
//! | ACK | TAB | that of the message | those of the message | `[]` |
//! | NAK | TAB | 0000 | receiver, line 00 | `[]` |
//! | command to the receiver | TAB (inferred) | running | | `[CSThhmm]`, `[CSDmmddyy]`, `[CLKnn]` |
//!
//! So a link test's ACK is the link test itself, and only the direction tells them apart. After three NAKs the receiver
//! skips a message, which is lost then: only a frame whose check value, length or head is wrong is refused; a body that
//! can't be read is acknowledged and kept as it came.
//!
//! What the edition of 1990 has and the D6500 leaves out, by its own manual: `*` blocks (messages of the manual mode), `R`
//! blocks (rejected data), packets of several events, repeats every 4 seconds. The first three are read here where they
//! come: the blocks as raw events, the packets one event each. The token names of later editions are not public.

mod convert;
mod decode;
mod emit;
mod encode;
mod frame;
mod shape;
#[cfg(test)]
mod tests;

pub(crate) use decode::damaged_receiver;
pub use decode::{Configured, Dc07};
pub use frame::{Body, Frame, Kind, LONGEST, Settings};
pub use shape::Bytes;

const NAME: &str = "dc07";
const LF: u8 = b'\n';
const CR: u8 = b'\r';
