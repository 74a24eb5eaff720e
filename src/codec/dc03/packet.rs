use core::{fmt, str};

use bytes::{BufMut as _, BytesMut};

use crate::{EncodeError, EventCode};

/// One packet of a block, as it stands on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Packet<'a> {
    /// Two lower-case letters and a value: holds for the events that follow in the block.
    Modifier(Modifier<'a>),
    /// Two upper-case letters with what belongs to them.
    Event(Event<'a>),
    /// Neither; kept as it is.
    Other(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
}

/// A modifier: `ri1`, `ti20:50:26`, `ri01^TOTAL^`. The kinds that the standard has are `da` date, `ti` time, `id` user,
/// `ri` area, `pi` peripheral, `ai` automatic function, `ph` telephone, `lv` level, `va` value, `pt` path, `rg` route
/// group, `ss` sub-subscriber; others are kept.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Modifier<'a> {
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub(super) kind: [u8; 2],
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub(super) value: &'a [u8],
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_bytes")
    )]
    pub(super) text: Option<&'a [u8]>,
}

/// An event: `BA`, `BA012`, `BA012^Hall^`, `DA1*21C_`, `BA01*'Hall'NM`.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Event<'a> {
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub(super) code: [u8; 2],
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub(super) address: &'a [u8],
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_bytes")
    )]
    pub(super) units: Option<&'a [u8]>,
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_bytes")
    )]
    pub(super) text: Option<&'a [u8]>,
}

/// The most digits of an address: what follows starts a new packet.
pub(super) const ADDRESS: usize = 4;

const fn in_value(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b':')
}

/// Whether a byte may stand in a text that we write.
pub(super) const fn in_text(byte: u8) -> bool {
    !matches!(byte, b'[' | b']' | b'|' | b'^' | b'/' | 0..0x20 | 0x7F)
}

impl<'a> Modifier<'a> {
    /// A modifier of an own making.
    ///
    /// # Errors
    /// When the kind is not two lower-case letters, or the value holds anything but digits, `-`, `.` and `:`.
    pub fn new(kind: &str, value: &'a str) -> Result<Self, EncodeError> {
        let kind = <[u8; 2]>::try_from(kind.as_bytes())
            .ok()
            .filter(|kind| kind.iter().all(u8::is_ascii_lowercase));
        let kind = kind.ok_or(EncodeError::Field {
            field: "modifier",
            what: "anything but two lower-case letters",
        })?;
        if !value.bytes().all(in_value) {
            return Err(EncodeError::Field {
                field: "modifier",
                what: "anything but digits, `-`, `.` and `:`",
            });
        }
        Ok(Self {
            kind,
            value: value.as_bytes(),
            text: None,
        })
    }

    /// Its two letters.
    #[must_use]
    pub const fn kind(&self) -> [u8; 2] {
        self.kind
    }

    /// The value as sent.
    #[must_use]
    pub fn value(&self) -> &'a str {
        str::from_utf8(self.value).unwrap_or_default()
    }

    /// The text that some panels put behind the value: `ri01^TOTAL^`.
    #[must_use]
    pub const fn text(&self) -> Option<&'a [u8]> {
        self.text
    }

    fn encode(&self, out: &mut BytesMut) {
        out.put_slice(&self.kind);
        out.put_slice(self.value);
        encode_text(self.text, out);
    }
}

impl<'a> Event<'a> {
    /// An event of an own making, with an address of at most four digits 0-9 A-F, or an empty one.
    ///
    /// # Errors
    /// When the code is not two upper-case letters (the second may be `_`), or the address is no address.
    pub fn new(code: &str, address: &'a str) -> Result<Self, EncodeError> {
        let code = match EventCode::sia_from(code) {
            Ok(EventCode::Sia(code)) if code[1] != b'*' => code,
            _ => {
                return Err(EncodeError::Field {
                    field: "code",
                    what: "anything but two upper-case letters",
                });
            }
        };
        if address.len() > ADDRESS {
            return Err(EncodeError::TooLong {
                field: "address",
                most: ADDRESS,
            });
        }
        if !address
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'A'..=b'F'))
        {
            return Err(EncodeError::Field {
                field: "address",
                what: "anything but 0 to 9 and A to F",
            });
        }
        Ok(Self {
            code,
            address: address.as_bytes(),
            units: None,
            text: None,
        })
    }

    /// The same with a text between two `^`.
    ///
    /// # Errors
    /// When it holds one of `[ ] | ^ /` or a control character: nothing can escape them.
    pub fn with_text(mut self, text: &'a [u8]) -> Result<Self, EncodeError> {
        if !text.iter().all(|byte| in_text(*byte)) {
            return Err(EncodeError::Field {
                field: "text",
                what: "one of [ ] | ^ / or a control character",
            });
        }
        self.text = Some(text);
        Ok(self)
    }

    /// Its two letters.
    #[must_use]
    pub const fn letters(&self) -> [u8; 2] {
        self.code
    }

    /// The code in the neutral model.
    #[must_use]
    pub const fn code(&self) -> EventCode<'static> {
        EventCode::Sia(self.code)
    }

    /// The address as sent, at most four digits; empty when there is none. What it names is the table's word; hexadecimal
    /// by the rule and decimal in most panels, so it stays text.
    #[must_use]
    pub fn address(&self) -> &'a str {
        str::from_utf8(self.address).unwrap_or_default()
    }

    /// The address read as a decimal number.
    #[must_use]
    pub fn address_decimal(&self) -> Option<u16> {
        self.address().parse().ok()
    }

    /// The address read as a hexadecimal number.
    #[must_use]
    pub fn address_hex(&self) -> Option<u16> {
        u16::from_str_radix(self.address(), 16).ok()
    }

    /// What stands behind `*`: a number with its unit (`21C_`), or a text with the unit `NM` (X-SIA).
    #[must_use]
    pub const fn units(&self) -> Option<&'a [u8]> {
        self.units
    }

    /// The text: between two `^`, else the X-SIA form `*'text'NM` or `*"text"NM`, whose quotes may be broken. Blanks are
    /// kept; an empty text is none.
    #[must_use]
    pub fn text(&self) -> Option<&'a [u8]> {
        self.text
            .or_else(|| self.units.and_then(xsia_text))
            .filter(|text| !text.is_empty())
    }

    fn encode(&self, out: &mut BytesMut) {
        out.put_slice(&self.code);
        out.put_slice(self.address);
        if let Some(units) = self.units {
            out.put_u8(b'*');
            out.put_slice(units);
        }
        encode_text(self.text, out);
    }
}

impl Packet<'_> {
    /// Appends the packet as it was read, without blanks that stood inside it and with a lost closing `^` put back.
    pub fn encode(&self, out: &mut BytesMut) {
        match self {
            Self::Modifier(modifier) => modifier.encode(out),
            Self::Event(event) => event.encode(out),
            Self::Other(bytes) => out.put_slice(bytes),
        }
    }
}

/// Appends a block: the function, then the packets with a `/` between any two.
pub fn encode_block(function: super::Function, packets: &[Packet<'_>], out: &mut BytesMut) {
    out.put_u8(function.as_byte());
    for (i, packet) in packets.iter().enumerate() {
        if i > 0 {
            out.put_u8(b'/');
        }
        packet.encode(out);
    }
}

fn encode_text(text: Option<&[u8]>, out: &mut BytesMut) {
    if let Some(text) = text {
        out.put_u8(b'^');
        out.put_slice(text);
        out.put_u8(b'^');
    }
}

/// The text of an X-SIA units field; `None` for a field that is a number with its unit.
fn xsia_text(units: &[u8]) -> Option<&[u8]> {
    let (text, quote) = match units {
        [quote @ (b'\'' | b'"'), rest @ ..] => (rest, Some(quote)),
        _ => (units.strip_suffix(b"NM")?, None),
    };
    let end = quote.and_then(|quote| text.iter().rposition(|byte| byte == quote));
    match end {
        Some(end) => text.get(..end),
        // The closing quote is lost: `*'NM` has no text, `*'HallNM` has one.
        None => Some(text.strip_suffix(b"NM").unwrap_or(text)),
    }
}

impl fmt::Debug for Modifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text.map(<[u8]>::escape_ascii);
        write!(
            f,
            "Modifier({}{}",
            self.kind.escape_ascii(),
            self.value.escape_ascii()
        )?;
        text.map_or(Ok(()), |text| write!(f, " {text}"))?;
        f.write_str(")")
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Event({}{}",
            self.code.escape_ascii(),
            self.address.escape_ascii()
        )?;
        self.units
            .map_or(Ok(()), |units| write!(f, " *{}", units.escape_ascii()))?;
        self.text
            .map_or(Ok(()), |text| write!(f, " ^{}^", text.escape_ascii()))?;
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builders_make_only_what_the_wire_can_carry() {
        assert!(Event::new("BA", "012").is_ok() && Event::new("L_", "").is_ok());
        for (code, address) in [
            ("B", ""),
            ("ba", ""),
            ("BAA", ""),
            ("BA", "00012"),
            ("BA", "1f"),
            ("BA", "1 "),
        ] {
            assert!(Event::new(code, address).is_err(), "{code} {address}");
        }
        let event = Event::new("BA", "012").unwrap();
        assert!(event.with_text("Größe".as_bytes()).is_ok());
        for text in ["a|b", "a^b", "a/b", "[", "]", "\r"] {
            assert!(event.with_text(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Modifier::new("ti", "10:15").is_ok());
        for (kind, value) in [("RI", "1"), ("r", "1"), ("ri", "A"), ("ri", "1/")] {
            assert!(Modifier::new(kind, value).is_err(), "{kind}{value}");
        }
    }

    #[test]
    fn xsia_texts_are_found_with_whole_broken_and_no_quotes() {
        for (units, text) in [
            ("'Hall'NM", Some("Hall")),
            ("\"Hall\"NM", Some("Hall")),
            ("'d'Or'NM", Some("d'Or")),
            ("''NM", Some("")),
            ("'NM", Some("")),
            ("NM", Some("")),
            ("'HallNM", Some("Hall")),
            ("HallNM", Some("Hall")),
            ("21C_", None),
            ("-3.5V", None),
        ] {
            assert_eq!(
                xsia_text(units.as_bytes()),
                text.map(str::as_bytes),
                "{units}"
            );
        }
    }

    #[test]
    fn an_address_reads_in_both_bases() {
        let event = Event::new("BA", "0031").unwrap();
        assert_eq!(
            (event.address_decimal(), event.address_hex()),
            (Some(31), Some(0x31))
        );
        let event = Event::new("BA", "1F").unwrap();
        assert_eq!(
            (event.address_decimal(), event.address_hex()),
            (None, Some(0x1F))
        );
    }
}
