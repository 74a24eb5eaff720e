//! The protocols of alarm receiving centres, read and written: what panels say to receivers (SIA DC-09, Contact ID, SIA
//! DC-03, pulse formats, Galaxy), and what receivers say to the computers behind them (Sur-Gard, Ademco 685, Bosch 6500 and
//! DC-07, ADEMCO 8000, Silent Knight, CP-220, ITI). Frames borrow from the receive buffer; reading allocates nothing and
//! panics on no input; the sessions know who acknowledges what, and when, and let nobody acknowledge what is not stored.
//!
//! ```
//! # #[cfg(feature = "dc09")] {
//! use alarmwire::codec::{DecodeOptions, Protocol, dc09::{Dc09, Frame}};
//!
//! let input = b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r";
//!
//! // The frame: `None` would ask for more bytes, an error says what is wrong at which byte.
//! let (frame, taken) = Frame::parse(input)?.expect("a whole frame");
//! assert_eq!(taken, input.len());
//! assert_eq!(frame.account.map(|account| account.as_str()), Some("1234"));
//!
//! // What it says, in the words of every protocol: code, class, lane, place; and what a receiver answers.
//! let (decoded, _) = Dc09.decode(input, &DecodeOptions::default());
//! let event = &decoded.events[0];
//! assert_eq!((event.code.as_str(), event.class.as_str(), event.lane), ("cid:1130", "burglary", 1));
//! assert_eq!(event.zone.as_deref(), Some("015"));
//! assert!(decoded.reply_hex.is_some());
//! # }
//! # Ok::<(), alarmwire::ParseError>(())
//! ```
//!
//! A serial line has no packets: bytes come split, merged and with noise, and are cut into frames by the protocol's stream,
//! which needs no runtime. `transport::codec` makes the same a codec of tokio-util.
//!
//! ```
//! # #[cfg(feature = "surgard")] {
//! use core::time::Duration;
//! use alarmwire::codec::{registry, stream::{Cut, Decoder}, surgard::{Frame, Settings}};
//!
//! let mut line = registry::find("surgard").and_then(|protocol| protocol.stream()).expect("built in");
//! let settings = Settings::default();
//! let mut heard = Vec::new();
//! for (at, read) in [&b"\0\x005011 1812"[..], b"34E13001015\x145011 18", b"1234R13001015\x14"].into_iter().enumerate() {
//!     let now = Duration::from_millis(20 * at as u64);
//!     line.push(now, read);
//!     loop {
//!         match line.next(now) {
//!             Cut::More => break,
//!             Cut::Frame { bytes, .. } => {
//!                 if let Some((frame, _)) = Frame::parse(bytes, &settings)? {
//!                     frame.events(&settings, &mut |event, _data| heard.push(event.code.to_string()));
//!                 }
//!             }
//!             _noise_or_damage => {}
//!         }
//!     }
//! }
//! assert_eq!(heard, ["cid:1130", "cid:3130"]);
//! # }
//! # Ok::<(), alarmwire::ParseError>(())
//! ```
//!
//! # Layers
//!
//! An upper one uses lower ones, never the reverse.
//!
//! | layer | what it knows |
//! | --- | --- |
//! | [`types`] | accounts, numbers, sequences, time |
//! | [`event`] | the neutral event, the code tables, Contact ID and SIA one into the other |
//! | [`codec`] | bytes and frames, a folder a protocol; [streams](codec::stream), [detection](codec::detect), [sending on](codec::reemit) |
//! | [`link`] | sans-IO sessions: acknowledgement, retry, supervision. Bytes and time go in, bytes and events come out |
//! | `transport`, `journal` | sockets and serial ports; the durable store |
//! | `gateway`, `simulator` | the two programs' insides |
//!
//! A session hands out an event with a [`Ticket`]; only a journal's proof of storage, [`Stored`], turns that into the
//! acknowledgement, and nothing else compiles.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `dc09` | yes | SIA DC-09, event reporting over IP |
//! | `contact-id` | yes | Contact ID (SIA DC-05), and the line procedure of the telephone |
//! | `dc03` | yes | the SIA format: bodies, and blocks in their frames |
//! | `pulse` | yes | 3+1, 4+1, 4+2, Ademco Express, High Speed, Super Fast |
//! | `galaxy` | yes | Galaxy's SIA blocks over TCP, and its SMS |
//! | `surgard` | yes | Sur-Gard MLR2 and System receivers |
//! | `ademco685` | yes | Ademco 685, CAPS, 7810iR |
//! | `bosch6500` | yes | Bosch and Radionics, 6500 mode |
//! | `dc07` | yes | SIA DC-07 frames: Bosch's SIA mode |
//! | `ademco8000` | yes | ADEMCO 8000, the MX8000's own |
//! | `sk9000` | yes | Silent Knight 9000 |
//! | `cp220` | yes | FBI CP-220 |
//! | `iti` | yes | ITI Generic and computer format, as far as they are public |
//! | `std` | | the standard library in the dependencies that have it |
//! | `crypto` | | encrypted DC-09 (AES-128, -192, -256) |
//! | `serde` | | every value as JSON and the like; still `no_std` |
//! | `transport` | | TCP, UDP and the streams as codecs, by tokio; `std` |
//! | `serial` | | serial ports; `transport` |
//! | `journal` | | the durable store, SQLite built in; `serde` |
//! | `gateway` | | the gateway; all codecs, `crypto`, `serial`, `journal` |
//! | `simulator` | | panels and receivers in thousands, with honest latency; all codecs, `crypto`, `serial`, `serde` |
//! | `full` | | all that the program `alarmwire` is made of |
//!
//! A protocol's feature brings along those whose bodies it carries. A feature adds, and never changes what is there.
//!
//! # Without the standard library
//!
//! The default features are `no_std` with `alloc`: [`types`], [`event`], [`codec`] and [`link`]. What reads frames does not
//! allocate; streams and sessions allocate when they are made. A program without the standard library that reads every
//! default protocol weighs 541,024 bytes; one that reads DC-09, tells the event and acknowledges it 147,288 bytes (x86_64,
//! release, its allocator included; `.ci/no-std` builds and weighs both).
//!
//! ```toml
//! alarmwire = { version = "0.1", default-features = false, features = ["dc09"] }
//! ```
//!
//! # What stays as it is
//!
//! [`types`], [`event`], [`codec`] and [`link`] keep to semantic versioning: before 1.0 a new minor version may break something
//! and says so in the change log, a new patch version never does. What may grow is `#[non_exhaustive]`; no type of a parser
//! library stands in a signature; newly understood bytes, further [quirks](codec::Quirk) and another confidence of a
//! detection break nothing; JSON only gains keys. `transport`, `journal`, `gateway`, `simulator` and what begins with `_`
//! are public for the program and promise nothing. `docs/api.md` has the details.
//!
//! # Further reading
//!
//! In the repository: `docs/protocols/` has a page a protocol with its wire drawn, `docs/conformance.md` says which rules are
//! met, tested or inferred, `docs/translation.md` what is lost between Contact ID and SIA, `docs/adding-a-protocol.md` how to
//! add one, and `examples/` something to start from.
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
