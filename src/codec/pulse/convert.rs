use core::str;

use arrayvec::ArrayVec;
use bytes::{BufMut as _, BytesMut};

use super::{Format, Frame, NAME, Rounds, Settings, channels};
use crate::{
    codec::{Emit, contact_id::Digit},
    error::EncodeError,
    event::{AlarmEvent, EventCode, Loss, Losses, Qualifier, Refusal},
    types::{User, Zone},
};

impl Frame {
    /// Hands out the events, in order and never none, each with the text that carries it alone.
    ///
    /// An event digit is the code `raw:pulse:E` with the zone digit as zone, or as user where the table says that it is
    /// an opening or closing; class status in lane 1 where the table says nothing. A 0 is the tenth, so it is a zone
    /// here and not none. For channels see [`channels::Channels::events`].
    pub fn events(&self, settings: &Settings<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        let account = Some(self.account());
        if let Some(reports) = self.channels() {
            return reports.events(settings.channels, &mut |event, at| {
                let mut event = *event;
                event.account = account;
                each(&event, &self.alone(at).text());
            });
        }
        let text = self.text();
        single(self.event(), self.zone(), settings, &mut |event| {
            let mut event = *event;
            event.account = account;
            each(&event, &text);
        });
    }

    /// The report with only one of its channels, and a check digit that fits.
    fn alone(&self, at: Option<usize>) -> Self {
        let mut frame = self.clone();
        let from = self.format.account_digits();
        if let Some(digits) = frame.digits.get_mut(from..) {
            let count = digits.len().saturating_sub(1);
            channels::keep_only(digits.get_mut(..count).unwrap_or_default(), at);
        }
        frame.check = self.check.map(|_| frame.checksum());
        frame
    }

    /// The report that carries an event with one of this protocol's own codes, and what it does not carry.
    ///
    /// An event digit goes out as 3+1 or 4+1 by its account, with a zone digit as 3+1 extended or 4+2; a channel as High
    /// Speed, or as Super Fast where it is beyond the eighth or has no status digit (then as a zone report, 7).
    ///
    /// # Errors
    /// When the code is another, or account, zone or user have no place there.
    pub fn of_event(event: &AlarmEvent<'_>) -> Result<(Self, Losses), Refusal> {
        let account = event.account.ok_or(EncodeError::Missing("account"))?;
        let account = account.as_str();
        let mut losses = Losses::NONE;
        let mut lose = |lost: bool, loss: Loss| {
            if lost {
                losses.note(loss);
            }
        };
        lose(event.text.is_some(), Loss::Text);
        lose(event.time.is_some(), Loss::Time);
        lose(event.partition.is_some(), Loss::Partition);
        let no_place = |field| Refusal::NoPlace {
            field,
            protocol: NAME,
        };
        if let Some(single) = channels::Single::of(event) {
            let number = single.channel.map_or(1, |(number, _)| number);
            let format = match (single.status, number) {
                (Some(_), 0..=8) => Format::HighSpeed,
                (None, 0..=8) => Format::SuperFast,
                (_, 9..=16) => Format::SuperFast16,
                _ => Format::SuperFast24,
            };
            let digits = single
                .digits(format.channels())
                .ok_or_else(|| no_place("channel"))?;
            let status = single.status.unwrap_or(b'7');
            let body: ArrayVec<u8, { channels::MOST + 1 }> =
                digits.into_iter().chain([status]).collect();
            return Ok((Self::new(format, account, body_text(&body))?, losses));
        }
        let EventCode::Raw { protocol, text } = event.code else {
            return Err(Refusal::NoCode(NAME));
        };
        if protocol != NAME || text.len() != 1 {
            return Err(Refusal::NoCode(NAME));
        }
        let place = match (event.zone, event.user) {
            (Some(zone), user) => {
                lose(user.is_some(), Loss::User);
                zone.as_str()
            }
            (None, Some(user)) => user.as_str(),
            (None, None) => "",
        };
        let format = match (account.len(), place.len()) {
            (3, 0) => Format::ThreeOne,
            (3, 1) => Format::ThreeOneExtended,
            (4, 0) => Format::FourOne,
            (4, 1) => Format::FourTwo,
            (3 | 4, _) => return Err(no_place("zone")),
            _ => return Err(no_place("account")),
        };
        let body: ArrayVec<u8, 2> = text.bytes().chain(place.bytes()).take(2).collect();
        Ok((Self::new(format, account, body_text(&body))?, losses))
    }
}

/// The event of an event digit and a zone digit, without an account.
pub(super) fn single(
    digit: Option<Digit>,
    zone: Option<&str>,
    settings: &Settings<'_>,
    each: &mut dyn FnMut(&AlarmEvent<'_>),
) {
    let known = digit.and_then(|digit| settings.events.get(digit));
    let digit = [digit.map_or(b'?', Digit::as_byte)];
    let text = str::from_utf8(&digit).unwrap_or("?");
    let qualifier = known.map_or(Qualifier::New, |kind| kind.qualifier);
    let protocol = NAME;
    let mut event = AlarmEvent::new(EventCode::Raw { protocol, text }, qualifier);
    if let Some(kind) = known {
        (event.class, event.lane) = (kind.class, kind.class.lane());
    }
    if known.is_some_and(|kind| kind.user) {
        event.user = zone.and_then(|text| User::new(text).ok());
    } else {
        event.zone = zone.and_then(|text| Zone::new(text).ok());
    }
    each(&event);
}

fn body_text(body: &[u8]) -> &str {
    str::from_utf8(body).unwrap_or_default()
}

/// An event as a line of digits; see [`Frame::of_event`].
pub(super) fn emit(
    event: &AlarmEvent<'_>,
    _how: &Emit<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let (frame, losses) = Frame::of_event(event)?;
    // Receivers of pulses believe two equal rounds.
    frame.in_rounds(Rounds::Two).encode(out)?;
    out.put_u8(b'\n');
    Ok(losses)
}
