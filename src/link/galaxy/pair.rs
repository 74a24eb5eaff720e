//! A panel and a receiver joined by a line that loses, doubles, damages and delays, in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failed test may panic"
)]

use core::time::Duration;
use std::{
    collections::{BTreeMap, VecDeque},
    format,
    string::{String, ToString as _},
    vec::Vec,
};

use super::{
    DefaultAccount, Event, Panel, PanelEvent, PanelSettings, Reason, Receiver, ReceiverSettings,
};
use crate::{
    AccountId, Lane, Qualifier,
    codec::{
        dc03::{self, FskBlock},
        galaxy::Message,
    },
    link::Stored,
    types::Now,
};

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

#[derive(Clone, Copy)]
struct Faults {
    loss: u64,
    double: u64,
    damage: u64,
    delay_ms: u64,
}

const CLEAN: Faults = Faults {
    loss: 0,
    double: 0,
    damage: 0,
    delay_ms: 20,
};

/// One direction: what is on the way, in its order.
#[derive(Default)]
struct Line {
    way: VecDeque<(Duration, Vec<u8>)>,
}

impl Line {
    fn send(&mut self, now: Duration, bytes: &[u8], faults: Faults, random: &mut Random) {
        if random.percent(faults.loss) {
            return;
        }
        let mut bytes = bytes.to_vec();
        if random.percent(faults.damage) {
            // Not the header: a false length lets one parity byte in 256 pass.
            let at = 2 + random.below(bytes.len() as u64 - 2) as usize;
            bytes[at] ^= 1 << random.below(8);
        }
        let mut at = now + Duration::from_millis(1 + random.below(faults.delay_ms));
        if let Some((last, _)) = self.way.back() {
            at = at.max(*last);
        }
        for _ in 0..if random.percent(faults.double) { 2 } else { 1 } {
            let split = random.below(bytes.len() as u64) as usize;
            for part in [&bytes[..split], &bytes[split..]] {
                if !part.is_empty() {
                    self.way.push_back((at, part.to_vec()));
                }
            }
        }
    }

    fn due(&self) -> Option<Duration> {
        self.way.front().map(|(at, _)| *at)
    }

    fn arrived(&mut self, now: Duration) -> Vec<u8> {
        let mut read = Vec::new();
        while self.due().is_some_and(|at| at <= now) {
            read.extend(self.way.pop_front().unwrap().1);
        }
        read
    }
}

struct World {
    now: Now,
    random: Random,
    faults: Faults,
    panel: Panel,
    receiver: Receiver,
    down: Line,
    up: Line,
    /// Token and data of what was stored, with its mark, in its order.
    stored: Vec<(String, bool)>,
    committing: VecDeque<(Duration, Vec<u8>)>,
    count: u64,
    next: u64,
    delivered: BTreeMap<u64, u32>,
    redial: Option<Duration>,
    calls: u32,
}

/// What is stored of message `id`, in order.
fn expected(id: u64) -> Vec<String> {
    let event = format!("ri{}/BA{:04}", 1 + id % 9, id);
    let mut all = std::vec![format!("N{event}")];
    if id.is_multiple_of(2) {
        all.push(format!("O{event}|AINTRUDER +{id}"));
    }
    all
}

impl World {
    fn new(seed: u64, faults: Faults, count: u64) -> Self {
        let now = Now::default();
        let mut panel = Panel::new(PanelSettings::default());
        panel.connected(now);
        Self {
            now,
            random: Random(seed),
            faults,
            panel,
            receiver: Receiver::new(ReceiverSettings::default(), now),
            down: Line::default(),
            up: Line::default(),
            stored: Vec::new(),
            committing: VecDeque::new(),
            count,
            next: 0,
            delivered: BTreeMap::new(),
            redial: None,
            calls: 1,
        }
    }

    fn submit(&mut self) {
        let id = self.next;
        let (address, area) = (format!("{id:04}"), (1 + id % 9).to_string());
        let text = format!("INTRUDER +{id}");
        // Two panels behind one transmitter.
        let account = AccountId::new(if id % 10 < 7 { "1234" } else { "4321" }).unwrap();
        let mut message = Message::new(account, dc03::Event::new("BA", &address).unwrap());
        message.area = Some(&area);
        message.text = id.is_multiple_of(2).then_some(text.as_bytes());
        self.panel.submit(self.now, id, &message).unwrap();
        self.next += 1;
    }

    fn step(&mut self) {
        let now = self.now;
        if self.redial.is_some_and(|at| at <= now.monotonic) {
            self.redial = None;
            self.calls += 1;
            (self.down, self.up) = (Line::default(), Line::default());
            self.committing.clear();
            self.receiver.reopened(now);
            self.panel.connected(now);
        }
        self.panel.handle_timeout(now);
        let read = self.up.arrived(now.monotonic);
        self.panel.handle_input(now, &read);
        while let Some(event) = self.panel.poll_event() {
            match event {
                PanelEvent::Delivered { id, blocks } => {
                    assert!(self.delivered.insert(id, blocks).is_none());
                    // Now and then a call ends.
                    if id % 5 == 4 {
                        self.panel.finish(now);
                    }
                }
                PanelEvent::Failed => {
                    self.redial = Some(now.monotonic + Duration::from_secs(30));
                }
                _ => {}
            }
        }
        if self.panel.is_ready() && self.next < self.count {
            self.submit();
        }
        if let Some(bytes) = self.panel.poll_transmit(now) {
            self.down
                .send(now.monotonic, bytes, self.faults, &mut self.random);
            self.panel.drained(now);
        }
        self.receive();
        let next = [
            self.panel.poll_timeout(),
            self.receiver.poll_timeout(),
            self.up.due(),
            self.down.due(),
            self.committing.front().map(|(at, _)| *at),
            self.redial,
            Some(now.monotonic + Duration::from_secs(1)),
        ];
        let next = next.into_iter().flatten().min().unwrap();
        let next = next.max(now.monotonic + Duration::from_micros(100));
        self.now = now.after(next - now.monotonic);
    }

    fn receive(&mut self) {
        let now = self.now;
        let read = self.down.arrived(now.monotonic);
        self.receiver.handle_input(now, &read);
        self.receiver.handle_timeout(now);
        while let Some(event) = self.receiver.next(now) {
            if let Event::Signal(ticket, signal) = event {
                let data = String::from_utf8(signal.data.to_vec()).unwrap();
                self.stored.push((data, signal.possible_repeat));
                let at = now.monotonic + Duration::from_millis(1 + self.random.below(40));
                let at = self.committing.back().map_or(at, |(last, _)| at.max(*last));
                let reply = ticket.redeem(&Stored::new(false)).to_vec();
                self.committing.push_back((at, reply));
            }
        }
        while let Some(bytes) = self.receiver.poll_transmit() {
            self.up
                .send(now.monotonic, &bytes, self.faults, &mut self.random);
        }
        while self
            .committing
            .front()
            .is_some_and(|(at, _)| *at <= now.monotonic)
        {
            let (_, reply) = self.committing.pop_front().unwrap();
            if !reply.is_empty() {
                self.up
                    .send(now.monotonic, &reply, self.faults, &mut self.random);
                self.receiver.answered(now);
            }
        }
    }

    fn run_until(&mut self, end: Duration) {
        while self.now.monotonic < end && (self.delivered.len() as u64) < self.count {
            self.step();
        }
    }

    fn check(&self) {
        for id in self.delivered.keys() {
            for data in expected(*id) {
                let found = self.stored.iter().any(|(stored, _)| *stored == data);
                assert!(found, "{data} was acknowledged and is lost");
            }
        }
        // First copies in their order and unmarked; every other copy marked.
        let mut wanted = (0..self.count).flat_map(expected);
        let mut seen: Vec<&String> = Vec::new();
        for (data, marked) in &self.stored {
            if *marked {
                assert!(seen.contains(&data), "a first copy is marked: {data}");
            } else {
                assert_eq!(
                    wanted.next().as_ref(),
                    Some(data),
                    "out of order, or unmarked"
                );
            }
            seen.push(data);
        }
    }
}

#[test]
fn on_a_clean_line_each_block_goes_once_and_in_its_order() {
    let mut world = World::new(1, CLEAN, 100);
    world.run_until(Duration::from_secs(60));
    world.check();
    assert_eq!((world.delivered.len(), world.stored.len()), (100, 150));
    assert!(world.stored.iter().all(|(_, marked)| !marked));
    assert_eq!(world.calls, 1);
}

#[test]
fn whatever_the_line_does_nothing_acknowledged_is_lost_and_every_copy_is_marked() {
    let (mut repeats, mut calls) = (0, 0);
    for seed in 0..300 {
        let faults = Faults {
            loss: seed % 35,
            double: seed / 7 % 15,
            damage: seed / 3 % 20,
            delay_ms: 1 + seed % 300,
        };
        let mut world = World::new(seed, faults, 30);
        world.run_until(Duration::from_secs(3600));
        world.check();
        world.faults = CLEAN;
        world.run_until(world.now.monotonic + Duration::from_secs(900));
        world.check();
        assert_eq!(world.delivered.len(), 30, "seed {seed}");
        repeats += world.stored.iter().filter(|(_, marked)| *marked).count();
        calls += world.calls;
    }
    assert!(repeats > 300 && calls > 330, "{repeats} {calls}");
}

fn block(text: &[u8]) -> Vec<u8> {
    let mut out = bytes::BytesMut::new();
    FskBlock::new(text).unwrap().encode(&mut out);
    out.to_vec()
}

fn at(ms: u64) -> Now {
    Now::default().after(Duration::from_millis(ms))
}

#[test]
fn the_text_of_an_event_is_no_second_alarm() {
    let mut receiver = Receiver::new(ReceiverSettings::default(), at(0));
    receiver.handle_input(
        at(0),
        &[block(b"#1234"), block(b"Nri2/FA7"), block(b"A+FIRE")].concat(),
    );
    let mut seen = Vec::new();
    while let Some(event) = receiver.next(at(0)) {
        if let Event::Signal(ticket, signal) = event {
            assert_eq!(ticket.redeem(&Stored::new(false)), [0x40, 0x38, 0x87]);
            signal.events(&mut |event, _| {
                assert_eq!(event.account.unwrap().as_str(), "1234");
                assert_eq!(event.zone.unwrap().as_str(), "7");
                assert_eq!(event.partition.unwrap().as_str(), "2");
                assert_eq!(event.lane, Lane::LifeSafety);
                seen.push((event.code.to_string(), event.class, event.qualifier));
            });
        }
    }
    assert_eq!(
        seen,
        [
            ("sia:FA".into(), crate::Class::Fire, Qualifier::New),
            (
                "raw:galaxy:A".into(),
                crate::Class::Status,
                Qualifier::Status
            ),
        ]
    );
    assert_eq!(
        receiver.poll_transmit().unwrap().as_slice(),
        [0x40, 0x38, 0x87]
    );
    assert_eq!(receiver.poll_transmit(), None, "the rest waits for storage");
}

#[test]
fn a_report_without_an_account_is_rejected_or_gets_that_of_the_line() {
    let mut settings = ReceiverSettings {
        plain_answers: true,
        ..ReceiverSettings::default()
    };
    let mut receiver = Receiver::new(settings, at(0));
    receiver.handle_input(at(0), &block(b"NBA1"));
    assert!(matches!(
        receiver.next(at(0)),
        Some(Event::Refused(Reason::NoAccount))
    ));
    assert_eq!(
        receiver.poll_transmit().unwrap().as_slice(),
        [0x00, 0x39, 0xC6]
    );
    settings.default_account = Some(DefaultAccount::new("0099").unwrap());
    let mut receiver = Receiver::new(settings, at(0));
    receiver.handle_input(at(0), &block(b"NBA1"));
    let Some(Event::Signal(_, signal)) = receiver.next(at(0)) else {
        panic!()
    };
    assert_eq!(signal.account.unwrap().as_str(), "0099");
}

#[test]
fn damage_is_rejected_when_the_line_is_quiet_and_what_stands_behind_it_is_not_answered() {
    let mut receiver = Receiver::new(ReceiverSettings::default(), at(0));
    let mut damaged = block(b"#1234");
    damaged[3] ^= 1;
    receiver.handle_input(at(0), &[damaged, block(b"#1234")].concat());
    assert!(matches!(
        receiver.next(at(0)),
        Some(Event::Refused(Reason::Damaged(_)))
    ));
    assert!(matches!(
        receiver.next(at(0)),
        Some(Event::Refused(Reason::BehindDamage))
    ));
    assert_eq!(
        (receiver.next(at(0)).is_none(), receiver.poll_transmit()),
        (true, None)
    );
    assert_eq!(receiver.poll_timeout(), Some(Duration::from_millis(250)));
    receiver.handle_timeout(at(250));
    assert_eq!(
        receiver.poll_transmit().unwrap().as_slice(),
        [0x40, 0x39, 0x86]
    );
    receiver.handle_input(at(300), &block(b"#1234"));
    assert!(matches!(receiver.next(at(300)), Some(Event::Account(_))));
}

#[test]
fn a_block_that_wants_no_answer_gets_none_and_is_stored() {
    let mut receiver = Receiver::new(ReceiverSettings::default(), at(0));
    let mut out = bytes::BytesMut::new();
    for text in [&b"#1234"[..], b"NBA1"] {
        FskBlock::new(text)
            .unwrap()
            .with_acknowledge(false)
            .encode(&mut out);
    }
    receiver.handle_input(at(0), &out);
    assert!(matches!(receiver.next(at(0)), Some(Event::Account(_))));
    let Some(Event::Signal(ticket, _)) = receiver.next(at(0)) else {
        panic!()
    };
    assert!(ticket.redeem(&Stored::new(false)).is_empty());
    assert_eq!(receiver.poll_transmit(), None);
}

#[test]
fn commands_and_logins_are_told_and_not_done() {
    let mut receiver = Receiver::new(ReceiverSettings::default(), at(0));
    for text in [&b"#1234"[..], b"@AL4B1", b"?4711", b"CSA1*0"] {
        receiver.handle_input(at(0), &block(text));
    }
    assert!(matches!(receiver.next(at(0)), Some(Event::Account(_))));
    assert!(matches!(receiver.next(at(0)), Some(Event::Aside(_))));
    assert!(matches!(receiver.next(at(0)), Some(Event::Aside(_))));
    let Some(Event::Signal(_, signal)) = receiver.next(at(0)) else {
        panic!()
    };
    assert_eq!((signal.token, signal.data), (Some("C"), &b"CSA1*0"[..]));
}

#[test]
fn every_form_of_an_answer_is_understood() {
    for (answer, accepted) in [
        (&[0x40, 0x38, 0x87][..], true),
        (&[0x00, 0x38, 0xC7], true),
        (&[0x00, 0x08, 0xF7], true),
        (&[0x00, 0x36, 0xC9], true),
        (&[0x00, 0x39, 0xC6], false),
        (&[0x40, 0x39, 0x86], false),
        (&[0x00, 0x09, 0xF6], false),
    ] {
        let mut panel = Panel::new(PanelSettings::default());
        panel.connected(at(0));
        let account = AccountId::new("1234").unwrap();
        let message = Message::new(account, dc03::Event::new("BA", "1").unwrap());
        panel.submit(at(0), 1, &message).unwrap();
        assert_eq!(panel.poll_transmit(at(0)).unwrap(), block(b"#1234"));
        panel.handle_input(at(10), answer);
        let next = if accepted {
            block(b"NBA1")
        } else {
            block(b"#1234")
        };
        assert_eq!(panel.poll_transmit(at(10)).unwrap(), next, "{answer:02X?}");
    }
}

#[test]
fn a_call_that_is_not_answered_is_given_up_after_four_times_two_and_a_half_seconds() {
    let mut world = World::new(3, CLEAN, 1);
    world.faults.loss = 100;
    while world.redial.is_none() {
        world.step();
    }
    assert_eq!(world.redial, Some(Duration::from_secs(40)));
}

#[test]
fn nothing_else_is_accepted_while_a_report_waits_to_be_stored() {
    let mut receiver = Receiver::new(ReceiverSettings::default(), at(0));
    receiver.handle_input(
        at(0),
        &[block(b"#1234"), block(b"NBA1"), block(b"0")].concat(),
    );
    let mut tickets = Vec::new();
    while let Some(event) = receiver.next(at(0)) {
        if let Event::Signal(ticket, _) = event {
            tickets.push(ticket);
        }
    }
    let accepted = [0x40, 0x38, 0x87];
    assert_eq!(receiver.poll_transmit().as_deref(), Some(&accepted[..]));
    assert_eq!(
        receiver.poll_transmit(),
        None,
        "that would look like the answer of the report"
    );
    let ticket = tickets.pop().unwrap();
    assert_eq!(ticket.redeem(&Stored::new(false)), accepted);
    receiver.answered(at(1));
    receiver.handle_input(at(3_000), &block(b"0"));
    while receiver.next(at(3_000)).is_some() {}
    assert_eq!(receiver.poll_transmit().as_deref(), Some(&accepted[..]));
}
