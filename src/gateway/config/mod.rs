//! The configuration: one TOML file, or the flags that mirror it. Every mistake is one message that points at its place.

mod check;
mod error;
mod flags;
mod read;
mod read_output;
mod table;
mod value;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use error::ConfigError;
pub use flags::Flags;
pub use value::{HostPort, InvalidKeyLength, LineSettings, Parity, Secret};

use crate::event::{Class, Qualifier};

/// Everything that the gateway is told. Programs may build one by hand; [`Config::from_toml`] and [`Flags`] check what
/// they read.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The station itself.
    pub station: Station,
    /// Where events come from.
    pub inputs: Vec<Input>,
    /// Where they go.
    pub outputs: Vec<Output>,
    /// The panels that are known by name.
    pub accounts: Vec<Account>,
}

/// The station itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Station {
    /// Its name, for logs.
    pub name: String,
    /// The folder of the journal.
    pub data: PathBuf,
    /// Where metrics and health are served; never without authentication beyond this machine.
    pub admin: Option<SocketAddr>,
}

/// Where events come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its name; stored with each event as `source`.
    pub name: String,
    /// The names of the outputs that its events go to; `None`: to all.
    pub to: Option<Vec<String>>,
    /// What it speaks.
    pub kind: InputKind,
}

/// What an input speaks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum InputKind {
    /// DC-09 over TCP and UDP.
    Dc09(Dc09Input),
    /// The automation output of a Sur-Gard receiver.
    Surgard(SurgardInput),
}

/// A DC-09 listener.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dc09Input {
    /// TCP addresses to listen at.
    pub tcp: Vec<SocketAddr>,
    /// UDP addresses to listen at.
    pub udp: Vec<SocketAddr>,
    /// Whether panels that no `[[account]]` names are taken.
    pub accept_unknown: bool,
    /// Whether what is refused is answered with DUH; else with silence.
    pub refuse_with_duh: bool,
    /// Whether a clear frame with a timestamp outside the window is refused (NAK) and not just noted.
    pub reject_clear_time: bool,
}

/// A Sur-Gard receiver that is read.
#[derive(Clone, Debug, PartialEq)]
pub struct SurgardInput {
    /// How it is reached.
    pub port: Port,
    /// Digits of its line number; `None`: found out.
    pub line_digits: Option<u8>,
    /// Whether a sender that is set to 7E1 is read on a port that is set to 8N1.
    pub seven_bits: bool,
    /// What its event letters mean, where they differ from the built-in table.
    pub letters: Vec<(u8, Class, Qualifier)>,
}

/// How a byte stream to a receiver or to automation software comes about.
#[derive(Clone, Debug, PartialEq)]
pub enum Port {
    /// A serial port.
    Serial {
        /// Its path; better one by id than by number.
        path: PathBuf,
        /// Its settings.
        line: LineSettings,
    },
    /// TCP: the other side dials.
    Listen(SocketAddr),
    /// TCP: we dial.
    Dial(HostPort),
}

/// Where events go.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name; also that of its cursors.
    pub name: String,
    /// What it speaks.
    pub kind: OutputKind,
}

/// What an output speaks.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OutputKind {
    /// DC-09 over TCP, to a main and perhaps a backup address.
    Dc09(Dc09Output),
    /// We play a Sur-Gard receiver to automation software.
    Surgard(SurgardOutput),
    /// One JSON object a line.
    Jsonl(JsonlTarget),
}

/// A DC-09 receiver that events are sent on to.
#[derive(Clone, Debug, PartialEq)]
pub struct Dc09Output {
    /// Its first address.
    pub main: HostPort,
    /// Its second one.
    pub backup: Option<HostPort>,
    /// The account in the header; `None`: that of each event.
    pub account: Option<String>,
    /// The key that everything is encrypted with; `None`: clear.
    pub key: Option<Secret>,
    /// How long an answer is waited for, 1 s to 60 s.
    pub wait: Duration,
    /// The receiver number in the header, without `R`; `None`: left out, which some receivers can't answer.
    pub receiver: Option<String>,
    /// How many frames of different accounts may be out at once, 1 to 64: receivers that take one read for one frame
    /// want 1.
    pub window: usize,
}

/// Automation software that we play a receiver to.
#[derive(Clone, Debug, PartialEq)]
pub struct SurgardOutput {
    /// How it is reached.
    pub port: Port,
    /// The two characters of the receiver number.
    pub receiver: String,
    /// Digits of the line number, 1 or 3.
    pub line_digits: u8,
    /// Silence after which a heartbeat is sent.
    pub heartbeat: Duration,
    /// How long an acknowledgement is waited for.
    pub wait: Duration,
}

/// Where JSON lines go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum JsonlTarget {
    /// Appended to a file, synced before its events count as delivered.
    File(PathBuf),
    /// Standard output.
    Stdout,
}

/// A panel that is known by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// As it stands in the header.
    pub id: String,
    /// Its keys: the current one, and the previous one while it is being changed.
    pub keys: Vec<Secret>,
    /// Whether clear frames are refused.
    pub encrypted_only: bool,
    /// Whether its clock is not looked at; its ciphertexts are remembered for 30 days instead.
    pub ignore_time: bool,
    /// Other accounts that its encrypted frames may speak for.
    pub data_accounts: Vec<String>,
    /// The longest silence that is no fault. Read and checked; nothing watches it yet.
    pub supervise: Option<Duration>,
}

impl Config {
    /// A configuration with a data folder and nothing else.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            station: Station {
                name: "alarmwire".to_owned(),
                data: data.into(),
                admin: None,
            },
            inputs: Vec::new(),
            outputs: Vec::new(),
            accounts: Vec::new(),
        }
    }

    /// Reads a configuration. `name` is what messages call it; relative paths of key files count from its folder.
    ///
    /// # Errors
    /// The first mistake in the text, with its place.
    ///
    /// ```
    /// use alarmwire::gateway::Config;
    ///
    /// let text = "[[input]]\nname = 'ip'\nprotocol = 'dc09'\nlisten = 'tcp://127.0.0.1:70000'\n";
    /// let error = Config::from_toml("gateway.toml", text).unwrap_err();
    /// assert_eq!(error.position(), (4, 27));
    /// assert_eq!(error.message(), "a port is a number from 0 to 65535");
    /// ```
    pub fn from_toml(name: &str, text: &str) -> Result<Self, ConfigError> {
        read::config(name, text)
    }

    /// Reads a configuration file.
    ///
    /// # Errors
    /// When the file can't be read, or the first mistake in it.
    pub fn from_file(path: &std::path::Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        match std::fs::read(path) {
            Err(error) => Err(ConfigError::new(
                &name,
                "",
                0..0,
                format!("can't be read: {error}"),
                None,
            )),
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Self::from_toml(&name, &text),
                Err(wrong) => {
                    let at = wrong.utf8_error().valid_up_to();
                    let text = String::from_utf8_lossy(wrong.as_bytes()).into_owned();
                    Err(ConfigError::new(
                        &name,
                        &text,
                        at..at + 3,
                        "the file is not UTF-8 text",
                        None,
                    ))
                }
            },
        }
    }

    /// What works and should still be looked at.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        check::warnings(self)
    }

    /// What the configuration says, one line a thing.
    #[must_use]
    pub fn summary(&self) -> String {
        check::summary(self)
    }
}

impl std::fmt::Display for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Serial { path, line } => write!(f, "{} at {line}", path.display()),
            Self::Listen(address) => write!(f, "tcp listening at {address}"),
            Self::Dial(to) => write!(f, "tcp to {to}"),
        }
    }
}
