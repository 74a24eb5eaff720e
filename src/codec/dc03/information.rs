//! Blocks that report no events of the code table: environmental values, configuration, programming, listen-in
//! (sia-dc03.md 3, one source each). They are read, kept and told; none is ever executed.

use core::str;

use super::Event;

/// What an environmental code measures. The letters are those of event codes, and mean something else here: the block's
/// function decides.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Reading {
    /// `DA`.
    Temperature,
    /// `DB`.
    AirFlow,
    /// `DI`.
    Humidity,
    /// `DM`.
    FluidLevel,
}

/// One packet of an `E` block: `DA1*21C_`.
///
/// ```
/// use alarmwire::codec::dc03::{Blocks, Environmental, Packet, Reading};
///
/// let block = Blocks::new(b"EDA1*-3.5C_").next().expect("a block");
/// let Some(Packet::Event(packet)) = block.packets().next().map(|part| part.packet) else { panic!() };
/// let reading = Environmental::new(packet).expect("of the table");
/// assert_eq!((reading.reading, reading.zone, reading.value, reading.unit), (Reading::Temperature, "1", "-3.5", "C"));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Environmental<'a> {
    /// What is measured.
    pub reading: Reading,
    /// Where; as sent, may be empty.
    pub zone: &'a str,
    /// The number as sent, with sign and decimal point; may be empty.
    pub value: &'a str,
    /// The unit's letters without the `_` that pads a single one; see [`unit_name`].
    pub unit: &'a str,
}

impl<'a> Environmental<'a> {
    /// Reads a packet of an `E` block; `None` for a code that is not in the table.
    #[must_use]
    pub fn new(packet: Event<'a>) -> Option<Self> {
        let reading = match &packet.letters() {
            b"DA" => Reading::Temperature,
            b"DB" => Reading::AirFlow,
            b"DI" => Reading::Humidity,
            b"DM" => Reading::FluidLevel,
            _ => return None,
        };
        let units = packet.units().unwrap_or_default();
        let number = units
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.'))
            .count();
        let (value, unit) = units.split_at_checked(number).unwrap_or_default();
        Some(Self {
            reading,
            zone: packet.address(),
            value: str::from_utf8(value).unwrap_or_default(),
            unit: str::from_utf8(unit)
                .unwrap_or_default()
                .trim_end_matches('_'),
        })
    }
}

/// What the letters of a unit stand for (sia-dc03.md 4.4); case matters.
#[must_use]
pub fn unit_name(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "A" => "ampere",
        "MA" => "milliampere",
        "V" => "volt",
        "MV" => "millivolt",
        "C" => "degree Celsius",
        "F" => "degree Fahrenheit",
        "P" => "per cent",
        "g" => "gram",
        "Kg" => "kilogram",
        "H" => "hour",
        "M" => "minute",
        "m" => "metre",
        "mM" => "metre per minute",
        "Cm" => "centimetre",
        "cM" => "centimetre per minute",
        "I" => "inch",
        "IM" => "inch per minute",
        "FM" => "foot per minute",
        "GH" => "gallon per hour",
        "GM" => "gallon per minute",
        _ => return None,
    })
}

/// One item of a configuration block: `L4` of `AL4B1`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Setting<'a> {
    /// `A` acknowledgement as data wanted, `L` compatibility level, `D` dealer, `M` manufacturer, `P` product, `R` ROM
    /// version, `T` time zone, `U` no daylight saving, `B` largest block, `G` largest group; others are kept.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub letter: u8,
    /// The number behind it; may be empty.
    pub number: &'a str,
}

/// The items of a configuration block's data, which no slash separates.
///
/// ```
/// let items: Vec<_> = alarmwire::codec::dc03::settings(b"AL4B1").map(|item| (item.letter, item.number)).collect();
/// assert_eq!(items, [(b'A', ""), (b'L', "4"), (b'B', "1")]);
/// ```
pub fn settings(data: &[u8]) -> impl Iterator<Item = Setting<'_>> {
    let mut rest = data;
    core::iter::from_fn(move || {
        let (letter, behind) = rest.split_first()?;
        let is_number = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        let (number, next) =
            behind.split_at_checked(behind.iter().take_while(is_number).count())?;
        rest = next;
        Some(Setting {
            letter: *letter,
            number: str::from_utf8(number).unwrap_or_default(),
        })
    })
}

/// What a code of a `P` block programs.
#[must_use]
pub const fn program_name(letters: [u8; 2]) -> Option<&'static str> {
    Some(match &letters {
        b"AA" => "automatic arming",
        b"AD" => "automatic disarming",
        b"CA" | b"CB" | b"CX" => "closing window",
        b"OA" | b"OB" | b"OX" => "opening window",
        b"DS" => "delays",
        b"EI" => "entry delay",
        b"EO" => "exit delay",
        b"PH" => "telephone number",
        b"RO" | b"RT" => "clock",
        b"TI" | b"TT" => "test time",
        b"UC" | b"UX" => "user code",
        _ => return None,
    })
}

/// The seconds of a listen-in packet: `L90`, behind the event that it belongs to.
///
/// ```
/// assert_eq!(alarmwire::codec::dc03::listen_seconds(b"L90"), Some(90));
/// ```
#[must_use]
pub fn listen_seconds(packet: &[u8]) -> Option<u16> {
    let digits = str::from_utf8(packet).ok()?.strip_prefix('L')?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::dc03::{Blocks, Packet};

    fn packet(block: &str) -> Event<'_> {
        let part = Blocks::new(block.as_bytes())
            .next()
            .unwrap()
            .packets()
            .next();
        match part.unwrap().packet {
            Packet::Event(event) => event,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn environmental_codes_have_a_table_of_their_own() {
        let reading = Environmental::new(packet("EDI12*55P")).unwrap();
        assert_eq!(
            (reading.reading, reading.zone, reading.value),
            (Reading::Humidity, "12", "55")
        );
        assert_eq!(unit_name(reading.unit), Some("per cent"));
        assert_eq!(
            (unit_name("M"), unit_name("m")),
            (Some("minute"), Some("metre"))
        );
        assert!(Environmental::new(packet("EBA1")).is_none());
    }

    #[test]
    fn listen_in_says_its_seconds() {
        assert_eq!(listen_seconds(b"L90"), Some(90));
        for other in [&b"L"[..], b"L-1", b"BA90", b"L99999999"] {
            assert_eq!(listen_seconds(other), None);
        }
    }
}
