//! Receiver-to-computer lines (serial-receivers.md 0): stop-and-wait, an acknowledgement for each frame, a heartbeat when
//! idle. [`Automation`] reads a receiver; [`Sender`] plays one. Both are the same for every protocol of this kind; what
//! differs is a [`Family`].
//!
//! | what differs | where it is said |
//! | --- | --- |
//! | frames on the line | [`Family::decoder`]: the protocol's stream |
//! | signal, heartbeat, or neither | [`Family::read`] |
//! | ACK and NAK: one byte, another byte, a frame with the sequence, none at all | [`Rules::answers`], [`Family::acknowledge`], [`Family::refuse`] |
//! | our heartbeat when we play the receiver | [`Family::heartbeat`] |
//! | which answer belongs to which frame | [`Family::recognise`], for answers that are frames |
//! | waits, attempts, periods, how many NAKs are too many | [`Rules`] |
//!
//! # Adding a family
//!
//! One file in `link/`, or one line where it is like another: a type with the port's settings that implements [`Family`],
//! and names for its sessions. Families with one-byte answers write three methods and a heartbeat:
//!
//! ```
//! use core::time::Duration;
//! use bytes::BytesMut;
//! use alarmwire::{
//!     codec::{Quirks, Signal, registry, stream::{Decoder, Look, Shape, Stream}},
//!     link::automation::{self, Answers, Family, Heard, Rules},
//!     types::{Now, Sequence},
//! };
//!
//! /// Frames `LF … CR`; `OKAY @` is the heartbeat.
//! struct Lines;
//!
//! impl Shape for Lines {
//!     fn look(&self, bytes: &[u8], ended: bool) -> Look {
//!         match bytes.iter().position(|b| *b == b'\n') {
//!             Some(0) => match bytes.iter().position(|b| *b == b'\r') {
//!                 Some(at) => Look::Frame(at + 1),
//!                 None if ended => Look::Noise(bytes.len()),
//!                 None => Look::More,
//!             },
//!             at => Look::Noise(at.unwrap_or(bytes.len())),
//!         }
//!     }
//!     fn longest(&self) -> usize { 128 }
//!     fn end(&self) -> Option<u8> { Some(b'\r') }
//! }
//!
//! struct MyFamily;
//!
//! impl Family for MyFamily {
//!     fn rules(&self) -> Rules {
//!         Rules::SERIAL.with_attempts(Duration::from_secs(4), 2)
//!     }
//!     fn decoder(&self) -> Box<dyn Decoder> {
//!         Box::new(Stream::new(Lines))
//!     }
//!     fn read<'a>(&mut self, frame: &'a [u8], quirks: Quirks) -> Heard<'a> {
//!         if frame.ends_with(b"OKAY @\r") {
//!             return Heard::Heartbeat;
//!         }
//!         let Some(protocol) = registry::find("ademco685") else { return Heard::Nothing };
//!         let mut signal = Signal::new(protocol, frame);
//!         signal.quirks = quirks;
//!         Heard::Signal(signal)
//!     }
//!     fn heartbeat(&mut self, _: Now, _: &mut Sequence, out: &mut BytesMut) -> bool {
//!         out.extend_from_slice(b"\n00 OKAY @\r");
//!         true
//!     }
//! }
//!
//! type Automation = automation::Automation<MyFamily>;
//! let mut port = Automation::of(MyFamily, MyFamily.rules(), Now::default());
//! port.handle_input(Now::default(), b"\n00 OKAY @\r");
//! assert!(matches!(port.next(Now::default()), Some(automation::Event::Heartbeat)));
//! assert_eq!(port.poll_transmit().as_deref(), Some(&[automation::ACK][..]));
//! ```

mod family;
#[cfg(test)]
mod framed;
#[cfg(all(test, feature = "std", feature = "surgard"))]
pub(in crate::link) mod pair;
mod reader;
mod sender;

pub use family::{ACK, Answer, Answers, Family, Heard, LONGEST, NAK, Reason, Rules, Verdict};
pub use reader::{Automation, Event};
pub use sender::{Gone, Sender, SenderEvent};
