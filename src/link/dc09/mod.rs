//! DC-09 sessions: the receiving centre's side of a connection or socket ([`Receiver`]) and a panel's side
//! ([`Transmitter`]), both without socket, clock or randomness of their own.
//!
//! **Receiver.** Bytes go in; [`Event`]s come out one by one. A signal comes with a [`Ticket`](crate::Ticket), and only a
//! journal's proof of storage turns that into the acknowledgement. What needs no storage (NULL, NAK, DUH) is answered by
//! the session: its bytes wait in [`Receiver::poll_transmit`] right after the event that says so. Whether a signal is a
//! copy of an earlier one is for the journal to say (contracts 3): the session hands out every copy with a ticket of its
//! own, so that each is answered where it came from. Answers leave a connection in the order of its frames: a caller
//! that holds an unredeemed ticket holds back the answers that came after it.
//!
//! Messages and keys for panels ride in place of an acknowledgement (RSP): see [`Receiver::respond`] and `KeyExchange`.
//!
//! A receiver that plays a plain sink is one with [`Policy::accept_all`].
//!
//! **Transmitter.** One account's panel or forwarding output: it counts sequences, waits, repeats, changes between main
//! and backup address, follows the receiver's clock and checks every answer strictly.

mod answers;
mod extras;
mod incident;
mod judge;
#[cfg(feature = "crypto")]
mod keys;
mod outgoing;
mod pending;
mod policy;
mod receiver;
mod transmitter;

pub use extras::Response;
pub use incident::{Answer, Answered, Close, Event, Refusal, Refused};
#[cfg(feature = "crypto")]
pub use keys::KeyExchange;
pub use outgoing::{Busy, Identity, Outgoing, Path, Report, Timing, Transmit};
pub use policy::{Account, AccountCode, DataAccounts, Demand, Policy, Refuse, Unknown};
pub use receiver::{Limits, Receiver};
pub use transmitter::Transmitter;
