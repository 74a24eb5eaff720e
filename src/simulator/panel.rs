use core::{cmp::Reverse, net::SocketAddr, sync::atomic::Ordering::Relaxed, time::Duration};
use std::{
    collections::{BinaryHeap, HashMap, VecDeque},
    io::{self, Read as _, Write as _},
    sync::Arc,
};

use bytes::BytesMut;
use mio::{
    Interest, Registry, Token,
    net::{TcpStream, UdpSocket},
};
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{
    clock::Clock,
    ledger::Ledger,
    scenario::{Run, Way},
    schedule::{Panel, Schedule},
};
use crate::{
    codec::dc09::Key,
    link::dc09::{Identity, Outgoing, Path, Report, Timing, Transmitter},
    types::AccountId,
};

/// All DC-09 panels of one thread: sessions, sockets and one heap of deadlines, no task a panel.
pub(crate) struct Panels {
    schedule: Arc<Schedule>,
    ledger: Arc<Ledger>,
    clock: Clock,
    start: Duration,
    target: SocketAddr,
    /// From a panel's number in the schedule to its place in `panels`; serial panels have none.
    places: Vec<Option<u32>>,
    panels: Vec<State>,
    deadlines: BinaryHeap<Reverse<(Duration, u32)>>,
    entropy: ChaCha8Rng,
    scratch: BytesMut,
    body: String,
}

struct State {
    panel: u32,
    session: Transmitter,
    queue: VecDeque<u32>,
    link: Link,
    /// What the connection did not take yet.
    unsent: Vec<u8>,
    /// The earliest entry of the heap that counts.
    deadline: Option<Duration>,
    /// A frame is out on a standing connection, and its answer is not here.
    in_flight: bool,
}

enum Link {
    Closed,
    Connecting(TcpStream),
    Tcp(TcpStream),
    Udp(UdpSocket),
}

impl Panels {
    pub(crate) fn new(
        ledger: &Arc<Ledger>,
        run: &Run,
        clock: Clock,
        target: SocketAddr,
    ) -> Result<Self, String> {
        let schedule = Arc::clone(ledger.schedule());
        let mut timings: HashMap<Option<Duration>, Arc<Timing>> = HashMap::new();
        let mut all = Self {
            ledger: Arc::clone(ledger),
            clock,
            start: Duration::ZERO,
            target,
            places: Vec::with_capacity(schedule.panels.len()),
            panels: Vec::new(),
            deadlines: BinaryHeap::new(),
            entropy: ChaCha8Rng::from_os_rng(),
            scratch: BytesMut::with_capacity(512),
            body: String::with_capacity(64),
            schedule,
        };
        let now = clock.now();
        for (number, panel) in (0..).zip(&all.schedule.panels) {
            if panel.way == Way::Serial {
                all.places.push(None);
                continue;
            }
            let timing = timings
                .entry(panel.supervise)
                .or_insert_with(|| Arc::new(timing(run, panel.supervise)));
            // Panels were not all switched on at the same moment.
            let phase = panel
                .supervise
                .map_or(Duration::ZERO, |every| every.mul_f64(all.entropy.random()));
            let session =
                Transmitter::new(identity(panel)?, Arc::clone(timing), None, now.after(phase));
            all.places.push(u32::try_from(all.panels.len()).ok());
            all.panels.push(State {
                panel: number,
                session,
                queue: VecDeque::new(),
                link: Link::Closed,
                unsent: Vec::new(),
                deadline: None,
                in_flight: false,
            });
        }
        Ok(all)
    }

    /// Moves the start of the run: the panels of a large fleet take their time to make.
    pub(crate) const fn starting_at(mut self, start: Duration) -> Self {
        self.start = start;
        self
    }

    /// How many tokens [`ready`](Self::ready) understands, from 0.
    pub(crate) fn tokens(&self) -> usize {
        self.panels.len()
    }

    /// Lets the panels' supervision begin.
    pub(crate) fn begin(&mut self, registry: &Registry) {
        for place in 0..self.panels.len() {
            self.pump(place, registry);
        }
    }

    /// Hands a due event to its panel.
    pub(crate) fn submit(&mut self, event: u32, panel: u32, registry: &Registry) {
        let place = usize::try_from(panel)
            .ok()
            .and_then(|panel| self.places.get(panel).copied().flatten());
        let Some(place) = place.and_then(|place| usize::try_from(place).ok()) else {
            return;
        };
        if let Some(state) = self.panels.get_mut(place) {
            state.queue.push_back(event);
            self.pump(place, registry);
        }
    }

    /// A socket can be read or written.
    pub(crate) fn ready(&mut self, token: Token, registry: &Registry) {
        if self.panels.get(token.0).is_none() {
            return;
        }
        self.read(token.0);
        self.pump(token.0, registry);
    }

    /// The next deadline of any session.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.peek().map(|Reverse((at, _))| *at)
    }

    /// Serves the sessions whose deadline has come.
    pub(crate) fn tick(&mut self, registry: &Registry) {
        let now = self.clock.elapsed();
        while let Some(Reverse((at, place))) = self.deadlines.peek().copied()
            && at <= now
        {
            self.deadlines.pop();
            let Ok(place) = usize::try_from(place) else {
                continue;
            };
            // An entry that another one has replaced is skipped.
            let Some(state) = self
                .panels
                .get_mut(place)
                .filter(|state| state.deadline == Some(at))
            else {
                continue;
            };
            state.deadline = None;
            state.session.handle_timeout(self.clock.now());
            self.pump(place, registry);
        }
    }

    /// Whether every event that was handed in has its answer.
    pub(crate) fn idle(&self) -> bool {
        self.panels
            .iter()
            .all(|state| state.queue.is_empty() && !state.session.is_busy())
    }

    fn read(&mut self, place: usize) {
        let Some(state) = self.panels.get_mut(place) else {
            return;
        };
        if let Link::Connecting(stream) = &state.link {
            match (stream.take_error(), stream.peer_addr()) {
                (Ok(None), Ok(_)) => {
                    let _ = stream.set_nodelay(true);
                    if let Link::Connecting(stream) =
                        core::mem::replace(&mut state.link, Link::Closed)
                    {
                        state.link = Link::Tcp(stream);
                    }
                }
                (Ok(None), Err(e)) if e.kind() == io::ErrorKind::NotConnected => return,
                _ => return self.disconnect(place),
            }
        }
        let mut buffer = [0; 2_048];
        loop {
            let Some(state) = self.panels.get_mut(place) else {
                return;
            };
            let read = match &mut state.link {
                Link::Tcp(stream) => stream.read(&mut buffer),
                Link::Udp(socket) => socket.recv(&mut buffer),
                Link::Closed | Link::Connecting(_) => return,
            };
            match read {
                Ok(0) if matches!(state.link, Link::Tcp(_)) => return self.disconnect(place),
                Ok(length) => {
                    let bytes = buffer.get(..length).unwrap_or_default();
                    state
                        .session
                        .handle_input(self.clock.now(), Path::Main, bytes);
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return self.disconnect(place),
            }
        }
    }

    /// The connection is gone, or never came about.
    fn disconnect(&mut self, place: usize) {
        let now = self.clock.now();
        if let Some(state) = self.panels.get_mut(place) {
            let datagrams = matches!(state.link, Link::Udp(_));
            self.ledger_landed(place);
            let Some(state) = self.panels.get_mut(place) else {
                return;
            };
            state.unsent.clear();
            if !datagrams {
                state.link = Link::Closed;
                state.session.handle_disconnect(now, Path::Main);
            }
        }
    }

    fn ledger_landed(&mut self, place: usize) {
        if let Some(state) = self.panels.get_mut(place)
            && core::mem::take(&mut state.in_flight)
        {
            self.ledger.live.in_flight.fetch_sub(1, Relaxed);
        }
    }

    /// Moves one panel on as far as it goes without waiting.
    fn pump(&mut self, place: usize, registry: &Registry) {
        let mut done = false;
        loop {
            let now = self.clock.now();
            self.reports(place, &mut done);
            let Some(state) = self.panels.get_mut(place) else {
                return;
            };
            if !state.session.is_busy()
                && let Some(event) = state.queue.pop_front()
            {
                done = false;
                self.body.clear();
                let of = |number: u32| usize::try_from(number).ok();
                let panel = of(state.panel).and_then(|number| self.schedule.panels.get(number));
                let scheduled = of(event).and_then(|number| self.schedule.events.get(number));
                let (Some(panel), Some(scheduled)) = (panel, scheduled) else {
                    continue;
                };
                scheduled.write_body(&panel.account(), panel.format, &mut self.body);
                let token = match panel.format {
                    super::Format::ContactId => "ADM-CID",
                    super::Format::Sia => "SIA-DCS",
                };
                let data = self.body.as_bytes();
                let outgoing = Outgoing {
                    id: event.into(),
                    sequence: None,
                    token,
                    data,
                    extended: &[],
                };
                // What no frame can carry was refused with the scenario; were it otherwise, the event stays
                // unacknowledged and is counted so.
                let _ = state.session.submit(now, outgoing);
            }
            self.scratch.clear();
            let entropy = &mut self.entropy;
            let mut fill = |out: &mut [u8]| entropy.fill_bytes(out);
            let Some(transmit) = state
                .session
                .poll_transmit(now, &mut fill, &mut self.scratch)
            else {
                break;
            };
            if transmit.repeats > 0 {
                self.ledger.live.retries.fetch_add(1, Relaxed);
            }
            if transmit.id.is_some() && !core::mem::replace(&mut state.in_flight, true) {
                self.ledger.live.in_flight.fetch_add(1, Relaxed);
            }
            if self.send(place, registry).is_err() {
                self.disconnect(place);
            }
        }
        if self.flush(place).is_err() {
            self.disconnect(place);
        }
        if done {
            self.hang_up(place);
        }
        self.note_deadline(place);
    }

    fn reports(&mut self, place: usize, done: &mut bool) {
        while let Some(report) = self
            .panels
            .get_mut(place)
            .and_then(|state| state.session.poll_event())
        {
            match report {
                Report::Delivered { id, at, .. } => {
                    self.ledger_landed(place);
                    if let Ok(event) = u32::try_from(id) {
                        self.ledger
                            .acknowledge(event, at.saturating_sub(self.start));
                    }
                    *done = true;
                }
                Report::Refused { .. } | Report::GaveUp { .. } => {
                    self.ledger_landed(place);
                    self.ledger.live.refused.fetch_add(1, Relaxed);
                    *done = true;
                }
                Report::Supervised { .. } => *done = true,
                _ => {}
            }
        }
    }

    /// A panel that connects for each message closes after its answer.
    fn hang_up(&mut self, place: usize) {
        if let Some(state) = self.panels.get_mut(place)
            && !state.session.is_busy()
            && way(&self.schedule, state.panel) == Some(Way::TcpPerMessage)
        {
            state.link = Link::Closed;
            state.unsent.clear();
        }
    }

    /// Sends what is in the scratch, over a connection that is made if there is none.
    fn send(&mut self, place: usize, registry: &Registry) -> io::Result<()> {
        let Some(state) = self.panels.get_mut(place) else {
            return Ok(());
        };
        if matches!(state.link, Link::Closed) {
            let interest = Interest::READABLE | Interest::WRITABLE;
            if way(&self.schedule, state.panel) == Some(Way::Udp) {
                let any: SocketAddr = if self.target.is_ipv4() {
                    (core::net::Ipv4Addr::UNSPECIFIED, 0).into()
                } else {
                    (core::net::Ipv6Addr::UNSPECIFIED, 0).into()
                };
                let mut socket = UdpSocket::bind(any)?;
                socket.connect(self.target)?;
                registry.register(&mut socket, Token(place), Interest::READABLE)?;
                state.link = Link::Udp(socket);
            } else {
                let mut stream = TcpStream::connect(self.target)?;
                registry.register(&mut stream, Token(place), interest)?;
                state.link = Link::Connecting(stream);
            }
        }
        match &mut state.link {
            Link::Udp(socket) => match socket.send(&self.scratch) {
                // A full or a closed port of the other side: the session sends again when it had no answer.
                Ok(_) | Err(_) => Ok(()),
            },
            _ => {
                state.unsent.extend_from_slice(&self.scratch);
                self.flush(place)
            }
        }
    }

    fn flush(&mut self, place: usize) -> io::Result<()> {
        let Some(state) = self.panels.get_mut(place) else {
            return Ok(());
        };
        let Link::Tcp(stream) = &mut state.link else {
            return Ok(());
        };
        while !state.unsent.is_empty() {
            #[expect(
                clippy::disallowed_methods,
                reason = "what a short write leaves is kept"
            )]
            match stream.write(&state.unsent) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => drop(state.unsent.drain(..written)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn note_deadline(&mut self, place: usize) {
        let Some(state) = self.panels.get_mut(place) else {
            return;
        };
        let wanted = state.session.poll_timeout();
        // A later deadline is found when the earlier one comes: the heap stays as small as the fleet.
        if let Some(at) = wanted
            && state.deadline.is_none_or(|noted| at < noted)
            && let Ok(place) = u32::try_from(place)
        {
            state.deadline = Some(at);
            self.deadlines.push(Reverse((at, place)));
        }
    }
}

fn way(schedule: &Schedule, panel: u32) -> Option<Way> {
    Some(schedule.panels.get(usize::try_from(panel).ok()?)?.way)
}

fn timing(run: &Run, supervise: Option<Duration>) -> Timing {
    Timing {
        wait: run.wait,
        // A lost connection is tried again soon: what a receiver that restarts has to bear.
        pause: run.wait / 4,
        longest_pause: run.wait,
        rounds: None,
        supervise,
        ..Timing::default()
    }
}

fn identity(panel: &Panel) -> Result<Identity, String> {
    let account = panel.account();
    let identity = Identity::new(AccountId::new(&account).map_err(|e| e.to_string())?)
        .with_profile(panel.profile);
    match panel.key() {
        None => Ok(identity),
        Some(key) => Ok(identity.with_key(Key::parse(&key).map_err(|e| e.to_string())?)),
    }
}
