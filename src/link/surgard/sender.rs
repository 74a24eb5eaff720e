use core::time::Duration;

use alloc::{collections::VecDeque, vec::Vec};

use bytes::BytesMut;

use crate::{
    codec::surgard::{ACK, Header, LONGEST, NAK, encode_heartbeat},
    error::EncodeError,
    types::Now,
};

/// How we play a Sur-Gard receiver; the values of serial-receivers.md 1.4 to 1.7 by default.
#[derive(Clone, Copy, Debug)]
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
        Self {
            header: Header::default(),
            ack_wait: Duration::from_secs(4),
            attempts: 4,
            heartbeat: Duration::from_secs(30),
            settle: Duration::from_secs(1),
        }
    }
}

/// What a sender tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SenderEvent {
    /// The automation acknowledged the frame that was submitted with this number.
    Delivered {
        /// As submitted.
        id: u64,
        /// How often it was sent.
        attempts: u32,
    },
    /// Nothing answers: only heartbeats are sent until one is acknowledged; the frame in hand is kept.
    Silent,
    /// A heartbeat was acknowledged: the queue goes on.
    Resumed,
    /// So many bytes were no answer to anything.
    Ignored(usize),
}

/// The frame can't be taken now.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Gone {
    /// One frame is in hand already: stop-and-wait.
    #[error("a frame is waiting for its acknowledgement")]
    Busy,
    /// No frame is that long.
    #[error("a frame has 1 to 1024 bytes")]
    Length,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum What {
    Heartbeat,
    Frame,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// No port.
    Down,
    /// Nothing is out.
    Idle,
    /// To be handed out by `poll_transmit`.
    Due(What),
    /// Sent, waiting for the answer until then.
    Waiting(What, Duration),
    /// Acknowledged after several attempts: late answers are waited out until then.
    Settling(Duration),
    /// Heartbeat mode, between two heartbeats.
    Pause(Duration),
}

/// We play the receiver: one frame at a time, each sent again until it is acknowledged.
///
/// The queue is the caller's (the journal): [`Sender::submit`] takes one frame when [`Sender::is_ready`], and keeps it
/// through failures and reconnections until [`SenderEvent::Delivered`].
#[derive(Debug)]
pub struct Sender {
    ack_wait: Duration,
    attempts: u32,
    heartbeat: Duration,
    settle: Duration,
    beat: BytesMut,
    frame: Vec<u8>,
    /// Number of the frame in hand, and how often it was sent.
    in_hand: Option<(u64, u32)>,
    state: State,
    /// Sends of the present attempt series.
    tries: u32,
    /// Sends since the last settled moment that no answer came for.
    unanswered: u32,
    silent: bool,
    /// When the line was last used.
    used: Duration,
    events: VecDeque<SenderEvent>,
}

impl Sender {
    /// A sender without a port yet; say [`Sender::connected`] when there is one.
    ///
    /// # Errors
    /// When the header can't be put on the wire.
    pub fn new(settings: &SenderSettings<'_>) -> Result<Self, EncodeError> {
        let mut beat = BytesMut::with_capacity(32);
        encode_heartbeat(settings.header, &mut beat)?;
        Ok(Self {
            ack_wait: settings.ack_wait,
            attempts: settings.attempts.max(1),
            heartbeat: settings.heartbeat,
            settle: settings.settle,
            beat,
            frame: Vec::with_capacity(LONGEST),
            in_hand: None,
            state: State::Down,
            tries: 0,
            unanswered: 0,
            silent: false,
            used: Duration::ZERO,
            events: VecDeque::with_capacity(8),
        })
    }

    /// The port is open: a heartbeat goes first, then the frame in hand.
    pub fn connected(&mut self, now: Now) {
        self.used = now.monotonic;
        self.unanswered = 0;
        self.begin(What::Heartbeat);
    }

    /// The port is gone; the frame in hand stays.
    pub fn disconnected(&mut self, now: Now) {
        let _ = now;
        self.state = State::Down;
    }

    /// Whether a frame can be submitted.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.in_hand.is_none()
    }

    /// Whether heartbeat mode is on: nothing answers.
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.silent
    }

    /// Takes a frame, DC4 included; `id` comes back with [`SenderEvent::Delivered`].
    ///
    /// # Errors
    /// While another is in hand, and for lengths that no frame has.
    pub fn submit(&mut self, now: Now, id: u64, frame: &[u8]) -> Result<(), Gone> {
        let _ = now;
        if self.in_hand.is_some() {
            return Err(Gone::Busy);
        }
        if frame.is_empty() || frame.len() > LONGEST {
            return Err(Gone::Length);
        }
        self.frame.clear();
        self.frame.extend_from_slice(frame);
        self.in_hand = Some((id, 0));
        if self.state == State::Idle {
            self.begin(What::Frame);
        }
        Ok(())
    }

    fn begin(&mut self, what: What) {
        self.tries = 0;
        self.state = State::Due(what);
    }

    /// What to write now. Write it whole, then say [`Sender::drained`] when its last byte has left.
    pub fn poll_transmit(&mut self, now: Now) -> Option<&[u8]> {
        let State::Due(what) = self.state else {
            return None;
        };
        self.tries += 1;
        self.unanswered += 1;
        self.used = now.monotonic;
        self.state = State::Waiting(what, now.monotonic + self.ack_wait);
        match what {
            What::Heartbeat => Some(&self.beat),
            What::Frame => {
                if let Some((_, sent)) = &mut self.in_hand {
                    *sent += 1;
                }
                Some(&self.frame)
            }
        }
    }

    /// The last byte of what was handed out has left: the wait counts from here.
    pub fn drained(&mut self, now: Now) {
        self.used = now.monotonic;
        if let State::Waiting(what, _) = self.state {
            self.state = State::Waiting(what, now.monotonic + self.ack_wait);
        }
    }

    /// Takes what one read gave.
    pub fn handle_input(&mut self, now: Now, bytes: &[u8]) {
        let mut ignored = 0;
        for byte in bytes {
            self.used = now.monotonic;
            match (*byte, self.state) {
                (ACK, State::Waiting(what, _)) => self.acknowledged(now, what),
                (NAK, State::Waiting(what, _)) => {
                    self.unanswered = self.unanswered.saturating_sub(1);
                    self.again(now, what);
                }
                // In heartbeat mode a late ACK shows that somebody is there; what was sent is sent again.
                (ACK, State::Pause(_)) => self.acknowledged(now, What::Heartbeat),
                _ => ignored += 1,
            }
        }
        if ignored > 0 {
            self.tell(SenderEvent::Ignored(ignored));
        }
    }

    fn tell(&mut self, event: SenderEvent) {
        // Only counts may be merged; the caller drains the rest after each call.
        if let (SenderEvent::Ignored(more), Some(SenderEvent::Ignored(count))) =
            (event, self.events.back_mut())
        {
            *count += more;
        } else {
            self.events.push_back(event);
        }
    }

    fn acknowledged(&mut self, now: Now, what: What) {
        self.unanswered = self.unanswered.saturating_sub(1);
        if what == What::Frame
            && let Some((id, attempts)) = self.in_hand.take()
        {
            self.tell(SenderEvent::Delivered { id, attempts });
        }
        if core::mem::take(&mut self.silent) {
            self.tell(SenderEvent::Resumed);
        }
        if self.unanswered > 0 && !self.settle.is_zero() {
            self.state = State::Settling(now.monotonic + self.settle);
        } else {
            self.go_on();
        }
    }

    fn go_on(&mut self) {
        self.unanswered = 0;
        self.state = State::Idle;
        if self.in_hand.is_some() {
            self.begin(What::Frame);
        }
    }

    /// One more attempt, or heartbeat mode.
    fn again(&mut self, now: Now, what: What) {
        if self.tries < self.attempts {
            self.state = State::Due(what);
            return;
        }
        if !self.silent {
            self.silent = true;
            self.tell(SenderEvent::Silent);
        }
        match what {
            // The first heartbeat goes at once: the frame may have been the trouble, not the line.
            What::Frame => self.begin(What::Heartbeat),
            What::Heartbeat => self.state = State::Pause(now.monotonic + self.heartbeat),
        }
    }

    /// When to call [`Sender::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Down | State::Due(_) => None,
            State::Idle => (!self.heartbeat.is_zero()).then(|| self.used + self.heartbeat),
            State::Waiting(_, at) | State::Settling(at) | State::Pause(at) => Some(at),
        }
    }

    /// A deadline passed. Then ask [`Sender::poll_transmit`].
    pub fn handle_timeout(&mut self, now: Now) {
        if self.poll_timeout().is_none_or(|at| now.monotonic < at) {
            return;
        }
        match self.state {
            State::Waiting(what, _) => self.again(now, what),
            State::Settling(_) => self.go_on(),
            State::Idle | State::Pause(_) => self.begin(What::Heartbeat),
            State::Down | State::Due(_) => {}
        }
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<SenderEvent> {
        self.events.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const FRAME: &[u8] = b"5011 181234E12101001\x14";
    const BEAT: &[u8] = b"1011           @    \x14";

    fn at(seconds: u64) -> Now {
        Now::default().after(SECOND * u32::try_from(seconds).unwrap())
    }

    /// A sender whose first heartbeat was answered.
    fn ready() -> Sender {
        let mut sender = Sender::new(&SenderSettings::default()).unwrap();
        sender.connected(at(0));
        assert_eq!(sender.poll_transmit(at(0)), Some(BEAT));
        sender.drained(at(0));
        sender.handle_input(at(0), &[ACK]);
        assert_eq!(sender.poll_transmit(at(0)), None);
        sender
    }

    #[test]
    fn the_wait_counts_from_the_last_bytes_departure() {
        let mut sender = ready();
        sender.submit(at(0), 1, FRAME).unwrap();
        assert_eq!(sender.submit(at(0), 2, FRAME), Err(Gone::Busy));
        assert_eq!(sender.poll_transmit(at(0)), Some(FRAME));
        assert_eq!(sender.poll_timeout(), Some(4 * SECOND));
        sender.drained(at(2));
        assert_eq!(sender.poll_timeout(), Some(6 * SECOND));
        sender.handle_timeout(at(5));
        assert_eq!(sender.poll_transmit(at(5)), None);
        sender.handle_timeout(at(6));
        assert_eq!(sender.poll_transmit(at(6)), Some(FRAME));
        sender.handle_input(at(6), &[ACK]);
        assert_eq!(
            sender.poll_event(),
            Some(SenderEvent::Delivered { id: 1, attempts: 2 })
        );
        assert!(sender.is_ready());
    }

    #[test]
    fn a_nak_sends_again_at_once_and_anything_else_is_counted() {
        let mut sender = ready();
        sender.submit(at(0), 1, FRAME).unwrap();
        assert_eq!(sender.poll_transmit(at(0)), Some(FRAME));
        sender.handle_input(at(1), b"hello");
        assert_eq!(sender.poll_event(), Some(SenderEvent::Ignored(5)));
        assert_eq!(sender.poll_transmit(at(1)), None);
        sender.handle_input(at(1), &[NAK, NAK]);
        assert_eq!(sender.poll_transmit(at(1)), Some(FRAME));
        assert_eq!(sender.poll_transmit(at(1)), None);
    }

    #[test]
    fn after_four_attempts_only_heartbeats_go_until_one_is_answered() {
        let mut sender = ready();
        sender.submit(at(0), 7, FRAME).unwrap();
        let (mut frames, mut beats) = (0, 0);
        for second in 0..200 {
            sender.handle_timeout(at(second));
            match sender.poll_transmit(at(second)) {
                Some(FRAME) => frames += 1,
                Some(_) => beats += 1,
                None => {}
            }
        }
        assert_eq!(frames, 4);
        assert!(beats > 8 && sender.is_silent(), "{beats}");
        assert_eq!(sender.poll_event(), Some(SenderEvent::Silent));
        sender.handle_input(at(200), &[ACK]);
        assert_eq!(sender.poll_event(), Some(SenderEvent::Resumed));
        sender.handle_timeout(at(201));
        assert_eq!(
            sender.poll_transmit(at(201)),
            Some(FRAME),
            "the frame in hand first"
        );
    }

    #[test]
    fn an_idle_line_gets_a_heartbeat_every_thirty_seconds() {
        let mut sender = ready();
        sender.handle_timeout(at(29));
        assert_eq!(sender.poll_transmit(at(29)), None);
        sender.handle_timeout(at(30));
        assert_eq!(sender.poll_transmit(at(30)), Some(BEAT));
        sender.handle_input(at(31), &[ACK]);
        assert_eq!(sender.poll_timeout(), Some(61 * SECOND));
    }

    #[test]
    fn a_frame_in_hand_outlives_the_port_and_follows_a_heartbeat() {
        let mut sender = ready();
        sender.submit(at(0), 7, FRAME).unwrap();
        assert_eq!(sender.poll_transmit(at(0)), Some(FRAME));
        sender.disconnected(at(1));
        assert_eq!(
            (sender.poll_timeout(), sender.poll_transmit(at(5))),
            (None, None)
        );
        sender.handle_input(at(5), &[ACK]);
        assert_eq!(
            sender.poll_event(),
            Some(SenderEvent::Ignored(1)),
            "an answer without a port is none"
        );
        sender.connected(at(9));
        assert_eq!(sender.poll_transmit(at(9)), Some(BEAT));
        sender.handle_input(at(9), &[ACK]);
        assert_eq!(sender.poll_transmit(at(9)), Some(FRAME));
        sender.handle_input(at(9), &[ACK]);
        assert_eq!(
            sender.poll_event(),
            Some(SenderEvent::Delivered { id: 7, attempts: 2 })
        );
    }

    #[test]
    fn a_late_second_ack_does_not_acknowledge_the_next_frame() {
        let mut sender = ready();
        sender.submit(at(0), 1, FRAME).unwrap();
        assert_eq!(sender.poll_transmit(at(0)), Some(FRAME));
        sender.handle_timeout(at(4));
        assert_eq!(sender.poll_transmit(at(4)), Some(FRAME));
        let late = Now::default().after(Duration::from_millis(4100));
        sender.handle_input(late, &[ACK]);
        assert_eq!(
            sender.poll_event(),
            Some(SenderEvent::Delivered { id: 1, attempts: 2 })
        );
        sender.submit(late, 2, b"5011 181234R12101001\x14").unwrap();
        assert_eq!(
            sender.poll_transmit(late),
            None,
            "it waits for the second answer"
        );
        sender.handle_input(late.after(SECOND / 2), &[ACK]);
        sender.handle_timeout(late.after(SECOND));
        assert!(sender.poll_transmit(late.after(SECOND)).is_some());
        assert_eq!(sender.poll_event(), Some(SenderEvent::Ignored(1)));
        assert_eq!(sender.poll_event(), None);
    }
}
