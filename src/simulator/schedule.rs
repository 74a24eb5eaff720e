mod draw;

use core::{fmt::Write as _, time::Duration};
use std::{collections::HashMap, sync::Arc};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::scenario::{Category, Format, Kind, Scenario, Way};
use crate::codec::dc09::Profile;
use crate::event::{Class, Function, Lane};

/// Everything that will happen in a run, fixed before it begins: the panels, and each event with its due time.
///
/// The same scenario and seed give the same schedule.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The panels, in the order of their accounts within each fleet.
    pub panels: Vec<Panel>,
    /// The events, in the order of their due times.
    pub events: Vec<Event>,
    index: Arc<HashMap<EventKey, u32>>,
}

/// One panel of a fleet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Panel {
    account: u64,
    digits: u8,
    /// Which table `[[fleet]]`, counted from 0.
    pub fleet: u16,
    /// The kind of subscriber.
    pub category: Category,
    /// How it reaches the receiver.
    pub way: Way,
    /// The body that it writes.
    pub format: Format,
    /// Bits of its key; 0 for a panel that sends in clear.
    pub key_bits: u16,
    key: [u8; 32],
    /// Which virtual receiver it dials, counted from 0.
    pub receiver: u16,
    /// When it sends a NULL.
    pub supervise: Option<Duration>,
    /// Its habits, when it speaks DC-09.
    pub profile: Profile,
}

/// One event that falls due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Event {
    /// When, from the start of the run.
    pub due: Duration,
    /// Which panel, counted from 0.
    pub panel: u32,
    /// What it reports.
    pub kind: Kind,
    /// Whether it is the restore.
    pub restore: bool,
    /// 1 to 99.
    pub partition: u8,
    /// The zone or the user, 1 to 999; with the partition and the restore mark unique for its panel.
    pub number: u16,
}

/// By what an event is recognised at a sink, whatever protocol it took to get there.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct EventKey {
    /// The account as a number.
    pub account: u64,
    /// Restore or closing.
    pub restore: bool,
    /// The partition.
    pub partition: u16,
    /// The zone or the user.
    pub number: u16,
}

/// The two paths that reports tell apart.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// DC-09, however transported.
    Ip,
    /// A serial receiver.
    Serial,
}

impl Path {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Serial => "serial",
        }
    }
}

impl Schedule {
    /// Draws the panels and the events of a scenario.
    #[must_use]
    pub fn build(scenario: &Scenario, seed: u64) -> Self {
        let mut panels = Vec::with_capacity(scenario.panels());
        let mut events = Vec::new();
        for (number, fleet) in (0..).zip(&scenario.fleet) {
            // Own streams, so that a change to one fleet leaves the others as they were.
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(number);
            let first = u32::try_from(panels.len()).unwrap_or(u32::MAX);
            draw::add_panels(
                fleet,
                number,
                scenario.receiver.len(),
                &mut rng,
                &mut panels,
            );
            draw::add_events(fleet, first, scenario.run.length, &mut rng, &mut events);
        }
        events.sort_by_key(|event: &Event| (event.due, event.panel, event.restore));
        let index = draw::number_events(&panels, &mut events);
        Self {
            panels,
            events,
            index: Arc::new(index),
        }
    }

    /// The event with that key.
    #[must_use]
    pub fn find(&self, key: &EventKey) -> Option<u32> {
        self.index.get(key).copied()
    }

    /// The panel that an event belongs to.
    #[must_use]
    pub fn panel_of(&self, event: &Event) -> Option<&Panel> {
        self.panels.get(usize::try_from(event.panel).ok()?)
    }

    /// The path that an event takes.
    #[must_use]
    pub fn path_of(&self, event: &Event) -> Path {
        self.panel_of(event).map_or(Path::Ip, |panel| panel.path())
    }

    /// The accounts and keys as tables `[[account]]` of the gateway's configuration.
    #[must_use]
    pub fn accounts_toml(&self) -> String {
        let mut out = String::new();
        for panel in self.panels.iter().filter(|panel| panel.path() == Path::Ip) {
            let _ = write!(out, "[[account]]\nid = \"{}\"\n", panel.account());
            if let Some(key) = panel.key() {
                let _ = writeln!(out, "key = \"{key}\"");
            }
            out.push('\n');
        }
        out
    }
}

impl Panel {
    /// The account as it stands in the panel's frames.
    #[must_use]
    pub fn account(&self) -> String {
        format!(
            "{:0width$X}",
            self.account,
            width = usize::from(self.digits)
        )
    }

    /// The account as a number.
    #[must_use]
    pub const fn account_number(&self) -> u64 {
        self.account
    }

    /// The key of a panel that encrypts, as `hex:…`.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        let key = self
            .key
            .get(..usize::from(self.key_bits / 8))
            .filter(|key| !key.is_empty())?;
        Some(format!("hex:{}", crate::types::encode_hex(key)))
    }

    /// Its path.
    #[must_use]
    pub const fn path(&self) -> Path {
        match self.way {
            Way::Serial => Path::Serial,
            _ => Path::Ip,
        }
    }
}

impl Event {
    /// What it is about.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self.kind {
            Kind::HoldUp => Class::HoldUp,
            Kind::Burglary => Class::Burglary,
            Kind::Fire => Class::Fire,
            Kind::Gas => Class::Gas,
            Kind::Emergency => Class::Emergency,
            Kind::Trouble => Class::Trouble,
            Kind::Opening | Kind::Closing => Class::OpenClose,
            Kind::Test => Class::Test,
        }
    }

    /// The alarm function, when it is one of the five.
    #[must_use]
    pub const fn function(&self) -> Option<Function> {
        self.class().function()
    }

    /// Its lane; a restore rides in that of its alarm.
    #[must_use]
    pub const fn lane(&self) -> Lane {
        self.class().lane()
    }

    /// How a sink recognises it, given its panel.
    #[must_use]
    pub const fn key(&self, panel: &Panel) -> EventKey {
        EventKey {
            account: panel.account,
            restore: self.restore || matches!(self.kind, Kind::Closing),
            partition: self.partition as u16,
            number: self.number,
        }
    }

    /// Qualifier and code of Contact ID: `1130`.
    #[must_use]
    pub const fn contact_id(&self) -> (u8, &'static str) {
        let code = match self.kind {
            Kind::HoldUp => "122",
            Kind::Burglary => "130",
            Kind::Fire => "110",
            Kind::Gas => "151",
            Kind::Emergency => "101",
            Kind::Trouble => "380",
            Kind::Opening | Kind::Closing => "401",
            Kind::Test => "602",
        };
        (
            if self.restore || matches!(self.kind, Kind::Closing) {
                b'3'
            } else {
                b'1'
            },
            code,
        )
    }

    /// The SIA code.
    #[must_use]
    pub const fn sia(&self) -> &'static str {
        match (self.kind, self.restore) {
            (Kind::HoldUp, false) => "HA",
            (Kind::HoldUp, true) => "HH",
            (Kind::Burglary, false) => "BA",
            (Kind::Burglary, true) => "BH",
            (Kind::Fire, false) => "FA",
            (Kind::Fire, true) => "FH",
            (Kind::Gas, false) => "GA",
            (Kind::Gas, true) => "GH",
            (Kind::Emergency, false) => "QA",
            (Kind::Emergency, true) => "QH",
            (Kind::Trouble, false) => "BT",
            (Kind::Trouble, true) => "BJ",
            (Kind::Opening, _) => "OP",
            (Kind::Closing, _) => "CL",
            // A manual test names its user; the address of an automatic one (RP) means nothing, and could not be matched.
            (Kind::Test, _) => "RX",
        }
    }

    /// The body of a DC-09 message in that format, account block included.
    pub fn write_body(&self, account: &str, format: Format, out: &mut String) {
        let _ = match format {
            Format::ContactId => {
                let (qualifier, code) = self.contact_id();
                write!(
                    out,
                    "#{account}|{}{code} {:02} {:03}",
                    char::from(qualifier),
                    self.partition,
                    self.number
                )
            }
            Format::Sia => write!(
                out,
                "#{account}|Nri{}/{}{:03}",
                self.partition,
                self.sia(),
                self.number
            ),
        };
    }

    const fn has_restore(&self) -> bool {
        !matches!(self.kind, Kind::Opening | Kind::Closing | Kind::Test)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario() -> Scenario {
        Scenario::parse(
            "[run]\nlength = \"30s\"\n[[fleet]]\nname = \"a\"\npanels = 50\nrate = 100.0\nencrypted = 0.5\n\
             ways = { tcp = 1.0, udp = 1.0, serial = 1.0 }\nformats = { ADM-CID = 1.0, SIA-DCS = 1.0 }\n\
             mix = { fire = 1.0, closing = 1.0, opening = 1.0, test = 1.0 }\nrestore_after = \"2s\"\n\
             [[fleet]]\nname = \"b\"\nfirst_account = \"2001\"\npanels = 7\nrate = 10.0\nburst = 5\n\
             [[receiver]]\nname = \"r\"\n",
        )
        .unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_schedule_and_another_one_does_not() {
        let (one, same, other) = (
            Schedule::build(&scenario(), 7),
            Schedule::build(&scenario(), 7),
            Schedule::build(&scenario(), 8),
        );
        assert_eq!(one.events, same.events);
        assert_eq!(one.panels, same.panels);
        assert_ne!(one.events, other.events);
    }

    #[test]
    fn every_event_is_found_by_its_key_and_no_other() {
        let schedule = Schedule::build(&scenario(), 7);
        assert_eq!(schedule.index.len(), schedule.events.len());
        for (i, event) in (0..).zip(&schedule.events) {
            assert_eq!(
                schedule.find(&event.key(schedule.panel_of(event).unwrap())),
                Some(i)
            );
        }
    }

    #[test]
    fn a_restore_names_the_zone_of_an_alarm_that_came_before() {
        let schedule = Schedule::build(&scenario(), 7);
        let mut open = std::collections::HashSet::new();
        let mut restores = 0;
        for event in &schedule.events {
            let place = (event.panel, event.kind, event.partition, event.number);
            if event.restore {
                assert!(open.remove(&place));
                restores += 1;
            } else {
                assert!(open.insert(place));
            }
        }
        assert!(restores > 100);
    }

    #[test]
    fn the_rate_is_kept_with_and_without_bursts() {
        let schedule = Schedule::build(&scenario(), 7);
        let of = |fleet: u16| {
            let of = |e: &&Event| schedule.panel_of(e).unwrap().fleet == fleet && !e.restore;
            schedule.events.iter().filter(of).count()
        };
        assert!((2_800..3_200).contains(&of(0)), "{}", of(0));
        assert!((200..400).contains(&of(1)), "{}", of(1));
    }

    #[test]
    fn bodies_read_as_the_standards_want_them() {
        let event = Event {
            due: Duration::ZERO,
            panel: 0,
            kind: Kind::Fire,
            restore: true,
            partition: 2,
            number: 15,
        };
        let (mut cid, mut sia) = (String::new(), String::new());
        event.write_body("1234", Format::ContactId, &mut cid);
        event.write_body("1234", Format::Sia, &mut sia);
        assert_eq!(
            (cid.as_str(), sia.as_str()),
            ("#1234|3110 02 015", "#1234|Nri2/FH015")
        );
    }

    #[test]
    fn codes_agree_with_the_tables() {
        for kind in [
            Kind::HoldUp,
            Kind::Burglary,
            Kind::Fire,
            Kind::Gas,
            Kind::Emergency,
            Kind::Trouble,
            Kind::Opening,
            Kind::Closing,
            Kind::Test,
        ] {
            for restore in [false, true] {
                let event = Event {
                    due: Duration::ZERO,
                    panel: 0,
                    kind,
                    restore,
                    partition: 1,
                    number: 1,
                };
                let (qualifier, code) = event.contact_id();
                let cid = format!("cid:{}{code}", char::from(qualifier));
                assert_eq!(
                    crate::EventCode::parse(&cid)
                        .unwrap()
                        .contact_id()
                        .unwrap()
                        .class,
                    event.class()
                );
                let sia = format!("sia:{}", event.sia());
                assert_eq!(
                    crate::EventCode::parse(&sia).unwrap().sia().unwrap().class,
                    event.class()
                );
            }
        }
    }

    #[test]
    fn accounts_are_written_for_the_gateway() {
        let toml = Schedule::build(&scenario(), 7).accounts_toml();
        assert!(toml.contains("[[account]]\nid = \"2007\"\n"));
        assert!(toml.contains("key = \"hex:"));
    }
}
