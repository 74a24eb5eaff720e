use core::{net::SocketAddr, sync::atomic::Ordering::Relaxed, time::Duration};
use std::{
    io,
    path::{Path as FilePath, PathBuf},
    sync::Arc,
    thread::JoinHandle,
};

use super::{
    Ledger, Path, Report, Scenario, Schedule, SinkProtocol,
    clock::{Clock, Reactor},
    engine::{Control, Engine},
    panel::Panels,
    receiver::VirtualReceiver,
    sink::{self, dc09::Dc09Sink, jsonl::JsonlSink, surgard::SurgardSink},
};
use crate::codec::dc09::{Key, Profile};

/// How long a sink may show nothing new, once all is answered, before what it should have and has not is lost.
const GRACE: Duration = Duration::from_secs(10);

/// How long before the first event falls due the panels are there.
const LEAD: Duration = Duration::from_millis(200);

const ALL_PATHS: &[Path] = &[Path::Ip, Path::Serial];

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulatorError {
    /// A socket or a pseudo-terminal.
    #[error("{what}: {source}")]
    Io {
        /// Of what.
        what: String,
        /// The system's word.
        source: io::Error,
    },
    /// Something that the scenario's check let through.
    #[error("{0}")]
    Scenario(String),
}

fn io_error(what: impl Into<String>) -> impl FnOnce(io::Error) -> SimulatorError {
    |source| SimulatorError::Io {
        what: what.into(),
        source,
    }
}

/// A run that is set up: the sinks listen and the pseudo-terminals are there, so that the receiver under test can be
/// told where; nothing is sent yet.
pub struct Prepared {
    scenario: Scenario,
    seed: u64,
    schedule: Arc<Schedule>,
    clock: Clock,
    receivers: Vec<VirtualReceiver>,
    sinks: Vec<(Box<dyn NamedSink>, Reactor)>,
}

/// Where a sink takes the events of the receiver under test.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SinkPlace {
    /// A TCP address that it listens on.
    Tcp(SocketAddr),
    /// A pseudo-terminal to open.
    Serial(PathBuf),
    /// A file to write.
    File(PathBuf),
}

trait NamedSink: Send {
    fn place(&self) -> Option<SinkPlace>;
    fn keep(&mut self, ledger: Arc<Ledger>, sink: usize, start: Duration);
    fn run(
        self: Box<Self>,
        reactor: Reactor,
        clock: Clock,
        control: Arc<Control>,
    ) -> io::Result<()>;
}

impl NamedSink for Dc09Sink {
    fn place(&self) -> Option<SinkPlace> {
        Some(SinkPlace::Tcp(self.address()))
    }
    fn keep(&mut self, ledger: Arc<Ledger>, sink: usize, start: Duration) {
        Self::keep(self, ledger, sink, start);
    }
    fn run(
        self: Box<Self>,
        reactor: Reactor,
        clock: Clock,
        control: Arc<Control>,
    ) -> io::Result<()> {
        sink::run(*self, reactor, clock, || control.is_over())
    }
}

impl NamedSink for SurgardSink {
    fn place(&self) -> Option<SinkPlace> {
        self.path()
            .map(|path| SinkPlace::Serial(path.to_owned()))
            .or_else(|| self.address().map(SinkPlace::Tcp))
    }
    fn keep(&mut self, ledger: Arc<Ledger>, sink: usize, start: Duration) {
        Self::keep(self, ledger, sink, start);
    }
    fn run(
        self: Box<Self>,
        reactor: Reactor,
        clock: Clock,
        control: Arc<Control>,
    ) -> io::Result<()> {
        sink::run(*self, reactor, clock, || control.is_over())
    }
}

impl NamedSink for JsonlSink {
    fn place(&self) -> Option<SinkPlace> {
        Some(SinkPlace::File(self.path().to_owned()))
    }
    fn keep(&mut self, ledger: Arc<Ledger>, sink: usize, start: Duration) {
        Self::keep(self, ledger, sink, start);
    }
    fn run(mut self: Box<Self>, _: Reactor, _: Clock, control: Arc<Control>) -> io::Result<()> {
        while !control.is_over() {
            self.poll()?;
            std::thread::sleep(sink::jsonl::EVERY);
        }
        self.poll()
    }
}

impl Prepared {
    /// Draws the schedule, opens the sinks and the receivers' terminals.
    ///
    /// # Errors
    /// When a socket or pseudo-terminal can't be opened.
    pub fn new(scenario: Scenario, seed: u64) -> Result<Self, SimulatorError> {
        let _limit = crate::transport::descriptors::raise_descriptor_limit();
        let clock = Clock::new();
        let schedule = Arc::new(Schedule::build(&scenario, seed));
        let mut sinks: Vec<(Box<dyn NamedSink>, Reactor)> = Vec::new();
        for config in &scenario.sink {
            let what = || format!("sink {:?}", config.name);
            let reactor = Reactor::new(clock).map_err(io_error(what()))?;
            let key = config.key.as_ref().map(|key| Key::parse(key.get_ref()));
            let key = key
                .transpose()
                .map_err(|e| SimulatorError::Scenario(e.to_string()))?;
            let sink: Box<dyn NamedSink> = match (*config.protocol.get_ref(), config.listen) {
                (SinkProtocol::Jsonl, _) => Box::new(JsonlSink::new(
                    config.path.as_deref().unwrap_or(FilePath::new("")),
                    clock,
                )),
                (SinkProtocol::Dc09, listen) => {
                    let profile = Profile::find(config.profile.get_ref()).unwrap_or_default();
                    let listen =
                        listen.unwrap_or_else(|| (core::net::Ipv4Addr::LOCALHOST, 0).into());
                    Box::new(
                        Dc09Sink::bind(listen, key, profile, clock, reactor.registry())
                            .map_err(io_error(what()))?,
                    )
                }
                (SinkProtocol::Surgard, Some(listen)) => Box::new(
                    SurgardSink::bind(listen, clock, reactor.registry())
                        .map_err(io_error(what()))?,
                ),
                (SinkProtocol::Surgard, None) => {
                    let baud = *config.baud.get_ref();
                    let sink =
                        SurgardSink::open(config.link.as_deref(), baud, clock, reactor.registry());
                    Box::new(sink.map_err(io_error(what()))?)
                }
            };
            sinks.push((sink, reactor));
        }
        let receivers = scenario.receiver.iter().map(|config| {
            VirtualReceiver::open(config, clock)
                .map_err(io_error(format!("receiver {:?}", config.name)))
        });
        let receivers = receivers.collect::<Result<_, _>>()?;
        Ok(Self {
            scenario,
            seed,
            schedule,
            clock,
            receivers,
            sinks,
        })
    }

    /// The schedule, with the accounts and keys that the receiver under test has to know.
    #[must_use]
    pub fn schedule(&self) -> &Arc<Schedule> {
        &self.schedule
    }

    /// The scenario.
    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Name and terminal of each virtual receiver.
    pub fn receivers(&self) -> impl Iterator<Item = (&str, &FilePath)> {
        self.receivers
            .iter()
            .map(|receiver| (receiver.name(), receiver.path()))
    }

    /// Name and place of each sink.
    pub fn sinks(&self) -> impl Iterator<Item = (&str, SinkPlace)> {
        self.scenario
            .sink
            .iter()
            .zip(&self.sinks)
            .filter_map(|(config, (sink, _))| Some((config.name.as_str(), sink.place()?)))
    }

    /// Starts sending to `target`.
    ///
    /// # Errors
    /// When a thread can't be started.
    pub fn launch(self, target: SocketAddr) -> Result<Simulation, SimulatorError> {
        let sinks: Vec<(&str, &[Path])> = self
            .scenario
            .sink
            .iter()
            .map(|sink| (sink.name.as_str(), ALL_PATHS))
            .collect();
        let ledger = Arc::new(Ledger::new(Arc::clone(&self.schedule), &sinks));
        let control = Arc::new(Control::new());
        let clock = self.clock;
        let panels = Panels::new(&ledger, &self.scenario.run, clock, target)
            .map_err(SimulatorError::Scenario)?;
        let start = clock.elapsed() + LEAD;
        let panels = panels.starting_at(start);
        let mut threads = Vec::new();
        for (number, (mut sink, reactor)) in self.sinks.into_iter().enumerate() {
            sink.keep(Arc::clone(&ledger), number, start);
            let control = Arc::clone(&control);
            threads.push(spawn(&format!("sink-{number}"), move || {
                sink.run(reactor, clock, control)
            })?);
        }
        let engine = Engine {
            ledger: Arc::clone(&ledger),
            control: Arc::clone(&control),
            clock,
            start,
            panels,
            receivers: self.receivers,
        };
        threads.push(spawn("panels", move || engine.run())?);
        Ok(Simulation {
            scenario: self.scenario,
            seed: self.seed,
            ledger,
            control,
            clock,
            start,
            threads,
        })
    }
}

fn spawn(
    name: &str,
    work: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Result<JoinHandle<io::Result<()>>, SimulatorError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(io_error("a thread"))
}

/// A run that is under way.
pub struct Simulation {
    scenario: Scenario,
    seed: u64,
    ledger: Arc<Ledger>,
    control: Arc<Control>,
    clock: Clock,
    start: Duration,
    threads: Vec<JoinHandle<io::Result<()>>>,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Phase {
    /// Events fall due.
    Sending,
    /// Answers to the last ones are awaited.
    Answers,
    /// The sinks are awaited.
    Drain,
    /// Everything that was acknowledged is where it belongs, or the time for it is over.
    Done,
}

/// A look at a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// Where it is.
    pub phase: Phase,
    /// Time since the start.
    pub elapsed: Duration,
    /// For how long events fall due.
    pub length: Duration,
    /// Events of the whole schedule.
    pub scheduled: usize,
    /// Fallen due so far.
    pub due: u64,
    /// Acknowledged so far.
    pub acknowledged: u64,
    /// First copies at sinks so far.
    pub delivered: u64,
    /// Frames that wait for their answer.
    pub in_flight: u64,
}

impl Simulation {
    /// The book of the run.
    #[must_use]
    pub const fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Time since the start of the run, as the ledger counts it.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.clock.elapsed().saturating_sub(self.start)
    }

    /// Lets nothing more fall due; what has, is still sent and accounted for.
    pub fn stop(&self) {
        // A little ahead, so that what the generator hands out at this very moment is still counted.
        self.control
            .stop_at(self.elapsed() + Duration::from_millis(20));
    }

    /// Runs to the end, or until `stopped` says so, and draws up the report. Tells about progress every `every`.
    ///
    /// # Errors
    /// When a sink or the generator broke down, so that the figures mean nothing.
    pub fn finish(
        self,
        every: Duration,
        mut stopped: impl FnMut() -> bool,
        mut progress: impl FnMut(&Progress),
    ) -> Result<Report, SimulatorError> {
        let mut since = self.clock.elapsed();
        let mut phase = Phase::Sending;
        let mut delivered = 0;
        while phase != Phase::Done && !self.threads.iter().any(JoinHandle::is_finished) {
            if stopped() {
                self.stop();
            }
            let seen = self.ledger.live.delivered.load(Relaxed);
            if phase == Phase::Drain && core::mem::replace(&mut delivered, seen) != seen {
                since = self.clock.elapsed();
            }
            let next = self.advance(phase, self.clock.elapsed().saturating_sub(since));
            if next != phase {
                (phase, since) = (next, self.clock.elapsed());
            }
            progress(&self.look(phase));
            if phase != Phase::Done {
                std::thread::sleep(if phase == Phase::Sending {
                    every
                } else {
                    every.min(Duration::from_millis(50))
                });
            }
        }
        let until = self.control.until().min(self.scenario.run.length);
        self.control.quit();
        for thread in self.threads {
            match thread.join() {
                Ok(ended) => ended.map_err(io_error("a thread of the run"))?,
                Err(_) => {
                    return Err(SimulatorError::Scenario(
                        "a thread of the run panicked".into(),
                    ));
                }
            }
        }
        Ok(Report::new(
            &self.scenario.run.name,
            self.seed,
            &self.ledger,
            self.scenario.run.warm_up,
            until,
        ))
    }

    fn advance(&self, phase: Phase, since: Duration) -> Phase {
        match phase {
            Phase::Sending
                if self.elapsed() < self.control.until().min(self.scenario.run.length) =>
            {
                phase
            }
            Phase::Sending => Phase::Answers,
            Phase::Answers if self.control.is_answered() || since > self.scenario.run.drain => {
                Phase::Drain
            }
            Phase::Drain if self.ledger.settled() || since > GRACE => Phase::Done,
            other => other,
        }
    }

    /// Where the run is now.
    #[must_use]
    pub fn look(&self, phase: Phase) -> Progress {
        let live = &self.ledger.live;
        Progress {
            phase,
            elapsed: self.elapsed(),
            length: self.scenario.run.length,
            scheduled: self.ledger.schedule().events.len(),
            due: live.due.load(Relaxed),
            acknowledged: live.acknowledged.load(Relaxed),
            delivered: live.delivered.load(Relaxed),
            in_flight: live.in_flight.load(Relaxed),
        }
    }
}
