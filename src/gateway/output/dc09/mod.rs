//! The DC-09 output: events go on to another receiver, over TCP, to a main and perhaps a backup address.
//!
//! Each account is a sender of its own ([`Transmitter`]): one frame at a time, repeated until it is acknowledged; up to
//! [`WINDOW`] accounts at once share one connection an address. Sequence and content of a frame are in the journal
//! before its first byte is sent, so that a repetition after a crash is the same signal to the receiver.

mod content;
mod path;
mod sequence;
mod session;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::BytesMut;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(crate) use content::by_class;

use self::{
    content::Content,
    path::Told,
    sequence::Sequences,
    session::{Job, Outcome, Session, reports},
};
use super::{
    super::{
        clock::{self, SystemEntropy},
        config::Dc09Output,
        supervisor::Ended,
        telemetry::Happening,
    },
    feed::Feed,
};
use crate::{
    AccountId, Lane, Sequence,
    codec::dc09::{Framed, Framer, Key},
    journal::{JournalError, OutgoingFrame, Pending, StoredEvent},
    link::dc09::{Identity, Path, Timing, Transmitter},
    types::ReceiverNumber,
};

/// How many frames may be under way or made ready at most.
const WINDOW: usize = 64;
/// The part of the window beyond which only lanes 0 and 1 may fill it.
const CALM: (usize, usize) = (3, 4);
/// How long the backup address is used before the main one is tried again.
const RETURN: Duration = Duration::from_secs(60);
/// How long the acknowledgements of what is out are waited for at the end.
const PARTING: Duration = Duration::from_secs(2);

/// What is known of one address.
struct Line {
    frames: mpsc::Sender<Vec<u8>>,
    framer: Framer,
    place: String,
}

struct Output<'a> {
    feed: &'a mut Feed,
    settings: &'a Dc09Output,
    key: Option<Key>,
    timing: Arc<Timing>,
    sequences: Sequences,
    resume: HashMap<i64, OutgoingFrame>,
    sessions: HashMap<String, Session>,
    lines: Vec<Line>,
    in_use: Path,
    /// Since when the backup address is in use.
    since: Duration,
    in_flight: usize,
    /// How many may be.
    window: usize,
    /// From this many on only lanes 0 and 1 go out.
    calm: usize,
    /// Frames that are being made durable.
    prepared: Vec<Job>,
    saving: Option<Pending<Result<(), JournalError>>>,
    stopping: bool,
}

/// Runs until it is stopped or the journal fails.
pub(crate) async fn run(
    feed: &mut Feed,
    settings: &Dc09Output,
    stop: &CancellationToken,
) -> Result<(), Ended> {
    let (told, mut hear) = mpsc::channel(2 * WINDOW);
    let mut lines = Vec::new();
    let mut tasks = tokio::task::JoinSet::new();
    for (path, to) in [
        (Path::Main, Some(&settings.main)),
        (Path::Backup, settings.backup.as_ref()),
    ] {
        let Some(to) = to else { continue };
        // A session has one frame out, so this many always fit.
        let (frames, taken) = mpsc::channel(2 * WINDOW);
        tasks.spawn(path::run(path, to.clone(), taken, told.clone()));
        lines.push(Line {
            frames,
            framer: Framer::new(),
            place: to.to_string(),
        });
    }
    drop(told);
    let mut output = Output::new(feed, settings, lines)?;
    let mut patience = None;
    loop {
        if !stop.is_cancelled() {
            output.take()?;
        }
        output.send();
        output.feed.save_lazily();
        if stop.is_cancelled() {
            // What is out gets a moment to be acknowledged, so that it need not go out again.
            let until = *patience.get_or_insert(clock::now().monotonic + PARTING);
            output.stopping = true;
            if clock::now().monotonic >= until || output.is_quiet() {
                output.feed.save(Vec::new()).await?;
                return Err(Ended::Stopped);
            }
        }
        let deadline = [output.deadline(), patience].into_iter().flatten().min();
        let room = !output.stopping && output.saving.is_none() && output.in_flight < output.window;
        let calm = output.in_flight < output.calm;
        let save = output.feed.save_due();
        tokio::select! {
            () = stop.cancelled(), if !output.stopping => {}
            Some(what) = hear.recv() => {
                output.hear(what);
                // All that waits is heard before the next round of the journal.
                while let Ok(what) = hear.try_recv() {
                    output.hear(what);
                }
            }
            () = clock::until(deadline) => {}
            saved = saved(&mut output.saving) => {
                saved?;
                output.saved();
            }
            () = output.feed.next_commit(calm), if room => {}
            () = clock::at(save) => {}
        }
    }
}

/// Waits for what is being made durable; for ever when nothing is.
async fn saved(saving: &mut Option<Pending<Result<(), JournalError>>>) -> Result<(), JournalError> {
    match saving {
        Some(pending) => pending.await,
        None => std::future::pending().await,
    }
}

impl<'a> Output<'a> {
    fn new(feed: &'a mut Feed, settings: &'a Dc09Output, lines: Vec<Line>) -> Result<Self, Ended> {
        let key = settings
            .key
            .as_ref()
            .map(|key| Key::from_bytes(key.bytes()));
        let key = key
            .transpose()
            .map_err(|error| Ended::Failed(error.to_string()))?;
        let timing = Timing {
            wait: settings.wait,
            backup: lines.len() > 1,
            return_after: RETURN,
            ..Timing::default()
        };
        let last = feed
            .reader()
            .last_sequence(feed.name())?
            .and_then(|last| Sequence::new(last).ok());
        let resume = feed
            .reader()
            .outgoing(feed.name())?
            .into_iter()
            .map(|f| (f.event_seq, f))
            .collect();
        Ok(Self {
            feed,
            settings,
            key,
            timing: Arc::new(timing),
            sequences: Sequences::new(last),
            resume,
            sessions: HashMap::new(),
            lines,
            in_use: Path::Main,
            since: Duration::ZERO,
            in_flight: 0,
            prepared: Vec::new(),
            saving: None,
            window: settings.window.clamp(1, WINDOW),
            calm: (settings.window * CALM.0 / CALM.1).clamp(1, WINDOW),
            stopping: false,
        })
    }

    /// Takes events from the journal and begins to make their frames durable. Meanwhile those that are durable go on
    /// their way, so what comes together here shares a commit without waiting for company.
    fn take(&mut self) -> Result<(), Ended> {
        if self.saving.is_some() {
            return Ok(());
        }
        let mut outgoing = Vec::new();
        let mut jobs = Vec::new();
        while self.in_flight + jobs.len() < self.window {
            let Some(event) = self.feed.next()? else {
                break;
            };
            if self.in_flight + jobs.len() >= self.calm && event.lane > Lane::Intrusion {
                self.feed.put_back(event);
                let Some(urgent) = self.feed.next_urgent()? else {
                    break;
                };
                self.prepare(urgent, &mut jobs, &mut outgoing);
                continue;
            }
            self.prepare(event, &mut jobs, &mut outgoing);
        }
        self.in_flight += jobs.len();
        self.prepared = jobs;
        if outgoing.is_empty() {
            self.saved();
        } else {
            self.saving = Some(self.feed.begin_save(outgoing));
        }
        Ok(())
    }

    /// The frames that were made ready are durable: they may be sent.
    fn saved(&mut self) {
        self.saving = None;
        for job in std::mem::take(&mut self.prepared) {
            let account = job.content.account.clone();
            self.session(&account, job.lane).queue.push_back(job);
        }
    }

    /// Makes the frame of an event, or finds the one that was made before a restart.
    fn prepare(
        &mut self,
        event: StoredEvent,
        jobs: &mut Vec<Job>,
        outgoing: &mut Vec<OutgoingFrame>,
    ) {
        let known = self.resume.remove(&event.seq);
        if known.as_ref().is_some_and(|frame| frame.settled) {
            self.feed.done(event.lane, event.seq);
            return;
        }
        let restored = known.and_then(|frame| {
            Some((
                Sequence::new(frame.sequence).ok()?,
                Content::from_bytes(&frame.frame)?,
            ))
        });
        let (sequence, content) = match restored {
            Some((sequence, content)) => {
                self.sequences.remember(sequence, &content);
                (sequence, content)
            }
            None => match Content::of(&event, self.settings.account.as_deref()) {
                Ok(content) => {
                    let sequence = self.sequences.next(&content);
                    let frame = content.to_bytes();
                    outgoing.push(OutgoingFrame {
                        event_seq: event.seq,
                        sequence: sequence.value(),
                        frame,
                        settled: false,
                    });
                    (sequence, content)
                }
                Err(reason) => {
                    Happening::DeadLetter {
                        output: self.feed.name(),
                        code: &event.code,
                        id: &event.id,
                        reason,
                    }
                    .emit();
                    self.feed.done(event.lane, event.seq);
                    return;
                }
            },
        };
        let StoredEvent {
            lane,
            seq,
            id,
            code,
            ..
        } = event;
        jobs.push(Job {
            lane,
            seq,
            id,
            code,
            sequence,
            content,
        });
    }

    /// The sender of an account; one that is new begins with the address in use.
    fn session(&mut self, account: &str, lane: Lane) -> &mut Session {
        let now = clock::now();
        let mut swapped = self.in_use == Path::Backup;
        let due = now.monotonic >= self.since + RETURN && !self.sessions.contains_key(account);
        if swapped && due && lane >= Lane::Service {
            // This one finds out whether the main address is back, and loses some seconds if it is not: never an alarm.
            // The others stay until it has.
            swapped = false;
            self.since = now.monotonic;
        }
        let (key, timing) = (self.key.clone(), self.timing.clone());
        let receiver = self
            .settings
            .receiver
            .as_deref()
            .and_then(|text| ReceiverNumber::new(text).ok());
        self.sessions.entry(account.to_owned()).or_insert_with(|| {
            let identity = AccountId::new(account).map_or_else(|_| nobody(), Identity::new);
            let identity = match key {
                Some(key) => identity.with_key(key),
                None => identity,
            };
            let identity = match receiver {
                Some(receiver) => identity.with_receiver(receiver),
                None => identity,
            };
            Session {
                transmitter: Transmitter::new(identity, timing, None, now),
                swapped,
                current: None,
                queue: VecDeque::new(),
                resume: Duration::ZERO,
            }
        })
    }

    /// Sends what is due, and looks at what became of the rest.
    fn send(&mut self) {
        let now = clock::now();
        let mut out = BytesMut::new();
        let mut outcome = Outcome::default();
        for session in self.sessions.values_mut() {
            reports(session, now, self.stopping, &mut outcome);
            while let Some(transmit) =
                session
                    .transmitter
                    .poll_transmit(now, &mut SystemEntropy, &mut out)
            {
                let path = session.physical(transmit.to);
                if transmit.repeats > 0 {
                    outcome.resent += 1;
                }
                if let Some(line) = self.lines.get(index(path)) {
                    // A full or closed channel is a frame that was lost on the way: it is repeated.
                    let _lost = line.frames.try_send(out.split().to_vec());
                }
                out.clear();
                reports(session, now, self.stopping, &mut outcome);
            }
        }
        self.settle(now, outcome);
    }

    fn settle(&mut self, now: crate::Now, outcome: Outcome) {
        let name = self.feed.name().to_owned();
        if let Some(to) = outcome.path.filter(|to| *to != self.in_use) {
            self.in_use = to;
            self.since = now.monotonic;
            let to = if to == Path::Main { "main" } else { "backup" };
            Happening::PathChanged { output: &name, to }.emit();
        }
        for _ in 0..outcome.resent {
            Happening::Resent { output: &name }.emit();
        }
        if !outcome.done.is_empty() {
            Happening::Delivered {
                output: &name,
                events: outcome.done.len() as u64,
            }
            .emit();
        }
        for (job, reason) in &outcome.dead {
            Happening::DeadLetter {
                output: &name,
                code: &job.code,
                id: &job.id,
                reason,
            }
            .emit();
        }
        for job in outcome
            .done
            .iter()
            .chain(outcome.dead.iter().map(|(job, _)| job))
        {
            self.in_flight = self.in_flight.saturating_sub(1);
            self.feed.done(job.lane, job.seq);
        }
        // The one session of an output with an account of its own keeps what it knows of the other side.
        if self.settings.account.is_none() {
            self.sessions
                .retain(|_, session| session.current.is_some() || !session.queue.is_empty());
        }
    }

    fn hear(&mut self, what: Told) {
        let now = clock::now();
        match what {
            Told::Up(path) => {
                if let Some(line) = self.lines.get_mut(index(path)) {
                    line.framer = Framer::new();
                    Happening::Up {
                        kind: "output",
                        name: self.feed.name(),
                        place: &line.place,
                    }
                    .emit();
                }
            }
            Told::Gone(path, reason) => {
                let again = Duration::from_secs(1);
                Happening::Down {
                    kind: "output",
                    name: self.feed.name(),
                    reason: &reason,
                    again,
                }
                .emit();
                for session in self.sessions.values_mut() {
                    let path = if session.swapped { path.other() } else { path };
                    session.transmitter.handle_disconnect(now, path);
                }
            }
            Told::Bytes(path, bytes) => self.answers(now, path, &bytes),
        }
    }

    /// Gives each answer to the account that it names; a NAK names nobody, and goes to whoever waits at this address.
    fn answers(&mut self, now: crate::Now, path: Path, bytes: &[u8]) {
        let Some(line) = self.lines.get_mut(index(path)) else {
            return;
        };
        line.framer.push(bytes);
        loop {
            let frame = match line.framer.next(now.monotonic) {
                Framed::Frame(frame) => frame,
                Framed::Noise(_) | Framed::Bad { .. } => continue,
                Framed::More => break,
            };
            let account = frame.account.map(AccountId::as_str);
            let named = account.and_then(|account| self.sessions.get_mut(account));
            let session = match named {
                Some(session) => Some(session),
                // Answers come in the order of the frames, and sequences rise in that order.
                None => self
                    .sessions
                    .values_mut()
                    .filter(|session| session.current.is_some() && session.path() == path)
                    .min_by_key(|session| session.current.as_ref().map(|job| job.sequence)),
            };
            if let Some(session) = session {
                let logical = if session.swapped { path.other() } else { path };
                session.transmitter.handle_input(now, logical, frame.raw);
            }
        }
    }

    fn is_quiet(&self) -> bool {
        self.sessions
            .values()
            .all(|session| session.current.is_none())
    }

    fn deadline(&self) -> Option<Duration> {
        let sessions = self.sessions.values();
        let waits = sessions.flat_map(|session| {
            let resume =
                (session.current.is_none() && !session.queue.is_empty()).then_some(session.resume);
            [session.transmitter.poll_timeout(), resume]
        });
        waits.flatten().min()
    }
}

fn nobody() -> Identity {
    const NOBODY: AccountId<'static> = match AccountId::new("0000") {
        Ok(id) => id,
        Err(_) => unreachable!(),
    };
    Identity::new(NOBODY)
}

const fn index(path: Path) -> usize {
    match path {
        Path::Main => 0,
        Path::Backup => 1,
    }
}
