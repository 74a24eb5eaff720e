use arrayvec::ArrayVec;

use super::frame::ROUND;
use crate::codec::contact_id::Digit;

/// What one more round of pulses says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Agreement {
    /// The first: wait for another.
    First,
    /// Like the one before: the digits are good.
    Agreed,
    /// Unlike the one before: wait for another, to be compared with this one.
    Differs,
}

/// Two equal rounds in succession are good: the only check of pulse formats without parity (contact-id.md 7).
///
/// ```
/// use alarmwire::codec::{contact_id::Digit, pulse::{Agreement, TwoRounds}};
///
/// let round = |text: &str| text.bytes().filter_map(Digit::new).collect::<Vec<_>>();
/// let mut rounds = TwoRounds::default();
/// assert_eq!(rounds.push(&round("1243")), Agreement::First);
/// assert_eq!(rounds.push(&round("1233")), Agreement::Differs);
/// assert_eq!(rounds.push(&round("1233")), Agreement::Agreed);
/// assert_eq!(rounds.push(&round("1233")), Agreement::First, "a new report");
/// ```
#[derive(Clone, Debug, Default)]
pub struct TwoRounds {
    last: Option<ArrayVec<Digit, ROUND>>,
}

impl TwoRounds {
    /// Takes one round; digits beyond the longest round of any format can't agree with anything.
    pub fn push(&mut self, round: &[Digit]) -> Agreement {
        let mut kept = ArrayVec::new();
        if kept.try_extend_from_slice(round).is_err() {
            self.last = None;
            return Agreement::Differs;
        }
        match self.last.replace(kept) {
            None => Agreement::First,
            last if last == self.last => {
                self.last = None;
                Agreement::Agreed
            }
            Some(_) => Agreement::Differs,
        }
    }

    /// Forgets the last round: the line was hung up.
    pub fn clear(&mut self) {
        self.last = None;
    }
}
