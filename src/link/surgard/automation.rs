use core::time::Duration;

use arrayvec::ArrayVec;

use crate::{
    codec::{
        Protocol, Quirk, Signal,
        surgard::{ACK, Body, Configured, Frame, Framed, Framer, LONGEST, NAK},
    },
    error::ParseError,
    link::Ticket,
    types::Now,
};

/// How one port that reads a Sur-Gard receiver behaves; the values of serial-receivers.md 1.4 to 1.6 by default.
#[derive(Clone, Copy, Debug)]
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
    settings: crate::codec::surgard::Settings {
        line_digits: None,
        letters: &crate::codec::surgard::LetterTable::DEFAULT,
        seven_bits: false,
    },
};

impl Default for AutomationSettings {
    fn default() -> Self {
        Self {
            port: &PORT,
            heartbeat: Duration::from_secs(30),
            silent_after: 3,
            ack_wait: Duration::from_secs(4),
            attempts: 4,
            gap: Duration::from_secs(1),
        }
    }
}

/// Why a frame got no acknowledgement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// A damaged frame: answered NAK, once.
    Damaged(ParseError),
    /// The sender is set to 7E1 and the port to 8N1: no answer until somebody sets the line right or allows it.
    SevenBits,
}

/// What a port tells.
#[derive(Debug)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "signals are what there is most of, and nothing is allocated for one"
)]
pub enum Event<'a> {
    /// A frame that wants storing; the ticket turns into its acknowledgement.
    Signal(Ticket, Signal<'a>),
    /// A heartbeat, whose acknowledgement [`Automation::poll_transmit`] has.
    Heartbeat,
    /// A frame that was not taken.
    Refused(Reason),
    /// So many bytes belonged to no frame.
    Noise(usize),
    /// Nothing was heard for three heartbeat periods.
    Lost,
    /// The receiver is heard again.
    Restored,
}

/// The automation side of one port: reads what a Sur-Gard receiver says, and acknowledges what is stored.
///
/// ```text
/// read → handle_input → next (until None): Signal → store → write ticket.redeem(&stored) → answered
///                       poll_transmit (until None) → write
/// ```
#[derive(Debug)]
pub struct Automation {
    settings: AutomationSettings,
    framer: Framer,
    /// The line width that a frame of a telling kind showed.
    learned: Option<u8>,
    replies: ArrayVec<u8, 16>,
    heard: Option<Duration>,
    lost: bool,
    news: Option<bool>,
    previous: ArrayVec<u8, LONGEST>,
    /// When the last copy of the previous frame came.
    copied: Duration,
    /// Its answer was not reported as written.
    unanswered: bool,
    /// Whether its answer is known to have arrived.
    arrival: Arrival,
}

/// Whether the receiver had our answer to the previous frame, as far as its behaviour shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Arrival {
    /// Nothing was heard since.
    Open,
    /// The line failed, or the first heartbeat behind the frame came sooner or later than that of an idle receiver:
    /// heartbeat mode, out of which the same frame may come again however late.
    Doubtful,
    /// The receiver went idle, and showed it then with a heartbeat on time: the same bytes are a new event, unless they
    /// come right behind that heartbeat, as they would out of heartbeat mode.
    Proved(Duration),
}

impl Automation {
    /// A port that was opened at `now`.
    #[must_use]
    pub fn new(settings: AutomationSettings, now: Now) -> Self {
        Self {
            settings,
            framer: Framer::new(settings.gap),
            learned: None,
            replies: ArrayVec::new(),
            heard: Some(now.monotonic),
            lost: false,
            news: None,
            previous: ArrayVec::new(),
            copied: Duration::ZERO,
            unanswered: false,
            arrival: Arrival::Open,
        }
    }

    /// The port was opened anew: a half frame is forgotten, and the next frame may repeat the last one.
    pub fn reopened(&mut self, now: Now) {
        let _ = now;
        self.framer.clear();
        self.replies.clear();
        self.doubt();
    }

    fn doubt(&mut self) {
        if self.arrival == Arrival::Open {
            self.arrival = Arrival::Doubtful;
        }
    }

    /// The acknowledgement of the last signal was written to the port.
    pub fn answered(&mut self, now: Now) {
        let _ = now;
        self.unanswered = false;
    }

    /// Takes what one read gave. Then ask [`Automation::next`] until it has no more.
    pub fn handle_input(&mut self, now: Now, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.lost {
            self.lost = false;
            self.news = Some(false);
        }
        self.heard = Some(now.monotonic);
        self.framer.push(now.monotonic, bytes);
    }

    /// Bytes to write at once: answers that need no storage, in the order of their frames.
    pub fn poll_transmit(&mut self) -> Option<u8> {
        self.replies.pop_at(0)
    }

    /// When to call [`Automation::handle_timeout`], and then [`Automation::next`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let silence = if self.lost {
            None
        } else {
            self.heard.map(|at| at + self.silence())
        };
        [self.framer.poll_timeout(), silence]
            .into_iter()
            .flatten()
            .min()
    }

    /// A deadline passed.
    pub fn handle_timeout(&mut self, now: Now) {
        if !self.lost
            && self
                .heard
                .is_some_and(|at| now.monotonic >= at + self.silence())
        {
            self.lost = true;
            self.news = Some(true);
            self.doubt();
        }
    }

    /// Whether nothing was heard for so long that the receiver counts as lost.
    #[must_use]
    pub const fn is_lost(&self) -> bool {
        self.lost
    }

    fn silence(&self) -> Duration {
        self.settings.heartbeat * self.settings.silent_after
    }

    /// The next thing that happened.
    pub fn next(&mut self, now: Now) -> Option<Event<'_>> {
        match self.news.take() {
            Some(true) => return Some(Event::Lost),
            Some(false) => return Some(Event::Restored),
            None => {}
        }
        // The width that a port is set to rules; without one, what its frames showed.
        let mut settings = self.settings.port.settings;
        settings.line_digits = settings.line_digits.or(self.learned);
        let frame = match self.framer.next(now.monotonic, &settings) {
            Framed::More => return None,
            Framed::Noise(bytes) => return Some(Event::Noise(bytes)),
            Framed::Bad { error, .. } => {
                reply(&mut self.replies, NAK);
                return Some(Event::Refused(Reason::Damaged(error)));
            }
            Framed::Frame(mut frame) => {
                // Between frames of a port that learns, a change of width is worth no note: kinds differ.
                if self.settings.port.settings.line_digits.is_none()
                    && !matches!(frame.body, Body::Text(_))
                {
                    self.learned = u8::try_from(frame.line.as_str().len()).ok();
                    frame.quirks = frame.quirks.without(Quirk::LineWidth);
                }
                frame
            }
        };
        if frame.quirks.has(Quirk::SevenBits) && !settings.seven_bits {
            return Some(Event::Refused(Reason::SevenBits));
        }
        if frame.body == Body::Heartbeat {
            let (soon, late) = (
                self.settings.heartbeat * 97 / 100,
                self.settings.heartbeat * 6 / 5,
            );
            let beat = now.monotonic;
            self.arrival = match self.arrival {
                Arrival::Open if (soon..=late).contains(&beat.saturating_sub(self.copied)) => {
                    Arrival::Proved(beat)
                }
                Arrival::Proved(at) if beat >= at + soon => Arrival::Proved(at),
                _ => Arrival::Doubtful,
            };
            reply(&mut self.replies, ACK);
            return Some(Event::Heartbeat);
        }
        let mut ticket = Ticket::new();
        let same = self.previous.as_slice() == frame.raw;
        let since = now.monotonic.saturating_sub(self.copied);
        let window = self.settings.ack_wait * self.settings.attempts;
        let doubtful = match self.arrival {
            Arrival::Open => since <= window || self.unanswered,
            Arrival::Doubtful => true,
            Arrival::Proved(at) => now.monotonic <= at + window,
        };
        let possible_repeat = same && doubtful;
        // A copy that comes while its twin waits to be stored, sooner than any receiver resends, shares the one answer:
        // a second ACK would acknowledge the receiver's next frame, unseen.
        let twin = same && self.unanswered && since < Duration::from_secs(1);
        if !twin {
            let _one_byte_fits = ticket.write(&[ACK]);
        }
        self.previous.clear();
        let _fits = self.previous.try_extend_from_slice(frame.raw);
        self.copied = now.monotonic;
        self.unanswered = true;
        self.arrival = Arrival::Open;
        Some(Event::Signal(
            ticket,
            signal(self.settings.port, &frame, possible_repeat),
        ))
    }
}

/// The receiver waits for one answer: two of the same kind that were not written yet are one.
fn reply(replies: &mut ArrayVec<u8, 16>, byte: u8) {
    if replies.last() != Some(&byte) {
        // A full buffer means that nobody writes: one more would help nobody.
        let _full = replies.try_push(byte);
    }
}

fn signal<'a>(
    protocol: &'static dyn Protocol,
    frame: &Frame<'a>,
    possible_repeat: bool,
) -> Signal<'a> {
    Signal {
        protocol,
        token: Some(frame.kind.as_str()),
        encrypted: false,
        sequence: None,
        receiver: Some(frame.receiver.as_str()),
        line: Some(frame.line.as_str()),
        account: frame.body.account(),
        data: frame.data(),
        extended: &[],
        sent: None,
        raw: frame.raw,
        possible_repeat,
        remember_ciphertext: false,
        quirks: frame.quirks,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::link::Stored;

    const FRAME: &[u8] = b"5011 181234E12101001\x14";
    const BEAT: &[u8] = b"1011           @    \x14";

    fn at(seconds: u64) -> Now {
        Now::default().after(Duration::from_secs(seconds))
    }

    fn port() -> Automation {
        Automation::new(AutomationSettings::default(), at(0))
    }

    /// The marks of the signals, whose answers are all written at once.
    fn signals(port: &mut Automation, now: Now, wire: &[u8]) -> Vec<bool> {
        port.handle_input(now, wire);
        let mut marks = Vec::new();
        while let Some(event) = port.next(now) {
            if let Event::Signal(ticket, signal) = event {
                assert_eq!(ticket.redeem(&Stored::new(false)), [ACK]);
                marks.push(signal.possible_repeat);
                port.answered(now);
            }
        }
        marks
    }

    #[test]
    fn a_frame_is_a_signal_and_gets_nothing_before_it_is_stored() {
        let mut port = port();
        port.handle_input(at(1), FRAME);
        let Some(Event::Signal(ticket, signal)) = port.next(at(1)) else {
            panic!()
        };
        assert_eq!(
            (signal.token, signal.receiver, signal.line),
            (Some("5"), Some("01"), Some("1"))
        );
        assert_eq!((signal.data, signal.raw), (&FRAME[1..20], FRAME));
        assert_eq!(signal.account.map(|a| a.as_str()), Some("1234"));
        assert_eq!(ticket.redeem(&Stored::new(false)), [ACK]);
        assert!(port.next(at(1)).is_none());
        assert_eq!(port.poll_transmit(), None);
    }

    #[test]
    fn a_heartbeat_is_answered_at_once_and_damage_once() {
        let mut port = port();
        port.handle_input(at(1), BEAT);
        assert!(matches!(port.next(at(1)), Some(Event::Heartbeat)));
        assert_eq!(
            (port.poll_transmit(), port.poll_transmit()),
            (Some(ACK), None)
        );
        port.handle_input(at(2), b"5011 181234X12101001\x14");
        assert!(matches!(
            port.next(at(2)),
            Some(Event::Refused(Reason::Damaged(_)))
        ));
        assert!(port.next(at(2)).is_none());
        assert_eq!(
            (port.poll_transmit(), port.poll_transmit()),
            (Some(NAK), None)
        );
        port.handle_input(at(3), b"--\x14");
        assert!(matches!(port.next(at(3)), Some(Event::Noise(3))));
        assert_eq!(port.poll_transmit(), None, "noise is never answered");
    }

    #[test]
    fn an_unknown_letter_is_a_signal_like_any_other() {
        assert_eq!(
            signals(&mut port(), at(1), b"Z011 what is this\x14"),
            [false]
        );
    }

    #[test]
    fn quirk_seven_bits_gets_no_answer_unless_allowed() {
        let wire: Vec<u8> = FRAME
            .iter()
            .map(|b| {
                if b.count_ones() % 2 == 0 {
                    *b
                } else {
                    b | 0x80
                }
            })
            .collect();
        let mut strict = port();
        strict.handle_input(at(1), &wire);
        assert!(matches!(
            strict.next(at(1)),
            Some(Event::Refused(Reason::SevenBits))
        ));
        assert_eq!(strict.poll_transmit(), None);
        static LENIENT: Configured = Configured {
            settings: crate::codec::surgard::Settings {
                line_digits: None,
                letters: &crate::codec::surgard::LetterTable::DEFAULT,
                seven_bits: true,
            },
        };
        let settings = AutomationSettings {
            port: &LENIENT,
            ..AutomationSettings::default()
        };
        let mut lenient = Automation::new(settings, at(0));
        lenient.handle_input(at(1), &wire);
        let Some(Event::Signal(_, signal)) = lenient.next(at(1)) else {
            panic!()
        };
        assert!(signal.quirks.has(Quirk::SevenBits) && signal.raw == FRAME);
    }

    #[test]
    fn the_same_bytes_are_marked_while_our_answer_may_have_been_lost() {
        let mut port = port();
        assert_eq!(signals(&mut port, at(1), FRAME), [false]);
        assert_eq!(signals(&mut port, at(5), FRAME), [true]);
        assert_eq!(
            signals(&mut port, at(21), FRAME),
            [true],
            "time-out times attempts behind the last copy"
        );
        assert_eq!(signals(&mut port, at(38), FRAME), [false]);
        assert_eq!(
            signals(&mut port, at(39), b"5011 181234R12101001\x14"),
            [false]
        );
        assert_eq!(
            signals(&mut port, at(40), FRAME),
            [false],
            "another frame in between: our answer arrived"
        );
    }

    #[test]
    fn heartbeats_on_time_prove_the_answer_and_others_cast_doubt() {
        let mut idle = port();
        signals(&mut idle, at(0), FRAME);
        signals(&mut idle, at(30), BEAT);
        signals(&mut idle, at(60), BEAT);
        assert_eq!(signals(&mut idle, at(70), FRAME), [false]);
        let mut failed = port();
        signals(&mut failed, at(0), FRAME);
        signals(&mut failed, at(16), BEAT);
        assert_eq!(signals(&mut failed, at(70), FRAME), [true]);
        let mut reopened = port();
        signals(&mut reopened, at(0), FRAME);
        reopened.reopened(at(50));
        assert_eq!(signals(&mut reopened, at(70), FRAME), [true]);
    }

    #[test]
    fn a_twin_that_comes_before_the_answer_shares_it() {
        let mut port = port();
        port.handle_input(at(1), &[FRAME, FRAME].concat());
        let Some(Event::Signal(first, _)) = port.next(at(1)) else {
            panic!()
        };
        let Some(Event::Signal(second, signal)) = port.next(at(1)) else {
            panic!()
        };
        assert!(signal.possible_repeat);
        assert_eq!(first.redeem(&Stored::new(false)), [ACK]);
        assert!(second.redeem(&Stored::new(false)).is_empty());
    }

    #[test]
    fn silence_of_three_periods_is_told_once_and_so_is_its_end() {
        let mut port = port();
        assert_eq!(port.poll_timeout(), Some(Duration::from_secs(90)));
        port.handle_timeout(at(89));
        assert!(port.next(at(89)).is_none());
        port.handle_timeout(at(90));
        assert!(matches!(port.next(at(90)), Some(Event::Lost)));
        port.handle_timeout(at(200));
        assert!(port.next(at(200)).is_none() && port.poll_timeout().is_none());
        port.handle_input(at(201), BEAT);
        assert!(matches!(port.next(at(201)), Some(Event::Restored)));
        assert!(matches!(port.next(at(201)), Some(Event::Heartbeat)));
        assert_eq!(port.poll_timeout(), Some(Duration::from_secs(291)));
    }

    #[test]
    fn a_port_learns_its_line_width_from_a_frame_that_shows_it() {
        let mut port = port();
        signals(&mut port, at(1), b"501001 181234E12101001\x14");
        port.handle_input(at(2), b"T01001text\x14");
        let Some(Event::Signal(_, signal)) = port.next(at(2)) else {
            panic!()
        };
        assert_eq!((signal.line, signal.quirks.is_empty()), (Some("001"), true));
    }
}
