mod check;

use core::time::Duration;
use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

pub use check::ScenarioError;

/// What a run is made of: fleets of panels, virtual receivers and sinks, read from one TOML file.
///
/// ```
/// use alarmwire::simulator::Scenario;
///
/// let error = Scenario::parse("[[fleet]]\nname = \"homes\"\npanels = 0\nrate = 1.0\n").unwrap_err();
/// assert_eq!(error.to_string(), "line 3, column 10: a fleet has 1 to 100000 panels");
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Of the whole run.
    #[serde(default)]
    pub run: Run,
    /// The panels.
    #[serde(default)]
    pub fleet: Vec<Fleet>,
    /// Virtual serial receivers, on pseudo-terminals.
    #[serde(default)]
    pub receiver: Vec<SerialReceiver>,
    /// What stands behind the receiver under test and takes its events.
    #[serde(default)]
    pub sink: Vec<Sink>,
}

/// The table `[run]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Run {
    /// A name for the report.
    pub name: String,
    /// The same seed gives the same schedule.
    pub seed: u64,
    /// How long events fall due.
    #[serde(deserialize_with = "seconds")]
    pub length: Duration,
    /// Events that fall due before this are counted, but not timed.
    #[serde(deserialize_with = "seconds")]
    pub warm_up: Duration,
    /// How long a panel waits for an answer before it sends again.
    #[serde(deserialize_with = "seconds")]
    pub wait: Duration,
    /// How long after the last due time answers are waited for.
    #[serde(deserialize_with = "seconds")]
    pub drain: Duration,
    /// Where to connect to, unless the command line says otherwise.
    pub target: Option<SocketAddr>,
    /// Where to write the accounts and keys, as tables that the gateway's configuration understands.
    pub accounts: Option<PathBuf>,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            name: "scenario".into(),
            seed: 1,
            length: Duration::from_secs(20),
            warm_up: Duration::ZERO,
            wait: Duration::from_secs(5),
            drain: Duration::from_secs(30),
            target: None,
            accounts: None,
        }
    }
}

/// The kind of subscriber.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Serialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Category {
    /// High-risk trades: jewellers, banks, filling stations.
    HighRisk,
    /// Firms and institutions.
    Enterprise,
    /// Homes.
    #[default]
    Home,
}

/// How a panel reaches the receiver.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Way {
    /// DC-09 on a connection that stays open.
    Tcp,
    /// DC-09 on a new connection for each message.
    TcpPerMessage,
    /// DC-09 in datagrams.
    Udp,
    /// By telephone to a virtual serial receiver.
    Serial,
}

/// The body that a DC-09 panel writes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Format {
    /// Contact ID.
    #[serde(rename = "ADM-CID")]
    ContactId,
    /// SIA DC-03.
    #[serde(rename = "SIA-DCS")]
    Sia,
}

/// What a panel reports.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Hold-up.
    HoldUp,
    /// Burglary.
    Burglary,
    /// Fire.
    Fire,
    /// Gas leak.
    Gas,
    /// Emergency help.
    Emergency,
    /// A sensor out of order.
    Trouble,
    /// Disarming.
    Opening,
    /// Arming.
    Closing,
    /// A test report.
    Test,
}

/// One table `[[fleet]]`: panels of one kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// For the report.
    pub name: String,
    /// The kind of subscriber.
    #[serde(default)]
    pub category: Category,
    /// How many.
    pub panels: Spanned<u32>,
    /// The first panel's account, hexadecimal; the others count up from it.
    #[serde(default = "first_account")]
    pub first_account: Spanned<String>,
    /// Events a second of the whole fleet.
    pub rate: Spanned<f64>,
    /// How many events of different panels fall due at the same instant; the rate stays.
    #[serde(default = "one")]
    pub burst: Spanned<u32>,
    /// Shares of the ways of transmission.
    #[serde(default = "kept_tcp")]
    pub ways: Spanned<BTreeMap<Way, f64>>,
    /// Share of the IP panels that encrypt, 0 to 1.
    #[serde(default = "none")]
    pub encrypted: Spanned<f64>,
    /// Bits of their keys: 128, 192 or 256.
    #[serde(default = "bits")]
    pub key_bits: Spanned<u16>,
    /// The habits of the IP panels: a name of [`crate::codec::dc09::Profile::ALL`].
    #[serde(default = "standard")]
    pub profile: Spanned<String>,
    /// Shares of the bodies.
    #[serde(default = "contact_id")]
    pub formats: Spanned<BTreeMap<Format, f64>>,
    /// Shares of what is reported.
    #[serde(default = "all_functions")]
    pub mix: Spanned<BTreeMap<Kind, f64>>,
    /// An alarm's restore follows after this time, give or take half of it; never without.
    #[serde(default, deserialize_with = "optional_seconds")]
    pub restore_after: Option<Duration>,
    /// A NULL when a panel has been silent for this long; never without.
    #[serde(default, deserialize_with = "optional_seconds")]
    pub supervise: Option<Duration>,
}

/// One table `[[receiver]]`: a Sur-Gard receiver that takes the telephone calls of the serial panels.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SerialReceiver {
    /// For the report.
    pub name: String,
    /// Its number, two characters.
    #[serde(default = "receiver_number")]
    pub number: Spanned<String>,
    /// How fast the line is, in baud; a character takes ten bits.
    #[serde(default = "slow_line")]
    pub baud: Spanned<u32>,
    /// A symbolic link to make to the pseudo-terminal.
    pub link: Option<PathBuf>,
}

/// One table `[[sink]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sink {
    /// For the report.
    pub name: String,
    /// What it speaks.
    pub protocol: Spanned<SinkProtocol>,
    /// Where it listens.
    pub listen: Option<SocketAddr>,
    /// A symbolic link to make to its pseudo-terminal, when it does not listen.
    pub link: Option<PathBuf>,
    /// The file that it reads, for JSON lines.
    pub path: Option<PathBuf>,
    /// How fast its line is, in baud; it answers only when the frame could have passed.
    #[serde(default = "fast_line")]
    pub baud: Spanned<u32>,
    /// The key, when the receiver under test encrypts on this path: `hex:…` or `ascii:…`.
    pub key: Option<Spanned<String>>,
    /// How a DC-09 receiver answers: a name of [`crate::codec::dc09::Profile::ALL`].
    #[serde(default = "standard")]
    pub profile: Spanned<String>,
}

/// What a sink speaks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SinkProtocol {
    /// A DC-09 receiver on TCP.
    Dc09,
    /// Automation software behind a Sur-Gard receiver.
    Surgard,
    /// A reader of the file of JSON lines that the receiver under test writes.
    Jsonl,
}

/// `"250ms"`, `"20s"`, `"1.5s"`, `"2min"`, `"1h"`.
fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at_checked(split)?;
    let factor = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let seconds = number.trim().parse::<f64>().ok()? * factor;
    (0.0..1e9)
        .contains(&seconds)
        .then(|| Duration::from_secs_f64(seconds))
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    duration(&text)
        .ok_or_else(|| de::Error::custom("a time is like \"250ms\", \"20s\", \"2min\" or \"1h\""))
}

fn optional_seconds<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    seconds(deserializer).map(Some)
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

fn first_account() -> Spanned<String> {
    spanned("1001".into())
}

fn one() -> Spanned<u32> {
    spanned(1)
}

fn none() -> Spanned<f64> {
    spanned(0.0)
}

fn standard() -> Spanned<String> {
    spanned("standard".into())
}

fn bits() -> Spanned<u16> {
    spanned(128)
}

fn slow_line() -> Spanned<u32> {
    spanned(9_600)
}

fn fast_line() -> Spanned<u32> {
    spanned(115_200)
}

fn receiver_number() -> Spanned<String> {
    spanned("01".into())
}

fn kept_tcp() -> Spanned<BTreeMap<Way, f64>> {
    spanned([(Way::Tcp, 1.0)].into())
}

fn contact_id() -> Spanned<BTreeMap<Format, f64>> {
    spanned([(Format::ContactId, 1.0)].into())
}

fn all_functions() -> Spanned<BTreeMap<Kind, f64>> {
    spanned(
        [
            Kind::HoldUp,
            Kind::Burglary,
            Kind::Fire,
            Kind::Gas,
            Kind::Emergency,
        ]
        .map(|kind| (kind, 1.0))
        .into(),
    )
}
