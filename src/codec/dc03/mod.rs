//! The SIA format (SIA DC-03), read from public descriptions of the editions of 1990 (R2000.11) and 2017.
//!
//! The same data in two dresses. On a telephone line (and over TCP from Galaxy panels) a block is framed, see [`FskBlock`]:
//!
//! ```text
//!  49 4E 72 69 31 2F 42 41 30 31 32 …
//!  +--------+----------+---------------------------+--------+
//!  | header |    N     |  ri1/BA012                | parity |
//!  +--------+----------+---------------------------+--------+
//! ```
//!
//! In DC-09's `SIA-DCS` the frame is gone and `|` separates the blocks, see [`Blocks`]:
//!
//! ```text
//!  payload   N ri1 / BA012 ^Hall^ / BA013 | A PIR beside the door
//!            | |     |  |    |      |       +-- text block: describes the events before it
//!            | |     |  |    |      +---------- a second event, in the same area
//!            | |     |  |    +----------------- text of this event
//!            | |     |  +---------------------- address: zone, user, area, by the code
//!            | |     +------------------------- code
//!            | +------------------------------- modifier: holds for what follows in its block
//!            +--------------------------------- function: new events
//! ```
//!
//! How the field deviates, and what is done: a `/` may be missing (an address has at most four digits, and what follows is
//! a new packet); a modifier behind the only event of a block belongs to it; text may be X-SIA (`*'text'NM`), with broken
//! quotes; unknown codes, modifiers and blocks are kept byte for byte.

mod block;
mod control;
mod convert;
mod emit;
mod found;
mod fsk;
mod function;
mod information;
mod order;
mod packet;
pub(crate) mod secret;
mod stream;

use alloc::{
    boxed::Box,
    string::{String, ToString as _},
};
use core::str;

use bytes::BytesMut;

pub use block::{Block, Blocks, Packets, Part};
pub use control::{Control, ControlCode, Controls, encode_controls};
pub use convert::events;
pub use emit::encode_event;
pub use fsk::{FskBlock, Lengths, MOST, MOST_LONG, parity};
pub use function::Function;
pub use information::{
    Environmental, Reading, Setting, listen_seconds, program_name, settings, unit_name,
};
pub use order::{Order, OutOfOrder, Role};
pub use packet::{Event, Modifier, Packet, encode_block};
#[cfg(feature = "serde")]
pub(crate) use secret::Shown;
pub use stream::FskStream;
#[cfg(feature = "galaxy")]
pub(crate) use stream::look;

use super::{
    Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, Emit, Protocol, Signal, printable,
    stream::{Decoder, Stream},
};
use crate::{
    EventCode, ParseErrorKind,
    event::{AlarmEvent, Losses, Refusal},
    types::encode_hex,
};

const NAME: &str = "dc03";

/// The registry's entry: framed blocks of the telephone line, and for reading by hand also the body of `SIA-DCS`, one a
/// line, with or without its account block.
#[derive(Clone, Copy, Debug)]
pub struct Dc03;

/// A body written down without the line's framing: `#1234|Nri1/BA01`, or without the account.
struct Text<'a> {
    line: &'a [u8],
    account: Option<&'a [u8]>,
    payload: &'a [u8],
    /// How many bytes it takes with its line end.
    taken: usize,
}

impl<'a> Text<'a> {
    /// The first line of `input`, if it holds an event that can be read.
    fn read(input: &'a [u8]) -> Option<Self> {
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let length = input.iter().position(is_end).unwrap_or(input.len());
        let (line, ends) = input.split_at_checked(length)?;
        let bar = line.iter().position(|byte| *byte == b'|');
        let (account, payload) = match (line, bar) {
            ([b'#', ..], Some(bar)) => (line.get(1..bar), line.get(bar + 1..)?),
            _ => (None, line),
        };
        let mut readable = !line.iter().any(u8::is_ascii_control);
        events(payload, &mut |event, _| {
            readable &= matches!(event.code, EventCode::Sia(_));
        });
        readable.then_some(Self {
            line,
            account,
            payload,
            taken: length + ends.iter().take_while(|byte| is_end(byte)).count(),
        })
    }
}

fn answer(block: FskBlock<'_>) -> String {
    let mut out = BytesMut::new();
    block.encode(&mut out);
    encode_hex(&out).to_ascii_lowercase()
}

impl Protocol for Dc03 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn confidence(&self, input: &[u8]) -> u8 {
        match FskBlock::parse(input) {
            // One byte of parity beside a known function: good, not sure; better when nothing is left over.
            Ok(Some((_, taken))) if taken == input.len() => 75,
            Ok(Some(_)) => 60,
            // Two capitals behind an N are found in many a text: an account has to stand before them.
            _ if Text::read(input).is_some_and(|text| text.account.is_some()) => 40,
            _ => 0,
        }
    }

    fn decode(&self, input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
        let mut decoded = Decoded {
            protocol: NAME.to_string(),
            ..Decoded::default()
        };
        let parsed = FskBlock::parse(input);
        if !matches!(parsed, Ok(Some(_)))
            && let Some(text) = Text::read(input)
        {
            decoded.ok = true;
            decoded.data = Some(secret::shown(text.line));
            decoded.data_account = text.account.map(printable);
            decoded.quirks = events(text.payload, &mut |event, _| {
                decoded.events.push(DecodedEvent::new(event))
            });
            return (decoded, text.taken);
        }
        decode_block(
            decoded,
            input,
            Lengths::Bits,
            [FskBlock::ACKNOWLEDGE, FskBlock::REJECT],
        )
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        // The data are a block's text; a session that hands over the frame itself is understood as well.
        let text = match FskBlock::parse(signal.data) {
            Ok(Some((block, taken))) if taken == signal.data.len() => block.text(),
            _ => signal.data,
        };
        events(text, &mut |event, data| {
            let event = AlarmEvent {
                account: event.account.or(signal.account),
                ..*event
            };
            each(&event, data);
        });
    }

    fn stream(&self) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Stream::new(FskStream)))
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

/// Explains the block at the start of `input`; `answers`: what accepts and what rejects it.
pub(crate) fn decode_block(
    mut decoded: Decoded,
    input: &[u8],
    lengths: Lengths,
    answers: [FskBlock<'static>; 2],
) -> (Decoded, usize) {
    let [accept, reject] = answers;
    let error = match FskBlock::parse_with(input, lengths) {
        Ok(Some((block, taken))) => {
            explain(&block, &mut decoded, accept);
            return (decoded, taken);
        }
        Ok(None) => DecodedError {
            offset: input.len(),
            message: "expected more bytes of a block".to_string(),
        },
        Err(error) => {
            if matches!(error.kind(), ParseErrorKind::Check(_)) {
                decoded.crc = Some(Crc {
                    form: "none",
                    ok: false,
                });
                let wanted = input.first().is_some_and(|header| header & 0x40 != 0);
                decoded.reply_hex = wanted.then(|| answer(reject));
            }
            DecodedError {
                offset: error.offset(),
                message: error.kind().to_string(),
            }
        }
    };
    decoded.error = Some(error);
    // What can't be read reaches to the next whole block.
    let rest = input.get(1..).unwrap_or_default();
    let taken = FskBlock::find_with(rest, lengths).map_or(input.len(), |(at, ..)| at + 1);
    let bytes = input.get(..taken).unwrap_or_default();
    // A damaged block of secrets is not read, so nothing of it is shown.
    let secret = matches!(bytes, [_, function, _, ..] if Function::new(*function).is_secret());
    decoded.data = Some(if secret {
        "***".to_string()
    } else {
        printable(bytes)
    });
    (decoded, taken)
}

fn explain(block: &FskBlock<'_>, decoded: &mut Decoded, accept: FskBlock<'static>) {
    decoded.ok = true;
    decoded.crc = Some(Crc {
        form: "none",
        ok: true,
    });
    decoded.token = Some(printable(&[block.function().as_byte()]));
    let mut data = String::new();
    secret::show_data(block.function(), block.data(), &mut |bytes| {
        data.push_str(&printable(bytes));
    });
    decoded.data = Some(data);
    if block.wants_acknowledge() && !block.function().is_answer() {
        decoded.reply_hex = Some(answer(accept));
    }
    match block.function() {
        Function::ACCOUNT => {
            decoded.account = str::from_utf8(block.data()).ok().map(str::to_string)
        }
        // Blocks of the line and those that accompany events report nothing by themselves.
        function if function.accompanies() || function.is_answer() => {}
        _ => {
            let events = &mut decoded.events;
            decoded.quirks = self::events(block.text(), &mut |event, _| {
                events.push(DecodedEvent::new(event))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(input: &[u8]) -> (Decoded, usize) {
        Dc03.decode(input, &DecodeOptions::default())
    }

    fn framed(text: &[u8]) -> BytesMut {
        let mut out = BytesMut::new();
        FskBlock::new(text).unwrap().encode(&mut out);
        out
    }

    #[test]
    fn a_block_of_events_is_explained_and_acknowledged() {
        let wire = framed(b"Nri1/BA01");
        let (decoded, taken) = decode(&wire);
        assert_eq!(taken, wire.len());
        assert_eq!(
            (decoded.token.as_deref(), decoded.data.as_deref()),
            (Some("N"), Some("ri1/BA01"))
        );
        assert_eq!(decoded.events[0].code, "sia:BA");
        assert_eq!(decoded.reply_hex.as_deref(), Some("0038c7"));
        assert_eq!(
            decoded.crc,
            Some(Crc {
                form: "none",
                ok: true
            })
        );
    }

    #[test]
    fn an_answer_gets_no_answer_and_reports_nothing() {
        let (decoded, _) = decode(&[0x40, 0x38, 0x87]);
        assert!(decoded.ok && decoded.reply_hex.is_none() && decoded.events.is_empty());
        assert_eq!(decode(&framed(b"#1234")).0.account.as_deref(), Some("1234"));
    }

    #[test]
    fn a_damaged_block_is_rejected_and_the_next_one_is_found() {
        let mut wire = framed(b"Nri1/BA01");
        let end = wire.len();
        wire[end - 1] ^= 1;
        wire.extend_from_slice(&framed(b"Ori1/BA01"));
        let (decoded, taken) = decode(&wire);
        assert_eq!((decoded.ok, taken), (false, end));
        assert_eq!(
            decoded.crc,
            Some(Crc {
                form: "none",
                ok: false
            })
        );
        assert_eq!(decoded.reply_hex.as_deref(), Some("0039c6"));
        assert_eq!(decode(&wire[taken..]).0.events[0].qualifier, "status");
    }

    #[test]
    fn a_body_by_hand_is_read_line_by_line() {
        let (decoded, taken) = decode(b"#1234|Nri1BA01|AHall\r\nNFA2");
        assert!(decoded.ok && decoded.crc.is_none() && decoded.reply_hex.is_none());
        assert_eq!(decoded.data_account.as_deref(), Some("1234"));
        assert_eq!(decoded.data.as_deref(), Some("#1234|Nri1BA01|AHall"));
        assert_eq!(decoded.events[0].code, "sia:BA");
        assert_eq!((decoded.quirks.is_empty(), taken), (false, 22));
        assert_eq!(decode(b"NFA2").0.events[0].code, "sia:FA");
        assert!(Dc03.confidence(b"#1234|NFA2") > 0);
        for text in [&b"NOT A FRAME"[..], b"NFA2", b"hello", b"#1234|hello"] {
            assert_eq!(Dc03.confidence(text), 0);
        }
        assert!(!decode(b"#1234|hello").0.ok);
    }

    #[test]
    fn noise_takes_at_least_a_byte_and_fits_nothing() {
        for noise in [&b"!"[..], b"\x7F", b"\xFF\xFF\xFF", b"hello"] {
            let (decoded, taken) = decode(noise);
            assert!(!decoded.ok && decoded.error.is_some() && taken >= 1);
            assert_eq!(Dc03.confidence(noise), 0);
        }
        assert_eq!(decode(b"").1, 0);
    }

    #[test]
    fn an_event_without_an_account_of_its_own_has_that_of_the_signal() {
        let wire = framed(b"NBA1|#5678|NBA2");
        let signal = Signal {
            protocol: &Dc03,
            token: Some("N"),
            encrypted: false,
            sequence: None,
            receiver: None,
            line: None,
            account: crate::AccountId::new("1234").ok(),
            data: &wire,
            extended: b"",
            sent: None,
            raw: &wire,
            possible_repeat: false,
            remember_ciphertext: false,
            quirks: crate::codec::Quirks::NONE,
        };
        let mut accounts = Vec::new();
        signal.events(&mut |event, _| {
            accounts.extend(event.account.map(|account| account.to_string()))
        });
        assert_eq!(accounts, ["1234", "5678"]);
    }
}
