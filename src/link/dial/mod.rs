//! The line procedure of the telephone (contact-id.md 4), without audio: what goes in and out are tones, keys and pulses
//! with the instants at which they begin, so that a modem, a voice gateway or a simulator can sit on the other side.
//!
//! ```text
//! receiver                                     panel
//! off hook, 1.25 s
//! 1400 Hz 100 ms, pause 100 ms, 2300 Hz 100 ms
//!                                              250-300 ms, then the digits, 50-60 ms on and off
//! stored: 1400 Hz 850 ms (kiss-off)
//!                                              valid from 400 ms on; the next block 250-300 ms behind its end
//! not stored, or no good block: silence
//!                                              1.25 s without a tone: the block again, 4 times; then hang up, redial
//! ```
//!
//! Formats of pulses have a single tone of 1400 or 2300 Hz as handshake and as kiss-off, and are believed when two equal
//! rounds came in succession. How panels pause between rounds no source says; here a round is repeated until the
//! kiss-off comes, which serves either way (inferred).

mod event;
#[cfg(test)]
mod pair;
mod panel;
mod receiver;
mod settings;
#[cfg(test)]
mod tests;

use core::time::Duration;

pub use event::{Event, Reason, ReceiverAction};
pub use panel::{Panel, PanelAction, PanelBusy, PanelEvent, Report};
pub use receiver::Receiver;
pub use settings::{PanelSettings, ReceiverSettings};

/// A tone of the receiver.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Tone {
    /// 1400 Hz.
    Low,
    /// 2300 Hz.
    High,
}

impl Tone {
    /// Its frequency in Hz.
    #[must_use]
    pub const fn hertz(self) -> u16 {
        match self {
            Self::Low => 1400,
            Self::High => 2300,
        }
    }
}

/// What invites a panel to speak.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Handshake {
    /// 1400 Hz, a pause, 2300 Hz: Contact ID and its siblings; answered with telephone keys. The kiss-off is 1400 Hz.
    Dual,
    /// One tone, which is the kiss-off too: formats of pulses.
    Single(Tone),
}

impl Handshake {
    /// The tone of its kiss-off.
    #[must_use]
    pub const fn kiss_off(self) -> Tone {
        match self {
            Self::Dual => Tone::Low,
            Self::Single(tone) => tone,
        }
    }
}

/// Each burst of the dual handshake, and the pause between them.
pub const BURST: Duration = Duration::from_millis(100);
/// The single handshake of pulse formats (inferred: one page gives it for Express).
pub const SINGLE_BURST: Duration = Duration::from_millis(500);
