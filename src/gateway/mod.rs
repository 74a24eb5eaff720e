//! The gateway: inputs, the journal, outputs, and what keeps them running.
//!
//! An input's session turns bytes into signals; the journal stores them and gives the proof that lets the session
//! acknowledge; each output reads the journal from its own cursors, the urgent lanes first. [`start`] makes all of that
//! from a [`Config`]; [`Running::shutdown`] drains and stops it.

mod admin;
mod clock;
pub mod config;
mod incidents;
pub mod input;
mod monitor;
mod output;
mod port;
mod running;
mod supervisor;
pub mod telemetry;

pub use config::{Config, ConfigError, Flags};
pub use running::{Listening, Running, StartError, run, start};

/// The source under which the gateway's own events are stored.
pub const OWN_SOURCE: &str = "gateway";
