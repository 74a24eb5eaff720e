//! A client that costs little: one thread, epoll, frames built before the clock starts.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    os::fd::{AsFd, OwnedFd},
    time::Instant,
};

use rustix::{
    buffer::spare_capacity,
    event::epoll::{self, CreateFlags, EventData, EventFlags},
};
use socket2::{Domain, Socket, Type};

/// Frames, each of which reports something else.
pub(crate) struct Frames {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Frames {
    pub(crate) fn build(serial: &mut u32, count: usize) -> Self {
        let crc = crc::Crc::<u16, crc::Table<16>>::new(&crc::CRC_16_ARC);
        let mut frames = Self {
            bytes: Vec::with_capacity(count * 64),
            ends: Vec::with_capacity(count),
        };
        for _ in 0..count {
            *serial += 1;
            let body = format!(
                "\"ADM-CID\"{:04}L0#{serial:08X}[#{serial:08X}|1130 01 015]",
                *serial % 9_999 + 1
            );
            write!(
                frames.bytes,
                "\n{:04X}{:04X}{body}\r",
                crc.checksum(body.as_bytes()),
                body.len()
            )
            .unwrap();
            frames.ends.push(frames.bytes.len());
        }
        frames
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[index]]
    }
}

/// One run; times in milliseconds.
pub(crate) struct Measured {
    pub(crate) rate: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Takes the times of a run. Its first fifth is warm-up and left out, for either server: files and caches grow then.
struct Meter {
    start: Instant,
    times: Vec<u64>,
    warm_up: usize,
    left: usize,
}

impl Meter {
    fn new(messages: usize) -> Self {
        Self {
            start: Instant::now(),
            times: Vec::with_capacity(messages),
            warm_up: messages / 5,
            left: messages,
        }
    }

    fn take(&mut self, nanos: u64) {
        self.left -= 1;
        if self.warm_up == 0 {
            self.times.push(nanos);
            return;
        }
        self.warm_up -= 1;
        self.start = Instant::now();
    }

    fn finish(self) -> Measured {
        Measured::of(self.start, self.times)
    }
}

impl Measured {
    fn of(start: Instant, mut times: Vec<u64>) -> Self {
        let rate = times.len() as f64 / start.elapsed().as_secs_f64();
        times.sort_unstable();
        let at =
            |share: usize| times[(times.len() * share / 100).min(times.len() - 1)] as f64 / 1e6;
        Self {
            rate,
            p50: at(50),
            p99: at(99),
        }
    }
}

struct Connection {
    stream: TcpStream,
    sent: Instant,
}

struct Poll {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

impl Poll {
    fn new() -> Self {
        Self {
            epoll: epoll::create(CreateFlags::CLOEXEC).unwrap(),
            events: Vec::with_capacity(1_024),
        }
    }

    fn add(&self, source: impl AsFd, index: usize, flags: EventFlags) {
        epoll::add(&self.epoll, source, EventData::new_u64(index as u64), flags).unwrap();
    }

    fn wait(&mut self) -> impl Iterator<Item = usize> + '_ {
        self.events.clear();
        let patience = rustix::event::Timespec {
            tv_sec: 10,
            tv_nsec: 0,
        };
        let count = epoll::wait(
            &self.epoll,
            spare_capacity(&mut self.events),
            Some(&patience),
        )
        .unwrap();
        assert!(count > 0, "no answer for 10 s");
        self.events.iter().map(|event| event.data.u64() as usize)
    }
}

/// Whether an answer (of the gateway or the echo: both end with CR) is there.
fn answered(stream: &mut TcpStream, buffer: &mut [u8]) -> bool {
    match stream.read(buffer) {
        Ok(0) => panic!("closed by the server"),
        Ok(read) => buffer[read - 1] == b'\r',
        Err(error) if error.kind() == ErrorKind::WouldBlock => false,
        Err(error) => panic!("{error}"),
    }
}

/// `count` connections, each sending its next message when the last is answered.
pub(crate) fn kept(to: SocketAddr, frames: &Frames, count: usize) -> Measured {
    let mut poll = Poll::new();
    let mut connections: Vec<Connection> = (0..count)
        .map(|index| {
            let stream = TcpStream::connect(to).unwrap();
            stream.set_nodelay(true).unwrap();
            stream.set_nonblocking(true).unwrap();
            poll.add(&stream, index, EventFlags::IN);
            Connection {
                stream,
                sent: Instant::now(),
            }
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_millis(100));
    let mut next = 0;
    let mut buffer = [0; 512];
    let mut meter = Meter::new(frames.len());
    for connection in connections.iter_mut().take(frames.len()) {
        connection.sent = Instant::now();
        connection.stream.write_all(frames.get(next)).unwrap();
        next += 1;
    }
    while meter.left > 0 {
        for index in poll.wait() {
            let connection = &mut connections[index];
            if !answered(&mut connection.stream, &mut buffer) {
                continue;
            }
            let now = Instant::now();
            meter.take((now - connection.sent).as_nanos() as u64);
            if next < frames.len() {
                connection.sent = now;
                connection.stream.write_all(frames.get(next)).unwrap();
                next += 1;
            }
        }
    }
    meter.finish()
}

/// A new connection for each message, `count` at a time; the time runs from the start of connecting.
///
/// `run` is another number each time: it gives the run a source address, and thus ports, of its own. Else the search for
/// a free port among those that wait for their end takes longer than all else.
pub(crate) fn each(to: SocketAddr, frames: &Frames, count: usize, run: u8) -> Measured {
    let mut poll = Poll::new();
    let mut next = 0;
    let mut buffer = [0; 512];
    let mut connections: Vec<Option<(Connection, usize)>> = (0..count).map(|_| None).collect();
    // Those of the process that ran before may still wait, too.
    let process = (std::process::id() % 250) as u8 + 1;
    let open = |poll: &Poll, index: usize, next: &mut usize| {
        let sent = Instant::now();
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        let port = u16::try_from(10_000 + *next % 50_000).unwrap();
        let from = SocketAddr::from(([127, process, run, 1], port));
        socket.bind(&from.into()).unwrap();
        match socket.connect(&to.into()) {
            Ok(()) => {}
            Err(error)
                if error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error()) => {}
            Err(error) => panic!("{error}"),
        }
        // On loopback the connection stands when `connect` returns, so the frame follows at once.
        let mut stream = TcpStream::from(socket);
        stream.write_all(frames.get(*next)).unwrap();
        poll.add(&stream, index, EventFlags::IN);
        *next += 1;
        Some((Connection { stream, sent }, index))
    };
    let mut meter = Meter::new(frames.len());
    for (index, slot) in connections.iter_mut().enumerate() {
        *slot = open(&poll, index, &mut next);
    }
    while meter.left > 0 {
        let ready: Vec<usize> = poll.wait().collect();
        for index in ready {
            let Some((connection, _)) = connections[index].as_mut() else {
                continue;
            };
            if !answered(&mut connection.stream, &mut buffer) {
                continue;
            }
            meter.take(connection.sent.elapsed().as_nanos() as u64);
            connections[index] = None;
            if next < frames.len() {
                connections[index] = open(&poll, index, &mut next);
            }
        }
    }
    meter.finish()
}
