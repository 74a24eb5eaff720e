use core::{fmt, iter::FusedIterator};

use bytes::{BufMut as _, BytesMut};

use super::{
    Function,
    packet::{ADDRESS, Event, Modifier, Packet},
    secret,
};
use crate::EventCode;

/// The blocks of a payload, which stand between `|`; empty ones are passed over.
#[derive(Clone)]
pub struct Blocks<'a> {
    rest: &'a [u8],
    at: usize,
}

/// One block: a function and its data.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Block<'a> {
    function: Function,
    raw: &'a [u8],
    at: usize,
}

/// Function and data as they stand on the wire, control bytes escaped; passcodes are not shown.
impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        secret::Shown(self.raw).fmt(f)
    }
}

/// One packet with where it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Part<'a> {
    /// What it is.
    pub packet: Packet<'a>,
    /// Its bytes.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub raw: &'a [u8],
    /// Where its bytes start in the block's data.
    pub at: usize,
    /// Whether a `/` stands before it, or it is the first.
    pub slash: bool,
}

/// The packets of a block.
#[derive(Clone)]
pub struct Packets<'a> {
    data: &'a [u8],
    at: usize,
    whole: bool,
}

impl<'a> Blocks<'a> {
    /// The blocks of `payload`.
    #[must_use]
    pub const fn new(payload: &'a [u8]) -> Self {
        Self {
            rest: payload,
            at: 0,
        }
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let end = memchr::memchr(b'|', self.rest).unwrap_or(self.rest.len());
            let (at, raw) = (self.at, self.rest.get(..end)?);
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            self.at += end + 1;
            if let Some(function) = raw.first() {
                return Some(Block {
                    function: Function::new(*function),
                    raw,
                    at,
                });
            }
        }
    }
}

impl FusedIterator for Blocks<'_> {}

/// Passcodes stand as `***`.
impl fmt::Debug for Blocks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blocks({})", secret::shown(self.rest))
    }
}

/// Passcodes stand as `***`.
impl fmt::Debug for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({} at {})", secret::shown(self.raw), self.at)
    }
}

/// Where it stands; the packets of some functions hold passcodes.
impl fmt::Debug for Packets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packets({} of {} bytes)", self.at, self.data.len())
    }
}

impl<'a> Block<'a> {
    /// Data of that function, without the function in front: good for its packets only.
    pub(super) const fn of(function: Function, data: &'a [u8]) -> DataOf<'a> {
        DataOf { function, data }
    }

    /// The function, its first character.
    #[must_use]
    pub const fn function(&self) -> Function {
        self.function
    }

    /// What follows the function.
    #[must_use]
    pub fn data(&self) -> &'a [u8] {
        self.raw.get(1..).unwrap_or_default()
    }

    /// All of it.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Where it starts in the payload.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Its packets; the data of a block that has none (text, account, configuration) come as one [`Packet::Other`].
    #[must_use]
    pub fn packets(&self) -> Packets<'a> {
        Self::of(self.function, self.data()).packets()
    }

    /// Appends it byte for byte.
    pub fn encode(&self, out: &mut BytesMut) {
        out.put_slice(self.raw);
    }
}

/// A block's data beside its function.
pub(super) struct DataOf<'a> {
    function: Function,
    data: &'a [u8],
}

impl<'a> DataOf<'a> {
    pub(super) const fn packets(&self) -> Packets<'a> {
        Packets {
            data: self.data,
            at: 0,
            whole: !self.function.has_packets(),
        }
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let mut slash = self.at == 0;
        let mut at = self.at;
        if !self.whole {
            while let Some(byte @ (b'/' | b' ')) = self.data.get(at) {
                slash |= *byte == b'/';
                at += 1;
            }
        }
        let rest = self.data.get(at..).filter(|rest| !rest.is_empty())?;
        let (packet, length) = if self.whole {
            (Packet::Other(rest), rest.len())
        } else {
            packet(rest)
        };
        self.at = at + length;
        Some(Part {
            packet,
            raw: rest.get(..length).unwrap_or_default(),
            at,
            slash,
        })
    }
}

impl FusedIterator for Packets<'_> {}

/// What starts at a byte.
fn starts(rest: &[u8]) -> Option<Start> {
    match rest {
        [a, b, ..] if a.is_ascii_lowercase() && b.is_ascii_lowercase() => {
            Some(Start::Modifier([*a, *b]))
        }
        [a, b, ..] if a.is_ascii_uppercase() && (b.is_ascii_uppercase() || *b == b'_') => {
            Some(Start::Event([*a, *b]))
        }
        _ => None,
    }
}

enum Start {
    Modifier([u8; 2]),
    Event([u8; 2]),
}

fn blanks(rest: &[u8], at: usize) -> usize {
    rest.iter()
        .skip(at)
        .take_while(|byte| **byte == b' ')
        .count()
}

/// Reads the packet at the start of `rest`, which is not empty, and says how long it is.
fn packet(rest: &[u8]) -> (Packet<'_>, usize) {
    match starts(rest) {
        Some(Start::Modifier(kind)) => {
            let start = 2 + blanks(rest, 2);
            let is_value = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b':');
            let length = rest
                .iter()
                .skip(start)
                .take_while(|byte| is_value(byte))
                .count();
            // Blanks are a part of the packet only where a value follows them.
            let (start, end) = if length == 0 {
                (2, 2)
            } else {
                (start, start + length)
            };
            let value = rest.get(start..end).unwrap_or_default();
            let (text, end) = text(rest, end);
            (Packet::Modifier(Modifier { kind, value, text }), end)
        }
        Some(Start::Event(code)) => {
            let start = 2 + blanks(rest, 2);
            let length = address(rest.get(start..).unwrap_or_default());
            let (start, end) = if length == 0 {
                (2, 2)
            } else {
                (start, start + length)
            };
            let address = rest.get(start..end).unwrap_or_default();
            let (units, end) = units(rest, end);
            let (text, end) = text(rest, end);
            (
                Packet::Event(Event {
                    code,
                    address,
                    units,
                    text,
                }),
                end,
            )
        }
        None => {
            let end = memchr::memchr(b'/', rest).unwrap_or(rest.len());
            (Packet::Other(rest.get(..end).unwrap_or_default()), end)
        }
    }
}

/// How many digits the address at the start of `rest` has.
///
/// At most four, as many as there are; but where a letter of a code that follows without `/` would be swallowed (`BA12BA13`
/// is no address 12BA), fewer, so that the rest starts with a code of the table.
fn address(rest: &[u8]) -> usize {
    let digits = rest
        .iter()
        .take(ADDRESS)
        .take_while(|b| b.is_ascii_digit() || matches!(b, b'A'..=b'F'))
        .count();
    let follows = |length: usize| rest.get(length..).unwrap_or_default();
    let ends = |after: &[u8]| {
        matches!(after, [] | [b'/' | b'*' | b'^' | b' ', ..]) || starts(after).is_some()
    };
    if ends(follows(digits)) {
        return digits;
    }
    let known = |after: &[u8]| match starts(after) {
        Some(Start::Event(code)) => {
            EventCode::Sia(code).sia().is_some()
                && matches!(after.get(2), None | Some(b'0'..=b'9' | b'/' | b'*' | b'^'))
        }
        _ => false,
    };
    (0..digits)
        .rev()
        .find(|length| known(follows(*length)))
        .unwrap_or(digits)
}

/// The units field at `at`, if there is one, and where it ends.
fn units(rest: &[u8], at: usize) -> (Option<&[u8]>, usize) {
    let Some([b'*', field @ ..]) = rest.get(at..) else {
        return (None, at);
    };
    // A quoted text may hold anything but its quote.
    let quoted = match field {
        [quote @ (b'\'' | b'"'), text @ ..] => {
            memchr::memchr(*quote, text).map_or(0, |end| end + 2)
        }
        _ => 0,
    };
    let tail = field
        .iter()
        .skip(quoted)
        .take_while(|byte| !matches!(byte, b'/' | b'^'))
        .count();
    let end = at + 1 + quoted + tail;
    (rest.get(at + 1..end), end)
}

/// The text between two `^` behind `end`, if there is one, and where it ends. One that is never closed ends before the next
/// `/`.
fn text(rest: &[u8], end: usize) -> (Option<&[u8]>, usize) {
    let at = end + blanks(rest, end);
    let Some([b'^', field @ ..]) = rest.get(at..) else {
        return (None, end);
    };
    let (length, closing) = match memchr::memchr(b'^', field) {
        Some(length) => (length, 1),
        None => (memchr::memchr(b'/', field).unwrap_or(field.len()), 0),
    };
    (field.get(..length), at + 1 + length + closing)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The packets as text, `~` in front of one that no slash separates.
    fn split(block: &str) -> Vec<String> {
        let block = Blocks::new(block.as_bytes()).next().unwrap();
        block
            .packets()
            .map(|part| {
                let mut out = BytesMut::new();
                part.packet.encode(&mut out);
                let kind = match part.packet {
                    Packet::Modifier(_) => "",
                    Packet::Event(_) => "+",
                    Packet::Other(_) => "?",
                };
                let text = String::from_utf8(out.to_vec()).unwrap();
                format!("{}{kind}{text}", if part.slash { "" } else { "~" })
            })
            .collect()
    }

    #[test]
    fn packets_are_told_with_and_without_slashes() {
        for (block, parts) in [
            ("Nri1/BA01/BA02", &["ri1", "+BA01", "+BA02"][..]),
            ("Nri1BA01", &["ri1", "~+BA01"]),
            ("Nti20:50:26RP99", &["ti20:50:26", "~+RP99"]),
            (
                "Nda04-22-94ti16:02:15/id22/CL/PA31",
                &["da04-22-94", "~ti16:02:15", "id22", "+CL", "+PA31"],
            ),
            ("Nri1CL0001^user^", &["ri1", "~+CL0001^user^"]),
            (
                "Nri01^TOTAL^/LX901^centrale d'alarme^",
                &["ri01^TOTAL^", "+LX901^centrale d'alarme^"],
            ),
            ("Nri0/RP0000", &["ri0", "+RP0000"]),
            ("NMI  00", &["+MI00"]),
            ("Nri1BA01/L90", &["ri1", "~+BA01", "?L90"]),
            ("NXY12/zz9/ri", &["+XY12", "zz9", "ri"]),
            ("N//BA1//", &["+BA1"]),
        ] {
            assert_eq!(split(block), parts, "{block}");
        }
    }

    #[test]
    fn an_address_has_at_most_four_digits_and_swallows_no_code_that_follows() {
        for (block, parts) in [
            ("NBA0012BA0013", &["+BA0012", "~+BA0013"][..]),
            ("NBA12BA13", &["+BA12", "~+BA13"]),
            ("NBA1CL2", &["+BA1", "~+CL2"]),
            ("NBA012FA013", &["+BA012", "~+FA013"]),
            ("NBA1BA2", &["+BA1BA2"]),
            ("NBA1FFF", &["+BA1FFF"]),
            ("NBA00012", &["+BA0001", "~?2"]),
            ("NOP1ri2", &["+OP1", "~ri2"]),
        ] {
            assert_eq!(split(block), parts, "{block}");
        }
    }

    #[test]
    fn units_and_texts_end_where_they_should() {
        for (block, parts) in [
            ("EDA1*21C_/DI2*55P", &["+DA1*21C_", "+DI2*55P"][..]),
            (
                "NBA01*'Hall / left'NM/BA2",
                &["+BA01*'Hall / left'NM", "+BA2"],
            ),
            ("NBA01*\"Hall\"NM", &["+BA01*\"Hall\"NM"]),
            ("Nri04/OP001*'NM", &["ri04", "+OP001*'NM"]),
            ("NBA1^a/b^/BA2", &["+BA1^a/b^", "+BA2"]),
            ("NBA1^open/BA2", &["+BA1^open^", "+BA2"]),
            ("NBA1^^", &["+BA1^^"]),
            ("NBA 1 ^Hall^ /BA2", &["+BA1^Hall^", "+BA2"]),
            ("NBA1^Hall^BA2", &["+BA1^Hall^", "~+BA2"]),
        ] {
            assert_eq!(split(block), parts, "{block}");
        }
    }

    #[test]
    fn blocks_know_their_place_and_empty_ones_are_passed_over() {
        let blocks: Vec<_> = Blocks::new(b"|Nri1/BA1||AHall|")
            .map(|block| (block.at(), block.raw()))
            .collect();
        assert_eq!(blocks, [(1, &b"Nri1/BA1"[..]), (11, b"AHall")]);
        assert_eq!(
            split("AHall/right"),
            ["?Hall/right"],
            "a text is no list of packets"
        );
    }
}
