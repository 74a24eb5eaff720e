//! Ademco 685 automation streams (serial-receivers.md 2.3): one byte as answer, or none; a heartbeat when idle. The
//! sessions are those of [`super::automation`].

use alloc::boxed::Box;
use core::time::Duration;

use bytes::BytesMut;

use super::automation::{self, Answers, Family, Heard, Reason, Rules};
use crate::{
    codec::{
        Quirk, Quirks, Signal,
        ademco685::{Body, Configured, Frame, Settings},
        stream::Decoder,
    },
    error::{EncodeError, ParseError, ParseErrorKind},
    types::{Now, ReceiverNumber, Sequence},
};

/// The automation side of one port.
pub type Automation = automation::Automation<Line>;
/// We play the receiver on one port.
pub type Sender = automation::Sender<Line>;

static PORT: Configured = Configured {
    settings: Settings::DEFAULT,
};

/// The family of 685 receivers.
///
/// Its times are printed for no 685 receiver: two attempts are those of the MX8000's other modes, the rest is as with
/// Sur-Gard (inferred). A receiver that has another heartbeat, or none, needs rules of its own.
#[derive(Clone, Debug)]
pub struct Line {
    port: &'static Configured,
    beat: BytesMut,
}

impl Line {
    /// To read a receiver on a port with these settings.
    #[must_use]
    pub fn reading(port: &'static Configured) -> Self {
        Self {
            port,
            beat: BytesMut::new(),
        }
    }

    /// To play a receiver whose heartbeats carry this receiver and group.
    ///
    /// # Errors
    /// When they are not two hexadecimal digits.
    pub fn posing(number: ReceiverNumber<'_>) -> Result<Self, EncodeError> {
        let mut beat = BytesMut::with_capacity(16);
        Frame::new(number, Body::Heartbeat).encode(&mut beat)?;
        Ok(Self { port: &PORT, beat })
    }
}

impl Default for Line {
    /// To read a receiver of which nothing is known.
    fn default() -> Self {
        Self::reading(&PORT)
    }
}

impl Family for Line {
    fn rules(&self) -> Rules {
        let rules = Rules::SERIAL.with_attempts(Duration::from_secs(4), 2);
        if self.port.settings.answers {
            rules
        } else {
            rules.with_answers(Answers::None)
        }
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        self.port.decoder()
    }

    fn read<'a>(&mut self, bytes: &'a [u8], quirks: Quirks) -> Heard<'a> {
        if quirks.has(Quirk::SevenBits) && !self.port.settings.seven_bits {
            return Heard::Refused(Reason::SevenBits);
        }
        let frame = match Frame::parse(bytes) {
            Ok(Some((frame, _))) => frame,
            Ok(None) => {
                let error = ParseError::new(bytes.len(), ParseErrorKind::Expected("CR"));
                return Heard::Refused(Reason::Damaged(error));
            }
            Err(error) => return Heard::Refused(Reason::Damaged(error)),
        };
        if frame.body == Body::Heartbeat {
            return Heard::Heartbeat;
        }
        let settings = &self.port.settings;
        let mut signal = Signal::new(self.port, frame.raw);
        signal.token = Some(frame.body.format());
        signal.receiver = Some(frame.receiver(settings));
        signal.line = frame.group(settings).map(|group| group.as_str());
        signal.account = frame.body.account();
        signal.data = frame.data();
        signal.quirks = frame.quirks.union(quirks);
        Heard::Signal(signal)
    }

    fn heartbeat(&mut self, _now: Now, _sequence: &mut Sequence, out: &mut BytesMut) -> bool {
        out.extend_from_slice(&self.beat);
        !self.beat.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Stored, automation::Event};

    static MUTE: Configured = Configured {
        settings: Settings {
            answers: false,
            ..Settings::DEFAULT
        },
    };

    #[test]
    fn an_event_is_acknowledged_when_stored_and_a_heartbeat_at_once() {
        let line = Line::default();
        let (now, rules) = (Now::default(), line.rules());
        let mut port = Automation::of(line, rules, now);
        port.handle_input(now, b"\n11 OKAY @ \r\n11 1234 0 5 3A\n11 12?4 3\r");
        assert!(matches!(port.next(now), Some(Event::Heartbeat)));
        assert_eq!(port.poll_transmit().as_deref(), Some(&[0x06][..]));
        let Some(Event::Signal(ticket, signal)) = port.next(now) else {
            panic!("no signal")
        };
        assert_eq!((signal.token, signal.line), (Some("caps"), Some("1")));
        let mut events = 0;
        signal.events(&mut |_, _| events += 1);
        assert_eq!(events, 1);
        assert_eq!(ticket.redeem(&Stored::new(false)), [0x06]);
        port.answered(now);
        while port.next(now).is_some() {}
        assert_eq!(port.poll_transmit().as_deref(), Some(&[0x15][..]));
    }

    #[test]
    fn a_receiver_that_waits_for_no_answer_gets_none() {
        let line = Line::reading(&MUTE);
        let (now, rules) = (Now::default(), line.rules());
        let mut port = Automation::of(line, rules, now);
        port.handle_input(now, b"\n11 1234 3\r\n11 12?4 3\r\n11 OKAY @\r");
        let mut signals = 0;
        while let Some(event) = port.next(now) {
            if let Event::Signal(ticket, _) = event {
                assert!(ticket.redeem(&Stored::new(false)).is_empty());
                signals += 1;
            }
        }
        assert_eq!((signals, port.poll_transmit()), (1, None));
    }
}
