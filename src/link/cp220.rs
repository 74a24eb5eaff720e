//! CP-220 automation streams (serial-receivers.md 5.4): the programmed characters as answers, or none; no heartbeat that
//! a public document tells of. The sessions are those of [`super::automation`].

use alloc::boxed::Box;
use core::time::Duration;

use bytes::BytesMut;

use super::automation::{self, Answers, Family, Heard, Reason, Rules};
use crate::{
    codec::{
        Quirk, Quirks, Signal,
        cp220::{Configured, Frame, Settings},
        stream::Decoder,
    },
    error::{ParseError, ParseErrorKind},
    types::{Now, Sequence},
};

/// The automation side of one port.
pub type Automation = automation::Automation<Line>;
/// We play the receiver on one port.
pub type Sender = automation::Sender<Line>;

static PORT: Configured = Configured {
    settings: Settings::DEFAULT,
};

/// The family of CP-220 receivers. A frame is repeated ten times, then the receiver reports COMPUTER FAIL; the wait for
/// an answer is as with Sur-Gard (inferred).
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
        let Settings { ack, nak, .. } = self.port.settings;
        let answers = ack.map_or(Answers::None, |ack| Answers::Byte { ack, nak });
        Rules::SERIAL
            .with_answers(answers)
            .with_heartbeat(Duration::ZERO)
            .with_attempts(Duration::from_secs(4), 11)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        self.port.decoder()
    }

    fn read<'a>(&mut self, bytes: &'a [u8], quirks: Quirks) -> Heard<'a> {
        let settings = &self.port.settings;
        if quirks.has(Quirk::SevenBits) && !settings.seven_bits {
            return Heard::Refused(Reason::SevenBits);
        }
        let frame = match Frame::parse(bytes, settings) {
            Ok(Some((frame, _))) => frame,
            Ok(None) => {
                let kind = ParseErrorKind::Expected("the terminator");
                return Heard::Refused(Reason::Damaged(ParseError::new(bytes.len(), kind)));
            }
            Err(error) => return Heard::Refused(Reason::Damaged(error)),
        };
        let (receiver, group) = frame
            .number
            .as_str()
            .split_at_checked(1)
            .unwrap_or_default();
        let mut signal = Signal::new(self.port, frame.raw);
        signal.token = Some(frame.body.format());
        signal.receiver = Some(receiver);
        signal.line = Some(group);
        signal.account = frame.body.account();
        signal.data = frame.data();
        signal.quirks = frame.quirks.union(quirks);
        Heard::Signal(signal)
    }

    fn heartbeat(&mut self, _now: Now, _sequence: &mut Sequence, _out: &mut BytesMut) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Stored, automation::Event};

    static PROGRAMMED: Configured = Configured {
        settings: Settings {
            ack: Some(b'+'),
            nak: None,
            ..Settings::DEFAULT
        },
    };
    static FACTORY: Configured = Configured {
        settings: Settings::FACTORY,
    };

    /// What answers the signal and the damage on a port with these settings.
    fn answers(port: &'static Configured) -> (alloc::vec::Vec<u8>, alloc::vec::Vec<u8>) {
        let line = Line::of(port);
        let (now, rules) = (Now::default(), line.rules());
        let mut port = Automation::of(line, rules, now);
        port.handle_input(now, b"111234A3\r\n1112?4A3\r");
        let Some(Event::Signal(ticket, signal)) = port.next(now) else {
            panic!("no signal")
        };
        assert_eq!((signal.token, signal.receiver), (Some("sk-0"), Some("1")));
        let reply = ticket.redeem(&Stored::new(false)).to_vec();
        port.answered(now);
        while port.next(now).is_some() {}
        let refusal = port.poll_transmit();
        (reply, refusal.map(|nak| nak.to_vec()).unwrap_or_default())
    }

    #[test]
    fn answers_are_as_the_receiver_is_programmed() {
        assert_eq!(answers(&PORT), ([0x06].into(), [0x15].into()));
        assert_eq!(answers(&PROGRAMMED), ([b'+'].into(), [].into()));
        assert_eq!(answers(&FACTORY), ([].into(), [].into()));
    }
}
