//! The gateway: inputs, the journal, outputs, and what keeps them running.

pub mod config;

pub use config::{Config, ConfigError, Flags};

/// The source under which the gateway's own events are stored.
pub const OWN_SOURCE: &str = "gateway";
