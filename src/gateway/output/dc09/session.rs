//! One account's sender: its frame under way, those that wait, and what became of them.

use std::{collections::VecDeque, time::Duration};

use super::content::Content;
use crate::{
    Lane, Now, Sequence,
    link::dc09::{Busy, Outgoing, Path, Report, Transmitter},
};

/// Pause before a frame goes on that the receiver answered with NAK again and again.
const AFTER_NAKS: Duration = Duration::from_secs(10);

/// A frame on its way.
pub(super) struct Job {
    pub(super) lane: Lane,
    pub(super) seq: i64,
    pub(super) id: String,
    pub(super) code: String,
    pub(super) sequence: Sequence,
    pub(super) content: Content,
}

/// One account's sender.
pub(super) struct Session {
    pub(super) transmitter: Transmitter,
    /// Its main address is our backup: it was made while that one was in use.
    pub(super) swapped: bool,
    pub(super) current: Option<Job>,
    pub(super) queue: VecDeque<Job>,
    /// Nothing new before this.
    pub(super) resume: Duration,
}

impl Session {
    pub(super) const fn physical(&self, path: Path) -> Path {
        if self.swapped { path.other() } else { path }
    }

    pub(super) fn path(&self) -> Path {
        self.physical(self.transmitter.path())
    }
}

/// What one round brought.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) done: Vec<Job>,
    pub(super) dead: Vec<(Job, &'static str)>,
    pub(super) resent: u32,
    pub(super) path: Option<Path>,
}

/// Reads a session's reports, and gives it its next frame.
pub(super) fn reports(session: &mut Session, now: Now, stopping: bool, outcome: &mut Outcome) {
    while let Some(report) = session.transmitter.poll_event() {
        match report {
            Report::Delivered { path, .. } => {
                outcome.done.extend(session.current.take());
                outcome.path = Some(session.physical(path));
            }
            Report::Refused { .. } => outcome
                .dead
                .extend(session.current.take().map(|job| (job, "refused"))),
            Report::GaveUp { .. } => {
                // Never given up: the receiver's operator may set its clock, and then it is taken.
                if let Some(job) = session.current.take() {
                    session.queue.push_front(job);
                    session.resume = now.monotonic + AFTER_NAKS;
                }
            }
            Report::PathChanged { to } => outcome.path = Some(session.physical(to)),
            _ => {}
        }
    }
    while !stopping && session.current.is_none() && now.monotonic >= session.resume {
        match advance(session, now) {
            Some(unfit) => outcome.dead.push((unfit, "content")),
            None => break,
        }
    }
}

/// Submits a session's next frame, the most urgent lane first; gives back one that fits no DC-09 frame.
fn advance(session: &mut Session, now: Now) -> Option<Job> {
    if session.current.is_some() || now.monotonic < session.resume {
        return None;
    }
    let next =
        (0..session.queue.len()).min_by_key(|at| session.queue.get(*at).map(|job| job.lane))?;
    let job = session.queue.remove(next)?;
    let outgoing = Outgoing {
        id: job.seq.unsigned_abs(),
        sequence: Some(job.sequence),
        token: &job.content.token,
        data: &job.content.data,
        extended: &job.content.extended,
    };
    match session.transmitter.submit(now, outgoing) {
        Ok(_) => {
            session.current = Some(job);
            None
        }
        Err(Busy::Outstanding) => {
            session.queue.push_front(job);
            None
        }
        Err(Busy::Content(_)) => Some(job),
    }
}
