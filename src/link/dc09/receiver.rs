use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{fmt, time::Duration};

#[cfg(feature = "crypto")]
use super::KeyExchange;
use super::{
    Close, Event, Policy, Refusal, Refused, Response,
    extras::Extras,
    judge::{Bench, Scratch},
};
use crate::{
    ParseErrorKind,
    codec::{
        Quirk,
        dc09::{Frame, Framed, Framer, Reply},
    },
    types::{AccountId, Entropy, Now},
};

/// How long a connection may take, and how much it may send in vain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Limits {
    /// How long a frame may take from its first byte to its last: 5 s.
    pub frame: Duration,
    /// How long a connection may stay without a good frame; longer than any supervision interval: 30 minutes.
    pub idle: Duration,
    /// How many bytes may come without a good frame: 64 KiB.
    pub noise: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame: Duration::from_secs(5),
            idle: Duration::from_secs(1800),
            noise: 64 * 1024,
        }
    }
}

/// Where frames are found.
enum Source {
    Stream(Framer),
    Datagram { bytes: Vec<u8>, at: usize },
}

/// The receiving centre's side of one connection, or of one datagram socket.
///
/// After each [`handle_input`](Self::handle_input), [`handle_datagram`](Self::handle_datagram) and
/// [`handle_timeout`](Self::handle_timeout) call [`next`](Self::next) until it gives `None`, and
/// [`poll_transmit`](Self::poll_transmit) after each event.
pub struct Receiver {
    policy: Arc<Policy>,
    limits: Limits,
    entropy: Box<dyn Entropy + Send>,
    source: Source,
    scratch: Option<Scratch>,
    reply: Reply,
    extras: Extras,
    /// When the last good frame came, or the connection began.
    alive: Duration,
    /// When the frame that is not yet whole began.
    begun: Option<Duration>,
    /// Bytes since the last good frame that were none.
    noise: usize,
    close: Option<Close>,
    /// The end of a frame did not come, which is still to be told.
    cut: bool,
}

impl Receiver {
    /// For a stream that begins at `now`.
    ///
    /// `entropy` makes the pads of encrypted acknowledgements; a closure that holds nothing costs no allocation.
    #[must_use]
    pub fn stream(
        policy: Arc<Policy>,
        limits: Limits,
        entropy: Box<dyn Entropy + Send>,
        now: Now,
    ) -> Self {
        Self {
            policy,
            limits,
            entropy,
            source: Source::Stream(Framer::new()),
            scratch: None,
            reply: Reply::new(),
            extras: Extras::default(),
            alive: now.monotonic,
            begun: None,
            noise: 0,
            close: None,
            cut: false,
        }
    }

    /// For a datagram socket: a frame never spans datagrams, and there is nothing to close.
    #[must_use]
    pub fn datagram(policy: Arc<Policy>, entropy: Box<dyn Entropy + Send>) -> Self {
        let source = Source::Datagram {
            bytes: Vec::new(),
            at: 0,
        };
        Self {
            source,
            ..Self::stream(policy, Limits::default(), entropy, Now::default())
        }
    }

    /// From now on, another policy counts.
    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        self.policy = policy;
    }

    /// Attaches a message to the next acknowledgement of an account, which becomes an RSP: in the ticket of an event, so
    /// that only a proof of storage releases it, or in [`poll_response`](Self::poll_response) for a NULL. Of several
    /// messages each takes one acknowledgement, in their order.
    ///
    /// A message goes out at most once: when the answer is lost, the panel repeats its frame and hears a plain ACK. An
    /// account that has a key hears nothing in clear.
    ///
    /// # Errors
    /// When 64 messages already wait; the message comes back.
    pub fn respond(&mut self, account: AccountId<'_>, response: Response) -> Result<(), Response> {
        self.extras.attach(account, response)
    }

    /// How many messages wait for an acknowledgement of their account.
    #[must_use]
    pub fn pending_responses(&self) -> usize {
        self.extras.pending()
    }

    /// Who gives new keys to accounts, and hears when they are used.
    #[cfg(feature = "crypto")]
    pub fn set_key_exchange(&mut self, exchange: Box<dyn KeyExchange + Send>) {
        self.extras.exchange = Some(exchange);
    }

    /// Takes bytes of the stream. After [`close`](Self::close) has a reason, nothing more is taken.
    pub fn handle_input(&mut self, now: Now, bytes: &[u8]) {
        match &mut self.source {
            Source::Stream(framer) if self.close.is_none() && !bytes.is_empty() => {
                self.begun.get_or_insert(now.monotonic);
                framer.push(bytes);
            }
            Source::Stream(_) => {}
            Source::Datagram { .. } => self.handle_datagram(now, bytes),
        }
    }

    /// Takes one datagram, all of it, and forgets what is left of an earlier one. Every answer goes to where this
    /// datagram came from. Does nothing to a stream's receiver but what [`handle_input`](Self::handle_input) does.
    pub fn handle_datagram(&mut self, now: Now, datagram: &[u8]) {
        match &mut self.source {
            Source::Datagram { bytes, at } => {
                bytes.clear();
                bytes.extend_from_slice(datagram);
                *at = 0;
            }
            Source::Stream(_) => self.handle_input(now, datagram),
        }
    }

    /// The next thing to tell; `None` until more bytes come or [`poll_timeout`](Self::poll_timeout) is reached.
    #[inline]
    pub fn next(&mut self, now: Now) -> Option<Event<'_>> {
        self.reply.clear();
        self.extras.forget_owed();
        if self.cut {
            self.cut = false;
            return Some(Event::Refused(silent(Refusal::Truncated, &[])));
        }
        if self.close.is_some() {
            return None;
        }
        let Self {
            policy,
            limits,
            entropy,
            source,
            scratch,
            reply,
            extras,
            alive,
            begun,
            noise,
            close,
            ..
        } = self;
        let framed = match source {
            Source::Stream(framer) => {
                // One byte that waits may be the LF of a line end: no frame has begun.
                if framer.pending() <= 1 {
                    *begun = None;
                }
                framer.next(now.monotonic)
            }
            Source::Datagram { bytes, at } => take(bytes, at),
        };
        match framed {
            Framed::Frame(frame) => {
                *alive = now.monotonic;
                *begun = Some(now.monotonic);
                *noise = 0;
                let bench = Bench {
                    policy: policy.as_ref(),
                    entropy: entropy.as_mut(),
                    reply,
                    profile: &policy.profile,
                    extras,
                };
                Some(bench.judge(now, frame, scratch))
            }
            Framed::Noise(count) => {
                add_noise(noise, close, limits, count);
                Some(Event::Noise(count))
            }
            Framed::Bad { error, bytes } => {
                *begun = Some(now.monotonic);
                add_noise(noise, close, limits, bytes.len());
                let reason = match error.kind() {
                    ParseErrorKind::Crc { .. } => Refusal::Crc,
                    ParseErrorKind::Expected("length") | ParseErrorKind::TooLong(_) => {
                        Refusal::Length
                    }
                    _ => Refusal::Form(error),
                };
                Some(Event::Refused(silent(reason, bytes)))
            }
            Framed::More => None,
        }
    }

    /// The answer that the last event of [`next`](Self::next) called for, if any: once. Ask after every event, so that
    /// answers keep the order of their frames.
    pub fn poll_transmit(&mut self) -> Option<Reply> {
        if self.reply.is_empty() {
            None
        } else {
            Some(core::mem::take(&mut self.reply))
        }
    }

    /// The RSP that the last event of [`next`](Self::next) called for, if any: once. Only a caller that
    /// [attaches messages](Self::respond) or sets a key exchange has to ask, beside
    /// [`poll_transmit`](Self::poll_transmit).
    pub fn poll_response(&mut self) -> Option<Vec<u8>> {
        self.extras.take_owed()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due, on the monotonic clock.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let Source::Stream(framer) = &self.source else {
            return None;
        };
        if self.close.is_some() {
            return None;
        }
        let idle = self.alive + self.limits.idle;
        let frame = self
            .begun
            .filter(|_| framer.pending() > 1)
            .map(|begun| begun + self.limits.frame);
        [Some(idle), frame, framer.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Tells that time has passed. Then call [`next`](Self::next) until it gives `None`, and look at
    /// [`close`](Self::close).
    pub fn handle_timeout(&mut self, now: Now) {
        let Source::Stream(framer) = &self.source else {
            return;
        };
        if self.close.is_some() {
            return;
        }
        let waiting = framer.poll_timeout().is_some_and(|at| now.monotonic >= at);
        if framer.pending() > 1
            && !waiting
            && self
                .begun
                .is_some_and(|begun| now.monotonic >= begun + self.limits.frame)
        {
            self.close = Some(Close::FrameDeadline);
            self.cut = true;
        } else if now.monotonic >= self.alive + self.limits.idle {
            self.close = Some(Close::Idle);
        }
    }

    /// Tells that nothing more will come: what is left of a frame is told as [`Refusal::Truncated`] by the next
    /// [`next`](Self::next). Answers that are owed may still be sent, as some senders only shut their own side.
    pub fn handle_end(&mut self) {
        if let Source::Stream(framer) = &self.source {
            self.cut |= self.close.is_none() && framer.pending() > 1;
        }
    }

    /// Whether the connection is to be closed, and why. Answers that are owed may still be sent.
    #[must_use]
    pub const fn close(&self) -> Option<Close> {
        self.close
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("policy", &self.policy)
            .field("close", &self.close)
            .finish_non_exhaustive()
    }
}

const fn silent(reason: Refusal, raw: &[u8]) -> Refused<'_> {
    Refused {
        reason,
        account: None,
        answer: None,
        raw,
    }
}

fn add_noise(noise: &mut usize, close: &mut Option<Close>, limits: &Limits, count: usize) {
    *noise = noise.saturating_add(count);
    if *noise > limits.noise {
        *close = Some(Close::Noise);
    }
}

/// The next frame of a datagram. All of it is there, so a length that says too much is no reason to wait.
fn take<'b>(datagram: &'b [u8], at: &mut usize) -> Framed<'b> {
    let separator = |b: &&u8| matches!(b, 0 | b' ' | b'\r');
    *at += datagram
        .get(*at..)
        .unwrap_or_default()
        .iter()
        .take_while(separator)
        .count();
    let rest = datagram.get(*at..).unwrap_or_default();
    if rest.iter().all(|b| matches!(b, 0 | b' ' | b'\r' | b'\n')) {
        *at = datagram.len();
        return Framed::More;
    }
    match Frame::parse_whole(rest) {
        Ok((mut frame, taken)) => {
            *at += taken;
            if rest.get(taken) == Some(&0) {
                frame.quirks.note(Quirk::TrailingNul);
            }
            Framed::Frame(frame)
        }
        Err(error) => {
            let length = memchr::memchr(b'\n', rest.get(1..).unwrap_or_default())
                .map_or(rest.len(), |lf| lf + 1);
            *at += length;
            if error.kind() == ParseErrorKind::Expected("header") {
                Framed::Noise(length)
            } else {
                Framed::Bad {
                    error,
                    bytes: rest.get(..length).unwrap_or_default(),
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "receiver_tests/mod.rs"]
mod tests;
