//! What the extended data fields mean, and builders that make only well-formed ones (dc09.md 5).

use core::str;

use arrayvec::ArrayVec;

use super::{
    time::{read_time, write_time},
    types::{Extended, Field},
};
use crate::{error::EncodeError, types::Timestamp};

/// What set an alarm off (`T`).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Trigger {
    /// `F`: fire or smoke.
    Fire,
    /// `G`: gas.
    Gas,
    /// `W`: water.
    Water,
    /// `S`: a sensor.
    Sensor,
    /// `C`: a contact.
    Contact,
    /// `M`: by hand.
    Manual,
}

impl Trigger {
    const ALL: [(Self, &'static [u8]); 6] = [
        (Self::Fire, b"F"),
        (Self::Gas, b"G"),
        (Self::Water, b"W"),
        (Self::Sensor, b"S"),
        (Self::Contact, b"C"),
        (Self::Manual, b"M"),
    ];

    fn letter(self) -> &'static [u8] {
        Self::ALL
            .iter()
            .find(|(trigger, _)| *trigger == self)
            .map_or(&[], |(_, letter)| letter)
    }
}

/// How many units of a [`Coordinate`] make a minute, and a degree.
const MINUTE: i64 = 10_000_000;
const DEGREE: i64 = 60 * MINUTE;

/// A longitude or latitude, in ten-millionths of a minute; east and north are positive.
///
/// ```
/// use alarmwire::codec::dc09::{Coordinate, Extended};
///
/// let extended = Extended::new(b"[X093W30.000][Y45N23.456]");
/// assert_eq!(extended.longitude().map(Coordinate::degrees), Some(-93.5));
/// assert_eq!(extended.latitude().map(|y| y.ten_millionths()), Some((45 * 60 + 23) * 10_000_000 + 4_560_000));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Coordinate(i64);

impl Coordinate {
    /// So many ten-millionths of a minute, west and south negative; `None` beyond 180 degrees.
    #[must_use]
    pub const fn new(ten_millionths: i64) -> Option<Self> {
        if ten_millionths.unsigned_abs() > 180 * DEGREE.unsigned_abs() {
            return None;
        }
        Some(Self(ten_millionths))
    }

    /// In ten-millionths of a minute.
    #[must_use]
    pub const fn ten_millionths(self) -> i64 {
        self.0
    }

    /// In degrees.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    pub const fn degrees(self) -> f64 {
        self.0 as f64 / DEGREE as f64
    }

    /// Reads `093W23.456`: degrees, one of the two letters, minutes with any number of decimals up to nine.
    fn read(value: &[u8], positive: u8, negative: u8, most: i64) -> Option<Self> {
        let at = value.iter().position(|b| !b.is_ascii_digit())?;
        let (degrees, rest) = value.split_at_checked(at)?;
        let (letter, minutes) = rest.split_first()?;
        let sign = match letter.to_ascii_uppercase() {
            letter if letter == positive => 1,
            letter if letter == negative => -1,
            _ => return None,
        };
        if !matches!(degrees.len(), 1..=3) {
            return None;
        }
        let (whole, decimals) = match minutes.iter().position(|b| *b == b'.') {
            Some(dot) => (minutes.get(..dot)?, minutes.get(dot + 1..)?),
            None => (minutes, &[][..]),
        };
        if !matches!(whole.len(), 1..=2) || decimals.len() > 9 {
            return None;
        }
        let mut scale = MINUTE;
        let mut units = number(degrees)? * DEGREE + number(whole)? * MINUTE;
        if number(whole)? >= 60 {
            return None;
        }
        for digit in decimals {
            scale /= 10;
            units += number(core::slice::from_ref(digit))? * scale;
        }
        (units <= most * DEGREE).then_some(Self(sign * units))
    }

    /// Writes it, rounded to a thousandth of a minute (two metres).
    fn write(self, width: usize, positive: u8, negative: u8) -> ArrayVec<u8, SHORT> {
        let thousandths = (self.0.unsigned_abs() + 5_000) / 10_000;
        let (degrees, rest) = (thousandths / 60_000, thousandths % 60_000);
        let mut out = ArrayVec::new();
        decimal(&mut out, degrees, width);
        let _room = out.try_push(if self.0 < 0 { negative } else { positive });
        decimal(&mut out, rest / 1000, 2);
        let _room = out.try_push(b'.');
        decimal(&mut out, rest % 1000, 3);
        out
    }
}

/// An altitude with its unit, as sent.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Altitude<'a> {
    /// In thousandths of the unit.
    pub thousandths: i64,
    /// The unit's letters; the only one that a public text shows is `M`, metres.
    pub unit: &'a str,
}

/// Digits only.
fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 12 {
        return None;
    }
    digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + i64::from(digit - b'0'))
    })
}

/// At least `width` decimal digits.
fn decimal(out: &mut ArrayVec<u8, SHORT>, value: u64, width: usize) {
    let mut digits = ArrayVec::<u8, 20>::new();
    let mut rest = value;
    while rest > 0 || digits.len() < width {
        let _room = digits.try_push(b'0' + u8::try_from(rest % 10).unwrap_or(0));
        rest /= 10;
    }
    for digit in digits.iter().rev() {
        let _room = out.try_push(*digit);
    }
}

fn trimmed_decimals(value: &[u8]) -> Option<Altitude<'_>> {
    let (sign, rest) = match value {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        rest => (1, rest),
    };
    let end = rest
        .iter()
        .position(|b| !b.is_ascii_digit() && *b != b'.')
        .unwrap_or(rest.len());
    let (figure, unit) = rest.split_at_checked(end)?;
    let (whole, decimals) = match figure.iter().position(|b| *b == b'.') {
        Some(dot) => (figure.get(..dot)?, figure.get(dot + 1..)?),
        None => (figure, &[][..]),
    };
    if whole.len() > 9 || decimals.len() > 9 || !unit.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    let (mut thousandths, mut scale) = (number(whole)? * 1000, 1000);
    for digit in decimals {
        scale /= 10;
        thousandths += number(core::slice::from_ref(digit))? * scale;
    }
    Some(Altitude {
        thousandths: sign * thousandths,
        unit: str::from_utf8(unit).ok()?,
    })
}

fn hex(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(u8::is_ascii_hexdigit)
}

/// Whether a text is a JSON object. With the feature `json` it is read, without it only its braces are looked at.
fn is_object(text: &str) -> bool {
    let braces = text.trim().starts_with('{') && text.trim().ends_with('}');
    #[cfg(feature = "json")]
    let valid = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    #[cfg(not(feature = "json"))]
    let valid = true;
    braces && valid
}

impl<'a> Extended<'a> {
    /// `H`: when it happened, which may differ from when it was sent. By rule UTC.
    #[must_use]
    pub fn occurred(&self) -> Option<Timestamp> {
        read_time(self.find(b'H')?)
    }

    /// `M`: the panel's MAC address. It ties an account to a device, and proves nothing.
    #[must_use]
    pub fn mac(&self) -> Option<[u8; 6]> {
        let digits: &[u8; 12] = self.find(b'M')?.try_into().ok()?;
        let mut mac = [0; 6];
        for (byte, [high, low]) in mac.iter_mut().zip(digits.as_chunks::<2>().0) {
            *byte = crate::types::hex_value(*high)? << 4 | crate::types::hex_value(*low)?;
        }
        Some(mac)
    }

    /// `X`: the longitude.
    #[must_use]
    pub fn longitude(&self) -> Option<Coordinate> {
        Coordinate::read(self.find(b'X')?, b'E', b'W', 180)
    }

    /// `Y`: the latitude.
    #[must_use]
    pub fn latitude(&self) -> Option<Coordinate> {
        Coordinate::read(self.find(b'Y')?, b'N', b'S', 90)
    }

    /// `Z`: the altitude.
    #[must_use]
    pub fn altitude(&self) -> Option<Altitude<'a>> {
        trimmed_decimals(self.find(b'Z')?)
    }

    /// `T`: what set the alarm off.
    #[must_use]
    pub fn trigger(&self) -> Option<Trigger> {
        let value = self.find(b'T')?;
        let (trigger, _) = Trigger::ALL.iter().find(|(_, letter)| *letter == value)?;
        Some(*trigger)
    }

    /// `G`: which network path the message took, a decimal number (2026).
    #[must_use]
    pub fn network_path(&self) -> Option<u32> {
        u32::try_from(number(self.find(b'G')?)?).ok()
    }

    /// `J` in the sense of 2017 and 2021: the maker's name for the network path, one character.
    #[must_use]
    pub fn maker_path(&self) -> Option<char> {
        match self.find(b'J')? {
            [one] if one.is_ascii_graphic() => Some(char::from(*one)),
            _ => None,
        }
    }

    /// `J` in the sense of 2026: a JSON object, which holds no arrays, as a field holds no brackets. With the feature
    /// `serde` only a valid one.
    #[must_use]
    pub fn json(&self) -> Option<&'a str> {
        str::from_utf8(self.find(b'J')?)
            .ok()
            .filter(|text| is_object(text))
    }

    /// `C`: the supervision category of path and link, as sent (`DP`).
    #[must_use]
    pub fn supervision_category(&self) -> Option<&'a str> {
        str::from_utf8(self.find(b'C')?)
            .ok()
            .filter(|text| text.is_ascii())
    }

    /// `N`: the hardware address of the path that was used, in hexadecimal digits as sent.
    #[must_use]
    pub fn network_address(&self) -> Option<&'a str> {
        let value = self.find(b'N').filter(|value| hex(value))?;
        str::from_utf8(value).ok()
    }
}

impl<'a> Field<'a> {
    /// What the letter stands for in the editions that are known; `None` for letters that none of them uses.
    #[must_use]
    pub const fn meaning(&self) -> Option<&'static str> {
        Some(match self.letter {
            b'A' => "authentication hash",
            b'C' => "supervision category",
            b'G' => "network path",
            b'H' => "time of occurrence",
            b'I' => "alarm text",
            b'J' => "network path or JSON",
            b'K' => "encryption key",
            b'L' => "location",
            b'M' => "MAC address",
            b'N' => "network address",
            b'O' => "building",
            b'P' => "programming data",
            b'R' => "room",
            b'S' => "site",
            b'T' => "trigger",
            b'V' => "verification",
            b'X' => "longitude",
            b'Y' => "latitude",
            b'Z' => "altitude",
            _ => return None,
        })
    }

    /// A field whose value has the form that its letter asks for. Letters without a known meaning take any text.
    ///
    /// # Errors
    /// When the letter is none of A to Z, or the value is malformed, too long, or holds what would end the field.
    ///
    /// ```
    /// use alarmwire::codec::dc09::Field;
    ///
    /// assert!(Field::new(b'M', b"0026b9e4268b").is_ok());
    /// assert!(Field::new(b'M', b"00:26:b9:e4:26:8b").is_err());
    /// assert!(Field::new(b'I', b"Hall]").is_err());
    /// ```
    pub fn new(letter: u8, value: &'a [u8]) -> Result<Self, EncodeError> {
        const VALUE: &str = "extended value";
        if !letter.is_ascii_uppercase() {
            return Err(EncodeError::Field {
                field: "extended letter",
                what: "what is not A to Z",
            });
        }
        // Control characters too: in an encrypted message they are the sign of a wrong key.
        if value
            .iter()
            .any(|b| b.is_ascii_control() || matches!(b, b'[' | b']'))
        {
            return Err(EncodeError::Field {
                field: VALUE,
                what: "a bracket or control character",
            });
        }
        let most = match letter {
            b'C' => 64,
            b'N' => 128,
            _ => 256,
        };
        if value.len() > most {
            return Err(EncodeError::TooLong { field: VALUE, most });
        }
        let field = Self { letter, value };
        if field.is_well_formed() {
            Ok(field)
        } else {
            Err(EncodeError::Field {
                field: VALUE,
                what: "another form than its letter asks for",
            })
        }
    }

    /// Whether the value has the form that its letter asks for, the length apart: what is received is never refused for it.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let value = self.value;
        let text = str::from_utf8(value);
        match self.letter {
            b'A' | b'C' => !value.is_empty() && value.is_ascii(),
            b'G' => number(value).is_some_and(|path| u32::try_from(path).is_ok()),
            b'H' => read_time(value).is_some(),
            b'J' => matches!(value, [one] if one.is_ascii_graphic()) || text.is_ok_and(is_object),
            b'K' => matches!(value.len(), 32 | 48 | 64) && hex(value),
            b'M' => value.len() == 12 && hex(value),
            b'N' => value.len().is_multiple_of(2) && hex(value),
            b'T' => Trigger::ALL.iter().any(|(_, letter)| *letter == value),
            b'X' => Coordinate::read(value, b'E', b'W', 180).is_some(),
            b'Y' => Coordinate::read(value, b'N', b'S', 90).is_some(),
            b'Z' => trimmed_decimals(value).is_some(),
            letter => letter.is_ascii_uppercase(),
        }
    }

    /// `T`.
    #[must_use]
    pub fn trigger(trigger: Trigger) -> Field<'static> {
        Field {
            letter: b'T',
            value: trigger.letter(),
        }
    }
}

/// The most bytes of a [`ShortField`]'s value.
const SHORT: usize = 24;

/// A field whose value is made of a number or a time, and so is always well-formed.
///
/// ```
/// use alarmwire::codec::dc09::ShortField;
///
/// let mac = ShortField::mac([0x00, 0x26, 0xB9, 0xE4, 0x26, 0x8B]);
/// assert_eq!(mac.field().value, b"0026B9E4268B");
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ShortField {
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    letter: u8,
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    value: ArrayVec<u8, SHORT>,
}

impl ShortField {
    /// `H`: when it happened.
    #[must_use]
    pub fn occurred(at: Timestamp) -> Self {
        Self {
            letter: b'H',
            value: write_time(at).into_iter().collect(),
        }
    }

    /// `M`: the panel's MAC address.
    #[must_use]
    pub fn mac(mac: [u8; 6]) -> Self {
        let pairs = mac.map(|byte| super::encode::hex_pair(byte, false));
        Self {
            letter: b'M',
            value: pairs.as_flattened().iter().copied().collect(),
        }
    }

    /// `X`: the longitude, rounded to a thousandth of a minute.
    #[must_use]
    pub fn longitude(x: Coordinate) -> Self {
        Self {
            letter: b'X',
            value: x.write(3, b'E', b'W'),
        }
    }

    /// `Y`: the latitude, rounded to a thousandth of a minute; `None` beyond 90 degrees.
    #[must_use]
    pub fn latitude(y: Coordinate) -> Option<Self> {
        (y.0.abs() <= 90 * DEGREE).then(|| Self {
            letter: b'Y',
            value: y.write(2, b'N', b'S'),
        })
    }

    /// `Z`: the altitude in decimetres, written in metres; `None` beyond 99,999 m.
    #[must_use]
    pub fn altitude(decimetres: i32) -> Option<Self> {
        let size = decimetres.unsigned_abs();
        if size > 999_999 {
            return None;
        }
        let mut value = ArrayVec::new();
        if decimetres < 0 {
            value.push(b'-');
        }
        decimal(&mut value, u64::from(size / 10), 1);
        let _room = value.try_push(b'.');
        decimal(&mut value, u64::from(size % 10), 1);
        let _room = value.try_push(b'M');
        Some(Self {
            letter: b'Z',
            value,
        })
    }

    /// `G`: the network path that the message takes (2026).
    #[must_use]
    pub fn network_path(path: u32) -> Self {
        let mut value = ArrayVec::new();
        decimal(&mut value, u64::from(path), 1);
        Self {
            letter: b'G',
            value,
        }
    }

    /// The field, to be put into a message.
    #[must_use]
    pub fn field(&self) -> Field<'_> {
        Field {
            letter: self.letter,
            value: &self.value,
        }
    }
}

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;
