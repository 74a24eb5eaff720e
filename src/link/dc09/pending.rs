use alloc::{boxed::Box, vec::Vec};

use arrayvec::{ArrayString, ArrayVec};
use bytes::BytesMut;

use super::{Busy, Identity, Outgoing};
use crate::{
    EncodeError,
    codec::dc09::{Extended, Field, Message, Token},
    types::{AccountId, Entropy, LineNumber, ReceiverNumber, Sequence, Timestamp},
};

/// More extended fields than there are letters are no frame of anybody.
const MOST_FIELDS: usize = 26;

/// The frame under way.
pub(super) struct Pending {
    pub(super) id: Option<u64>,
    pub(super) sequence: Sequence,
    token: ArrayString<32>,
    /// Data, then extended fields.
    content: Box<[u8]>,
    split: usize,
    /// Sent to the address in use, without an answer.
    pub(super) tries: u8,
    /// Sent to any address.
    pub(super) sent: u32,
    /// The other address had its tries too.
    pub(super) both: bool,
    pub(super) rounds: u32,
    pub(super) naks: u8,
}

impl Pending {
    pub(super) fn null(sequence: Sequence) -> Self {
        Self {
            id: None,
            sequence,
            token: ArrayString::from("NULL").unwrap_or_default(),
            content: Box::default(),
            split: 0,
            tries: 0,
            sent: 0,
            both: false,
            rounds: 0,
            naks: 0,
        }
    }

    /// Keeps a copy of the content, once it was seen that it can be sent.
    pub(super) fn new(
        outgoing: &Outgoing<'_>,
        sequence: Sequence,
        identity: &Identity,
    ) -> Result<Self, Busy> {
        let unknown = EncodeError::Field {
            field: "token",
            what: "what is no token",
        };
        let token = ArrayString::from(outgoing.token).map_err(|_| Busy::Content(unknown))?;
        let mut content = Vec::with_capacity(outgoing.data.len() + outgoing.extended.len());
        content.extend_from_slice(outgoing.data);
        content.extend_from_slice(outgoing.extended);
        let pending = Self {
            id: Some(outgoing.id),
            sequence,
            token,
            content: content.into_boxed_slice(),
            split: outgoing.data.len(),
            ..Self::null(sequence)
        };
        // Pads need no randomness to have their length; the frame is thrown away.
        let mut zeros = |pad: &mut [u8]| pad.fill(0);
        let mut out = BytesMut::with_capacity(2 * pending.content.len() + 200);
        pending
            .encode(identity, Timestamp::default(), &mut zeros, &mut out)
            .map_err(Busy::Content)?;
        Ok(pending)
    }

    /// Writes the frame with that time of sending.
    pub(super) fn encode(
        &self,
        identity: &Identity,
        time: Timestamp,
        entropy: &mut dyn Entropy,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        let (data, extended) = self
            .content
            .split_at_checked(self.split)
            .unwrap_or_default();
        let mut fields = ArrayVec::<Field<'_>, MOST_FIELDS>::new();
        for field in Extended::new(extended).iter() {
            fields.try_push(field).map_err(|_| EncodeError::TooLong {
                field: "extended",
                most: MOST_FIELDS,
            })?;
        }
        let token = Token::new(&self.token).ok_or(EncodeError::Field {
            field: "token",
            what: "what is no token",
        })?;
        let message = Message {
            token,
            sequence: self.sequence,
            receiver: identity
                .receiver
                .as_deref()
                .and_then(|text| ReceiverNumber::new(text).ok()),
            line: LineNumber::new(&identity.line).ok(),
            account: AccountId::new(&identity.account).ok(),
            data,
            extended: &fields,
            timestamp: if identity.profile.stamp || identity.is_keyed() {
                Some(time)
            } else {
                None
            },
        };
        let style = identity.profile.style();
        #[cfg(feature = "crypto")]
        if let Some(key) = &identity.key {
            return message.encode_encrypted(&style, key, entropy, out);
        }
        let _unused = entropy;
        message.encode(&style, out)
    }
}
