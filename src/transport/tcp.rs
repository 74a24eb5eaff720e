//! The TCP server: one current-thread runtime per core, their listeners sharing the port.
//!
//! With a thousand busy connections this was measured at a tenth of the multi-thread scheduler's p99: nothing of a
//! connection ever moves between threads, so nothing on its way needs a lock.

use std::{
    collections::HashMap,
    future::Future,
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, LocalOptions},
    task::{spawn_local, yield_now},
};
use tokio_util::sync::CancellationToken;

/// How many connections of the kernel's may wait to be accepted.
const BACKLOG: i32 = 4_096;
/// How many connections are accepted in a row before those that are open have their turn.
const ACCEPTS: usize = 32;

/// What a server takes in. Deadlines of frames and idle time are the sessions' business.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time, over all runtimes; one more is closed at once.
    pub connections: usize,
    /// Of them from one address (IPv6: from one /64).
    pub per_source: usize,
    /// Runtimes; 0: one per core.
    pub runtimes: usize,
    /// How long a stop waits for what is owed.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16_384,
            per_source: 8_192,
            runtimes: 0,
            drain: Duration::from_secs(5),
        }
    }
}

/// What is done with connections. All of a [`Service::Core`] stays on its runtime's thread.
pub trait Service: Send + Sync + 'static {
    /// The state of one runtime.
    type Core: 'static;

    /// Made on the runtime's thread, within its context, so that it may spawn local tasks.
    fn core(&self) -> Rc<Self::Core>;

    /// Serves one connection to its end. The permit counts it for as long as it is kept.
    fn serve(
        core: Rc<Self::Core>,
        stream: TcpStream,
        peer: SocketAddr,
        permit: Permit,
    ) -> impl Future<Output = ()>;

    /// No connection comes any more: stops reading, and returns when nothing is owed.
    fn drain(core: Rc<Self::Core>) -> impl Future<Output = ()>;

    /// A connection was refused, as there are too many.
    fn refused(&self, peer: SocketAddr);
}

/// A running server. Dropped, it stops without waiting.
pub struct Server {
    addresses: Vec<SocketAddr>,
    stop: CancellationToken,
    threads: Vec<JoinHandle<()>>,
    counts: Arc<Counts>,
}

impl Server {
    /// Where it listens, in the order in which it was told.
    #[must_use]
    pub fn local_addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.counts.lock().total
    }

    /// Stops accepting, lets the runtimes finish what they owe, and waits for their threads.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let threads = core::mem::take(&mut self.threads);
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().for_each(|thread| drop(thread.join()))
        });
        drop(joined.await);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[derive(Default)]
struct Counts(Mutex<Open>);

#[derive(Default)]
struct Open {
    total: usize,
    sources: HashMap<IpAddr, usize>,
}

impl Counts {
    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(self: &Arc<Self>, limits: &Limits, peer: SocketAddr) -> Option<Permit> {
        let source = source(peer.ip());
        let mut open = self.lock();
        if open.total >= limits.connections {
            return None;
        }
        let of_source = open.sources.entry(source).or_default();
        if *of_source >= limits.per_source {
            return None;
        }
        *of_source += 1;
        open.total += 1;
        Some(Permit {
            counts: self.clone(),
            source,
        })
    }
}

/// An IPv6 sender has a whole /64 to himself.
fn source(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

/// One connection's place under the limits, free again when it is dropped.
pub struct Permit {
    counts: Arc<Counts>,
    source: IpAddr,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.counts.lock();
        open.total = open.total.saturating_sub(1);
        if let Some(of_source) = open.sources.get_mut(&self.source) {
            *of_source -= 1;
            if *of_source == 0 {
                open.sources.remove(&self.source);
            }
        }
    }
}

/// Listens on the addresses and serves.
///
/// # Errors
/// When an address can't be bound, for instance as somebody else listens there, or a thread can't be started.
pub fn serve<S: Service>(
    addresses: &[SocketAddr],
    limits: Limits,
    service: &Arc<S>,
) -> io::Result<Server> {
    let runtimes = match limits.runtimes {
        // Elsewhere the kernel does not spread connections over the listeners that share a port.
        _ if !cfg!(target_os = "linux") => 1,
        0 => std::thread::available_parallelism().map_or(1, core::num::NonZero::get),
        runtimes => runtimes,
    };
    let bound: Vec<SocketAddr> = addresses
        .iter()
        .map(|address| probe(*address))
        .collect::<io::Result<_>>()?;
    let stop = CancellationToken::new();
    let counts = Arc::new(Counts::default());
    let mut server = Server {
        addresses: bound.clone(),
        stop: stop.clone(),
        threads: Vec::new(),
        counts: counts.clone(),
    };
    for index in 0..runtimes {
        let listeners: Vec<Socket> = bound
            .iter()
            .map(|address| bind(*address, runtimes > 1))
            .collect::<io::Result<_>>()?;
        let core = Core {
            listeners,
            limits,
            stop: stop.clone(),
            counts: counts.clone(),
            service: service.clone(),
        };
        let thread = std::thread::Builder::new()
            .name(format!("tcp-{index}"))
            .spawn(move || core.run())?;
        server.threads.push(thread);
    }
    Ok(server)
}

/// Finds the port, and an error when somebody listens there already: listeners that share a port would share it with
/// a second gateway of the same user, too.
fn probe(address: SocketAddr) -> io::Result<SocketAddr> {
    let socket = bind(address, false)?;
    let local = socket.local_addr()?;
    local
        .as_socket()
        .ok_or_else(|| io::Error::other("no IP socket"))
}

fn bind(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // On Windows this would let others take the port over.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    #[cfg(target_os = "linux")]
    socket.set_reuse_port(shared)?;
    #[cfg(not(target_os = "linux"))]
    let _ = shared;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

struct Core<S> {
    listeners: Vec<Socket>,
    limits: Limits,
    stop: CancellationToken,
    counts: Arc<Counts>,
    service: Arc<S>,
}

impl<S: Service> Core<S> {
    fn run(self) {
        let runtime = match Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())
        {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!(%error, "no runtime for a TCP server"),
        };
        runtime.block_on(async {
            let core = self.service.core();
            let mut accepting = Vec::new();
            let limits = self.limits;
            for socket in self.listeners {
                let (core, counts, service, stop) = (
                    core.clone(),
                    self.counts.clone(),
                    self.service.clone(),
                    self.stop.clone(),
                );
                match TcpListener::from_std(socket.into()) {
                    Ok(listener) => accepting.push(spawn_local(async move {
                        tokio::select! {
                            () = stop.cancelled() => {}
                            () = accept(listener, core, &limits, &counts, &service) => {}
                        }
                    })),
                    Err(error) => tracing::error!(%error, "a TCP listener is lost"),
                }
            }
            self.stop.cancelled().await;
            for task in accepting {
                drop(task.await);
            }
            if tokio::time::timeout(limits.drain, S::drain(core))
                .await
                .is_err()
            {
                tracing::warn!("stopped with answers still owed: their senders will repeat");
            }
        });
    }
}

async fn accept<S: Service>(
    listener: TcpListener,
    core: Rc<S::Core>,
    limits: &Limits,
    counts: &Arc<Counts>,
    service: &Arc<S>,
) {
    let mut in_a_row = 0;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => match counts.admit(limits, peer) {
                Some(permit) => {
                    // An answer is one small write: waiting for more would only delay it.
                    let _ = stream.set_nodelay(true);
                    spawn_local(S::serve(core.clone(), stream, peer, permit));
                }
                None => service.refused(peer),
            },
            Err(error) => {
                // Out of file descriptors, or a peer that is gone already: the others need their turn first.
                tracing::debug!(%error, "accept failed");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        in_a_row += 1;
        if in_a_row >= ACCEPTS {
            in_a_row = 0;
            yield_now().await;
        }
    }
}
