use core::{
    fmt::{self, Write as _},
    str,
};

use arrayvec::ArrayVec;
use bytes::{BufMut as _, BytesMut};

use super::{Body, Digit, DtmfKey};
use crate::{AccountId, AlarmEvent, EncodeError, ParseError, ParseErrorKind, Qualifier};

/// The two digits behind the account.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum MessageType {
    /// `18`: the preferred one.
    #[default]
    Contact,
    /// `98`: the same, from some hubs; receivers re-emit `18`.
    Alternative,
    /// `58`: an account of ten digits.
    LongAccount,
}

impl MessageType {
    /// The digits.
    #[must_use]
    pub const fn as_bytes(self) -> [u8; 2] {
        match self {
            Self::Contact => *b"18",
            Self::Alternative => *b"98",
            Self::LongAccount => *b"58",
        }
    }

    const fn account_digits(self) -> usize {
        match self {
            Self::Contact | Self::Alternative => 4,
            Self::LongAccount => 10,
        }
    }
}

/// A whole block as the telephone carries it: sixteen digits, or twenty-two with a ten-digit account.
///
/// ```
/// use alarmwire::codec::contact_id::Block;
///
/// let (block, taken) = Block::parse(b"1234181131010158")?.expect("whole");
/// assert_eq!((block.account().as_str(), taken), ("1234", 16));
/// assert_eq!(block.event().code.to_string(), "cid:1131");
/// # Ok::<(), alarmwire::ParseError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Block {
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    account: ArrayVec<u8, 10>,
    kind: MessageType,
    body: Body,
}

/// The length of a block with a ten-digit account.
const LONG: usize = 22;
/// The length of every other block.
const SHORT: usize = 16;

impl Block {
    /// A block of an own making: with an account of four digits message type 18, with one of ten 58.
    ///
    /// # Errors
    /// When the account has another length (nothing is cut or padded: that would merge customers) or holds something
    /// that is no digit, or the event holds what tones can't carry.
    pub fn new(account: &str, body: Body) -> Result<Self, EncodeError> {
        let kind = match account.len() {
            4 => MessageType::Contact,
            10 => MessageType::LongAccount,
            _ => {
                return Err(EncodeError::Field {
                    field: "account",
                    what: "anything but 4 or 10 digits",
                });
            }
        };
        if !account.bytes().all(|byte| Digit::new(byte).is_some()) {
            return Err(EncodeError::Field {
                field: "account",
                what: "anything but 0 to 9 and B to F",
            });
        }
        if !body.is_strict() {
            return Err(EncodeError::Field {
                field: "event",
                what: "anything but 0 to 9 and B to F",
            });
        }
        let account = account
            .bytes()
            .map(|byte| byte.to_ascii_uppercase())
            .collect();
        Ok(Self {
            account,
            kind,
            body,
        })
    }

    /// Reads the block at the start of `input`, and says how many bytes it took; `None`: more are needed.
    ///
    /// # Errors
    /// When a character is no digit, the message type is another format's, the qualifier is none of 1, 3 and 6, or the
    /// check digit does not fit.
    pub fn parse(input: &[u8]) -> Result<Option<(Self, usize)>, ParseError> {
        Self::read(input.iter().map(|byte| Digit::new(*byte)))
    }

    /// The same for a block written down as telephone keys.
    ///
    /// # Errors
    /// As [`Block::parse`].
    pub fn parse_keys(input: &[u8]) -> Result<Option<(Self, usize)>, ParseError> {
        Self::read(
            input
                .iter()
                .map(|byte| DtmfKey::new(*byte).map(DtmfKey::digit)),
        )
    }

    fn read(
        input: impl Iterator<Item = Option<Digit>>,
    ) -> Result<Option<(Self, usize)>, ParseError> {
        let mut digits = ArrayVec::<Digit, LONG>::new();
        let mut bad = None;
        for digit in input.take(LONG) {
            let Some(digit) = digit else {
                bad = Some(digits.len());
                break;
            };
            digits.push(digit);
        }
        let text: ArrayVec<u8, LONG> = digits.iter().map(|digit| digit.as_byte()).collect();
        // 58 stands behind ten digits, 18 and 98 behind four; where both could be meant, the one that fits counts, and
        // the shorter one if both do.
        let short = match text.get(4..6) {
            Some(b"18") => Some(MessageType::Contact),
            Some(b"98") => Some(MessageType::Alternative),
            _ => None,
        };
        let long = text.get(10..12) == Some(b"58");
        if text.len() >= 12 && short.is_none() && !long {
            return Err(ParseError::new(
                4,
                ParseErrorKind::Unknown("the message type"),
            ));
        }
        if let (Some(kind), Some(digits)) = (short, digits.get(..SHORT)) {
            match Self::whole(kind, digits) {
                Ok(block) => return Ok(Some((block, SHORT))),
                Err(error) if !long => return Err(error),
                Err(_) => {}
            }
        }
        if text.len() == LONG && long {
            return Ok(Some((
                Self::whole(MessageType::LongAccount, &digits)?,
                LONG,
            )));
        }
        let digit = ParseErrorKind::Expected("a digit 0 to 9 or B to F");
        bad.map_or(Ok(None), |at| Err(ParseError::new(at, digit)))
    }

    /// Makes a block of all its digits.
    fn whole(kind: MessageType, digits: &[Digit]) -> Result<Self, ParseError> {
        let text: ArrayVec<u8, LONG> = digits.iter().map(|digit| digit.as_byte()).collect();
        let start = kind.account_digits() + 2;
        let body =
            Body::packed(text.get(start..).unwrap_or_default()).map_err(|e| e.shifted(start))?;
        if matches!(body.qualifier(), Qualifier::Other(_)) {
            return Err(ParseError::new(
                start,
                ParseErrorKind::Expected("qualifier 1, 3 or 6"),
            ));
        }
        if !super::digit::fits(digits) {
            return Err(ParseError::new(
                digits.len() - 1,
                ParseErrorKind::Check("the check digit"),
            ));
        }
        let account = text.iter().copied().take(kind.account_digits()).collect();
        Ok(Self {
            account,
            kind,
            body,
        })
    }

    /// Appends the digits; message type 98 is written as it was read.
    pub fn encode(&self, out: &mut BytesMut) {
        for digit in self.digits() {
            out.put_u8(digit.as_byte());
        }
    }

    /// Appends the telephone keys.
    pub fn encode_keys(&self, out: &mut BytesMut) {
        for digit in self.digits() {
            out.put_u8(digit.key().as_byte());
        }
    }

    /// All digits, the check digit last.
    pub fn digits(&self) -> impl Iterator<Item = Digit> + use<> {
        let text = self
            .account
            .iter()
            .copied()
            .chain(self.kind.as_bytes())
            .chain(self.body.packed_digits());
        let mut digits: ArrayVec<Digit, LONG> = text.filter_map(Digit::new).collect();
        digits.push(super::checksum(digits.iter().copied()));
        digits.into_iter()
    }

    /// The account, four or ten digits.
    #[must_use]
    pub fn account(&self) -> AccountId<'_> {
        // Digits by construction, so the fall-back is never taken.
        const NONE: AccountId<'static> = match AccountId::new("0") {
            Ok(account) => account,
            Err(_) => unreachable!(),
        };
        str::from_utf8(&self.account)
            .ok()
            .and_then(|text| AccountId::new(text).ok())
            .unwrap_or(NONE)
    }

    /// The message type.
    #[must_use]
    pub const fn kind(&self) -> MessageType {
        self.kind
    }

    /// The event's digits.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// The neutral event, with the account.
    #[must_use]
    pub fn event(&self) -> AlarmEvent<'_> {
        let mut event = self.body.event();
        event.account = Some(self.account());
        event
    }
}

/// The digits of the block, check digit included.
impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digits()
            .try_for_each(|digit| f.write_char(char::from(digit.as_byte())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(block: &Block) -> Vec<u8> {
        let mut out = BytesMut::new();
        block.encode(&mut out);
        out.to_vec()
    }

    #[test]
    fn a_block_of_message_type_98_is_read() {
        let body = Body::new(Qualifier::New, "131", "01", "015").unwrap();
        let check = body.check_digit("1234", MessageType::Alternative).unwrap();
        let text = format!("123498113101015{}", char::from(check.as_byte()));
        let (block, taken) = Block::parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!((block.kind(), taken), (MessageType::Alternative, 16));
        assert_eq!(encode(&block), text.as_bytes());
    }

    #[test]
    fn an_account_of_ten_digits_makes_a_block_of_twenty_two() {
        let body = Body::new(Qualifier::Restore, "110", "00", "004").unwrap();
        let block = Block::new("0123456789", body).unwrap();
        let text = encode(&block);
        assert_eq!(text.len(), 22);
        assert_eq!(Block::parse(&text).unwrap(), Some((block, 22)));
        assert_eq!(Block::parse(&text[..21]), Ok(None));
    }

    #[test]
    fn a_long_account_that_looks_like_a_message_type_waits_for_its_last_digit() {
        let body = Body::new(Qualifier::Status, "389", "BB", "BBB").unwrap();
        let block = Block::new("7FEC18DFCE", body).unwrap();
        let text = encode(&block);
        assert_eq!(Block::parse(&text[..16]), Ok(None));
        assert_eq!(Block::parse(&text), Ok(Some((block, 22))));
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for (text, offset) in [
            ("1234181131010159", 15),
            ("1234181131010150", 15),
            ("A234181131010158", 0),
            ("1234171131010158", 4),
            ("1234182131010157", 6),
            ("123418113101", 0),
        ] {
            match Block::parse(text.as_bytes()) {
                Err(error) => assert_eq!(error.offset(), offset, "{text}"),
                Ok(None) => assert!(text.len() < 16),
                Ok(whole) => panic!("{text}: {whole:?}"),
            }
        }
    }

    #[test]
    fn nothing_is_cut_or_padded_to_four_digits() {
        let body = Body::new(Qualifier::New, "130", "01", "001").unwrap();
        for account in ["", "123", "12345", "123A", "12345678901", "12 4"] {
            assert!(Block::new(account, body).is_err(), "{account}");
        }
        let (odd, _) = Body::parse(b"2130 01 001").unwrap();
        assert!(Block::new("1234", odd).is_err());
    }
}
