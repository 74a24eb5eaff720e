use alloc::{boxed::Box, sync::Arc};
use core::time::Duration;

use super::{Close, Event, Policy};
use crate::types::{Entropy, Now};

/// How long a connection may take, and how much it may send in vain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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
        Self { frame: Duration::from_secs(5), idle: Duration::from_secs(1800), noise: 64 * 1024 }
    }
}

/// The receiving centre's side of one connection, or of one datagram socket.
pub struct Receiver {
    _todo: (),
}

impl Receiver {
    /// For a stream that begins at `now`.
    #[must_use]
    pub fn stream(policy: Arc<Policy>, limits: Limits, entropy: Box<dyn Entropy + Send>, now: Now) -> Self {
        let _ = (policy, limits, entropy, now);
        todo!()
    }

    /// For a datagram socket: a frame and its answer never span datagrams.
    #[must_use]
    pub fn datagram(policy: Arc<Policy>, entropy: Box<dyn Entropy + Send>) -> Self {
        let _ = (policy, entropy);
        todo!()
    }

    /// From now on, another policy counts.
    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        let _ = policy;
        todo!()
    }

    /// Takes bytes of the stream. Then call [`next`](Self::next) until it gives `None`.
    pub fn handle_input(&mut self, now: Now, bytes: &[u8]) {
        let _ = (now, bytes);
        todo!()
    }

    /// Takes one datagram, all of it. Then call [`next`](Self::next) until it gives `None`, and send every answer to
    /// where the datagram came from.
    pub fn handle_datagram(&mut self, now: Now, bytes: &[u8]) {
        let _ = (now, bytes);
        todo!()
    }

    /// The next thing to tell; `None` until more bytes come or [`poll_timeout`](Self::poll_timeout) is reached.
    pub fn next<'b>(&'b mut self, now: Now) -> Option<Event<'b>> {
        let _ = now;
        todo!()
    }

    /// The answer that the last event of [`next`](Self::next) called for, if any: once. Ask after every event, so that
    /// answers keep the order of their frames.
    pub fn poll_transmit(&mut self) -> Option<&[u8]> {
        todo!()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due, on the monotonic clock.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        todo!()
    }

    /// Tells that time has passed. Then call [`next`](Self::next) until it gives `None`, and look at
    /// [`close`](Self::close).
    pub fn handle_timeout(&mut self, now: Now) {
        let _ = now;
        todo!()
    }

    /// Whether the connection is to be closed, and why. Answers that are owed may still be sent.
    #[must_use]
    pub fn close(&self) -> Option<Close> {
        todo!()
    }
}
