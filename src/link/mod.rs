//! Sans-IO sessions: who acknowledges what, and when. Bytes and instants in, bytes and events out; no socket, no clock,
//! no task, no randomness of their own.

pub mod automation;
#[cfg(feature = "bosch6500")]
pub mod bosch6500;
#[cfg(feature = "dc07")]
pub mod dc07;
#[cfg(feature = "dc09")]
pub mod dc09;
#[cfg(feature = "pulse")]
pub mod dial;
#[cfg(feature = "galaxy")]
pub mod galaxy;
#[cfg(feature = "std")]
pub mod memory;
#[cfg(any(feature = "ademco8000", feature = "sk9000"))]
pub mod mx8000;
#[cfg(feature = "surgard")]
pub mod surgard;
mod ticket;

pub use ticket::{Stored, Ticket};
