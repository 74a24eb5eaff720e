//! How a message is written, where peers differ.

use super::types::CrcForm;

/// What a length field says.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum LengthForm {
    /// The number of bytes, in hexadecimal.
    #[default]
    Right,
    /// The number of bytes in decimal digits (quirk 4), so that it is wrong from ten on; 999 at most.
    Decimal,
}

/// How the line stands in a header.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum LineForm {
    /// `L` with its number.
    #[default]
    Value,
    /// `L` alone (quirk 5).
    Bare,
    /// Not at all (quirk 6).
    Absent,
}

/// What follows the CR of a frame.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Tail {
    /// Nothing.
    #[default]
    None,
    /// NUL (quirk 8).
    Nul,
    /// CR LF (quirk 8).
    CrLf,
}

impl Tail {
    pub(super) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::Nul => b"\0",
            Self::CrLf => b"\r\n",
        }
    }
}

/// How a message is written; [`super::Profile::style`] makes one for a peer's habits.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Style<'a> {
    /// The form of CRC and, for [`CrcForm::HexOverCr`], length.
    pub crc: CrcForm,
    /// Lower-case hexadecimal digits in CRC, length and ciphertext.
    pub lower: bool,
    /// 1 to 16 pad bytes (2013) rather than 16 to 31: for old panels that expect no more.
    pub short_pad: bool,
    /// Whether `|` ends the pad also where there is no data; some panels want none (dossier 7).
    pub pipe: bool,
    /// These pad bytes and no random ones; they must fill the text to whole blocks.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_bytes")
    )]
    pub pad: Option<&'a [u8]>,
    /// Writes header fields as they come, as panels with habits do: any sequence, any characters, absent fields absent.
    pub lenient: bool,
    /// What the length field says.
    pub length: LengthForm,
    /// How the line is written, whatever the message says.
    pub line: LineForm,
    /// Whether the account stands in the header.
    pub header_account: bool,
    /// Whether an event may have the sequence 0000.
    pub zero_sequence: bool,
    /// Whether LF begins the frame; a binary check value needs it.
    pub lf: bool,
    /// What follows the CR.
    pub tail: Tail,
    /// A block of PKCS#7 behind the timestamp of an encrypted message (quirk 36).
    pub pkcs7: bool,
}

impl Default for Style<'_> {
    fn default() -> Self {
        Self {
            crc: CrcForm::Hex,
            lower: false,
            short_pad: false,
            pipe: true,
            pad: None,
            lenient: false,
            length: LengthForm::Right,
            line: LineForm::Value,
            header_account: true,
            zero_sequence: false,
            lf: true,
            tail: Tail::None,
            pkcs7: false,
        }
    }
}
