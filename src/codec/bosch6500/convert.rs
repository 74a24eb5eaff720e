use core::str;

use arrayvec::{ArrayString, ArrayVec};

use super::{Body, Express, Frame, HighSpeed, NAME, Settings, fields::code_text};
use crate::{
    codec::{
        Quirks,
        columns::{CidDigits, lettered},
        pulse::channels::{Channels, keep_only},
    },
    event::{self, AlarmEvent, Class, EventCode, Qualifier},
    types::Zone,
};

/// Code of a text.
pub(super) const TEXT: &str = "TEXT";
/// Code of the text that refuses a command.
pub(super) const REJECT: &str = "REJECT";
/// What stands before the digit of an Express event.
pub(super) const EXPRESS: &str = "EXPRESS";

impl Frame<'_> {
    /// Hands out the events, in order and never none (a link test is one of class test), each with the data that would
    /// carry it alone. Says what was odd in the body.
    pub fn events(
        &self,
        settings: &Settings<'_>,
        each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
    ) -> Quirks {
        let account = self.body.account();
        let data = self.data();
        let mut alone = |event: &AlarmEvent<'_>| {
            let mut event = *event;
            event.account = event.account.or(account);
            each(&event, data);
        };
        match &self.body {
            Body::LinkTest => alone(&link_test(NAME, "@")),
            Body::Common(body) => {
                let text = code_text(&body.event);
                let meaning = settings.fields.get(body.event);
                alone(&lettered(NAME, text, meaning, body.zone));
            }
            Body::ContactId(body) => {
                let digits = CidDigits {
                    qualifier: body.qualifier,
                    code: body.code,
                    group: body.group,
                    zone: body.zone,
                };
                return digits.event(&mut alone);
            }
            Body::Express(body) => express(body, &mut alone),
            Body::HighSpeed(body) => self.channels(body, settings, each),
            Body::Text(text) => {
                let text = text.trim_ascii();
                let rejected = self.is_rejection();
                let code = if rejected { REJECT } else { TEXT };
                let mut event = AlarmEvent::new(raw(code), Qualifier::New);
                event.text = Some(text);
                if rejected {
                    event.lane = Class::Status.lane();
                }
                alone(&event);
            }
            Body::Other(text) => {
                // The letter says what the columns may be.
                let whole: ArrayVec<u8, 260> = [self.kind.byte()]
                    .iter()
                    .chain(*text)
                    .copied()
                    .take(260)
                    .collect();
                event::raw(NAME, &whole, |event| alone(event));
            }
        }
        Quirks::NONE
    }

    fn channels(
        &self,
        body: &HighSpeed<'_>,
        settings: &Settings<'_>,
        each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
    ) {
        let data = self.data();
        let columns = data
            .windows(body.channels.len().max(1))
            .rposition(|window| window == body.channels.as_bytes());
        let channels = Channels::new(body.channels.as_bytes(), body.status);
        channels.events(settings.channels, &mut |event, at| {
            let mut event = *event;
            event.account = Some(body.account);
            let mut own: ArrayVec<u8, 64> = data.iter().copied().take(64).collect();
            let place = columns.and_then(|from| own.get_mut(from..from + body.channels.len()));
            match place {
                Some(digits) if data.len() <= 64 => {
                    keep_only(digits, at);
                    each(&event, &own);
                }
                _ => each(&event, data),
            }
        });
    }
}

/// The event of a link test, where somebody asks for one.
pub(crate) fn link_test<'a>(protocol: &'static str, text: &'a str) -> AlarmEvent<'a> {
    let code = EventCode::Raw { protocol, text };
    let mut event = AlarmEvent::new(code, Qualifier::New);
    (event.class, event.lane) = (Class::Test, Class::Test.lane());
    event
}

const fn raw(text: &str) -> EventCode<'_> {
    EventCode::Raw {
        protocol: NAME,
        text,
    }
}

/// What its digit means is the panel's secret: class status, lane 1.
fn express(body: &Express<'_>, alone: &mut dyn FnMut(&AlarmEvent<'_>)) {
    let mut text = ArrayString::<8>::new();
    text.push_str(EXPRESS);
    text.push(char::from(body.event));
    let mut event = AlarmEvent::new(raw(&text), Qualifier::New);
    let digit = body.zone.map(|digit| [digit]);
    event.zone = digit
        .as_ref()
        .and_then(|digit| str::from_utf8(digit).ok())
        // A pulse digit 0 counts ten, so it is no zero that means nobody.
        .and_then(|digit| Zone::new(digit).ok());
    alone(&event);
}
