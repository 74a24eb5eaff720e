//! Which conditions an event opens, and which ones a restore may close.

use super::{AlarmEvent, Class, EventCode, Lane, Qualifier};

/// The codes that a restore may close; see [`EventCode::restores`].
#[derive(Clone, Debug)]
pub struct Candidates {
    sia: core::slice::Iter<'static, [u8; 2]>,
    contact_id: Option<[u8; 3]>,
}

impl Iterator for Candidates {
    type Item = EventCode<'static>;

    fn next(&mut self) -> Option<Self::Item> {
        let contact_id = self.contact_id.take().map(|code| EventCode::ContactId { qualifier: b'1', code });
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

    /// Whether this event opens a condition that a later event may close.
    #[must_use]
    pub fn opens(self, qualifier: Qualifier) -> bool {
        let _ = qualifier;
        todo!()
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
        let _ = (Class::Test, Lane::Routine);
        self.code.restores(self.qualifier).any(|candidate| candidate == open)
    }
}
