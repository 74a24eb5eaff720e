use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use aes::{
    Aes128, Aes192, Aes256,
    cipher::{Array, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit, consts::U16},
};
use arrayvec::ArrayVec;
use bytes::BytesMut;
use memchr::memchr2;

use super::{
    encode::{self, Message, Reply, Sink},
    parse::{self, Rest},
    profile::Profile,
    style::Style,
    time::{is_time, write_time},
    types::{Body, Content, Frame, LONGEST_BODY, Token},
};
use crate::{
    error::{EncodeError, ParseError, ParseErrorKind},
    types::{Entropy, Timestamp, decode_hex},
};

/// The cipher's block, in bytes.
const BLOCK: usize = 16;

type Blocks = [Array<u8, U16>];

/// A text that is no key; says nothing of what it was.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a key is `hex:` and 32, 48 or 64 digits, or `ascii:` and 16, 24 or 32 characters")]
pub struct InvalidKey;

/// A key with its schedule expanded, so that a frame costs no key set-up; wiped when the last clone goes.
///
/// The same 32 characters can be a 16-byte key in hexadecimal or a 32-byte key in ASCII (dossier 10), so the notation is
/// always said.
///
/// ```
/// use alarmwire::codec::dc09::Key;
///
/// let key = Key::parse("ascii:0123456789ABCDEF")?;
/// assert_eq!(format!("{key:?}"), "Key(128 bits)");
/// assert!(Key::parse("0123456789ABCDEF").is_err());
/// # Ok::<(), alarmwire::codec::dc09::InvalidKey>(())
/// ```
#[derive(Clone)]
pub struct Key(Arc<Schedule>);

enum Schedule {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

impl Key {
    /// A key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    /// When it has another length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidKey> {
        let schedule = match bytes.len() {
            16 => Schedule::Aes128(Aes128::new_from_slice(bytes).map_err(|_| InvalidKey)?),
            24 => Schedule::Aes192(Aes192::new_from_slice(bytes).map_err(|_| InvalidKey)?),
            32 => Schedule::Aes256(Aes256::new_from_slice(bytes).map_err(|_| InvalidKey)?),
            _ => return Err(InvalidKey),
        };
        Ok(Self(Arc::new(schedule)))
    }

    /// Reads `hex:DIGITS` or `ascii:TEXT`.
    ///
    /// # Errors
    /// When it is neither, or has the wrong length.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        match text.split_once(':') {
            Some(("hex", digits)) => Self::parse_hex(digits),
            Some(("ascii", text)) if text.is_ascii() => Self::from_bytes(text.as_bytes()),
            _ => Err(InvalidKey),
        }
    }

    /// Reads hexadecimal digits without a notation in front.
    pub(super) fn parse_hex(digits: &str) -> Result<Self, InvalidKey> {
        let mut bytes = decode_hex(digits.as_bytes()).map_err(|_| InvalidKey)?;
        let key = Self::from_bytes(&bytes);
        zeroize::Zeroize::zeroize(&mut bytes);
        key
    }

    fn decrypt(&self, blocks: &mut Blocks) {
        // IV: sixteen zero bytes for every message; the random pad takes its place (DC-09, encryption).
        let iv = Array::default();
        match &*self.0 {
            Schedule::Aes128(cipher) => {
                cbc::Decryptor::inner_iv_init(cipher, &iv).decrypt_blocks(blocks)
            }
            Schedule::Aes192(cipher) => {
                cbc::Decryptor::inner_iv_init(cipher, &iv).decrypt_blocks(blocks)
            }
            Schedule::Aes256(cipher) => {
                cbc::Decryptor::inner_iv_init(cipher, &iv).decrypt_blocks(blocks)
            }
        }
    }

    fn encrypt(&self, blocks: &mut Blocks) {
        let iv = Array::default();
        match &*self.0 {
            Schedule::Aes128(cipher) => {
                cbc::Encryptor::inner_iv_init(cipher, &iv).encrypt_blocks(blocks)
            }
            Schedule::Aes192(cipher) => {
                cbc::Encryptor::inner_iv_init(cipher, &iv).encrypt_blocks(blocks)
            }
            Schedule::Aes256(cipher) => {
                cbc::Encryptor::inner_iv_init(cipher, &iv).encrypt_blocks(blocks)
            }
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.0 {
            Schedule::Aes128(_) => "Key(128 bits)",
            Schedule::Aes192(_) => "Key(192 bits)",
            Schedule::Aes256(_) => "Key(256 bits)",
        })
    }
}

/// Room for one decrypted text; kept by the caller, so that a frame costs no allocation.
pub struct Scratch(Vec<u8>);

/// Not what was decrypted: passcodes and keys may stand in it.
impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}

impl Scratch {
    /// Room for the longest frame.
    #[must_use]
    pub fn new() -> Self {
        Self(alloc::vec![0; LONGEST_BODY / 2 / BLOCK * BLOCK])
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Frame<'_> {
    /// Decrypts into `scratch` and reads the text; a frame in clear is refused likewise, as it has no such text.
    ///
    /// There is no check sum inside, so the grammar is strict: the pad ended by `|` or by the `]` of empty data, fields in
    /// brackets, a well-formed timestamp, and nothing behind it but the padding of a receiver that leaves its cipher's own
    /// on (quirk 36). The check value says nothing about the key.
    ///
    /// # Errors
    /// Always [`ParseErrorKind::Decrypt`], whatever failed: a wrong key and forged bytes look alike from outside.
    pub fn decrypt<'b>(
        &self,
        key: &Key,
        scratch: &'b mut Scratch,
    ) -> Result<Content<'b>, ParseError> {
        let Body::Encrypted(digits) = self.body else {
            return Err(failed(0));
        };
        // The offset of the first digit in the frame; never of what failed inside.
        let error = failed(self.raw.len().saturating_sub(digits.len() + 1));
        let length = digits.len() / 2;
        let text = scratch.0.get_mut(..length).ok_or(error)?;
        if text.is_empty()
            || !digits.len().is_multiple_of(2 * BLOCK)
            || const_hex::decode_to_slice(digits, text).is_err()
        {
            return Err(error);
        }
        key.decrypt(Array::slice_as_chunks_mut(text).0);
        plain(text).ok_or(error)
    }
}

const fn failed(offset: usize) -> ParseError {
    ParseError::new(offset, ParseErrorKind::Decrypt)
}

/// Reads a decrypted text.
pub(super) fn plain(text: &[u8]) -> Option<Content<'_>> {
    // The pad is binary, so nothing is looked at as text before it is cut. It holds neither of the two.
    let end = memchr2(b'|', b']', text)?;
    let pipe = text.get(end) == Some(&b'|');
    let rest = text.get(end + usize::from(pipe)..)?;
    let (content, tail) = parse::content(rest);
    let timestamp: &[u8; 19] = content.timestamp?.try_into().ok()?;
    let ends = match tail {
        Rest::Nothing => true,
        Rest::Text(tail) => is_padding(tail),
        Rest::Open => false,
    };
    if !is_time(timestamp) || !ends {
        return None;
    }
    if content
        .data
        .iter()
        .any(|b| b.is_ascii_control() || *b == b'[')
    {
        return None;
    }
    Some(Content {
        pad: text.get(..end)?,
        pipe,
        ..content
    })
}

/// Whether it is the one to sixteen equal bytes of PKCS#7.
fn is_padding(tail: &[u8]) -> bool {
    tail.len() <= BLOCK && tail.iter().all(|count| usize::from(*count) == tail.len())
}

impl Message<'_> {
    /// Appends the message encrypted. A timestamp is required; the pad has at least 16 bytes, so that the whole first
    /// block is random, unless the style says otherwise.
    ///
    /// # Errors
    /// As [`Message::encode`], and when the timestamp is missing or a given pad does not fit.
    pub fn encode_encrypted(
        &self,
        style: &Style<'_>,
        key: &Key,
        entropy: &mut dyn Entropy,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        self.check(style)?;
        if self.timestamp.is_none() {
            return Err(EncodeError::Missing("timestamp"));
        }
        // DC-09: NAK and DUH are never encrypted.
        if matches!(self.token, Token::Nak | Token::Duh) {
            return Err(EncodeError::Field {
                field: "an encrypted message",
                what: "NAK or DUH",
            });
        }
        // What a reader takes for the sign of a wrong key.
        if self.data.iter().any(u8::is_ascii_control) {
            return Err(EncodeError::Field {
                field: "encrypted data",
                what: "control characters",
            });
        }
        // Without data `|` may be left out; with data it is what ends the pad.
        let pipe = style.pipe || !self.data.is_empty();
        let length = self.text_length() + usize::from(pipe);
        if length > LONGEST_BODY {
            return Err(EncodeError::TooLong {
                field: "frame",
                most: LONGEST_BODY,
            });
        }
        encode::whole(out, style, |out| {
            self.header(style, true, out)?;
            encrypted(
                out,
                style,
                key,
                entropy,
                pipe,
                length,
                |text: &mut ArrayVec<u8, LONGEST_TEXT>| self.text(text),
            )
        })
    }
}

/// Writes the ACK to an encrypted request, encrypted with the account's key and with our time. `lower`, `short_pad`,
/// `pipe`, `pad` and `pkcs7` of the style count; what the request decides does not.
pub fn reply_ack_encrypted(
    request: &Frame<'_>,
    key: &Key,
    now: Timestamp,
    style: &Style<'_>,
    entropy: &mut dyn Entropy,
    out: &mut Reply,
) {
    out.clear();
    let style = Style {
        short_pad: style.short_pad,
        pipe: style.pipe,
        pad: style.pad,
        pkcs7: style.pkcs7,
        lower: style.lower,
        ..Profile::STANDARD.answer_style(request)
    };
    let length = 21 + usize::from(style.pipe);
    let _fits = encode::whole(out, &style, |out| {
        encode::echo(out, "ACK", true, request)?;
        encrypted(
            out,
            &style,
            key,
            entropy,
            style.pipe,
            length,
            |text: &mut ArrayVec<u8, 64>| {
                text.put(b"]_")?;
                text.put(&write_time(now))
            },
        )
    });
}

/// The most bytes between the first bracket and the end of the timestamp that half of the longest body can hold.
const LONGEST_TEXT: usize = LONGEST_BODY / 2;

/// Appends the digits of pad, `|`, and what `write` writes; `length` bytes with the `|`.
fn encrypted<S: Sink, const ROOM: usize>(
    out: &mut S,
    style: &Style<'_>,
    key: &Key,
    entropy: &mut dyn Entropy,
    pipe: bool,
    length: usize,
    write: impl FnOnce(&mut ArrayVec<u8, ROOM>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let mut text = ArrayVec::<u8, ROOM>::new();
    match style.pad {
        Some(pad) => {
            if !(pad.len() + length).is_multiple_of(BLOCK) {
                return Err(EncodeError::Field {
                    field: "pad",
                    what: "what does not fill whole blocks",
                });
            }
            if pad.iter().any(is_delimiter) {
                return Err(EncodeError::Field {
                    field: "pad",
                    what: "one of |[]",
                });
            }
            text.put(pad)?;
        }
        None => {
            // 1 to 16, or 16 to 31 bytes fill the last block.
            let fill = BLOCK - length % BLOCK;
            let count = if style.short_pad {
                fill
            } else {
                BLOCK + fill % BLOCK
            };
            let mut pad = [0_u8; 2 * BLOCK];
            let pad = pad.get_mut(..count).unwrap_or_default();
            random_pad(pad, entropy);
            text.put(pad)?;
        }
    }
    if pipe {
        text.put(b"|")?;
    }
    write(&mut text)?;
    if style.pkcs7 {
        text.put(&[16; BLOCK])?;
    }
    let (blocks, rest) = Array::slice_as_chunks_mut(&mut text);
    if !rest.is_empty() {
        return Err(EncodeError::Field {
            field: "pad",
            what: "what does not fill whole blocks",
        });
    }
    key.encrypt(blocks);
    for block in text.as_chunks::<BLOCK>().0 {
        let mut digits = [0; 2 * BLOCK];
        let _fits = if style.lower {
            const_hex::encode_to_slice(block, &mut digits)
        } else {
            const_hex::encode_to_slice_upper(block, &mut digits)
        };
        out.put(&digits)?;
    }
    Ok(())
}

const fn is_delimiter(byte: &u8) -> bool {
    matches!(*byte, b'|' | b'[' | b']')
}

/// Random bytes, none of them a delimiter. Bytes are drawn again rather than replaced, so that the others stay equally
/// likely; a source that never gives others ends at a replacement all the same.
fn random_pad(pad: &mut [u8], entropy: &mut dyn Entropy) {
    entropy.fill(pad);
    for byte in pad {
        for _ in 0..64 {
            if !is_delimiter(byte) {
                break;
            }
            entropy.fill(core::slice::from_mut(byte));
        }
        if is_delimiter(byte) {
            *byte = 0;
        }
    }
}

#[cfg(test)]
#[path = "crypto_tests.rs"]
mod tests;
