//! A byte stream to a receiver or to automation software, however it comes about, and anew when it breaks.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    config::{LineSettings, Parity, Port},
    telemetry::Happening,
};
use crate::transport::{
    Backoff,
    dial::{DialSettings, Dialler, tune},
    serial::{LineParity, LineSettings as SerialLine, Reopener, Serial},
};

/// An open stream.
pub(crate) enum Stream {
    Serial(Serial, SerialLine),
    Tcp(TcpStream),
}

impl Stream {
    /// Reads at least one byte. Safe to cancel.
    pub(crate) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Serial(port, _) => port.read(buffer).await,
            Self::Tcp(stream) => match stream.read(buffer).await {
                Ok(0) => Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "closed by the other side",
                )),
                read => read,
            },
        }
    }

    /// Writes all of it within `deadline`, and says how long its last byte still takes on the wire.
    pub(crate) async fn write(&mut self, bytes: &[u8], deadline: Duration) -> io::Result<Duration> {
        match self {
            Self::Serial(port, line) => {
                let wire = line.wire_time(bytes.len());
                port.write(bytes, deadline + wire).await?;
                Ok(wire)
            }
            Self::Tcp(stream) => match timeout(deadline, stream.write_all(bytes)).await {
                Ok(written) => written.map(|()| Duration::ZERO),
                Err(_) => Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the other side takes nothing",
                )),
            },
        }
    }
}

/// A port whose address to listen at is taken, and that belongs to no runtime yet.
pub(crate) struct Prepared {
    port: Port,
    listener: Option<std::net::TcpListener>,
}

impl Prepared {
    pub(crate) fn new(port: &Port) -> io::Result<Self> {
        let listener = match port {
            Port::Listen(address) => {
                let listener = std::net::TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                Some(listener)
            }
            Port::Serial { .. } | Port::Dial(_) => None,
        };
        Ok(Self {
            port: port.clone(),
            listener,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.listener
            .as_ref()
            .and_then(|listener| listener.local_addr().ok())
    }

    /// Gives it to the runtime that calls.
    pub(crate) fn opener(self) -> io::Result<Opener> {
        Ok(match (self.port, self.listener) {
            (_, Some(listener)) => Opener::Listen(TcpListener::from_std(listener)?),
            (Port::Serial { path, line }, None) => Opener::Serial(Reopener::new(
                path.to_string_lossy(),
                serial_line(line),
                Backoff::default(),
            )),
            (Port::Dial(to), None) => Opener::Dial(Dialler::new(
                to.to_string(),
                DialSettings::default(),
                Backoff::default(),
            )),
            (Port::Listen(_), None) => return Err(io::ErrorKind::InvalidInput.into()),
        })
    }
}

/// Makes streams, one after another.
pub(crate) enum Opener {
    Serial(Reopener),
    Dial(Dialler),
    Listen(TcpListener),
}

impl Opener {
    /// Where it listens.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Listen(listener) => listener.local_addr().ok(),
            Self::Serial(_) | Self::Dial(_) => None,
        }
    }

    /// The next stream and where it leads; `None` when stopped.
    pub(crate) async fn open(
        &mut self,
        kind: &'static str,
        name: &str,
        stop: &CancellationToken,
    ) -> Option<(Stream, String)> {
        let failed = |error: &io::Error| {
            let reason = error.to_string();
            Happening::Down {
                kind,
                name,
                reason: &reason,
                again: Duration::ZERO,
            }
            .emit();
        };
        match self {
            Self::Serial(reopener) => {
                let port = reopener.open(stop, failed).await?;
                let place = format!("{} at {}", reopener.path(), reopener.line());
                Some((Stream::Serial(port, reopener.line()), place))
            }
            Self::Dial(dialler) => {
                let stream = dialler.connect(stop, failed).await?;
                Some((Stream::Tcp(stream), dialler.target().to_owned()))
            }
            Self::Listen(listener) => loop {
                let accepted = tokio::select! {
                    () = stop.cancelled() => return None,
                    accepted = listener.accept() => accepted,
                };
                match accepted {
                    Ok((stream, peer)) => {
                        // Without the options it still works.
                        let _best_effort = tune(&stream, &DialSettings::default());
                        return Some((Stream::Tcp(stream), peer.to_string()));
                    }
                    Err(error) => {
                        failed(&error);
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            },
        }
    }

    /// A further connection while one stands; only a listener has such.
    pub(crate) async fn another(&self) -> Stream {
        match self {
            Self::Listen(listener) => loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        let _best_effort = tune(&stream, &DialSettings::default());
                        return Stream::Tcp(stream);
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            },
            Self::Serial(_) | Self::Dial(_) => std::future::pending().await,
        }
    }

    /// The stream proved good: the pauses start over.
    pub(crate) fn worked(&mut self) {
        match self {
            Self::Serial(reopener) => reopener.worked(),
            Self::Dial(dialler) => dialler.worked(),
            Self::Listen(_) => {}
        }
    }
}

const fn serial_line(line: LineSettings) -> SerialLine {
    SerialLine {
        baud: line.baud,
        data_bits: line.data_bits,
        parity: match line.parity {
            Parity::None => LineParity::None,
            Parity::Even => LineParity::Even,
            Parity::Odd => LineParity::Odd,
        },
        stop_bits: line.stop_bits,
    }
}
