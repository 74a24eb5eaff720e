use alloc::{boxed::Box, collections::VecDeque, sync::Arc, vec::Vec};
use core::{fmt, mem, time::Duration};

use bytes::BytesMut;

use super::{Busy, Identity, Outgoing, Path, Report, Timing, Transmit, pending::Pending};
#[cfg(feature = "crypto")]
use crate::codec::dc09::{Key, NewKey};
use crate::{
    codec::dc09::{Frame, LONGEST_FRAME},
    types::{Entropy, Now, Sequence, Timestamp},
};

/// Pause before a frame is sent again whose connection was lost or not made.
const RECONNECT: Duration = Duration::from_secs(1);

/// One account's sending side: one frame at a time, each sent until it is answered.
///
/// A frame goes to the address in use, at most [`Timing::tries`] times with [`Timing::wait`] between; then as often to the
/// other address; then, after a pause that doubles up to [`Timing::longest_pause`], again from the main address on.
/// Every try has the same sequence and content and a new time, check value and pad. The address that answered stays in
/// use. From the backup address the sender returns to the main one with the first new frame after
/// [`Timing::return_after`]; if that stays silent, the backup's turn begins anew.
///
/// Only an acknowledgement with the frame's own sequence, account, line and receiver number counts, and only an
/// encrypted one when the frame was encrypted. NAK and DUH are never encrypted, so anyone on the way can make them: a
/// NAK moves the time of sending by a day at most, and a DUH ends the frame with [`Report::Refused`], never in silence.
/// Keys in an answer are never adopted by themselves, and those in clear are nobody's.
pub struct Transmitter {
    pub(super) identity: Identity,
    pub(super) timing: Arc<Timing>,
    last: Sequence,
    pub(super) path: Path,
    /// Since when the backup address is in use.
    backup_since: Duration,
    /// How far each receiver's clock is ahead of ours, in nanoseconds: main, backup.
    offsets: [i64; 2],
    pub(super) state: State,
    pub(super) pending: Option<Box<Pending>>,
    /// When anything was sent last: supervision counts from there (dc09.md 4.4).
    spoke: Duration,
    /// The beginning of an answer, and where it comes from.
    partial: Vec<u8>,
    partial_from: Path,
    reports: VecDeque<Report>,
    /// A key that the receiver sent, encrypted.
    #[cfg(feature = "crypto")]
    pub(super) offered: Option<Box<NewKey>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    Idle,
    Due(Duration),
    Waiting(Duration),
}

impl Transmitter {
    /// A sender that has sent nothing yet; `last` is the last sequence that it used before, if that is known.
    #[must_use]
    pub fn new(identity: Identity, timing: Arc<Timing>, last: Option<Sequence>, now: Now) -> Self {
        Self {
            identity,
            timing,
            last: last.unwrap_or(Sequence::ZERO),
            path: Path::Main,
            backup_since: Duration::ZERO,
            offsets: [0; 2],
            state: State::Idle,
            pending: None,
            spoke: now.monotonic,
            partial: Vec::new(),
            partial_from: Path::Main,
            reports: VecDeque::new(),
            #[cfg(feature = "crypto")]
            offered: None,
        }
    }

    /// The sequence that the next frame without one of its own gets. A gateway stores it with the frame before the
    /// first send, and submits both.
    #[must_use]
    pub const fn next_sequence(&self) -> Sequence {
        self.identity.sequence(self.last, false)
    }

    /// Takes a frame to deliver; it is due at once. A NULL under way gives way to it.
    ///
    /// # Errors
    /// When another frame is under way, or the content fits no frame.
    pub fn submit(&mut self, now: Now, outgoing: Outgoing<'_>) -> Result<Sequence, Busy> {
        if self.is_busy() {
            return Err(Busy::Outstanding);
        }
        let sequence = outgoing.sequence.unwrap_or(self.next_sequence());
        let pending = Pending::new(&outgoing, sequence, &self.identity)?;
        if sequence != Sequence::ZERO {
            self.last = sequence;
        }
        self.begin(now, pending);
        Ok(sequence)
    }

    /// Whether a frame (not a NULL) is under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.pending
            .as_ref()
            .is_some_and(|pending| pending.id.is_some())
    }

    /// Drops the frame under way, without a report. Submitting it later with its old sequence is the same signal to the
    /// receiver.
    pub fn cancel(&mut self) {
        self.pending = None;
        self.state = State::Idle;
    }

    /// Takes bytes that came from `path`; of a datagram, all of it.
    pub fn handle_input(&mut self, now: Now, path: Path, bytes: &[u8]) {
        if self.partial_from != path {
            self.partial.clear();
            self.partial_from = path;
        }
        if self.partial.is_empty() {
            let taken = self.read(now, path, bytes);
            self.partial
                .extend_from_slice(bytes.get(taken..).unwrap_or_default());
        } else {
            let mut all = mem::take(&mut self.partial);
            all.extend_from_slice(bytes);
            let taken = self.read(now, path, &all);
            all.drain(..taken.min(all.len()));
            self.partial = all;
        }
        if self.partial.len() > LONGEST_FRAME {
            self.partial.clear();
        }
    }

    /// Tells that `path` could not be reached or lost its connection: what waits there for an answer counts as tried in
    /// vain, and is due again after a second. Without such a frame nothing happens.
    pub fn handle_disconnect(&mut self, now: Now, path: Path) {
        if self.partial_from == path {
            self.partial = Vec::new();
        }
        if path == self.path && matches!(self.state, State::Waiting(_)) {
            self.failed(now, RECONNECT.min(self.wait()));
        }
    }

    /// Writes the frame that is due, if one is, to the end of `out`, with the time of now.
    pub fn poll_transmit(
        &mut self,
        now: Now,
        entropy: &mut dyn Entropy,
        out: &mut BytesMut,
    ) -> Option<Transmit> {
        self.handle_timeout(now);
        let State::Due(at) = self.state else {
            return None;
        };
        if now.monotonic < at {
            return None;
        }
        let pending = self.pending.as_ref()?;
        let begin = out.len();
        if pending
            .encode(&self.identity, self.clock(now), entropy, out)
            .is_err()
        {
            // Was tried out when it was submitted; what fails all the same must not be taken for sent.
            out.truncate(begin);
            self.give_up();
            return None;
        }
        let until = now.monotonic + self.wait();
        let pending = self.pending.as_mut()?;
        let transmit = Transmit {
            to: self.path,
            id: pending.id,
            repeats: pending.sent,
        };
        pending.tries = pending.tries.saturating_add(1);
        pending.sent = pending.sent.saturating_add(1);
        self.state = State::Waiting(until);
        // What is left of an answer to an earlier try would only hide the answer to this one.
        self.partial.clear();
        self.spoke = now.monotonic;
        Some(transmit)
    }

    /// When [`handle_timeout`](Self::handle_timeout) or [`poll_transmit`](Self::poll_transmit) is due, on the monotonic
    /// clock.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Due(at) | State::Waiting(at) => Some(at),
            State::Idle => Some(self.spoke + self.timing.supervise?),
        }
    }

    /// Tells that time has passed. Then call [`poll_transmit`](Self::poll_transmit).
    pub fn handle_timeout(&mut self, now: Now) {
        match self.state {
            State::Waiting(until) if now.monotonic >= until => self.failed(now, Duration::ZERO),
            State::Idle
                if self
                    .timing
                    .supervise
                    .is_some_and(|every| now.monotonic >= self.spoke + every) =>
            {
                let sequence = self.identity.sequence(self.last, true);
                if sequence != Sequence::ZERO {
                    self.last = sequence;
                }
                self.begin(now, Pending::null(sequence));
            }
            _ => {}
        }
    }

    /// What became of what was sent, oldest first.
    pub fn poll_event(&mut self) -> Option<Report> {
        let report = self.reports.pop_front();
        if self.reports.is_empty() && self.reports.capacity() > 0 {
            // A hundred thousand of these are held at once, nearly all of them with nothing to tell.
            self.reports = VecDeque::new();
        }
        report
    }

    /// The key that the receiver sent last in an encrypted RSP. It is not adopted: what the panel makes of it, and when,
    /// is the integrator's procedure (dc09.md 11), for which there is [`change_key`](Self::change_key).
    #[cfg(feature = "crypto")]
    pub fn poll_key(&mut self) -> Option<NewKey> {
        self.offered.take().map(|key| *key)
    }

    /// Encrypts with another key from the next try on. An answer under the old one still counts until the first under
    /// the new one. Called again with the old key when the receiver never took to the new one.
    #[cfg(feature = "crypto")]
    pub fn change_key(&mut self, key: Key) {
        self.identity.previous_key = self.identity.key.replace(key);
    }

    /// The address in use.
    #[must_use]
    pub const fn path(&self) -> Path {
        self.path
    }

    /// How far the clock of the receiver at `path` is taken to be ahead of ours, in nanoseconds.
    #[must_use]
    pub const fn clock_offset(&self, path: Path) -> i64 {
        let [main, backup] = self.offsets;
        match path {
            Path::Main => main,
            Path::Backup => backup,
        }
    }

    fn begin(&mut self, now: Now, pending: Pending) {
        if self.path == Path::Backup
            && now.monotonic >= self.backup_since + self.timing.return_after
        {
            self.change_to(now, Path::Main);
        }
        self.pending = Some(Box::new(pending));
        self.state = State::Due(now.monotonic);
    }

    fn wait(&self) -> Duration {
        self.timing
            .wait
            .clamp(Duration::from_secs(1), Duration::from_secs(60))
    }

    fn clock(&self, now: Now) -> Timestamp {
        now.utc.offset(self.clock_offset(self.path))
    }

    fn change_to(&mut self, now: Now, path: Path) {
        self.path = path;
        if path == Path::Backup {
            self.backup_since = now.monotonic;
        }
        self.reports.push_back(Report::PathChanged { to: path });
    }

    /// A try had no answer; the next is due after `delay`, unless it is another address's turn.
    fn failed(&mut self, now: Now, delay: Duration) {
        let Some(pending) = self.pending.as_mut() else {
            self.state = State::Idle;
            return;
        };
        if pending.tries < self.timing.tries.max(1) {
            self.state = State::Due(now.monotonic + delay);
            return;
        }
        pending.tries = 0;
        if self.timing.backup && !pending.both {
            pending.both = true;
            self.state = State::Due(now.monotonic);
            self.change_to(now, self.path.other());
            return;
        }
        pending.both = false;
        pending.rounds = pending.rounds.saturating_add(1);
        let rounds = pending.rounds;
        // A NULL is not repeated round after round: the next one is due anyway.
        let most = if pending.id.is_some() {
            self.timing.rounds
        } else {
            Some(1)
        };
        if most.is_some_and(|most| rounds >= most) {
            self.give_up();
            return;
        }
        let doubled = self
            .timing
            .pause
            .saturating_mul(1_u32 << (rounds - 1).min(16));
        self.state = State::Due(now.monotonic + doubled.min(self.timing.longest_pause));
        if self.timing.backup && self.path == Path::Backup {
            self.change_to(now, Path::Main);
        }
    }

    pub(super) fn give_up(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.reports.push_back(Report::GaveUp { id: pending.id });
        }
        self.state = State::Idle;
    }

    /// The frame under way is answered: its name, if one was.
    pub(super) fn finish(&mut self) -> Option<Option<u64>> {
        let pending = self.pending.take()?;
        self.state = State::Idle;
        Some(pending.id)
    }

    pub(super) fn report(&mut self, report: Report) {
        self.reports.push_back(report);
    }

    pub(super) const fn set_clock_offset(&mut self, path: Path, nanos: i64) {
        let [main, backup] = &mut self.offsets;
        match path {
            Path::Main => *main = nanos,
            Path::Backup => *backup = nanos,
        }
    }

    /// Reads all whole answers, and says how many bytes are done with.
    fn read(&mut self, now: Now, path: Path, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if matches!(rest.first(), Some(b'\r' | b'\0' | b' ')) {
                at += 1;
                continue;
            }
            match Frame::parse(rest) {
                Ok(Some((frame, taken))) => {
                    self.answered(now, path, &frame);
                    at += taken.max(1);
                }
                // What ends with CR may be whole although its length says otherwise (quirk 4).
                Ok(None) => match Frame::parse_whole(rest) {
                    Ok((frame, taken)) if rest.last() == Some(&b'\r') => {
                        self.answered(now, path, &frame);
                        at += taken.max(1);
                    }
                    _ => return at,
                },
                // The next frame can only begin at an LF.
                Err(_) => {
                    at += memchr::memchr(b'\n', rest.get(1..).unwrap_or_default())
                        .map_or(rest.len(), |lf| lf + 1)
                }
            }
        }
        bytes.len()
    }
}

impl fmt::Debug for Transmitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transmitter")
            .field("account", &self.identity.account)
            .field("path", &self.path)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "transmitter_tests.rs"]
mod tests;
