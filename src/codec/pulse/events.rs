use crate::{
    codec::{Letter, contact_id::Digit},
    event::{Class, Qualifier},
};

/// What the event digits of pulse and Express formats mean on one line: panels are programmed, so this is configuration.
/// Without a word on a digit, its event is class status in lane 1.
///
/// ```
/// use alarmwire::{Class, Qualifier, codec::{contact_id::Digit, pulse::EventDigits}};
///
/// let mut digits = EventDigits::DEFAULT;
/// let one = Digit::new(b'1').expect("a digit");
/// assert!(digits.get(one).is_none());
/// digits.set(one, Class::Fire, Qualifier::New);
/// assert_eq!(digits.get(one).map(|kind| kind.class), Some(Class::Fire));
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EventDigits([Option<Letter>; 15]);

impl EventDigits {
    /// Nothing is known of any digit.
    pub const DEFAULT: Self = Self([None; 15]);

    /// What a digit means.
    #[must_use]
    pub fn get(&self, digit: Digit) -> Option<Letter> {
        let place = usize::from(digit.value()).checked_sub(1)?;
        *self.0.get(place)?
    }

    /// Gives a digit its meaning; of openings and closings the zone digit is a user.
    pub fn set(&mut self, digit: Digit, class: Class, qualifier: Qualifier) {
        let place = usize::from(digit.value()).checked_sub(1);
        if let Some(slot) = place.and_then(|place| self.0.get_mut(place)) {
            *slot = Some(Letter {
                class,
                qualifier,
                user: class == Class::OpenClose,
            });
        }
    }
}
