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
    /// Its answer may have been lost whatever the time: the port failed, or heartbeats came sooner than an idle line has them.
    doubtful: bool,
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
            doubtful: false,
        }
    }

    /// The port was opened anew: a half frame is forgotten, and the next frame may repeat the last one.
    pub fn reopened(&mut self, now: Now) {
        let _ = now;
        self.framer.clear();
        self.replies.clear();
        self.doubtful |= !self.previous.is_empty();
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
                // A full buffer of answers means that nobody writes: one NAK more would help nobody.
                let _full = self.replies.try_push(NAK);
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
            let soon = self.settings.heartbeat * 9 / 10;
            self.doubtful |= !self.previous.is_empty() && now.monotonic < self.copied + soon;
            let _full = self.replies.try_push(ACK);
            return Some(Event::Heartbeat);
        }
        let mut ticket = Ticket::new();
        let same = self.previous.as_slice() == frame.raw;
        let since = now.monotonic.saturating_sub(self.copied);
        let window = self.settings.ack_wait * self.settings.attempts;
        let possible_repeat = same && (since <= window || self.unanswered || self.doubtful);
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
        self.doubtful &= same;
        Some(Event::Signal(
            ticket,
            signal(self.settings.port, &frame, possible_repeat),
        ))
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
