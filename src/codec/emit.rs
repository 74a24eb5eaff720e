//! An event, written in a protocol that may not be its own.

use crate::{
    event::Translation,
    types::{LineNumber, Now, ReceiverNumber, Sequence},
};

/// What a frame needs beside its event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Emit<'a> {
    /// The receiver that we pose as.
    pub receiver: ReceiverNumber<'a>,
    /// The line that we pose as.
    pub line: LineNumber<'a>,
    /// The sequence or reference number, in protocols that have one.
    pub sequence: Sequence,
    /// For protocols whose frames carry the time of sending.
    pub now: Now,
    /// How codes of another family are translated.
    pub translation: &'a Translation,
}

impl<'a> Emit<'a> {
    /// With the standard translation.
    #[must_use]
    pub const fn new(
        receiver: ReceiverNumber<'a>,
        line: LineNumber<'a>,
        sequence: Sequence,
        now: Now,
    ) -> Self {
        Self {
            receiver,
            line,
            sequence,
            now,
            translation: &Translation::STANDARD,
        }
    }
}
