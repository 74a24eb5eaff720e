use arrayvec::ArrayVec;

use super::{
    time::read_time,
    types::{Content, Extended, Frame, LONGEST_BODY, Token},
};
use crate::{
    codec::{Quirk, Quirks, Signal, pulse},
    event::{self, AlarmEvent, Class, Lane, Qualifier},
    types::AccountId,
};

/// What is odd in a frame beyond its header: accounts that differ, several extended fields, text that is not ASCII, a body
/// with the habits of its maker.
#[must_use]
pub fn content_quirks(frame: &Frame<'_>, content: &Content<'_>) -> Quirks {
    let mut quirks = Quirks::NONE;
    if let (Some(header), Some(data)) = (frame.account, content.account())
        && !header.same_panel(data)
    {
        quirks.note(Quirk::DataAccount);
    }
    if content.extended.iter().take(2).count() == 2 {
        quirks.note(Quirk::ManyExtended);
    }
    if !content.data.is_ascii() || !content.extended.as_bytes().is_ascii() {
        quirks.note(Quirk::TextEncoding);
    }
    if content
        .extended
        .iter()
        .any(|field| !field.letter.is_ascii_uppercase())
    {
        quirks.note(Quirk::PrivateToken);
    }
    if frame.encrypted && !content.pipe {
        quirks.note(Quirk::NoPipe);
    }
    if matches!(frame.token, Token::Null) && !content.data.is_empty() {
        quirks.note(Quirk::NullWithData);
    }
    quirks.union(body(frame.token, content.payload(), &mut |_, _| {}))
}

/// The events of a body, without what the frame around it adds; what was odd.
#[inline]
pub(super) fn body(
    token: Token<'_>,
    payload: &[u8],
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) -> Quirks {
    match token {
        #[cfg(feature = "contact-id")]
        Token::Event(super::EventToken::AdmCid) => crate::codec::contact_id::events(payload, each),
        #[cfg(feature = "dc03")]
        Token::Event(super::EventToken::SiaDcs) => crate::codec::dc03::events(payload, each),
        token => {
            let settings = &pulse::Settings::DEFAULT;
            if !pulse::token::events(token.as_str(), payload, settings, each) {
                raw(token, payload, each);
            }
            Quirks::NONE
        }
    }
}

/// A body in a format that is not read: one event that keeps token and text.
fn raw(token: Token<'_>, payload: &[u8], each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
    let colon = if payload.is_empty() { None } else { Some(b':') };
    let text: ArrayVec<u8, 256> = token
        .as_str()
        .bytes()
        .chain(colon)
        .chain(payload.iter().copied())
        .take(256)
        .collect();
    event::raw("dc09", &text, |event| {
        let mut event = *event;
        event.qualifier = Qualifier::Status;
        if matches!(token, Token::Null | Token::Xnm) {
            // Supervision rides last where it is forwarded at all (contracts 2).
            event.class = Class::Supervision;
            event.lane = Lane::Routine;
        }
        each(&event, payload);
    });
}

/// The events of a signal, with account, time and text of the frame around the body.
pub(super) fn events(signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
    let content = Content {
        data: signal.data,
        extended: Extended::new(signal.extended),
        ..Content::default()
    };
    let Some(token) = signal.token.and_then(Token::new) else {
        return;
    };
    framed(token, signal.account, &content, each);
}

/// The events of a body within its frame.
pub(super) fn framed(
    token: Token<'_>,
    header: Option<AccountId<'_>>,
    content: &Content<'_>,
    each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
) {
    let payload = content.payload();
    let account = content.account().or(header);
    let time = content.extended.find(b'H').and_then(read_time);
    let text = content.extended.find(b'I').filter(|text| !text.is_empty());
    let prefix = content
        .data
        .get(..content.data.len() - payload.len())
        .unwrap_or_default();
    let _odd = body(token, payload, &mut |event, alone| {
        let mut event = *event;
        event.account = event.account.or(account);
        // H is the frame's own word on when it happened; the body's `ti` and `da` stand where there is none.
        event.time = time.or(event.time);
        event.text = event.text.or(text);
        if alone == payload {
            each(&event, content.data);
            return;
        }
        let mut data = ArrayVec::<u8, LONGEST_BODY>::new();
        let fits = data
            .try_extend_from_slice(prefix)
            .and_then(|()| data.try_extend_from_slice(alone));
        each(&event, if fits.is_ok() { &data } else { content.data });
    });
}
