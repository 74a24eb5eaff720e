//! To be written.

use super::{DecodeOptions, Decoded, Protocol, Signal};
use crate::event::AlarmEvent;

/// The registry's entry.
#[derive(Clone, Copy, Debug)]
pub struct Dc07;

impl Protocol for Dc07 {
    fn name(&self) -> &'static str {
        "dc07"
    }

    fn confidence(&self, _input: &[u8]) -> u8 {
        0
    }

    fn decode(&self, input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
        (Decoded::default(), input.len())
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        crate::event::raw("dc07", signal.data, |event| each(event, signal.data));
    }
}
