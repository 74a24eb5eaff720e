//! Sans-IO sessions: who acknowledges what, and when. Bytes and instants in, bytes and events out; no socket, no clock,
//! no task, no randomness of their own.

#[cfg(feature = "ademco685")]
pub mod ademco685;
pub mod automation;
#[cfg(feature = "bosch6500")]
pub mod bosch6500;
#[cfg(feature = "cp220")]
pub mod cp220;
#[cfg(feature = "dc07")]
pub mod dc07;
#[cfg(feature = "dc09")]
pub mod dc09;
#[cfg(feature = "pulse")]
pub mod dial;
#[cfg(feature = "galaxy")]
pub mod galaxy;
#[cfg(feature = "iti")]
pub mod iti;
#[cfg(all(
    test,
    feature = "std",
    feature = "surgard",
    feature = "cp220",
    feature = "iti"
))]
mod line_feed_tests;
#[cfg(feature = "std")]
pub mod memory;
#[cfg(any(feature = "ademco8000", feature = "sk9000"))]
pub mod mx8000;
#[cfg(feature = "surgard")]
pub mod surgard;
mod ticket;

pub use ticket::{Stored, Ticket};
