//! ITI automation streams (serial-receivers.md 5.3): one byte as answer, `00 OKAY @` as heartbeat. The sessions are those
//! of [`super::automation`].

use alloc::boxed::Box;
use core::time::Duration;

use bytes::BytesMut;

use super::automation::{self, Answers, Family, Heard, Reason, Rules};
use crate::{
    codec::{
        Quirk, Quirks, Signal,
        iti::{Configured, Frame, Record, Settings},
        stream::Decoder,
    },
    error::{ParseError, ParseErrorKind},
    types::{LineNumber, Now, ReceiverNumber, Sequence},
};

/// The automation side of one port.
pub type Automation = automation::Automation<Line>;
/// We play the receiver on one port.
pub type Sender = automation::Sender<Line>;

static PORT: Configured = Configured {
    settings: Settings::DEFAULT,
};

/// The family of ITI receivers: two attempts, then heartbeats until one is acknowledged; the other times are as with
/// Sur-Gard (inferred).
#[derive(Clone, Copy, Debug)]
pub struct Line {
    port: &'static Configured,
}

impl Line {
    /// To read a receiver, or play one, on a port with these settings.
    #[must_use]
    pub const fn of(port: &'static Configured) -> Self {
        Self { port }
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::of(&PORT)
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
        let record = frame.record;
        if record == Record::Heartbeat {
            return Heard::Heartbeat;
        }
        let mut signal = Signal::new(self.port, frame.raw);
        signal.token = Some(record.name());
        signal.receiver = record.receiver().map(ReceiverNumber::as_str);
        signal.line = record.line().map(LineNumber::as_str);
        signal.account = record.account();
        signal.data = frame.data();
        signal.quirks = quirks;
        Heard::Signal(signal)
    }

    fn heartbeat(&mut self, _now: Now, _sequence: &mut Sequence, out: &mut BytesMut) -> bool {
        out.extend_from_slice(b"\n00 OKAY @\r");
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Stored, automation::Event};

    #[test]
    fn a_record_is_acknowledged_when_stored_and_a_heartbeat_at_once() {
        let line = Line::default();
        let (now, rules) = (Now::default(), line.rules());
        let mut port = Automation::of(line, rules, now);
        port.handle_input(now, b"\n00 OKAY @\r\n1B1j23458b45A\r\n1B\x01\r");
        assert!(matches!(port.next(now), Some(Event::Heartbeat)));
        assert_eq!(port.poll_transmit().as_deref(), Some(&[0x06][..]));
        let Some(Event::Signal(ticket, signal)) = port.next(now) else {
            panic!("no signal")
        };
        assert_eq!((signal.receiver, signal.line), (Some("1"), Some("B")));
        assert_eq!(ticket.redeem(&Stored::new(false)), [0x06]);
        port.answered(now);
        while port.next(now).is_some() {}
        assert_eq!(port.poll_transmit().as_deref(), Some(&[0x15][..]));
    }
}
