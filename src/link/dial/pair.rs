//! A panel and a receiver joined by a line that loses digits and tones and breaks off, in virtual time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failed test may panic"
)]

use core::time::Duration;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    string::{String, ToString as _},
    vec,
    vec::Vec,
};

use super::*;
use crate::{
    Qualifier,
    codec::{
        contact_id::{Block, Body, Digit, DtmfKey},
        pulse::{Configured, Format, Frame, Parity, Settings},
    },
    link::{Stored, Ticket},
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
enum Arrives {
    Tone(Option<Tone>),
    Key(DtmfKey),
    Pulses(Duration, Digit),
}

#[derive(Clone, Copy)]
struct Faults {
    tone: u64,
    digit: u64,
    /// Of a call, at each thing that the panel sends.
    broken_per_thousand: u64,
    commit_ms: u64,
}

const CLEAR: Faults = Faults {
    tone: 0,
    digit: 0,
    broken_per_thousand: 0,
    commit_ms: 20,
};

struct World {
    now: Now,
    random: Random,
    faults: Faults,
    panel: Panel,
    receiver: Receiver,
    way: BTreeMap<(Duration, u64), Arrives>,
    number: u64,
    commits: VecDeque<(Duration, Ticket)>,
    reports: Vec<Report>,
    next: usize,
    delivered: Vec<(u64, u32)>,
    /// The texts of signals, with the call in which they came.
    stored: Vec<(u64, String)>,
    calls: u64,
    repeats: usize,
    refused: usize,
    listens: usize,
    tones: Vec<(Duration, Tone, Duration)>,
}

impl World {
    fn new(
        seed: u64,
        faults: Faults,
        panel: PanelSettings,
        receiver: ReceiverSettings,
        reports: Vec<Report>,
    ) -> Self {
        Self {
            now: Now::default(),
            random: Random(seed),
            faults,
            panel: Panel::new(panel),
            receiver: Receiver::new(receiver),
            way: BTreeMap::new(),
            number: 0,
            commits: VecDeque::new(),
            reports,
            next: 0,
            delivered: Vec::new(),
            stored: Vec::new(),
            calls: 0,
            repeats: 0,
            refused: 0,
            listens: 0,
            tones: Vec::new(),
        }
    }

    fn arrives(&mut self, at: Duration, what: Arrives) {
        self.number += 1;
        let at = at + Duration::from_millis(5);
        self.way.insert((at, self.number), what);
    }

    fn on_hook(&mut self) {
        self.way.clear();
    }

    /// All that both do at this instant.
    fn settle(&mut self) {
        loop {
            if self.panel.is_ready()
                && let Some(report) = self.reports.get(self.next)
            {
                self.panel
                    .submit(self.now, self.next as u64, report.clone())
                    .unwrap();
                self.next += 1;
            }
            let mut quiet = true;
            while let Some(action) = self.panel.poll_transmit() {
                quiet = false;
                self.panel_does(action);
            }
            while let Some(action) = self.receiver.poll_transmit() {
                quiet = false;
                match action {
                    ReceiverAction::OffHook => {}
                    ReceiverAction::HangUp => {
                        self.on_hook();
                        self.panel.hung_up(self.now);
                    }
                    ReceiverAction::Tone { tone, at, length } => {
                        self.tones.push((at, tone, length));
                        if !self.random.percent(self.faults.tone) {
                            self.arrives(at, Arrives::Tone(Some(tone)));
                            self.arrives(at + length, Arrives::Tone(None));
                        }
                    }
                }
            }
            while let Some(event) = self.panel.poll_event() {
                quiet = false;
                if let PanelEvent::Delivered { id, attempts } = event {
                    let digits = text(&self.reports[id as usize]);
                    assert!(
                        self.stored.iter().any(|(_, stored)| *stored == digits),
                        "{digits} was kissed off and never stored"
                    );
                    self.delivered.push((id, attempts));
                }
            }
            while let Some(event) = self.receiver.next(self.now) {
                quiet = false;
                match event {
                    Event::Signal(ticket, signal) => {
                        let data = String::from_utf8(signal.data.to_vec()).unwrap();
                        let mut events = 0;
                        signal.events(&mut |_, _| events += 1);
                        assert!(events > 0);
                        self.stored.push((self.calls, data));
                        let wait = 1 + self.random.below(self.faults.commit_ms);
                        let at = self.now.monotonic + Duration::from_millis(wait);
                        self.commits.push_back((at, ticket));
                    }
                    Event::Repeat => self.repeats += 1,
                    Event::Refused(_) => self.refused += 1,
                    Event::ListenIn => self.listens += 1,
                    Event::HungUp => {}
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn panel_does(&mut self, action: PanelAction) {
        if self.random.below(1000) < self.faults.broken_per_thousand {
            self.on_hook();
            self.panel.hung_up(self.now);
            self.receiver.hung_up(self.now);
            while self.panel.poll_transmit().is_some() {}
            return;
        }
        let lost = self.random.percent(self.faults.digit);
        match action {
            PanelAction::Dial => {
                self.calls += 1;
                self.receiver.ring(self.now);
            }
            PanelAction::HangUp => {
                self.on_hook();
                self.receiver.hung_up(self.now);
            }
            PanelAction::Key { key, at, length } if !lost => {
                self.arrives(at + length, Arrives::Key(key));
            }
            PanelAction::Pulses { digit, at, length } if !lost => {
                let began = at + Duration::from_millis(5);
                self.arrives(at + length, Arrives::Pulses(began, digit));
            }
            _ => {}
        }
    }

    /// To the next instant at which something happens; `false` when nothing will.
    fn step(&mut self) -> bool {
        let due = [
            self.way.keys().next().map(|(at, _)| *at),
            self.commits.iter().map(|(at, _)| *at).min(),
            self.panel.poll_timeout(),
            self.receiver.poll_timeout(),
        ];
        let Some(at) = due
            .into_iter()
            .flatten()
            .min()
            .filter(|at| *at < Duration::MAX)
        else {
            return false;
        };
        self.now = self.now.after(at.saturating_sub(self.now.monotonic));
        while let Some(entry) = self.way.first_entry() {
            if entry.key().0 > self.now.monotonic {
                break;
            }
            match entry.remove() {
                Arrives::Tone(tone) => self.panel.handle_tone(self.now, tone),
                Arrives::Key(key) => self.receiver.handle_key(self.now, key),
                Arrives::Pulses(began, digit) => {
                    self.receiver.handle_pulses(self.now, began, digit);
                }
            }
        }
        let now = self.now.monotonic;
        let (done, open) = self.commits.drain(..).partition(|(at, _)| *at <= now);
        self.commits = open;
        let done: VecDeque<(Duration, Ticket)> = done;
        for (_, ticket) in done {
            self.receiver
                .kiss_off(self.now, &ticket, &Stored::new(false));
        }
        self.panel.handle_timeout(self.now);
        self.receiver.handle_timeout(self.now);
        self.settle();
        true
    }

    fn run(&mut self) {
        self.settle();
        let mut steps = 0;
        while self.delivered.len() < self.reports.len() && self.step() {
            steps += 1;
            assert!(steps < 1_000_000, "it never ends");
        }
        // And the good-byes.
        for _ in 0..20 {
            self.step();
        }
        assert_eq!(self.delivered.len(), self.reports.len());
        let sent: BTreeSet<String> = self.reports.iter().map(text).collect();
        let mut in_a_call = BTreeMap::new();
        for (call, stored) in &self.stored {
            assert!(sent.contains(stored), "{stored} was never sent");
            let before = in_a_call.insert(*call, stored);
            assert_ne!(before, Some(stored), "the same block twice in a call");
        }
        for text in sent {
            assert!(self.stored.iter().any(|(_, stored)| *stored == text));
        }
    }
}

fn text(report: &Report) -> String {
    match report {
        Report::Block(block) => block.digits().map(|d| char::from(d.as_byte())).collect(),
        Report::Frame(frame) => frame.to_string(),
    }
}

fn block(code: &str, zone: usize) -> Report {
    let body = Body::new(Qualifier::New, code, "01", &std::format!("{zone:03}")).unwrap();
    Report::Block(Block::new("1234", body).unwrap())
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn a_call_with_several_blocks_goes_by_the_book() {
    let reports = (1..=3).map(|zone| block("130", zone)).collect();
    let (panel, receiver) = (PanelSettings::default(), ReceiverSettings::default());
    let mut world = World::new(1, CLEAR, panel, receiver, reports);
    world.run();
    assert_eq!(world.calls, 1);
    assert!(world.delivered.iter().all(|(_, attempts)| *attempts == 1));
    assert_eq!((world.repeats, world.refused), (0, 0));
    // Handshake, and a kiss-off for each block.
    assert_eq!(world.tones[0], (ms(1250), Tone::Low, ms(100)));
    assert_eq!(world.tones[1], (ms(1450), Tone::High, ms(100)));
    assert_eq!(world.tones.len(), 5);
    assert!(
        world.tones[2..]
            .iter()
            .all(|(_, tone, length)| *tone == Tone::Low && *length == ms(850))
    );
    // 275 ms behind the handshake sixteen digits of 110 ms begin; the last ends without its pause.
    let last_digit = ms(1550 + 5 + 275 + 16 * 110 - 55 + 5);
    let wait = world.tones[2].0 - last_digit;
    assert!((ms(200)..ms(300)).contains(&wait), "{wait:?}");
}

#[test]
fn nothing_is_lost_and_nothing_invented_on_a_line_that_loses_digits_and_kiss_offs() {
    let mut again = 0;
    for seed in 0..100 {
        let faults = Faults {
            tone: 25,
            digit: 1 + seed % 4,
            broken_per_thousand: 2,
            commit_ms: [20, 400, 1500][seed as usize % 3],
        };
        let reports = (1..=12).map(|zone| block("130", zone)).collect();
        let (panel, receiver) = (PanelSettings::default(), ReceiverSettings::default());
        let mut world = World::new(seed, faults, panel, receiver, reports);
        world.run();
        again += world.tones.len() - 14;
    }
    assert!(again > 500, "the line lost something: {again}");
}

#[test]
fn pulses_are_believed_when_two_rounds_agree_and_nothing_is_lost_either() {
    static PLAIN: Configured = Configured {
        settings: Settings::DEFAULT.parity(Parity::Absent),
    };
    for seed in 0..60 {
        for tone in [Tone::Low, Tone::High] {
            let faults = Faults {
                tone: 20,
                digit: seed % 5,
                broken_per_thousand: 3,
                commit_ms: 200,
            };
            let handshake = Handshake::Single(tone);
            let panel = PanelSettings {
                handshake,
                ..PanelSettings::default()
            };
            let handshakes: &'static [Handshake] = match tone {
                Tone::Low => &[Handshake::Dual, Handshake::Single(Tone::Low)],
                Tone::High => &[
                    Handshake::Dual,
                    Handshake::Single(Tone::Low),
                    Handshake::Single(Tone::High),
                ],
            };
            let receiver = ReceiverSettings {
                handshakes,
                pulses: Some(Format::FourTwo),
                digits: &PLAIN,
                ..ReceiverSettings::default()
            };
            let reports = ["31", "42", "E0", "99", "12"]
                .map(|body| Report::Frame(Frame::new(Format::FourTwo, "1234", body).unwrap()));
            let mut world = World::new(seed, faults, panel, receiver, reports.to_vec());
            world.run();
        }
    }
}

#[test]
fn a_duplicate_is_suppressed_in_its_call_and_never_in_another() {
    // No kiss-off ever arrives: four attempts a call, each call one event.
    let (panel, receiver) = (PanelSettings::default(), ReceiverSettings::default());
    let mut world = World::new(1, CLEAR, panel, receiver, vec![block("110", 4)]);
    world.settle();
    let mut heard = 0;
    while world.calls < 3 {
        // The line swallows what is longer than a handshake.
        let long = world
            .tones
            .iter()
            .filter(|(_, _, length)| *length > ms(200));
        let long: Vec<_> = long.map(|(at, _, length)| (*at, *at + *length)).collect();
        heard = long.len();
        world.way.retain(|(at, _), what| {
            let during = |(from, to): &(Duration, Duration)| (*from..=*to + ms(5)).contains(at);
            !matches!(what, Arrives::Tone(_)) || !long.iter().any(during)
        });
        world.step();
    }
    assert_eq!(heard, 8, "each attempt was kissed off");
    assert!(world.delivered.is_empty());
    let calls: Vec<u64> = world.stored.iter().map(|(call, _)| *call).collect();
    assert_eq!(calls, [1, 2]);
    assert_eq!(world.repeats, 6);
}

#[test]
fn a_listen_in_leaves_the_line_up() {
    let (panel, receiver) = (PanelSettings::default(), ReceiverSettings::default());
    let reports = vec![block("121", 1), block("606", 0)];
    let mut world = World::new(1, CLEAR, panel, receiver, reports);
    world.run();
    assert_eq!(world.listens, 1);
    assert!(!world.step(), "nobody hangs up");
    world.receiver.hang_up(world.now);
    assert_eq!(world.receiver.poll_transmit(), Some(ReceiverAction::HangUp));
    assert!(matches!(
        world.receiver.next(world.now),
        Some(Event::HungUp)
    ));
}
