use core::fmt;

use super::{Protocol, Quirks};
use crate::{
    event::AlarmEvent,
    types::{AccountId, Sequence, Timestamp},
};

/// One frame that reports something and wants storing: what every session hands to the journal, whatever its protocol.
///
/// Two signals of a protocol with a sequence are *the same* when receiver, line, account, token, sequence, data and
/// extended data agree (contracts 3); the time of sending is no part of it.
#[derive(Clone, Copy)]
pub struct Signal<'a> {
    /// The protocol, which also knows how to read the events out of it.
    pub protocol: &'static dyn Protocol,
    /// The frame's kind in the protocol's words (`ADM-CID` without the star; `5` of a serial receiver).
    pub token: Option<&'a str>,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// The sequence, in protocols that have one.
    pub sequence: Option<Sequence>,
    /// The receiver number as sent, without its letter.
    pub receiver: Option<&'a str>,
    /// The line number as sent, without its letter.
    pub line: Option<&'a str>,
    /// The header's account: decides key, acknowledgement and supervision.
    pub account: Option<AccountId<'a>>,
    /// The body in clear: what stands between the first brackets, or all of a serial frame between start and end byte.
    pub data: &'a [u8],
    /// The extended data fields as they stand, brackets included; empty when there are none.
    pub extended: &'a [u8],
    /// The time of sending, as read from the frame.
    pub sent: Option<Timestamp>,
    /// The frame as received, start and end bytes included.
    pub raw: &'a [u8],
    /// The copy may be a second one: same bytes as the line's previous frame, while our answer may have been lost.
    pub possible_repeat: bool,
    /// The account ignores time, so the journal shall remember this ciphertext for 30 days and refuse it again.
    pub remember_ciphertext: bool,
    /// Oddities that were lived with.
    pub quirks: Quirks,
}

impl<'a> Signal<'a> {
    /// A frame of which nothing is known but its bytes.
    #[must_use]
    pub const fn new(protocol: &'static dyn Protocol, raw: &'a [u8]) -> Self {
        Self {
            protocol,
            token: None,
            encrypted: false,
            sequence: None,
            receiver: None,
            line: None,
            account: None,
            data: raw,
            extended: &[],
            sent: None,
            raw,
            possible_repeat: false,
            remember_ciphertext: false,
            quirks: Quirks::NONE,
        }
    }

    /// Hands out the events, in order and never none, each with the data that would carry it alone.
    pub fn events(&self, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        self.protocol.events(self, each);
    }
}

/// Of the data only how much there is: passcodes of users stand in some of them.
impl fmt::Debug for Signal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal")
            .field("protocol", &self.protocol.name())
            .field("token", &self.token)
            .field("encrypted", &self.encrypted)
            .field("sequence", &self.sequence)
            .field("receiver", &self.receiver)
            .field("line", &self.line)
            .field("account", &self.account)
            .field("data", &format_args!("{} bytes", self.data.len()))
            .field("quirks", &self.quirks)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "dc03"))]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn a_signal_prints_no_passcode() {
        let signal = Signal::new(&crate::codec::dc03::Dc03, b"PUC1*4711");
        assert!(!format!("{signal:?}").contains("4711"));
    }
}
