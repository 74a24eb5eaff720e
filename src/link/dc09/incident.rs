use core::fmt;

use crate::{
    ParseError,
    codec::{Signal, dc09::Fault},
    link::Ticket,
    types::AccountId,
};

/// What a [`Receiver`](super::Receiver) has to tell, borrowed from its buffers until the next call.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "signals are what nearly all are, and a box would allocate for each"
)]
pub enum Event<'b> {
    /// A good frame that reports something: store it, then send what [`Ticket::redeem`] gives to where it came from.
    Signal(Ticket, Signal<'b>),
    /// A good frame that needs no storage. Its answer waits in [`poll_transmit`](super::Receiver::poll_transmit).
    Answered(Answered<'b>),
    /// A frame that is no event. Where [`Refused::answer`] says so, a NAK or DUH waits in
    /// [`poll_transmit`](super::Receiver::poll_transmit); otherwise the sender hears nothing.
    Refused(Refused<'b>),
    /// That many bytes were no frame and no separator, and were skipped.
    Noise(usize),
}

/// A frame that the session answered by itself: it counts as a sign of life of its account.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Answered<'b> {
    /// The frame's token, without the star: `NULL` or `XNM`.
    pub token: &'b str,
    /// Whether it came encrypted, and so is proof that somebody holds the key.
    pub encrypted: bool,
    /// The header's account, else the data's.
    pub account: Option<AccountId<'b>>,
    /// Whether the answer is an RSP, which waits in [`poll_response`](super::Receiver::poll_response) in place of an ACK.
    pub response: bool,
    /// The extended data fields as they stand, brackets included.
    pub extended: &'b [u8],
    /// The frame as received.
    pub raw: &'b [u8],
}

/// A frame that was refused.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Refused<'b> {
    /// Why.
    pub reason: Refusal,
    /// The header's account, where the frame could be read that far. It was not proven: anyone can write it.
    pub account: Option<AccountId<'b>>,
    /// The answer that was made; `None` for silence.
    pub answer: Option<Answer>,
    /// The bytes as received.
    pub raw: &'b [u8],
}

/// An answer that needs no storage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Answer {
    /// Correct your clock and send again.
    Nak,
    /// Understood as a frame, not as a message.
    Duh,
}

/// Why a frame is refused (contracts 4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Refusal {
    /// The check value fits under no accepted form. Silence.
    Crc,
    /// The length field is no number, or more than a frame can have. Silence.
    Length,
    /// No DC-09 frame: where and why. Silence.
    Form(ParseError),
    /// The rest of the frame did not arrive in time, or a datagram ends within it. Silence.
    Truncated,
    /// ACK, NAK, DUH and RSP are for senders, not for us. Silence.
    NotForReceivers,
    /// A token that is in no table. DUH.
    UnknownToken,
    /// No such account here. By [`Refuse`](super::Refuse).
    UnknownAccount,
    /// An encrypted frame, and no key for its account. By [`Refuse`](super::Refuse).
    NoKey,
    /// Decryption gives nothing well formed: a wrong key or a forgery. By [`Refuse`](super::Refuse).
    WrongKey,
    /// A clear frame from an account that has to encrypt. By [`Refuse`](super::Refuse).
    Downgrade,
    /// The encrypted data speak for an account that is not listed under the key. Silence.
    ForeignAccount,
    /// Sent too long ago, or in the future, or without a readable time where one is needed. NAK.
    OutsideWindow,
    /// Not in the form that the account's or the input's profile insists on. By [`Refuse`](super::Refuse).
    Profile(Fault),
}

impl Refusal {
    /// Whether somebody may be trying to forge or to break in: the gateway makes a compromise event of it (contracts 4).
    #[must_use]
    pub const fn is_compromise(self) -> bool {
        matches!(
            self,
            Self::UnknownAccount
                | Self::NoKey
                | Self::WrongKey
                | Self::Downgrade
                | Self::ForeignAccount
        )
    }

    /// Its name in metrics and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crc => "crc",
            Self::Length => "length",
            Self::Form(_) => "form",
            Self::Truncated => "truncated",
            Self::NotForReceivers => "not_for_receivers",
            Self::UnknownToken => "unknown_token",
            Self::UnknownAccount => "unknown_account",
            Self::NoKey => "no_key",
            Self::WrongKey => "wrong_key",
            Self::Downgrade => "downgrade",
            Self::ForeignAccount => "foreign_account",
            Self::OutsideWindow => "outside_window",
            Self::Profile(_) => "profile",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crc => f.write_str("the check value does not fit"),
            Self::Length => f.write_str("the length is no number"),
            Self::Form(error) => error.fmt(f),
            Self::Truncated => f.write_str("the frame ends too early"),
            Self::NotForReceivers => f.write_str("an answer, sent to a receiver"),
            Self::UnknownToken => f.write_str("unknown token"),
            Self::UnknownAccount => f.write_str("unknown account"),
            Self::NoKey => f.write_str("encrypted, and no key for the account"),
            Self::WrongKey => f.write_str("encrypted with another key"),
            Self::Downgrade => f.write_str("in clear, from an account that has to encrypt"),
            Self::ForeignAccount => {
                f.write_str("the data name an account that is not listed under the key")
            }
            Self::OutsideWindow => f.write_str("sent outside the time window"),
            Self::Profile(fault) => fault.fmt(f),
        }
    }
}

/// Why a connection is to be closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Close {
    /// No good frame for [`Limits::idle`](super::Limits::idle).
    Idle,
    /// A frame was begun and not finished within [`Limits::frame`](super::Limits::frame).
    FrameDeadline,
    /// More than [`Limits::noise`](super::Limits::noise) bytes without a good frame.
    Noise,
}

impl Close {
    /// Its name in metrics and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::FrameDeadline => "frame_deadline",
            Self::Noise => "noise",
        }
    }
}
