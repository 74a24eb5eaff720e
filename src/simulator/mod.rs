//! The load simulator: panels and virtual receivers that send an open-loop, seeded schedule, sinks that take what comes
//! out on the other side, and a ledger that accounts for every event.

mod clock;
mod engine;
mod ledger;
mod panel;
mod pty;
mod receiver;
mod report;
mod scenario;
mod schedule;
mod simulation;
mod sink;

pub use ledger::{Fate, Ledger, Live};
pub use report::{Figures, Generator, JournalFigures, Latency, Report, SinkFigures};
pub use scenario::{
    Category, Fleet, Format, Kind, Run, Scenario, ScenarioError, SerialReceiver, Sink,
    SinkProtocol, Way,
};
pub use schedule::{Event, EventKey, Panel, Path, Schedule};
pub use simulation::{Phase, Prepared, Progress, Simulation, SimulatorError, SinkPlace};
