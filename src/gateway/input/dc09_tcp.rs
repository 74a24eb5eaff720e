//! DC-09 over TCP: the hot path between sockets and the journal.
//!
//! Everything of one runtime (its connections, the batch that is being filled, what is owed) stays on its thread. A
//! connection pushes its signal into the runtime's batch, and its answer's ticket beside it; the flusher lets the batch
//! grow for as long as each pass over the sockets brings more, without a timer, and hands it to the writer; when it
//! comes back, the acknowledger redeems the tickets. That is one wake-up each way per commit, and no allocation per
//! signal once warm.
//!
//! Bounds: a batch hands over at 256 signals, eight batches per runtime may be with the writer, a connection may owe 64
//! answers; beyond that connections are not read until there is room, so that senders feel it.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    net::{Shutdown, SocketAddr},
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    task::{Poll, ready},
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::{
    net::TcpStream,
    sync::Notify,
    task::{spawn_local, yield_now},
};

use crate::{
    gateway::clock,
    journal::{Batch, Done, Finished, Handle, JournalError, Outcome, Proofs, Rejected},
    link::{
        Ticket,
        dc09::{Answered, Event, Limits, Policy, Receiver, Refused},
    },
    transport::tcp::{self, Permit, Server, Service, serve},
    types::{Entropy, Now},
};

/// A batch of this many signals waits for no more.
const BATCH: usize = 256;
/// How many batches of one runtime may be with the writer.
const IN_FLIGHT: usize = 8;
/// How many answers a connection may owe before it is not read any more.
const OWED: u64 = 64;
/// How much of what was read at once: some frames of any size.
const READ: usize = 16 * 1024;
/// Answers that a peer does not take; beyond that it is not reading, and is closed.
const UNSENT: usize = 64 * 1024;
/// How often deadlines are looked at: a timer per connection would cost more than the frames.
const SWEEP: Duration = Duration::from_millis(100);

/// Told what happens, on the runtimes' threads: must be quick.
pub trait Observer: Send + Sync {
    /// Signals are stored and their answers sent; `repeats` of them were stored before.
    fn acknowledged(&self, signals: u64, repeats: u64);
    /// A frame that needs no storage was answered: a sign of life.
    fn answered(&self, answered: &Answered<'_>);
    /// A frame was refused.
    fn refused(&self, refused: &Refused<'_>);
    /// A recording of an accepted frame came: silence, and a compromise event is due.
    fn replayed(&self, account: Option<&str>);
    /// Bytes that are no frame were skipped.
    fn noise(&self, bytes: usize);
    /// Signals could not be stored: nothing was acknowledged.
    fn not_stored(&self, signals: u64, error: &JournalError);
    /// A connection was closed by us, or not taken in.
    fn closed(&self, reason: &'static str);
}

/// What an input needs.
pub struct Input {
    /// Its name, the `source` of its events.
    pub name: String,
    /// Where signals are stored.
    pub journal: Handle,
    /// Who may say what; swapped whole.
    pub policy: Arc<ArcSwap<Policy>>,
    /// Deadlines of frames and connections.
    pub limits: Limits,
    /// Told what happens.
    pub observer: Arc<dyn Observer>,
    /// Makes the source of randomness of a connection, for the pads of encrypted answers.
    pub entropy: fn() -> Box<dyn Entropy + Send>,
}

/// Listens, and serves until the server is stopped.
///
/// # Errors
/// When an address can't be bound.
pub fn start(
    input: Input,
    addresses: &[SocketAddr],
    limits: tcp::Limits,
) -> std::io::Result<Server> {
    serve(
        addresses,
        limits,
        &Arc::new(Dc09Tcp {
            input: Arc::new(input),
        }),
    )
}

struct Dc09Tcp {
    input: Arc<Input>,
}

/// All of one runtime.
struct Core {
    input: Arc<Input>,
    open: RefCell<Open>,
    /// Emptied batches, to be filled again.
    spare: RefCell<Vec<Open>>,
    /// What is owed for the batches that are with the writer, in their order.
    in_flight: RefCell<VecDeque<Vec<Owed>>>,
    /// Tells the flusher that the batch is not empty any more.
    filling: Notify,
    /// Tells connections and flusher that something moved on.
    room: Notify,
    returned: Arc<Returned>,
    scratch: RefCell<Box<[u8]>>,
    connections: RefCell<Connections>,
    draining: Cell<bool>,
}

/// The batch that is being filled.
#[derive(Default)]
struct Open {
    batch: Batch,
    owed: Vec<Owed>,
}

struct Owed {
    connection: Rc<Connection>,
    ticket: Ticket,
}

/// What the writer gave back, on its way to the runtime.
#[derive(Default)]
struct Returned {
    finished: Mutex<Vec<Finished>>,
    arrived: Notify,
}

impl Done for Returned {
    fn done(&self, finished: Finished) {
        let mut list = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        list.push(finished);
        // More of the same commit need no second wake-up.
        let first = list.len() == 1;
        drop(list);
        if first {
            self.arrived.notify_one();
        }
    }
}

#[derive(Default)]
struct Connections {
    slots: Vec<Option<Rc<Connection>>>,
    free: Vec<usize>,
}

struct Connection {
    stream: TcpStream,
    state: RefCell<State>,
    deadline: Cell<Duration>,
    _permit: Permit,
}

struct State {
    session: Receiver,
    policy: Arc<Policy>,
    /// Signals that got a ticket, and tickets that are settled.
    pushed: u64,
    settled: u64,
    /// Answers that needed no storage and wait for tickets before them: how many must be settled, and the bytes.
    held: VecDeque<(u64, Vec<u8>)>,
    unsent: Vec<u8>,
    sending: bool,
    dead: bool,
}

impl Service for Dc09Tcp {
    type Core = Core;

    fn core(&self) -> Rc<Core> {
        let core = Rc::new(Core {
            input: self.input.clone(),
            open: RefCell::default(),
            spare: RefCell::default(),
            in_flight: RefCell::default(),
            filling: Notify::new(),
            room: Notify::new(),
            returned: Arc::default(),
            scratch: RefCell::new(vec![0; READ].into()),
            connections: RefCell::default(),
            draining: Cell::new(false),
        });
        spawn_local(flush(core.clone()));
        spawn_local(acknowledge(core.clone()));
        spawn_local(sweep(core.clone()));
        core
    }

    async fn serve(core: Rc<Core>, stream: TcpStream, _peer: SocketAddr, permit: Permit) {
        let now = clock::now();
        let policy = core.input.policy.load_full();
        let session = Receiver::stream(
            policy.clone(),
            core.input.limits,
            (core.input.entropy)(),
            now,
        );
        let connection = Rc::new(Connection {
            stream,
            deadline: Cell::new(session.poll_timeout().unwrap_or(Duration::MAX)),
            state: RefCell::new(State {
                session,
                policy,
                pushed: 0,
                settled: 0,
                held: VecDeque::new(),
                unsent: Vec::new(),
                sending: false,
                dead: false,
            }),
            _permit: permit,
        });
        let slot = core.connections.borrow_mut().add(connection.clone());
        while !core.draining.get() && core.pass(&connection).await {
            core.wait_for_room(&connection).await;
        }
        core.connections.borrow_mut().remove(slot);
        // Whoever only shut its own side still gets what it is owed: the tickets hold the connection.
    }

    async fn drain(core: Rc<Core>) {
        core.draining.set(true);
        core.filling.notify_one();
        loop {
            let owed = !core.open.borrow().batch.is_empty() || !core.in_flight.borrow().is_empty();
            let sending = core
                .connections
                .borrow()
                .slots
                .iter()
                .flatten()
                .any(|c| c.state.borrow().sending);
            if !owed && !sending {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // What readers hold on to is closed with the runtime.
    }

    fn refused(&self, _peer: SocketAddr) {
        self.input.observer.closed("too_many_connections");
    }
}

impl Connections {
    fn add(&mut self, connection: Rc<Connection>) -> usize {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        if let Some(free) = self.slots.get_mut(slot) {
            *free = Some(connection);
        }
        slot
    }

    fn remove(&mut self, slot: usize) {
        if let Some(taken) = self.slots.get_mut(slot) {
            *taken = None;
            self.free.push(slot);
        }
    }
}

impl Core {
    /// Reads once and acts on it; false at the end of the stream.
    async fn pass(self: &Rc<Self>, connection: &Rc<Connection>) -> bool {
        std::future::poll_fn(|cx| {
            // One buffer serves all connections of the runtime: what is left of a frame is kept by its session.
            let mut buffer = self.scratch.borrow_mut();
            let read = loop {
                if ready!(connection.stream.poll_read_ready(cx)).is_err() {
                    break 0;
                }
                match connection.stream.try_read(&mut buffer) {
                    Ok(read) => break read,
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(_) => break 0,
                }
            };
            Poll::Ready(self.take_in(connection, buffer.get(..read).unwrap_or_default()))
        })
        .await
    }

    /// Acts on what was read; nothing means the end of the stream.
    fn take_in(self: &Rc<Self>, connection: &Rc<Connection>, bytes: &[u8]) -> bool {
        let now = clock::now();
        if bytes.is_empty() {
            connection.state.borrow_mut().session.handle_end();
            self.act(connection, now);
            return false;
        }
        {
            let mut state = connection.state.borrow_mut();
            let policy = self.input.policy.load();
            if !Arc::ptr_eq(&policy, &state.policy) {
                state.policy = policy.clone();
                let policy = state.policy.clone();
                state.session.set_policy(policy);
            }
            state.session.handle_input(now, bytes);
        }
        self.act(connection, now)
    }

    /// Takes from the session what it has to tell; false when the connection is to be closed.
    fn act(self: &Rc<Self>, connection: &Rc<Connection>, now: Now) -> bool {
        let mut state = connection.state.borrow_mut();
        let state = &mut *state;
        let observer = &self.input.observer;
        loop {
            match state.session.next(now) {
                Some(Event::Signal(ticket, signal)) => {
                    let mut open = self.open.borrow_mut();
                    open.batch.push(&self.input.name, now, &signal);
                    open.owed.push(Owed {
                        connection: connection.clone(),
                        ticket,
                    });
                    state.pushed += 1;
                    if open.owed.len() == 1 {
                        self.filling.notify_one();
                    }
                }
                Some(Event::Answered(answered)) => observer.answered(&answered),
                Some(Event::Refused(refused)) => observer.refused(&refused),
                Some(Event::Noise(bytes)) => observer.noise(bytes),
                None => break,
            }
            if let Some(reply) = state.session.poll_transmit() {
                // Answers keep the order of their frames.
                if state.settled == state.pushed {
                    connection.send(state, &reply);
                } else {
                    state.held.push_back((state.pushed, reply.to_vec()));
                }
            }
        }
        if let Some(reason) = state.session.close() {
            observer.closed(reason.name());
            state.dead = true;
        }
        connection
            .deadline
            .set(state.session.poll_timeout().unwrap_or(Duration::MAX));
        !state.dead
    }

    async fn wait_for_room(&self, connection: &Connection) {
        loop {
            let room = self.room.notified();
            let owed = {
                let state = connection.state.borrow();
                state.pushed - state.settled + state.held.len() as u64
            };
            if owed < OWED && self.open.borrow().owed.len() < BATCH {
                return;
            }
            room.await;
        }
    }

    fn redeem(&self, owed: &mut Vec<Owed>, proofs: &Result<Proofs, JournalError>, batch: &Batch) {
        let (mut signals, mut repeats) = (0, 0);
        let count = owed.len();
        for (index, Owed { connection, ticket }) in owed.drain(..).enumerate() {
            let outcome = proofs
                .as_ref()
                .ok()
                .and_then(|proofs| proofs.outcome(index));
            let mut state = connection.state.borrow_mut();
            state.settled += 1;
            match outcome {
                Some(Outcome::Stored(stored)) => {
                    signals += 1;
                    repeats += u64::from(stored.is_repeat());
                    connection.send(&mut state, ticket.redeem(&stored));
                }
                Some(Outcome::Replayed) => {
                    let account = batch.signal(index).and_then(|signal| signal.account());
                    self.input.observer.replayed(account);
                }
                None => {}
            }
            while state
                .held
                .front()
                .is_some_and(|(after, _)| *after <= state.settled)
            {
                if let Some((_, reply)) = state.held.pop_front() {
                    connection.send(&mut state, &reply);
                }
            }
        }
        if let Err(error) = proofs {
            self.input.observer.not_stored(count as u64, error);
        }
        if signals > 0 {
            self.input.observer.acknowledged(signals, repeats);
        }
    }
}

impl Connection {
    /// Sends now what the socket takes; the rest follows by a task of its own.
    fn send(self: &Rc<Self>, state: &mut State, bytes: &[u8]) {
        let mut rest = bytes;
        if state.unsent.is_empty() {
            match self.stream.try_write(bytes) {
                Ok(sent) => rest = bytes.get(sent..).unwrap_or_default(),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                // The sender is gone and will repeat; its signal is stored.
                Err(_) => return,
            }
        }
        if rest.is_empty() {
            return;
        }
        if state.unsent.len() + rest.len() > UNSENT {
            self.shut(Shutdown::Both);
            return;
        }
        state.unsent.extend_from_slice(rest);
        if !state.sending {
            state.sending = true;
            spawn_local(self.clone().send_rest());
        }
    }

    async fn send_rest(self: Rc<Self>) {
        loop {
            let ready = self.stream.writable().await;
            let mut state = self.state.borrow_mut();
            match ready.and_then(|()| self.stream.try_write(&state.unsent)) {
                Ok(sent) => drop(state.unsent.drain(..sent)),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => state.unsent.clear(),
            }
            if state.unsent.is_empty() {
                state.sending = false;
                return;
            }
        }
    }

    /// Ends it from our side: its task reads an end. Unless both sides are shut, what is owed is still sent.
    fn shut(&self, how: Shutdown) {
        let _ = socket2::SockRef::from(&self.stream).shutdown(how);
    }
}

/// Hands batches to the writer.
async fn flush(core: Rc<Core>) {
    loop {
        core.filling.notified().await;
        loop {
            let mut size = core.open.borrow().owed.len();
            if size == 0 {
                break;
            }
            // Each yield is a pass over the sockets.
            while size < BATCH {
                yield_now().await;
                let now = core.open.borrow().owed.len();
                if now == size {
                    break;
                }
                size = now;
            }
            while core.in_flight.borrow().len() >= IN_FLIGHT {
                let room = core.room.notified();
                room.await;
            }
            let spare = core.spare.borrow_mut().pop().unwrap_or_default();
            let Open { batch, owed } = core.open.replace(spare);
            core.in_flight.borrow_mut().push_back(owed);
            hand_over(&core, batch).await;
            core.room.notify_waiters();
        }
    }
}

async fn hand_over(core: &Rc<Core>, batch: Batch) {
    let mut batch = batch;
    loop {
        match core.input.journal.submit(batch, core.returned.clone()) {
            Ok(()) => return,
            Err(Rejected {
                batch: back,
                error: JournalError::Busy,
            }) => {
                batch = back;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Err(Rejected { batch, error }) => {
                return core.returned.done(Finished {
                    batch,
                    proofs: Err(error),
                });
            }
        }
    }
}

/// Sends the answers of what is stored.
async fn acknowledge(core: Rc<Core>) {
    let mut finished = Vec::new();
    loop {
        core.returned.arrived.notified().await;
        core::mem::swap(
            &mut *core
                .returned
                .finished
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
            &mut finished,
        );
        for Finished { mut batch, proofs } in finished.drain(..) {
            let Some(mut owed) = core.in_flight.borrow_mut().pop_front() else {
                continue;
            };
            core.redeem(&mut owed, &proofs, &batch);
            batch.clear();
            core.spare.borrow_mut().push(Open { batch, owed });
        }
        core.room.notify_waiters();
    }
}

/// Looks at the deadlines.
async fn sweep(core: Rc<Core>) {
    let mut due: Vec<Rc<Connection>> = Vec::new();
    loop {
        tokio::time::sleep(SWEEP).await;
        let now = clock::now();
        due.extend(
            core.connections
                .borrow()
                .slots
                .iter()
                .flatten()
                .filter(|c| c.deadline.get() <= now.monotonic)
                .cloned(),
        );
        for connection in due.drain(..) {
            connection.state.borrow_mut().session.handle_timeout(now);
            if !core.act(&connection, now) {
                connection.shut(Shutdown::Read);
            }
        }
    }
}
