//! What a receiver that insists on a form refuses.

use super::{
    profile::{Counting, Expects, Profile},
    style::{LengthForm, LineForm, Tail},
    time::read_time,
    types::{Content, CrcForm, Frame, Token},
};
use crate::codec::Quirk;

/// Why a good frame is not in the form of a profile. What the texts leave open is no fault: the length of the pad, a
/// missing `|`, lower-case digits, an account in the data that differs from the header's, the time window. Nor is what
/// stands in an event's body: nothing in it changes the answer (dc09.md 12.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Fault {
    /// The check value is written or computed in another way.
    #[error("the check value is {}", .0.as_str())]
    Crc(CrcForm),
    /// The length field is wrong.
    #[error("the length is wrong")]
    Length,
    /// No LF in front.
    #[error("no LF in front")]
    MissingLf,
    /// NUL or a line end behind CR.
    #[error("something behind CR")]
    Trailing,
    /// Blanks around the numbers of the header.
    #[error("blanks in the header")]
    Blanks,
    /// The receiver number is not 1 to 6 hexadecimal digits.
    #[error("the receiver number is not 1 to 6 hex digits")]
    Receiver,
    /// The line is missing, empty, or not 1 to 6 hexadecimal digits.
    #[error("the line is not 1 to 6 hex digits")]
    Line,
    /// The header's account is missing or not 1 to 16 hexadecimal digits (the annex of 2007 uses fewer than 3).
    #[error("the account is not 1 to 16 hex digits")]
    Account,
    /// 0000 in an event, or anything else in NULL.
    #[error("0000 is for NULL and only for NULL")]
    Sequence,
    /// NULL holds data.
    #[error("NULL with data")]
    NullData,
    /// A bracket that is never closed, or text outside of brackets.
    #[error("text outside of brackets")]
    Brackets,
    /// The letter of an extended field is none of A to Z.
    #[error("an extended field without a letter A to Z")]
    Letter,
    /// Data beside ASCII; extended fields may hold text in other letters.
    #[error("data beside ASCII")]
    Ascii,
    /// The data of an event do not begin with `#`, an account and `|`.
    #[error("no account block in the data")]
    DataAccount,
    /// A timestamp in clear that tells no time.
    #[error("a timestamp that tells no time")]
    Time,
}

impl Fault {
    /// Every fault, the form of the check value apart.
    pub const ALL: &[Self] = &[
        Self::Length,
        Self::MissingLf,
        Self::Trailing,
        Self::Blanks,
        Self::Receiver,
        Self::Line,
        Self::Account,
        Self::Sequence,
        Self::NullData,
        Self::Brackets,
        Self::Letter,
        Self::Ascii,
        Self::DataAccount,
        Self::Time,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crc(_) => "crc_form",
            Self::Length => "length",
            Self::MissingLf => "missing_lf",
            Self::Trailing => "trailing",
            Self::Blanks => "blanks",
            Self::Receiver => "receiver",
            Self::Line => "line",
            Self::Account => "account",
            Self::Sequence => "sequence",
            Self::NullData => "null_data",
            Self::Brackets => "brackets",
            Self::Letter => "letter",
            Self::Ascii => "ascii",
            Self::DataAccount => "data_account",
            Self::Time => "time",
        }
    }
}

fn digits(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl Profile {
    /// Why a receiver with this profile refuses a frame, `None` when it takes it: always where it
    /// [expects anything](Expects::Anything), else when the rules forbid what the frame does and a panel of this profile
    /// does not do it either.
    #[must_use]
    pub fn fault(&self, frame: &Frame<'_>, content: &Content<'_>) -> Option<Fault> {
        match self.expects {
            Expects::Anything => None,
            Expects::Form => self
                .header_fault(frame)
                .or_else(|| self.body_fault(frame, content)),
        }
    }

    fn header_fault(&self, frame: &Frame<'_>) -> Option<Fault> {
        let has = |quirk| frame.quirks.has(quirk);
        // The misprinted entry of the table is used by some frames only.
        let same = match (self.crc, frame.crc) {
            (CrcForm::Dc07Table { binary: true }, CrcForm::Binary)
            | (CrcForm::Dc07Table { binary: false }, CrcForm::Hex) => true,
            (own, form) => own == form,
        };
        if !same {
            return Some(Fault::Crc(frame.crc));
        }
        if !frame.length_ok && self.length == LengthForm::Right {
            return Some(Fault::Length);
        }
        if has(Quirk::MissingLf) && self.lf {
            return Some(Fault::MissingLf);
        }
        if has(Quirk::TrailingNul) && self.tail == Tail::None {
            return Some(Fault::Trailing);
        }
        if self.lenient {
            return None;
        }
        if has(Quirk::Blanks) {
            return Some(Fault::Blanks);
        }
        if frame.receiver.is_some_and(|r| !digits(r.as_str(), 6)) {
            return Some(Fault::Receiver);
        }
        let line = match frame.line {
            None => self.line == LineForm::Absent,
            Some(line) if line.as_str().is_empty() => self.line == LineForm::Bare,
            Some(line) => digits(line.as_str(), 6),
        };
        if !line {
            return Some(Fault::Line);
        }
        let account = frame
            .account
            .map_or(!self.header_account, |account| digits(account.as_str(), 16));
        if !account {
            return Some(Fault::Account);
        }
        let sequence = match frame.token {
            Token::Null if self.null_sequence == Counting::Zero => frame.sequence.value() == 0,
            Token::Event(_) if self.sequence == Counting::Running => frame.sequence.value() != 0,
            _ => true,
        };
        (!sequence).then_some(Fault::Sequence)
    }

    fn body_fault(&self, frame: &Frame<'_>, content: &Content<'_>) -> Option<Fault> {
        if frame.quirks.has(Quirk::Brackets) {
            return Some(Fault::Brackets);
        }
        if frame.token == Token::Null && !content.data.is_empty() {
            return Some(Fault::NullData);
        }
        if content
            .extended
            .iter()
            .any(|field| !field.letter.is_ascii_uppercase())
        {
            return Some(Fault::Letter);
        }
        if !content.data.is_ascii() {
            return Some(Fault::Ascii);
        }
        let block = content.data.starts_with(b"#")
            && content
                .data_account()
                .is_some_and(|block| !block.is_empty());
        if matches!(frame.token, Token::Event(_)) && !block {
            return Some(Fault::DataAccount);
        }
        // In an encrypted frame a wrong time is answered by NAK, which tells the right one.
        let untimely = content
            .timestamp
            .is_some_and(|time| read_time(time).is_none());
        (untimely && !frame.encrypted).then_some(Fault::Time)
    }
}
