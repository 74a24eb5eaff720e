//! What is compared: a bare echo, and the gateway's input with the journal and one destination behind it.

use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use alarmwire::{
    Lane,
    gateway::input::dc09_tcp::{self, Input, Observer},
    journal::{Handle, JournalError, Reader, SqliteJournal, Subscription, Update, Writer},
    link::dc09::{Answered, Limits, Policy, Refused},
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

pub(crate) struct Gateway {
    server: Server,
    writer: Writer,
    drain: JoinHandle<u64>,
    end: Arc<AtomicBool>,
    folder: PathBuf,
}

struct Quiet;

impl Observer for Quiet {
    fn acknowledged(&self, _signals: u64, repeats: u64) {
        assert_eq!(repeats, 0);
    }
    fn answered(&self, _answered: &Answered<'_>) {}
    fn refused(&self, refused: &Refused<'_>) {
        panic!("{refused:?}");
    }
    fn replayed(&self, _account: Option<&str>) {}
    fn noise(&self, _bytes: usize) {}
    fn not_stored(&self, _signals: u64, error: &JournalError) {
        panic!("{error}");
    }
    fn closed(&self, reason: &'static str) {
        println!("closed: {reason}");
    }
}

impl Gateway {
    pub(crate) fn start(place: &Path) -> Self {
        let folder = place.join("journal");
        let _ = std::fs::remove_dir_all(&folder);
        let writer = Writer::start(SqliteJournal::open(&folder).unwrap()).unwrap();
        let journal = writer.handle();
        let destination = Subscription {
            name: "evidence".into(),
            start: Default::default(),
        };
        journal.register(vec![destination]).wait().unwrap();
        let end = Arc::new(AtomicBool::new(false));
        let drain = {
            let (journal, folder, end) = (journal.clone(), folder.clone(), end.clone());
            std::thread::spawn(move || drain(&journal, &folder, &end))
        };
        let input = Input {
            name: "ip".into(),
            journal,
            policy: Arc::new(arc_swap::ArcSwap::from_pointee(Policy::accept_all())),
            limits: Limits::default(),
            observer: Arc::new(Quiet),
            entropy: || Box::new(|out: &mut [u8]| out.fill(0)),
        };
        let address = "127.0.0.1:0".parse().unwrap();
        let server = dc09_tcp::start(input, &[address], tcp::Limits::default()).unwrap();
        Self {
            server,
            writer,
            drain,
            end,
            folder,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.local_addresses()[0]
    }

    /// Stops everything, and says how many events are in the file; the destination must have had them all.
    pub(crate) fn stop(self) -> u64 {
        stop(self.server);
        self.end.store(true, Ordering::Release);
        let drained = self.drain.join().unwrap();
        drop(self.writer);
        let committed = Reader::open(&self.folder).unwrap().count().unwrap();
        assert_eq!(drained, committed, "drained and committed differ");
        committed
    }
}

/// The JSON-lines destination: whatever is new, line by line, then its cursor.
fn drain(journal: &Handle, folder: &Path, end: &AtomicBool) -> u64 {
    let reader = Reader::open(folder).unwrap();
    let mut file =
        std::io::BufWriter::new(std::fs::File::create(folder.join("events.jsonl")).unwrap());
    let mut cursor = reader.cursor("evidence").unwrap().unwrap();
    let mut drained = 0;
    loop {
        let ending = end.load(Ordering::Acquire);
        let mut update = Update {
            destination: "evidence".into(),
            ..Update::default()
        };
        for lane in Lane::ALL {
            let at = &mut cursor[usize::from(lane.number())];
            let page = reader.events(lane, *at, 512).unwrap();
            let Some(last) = page.last else { continue };
            for event in &page.events {
                writeln!(file, "{}", event.json()).unwrap();
                drained += 1;
            }
            *at = last;
            update.cursors.push((lane, last));
        }
        if !update.cursors.is_empty() {
            file.flush().unwrap();
            journal.update(update).wait().unwrap();
        } else if ending {
            return drained;
        } else {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
