//! Ademco Contact ID (SIA DC-05), read from public descriptions of the 1999 and 2016 editions.
//!
//! A block of sixteen digits on the telephone, of twenty-two with a ten-digit account (message type 58):
//!
//! ```text
//!   1 2 3 4   1 8   1   1 3 1   0 1   0 1 5   8
//!  +-------+-----+---+-------+-----+-------+---+
//!  | ACCT  | MT  | Q |  EEE  | GG  |  CCC  | S |
//!  +-------+-----+---+-------+-----+-------+---+
//!  ACCT account        Q    1 new, opening; 3 restore, closing; 6 still present
//!  MT   18, 98, 58     EEE  event code          GG   group, 00 none
//!  S    check digit    CCC  zone or user, 000 none
//! ```
//!
//! The sum of all values (0 counts ten) is a multiple of 15. The body of DC-09's `ADM-CID` keeps `QEEE GG CCC` of it, with
//! one blank between the parts; some panels send the raw `18QEEEGGCCCS` there.
//!
//! A panel's digits and a telephone's keys are two alphabets: see [`Digit`] and [`DtmfKey`].

mod block;
mod body;
mod digit;
mod emit;
mod stream;

use alloc::{boxed::Box, string::ToString as _};
use core::str;

use bytes::BytesMut;

pub use block::{Block, MessageType};
pub use body::Body;
pub use digit::{Digit, DtmfKey, checksum};

use super::{
    Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, Emit, Protocol, Quirks, Signal,
    printable,
    stream::{Decoder, Stream},
};
use crate::{
    ParseError, ParseErrorKind,
    event::{self, AlarmEvent, Losses, Refusal},
};

const NAME: &str = "contact-id";

/// Hands out the event of an `ADM-CID` payload (what follows the account block and its `|`), with the payload itself as
/// the data that carries it; a payload that can't be read is one event with a raw code. Says what was odd.
///
/// ```
/// let mut codes = Vec::new();
/// alarmwire::codec::contact_id::events(b"3401 02 007", &mut |event, _data| codes.push(event.code.to_string()));
/// assert_eq!(codes, ["cid:3401"]);
/// ```
pub fn events(payload: &[u8], each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) -> Quirks {
    match Body::parse(payload) {
        Ok((body, quirks)) => {
            each(&body.event(), payload);
            quirks
        }
        Err(_) => {
            event::raw(NAME, payload, |event| each(event, payload));
            Quirks::NONE
        }
    }
}

/// The registry's entry: blocks of digits or of telephone keys (shown by `*`, `#` or `A`, else by the check digit), one a
/// line, and for reading by hand also the body of `ADM-CID` with or without its account block.
#[derive(Clone, Copy, Debug)]
pub struct ContactId;

/// What one line holds.
enum Line<'a> {
    Block(Block),
    Body(Option<&'a str>, Body, Quirks),
}

fn is_keys(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'*' | b'#' | b'A'))
}

fn read(text: &[u8]) -> Result<Line<'_>, ParseError> {
    // An account block: `#1234|`, the number sign left out by some.
    if let Some(bar) = text.iter().position(|byte| *byte == b'|') {
        let account = text.get(..bar).unwrap_or_default();
        let account = str::from_utf8(account.strip_prefix(b"#").unwrap_or(account)).ok();
        let payload = text.get(bar + 1..).unwrap_or_default();
        let (body, quirks) = Body::parse(payload).map_err(|e| e.shifted(bar + 1))?;
        return Ok(Line::Body(
            account.filter(|account| !account.is_empty()),
            body,
            quirks,
        ));
    }
    if let Ok((body, quirks)) = Body::parse(text) {
        return Ok(Line::Body(None, body, quirks));
    }
    let block = if is_keys(text) {
        Block::parse_keys(text)
    } else {
        // B and C are digits in both alphabets, with other values: the one that fits counts, and digits if both do.
        Block::parse(text).or_else(|error| match Block::parse_keys(text) {
            Ok(Some(keys)) => Ok(Some(keys)),
            _ => Err(error),
        })
    };
    match block? {
        Some((block, taken)) if taken == text.len() => Ok(Line::Block(block)),
        Some((_, taken)) => Err(ParseError::new(
            taken,
            ParseErrorKind::Expected("the end of the block"),
        )),
        None => Err(ParseError::new(
            text.len(),
            ParseErrorKind::Expected("more digits"),
        )),
    }
}

/// The first line of `input`: where its text starts and ends, and how many bytes it takes with its line end.
fn line(input: &[u8]) -> (usize, usize, usize) {
    let start = input
        .iter()
        .position(|byte| !byte.is_ascii_whitespace())
        .unwrap_or(input.len());
    let rest = input.get(start..).unwrap_or_default();
    let end = start
        + rest
            .iter()
            .position(|byte| matches!(byte, b'\r' | b'\n'))
            .unwrap_or(rest.len());
    let ends = input
        .get(end..)
        .unwrap_or_default()
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    let text = input.get(start..end).unwrap_or_default().trim_ascii_end();
    (start, start + text.len(), end + ends)
}

impl Protocol for ContactId {
    fn name(&self) -> &'static str {
        NAME
    }

    fn confidence(&self, input: &[u8]) -> u8 {
        let (start, end, _) = line(input);
        match read(input.get(start..end).unwrap_or_default()) {
            // A check of one in fifteen beside fixed digits for type and qualifier.
            Ok(Line::Block(_)) => 80,
            Ok(Line::Body(..)) => 40,
            // All digits in their places, and one of them is wrong: more than columns without end byte say.
            Err(error) if matches!(error.kind(), ParseErrorKind::Check(_)) => 35,
            Err(_) => 0,
        }
    }

    fn decode(&self, input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
        let (start, end, taken) = line(input);
        let text = input.get(start..end).unwrap_or_default();
        let mut decoded = Decoded {
            protocol: NAME.to_string(),
            data: Some(printable(text)),
            ..Decoded::default()
        };
        match read(text) {
            Ok(Line::Block(block)) => {
                decoded.ok = true;
                decoded.account = Some(block.account().to_string());
                decoded.token = str::from_utf8(&block.kind().as_bytes())
                    .ok()
                    .map(str::to_string);
                decoded.crc = Some(Crc {
                    form: "none",
                    ok: true,
                });
                decoded.events.push(DecodedEvent::new(&block.event()));
            }
            Ok(Line::Body(account, body, quirks)) => {
                decoded.ok = true;
                decoded.data_account = account.map(str::to_string);
                decoded.quirks = quirks;
                decoded.events.push(DecodedEvent::new(&body.event()));
            }
            Err(error) => {
                if matches!(error.kind(), ParseErrorKind::Check(_)) {
                    decoded.crc = Some(Crc {
                        form: "none",
                        ok: false,
                    });
                }
                let error = error.shifted(start);
                decoded.error = Some(DecodedError {
                    offset: error.offset(),
                    message: error.kind().to_string(),
                });
            }
        }
        (decoded, taken.max(usize::from(!input.is_empty())))
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        match read(signal.data.trim_ascii()) {
            Ok(Line::Block(block)) => each(&block.event(), signal.data),
            Ok(Line::Body(account, body, _)) => {
                let mut event = body.event();
                event.account = account
                    .and_then(|text| crate::AccountId::new(text).ok())
                    .or(signal.account);
                each(&event, signal.data);
            }
            Err(_) => event::raw(NAME, signal.data, |event| {
                let event = AlarmEvent {
                    account: signal.account,
                    ..*event
                };
                each(&event, signal.data);
            }),
        }
    }

    fn stream(&self) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Stream::new(stream::Lines)))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(input: &[u8]) -> (Decoded, usize) {
        ContactId.decode(input, &DecodeOptions::default())
    }

    #[test]
    fn a_block_is_explained_with_its_check_digit() {
        let (decoded, taken) = decode(b"\n1234181131010158\r\n0007");
        assert_eq!(taken, 19);
        assert!(decoded.ok && decoded.reply_hex.is_none());
        assert_eq!(
            decoded.crc,
            Some(Crc {
                form: "none",
                ok: true
            })
        );
        assert_eq!(decoded.account.as_deref(), Some("1234"));
        assert_eq!(decoded.events[0].code, "cid:1131");
    }

    #[test]
    fn a_wrong_check_digit_is_said_and_gives_no_event() {
        assert!(ContactId.confidence(b"1234181131010157") > 0);
        let (decoded, _) = decode(b"1234181131010157");
        assert!(!decoded.ok && decoded.events.is_empty());
        assert_eq!(
            decoded.crc,
            Some(Crc {
                form: "none",
                ok: false
            })
        );
        assert_eq!(decoded.error.unwrap().offset, 15);
    }

    #[test]
    fn telephone_keys_are_told_by_a_character_that_is_no_digit() {
        let (decoded, _) = decode(b"*#AB181100010017");
        assert_eq!(decoded.account.as_deref(), Some("BCDE"));
        assert!(decoded.ok);
    }

    #[test]
    fn telephone_keys_without_such_a_character_are_told_by_the_check_digit() {
        // The check digit F is the key C; as a digit, C does not fit.
        let (decoded, _) = decode(b"123418313701015C");
        assert!(decoded.ok);
        assert_eq!(decoded.events[0].code, "cid:3137");
        let (decoded, _) = decode(b"4C3918340101057B");
        assert_eq!(decoded.account.as_deref(), Some("4F39"));
        assert!(!decode(b"4C3918340101057C").0.ok);
    }

    #[test]
    fn a_body_by_hand_needs_no_account() {
        let (decoded, _) = decode(b"#1234|3401 01 003");
        assert_eq!(decoded.data_account.as_deref(), Some("1234"));
        assert_eq!(decoded.events[0].user.as_deref(), Some("003"));
        assert!(decode(b"3401 01 003").0.ok);
        assert_eq!(decoded.crc, None);
    }

    #[test]
    fn noise_takes_at_least_a_byte_and_fits_nothing() {
        for noise in [&b"\r"[..], b"x", b"|", b"\xFF\xFE", b"1234"] {
            let (decoded, taken) = decode(noise);
            assert!(!decoded.ok && taken >= 1);
            assert_eq!(ContactId.confidence(noise), 0);
        }
        assert_eq!(decode(b"").1, 0);
    }
}
