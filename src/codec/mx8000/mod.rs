//! What the two native outputs of an MX8000 have in common: [`super::ademco8000`] and [`super::sk9000`] are two dialects
//! of one mechanism, read after serial-receivers.md 5.1 and 5.2.
//!
//! ```text
//!  ademco8000   02 051697 " 124039 " 02 " 0001 " p01                            m  0D
//!               26 051697 " 124041 " 02 " 0002 " 00501 05 1234 " BA01 *030 ,    V  0D
//!  sk9000       27 062794 " 0345   "              51    05 1234 " BA01 " BA02 * ,  V  0D
//!               |  date     time     |    reference    |       |  |    |        |  |  |
//!               |                    receiver          |       |  |    |        |  |  check byte
//!               |                                      |       |  |    |        |  another piece follows
//!               |                                      |       |  |    |        listen-in (8000: 2Ah and three digits)
//!               |                                      |       |  |    events, a 22h before each
//!               |                                      |       |  account
//!               |                                      |       05h
//!               |                                      format and line card: 3 + 2 characters, of sk9000 1 + 1
//!               02h or 01h system, 03h heartbeat (8000 only), 26h or 27h call
//! ```
//!
//! The check byte is a sum of seven bits, so that a frame holds no CR before its end. A packet has at most 128 (70)
//! bytes; what is longer comes in pieces, each with the header, all but the last with a 2Ch before the check byte:
//! [`Assembler`] joins them. Between two 23h stands what the receiver itself read badly; such text is kept raw.
//!
//! What the format character of a call means is in no public document: an event's text is read where it shows by itself
//! what it is (see [`Reading`]), and stays raw otherwise.

mod assemble;
mod check;
mod command;
mod convert;
mod decode;
mod emit;
mod encode;
mod parse;
mod reading;
mod system;
#[cfg(all(feature = "ademco8000", feature = "sk9000"))]
#[cfg(test)]
mod tests;
mod types;

pub use assemble::{Assembler, Joined, Pushed};
pub use check::check_byte;
pub use command::{Answer, Command};
pub use decode::Lines;
pub(super) use decode::{confidence, decode, entry, events};
pub use emit::{CallStyle, emit_event, encode_heartbeat};
pub use reading::Reading;
pub use system::{Meaning, SystemCode};
pub use types::{Body, Call, Dialect, Frame, Id, System};

/// The end byte of every frame.
pub const CR: u8 = 0x0D;
/// Stands before the time and its followers, and before each event.
const QUOTE: u8 = b'"';
/// Stands between the line card and the account.
const ACCOUNT: u8 = 0x05;
/// Stands behind the last event when somebody wants to listen in.
const LISTEN_IN: u8 = b'*';
/// Stands before the check byte of a packet that another piece follows.
const MORE: u8 = b',';
/// Stands around what the receiver read badly.
const BAD: u8 = b'#';
