use core::{net::SocketAddr, time::Duration};
use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Read as _, Write as _},
    sync::Arc,
};

use mio::{
    Interest, Registry, Token,
    net::{TcpListener, TcpStream},
};
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{Service, recognise};
use crate::{
    codec::{
        Quirks, Signal,
        dc09::{self, Body, Content, Framed, Framer, Key, Profile, Reply, Scratch},
    },
    simulator::{clock::Clock, ledger::Ledger},
};

const LISTENER: Token = Token(0);

/// A DC-09 receiver on TCP that takes everything, and knows second copies by account, sequence and content.
pub(crate) struct Dc09Sink {
    listener: TcpListener,
    address: SocketAddr,
    connections: HashMap<Token, Connection>,
    next: usize,
    book: Book,
}

struct Connection {
    stream: TcpStream,
    framer: Framer,
    unsent: Vec<u8>,
}

/// What all connections share.
struct Book {
    ledger: Option<(Arc<Ledger>, usize)>,
    clock: Clock,
    start: Duration,
    key: Option<Key>,
    /// How it answers.
    profile: Profile,
    seen: HashSet<u64>,
    scratch: Scratch,
    entropy: ChaCha8Rng,
}

impl Dc09Sink {
    /// Listens; the ledger comes with [`keep`](Self::keep).
    pub(crate) fn bind(
        listen: SocketAddr,
        key: Option<Key>,
        profile: Profile,
        clock: Clock,
        registry: &Registry,
    ) -> io::Result<Self> {
        let mut listener = TcpListener::bind(listen)?;
        registry.register(&mut listener, LISTENER, Interest::READABLE)?;
        let address = listener.local_addr()?;
        let book = Book {
            ledger: None,
            clock,
            start: Duration::ZERO,
            key,
            profile,
            seen: HashSet::new(),
            scratch: Scratch::new(),
            entropy: ChaCha8Rng::from_os_rng(),
        };
        Ok(Self {
            listener,
            address,
            connections: HashMap::new(),
            next: 1,
            book,
        })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, what arrives is entered as of sink number `sink`.
    pub(crate) fn keep(&mut self, ledger: Arc<Ledger>, sink: usize, start: Duration) {
        self.book.ledger = Some((ledger, sink));
        self.book.start = start;
    }

    fn accept(&mut self, registry: &Registry) -> io::Result<()> {
        loop {
            match self.listener.accept() {
                Ok((mut stream, _)) => {
                    let token = Token(self.next);
                    self.next += 1;
                    let _ = stream.set_nodelay(true);
                    registry.register(
                        &mut stream,
                        token,
                        Interest::READABLE | Interest::WRITABLE,
                    )?;
                    let connection = Connection {
                        stream,
                        framer: Framer::new(),
                        unsent: Vec::new(),
                    };
                    self.connections.insert(token, connection);
                    self.serve(token);
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // One that is gone before we could take it.
                Err(e) if e.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(e) => return Err(e),
            }
        }
    }

    fn serve(&mut self, token: Token) {
        if let Some(connection) = self.connections.get_mut(&token)
            && connection.serve(&mut self.book).is_err()
        {
            self.connections.remove(&token);
        }
    }
}

impl Service for Dc09Sink {
    fn ready(&mut self, token: Token, registry: &Registry) -> io::Result<()> {
        if token == LISTENER {
            return self.accept(registry);
        }
        self.serve(token);
        Ok(())
    }

    fn next_deadline(&self) -> Option<Duration> {
        None
    }

    fn tick(&mut self, _: &Registry) -> io::Result<()> {
        Ok(())
    }
}

impl Connection {
    /// Reads and answers all there is; an error when the connection is over.
    fn serve(&mut self, book: &mut Book) -> io::Result<()> {
        let mut buffer = [0; 8_192];
        loop {
            self.flush()?;
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => {
                    self.framer.push(buffer.get(..length).unwrap_or_default());
                    loop {
                        match self.framer.next(book.clock.elapsed()) {
                            Framed::Frame(frame) => book.take(&frame, &mut self.unsent),
                            Framed::More => break,
                            Framed::Noise(_) | Framed::Bad { .. } => {}
                        }
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return self.flush(),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            #[expect(
                clippy::disallowed_methods,
                reason = "what a short write leaves is kept"
            )]
            match self.stream.write(&self.unsent) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => drop(self.unsent.drain(..written)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

impl Book {
    /// Enters what a frame reports and answers it. What it can't decrypt it leaves unanswered.
    fn take(&mut self, frame: &dc09::Frame<'_>, out: &mut Vec<u8>) {
        let mut reply = Reply::new();
        if !frame.token.is_request() {
            self.profile.duh(frame, &mut reply);
            out.extend_from_slice(&reply);
            return;
        }
        let now = self.clock.now();
        let at = now.monotonic.saturating_sub(self.start);
        match (&frame.body, &self.key) {
            (Body::Clear(content), _) => {
                enter(self.ledger.as_ref(), &mut self.seen, frame, content, at);
                self.profile.ack(frame, &mut reply);
            }
            (Body::Encrypted(_), Some(key)) => {
                let Ok(content) = frame.decrypt(key, &mut self.scratch) else {
                    return;
                };
                enter(self.ledger.as_ref(), &mut self.seen, frame, &content, at);
                let entropy = &mut self.entropy;
                let mut fill = |out: &mut [u8]| entropy.fill_bytes(out);
                self.profile
                    .ack_encrypted(frame, key, now.utc, &mut fill, &mut reply);
            }
            (Body::Encrypted(_), None) => return,
        }
        out.extend_from_slice(&reply);
    }
}

fn enter(
    ledger: Option<&(Arc<Ledger>, usize)>,
    seen: &mut HashSet<u64>,
    frame: &dc09::Frame<'_>,
    content: &Content<'_>,
    at: Duration,
) {
    let Some((ledger, sink)) = ledger else { return };
    // DC-09's own rule: account, sequence and content, never the time of sending.
    let mut hasher = DefaultHasher::new();
    let account = frame.account.map(crate::AccountId::as_str);
    (
        account,
        frame.sequence,
        frame.token.as_str(),
        content.data,
        content.extended.as_bytes(),
    )
        .hash(&mut hasher);
    let copy = !seen.insert(hasher.finish());
    let signal = Signal {
        protocol: &dc09::Dc09,
        token: Some(frame.token.as_str()),
        encrypted: frame.encrypted,
        sequence: Some(frame.sequence),
        receiver: None,
        line: None,
        account: frame.account,
        data: content.data,
        extended: content.extended.as_bytes(),
        sent: content.sent(),
        raw: frame.raw,
        possible_repeat: false,
        remember_ciphertext: false,
        quirks: Quirks::NONE,
    };
    signal.events(&mut |event, _| {
        if let Some((key, class)) = recognise(event, account) {
            ledger.arrive(*sink, &key, class, at, copy);
        }
    });
}
