//! SIA DC-09: event reporting over IP, editions 2007 to 2026 as far as they are public (dossier `dc09.md`).
//!
//! ```text
//! LF  CRC  0LLL  "id"  seq  [R rcvr]  L pref  # acct  [ data ]  ([ x… ])*  [ _ timestamp ]  CR
//! 0A  4    4     3+    4    0 or 2-7  2-7     4-17    2+        3+ each    0 or 20          0D
//!                └──────────── CRC and LLL cover the bytes from here ... to here ───────┘
//! ```
//!
//! - CRC is CRC-16/ARC; four hexadecimal digits, or with some senders two raw bytes, which shows by the place of the
//!   first quote (offset 9 or 7). Both forms are read, and an answer has the form of its request.
//! - A star in front of the token means that everything from the first bracket to CR is hexadecimal digits of AES-CBC
//!   under a zero IV: pad, `|`, data, `]`, extended fields, timestamp.
//! - A frame with a right CRC and a wrong length is taken and flagged; one with a wrong CRC is none.
//!
//! [`Frame::parse`] reads one frame and borrows from the buffer; [`Framer`] finds frames in a stream and gets over
//! rubbish; [`Message`] writes; [`reply_ack`], [`reply_nak`] and [`reply_duh`] answer, [`Rsp`] with something for the panel.
//! A [`Profile`] says how one peer deviates from the rules. `docs/protocols/dc09.md` has the whole of it.

mod convert;
mod crc;
#[cfg(feature = "crypto")]
mod crypto;
mod decode;
mod display;
mod emit;
mod encode;
mod fault;
mod fields;
mod framer;
mod header;
#[cfg(feature = "crypto")]
mod newkey;
mod parse;
mod profile;
mod rsp;
mod stream;
mod style;
mod time;
mod types;
mod usual;

pub use convert::content_quirks;
#[cfg(feature = "crypto")]
pub use crypto::{InvalidKey, Key, Scratch, reply_ack_encrypted};
pub use encode::{Message, Reply, reply_ack, reply_duh, reply_nak};
pub use fault::Fault;
pub use fields::{Altitude, Coordinate, ShortField, Trigger};
pub use framer::{Framed, Framer};
#[cfg(feature = "crypto")]
pub use newkey::NewKey;
pub use profile::{Counting, Expects, KeyNotation, NakForm, Profile};
pub use rsp::Rsp;
pub use style::{LengthForm, LineForm, Style, Tail};
pub use time::{in_window, read_time, write_time};
pub use types::{
    Body, Content, CrcForm, EventToken, Extended, Field, Frame, LONGEST_BODY, LONGEST_FRAME, Token,
};

/// A decrypted text read without a key, for fuzzing.
#[cfg(all(feature = "_testing", feature = "crypto"))]
pub(crate) fn fuzz_plain(text: &[u8]) {
    if let Some(content) = crypto::plain(text) {
        assert!(content.timestamp.is_some());
    }
}

use alloc::boxed::Box;

use bytes::BytesMut;

use super::{DecodeOptions, Decoded, Emit, Protocol, Signal, stream::Decoder};
use crate::event::{AlarmEvent, Losses, Refusal};

/// The registry's entry.
#[derive(Clone, Copy, Debug)]
pub struct Dc09;

impl Protocol for Dc09 {
    fn name(&self) -> &'static str {
        "dc09"
    }

    fn confidence(&self, input: &[u8]) -> u8 {
        decode::confidence(input)
    }

    fn decode(&self, input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
        decode::decode(input, options)
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        convert::events(signal, each);
    }

    fn stream(&self) -> Option<Box<dyn Decoder>> {
        Some(Box::new(stream::Stream::default()))
    }

    fn emit(
        &self,
        event: &AlarmEvent<'_>,
        how: &Emit<'_>,
        out: &mut BytesMut,
    ) -> Result<Losses, Refusal> {
        emit::emit(event, how, out)
    }
}
