use alloc::sync::Arc;
use core::time::Duration;

use bytes::BytesMut;

use super::{Busy, Identity, Outgoing, Path, Report, Timing, Transmit};
use crate::types::{Entropy, Now, Sequence};

/// One account's sending side.
pub struct Transmitter {
    _todo: (),
}

impl Transmitter {
    /// A sender that has sent nothing yet; `last` is the last sequence that it used before, if that is known.
    #[must_use]
    pub fn new(identity: Identity, timing: Arc<Timing>, last: Option<Sequence>, now: Now) -> Self {
        let _ = (identity, timing, last, now);
        todo!()
    }

    /// The sequence that the next frame without one of its own gets. A gateway stores it with the frame before the
    /// first send, and submits both.
    #[must_use]
    pub fn next_sequence(&self) -> Sequence {
        todo!()
    }

    /// Takes a frame to deliver; it is due at once.
    ///
    /// # Errors
    /// When another frame is under way, or the content fits no frame.
    pub fn submit(&mut self, now: Now, outgoing: Outgoing<'_>) -> Result<Sequence, Busy> {
        let _ = (now, outgoing);
        todo!()
    }

    /// Whether a frame (not a NULL) is under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        todo!()
    }

    /// Drops the frame under way, without a report. A resend of it by [`submit`](Self::submit) with its old sequence is the same signal.
    pub fn cancel(&mut self) {
        todo!()
    }

    /// Takes bytes that came from `path`; of a datagram, all of it.
    pub fn handle_input(&mut self, now: Now, path: Path, bytes: &[u8]) {
        let _ = (now, path, bytes);
        todo!()
    }

    /// Tells that `path` could not be reached or lost its connection: what waits there for an answer counts as tried in
    /// vain, and is due again after a pause.
    pub fn handle_disconnect(&mut self, now: Now, path: Path) {
        let _ = (now, path);
        todo!()
    }

    /// Writes the frame that is due, if one is, to the end of `out`, with the time of now.
    pub fn poll_transmit(&mut self, now: Now, entropy: &mut dyn Entropy, out: &mut BytesMut) -> Option<Transmit> {
        let _ = (now, entropy, out);
        todo!()
    }

    /// When [`handle_timeout`](Self::handle_timeout) or [`poll_transmit`](Self::poll_transmit) is due, on the monotonic
    /// clock.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        todo!()
    }

    /// Tells that time has passed. Then call [`poll_transmit`](Self::poll_transmit).
    pub fn handle_timeout(&mut self, now: Now) {
        let _ = now;
        todo!()
    }

    /// What became of what was sent, oldest first.
    pub fn poll_event(&mut self) -> Option<Report> {
        todo!()
    }

    /// The address in use.
    #[must_use]
    pub fn path(&self) -> Path {
        todo!()
    }
}
