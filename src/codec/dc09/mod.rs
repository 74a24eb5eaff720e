//! SIA DC-09: event reporting over IP (dossier dc09.md).

use super::{DecodeOptions, Decoded, Protocol, Signal};
use crate::event::AlarmEvent;

/// The registry's entry.
#[derive(Clone, Copy, Debug)]
pub struct Dc09;

impl Protocol for Dc09 {
    fn name(&self) -> &'static str {
        "dc09"
    }

    fn confidence(&self, _input: &[u8]) -> u8 {
        0
    }

    fn decode(&self, input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
        (Decoded::default(), input.len())
    }

    fn events(&self, _signal: &Signal<'_>, _each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {}
}
