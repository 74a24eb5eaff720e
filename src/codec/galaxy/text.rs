use core::str;

use arrayvec::ArrayVec;

use crate::EncodeError;

/// The state character of a text.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum State {
    /// `+`: begins.
    On,
    /// `-`: ends.
    Off,
    /// A blank.
    #[default]
    None,
}

impl State {
    const fn read(byte: u8) -> Option<Self> {
        match byte {
            b'+' => Some(Self::On),
            b'-' => Some(Self::Off),
            b' ' => Some(Self::None),
            _ => None,
        }
    }

    const fn as_byte(self) -> u8 {
        match self {
            Self::On => b'+',
            Self::Off => b'-',
            Self::None => b' ',
        }
    }
}

/// Where the state character stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum TextOrder {
    /// Behind the event's name, as the description has it.
    #[default]
    NameFirst,
    /// In front of it, as a capture and the SMS have it.
    StateFirst,
}

/// The columns of a text block's data (sia-dc03.md 4).
///
/// ```text
///  INTRUDER + LOUNGE  Front door      JANE  KPD
///  +--------+-+-------+---------------+-----+--+
///  name 9   | site 8  zone 16         user 6 module 3
///           state
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Text<'a> {
    /// The event's name, at most 9 characters.
    pub name: &'a str,
    /// Whether it begins or ends.
    pub state: State,
    /// The site, at most 8.
    pub site: &'a str,
    /// The zone, at most 16.
    pub zone: &'a str,
    /// The user, at most 6.
    pub user: &'a str,
    /// The module, at most 3.
    pub module: &'a str,
}

/// Characters of the name and of what follows name and state.
const COLUMNS: [usize; 5] = [9, 8, 16, 6, 3];

impl<'a> Text<'a> {
    /// Reads the columns, in whichever order; `None`: a text of another kind, or not ASCII.
    ///
    /// ```
    /// use alarmwire::codec::galaxy::{State, Text};
    ///
    /// let text = Text::parse(b"INTRUDER +LOUNGE  Front door").expect("columns");
    /// assert_eq!((text.name, text.state, text.site, text.zone), ("INTRUDER", State::On, "LOUNGE", "Front door"));
    /// assert_eq!(Text::parse(b"+INTRUDER").map(|text| (text.name, text.state)), Some(("INTRUDER", State::On)));
    /// assert_eq!(Text::parse(b"Fire Zone 6"), None);
    /// ```
    #[must_use]
    pub fn parse(data: &'a [u8]) -> Option<Self> {
        let text = str::from_utf8(data).ok().filter(|text| text.is_ascii())?;
        let head = COLUMNS[0];
        let (name, state, rest) = match data {
            [state @ (b'+' | b'-'), ..] => {
                let (name, rest) = split(text.get(1..)?, head);
                (name, State::read(*state)?, rest)
            }
            _ => {
                let state = State::read(*data.get(head)?)?;
                // A blank there proves nothing: every other text has blanks as well.
                if state == State::None && data.len() <= head + COLUMNS[1] {
                    return None;
                }
                (text.get(..head)?.trim_end(), state, text.get(head + 1..)?)
            }
        };
        let (site, rest) = split(rest, COLUMNS[1]);
        let (zone, rest) = split(rest, COLUMNS[2]);
        let (user, rest) = split(rest, COLUMNS[3]);
        let (module, _) = split(rest, COLUMNS[4]);
        Some(Self {
            name,
            state,
            site,
            zone,
            user,
            module,
        })
    }

    /// Writes the columns; blanks at the end are left away.
    ///
    /// # Errors
    /// When a field is longer than its column, or holds what no text can carry.
    pub fn write(&self, order: TextOrder) -> Result<ArrayVec<u8, 43>, EncodeError> {
        let fields = [self.name, self.site, self.zone, self.user, self.module];
        let names = ["name", "site", "zone name", "user name", "module"];
        let mut out = ArrayVec::new();
        if order == TextOrder::StateFirst {
            out.push(self.state.as_byte());
        }
        for ((text, width), field) in fields.into_iter().zip(COLUMNS).zip(names) {
            if text.len() > width {
                return Err(EncodeError::TooLong { field, most: width });
            }
            if !text.bytes().all(in_text) {
                return Err(EncodeError::Field {
                    field,
                    what: "anything but printable ASCII without [ ] | ^ /",
                });
            }
            // The columns are 43 characters in all.
            let _fits = out.try_extend_from_slice(text.as_bytes());
            out.extend(core::iter::repeat_n(b' ', width - text.len()));
            if field == "name" && order == TextOrder::NameFirst {
                out.push(self.state.as_byte());
            }
        }
        let least = COLUMNS[0] + 1;
        while out.len() > least && out.last() == Some(&b' ') {
            out.pop();
        }
        Ok(out)
    }
}

/// Whether a character may stand in a text that we write.
pub(super) const fn in_text(byte: u8) -> bool {
    matches!(byte, 0x20..0x7F) && !matches!(byte, b'[' | b']' | b'|' | b'^' | b'/')
}

fn split(text: &str, width: usize) -> (&str, &str) {
    let (field, rest) = text.split_at_checked(width).unwrap_or((text, ""));
    (field.trim_end(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_as_they_are_written_in_either_order() {
        let text = Text {
            name: "INTRUDER",
            state: State::Off,
            site: "LOUNGE",
            zone: "Front door",
            user: "JANE",
            module: "KPD",
        };
        for order in [TextOrder::NameFirst, TextOrder::StateFirst] {
            let wire = text.write(order).unwrap();
            assert_eq!(wire.len(), 43);
            assert_eq!(Text::parse(&wire), Some(text));
        }
        let short = Text {
            site: "",
            zone: "",
            user: "",
            module: "",
            ..text
        };
        assert_eq!(
            short.write(TextOrder::NameFirst).unwrap().as_slice(),
            b"INTRUDER -"
        );
    }

    #[test]
    fn a_field_that_is_too_long_or_would_end_the_block_is_refused() {
        let long = Text {
            name: "INTRUDERS!",
            ..Text::default()
        };
        assert!(long.write(TextOrder::NameFirst).is_err());
        let bar = Text {
            zone: "a|b",
            ..Text::default()
        };
        assert!(bar.write(TextOrder::NameFirst).is_err());
    }

    #[test]
    fn the_captured_text_is_read() {
        let wire = b"+INBROTT        IR Sovrum ";
        let text = Text::parse(wire).unwrap();
        assert_eq!((text.name, text.state), ("INBROTT", State::On));
        assert_eq!(Text::parse(b"\x99"), None);
    }
}
