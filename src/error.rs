//! What can be wrong with bytes, and where.

/// Why bytes are no frame, and at which byte of the input that shows.
///
/// ```
/// use alarmwire::{ParseError, ParseErrorKind};
///
/// let error = ParseError::new(15, ParseErrorKind::Expected("sequence"));
/// assert_eq!(error.to_string(), "expected sequence at byte 15");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ParseError {
    offset: usize,
    kind: ParseErrorKind,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ParseErrorKind {
    /// Something named was to stand here and does not.
    #[error("expected {0}")]
    Expected(&'static str),
    /// The check value fits under no accepted form.
    #[error("crc {received:04X} does not fit, computed {computed:04X}")]
    Crc {
        /// As the frame carries it.
        received: u16,
        /// Over the bytes as sent.
        computed: u16,
    },
    /// A check digit, parity byte or sum that does not fit.
    #[error("{0} does not fit")]
    Check(&'static str),
    /// More bytes than the protocol or our cap allows.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// An encrypted frame, and no key for it.
    #[error("no key for an encrypted frame")]
    NoKey,
    /// Decryption gave no well-formed text: a wrong key, or forged bytes. One answer for all such failures.
    #[error("decryption gives no well-formed message")]
    Decrypt,
    /// A field is well-formed and means nothing here.
    #[error("{0} is not known")]
    Unknown(&'static str),
}

impl ParseError {
    /// `kind` shows at byte `offset` of the input.
    #[must_use]
    pub const fn new(offset: usize, kind: ParseErrorKind) -> Self {
        Self { offset, kind }
    }

    /// The byte of the input at which it shows, counted from 0.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// The same error seen from an input that has `bytes` more in front.
    #[must_use]
    pub const fn shifted(self, bytes: usize) -> Self {
        Self {
            offset: self.offset + bytes,
            kind: self.kind,
        }
    }
}

/// Why a value can't be put on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum EncodeError {
    /// A field is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field holds what the protocol can't carry there.
    #[error("{field} can't carry {what}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What it holds.
        what: &'static str,
    },
    /// The frame or the field would be longer than allowed.
    #[error("{field} is longer than {most}")]
    TooLong {
        /// Which field, or "frame".
        field: &'static str,
        /// The most that fits.
        most: usize,
    },
}
