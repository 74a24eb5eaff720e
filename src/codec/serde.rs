//! Serialisation of what the derived form would show badly: names instead of variants, text instead of numbers, and
//! no passcodes.

use ::serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeStruct as _,
};

use super::{Owned, Protocol, Signal, detect::Detection, registry};
use crate::{event::EventCode, types::Wire};

/// Checked by [`registry::event_code`], and borrowed from the input.
impl<'de: 'a, 'a> Deserialize<'de> for EventCode<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        registry::event_code(<&'a str>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// `protocol` by its name and `confidence`, 100 when it is certain; both are null when nothing is known.
impl Serialize for Detection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let confidence = match self {
            Self::Unknown => None,
            Self::Likely { confidence, .. } => Some(*confidence),
            Self::Certain { .. } => Some(100),
        };
        let mut all = serializer.serialize_struct("Detection", 3)?;
        all.serialize_field("protocol", &self.name())?;
        all.serialize_field("confidence", &confidence)?;
        all.serialize_field("certain", &self.is_certain())?;
        all.end()
    }
}

struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&Wire(self.0))
        } else {
            serializer.serialize_bytes(self.0)
        }
    }
}

/// The protocol by its name.
impl Serialize for Signal<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_struct("Signal", 14)?;
        all.serialize_field("protocol", self.protocol.name())?;
        all.serialize_field("token", &self.token)?;
        all.serialize_field("encrypted", &self.encrypted)?;
        all.serialize_field("sequence", &self.sequence)?;
        all.serialize_field("receiver", &self.receiver)?;
        all.serialize_field("line", &self.line)?;
        all.serialize_field("account", &self.account)?;
        all.serialize_field("data", &Bytes(self.data))?;
        all.serialize_field("extended", &Bytes(self.extended))?;
        all.serialize_field("sent", &self.sent)?;
        all.serialize_field("raw", &Bytes(self.raw))?;
        all.serialize_field("possible_repeat", &self.possible_repeat)?;
        all.serialize_field("remember_ciphertext", &self.remember_ciphertext)?;
        all.serialize_field("quirks", &self.quirks)?;
        all.end()
    }
}

/// The protocol by its name.
impl<P: Protocol> Serialize for Owned<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_struct("Owned", 3)?;
        all.serialize_field("protocol", self.protocol().name())?;
        all.serialize_field("bytes", &Bytes(self.bytes()))?;
        all.serialize_field("quirks", &self.quirks())?;
        all.end()
    }
}

#[cfg(feature = "contact-id")]
mod contact_id {
    use super::*;
    use crate::{
        codec::contact_id::{Digit, DtmfKey},
        types::wire,
    };

    /// Its character.
    impl Serialize for Digit {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            wire::letter(&self.as_byte(), serializer)
        }
    }

    impl<'de> Deserialize<'de> for Digit {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            wire::with_text(deserializer, "0 to 9 or B to F", |text| {
                let digit = match text.as_bytes() {
                    [byte] => Self::new(*byte),
                    _ => None,
                };
                digit.ok_or("a digit is 0 to 9 or B to F")
            })
        }
    }

    /// Its character.
    impl Serialize for DtmfKey {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            wire::letter(&self.as_byte(), serializer)
        }
    }

    impl<'de> Deserialize<'de> for DtmfKey {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            wire::with_text(deserializer, "0 to 9, *, #, A, B or C", |text| {
                let key = match text.as_bytes() {
                    [byte] => Self::new(*byte),
                    _ => None,
                };
                key.ok_or("a key is 0 to 9, *, #, A, B or C")
            })
        }
    }
}

#[cfg(feature = "dc03")]
mod dc03 {
    use alloc::string::ToString as _;

    use super::*;
    use crate::{
        codec::dc03::{Block, FskBlock, Function, Shown},
        types::wire,
    };

    /// Its character.
    impl Serialize for Function {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            wire::letter(&self.as_byte(), serializer)
        }
    }

    impl<'de> Deserialize<'de> for Function {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            wire::with_text(deserializer, "one character", |text| {
                match text.as_bytes() {
                    [byte] => Ok(Self::new(*byte)),
                    _ => Err("a function is one character"),
                }
            })
        }
    }

    /// Function and data as text, in which passcodes are not shown.
    impl Serialize for Block<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut all = serializer.serialize_struct("Block", 2)?;
            all.serialize_field("function", &self.function())?;
            all.serialize_field("text", &Shown(self.raw()).to_string())?;
            all.end()
        }
    }

    /// Function and data as text, in which passcodes are not shown.
    impl Serialize for FskBlock<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut all = serializer.serialize_struct("FskBlock", 4)?;
            all.serialize_field("function", &self.function())?;
            all.serialize_field("text", &Shown(self.text()).to_string())?;
            all.serialize_field("wants_acknowledge", &self.wants_acknowledge())?;
            all.serialize_field("reverse_channel", &self.reverse_channel())?;
            all.end()
        }
    }
}

#[cfg(feature = "dc09")]
mod dc09 {
    use super::*;
    use crate::{
        codec::dc09::{EventToken, Extended, Token},
        types::wire,
    };

    /// As it stands in the quotes.
    impl Serialize for Token<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self.as_str())
        }
    }

    impl<'de: 'a, 'a> Deserialize<'de> for Token<'a> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = <&'a str>::deserialize(deserializer)?;
            Self::new(text).ok_or_else(|| D::Error::custom("no token"))
        }
    }

    /// As it stands in the quotes.
    impl Serialize for EventToken {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self.as_str())
        }
    }

    impl<'de> Deserialize<'de> for EventToken {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            wire::with_text(deserializer, "an event token", |text| {
                match Token::new(text) {
                    Some(Token::Event(token)) => Ok(token),
                    _ => Err("not one of the table's event tokens"),
                }
            })
        }
    }

    /// A list of fields.
    impl Serialize for Extended<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(self.iter())
        }
    }
}

#[cfg(feature = "pulse")]
mod pulse {
    use super::*;
    use crate::{codec::pulse::Format, types::wire};

    /// Its name.
    impl Serialize for Format {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(self.name())
        }
    }

    impl<'de> Deserialize<'de> for Format {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            wire::with_text(deserializer, "the name of a format", |name| {
                Self::from_name(name).ok_or("no format has that name")
            })
        }
    }
}
