use core::fmt;

use arrayvec::ArrayVec;
use bytes::BytesMut;

use super::{
    crc,
    profile::Profile,
    style::{LengthForm, LineForm, Style},
    time::write_time,
    types::{CrcForm, Field, Frame, LONGEST_BODY, Token},
};
use crate::{
    codec::dc03::secret,
    error::EncodeError,
    types::{AccountId, LineNumber, ReceiverNumber, Sequence, Timestamp},
};

/// Room for any answer; no answer is longer than 200 bytes.
pub type Reply = ArrayVec<u8, 200>;

/// A message to be written.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Message<'a> {
    /// The id token; the star of an encrypted message comes by itself.
    pub token: Token<'a>,
    /// 0001 to 9999 for events.
    pub sequence: Sequence,
    /// 1 to 6 hexadecimal digits, or none at all.
    pub receiver: Option<ReceiverNumber<'a>>,
    /// 1 to 6 hexadecimal digits; without one `L0` is written.
    pub line: Option<LineNumber<'a>>,
    /// 3 to 16 hexadecimal digits.
    pub account: Option<AccountId<'a>>,
    /// What stands between the first brackets, account block included.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub data: &'a [u8],
    /// Extended data fields in their order.
    pub extended: &'a [Field<'a>],
    /// The time of sending; an encrypted message must have one.
    pub timestamp: Option<Timestamp>,
}

/// Passcodes of blocks stand as `***`.
impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("token", &self.token)
            .field("sequence", &self.sequence)
            .field("receiver", &self.receiver)
            .field("line", &self.line)
            .field("account", &self.account)
            .field("data", &secret::shown(self.data))
            .field("extended", &self.extended)
            .field("timestamp", &self.timestamp)
            .finish()
    }
}

/// Where bytes are written: a growing buffer, or one of fixed size.
pub(super) trait Sink {
    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError>;
    fn bytes(&mut self) -> &mut [u8];
    fn truncate(&mut self, length: usize);
}

impl Sink for BytesMut {
    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn bytes(&mut self) -> &mut [u8] {
        self
    }

    fn truncate(&mut self, length: usize) {
        self.truncate(length);
    }
}

impl<const N: usize> Sink for ArrayVec<u8, N> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.try_extend_from_slice(bytes)
            .map_err(|_| EncodeError::TooLong {
                field: "frame",
                most: N,
            })
    }

    fn bytes(&mut self) -> &mut [u8] {
        self
    }

    fn truncate(&mut self, length: usize) {
        self.truncate(length);
    }
}

impl Message<'_> {
    /// Appends the message in clear.
    ///
    /// # Errors
    /// When a field holds what the protocol can't carry, or the whole is longer than the length field can say; `out` is
    /// then as before.
    ///
    /// ```
    /// use alarmwire::{AccountId, codec::dc09::{EventToken, Message, Style, Token}, types::Sequence};
    ///
    /// let message = Message {
    ///     token: Token::Event(EventToken::AdmCid),
    ///     sequence: Sequence::FIRST,
    ///     receiver: None,
    ///     line: None,
    ///     account: Some(AccountId::new("1234")?),
    ///     data: b"#1234|1130 01 015",
    ///     extended: &[],
    ///     timestamp: None,
    /// };
    /// let mut out = bytes::BytesMut::new();
    /// message.encode(&Style::default(), &mut out)?;
    /// assert_eq!(&out[..], b"\nBEB90027\"ADM-CID\"0001L0#1234[#1234|1130 01 015]\r");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encode(&self, style: &Style<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.check(style)?;
        whole(out, style, |out| {
            self.header(style, false, out)?;
            self.text(out)
        })
    }

    /// Token to bracket.
    pub(super) fn header<S: Sink>(
        &self,
        style: &Style<'_>,
        encrypted: bool,
        out: &mut S,
    ) -> Result<(), EncodeError> {
        let line = match (style.line, self.line) {
            (LineForm::Absent, _) => None,
            (LineForm::Bare, _) => Some(""),
            (LineForm::Value, Some(line)) => Some(line.as_str()),
            (LineForm::Value, None) if style.lenient => None,
            (LineForm::Value, None) => Some("0"),
        };
        header(
            out,
            self.token.as_str(),
            encrypted,
            self.sequence,
            self.receiver,
            line,
            self.account.filter(|_| style.header_account),
        )
    }

    /// Data to timestamp.
    pub(super) fn text<S: Sink>(&self, out: &mut S) -> Result<(), EncodeError> {
        out.put(self.data)?;
        out.put(b"]")?;
        for field in self.extended {
            out.put(&[b'[', field.letter])?;
            out.put(field.value)?;
            out.put(b"]")?;
        }
        if let Some(at) = self.timestamp {
            out.put(b"_")?;
            out.put(&write_time(at))?;
        }
        Ok(())
    }

    /// How many bytes [`Self::text`] writes.
    #[cfg(feature = "crypto")]
    pub(super) fn text_length(&self) -> usize {
        let extended: usize = self
            .extended
            .iter()
            .map(|field| field.value.len() + 3)
            .sum();
        self.data.len() + 1 + extended + if self.timestamp.is_some() { 20 } else { 0 }
    }

    pub(super) fn check(&self, style: &Style<'_>) -> Result<(), EncodeError> {
        if !style.lenient {
            self.check_header(style)?;
        }
        // No brackets and no line ends anywhere, as nothing can escape them (dossier 5).
        if self
            .data
            .iter()
            .any(|b| matches!(b, b'[' | b']' | b'\r' | b'\n'))
        {
            return Err(EncodeError::Field {
                field: "data",
                what: "a bracket or line end",
            });
        }
        for field in self.extended {
            let private = style.lenient
                && field.letter.is_ascii_graphic()
                && !matches!(field.letter, b'[' | b']');
            if !field.letter.is_ascii_uppercase() && !private {
                return Err(EncodeError::Field {
                    field: "extended letter",
                    what: "what is not A to Z",
                });
            }
            if field
                .value
                .iter()
                .any(|b| matches!(b, b'[' | b']' | b'\r' | b'\n'))
            {
                return Err(EncodeError::Field {
                    field: "extended value",
                    what: "a bracket or line end",
                });
            }
        }
        Ok(())
    }

    fn check_header(&self, style: &Style<'_>) -> Result<(), EncodeError> {
        let number =
            |text: &str| matches!(text.len(), 1..=6) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if self.receiver.is_some_and(|r| !number(r.as_str())) {
            return Err(EncodeError::Field {
                field: "receiver",
                what: "other than 1 to 6 hex digits",
            });
        }
        if style.line == LineForm::Value && self.line.is_some_and(|l| !number(l.as_str())) {
            return Err(EncodeError::Field {
                field: "line",
                what: "other than 1 to 6 hex digits",
            });
        }
        match self.account {
            None if style.header_account => return Err(EncodeError::Missing("account")),
            None => {}
            Some(account) if !account.is_strict() => {
                return Err(EncodeError::Field {
                    field: "account",
                    what: "other than 3 to 16 hex digits",
                });
            }
            Some(_) => {}
        }
        if matches!(self.token, Token::Event(_))
            && self.sequence == Sequence::ZERO
            && !style.zero_sequence
        {
            return Err(EncodeError::Field {
                field: "sequence",
                what: "0000 in an event",
            });
        }
        Ok(())
    }
}

#[inline]
pub(super) fn header<S: Sink>(
    out: &mut S,
    token: &str,
    encrypted: bool,
    sequence: Sequence,
    receiver: Option<ReceiverNumber<'_>>,
    line: Option<&str>,
    account: Option<AccountId<'_>>,
) -> Result<(), EncodeError> {
    out.put(if encrypted { b"\"*" } else { b"\"" })?;
    out.put(token.as_bytes())?;
    out.put(b"\"")?;
    out.put(&sequence.digits())?;
    if let Some(receiver) = receiver {
        out.put(b"R")?;
        out.put(receiver.as_str().as_bytes())?;
    }
    if let Some(line) = line {
        out.put(b"L")?;
        out.put(line.as_bytes())?;
    }
    if let Some(account) = account {
        out.put(b"#")?;
        out.put(account.as_str().as_bytes())?;
    }
    out.put(b"[")
}

#[inline]
const fn digit(value: u8, lower: bool) -> u8 {
    let value = value & 15;
    let letter = if lower {
        b'a' - b'0' - 10
    } else {
        b'A' - b'0' - 10
    };
    b'0' + value + if value > 9 { letter } else { 0 }
}

#[inline]
pub(super) const fn hex_pair(byte: u8, lower: bool) -> [u8; 2] {
    [digit(byte >> 4, lower), digit(byte, lower)]
}

fn hex4(value: u16, lower: bool) -> [u8; 4] {
    let [high, low] = value.to_be_bytes();
    let ([a, b], [c, d]) = (hex_pair(high, lower), hex_pair(low, lower));
    [a, b, c, d]
}

/// LF, a header to be filled, what `body` writes, the header filled, CR. On an error `out` is as before.
pub(super) fn whole<S: Sink>(
    out: &mut S,
    style: &Style<'_>,
    body: impl FnOnce(&mut S) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.bytes().len();
    let result = written(out, style, start, body);
    if result.is_err() {
        out.truncate(start);
    }
    result
}

#[inline]
fn written<S: Sink>(
    out: &mut S,
    style: &Style<'_>,
    start: usize,
    body: impl FnOnce(&mut S) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let binary = style.crc.is_binary();
    if style.lf {
        out.put(b"\n")?;
    }
    let begin = start + usize::from(style.lf);
    out.put(if binary { b"\x00\x000000" } else { b"00000000" })?;
    let from = begin + if binary { 6 } else { 8 };
    body(out)?;
    let text = out.bytes().get(from..).unwrap_or_default();
    let over_cr = style.crc == CrcForm::HexOverCr;
    let length = text.len() + usize::from(over_cr);
    if length > LONGEST_BODY {
        return Err(EncodeError::TooLong {
            field: "frame",
            most: LONGEST_BODY,
        });
    }
    let crc = match style.crc {
        CrcForm::Hex | CrcForm::Binary => crc::arc(text),
        CrcForm::HexOverCr => crc::arc_over_cr(text),
        CrcForm::Dc07Table { .. } => crc::dc07(text),
    };
    let length = match style.length {
        LengthForm::Right => hex4(u16::try_from(length).unwrap_or(u16::MAX), style.lower),
        LengthForm::Decimal => decimal3(length)?,
    };
    if binary {
        let [high, low] = crc.to_be_bytes();
        let [_, a, b, c] = length;
        if let Some(place) = out.bytes().get_mut(begin..from) {
            place.copy_from_slice(&[high, low, b'0', a, b, c]);
        }
    } else if let Some(place) = out.bytes().get_mut(begin..from) {
        let ([a, b, c, d], [e, f, g, h]) = (hex4(crc, style.lower), length);
        place.copy_from_slice(&[a, b, c, d, e, f, g, h]);
    }
    out.put(b"\r")?;
    out.put(style.tail.bytes())
}

/// `0`, and three decimal digits.
fn decimal3(length: usize) -> Result<[u8; 4], EncodeError> {
    const MOST: usize = 999;
    let length = u16::try_from(length)
        .ok()
        .filter(|length| usize::from(*length) <= MOST)
        .ok_or(EncodeError::TooLong {
            field: "frame",
            most: MOST,
        })?;
    let digit = |value: u16| b'0' + u8::try_from(value % 10).unwrap_or(0);
    Ok([b'0', digit(length / 100), digit(length / 10), digit(length)])
}

/// Writes the header of an answer: sequence, R, L and # as the request has them; no R is invented where it had none, and
/// `L0` stands in for a missing L.
pub(super) fn echo<S: Sink>(
    out: &mut S,
    token: &str,
    encrypted: bool,
    request: &Frame<'_>,
) -> Result<(), EncodeError> {
    let line = request.line.map_or("0", LineNumber::as_str);
    header(
        out,
        token,
        encrypted,
        request.sequence,
        request.receiver,
        Some(line),
        request.account,
    )
}

/// Writes the ACK in clear to a request in clear, without time.
///
/// ```
/// use alarmwire::codec::dc09::{Frame, Reply, reply_ack};
///
/// let (request, _) = Frame::parse_whole(b"\nEA740027\"NULL\"0000L0#1409[]_20:38:07,08-27-2026\r")?;
/// let mut reply = Reply::new();
/// reply_ack(&request, &mut reply);
/// assert_eq!(&reply[..], b"\n59890012\"ACK\"0000L0#1409[]\r");
/// # Ok::<(), alarmwire::ParseError>(())
/// ```
pub fn reply_ack(request: &Frame<'_>, out: &mut Reply) {
    Profile::STANDARD.ack(request, out);
}

/// Writes the DUH, which is never encrypted: the frame is good, and its token can't be processed.
pub fn reply_duh(request: &Frame<'_>, out: &mut Reply) {
    Profile::STANDARD.duh(request, out);
}

/// Writes the NAK, which is never encrypted and constant but for the time: the panel sets its clock by it.
pub fn reply_nak(request: &Frame<'_>, now: Timestamp, out: &mut Reply) {
    Profile::STANDARD.nak(request, now, out);
}

/// Writes an answer without content, as the style says.
pub(super) fn answer(request: &Frame<'_>, token: &str, style: &Style<'_>, out: &mut Reply) {
    out.clear();
    // The longest header that a frame can have fits (test below), so there is no error to hand out.
    let _fits = whole(out, style, |out| {
        echo(out, token, false, request)?;
        out.put(b"]")
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::dc09::EventToken;

    fn message<'a>() -> Message<'a> {
        Message {
            token: Token::Event(EventToken::SiaDcs),
            sequence: Sequence::FIRST,
            receiver: Some(ReceiverNumber::new("F3").unwrap()),
            line: Some(LineNumber::new("77").unwrap()),
            account: Some(AccountId::new("1234").unwrap()),
            data: b"#1234|NRR|Atest",
            extended: &[],
            timestamp: None,
        }
    }

    #[test]
    fn builders_are_strict_unless_told_otherwise() {
        let refused = |message: Message<'_>| {
            message
                .encode(&Style::default(), &mut BytesMut::new())
                .is_err()
        };
        assert!(!refused(message()));
        assert!(refused(Message {
            account: Some(AccountId::new("12").unwrap()),
            ..message()
        }));
        assert!(refused(Message {
            account: None,
            ..message()
        }));
        assert!(refused(Message {
            sequence: Sequence::ZERO,
            ..message()
        }));
        assert!(refused(Message {
            line: Some(LineNumber::new("").unwrap()),
            ..message()
        }));
        assert!(refused(Message {
            receiver: Some(ReceiverNumber::new("1234567").unwrap()),
            ..message()
        }));
        assert!(refused(Message {
            data: b"a]b",
            ..message()
        }));
        assert!(refused(Message {
            extended: &[Field {
                letter: b'x',
                value: b"1"
            }],
            ..message()
        }));
        assert!(refused(Message {
            extended: &[Field {
                letter: b'X',
                value: b"["
            }],
            ..message()
        }));
        let lenient = Style {
            lenient: true,
            ..Style::default()
        };
        let mut out = BytesMut::new();
        Message {
            account: None,
            line: None,
            receiver: None,
            ..message()
        }
        .encode(&lenient, &mut out)
        .unwrap();
        assert!(out.ends_with(b"\"SIA-DCS\"0001[#1234|NRR|Atest]\r"));
    }

    #[test]
    fn what_is_too_long_leaves_the_buffer_as_it_was() {
        let mut out = BytesMut::from(&b"before"[..]);
        let data = [b'A'; 4100];
        assert!(
            Message {
                data: &data,
                ..message()
            }
            .encode(&Style::default(), &mut out)
            .is_err()
        );
        assert_eq!(&out[..], b"before");
    }

    #[test]
    fn the_longest_header_still_gets_its_answer() {
        let long = "0123456789ABCDEF";
        let longest = Message {
            token: Token::Private("ABCDEFGHIJKLMNOPQRSTUVWXYZ123456"),
            receiver: Some(ReceiverNumber::new(long).unwrap()),
            line: Some(LineNumber::new(long).unwrap()),
            account: Some(AccountId::new(long).unwrap()),
            ..message()
        };
        let mut out = BytesMut::new();
        longest
            .encode(
                &Style {
                    lenient: true,
                    ..Style::default()
                },
                &mut out,
            )
            .unwrap();
        let (frame, _) = Frame::parse_whole(&out).unwrap();
        let mut reply = Reply::new();
        reply_ack(&frame, &mut reply);
        assert!(reply.ends_with(b"R0123456789ABCDEFL0123456789ABCDEF#0123456789ABCDEF[]\r"));
    }
}
