use core::fmt;

/// A format of digits on the telephone other than Contact ID (contact-id.md 7).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// 3+1: an account of three digits and an event.
    ThreeOne,
    /// 4+1.
    FourOne,
    /// 4+2: event and zone.
    FourTwo,
    /// 3+1 extended: a second line repeats the event three times and adds the zone.
    ThreeOneExtended,
    /// 4+1 extended: a second line repeats the event four times and adds the zone.
    FourOneExtended,
    /// Ademco Express 4+1, message type 17.
    ExpressOne,
    /// Ademco Express 4+2, message type 27.
    ExpressTwo,
    /// Ademco High Speed 4-8-1, message type 55: eight channels and a status digit.
    HighSpeed,
    /// Super Fast, message type 56: eight channels and a status digit.
    SuperFast,
    /// Super Fast with sixteen channels, without a message type (inferred: 4-16-1).
    SuperFast16,
    /// Super Fast with twenty-four channels, without a message type (inferred: 4-24-1).
    SuperFast24,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 11] = [
        Self::ThreeOne,
        Self::FourOne,
        Self::FourTwo,
        Self::ThreeOneExtended,
        Self::FourOneExtended,
        Self::ExpressOne,
        Self::ExpressTwo,
        Self::HighSpeed,
        Self::SuperFast,
        Self::SuperFast16,
        Self::SuperFast24,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ThreeOne => "3+1",
            Self::FourOne => "4+1",
            Self::FourTwo => "4+2",
            Self::ThreeOneExtended => "3+1-extended",
            Self::FourOneExtended => "4+1-extended",
            Self::ExpressOne => "express-4+1",
            Self::ExpressTwo => "express-4+2",
            Self::HighSpeed => "high-speed",
            Self::SuperFast => "super-fast",
            Self::SuperFast16 => "super-fast-16",
            Self::SuperFast24 => "super-fast-24",
        }
    }

    /// The format with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// How many digits its account has.
    #[must_use]
    pub const fn account_digits(self) -> usize {
        match self {
            Self::ThreeOne | Self::ThreeOneExtended => 3,
            _ => 4,
        }
    }

    /// The two digits behind the account, in formats that have them.
    #[must_use]
    pub const fn message_type(self) -> Option<&'static str> {
        match self {
            Self::ExpressOne => Some("17"),
            Self::ExpressTwo => Some("27"),
            Self::HighSpeed => Some("55"),
            Self::SuperFast => Some("56"),
            _ => None,
        }
    }

    /// How many channels it has, none for a format of one event.
    #[must_use]
    pub const fn channels(self) -> usize {
        match self {
            Self::HighSpeed | Self::SuperFast => 8,
            Self::SuperFast16 => 16,
            Self::SuperFast24 => 24,
            _ => 0,
        }
    }

    /// How many digits say what happened: event, event and zone, or the channels and their status digit.
    #[must_use]
    pub const fn body_digits(self) -> usize {
        match self {
            Self::ThreeOne | Self::FourOne | Self::ExpressOne => 1,
            Self::FourTwo | Self::ThreeOneExtended | Self::FourOneExtended | Self::ExpressTwo => 2,
            channels => channels.channels() + 1,
        }
    }

    /// Whether it is signalled in pulses: a round is sent twice, and what follows the digits is parity, if anything.
    #[must_use]
    pub const fn is_pulse(self) -> bool {
        matches!(
            self,
            Self::ThreeOne
                | Self::FourOne
                | Self::FourTwo
                | Self::ThreeOneExtended
                | Self::FourOneExtended
        )
    }

    /// Whether it can't be without its check digit.
    #[must_use]
    pub const fn needs_check(self) -> bool {
        matches!(self, Self::ExpressTwo | Self::HighSpeed)
    }

    /// Whether it may have a check digit: the extended forms have none that a source describes.
    #[must_use]
    pub const fn may_check(self) -> bool {
        !matches!(self, Self::ThreeOneExtended | Self::FourOneExtended)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The parity digit of pulse formats on one line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Parity {
    /// There is none: six digits are 4+2.
    Absent,
    /// One follows, and with it the sum of all values is a multiple of 15, as in Contact ID (inferred: sources only say
    /// that it is computed, and modulo 15 is among the routines in use): six digits are 4+1.
    Mod15,
    /// One follows by a rule that we don't know: it is taken off and believed.
    Unchecked,
}

/// Digits that are good under two readings, on a line that was not told which it has.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Ambiguity {
    /// Five digits: 4+1 (as it is read), or 3+1 with parity.
    FourOneOrThreeOneParity,
    /// Six digits: 4+2 (as it is read), or 4+1 with parity. Account and event are the same in both.
    FourTwoOrFourOneParity,
    /// Seven digits: Express 4+1 without its check digit (as it is read), or 4+2 with parity.
    ExpressOrFourTwoParity,
    /// Two equal lines of one digit throughout: two rounds (as they are read), or an extended form sent once.
    TwoRoundsOrExtended,
}

/// How often the digits were sent: a receiver of pulses believes two equal rounds.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Rounds {
    /// Once: judged by parity, or by whoever wrote them down.
    #[default]
    One,
    /// Twice, and both were equal.
    Two,
}
