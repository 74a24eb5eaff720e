//! What a sender makes of an answer (dc09.md 7 and 8).

use alloc::{boxed::Box, vec::Vec};

use super::{Path, Report, Transmitter, transmitter::State};
#[cfg(feature = "crypto")]
use crate::codec::dc09::{Key, NewKey, Scratch};
use crate::{
    codec::dc09::{Body, Content, Extended, Frame, Token},
    types::Now,
};

const DAY: i64 = 24 * 60 * 60 * 1_000_000_000;
/// Two NAKs that tell times this close tell the same: the second is a copy, or the receiver refuses for another reason.
const SAME_CLOCK: i64 = 2_000_000_000;

impl Transmitter {
    /// One frame came from `path`.
    pub(super) fn answered(&mut self, now: Now, path: Path, frame: &Frame<'_>) {
        match frame.token {
            Token::Nak => self.nak(now, path, frame),
            Token::Ack | Token::Rsp | Token::Duh if self.is_for_us(frame) => match frame.token {
                Token::Duh => {
                    if let Some(id) = self.finish() {
                        self.report(Report::Refused { id, path });
                    }
                }
                token => self.acknowledged(now, path, frame, token == Token::Rsp),
            },
            // Somebody else's answer, a late one, or what no receiver sends.
            _ => {}
        }
    }

    /// Whether it answers the frame under way: sequence, receiver number, line and account as we sent them. Panels check
    /// strictly, and so do we (quirk 18).
    fn is_for_us(&self, frame: &Frame<'_>) -> bool {
        let same = |ours: Option<&str>, theirs: Option<&str>| match (ours, theirs) {
            (None, None) => true,
            (Some(ours), Some(theirs)) => ours.eq_ignore_ascii_case(theirs),
            _ => false,
        };
        let identity = &self.identity;
        self.pending
            .as_ref()
            .is_some_and(|pending| pending.sent > 0 && pending.sequence == frame.sequence)
            && same(
                identity.receiver.as_deref(),
                frame.receiver.map(|r| r.as_str()),
            )
            && identity.is_line(frame.line.map(|l| l.as_str()))
            && identity.is_account(frame.account.map(|a| a.as_str()))
    }

    fn acknowledged(&mut self, now: Now, path: Path, frame: &Frame<'_>, response: bool) {
        match (frame.body, self.identity.is_keyed()) {
            // Keys and other fields in an ACK mean nothing to us (quirk 37).
            (Body::Clear(content), false) => self.delivered(now, path, response.then_some(content)),
            #[cfg(feature = "crypto")]
            (Body::Encrypted(_), true) => {
                let mut scratch = Scratch::new();
                let (new, old) = (
                    self.identity.key.clone(),
                    self.identity.previous_key.clone(),
                );
                if new
                    .is_some_and(|key| self.opened(now, path, frame, &key, &mut scratch, response))
                {
                    self.identity.previous_key = None;
                } else if let Some(old) = old {
                    self.opened(now, path, frame, &old, &mut scratch, response);
                }
            }
            // A clear answer to an encrypted frame is anybody's; an encrypted one to a clear frame says nothing to us.
            _ => {}
        }
    }

    /// Takes an answer, if `key` opens it.
    #[cfg(feature = "crypto")]
    fn opened(
        &mut self,
        now: Now,
        path: Path,
        frame: &Frame<'_>,
        key: &Key,
        scratch: &mut Scratch,
        response: bool,
    ) -> bool {
        let Ok(content) = frame.decrypt(key, scratch) else {
            return false;
        };
        // Only an RSP brings a key: an ACK that does is a receiver's mistake (quirk 37).
        if response
            && let Some(digits) = content.extended.find(b'K')
            && let Ok(offered) = NewKey::from_field(digits)
        {
            self.offered = Some(Box::new(offered));
        }
        self.delivered(now, path, response.then_some(content));
        true
    }

    fn delivered(&mut self, now: Now, path: Path, response: Option<Content<'_>>) {
        let Some(sequence) = self.pending.as_ref().map(|pending| pending.sequence) else {
            return;
        };
        let Some(id) = self.finish() else { return };
        if let Some(content) = response {
            self.report(Report::Response {
                data: content.data.into(),
                extended: without_keys(content.extended),
            });
        }
        let at = now.monotonic;
        self.report(match id {
            Some(id) => Report::Delivered {
                id,
                sequence,
                path,
                at,
            },
            None => Report::Supervised { path, at },
        });
    }

    fn nak(&mut self, now: Now, path: Path, frame: &Frame<'_>) {
        // Its sequence, line and account pair it with nothing, so it counts for what waits on its path.
        if path != self.path || !matches!(self.state, State::Waiting(_)) {
            return;
        }
        let Body::Clear(content) = frame.body else {
            return;
        };
        let Some(theirs) = content.sent() else { return };
        let nanos = theirs.nanos_since(now.utc);
        // Old receivers send no time, or a month that is off by one: such a NAK is none (quirk 11).
        if nanos.abs() > DAY || (nanos - self.clock_offset(path)).abs() <= SAME_CLOCK {
            return;
        }
        self.set_clock_offset(path, nanos);
        self.report(Report::ClockOffset { path, nanos });
        let most = self.timing.naks;
        let Some(pending) = self.pending.as_mut() else {
            return;
        };
        pending.naks = pending.naks.saturating_add(1);
        if pending.naks > most {
            self.give_up();
        } else {
            self.state = State::Due(now.monotonic);
        }
    }
}

/// The fields as they stand but for keys, which reach no report: reports are printed.
fn without_keys(extended: Extended<'_>) -> Box<[u8]> {
    let mut out = Vec::with_capacity(extended.as_bytes().len());
    for piece in extended.as_bytes().split_inclusive(|b| *b == b']') {
        if !piece.starts_with(b"[K") {
            out.extend_from_slice(piece);
        }
    }
    out.into_boxed_slice()
}
