use core::fmt;

use bytes::{BufMut as _, BytesMut};

use super::{Function, secret};
use crate::{EncodeError, ParseError, ParseErrorKind, types::Wire};

/// The most data bytes of a block on the line.
pub const MOST: usize = 63;
/// The most data bytes of a block where the header counts by [`Lengths::Long`].
pub const MOST_LONG: usize = 191;
/// The bytes around the data: header, function, parity.
pub(super) const AROUND: usize = 3;

const ACKNOWLEDGE: u8 = 0x40;
const REVERSE: u8 = 0x80;

/// How a header says the length of its block (sia-dc03.md 2).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Lengths {
    /// Six bits of length and two flags: the standard.
    #[default]
    Bits,
    /// One public description of Galaxy over TCP: length + 40h, up to 191 data bytes, so that the acknowledge bit can't
    /// be told apart from a long length. Headers below 40h are read as bits. Only for lines that are known to need it.
    Long,
}

impl Lengths {
    /// The most data bytes of a block.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::Bits => MOST,
            Self::Long => MOST_LONG,
        }
    }

    /// The number of data bytes, and the flags.
    const fn read(self, header: u8) -> (usize, u8) {
        match self {
            Self::Long if header >= ACKNOWLEDGE => ((header - ACKNOWLEDGE) as usize, ACKNOWLEDGE),
            _ => ((header & 0x3F) as usize, header & (ACKNOWLEDGE | REVERSE)),
        }
    }
}

/// A block as the line carries it.
///
/// ```text
///  +--------+----------+--------------+--------+
///  | header | function | data, 0 - 63 | parity |
///  +--------+----------+--------------+--------+
///   bits 0-5  number of data bytes      0xFF xor all bytes before it
///   bit 6     acknowledge this block
///   bit 7     reverse channel: the line is offered to the other side
/// ```
///
/// ```
/// use alarmwire::codec::dc03::{FskBlock, Function};
///
/// let (block, taken) = FskBlock::parse(b"\x44\x23\x31\x32\x33\x34\x9C")?.expect("whole");
/// assert_eq!((block.function(), block.data(), taken), (Function::ACCOUNT, &b"1234"[..], 7));
/// assert!(block.wants_acknowledge() && !block.reverse_channel());
/// # Ok::<(), alarmwire::ParseError>(())
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct FskBlock<'a> {
    text: &'a [u8],
    flags: u8,
}

impl<'a> FskBlock<'a> {
    /// The positive acknowledge, `00 38 C7`.
    pub const ACKNOWLEDGE: FskBlock<'static> = FskBlock {
        text: b"8",
        flags: 0,
    };
    /// The reject, `00 39 C6`.
    pub const REJECT: FskBlock<'static> = FskBlock {
        text: b"9",
        flags: 0,
    };

    /// A block of an own making that asks for an acknowledge, from its function and data in one: `Nri1/BA01`.
    ///
    /// # Errors
    /// When there is no function, it is none of the standard's, or more than 63 bytes follow it.
    pub fn new(text: &'a [u8]) -> Result<Self, EncodeError> {
        Self::with_lengths(text, Lengths::Bits)
    }

    /// The same for a line whose headers count in that way.
    ///
    /// # Errors
    /// As [`FskBlock::new`], with the most bytes of `lengths`.
    pub fn with_lengths(text: &'a [u8], lengths: Lengths) -> Result<Self, EncodeError> {
        let function = text
            .first()
            .copied()
            .map(Function::new)
            .ok_or(EncodeError::Missing("function"))?;
        if !function.is_known() {
            return Err(EncodeError::Field {
                field: "function",
                what: "a character that names no block",
            });
        }
        if text.len() > lengths.most() + 1 {
            return Err(EncodeError::TooLong {
                field: "data",
                most: lengths.most(),
            });
        }
        Ok(Self {
            text,
            flags: ACKNOWLEDGE,
        })
    }

    /// The same that asks for an acknowledge, or does not.
    #[must_use]
    pub const fn with_acknowledge(mut self, wanted: bool) -> Self {
        self.flags = if wanted {
            self.flags | ACKNOWLEDGE
        } else {
            self.flags & !ACKNOWLEDGE
        };
        self
    }

    /// The same that offers the line to the other side, or does not.
    #[must_use]
    pub const fn with_reverse_channel(mut self, offered: bool) -> Self {
        self.flags = if offered {
            self.flags | REVERSE
        } else {
            self.flags & !REVERSE
        };
        self
    }

    /// Reads the block at the start of `input`, and says how many bytes it took; `None`: more are needed.
    ///
    /// # Errors
    /// When the function is none of the standard's, or the parity does not fit.
    pub fn parse(input: &'a [u8]) -> Result<Option<(Self, usize)>, ParseError> {
        Self::parse_with(input, Lengths::Bits)
    }

    /// The same for a line whose headers count in that way.
    ///
    /// # Errors
    /// As [`FskBlock::parse`].
    pub fn parse_with(
        input: &'a [u8],
        lengths: Lengths,
    ) -> Result<Option<(Self, usize)>, ParseError> {
        let [header, rest @ ..] = input else {
            return Ok(None);
        };
        let (data, flags) = lengths.read(*header);
        let length = data + AROUND;
        match rest.first() {
            None => return Ok(None),
            Some(function) if !Function::new(*function).is_known() => {
                return Err(ParseError::new(1, ParseErrorKind::Unknown("the function")));
            }
            Some(_) => {}
        }
        let Some((before, parity)) = input
            .get(..length)
            .and_then(|whole| whole.split_last())
            .map(|(p, b)| (b, p))
        else {
            return Ok(None);
        };
        if self::parity(before) != *parity {
            return Err(ParseError::new(
                length - 1,
                ParseErrorKind::Check("the parity"),
            ));
        }
        let text = before.get(1..).unwrap_or_default();
        Ok(Some((Self { text, flags }, length)))
    }

    /// Finds the first whole block in `input`, and where it starts: for there is no start byte, a line that lost its
    /// place tries each byte. `None` when there is none; the last 65 bytes may be the start of one.
    #[must_use]
    pub fn find(input: &'a [u8]) -> Option<(usize, Self, usize)> {
        Self::find_with(input, Lengths::Bits)
    }

    /// The same for a line whose headers count in that way.
    #[must_use]
    pub fn find_with(input: &'a [u8], lengths: Lengths) -> Option<(usize, Self, usize)> {
        (0..input.len()).find_map(|at| match Self::parse_with(input.get(at..)?, lengths) {
            Ok(Some((block, taken))) => Some((at, block, taken)),
            _ => None,
        })
    }

    /// The function.
    #[must_use]
    pub fn function(&self) -> Function {
        Function::new(self.text.first().copied().unwrap_or_default())
    }

    /// The data.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        self.text.get(1..).unwrap_or_default()
    }

    /// Function and data in one, as they stand in the payload of `SIA-DCS`.
    #[must_use]
    pub const fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Whether the sender waits for an acknowledge.
    #[must_use]
    pub const fn wants_acknowledge(&self) -> bool {
        self.flags & ACKNOWLEDGE != 0
    }

    /// Whether the line is offered to the other side.
    #[must_use]
    pub const fn reverse_channel(&self) -> bool {
        self.flags & REVERSE != 0
    }

    /// Appends the block.
    pub fn encode(&self, out: &mut BytesMut) {
        // The data are at most 191 bytes in every value that exists; over 63 there is no room for flags.
        let length = u8::try_from(self.data().len()).unwrap_or_default();
        let header = match length {
            0..=0x3F => length | self.flags,
            _ => length.saturating_add(ACKNOWLEDGE),
        };
        out.put_u8(header);
        out.put_slice(self.text);
        out.put_u8(parity(self.text) ^ header);
    }
}

/// The wire form, control bytes as `\xHH`. Of a block that carries passcodes function and data alone, passcodes as `***`.
impl fmt::Display for FskBlock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.function().is_secret() {
            return secret::Shown(self.text).fmt(f);
        }
        let mut wire = BytesMut::new();
        self.encode(&mut wire);
        Wire(&wire).fmt(f)
    }
}

impl fmt::Debug for FskBlock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "FskBlock({:02X} {})",
            self.flags,
            secret::Shown(self.text)
        )
    }
}

/// The column parity of a block's bytes: 0xFF xor all of them.
#[must_use]
pub fn parity(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0xFF, |parity, byte| parity ^ byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(block: &FskBlock<'_>) -> Vec<u8> {
        let mut out = BytesMut::new();
        block.encode(&mut out);
        out.to_vec()
    }

    #[test]
    fn the_answers_are_three_bytes() {
        assert_eq!(encode(&FskBlock::ACKNOWLEDGE), [0x00, 0x38, 0xC7]);
        assert_eq!(encode(&FskBlock::REJECT), [0x00, 0x39, 0xC6]);
        assert_eq!(
            encode(&FskBlock::ACKNOWLEDGE.with_acknowledge(true)),
            [0x40, 0x38, 0x87]
        );
    }

    #[test]
    fn long_headers_are_read_only_where_they_are_asked_for() {
        let text = [b'A'; 101];
        assert!(FskBlock::new(&text).is_err());
        let block = FskBlock::with_lengths(&text, Lengths::Long).unwrap();
        let wire = encode(&block);
        assert_eq!((wire[0], wire.len()), (0x40 + 100, 103));
        assert_eq!(
            FskBlock::parse_with(&wire, Lengths::Long),
            Ok(Some((block, 103)))
        );
        assert_ne!(FskBlock::parse(&wire), Ok(Some((block, 103))));
        assert!(FskBlock::with_lengths(&[b'A'; 193], Lengths::Long).is_err());
        let answer = FskBlock::parse_with(&[0x00, 0x38, 0xC7], Lengths::Long);
        assert_eq!(answer, Ok(Some((FskBlock::ACKNOWLEDGE, 3))));
    }

    #[test]
    fn passcodes_are_not_shown() {
        for (text, shown) in [
            (&b"?1234"[..], "?***"),
            (b"PUC1*4711/UX2*0815ab99/TI1", "PUC***/UX***/TI1"),
            (b"P4711", "P***"),
            (b"P", "P"),
            (b"Nri1/BA01", "HNri1/BA01\\xFE"),
        ] {
            let block = FskBlock::new(text).unwrap();
            assert_eq!(block.to_string(), shown);
            assert!(!format!("{block:?}").contains("4711"));
        }
    }

    #[test]
    fn the_older_answers_08_and_09_are_read() {
        for function in [8, 9] {
            let bytes = [0, function, 0xFF ^ function];
            assert!(
                FskBlock::parse(&bytes)
                    .unwrap()
                    .unwrap()
                    .0
                    .function()
                    .is_answer()
            );
        }
    }

    #[test]
    fn a_block_that_is_not_whole_waits_and_a_damaged_one_is_refused() {
        let whole = encode(&FskBlock::new(b"Nri1/BA01").unwrap());
        for cut in 0..whole.len() {
            assert_eq!(FskBlock::parse(&whole[..cut]), Ok(None));
        }
        for (at, bit) in [(0, 6), (1, 0), (4, 3), (whole.len() - 1, 0)] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            assert!(
                !matches!(FskBlock::parse(&damaged), Ok(Some(_))),
                "byte {at}"
            );
        }
        assert_eq!(FskBlock::parse(b"\x00!").unwrap_err().offset(), 1);
    }

    #[test]
    fn a_line_that_lost_its_place_finds_it_again() {
        let block = FskBlock::new(b"#1234").unwrap();
        let noise = b"\xFF\x00\x7F!!";
        let bytes = [noise.as_slice(), &encode(&block)].concat();
        assert_eq!(FskBlock::find(&bytes), Some((noise.len(), block, 7)));
        assert_eq!(FskBlock::find(noise), None);
    }

    #[test]
    fn builders_make_only_what_the_line_can_carry() {
        assert!(FskBlock::new(&[b'A'; 64]).is_ok());
        assert!(FskBlock::new(&[b'A'; 65]).is_err());
        assert!(FskBlock::new(b"").is_err());
        assert!(FskBlock::new(b"zri1").is_err());
    }
}
