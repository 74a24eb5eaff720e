use core::fmt;

use arrayvec::ArrayVec;

/// The most bytes that an answer to a signal can have: an encrypted DC-09 ACK with the longest numbers.
pub(crate) const LONGEST_REPLY: usize = 200;

/// Proof that a signal is durable, or was found to be already. Only `journal::commit` makes it, after the
/// journal's own commit returned; with it a [`Ticket`] turns into an acknowledgement.
///
/// ```compile_fail
/// // Nobody else can make one, so nobody can acknowledge what is not stored.
/// let stored = alarmwire::Stored { repeat: false };
/// ```
#[derive(Debug)]
pub struct Stored {
    repeat: bool,
}

impl Stored {
    #[cfg_attr(
        not(feature = "journal"),
        allow(dead_code, reason = "only a journal makes proofs")
    )]
    pub(crate) const fn new(repeat: bool) -> Self {
        Self { repeat }
    }

    /// Whether the signal was stored before: the sender repeats itself, and no new event was made.
    #[must_use]
    pub const fn is_repeat(&self) -> bool {
        self.repeat
    }
}

/// An acknowledgement that is owed, and that only a proof of storage releases.
#[derive(Clone)]
pub struct Ticket {
    reply: ArrayVec<u8, LONGEST_REPLY>,
}

impl Ticket {
    pub(crate) fn new() -> Self {
        Self {
            reply: ArrayVec::new(),
        }
    }

    /// What a session writes the answer into.
    #[cfg(feature = "dc09")]
    pub(crate) fn room(&mut self) -> &mut ArrayVec<u8, LONGEST_REPLY> {
        &mut self.reply
    }

    /// What the session writes the answer into; bytes beyond the room are an error of the session.
    #[must_use]
    pub(crate) fn write(&mut self, reply: &[u8]) -> bool {
        self.reply.try_extend_from_slice(reply).is_ok()
    }

    /// The bytes to send to where the signal came from.
    #[must_use]
    pub fn redeem(&self, stored: &Stored) -> &[u8] {
        let _proof = stored;
        &self.reply
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").finish_non_exhaustive()
    }
}
