//! The gateway: inputs, the journal, outputs, and what keeps them running.

mod clock;
pub mod config;
pub mod input {
    //! The ways in.
    pub mod dc09_tcp;
}

pub use config::{Config, ConfigError, Flags};

/// The source under which the gateway's own events are stored.
pub const OWN_SOURCE: &str = "gateway";
