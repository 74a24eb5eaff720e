//! What a translation loses, and why it is refused.

use core::fmt;

use crate::{
    error::EncodeError,
    event::{AlarmEvent, Class},
};

/// Something of an event that a frame in another protocol does not carry.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
#[repr(u8)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Loss {
    /// The event's text.
    Text,
    /// The time at which it happened.
    Time,
    /// The user, where a zone stands in the only place.
    User,
    /// The zone, where a user stands in the only place, or as it is told in the text only.
    Zone,
    /// The partition.
    Partition,
    /// What kind of detector or detail the code told (131 and 134 are both BA): translated back it is another code.
    Detail,
    /// That it was reported before.
    Status,
    /// Whether something begins or ends: the other format has one code for both (YG for 1306 and 3306).
    Qualifier,
    /// What it is about: the other format's code is of another class (a technical alarm is shown as untyped). Never the
    /// class of an alarm function: that is refused.
    Class,
    /// Digits of the account, which the receiver's settings allow to cut or to change.
    Account,
}

impl Loss {
    /// Every value, in order.
    pub const ALL: [Self; 10] = [
        Self::Text,
        Self::Time,
        Self::User,
        Self::Zone,
        Self::Partition,
        Self::Detail,
        Self::Status,
        Self::Qualifier,
        Self::Class,
        Self::Account,
    ];

    /// The word in reports and documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Time => "time",
            Self::User => "user",
            Self::Zone => "zone",
            Self::Partition => "partition",
            Self::Detail => "detail",
            Self::Status => "status",
            Self::Qualifier => "qualifier",
            Self::Class => "class",
            Self::Account => "account",
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What was lost, as a set.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub struct Losses(u16);

impl Losses {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// Adds one.
    pub const fn note(&mut self, loss: Loss) {
        self.0 |= 1 << loss as u16;
    }

    /// With one more, if `lost`.
    #[must_use]
    pub const fn with(mut self, loss: Loss, lost: bool) -> Self {
        if lost {
            self.note(loss);
        }
        self
    }

    /// Whether it holds `loss`.
    #[must_use]
    pub const fn has(self, loss: Loss) -> bool {
        self.0 & 1 << loss as u16 != 0
    }

    /// Whether all was carried.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// With the text and the time of an event, if it has them: for frames that have no place for either. A translation
    /// keeps both, since some frames around a Contact ID event can carry them (DC-09's extended data).
    #[must_use]
    pub const fn with_text_and_time(self, event: &AlarmEvent<'_>) -> Self {
        self.with(Loss::Text, event.text.is_some())
            .with(Loss::Time, event.time.is_some())
    }

    /// Each, in order.
    pub fn iter(self) -> impl Iterator<Item = Loss> {
        Loss::ALL.into_iter().filter(move |loss| self.has(*loss))
    }
}

impl FromIterator<Loss> for Losses {
    fn from_iter<I: IntoIterator<Item = Loss>>(losses: I) -> Self {
        let all = losses.into_iter();
        all.fold(Self::NONE, |set, loss| set.with(loss, true))
    }
}

/// A list of words.
#[cfg(feature = "serde")]
impl serde::Serialize for Losses {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Losses {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = alloc::vec::Vec::<Loss>::deserialize(deserializer)?;
        Ok(all.into_iter().collect())
    }
}

impl fmt::Debug for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl fmt::Display for Losses {
    /// The words with commas between them; nothing for an empty set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, loss) in self.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{loss}")?;
        }
        Ok(())
    }
}

/// Why a protocol can't carry an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Refusal {
    /// The other format has no code for it.
    #[error("there is no {0} code for this event")]
    NoCode(&'static str),
    /// An address or area that does not fit, and would name another place if it were cut.
    #[error("{field} has no place in {protocol}")]
    NoPlace {
        /// Which field.
        field: &'static str,
        /// In which protocol.
        protocol: &'static str,
    },
    /// An alarm function would become something else.
    #[error("a {from} event would become {to}")]
    Demotion {
        /// What it is.
        from: Class,
        /// What the other format's code would say.
        to: Class,
    },
    /// It would be taken for something that did not happen.
    #[error("it would be taken for {0}")]
    Misleading(&'static str),
    /// The protocol carries no events of that kind.
    #[error("{0} carries no such event")]
    Protocol(&'static str),
    /// A field can't be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let mut all = Losses::NONE;
        for loss in Loss::ALL {
            assert!(!all.has(loss));
            all.note(loss);
            assert!(all.has(loss));
        }
        let two = Losses::NONE
            .with(Loss::Account, true)
            .with(Loss::Text, true);
        assert_eq!(two.to_string(), "text, account");
        assert_eq!(two.union(all), all);
        assert_eq!(Losses::NONE.to_string(), "");
    }
}
