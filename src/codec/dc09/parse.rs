//! Reading, by hand rather than with nom: a header is a handful of fixed places and three short fields, and a frame with
//! its body is to cost no more than three times its check value (`benches/parse.rs`), which leaves no room for an error
//! type that is carried through every byte.

use core::str;

use memchr::memchr;

use super::{
    crc,
    header::numbers,
    time::is_time,
    types::{Body, Content, CrcForm, Extended, Frame, LONGEST_BODY, Token},
    usual::usual,
};
use crate::{
    codec::{Quirk, Quirks},
    error::{ParseError, ParseErrorKind},
    types::Sequence,
};

pub(super) const LF: u8 = b'\n';
pub(super) const CR: u8 = b'\r';

/// What stands before the body: how the check value was written, what it says, what the length says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) binary: bool,
    pub(super) received: u16,
    pub(super) declared: usize,
    /// Where the first quote is.
    pub(super) body: usize,
    lower: bool,
    missing_lf: bool,
}

impl Head {
    /// The form in which the check value is written.
    #[inline]
    pub(super) const fn form(&self) -> CrcForm {
        if self.binary {
            CrcForm::Binary
        } else {
            CrcForm::Hex
        }
    }
}

/// Whether a header begins at the first byte.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    Head(Head),
    /// Too short to tell.
    More,
    /// It can't become one.
    No(ParseError),
}

/// No digit has this value; the tables or of several values shows one at once.
const NO: u8 = 0x80;
static HEX: [u8; 256] = {
    let mut table = [NO; 256];
    let mut i = 0_u8;
    loop {
        if let Some(value) = crate::types::hex_value(i) {
            #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
            {
                table[i as usize] = value;
            }
        }
        if i == 255 {
            break table;
        }
        i += 1;
    }
};

#[inline]
pub(super) fn hex(digit: u8) -> u8 {
    HEX.get(usize::from(digit)).copied().unwrap_or(NO)
}

#[inline]
fn hex4(digits: [u8; 4]) -> Option<u16> {
    let [a, b, c, d] = digits.map(hex);
    ((a | b | c | d) & NO == 0).then(|| u16::from_be_bytes([a << 4 | b, c << 4 | d]))
}

#[inline]
fn lower(digits: [u8; 4]) -> bool {
    digits.iter().any(|d| *d >= b'a')
}

pub(super) const fn expected(offset: usize, what: &'static str) -> ParseError {
    ParseError::new(offset, ParseErrorKind::Expected(what))
}

/// Finds the form of the header by the place of the first quote (dossier 2.1): hexadecimal and binary exclude each
/// other, as a hexadecimal header has a digit where a binary one has the quote.
#[inline(always)]
pub(super) fn head(input: &[u8]) -> Start {
    let (lf, rest) = match input {
        [LF, rest @ ..] => (1, rest),
        rest => (0, rest),
    };
    if let Some([c0, c1, c2, c3, b'0', l1, l2, l3, b'"', ..]) = rest.first_chunk::<9>() {
        let crc = [*c0, *c1, *c2, *c3];
        let length = [b'0', *l1, *l2, *l3];
        // A binary CRC whose length digits are followed by a one-letter token would have its quote two bytes earlier.
        if *l2 != b'"' {
            let Some(received) = hex4(crc) else {
                return Start::No(expected(lf, "crc"));
            };
            let Some(declared) = hex4(length) else {
                return Start::No(expected(lf + 4, "length"));
            };
            let lower = lower(crc) || lower(length);
            let declared = usize::from(declared);
            return Start::Head(Head {
                binary: false,
                received,
                declared,
                body: lf + 8,
                lower,
                missing_lf: lf == 0,
            });
        }
    }
    // Raw bytes in front say nothing about themselves, so this form wants its LF.
    if lf == 1
        && let Some([c0, c1, b'0', l1, l2, l3, b'"']) = rest.first_chunk::<7>()
    {
        let length = [b'0', *l1, *l2, *l3];
        let Some(declared) = hex4(length) else {
            return Start::No(expected(3, "length"));
        };
        let received = u16::from_be_bytes([*c0, *c1]);
        let declared = usize::from(declared);
        return Start::Head(Head {
            binary: true,
            received,
            declared,
            body: 7,
            lower: lower(length),
            missing_lf: false,
        });
    }
    if rest.len() < 9 && (lf == 1 || rest.iter().all(u8::is_ascii_hexdigit)) {
        return Start::More;
    }
    Start::No(expected(lf, "header"))
}

/// Where a body ends, and how its check value fits.
#[derive(Clone, Copy)]
struct Fit {
    /// Offset of the CR.
    cr: usize,
    crc: CrcForm,
    length_ok: bool,
}

enum Fitting {
    Fits(Fit),
    More,
    No(ParseError),
}

/// Tries the accepted forms of CRC and length in their order (dossier 9, 12.1).
#[inline(always)]
fn fit(input: &[u8], head: &Head, complete: bool) -> Fitting {
    let end = head.body + head.declared;
    // A CR in front of it belongs to a length that counts the CR (Eldes), whatever follows.
    if input.get(end) == Some(&CR)
        && input.get(end - 1) != Some(&CR)
        && let Some(body) = input.get(head.body..end)
        && crc::arc(body) == head.received
    {
        return Fitting::Fits(Fit {
            cr: end,
            crc: head.form(),
            length_ok: true,
        });
    }
    unlikely_fit(input, head, complete)
}

#[cold]
fn unlikely_fit(input: &[u8], head: &Head, complete: bool) -> Fitting {
    let end = head.body + head.declared;
    let tail = input.get(head.body..).unwrap_or_default();
    // A length that counts the CR: its last byte is the CR, and nothing has to follow.
    if !head.binary
        && head.declared > 0
        && input.get(end - 1) == Some(&CR)
        && let Some(body) = input.get(head.body..end - 1)
        && crc::arc_over_cr(body) == head.received
    {
        return Fitting::Fits(Fit {
            cr: end - 1,
            crc: CrcForm::HexOverCr,
            length_ok: true,
        });
    }
    if input.len() <= end && !complete {
        return Fitting::More;
    }
    // The length is wrong or the CRC is: what ends at the next CR, if the check value says so.
    let window = tail.get(..=LONGEST_BODY).unwrap_or(tail);
    let Some(length) = memchr(CR, window) else {
        if window.len() > LONGEST_BODY {
            return Fitting::No(ParseError::new(
                head.body,
                ParseErrorKind::TooLong(LONGEST_BODY),
            ));
        }
        return if complete {
            Fitting::No(expected(input.len(), "CR"))
        } else {
            Fitting::More
        };
    };
    let body = tail.get(..length).unwrap_or_default();
    let Some(crc) = form_of(head, body) else {
        return Fitting::No(ParseError::new(
            head.body - if head.binary { 6 } else { 8 },
            ParseErrorKind::Crc {
                received: head.received,
                computed: crc::arc(body),
            },
        ));
    };
    Fitting::Fits(Fit {
        cr: head.body + length,
        crc,
        length_ok: length == head.declared,
    })
}

/// Under which of its forms the check value fits a body, whatever the length says.
pub(super) fn form_of(head: &Head, body: &[u8]) -> Option<CrcForm> {
    if crc::arc(body) == head.received {
        Some(head.form())
    } else if !head.binary && crc::arc_over_cr(body) == head.received {
        Some(CrcForm::HexOverCr)
    } else if crc::dc07(body) == head.received {
        Some(CrcForm::Dc07Table {
            binary: head.binary,
        })
    } else {
        None
    }
}

impl<'a> Frame<'a> {
    /// Reads the frame at the start of `input`, which is its LF (or, for an argument that lacks it, its CRC): the frame,
    /// and the bytes it took.
    ///
    /// `Ok(None)`: more bytes are needed. A length field that says too much keeps asking for them; see
    /// [`Frame::parse_whole`].
    ///
    /// # Errors
    /// When no bytes to come can make it a frame with a right check value.
    ///
    /// ```
    /// use alarmwire::codec::dc09::{Body, Frame};
    ///
    /// let wire = b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r";
    /// let (frame, taken) = Frame::parse(wire)?.ok_or("more")?;
    /// assert_eq!(taken, wire.len());
    /// assert_eq!(frame.token.as_str(), "ADM-CID");
    /// let Body::Clear(content) = frame.body else { return Err("encrypted".into()) };
    /// assert_eq!(content.payload(), b"1130 01 015");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn parse(input: &'a [u8]) -> Result<Option<(Self, usize)>, ParseError> {
        match usual(input) {
            Some(read) => Ok(Some(read)),
            None => Self::parse_long_way(input),
        }
    }

    /// Without the shortcut for the usual frame.
    pub(super) fn parse_long_way(input: &'a [u8]) -> Read<'a> {
        let head = match head(input) {
            Start::Head(head) => head,
            Start::More => return Ok(None),
            Start::No(error) => return Err(error),
        };
        match fit(input, &head, false) {
            Fitting::Fits(fit) => read(input, &head, fit),
            Fitting::More => Ok(None),
            Fitting::No(error) => Err(error),
        }
    }

    /// The same for input that is all there will be, a datagram or an argument: where the length field says too much, the
    /// next CR decides at once.
    ///
    /// # Errors
    /// When it is no frame with a right check value.
    pub fn parse_whole(input: &'a [u8]) -> Result<(Self, usize), ParseError> {
        let head = match head(input) {
            Start::Head(head) => head,
            Start::More => return Err(expected(input.len(), "header")),
            Start::No(error) => return Err(error),
        };
        match fit(input, &head, true) {
            Fitting::Fits(fit) => match read(input, &head, fit) {
                Ok(Some(read)) => Ok(read),
                Ok(None) => Err(expected(input.len(), "CR")),
                Err(error) => Err(error),
            },
            Fitting::More => Err(expected(input.len(), "CR")),
            Fitting::No(error) => Err(error),
        }
    }

    /// The header fields of what ends at `cr`, whatever its check value: for reports on bad frames only.
    pub(super) fn explain(
        input: &'a [u8],
        head: &Head,
        cr: usize,
        crc: CrcForm,
    ) -> Result<(Self, usize), ParseError> {
        let length_ok = cr == head.body + head.declared;
        match read(input, head, Fit { cr, crc, length_ok }) {
            Ok(Some(read)) => Ok(read),
            Ok(None) => Err(expected(cr, "CR")),
            Err(error) => Err(error),
        }
    }

    /// The same frame with its check value made right in a copy, for fuzzing: runs reach the grammar.
    #[cfg(feature = "_testing")]
    pub(crate) fn repaired(input: &[u8]) -> Option<alloc::vec::Vec<u8>> {
        let Start::Head(head) = head(input) else {
            return None;
        };
        let mut copy = input.to_vec();
        let length = memchr(CR, input.get(head.body..)?)?;
        let crc = crc::arc(input.get(head.body..head.body + length)?);
        let at = usize::from(!head.missing_lf);
        if head.binary {
            copy.get_mut(at..at + 2)?
                .copy_from_slice(&crc.to_be_bytes());
        } else {
            copy.get_mut(at..at + 4)?
                .copy_from_slice(alloc::format!("{crc:04X}").as_bytes());
        }
        Some(copy)
    }
}

/// What [`Frame::parse`] hands out; made in one place, as it is large enough for each copy of it to count.
type Read<'a> = Result<Option<(Frame<'a>, usize)>, ParseError>;

#[inline(always)]
fn read<'a>(input: &'a [u8], head: &Head, fit: Fit) -> Read<'a> {
    let body = input.get(head.body..fit.cr).unwrap_or_default();
    let mut quirks = Quirks::NONE;
    if head.lower {
        quirks.note(Quirk::LowerCaseHex);
    }
    if head.missing_lf {
        quirks.note(Quirk::MissingLf);
    }
    if !fit.length_ok {
        quirks.note(Quirk::WrongLength);
    }
    match fit.crc {
        CrcForm::Hex => {}
        CrcForm::Binary | CrcForm::Dc07Table { binary: true } => quirks.note(Quirk::BinaryCrc),
        CrcForm::HexOverCr => quirks.note(Quirk::CrcOverCr),
        CrcForm::Dc07Table { binary: false } => {}
    }
    let error = |at: usize, what: &'static str| Err(expected(head.body + at, what));

    let Some((token, encrypted, at)) = token(body) else {
        return error(0, "token");
    };
    if matches!(token, Token::Private(_)) {
        quirks.note(Quirk::PrivateToken);
    }
    let Some(sequence) = body
        .get(at..)
        .and_then(<[u8]>::first_chunk::<4>)
        .and_then(|digits| sequence(*digits))
    else {
        return error(at, "sequence");
    };
    let at = at + 4;
    let header = body.get(at..).unwrap_or_default();
    let numbers = match numbers(header, &mut quirks) {
        Ok(numbers) => numbers,
        Err(error) => return Err(error.shifted(head.body + at)),
    };
    if matches!(token, Token::Null) && sequence != Sequence::ZERO {
        quirks.note(Quirk::NullSequence);
    }
    // The NAK has no account (`L0A0`) and answers nothing that had one.
    if numbers.account.is_none() && !matches!(token, Token::Nak) {
        quirks.note(Quirk::NoAccount);
    }
    let rest = body.get(at + numbers.taken..).unwrap_or_default();
    let body = if encrypted {
        if rest
            .iter()
            .fold(false, |any, b| any | b.is_ascii_lowercase())
        {
            quirks.note(Quirk::LowerCaseHex);
        }
        Body::Encrypted(rest)
    } else {
        let (content, rest) = content(rest);
        if !matches!(rest, Rest::Nothing) {
            quirks.note(Quirk::Brackets);
        }
        Body::Clear(content)
    };
    let taken = fit.cr + 1;
    Ok(Some((
        Frame {
            crc: fit.crc,
            length_ok: fit.length_ok,
            token,
            encrypted,
            sequence,
            receiver: numbers.receiver,
            line: numbers.line,
            account: numbers.account,
            body,
            quirks,
            raw: input.get(..taken).unwrap_or(input),
        },
        taken,
    )))
}

/// The token, whether it has a star, and where the sequence begins.
#[inline(always)]
fn token(body: &[u8]) -> Option<(Token<'_>, bool, usize)> {
    let (encrypted, from) = match body {
        [b'"', b'*', ..] => (true, 2),
        [b'"', ..] => (false, 1),
        _ => return None,
    };
    let rest = body.get(from..)?;
    // Encrypted events have one of two tokens nearly always.
    let (token, length) = match rest.first_chunk() {
        Some(b"ADM-CID\"") => (Token::Event(super::EventToken::AdmCid), 7),
        Some(b"SIA-DCS\"") => (Token::Event(super::EventToken::SiaDcs), 7),
        _ => {
            let length = rest.iter().take(33).position(|b| *b == b'"')?;
            let text = rest.get(..length)?;
            match Token::known(text) {
                Some(token) => (token, length),
                None => (Token::new(str::from_utf8(text).ok()?)?, length),
            }
        }
    };
    Some((token, encrypted, from + length + 1))
}

#[inline(always)]
fn sequence(digits: [u8; 4]) -> Option<Sequence> {
    let digits = digits.map(|d| d.wrapping_sub(b'0'));
    let [a, b, c, d] = digits.map(u16::from);
    if digits.iter().any(|d| *d > 9) {
        return None;
    }
    Sequence::new(a * 1000 + b * 100 + c * 10 + d).ok()
}

/// What stands behind the last field that could be read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rest<'a> {
    /// Nothing but blanks.
    Nothing,
    /// Text that is no field.
    Text(
        #[cfg_attr(
            not(feature = "crypto"),
            expect(dead_code, reason = "told apart in decrypted text only")
        )]
        &'a [u8],
    ),
    /// The last bracket is never closed.
    Open,
}

/// Data, extended fields and timestamp, from behind the first bracket on.
///
/// A frame whose check value is right came as it was sent, so its event counts even where a bracket in somebody's text has
/// broken the fields: nothing can escape it (dossier 5).
#[inline(always)]
pub(super) fn content(input: &[u8]) -> (Content<'_>, Rest<'_>) {
    let Some(close) = memchr(b']', input) else {
        return open(input, &[]);
    };
    let data = input.get(..close).unwrap_or_default();
    let from = close + 1;
    let mut at = from;
    let mut tail = input.get(at..).unwrap_or_default();
    while let [b'[', ..] = tail {
        let Some(close) = memchr(b']', tail) else {
            return open(data, input.get(from..).unwrap_or_default());
        };
        at += close + 1;
        tail = input.get(at..).unwrap_or_default();
    }
    let extended = Extended::new(input.get(from..at).unwrap_or_default());
    let (timestamp, tail) = match tail {
        [] => (None, tail),
        [b'_', time @ ..] => match time.split_first_chunk::<19>() {
            Some((well_formed, rest)) if is_time(well_formed) => (Some(&well_formed[..]), rest),
            // A time that can't be read is a question for the session: the event counts (dossier 6).
            _ => (Some(time.trim_ascii_end()), &[][..]),
        },
        tail => (None, tail),
    };
    let content = Content {
        data,
        extended,
        timestamp,
        pad: &[],
        pipe: true,
    };
    if tail.iter().all(|b| *b == b' ') {
        (content, Rest::Nothing)
    } else {
        (content, Rest::Text(tail))
    }
}

/// Fields of which the last one is not closed.
#[cold]
fn open<'a>(data: &'a [u8], extended: &'a [u8]) -> (Content<'a>, Rest<'a>) {
    let content = Content {
        data,
        extended: Extended::new(extended),
        pipe: true,
        ..Content::default()
    };
    (content, Rest::Open)
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
