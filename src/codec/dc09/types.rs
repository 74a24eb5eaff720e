use core::{fmt, str};

use crate::{
    codec::{Quirks, dc03::secret, printable},
    types::{AccountId, LineNumber, ReceiverNumber, Sequence, Timestamp},
};

/// The most bytes of one frame: LF, CRC, 0LLL with LLL 4095, the body, CR.
pub const LONGEST_FRAME: usize = 4105;
/// The most bytes between the header and CR: the length field has three digits (DC-09, message length).
pub const LONGEST_BODY: usize = 4095;

macro_rules! event_tokens {
    ($($(#[$doc:meta])* $name:ident $text:literal)*) => {
        /// The kind of body of an event frame (DC-07's table; annex H of the 2026 text).
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum EventToken {
            $($(#[$doc])* $name,)*
        }

        impl EventToken {
            /// Every token of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As it stands in the quotes, without a star.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            pub(super) const fn from_bytes(token: &[u8]) -> Option<Self> {
                match token {
                    $(x if same(x, $text.as_bytes()) => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let (mut a, mut b) = (a, b);
    while let ([x, more_a @ ..], [y, more_b @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        (a, b) = (more_a, more_b);
    }
    true
}

event_tokens! {
    /// Ademco Contact ID (DC-05).
    AdmCid "ADM-CID"
    /// SIA DC-03.
    SiaDcs "SIA-DCS"
    /// Generic pulse codes.
    SiaPul "SIA-PUL"
    /// SIA 2000 (DC-04).
    SiaS2k "SIA-S2K"
    /// Ademco 4-1 Express.
    Adm41e "ADM-41E"
    /// Ademco 4-2 Express.
    Adm42e "ADM-42E"
    /// Ademco High Speed.
    AdmHs "ADM-HS"
    /// Acron Super Fast.
    AcrSf "ACR-SF"
    /// DSC 4-3.
    Dsc43 "DSC-43"
    /// FBI Super Fast.
    FbiSf "FBI-SF"
    /// ITI Standard.
    ItiI "ITI-I"
    /// Scancom 4/5/6-8-1.
    ScnS8 "SCN-S8"
    /// Scancom 4/5/6-16-1.
    ScnS16 "SCN-S16"
    /// Scancom 4/5/6-24-1.
    ScnS24 "SCN-S24"
    /// Scantronics.
    Sct "SCT"
    /// Sescoa Super Speed.
    SesSs "SES-SS"
    /// Silent Knight FSK1.
    SkFsk1 "SK-FSK1"
    /// Silent Knight FSK2.
    SkFsk2 "SK-FSK2"
}

/// The id token of a frame, without the star of an encrypted one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Token<'a> {
    /// Supervision: the panel lives.
    Null,
    /// Supervision with extended fields.
    Xnm,
    /// The receiver has it.
    Ack,
    /// The receiver refuses the time of sending.
    Nak,
    /// The receiver can't process it, and it must not be repeated.
    Duh,
    /// An answer in place of ACK that carries something for the panel.
    Rsp,
    /// An event in one of the table's formats.
    Event(EventToken),
    /// A token of a maker (`VIS-BBA`), 1 to 32 printable characters.
    Private(&'a str),
}

impl<'a> Token<'a> {
    /// The token with that name; one that is not in the table is private. A star in front is not part of it.
    ///
    /// `None` when it is empty, longer than 32 characters, or holds a quote or what is not printable ASCII.
    #[must_use]
    pub fn new(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let fits = matches!(bytes.len(), 1..=32)
            && bytes.iter().all(|b| b.is_ascii_graphic() && *b != b'"');
        if !fits || bytes.first() == Some(&b'*') {
            return None;
        }
        Some(Self::known(bytes).unwrap_or(Token::Private(text)))
    }

    pub(super) const fn known(token: &[u8]) -> Option<Self> {
        match token {
            b"NULL" => Some(Self::Null),
            b"ACK" => Some(Self::Ack),
            b"NAK" => Some(Self::Nak),
            b"DUH" => Some(Self::Duh),
            b"RSP" => Some(Self::Rsp),
            b"XNM" => Some(Self::Xnm),
            _ => match EventToken::from_bytes(token) {
                Some(event) => Some(Self::Event(event)),
                None => None,
            },
        }
    }

    /// As it stands in the quotes, without a star.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        match self {
            Self::Null => "NULL",
            Self::Xnm => "XNM",
            Self::Ack => "ACK",
            Self::Nak => "NAK",
            Self::Duh => "DUH",
            Self::Rsp => "RSP",
            Self::Event(event) => event.as_str(),
            Self::Private(text) => text,
        }
    }

    /// Whether a panel sends it to a receiver: NULL, XNM, events and private tokens.
    #[must_use]
    pub const fn is_request(self) -> bool {
        matches!(
            self,
            Self::Null | Self::Xnm | Self::Event(_) | Self::Private(_)
        )
    }
}

impl Token<'_> {
    /// Whether its data are DC-03 blocks, some of which hold passcodes: events of SIA, and what a receiver says to a panel.
    pub(super) const fn carries_blocks(self) -> bool {
        matches!(self, Self::Event(EventToken::SiaDcs) | Self::Rsp)
    }
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How the check value was written and computed.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CrcForm {
    /// Four hexadecimal digits over the body.
    #[default]
    Hex,
    /// Two raw bytes, the higher first.
    Binary,
    /// Hexadecimal, over body and CR; the length counts CR too (Eldes).
    HexOverCr,
    /// Computed with the misprinted table of old copies of DC-07, in either form of writing; the second word says
    /// whether that was binary.
    Dc07Table {
        /// Two raw bytes rather than four digits.
        binary: bool,
    },
}

impl CrcForm {
    /// Its name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Binary => "binary",
            Self::HexOverCr => "hex_over_cr",
            Self::Dc07Table { .. } => "dc07_table",
        }
    }

    /// Whether it stands as two raw bytes, which an answer does likewise.
    #[must_use]
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Binary | Self::Dc07Table { binary: true })
    }
}

/// One frame with a right check value, borrowed from the receive buffer.
#[derive(Clone, Copy, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Frame<'a> {
    /// How the check value fits.
    pub crc: CrcForm,
    /// Whether the length field fits too; where not, the check value decided (quirk 4).
    pub length_ok: bool,
    /// The id token.
    pub token: Token<'a>,
    /// Whether it had a star.
    pub encrypted: bool,
    /// 0000 to 9999.
    pub sequence: Sequence,
    /// Without `R`; `None` when absent, which an answer keeps so.
    pub receiver: Option<ReceiverNumber<'a>>,
    /// Without `L`; may be empty (quirk 5) or absent (quirk 6).
    pub line: Option<LineNumber<'a>>,
    /// Without `#`.
    pub account: Option<AccountId<'a>>,
    /// What stands from the first bracket on.
    pub body: Body<'a>,
    /// Oddities of header and frame; [`super::content_quirks`] adds those of the body.
    pub quirks: Quirks,
    /// The frame as received, from LF to CR.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub raw: &'a [u8],
}

/// The part of a frame behind the header.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Body<'a> {
    /// To be read at once.
    Clear(Content<'a>),
    /// Hexadecimal digits, not yet looked at.
    Encrypted(
        #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
        &'a [u8],
    ),
}

/// Data, extended fields and timestamp, in clear.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Content<'a> {
    /// Between the first brackets.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub data: &'a [u8],
    /// The extended data fields.
    pub extended: Extended<'a>,
    /// As sent, without `_`.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_bytes")
    )]
    pub timestamp: Option<&'a [u8]>,
    /// The pad in front of the data of an encrypted frame; empty in a clear one.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub pad: &'a [u8],
    /// Whether `|` ended the pad; true in a clear frame.
    pub pipe: bool,
}

impl<'a> Content<'a> {
    /// Data in clear, and nothing else.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            extended: Extended::new(&[]),
            timestamp: None,
            pad: &[],
            pipe: true,
        }
    }

    /// Splits the data at its account block: what stands before the first `|`, if it starts with `#`, is all
    /// hexadecimal digits or is empty (DC-09 data; dossier 4.1).
    fn split(&self) -> (Option<&'a [u8]>, &'a [u8]) {
        let Some(bar) = self.data.iter().position(|b| *b == b'|') else {
            return (None, self.data);
        };
        match (self.data.get(..bar), self.data.get(bar + 1..)) {
            (Some([b'#', block @ ..]), Some(payload)) => (Some(block), payload),
            (Some(block), Some(payload)) if block.iter().all(u8::is_ascii_hexdigit) => {
                (Some(block), payload)
            }
            _ => (None, self.data),
        }
    }

    /// The account block at the head of the data, without `#`; may be empty.
    #[must_use]
    pub fn data_account(&self) -> Option<&'a [u8]> {
        self.split().0
    }

    /// The data account as an account, where there is a usable one.
    #[must_use]
    pub fn account(&self) -> Option<AccountId<'a>> {
        AccountId::new(str::from_utf8(self.data_account()?).ok()?).ok()
    }

    /// The data behind the account block.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.split().1
    }

    /// The time of sending, where there is a well-formed and possible one.
    #[must_use]
    pub fn sent(&self) -> Option<Timestamp> {
        super::read_time(self.timestamp?)
    }
}

/// One extended data field, or one to be written.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Field<'a> {
    /// What it is; A to Z by rule, anything as received; 0 for an empty field.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    pub letter: u8,
    /// Never decoded here: see [`crate::event::decode_text`].
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub value: &'a [u8],
}

/// The extended data fields as they stand, brackets included.
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
pub struct Extended<'a>(&'a [u8]);

impl<'a> Extended<'a> {
    /// Takes fields as they stand, `[…][…]`; what is outside of brackets is not seen again.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// As they stand.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The fields in their order; a letter may repeat.
    pub fn iter(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.0
            .split(|b| *b == b']')
            .filter_map(|piece| match piece {
                [b'[', letter, value @ ..] => Some(Field {
                    letter: *letter,
                    value,
                }),
                [b'['] => Some(Field {
                    letter: 0,
                    value: &[],
                }),
                _ => None,
            })
    }

    /// The value of the first field with that letter.
    #[must_use]
    pub fn find(&self, letter: u8) -> Option<&'a [u8]> {
        self.iter()
            .find(|field| field.letter == letter)
            .map(|field| field.value)
    }
}

/// Passcodes of blocks stand as `***`, and of the bytes as received only how many there are.
impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("crc", &self.crc)
            .field("length_ok", &self.length_ok)
            .field("token", &self.token)
            .field("encrypted", &self.encrypted)
            .field("sequence", &self.sequence)
            .field("receiver", &self.receiver)
            .field("line", &self.line)
            .field("account", &self.account)
            .field("body", &self.body)
            .field("quirks", &self.quirks)
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .finish()
    }
}

/// Passcodes of blocks stand as `***`.
impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("data", &secret::shown(self.data))
            .field("extended", &self.extended)
            .field("timestamp", &self.timestamp.map(printable))
            .field("pad", &format_args!("{} bytes", self.pad.len()))
            .field("pipe", &self.pipe)
            .finish()
    }
}

/// Keys (`K`) and programming (`P`), which may hold passcodes, stand as `***`.
impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = printable(&[self.letter]);
        if matches!(self.letter, b'K' | b'P') {
            return write!(f, "[{letter}***]");
        }
        write!(f, "[{letter}{}]", printable(self.value))
    }
}

impl fmt::Debug for Extended<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_or_private_and_never_carries_a_star() {
        for token in EventToken::ALL {
            assert_eq!(Token::new(token.as_str()), Some(Token::Event(*token)));
        }
        assert_eq!(Token::new("XNM"), Some(Token::Xnm));
        assert_eq!(Token::new("VIS-BBA"), Some(Token::Private("VIS-BBA")));
        assert_eq!(Token::new("adm-cid"), Some(Token::Private("adm-cid")));
        assert!(
            Token::new("*NULL").is_none()
                && Token::new("").is_none()
                && Token::new("A\"B").is_none()
        );
    }

    #[test]
    fn neither_passcodes_nor_keys_are_printed() {
        let content = Content {
            extended: Extended::new(b"[K47114711][P4711][IHall]"),
            timestamp: Some(b"12:00:00,01-31-2026"),
            ..Content::new(b"#1234|NBA1|PUC1*4711|?4711")
        };
        let text = std::format!("{content:?}");
        assert!(!text.contains("4711") && text.contains("NBA1") && text.contains("IHall"));
    }

    #[test]
    fn the_account_block_is_what_looks_like_one() {
        let of = |data: &'static str| {
            let content = Content {
                data: data.as_bytes(),
                ..Content::default()
            };
            (
                content.data_account().map(|a| str::from_utf8(a).unwrap()),
                str::from_utf8(content.payload()).unwrap(),
            )
        };
        assert_eq!(of("#1234|NBA1"), (Some("1234"), "NBA1"));
        assert_eq!(of("12345A|NFA129"), (Some("12345A"), "NFA129"));
        assert_eq!(of("|Nri1/CL501"), (Some(""), "Nri1/CL501"));
        assert_eq!(of("Nri1/WA000"), (None, "Nri1/WA000"));
        assert_eq!(of("NRR|Atest"), (None, "NRR|Atest"));
        assert_eq!(of("#1234|NRR|Atest"), (Some("1234"), "NRR|Atest"));
    }

    #[test]
    fn extended_fields_keep_their_order_and_unknown_letters() {
        let extended = Extended::new(b"[X1][$P2][][X3]");
        let fields: Vec<_> = extended.iter().map(|f| (f.letter, f.value)).collect();
        assert_eq!(
            fields,
            [(b'X', &b"1"[..]), (b'$', b"P2"), (0, b""), (b'X', b"3")]
        );
        assert_eq!(extended.find(b'X'), Some(&b"1"[..]));
        assert_eq!(extended.find(b'M'), None);
    }
}
