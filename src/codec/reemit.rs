//! A signal of one protocol, sent on in another.

use bytes::BytesMut;

use super::{Emit, Protocol, Signal};
use crate::event::{AlarmEvent, Losses, Pairing, Refusal};

/// The frame as it was received, if the signal is to be sent on in its own protocol: then nothing is translated and
/// nothing is lost (translation.md 6, R1). `None` for another protocol, and for an encrypted frame, which only the key
/// of its own line opens.
///
/// Where a protocol carries a sequence, a check over it or a time of sending, a session has to make those anew; what it
/// keeps are [`Signal::data`] and [`Signal::extended`].
#[must_use]
pub fn original<'a>(signal: &Signal<'a>, target: &dyn Protocol) -> Option<&'a [u8]> {
    let same = signal.protocol.name() == target.name();
    (same && !signal.encrypted && !signal.raw.is_empty()).then_some(signal.raw)
}

/// Appends all events of a signal in another protocol, or in its own the [original] bytes, and says what was lost in any
/// of them. Either all of them or nothing: for a block of which some events can't be carried, see [`emit_each`].
///
/// `how.sequence` is that of the first event, the following ones count on. `pairing` is what is open at this target; it
/// is changed only when all went well, so that a repetition says the same.
///
/// ```
/// # #[cfg(all(feature = "surgard", feature = "contact-id"))] {
/// use alarmwire::{Signal, codec::{Emit, Quirks, contact_id::ContactId, reemit, surgard::Surgard}, types::*};
///
/// # let (receiver, line) = (ReceiverNumber::new("01").unwrap(), LineNumber::new("1").unwrap());
/// let block = b"1234181131010158";
/// # let signal = Signal { protocol: &ContactId, token: None, encrypted: false, sequence: None, receiver: None, line: None,
/// #     account: None, data: block, extended: b"", sent: None, raw: block, possible_repeat: false,
/// #     remember_ciphertext: false, quirks: Quirks::NONE };
/// let how = Emit::new(receiver, line, Sequence::FIRST, Now::default());
/// let mut out = bytes::BytesMut::new();
/// let losses = reemit::emit(&signal, &Surgard, &how, None, &mut out).unwrap();
/// assert_eq!(out, b"5011 181234E13101015\x14"[..]);
/// assert!(losses.is_empty());
/// # }
/// ```
///
/// # Errors
/// When the target can't carry one of the events: `out` is as before.
pub fn emit(
    signal: &Signal<'_>,
    target: &dyn Protocol,
    how: &Emit<'_>,
    pairing: Option<&mut Pairing>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    if let Some(raw) = original(signal, target) {
        out.extend_from_slice(raw);
        return Ok(Losses::NONE);
    }
    let before = out.len();
    let mut next = *how;
    let mut done = Ok(Losses::NONE);
    signal.events(&mut |event, _| {
        if let Ok(losses) = done {
            done =
                one(event, target, &next, pairing.as_deref(), out).map(|more| losses.union(more));
            next.sequence = next.sequence.next();
        }
    });
    if done.is_err() {
        out.truncate(before);
    } else if let Some(pairing) = pairing {
        signal.events(&mut |event, _| pairing.note(how.translation, event));
    }
    done
}

/// Appends those events of a signal that the target can carry, and tells of each what became of it; in the signal's own
/// protocol the [original] bytes. The order stays.
pub fn emit_each(
    signal: &Signal<'_>,
    target: &dyn Protocol,
    how: &Emit<'_>,
    mut pairing: Option<&mut Pairing>,
    out: &mut BytesMut,
    each: &mut dyn FnMut(&AlarmEvent<'_>, Result<Losses, Refusal>),
) {
    if let Some(raw) = original(signal, target) {
        out.extend_from_slice(raw);
        return signal.events(&mut |event, _| each(event, Ok(Losses::NONE)));
    }
    let mut next = *how;
    signal.events(&mut |event, _| {
        let done = one(event, target, &next, pairing.as_deref(), out);
        if done.is_ok() {
            next.sequence = next.sequence.next();
            if let Some(pairing) = pairing.as_deref_mut() {
                pairing.note(how.translation, event);
            }
        }
        each(event, done);
    });
}

fn one(
    event: &AlarmEvent<'_>,
    target: &dyn Protocol,
    how: &Emit<'_>,
    pairing: Option<&Pairing>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let paired = pairing.map(|pairing| pairing.translation(how.translation, event));
    let how = Emit {
        translation: paired.as_ref().unwrap_or(how.translation),
        ..*how
    };
    let before = out.len();
    let done = target.emit(event, &how, out);
    if done.is_err() {
        // A protocol that writes two frames may have written one.
        out.truncate(before);
    }
    done
}
