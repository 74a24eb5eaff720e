use core::{fmt, str};

use arrayvec::ArrayVec;
use bytes::{BufMut as _, BytesMut};

use super::{
    Ambiguity, EventDigits, Format, Parity, Rounds,
    channels::{ChannelTable, Channels},
};
use crate::{
    AccountId, EncodeError,
    codec::contact_id::{Digit, checksum},
};

/// What a line has to be told before its digits can be read.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Settings<'t> {
    /// Whether pulse formats carry a parity digit; `None`: nobody said, so that what could be either is read without
    /// and noted as an [`Ambiguity`].
    pub parity: Option<Parity>,
    /// What event digits mean.
    pub events: &'t EventDigits,
    /// What channels mean.
    pub channels: &'t ChannelTable,
}

impl<'t> Settings<'t> {
    /// Nothing is known of the line.
    pub const DEFAULT: Settings<'static> = Settings {
        parity: None,
        events: &EventDigits::DEFAULT,
        channels: &ChannelTable::DEFAULT,
    };

    /// The same with a word on parity.
    #[must_use]
    pub const fn parity(self, parity: Parity) -> Self {
        Self {
            parity: Some(parity),
            ..self
        }
    }

    /// The same with a table of event digits.
    #[must_use]
    pub const fn events(self, events: &'t EventDigits) -> Self {
        Self { events, ..self }
    }

    /// The same with a table of channels.
    #[must_use]
    pub const fn channels(self, channels: &'t ChannelTable) -> Self {
        Self { channels, ..self }
    }
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The most digits of one round: Super Fast with 24 channels and a check digit.
pub(super) const ROUND: usize = 30;

/// One report: who, and what happened, in digits of Contact ID ([`Digit`]: there is no `A`, and 0 counts ten).
///
/// A value that exists can be sent: its account and body have the widths of its format, and its check digit fits unless
/// the line was set to believe any.
///
/// ```
/// use alarmwire::codec::pulse::{Format, Frame, Settings};
///
/// let frame = Frame::read(b"123427899", &Settings::DEFAULT)?;
/// assert_eq!((frame.format(), frame.account().as_str()), (Format::ExpressTwo, "1234"));
/// assert_eq!(Frame::new(Format::ExpressTwo, "1234", "89")?, frame);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Frame {
    pub(super) format: Format,
    /// Account and body, in upper case.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub(super) digits: ArrayVec<u8, ROUND>,
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    pub(super) check: Option<u8>,
    pub(super) rounds: Rounds,
    pub(super) ambiguity: Option<Ambiguity>,
}

impl Frame {
    /// A report of an own making, sent once, with a check digit where the format can have one and is no pulse format.
    /// `body` is the event digit, event and zone, or the channels and the status digit.
    ///
    /// # Errors
    /// When account or body have another width (nothing is cut or padded: that would merge customers), or hold something
    /// that is no digit.
    pub fn new(format: Format, account: &str, body: &str) -> Result<Self, EncodeError> {
        let account = field("account", account, format.account_digits())?;
        let body = field("event", body, format.body_digits())?;
        let mut frame = Self {
            format,
            digits: account.chain(body).collect(),
            check: None,
            rounds: Rounds::One,
            ambiguity: None,
        };
        if !format.is_pulse() {
            frame.check = Some(frame.checksum());
        }
        Ok(frame)
    }

    /// The same with or without its check or parity digit (modulo 15), where the format leaves a choice.
    #[must_use]
    pub fn checked(mut self, checked: bool) -> Self {
        let checked = (checked && self.format.may_check()) || self.format.needs_check();
        self.check = checked.then(|| self.checksum());
        self
    }

    /// The same in one round or two; formats of tones have one.
    #[must_use]
    pub fn in_rounds(mut self, rounds: Rounds) -> Self {
        if self.format.is_pulse() {
            self.rounds = rounds;
        }
        self
    }

    /// The check digit over all that stands in front of it.
    pub(super) fn checksum(&self) -> u8 {
        let digits = self.round().take(ROUND).filter_map(Digit::new);
        checksum(digits).as_byte()
    }

    /// Account, message type and body: a round without its check digit. Of an extended format the first line is left
    /// to [`Self::lines`].
    fn round(&self) -> impl Iterator<Item = u8> + '_ {
        let (account, body) = self.parts();
        let kind = self.format.message_type().unwrap_or_default();
        account
            .iter()
            .copied()
            .chain(kind.bytes())
            .chain(body.iter().copied())
    }

    fn parts(&self) -> (&[u8], &[u8]) {
        let split = self.format.account_digits();
        self.digits.split_at_checked(split).unwrap_or((&[], &[]))
    }

    /// The one or two lines that the panel sends, the second of an extended format.
    #[must_use]
    pub fn lines(&self) -> ArrayVec<ArrayVec<u8, ROUND>, 2> {
        let mut lines = ArrayVec::new();
        let (account, body) = self.parts();
        match (self.format, body) {
            (Format::ThreeOneExtended | Format::FourOneExtended, &[event, zone]) => {
                let first = account.iter().copied().chain([event]).collect();
                let second = account.iter().map(|_| event).chain([zone]).collect();
                lines.push(first);
                lines.push(second);
            }
            _ => lines.push(self.round().chain(self.check).take(ROUND).collect()),
        }
        lines
    }

    /// The text of it: the digits, with a blank between rounds and lines.
    #[must_use]
    pub fn text(&self) -> ArrayVec<u8, { super::LONGEST }> {
        let lines = self.lines();
        let times = match self.rounds {
            Rounds::One => 1,
            Rounds::Two => 2,
        };
        let mut text = ArrayVec::new();
        for line in lines
            .iter()
            .flat_map(|line| core::iter::repeat_n(line, times))
        {
            let blank = (!text.is_empty()).then_some(b' ');
            text.extend(blank.into_iter().chain(line.iter().copied()));
        }
        text
    }

    /// Appends the text, without a line end.
    ///
    /// # Errors
    /// None: a value that exists can be sent.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        out.put_slice(&self.text());
        Ok(())
    }

    /// Appends the telephone keys of a format of tones.
    ///
    /// # Errors
    /// When the format is one of pulses, which no keys send.
    pub fn encode_keys(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        if self.format.is_pulse() {
            return Err(EncodeError::Field {
                field: "telephone keys",
                what: "a format of pulses",
            });
        }
        for digit in self.text().into_iter().filter_map(Digit::new) {
            out.put_u8(digit.key().as_byte());
        }
        Ok(())
    }

    /// The format.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The account, three or four digits.
    #[must_use]
    pub fn account(&self) -> AccountId<'_> {
        // Digits by construction, so the fall-back is never taken.
        const NONE: AccountId<'static> = match AccountId::new("0") {
            Ok(account) => account,
            Err(_) => unreachable!(),
        };
        str::from_utf8(self.parts().0)
            .ok()
            .and_then(|text| AccountId::new(text).ok())
            .unwrap_or(NONE)
    }

    /// What happened, in digits: event, event and zone, or channels and status digit.
    #[must_use]
    pub fn body(&self) -> &str {
        str::from_utf8(self.parts().1).unwrap_or_default()
    }

    /// The event digit, of a format of one event.
    #[must_use]
    pub fn event(&self) -> Option<Digit> {
        match (self.format.channels(), self.parts().1) {
            (0, [event, ..]) => Digit::new(*event),
            _ => None,
        }
    }

    /// The zone digit, of a format that has one.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        if self.format.channels() > 0 {
            return None;
        }
        str::from_utf8(self.parts().1.get(1..2)?).ok()
    }

    /// The channels and their status digit, of a format that has them.
    #[must_use]
    pub fn channels(&self) -> Option<Channels<'_>> {
        if self.format.channels() == 0 {
            return None;
        }
        let (status, digits) = self.parts().1.split_last()?;
        Some(Channels::new(digits, Some(*status)))
    }

    /// The check or parity digit.
    #[must_use]
    pub fn check(&self) -> Option<Digit> {
        self.check.and_then(Digit::new)
    }

    /// How often the digits were sent.
    #[must_use]
    pub const fn rounds(&self) -> Rounds {
        self.rounds
    }

    /// What else the digits could be.
    #[must_use]
    pub const fn ambiguity(&self) -> Option<Ambiguity> {
        self.ambiguity
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(str::from_utf8(&self.text()).unwrap_or_default())
    }
}

/// A field of digits, for builders.
fn field<'a>(
    field: &'static str,
    text: &'a str,
    width: usize,
) -> Result<impl Iterator<Item = u8> + use<'a>, EncodeError> {
    let digits = || text.bytes().filter_map(Digit::new).map(Digit::as_byte);
    if text.len() == width && digits().count() == width {
        Ok(text.bytes().filter_map(Digit::new).map(Digit::as_byte))
    } else {
        Err(EncodeError::Field {
            field,
            what: "anything but its width of 0 to 9 and B to F",
        })
    }
}
