//! Ademco Contact ID, SIA DC-05: blocks of digits and the body of ADM-CID (dossier contact-id.md).

use super::{DecodeOptions, Decoded, Protocol, Signal};
use crate::event::AlarmEvent;

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
