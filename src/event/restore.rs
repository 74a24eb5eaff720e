//! Which conditions an event opens, and which ones a restore may close.

use super::{AlarmEvent, Class, EventCode, Qualifier};

/// The codes that a restore may close; see [`EventCode::restores`].
#[derive(Clone, Debug)]
pub struct Candidates {
    sia: core::slice::Iter<'static, [u8; 2]>,
    contact_id: Option<[u8; 3]>,
}

impl Iterator for Candidates {
    type Item = EventCode<'static>;

    fn next(&mut self) -> Option<Self::Item> {
        let contact_id = self.contact_id.take().map(|code| EventCode::ContactId {
            qualifier: b'1',
            code,
        });
        contact_id.or_else(|| self.sia.next().copied().map(EventCode::Sia))
    }
}

impl EventCode<'_> {
    /// The conditions that this event may close: for SIA those of the table's `restore_of`, for Contact ID with
    /// qualifier 3 the same code new. Empty for an event that is no restore.
    ///
    /// ```
    /// use alarmwire::{EventCode, Qualifier};
    ///
    /// let candidates = EventCode::Sia(*b"BR").restores(Qualifier::Restore);
    /// assert!(candidates.eq([EventCode::Sia(*b"BA"), EventCode::Sia(*b"BT")]));
    /// ```
    #[must_use]
    pub fn restores(self, qualifier: Qualifier) -> Candidates {
        let sia = self.sia().map_or(&[][..], |row| row.restore_of).iter();
        let contact_id = match self {
            Self::ContactId { code, .. } if qualifier == Qualifier::Restore => Some(code),
            _ => None,
        };
        Candidates { sia, contact_id }
    }

    /// Whether this event opens a condition that a later event may close: a new event that another SIA code restores, or
    /// a new Contact ID event of a class with conditions. Openings, access, tests and status reports open none.
    #[must_use]
    pub fn opens(self, qualifier: Qualifier) -> bool {
        if qualifier != Qualifier::New {
            return false;
        }
        match self {
            Self::Sia(_) => self.sia().is_some_and(|row| !row.restored_by.is_empty()),
            Self::ContactId { .. } => !matches!(
                self.class_and_lane(qualifier).0,
                Class::OpenClose | Class::Access | Class::Test | Class::Status
            ),
            Self::Raw { .. } => false,
        }
    }
}

impl AlarmEvent<'_> {
    /// Whether it opens a condition of its account, partition and zone that a later restore closes.
    #[must_use]
    pub fn opens(&self) -> bool {
        self.code.opens(self.qualifier)
    }

    /// Whether it may close a condition: then it rides in that one's lane, and with none open in its own `lane`, which
    /// is the most urgent one of its candidates.
    #[must_use]
    pub fn is_restore(&self) -> bool {
        self.code.restores(self.qualifier).next().is_some()
    }

    /// Whether it closes a condition that was opened with the code `open` (of the same account, partition and zone).
    #[must_use]
    pub fn closes(&self, open: EventCode<'_>) -> bool {
        self.code
            .restores(self.qualifier)
            .any(|candidate| candidate == open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lane;

    fn event(code: &'static str) -> AlarmEvent<'static> {
        let code = EventCode::parse(code).unwrap();
        let qualifier = match code {
            EventCode::ContactId { qualifier, .. } => Qualifier::from_digit(qualifier),
            _ => code.sia_qualifier(false),
        };
        AlarmEvent::new(code, qualifier)
    }

    #[test]
    fn a_restore_without_an_open_condition_takes_the_most_urgent_candidate() {
        assert_eq!(event("sia:BR").lane, Lane::Intrusion);
        assert_eq!(event("sia:FR").lane, Lane::LifeSafety);
        assert_eq!(event("sia:BJ").lane, Lane::Service);
        assert_eq!(event("cid:3110").lane, Lane::LifeSafety);
        assert_eq!(event("cid:3602").lane, Lane::Routine);
    }

    #[test]
    fn alarms_open_and_their_restores_close_them() {
        for (open, restore) in [
            ("sia:BA", "sia:BR"),
            ("sia:BT", "sia:BR"),
            ("sia:FA", "sia:FH"),
            ("cid:1130", "cid:3130"),
        ] {
            assert!(event(open).opens() && !event(open).is_restore(), "{open}");
            assert!(
                event(restore).is_restore() && !event(restore).opens(),
                "{restore}"
            );
            assert!(
                event(restore).closes(event(open).code),
                "{restore} closes {open}"
            );
        }
        assert!(!event("sia:BH").closes(event("sia:BT").code));
        assert!(!event("cid:3130").closes(event("cid:1131").code));
    }

    #[test]
    fn openings_tests_and_status_reports_open_no_condition() {
        for code in [
            "sia:OP", "sia:CL", "sia:RP", "cid:1401", "cid:1602", "cid:6130", "sia:QQ",
        ] {
            assert!(!event(code).opens(), "{code}");
        }
        assert!(
            !AlarmEvent::new(
                EventCode::Sia(*b"BA"),
                EventCode::Sia(*b"BA").sia_qualifier(true)
            )
            .opens()
        );
    }
}
