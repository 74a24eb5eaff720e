//! Alarm-receiver protocols, read and written without allocation; sessions that know who acknowledges what, and when; a
//! gateway that acknowledges only what is durably stored; and a load simulator.
//!
//! | layer | what it knows |
//! | --- | --- |
//! | [`types`] | accounts, numbers, sequences, time |
//! | [`event`] | the neutral event and the code tables |
//! | [`codec`] | bytes and frames, a folder a protocol |
//! | [`link`] | sans-IO sessions: acknowledgement, retry, supervision |
//! | `transport`, `journal` | sockets and serial ports; the durable store |
//! | `gateway`, `simulator` | the two programs' insides |
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

pub mod codec;
mod error;
pub mod event;
#[cfg(feature = "gateway")]
pub mod gateway;
#[cfg(feature = "journal")]
pub mod journal;
pub mod link;
// Pseudo-terminals and the poll over them are Unix.
#[cfg(all(feature = "simulator", unix))]
pub mod simulator;
#[cfg(feature = "_testing")]
#[doc(hidden)]
pub mod testing;
#[cfg(feature = "transport")]
pub mod transport;
pub mod types;

pub use codec::{Protocol, Signal};
pub use error::{EncodeError, ParseError, ParseErrorKind};
pub use event::{AlarmEvent, Class, EventCode, Function, Lane, Qualifier};
pub use link::{Stored, Ticket};
pub use types::{AccountId, InvalidAccount, Now, Sequence, Timestamp};

/// The README's example, which is tested with the others.
#[cfg(all(doctest, feature = "dc09"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
