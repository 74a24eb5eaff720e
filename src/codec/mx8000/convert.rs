use core::str;

use arrayvec::ArrayVec;

use super::{ACCOUNT, Body, Call, Frame, QUOTE, Reading, System};
use crate::{
    codec::{Quirks, contact_id, dc03},
    event::{self, AlarmEvent, Class, EventCode, Qualifier},
};

/// In front of the character of a system code that has no customary code: a pulse digit may be the same character.
pub(super) const SYSTEM: &str = "system ";

impl Frame<'_> {
    /// Hands out the events, in order and never none (a link test is one of class test), each with the data that would
    /// carry it alone. Says what was odd in their texts.
    ///
    /// The last event of a piece that another follows may be cut: its SIA code is given, without a zone that might be
    /// another one's first digits; what stands there is its text.
    pub fn events(&self, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) -> Quirks {
        let data = self.data();
        match self.body {
            Body::Nothing => {
                let mut event = self.raw(self.id.as_str());
                event.class = Class::Test;
                event.lane = Class::Test.lane();
                each(&event, data);
                Quirks::NONE
            }
            Body::System(system) => self.system(&system, &mut |event| each(event, data)),
            Body::Call(call) => self.call(&call, each),
            Body::Other(text) => {
                event::raw(self.dialect.name(), text, |event| each(event, data));
                Quirks::NONE
            }
        }
    }

    fn raw<'e>(&self, text: &'e str) -> AlarmEvent<'e> {
        let protocol = self.dialect.name();
        AlarmEvent::new(EventCode::Raw { protocol, text }, Qualifier::New)
    }

    fn system(&self, system: &System<'_>, alone: &mut dyn FnMut(&AlarmEvent<'_>)) -> Quirks {
        let detail = Some(system.detail.as_bytes()).filter(|detail| !detail.is_empty());
        let known = system.code.meaning(self.dialect);
        if let Some(code) = known.and_then(|known| known.sia) {
            let number =
                system.detail.len() <= 4 && system.detail.bytes().all(|b| b.is_ascii_digit());
            let card = number && system.code.names_card();
            let address = if card { system.detail } else { "" };
            return sia(&code, address, &mut |event| {
                let mut event = *event;
                event.text = detail.filter(|_| !card);
                alone(&event);
            });
        }
        let mut text = ArrayVec::<u8, 16>::new();
        text.extend(SYSTEM.bytes());
        match system.code.byte() {
            0x7F => text.extend(*b"\\x7F"),
            byte => text.push(byte),
        }
        let mut event = self.raw(str::from_utf8(&text).unwrap_or(SYSTEM));
        if let Some(known) = known {
            (event.class, event.lane) = (known.class, known.class.lane());
            event.qualifier = known.qualifier;
        }
        event.text = detail;
        alone(&event);
        Quirks::NONE
    }

    fn call(&self, call: &Call<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) -> Quirks {
        let data = self.data();
        let account = Some(call.account);
        let count = call.each().count();
        if count == 0 {
            event::raw(self.dialect.name(), data, |event| {
                let mut event = *event;
                event.account = account;
                each(&event, data);
            });
        }
        let mut quirks = Quirks::NONE;
        for (at, text) in call.each().enumerate() {
            let mut own = ArrayVec::<u8, 128>::new();
            let parts: [&[u8]; 6] = [
                call.format.as_bytes(),
                call.line_card.as_bytes(),
                &[ACCOUNT],
                call.account.as_str().as_bytes(),
                &[QUOTE],
                text.as_bytes(),
            ];
            let fits = parts
                .iter()
                .all(|part| own.try_extend_from_slice(part).is_ok());
            let own = if fits && count > 1 { &own } else { data };
            let cut = self.continued && at + 1 == count;
            let odd = self.said(text, cut, &mut |event| {
                let mut event = *event;
                event.account = account;
                each(&event, own);
            });
            quirks = quirks.union(odd);
        }
        quirks
    }

    fn said(&self, text: &str, cut: bool, alone: &mut dyn FnMut(&AlarmEvent<'_>)) -> Quirks {
        match Reading::of(text) {
            Reading::ContactId(body) => contact_id::events(&body, &mut |event, _| alone(event)),
            Reading::Sia(text) => {
                let (code, address) = text.split_at_checked(2).unwrap_or((text, ""));
                let address = if cut { "" } else { address };
                sia(code.as_bytes(), address, &mut |event| {
                    let mut event = *event;
                    event.text = cut.then_some(text.as_bytes());
                    alone(&event);
                })
            }
            Reading::Pulse(text) | Reading::Raw(text) => {
                event::raw(self.dialect.name(), text.as_bytes(), |event| alone(event));
                Quirks::NONE
            }
        }
    }
}

/// One event with a SIA code and an address of at most four digits.
fn sia(code: &[u8], address: &str, alone: &mut dyn FnMut(&AlarmEvent<'_>)) -> Quirks {
    let mut payload = ArrayVec::<u8, 8>::new();
    payload.extend(
        b"N".iter()
            .chain(code)
            .chain(address.as_bytes())
            .copied()
            .take(8),
    );
    dc03::events(&payload, &mut |event, _| alone(event))
}
