use core::str;

use arrayvec::ArrayVec;
use bytes::BytesMut;

use super::{Body, ContactId, Digits, Frame, HighSpeed, LONGEST, NAME, Settings};
use crate::{
    codec::{
        Emit, Quirks, contact_id,
        contact_id::Digit,
        pulse::channels::{self, Single},
    },
    error::EncodeError,
    event::{self, AlarmEvent, Class, EventCode, Loss, Losses, Qualifier, Refusal},
    types::{AccountId, LineNumber, Partition, ReceiverNumber, User, Zone},
};

impl Frame<'_> {
    /// Hands out the events, in order and never none (a heartbeat is one of class test), each with the data that would
    /// carry it alone. Says what was odd in the body.
    ///
    /// An event digit is the code `raw:ademco685:E` with the zone digit as zone, or as user where the table says that it
    /// is an opening or closing; class status in lane 1 where the table says nothing. A 0 is the tenth, so it is a zone
    /// here and not none. Of the channels of High Speed see [`channels::Channels::events`].
    pub fn events(
        &self,
        settings: &Settings<'_>,
        each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
    ) -> Quirks {
        let data = self.data();
        match &self.body {
            Body::HighSpeed(body) => {
                body.events(settings.channels, &mut |event, at| {
                    let mut event = *event;
                    event.account = Some(body.account);
                    match at.and_then(|at| alone(data, at)) {
                        Some(own) => each(&event, &own),
                        None => each(&event, data),
                    }
                });
                Quirks::NONE
            }
            body => events(body, settings, NAME, &mut |event| each(event, data)),
        }
    }
}

/// The events of a body but the channels', under the name of the protocol that carried it.
pub(in crate::codec) fn events(
    body: &Body<'_>,
    settings: &Settings<'_>,
    protocol: &'static str,
    each: &mut dyn FnMut(&AlarmEvent<'_>),
) -> Quirks {
    let account = body.account();
    let raw = |text| AlarmEvent::new(EventCode::Raw { protocol, text }, Qualifier::New);
    match body {
        Body::Heartbeat => {
            let mut event = raw("OKAY");
            (event.class, event.lane) = (Class::Test, Class::Test.lane());
            each(&event);
        }
        Body::Digits(body) => digits(body, settings, protocol, each),
        Body::Caps(body) => {
            let (event, zone) = (body.event(), Some(body.zone()));
            let account = body.account;
            let body = Digits {
                account,
                event,
                zone,
            };
            digits(&body, settings, protocol, each);
        }
        Body::HighSpeed(body) => body.events(settings.channels, &mut |event, _| {
            let mut event = *event;
            event.account = account;
            each(&event);
        }),
        Body::ContactId(body) => {
            let ([a, b, c], [d, e], [f, g, h]) = (body.code, body.group, body.zone);
            let payload = [body.qualifier, a, b, c, b' ', d, e, b' ', f, g, h];
            return contact_id::events(&payload, &mut |event, _| {
                let mut event = *event;
                event.account = account;
                // The receiver says itself whether the number is a contact or a user.
                let number = event.zone.map(Zone::as_str);
                let number = number.or(event.user.map(User::as_str));
                let zone = number.filter(|_| !body.user);
                event.zone = zone.and_then(|zone| Zone::new(zone).ok());
                let user = number.filter(|_| body.user);
                event.user = user.and_then(|user| User::new(user).ok());
                each(&event);
            });
        }
        Body::Text(text) => event::raw(protocol, text, |event| each(event)),
    }
    Quirks::NONE
}

fn digits(
    body: &Digits<'_>,
    settings: &Settings<'_>,
    protocol: &'static str,
    each: &mut dyn FnMut(&AlarmEvent<'_>),
) {
    let (code, zone) = ([body.event], [body.zone.unwrap_or(b'?')]);
    let text = str::from_utf8(&code).unwrap_or("?");
    let known = Digit::new(body.event).and_then(|digit| settings.events.get(digit));
    let qualifier = known.map_or(Qualifier::New, |kind| kind.qualifier);
    let mut event = AlarmEvent::new(EventCode::Raw { protocol, text }, qualifier);
    event.account = Some(body.account);
    if let Some(kind) = known {
        (event.class, event.lane) = (kind.class, kind.class.lane());
    }
    let zone = body.zone.and_then(|_| str::from_utf8(&zone).ok());
    if known.is_some_and(|kind| kind.user) {
        event.user = zone.and_then(|text| User::new(text).ok());
    } else {
        event.zone = zone.and_then(|text| Zone::new(text).ok());
    }
    each(&event);
}

/// The data of a frame with channels, in which all but the one at `at` are normal. The channels are the last but one
/// and the last but two of its fields.
fn alone(data: &[u8], at: usize) -> Option<ArrayVec<u8, LONGEST>> {
    let mut own: ArrayVec<u8, LONGEST> = data.iter().copied().collect();
    let mut fields = own
        .split_mut(|b| *b == b' ')
        .filter(|field| !field.is_empty())
        .skip(2);
    let (low, high) = (fields.next()?, fields.next()?);
    // Eight numbers of which the first four are in the first field.
    channels::keep_only(low, Some(at));
    channels::keep_only(high, Some(at.wrapping_sub(4)));
    Some(own)
}

/// An event as a frame; see [`super::Ademco685`].
pub(super) fn emit(
    event: &AlarmEvent<'_>,
    how: &Emit<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    let mut number = [0; 2];
    let number = head(how, NAME, &mut number)?;
    if let Some(done) = native(event, number, out) {
        return done;
    }
    how.translation.contact_id(event, |event, losses| {
        let (body, own) = contact_id_body(event, NAME)?;
        let mut padded = [0; 4];
        let body = body.fill(event, &mut padded)?;
        Frame::new(number, Body::ContactId(body)).encode(out)?;
        Ok(losses.union(own))
    })?
}

/// The codes of this protocol and of its siblings on the telephone.
fn native(
    event: &AlarmEvent<'_>,
    number: ReceiverNumber<'_>,
    out: &mut BytesMut,
) -> Option<Result<Losses, Refusal>> {
    let EventCode::Raw { protocol, text } = event.code else {
        return None;
    };
    let single = Single::of(event);
    if protocol == NAME && text == "OKAY" {
        let frame = Frame::new(number, Body::Heartbeat);
        return Some(frame.encode(out).map(|()| Losses::NONE).map_err(Into::into));
    }
    let digit = match *text.as_bytes() {
        [digit] if protocol == NAME || protocol == "pulse" => Some(digit),
        _ => None,
    };
    if single.is_none() && digit.is_none() {
        return None;
    }
    let mut losses = beyond(event);
    if event.partition.is_some() {
        losses.note(Loss::Partition);
    }
    let mut padded = [0; 4];
    let account = match account(event, NAME, &mut padded) {
        Ok(account) => account,
        Err(refusal) => return Some(Err(refusal)),
    };
    let no_place = |field| Refusal::NoPlace {
        field,
        protocol: NAME,
    };
    let body = match (single, digit) {
        // A lone P is for channels that are all normal, and no event digit.
        (Some(single), _) => match single.digits(8).as_deref() {
            Some(&[a, b, c, d, e, f, g, h]) => Body::HighSpeed(HighSpeed {
                account,
                low: [a, b, c, d],
                high: [e, f, g, h],
                status: single.status.unwrap_or(b'7'),
            }),
            _ => return Some(Err(no_place("channel"))),
        },
        (None, event_digit) => {
            let zone = match (event.zone, event.user) {
                (Some(zone), user) => {
                    if user.is_some() {
                        losses.note(Loss::User);
                    }
                    Some(zone.as_str())
                }
                (None, user) => user.map(User::as_str),
            };
            let zone = match zone.map(str::as_bytes) {
                Some(&[zone]) => Some(zone),
                None => None,
                Some(_) => return Some(Err(no_place("zone"))),
            };
            Body::Digits(Digits {
                account,
                event: event_digit.unwrap_or(b'0'),
                zone,
            })
        }
    };
    let done = Frame::new(number, body).encode(out);
    Some(done.map(|()| losses).map_err(Into::into))
}

/// What no frame of this family carries.
fn beyond(event: &AlarmEvent<'_>) -> Losses {
    let mut losses = Losses::NONE;
    if event.text.is_some() {
        losses.note(Loss::Text);
    }
    if event.time.is_some() {
        losses.note(Loss::Time);
    }
    losses
}

/// Receiver and line as one character each.
pub(in crate::codec) fn head<'n>(
    how: &Emit<'_>,
    protocol: &'static str,
    number: &'n mut [u8; 2],
) -> Result<ReceiverNumber<'n>, Refusal> {
    let no_place = |field| Refusal::NoPlace { field, protocol };
    let one = |text: &str, field| match *text.as_bytes() {
        [ref zeros @ .., digit] if zeros.iter().all(|b| *b == b'0') => Ok(digit),
        [] => Ok(b'0'),
        _ => Err(no_place(field)),
    };
    let receiver: &str = ReceiverNumber::as_str(how.receiver);
    let line: &str = LineNumber::as_str(how.line);
    *number = [one(receiver, "receiver")?, one(line, "line")?];
    str::from_utf8(number)
        .ok()
        .and_then(|text| ReceiverNumber::new(text).ok())
        .ok_or_else(|| no_place("receiver"))
}

/// The account in four digits: zeros in front of a shorter one, as receivers print them; never cut but for zeros.
pub(in crate::codec) fn account<'n>(
    event: &AlarmEvent<'_>,
    protocol: &'static str,
    padded: &'n mut [u8; 4],
) -> Result<AccountId<'n>, Refusal> {
    let account = event.account.ok_or(EncodeError::Missing("account"))?;
    let no_place = Refusal::NoPlace {
        field: "account",
        protocol,
    };
    *padded = fit(account.as_str()).ok_or(no_place)?;
    str::from_utf8(padded)
        .ok()
        .and_then(|text| AccountId::new(text).ok())
        .ok_or(no_place)
}

/// Text at the right end of `N` columns of zeros; `None` when more than zeros would be cut, or it is no hexadecimal
/// number.
fn fit<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    let cut = text.len().saturating_sub(N);
    let (zeros, rest) = text.split_at_checked(cut)?;
    let good = zeros.iter().all(|b| *b == b'0') && rest.iter().all(u8::is_ascii_hexdigit);
    let mut columns = [b'0'; N];
    columns.get_mut(N - rest.len()..)?.copy_from_slice(rest);
    good.then_some(columns)
}

/// A Contact ID event that still lacks its account.
pub(in crate::codec) struct Unaddressed {
    protocol: &'static str,
    qualifier: u8,
    code: [u8; 3],
    group: [u8; 2],
    user: bool,
    zone: [u8; 3],
}

impl Unaddressed {
    /// The event with its account, which is put into `padded`.
    pub(in crate::codec) fn fill<'n>(
        self,
        event: &AlarmEvent<'_>,
        padded: &'n mut [u8; 4],
    ) -> Result<ContactId<'n>, Refusal> {
        Ok(ContactId {
            account: account(event, self.protocol, padded)?,
            mark: *b"18",
            qualifier: self.qualifier,
            code: self.code,
            group: self.group,
            user: self.user,
            zone: self.zone,
        })
    }
}

/// The body of an event with a Contact ID code, and what of it the frame does not carry.
pub(in crate::codec) fn contact_id_body(
    event: &AlarmEvent<'_>,
    protocol: &'static str,
) -> Result<(Unaddressed, Losses), Refusal> {
    let EventCode::ContactId { qualifier, code } = event.code else {
        return Err(Refusal::NoCode("Contact ID"));
    };
    if !matches!(qualifier, b'1' | b'3' | b'6') {
        return Err(EncodeError::Field {
            field: "qualifier",
            what: "anything but 1, 3 and 6",
        }
        .into());
    }
    let mut losses = beyond(event);
    let no_place = |field| Refusal::NoPlace { field, protocol };
    let group = event.partition.map_or("", Partition::as_str);
    let group = fit(group).ok_or_else(|| no_place("partition"))?;
    let zone = event.zone.map(Zone::as_str);
    let user = event.user.map(User::as_str);
    if zone.is_some() && user.is_some() {
        losses.note(Loss::User);
    }
    let number = zone.or(user).unwrap_or("");
    let zone_field = if zone.is_some() { "zone" } else { "user" };
    let body = Unaddressed {
        protocol,
        qualifier,
        code,
        group,
        user: zone.is_none() && (user.is_some() || means_user(&event.code)),
        zone: fit(number).ok_or_else(|| no_place(zone_field))?,
    };
    Ok((body, losses))
}

/// Whether the code's number is a user's, where none is given.
fn means_user(code: &EventCode<'_>) -> bool {
    match code.contact_id() {
        Some(row) => row.role == event::CidRole::User,
        None => matches!(
            code,
            EventCode::ContactId {
                code: [b'4', ..],
                ..
            }
        ),
    }
}
