//! Contact ID and SIA, one into the other on the neutral event; what is lost is told, what would mislead is refused.

use core::fmt;

use super::{AlarmEvent, EventCode};
use crate::error::EncodeError;

/// Something of an event that a frame in another protocol does not carry.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
#[repr(u8)]
pub enum Loss {
    /// The event's text.
    Text,
    /// The time at which it happened.
    Time,
    /// The user, where a zone stands in the only place.
    User,
    /// The zone, where a user stands in the only place, or as it is too long.
    Zone,
    /// The partition.
    Partition,
    /// What kind of detector or detail the code told (131 and 134 are both BA).
    Detail,
    /// That it was reported before.
    Status,
}

/// What was lost, as a set.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub struct Losses(u8);

impl Losses {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// Adds one.
    pub const fn note(&mut self, loss: Loss) {
        self.0 |= 1 << loss as u8;
    }

    /// Whether it holds `loss`.
    #[must_use]
    pub const fn has(self, loss: Loss) -> bool {
        self.0 & 1 << loss as u8 != 0
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
}

impl fmt::Debug for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ALL: [Loss; 7] = [
            Loss::Text,
            Loss::Time,
            Loss::User,
            Loss::Zone,
            Loss::Partition,
            Loss::Detail,
            Loss::Status,
        ];
        f.debug_set()
            .entries(ALL.into_iter().filter(|loss| self.has(*loss)))
            .finish()
    }
}

/// Why a protocol can't carry an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
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
    /// The protocol carries no events of that kind.
    #[error("{0} carries no such event")]
    Protocol(&'static str),
    /// A field can't be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// How one receiver's events are translated.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Translation {}

impl Translation {
    /// The customary tables, decimal zones, no fallback.
    pub const STANDARD: Self = Self {};

    /// Hands out the event with a Contact ID code, and what it lost.
    ///
    /// # Errors
    /// When there is no such code, or a field would have to be cut.
    pub fn contact_id<R>(
        &self,
        event: &AlarmEvent<'_>,
        then: impl FnOnce(&AlarmEvent<'_>, Losses) -> R,
    ) -> Result<R, Refusal> {
        match event.code {
            EventCode::ContactId { .. } => Ok(then(event, Losses::NONE)),
            _ => Err(Refusal::NoCode("Contact ID")),
        }
    }

    /// Hands out the event with a SIA code, and what it lost.
    ///
    /// # Errors
    /// When there is no such code, or a field would have to be cut.
    pub fn sia<R>(
        &self,
        event: &AlarmEvent<'_>,
        then: impl FnOnce(&AlarmEvent<'_>, Losses) -> R,
    ) -> Result<R, Refusal> {
        match event.code {
            EventCode::Sia(_) => Ok(then(event, Losses::NONE)),
            _ => Err(Refusal::NoCode("SIA")),
        }
    }
}
