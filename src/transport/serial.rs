//! Serial ports: raw, exclusive, without flow control, opened anew by path when they are gone.

use std::{fmt, io, str::FromStr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use tokio_serial::{
    ClearBuffer, DataBits, FlowControl, Parity, SerialPort, SerialStream, StopBits,
};
use tokio_util::sync::CancellationToken;

use super::Backoff;

/// The settings of a line, as text `9600 8N1` or `9600:8N1`.
///
/// ```
/// use alarmwire::transport::serial::LineSettings;
///
/// let line: LineSettings = "1200 7E1".parse()?;
/// assert_eq!((line.baud, line.data_bits, line.to_string()), (1200, 7, "1200 7E1".to_string()));
/// // A 21-byte heartbeat takes 175 ms.
/// assert_eq!(line.wire_time(21).as_millis(), 175);
/// # Ok::<(), alarmwire::transport::serial::InvalidLine>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LineSettings {
    /// Bits a second.
    pub baud: u32,
    /// 7 or 8.
    pub data_bits: u8,
    /// The parity bit.
    pub parity: LineParity,
    /// 1 or 2.
    pub stop_bits: u8,
}

/// The parity bit of a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LineParity {
    /// `N`.
    None,
    /// `E`.
    Even,
    /// `O`.
    Odd,
}

/// A text that is no line setting.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line settings are a speed and, say, `8N1`: `9600 8N1`, `1200:7E1`")]
pub struct InvalidLine;

impl Default for LineSettings {
    fn default() -> Self {
        Self {
            baud: 9600,
            data_bits: 8,
            parity: LineParity::None,
            stop_bits: 1,
        }
    }
}

impl FromStr for LineSettings {
    type Err = InvalidLine;

    fn from_str(text: &str) -> Result<Self, InvalidLine> {
        let (baud, form) = match text.trim().split_once([' ', ':', ',']) {
            Some((baud, form)) => (baud, form.trim()),
            None => (text.trim(), "8N1"),
        };
        let baud = baud
            .parse()
            .ok()
            .filter(|baud| *baud > 0)
            .ok_or(InvalidLine)?;
        let [bits, parity, stop] = *form.as_bytes() else {
            return Err(InvalidLine);
        };
        let digit = |byte: u8, least, most| match byte.wrapping_sub(b'0') {
            digit if (least..=most).contains(&digit) => Ok(digit),
            _ => Err(InvalidLine),
        };
        let parity = match parity.to_ascii_uppercase() {
            b'N' => LineParity::None,
            b'E' => LineParity::Even,
            b'O' => LineParity::Odd,
            _ => return Err(InvalidLine),
        };
        Ok(Self {
            baud,
            data_bits: digit(bits, 7, 8)?,
            parity,
            stop_bits: digit(stop, 1, 2)?,
        })
    }
}

impl fmt::Display for LineSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parity = match self.parity {
            LineParity::None => 'N',
            LineParity::Even => 'E',
            LineParity::Odd => 'O',
        };
        write!(
            f,
            "{} {}{parity}{}",
            self.baud, self.data_bits, self.stop_bits
        )
    }
}

impl LineSettings {
    /// How long so many bytes take on the wire: what an answer's time-out has to wait out first.
    #[must_use]
    pub fn wire_time(&self, bytes: usize) -> Duration {
        let parity = if self.parity == LineParity::None {
            0
        } else {
            1
        };
        let bits = u32::from(1 + self.data_bits + parity + self.stop_bits);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Duration::from_secs(1).saturating_mul(bits.saturating_mul(bytes)) / self.baud.max(1)
    }

    fn read_back(port: &SerialStream) -> Option<Self> {
        Some(Self {
            baud: port.baud_rate().ok()?,
            data_bits: u8::from(port.data_bits().ok()?),
            parity: match port.parity().ok()? {
                Parity::None => LineParity::None,
                Parity::Even => LineParity::Even,
                Parity::Odd => LineParity::Odd,
            },
            stop_bits: u8::from(port.stop_bits().ok()?),
        })
    }
}

/// An open port. Once an operation fails the port is gone: drop it **before** opening it again, since the kernel gives
/// a replugged adapter a new name while the old descriptor is open (serial-receivers.md 8.3).
pub struct Serial {
    stream: SerialStream,
    asked: LineSettings,
    differs: Option<LineSettings>,
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serial")
            .field("line", &self.asked)
            .field("differs", &self.differs)
            .finish_non_exhaustive()
    }
}

fn gone(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, why)
}

impl Serial {
    /// Opens a port raw and exclusive, without flow control, with `line`, and drops what waits in its input. Must be
    /// called within a tokio runtime.
    ///
    /// # Errors
    /// When the port does not exist, is open elsewhere, or refuses a setting.
    pub fn open(path: &str, line: LineSettings) -> io::Result<Self> {
        let builder = tokio_serial::new(path, line.baud)
            .data_bits(if line.data_bits == 7 {
                DataBits::Seven
            } else {
                DataBits::Eight
            })
            .parity(match line.parity {
                LineParity::None => Parity::None,
                LineParity::Even => Parity::Even,
                LineParity::Odd => Parity::Odd,
            })
            .stop_bits(if line.stop_bits == 2 {
                StopBits::Two
            } else {
                StopBits::One
            })
            .flow_control(FlowControl::None);
        let stream = SerialStream::open(&builder)?;
        // Changing the settings can leave garbled bytes.
        stream.clear(ClearBuffer::Input)?;
        // A pseudo-terminal forces 8N1, and so do some adapters: reading back is the only way to know.
        let differs = LineSettings::read_back(&stream).filter(|real| *real != line);
        Ok(Self {
            stream,
            asked: line,
            differs,
        })
    }

    /// What the port was really set to, where that is not what was asked for.
    #[must_use]
    pub const fn differs(&self) -> Option<LineSettings> {
        self.differs
    }

    /// Reads at least one byte. Safe to cancel.
    ///
    /// # Errors
    /// When the port is gone: an unplugged adapter reads as nothing, at once, for ever, and that is an error here.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.stream.read(buffer).await {
            Ok(0) if !buffer.is_empty() => Err(gone("the port gives nothing more: unplugged")),
            read => read,
        }
    }

    /// Writes all of `bytes` within `deadline`.
    ///
    /// # Errors
    /// When the port is gone, or blocked for so long that it is as good as gone.
    pub async fn write(&mut self, bytes: &[u8], deadline: Duration) -> io::Result<()> {
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        match timeout(deadline, write).await {
            Ok(written) => written,
            Err(_) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the port does not take bytes: flow control or cable",
            )),
        }
    }

    /// Whether the modem lines say that somebody is connected; `None` where the port has none, as a pseudo-terminal.
    pub fn carrier(&mut self) -> Option<bool> {
        self.stream.read_carrier_detect().ok()
    }
}

/// Opens one port again and again, by its path, with growing pauses.
#[derive(Clone, Debug)]
pub struct Reopener {
    path: String,
    line: LineSettings,
    backoff: Backoff,
    immediate: bool,
}

impl Reopener {
    /// For the port at `path`; better `/dev/serial/by-id/…` than a name that changes. The first attempt is at once.
    #[must_use]
    pub fn new(path: impl Into<String>, line: LineSettings, backoff: Backoff) -> Self {
        Self {
            path: path.into(),
            line,
            backoff,
            immediate: true,
        }
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The settings asked for.
    #[must_use]
    pub const fn line(&self) -> LineSettings {
        self.line
    }

    /// Tries until the port is open; `failed` hears of each failure. `None` when cancelled. Warns when the port is set
    /// to something else than what was asked for.
    pub async fn open(
        &mut self,
        cancel: &CancellationToken,
        mut failed: impl FnMut(&io::Error),
    ) -> Option<Serial> {
        loop {
            if !core::mem::take(&mut self.immediate) {
                tokio::select! {
                    () = cancel.cancelled() => return None,
                    () = tokio::time::sleep(self.backoff.next_pause()) => {}
                }
            }
            match Serial::open(&self.path, self.line) {
                Ok(port) => {
                    if let Some(real) = port.differs() {
                        tracing::warn!(port = %self.path, asked = %self.line, real = %real, "the port has other settings");
                    }
                    return Some(port);
                }
                Err(error) => failed(&error),
            }
        }
    }

    /// The port proved good, something was read from it: the pauses start over.
    pub fn worked(&mut self) {
        self.backoff.reset();
    }
}
