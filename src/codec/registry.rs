//! The protocols that are built in. Adding one is a folder and a line here.

use super::{DecodeOptions, Decoded, Signal};
use crate::event::AlarmEvent;

/// One protocol, as the programs see it.
pub trait Protocol: Sync {
    /// Its name in configuration, reports and JSON.
    fn name(&self) -> &'static str;

    /// How well the first bytes of an unknown line fit, 0 (not at all) to 100 (a check value fits).
    fn confidence(&self, input: &[u8]) -> u8;

    /// Explains the first frame of `input`, and says how many bytes it took (at least 1 when there is input).
    fn decode(&self, input: &[u8], options: &DecodeOptions<'_>) -> (Decoded, usize);

    /// Hands out the events of a signal of this protocol, in order and never none; an unreadable body is one event with
    /// a raw code. Beside each stands the data that would carry this event alone.
    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]));
}

/// Every protocol built in; where two fit equally well, the earlier counts.
pub static PROTOCOLS: &[&dyn Protocol] = &[
    #[cfg(feature = "dc09")]
    &super::dc09::Dc09,
    #[cfg(feature = "surgard")]
    &super::surgard::Surgard,
    #[cfg(feature = "contact-id")]
    &super::contact_id::ContactId,
    #[cfg(feature = "dc03")]
    &super::dc03::Dc03,
];

/// The protocol with that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Protocol> {
    PROTOCOLS.iter().copied().find(|p| p.name() == name)
}

/// The protocol that fits the bytes best.
#[must_use]
pub fn detect(input: &[u8]) -> Option<&'static dyn Protocol> {
    let mut best: Option<(u8, &'static dyn Protocol)> = None;
    for protocol in PROTOCOLS.iter().copied() {
        let confidence = protocol.confidence(input);
        if confidence > best.map_or(0, |(most, _)| most) {
            best = Some((confidence, protocol));
        }
    }
    best.map(|(_, protocol)| protocol)
}
