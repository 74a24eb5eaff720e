//! The protocols that are built in. Adding one is a folder and a line here.

use alloc::{boxed::Box, vec::Vec};

use bytes::BytesMut;

use super::{DecodeOptions, Decoded, Emit, Signal, stream::Decoder};
use crate::event::{AlarmEvent, EventCode, InvalidCode, Losses, Refusal};

/// One protocol, as the programs see it.
///
/// Open: a protocol of your own may implement it and goes wherever a `&dyn Protocol` is taken ([`super::detect::Detector::among`],
/// [`super::reemit::emit`], a [`Signal`]). A method that is added later has a default.
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

    /// Cuts a stream of this protocol into frames; `None` for what is no stream.
    fn stream(&self) -> Option<Box<dyn Decoder>> {
        None
    }

    /// Appends a frame that carries one event, translated where its code is of another family, and says what of it the
    /// frame does not carry.
    ///
    /// # Errors
    /// When the protocol can't carry the event: nothing is appended.
    fn emit(
        &self,
        event: &AlarmEvent<'_>,
        how: &Emit<'_>,
        out: &mut BytesMut,
    ) -> Result<Losses, Refusal> {
        let _ = (event, how, out);
        Err(Refusal::Protocol(self.name()))
    }
}

/// Every protocol built in; where two fit equally well, the earlier counts.
pub static PROTOCOLS: &[&dyn Protocol] = &[
    #[cfg(feature = "dc09")]
    &super::dc09::Dc09,
    #[cfg(feature = "dc07")]
    &super::dc07::Dc07,
    #[cfg(feature = "surgard")]
    &super::surgard::Surgard,
    #[cfg(feature = "ademco685")]
    &super::ademco685::Ademco685,
    #[cfg(feature = "bosch6500")]
    &super::bosch6500::Bosch6500,
    #[cfg(feature = "ademco8000")]
    &super::ademco8000::Ademco8000,
    #[cfg(feature = "sk9000")]
    &super::sk9000::Sk9000,
    #[cfg(feature = "cp220")]
    &super::cp220::Cp220,
    #[cfg(feature = "iti")]
    &super::iti::Iti,
    #[cfg(feature = "contact-id")]
    &super::contact_id::ContactId,
    #[cfg(feature = "dc03")]
    &super::dc03::Dc03,
    #[cfg(feature = "galaxy")]
    &super::galaxy::Galaxy,
    #[cfg(feature = "pulse")]
    &super::pulse::Pulse,
];

/// The protocol with that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Protocol> {
    PROTOCOLS.iter().copied().find(|p| p.name() == name)
}

/// The event code that a text shows: `cid:1130`, `sia:BA`, or `raw:PROTOCOL:TEXT` of a protocol that is built in.
///
/// # Errors
/// When the text is none of these.
pub fn event_code(text: &str) -> Result<EventCode<'_>, InvalidCode> {
    let Some((name, text)) = text
        .strip_prefix("raw:")
        .and_then(|rest| rest.split_once(':'))
    else {
        return EventCode::parse(text);
    };
    let printable = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    match find(name) {
        Some(protocol) if printable => Ok(EventCode::Raw {
            protocol: protocol.name(),
            text,
        }),
        _ => Err(InvalidCode),
    }
}

/// The protocol that fits the bytes best: the first of [`rank`].
#[must_use]
pub fn detect(input: &[u8]) -> Option<&'static dyn Protocol> {
    rank(input).first().map(|(protocol, _)| *protocol)
}

/// Every protocol that the bytes fit at all, with how well ([`Protocol::confidence`]), the best first; of two that fit
/// equally well the earlier in [`PROTOCOLS`].
///
/// ```
/// # #[cfg(feature = "surgard")] {
/// let ranked = alarmwire::codec::registry::rank(b"5011 181234E12101001\x14");
/// assert_eq!(ranked[0].0.name(), "surgard");
/// assert!(ranked.windows(2).all(|pair| pair[0].1 >= pair[1].1));
/// # }
/// ```
#[must_use]
pub fn rank(input: &[u8]) -> Vec<(&'static dyn Protocol, u8)> {
    let fits = PROTOCOLS
        .iter()
        .map(|protocol| (*protocol, protocol.confidence(input)));
    let mut ranked: Vec<_> = fits.filter(|(_, confidence)| *confidence > 0).collect();
    // Stable: it keeps the order of those that fit equally well.
    ranked.sort_by_key(|(_, confidence)| core::cmp::Reverse(*confidence));
    ranked
}
