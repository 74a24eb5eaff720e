//! The three numbers of the header: receiver, line and account.

use core::str;

use super::parse::expected;
use crate::{
    codec::{Quirk, Quirks},
    error::ParseError,
    types::{AccountId, LineNumber, ReceiverNumber},
};

pub(super) struct Numbers<'a> {
    pub(super) receiver: Option<ReceiverNumber<'a>>,
    pub(super) line: Option<LineNumber<'a>>,
    pub(super) account: Option<AccountId<'a>>,
    /// Up to and with the bracket.
    pub(super) taken: usize,
}

/// What a byte of the header's second half can be; values are anything printable that is not one of the others, as the
/// types are lenient on what arrives.
const VALUE: u8 = 0;
const RECEIVER: u8 = 1;
const LINE: u8 = 2;
const ACCOUNT: u8 = 3;
const OPEN: u8 = 4;
const BLANK: u8 = 5;
const OTHER: u8 = 6;
static KIND: [u8; 256] = {
    let mut table = [OTHER; 256];
    let mut i = b'!';
    while i <= b'~' {
        #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
        {
            table[i as usize] = match i {
                b'R' => RECEIVER,
                b'L' => LINE,
                b'#' => ACCOUNT,
                b'[' => OPEN,
                b'"' | b']' | b'|' => OTHER,
                _ => VALUE,
            };
        }
        i += 1;
    }
    #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
    {
        table[b' ' as usize] = BLANK;
    }
    table
};

/// `R…`, `L…` and `#…`, always in this order and each of them possibly absent, up to the bracket.
#[inline(always)]
pub(super) fn numbers<'a>(
    header: &'a [u8],
    quirks: &mut Quirks,
) -> Result<Numbers<'a>, ParseError> {
    if let Some(numbers) = usual(header) {
        return Ok(numbers);
    }
    // The field we are in, by its letter's kind; 0 before any. `from` is where its value begins.
    let (mut stage, mut from) = (0_u8, 0_usize);
    let (mut receiver, mut line, mut account) = (None, None, None);
    let mut blanks = false;
    let mut end = None;
    for (i, byte) in header.iter().enumerate() {
        let kind = KIND.get(usize::from(*byte)).copied().unwrap_or(OTHER);
        if kind == VALUE && stage != 0 {
            continue;
        }
        match kind {
            BLANK => blanks = true,
            RECEIVER..=OPEN if kind > stage => {
                let value = || value(header, from, i, blanks);
                match stage {
                    RECEIVER => {
                        let text = value().and_then(|v| ReceiverNumber::new(v).ok());
                        receiver = Some(text.ok_or(expected(from, "receiver"))?);
                    }
                    LINE => {
                        let text = value().and_then(|v| LineNumber::new(v).ok());
                        line = Some(text.ok_or(expected(from, "line"))?);
                    }
                    ACCOUNT => match value() {
                        Some("") => {}
                        text => {
                            let text = text.and_then(|v| AccountId::new(v).ok());
                            account = Some(text.ok_or(expected(from, "account"))?);
                        }
                    },
                    _ => {}
                }
                if kind == OPEN {
                    end = Some(i + 1);
                    break;
                }
                (stage, from) = (kind, i + 1);
            }
            // A letter inside of a later field's value (`L0R0A0`, PYS); what stands before any letter is no field (`None`,
            // PYS #88).
            RECEIVER | LINE if stage != 0 => {}
            _ => return Err(expected(i, "receiver, line or account")),
        }
    }
    let Some(taken) = end else {
        return Err(expected(header.len(), "["));
    };
    if blanks {
        quirks.note(Quirk::Blanks);
    }
    match (line.map(LineNumber::as_str), account.map(AccountId::as_str)) {
        (None, _) => quirks.note(Quirk::NoLine),
        (Some(""), _) => quirks.note(Quirk::EmptyLine),
        (Some(line), Some(account)) if line.len() >= 3 && line == account => {
            quirks.note(Quirk::LineIsAccount)
        }
        _ => {}
    }
    Ok(Numbers {
        receiver,
        line,
        account,
        taken,
    })
}

/// Every character that a value may have, in its order: a text of one character is cut out here, without a look whether
/// it is text.
const GRAPHIC: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

/// The header of nearly every panel in one go: an `L` of one character and an account of four, which are no letters of
/// fields.
#[inline(always)]
pub(super) fn usual(header: &[u8]) -> Option<Numbers<'_>> {
    let [b'L', line, b'#', a, b, c, d, b'['] = *header.first_chunk::<8>()? else {
        return None;
    };
    let kinds =
        [line, a, b, c, d].map(|byte| KIND.get(usize::from(byte)).copied().unwrap_or(OTHER));
    if kinds.iter().fold(VALUE, |any, kind| any | kind) != VALUE {
        return None;
    }
    let at = usize::from(line - b'!');
    Some(Numbers {
        receiver: None,
        line: LineNumber::new(GRAPHIC.get(at..=at)?).ok(),
        account: AccountId::new(str::from_utf8(header.get(3..7)?).ok()?).ok(),
        taken: 8,
    })
}

/// The text of a header field without the blanks around it (quirk 33).
#[inline(always)]
fn value(header: &[u8], from: usize, to: usize, blanks: bool) -> Option<&str> {
    let text = header.get(from..to)?;
    str::from_utf8(if blanks { text.trim_ascii() } else { text }).ok()
}
