use core::time::Duration;

use super::Tone;
use crate::{
    codec::{Signal, pulse::Format},
    error::ParseError,
    link::Ticket,
};

/// What the receiver does on the line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ReceiverAction {
    /// Take the call.
    OffHook,
    /// Play a tone.
    Tone {
        /// Which.
        tone: Tone,
        /// From when on, on the monotonic clock.
        at: Duration,
        /// For how long.
        length: Duration,
    },
    /// End the call.
    HangUp,
}

/// Why digits got no kiss-off: a receiver says it by silence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Reason {
    /// They are no block.
    Digits(ParseError),
    /// They are one, of a format that this line does not take.
    Format(Format),
    /// They are one without a check digit, and the line takes none such.
    Unchecked(Format),
}

/// What a call tells.
#[derive(Debug)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "signals are what there is most of, and nothing is allocated for one"
)]
pub enum Event<'a> {
    /// A block that wants storing; then [`super::Receiver::kiss_off`].
    Signal(Ticket, Signal<'a>),
    /// The last block of this call again: no new event; kissed off at once if it is stored, else when it is.
    Repeat,
    /// What came is no good: the panel hears nothing and will try again.
    Refused(Reason),
    /// A listen-in was announced (code 606) and kissed off: the line stays up until [`super::Receiver::hang_up`].
    ListenIn,
    /// The call is over.
    HungUp,
}
