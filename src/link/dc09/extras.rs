//! What an acknowledgement carries beside itself: messages and keys for panels.

use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::fmt;

use arrayvec::ArrayVec;
use bytes::BytesMut;

#[cfg(feature = "crypto")]
use super::KeyExchange;
use super::{AccountCode, judge::Opened};
use crate::{
    codec::{
        dc03::{Control, encode_controls},
        dc09::{Extended, Field, Frame, Message, Profile, Rsp, Style, Token},
    },
    error::EncodeError,
    types::{AccountId, Entropy, Now, Sequence, Timestamp},
};

/// The most bytes of a message: encrypted, it still fits a frame together with a key.
const LONGEST: usize = 1500;
/// The most fields of a message, and one for a key.
const FIELDS: usize = 26;
/// How many messages wait at a receiver.
const MOST: usize = 64;

/// A message for a panel, to ride in place of an acknowledgement (RSP).
#[derive(Clone, Eq, PartialEq)]
pub struct Response {
    data: Box<[u8]>,
    extended: Box<[u8]>,
}

impl Response {
    /// With data, account block included, and extended fields; either may be empty.
    ///
    /// # Errors
    /// When a field holds what the protocol can't carry, the whole is longer than 1,500 bytes, or it is empty; keys go
    /// by `KeyExchange` (feature `crypto`) and not by a field `K`.
    pub fn new(data: &[u8], extended: &[Field<'_>]) -> Result<Self, EncodeError> {
        let mut fields = Vec::new();
        for field in extended {
            if field.letter == b'K' {
                return Err(EncodeError::Field {
                    field: "extended letter",
                    what: "a key",
                });
            }
            fields.extend_from_slice(&[b'[', field.letter]);
            fields.extend_from_slice(field.value);
            fields.push(b']');
        }
        if data.is_empty() && fields.is_empty() {
            return Err(EncodeError::Missing("a message"));
        }
        if data.len() + fields.len() > LONGEST || extended.len() > FIELDS {
            return Err(EncodeError::TooLong {
                field: "message",
                most: LONGEST,
            });
        }
        // What an encrypted frame can't carry is refused here, so that the answer itself never fails.
        if data.iter().any(u8::is_ascii_control) {
            return Err(EncodeError::Field {
                field: "data",
                what: "control characters",
            });
        }
        let message = Message {
            token: Token::Rsp,
            sequence: Sequence::ZERO,
            receiver: None,
            line: None,
            account: AccountId::new("1234").ok(),
            data,
            extended,
            timestamp: Some(Timestamp::default()),
        };
        message.encode(&Style::default(), &mut BytesMut::new())?;
        Ok(Self {
            data: data.into(),
            extended: fields.into_boxed_slice(),
        })
    }

    /// A block of control packets for `account`: `#1234|COP1*5`.
    ///
    /// # Errors
    /// When there are none, or more than fit.
    pub fn controls(account: AccountId<'_>, controls: &[Control<'_>]) -> Result<Self, EncodeError> {
        if controls.is_empty() {
            return Err(EncodeError::Missing("a control packet"));
        }
        let mut data = BytesMut::new();
        data.extend_from_slice(b"#");
        data.extend_from_slice(account.as_str().as_bytes());
        data.extend_from_slice(b"|");
        encode_controls(controls, &mut data);
        Self::new(&data, &[])
    }

    /// What will stand between the first brackets.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Its extended fields, brackets included.
    #[must_use]
    pub fn extended(&self) -> &[u8] {
        &self.extended
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A program block may hold pass codes.
        f.debug_struct("Response").finish_non_exhaustive()
    }
}

/// What waits at one receiver.
#[derive(Default)]
pub(super) struct Extras {
    waiting: VecDeque<(AccountCode, Response)>,
    /// The answer to a frame that needs no storage.
    owed: Vec<u8>,
    #[cfg(feature = "crypto")]
    pub(super) exchange: Option<Box<dyn KeyExchange + Send>>,
}

impl Extras {
    pub(super) fn attach(
        &mut self,
        account: AccountId<'_>,
        response: Response,
    ) -> Result<(), Response> {
        if self.waiting.len() >= MOST {
            return Err(response);
        }
        self.waiting
            .push_back((AccountCode::new(account), response));
        Ok(())
    }

    pub(super) fn pending(&self) -> usize {
        self.waiting.len()
    }

    /// Whether anything could wait: nearly always not.
    #[inline]
    pub(super) fn has_any(&self) -> bool {
        #[cfg(feature = "crypto")]
        let exchange = self.exchange.is_some();
        #[cfg(not(feature = "crypto"))]
        let exchange = false;
        exchange || !self.waiting.is_empty()
    }

    /// The first message that waits for the account.
    fn take(&mut self, account: AccountId<'_>) -> Option<Response> {
        let code = AccountCode::new(account);
        let at = self.waiting.iter().position(|(waits, _)| *waits == code)?;
        self.waiting.remove(at).map(|(_, response)| response)
    }

    pub(super) fn owe(&mut self, response: Vec<u8>) {
        self.owed = response;
    }

    pub(super) fn take_owed(&mut self) -> Option<Vec<u8>> {
        Some(core::mem::take(&mut self.owed)).filter(|owed| !owed.is_empty())
    }

    #[inline]
    pub(super) fn forget_owed(&mut self) {
        if !self.owed.is_empty() {
            self.owed = Vec::new();
        }
    }

    #[cfg(feature = "crypto")]
    pub(super) fn used(&mut self, account: AccountId<'_>, new: bool) {
        if let Some(exchange) = &mut self.exchange {
            exchange.used(account, new);
        }
    }

    /// The RSP to a frame, if anything waits for its account.
    pub(super) fn respond(
        &mut self,
        frame: &Frame<'_>,
        account: AccountId<'_>,
        now: Now,
        opened: Opened<'_>,
        profile: &Profile,
        entropy: &mut dyn Entropy,
    ) -> Option<Vec<u8>> {
        let response = self.take(account);
        let (data, extended) = response
            .as_ref()
            .map_or((&[][..], &[][..]), |r| (&*r.data, &*r.extended));
        let fields: ArrayVec<Field<'_>, { FIELDS + 1 }> =
            Extended::new(extended).iter().take(FIELDS).collect();
        let mut out = BytesMut::new();
        #[cfg(feature = "crypto")]
        let written = {
            let offer = self.exchange.as_mut().filter(|_| opened.is_some());
            let offer = offer.and_then(|exchange| exchange.offer(account, now));
            if response.is_none() && offer.is_none() {
                return None;
            }
            let mut write = |fields: &[Field<'_>]| {
                let rsp = Rsp::new(data, fields);
                match opened {
                    Some(key) => {
                        rsp.encode_encrypted(frame, key, now.utc, profile, entropy, &mut out)
                    }
                    None => rsp.encode(frame, now.utc, profile, &mut out),
                }
            };
            match offer {
                Some(key) => key.with_field(|value| {
                    let mut all: ArrayVec<Field<'_>, { FIELDS + 1 }> = ArrayVec::new();
                    all.extend(fields.iter().copied());
                    let letter = b'K';
                    let _room = all.try_push(Field { letter, value });
                    write(&all)
                }),
                None => write(&fields),
            }
        };
        #[cfg(not(feature = "crypto"))]
        let written = {
            let (_, _) = (opened, entropy);
            response.as_ref()?;
            Rsp::new(data, &fields).encode(frame, now.utc, profile, &mut out)
        };
        // Was tried out when it was made; what fails all the same is answered by a plain acknowledgement.
        written.ok().map(|()| out.into())
    }
}
