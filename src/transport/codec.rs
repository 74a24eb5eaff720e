//! Any protocol's stream as a codec of [`tokio_util::codec`]: frames as items over whatever reads and writes under tokio,
//! by [`Framed`](tokio_util::codec::Framed), `FramedRead` and the like.
//!
//! ```no_run
//! # async fn run() -> std::io::Result<()> {
//! use alarmwire::{codec::registry, transport::codec::{FrameCodec, Item}};
//! use futures_util::StreamExt as _;
//! use tokio::net::TcpStream;
//! use tokio_util::codec::Framed;
//!
//! let socket = TcpStream::connect("receiver:1025").await?;
//! let codec = registry::find("surgard").and_then(FrameCodec::new).ok_or_else(|| std::io::Error::other("no stream"))?;
//! let mut frames = Framed::new(socket, codec);
//! while let Some(item) = frames.next().await {
//!     if let Item::Frame { bytes, .. } = item? {
//!         println!("{}", bytes.escape_ascii());
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A pause that ends an unfinished frame is seen with the next read. Who wants to hear of it at once waits for
//! [`FrameCodec::poll_timeout`] beside the next item, and asks [`FrameCodec::take`] then.
//!
//! A frame that was read is no event that was stored: who answers senders takes a session of [`crate::link`], which
//! releases acknowledgements against proof only.

use std::{fmt, io, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;
use tokio_util::codec::{Decoder, Encoder};

use crate::{
    ParseError,
    codec::{
        Protocol, Quirks,
        stream::{self, Cut},
    },
};

/// What a line gave, owned.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Item {
    /// A whole frame.
    Frame {
        /// Start and end included, as its protocol's `Frame::parse` takes them.
        bytes: Bytes,
        /// What was odd on the line.
        quirks: Quirks,
    },
    /// So many bytes belonged to no frame.
    Noise(usize),
    /// What looked like a frame is damaged, or cut off.
    Bad {
        /// What is wrong, counted from the start of `bytes`.
        error: ParseError,
        /// From the start of the frame on.
        bytes: Bytes,
    },
}

/// Cuts what was read into frames of one protocol, and writes frames as they are.
pub struct FrameCodec {
    inner: Box<dyn stream::Decoder>,
    /// Where its time begins.
    epoch: Instant,
}

impl FrameCodec {
    /// For the lines of a protocol; `None` for one that is no stream.
    #[must_use]
    pub fn new(protocol: &dyn Protocol) -> Option<Self> {
        protocol.stream().map(Self::over)
    }

    /// Over any stream, one with settings of its own, say.
    #[must_use]
    pub fn over(inner: Box<dyn stream::Decoder>) -> Self {
        Self {
            inner,
            epoch: Instant::now(),
        }
    }

    /// With another longest pause inside a frame than a second.
    #[must_use]
    pub fn with_gap(mut self, gap: Duration) -> Self {
        self.inner.set_gap(gap);
        self
    }

    /// When an unfinished frame is given up; [`FrameCodec::take`] has it then.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.inner.poll_timeout().map(|at| self.epoch + at)
    }

    /// The next item of what was read already: behind a timeout, where no read asks for it.
    pub fn take(&mut self) -> Option<Item> {
        self.take_at(self.epoch.elapsed())
    }

    fn take_at(&mut self, now: Duration) -> Option<Item> {
        Some(match self.inner.next(now) {
            Cut::Frame { bytes, quirks } => Item::Frame {
                bytes: Bytes::copy_from_slice(bytes),
                quirks,
            },
            Cut::Noise(bytes) => Item::Noise(bytes),
            Cut::Bad { error, bytes } => Item::Bad {
                error,
                bytes: Bytes::copy_from_slice(bytes),
            },
            Cut::More => return None,
        })
    }
}

impl Decoder for FrameCodec {
    type Item = Item;
    type Error = io::Error;

    fn decode(&mut self, read: &mut BytesMut) -> io::Result<Option<Item>> {
        let now = self.epoch.elapsed();
        if !read.is_empty() {
            self.inner.push(now, read);
            read.clear();
        }
        Ok(self.take_at(now))
    }

    /// Nothing follows: what is not whole by now never will be.
    fn decode_eof(&mut self, read: &mut BytesMut) -> io::Result<Option<Item>> {
        if let Some(item) = self.decode(read)? {
            return Ok(Some(item));
        }
        let end = self.inner.poll_timeout();
        Ok(end.and_then(|end| self.take_at(end)))
    }
}

impl Encoder<Bytes> for FrameCodec {
    type Error = io::Error;

    fn encode(&mut self, frame: Bytes, out: &mut BytesMut) -> io::Result<()> {
        out.extend_from_slice(&frame);
        Ok(())
    }
}

impl Encoder<&[u8]> for FrameCodec {
    type Error = io::Error;

    fn encode(&mut self, frame: &[u8], out: &mut BytesMut) -> io::Result<()> {
        out.extend_from_slice(frame);
        Ok(())
    }
}

impl fmt::Debug for FrameCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameCodec").finish_non_exhaustive()
    }
}
