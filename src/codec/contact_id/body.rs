use core::{fmt, str};

use bytes::{BufMut as _, BytesMut};

use super::{Digit, MessageType, checksum};
use crate::{
    AlarmEvent, EncodeError, EventCode, ParseError, ParseErrorKind, Qualifier,
    codec::{Quirk, Quirks},
    event::CidRole,
    types::{Partition, User, Wire, Zone},
};

/// One Contact ID event: qualifier, code, group, and the three digits that name a zone or a user.
///
/// In `ADM-CID` it stands as `QEEE GG CCC`; message type, account and checksum are no part of it there. Digits are kept
/// in upper case. A value that exists is printable and of the right widths, so that encoding can't fail; a qualifier
/// other than 1, 3 and 6 can only come from [`Body::parse`].
///
/// ```
/// use alarmwire::{Class, codec::contact_id::Body};
///
/// let (body, quirks) = Body::parse(b"1131 01 015")?;
/// let event = body.event();
/// assert_eq!(event.code.to_string(), "cid:1131");
/// assert_eq!(event.class, Class::Burglary);
/// assert_eq!(event.zone.map(|zone| zone.as_str()), Some("015"));
/// assert!(quirks.is_empty());
/// # Ok::<(), alarmwire::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Body {
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    qualifier: u8,
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    code: [u8; 3],
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    group: [u8; 2],
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    number: [u8; 3],
}

/// Reads a width of hex digits, in upper case.
fn digits<const N: usize>(
    input: &[u8],
    at: usize,
    what: &'static str,
) -> Result<[u8; N], ParseError> {
    let bad = |i: usize| ParseError::new(at + i, ParseErrorKind::Expected(what));
    let mut field: [u8; N] = input
        .get(at..at + N)
        .and_then(|f| f.try_into().ok())
        .ok_or(bad(0))?;
    for (i, byte) in field.iter_mut().enumerate() {
        if !byte.is_ascii_hexdigit() {
            return Err(bad(i));
        }
        byte.make_ascii_uppercase();
    }
    Ok(field)
}

fn blanks(input: &[u8], at: usize) -> usize {
    let blanks = input
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|b| **b == b' ')
        .count();
    at + blanks
}

impl Body {
    /// An event of an own making: qualifier [`New`](Qualifier::New), [`Restore`](Qualifier::Restore) or
    /// [`Status`](Qualifier::Status), and digits `0` to `9` and `B` to `F`.
    ///
    /// # Errors
    /// When the qualifier is another, or a field holds anything else.
    pub fn new(
        qualifier: Qualifier,
        code: &str,
        group: &str,
        number: &str,
    ) -> Result<Self, EncodeError> {
        if matches!(qualifier, Qualifier::Other(_)) {
            return Err(EncodeError::Field {
                field: "qualifier",
                what: "anything but 1, 3 and 6",
            });
        }
        let body = Self {
            qualifier: qualifier.digit(),
            code: strict(code, "code")?,
            group: strict(group, "group")?,
            number: strict(number, "zone or user")?,
        };
        Ok(body)
    }

    /// Reads the payload of `ADM-CID`: `QEEE GG CCC`, with any number of blanks between the parts and around them, in
    /// either case; or, as some panels send it, `18QEEEGGCCC` with or without its check digit. Says what was odd.
    ///
    /// The check digit of the raw form covers the account, which the payload does not hold: see [`Body::check_digit`].
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(payload: &[u8]) -> Result<(Self, Quirks), ParseError> {
        if let Some(body) = Self::usual(payload) {
            return Ok((body, Quirks::NONE));
        }
        let mut quirks = Quirks::NONE;
        let start = blanks(payload, 0);
        let text = payload.get(start..).unwrap_or_default().trim_ascii_end();
        let (body, end) = match text {
            [b'1', b'8', rest @ ..] | [b'9', b'8', rest @ ..]
                if matches!(rest.len(), 9 | 10) && !rest.contains(&b' ') =>
            {
                quirks.note(Quirk::RawContactId);
                let body = Self::packed(rest).map_err(|e| e.shifted(start + 2))?;
                if rest.get(9).is_some_and(|check| !check.is_ascii_hexdigit()) {
                    return Err(ParseError::new(
                        start + 11,
                        ParseErrorKind::Expected("check digit"),
                    ));
                }
                (body, text.len())
            }
            _ => Self::spaced(text).map_err(|e| e.shifted(start))?,
        };
        if end != text.len() {
            return Err(ParseError::new(
                start + end,
                ParseErrorKind::Expected("the end of the event"),
            ));
        }
        if matches!(body.qualifier(), Qualifier::Other(_)) {
            quirks.note(Quirk::Qualifier);
        }
        Ok((body, quirks))
    }

    /// Reads what nearly every panel sends in one go: decimal digits, one blank between the parts, nothing around them.
    #[inline]
    fn usual(payload: &[u8]) -> Option<Self> {
        let [qualifier, a, b, c, b' ', d, e, b' ', f, g, h] = *payload else {
            return None;
        };
        let decimal = [a, b, c, d, e, f, g, h]
            .iter()
            .fold(true, |all, digit| all & digit.is_ascii_digit());
        (decimal && matches!(qualifier, b'1' | b'3' | b'6')).then_some(Self {
            qualifier,
            code: [a, b, c],
            group: [d, e],
            number: [f, g, h],
        })
    }

    /// Reads `QEEE GG CCC` from the start of `text`, and says where it ends.
    fn spaced(text: &[u8]) -> Result<(Self, usize), ParseError> {
        let [qualifier] = digits(text, 0, "qualifier")?;
        if !qualifier.is_ascii_digit() {
            return Err(ParseError::new(0, ParseErrorKind::Expected("qualifier")));
        }
        let gap = |from: usize| match blanks(text, from) {
            end if end > from => Ok(end),
            _ => Err(ParseError::new(from, ParseErrorKind::Expected("a blank"))),
        };
        let code = digits(text, 1, "event code")?;
        let at = gap(4)?;
        let group = digits(text, at, "group")?;
        let at = gap(at + 2)?;
        let number = digits(text, at, "zone or user")?;
        Ok((
            Self {
                qualifier,
                code,
                group,
                number,
            },
            at + 3,
        ))
    }

    /// Reads `QEEEGGCCC` from the start of `text`.
    pub(super) fn packed(text: &[u8]) -> Result<Self, ParseError> {
        let [qualifier] = digits(text, 0, "qualifier")?;
        if !qualifier.is_ascii_digit() {
            return Err(ParseError::new(0, ParseErrorKind::Expected("qualifier")));
        }
        Ok(Self {
            qualifier,
            code: digits(text, 1, "event code")?,
            group: digits(text, 4, "group")?,
            number: digits(text, 6, "zone or user")?,
        })
    }

    /// Appends `QEEE GG CCC`.
    pub fn encode(&self, out: &mut BytesMut) {
        out.put_u8(self.qualifier);
        out.put_slice(&self.code);
        out.put_u8(b' ');
        out.put_slice(&self.group);
        out.put_u8(b' ');
        out.put_slice(&self.number);
    }

    /// Appends the raw form `18QEEEGGCCCk`, with the check digit over `account` in front of it.
    ///
    /// # Errors
    /// When the account holds more than digits of Contact ID, or this event does.
    pub fn encode_raw(&self, account: &str, out: &mut BytesMut) -> Result<(), EncodeError> {
        let check = self
            .check_digit(account, MessageType::Contact)
            .ok_or(EncodeError::Field {
                field: "block",
                what: "anything but 0 to 9 and B to F",
            })?;
        out.put_slice(b"18");
        out.put_slice(&self.packed_digits());
        out.put_u8(check.as_byte());
        Ok(())
    }

    /// The check digit of the block that carries this event for `account`; `None` when one of the two holds something
    /// that is no digit of Contact ID.
    #[must_use]
    pub fn check_digit(&self, account: &str, kind: MessageType) -> Option<Digit> {
        let digits = account
            .bytes()
            .chain(kind.as_bytes())
            .chain(self.packed_digits());
        let mut all = true;
        let check = checksum(digits.map_while(|byte| {
            let digit = Digit::new(byte);
            all &= digit.is_some();
            digit
        }));
        all.then_some(check)
    }

    /// `QEEEGGCCC`.
    #[must_use]
    pub fn packed_digits(&self) -> [u8; 9] {
        let ([a, b, c], [d, e], [f, g, h]) = (self.code, self.group, self.number);
        [self.qualifier, a, b, c, d, e, f, g, h]
    }

    /// Whether every character is a digit of Contact ID, as a block of tones needs.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.packed_digits()
            .iter()
            .all(|byte| Digit::new(*byte).is_some())
            && !matches!(self.qualifier(), Qualifier::Other(_))
    }

    /// New, restore, status, or the digit as received.
    #[must_use]
    pub const fn qualifier(&self) -> Qualifier {
        Qualifier::from_digit(self.qualifier)
    }

    /// The code with its qualifier digit.
    #[must_use]
    pub const fn code(&self) -> EventCode<'static> {
        EventCode::ContactId {
            qualifier: self.qualifier,
            code: self.code,
        }
    }

    /// The two digits of the group (partition); `00` for none.
    #[must_use]
    pub fn group(&self) -> &str {
        str::from_utf8(&self.group).unwrap_or_default()
    }

    /// The three digits of the zone or user; `000` for none.
    #[must_use]
    pub fn number(&self) -> &str {
        str::from_utf8(&self.number).unwrap_or_default()
    }

    /// The neutral event. `00` and `000` are none; whether the number is a zone or a user is the table's word, and for an
    /// unknown code that of its leading digit (4xx: a user).
    #[must_use]
    pub fn event(&self) -> AlarmEvent<'_> {
        let code = self.code();
        let mut event = AlarmEvent::new(code, self.qualifier());
        if self.group != *b"00" {
            event.partition = Partition::new(self.group()).ok();
        }
        let user = match code.contact_id() {
            Some(row) => row.role == CidRole::User,
            None => self.code.starts_with(b"4"),
        };
        match self.number != *b"000" {
            true if user => event.user = User::new(self.number()).ok(),
            true => event.zone = Zone::new(self.number()).ok(),
            false => {}
        }
        event
    }
}

/// A field of digits of Contact ID, for builders.
fn strict<const N: usize>(text: &str, field: &'static str) -> Result<[u8; N], EncodeError> {
    let wrong = EncodeError::Field {
        field,
        what: "anything but its width of 0 to 9 and B to F",
    };
    let digits: [u8; N] = text.as_bytes().try_into().map_err(|_| wrong)?;
    if digits.iter().all(|byte| Digit::new(*byte).is_some()) {
        Ok(digits.map(|b| b.to_ascii_uppercase()))
    } else {
        Err(wrong)
    }
}

/// The form of DC-09's data: `1130 01 015`.
impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut wire = BytesMut::new();
        self.encode(&mut wire);
        Wire(&wire).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(payload: &str) -> Result<(Body, Quirks), ParseError> {
        Body::parse(payload.as_bytes())
    }

    #[test]
    fn blanks_and_case_are_read_leniently_and_written_strictly() {
        let strict = parse("1B3C 0F 01E").unwrap();
        assert_eq!(parse("  1b3c   0f  01e  ").unwrap(), strict);
        let mut out = BytesMut::new();
        strict.0.encode(&mut out);
        assert_eq!(&out[..], b"1B3C 0F 01E");
    }

    #[test]
    fn none_is_no_partition_and_no_zone() {
        let (body, _) = parse("1602 00 000").unwrap();
        let event = body.event();
        assert_eq!(
            (event.partition, event.zone, event.user),
            (None, None, None)
        );
    }

    #[test]
    fn the_table_says_whether_the_number_is_a_zone_or_a_user() {
        let (zone, _) = parse("1130 02 012").unwrap();
        assert_eq!(zone.event().zone.unwrap().as_str(), "012");
        assert_eq!(zone.event().partition.unwrap().as_str(), "02");
        for user in ["3401 01 003", "1121 01 007", "14FF 01 007"] {
            let (body, _) = parse(user).unwrap();
            assert_eq!(body.event().zone, None, "{user}");
            assert_eq!(
                body.event().user.unwrap().as_str(),
                user.rsplit(' ').next().unwrap(),
                "{user}"
            );
        }
    }

    #[test]
    fn a_qualifier_other_than_1_3_6_is_kept_and_flagged() {
        for digit in "0245789".chars() {
            let (body, quirks) = parse(&format!("{digit}130 01 002")).unwrap();
            assert!(quirks.has(Quirk::Qualifier));
            assert_eq!(body.event().qualifier.to_string(), digit.to_string());
            assert_eq!(body.event().code.to_string(), format!("cid:{digit}130"));
        }
        assert!(parse("E130 01 002").is_err());
    }

    #[test]
    fn what_is_no_event_is_refused_at_its_place() {
        for (payload, offset) in [
            ("", 0),
            ("113001002", 4),
            ("1130 1 002", 6),
            ("1130 01 02", 8),
            ("1130 01 0022", 11),
            (" 1130 01 0x2", 10),
        ] {
            assert_eq!(parse(payload).unwrap_err().offset(), offset, "{payload}");
        }
    }

    #[test]
    fn quirk_27_raw_contact_id() {
        let (body, quirks) = parse("18160201000D").unwrap();
        assert!(quirks.has(Quirk::RawContactId));
        assert_eq!(
            (
                body.code().to_string().as_str(),
                body.group(),
                body.number()
            ),
            ("cid:1602", "01", "000")
        );
        assert_eq!(
            body.check_digit("6827", MessageType::Contact)
                .map(Digit::as_byte),
            Some(b'D')
        );
        let mut out = BytesMut::new();
        body.encode_raw("6827", &mut out).unwrap();
        assert_eq!(&out[..], b"18160201000D");
        assert!(
            parse("18113001005").unwrap().1.has(Quirk::RawContactId),
            "without a check digit"
        );
        assert!(parse("18113001005x").is_err());
        assert!(body.encode_raw("68A7", &mut out).is_err());
    }

    #[test]
    fn builders_make_only_what_the_wire_can_carry() {
        assert!(
            Body::new(Qualifier::New, "130", "01", "015")
                .unwrap()
                .is_strict()
        );
        assert!(Body::new(Qualifier::Other(b'2'), "130", "01", "015").is_err());
        for (code, group, number) in [
            ("1A0", "01", "015"),
            ("130", "1", "015"),
            ("130", "01", "0015"),
            ("", "", ""),
        ] {
            assert!(Body::new(Qualifier::New, code, group, number).is_err());
        }
    }
}
