//! Starting, running, draining, stopping.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, thread::JoinHandle, time::Duration};

use arc_swap::ArcSwap;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Config, admin,
    clock::SystemEntropy,
    config::{Account, Dc09Input, InputKind, OutputKind},
    incidents::Incidents,
    input::{self, Context, dc09_tcp, dc09_udp, surgard},
    monitor,
    output::{self, Sources},
    port::Prepared,
    supervisor::Ended,
    telemetry::{self, Happening},
};
use crate::{
    AccountId,
    codec::dc09::Key,
    journal::{Handle, JournalError, SqliteJournal, Start, Subscription, Writer},
    link::dc09::{self as session, AccountCode, DataAccounts, Demand, Policy, Refuse, Unknown},
    transport::{descriptors::raise_descriptor_limit, tcp, udp},
};

/// Why a gateway can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The journal can't be opened.
    #[error("{}: {error}", .folder.display())]
    Journal {
        /// Its folder.
        folder: PathBuf,
        /// Why.
        error: JournalError,
    },
    /// An address or a port can't be taken.
    #[error("{what}: {error}")]
    Bind {
        /// Which, and of whom.
        what: String,
        /// Why.
        error: io::Error,
    },
    /// A key or an account of a configuration that was made by hand is none.
    #[error("account {0}: the key or the account is none")]
    Account(String),
}

/// Where something listens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listening {
    /// The input's or output's name; `admin` for metrics and health.
    pub name: String,
    /// `tcp` or `udp`.
    pub transport: &'static str,
    /// With the port that was really taken.
    pub address: SocketAddr,
}

/// How long each step of a stop may take.
const PATIENCE: Duration = Duration::from_secs(6);

/// A gateway that runs. Dropped, it stops without waiting for anything.
pub struct Running {
    addresses: Vec<Listening>,
    journal: Handle,
    writer: Option<Writer>,
    servers: Vec<tcp::Server>,
    inputs: TaskTracker,
    stop_inputs: CancellationToken,
    outputs: Vec<JoinHandle<()>>,
    stop_outputs: CancellationToken,
    stop_rest: CancellationToken,
}

/// Starts a gateway within the runtime that calls it: when this returns, every input listens and every output runs.
///
/// # Errors
/// When the journal can't be opened or an address can't be taken. Serial ports and destinations that are not there are
/// no error: they are tried again and again.
pub async fn start(config: Config) -> Result<Running, StartError> {
    // Installed before the first thing is counted.
    telemetry::recorder();
    let folder = config.station.data.clone();
    let failed = |error| StartError::Journal {
        folder: folder.clone(),
        error,
    };
    let opened = SqliteJournal::open(&folder)
        .and_then(Writer::start)
        .map_err(failed)?;
    let journal = opened.handle();
    let destinations = config.outputs.iter().map(|output| Subscription {
        name: output.name.clone(),
        // What the journal still holds and nobody has had, a new destination gets too: rather late than never.
        start: Start::Beginning,
    });
    journal
        .register(destinations.collect())
        .await
        .map_err(failed)?;
    let incidents = Incidents::new(journal.clone());
    let mut running = Running {
        addresses: Vec::new(),
        journal: journal.clone(),
        writer: Some(opened),
        servers: Vec::new(),
        inputs: TaskTracker::new(),
        stop_inputs: CancellationToken::new(),
        outputs: Vec::new(),
        stop_outputs: CancellationToken::new(),
        stop_rest: CancellationToken::new(),
    };
    // Outputs first: what is in the journal from before goes on its way at once.
    for output in &config.outputs {
        running.output(&config, output, &incidents)?;
    }
    for input in &config.inputs {
        let context = Context {
            name: input.name.clone(),
            journal: journal.clone(),
            incidents: incidents.clone(),
        };
        match &input.kind {
            InputKind::Dc09(dc09) => running.dc09(&context, dc09, &config.accounts)?,
            InputKind::Surgard(settings) => running.surgard(context, settings)?,
        }
    }
    if let Some(address) = config.station.admin {
        let bind = |error| StartError::Bind {
            what: format!("metrics and health at {address}"),
            error,
        };
        let listener = admin::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        running.addresses.push(Listening {
            name: "admin".to_owned(),
            transport: "tcp",
            address,
        });
        tokio::spawn(admin::serve(
            listener,
            journal.clone(),
            running.stop_rest.clone(),
        ));
    }
    tokio::spawn(monitor::journal(journal.clone(), running.stop_rest.clone()));
    let names = config
        .outputs
        .iter()
        .map(|output| output.name.clone())
        .collect();
    tokio::spawn(monitor::outputs(
        folder,
        names,
        incidents,
        running.stop_rest.clone(),
    ));
    Ok(running)
}

/// Runs a gateway until `stop` is cancelled, then drains and stops it. `ready` hears where it listens.
///
/// # Errors
/// When it can't start.
pub async fn run(
    config: Config,
    stop: CancellationToken,
    ready: impl FnOnce(&Running),
) -> Result<(), StartError> {
    let running = start(config).await?;
    ready(&running);
    stop.cancelled().await;
    running.shutdown().await;
    Ok(())
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> &[Listening] {
        &self.addresses
    }

    /// The address of an input, an output or `admin`.
    #[must_use]
    pub fn address(&self, name: &str, transport: &str) -> Option<SocketAddr> {
        let found = self
            .addresses
            .iter()
            .find(|l| l.name == name && l.transport == transport);
        found.map(|listening| listening.address)
    }

    /// The journal: its state and what it counted.
    #[must_use]
    pub const fn journal(&self) -> &Handle {
        &self.journal
    }

    /// Stops: no more input, what is received is committed and acknowledged, the outputs save how far they are, the
    /// journal is closed. Takes at most some seconds a step.
    pub async fn shutdown(mut self) {
        self.stop_inputs.cancel();
        for server in self.servers.drain(..) {
            if timeout(PATIENCE, server.stop()).await.is_err() {
                tracing::warn!("a DC-09 input did not end in time");
            }
        }
        self.inputs.close();
        if timeout(PATIENCE, self.inputs.wait()).await.is_err() {
            tracing::warn!("an input did not end in time");
        }
        self.stop_outputs.cancel();
        let outputs = std::mem::take(&mut self.outputs);
        let joined = tokio::task::spawn_blocking(move || {
            outputs.into_iter().for_each(|thread| drop(thread.join()))
        });
        if timeout(PATIENCE, joined).await.is_err() {
            tracing::warn!("an output did not end in time");
        }
        self.stop_rest.cancel();
        match timeout(PATIENCE, self.journal.shutdown()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the journal did not close well"),
            Err(_) => tracing::error!("the journal did not close in time"),
        }
        if let Some(writer) = self.writer.take() {
            // Waits for its thread, which has ended or is stuck in the disk.
            let ended = tokio::task::spawn_blocking(move || drop(writer));
            let _stuck = timeout(PATIENCE, ended).await;
        }
    }

    fn output(
        &mut self,
        config: &Config,
        output: &super::config::Output,
        incidents: &Incidents,
    ) -> Result<(), StartError> {
        let bind = |error| StartError::Bind {
            what: format!("output {}", output.name),
            error,
        };
        let port = match &output.kind {
            OutputKind::Surgard(settings) => {
                let prepared = Prepared::new(&settings.port).map_err(bind)?;
                self.listening(&output.name, "tcp", prepared.address());
                Some(prepared)
            }
            OutputKind::Dc09(_) | OutputKind::Jsonl(_) => None,
        };
        let names =
            |to: &Option<Vec<String>>| to.as_ref().is_none_or(|to| to.contains(&output.name));
        let others = config.inputs.iter().filter(|input| !names(&input.to));
        let context = output::Context {
            journal: self.journal.clone(),
            folder: config.station.data.clone(),
            sources: Sources {
                excluded: others.map(|input| input.name.clone()).collect(),
            },
            incidents: incidents.clone(),
            stop: self.stop_outputs.clone(),
        };
        self.outputs
            .push(output::spawn(output.clone(), port, context).map_err(bind)?);
        Ok(())
    }

    fn listening(&mut self, name: &str, transport: &'static str, address: Option<SocketAddr>) {
        self.addresses.extend(address.map(|address| Listening {
            name: name.to_owned(),
            transport,
            address,
        }));
    }

    fn dc09(
        &mut self,
        context: &Context,
        input: &Dc09Input,
        accounts: &[Account],
    ) -> Result<(), StartError> {
        let policy = Arc::new(ArcSwap::from_pointee(policy(input, accounts)?));
        let what = |address: &SocketAddr| format!("input {} at {address}", context.name);
        let mut tcp_ports = Vec::new();
        if !input.tcp.is_empty() {
            let server = dc09_tcp::Input {
                name: context.name.clone(),
                journal: context.journal.clone(),
                policy: policy.clone(),
                limits: session::Limits::default(),
                observer: Arc::new(input::Observed(context.clone())),
                entropy: || Box::new(SystemEntropy),
            };
            let first = input.tcp.first().map(what).unwrap_or_default();
            let server = dc09_tcp::start(server, &input.tcp, connections())
                .map_err(|error| StartError::Bind { what: first, error })?;
            tcp_ports.extend(
                input
                    .tcp
                    .iter()
                    .zip(server.local_addresses())
                    .map(|(asked, got)| (*asked, *got)),
            );
            for (_, address) in &tcp_ports {
                self.listening(&context.name, "tcp", Some(*address));
                let place = format!("tcp {address}");
                Happening::Up {
                    kind: "input",
                    name: &context.name,
                    place: &place,
                }
                .emit();
            }
            self.servers.push(server);
        }
        for asked in &input.udp {
            // Asked for any free port on the same address as TCP, it is the same port.
            let same = tcp_ports
                .iter()
                .find(|(tcp, _)| tcp == asked)
                .map(|(_, got)| *got);
            let bind = |error| StartError::Bind {
                what: what(asked),
                error,
            };
            let socket = udp::bind(same.unwrap_or(*asked), udp::RECEIVE_BUFFER).map_err(bind)?;
            self.listening(&context.name, "udp", socket.local_addr().ok());
            let (context, policy, stop) =
                (context.clone(), policy.clone(), self.stop_inputs.clone());
            let socket = Arc::new(socket);
            self.inputs.spawn(async move {
                while let Err(Ended::Failed(reason)) =
                    dc09_udp::run(&context, socket.clone(), &policy, &stop).await
                {
                    let again = Duration::from_secs(1);
                    Happening::Down {
                        kind: "input",
                        name: &context.name,
                        reason: &reason,
                        again,
                    }
                    .emit();
                    tokio::time::sleep(again).await;
                }
            });
        }
        Ok(())
    }

    fn surgard(
        &mut self,
        context: Context,
        input: &super::config::SurgardInput,
    ) -> Result<(), StartError> {
        let bind = |error| StartError::Bind {
            what: format!("input {}", context.name),
            error,
        };
        let prepared = Prepared::new(&input.port).map_err(bind)?;
        self.listening(&context.name, "tcp", prepared.address());
        let mut opener = prepared.opener().map_err(bind)?;
        let settings = surgard::settings(input);
        let stop = self.stop_inputs.clone();
        self.inputs.spawn(async move {
            // It opens its port again by itself; it ends only when it is stopped.
            let _stopped = surgard::run(&context, &mut opener, settings, &stop).await;
        });
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop_inputs.cancel();
        self.stop_outputs.cancel();
        self.stop_rest.cancel();
    }
}

/// As many connections as descriptors allow: without the rest neither journal nor outputs could open a file or socket.
fn connections() -> tcp::Limits {
    const REST: usize = 128;
    let mut limits = tcp::Limits::default();
    if let Some(descriptors) = raise_descriptor_limit() {
        let most = descriptors.saturating_sub(REST).max(descriptors / 2);
        if most < limits.connections {
            tracing::warn!(
                connections = most,
                "few descriptors (ulimit -n): fewer connections than could be"
            );
        }
        limits.connections = limits.connections.min(most);
        limits.per_source = limits.per_source.min(most);
    }
    limits
}

fn policy(input: &Dc09Input, accounts: &[Account]) -> Result<Policy, StartError> {
    let mut policy = Policy::new();
    policy.unknown = if input.accept_unknown {
        Unknown::Accept
    } else {
        Unknown::Refuse
    };
    policy.refuse = if input.refuse_with_duh {
        Refuse::Duh
    } else {
        Refuse::Silent
    };
    policy.reject_clear_time = input.reject_clear_time;
    let mut list = Vec::with_capacity(accounts.len());
    for account in accounts {
        let wrong = || StartError::Account(account.id.clone());
        let id = AccountId::new(&account.id).map_err(|_| wrong())?;
        let mut known = session::Account::clear();
        for key in &account.keys {
            let key = Key::from_bytes(key.bytes()).map_err(|_| wrong())?;
            if !known.add_key(key) {
                return Err(wrong());
            }
        }
        known.demand = if account.encrypted_only {
            Demand::Encrypted
        } else {
            Demand::Clear
        };
        known.ignore_time = account.ignore_time;
        let data: Result<Vec<_>, _> = account
            .data_accounts
            .iter()
            .map(|id| AccountId::new(id).map(AccountCode::new))
            .collect();
        let data = data.map_err(|_| wrong())?;
        known.data_accounts = if data.is_empty() {
            DataAccounts::Own
        } else {
            DataAccounts::Listed(data)
        };
        list.push((id, known));
    }
    policy.extend(list);
    Ok(policy)
}
