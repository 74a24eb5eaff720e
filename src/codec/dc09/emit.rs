//! An event as a frame: Contact ID and SIA are both at home here, so that neither is translated.

use bytes::{BufMut as _, BytesMut};

use super::{
    encode::Message,
    fields::ShortField,
    style::Style,
    types::{EventToken, Field, Token},
};
use crate::{
    EncodeError,
    codec::{Emit, contact_id, dc03, pulse},
    event::{AlarmEvent, EventCode, Loss, Losses, Refusal},
};

/// Appends the frame in clear, in the standard form and with the time of now. Only the account follows the receiver's
/// settings.
pub(super) fn emit(
    event: &AlarmEvent<'_>,
    how: &Emit<'_>,
    out: &mut BytesMut,
) -> Result<Losses, Refusal> {
    how.translation.as_it_is(event, |event, changed| {
        write(event, how, out).map(|losses| losses.union(changed))
    })?
}

fn write(event: &AlarmEvent<'_>, how: &Emit<'_>, out: &mut BytesMut) -> Result<Losses, Refusal> {
    let account = event.account.ok_or(EncodeError::Missing("account"))?;
    let mut data = BytesMut::new();
    data.put_slice(b"#");
    data.put_slice(account.as_str().as_bytes());
    data.put_slice(b"|");
    let mut text = None;
    let (token, mut losses) = match event.code {
        EventCode::ContactId { .. } => {
            let (body, losses) = contact_id::Body::of_event(event)?;
            body.encode(&mut data);
            text = event.text.filter(|text| !text.is_empty());
            (EventToken::AdmCid, losses)
        }
        EventCode::Sia(_) => {
            let losses = dc03::encode_event(event, false, &mut data)?;
            (EventToken::SiaDcs, losses)
        }
        EventCode::Raw {
            protocol: "dc09",
            text,
        } => {
            let token = raw(text, &mut data).ok_or(Refusal::Protocol("dc09"))?;
            (token, Losses::NONE)
        }
        EventCode::Raw { protocol, .. } if protocol == pulse::NAME => {
            let (name, losses) = pulse::token::encode(event, None, &mut data)?;
            let Some(Token::Event(token)) = Token::new(name) else {
                return Err(Refusal::Protocol("dc09"));
            };
            (token, losses)
        }
        EventCode::Raw { .. } => return Err(Refusal::Protocol("dc09")),
    };
    let time = event.time.map(ShortField::occurred);
    let mut fields = arrayvec::ArrayVec::<Field<'_>, 2>::new();
    if let Some(time) = &time {
        fields.push(time.field());
    }
    // Nothing can escape a bracket in a text.
    match text.map(|text| Field::new(b'I', text)) {
        Some(Ok(field)) => fields.push(field),
        Some(Err(_)) => losses.note(Loss::Text),
        None => {}
    }
    let message = Message {
        token: Token::Event(token),
        sequence: how.sequence,
        receiver: Some(how.receiver),
        line: Some(how.line),
        account: Some(account),
        data: &data,
        extended: &fields,
        timestamp: Some(how.now.utc),
    };
    message.encode(&Style::default(), out)?;
    Ok(losses)
}

/// Token and body of a raw code that came from here, `SCN-S8:1234`; `None` for one whose body was escaped or cut.
fn raw(text: &str, data: &mut BytesMut) -> Option<EventToken> {
    const CUT: usize = 256;
    let (token, body) = text.split_once(':').unwrap_or((text, ""));
    if text.len() >= CUT || body.contains(['\\', '[', ']']) {
        return None;
    }
    match Token::new(token)? {
        Token::Event(token) => {
            data.put_slice(body.as_bytes());
            Some(token)
        }
        _ => None,
    }
}
