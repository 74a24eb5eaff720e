//! Sur-Gard receivers' output to automation software (dossier serial-receivers.md 1).

use super::{DecodeOptions, Decoded, Protocol, Signal};
use crate::event::AlarmEvent;

/// The registry's entry.
#[derive(Clone, Copy, Debug)]
pub struct Surgard;

impl Protocol for Surgard {
    fn name(&self) -> &'static str {
        "surgard"
    }

    fn confidence(&self, _input: &[u8]) -> u8 {
        0
    }

    fn decode(&self, input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
        (Decoded::default(), input.len())
    }

    fn events(&self, _signal: &Signal<'_>, _each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {}
}
