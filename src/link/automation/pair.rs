//! A sender and an automation joined by a line that loses, doubles, damages and delays, in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failed test may panic"
)]

use core::time::Duration;
use std::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};

use super::{
    Automation, Event, Family, Sender, SenderEvent,
    framed::{self, Framed},
};
use crate::{
    codec::surgard::{Configured, Header},
    link::{Stored, surgard},
    types::{Now, Sequence},
};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// One direction: what is on the way, in its order.
#[derive(Default)]
struct Line {
    way: VecDeque<(Duration, Vec<u8>)>,
}

#[derive(Clone, Copy)]
pub(in crate::link) struct Faults {
    pub(in crate::link) loss: u64,
    pub(in crate::link) double: u64,
    pub(in crate::link) damage: u64,
    pub(in crate::link) delay_ms: u64,
}

impl Line {
    fn send(&mut self, now: Duration, bytes: &[u8], faults: Faults, random: &mut Random) {
        if random.percent(faults.loss) {
            return;
        }
        let mut bytes = bytes.to_vec();
        if random.percent(faults.damage) {
            // A control character: nothing that a protocol without a check value could take for a good frame.
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = 0x01;
        }
        let mut at = now + Duration::from_millis(1 + random.below(faults.delay_ms));
        if let Some((last, _)) = self.way.back() {
            at = at.max(*last);
        }
        let copies = if random.percent(faults.double) { 2 } else { 1 };
        for _ in 0..copies {
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

    /// All that has arrived, as one read.
    fn arrived(&mut self, now: Duration) -> Vec<u8> {
        let mut read = Vec::new();
        while self.due().is_some_and(|at| at <= now) {
            read.extend(self.way.pop_front().unwrap().1);
        }
        read
    }
}

pub(in crate::link) struct World<F> {
    now: Now,
    random: Random,
    faults: Faults,
    sender: Sender<F>,
    automation: Automation<F>,
    /// Copies are told by their sequence, and not marked.
    counts: bool,
    down: Line,
    up: Line,
    /// Stored, with its mark, in its order.
    stored: Vec<(Vec<u8>, bool)>,
    /// When the commit of what was read ends, and what it answers.
    committing: VecDeque<(Duration, Vec<u8>)>,
    frames: Vec<Vec<u8>>,
    next: usize,
    delivered: BTreeMap<u64, u32>,
    heartbeats: usize,
    told: Vec<SenderEvent>,
}

/// Sur-Gard: one byte as answer.
fn plain(seed: u64, faults: Faults, frames: Vec<Vec<u8>>) -> World<surgard::Line> {
    static PORT: Configured = Configured {
        settings: crate::codec::surgard::Settings {
            line_digits: None,
            letters: &crate::codec::surgard::LetterTable::DEFAULT,
            channels: &crate::codec::pulse::channels::ChannelTable::DEFAULT,
            seven_bits: false,
        },
    };
    let poser = surgard::Line::posing(Header::default()).unwrap();
    World::new(seed, faults, frames, surgard::Line::reading(&PORT), poser)
}

/// Answers that are frames with a sequence.
fn counted(seed: u64, faults: Faults, count: u16) -> World<Framed> {
    let frames = (1..=count)
        .map(|n| framed::frame(Sequence::new(n).unwrap(), &std::format!("#1234|NBA{n}")))
        .collect();
    let mut world = World::new(seed, faults, frames, Framed, Framed);
    world.counts = true;
    world
}

/// 6500 mode, without a header, whose loss would make another frame of the same event: one byte as answer.
#[cfg(feature = "bosch6500")]
fn bosch6500(seed: u64, faults: Faults, count: usize) -> World<crate::link::bosch6500::Line> {
    use crate::{
        codec::bosch6500::{Configured, Header},
        link::bosch6500::Line,
        types::{LineNumber, ReceiverNumber},
    };
    static PORT: std::sync::LazyLock<Configured> = std::sync::LazyLock::new(Configured::default);
    let frames = (0..count)
        .map(|i| match i % 2 {
            0 => std::format!("a011 {i:04}18113001{:03}\x14", i % 1000).into_bytes(),
            _ => std::format!("1011      {i:04} F{i:4}\x14").into_bytes(),
        })
        .collect();
    let (receiver, line) = (ReceiverNumber::new("01"), LineNumber::new("1"));
    let header = Header::new(receiver.unwrap(), line.unwrap());
    let poser = Line::posing(&PORT, header).unwrap();
    World::new(seed, faults, frames, Line::reading(&PORT), poser)
}

/// DC-07: answers that are frames.
#[cfg(feature = "dc07")]
fn dc07(seed: u64, faults: Faults, count: u16) -> World<crate::link::dc07::Line> {
    use crate::{
        codec::dc07::{Body, Configured, Frame, Kind},
        link::dc07::Line,
        types::{AccountId, LineNumber, ReceiverNumber},
    };
    static PORT: std::sync::LazyLock<Configured> = std::sync::LazyLock::new(Configured::default);
    let (receiver, line) = (
        ReceiverNumber::new("22").unwrap(),
        LineNumber::new("07").unwrap(),
    );
    let frames = (1..=count)
        .map(|n| {
            let (account, block) = (
                AccountId::new("1234").unwrap(),
                std::format!("NBA{n}").into_bytes(),
            );
            let body = Body::Event {
                account,
                block: &block,
            };
            let mut wire = bytes::BytesMut::new();
            // Jumps, as those of a receiver that was restarted.
            let sequence = Sequence::new(n * 37 % 9999 + 1).unwrap();
            let frame = Frame::new(Kind::PLAIN, sequence, receiver, line, body);
            frame.encode(&mut wire).unwrap();
            wire.to_vec()
        })
        .collect();
    let poser = Line::posing(&PORT, receiver).unwrap();
    let mut world = World::new(seed, faults, frames, Line::reading(&PORT), poser);
    world.counts = true;
    world
}

impl<F: Family> World<F> {
    pub(in crate::link) fn new(
        seed: u64,
        faults: Faults,
        frames: Vec<Vec<u8>>,
        reader: F,
        poser: F,
    ) -> Self {
        let now = Now::default();
        let (rules, first) = (poser.rules(), Sequence::new(5_000).unwrap());
        let mut sender = Sender::of(poser, rules, first);
        sender.connected(now);
        Self {
            now,
            random: Random(seed),
            faults,
            sender,
            automation: Automation::of(reader, rules, now),
            counts: false,
            down: Line::default(),
            up: Line::default(),
            stored: Vec::new(),
            committing: VecDeque::new(),
            frames,
            next: 0,
            delivered: BTreeMap::new(),
            heartbeats: 0,
            told: Vec::new(),
        }
    }

    fn step(&mut self) {
        let now = self.now;
        self.sender.handle_timeout(now);
        let read = self.up.arrived(now.monotonic);
        self.sender.handle_input(now, &read);
        while let Some(event) = self.sender.poll_event() {
            if let SenderEvent::Delivered { id, attempts } = event {
                assert!(
                    self.delivered.insert(id, attempts).is_none(),
                    "{id} delivered twice"
                );
            }
            self.told.push(event);
        }
        if self.sender.is_ready() && self.next < self.frames.len() {
            self.sender
                .submit(now, self.next as u64, &self.frames[self.next])
                .unwrap();
            self.next += 1;
        }
        if let Some(bytes) = self.sender.poll_transmit(now) {
            self.down
                .send(now.monotonic, bytes, self.faults, &mut self.random);
            self.sender.drained(now);
        }

        self.automation.handle_timeout(now);
        let read = self.down.arrived(now.monotonic);
        self.automation.handle_input(now, &read);
        while let Some(event) = self.automation.next(now) {
            match event {
                Event::Signal(ticket, signal) => {
                    self.stored
                        .push((signal.raw.to_vec(), signal.possible_repeat));
                    let at = now.monotonic + Duration::from_millis(1 + self.random.below(40));
                    let at = self.committing.back().map_or(at, |(last, _)| at.max(*last));
                    self.committing
                        .push_back((at, ticket.redeem(&Stored::new(false)).to_vec()));
                }
                Event::Heartbeat => self.heartbeats += 1,
                _ => {}
            }
        }
        while let Some(answer) = self.automation.poll_transmit() {
            self.up
                .send(now.monotonic, &answer, self.faults, &mut self.random);
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
                self.automation.answered(now);
            }
        }

        let next = [
            self.sender.poll_timeout(),
            self.automation.poll_timeout(),
            self.up.due(),
            self.down.due(),
            self.committing.front().map(|(at, _)| *at),
        ];
        let next = next
            .into_iter()
            .flatten()
            .min()
            // All is delivered, and the family has no heartbeat.
            .unwrap_or_default()
            .max(now.monotonic + Duration::from_micros(100));
        self.now = now.after(next - now.monotonic);
    }

    fn run_until(&mut self, end: Duration) {
        while self.now.monotonic < end && self.delivered.len() < self.frames.len() {
            self.step();
        }
    }

    fn check(&self) {
        for id in self.delivered.keys() {
            let frame = &self.frames[*id as usize];
            assert!(
                self.stored.iter().any(|(raw, _)| raw == frame),
                "{id} was acknowledged and is lost"
            );
        }
        // First copies in their order; every other copy right behind it, and marked.
        let mut wanted = self.frames.iter();
        let mut previous: Option<&Vec<u8>> = None;
        for (raw, marked) in &self.stored {
            if previous == Some(raw) {
                assert!(
                    *marked || self.counts,
                    "a copy without its mark: {}",
                    raw.escape_ascii()
                );
            } else {
                assert_eq!(wanted.next(), Some(raw), "out of order");
                previous = Some(raw);
            }
        }
    }
}

fn frames(count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|i| std::format!("5011 18{:04}E13001{:03}\x14", i % 10_000, i % 1000).into_bytes())
        .collect()
}

pub(in crate::link) const CLEAN: Faults = Faults {
    loss: 0,
    double: 0,
    damage: 0,
    delay_ms: 20,
};

pub(in crate::link) fn is_clean<F: Family>(mut world: World<F>) {
    world.run_until(Duration::from_secs(60));
    world.check();
    assert_eq!((world.delivered.len(), world.stored.len()), (200, 200));
    assert!(world.delivered.values().all(|attempts| *attempts == 1));
    assert!(world.stored.iter().all(|(_, marked)| !marked));
    assert_eq!(world.heartbeats, 1, "the one at the start");
}

#[test]
fn on_a_clean_line_each_frame_goes_once_and_in_its_order() {
    is_clean(plain(1, CLEAN, frames(200)));
    is_clean(counted(1, CLEAN, 200));
    #[cfg(feature = "bosch6500")]
    is_clean(bosch6500(1, CLEAN, 200));
    #[cfg(feature = "dc07")]
    is_clean(dc07(1, CLEAN, 200));
}

/// How often frames went out.
pub(in crate::link) fn gets_over_it<F: Family>(seed: u64, mut world: World<F>) -> u32 {
    world.run_until(Duration::from_secs(3600));
    world.check();
    world.faults = CLEAN;
    world.run_until(world.now.monotonic + Duration::from_secs(600));
    world.check();
    assert_eq!(
        world.delivered.len(),
        60,
        "seed {seed}: after the line healed all is delivered"
    );
    world.delivered.values().sum()
}

#[test]
fn whatever_the_line_does_nothing_acknowledged_is_lost_and_every_copy_is_marked() {
    let mut attempts = [0; 2];
    for seed in 0..300 {
        let faults = Faults {
            loss: seed % 25,
            double: seed / 7 % 15,
            damage: seed / 3 % 20,
            delay_ms: 1 + seed % 300,
        };
        attempts[0] += gets_over_it(seed, plain(seed, faults, frames(60)));
        attempts[1] += gets_over_it(seed, counted(seed, faults, 60));
        #[cfg(feature = "bosch6500")]
        gets_over_it(seed, bosch6500(seed, faults, 60));
        #[cfg(feature = "dc07")]
        gets_over_it(seed, dc07(seed, faults, 60));
    }
    assert!(
        attempts.iter().all(|sent| *sent > 300 * 60),
        "the faults did something"
    );
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || {
        let faults = Faults {
            loss: 15,
            double: 5,
            damage: 10,
            delay_ms: 200,
        };
        let mut world = plain(77, faults, frames(40));
        world.run_until(Duration::from_secs(900));
        (world.stored, world.told, world.now)
    };
    assert!(run() == run());
}

#[test]
fn a_dead_line_gets_heartbeats_only_and_its_first_answer_resumes_the_queue() {
    let mut world = plain(3, CLEAN, frames(3));
    world.run_until(Duration::from_millis(30));
    world.faults.loss = 100;
    let stored = world.stored.len();
    while world.now.monotonic < Duration::from_secs(300) {
        world.step();
    }
    assert!(world.sender.is_silent() && world.automation.is_lost());
    assert!(world.told.contains(&SenderEvent::Silent));
    assert!(world.stored.len() <= stored + 1);
    world.faults.loss = 0;
    world.run_until(Duration::from_secs(400));
    assert!(world.told.contains(&SenderEvent::Resumed) && !world.automation.is_lost());
    world.check();
    assert_eq!(world.delivered.len(), 3);
}

#[test]
fn two_real_alarms_of_the_same_bytes_are_both_kept() {
    let twice = std::vec![frames(1).remove(0), frames(1).remove(0)];
    let mut world = plain(4, CLEAN, twice);
    world.run_until(Duration::from_secs(60));
    assert_eq!(world.delivered.len(), 2);
    assert_eq!(
        world
            .stored
            .iter()
            .map(|(_, marked)| *marked)
            .collect::<Vec<_>>(),
        [false, true]
    );
}

/// ADEMCO 8000 and Silent Knight 9000: two attempts, and heartbeats or none.
#[cfg(all(feature = "ademco8000", feature = "sk9000"))]
mod mx8000 {
    use super::*;
    use crate::{
        codec::mx8000::{Dialect, check_byte},
        link::mx8000::Line,
        types::ReceiverNumber,
    };

    fn world(seed: u64, faults: Faults, dialect: Dialect, count: usize) -> World<Line> {
        let line = match dialect {
            Dialect::Ademco8000 => Line::ademco8000(),
            Dialect::Sk9000 => Line::sk9000(),
        };
        let line = line.posing(ReceiverNumber::new("02").unwrap()).unwrap();
        let frame = |n: usize| {
            let mut wire = match dialect {
                Dialect::Ademco8000 => {
                    std::format!("&051697\"124041\"02\"{n:04}\"00501\u{5}1234\"OP{n:03}")
                }
                Dialect::Sk9000 => std::format!("'062794\"0345\"51\u{5}1234\"OP{n:03}"),
            }
            .into_bytes();
            wire.push(check_byte(&wire));
            wire.push(b'\r');
            wire
        };
        let frames = (1..=count).map(frame).collect();
        let mut world = World::new(seed, faults, frames, line, line);
        world.counts = dialect == Dialect::Ademco8000;
        world
    }

    #[test]
    fn on_a_clean_line_each_frame_goes_once_and_in_its_order() {
        is_clean(world(1, CLEAN, Dialect::Ademco8000, 200));
        let mut knight = world(1, CLEAN, Dialect::Sk9000, 200);
        knight.run_until(Duration::from_secs(60));
        knight.check();
        assert_eq!((knight.delivered.len(), knight.stored.len()), (200, 200));
        assert_eq!(knight.heartbeats, 0);
    }

    #[test]
    fn whatever_the_line_does_nothing_acknowledged_is_lost_and_every_copy_is_told() {
        let mut attempts = 0;
        for seed in 0..300 {
            let faults = Faults {
                loss: seed % 25,
                double: seed / 7 % 15,
                damage: seed / 3 % 20,
                delay_ms: 1 + seed % 300,
            };
            for dialect in [Dialect::Ademco8000, Dialect::Sk9000] {
                attempts += gets_over_it(seed, world(seed, faults, dialect, 60));
            }
        }
        assert!(attempts > 2 * 300 * 60, "the faults did something");
    }
}
