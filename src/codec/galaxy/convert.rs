use super::{NAME, Sms};
use crate::{
    codec::{Signal, dc03, dc03::Function},
    event::{AlarmEvent, Class, EventCode, Qualifier},
};

/// Hands out the events of a signal.
///
/// The data are a block's text; those of a text block have the event block that it describes in front, as an `O` block:
/// `Ori1/BA01|AINTRUDER +`. The event was told when its own block came, so the text is no second alarm: it is one event
/// of class status for each event of that block, at its address and in its lane, with the code `raw:galaxy:A`.
pub(super) fn events(signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
    let text_token = signal.token == Some("A");
    if let Some((event, text)) = text_token.then(|| split(signal.data)).flatten() {
        dc03::events(event, &mut |event, _| {
            each(&describes(&with_account(event, signal), text), signal.data);
        });
    } else if let (true, [b'A', text @ ..]) = (text_token, signal.data) {
        // Nothing says what it describes.
        let mut event = AlarmEvent::new(CODE, Qualifier::Status);
        event.text = Some(text);
        each(&with_account(&event, signal), signal.data);
    } else if let Some((sms, _)) = Sms::read(signal.data) {
        sms.events(each);
    } else {
        dc03::events(signal.data, &mut |event, data| {
            each(&with_account(event, signal), data)
        });
    }
}

const CODE: EventCode<'static> = EventCode::Raw {
    protocol: NAME,
    text: "A",
};

fn with_account<'a>(event: &AlarmEvent<'a>, signal: &Signal<'a>) -> AlarmEvent<'a> {
    AlarmEvent {
        account: event.account.or(signal.account),
        ..*event
    }
}

fn describes<'a>(event: &AlarmEvent<'a>, text: &'a [u8]) -> AlarmEvent<'a> {
    AlarmEvent {
        code: CODE,
        qualifier: Qualifier::Status,
        class: Class::Status,
        text: Some(text),
        ..*event
    }
}

/// The event block and the text behind it.
fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b'|', data)?;
    match data.get(at + 1..)? {
        [function, text @ ..] if Function::new(*function) == Function::TEXT => {
            Some((data.get(..at)?, text))
        }
        _ => None,
    }
}
