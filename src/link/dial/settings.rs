use core::time::Duration;

use super::Handshake;
use crate::codec::pulse::{Configured, Format};

/// How a receiver answers the calls of one telephone line; the values of contact-id.md 4 by default.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ReceiverSettings {
    /// The line's number in the signals.
    pub line: &'static str,
    /// How digits of formats other than Contact ID are read; it goes along with each signal.
    pub digits: &'static Configured,
    /// The formats of tones that are taken beside Contact ID.
    pub tones: &'static [Format],
    /// The format of pulses that is taken, with as many digits as the line's parity makes it: none by default. One only,
    /// since a lost digit would turn one format into another.
    pub pulses: Option<Format>,
    /// Whether tones of a format without check digit are believed. Off by default: a lost digit would go unseen.
    pub unchecked: bool,
    /// What is offered, one after another while nobody speaks.
    pub handshakes: &'static [Handshake],
    /// From off hook to the first handshake.
    pub off_hook: Duration,
    /// How long the first digit is waited for behind each handshake.
    pub first_digit: Duration,
    /// The longest pause between two keys of a block.
    pub key_gap: Duration,
    /// The longest pause between two digits of pulses; what begins later is another round (inferred).
    pub pulse_gap: Duration,
    /// How long the longest digit of pulses takes: fifteen, ten in a second.
    pub pulse_digit: Duration,
    /// From the end of a block to the kiss-off, at least.
    pub before_kiss_off: Duration,
    /// The length of the kiss-off: 750 to 1000 ms.
    pub kiss_off: Duration,
    /// How long the line is held for another block, or the same again (inferred).
    pub idle: Duration,
    /// How long behind the last block the same one in another call may be its repetition, as its kiss-off may have been
    /// lost: told as such, and stored all the same (inferred).
    pub redial: Duration,
}

impl Default for ReceiverSettings {
    fn default() -> Self {
        static DIGITS: Configured = Configured {
            settings: crate::codec::pulse::Settings::DEFAULT,
        };
        Self {
            line: "1",
            digits: &DIGITS,
            tones: &[Format::ExpressOne, Format::ExpressTwo, Format::HighSpeed],
            pulses: None,
            unchecked: false,
            handshakes: &[Handshake::Dual],
            off_hook: Duration::from_millis(1250),
            first_digit: Duration::from_secs(2),
            key_gap: Duration::from_millis(200),
            pulse_gap: Duration::from_millis(900),
            pulse_digit: Duration::from_millis(1500),
            before_kiss_off: Duration::from_millis(200),
            kiss_off: Duration::from_millis(850),
            idle: Duration::from_secs(5),
            redial: Duration::from_secs(120),
        }
    }
}

/// How a panel calls; the values of contact-id.md 4 by default.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PanelSettings {
    /// What it waits for; with a single tone it sends pulses.
    pub handshake: Handshake,
    /// From the end of handshake or kiss-off to the first digit: 250 to 300 ms.
    pub before_block: Duration,
    /// How long a key sounds: 50 to 60 ms.
    pub key: Duration,
    /// The pause behind a key: 50 to 60 ms.
    pub between_keys: Duration,
    /// One pulse and its pause: 100, 50 or 25 ms.
    pub pulse: Duration,
    /// The pause behind a digit of pulses (inferred).
    pub between_digits: Duration,
    /// The shortest tone that is a kiss-off.
    pub kiss_off_least: Duration,
    /// The longest.
    pub kiss_off_most: Duration,
    /// How long behind its last digit a kiss-off may begin.
    pub kiss_off_wait: Duration,
    /// How often a block is sent in one call; a round of pulses twice as often.
    pub attempts: u32,
    /// How long the handshake is waited for behind dialling (inferred).
    pub answer_wait: Duration,
    /// From hanging up to the next call (inferred).
    pub redial: Duration,
    /// How long the line is held for another block of the same panel.
    pub more: Duration,
}

impl Default for PanelSettings {
    fn default() -> Self {
        Self {
            handshake: Handshake::Dual,
            before_block: Duration::from_millis(275),
            key: Duration::from_millis(55),
            between_keys: Duration::from_millis(55),
            pulse: Duration::from_millis(50),
            between_digits: Duration::from_millis(500),
            kiss_off_least: Duration::from_millis(400),
            kiss_off_most: Duration::from_millis(1500),
            kiss_off_wait: Duration::from_millis(1250),
            attempts: 4,
            answer_wait: Duration::from_secs(30),
            redial: Duration::from_secs(5),
            more: Duration::from_millis(500),
        }
    }
}
