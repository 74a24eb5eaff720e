use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use memchr::memchr;

use super::{
    convert,
    encode::{Reply, reply_ack, reply_duh},
    parse::{self, CR, Head, LF, Start},
    types::{Body, Content, Frame, LONGEST_FRAME, Token},
};
use crate::{
    codec::{
        Crc, DecodeOptions, Decoded, DecodedError, DecodedEvent, DecodedExtended, Quirk,
        dc03::secret, printable,
    },
    error::{ParseError, ParseErrorKind},
    types::encode_hex,
};

/// 100 for a frame whose check value fits, 60 for its header, 40 for one whose numbers are none, 0 for anything else.
pub(super) fn confidence(input: &[u8]) -> u8 {
    let rest = input.get(separators(input)..).unwrap_or_default();
    match (parse::head(rest), Frame::parse_whole(rest)) {
        (_, Ok(_)) => 100,
        (Start::Head(_), Err(_)) => 60,
        (Start::No(error), Err(_)) if mended(rest, error).is_some() => 40,
        // The argument may lack its CR.
        _ => 0,
    }
}

/// What may stand around frames and means nothing; a LF in front of a header is the header's.
fn separators(input: &[u8]) -> usize {
    let mut at = 0;
    while let [first, rest @ ..] = input.get(at..).unwrap_or_default() {
        match first {
            0 | b' ' | b'\r' | b'\t' => {}
            b'\n'
                if !matches!(
                    parse::head(input.get(at..).unwrap_or_default()),
                    Start::Head(_)
                ) && starts_blank(rest) => {}
            _ => break,
        }
        at += 1;
    }
    at
}

fn starts_blank(rest: &[u8]) -> bool {
    matches!(rest.first(), None | Some(b'\n' | b'\r' | 0))
}

pub(super) fn decode(input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
    let skipped = separators(input);
    let rest = input.get(skipped..).unwrap_or_default();
    let (mut decoded, taken) = first(rest, options);
    if let Some(error) = &mut decoded.error {
        error.offset += skipped;
    }
    let end = skipped + taken;
    let after = input.get(end..).unwrap_or_default();
    // What follows a frame and means nothing goes with it, so that the next call begins at a frame or at noise.
    let blank = separators(after);
    let skipped = after.get(..blank).unwrap_or_default();
    if skipped.iter().any(|b| matches!(*b, 0 | CR | LF)) && decoded.crc.is_some_and(|crc| crc.ok) {
        decoded.quirks.note(Quirk::TrailingNul);
    }
    (decoded, (end + blank).max(usize::from(!input.is_empty())))
}

/// Explains what begins at the first byte.
fn first(input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize) {
    let head = match parse::head(input) {
        Start::Head(head) if options.argument || input.first() == Some(&LF) => head,
        Start::Head(_) | Start::More => {
            return noise(
                input,
                ParseError::new(0, ParseErrorKind::Expected("LF and header")),
            );
        }
        Start::No(error) => {
            return match mended(input, error)
                .filter(|_| options.argument || input.first() == Some(&LF))
            {
                Some((copy, head, are)) => bad(&copy, &head, error, are),
                None => noise(input, error),
            };
        }
    };
    match Frame::parse_whole(input) {
        Ok((frame, taken)) => (explain(&frame, options), taken),
        Err(error) => match with_cr(input, options) {
            Some(found) => found,
            None => bad(input, &head, error, Numbers::READ),
        },
    }
}

/// An argument that lacks its CR: read with one at its end.
fn with_cr(input: &[u8], options: &DecodeOptions<'_>) -> Option<(Decoded, usize)> {
    if !options.argument || input.contains(&CR) && input.last() == Some(&CR) {
        return None;
    }
    let trimmed = input.trim_ascii_end();
    let mut whole = Vec::with_capacity(trimmed.len() + 1);
    whole.extend_from_slice(trimmed);
    whole.push(CR);
    let (frame, taken) = Frame::parse_whole(&whole).ok()?;
    if taken != whole.len() {
        return None;
    }
    let mut decoded = explain(&frame, options);
    decoded.quirks.note(Quirk::MissingCr);
    Some((decoded, input.len()))
}

/// Bytes up to the next header: one object says that they are no frame.
fn noise(input: &[u8], error: ParseError) -> (Decoded, usize) {
    (
        failed(error),
        next_head(input, input.len()).unwrap_or(input.len()),
    )
}

/// Where behind the first byte, and before `to`, the next header begins.
fn next_head(input: &[u8], to: usize) -> Option<usize> {
    let mut at = 1;
    while let Some(next) = input.get(at..to).and_then(|rest| memchr(LF, rest)) {
        at += next;
        if matches!(
            parse::head(input.get(at..).unwrap_or_default()),
            Start::Head(_)
        ) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Which numbers of a header are some.
#[derive(Clone, Copy)]
struct Numbers {
    crc: bool,
    length: bool,
}

impl Numbers {
    const READ: Self = Self {
        crc: true,
        length: true,
    };
}

/// A header whose check value or length holds what is no digit: a copy up to CR with zeros in their places, by which the
/// fields behind them can be read.
fn mended(input: &[u8], mut error: ParseError) -> Option<(Vec<u8>, Head, Numbers)> {
    let mut are = Numbers::READ;
    let end = memchr(CR, input).map_or(input.len(), |cr| cr + 1);
    let mut copy = input.get(..end.min(LONGEST_FRAME))?.to_vec();
    while error.kind() != ParseErrorKind::Expected("header") {
        are.crc &= error.kind() != ParseErrorKind::Expected("crc");
        are.length &= error.kind() != ParseErrorKind::Expected("length");
        for digit in copy.get_mut(error.offset()..error.offset() + 4)? {
            if !digit.is_ascii_hexdigit() {
                *digit = b'0';
            }
        }
        match parse::head(&copy) {
            Start::Head(head) => return Some((copy, head, are)),
            Start::More => return None,
            Start::No(next) => error = next,
        }
    }
    None
}

fn failed(error: ParseError) -> Decoded {
    Decoded {
        protocol: String::from("dc09"),
        error: Some(DecodedError {
            offset: error.offset(),
            message: error.kind().to_string(),
        }),
        ..Decoded::default()
    }
}

/// A header, and a check value, length or field that is wrong: what can be read of it still stands in the report.
fn bad(input: &[u8], head: &Head, mut error: ParseError, are: Numbers) -> (Decoded, usize) {
    let mut cr = memchr(CR, input.get(head.body..).unwrap_or_default()).map(|at| at + head.body);
    let mut end = cr.unwrap_or(input.len());
    if let Some(next) = next_head(input, end) {
        // Cut off: what follows is the next frame.
        (cr, end) = (None, next);
        error = ParseError::new(next, ParseErrorKind::Expected("CR"));
    }
    let body = input.get(head.body..end).unwrap_or_default();
    let form = parse::form_of(head, body).filter(|_| are.crc);
    let mut decoded = match Frame::explain(input, head, end, form.unwrap_or(head.form())) {
        Ok((frame, _)) => {
            let mut decoded = header(&frame);
            if let Body::Clear(content) = &frame.body {
                fill(&mut decoded, &frame, content);
            }
            decoded
        }
        Err(_) => Decoded {
            protocol: String::from("dc09"),
            ..Decoded::default()
        },
    };
    let length_ok = end == head.body + head.declared && are.length;
    if !length_ok {
        decoded.quirks.note(Quirk::WrongLength);
    }
    decoded.ok = false;
    decoded.length_ok = Some(length_ok);
    decoded.crc = Some(Crc {
        form: form.unwrap_or(head.form()).as_str(),
        ok: form.is_some(),
    });
    decoded.error = Some(DecodedError {
        offset: error.offset(),
        message: error.kind().to_string(),
    });
    (decoded, cr.map_or(end, |at| at + 1))
}

fn header(frame: &Frame<'_>) -> Decoded {
    Decoded {
        protocol: String::from("dc09"),
        ok: true,
        token: Some(frame.token.to_string()),
        encrypted: frame.encrypted,
        sequence: Some(frame.sequence.to_string()),
        receiver: frame.receiver.map(|v| v.to_string()),
        line: frame.line.map(|v| v.to_string()),
        account: frame.account.map(|v| v.to_string()),
        crc: Some(Crc {
            form: frame.crc.as_str(),
            ok: true,
        }),
        length_ok: Some(frame.length_ok),
        quirks: frame.quirks,
        ..Decoded::default()
    }
}

/// What stands in clear.
fn fill(decoded: &mut Decoded, frame: &Frame<'_>, content: &Content<'_>) {
    decoded.data = Some(if frame.token.carries_blocks() {
        secret::shown(content.data)
    } else {
        printable(content.data)
    });
    decoded.data_account = content.data_account().map(printable);
    decoded.timestamp = content.timestamp.map(printable);
    decoded.extended = content
        .extended
        .iter()
        .map(|field| DecodedExtended {
            letter: if field.letter == 0 {
                String::new()
            } else {
                printable(&[field.letter])
            },
            value: printable(field.value),
        })
        .collect();
}

fn explain(frame: &Frame<'_>, options: &DecodeOptions<'_>) -> Decoded {
    let mut decoded = header(frame);
    match &frame.body {
        Body::Clear(content) => {
            understood(&mut decoded, frame, content);
            decoded.reply_hex = reply_clear(frame, options);
        }
        Body::Encrypted(digits) => {
            // Behind header and bracket, where the digits begin.
            let offset = frame.raw.len().saturating_sub(digits.len() + 1);
            if let Err(error) = encrypted(&mut decoded, frame, offset, options) {
                decoded.ok = false;
                decoded.error = Some(DecodedError {
                    offset: error.offset(),
                    message: error.kind().to_string(),
                });
            }
        }
    }
    decoded
}

fn understood(decoded: &mut Decoded, frame: &Frame<'_>, content: &Content<'_>) {
    fill(decoded, frame, content);
    decoded.quirks = decoded
        .quirks
        .union(convert::content_quirks(frame, content));
    let carries = match frame.token {
        Token::Event(_) | Token::Private(_) => true,
        Token::Null | Token::Xnm => !content.data.is_empty(),
        _ => false,
    };
    if carries {
        convert::framed(frame.token, frame.account, content, &mut |event, _| {
            decoded.events.push(DecodedEvent::new(event))
        });
    }
}

/// What a receiver that knows every account answers to a frame in clear: nothing where a key is given, as then the account
/// is to encrypt; but an unknown token is answered before any account is looked for (dossier 12.1).
fn reply_clear(frame: &Frame<'_>, options: &DecodeOptions<'_>) -> Option<String> {
    let mut reply = Reply::new();
    match frame.token {
        Token::Private(_) => reply_duh(frame, &mut reply),
        token if token.is_request() && options.key.is_none() => reply_ack(frame, &mut reply),
        _ => return None,
    }
    Some(encode_hex(&reply).to_ascii_lowercase())
}

#[cfg(not(feature = "crypto"))]
fn encrypted(
    _: &mut Decoded,
    _: &Frame<'_>,
    offset: usize,
    _: &DecodeOptions<'_>,
) -> Result<(), ParseError> {
    Err(ParseError::new(offset, ParseErrorKind::NoKey))
}

#[cfg(feature = "crypto")]
fn encrypted(
    decoded: &mut Decoded,
    frame: &Frame<'_>,
    offset: usize,
    options: &DecodeOptions<'_>,
) -> Result<(), ParseError> {
    use super::{
        crypto::{Key, Scratch, reply_ack_encrypted},
        encode::reply_nak,
        style::Style,
    };
    let key = options
        .key
        .and_then(|key| Key::from_bytes(key).ok())
        .ok_or(ParseError::new(offset, ParseErrorKind::NoKey));
    let mut reply = Reply::new();
    // An unknown token is answered before any key is looked for (dossier 12.1).
    if matches!(frame.token, Token::Private(_)) {
        reply_duh(frame, &mut reply);
        decoded.reply_hex = Some(encode_hex(&reply).to_ascii_lowercase());
    }
    let key = key?;
    let mut scratch = Scratch::new();
    let content = frame.decrypt(&key, &mut scratch)?;
    understood(decoded, frame, &content);
    if !frame.token.is_request() || decoded.reply_hex.is_some() {
        return Ok(());
    }
    if content
        .sent()
        .is_some_and(|sent| super::in_window(sent, options.now.utc))
    {
        // An explanation is not sent, so its pad need not be secret; it only has to look like one.
        let mut state =
            u64::from_ne_bytes(options.now.utc.as_nanos().to_ne_bytes()) ^ 0x9E37_79B9_7F4A_7C15;
        let mut pad = |out: &mut [u8]| {
            for byte in out {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let [.., last] = state.to_be_bytes();
                *byte = last;
            }
        };
        reply_ack_encrypted(
            frame,
            &key,
            options.now.utc,
            &Style::default(),
            &mut pad,
            &mut reply,
        );
    } else {
        reply_nak(frame, options.now.utc, &mut reply);
    }
    decoded.reply_hex = Some(encode_hex(&reply).to_ascii_lowercase());
    Ok(())
}
