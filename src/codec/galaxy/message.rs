use core::fmt::Write as _;

use arrayvec::{ArrayString, ArrayVec};
use bytes::BytesMut;

use super::{Settings, text::in_text};
use crate::{
    EncodeError,
    codec::dc03::{Event, FskBlock, Function, Lengths, MOST_LONG, Modifier},
    types::AccountId,
};

/// How much a panel says (sia-dc03.md 4).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Level {
    /// 0: an account of 4 digits, and `NEVzzzz`.
    Zero,
    /// 1: an account of 6 digits.
    One,
    /// 2: time, area, user and module before the event: `Nti/ri/id/pi/EV`.
    Two,
    /// 3: a text block behind the event.
    #[default]
    Three,
    /// 4: remote control as well. What we write is that of level 3, and commands that come are kept and never executed.
    Four,
}

impl Level {
    /// The level with that number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Zero,
            1 => Self::One,
            2 => Self::Two,
            3 => Self::Three,
            4 => Self::Four,
            _ => return None,
        })
    }

    const fn account_digits(self) -> usize {
        match self {
            Self::Zero => 4,
            _ => 6,
        }
    }

    /// Whether time, area, user and module are told.
    #[must_use]
    pub fn has_modifiers(self) -> bool {
        self >= Self::Two
    }

    /// Whether text is told.
    #[must_use]
    pub fn has_text(self) -> bool {
        self >= Self::Three
    }
}

/// One event as a panel tells it: its blocks are account, event and text.
///
/// ```
/// use alarmwire::{AccountId, codec::{dc03::Event, galaxy::{Level, Message, Settings}}};
/// use bytes::BytesMut;
///
/// let mut message = Message::new(AccountId::new("012345")?, Event::new("BA", "1011")?);
/// message.time = Some("11:46");
/// message.text = Some(b"INTRUDER +");
/// let mut wire = BytesMut::new();
/// message.encode(&Settings::default(), &mut wire)?;
/// assert!(wire.starts_with(b"\x46#012345\x9B\x4ENti11:46/BA1011\xF7"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Message<'a> {
    /// The account: at most 4 digits at level 0, 6 at the others.
    pub account: AccountId<'a>,
    /// Reported before: an `O` block.
    pub old: bool,
    /// The code with its address.
    pub event: Event<'a>,
    /// `MM-DD-YY`; Galaxy panels send none.
    pub date: Option<&'a str>,
    /// `HH:MM` or `HH:MM:SS`.
    pub time: Option<&'a str>,
    /// The area, `ri`.
    pub area: Option<&'a str>,
    /// The user, `id`.
    pub user: Option<&'a str>,
    /// The module, `pi`.
    pub module: Option<&'a str>,
    /// The text; [`super::Text::write`] makes one of columns.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_bytes")
    )]
    pub text: Option<&'a [u8]>,
}

/// A block's function and data.
pub(crate) type BlockText = ArrayVec<u8, { MOST_LONG + 1 }>;

impl<'a> Message<'a> {
    /// A new event and nothing beside.
    #[must_use]
    pub const fn new(account: AccountId<'a>, event: Event<'a>) -> Self {
        Self {
            account,
            old: false,
            event,
            date: None,
            time: None,
            area: None,
            user: None,
            module: None,
            text: None,
        }
    }

    /// Appends its blocks, each asking for an answer. The end block is the session's: more messages may follow.
    ///
    /// # Errors
    /// When a field can't be written at this level; nothing is appended then.
    pub fn encode(&self, settings: &Settings, out: &mut BytesMut) -> Result<(), EncodeError> {
        let lengths = settings.lengths();
        let account = self.account_block(settings)?;
        let event = self.event_block(settings)?;
        let text = self.text_block(settings)?;
        let blocks = [Some(&account), Some(&event), text.as_ref()];
        for block in blocks.into_iter().flatten() {
            FskBlock::with_lengths(block, lengths)?.encode(out);
        }
        Ok(())
    }

    /// The account block's text.
    pub(crate) fn account_block(&self, settings: &Settings) -> Result<BlockText, EncodeError> {
        let account = self.account.as_str();
        let most = settings.level.account_digits();
        if account.len() > most {
            return Err(EncodeError::TooLong {
                field: "account",
                most,
            });
        }
        if !account.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(EncodeError::Field {
                field: "account",
                what: "anything but digits",
            });
        }
        collect(
            &[&[Function::ACCOUNT.as_byte()], account.as_bytes()],
            settings.lengths(),
        )
    }

    /// The event block's text.
    pub(crate) fn event_block(&self, settings: &Settings) -> Result<BlockText, EncodeError> {
        let function = if self.old {
            Function::OLD
        } else {
            Function::NEW
        };
        let mut text = ArrayString::<256>::new();
        let too_long = |_| EncodeError::TooLong {
            field: "data",
            most: settings.lengths().most(),
        };
        if settings.level.has_modifiers() {
            for (kind, value) in [
                ("da", self.date),
                ("ti", self.time),
                ("ri", self.area),
                ("id", self.user),
                ("pi", self.module),
            ] {
                if let Some(value) = value {
                    Modifier::new(kind, value)?;
                    write!(text, "{kind}{value}/").map_err(too_long)?;
                }
            }
        }
        let letters = self.event.letters();
        let address = self.event.address().as_bytes();
        collect(
            &[&[function.as_byte()], text.as_bytes(), &letters, address],
            settings.lengths(),
        )
    }

    /// The text block's text, at levels that have one.
    pub(crate) fn text_block(&self, settings: &Settings) -> Result<Option<BlockText>, EncodeError> {
        let Some(text) = self
            .text
            .filter(|text| settings.level.has_text() && !text.is_empty())
        else {
            return Ok(None);
        };
        if !text.iter().all(|byte| in_text(*byte)) {
            return Err(EncodeError::Field {
                field: "text",
                what: "anything but printable ASCII without [ ] | ^ /",
            });
        }
        collect(&[&[Function::TEXT.as_byte()], text], settings.lengths()).map(Some)
    }
}

fn collect(parts: &[&[u8]], lengths: Lengths) -> Result<BlockText, EncodeError> {
    let mut out = BlockText::new();
    let most = lengths.most();
    let fits = parts
        .iter()
        .all(|part| out.try_extend_from_slice(part).is_ok());
    if !fits || out.len() > most + 1 {
        return Err(EncodeError::TooLong {
            field: "data",
            most,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(message: &Message<'_>, level: Level) -> Result<Vec<String>, EncodeError> {
        let settings = Settings::default().with_level(level);
        let mut wire = BytesMut::new();
        message.encode(&settings, &mut wire)?;
        let mut rest = &wire[..];
        let mut seen = vec![];
        while let Some((block, taken)) = FskBlock::parse(rest).unwrap() {
            assert!(block.wants_acknowledge());
            seen.push(alloc::string::String::from_utf8_lossy(block.text()).into_owned());
            rest = &rest[taken..];
        }
        Ok(seen)
    }

    #[test]
    fn each_level_says_more() {
        let account = AccountId::new("1234").unwrap();
        let mut message = Message::new(account, Event::new("BA", "1011").unwrap());
        (message.time, message.area) = (Some("11:46"), Some("1"));
        (message.user, message.module) = (Some("001"), Some("010"));
        message.text = Some(b"INTRUDER +");
        for (level, blocks) in [
            (Level::Zero, &["#1234", "NBA1011"][..]),
            (Level::One, &["#1234", "NBA1011"]),
            (Level::Two, &["#1234", "Nti11:46/ri1/id001/pi010/BA1011"]),
            (
                Level::Three,
                &["#1234", "Nti11:46/ri1/id001/pi010/BA1011", "AINTRUDER +"],
            ),
        ] {
            assert_eq!(texts(&message, level).unwrap(), blocks, "{level:?}");
        }
        message.account = AccountId::new("012345").unwrap();
        assert!(texts(&message, Level::Zero).is_err());
        assert_eq!(texts(&message, Level::One).unwrap()[0], "#012345");
        message.text = Some(b"a/b");
        assert!(texts(&message, Level::Three).is_err());
    }
}
