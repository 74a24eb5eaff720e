use alloc::boxed::Box;
use core::{fmt, time::Duration};

use arrayvec::ArrayVec;

use super::{Answer, Answers, Family, Heard, LONGEST, Reason, Rules};
use crate::{
    codec::{
        Signal,
        stream::{Cut, Decoder},
    },
    link::Ticket,
    types::Now,
};

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
    /// Nothing was heard for as many heartbeat periods as the rules say.
    Lost,
    /// The receiver is heard again.
    Restored,
}

/// The automation side of one port: reads what a receiver says, and acknowledges what is stored.
///
/// ```text
/// read → handle_input → next (until None): Signal → store → write ticket.redeem(&stored) → answered
///                       poll_transmit (until None) → write
/// ```
pub struct Automation<F> {
    family: F,
    rules: Rules,
    decoder: Box<dyn Decoder>,
    replies: ArrayVec<Answer, 16>,
    /// Refusals since the last good frame.
    refusals: u32,
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

impl<F: Family> Automation<F> {
    /// A port of any family that was opened at `now`; [`Family::rules`] are its rules where nothing else is wished.
    #[must_use]
    pub fn of(family: F, rules: Rules, now: Now) -> Self {
        let mut decoder = family.decoder();
        decoder.set_gap(rules.gap);
        Self {
            family,
            rules,
            decoder,
            replies: ArrayVec::new(),
            refusals: 0,
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
        self.decoder.clear();
        self.replies.clear();
        self.refusals = 0;
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
        self.decoder.push(now.monotonic, bytes);
    }

    /// Bytes to write at once: answers that need no storage, in the order of their frames.
    pub fn poll_transmit(&mut self) -> Option<Answer> {
        self.replies.pop_at(0)
    }

    /// When to call [`Automation::handle_timeout`], and then [`Automation::next`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        [self.decoder.poll_timeout(), self.silence()]
            .into_iter()
            .flatten()
            .min()
    }

    /// A deadline passed.
    pub fn handle_timeout(&mut self, now: Now) {
        if self.silence().is_some_and(|at| now.monotonic >= at) {
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

    /// When the receiver counts as lost, unless it does already or never can.
    fn silence(&self) -> Option<Duration> {
        let period = self.rules.heartbeat * self.rules.silent_after;
        self.heard
            .filter(|_| !self.lost && !period.is_zero())
            .map(|at| at + period)
    }

    /// The next thing that happened.
    pub fn next(&mut self, now: Now) -> Option<Event<'_>> {
        match self.news.take() {
            Some(true) => return Some(Event::Lost),
            Some(false) => return Some(Event::Restored),
            None => {}
        }
        let (frame, quirks) = match self.decoder.next(now.monotonic) {
            Cut::More => return None,
            Cut::Noise(bytes) => return Some(Event::Noise(bytes)),
            Cut::Bad { error, bytes } => {
                refuse(
                    &self.family,
                    &self.rules,
                    &mut self.refusals,
                    &mut self.replies,
                    bytes,
                );
                return Some(Event::Refused(Reason::Damaged(error)));
            }
            Cut::Frame { bytes, quirks } => (bytes, quirks),
        };
        let signal = match self.family.read(frame, quirks) {
            Heard::Signal(signal) => signal,
            Heard::Heartbeat => {
                self.refusals = 0;
                let (soon, late) = (
                    self.rules.heartbeat * 97 / 100,
                    self.rules.heartbeat * 6 / 5,
                );
                let beat = now.monotonic;
                self.arrival = match self.arrival {
                    Arrival::Open if (soon..=late).contains(&beat.saturating_sub(self.copied)) => {
                        Arrival::Proved(beat)
                    }
                    Arrival::Proved(at) if beat >= at + soon => Arrival::Proved(at),
                    _ => Arrival::Doubtful,
                };
                reply(
                    &mut self.replies,
                    acknowledgement(&self.family, &self.rules, frame),
                );
                return Some(Event::Heartbeat);
            }
            Heard::Nothing => return Some(Event::Noise(frame.len())),
            Heard::Refused(reason) => {
                if matches!(reason, Reason::Damaged(_)) {
                    refuse(
                        &self.family,
                        &self.rules,
                        &mut self.refusals,
                        &mut self.replies,
                        frame,
                    );
                }
                return Some(Event::Refused(reason));
            }
        };
        self.refusals = 0;
        let same = self.previous.as_slice() == frame;
        let since = now.monotonic.saturating_sub(self.copied);
        let window = self.rules.ack_wait * self.rules.attempts;
        let doubtful = match self.arrival {
            Arrival::Open => since <= window || self.unanswered,
            Arrival::Doubtful => true,
            Arrival::Proved(at) => now.monotonic <= at + window,
        };
        // A sequence tells copies better than we can, and who waits for no answer never sends one.
        let told = signal.sequence.is_some() || self.rules.answers == Answers::None;
        let possible_repeat = same && doubtful && !told;
        // A copy that comes while its twin waits to be stored, sooner than any receiver resends, shares the one answer:
        // a second ACK would acknowledge the receiver's next frame, unseen.
        let twin = same && self.unanswered && since < Duration::from_secs(1);
        let mut ticket = Ticket::new();
        if !twin {
            let _fits = ticket.write(&acknowledgement(&self.family, &self.rules, frame));
        }
        self.previous.clear();
        let _fits = self.previous.try_extend_from_slice(frame);
        self.copied = now.monotonic;
        self.unanswered = true;
        self.arrival = Arrival::Open;
        Some(Event::Signal(
            ticket,
            Signal {
                possible_repeat,
                ..signal
            },
        ))
    }
}

fn acknowledgement<F: Family>(family: &F, rules: &Rules, frame: &[u8]) -> Answer {
    let mut answer = Answer::new();
    if rules.answers != Answers::None {
        family.acknowledge(rules, frame, &mut answer);
    }
    answer
}

/// Says that a frame is damaged, unless that was said as often as the receiver bears.
fn refuse<F: Family>(
    family: &F,
    rules: &Rules,
    refusals: &mut u32,
    replies: &mut ArrayVec<Answer, 16>,
    damaged: &[u8],
) {
    let enough = rules.most_naks.is_some_and(|most| *refusals >= most);
    if enough || rules.answers == Answers::None {
        return;
    }
    *refusals += 1;
    let mut answer = Answer::new();
    family.refuse(rules, damaged, &mut answer);
    reply(replies, answer);
}

/// The receiver waits for one answer: two of the same bytes that were not written yet are one.
fn reply(replies: &mut ArrayVec<Answer, 16>, answer: Answer) {
    if !answer.is_empty() && replies.last() != Some(&answer) {
        // A full buffer means that nobody writes: one more would help nobody.
        let _full = replies.try_push(answer);
    }
}

impl<F> fmt::Debug for Automation<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Automation")
            .field("rules", &self.rules)
            .field("lost", &self.lost)
            .field("unanswered", &self.unanswered)
            .field("arrival", &self.arrival)
            .finish_non_exhaustive()
    }
}
