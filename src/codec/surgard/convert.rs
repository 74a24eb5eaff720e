use core::{fmt::Write, str};

use arrayvec::{ArrayString, ArrayVec};

use super::{Basic, Body, Frame, LONGEST, Settings, SiaOne};
use crate::{
    codec::{Quirks, contact_id, dc03},
    event::{self, AlarmEvent, Class, EventCode, Qualifier},
    types::{Partition, User, Zone},
};

type Each<'e> = &'e mut dyn FnMut(&AlarmEvent<'_>, &[u8]);

impl Frame<'_> {
    /// Hands out the events, in order and never none (a heartbeat is one of class test), each with the data that would
    /// carry it alone. Says what was odd in the body.
    pub fn events(
        &self,
        settings: &Settings<'_>,
        each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8]),
    ) -> Quirks {
        let account = self.body.account();
        let data = self.data();
        // Most frames carry one event, and their own data carries it.
        let mut alone = |event: &AlarmEvent<'_>| {
            let mut event = *event;
            event.account = event.account.or(account);
            each(&event, data);
        };
        match &self.body {
            Body::Internal(block) | Body::SiaTwo(block) => return self.sia_two(block, each),
            Body::ContactId(body) => {
                let mut payload = ArrayString::<16>::new();
                let code = str::from_utf8(&body.code).unwrap_or("000");
                let _fits = write!(
                    payload,
                    "{}{code} {} {}",
                    char::from(body.qualifier),
                    body.group,
                    body.zone
                );
                return contact_id::events(payload.as_bytes(), &mut |event, _| alone(event));
            }
            Body::SiaOne(body) => return sia_one(body, &mut alone),
            Body::Basic(body) => basic(body, settings, &mut alone),
            Body::Caller(body) => {
                let mut event = AlarmEvent::new(
                    EventCode::Raw {
                        protocol: NAME,
                        text: "CALLER",
                    },
                    Qualifier::New,
                );
                event.lane = Class::Status.lane();
                event.text = Some(body.number.as_bytes());
                alone(&event);
            }
            Body::Heartbeat => {
                let mut event = AlarmEvent::new(
                    EventCode::Raw {
                        protocol: NAME,
                        text: "@",
                    },
                    Qualifier::New,
                );
                (event.class, event.lane) = (Class::Test, Class::Test.lane());
                alone(&event);
            }
            Body::ModemTwo(body) => {
                let mut event = AlarmEvent::new(
                    EventCode::Raw {
                        protocol: NAME,
                        text: body.code,
                    },
                    Qualifier::New,
                );
                event.zone = zone(body.address);
                alone(&event);
            }
            Body::HighSpeed(body) => {
                let text = body.channels;
                alone(&AlarmEvent::new(
                    EventCode::Raw {
                        protocol: NAME,
                        text,
                    },
                    Qualifier::New,
                ));
            }
            Body::SilentKnight(body) => {
                let letter = [body.event];
                let text = str::from_utf8(&letter).unwrap_or("?");
                let mut event = AlarmEvent::new(
                    EventCode::Raw {
                        protocol: NAME,
                        text,
                    },
                    Qualifier::New,
                );
                event.zone = zone(body.zone.trim());
                alone(&event);
            }
            Body::Text(text) => event::raw(NAME, text, |event| alone(event)),
        }
        Quirks::NONE
    }

    fn sia_two(&self, block: &[u8], each: Each<'_>) -> Quirks {
        let account = self.body.account();
        let split = block.iter().position(|b| *b == b'|').map_or(0, |at| at + 1);
        let (head, payload) = block.split_at_checked(split).unwrap_or((&[], block));
        let data = self.data();
        dc03::events(payload, &mut |event, own| {
            let mut event = *event;
            event.account = event.account.or(account);
            if own == payload {
                return each(&event, data);
            }
            let mut alone = ArrayVec::<u8, LONGEST>::new();
            let parts: [&[u8]; 6] = [
                self.receiver.as_str().as_bytes(),
                self.line.as_str().as_bytes(),
                b"[",
                head,
                own,
                b"]",
            ];
            let fits = parts
                .iter()
                .all(|part| alone.try_extend_from_slice(part).is_ok());
            // What does not fit can't have been part of a frame; the whole data is never wrong.
            each(&event, if fits { &alone } else { data });
        })
    }
}

const NAME: &str = "surgard";

fn zone(text: &str) -> Option<Zone<'_>> {
    Zone::new(text)
        .ok()
        .filter(|_| text.bytes().any(|b| b != b'0'))
}

fn sia_one(body: &SiaOne<'_>, alone: &mut dyn FnMut(&AlarmEvent<'_>)) -> Quirks {
    let mut payload = ArrayVec::<u8, 16>::new();
    let fits = payload.try_extend_from_slice(b"N").is_ok()
        && payload.try_extend_from_slice(&body.code).is_ok()
        && payload
            .try_extend_from_slice(body.address.as_bytes())
            .is_ok();
    debug_assert!(fits, "one letter, two and at most four");
    dc03::events(&payload, &mut |event, _| alone(event))
}

fn basic(body: &Basic<'_>, settings: &Settings<'_>, alone: &mut dyn FnMut(&AlarmEvent<'_>)) {
    let letter = [body.event];
    let text = str::from_utf8(&letter).unwrap_or("?");
    let known = settings.letters.get(body.event);
    let qualifier = known.map_or(Qualifier::New, |letter| letter.qualifier);
    let mut event = AlarmEvent::new(
        EventCode::Raw {
            protocol: NAME,
            text,
        },
        qualifier,
    );
    if let Some(letter) = known {
        (event.class, event.lane) = (letter.class, letter.class.lane());
    }
    event.partition = body
        .area
        .and_then(|area| Partition::new(area).ok())
        .filter(|area| area.as_str() != "0");
    if known.is_some_and(|letter| letter.user) {
        event.user = User::new(body.code).ok();
    } else {
        event.zone = zone(body.code);
    }
    alone(&event);
}
