use core::str;

use arrayvec::ArrayVec;

use super::{Body, Caps, ContactId, Digits, Frame, HighSpeed, LONGEST, usual::usual};
use crate::{
    codec::{
        Quirk, Quirks,
        lines::{CR, LF},
    },
    error::{ParseError, ParseErrorKind},
    types::{AccountId, ReceiverNumber},
};

/// `LF R G s AAAA s X s Y s Z A`.
const CAPS: usize = 15;

/// What stands between two blanks, with its place in the frame.
#[derive(Clone, Copy)]
struct Field<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Field<'a> {
    fn expected(self, at: usize, what: &'static str) -> ParseError {
        ParseError::new(self.at + at, ParseErrorKind::Expected(what))
    }

    /// Exactly `N` hexadecimal digits from `from` on; the error names the first that is none.
    fn hex<const N: usize>(self, from: usize, what: &'static str) -> Result<[u8; N], ParseError> {
        let field = self.bytes.get(from..).unwrap_or_default();
        let good = field.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        match <[u8; N]>::try_from(field) {
            Ok(digits) if good == N => Ok(digits.map(|b| b.to_ascii_uppercase())),
            _ => Err(self.expected(from + good.min(N), what)),
        }
    }

    /// An account of four hexadecimal digits, in the case in which it came.
    fn account(self) -> Result<AccountId<'a>, ParseError> {
        self.hex::<4>(0, "account of four digits")?;
        str::from_utf8(self.bytes)
            .ok()
            .and_then(|text| AccountId::new(text).ok())
            .ok_or_else(|| self.expected(0, "account"))
    }
}

impl<'a> Frame<'a> {
    /// Reads one frame, which starts at its LF; gives it and the bytes it took, end byte included. `Ok(None)`: more bytes
    /// are needed. Blanks in front of the end byte are as good as none, for documents differ there.
    ///
    /// ```
    /// use alarmwire::codec::ademco685::{Body, Frame};
    ///
    /// let (frame, taken) = Frame::parse(b"\n11 1234 18 E130 01 C005 \r")?.expect("whole");
    /// let Body::ContactId(event) = frame.body else { panic!() };
    /// assert_eq!((event.account.as_str(), event.code, event.user, taken), ("1234", *b"130", false, 26));
    /// # Ok::<(), alarmwire::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// When no byte to come can make a frame of it: the offset is that of the field that does not fit.
    #[inline]
    pub fn parse(input: &'a [u8]) -> Result<Option<(Self, usize)>, ParseError> {
        match usual(input) {
            Some(read) => Ok(Some(read)),
            None => Self::parse_long_way(input),
        }
    }

    /// Without the shortcut for the usual frame.
    pub(super) fn parse_long_way(input: &'a [u8]) -> Result<Option<(Self, usize)>, ParseError> {
        let window = input.get(..input.len().min(LONGEST)).unwrap_or(input);
        let Some((first, after)) = window.split_first() else {
            return Ok(None);
        };
        if *first != LF {
            return Err(ParseError::new(0, ParseErrorKind::Expected("LF")));
        }
        if let Some(frame) = caps(window) {
            return Ok(Some((frame, CAPS)));
        }
        let Some(length) = memchr::memchr2(CR, LF, after) else {
            return if window.len() == LONGEST {
                Err(ParseError::new(LONGEST, ParseErrorKind::TooLong(LONGEST)))
            } else {
                Ok(None)
            };
        };
        let end = length + 1;
        if window.get(end) != Some(&CR) {
            return Err(ParseError::new(end, ParseErrorKind::Expected("CR")));
        }
        let text = window.get(1..end).unwrap_or_default();
        let (number, body, quirks) = read(text, 1)?;
        let raw = window.get(..=end).unwrap_or_default();
        let frame = Self {
            number,
            body,
            quirks,
            raw,
        };
        Ok(Some((frame, end + 1)))
    }
}

/// Reads what stands between start and end byte; `at` is its place in the frame.
pub(in crate::codec) fn read(
    text: &[u8],
    at: usize,
) -> Result<(ReceiverNumber<'_>, Body<'_>, Quirks), ParseError> {
    let whole = Field { bytes: text, at };
    let head = Field {
        bytes: text.get(..2).unwrap_or(text),
        at,
    };
    head.hex::<2>(0, "receiver and group")?;
    let number = str::from_utf8(head.bytes)
        .ok()
        .and_then(|text| ReceiverNumber::new(text).ok())
        .ok_or_else(|| head.expected(0, "receiver and group"))?;
    if text.get(2) != Some(&b' ') {
        return Err(whole.expected(2, "a blank"));
    }
    let rest = text.get(2..).unwrap_or_default().trim_ascii_end();
    let lead = rest.iter().take_while(|b| **b == b' ').count();
    let rest = Field {
        bytes: rest.get(lead..).unwrap_or_default(),
        at: at + 2 + lead,
    };
    let fields = split(rest);
    let mut quirks = Quirks::NONE;
    let is = |place: usize, what: &[u8]| fields.get(place).is_some_and(|f| f.bytes == what);
    let body = match fields.as_slice() {
        [_, _] if is(0, b"OKAY") && is(1, b"@") => Body::Heartbeat,
        [_] if is(0, b"OKAY@") => Body::Heartbeat,
        [account, ..] if account.bytes.len() != 4 || account.account().is_err() => {
            text_body(rest, *account)?
        }
        [account, event] => Body::Digits(Digits {
            account: account.account()?,
            event: single(*event, "event digit")?,
            zone: None,
        }),
        [account, event, zone] => Body::Digits(Digits {
            account: account.account()?,
            event: single(*event, "event digit")?,
            zone: Some(single(*zone, "zone digit")?),
        }),
        [account, low, high, status] => Body::HighSpeed(HighSpeed {
            account: account.account()?,
            low: low.hex(0, "four channels")?,
            high: high.hex(0, "four channels")?,
            status: single(*status, "status digit")?,
        }),
        [account, mark, event, group, zone] => Body::ContactId(contact_id(
            *account,
            *mark,
            *event,
            (*group, *zone),
            &mut quirks,
        )?),
        [account] => return Err(account.expected(4, "an event")),
        [] => return Err(rest.expected(0, "account")),
        [.., last] => return Err(last.expected(0, "the end of the frame")),
    };
    Ok((number, body, quirks))
}

/// The fields between blanks; at most six, one more than any layout has.
fn split(rest: Field<'_>) -> ArrayVec<Field<'_>, 6> {
    let mut at = rest.at;
    rest.bytes
        .split(|b| *b == b' ')
        .map(|bytes| {
            let field = Field { bytes, at };
            at += bytes.len() + 1;
            field
        })
        .filter(|field| !field.bytes.is_empty())
        .take(6)
        .collect()
}

fn single(field: Field<'_>, what: &'static str) -> Result<u8, ParseError> {
    field.hex::<1>(0, what).map(|[digit]| digit)
}

/// What begins with a letter and with no account; anything else is a damaged event.
fn text_body<'a>(rest: Field<'a>, first: Field<'a>) -> Result<Body<'a>, ParseError> {
    if !first.bytes.first().is_some_and(u8::is_ascii_alphabetic) {
        return Err(first
            .account()
            .err()
            .unwrap_or_else(|| first.expected(0, "account")));
    }
    let printable = |b: &u8| b.is_ascii_graphic() || *b == b' ';
    match rest.bytes.iter().position(|b| !printable(b)) {
        Some(at) => Err(rest.expected(at, "text")),
        None => Ok(Body::Text(rest.bytes)),
    }
}

fn contact_id<'a>(
    account: Field<'a>,
    mark: Field<'a>,
    event: Field<'a>,
    (group, zone): (Field<'a>, Field<'a>),
    quirks: &mut Quirks,
) -> Result<ContactId<'a>, ParseError> {
    let account = account.account()?;
    let mark = match mark.bytes {
        b"18" => *b"18",
        b"98" => *b"98",
        _ => return Err(mark.expected(0, "format mark 18 or 98")),
    };
    let qualifier = match event.bytes.first() {
        Some(b'E' | b'e') => b'1',
        Some(b'R' | b'r') => b'3',
        Some(b'P' | b'p') => b'6',
        Some(digit) if digit.is_ascii_digit() => {
            quirks.note(Quirk::DigitQualifier);
            // A digit that means nothing: the event is well-framed, so it is kept and flagged.
            if !matches!(digit, b'1' | b'3' | b'6') {
                quirks.note(Quirk::Qualifier);
            }
            *digit
        }
        _ => return Err(event.expected(0, "qualifier")),
    };
    let code = event.hex(1, "code")?;
    let group = group.hex(0, "group")?;
    let user = match zone.bytes.first() {
        Some(b'C' | b'c') => false,
        Some(b'U' | b'u') => true,
        _ => return Err(zone.expected(0, "C or U")),
    };
    Ok(ContactId {
        account,
        mark,
        qualifier,
        code,
        group,
        user,
        zone: zone.hex(1, "zone or user")?,
    })
}

/// The one frame that no CR ends. No other layout begins like it, so it is whole with its A.
fn caps(window: &[u8]) -> Option<Frame<'_>> {
    let [LF, _, _, b' ', _, _, _, _, b' ', x, b' ', y, b' ', z, b'A'] = window.get(..CAPS)? else {
        return None;
    };
    let value = [x, y, z]
        .into_iter()
        .filter(|digit| digit.is_ascii_digit())
        .fold((0_u16, 0), |(value, count), digit| {
            (value * 10 + u16::from(digit - b'0'), count + 1)
        });
    let (value, 3) = value else { return None };
    let field = |from: usize, to: usize| Field {
        bytes: window.get(from..to).unwrap_or_default(),
        at: from,
    };
    let head = field(1, 3);
    head.hex::<2>(0, "receiver and group").ok()?;
    Some(Frame {
        number: ReceiverNumber::new(str::from_utf8(head.bytes).ok()?).ok()?,
        body: Body::Caps(Caps {
            account: field(4, 8).account().ok()?,
            value: u8::try_from(value).ok()?,
        }),
        quirks: Quirks::NONE,
        raw: window.get(..CAPS)?,
    })
}
