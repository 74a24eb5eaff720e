//! What all protocols share: the newtypes for accounts, numbers, sequences and time.
//!
//! Text stays text: a receiver number `01` is not `1`, an account `0012` is not `12`
//! (dc09.md 2.2, contact-id.md 2). The types are lenient on what arrives and strict in builders.

mod entropy;
mod hex;
mod rfc3339;
mod sequence;
mod text;
mod timestamp;
pub(crate) mod wire;

pub use entropy::Entropy;
pub use hex::{InvalidHex, decode_hex, encode_hex, hex_value};
pub use sequence::{InvalidSequence, Sequence};
pub use text::{
    AccountId, InvalidAccount, InvalidText, LineNumber, Partition, ReceiverNumber, User, Zone,
};
pub use timestamp::{InvalidTimestamp, Now, Timestamp};
pub use wire::{InvalidEscape, Wire, unescape};
