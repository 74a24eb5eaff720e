use core::{net::SocketAddr, time::Duration};
use std::{
    io::{self, Read as _, Write as _},
    path::Path,
    sync::Arc,
};

use mio::{
    Interest, Registry, Token,
    net::{TcpListener, TcpStream},
    unix::SourceFd,
};

use super::{Service, recognise};
use crate::{
    codec::surgard::{ACK, Body, Framed, Framer, Settings},
    event::Class,
    simulator::{EventKey, clock::Clock, ledger::Ledger, pty::Pty, receiver::line_time},
};

const PORT: Token = Token(0);
const LISTENER: Token = Token(1);

/// Automation software behind a Sur-Gard receiver, on a pseudo-terminal or on TCP; knows second copies by *the same bytes
/// as the port's previous frame*.
pub(crate) struct SurgardSink {
    port: Port,
    listener: Option<TcpListener>,
    baud: Option<u32>,
    framer: Framer,
    clock: Clock,
    start: Duration,
    ledger: Option<(Arc<Ledger>, usize)>,
    previous: Vec<u8>,
    /// A frame that has not passed the line yet, and its answer with it.
    passing: Option<Passing>,
}

struct Passing {
    at: Duration,
    events: Vec<(EventKey, Class)>,
    copy: bool,
}

enum Port {
    Pty(Pty),
    Tcp(TcpStream),
    None,
}

impl SurgardSink {
    /// On a pseudo-terminal, at the speed of the line that it stands for.
    pub(crate) fn open(
        link: Option<&Path>,
        baud: u32,
        clock: Clock,
        registry: &Registry,
    ) -> io::Result<Self> {
        let pty = Pty::open(link)?;
        registry.register(&mut SourceFd(&pty.raw()), PORT, Interest::READABLE)?;
        Ok(Self::new(Port::Pty(pty), None, Some(baud), clock))
    }

    /// On TCP; a new connection takes the place of the old one.
    pub(crate) fn bind(listen: SocketAddr, clock: Clock, registry: &Registry) -> io::Result<Self> {
        let mut listener = TcpListener::bind(listen)?;
        registry.register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self::new(Port::None, Some(listener), None, clock))
    }

    fn new(port: Port, listener: Option<TcpListener>, baud: Option<u32>, clock: Clock) -> Self {
        Self {
            port,
            listener,
            baud,
            framer: Framer::default(),
            clock,
            start: Duration::ZERO,
            ledger: None,
            previous: Vec::new(),
            passing: None,
        }
    }

    /// The terminal that the gateway opens.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.port {
            Port::Pty(pty) => Some(pty.path()),
            Port::Tcp(_) | Port::None => None,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.listener
            .as_ref()
            .and_then(|listener| listener.local_addr().ok())
    }

    /// From now on, what arrives is entered as of sink number `sink`.
    pub(crate) fn keep(&mut self, ledger: Arc<Ledger>, sink: usize, start: Duration) {
        self.ledger = Some((ledger, sink));
        self.start = start;
    }

    fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; 1_024];
        loop {
            let read = match &mut self.port {
                Port::Pty(pty) => pty.read(&mut buffer),
                Port::Tcp(stream) => stream.read(&mut buffer),
                Port::None => return Ok(()),
            };
            match read {
                Ok(0) => {
                    self.port = Port::None;
                    return Ok(());
                }
                Ok(length) => {
                    self.framer.push(
                        self.clock.elapsed(),
                        buffer.get(..length).unwrap_or_default(),
                    );
                    self.frames()?;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) if matches!(self.port, Port::Tcp(_)) => {
                    self.port = Port::None;
                    return Ok(());
                }
                Err(e) => return Err(e),
            }
        }
    }

    fn frames(&mut self) -> io::Result<()> {
        loop {
            let now = self.clock.elapsed();
            let settings = Settings::default();
            let passing = match self.framer.next(now, &settings) {
                Framed::Frame(frame) => {
                    let passed = self
                        .baud
                        .map_or(Duration::ZERO, |baud| line_time(frame.raw.len(), baud));
                    let mut events = Vec::new();
                    let heartbeat = matches!(frame.body, Body::Heartbeat);
                    if !heartbeat {
                        let account = frame.body.account().map(crate::AccountId::as_str);
                        frame.events(&settings, &mut |event, _| {
                            events.extend(recognise(event, account))
                        });
                    }
                    let copy = self.previous == frame.raw;
                    self.previous.clear();
                    self.previous.extend_from_slice(frame.raw);
                    Passing {
                        at: now + passed,
                        events,
                        copy,
                    }
                }
                Framed::More => return Ok(()),
                _ => continue,
            };
            // Stop-and-wait: were there a frame before it, the other side would not have waited for its answer.
            if let Some(before) = self.passing.take() {
                self.arrived(&before)?;
            }
            if passing.at > now {
                self.passing = Some(passing);
            } else {
                self.arrived(&passing)?;
            }
        }
    }

    /// The frame is here whole: entered and acknowledged.
    fn arrived(&mut self, passing: &Passing) -> io::Result<()> {
        if let Some((ledger, sink)) = &self.ledger {
            let at = self.clock.elapsed().saturating_sub(self.start);
            for (key, class) in &passing.events {
                ledger.arrive(*sink, key, *class, at, passing.copy);
            }
        }
        let written = match &mut self.port {
            Port::Pty(pty) => pty.write(&[ACK]).map(drop),
            Port::Tcp(stream) => stream.write_all(&[ACK]),
            Port::None => Ok(()),
        };
        match written {
            // An answer that the line does not take is an answer lost; the other side asks again.
            Err(e)
                if e.kind() != io::ErrorKind::WouldBlock && matches!(self.port, Port::Pty(_)) =>
            {
                Err(e)
            }
            _ => Ok(()),
        }
    }
}

impl Service for SurgardSink {
    fn ready(&mut self, token: Token, registry: &Registry) -> io::Result<()> {
        if token == LISTENER {
            while let Some(listener) = &self.listener
                && let Ok((mut stream, _)) = listener.accept()
            {
                registry.register(&mut stream, PORT, Interest::READABLE)?;
                let _ = stream.set_nodelay(true);
                self.port = Port::Tcp(stream);
                self.framer.clear();
            }
        }
        self.read()
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.passing.as_ref().map(|passing| passing.at)
    }

    fn tick(&mut self, _: &Registry) -> io::Result<()> {
        match self
            .passing
            .take_if(|passing| passing.at <= self.clock.elapsed())
        {
            Some(passing) => self.arrived(&passing),
            None => Ok(()),
        }
    }
}
