use super::Dialect;

/// What the computer may send while the receiver is quiet, one byte each (serial-receivers.md 5.1, 5.2).
///
/// They are built and read, never obeyed: whoever plays a receiver answers [`Answer::Refused`] to all but the link test
/// unless its owner wants otherwise.
///
/// ```
/// use alarmwire::codec::mx8000::{Answer, Command, Dialect};
///
/// let test = Command::read(0x00, Dialect::Sk9000).expect("a command");
/// assert_eq!(test, Command::link_test(Dialect::Sk9000));
/// assert_eq!((test.name(), test.answer()), ("link-test", Some(Answer::Nak)));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Command {
    dialect: Dialect,
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    byte: u8,
}

/// What a receiver answers to a command.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Answer {
    /// 06h.
    Ack,
    /// 15h; of sk9000 also the good answer to a link test.
    Nak,
    /// 1Bh: not done (ademco8000).
    Refused,
}

impl Answer {
    /// The answer that a byte is.
    #[must_use]
    pub const fn read(byte: u8) -> Option<Self> {
        match byte {
            0x06 => Some(Self::Ack),
            0x15 => Some(Self::Nak),
            0x1B => Some(Self::Refused),
            _ => None,
        }
    }

    /// The byte on the wire.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ack => 0x06,
            Self::Nak => 0x15,
            Self::Refused => 0x1B,
        }
    }
}

impl Command {
    /// The command that a byte is in `dialect`.
    #[must_use]
    pub const fn read(byte: u8, dialect: Dialect) -> Option<Self> {
        match (dialect, byte) {
            (Dialect::Sk9000, 0x00) | (Dialect::Ademco8000, 0x03..=0x05 | 0x0D | 0x48..=0x4C) => {
                Some(Self { dialect, byte })
            }
            _ => None,
        }
    }

    /// Asks whether the receiver is there: 0Dh, of sk9000 00h.
    #[must_use]
    pub const fn link_test(dialect: Dialect) -> Self {
        let byte = match dialect {
            Dialect::Ademco8000 => 0x0D,
            Dialect::Sk9000 => 0x00,
        };
        Self { dialect, byte }
    }

    /// The byte on the wire.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.byte
    }

    /// Its name in reports; for 48h, 49h and 4Ch, whose meaning is not public, the byte.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.byte {
            0x00 | 0x0D => "link-test",
            0x03 | 0x04 => "listen-in-list",
            0x05 => "hang-up",
            0x4A => "log-on",
            0x4B => "log-off",
            0x48 => "48h",
            0x49 => "49h",
            _ => "4Ch",
        }
    }

    /// The one answer that the documents name: NAK to the link test of sk9000. Of ademco8000 any [`Answer`] may come.
    #[must_use]
    pub const fn answer(self) -> Option<Answer> {
        match self.dialect {
            Dialect::Sk9000 => Some(Answer::Nak),
            Dialect::Ademco8000 => None,
        }
    }
}
