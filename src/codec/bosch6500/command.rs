use core::{fmt, str};

use bytes::{BufMut, BytesMut};

use crate::{
    error::{EncodeError, ParseError, ParseErrorKind},
    types::LineNumber,
};

/// What automation can tell a receiver whose menu 2.2.4 is 1 (serial-receivers.md 4.6). Read and written here, executed
/// nowhere: a gateway sets no clocks.
///
/// ```
/// use alarmwire::codec::bosch6500::Command;
///
/// let (command, taken) = Command::parse(b"!T1345\r")?.expect("whole");
/// assert_eq!((command, taken), (Command::SetTime { hour: 13, minute: 45 }, 7));
/// # Ok::<(), alarmwire::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Command<'a> {
    /// `!Thhmm`, in SIA mode `CSThhmm`: sets the clock.
    SetTime {
        /// 0 to 23.
        hour: u8,
        /// 0 to 59.
        minute: u8,
    },
    /// `!Dmmddyy`, in SIA mode `CSDmmddyy`: sets the date.
    SetDate {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
        /// The last two digits of the year.
        year: u8,
    },
    /// `!Kn`, in SIA mode `CLKnn`: ends the audio of a line.
    StopAudio(LineNumber<'a>),
}

impl fmt::Display for Command<'_> {
    /// `set-time 13:45`, `set-date 11/24/26`, `stop-audio 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.name())?;
        self.value(f)
    }
}

/// A command's value in words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a>(pub(crate) Command<'a>);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.value(f)
    }
}

impl<'a> Command<'a> {
    /// What the receiver says, as a text frame, to a command that it does not take.
    pub const REJECTED: &'static str = "REJECT COMMAND";
    /// The most bytes of a command in 6500 mode.
    pub const LONGEST: usize = 16;

    /// `set-time`, `set-date`, `stop-audio`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SetTime { .. } => "set-time",
            Self::SetDate { .. } => "set-date",
            Self::StopAudio(_) => "stop-audio",
        }
    }

    fn value(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetTime { hour, minute } => write!(f, "{hour:02}:{minute:02}"),
            Self::SetDate { month, day, year } => write!(f, "{month:02}/{day:02}/{year:02}"),
            Self::StopAudio(line) => write!(f, "{line}"),
        }
    }

    /// Reads `!T…` to CR, and how many bytes it took; `Ok(None)`: more bytes are needed.
    ///
    /// # Errors
    /// When it is no command.
    pub fn parse(input: &'a [u8]) -> Result<Option<(Self, usize)>, ParseError> {
        let expected = |at, what| ParseError::new(at, ParseErrorKind::Expected(what));
        match input {
            [] => return Ok(None),
            [b'!', ..] => {}
            _ => return Err(expected(0, "!")),
        }
        let window = input
            .get(..input.len().min(Self::LONGEST))
            .unwrap_or_default();
        let Some(cr) = window.iter().position(|b| *b == b'\r') else {
            return if window.len() == Self::LONGEST {
                Err(expected(Self::LONGEST, "CR"))
            } else {
                Ok(None)
            };
        };
        let text = window.get(1..cr).unwrap_or_default();
        let command = Self::read(text).map_err(|error| error.shifted(1))?;
        Ok(Some((command, cr + 1)))
    }

    /// Reads what stands between the brackets of SIA mode.
    #[cfg(any(feature = "dc07", test))]
    pub(crate) fn parse_sia(text: &'a [u8]) -> Result<Self, ParseError> {
        match text {
            [b'C', b'S', rest @ ..] if matches!(rest.first(), Some(b'T' | b'D')) => {
                Self::read(rest).map_err(|error| error.shifted(2))
            }
            [b'C', b'L', rest @ ..] if rest.first() == Some(&b'K') => {
                Self::read(rest).map_err(|error| error.shifted(2))
            }
            _ => Err(ParseError::new(0, ParseErrorKind::Expected("command"))),
        }
    }

    /// The letter of the command, and its digits.
    fn read(text: &'a [u8]) -> Result<Self, ParseError> {
        let expected = |at, what| ParseError::new(at, ParseErrorKind::Expected(what));
        let two = |at: usize, what, least, most| match text.get(at..at + 2) {
            Some(&[tens @ b'0'..=b'9', ones @ b'0'..=b'9']) => {
                let number = (tens - b'0') * 10 + ones - b'0';
                if (least..=most).contains(&number) {
                    Ok(number)
                } else {
                    Err(expected(at, what))
                }
            }
            _ => Err(expected(at, what)),
        };
        let (command, length) = match text.first() {
            Some(b'T') => {
                let (hour, minute) = (two(1, "hour", 0, 23)?, two(3, "minute", 0, 59)?);
                (Self::SetTime { hour, minute }, 5)
            }
            Some(b'D') => {
                let (month, day) = (two(1, "month", 1, 12)?, two(3, "day", 1, 31)?);
                let year = two(5, "year", 0, 99)?;
                (Self::SetDate { month, day, year }, 7)
            }
            Some(b'K') => {
                let line = text.get(1..).unwrap_or_default();
                if !matches!(line.len(), 1 | 2) || !line.iter().all(u8::is_ascii_alphanumeric) {
                    return Err(expected(1, "line"));
                }
                let line = str::from_utf8(line).map_err(|_| expected(1, "line"))?;
                let line = LineNumber::new(line).map_err(|_| expected(1, "line"))?;
                (Self::StopAudio(line), text.len())
            }
            _ => return Err(expected(0, "command letter")),
        };
        if text.len() > length {
            return Err(expected(length, "the end of the command"));
        }
        Ok(command)
    }

    /// Appends the command of 6500 mode with its CR.
    ///
    /// # Errors
    /// When a number is none of a clock's or a calendar's, or the line is not one character: `out` is as before.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.check(1)?;
        out.put_u8(b'!');
        self.write(out);
        out.put_u8(b'\r');
        Ok(())
    }

    /// Appends what stands between the brackets of SIA mode.
    ///
    /// # Errors
    /// When a number is none of a clock's or a calendar's, or the line is not two characters: `out` is as before.
    pub fn encode_sia(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.check(2)?;
        out.put_slice(if matches!(self, Self::StopAudio(_)) {
            b"CL"
        } else {
            b"CS"
        });
        self.write(out);
        Ok(())
    }

    fn check(&self, line_width: usize) -> Result<(), EncodeError> {
        let field = |field| EncodeError::Field {
            field,
            what: "a value that does not exist",
        };
        match self {
            Self::SetTime { hour, minute } if *hour > 23 || *minute > 59 => Err(field("time")),
            Self::SetDate { month, day, year }
                if !(1..=12).contains(month) || !(1..=31).contains(day) || *year > 99 =>
            {
                Err(field("date"))
            }
            Self::StopAudio(line)
                if line.as_str().len() != line_width
                    || !line.as_str().bytes().all(|b| b.is_ascii_alphanumeric()) =>
            {
                Err(field("line"))
            }
            _ => Ok(()),
        }
    }

    fn write(&self, out: &mut BytesMut) {
        match self {
            Self::SetTime { hour, minute } => {
                digits_behind(b'T', &[*hour, *minute], out);
            }
            Self::SetDate { month, day, year } => {
                digits_behind(b'D', &[*month, *day, *year], out);
            }
            Self::StopAudio(line) => {
                out.put_u8(b'K');
                out.put_slice(line.as_str().as_bytes());
            }
        }
    }
}

fn digits_behind(letter: u8, numbers: &[u8], out: &mut BytesMut) {
    out.put_u8(letter);
    for number in numbers {
        out.put_slice(&[b'0' + number / 10 % 10, b'0' + number % 10]);
    }
}
