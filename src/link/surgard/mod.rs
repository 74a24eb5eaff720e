//! Sur-Gard automation streams (serial-receivers.md 0 and 1): stop-and-wait, one byte as answer, a heartbeat when idle.
//! [`Automation`] reads a receiver; [`Sender`] plays one.

mod automation;
mod sender;

pub use automation::{Automation, AutomationSettings, Event, Reason};
pub use sender::{Gone, Sender, SenderEvent, SenderSettings};

#[cfg(all(test, feature = "std"))]
mod pair;
