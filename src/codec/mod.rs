//! Bytes and frames, a folder a protocol: no sockets, no clock, no allocation while reading.
//!
//! | what | where |
//! | --- | --- |
//! | one protocol's frames | its module: `Frame::parse`, `encode`, `events` |
//! | every protocol by its name | [`registry`], [`Protocol`] |
//! | a line cut into frames | [`stream`] |
//! | which protocol a line speaks | [`detect`]; of one frame [`registry::rank`] |
//! | an event written in another protocol | [`Protocol::emit`]; a whole signal [`reemit`] |
//! | a frame explained | [`Protocol::decode`], [`Decoded`] |
//! | what was odd and lived with | [`Quirk`], [`Quirks`] |
//!
//! Each module's own page draws its wire. `ademco8000` and `sk9000` share `mx8000`.

#[cfg(feature = "ademco685")]
pub mod ademco685;
#[cfg(feature = "ademco8000")]
pub mod ademco8000;
#[cfg(any(feature = "dc07", feature = "dc09"))]
pub(crate) mod arc;
#[cfg(feature = "bosch6500")]
pub mod bosch6500;
#[cfg(any(feature = "bosch6500", feature = "surgard"))]
mod columns;
#[cfg(feature = "contact-id")]
pub mod contact_id;
#[cfg(feature = "cp220")]
pub mod cp220;
#[cfg(feature = "dc03")]
pub mod dc03;
#[cfg(feature = "dc07")]
pub mod dc07;
#[cfg(feature = "dc09")]
pub mod dc09;
mod decoded;
pub mod detect;
mod emit;
#[cfg(feature = "galaxy")]
pub mod galaxy;
#[cfg(feature = "iti")]
pub mod iti;
mod letters;
#[cfg(any(feature = "ademco685", feature = "iti"))]
mod lines;
#[cfg(any(feature = "ademco8000", feature = "sk9000"))]
pub mod mx8000;
mod owned;
mod pretty;
#[cfg(feature = "pulse")]
pub mod pulse;
mod quirk;
pub mod reemit;
pub mod registry;
#[cfg(feature = "serde")]
mod serde;
mod signal;
#[cfg(feature = "sk9000")]
pub mod sk9000;
pub mod stream;
#[cfg(feature = "surgard")]
pub mod surgard;

#[cfg(any(feature = "bosch6500", feature = "surgard"))]
pub use columns::{HighSpeed, is_seven_bits};
pub use decoded::{
    Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, DecodedExtended, printable,
};
pub use emit::Emit;
pub use letters::{Letter, LetterTable};
pub use owned::{Borrows, Owned};
pub use pretty::Pretty;
pub use quirk::{Quirk, Quirks, Shows};
pub use registry::{PROTOCOLS, Protocol};
pub use signal::Signal;
