use core::{
    sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use std::{io, sync::Arc};

use mio::{Events, Token};

use super::{
    clock::{Clock, Reactor, TIMER},
    ledger::Ledger,
    panel::Panels,
    receiver::VirtualReceiver,
    schedule::Path,
};

/// How the threads of a run hear from each other.
#[derive(Debug)]
pub(crate) struct Control {
    /// Nanoseconds of the run until which events fall due; an early stop lowers it.
    until: AtomicU64,
    phase: AtomicU8,
}

const QUIT: u8 = 2;
const ANSWERED: u8 = 1;

impl Control {
    pub(crate) const fn new() -> Self {
        Self {
            until: AtomicU64::new(u64::MAX),
            phase: AtomicU8::new(0),
        }
    }

    pub(crate) fn until(&self) -> Duration {
        Duration::from_nanos(self.until.load(Relaxed))
    }

    /// From `at` on nothing falls due any more.
    pub(crate) fn stop_at(&self, at: Duration) {
        self.until
            .fetch_min(u64::try_from(at.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    pub(crate) fn quit(&self) {
        self.phase.fetch_max(QUIT, Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.phase.load(Relaxed) == QUIT
    }

    /// Whether all that fell due was handed out and answered.
    pub(crate) fn is_answered(&self) -> bool {
        self.phase.load(Relaxed) >= ANSWERED
    }
}

/// The thread that keeps the schedule: hands each event to its panel when it falls due, and drives all sessions.
pub(crate) struct Engine {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) control: Arc<Control>,
    pub(crate) clock: Clock,
    pub(crate) start: Duration,
    pub(crate) panels: Panels,
    pub(crate) receivers: Vec<VirtualReceiver>,
}

impl Engine {
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut reactor = Reactor::new(self.clock)?;
        let mut events = Events::with_capacity(1_024);
        let first_receiver = self.panels.tokens();
        for (i, receiver) in self.receivers.iter_mut().enumerate() {
            receiver.begin(Token(first_receiver + i), reactor.registry())?;
        }
        self.panels.begin(reactor.registry());
        let schedule = Arc::clone(self.ledger.schedule());
        let mut next = 0;
        while !self.control.is_over() {
            let until = self.control.until();
            let due = schedule
                .events
                .get(next)
                .map(|event| event.due)
                .filter(|due| *due < until);
            if due.is_none()
                && self.panels.idle()
                && self.receivers.iter().all(VirtualReceiver::idle)
            {
                self.control.phase.fetch_max(ANSWERED, Relaxed);
            }
            // A stop must not wait for the next event.
            let look = self.clock.elapsed() + Duration::from_millis(50);
            let wake = [due.map(|due| self.start + due), self.panels.next_deadline()]
                .into_iter()
                .chain(self.receivers.iter().map(VirtualReceiver::next_deadline))
                .flatten()
                .fold(look, Duration::min);
            reactor.wait(&mut events, wake)?;

            // What is due goes out before what came in is read: the schedule is the judge of the answers.
            let mut elapsed = self.clock.elapsed().saturating_sub(self.start);
            while let Some(event) = schedule
                .events
                .get(next)
                .filter(|event| event.due <= elapsed && event.due < until)
            {
                let number = u32::try_from(next).unwrap_or(u32::MAX);
                match schedule.path_of(event) {
                    Path::Ip => self.panels.submit(number, event.panel, reactor.registry()),
                    Path::Serial => {
                        let receiver = schedule
                            .panel_of(event)
                            .map_or(0, |panel| usize::from(panel.receiver));
                        if let Some(receiver) = self.receivers.get_mut(receiver) {
                            receiver.submit(number);
                            receiver.serve(&self.ledger, self.start)?;
                        }
                    }
                }
                elapsed = self.clock.elapsed().saturating_sub(self.start);
                self.ledger.started(elapsed.saturating_sub(event.due));
                next += 1;
            }
            for event in &events {
                if event.token() != TIMER && event.token().0 < first_receiver {
                    self.panels.ready(event.token(), reactor.registry());
                }
            }
            self.panels.tick(reactor.registry());
            for receiver in &mut self.receivers {
                receiver.serve(&self.ledger, self.start)?;
            }
        }
        Ok(())
    }
}
