//! Sockets and serial ports under tokio, each with limits, deadlines and reconnection. Everything here moves bytes;
//! what they mean is the business of [`crate::link`].

pub mod backoff;
pub mod codec;
#[cfg(any(feature = "gateway", feature = "simulator"))]
pub mod descriptors;
pub mod dial;
#[cfg(all(
    unix,
    any(feature = "simulator", all(feature = "_testing", feature = "serial"))
))]
pub mod pty;
#[cfg(feature = "serial")]
pub mod serial;
pub mod tcp;
pub mod udp;

pub use backoff::Backoff;
