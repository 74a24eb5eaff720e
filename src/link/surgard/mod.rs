//! Sur-Gard automation streams (serial-receivers.md 0 and 1): one byte as answer, a heartbeat when idle. The sessions are
//! those of [`super::automation`]; here stands what is Sur-Gard's own.

use alloc::boxed::Box;
use core::time::Duration;

use bytes::BytesMut;

use super::automation::{self, Family, Heard, Rules};
pub use super::automation::{Event, Gone, Reason, SenderEvent};
use crate::{
    codec::{
        Quirk, Quirks, Signal,
        pulse::channels::ChannelTable,
        stream::Decoder,
        surgard::{
            Body, Configured, Frame, Header, LetterTable, Settings, Stream, encode_heartbeat,
        },
    },
    error::{EncodeError, ParseError, ParseErrorKind},
    types::{Now, Sequence},
};

/// The automation side of one port.
pub type Automation = automation::Automation<Line>;
/// We play the receiver on one port.
pub type Sender = automation::Sender<Line>;

/// How one port that reads a Sur-Gard receiver behaves; the values of serial-receivers.md 1.4 to 1.6 by default.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AutomationSettings {
    /// Line width and letters; it goes along with each signal.
    pub port: &'static Configured,
    /// The receiver's heartbeat period.
    pub heartbeat: Duration,
    /// After so many periods without a byte the receiver counts as lost.
    pub silent_after: u32,
    /// How long the receiver waits for an answer.
    pub ack_wait: Duration,
    /// How often it sends a frame in all.
    pub attempts: u32,
    /// The longest pause inside a frame.
    pub gap: Duration,
}

static PORT: Configured = Configured {
    settings: Settings {
        line_digits: None,
        letters: &LetterTable::DEFAULT,
        channels: &ChannelTable::DEFAULT,
        seven_bits: false,
    },
};

impl Default for AutomationSettings {
    fn default() -> Self {
        let rules = Rules::SERIAL;
        Self {
            port: &PORT,
            heartbeat: rules.heartbeat,
            silent_after: rules.silent_after,
            ack_wait: rules.ack_wait,
            attempts: rules.attempts,
            gap: rules.gap,
        }
    }
}

/// How we play a Sur-Gard receiver; the values of serial-receivers.md 1.4 to 1.7 by default.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SenderSettings<'a> {
    /// What our heartbeats say that we are.
    pub header: Header<'a>,
    /// How long an answer is waited for, from the moment at which the last byte left.
    pub ack_wait: Duration,
    /// How often a frame is sent in all.
    pub attempts: u32,
    /// How long the line may be idle before a heartbeat goes out; also the period of heartbeat mode.
    pub heartbeat: Duration,
    /// After a frame that needed several attempts: how long a second, late ACK is waited out before the next frame. The
    /// protocol has no sequence, so a late ACK would acknowledge the next frame.
    pub settle: Duration,
}

impl Default for SenderSettings<'_> {
    fn default() -> Self {
        let rules = Rules::SERIAL;
        Self {
            header: Header::default(),
            ack_wait: rules.ack_wait,
            attempts: rules.attempts,
            heartbeat: rules.heartbeat,
            settle: rules.settle,
        }
    }
}

impl Automation {
    /// A port that was opened at `now`.
    #[must_use]
    pub fn new(settings: AutomationSettings, now: Now) -> Self {
        let rules = Rules {
            heartbeat: settings.heartbeat,
            silent_after: settings.silent_after,
            ack_wait: settings.ack_wait,
            attempts: settings.attempts,
            gap: settings.gap,
            ..Rules::SERIAL
        };
        Self::of(Line::reading(settings.port), rules, now)
    }
}

impl Sender {
    /// A sender without a port yet; say [`Sender::connected`] when there is one.
    ///
    /// # Errors
    /// When the header can't be put on the wire.
    pub fn new(settings: &SenderSettings<'_>) -> Result<Self, EncodeError> {
        let rules = Rules {
            heartbeat: settings.heartbeat,
            ack_wait: settings.ack_wait,
            attempts: settings.attempts,
            settle: settings.settle,
            ..Rules::SERIAL
        };
        let line = Line::posing(settings.header)?;
        Ok(Self::of(line, rules, Sequence::FIRST))
    }
}

/// The family of Sur-Gard receivers.
#[derive(Clone, Debug)]
pub struct Line {
    port: &'static Configured,
    /// The line width that a frame of a telling kind showed.
    learned: Option<u8>,
    beat: BytesMut,
}

impl Line {
    /// To read a receiver on a port with these settings.
    #[must_use]
    pub fn reading(port: &'static Configured) -> Self {
        Self {
            port,
            learned: None,
            beat: BytesMut::new(),
        }
    }

    /// To play a receiver whose heartbeats carry `header`.
    ///
    /// # Errors
    /// When the header can't be put on the wire.
    pub fn posing(header: Header<'_>) -> Result<Self, EncodeError> {
        let mut beat = BytesMut::with_capacity(32);
        encode_heartbeat(header, &mut beat)?;
        Ok(Self {
            beat,
            ..Self::reading(&PORT)
        })
    }
}

impl Family for Line {
    fn rules(&self) -> Rules {
        Rules::SERIAL
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Stream::new(self.port.settings))
    }

    fn read<'a>(&mut self, bytes: &'a [u8], quirks: Quirks) -> Heard<'a> {
        // The width that a port is set to rules; without one, what its frames showed.
        let settings = self.port.settings.or_line_digits(self.learned);
        let mut frame = match Frame::parse(bytes, &settings) {
            Ok(Some((frame, _))) => frame,
            Ok(None) => {
                let error = ParseError::new(bytes.len(), ParseErrorKind::Expected("end byte"));
                return Heard::Refused(Reason::Damaged(error));
            }
            Err(error) => return Heard::Refused(Reason::Damaged(error)),
        };
        frame.quirks = frame.quirks.union(quirks);
        // Between frames of a port that learns, a change of width is worth no note: kinds differ.
        if self.port.settings.line_digits.is_none()
            && let Some(width) = frame.line_digits()
        {
            self.learned = Some(width);
            frame.quirks = frame.quirks.without(Quirk::LineWidth);
        }
        if frame.quirks.has(Quirk::SevenBits) && !settings.seven_bits {
            return Heard::Refused(Reason::SevenBits);
        }
        if frame.body == Body::Heartbeat {
            return Heard::Heartbeat;
        }
        let mut signal = Signal::new(self.port, frame.raw);
        signal.token = Some(frame.kind.as_str());
        signal.receiver = Some(frame.receiver.as_str());
        signal.line = Some(frame.line.as_str());
        signal.account = frame.body.account();
        signal.data = frame.data();
        signal.quirks = frame.quirks;
        Heard::Signal(signal)
    }

    fn heartbeat(&mut self, _now: Now, _sequence: &mut Sequence, out: &mut BytesMut) -> bool {
        out.extend_from_slice(&self.beat);
        !self.beat.is_empty()
    }
}

#[cfg(test)]
mod automation_tests;
#[cfg(test)]
mod sender_tests;
