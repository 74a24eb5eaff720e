//! To be written.

pub mod channels;

use super::{DecodeOptions, Decoded, Protocol, Signal};
use crate::event::AlarmEvent;

const NAME: &str = "pulse";

/// The registry's entry.
#[derive(Clone, Copy, Debug)]
pub struct Pulse;

impl Protocol for Pulse {
    fn name(&self) -> &'static str {
        NAME
    }

    fn confidence(&self, _input: &[u8]) -> u8 {
        0
    }

    fn decode(&self, input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
        (Decoded::default(), input.len())
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        crate::event::raw(NAME, signal.data, |event| each(event, signal.data));
    }
}
