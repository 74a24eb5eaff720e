use super::{
    Body, DC4, Frame, Kind, LONGEST, Settings,
    parse::{COLUMNS, HEAD, head},
};
use crate::{
    codec::{
        columns::Cut,
        stream::{Look, Shape},
    },
    error::{ParseError, ParseErrorKind},
};

/// How a port's frames look on its stream: all of [`Settings`] that decides it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Bytes {
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_letter")
    )]
    header: Option<u8>,
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::letter")
    )]
    trailer: u8,
}

impl Default for Bytes {
    fn default() -> Self {
        Self {
            header: None,
            trailer: DC4,
        }
    }
}

/// Whether a frame begins at the first byte.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Begins {
    Yes,
    No,
    /// Too few bytes to tell.
    Perhaps,
}

impl Bytes {
    /// Those of a port that is set so.
    #[must_use]
    pub const fn new(settings: &Settings<'_>) -> Self {
        Self {
            header: settings.header,
            trailer: settings.trailer,
        }
    }

    fn settings(self) -> Settings<'static> {
        Settings::default()
            .with_header(self.header)
            .with_trailer(self.trailer)
    }

    /// How many bytes of header stand in front.
    fn lead(self, bytes: &[u8]) -> usize {
        usize::from(bytes.first().is_some_and(|b| self.settings().is_header(*b)))
    }

    fn begins(self, bytes: &[u8]) -> Begins {
        let lead = self.lead(bytes);
        if lead == 0 && !self.settings().may_lack_header() {
            return Begins::No;
        }
        let rest = bytes.get(lead..).unwrap_or_default();
        let rest = rest.get(..rest.len().min(HEAD)).unwrap_or_default();
        match head(Cut { bytes: rest, at: 0 }, false) {
            Err(_) => Begins::No,
            Ok(_) if rest.len() < HEAD => Begins::Perhaps,
            Ok(_) => Begins::Yes,
        }
    }

    /// Whether a frame of a 7E1 sender may begin there: noise must not reach over it.
    fn begins_even(self, bytes: &[u8]) -> bool {
        let head = bytes.get(..bytes.len().min(HEAD + 1)).unwrap_or_default();
        let mut clear = [0; HEAD + 1];
        for (to, from) in clear.iter_mut().zip(head) {
            *to = from & 0x7F;
        }
        head.iter().all(|b| b.count_ones().is_multiple_of(2))
            && self.begins(clear.get(..head.len()).unwrap_or_default()) != Begins::No
    }

    /// The next place, not the first, at which a frame may begin.
    fn next(self, bytes: &[u8]) -> usize {
        (1..bytes.len())
            .find(|at| {
                bytes
                    .get(*at..)
                    .is_some_and(|rest| self.begins(rest) != Begins::No || self.begins_even(rest))
            })
            .unwrap_or(bytes.len())
    }

    /// Where, behind the first byte, a frame with readable columns begins that ends where `bytes` do: the rest of an
    /// earlier one, or noise, lies before it.
    fn hidden(self, bytes: &[u8]) -> Option<usize> {
        let settings = self.settings();
        // Columns and some blanks behind them: the search is short.
        let from = bytes.len().saturating_sub(64).max(1);
        let to = bytes.len().saturating_sub(HEAD + COLUMNS);
        (from..to).find(|at| {
            let rest = bytes.get(*at..).unwrap_or_default();
            self.begins(rest) == Begins::Yes
                && matches!(Frame::parse(rest, &settings), Ok(Some((frame, _))) if has_columns(&frame.body))
        })
    }
}

pub(super) const fn has_columns(body: &Body<'_>) -> bool {
    !matches!(body, Body::Text(_) | Body::Other(_))
}

impl Shape for Bytes {
    fn look(&self, bytes: &[u8], ended: bool) -> Look {
        let begins = self.begins(bytes);
        if begins == Begins::No {
            return Look::Noise(self.next(bytes));
        }
        let lead = self.lead(bytes);
        let text = bytes.get(lead..).unwrap_or_default();
        let stop = text
            .iter()
            .position(|b| *b == self.trailer || b.is_ascii_control());
        // What no receiver sends is no damaged frame either: it gets no answer.
        let known = begins == Begins::Yes
            && text
                .first()
                .copied()
                .and_then(Kind::new)
                .is_some_and(Kind::is_known);
        let cut_off = |at: usize| {
            let error = ParseError::new(at, ParseErrorKind::Expected("the end byte"));
            if known {
                Look::Bad(at, error)
            } else {
                Look::Noise(self.next(bytes).min(at))
            }
        };
        let Some(stop) = stop.map(|at| lead + at) else {
            return match (bytes.len() >= LONGEST, ended) {
                // Not one answer for each piece of a line that says nothing.
                (true, _) => Look::Noise(self.next(bytes)),
                (false, true) => cut_off(bytes.len()),
                (false, false) => Look::More,
            };
        };
        if bytes.get(stop) != Some(&self.trailer) {
            return cut_off(stop);
        }
        let whole = bytes.get(..=stop).unwrap_or_default();
        let read = Frame::parse(whole, &self.settings());
        if let Ok(Some((frame, _))) = &read
            && has_columns(&frame.body)
        {
            return Look::Frame(stop + 1);
        }
        if let Some(at) = self.hidden(whole) {
            return Look::Noise(at);
        }
        match read {
            Ok(_) => Look::Frame(stop + 1),
            Err(_) if !known => Look::Noise(self.next(whole)),
            Err(error) => Look::Bad(stop + 1, error),
        }
    }

    fn longest(&self) -> usize {
        LONGEST
    }

    fn end(&self) -> Option<u8> {
        Some(self.trailer)
    }
}
