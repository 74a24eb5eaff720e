//! SIA DC-03: the SIA format, as blocks and as the body of SIA-DCS (dossier sia-dc03.md).

use super::{DecodeOptions, Decoded, Protocol, Signal};
use crate::event::AlarmEvent;

/// The registry's entry.
#[derive(Clone, Copy, Debug)]
pub struct Dc03;

impl Protocol for Dc03 {
    fn name(&self) -> &'static str {
        "dc03"
    }

    fn confidence(&self, _input: &[u8]) -> u8 {
        0
    }

    fn decode(&self, input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
        (Decoded::default(), input.len())
    }

    fn events(&self, _signal: &Signal<'_>, _each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {}
}
