//! Ademco Contact ID, SIA DC-05: blocks of digits and the body of ADM-CID (dossier contact-id.md).

use super::{DecodeOptions, Decoded, Protocol, Quirks, Signal};
use crate::event::{self, AlarmEvent};

/// Hands out the event of an `ADM-CID` payload (what follows the account block and its `|`), with the payload itself as
/// the data that carries it; a payload that can't be read is one event with a raw code. Says what was odd.
pub fn events(payload: &[u8], each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) -> Quirks {
    event::raw("contact-id", payload, |event| each(event, payload));
    Quirks::NONE
}

/// The registry's entry.
#[derive(Clone, Copy, Debug)]
pub struct ContactId;

impl Protocol for ContactId {
    fn name(&self) -> &'static str {
        "contact-id"
    }

    fn confidence(&self, _input: &[u8]) -> u8 {
        0
    }

    fn decode(&self, input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
        (Decoded::default(), input.len())
    }

    fn events(&self, _signal: &Signal<'_>, _each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {}
}
