use alloc::boxed::Box;
use core::{fmt, time::Duration};

use arrayvec::ArrayString;

#[cfg(feature = "crypto")]
use crate::codec::dc09::Key;
use crate::{
    codec::dc03::{Controls, secret},
    codec::dc09::{Content, Counting, CrcForm, Extended, LineForm, Profile},
    types::{AccountId, LineNumber, ReceiverNumber, Sequence},
};

/// As whom a [`Transmitter`](super::Transmitter) speaks.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(super) account: ArrayString<16>,
    pub(super) receiver: Option<ArrayString<16>>,
    pub(super) line: ArrayString<16>,
    #[cfg(feature = "crypto")]
    pub(super) key: Option<Key>,
    /// The key before a change, until an answer came under the new one.
    #[cfg(feature = "crypto")]
    pub(super) previous_key: Option<Key>,
    pub(super) profile: Profile,
}

impl Identity {
    /// An account that speaks in clear, on line `0`, without a receiver number, with a hex CRC and with its time of
    /// sending.
    #[must_use]
    pub fn new(account: AccountId<'_>) -> Self {
        Self {
            account: ArrayString::from(account.as_str()).unwrap_or_default(),
            receiver: None,
            line: ArrayString::from("0").unwrap_or_default(),
            #[cfg(feature = "crypto")]
            key: None,
            #[cfg(feature = "crypto")]
            previous_key: None,
            profile: Profile::STANDARD,
        }
    }

    /// With a key: everything goes out encrypted, and only encrypted acknowledgements count.
    #[cfg(feature = "crypto")]
    #[must_use]
    pub fn with_key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// With a receiver number.
    #[must_use]
    pub fn with_receiver(mut self, receiver: ReceiverNumber<'_>) -> Self {
        self.receiver = ArrayString::from(receiver.as_str()).ok();
        self
    }

    /// With another line number than `0`.
    #[must_use]
    pub fn with_line(mut self, line: LineNumber<'_>) -> Self {
        self.line = ArrayString::from(line.as_str()).unwrap_or_default();
        self
    }

    /// With the habits of a profile. The builders below change one habit each, so this one goes first.
    #[must_use]
    pub const fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// With another form of the CRC than hex.
    #[must_use]
    pub const fn with_crc(mut self, crc: CrcForm) -> Self {
        self.profile.crc = crc;
        self
    }

    /// With pads of 1 to 16 bytes, for receivers that expect the form of 2013.
    #[must_use]
    pub const fn with_short_pad(mut self) -> Self {
        self.profile.short_pad = true;
        self
    }

    /// Without the time of sending in clear frames (encrypted ones always have it).
    #[must_use]
    pub const fn without_time(mut self) -> Self {
        self.profile.stamp = false;
        self
    }

    /// With whatever account, numbers and letters it is given, as panels with habits send them.
    #[must_use]
    pub const fn lenient(mut self) -> Self {
        self.profile.lenient = true;
        self
    }

    /// The sequence behind `last` for an event, or for a NULL.
    pub(super) const fn sequence(&self, last: Sequence, null: bool) -> Sequence {
        let counting = if null {
            self.profile.null_sequence
        } else {
            self.profile.sequence
        };
        match counting {
            Counting::Running => last.next(),
            Counting::Zero => Sequence::ZERO,
        }
    }

    /// Whether an answer may have that line: as we write it; a receiver puts `L0` where we have none.
    pub(super) fn is_line(&self, line: Option<&str>) -> bool {
        match self.profile.line {
            LineForm::Bare => line == Some(""),
            LineForm::Absent => matches!(line, None | Some("0")),
            _ => line.is_some_and(|line| line.eq_ignore_ascii_case(&self.line)),
        }
    }

    /// Whether an answer may have that account.
    pub(super) fn is_account(&self, account: Option<&str>) -> bool {
        match account {
            None => !self.profile.header_account,
            Some(account) => account.eq_ignore_ascii_case(&self.account),
        }
    }

    pub(super) const fn is_keyed(&self) -> bool {
        #[cfg(feature = "crypto")]
        let keyed = self.key.is_some();
        #[cfg(not(feature = "crypto"))]
        let keyed = false;
        keyed
    }

    /// Without `|` before the data of empty encrypted messages.
    #[must_use]
    pub const fn without_pipe(mut self) -> Self {
        self.profile.pipe = false;
        self
    }
}

/// How long a [`Transmitter`](super::Transmitter) waits, and how often it tries. Shared by many.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timing {
    /// How long an answer is waited for: 1 to 60 s, taken into that range; 5 s unless told otherwise.
    pub wait: Duration,
    /// How often a frame is sent to one address before the other is tried: 3.
    pub tries: u8,
    /// Whether there is a backup address.
    pub backup: bool,
    /// Pause after every address was tried in vain; doubles each time.
    pub pause: Duration,
    /// What the pause grows to.
    pub longest_pause: Duration,
    /// After how many rounds over all addresses a frame is given up; `None`: never.
    pub rounds: Option<u32>,
    /// How often a frame is repeated because of a NAK before it is given up.
    pub naks: u8,
    /// How long the backup address is used before the main one is tried again.
    pub return_after: Duration,
    /// Send a NULL when nothing else was sent for so long.
    pub supervise: Option<Duration>,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(5),
            tries: 3,
            backup: false,
            pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(60),
            rounds: None,
            naks: 3,
            return_after: Duration::from_secs(60),
            supervise: None,
        }
    }
}

/// The content of a frame to send: what stays the same over all its tries.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The caller's name for it, given back in reports.
    pub id: u64,
    /// Its sequence, when it was chosen (and stored) before; else the next one.
    pub sequence: Option<Sequence>,
    /// Its token, without a star.
    pub token: &'a str,
    /// What stands between the first brackets.
    pub data: &'a [u8],
    /// Extended data fields, brackets included.
    pub extended: &'a [u8],
}

/// A frame is under way, and one at a time is all that a DC-09 sender may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Busy {
    /// Another frame waits for its acknowledgement.
    #[error("another frame waits for its acknowledgement")]
    Outstanding,
    /// The content can't be sent in a DC-09 frame, whenever it is tried.
    #[error("the content fits no frame: {0}")]
    Content(crate::EncodeError),
}

/// Which of a receiver's addresses.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Path {
    /// The first choice.
    #[default]
    Main,
    /// The second.
    Backup,
}

impl Path {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Main => Self::Backup,
            Self::Backup => Self::Main,
        }
    }
}

/// A frame was written and is to be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Transmit {
    /// To which address.
    pub to: Path,
    /// The caller's name for it; `None` for a NULL.
    pub id: Option<u64>,
    /// How often the frame was sent before, to any address.
    pub repeats: u32,
}

/// What became of what was sent.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Report {
    /// The receiver acknowledged the frame.
    Delivered {
        /// The caller's name for it.
        id: u64,
        /// Under which sequence.
        sequence: Sequence,
        /// Through which address.
        path: Path,
        /// When, on the monotonic clock.
        at: Duration,
    },
    /// A NULL was acknowledged.
    Supervised {
        /// Through which address.
        path: Path,
        /// When, on the monotonic clock.
        at: Duration,
    },
    /// What the receiver has to say came in place of an acknowledgement (RSP); `Delivered` or `Supervised` follows.
    Response {
        /// What stands between the first brackets, in clear.
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        data: Box<[u8]>,
        /// Its extended data fields, brackets included; without keys, which
        /// `Transmitter::poll_key` (feature `crypto`) hands out.
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        extended: Box<[u8]>,
    },
    /// The receiver answered DUH: it will never take this frame, and it is not repeated.
    Refused {
        /// The caller's name for it; `None` for a NULL.
        id: Option<u64>,
        /// By which address.
        path: Path,
    },
    /// No acknowledgement after all tries, or NAK again and again.
    GaveUp {
        /// The caller's name for it; `None` for a NULL.
        id: Option<u64>,
    },
    /// Another address is used from now on.
    PathChanged {
        /// Which.
        to: Path,
    },
    /// A NAK told the receiver's time; frames to it carry its time from now on.
    ClockOffset {
        /// Whose.
        path: Path,
        /// How far its clock is ahead of ours, in nanoseconds.
        nanos: i64,
    },
}

/// Passcodes of users, which programming may hold, stand as `***`.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered {
                id,
                sequence,
                path,
                at,
            } => f
                .debug_struct("Delivered")
                .field("id", id)
                .field("sequence", sequence)
                .field("path", path)
                .field("at", at)
                .finish(),
            Self::Supervised { path, at } => f
                .debug_struct("Supervised")
                .field("path", path)
                .field("at", at)
                .finish(),
            Self::Response { data, extended } => f
                .debug_struct("Response")
                .field("data", &secret::shown(data))
                .field("extended", &Extended::new(extended))
                .finish(),
            Self::Refused { id, path } => f
                .debug_struct("Refused")
                .field("id", id)
                .field("path", path)
                .finish(),
            Self::GaveUp { id } => f.debug_struct("GaveUp").field("id", id).finish(),
            Self::PathChanged { to } => f.debug_struct("PathChanged").field("to", to).finish(),
            Self::ClockOffset { path, nanos } => f
                .debug_struct("ClockOffset")
                .field("path", path)
                .field("nanos", nanos)
                .finish(),
        }
    }
}

impl Report {
    /// The control packets of a [`Report::Response`], for the caller to obey or not: no session executes one.
    pub fn controls(&self) -> Controls<'_> {
        let data: &[u8] = match self {
            Self::Response { data, .. } => data,
            _ => &[],
        };
        Content::new(data).controls()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn a_report_prints_no_passcode() {
        let report = Report::Response {
            data: (*b"#1234|COP1*5|PUC1*4711").into(),
            extended: (*b"[P4711][G2]").into(),
        };
        let text = format!("{report:?}");
        assert!(!text.contains("4711") && text.contains("COP1*5") && text.contains("[G2]"));
    }
}
