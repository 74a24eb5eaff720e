use core::str;

use arrayvec::ArrayVec;

use super::{Basic, Body, Frame, HighSpeed, LONGEST, Settings, SiaOne};
use crate::{
    codec::{
        Quirks,
        columns::{CidDigits, lettered, zone},
        dc03,
        pulse::channels::{self, Channels},
    },
    event::{self, AlarmEvent, Class, EventCode, Qualifier},
    types::Partition,
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
                let digits = CidDigits {
                    qualifier: body.qualifier,
                    code: body.code,
                    group: body.group,
                    zone: body.zone,
                };
                return digits.event(&mut alone);
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
            Body::HighSpeed(body) => self.high_speed(body, settings, each),
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

    /// The events of channels, as [`Channels::events`] tells them, each with the data in which all others are normal.
    fn high_speed(&self, body: &HighSpeed<'_>, settings: &Settings<'_>, each: Each<'_>) {
        let data = self.data();
        let digits = body.channels.as_bytes();
        // Behind the channels stand the status digit and its blank, and the clock.
        let behind = if body.status.is_some() { 2 } else { 0 };
        let behind = behind + self.clock.map_or(0, str::len);
        let from = data
            .len()
            .checked_sub(digits.len() + behind)
            .filter(|from| data.get(*from..*from + digits.len()) == Some(digits));
        Channels::new(digits, body.status).events(settings.channels, &mut |event, at| {
            let mut event = *event;
            event.account = Some(body.account);
            let mut own: ArrayVec<u8, 64> = data.iter().copied().take(64).collect();
            let columns = from.and_then(|from| own.get_mut(from..from + digits.len()));
            let Some(columns) = columns else {
                return each(&event, data);
            };
            channels::keep_only(columns, at);
            each(&event, &own);
        });
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
    let meaning = settings.letters.get(body.event);
    let mut event = lettered(NAME, text, meaning, body.code);
    event.partition = body
        .area
        .and_then(|area| Partition::new(area).ok())
        .filter(|area| area.as_str() != "0");
    alone(&event);
}

#[cfg(test)]
mod tests {
    use alloc::{string::ToString, vec::Vec};

    use super::*;

    fn events(wire: &[u8]) -> Vec<(alloc::string::String, Class, Qualifier, Vec<u8>)> {
        let (frame, _) = Frame::parse(wire, &Settings::default())
            .expect("good")
            .expect("whole");
        let mut seen = Vec::new();
        frame.events(&Settings::default(), &mut |event, data| {
            let zone = event.zone.map_or("-", |zone| zone.as_str());
            seen.push((
                alloc::format!("{} {zone}", event.code),
                event.class,
                event.qualifier,
                data.to_vec(),
            ));
            assert_eq!(
                event.account.map(|a| a.to_string()).as_deref(),
                Some("1234")
            );
        });
        seen
    }

    #[test]
    fn each_channel_that_is_not_normal_is_an_event_with_data_of_its_own() {
        let seen = events(b"80111234 1553 5555 7\x14");
        assert_eq!(
            seen,
            [
                (
                    "raw:pulse:P1X7 1".into(),
                    Class::Burglary,
                    Qualifier::New,
                    b"0111234 1555 5555 7".to_vec()
                ),
                (
                    "raw:pulse:P3X7 4".into(),
                    Class::Burglary,
                    Qualifier::Restore,
                    b"0111234 5553 5555 7".to_vec()
                ),
            ]
        );
        for (_, _, _, data) in seen {
            let wire = [b"8", &data[..], b"\x14"].concat();
            assert_eq!(events(&wire).len(), 1);
            let (frame, _) = Frame::parse(&wire, &Settings::default()).unwrap().unwrap();
            frame.events(&Settings::default(), &mut |event, _| {
                let mut out = bytes::BytesMut::new();
                let header = crate::codec::surgard::Header::default();
                crate::codec::surgard::encode_event(header, event, &mut out).unwrap();
                assert_eq!(out, wire);
            });
        }
        assert_eq!(events(b"80111234 5555 5555 7\x14").len(), 1);
        let seen = events(b"9011    123415535555\x14");
        assert_eq!(
            seen,
            [
                (
                    "raw:pulse:P1 1".into(),
                    Class::Burglary,
                    Qualifier::New,
                    b"011    123415555555".to_vec()
                ),
                (
                    "raw:pulse:P3 4".into(),
                    Class::Burglary,
                    Qualifier::Restore,
                    b"011    123455535555".to_vec()
                ),
            ]
        );
    }

    #[test]
    fn a_clock_behind_the_channels_stays() {
        let seen = events(b"80111234 1553 5555 712:34:56-24/11\x14");
        assert_eq!(seen[1].3, b"0111234 5553 5555 712:34:56-24/11");
    }

    #[test]
    fn a_duress_is_a_hold_up_whatever_the_channels_say() {
        for wire in [
            &b"80111234 5555 5555 1\x14"[..],
            b"80111234 1555 5555 1\x14",
        ] {
            assert_eq!(events(wire)[0].1, Class::HoldUp);
        }
    }

    #[test]
    fn each_event_of_a_sia_block_has_data_that_carries_it_alone() {
        let seen = events(b"S011[#1234|Nri1/BA01/TA02]\x14");
        assert_eq!(seen.len(), 2);
        for (code, _, _, data) in seen {
            let again = events(&[b"S", &data[..], b"\x14"].concat());
            assert_eq!(
                (again.len(), &again[0].0),
                (1, &code),
                "{}",
                data.escape_ascii()
            );
        }
    }
}
