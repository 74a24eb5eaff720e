use core::{fmt, str};

use super::{CidCode, Class, Lane, SiaCode, lookup};

/// Whether a condition begins, ends, or is reported again.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Qualifier {
    /// A new event; an opening (disarming).
    New,
    /// A restore; a closing (arming).
    Restore,
    /// Reported before, still present: opens and closes nothing.
    Status,
    /// Any other digit, as received.
    Other(u8),
}

impl Qualifier {
    /// From the digit of Contact ID: 1, 3, 6, or another kept as it is.
    #[must_use]
    pub const fn from_digit(digit: u8) -> Self {
        match digit {
            b'1' => Self::New,
            b'3' => Self::Restore,
            b'6' => Self::Status,
            other => Self::Other(other),
        }
    }

    /// The digit of Contact ID.
    #[must_use]
    pub const fn digit(self) -> u8 {
        match self {
            Self::New => b'1',
            Self::Restore => b'3',
            Self::Status => b'6',
            Self::Other(digit) => digit,
        }
    }
}

impl fmt::Display for Qualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new"),
            Self::Restore => f.write_str("restore"),
            Self::Status => f.write_str("status"),
            Self::Other(digit) => write!(f, "{}", char::from(*digit)),
        }
    }
}

/// A text that is no qualifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a qualifier is `new`, `restore`, `status`, or one other character")]
pub struct InvalidQualifier;

/// From the word or the character that it is shown as.
impl str::FromStr for Qualifier {
    type Err = InvalidQualifier;

    fn from_str(text: &str) -> Result<Self, InvalidQualifier> {
        match (text, text.as_bytes()) {
            ("new", _) => Ok(Self::New),
            ("restore", _) => Ok(Self::Restore),
            ("status", _) => Ok(Self::Status),
            (_, [digit]) if digit.is_ascii_graphic() => Ok(Self::from_digit(*digit)),
            _ => Err(InvalidQualifier),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Qualifier {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Qualifier {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::types::wire::from_text(deserializer, "a qualifier")
    }
}

/// What the three digits CCC of a Contact ID code name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CidRole {
    /// A zone (contact).
    Zone,
    /// A user.
    User,
    /// A device (keypad, sounder, expander).
    Device,
    /// Defined by the maker or the installer.
    Vendor,
}

/// What the address of a SIA code names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum SiaAddress {
    /// A zone or point.
    Zone,
    /// A user.
    User,
    /// An area: the partition.
    Area,
    /// Nothing.
    Unused,
    /// A device, door, line, relay, printer and their like.
    Device,
}

/// An event's code in the words of its protocol; the sets are open, so that an unknown code survives the trip.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum EventCode<'a> {
    /// Contact ID: the qualifier digit as received, and three digits 0-9 B-F.
    ContactId {
        /// The digit that stands before the code.
        qualifier: u8,
        /// Three upper-case digits.
        code: [u8; 3],
    },
    /// SIA DC-03: two upper-case letters.
    Sia([u8; 2]),
    /// Something else, kept as text with the name of its protocol.
    Raw {
        /// Name of the protocol, as in the registry.
        protocol: &'static str,
        /// What was received; printable ASCII.
        text: &'a str,
    },
}

/// A text that is no event code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an event code is `cid:QEEE`, `sia:XX` or `raw:PROTOCOL:TEXT`")]
pub struct InvalidCode;

impl<'a> EventCode<'a> {
    /// Reads `cid:1130` and `sia:BA`.
    ///
    /// # Errors
    /// When the text is neither.
    pub fn parse(text: &'a str) -> Result<Self, InvalidCode> {
        let digit = |b: &u8| b.is_ascii_hexdigit();
        match text.split_once(':') {
            Some(("cid", rest)) => match rest.as_bytes() {
                [qualifier, code @ ..]
                    if qualifier.is_ascii_digit() && code.len() == 3 && code.iter().all(digit) =>
                {
                    let mut digits: [u8; 3] = code.try_into().map_err(|_| InvalidCode)?;
                    digits.make_ascii_uppercase();
                    Ok(Self::ContactId {
                        qualifier: *qualifier,
                        code: digits,
                    })
                }
                _ => Err(InvalidCode),
            },
            Some(("sia", rest)) => Self::sia_from(rest),
            _ => Err(InvalidCode),
        }
    }

    /// The SIA code with those two letters, without `sia:` in front.
    ///
    /// # Errors
    /// When the first is no upper-case letter, or the second neither one nor `_` or `*`.
    pub fn sia_from(letters: &str) -> Result<Self, InvalidCode> {
        match letters.as_bytes() {
            [a, b]
                if a.is_ascii_uppercase()
                    && (b.is_ascii_uppercase() || *b == b'_' || *b == b'*') =>
            {
                Ok(Self::Sia([*a, *b]))
            }
            _ => Err(InvalidCode),
        }
    }

    /// The row of the Contact ID table, when it is such a code and known.
    #[must_use]
    pub fn contact_id(self) -> Option<&'static CidCode> {
        let Self::ContactId { code, .. } = self else {
            return None;
        };
        lookup::contact_id(code)
    }

    /// The row of the SIA table, when it is such a code and known.
    #[must_use]
    pub fn sia(self) -> Option<&'static SiaCode> {
        let Self::Sia(code) = self else { return None };
        lookup::sia(code)
    }

    /// What a SIA code says of its condition: the qualifier of its Contact ID equivalent; without one, a restore if it
    /// restores something; else new. Reported again (`old`, an `O` block) it is status, unless it is a restore. So an
    /// opening is new and a closing a restore. For a code that is no SIA code: new.
    ///
    /// ```
    /// use alarmwire::{EventCode, Qualifier};
    ///
    /// assert_eq!(EventCode::Sia(*b"CL").sia_qualifier(false), Qualifier::Restore);
    /// assert_eq!(EventCode::Sia(*b"BA").sia_qualifier(true), Qualifier::Status);
    /// ```
    #[must_use]
    pub fn sia_qualifier(self, old: bool) -> Qualifier {
        let first = self
            .sia()
            .map_or(Qualifier::New, |row| match row.cid_equivalent.as_bytes() {
                [digit, ..] => Qualifier::from_digit(*digit),
                [] if row.restore_of.is_empty() => Qualifier::New,
                [] => Qualifier::Restore,
            });
        if old && first != Qualifier::Restore {
            Qualifier::Status
        } else {
            first
        }
    }

    /// Class and lane by the tables, and for unknown codes by their leading digits: never dropped.
    ///
    /// | Contact ID code not in the table | class | lane |
    /// | --- | --- | --- |
    /// | 10x | emergency | 0 |
    /// | 11x | fire | 0 |
    /// | 12x | hold-up | 0 |
    /// | 13x, 14x | burglary | 1 |
    /// | other 1xx | trouble | 1 |
    /// | 2xx | supervision | 2 |
    /// | 3xx | trouble | 2 |
    /// | 4xx | opening and closing | 2 |
    /// | 5xx | bypass | 2 |
    /// | 60x | test | 3 |
    /// | the rest | status | 2 |
    ///
    /// A SIA code not in the table and a raw code are status in lane 1. A restore's lane is the most urgent one of the
    /// conditions that it may close: it holds while none of them is known to be open.
    #[must_use]
    pub fn class_and_lane(self, qualifier: Qualifier) -> (Class, Lane) {
        let (class, lane) = self.class_and_own_lane();
        if qualifier != Qualifier::Restore {
            return (class, lane);
        }
        (
            class,
            self.restores(qualifier)
                .map(|code| code.class_and_own_lane().1)
                .min()
                .unwrap_or(lane),
        )
    }

    fn class_and_own_lane(self) -> (Class, Lane) {
        match self {
            Self::ContactId { code, .. } => match (self.contact_id(), code) {
                (Some(row), _) => (row.class, row.class.lane()),
                (None, [b'1', b'0', _]) => (Class::Emergency, Lane::LifeSafety),
                (None, [b'1', b'1', _]) => (Class::Fire, Lane::LifeSafety),
                (None, [b'1', b'2', _]) => (Class::HoldUp, Lane::LifeSafety),
                (None, [b'1', b'3' | b'4', _]) => (Class::Burglary, Lane::Intrusion),
                (None, [b'1', ..]) => (Class::Trouble, Lane::Intrusion),
                (None, [b'2', ..]) => (Class::Supervision, Lane::Service),
                (None, [b'3', ..]) => (Class::Trouble, Lane::Service),
                (None, [b'4', ..]) => (Class::OpenClose, Lane::Service),
                (None, [b'5', ..]) => (Class::Bypass, Lane::Service),
                (None, [b'6', b'0', _]) => (Class::Test, Lane::Routine),
                (None, _) => (Class::Status, Lane::Service),
            },
            Self::Sia(_) => self.sia().map_or((Class::Status, Lane::Intrusion), |row| {
                (row.class, row.class.lane())
            }),
            Self::Raw { .. } => (Class::Status, Lane::Intrusion),
        }
    }
}

impl fmt::Display for EventCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContactId { qualifier, code } => {
                write!(
                    f,
                    "cid:{}{}",
                    char::from(*qualifier),
                    str::from_utf8(code).unwrap_or("???")
                )
            }
            Self::Sia(code) => write!(f, "sia:{}", str::from_utf8(code).unwrap_or("??")),
            Self::Raw { protocol, text } => write!(f, "raw:{protocol}:{text}"),
        }
    }
}

/// The text that it is shown as: `cid:1130`, `sia:BA`, `raw:PROTOCOL:TEXT`.
#[cfg(feature = "serde")]
impl serde::Serialize for EventCode<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Debug for EventCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> (Class, Lane) {
        EventCode::parse(code)
            .unwrap()
            .class_and_lane(Qualifier::New)
    }

    #[test]
    fn unknown_contact_id_codes_go_by_their_leading_digits() {
        for (code, class, lane) in [
            ("cid:110F", Class::Emergency, Lane::LifeSafety),
            ("cid:111F", Class::Fire, Lane::LifeSafety),
            ("cid:112F", Class::HoldUp, Lane::LifeSafety),
            ("cid:113F", Class::Burglary, Lane::Intrusion),
            ("cid:114F", Class::Burglary, Lane::Intrusion),
            ("cid:115F", Class::Trouble, Lane::Intrusion),
            ("cid:119F", Class::Trouble, Lane::Intrusion),
            ("cid:11BC", Class::Trouble, Lane::Intrusion),
            ("cid:120F", Class::Supervision, Lane::Service),
            ("cid:130F", Class::Trouble, Lane::Service),
            ("cid:140F", Class::OpenClose, Lane::Service),
            ("cid:150F", Class::Bypass, Lane::Service),
            ("cid:160F", Class::Test, Lane::Routine),
            ("cid:169F", Class::Status, Lane::Service),
            ("cid:1BBB", Class::Status, Lane::Service),
        ] {
            assert!(
                EventCode::parse(code).unwrap().contact_id().is_none(),
                "{code} is in the table"
            );
            assert_eq!(of(code), (class, lane), "{code}");
        }
    }

    #[test]
    fn unknown_sia_and_raw_codes_are_status_in_lane_1() {
        assert_eq!(of("sia:QQ"), (Class::Status, Lane::Intrusion));
        let raw = EventCode::Raw {
            protocol: "dc03",
            text: "?",
        };
        assert_eq!(
            raw.class_and_lane(Qualifier::New),
            (Class::Status, Lane::Intrusion)
        );
    }

    #[test]
    fn codes_are_written_as_they_are_read() {
        for code in ["cid:1130", "cid:3BCF", "sia:BA", "sia:L_"] {
            assert_eq!(EventCode::parse(code).unwrap().to_string(), code);
        }
        for wrong in [
            "",
            "cid:130",
            "cid:x130",
            "cid:11300",
            "sia:ba",
            "sia:B",
            "BA",
            "raw:x:y",
        ] {
            assert!(EventCode::parse(wrong).is_err(), "{wrong}");
        }
    }
}
