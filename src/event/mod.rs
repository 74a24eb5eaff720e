//! The neutral event: what every protocol's frames are turned into, and the code tables that give it meaning.

mod class;
mod code;
mod lookup;
mod raw;
mod restore;
mod rows;
mod tables;
mod translate;

pub use class::{Class, Function, InvalidLane, Lane};
pub use code::{CidRole, EventCode, InvalidCode, InvalidQualifier, Qualifier, SiaAddress};
pub use raw::raw;
pub use restore::Candidates;
pub use rows::{CidCode, SiaCode};
pub use tables::{CID_CODES, SIA_CODES};
pub use translate::{
    Equivalent, HexA, Join, Loss, Losses, Pairing, Profile, Refusal, SiaPair, SiaPlaces,
    Translation, ZoneBase,
};

use crate::types::{AccountId, Partition, Timestamp, User, Zone};

/// One event of a panel, borrowed from the frame that carried it.
///
/// `lane` is that of the code alone; a restore rides in the lane of the condition that it closes, which
/// the journal knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AlarmEvent<'a> {
    /// The data account where one stands, else the header's.
    pub account: Option<AccountId<'a>>,
    /// The code as the protocol spells it.
    pub code: EventCode<'a>,
    /// New, restore, status, or the digit as received.
    pub qualifier: Qualifier,
    /// From the code tables, or the port's table for letters.
    pub class: Class,
    /// From the class; for unknown codes from the rules of contracts 2.
    pub lane: Lane,
    /// `None` for "none" (00 and the like).
    pub partition: Option<Partition<'a>>,
    /// The zone or device, when the code names one.
    pub zone: Option<Zone<'a>>,
    /// The user, when the code names one.
    pub user: Option<User<'a>>,
    /// Text as sent, not decoded: see [`decode_text`].
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_bytes")
    )]
    pub text: Option<&'a [u8]>,
    /// When it happened, where the frame says so (extended field H, or `ti` and `da`).
    pub time: Option<Timestamp>,
}

impl<'a> AlarmEvent<'a> {
    /// An event with the class and lane of its code and nothing else set.
    #[must_use]
    pub fn new(code: EventCode<'a>, qualifier: Qualifier) -> Self {
        let (class, lane) = code.class_and_lane(qualifier);
        Self {
            account: None,
            code,
            qualifier,
            class,
            lane,
            partition: None,
            zone: None,
            user: None,
            text: None,
            time: None,
        }
    }

    /// The alarm function, when the class is one.
    #[must_use]
    pub const fn function(&self) -> Option<Function> {
        self.class.function()
    }
}

/// Text of a panel for people: UTF-8 where it is valid, else Windows-1252 (dc09.md 5).
#[must_use]
pub fn decode_text(bytes: &[u8]) -> alloc::borrow::Cow<'_, str> {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match core::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes
            .iter()
            .map(|b| {
                b.checked_sub(0x80)
                    .and_then(|i| HIGH.get(usize::from(i)))
                    .copied()
                    .unwrap_or(char::from(*b))
            })
            .collect::<alloc::string::String>()
            .into(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_is_utf8_or_else_windows_1252() {
        assert_eq!(super::decode_text("Größe".as_bytes()), "Größe");
        assert_eq!(super::decode_text(b"Gr\xf6\xdfe \x80"), "Größe €");
    }
}
