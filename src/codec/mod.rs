//! Bytes and frames, a folder a protocol: no sockets, no clock, no allocation while reading.

#[cfg(feature = "contact-id")]
pub mod contact_id;
#[cfg(feature = "dc03")]
pub mod dc03;
#[cfg(feature = "dc09")]
pub mod dc09;
mod decoded;
mod quirk;
pub mod registry;
mod signal;
#[cfg(feature = "surgard")]
pub mod surgard;

pub use decoded::{
    Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, DecodedExtended, printable,
};
pub use quirk::{Quirk, Quirks, Shows};
pub use registry::{PROTOCOLS, Protocol};
pub use signal::Signal;
