use alloc::borrow::Cow;

use crate::{
    codec::Letter,
    event::{Class, Qualifier},
};

/// One event field of 6500 mode, and what it means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct EventField {
    /// The two characters as they stand: ` A` is another field than `A `.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub field: [u8; 2],
    /// What they mean.
    pub meaning: Letter,
}

/// What the two-character event fields of one port mean: receivers are programmed, so this is configuration.
///
/// ```
/// use alarmwire::{Class, Qualifier, codec::bosch6500::EventTable};
///
/// let mut table = EventTable::default();
/// assert_eq!(table.get(*b" F").map(|meaning| meaning.class), Some(Class::Fire));
/// assert!(table.set(*b"P ", Class::HoldUp, Qualifier::New));
/// assert_eq!(table.get(*b"P ").map(|meaning| meaning.class), Some(Class::HoldUp));
/// assert_eq!(table.get(*b" P"), None);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct EventTable(Cow<'static, [EventField]>);

const fn field(field: [u8; 2], class: Class, qualifier: Qualifier) -> EventField {
    let user = matches!(class, Class::OpenClose);
    let meaning = Letter {
        class,
        qualifier,
        user,
    };
    EventField { field, meaning }
}

/// serial-receivers.md 4.2; the last three stand where the receiver's fire option is on.
static DEFAULTS: [EventField; 9] = [
    field(*b" A", Class::Burglary, Qualifier::New),
    field(*b" R", Class::Burglary, Qualifier::Restore),
    field(*b" T", Class::Trouble, Qualifier::New),
    field(*b" O", Class::OpenClose, Qualifier::New),
    field(*b" C", Class::OpenClose, Qualifier::Restore),
    field(*b" N", Class::Bypass, Qualifier::New),
    field(*b" F", Class::Fire, Qualifier::New),
    field(*b"G ", Class::Trouble, Qualifier::New),
    field(*b"H ", Class::Fire, Qualifier::Restore),
];

impl Default for EventTable {
    fn default() -> Self {
        Self::DEFAULT.clone()
    }
}

impl EventTable {
    /// ` A` alarm (burglary), ` R` restoral, ` T` trouble, ` O` open, ` C` close, ` N` bypass, ` F` fire alarm, `G ` fire
    /// trouble, `H ` fire restoral (serial-receivers.md 4.2).
    pub const DEFAULT: &'static Self = &Self(Cow::Borrowed(&DEFAULTS));

    /// What a field means; `None` for one that nobody explained.
    #[must_use]
    pub fn get(&self, field: [u8; 2]) -> Option<Letter> {
        let known = self.0.iter().find(|known| known.field == field);
        known.map(|known| known.meaning)
    }

    /// Gives a field its meaning on this port. Returns whether the two characters can stand there: printable, and not
    /// both blank.
    pub fn set(&mut self, two: [u8; 2], class: Class, qualifier: Qualifier) -> bool {
        let printable = |b: &u8| b.is_ascii_graphic() || *b == b' ';
        if two == *b"  " || !two.iter().all(printable) {
            return false;
        }
        let new = field(two, class, qualifier);
        let fields = self.0.to_mut();
        match fields.iter_mut().find(|known| known.field == two) {
            Some(known) => *known = new,
            None => fields.push(new),
        }
        true
    }

    /// All that are known, in no order of weight.
    pub fn iter(&self) -> impl Iterator<Item = &EventField> {
        self.0.iter()
    }
}

/// The field as the text of a code: the blank in front of a single letter is left out, one behind it stays, since
/// `G ` and ` G` are two fields.
pub(crate) fn code_text(field: &[u8; 2]) -> &str {
    let text = match field {
        [b' ', last] => core::slice::from_ref(last),
        both => both,
    };
    core::str::from_utf8(text).unwrap_or("?")
}

/// The field that has this text as its code.
pub(crate) fn field_of(text: &str) -> Option<[u8; 2]> {
    let field = match *text.as_bytes() {
        [last] => [b' ', last],
        [first, last] if first != b' ' => [first, last],
        _ => return None,
    };
    let printable = |b: &u8| b.is_ascii_graphic() || *b == b' ';
    (field != *b"  " && field.iter().all(printable)).then_some(field)
}
