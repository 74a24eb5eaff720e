use core::time::Duration;

use super::{Framed, Framer};
use crate::codec::{
    Quirks,
    stream::{Cut, Decoder},
};

/// The framer as every protocol's stream: the length field, and where that fails the check value, find the ends of
/// frames, which a [`crate::codec::stream::Shape`] with its pauses and its cap can't say.
///
/// A frame whose length field says too much reads with [`super::Frame::parse_whole`] only.
#[derive(Debug, Default)]
pub(super) struct Stream {
    framer: Framer,
    /// What was pushed and is not accounted for.
    held: usize,
}

impl Stream {
    /// The framer passes over line ends behind a frame without a word; they are told when it said what comes next.
    fn passed_over(&mut self) -> Option<Cut<'static>> {
        let bytes = self.held.saturating_sub(self.framer.pending());
        self.held -= bytes;
        (bytes > 0).then_some(Cut::Noise(bytes))
    }
}

impl Decoder for Stream {
    fn push(&mut self, _now: Duration, bytes: &[u8]) {
        self.framer.push(bytes);
        self.held += bytes.len();
    }

    fn next(&mut self, now: Duration) -> Cut<'_> {
        if let Some(noise) = self.passed_over() {
            return noise;
        }
        match self.framer.next(now) {
            Framed::Frame(frame) => {
                let length = frame.raw.len();
                self.held = self.held.saturating_sub(length);
                Cut::Frame {
                    bytes: self.framer.taken(length),
                    // Whether NUL follows is known only if it came with the same read.
                    quirks: Quirks::NONE,
                }
            }
            Framed::Noise(bytes) => {
                self.held = self.held.saturating_sub(bytes);
                Cut::Noise(bytes)
            }
            Framed::Bad { error, bytes } => {
                let length = bytes.len();
                self.held = self.held.saturating_sub(length);
                Cut::Bad {
                    error,
                    bytes: self.framer.taken(length),
                }
            }
            Framed::More => self.passed_over().unwrap_or(Cut::More),
        }
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.framer.poll_timeout()
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &[u8] = b"\nEA740027\"NULL\"0000L0#1409[]_20:38:07,08-27-2026\r";

    #[test]
    fn every_byte_is_accounted_for_line_ends_too() {
        let wire = [
            b"noise",
            FRAME,
            b"\0\r",
            FRAME,
            b"\r\n0000 ",
            FRAME,
            b"\r\0",
        ]
        .concat();
        for size in [1, 7, 50, 500] {
            let mut stream = Stream::default();
            let (mut frames, mut bytes) = (0, 0);
            for read in wire.chunks(size) {
                stream.push(Duration::ZERO, read);
                loop {
                    match stream.next(Duration::ZERO) {
                        Cut::More => break,
                        Cut::Noise(count) => bytes += count,
                        Cut::Bad { bytes: bad, .. } => bytes += bad.len(),
                        Cut::Frame { bytes: frame, .. } => {
                            assert_eq!(frame, FRAME);
                            bytes += frame.len();
                            frames += 1;
                        }
                    }
                }
            }
            assert_eq!((frames, bytes), (3, wire.len()), "reads of {size}");
        }
    }
}
