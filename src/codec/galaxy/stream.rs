use crate::codec::{
    dc03::{self, Lengths},
    stream::{Look, Shape},
};

use super::Settings;

/// The blocks of a Galaxy line, cut from its stream: header, length, known function and parity at each byte, for there is
/// no start byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct GalaxyStream {
    lengths: Lengths,
}

impl GalaxyStream {
    /// For a line with these settings.
    #[must_use]
    pub const fn new(settings: &Settings) -> Self {
        Self {
            lengths: settings.lengths(),
        }
    }
}

impl Shape for GalaxyStream {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        dc03::look(bytes, ended, self.lengths)
    }

    fn longest(&self) -> usize {
        // Header, function and parity stand around the data.
        self.lengths.most() + 3
    }

    fn seven_bits(&self) -> bool {
        false
    }
}
