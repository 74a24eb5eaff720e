//! What of a block may be shown: passcodes of users stand in `?` and `P` blocks (sia-dc03.md 3), and no log, report or
//! console needs them.

use core::fmt;

use super::{Blocks, Function, Packet, block::Block, information::program_name};
use crate::types::Wire;

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

/// The same for a payload of blocks between `|`.
pub(super) fn show_payload(payload: &[u8], put: &mut dyn FnMut(&[u8])) {
    if !Blocks::new(payload).any(|block| block.function().is_secret()) {
        return put(payload);
    }
    for (i, block) in Blocks::new(payload).enumerate() {
        if i > 0 {
            put(b"|");
        }
        show(block.raw(), put);
    }
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
