use core::str;

use arrayvec::ArrayVec;

use super::{Basic, Body, Frame, HighSpeed, LONGEST, Settings, SiaOne};
use crate::{
    codec::{
        Quirks,
        columns::{CidDigits, lettered, zone},
        dc03,
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
            Body::HighSpeed(body) if body.status.is_some() => self.high_speed(body, each),
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

    /// One event for each channel that is not normal; the status digit says of what kind they are
    /// (serial-receivers.md 2.2).
    fn high_speed(&self, body: &HighSpeed<'_>, each: Each<'_>) {
        let data = self.data();
        // Four channels, a blank, four channels, a blank, the status: the last columns, unless a clock follows.
        let columns = data
            .len()
            .checked_sub(11)
            .filter(|at| data.get(*at..*at + 9) == Some(body.channels.as_bytes()));
        let class = match body.status {
            Some(b'0' | b'9') => Class::Test,
            Some(b'5') => Class::Trouble,
            Some(b'7' | b'8') => Class::Burglary,
            _ => Class::Status,
        };
        let mut told = false;
        let channels = body
            .channels
            .bytes()
            .enumerate()
            .filter(|(_, digit)| *digit != b' ');
        for (number, (at, digit)) in (b'1'..).zip(channels) {
            let (qualifier, class) = match digit {
                b'1' => (Qualifier::New, class),
                b'2' => (Qualifier::New, Class::OpenClose),
                b'3' => (Qualifier::Restore, class),
                b'4' => (Qualifier::Restore, Class::OpenClose),
                b'5' => continue,
                b'6' => (Qualifier::Status, class),
                _ => (Qualifier::New, Class::Status),
            };
            told = true;
            let (digit, number) = ([digit], [number]);
            let text = str::from_utf8(&digit).unwrap_or("?");
            let mut event = AlarmEvent::new(
                EventCode::Raw {
                    protocol: NAME,
                    text,
                },
                qualifier,
            );
            event.account = Some(body.account);
            event.class = class;
            // What an unknown digit or status stands for nobody knows: lane 1, as by the code alone.
            if class != Class::Status {
                event.lane = class.lane();
            }
            event.zone = str::from_utf8(&number).ok().and_then(zone);
            let mut own: ArrayVec<u8, 64> = data.iter().copied().take(64).collect();
            for (other, byte) in own
                .iter_mut()
                .enumerate()
                .skip(columns.unwrap_or(64))
                .take(9)
            {
                if *byte != b' ' && Some(other) != columns.map(|from| from + at) {
                    *byte = b'5';
                }
            }
            each(&event, if columns.is_some() { &own } else { data });
        }
        if !told {
            let text = body.channels;
            let mut event = AlarmEvent::new(
                EventCode::Raw {
                    protocol: NAME,
                    text,
                },
                Qualifier::Status,
            );
            event.account = Some(body.account);
            each(&event, data);
        }
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
                    "raw:surgard:1 1".into(),
                    Class::Burglary,
                    Qualifier::New,
                    b"0111234 1555 5555 7".to_vec()
                ),
                (
                    "raw:surgard:3 4".into(),
                    Class::Burglary,
                    Qualifier::Restore,
                    b"0111234 5553 5555 7".to_vec()
                ),
            ]
        );
        for (_, _, _, data) in seen {
            assert_eq!(events(&[b"8", &data[..], b"\x14"].concat()).len(), 1);
        }
        assert_eq!(events(b"80111234 5555 5555 7\x14").len(), 1);
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
