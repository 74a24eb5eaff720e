use core::time::Duration;

use super::{Framed, Framer, Settings};
use crate::codec::{
    Quirk, Quirks,
    stream::{Cut, Decoder},
};

/// The framer as every protocol's stream: which of several characters begins the frame that a DC4 ends depends on
/// whether the one before it was read, which a [`crate::codec::stream::Shape`] does not know.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    framer: Framer,
    settings: Settings<'static>,
    learned: Option<u8>,
}

impl Stream {
    /// A port with these settings. Without a line width it learns one from frames of a telling kind.
    #[must_use]
    pub fn new(settings: Settings<'static>) -> Self {
        Self {
            framer: Framer::default(),
            settings,
            learned: None,
        }
    }
}

impl Decoder for Stream {
    fn push(&mut self, now: Duration, bytes: &[u8]) {
        self.framer.push(now, bytes);
    }

    fn next(&mut self, now: Duration) -> Cut<'_> {
        let settings = self.settings.or_line_digits(self.learned);
        match self.framer.next(now, &settings) {
            Framed::Frame(frame) => {
                self.learned = frame.line_digits().or(self.learned);
                let mut quirks = Quirks::NONE;
                if frame.quirks.has(Quirk::SevenBits) {
                    quirks.note(Quirk::SevenBits);
                }
                Cut::Frame {
                    bytes: frame.raw,
                    quirks,
                }
            }
            Framed::Noise(bytes) => Cut::Noise(bytes),
            Framed::Bad { error, bytes } => Cut::Bad { error, bytes },
            Framed::More => Cut::More,
        }
    }

    fn poll_timeout(&self) -> Option<Duration> {
        self.framer.poll_timeout()
    }

    fn clear(&mut self) {
        self.framer.clear();
    }

    fn set_gap(&mut self, gap: Duration) {
        self.framer.set_gap(gap);
    }
}
