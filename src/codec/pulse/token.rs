//! The bodies of DC-09 tokens that carry these formats: what follows `#acct|`.
//!
//! No source shows such a body. What is read is inferred: the digits that the format has behind account and message
//! type, with or without blanks, as `ADM-CID` leaves out account, message type and check digit and as receivers print
//! them; or the whole block of tones with its check digit. Everything else stays raw.
//!
//! ```text
//! SIA-PUL  A, A Z, AZ               event, zone
//! ADM-41E  C                        or 1234 17 C S
//! ADM-42E  C Z, CZ                  or 1234 27 C Z S
//! ADM-HS   PPPP PPPP X, PPPPPPPPX   or 1234 55 PPPPPPPP X S
//! ACR-SF   PPPPPPPP [P]             or 1234 56 PPPPPPPP X [S]
//! ```

use core::str;

use arrayvec::ArrayVec;
use bytes::{BufMut as _, BytesMut};

use super::{
    Format, Frame, LONGEST, NAME, Settings,
    channels::{self, Channels, Single},
    convert::single,
};
use crate::{
    codec::contact_id::Digit,
    event::{AlarmEvent, EventCode, Loss, Losses, Refusal},
};

/// The tokens that are read here.
pub const TOKENS: [&str; 5] = ["SIA-PUL", "ADM-41E", "ADM-42E", "ADM-HS", "ACR-SF"];

/// Hands out the events of a token's body, each with the body that carries it alone, and says whether it could: of
/// another token, or a body of another shape, nothing is handed out.
///
/// ```
/// use alarmwire::codec::pulse::{Settings, token};
///
/// let mut seen = Vec::new();
/// let read = token::events("ADM-HS", b"1553 5555 7", &Settings::DEFAULT, &mut |event, own| {
///     seen.push((event.code.to_string(), String::from_utf8_lossy(own).into_owned()));
/// });
/// assert!(read);
/// assert_eq!(seen[0], ("raw:pulse:P1X7".into(), "1555 5555 7".into()));
/// assert_eq!(seen[1], ("raw:pulse:P3X7".into(), "5553 5555 7".into()));
/// ```
pub fn events(
    token: &str,
    payload: &[u8],
    settings: &Settings<'_>,
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) -> bool {
    if payload.len() > LONGEST {
        return false;
    }
    let mut digits = ArrayVec::<u8, LONGEST>::new();
    for byte in payload.iter().copied().filter(|byte| *byte != b' ') {
        match Digit::new(byte) {
            Some(digit) => digits.push(digit.as_byte()),
            None => return false,
        }
    }
    match (token, digits.as_slice()) {
        ("SIA-PUL" | "ADM-41E", &[event]) => one(event, None, payload, settings, each),
        ("SIA-PUL" | "ADM-42E", &[event, zone]) => one(event, Some(zone), payload, settings, each),
        ("ADM-HS", &[_, _, _, _, _, _, _, _, status]) => {
            let last = payload.iter().rposition(|byte| *byte != b' ');
            let all = payload.get(..last.unwrap_or(0)).unwrap_or_default();
            report(Channels::new(all, Some(status)), payload, settings, each);
        }
        ("ACR-SF", [_, _, _, _, _, _, _, _] | [_, _, _, _, _, _, _, _, _]) => {
            report(Channels::new(payload, None), payload, settings, each);
        }
        (_, block) => {
            let format = match token {
                "ADM-41E" => Format::ExpressOne,
                "ADM-42E" => Format::ExpressTwo,
                "ADM-HS" => Format::HighSpeed,
                "ACR-SF" => Format::SuperFast,
                _ => return false,
            };
            let read = Frame::read(block, settings).ok();
            let Some(frame) = read.filter(|frame| frame.format() == format) else {
                return false;
            };
            frame.events(settings, &mut |event, own| {
                let whole = own == block;
                each(event, if whole { payload } else { own });
            });
        }
    }
    true
}

fn one(
    event: u8,
    zone: Option<u8>,
    payload: &[u8],
    settings: &Settings<'_>,
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) {
    let zone = zone.map(|zone| [zone]);
    let zone = zone.as_ref().and_then(|zone| str::from_utf8(zone).ok());
    single(Digit::new(event), zone, settings, &mut |event| {
        each(event, payload);
    });
}

fn report(
    report: Channels<'_>,
    payload: &[u8],
    settings: &Settings<'_>,
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) {
    report.events(settings.channels, &mut |event, at| {
        let mut own: ArrayVec<u8, LONGEST> = payload.iter().copied().take(LONGEST).collect();
        // The status digit, where there is one, stands behind the channels.
        let count = report.len();
        channels::keep_only(own.get_mut(..count).unwrap_or_default(), at);
        each(event, &own);
    });
}

/// Appends the body that carries an event with a code of this protocol, and says under which token, and what is lost.
/// Event digits go under `wanted` where that is a token of theirs that fits, and else as generic pulse codes, `SIA-PUL`.
///
/// # Errors
/// When the code is another, or what it names has no place there; nothing is appended.
pub fn encode(
    event: &AlarmEvent<'_>,
    wanted: Option<&str>,
    out: &mut BytesMut,
) -> Result<(&'static str, Losses), Refusal> {
    let mut losses = Losses::NONE;
    if event.partition.is_some() {
        losses.note(Loss::Partition);
    }
    let no_place = |field| Refusal::NoPlace {
        field,
        protocol: NAME,
    };
    if let Some(single) = Single::of(event) {
        let token = if single.status.is_some() {
            "ADM-HS"
        } else {
            "ACR-SF"
        };
        let ninth = matches!(single.channel, Some((9, _))) && single.status.is_none();
        let digits = single
            .digits(if ninth { 9 } else { 8 })
            .ok_or_else(|| no_place("channel"))?;
        if !digits
            .iter()
            .chain(&single.status)
            .all(|digit| Digit::new(*digit).is_some())
        {
            return Err(no_place("channel"));
        }
        match (single.status, digits.split_at_checked(4)) {
            (Some(status), Some((first, second))) => {
                for part in [first, b" ", second, b" ", &[status]] {
                    out.put_slice(part);
                }
            }
            _ => out.put_slice(&digits),
        }
        return Ok((token, losses));
    }
    let digit = match event.code {
        EventCode::Raw { protocol, text } if protocol == NAME => match text.as_bytes() {
            &[digit] => Digit::new(digit),
            _ => None,
        },
        _ => None,
    };
    let digit = digit.ok_or(Refusal::NoCode(NAME))?;
    let place = match (event.zone, event.user) {
        (Some(zone), user) => {
            if user.is_some() {
                losses.note(Loss::User);
            }
            Some(zone.as_str())
        }
        (None, user) => user.map(|user| user.as_str()),
    };
    let place = match place.map(str::as_bytes) {
        None => None,
        Some(&[digit]) => Some(Digit::new(digit).ok_or_else(|| no_place("zone"))?),
        Some(_) => return Err(no_place("zone")),
    };
    let token = match (wanted, place) {
        (Some("ADM-41E"), None) => "ADM-41E",
        (Some("ADM-42E"), Some(_)) => "ADM-42E",
        _ => "SIA-PUL",
    };
    out.put_u8(digit.as_byte());
    if let Some(zone) = place {
        out.put_slice(&[b' ', zone.as_byte()]);
    }
    Ok((token, losses))
}

#[cfg(test)]
mod tests {
    use alloc::{
        string::{String, ToString},
        vec::Vec,
    };

    use super::*;

    fn told(token: &str, payload: &str) -> Option<Vec<(String, String, String)>> {
        let mut seen = Vec::new();
        let settings = Settings::DEFAULT;
        let read = events(token, payload.as_bytes(), &settings, &mut |event, own| {
            let place = event.zone.map(|zone| zone.to_string());
            seen.push((
                event.code.to_string(),
                place.unwrap_or_default(),
                String::from_utf8(own.to_vec()).unwrap(),
            ));
            let mut again = Vec::new();
            assert!(events(token, own, &settings, &mut |event, _| again
                .push(event.code.to_string())));
            assert_eq!(again, [event.code.to_string()], "{own:?}");
            let mut out = BytesMut::new();
            let (name, _) = encode(event, Some(token), &mut out).unwrap();
            let mut back = 0;
            assert!(events(name, &out, &settings, &mut |other, _| {
                back += 1;
                assert_eq!(
                    (other.code, other.zone, other.class),
                    (event.code, event.zone, event.class)
                );
            }));
            assert_eq!(back, 1);
        });
        assert_eq!(read, !seen.is_empty());
        read.then_some(seen)
    }

    #[test]
    fn bodies_are_read_by_the_digits_of_their_format() {
        for (token, payload, expected) in [
            ("SIA-PUL", "3", &[("raw:pulse:3", "", "3")][..]),
            ("SIA-PUL", "35", &[("raw:pulse:3", "5", "35")]),
            ("ADM-41E", "c", &[("raw:pulse:C", "", "c")]),
            ("ADM-41E", "12341739", &[("raw:pulse:3", "", "12341739")]),
            ("ADM-41E", "1234 17 3", &[("raw:pulse:3", "", "1234 17 3")]),
            ("ADM-42E", "8 9", &[("raw:pulse:8", "9", "8 9")]),
            ("ADM-42E", "123427899", &[("raw:pulse:8", "9", "123427899")]),
            (
                "ADM-HS",
                "155355557",
                &[
                    ("raw:pulse:P1X7", "1", "155555557"),
                    ("raw:pulse:P3X7", "4", "555355557"),
                ],
            ),
            (
                "ADM-HS",
                "5555 5555 9 ",
                &[("raw:pulse:X9", "", "5555 5555 9 ")],
            ),
            (
                "ADM-HS",
                "123455155555557C",
                &[("raw:pulse:P1X7", "1", "123455155555557C")],
            ),
            (
                "ACR-SF",
                "15535555",
                &[
                    ("raw:pulse:P1", "1", "15555555"),
                    ("raw:pulse:P3", "4", "55535555"),
                ],
            ),
            ("ACR-SF", "555555551", &[("raw:pulse:P1", "9", "555555551")]),
            (
                "ACR-SF",
                "123456155555557",
                &[("raw:pulse:P1X7", "1", "123456155555557")],
            ),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(code, zone, own)| (code.to_string(), zone.to_string(), own.to_string()))
                .collect();
            assert_eq!(told(token, payload), Some(expected), "{token} {payload}");
        }
    }

    #[test]
    fn what_has_another_shape_is_left_raw() {
        for (token, payload) in [
            ("SIA-PUL", ""),
            ("SIA-PUL", "123435"),
            ("ADM-41E", "35"),
            ("ADM-41E", "12341738"),
            ("ADM-41E", "123427899"),
            ("ADM-42E", "8A"),
            ("ADM-HS", "15535555"),
            ("ADM-HS", "Nri1/BA01"),
            ("ACR-SF", "155355551234"),
            ("FBI-SF", "15535555"),
            ("SCN-S8", "155355557"),
        ] {
            assert_eq!(told(token, payload), None, "{token} {payload}");
        }
        assert!(!events(
            "ADM-HS",
            &[b' '; 300],
            &Settings::DEFAULT,
            &mut |_, _| {}
        ));
    }

    #[test]
    fn what_is_no_code_of_this_protocol_is_refused() {
        let code = EventCode::parse("cid:1130").unwrap();
        let event = AlarmEvent::new(code, crate::Qualifier::New);
        let mut out = BytesMut::new();
        assert_eq!(encode(&event, None, &mut out), Err(Refusal::NoCode(NAME)));
        assert!(out.is_empty());
    }
}
