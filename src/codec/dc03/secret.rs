//! What of a block may be shown: passcodes of users stand in `?` and `P` blocks (sia-dc03.md 3), and no log, report or
//! console needs them.

use alloc::string::String;
use core::fmt;

use super::{Blocks, Function, Packet, block::Block, information::program_name};
use crate::{codec::printable, types::Wire};

/// In the place of what is not shown; it tells no length.
const HIDDEN: &[u8] = b"***";

/// Hands out a block's bytes (function and data) as they may be shown, in pieces.
pub(super) fn show(text: &[u8], put: &mut dyn FnMut(&[u8])) {
    if let [function, data @ ..] = text {
        put(&[*function]);
        show_data(Function::new(*function), data, put);
    }
}

/// A block's bytes (function and data) as they may be shown, control bytes escaped.
pub(crate) struct Shown<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        show(self.0, &mut |bytes| {
            if result.is_ok() {
                result = write!(f, "{}", Wire(bytes));
            }
        });
        result
    }
}

/// The same for a payload of blocks between `|`; the bars stay where they are.
pub(in crate::codec) fn show_payload(payload: &[u8], put: &mut dyn FnMut(&[u8])) {
    if !Blocks::new(payload).any(|block| block.function().is_secret()) {
        return put(payload);
    }
    for (i, block) in payload.split(|byte| *byte == b'|').enumerate() {
        if i > 0 {
            put(b"|");
        }
        show(block, put);
    }
}

/// Whether text that may be anything looks like a block with a passcode.
#[cfg(feature = "dc07")]
pub(in crate::codec) const fn looks_secret(text: &[u8]) -> bool {
    match text {
        [b'?', _, ..] => true,
        [b'P', first, second, ..] => program_name([*first, *second]).is_some(),
        _ => false,
    }
}

/// Blocks as another protocol carries them, for people: with an account block in front or without, in brackets or
/// without.
pub(crate) fn shown(data: &[u8]) -> String {
    let start = memchr::memchr(b'[', data).map_or(0, |at| at + 1);
    let end = memchr::memrchr(b']', data).filter(|end| *end >= start);
    let (front, rest) = data.split_at_checked(start).unwrap_or((data, &[]));
    let (blocks, behind) = rest
        .split_at_checked(end.map_or(rest.len(), |end| end - start))
        .unwrap_or((rest, &[]));
    let mut out = printable(front);
    show_payload(blocks, &mut |bytes| out.push_str(&printable(bytes)));
    out.push_str(&printable(behind));
    out
}

/// The same for a block's data.
pub(super) fn show_data(function: Function, data: &[u8], put: &mut dyn FnMut(&[u8])) {
    if !function.is_secret() || data.is_empty() {
        return put(data);
    }
    if function != Function::PROGRAM {
        return put(HIDDEN);
    }
    // What follows a hidden packet without a slash may belong to it.
    let mut hidden = false;
    for (i, part) in Block::of(function, data).packets().enumerate() {
        if hidden && !part.slash {
            continue;
        }
        if i > 0 {
            put(b"/");
        }
        let letters = match part.packet {
            Packet::Event(event) => Some(event.letters()),
            _ => None,
        };
        hidden = !letters.is_some_and(|letters| {
            !matches!(&letters, b"UC" | b"UX") && program_name(letters).is_some()
        });
        if !hidden {
            put(part.raw);
            continue;
        }
        if let Some(letters) = letters {
            put(&letters);
        }
        put(HIDDEN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passcodes_of_carried_blocks_are_not_shown() {
        for (data, text) in [
            ("#1234|Nri1/BA1", "#1234|Nri1/BA1"),
            ("#1234|PUC1*4711", "#1234|PUC***"),
            ("|PUC1*4711", "|PUC***"),
            ("?4711", "?***"),
            (
                "#1234|NBA1|?4711|PEI30/UX2*4711",
                "#1234|NBA1|?***|PEI30/UX***",
            ),
            ("011[#1234|?4711]", "011[#1234|?***]"),
            ("[?4711", "[?***"),
            ("]P[", "]P["),
            ("", ""),
        ] {
            assert_eq!(shown(data.as_bytes()), text);
        }
    }
}
