//! SIA DC-03: the SIA format, as blocks and as the body of SIA-DCS (dossier sia-dc03.md).

use super::{DecodeOptions, Decoded, Protocol, Quirks, Signal};
use crate::event::{self, AlarmEvent};

/// Hands out the events of a `SIA-DCS` payload (what follows the account block and its `|`), in order and never none,
/// each with the payload that would carry it alone; for a single event that is the payload itself.
///
/// An event's account is set only where a further `#` block of the payload names one; its payload then begins with that
/// block. So a caller who puts his own account block in front is always right. Says what was odd.
pub fn events(payload: &[u8], each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) -> Quirks {
    event::raw("dc03", payload, |event| each(event, payload));
    Quirks::NONE
}

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
