//! TCP connections that we make: with a connect deadline, keep-alive and a limit on unacknowledged data, and a dialler
//! that tries again.

use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::Backoff;

/// How a connection is made and watched.
#[derive(Clone, Copy, Debug)]
pub struct DialSettings {
    /// The longest wait for a connection, over all addresses of the name.
    pub connect: Duration,
    /// After so much silence the kernel asks whether the peer is there, three times with a third of it between.
    pub keepalive: Option<Duration>,
    /// Data that stays unacknowledged for so long ends the connection (`TCP_USER_TIMEOUT`, Linux).
    pub user_timeout: Option<Duration>,
}

impl Default for DialSettings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            keepalive: Some(Duration::from_secs(30)),
            user_timeout: Some(Duration::from_secs(20)),
        }
    }
}

/// Sets what alarm traffic wants of a connection, made or accepted: no delay for small frames, keep-alive, and an end
/// for data that nobody acknowledges.
///
/// # Errors
/// When the kernel refuses an option.
pub fn tune(stream: &TcpStream, settings: &DialSettings) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    if let Some(time) = settings.keepalive {
        let interval = (time / 3).max(Duration::from_secs(1));
        let keepalive = TcpKeepalive::new().with_time(time).with_interval(interval);
        #[cfg(unix)]
        let keepalive = keepalive.with_retries(3);
        socket.set_tcp_keepalive(&keepalive)?;
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Some(time) = settings.user_timeout {
        socket.set_tcp_user_timeout(Some(time))?;
    }
    Ok(())
}

/// Connects to `target` (`host:port`, `1.2.3.4:port`, `[::1]:port`), trying each address of a name.
///
/// # Errors
/// When the name has no address, none of them answers, or the deadline passes.
pub async fn connect(target: &str, settings: &DialSettings) -> io::Result<TcpStream> {
    let attempt = async {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in lookup_host(target).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    };
    let stream = match timeout(settings.connect, attempt).await {
        Ok(connected) => connected?,
        Err(_) => {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "no connection within the deadline",
            ));
        }
    };
    tune(&stream, settings)?;
    Ok(stream)
}

/// Keeps dialling one address, with growing pauses.
#[derive(Clone, Debug)]
pub struct Dialler {
    target: String,
    settings: DialSettings,
    backoff: Backoff,
    immediate: bool,
}

impl Dialler {
    /// A dialler for `host:port`; its first attempt is at once.
    #[must_use]
    pub fn new(target: impl Into<String>, settings: DialSettings, backoff: Backoff) -> Self {
        Self {
            target: target.into(),
            settings,
            backoff,
            immediate: true,
        }
    }

    /// What is dialled.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Tries until there is a connection; `failed` hears of each failure. `None` when cancelled.
    ///
    /// The pause starts over only after [`Dialler::worked`]: a peer that accepts and hangs up is not hammered.
    pub async fn connect(
        &mut self,
        cancel: &CancellationToken,
        mut failed: impl FnMut(&io::Error),
    ) -> Option<TcpStream> {
        loop {
            if !core::mem::take(&mut self.immediate) {
                tokio::select! {
                    () = cancel.cancelled() => return None,
                    () = tokio::time::sleep(self.backoff.next_pause()) => {}
                }
            }
            tokio::select! {
                () = cancel.cancelled() => return None,
                connected = connect(&self.target, &self.settings) => match connected {
                    Ok(stream) => return Some(stream),
                    Err(error) => failed(&error),
                },
            }
        }
    }

    /// The connection proved good: something was acknowledged on it.
    pub fn worked(&mut self) {
        self.backoff.reset();
        self.immediate = true;
    }
}
