//! RSP: the answer that carries something for the panel.

use bytes::BytesMut;

use super::{
    encode::Message,
    profile::Profile,
    style::Style,
    types::{Content, Field, Frame, Token},
};
use crate::{
    codec::dc03::Controls,
    error::EncodeError,
    types::{LineNumber, Timestamp},
};

/// What an RSP carries: data and extended fields, in place of an ACK (since 2013). It acknowledges as an ACK does; what a
/// panel makes of it no public text says.
///
/// ```
/// use alarmwire::{Timestamp, codec::dc09::{Body, Frame, Profile, Rsp}};
///
/// let (request, _) = Frame::parse_whole(b"\nEA740027\"NULL\"0000L0#1409[]_20:38:07,08-27-2026\r")?;
/// let mut out = bytes::BytesMut::new();
/// Rsp::new(b"#1409|COP1*5", &[]).encode(&request, Timestamp::default(), &Profile::STANDARD, &mut out)?;
/// let (answer, _) = Frame::parse_whole(&out)?;
/// assert_eq!(answer.token.as_str(), "RSP");
/// let Body::Clear(content) = answer.body else { return Err("encrypted".into()) };
/// assert!(content.controls().next().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rsp<'a> {
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    data: &'a [u8],
    extended: &'a [Field<'a>],
}

impl<'a> Rsp<'a> {
    /// With data, account block included, and extended fields; either may be empty.
    #[must_use]
    pub const fn new(data: &'a [u8], extended: &'a [Field<'a>]) -> Self {
        Self { data, extended }
    }

    /// The answer to `request`, whose numbers it echoes.
    fn message<'m>(&'m self, request: &Frame<'m>, now: Timestamp) -> Message<'m> {
        const ZERO: Option<LineNumber<'static>> = match LineNumber::new("0") {
            Ok(line) => Some(line),
            Err(_) => None,
        };
        Message {
            token: Token::Rsp,
            sequence: request.sequence,
            receiver: request.receiver,
            line: request.line.or(ZERO),
            account: request.account,
            data: self.data,
            extended: self.extended,
            timestamp: Some(now),
        }
    }

    fn style(request: &Frame<'_>, profile: &Profile) -> Style<'static> {
        // What is echoed is written as it came.
        Style {
            lenient: true,
            ..profile.answer_style(request)
        }
    }

    fn check(&self) -> Result<(), EncodeError> {
        // Lenient in the header only: a private letter is nothing that we invent.
        match self
            .extended
            .iter()
            .all(|field| field.letter.is_ascii_uppercase())
        {
            true => Ok(()),
            false => Err(EncodeError::Field {
                field: "extended letter",
                what: "what is not A to Z",
            }),
        }
    }

    /// Appends the answer in clear to a request in clear, with our time.
    ///
    /// # Errors
    /// As [`Message::encode`].
    pub fn encode(
        &self,
        request: &Frame<'_>,
        now: Timestamp,
        profile: &Profile,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        self.check()?;
        self.message(request, now)
            .encode(&Self::style(request, profile), out)
    }

    /// Appends the answer to an encrypted request, encrypted with the key that opened it.
    ///
    /// # Errors
    /// As [`Message::encode_encrypted`].
    #[cfg(feature = "crypto")]
    pub fn encode_encrypted(
        &self,
        request: &Frame<'_>,
        key: &super::Key,
        now: Timestamp,
        profile: &Profile,
        entropy: &mut dyn crate::types::Entropy,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        self.check()?;
        self.message(request, now).encode_encrypted(
            &Self::style(request, profile),
            key,
            entropy,
            out,
        )
    }
}

impl<'a> Content<'a> {
    /// The control packets of an RSP's data (DC-03 `C` blocks). Nothing is executed by reading them.
    #[must_use]
    pub fn controls(&self) -> Controls<'a> {
        Controls::new(self.payload())
    }
}
