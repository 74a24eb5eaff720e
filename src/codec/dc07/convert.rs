use core::str;

use arrayvec::ArrayVec;

use super::{Body, Frame, Kind, LONGEST, NAME, Settings};
use crate::{
    codec::{
        Quirk, Quirks,
        bosch6500::{code_text, link_test},
        columns::{CidDigits, Cut, columns, lettered},
        dc03::{self, secret},
    },
    event::{self, AlarmEvent, EventCode, Qualifier},
    types::AccountId,
};

/// Code of a caller's number.
const CALLER: &str = "CALLER";

impl Frame<'_> {
    /// Hands out the events, in order and never none (an empty body is one of class test), each with the data that would
    /// carry it alone. Says what was odd in the body.
    pub fn events(
        &self,
        settings: &Settings<'_>,
        each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
    ) -> Quirks {
        let data = self.data();
        match self.body {
            Body::Event { account, block } => {
                block_events(self.kind, account, block, data, settings, each)
            }
            Body::Empty => {
                each(&link_test(NAME, "NULL"), data);
                Quirks::NONE
            }
            Body::Command(_) => {
                event::raw(NAME, data, |event| {
                    let mut event = *event;
                    event.lane = event.class.lane();
                    each(&event, data);
                });
                Quirks::NONE
            }
            Body::Undefined(text) | Body::Open(text) => {
                event::raw(NAME, text, |event| each(event, data));
                Quirks::NONE
            }
        }
    }
}

/// What a block is, by the frame's type where that says it, else by its own look.
fn block_events(
    kind: Kind,
    account: AccountId<'_>,
    block: &[u8],
    data: &[u8],
    settings: &Settings<'_>,
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) -> Quirks {
    let mut alone = |event: &AlarmEvent<'_>| {
        let mut event = *event;
        event.account = event.account.or(Some(account));
        each(&event, data);
    };
    // Without format letters (menu 2.5.17) a receiver has TAB for Contact ID, too (inferred).
    if matches!(kind, Kind::CONTACT_ID | Kind::PLAIN)
        && let Some((digits, odd)) = contact_id_of(block)
    {
        return digits.event(&mut alone).union(odd);
    }
    if is_packet(block) {
        // `Nri1BA005`: no slash behind the area is the manual's own way.
        return packets(account, block, data, each).without(Quirk::NoSlash);
    }
    if let Some((field, number)) = field_of(block) {
        let meaning = settings.fields.get(field);
        alone(&lettered(NAME, code_text(&field), meaning, number));
    } else if kind == CALLER_KIND && is_caller(block) {
        let code = EventCode::Raw {
            protocol: NAME,
            text: CALLER,
        };
        let mut event = AlarmEvent::new(code, Qualifier::New);
        event.text = Some(block.trim_ascii());
        alone(&event);
    } else if secret::looks_secret(block) {
        let mut shown = ArrayVec::<u8, LONGEST>::new();
        secret::show_payload(block, &mut |bytes| {
            let rest = shown.remaining_capacity().min(bytes.len());
            let _fits = shown.try_extend_from_slice(bytes.get(..rest).unwrap_or_default());
        });
        event::raw(NAME, &shown, alone);
    } else {
        event::raw(NAME, block, alone);
    }
    Quirks::NONE
}

/// The letter of caller identification in 6500 mode, taken for that of this mode as well (inferred).
const CALLER_KIND: Kind = match Kind::new(b'e') {
    Some(kind) => kind,
    None => Kind::PLAIN,
};

/// A telephone number, or blanks.
fn is_caller(block: &[u8]) -> bool {
    let number = block.trim_ascii();
    number.len() >= 3
        && number
            .iter()
            .all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b' '))
}

/// `18QXYZGGCCC`; Q as digit or letter, as in 6500 mode.
fn contact_id_of(block: &[u8]) -> Option<(CidDigits<'_>, Quirks)> {
    let mark = block.get(..2)?;
    if !matches!(mark, b"18" | b"98" | b"58") {
        return None;
    }
    let event = Cut {
        bytes: block.get(2..)?,
        at: 0,
    };
    columns(event, 9).ok()?;
    let (digits, odd) = CidDigits::read(event).ok()?;
    Some((digits, odd.without(Quirk::DigitQualifier)))
}

/// Whether a block is one of SIA's, told by its function letter and a code or modifier behind it.
fn is_packet(block: &[u8]) -> bool {
    match block {
        // Manual-mode messages and rejected data of the 1990 edition; `A` text, and further accounts.
        [b'*' | b'R' | b'#', ..] => true,
        [b'N' | b'O', next, ..] => next.is_ascii_alphabetic() || *next == b'/',
        _ => false,
    }
}

/// A two-character event field and a zone, as in 6500 mode: what a receiver prints of basic formats (inferred from one
/// printed example).
fn field_of(block: &[u8]) -> Option<([u8; 2], &str)> {
    let (field, number) = block.split_first_chunk::<2>()?;
    let letter = |b: u8| b.is_ascii_uppercase();
    if !matches!(*field, [b' ', last] if letter(last))
        && !matches!(*field, [first, b' '] if letter(first))
    {
        return None;
    }
    let number = number.trim_ascii();
    if number.len() > 4 || !number.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    Some((*field, str::from_utf8(number).ok()?))
}

fn packets(
    account: AccountId<'_>,
    block: &[u8],
    data: &[u8],
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) -> Quirks {
    let head = data
        .get(..data.len().saturating_sub(block.len()))
        .unwrap_or_default();
    dc03::events(block, &mut |event, own| {
        let mut event = *event;
        event.account = event.account.or(Some(account));
        let mut alone = ArrayVec::<u8, LONGEST>::new();
        let fits = own != block
            && [head, own]
                .iter()
                .all(|part| alone.try_extend_from_slice(part).is_ok());
        // What does not fit can't have been part of a frame; the whole data is never wrong.
        each(&event, if fits { &alone } else { data });
    })
}

/// The events of a signal, whose data is what stood between the brackets.
pub(super) fn of_data(
    kind: Kind,
    account: Option<AccountId<'_>>,
    data: &[u8],
    settings: &Settings<'_>,
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) {
    let block = data
        .strip_prefix(b"#")
        .and_then(|inner| inner.iter().position(|b| *b == b'|'))
        .and_then(|bar| data.get(bar + 2..));
    match (account, block) {
        (Some(account), Some(block)) => {
            block_events(kind, account, block, data, settings, each);
        }
        _ => event::raw(NAME, data, |event| {
            let mut event = *event;
            event.account = account;
            each(&event, data);
        }),
    }
}
