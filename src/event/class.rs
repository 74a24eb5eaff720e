use core::fmt;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$item:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
        pub enum $name { $($(#[$item])* $variant,)* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in reports, configuration and JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The value with that word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.as_str() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// What an event is about; derived from the code tables.
    Class {
        /// A hold-up, duress, silent panic.
        HoldUp "hold_up",
        /// A break-in.
        Burglary "burglary",
        /// Fire, smoke, heat.
        Fire "fire",
        /// A gas leak.
        Gas "gas",
        /// Medical and other calls for help.
        Emergency "emergency",
        /// Somebody is at the equipment.
        Tamper "tamper",
        /// Something is out of order.
        Trouble "trouble",
        /// A supervised path or device is lost or back.
        Supervision "supervision",
        /// Arming and disarming.
        OpenClose "open_close",
        /// A zone is taken out of service, or back.
        Bypass "bypass",
        /// A test report.
        Test "test",
        /// Access control.
        Access "access",
        /// Everything else.
        Status "status",
    }
}
words! {
    /// The five alarm functions of a district's network.
    Function {
        /// Hold-up.
        HoldUp "hold_up",
        /// Burglary.
        Burglary "burglary",
        /// Fire.
        Fire "fire",
        /// Gas leak.
        Gas "gas",
        /// Emergency help.
        Emergency "emergency",
    }
}

impl Class {
    /// The alarm function, for the five classes that are one.
    #[must_use]
    pub const fn function(self) -> Option<Function> {
        match self {
            Self::HoldUp => Some(Function::HoldUp),
            Self::Burglary => Some(Function::Burglary),
            Self::Fire => Some(Function::Fire),
            Self::Gas => Some(Function::Gas),
            Self::Emergency => Some(Function::Emergency),
            _ => None,
        }
    }

    /// The lane of a new event of this class (contracts: lanes).
    #[must_use]
    pub const fn lane(self) -> Lane {
        match self {
            Self::HoldUp | Self::Fire | Self::Gas | Self::Emergency => Lane::LifeSafety,
            Self::Burglary | Self::Tamper => Lane::Intrusion,
            Self::Trouble
            | Self::Supervision
            | Self::OpenClose
            | Self::Bypass
            | Self::Access
            | Self::Status => Lane::Service,
            Self::Test => Lane::Routine,
        }
    }
}

/// How urgent an event is: a lower number goes first at every destination.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(into = "u8", try_from = "u8"))]
pub enum Lane {
    /// 0: hold-up, fire, gas, emergency.
    LifeSafety = 0,
    /// 1: burglary, tamper, and alarms of unknown kind.
    Intrusion = 1,
    /// 2: trouble, supervision, opening and closing, bypass, access, status.
    Service = 2,
    /// 3: tests.
    Routine = 3,
}

impl Lane {
    /// All four, the most urgent first.
    pub const ALL: [Self; 4] = [
        Self::LifeSafety,
        Self::Intrusion,
        Self::Service,
        Self::Routine,
    ];

    /// 0 to 3.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The lane with that number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::LifeSafety),
            1 => Some(Self::Intrusion),
            2 => Some(Self::Service),
            3 => Some(Self::Routine),
            _ => None,
        }
    }
}

impl From<Lane> for u8 {
    fn from(lane: Lane) -> Self {
        lane.number()
    }
}

/// A number above 3 is no lane.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a lane is 0 to 3, not {0}")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct InvalidLane(u8);

impl TryFrom<u8> for Lane {
    type Error = InvalidLane;

    fn try_from(number: u8) -> Result<Self, InvalidLane> {
        Self::from_number(number).ok_or(InvalidLane(number))
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}
