use super::Dialect;
use crate::event::{Class, Qualifier};

/// What a receiver says of itself, as the one character that it sends: an open set, so that an unknown one survives.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SystemCode(u8);

/// What one of the known codes stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Meaning {
    /// The character.
    pub code: u8,
    /// In words.
    pub name: &'static str,
    /// The customary SIA code; `None` where there is none, and the event keeps a raw code.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_bytes")
    )]
    pub sia: Option<[u8; 2]>,
    /// What it is about, for a raw code; for the others the tables say it.
    pub class: Class,
    /// Whether something begins or ends.
    pub qualifier: Qualifier,
    /// What follows the character.
    #[cfg_attr(feature = "serde", serde(skip))]
    detail: Detail,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Detail {
    None,
    Card,
    Model,
}

const fn row(
    code: u8,
    name: &'static str,
    sia: Option<[u8; 2]>,
    class: Class,
    qualifier: Qualifier,
    detail: Detail,
) -> Meaning {
    Meaning {
        code,
        name,
        sia,
        class,
        qualifier,
        detail,
    }
}

use Class::{Status, Trouble};
use Detail::{Card, Model, None as Nothing};
use Qualifier::{New, Restore};

/// serial-receivers.md 5.1 and 5.2. Which of k, l and m is which condition of the printer is not said: they stay raw.
/// `z` is named for sk9000 only; in ademco8000 it is inferred. `{ }` and the operator's codes are sk9000's alone.
const TABLE: &[Meaning] = &[
    row(b'a', "power up", Some(*b"RR"), Status, New, Nothing),
    row(b'g', "queue warning", Some(*b"JL"), Status, New, Nothing),
    row(b'h', "queue warning off", None, Status, Restore, Nothing),
    row(b'i', "queue full", Some(*b"JO"), Status, New, Nothing),
    row(b'j', "queue full off", None, Status, Restore, Nothing),
    row(b'k', "printer", None, Trouble, New, Nothing),
    row(b'l', "printer", None, Trouble, New, Nothing),
    row(b'm', "printer", None, Trouble, New, Nothing),
    row(b'n', "line card added", None, Status, New, Card),
    row(b'o', "line card removed", None, Status, New, Card),
    row(b'p', "line card trouble", Some(*b"YD"), Trouble, New, Card),
    row(b'q', "phone line trouble", Some(*b"LT"), Trouble, New, Card),
    row(
        b'r',
        "line card trouble restore",
        Some(*b"YE"),
        Trouble,
        Restore,
        Card,
    ),
    row(
        b's',
        "phone line trouble restore",
        Some(*b"LR"),
        Trouble,
        Restore,
        Card,
    ),
    row(b'w', "AC lost", Some(*b"AT"), Trouble, New, Nothing),
    row(b'x', "AC back", Some(*b"AR"), Trouble, Restore, Nothing),
    row(b'y', "battery trouble", Some(*b"YT"), Trouble, New, Model),
    row(
        b'z',
        "battery restore",
        Some(*b"YR"),
        Trouble,
        Restore,
        Model,
    ),
    row(
        b'{',
        "computer trouble",
        Some(*b"YC"),
        Trouble,
        New,
        Nothing,
    ),
    row(
        b'}',
        "computer restore",
        Some(*b"YK"),
        Trouble,
        Restore,
        Nothing,
    ),
    row(0x7E, "operator off", None, Status, New, Nothing),
    row(0x7F, "operator on", None, Status, New, Nothing),
];

impl SystemCode {
    /// Computer trouble (sk9000): our acknowledgements failed twice.
    pub const COMPUTER_TROUBLE: Self = Self(b'{');
    /// The computer answers again (sk9000).
    pub const COMPUTER_RESTORE: Self = Self(b'}');
    /// AC lost.
    pub const AC_LOST: Self = Self(b'w');
    /// Line card trouble.
    pub const CARD_TROUBLE: Self = Self(b'p');

    /// Any graphic character, or 7Fh; `None` for what can't stand there.
    #[must_use]
    pub const fn new(byte: u8) -> Option<Self> {
        match byte {
            b'"' => None,
            b'!'..=0x7F => Some(Self(byte)),
            _ => None,
        }
    }

    /// The code of a dialect whose customary SIA code that is.
    #[must_use]
    pub fn from_sia(sia: [u8; 2], dialect: Dialect) -> Option<Self> {
        let row = TABLE.iter().find(|row| row.sia == Some(sia))?;
        Some(Self(row.code)).filter(|code| code.meaning(dialect).is_some())
    }

    /// The character.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// What it stands for; `None` for a character that the documents do not explain in that dialect.
    #[must_use]
    pub fn meaning(self, dialect: Dialect) -> Option<&'static Meaning> {
        let known = dialect == Dialect::Sk9000 || self.0 < b'{';
        TABLE.iter().find(|row| known && row.code == self.0)
    }

    /// Whether a line card follows it.
    #[must_use]
    pub fn names_card(self) -> bool {
        self.names(Card)
    }

    /// Whether a model follows it.
    #[must_use]
    pub fn names_model(self) -> bool {
        self.names(Model)
    }

    fn names(self, detail: Detail) -> bool {
        let row = TABLE.iter().find(|row| row.code == self.0);
        row.is_some_and(|row| row.detail == detail)
    }
}
