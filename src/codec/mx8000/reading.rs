use arrayvec::ArrayVec;

use crate::event::EventCode;

/// What the text of an event shows itself to be. The format character of the call would tell; its table is in no public
/// document, so that nothing is taken for what it might be by chance.
///
/// ```
/// use alarmwire::codec::mx8000::Reading;
///
/// assert_eq!(Reading::of("BA01"), Reading::Sia("BA01"));
/// assert!(matches!(Reading::of("18113101015"), Reading::ContactId(_)));
/// assert!(matches!(Reading::of("1131 01 015"), Reading::ContactId(_)));
/// assert_eq!(Reading::of("3A"), Reading::Pulse("3A"));
/// assert_eq!(Reading::of("BA"), Reading::Pulse("BA"));
/// assert_eq!(Reading::of("OP"), Reading::Sia("OP"));
/// assert_eq!(Reading::of("hello"), Reading::Raw("hello"));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Reading<'a> {
    /// Contact ID: the bytes `QEEE GG CCC`.
    ContactId(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        [u8; 11],
    ),
    /// A SIA code of the table and up to four decimal digits.
    Sia(&'a str),
    /// One to three digits of a pulse format, 0-9 A-F. They stay a raw code: what they mean is the panel's own.
    Pulse(&'a str),
    /// Anything else.
    Raw(&'a str),
}

impl<'a> Reading<'a> {
    /// Reads the text of one event.
    ///
    /// Two letters that are also hexadecimal digits (`BA`) are SIA only with an address of two digits and more behind
    /// them: pulse formats have at most three digits.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        if (1..=3).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_hexdigit) {
            return Self::Pulse(text);
        }
        if let Some((code, address)) = bytes.split_first_chunk::<2>()
            && address.len() <= 4
            && address.iter().all(u8::is_ascii_digit)
            && EventCode::Sia(*code).sia().is_some()
        {
            return Self::Sia(text);
        }
        contact_id(bytes).map_or(Self::Raw(text), Self::ContactId)
    }
}

/// `18QEEEGGCCC`, `QEEE GG CCC`, and with the receivers' letters E, R, P for Q and C or U before CCC also the spelling
/// of serial-receivers.md 2.2 (`18 E130 01 C005`). Without the mark, blanks or a letter have to show what it is.
fn contact_id(text: &[u8]) -> Option<[u8; 11]> {
    let marked = text
        .strip_prefix(b"18")
        .or_else(|| text.strip_prefix(b"98"))
        .and_then(|rest| digits(rest, true));
    marked.or_else(|| digits(text, false))
}

/// `QEEEGGCCC`, which `shown` says is known to be Contact ID: else a blank or a letter in front has to say so.
fn digits(text: &[u8], mut shown: bool) -> Option<[u8; 11]> {
    let mut packed = ArrayVec::<u8, 9>::new();
    for (at, byte) in text.iter().copied().enumerate() {
        match (packed.len(), byte) {
            // Blanks stand behind the mark, the code and the group.
            (0 | 4 | 6, b' ') => shown |= packed.len() == 4,
            (0, b'E' | b'R' | b'P') => {
                shown = true;
                packed.push(match byte {
                    b'E' => b'1',
                    b'R' => b'3',
                    _ => b'6',
                });
            }
            (0, b'1' | b'3' | b'6') => packed.push(byte),
            // Says of the three digits behind it whether they are a contact or a user, as the code does.
            (6, b'C' | b'U') if text.len() - at == 4 => {}
            (1.., _) if byte.is_ascii_hexdigit() => {
                packed.try_push(byte.to_ascii_uppercase()).ok()?
            }
            _ => return None,
        }
    }
    let [q, a, b, c, d, e, f, g, h] = packed.into_inner().ok()?;
    shown.then_some([q, a, b, c, b' ', d, e, b' ', f, g, h])
}
