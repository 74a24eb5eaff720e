//! What is compared: a bare echo, and a whole gateway.

use std::{
    collections::HashSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use alarmwire::{
    gateway::{self, Config},
    journal::Reader,
    transport::tcp::{self, Permit, Server, Service},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn stop(server: Server) {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(server.stop());
}

pub(crate) struct Echo {
    server: Server,
}

struct EchoService;

impl Service for EchoService {
    type Core = ();

    fn core(&self) -> Rc<()> {
        Rc::new(())
    }

    async fn serve(_core: Rc<()>, mut stream: TcpStream, _peer: SocketAddr, _permit: Permit) {
        let mut buffer = [0; 1_024];
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            if stream.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    }

    async fn drain(_core: Rc<()>) {}

    fn refused(&self, _peer: SocketAddr) {}
}

impl Echo {
    pub(crate) fn start() -> Self {
        let address = "127.0.0.1:0".parse().unwrap();
        Self {
            server: tcp::serve(&[address], tcp::Limits::default(), &Arc::new(EchoService)).unwrap(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.local_addresses()[0]
    }

    pub(crate) fn stop(self) {
        stop(self.server);
    }
}

/// A gateway as `alarmwire gateway` runs it: DC-09 over TCP in, JSON lines out.
pub(crate) struct Gateway {
    runtime: tokio::runtime::Runtime,
    running: gateway::Running,
    folder: PathBuf,
}

/// What became of a run.
pub(crate) struct Finished {
    /// Events in the journal.
    pub(crate) committed: u64,
    /// Lines of the destination's file, each with another id.
    pub(crate) delivered: u64,
    /// Seconds from the last answer until the destination had everything.
    pub(crate) behind: f64,
    /// Events per transaction.
    pub(crate) per_commit: f64,
}

impl Gateway {
    pub(crate) fn start(place: &Path) -> Self {
        let folder = place.join("journal");
        let _ = std::fs::remove_dir_all(&folder);
        let text = format!(
            "[station]
             data = {folder:?}
             [[input]]
             name = 'ip'
             protocol = 'dc09'
             listen = 'tcp://127.0.0.1:0'
             unknown_accounts = 'accept'
             [[output]]
             name = 'evidence'
             protocol = 'jsonl'
             path = {:?}",
            folder.join("events.jsonl")
        );
        let config = Config::from_toml("bench", &text).unwrap_or_else(|error| panic!("{error}"));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let running = runtime.block_on(gateway::start(config)).unwrap();
        Self {
            runtime,
            running,
            folder,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address("ip", "tcp").unwrap()
    }

    /// Waits until the destination has had everything, and stops.
    pub(crate) fn stop(self) -> Finished {
        let answered = Instant::now();
        let reader = Reader::open(&self.folder).unwrap();
        while reader.backlog("evidence").unwrap() != [0; 4] {
            assert!(answered.elapsed() < Duration::from_secs(60), "not drained");
            std::thread::sleep(Duration::from_millis(20));
        }
        let behind = answered.elapsed().as_secs_f64();
        let stats = self.running.journal().stats();
        self.runtime.block_on(self.running.shutdown());
        let lines = std::fs::read_to_string(self.folder.join("events.jsonl")).unwrap();
        let ids: HashSet<&str> = lines.lines().filter_map(|line| line.get(..46)).collect();
        assert_eq!(ids.len(), lines.lines().count(), "a line stands twice");
        Finished {
            committed: reader.count().unwrap(),
            delivered: ids.len() as u64,
            behind,
            per_commit: stats.events as f64 / stats.commits as f64,
        }
    }
}
