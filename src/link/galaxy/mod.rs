//! Galaxy calls (sia-dc03.md 2, 4): stop-and-wait, a block as answer. [`Receiver`] takes a panel's call; [`Panel`] plays
//! the panel.
//!
//! ```text
//!  panel                     receiver
//!  # account          ---->  answered at once
//!                     <----  40 38 87
//!  N event            ---->  Signal, stored
//!                     <----  40 38 87, out of the ticket
//!  A text             ---->  Signal of class status, stored
//!                     <----  40 38 87, out of the ticket
//!  0                  ---->  answered at once
//! ```
//!
//! The text comes when its event is stored and acknowledged, and possibly forwarded: waiting for it would delay the alarm,
//! and a panel that never sends one would time out. So a text is a signal of its own, of class status, that says which
//! event it describes (address, lane), and no second alarm.
//!
//! Not here: the tones of the telephone line. They are a modem's.

mod panel;
mod receiver;

pub use panel::{Panel, PanelEvent, PanelSettings, Refused};
pub use receiver::{DefaultAccount, Event, Reason, Receiver, ReceiverSettings};

#[cfg(all(test, feature = "std"))]
mod pair;
