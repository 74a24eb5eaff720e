//! Contact ID and SIA, one into the other on the neutral event; what is lost is told, what would mislead is refused.
//!
//! There is no official mapping. The tables beside this module hold the customary pairs, [`Profile`] what makers do
//! otherwise, [`Translation`] what one receiver is set to, and [`Pairing`] remembers what is open, so that a restore is
//! told with the code of its alarm. Nothing here allocates but that memory.

mod join;
mod loss;
mod number;
mod pairing;
mod places;
mod profile;
mod to_contact_id;
mod to_sia;

use alloc::sync::Arc;

use arrayvec::ArrayString;

pub use join::Join;
pub use loss::{Loss, Losses, Refusal};
pub use number::ZoneBase;
pub use pairing::Pairing;
pub use places::SiaPlaces;
pub use profile::{Equivalent, Profile, SiaPair};

use super::{AlarmEvent, EventCode, Function, Qualifier};
use crate::types::AccountId;

/// What is done with the digit A of an account, which Contact ID's telephone block does not have (contact-id.md 6).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum HexA {
    /// It stays: whether it fits is the target's word.
    #[default]
    Keep,
    /// The event is refused.
    Refuse,
    /// It becomes 0, and the change is told as [`Loss::Account`].
    Zero,
}

/// How one receiver's events are translated.
///
/// ```
/// use alarmwire::{EventCode, AlarmEvent, Qualifier, event::{Translation, ZoneBase}, types::Zone};
///
/// let mut event = AlarmEvent::new(EventCode::parse("cid:1131")?, Qualifier::New);
/// event.zone = Zone::new("031").ok();
/// let settings = Translation::STANDARD.with_zone_base(ZoneBase::Hexadecimal);
/// settings.sia(&event, |translated, losses| {
///     assert_eq!(translated.code.to_string(), "sia:BA");
///     assert_eq!(translated.zone.map(|zone| zone.as_str()), Some("1F"));
///     assert_eq!(losses.to_string(), "detail");
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Translation {
    #[cfg_attr(feature = "serde", serde(serialize_with = "profile_name"))]
    profile: &'static Profile,
    zone_base: ZoneBase,
    #[cfg_attr(feature = "serde", serde(serialize_with = "zone_table"))]
    zone_table: Option<Arc<[(u16, u16)]>>,
    account_width: Option<u8>,
    truncate: bool,
    hex_a: HexA,
    fallback: bool,
    technical_untyped: bool,
    #[cfg_attr(feature = "serde", serde(skip))]
    open: Open,
}

#[cfg(feature = "serde")]
fn profile_name<S: serde::Serializer>(profile: &Profile, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(profile.name)
}

#[cfg(feature = "serde")]
fn zone_table<S: serde::Serializer>(
    table: &Option<Arc<[(u16, u16)]>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&table.as_deref(), serializer)
}

/// What is known of the one event that is translated next.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    /// The Contact ID code of the restore or opening, from the alarm or closing that it belongs to.
    contact_id: Option<[u8; 4]>,
    /// What a cancel report cancels.
    cancelled: Option<Function>,
}

impl Default for Translation {
    fn default() -> Self {
        Self::STANDARD
    }
}

impl Translation {
    /// The customary tables with the safer choices, decimal zones, accounts as they are, no fallback.
    pub const STANDARD: Self = Self {
        profile: &Profile::STANDARD,
        zone_base: ZoneBase::Decimal,
        zone_table: None,
        account_width: None,
        truncate: false,
        hex_a: HexA::Keep,
        fallback: false,
        technical_untyped: false,
        open: Open {
            contact_id: None,
            cancelled: None,
        },
    };

    /// With a maker's tables.
    #[must_use]
    pub const fn with_profile(mut self, profile: &'static Profile) -> Self {
        self.profile = profile;
        self
    }

    /// With zones of another base in SIA addresses.
    #[must_use]
    pub const fn with_zone_base(mut self, base: ZoneBase) -> Self {
        self.zone_base = base;
        self
    }

    /// With numbers for zones that do not fit Contact ID's three digits: pairs of the SIA zone and the Contact ID zone
    /// (1011 of a Galaxy is, say, 1). A zone whose number another one has in this table is refused.
    #[must_use]
    pub fn with_zone_table(mut self, table: impl Into<Arc<[(u16, u16)]>>) -> Self {
        self.zone_table = Some(table.into());
        self
    }

    /// With accounts of exactly that many digits: shorter ones get zeros in front, longer ones lose zeros in front and
    /// are refused if that does not do. `None`, the default, leaves accounts alone.
    #[must_use]
    pub const fn with_account_width(mut self, digits: Option<u8>) -> Self {
        self.account_width = digits;
        self
    }

    /// With accounts cut to their last four digits. Several customers may become one: only for a receiver that knows.
    #[must_use]
    pub const fn truncate_to_4(mut self, truncate: bool) -> Self {
        self.truncate = truncate;
        if truncate {
            self.account_width = Some(4);
        }
        self
    }

    /// With another treatment of the digit A in accounts.
    #[must_use]
    pub const fn with_hex_a(mut self, hex_a: HexA) -> Self {
        self.hex_a = hex_a;
        self
    }

    /// With SIA's YX and the original digits as text for what has no SIA code, and the R code of the family for a restore
    /// that has none. Off by default. Alarm functions are still refused rather than shown as a trouble.
    #[must_use]
    pub const fn with_fallback(mut self, fallback: bool) -> Self {
        self.fallback = fallback;
        self
    }

    /// With SIA's untyped alarms as 150, for a receiver whose untyped zones are known to be technical. Off by default:
    /// they are 140, a general alarm (translation.md 5).
    #[must_use]
    pub const fn with_technical_untyped(mut self, technical: bool) -> Self {
        self.technical_untyped = technical;
        self
    }

    /// Whose tables are used.
    #[must_use]
    pub const fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// Hands out the event with a Contact ID code, and what it lost: zone or user with three digits and the partition
    /// with two, `None` for none. An event that has such a code already goes as it is, but for its account.
    ///
    /// Some events become two: then `then` is called for each, unless the first call [failed](Join::failed), and what it
    /// gave back is [joined](Join::both). Text and time stay on the event: whoever writes a frame that has no place for
    /// them adds [`Losses::with_text_and_time`].
    ///
    /// # Errors
    /// When there is no such code, a field would have to be cut, or the meaning would change: `then` is not called.
    pub fn contact_id<R: Join>(
        &self,
        event: &AlarmEvent<'_>,
        then: impl FnMut(&AlarmEvent<'_>, Losses) -> R,
    ) -> Result<R, Refusal> {
        match event.code {
            EventCode::ContactId { .. } => self.as_it_is(event, then),
            EventCode::Sia(code) => to_contact_id::translate(self, event, code, then),
            EventCode::Raw { .. } => Err(Refusal::NoCode("Contact ID")),
        }
    }

    /// Hands out the event with a SIA code, and what it lost; where its numbers stand in a block is said by
    /// [`SiaPlaces`]. An event that has such a code already goes as it is, but for its account.
    ///
    /// # Errors
    /// When there is no such code, a field would have to be cut, or the meaning would change: `then` is not called.
    pub fn sia<R: Join>(
        &self,
        event: &AlarmEvent<'_>,
        then: impl FnMut(&AlarmEvent<'_>, Losses) -> R,
    ) -> Result<R, Refusal> {
        match event.code {
            EventCode::Sia(_) => self.as_it_is(event, then),
            EventCode::ContactId { qualifier, code } => {
                to_sia::translate(self, event, Qualifier::from_digit(qualifier), code, then)
            }
            EventCode::Raw { protocol, text } => to_sia::unknown(self, event, protocol, text, then),
        }
    }

    /// Hands out the event with its own code: only the account follows the settings.
    ///
    /// # Errors
    /// When the account does not fit.
    pub fn as_it_is<R>(
        &self,
        event: &AlarmEvent<'_>,
        mut then: impl FnMut(&AlarmEvent<'_>, Losses) -> R,
    ) -> Result<R, Refusal> {
        let mut scratch = ArrayString::new();
        let mut event = *event;
        let (account, losses) = self.account(event.account, &mut scratch)?;
        event.account = account;
        Ok(then(&event, losses))
    }

    fn zone_table(&self) -> &[(u16, u16)] {
        self.zone_table.as_deref().unwrap_or_default()
    }

    fn account<'s>(
        &self,
        account: Option<AccountId<'s>>,
        scratch: &'s mut ArrayString<16>,
    ) -> Result<(Option<AccountId<'s>>, Losses), Refusal> {
        let Some(id) = account else {
            return Ok((None, Losses::NONE));
        };
        let refused = |protocol| Refusal::NoPlace {
            field: "account",
            protocol,
        };
        let mut text = id.as_str();
        let mut lost = false;
        let width = self.account_width.map_or(text.len(), usize::from);
        let is_a = |c: char| matches!(c, 'A' | 'a');
        let has_a = text.contains(is_a);
        if has_a && self.hex_a == HexA::Refuse {
            return Err(refused("accounts without A"));
        }
        if text.len() == width && !(has_a && self.hex_a == HexA::Zero) {
            return Ok((account, Losses::NONE));
        }
        while text.len() > width
            && let Some(shorter) = text.strip_prefix('0')
        {
            text = shorter;
        }
        if text.len() > width {
            if !self.truncate {
                return Err(refused("the receiver's width"));
            }
            lost = true;
            text = text.get(text.len() - width..).unwrap_or(text);
        }
        for _ in text.len()..width {
            scratch
                .try_push('0')
                .map_err(|_| refused("sixteen digits"))?;
        }
        for c in text.chars() {
            let zero = is_a(c) && self.hex_a == HexA::Zero;
            lost |= zero;
            scratch
                .try_push(if zero { '0' } else { c })
                .map_err(|_| refused("sixteen digits"))?;
        }
        let account =
            AccountId::new(scratch.as_str()).map_err(|_| refused("the receiver's width"))?;
        Ok((Some(account), Losses::NONE.with(Loss::Account, lost)))
    }
}

/// Whether a code of one class may be told with a code of another.
fn may_become(from: EventCode<'_>, to: EventCode<'_>) -> Result<bool, Refusal> {
    let class = |code: EventCode<'_>| code.class_and_lane(Qualifier::New).0;
    let (from, to) = (class(from), class(to));
    if from.function().is_some() && from != to {
        return Err(Refusal::Demotion { from, to });
    }
    Ok(from == to)
}

#[cfg(test)]
mod tests;
