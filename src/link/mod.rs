//! Sans-IO sessions: who acknowledges what, and when. Bytes and instants in, bytes and events out; no socket, no clock,
//! no task, no randomness of their own.

pub mod automation;
#[cfg(feature = "dc09")]
pub mod dc09;
#[cfg(feature = "std")]
pub mod memory;
#[cfg(feature = "surgard")]
pub mod surgard;
mod ticket;

pub use ticket::{Stored, Ticket};
