//! Channels of Ademco High Speed and the Super Fast formats: one digit a channel, and mostly one that says what kind of
//! report it is. Shared by all that carry them: the telephone, Sur-Gard's `8` and `9`, 685, 6500, DC-09.

use core::{fmt::Write as _, str};

use arrayvec::ArrayString;

use crate::{
    event::{AlarmEvent, Class, EventCode, Lane, Qualifier},
    types::{User, Zone},
};

/// The most channels that a format has.
pub const MOST: usize = 24;

/// The digit of a channel that has nothing to say.
pub const NORMAL: u8 = b'5';

const NUMBERS: [&str; MOST] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17",
    "18", "19", "20", "21", "22", "23", "24",
];

/// Whose words the status digit is in. Both agree on 5, 7 and 9.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum StatusWords {
    /// The panel's own digit as the telephone carries it, which Sur-Gard, 6500 and the MX8000 pass on (contact-id.md 7):
    /// 0 AlarmNet, 1 duress, 2 opening and 4 closing with the user in the first channel, 3 bypass, 5 zone trouble, 6 system
    /// trouble, 7 zone report, 8 low battery, 9 test.
    #[default]
    Panel,
    /// That of the IP receiver 7810iR (serial-receivers.md 2.2): 0 diagnostic, 1 notice, 5 subscriber trouble, 6 status, 7
    /// alarm, 8 alarm with low battery, 9 test.
    IpReceiver,
}

/// What the channels of one line mean: configuration, since the installer decides what is wired to which.
///
/// ```
/// use alarmwire::{Class, codec::pulse::channels::{Channels, ChannelTable}};
///
/// let mut table = ChannelTable::DEFAULT;
/// table.set(1, Class::Fire);
/// let mut seen = Vec::new();
/// Channels::new(b"15535555", Some(b'7')).events(&table, &mut |event, _| seen.push((event.code.to_string(), event.class)));
/// assert_eq!(seen, [("raw:pulse:P1X7".into(), Class::Fire), ("raw:pulse:P3X7".into(), Class::Burglary)]);
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ChannelTable {
    /// Whose words the status digit is in.
    pub words: StatusWords,
    classes: [Option<Class>; MOST],
}

impl ChannelTable {
    /// The panel's words, and an alarm on any channel is burglary: never demoted, as nobody said what is wired to it.
    pub const DEFAULT: Self = Self::new(StatusWords::Panel);

    /// The words of the 7810iR.
    pub const IP_RECEIVER: Self = Self::new(StatusWords::IpReceiver);

    /// A table in those words, with nothing said of the channels.
    #[must_use]
    pub const fn new(words: StatusWords) -> Self {
        Self {
            words,
            classes: [None; MOST],
        }
    }

    /// Says what an alarm on a channel (counted from 1) is about. Returns whether there is such a channel.
    pub fn set(&mut self, channel: u8, class: Class) -> bool {
        let place = usize::from(channel).checked_sub(1);
        let Some(slot) = place.and_then(|place| self.classes.get_mut(place)) else {
            return false;
        };
        *slot = Some(class);
        true
    }

    /// What an alarm on a channel (counted from 1) is about.
    #[must_use]
    pub fn alarm(&self, channel: u8) -> Class {
        let place = usize::from(channel).checked_sub(1);
        let slot = place.and_then(|place| self.classes.get(place));
        slot.copied().flatten().unwrap_or(Class::Burglary)
    }

    /// What a report with that status digit is about; `None` where nobody explained the digit.
    fn class(&self, status: Option<u8>, channel: u8) -> Option<Class> {
        let alarm = Some(self.alarm(channel));
        match (self.words, status) {
            // Some formats have no status digit: what changes is an alarm.
            (_, None | Some(b'7')) => alarm,
            // An alarm whose sender has a low battery as well: the documents differ, and an alarm is not demoted.
            (_, Some(b'8')) => alarm,
            (_, Some(b'5')) => Some(Class::Trouble),
            (_, Some(b'9')) => Some(Class::Test),
            (StatusWords::Panel, Some(b'1')) => Some(Class::HoldUp),
            (StatusWords::Panel, Some(b'2' | b'4')) => Some(Class::OpenClose),
            (StatusWords::Panel, Some(b'3')) => Some(Class::Bypass),
            (StatusWords::Panel, Some(b'6')) => Some(Class::Trouble),
            (StatusWords::IpReceiver, Some(b'0')) => Some(Class::Test),
            _ => None,
        }
    }
}

/// The channels of one report, borrowed from the frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Channels<'a> {
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    digits: &'a [u8],
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    status: Option<u8>,
}

impl<'a> Channels<'a> {
    /// One digit a channel, blanks between them are left out of the count; and the status digit, in formats that have
    /// one. Channels beyond the twenty-fourth are told under the number 24.
    #[must_use]
    pub const fn new(digits: &'a [u8], status: Option<u8>) -> Self {
        Self { digits, status }
    }

    /// How many bytes the channels have, blanks included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.digits.len()
    }

    /// Whether there are no channels.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.digits.is_empty()
    }

    /// Hands out one event for each channel that is not normal, and one for the report as a whole when all are; beside
    /// it stands the place of the channel's digit in the digits, blanks included: see [`keep_only`].
    ///
    /// | digit | event |
    /// | --- | --- |
    /// | 0 | new trouble (Sur-Gard) |
    /// | 1 | new, of the class that status digit and table say |
    /// | 2 | opening |
    /// | 3 | restore of that class |
    /// | 4 | closing |
    /// | 5 | normal: no event |
    /// | 6 | still there, of that class |
    ///
    /// Any other digit, and a status digit that nobody explained, is class status in lane 1. The code is
    /// `raw:pulse:P1X7`: the channel's digit behind P, the status digit behind X. An opening or closing by the status
    /// digit (2, 4) names its user in the first channel, `raw:pulse:X2`.
    pub fn events(
        &self,
        table: &ChannelTable,
        each: &mut dyn FnMut(&AlarmEvent<'_>, Option<usize>),
    ) {
        let mut told = false;
        let mut channels = (0..)
            .zip(self.digits.iter().copied())
            .filter(|(_, digit)| *digit != b' ')
            .zip(1usize..);
        if let (StatusWords::Panel, Some(status @ (b'2' | b'4'))) = (table.words, self.status) {
            let user = channels.next().map(|((at, digit), _)| (at, digit));
            let clear = channels.all(|((_, digit), _)| digit == NORMAL);
            return Self::user(status, user, clear, each);
        }
        for ((at, digit), number) in channels {
            if digit == NORMAL {
                continue;
            }
            told = true;
            let number = u8::try_from(number).unwrap_or(u8::MAX);
            self.channel(table, digit, number, &mut |event| each(event, Some(at)));
        }
        if !told {
            self.all_normal(table, &mut |event| each(event, None));
        }
    }

    /// An opening or closing by the user whose digit stands in the first channel. A user 0 is the tenth, so it is none
    /// of those zeros that mean nobody. Where other channels say something too, nobody told what: the event keeps the
    /// whole report and rides with the alarms of unknown kind.
    fn user(
        status: u8,
        user: Option<(usize, u8)>,
        clear: bool,
        each: &mut dyn FnMut(&AlarmEvent<'_>, Option<usize>),
    ) {
        let text = code(None, Some(status));
        let qualifier = if status == b'2' {
            Qualifier::New
        } else {
            Qualifier::Restore
        };
        let digit = [user.map_or(b'?', |(_, digit)| digit)];
        let mut event = raw(&text, qualifier, Some(Class::OpenClose));
        event.user = user
            .and_then(|_| str::from_utf8(&digit).ok())
            .and_then(|text| User::new(text).ok());
        if !clear {
            event.lane = Lane::Intrusion;
        }
        each(&event, user.map(|(at, _)| at).filter(|_| clear));
    }

    fn channel(
        &self,
        table: &ChannelTable,
        digit: u8,
        number: u8,
        each: &mut dyn FnMut(&AlarmEvent<'_>),
    ) {
        let class = table.class(self.status, number);
        let (qualifier, class) = match digit {
            b'0' => (Qualifier::New, Some(Class::Trouble)),
            b'1' => (Qualifier::New, class),
            b'2' => (Qualifier::New, Some(Class::OpenClose)),
            b'3' => (Qualifier::Restore, class),
            b'4' => (Qualifier::Restore, Some(Class::OpenClose)),
            b'6' => (Qualifier::Status, class),
            _ => (Qualifier::New, None),
        };
        let text = code(Some(digit), self.status);
        let mut event = raw(&text, qualifier, class);
        let place = usize::from(number).clamp(1, MOST) - 1;
        event.zone = NUMBERS.get(place).and_then(|text| Zone::new(text).ok());
        each(&event);
    }

    /// A report without a channel: a test, a system trouble, a duress; or every channel is as it should be.
    fn all_normal(&self, table: &ChannelTable, each: &mut dyn FnMut(&AlarmEvent<'_>)) {
        let text = code(None, self.status);
        let (qualifier, class) = match (table.words, self.status) {
            (_, None | Some(b'7')) => (Qualifier::Status, None),
            (_, Some(b'8')) => (Qualifier::New, Some(Class::Trouble)),
            // No channel has number 0, so the table's word for one is of no weight here.
            (_, status) => (Qualifier::New, table.class(status, 0)),
        };
        each(&raw(&text, qualifier, class));
    }
}

/// The code's text: `P1X7`, `P1`, `X9`, or `P` alone for channels that are all normal and have no status digit.
fn code(digit: Option<u8>, status: Option<u8>) -> ArrayString<8> {
    let shown = |byte: u8| {
        if byte.is_ascii_graphic() {
            char::from(byte)
        } else {
            '?'
        }
    };
    let mut text = ArrayString::new();
    let done = match (digit.map(shown), status.map(shown)) {
        (Some(digit), Some(status)) => write!(text, "P{digit}X{status}"),
        (Some(digit), None) => write!(text, "P{digit}"),
        (None, Some(status)) => write!(text, "X{status}"),
        (None, None) => write!(text, "P"),
    };
    debug_assert!(done.is_ok(), "four ASCII characters at most");
    text
}

fn raw(text: &str, qualifier: Qualifier, class: Option<Class>) -> AlarmEvent<'_> {
    let protocol = super::NAME;
    let mut event = AlarmEvent::new(EventCode::Raw { protocol, text }, qualifier);
    match class {
        Some(class) => (event.class, event.lane) = (class, class.lane()),
        None => event.lane = Lane::Intrusion,
    }
    event
}

/// Makes every channel normal but the one at `at`, so that the digits carry its event alone; blanks stay. Nothing
/// changes where the event is the whole report's.
pub fn keep_only(digits: &mut [u8], at: Option<usize>) {
    if at.is_none() {
        return;
    }
    for (place, digit) in digits.iter_mut().enumerate() {
        if Some(place) != at && *digit != b' ' {
            *digit = NORMAL;
        }
    }
}

/// A channel's event on its way back into a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Single {
    /// Counted from 1, with its digit; `None` for a report without a channel.
    pub channel: Option<(u8, u8)>,
    /// The status digit, in formats that have one.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    pub status: Option<u8>,
}

impl Single {
    /// The channel that an event with a code of this page stands for; `None` when its code is another.
    #[must_use]
    pub fn of(event: &AlarmEvent<'_>) -> Option<Self> {
        let EventCode::Raw { protocol, text } = event.code else {
            return None;
        };
        if protocol != super::NAME {
            return None;
        }
        let number = || {
            let zone = event.zone?.as_str();
            let place = NUMBERS.iter().position(|number| *number == zone)?;
            u8::try_from(place + 1).ok()
        };
        match *text.as_bytes() {
            [b'P', digit, b'X', status] => Some(Self {
                channel: Some((number()?, digit)),
                status: Some(status),
            }),
            [b'P', digit] => Some(Self {
                channel: Some((number()?, digit)),
                status: None,
            }),
            [b'P'] => Some(Self {
                channel: None,
                status: None,
            }),
            [b'X', status] => {
                let user = match event.user.map(|user| user.as_str().as_bytes()) {
                    Some(&[digit]) => Some((1, digit)),
                    Some(_) => return None,
                    None => None,
                };
                Some(Self {
                    channel: user,
                    status: Some(status),
                })
            }
            _ => None,
        }
    }

    /// The digits of a report that carries it alone, in a format of `count` channels; `None` when there is no such
    /// channel.
    #[must_use]
    pub fn digits(self, count: usize) -> Option<arrayvec::ArrayVec<u8, MOST>> {
        let mut digits: arrayvec::ArrayVec<u8, MOST> =
            core::iter::repeat_n(NORMAL, count.min(MOST)).collect();
        if let Some((number, digit)) = self.channel {
            *digits.get_mut(usize::from(number).checked_sub(1)?)? = digit;
        }
        Some(digits)
    }
}

#[cfg(test)]
mod tests {
    use alloc::{
        format,
        string::{String, ToString},
        vec::Vec,
    };

    use super::*;

    fn told(
        digits: &str,
        status: Option<u8>,
        table: &ChannelTable,
    ) -> Vec<(String, Option<usize>)> {
        let mut seen = Vec::new();
        Channels::new(digits.as_bytes(), status).events(table, &mut |event, at| {
            let who = event
                .zone
                .map(|zone| zone.to_string())
                .or(event.user.map(|user| format!("user {user}")));
            seen.push((
                format!(
                    "{} {} {} {} {}",
                    event.code,
                    event.qualifier,
                    event.class,
                    event.lane,
                    who.unwrap_or_default()
                ),
                at,
            ));
            // What was told can be written again, and says the same.
            let single = Single::of(event).expect("a code of this page");
            let again = single.digits(8).expect("a channel of eight");
            let mut events = 0;
            Channels::new(&again, single.status).events(table, &mut |other, _| {
                events += 1;
                assert_eq!(other, event);
            });
            assert_eq!(events, 1);
        });
        seen
    }

    #[test]
    fn every_digit_has_its_meaning() {
        let seen = told("0123 4567", Some(b'7'), &ChannelTable::DEFAULT);
        let texts: Vec<_> = seen.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "raw:pulse:P0X7 new trouble 2 1",
                "raw:pulse:P1X7 new burglary 1 2",
                "raw:pulse:P2X7 new open_close 2 3",
                "raw:pulse:P3X7 restore burglary 1 4",
                "raw:pulse:P4X7 restore open_close 2 5",
                "raw:pulse:P6X7 status burglary 1 7",
                "raw:pulse:P7X7 new status 1 8",
            ]
        );
        assert_eq!(seen[3].1, Some(3));
        assert_eq!(seen[4].1, Some(5), "blanks are no channels");
    }

    #[test]
    fn the_status_digit_says_what_the_report_is_about() {
        let panel = ChannelTable::DEFAULT;
        let receiver = ChannelTable::IP_RECEIVER;
        for (status, by_panel, by_receiver) in [
            (b'0', "new status 1", "new test 3"),
            (b'1', "new hold_up 0", "new status 1"),
            (b'3', "new bypass 2", "new status 1"),
            (b'5', "new trouble 2", "new trouble 2"),
            (b'6', "new trouble 2", "new status 1"),
            (b'7', "new burglary 1", "new burglary 1"),
            (b'8', "new burglary 1", "new burglary 1"),
            (b'9', "new test 3", "new test 3"),
            (b'C', "new status 1", "new status 1"),
        ] {
            let code = format!("raw:pulse:P1X{} ", char::from(status));
            for (table, expected) in [(&panel, by_panel), (&receiver, by_receiver)] {
                let seen = told("15555555", Some(status), table);
                assert_eq!(seen, [(format!("{code}{expected} 1"), Some(0))]);
            }
        }
        let seen = told("15555555", None, &panel);
        assert_eq!(seen[0].0, "raw:pulse:P1 new burglary 1 1");
    }

    #[test]
    fn an_opening_by_the_status_digit_names_its_user() {
        let table = ChannelTable::DEFAULT;
        let seen = told("25555555", Some(b'2'), &table);
        assert_eq!(
            seen,
            [("raw:pulse:X2 new open_close 2 user 2".into(), Some(0))]
        );
        let seen = told("05555555", Some(b'4'), &table);
        assert_eq!(seen[0].0, "raw:pulse:X4 restore open_close 2 user 0");
        let seen = told("55555555", Some(b'4'), &table);
        assert_eq!(seen[0].0, "raw:pulse:X4 restore open_close 2 user 5");
        let mut seen = Vec::new();
        Channels::new(b"25155555", Some(b'2')).events(&table, &mut |event, at| {
            seen.push((event.lane, event.user.is_some(), at));
        });
        assert_eq!(
            seen,
            [(Lane::Intrusion, true, None)],
            "nothing of it is lost"
        );
    }

    #[test]
    fn a_report_without_a_channel_is_one_event() {
        let table = ChannelTable::DEFAULT;
        for (status, expected) in [
            (Some(b'1'), "raw:pulse:X1 new hold_up 0 "),
            (Some(b'6'), "raw:pulse:X6 new trouble 2 "),
            (Some(b'7'), "raw:pulse:X7 status status 1 "),
            (Some(b'8'), "raw:pulse:X8 new trouble 2 "),
            (Some(b'9'), "raw:pulse:X9 new test 3 "),
            (None, "raw:pulse:P status status 1 "),
        ] {
            assert_eq!(told("5555 5555", status, &table), [(expected.into(), None)]);
        }
    }

    #[test]
    fn a_channel_of_which_somebody_said_what_it_is_has_that_class() {
        let mut table = ChannelTable::DEFAULT;
        assert!(
            table.set(2, Class::Fire) && table.set(2, Class::Gas) && table.set(24, Class::Fire)
        );
        assert!(!table.set(0, Class::Fire) && !table.set(25, Class::Fire));
        let seen = told("51555555", Some(b'7'), &table);
        assert_eq!(seen[0].0, "raw:pulse:P1X7 new gas 0 2");
        let seen = told("53555555", Some(b'7'), &table);
        assert_eq!(seen[0].0, "raw:pulse:P3X7 restore gas 0 2");
        let seen = told("51555555", Some(b'5'), &table);
        assert_eq!(seen[0].0, "raw:pulse:P1X5 new trouble 2 2");
    }

    #[test]
    fn what_keeps_one_channel_carries_its_event_alone() {
        let mut digits = *b"1553 5535";
        keep_only(&mut digits, Some(3));
        assert_eq!(&digits, b"5553 5555");
        keep_only(&mut digits, None);
        assert_eq!(&digits, b"5553 5555");
    }

    #[test]
    fn no_number_of_channels_is_too_many() {
        let mut events = 0;
        Channels::new(&[b'1'; 300], None).events(&ChannelTable::DEFAULT, &mut |_, _| events += 1);
        assert_eq!(events, 300);
    }
}
