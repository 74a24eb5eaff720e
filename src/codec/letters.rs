//! What the event letters of receivers' basic formats mean: shared by every protocol that prints them.

use crate::event::{Class, Qualifier};

/// What one event letter of a basic-format frame means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Letter {
    /// What it is about; decides the lane.
    pub class: Class,
    /// Whether something begins, ends, or is only told.
    pub qualifier: Qualifier,
    /// Whether the code behind it is a user (openings and closings), not a zone.
    pub user: bool,
}

/// What the event letters of basic-format frames mean on one port: receivers are programmed, so this is configuration.
///
/// ```
/// use alarmwire::{Class, Qualifier, codec::LetterTable};
///
/// let mut letters = LetterTable::DEFAULT;
/// assert_eq!(letters.get(b'A').map(|l| l.class), Some(Class::Burglary));
/// letters.set(b'P', Class::HoldUp, Qualifier::New);
/// assert_eq!(letters.get(b'p').map(|l| l.class), Some(Class::HoldUp));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LetterTable([Option<Letter>; 26]);

impl Default for LetterTable {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const fn letter(class: Class, qualifier: Qualifier) -> Option<Letter> {
    Some(Letter {
        class,
        qualifier,
        user: matches!(class, Class::OpenClose),
    })
}

impl LetterTable {
    /// A alarm (burglary), R restore, T trouble, O open, C close, B bypass, H unbypass, F cancel, P two-way audio
    /// (serial-receivers.md 1.3).
    pub const DEFAULT: Self = Self([
        letter(Class::Burglary, Qualifier::New),      // A
        letter(Class::Bypass, Qualifier::New),        // B
        letter(Class::OpenClose, Qualifier::Restore), // C
        None,
        None,
        letter(Class::Status, Qualifier::New), // F
        None,
        letter(Class::Bypass, Qualifier::Restore), // H
        None,
        None,
        None,
        None,
        None,
        None,
        letter(Class::OpenClose, Qualifier::New), // O
        letter(Class::Status, Qualifier::New),    // P
        None,
        letter(Class::Burglary, Qualifier::Restore), // R
        None,
        letter(Class::Trouble, Qualifier::New), // T
        None,
        None,
        None,
        None,
        None,
        None,
    ]);

    fn index(letter: u8) -> Option<usize> {
        letter
            .to_ascii_uppercase()
            .checked_sub(b'A')
            .map(usize::from)
    }

    /// What a letter means; `None` for one that nobody explained.
    #[must_use]
    pub fn get(&self, letter: u8) -> Option<Letter> {
        *self.0.get(Self::index(letter)?)?
    }

    /// Gives a letter its meaning on this port. Returns whether it is a letter from A to Z.
    pub fn set(&mut self, letter: u8, class: Class, qualifier: Qualifier) -> bool {
        let Some(slot) = Self::index(letter).and_then(|i| self.0.get_mut(i)) else {
            return false;
        };
        *slot = Some(Letter {
            class,
            qualifier,
            user: class == Class::OpenClose,
        });
        true
    }
}
