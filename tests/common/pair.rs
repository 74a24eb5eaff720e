//! A panel and a station's two addresses, joined by links in virtual time.

use std::{collections::BTreeMap, ops::Range, sync::Arc, time::Duration};

use alarmwire::{
    Now,
    link::dc09::{Identity, Outgoing, Path, Policy, Report, Timing, Transmitter},
    types::Entropy,
};
use bytes::BytesMut;

use super::desk::{Desk, Ledger, entropy, noon};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wire {
    Stream,
    Datagram,
}

/// What goes wrong, in per cent of parcels.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) loss: u8,
    pub(crate) duplicate: u8,
    pub(crate) jitter: Duration,
    /// One byte differs.
    pub(crate) damage: u8,
    /// The connection breaks.
    pub(crate) reset: u8,
    /// A commit fails.
    pub(crate) journal_full: u8,
    /// How long a commit may take.
    pub(crate) commit: Duration,
}

impl Faults {
    pub(crate) fn bad() -> Self {
        Self {
            loss: 15,
            duplicate: 10,
            jitter: Duration::from_millis(1500),
            damage: 5,
            reset: 5,
            journal_full: 5,
            commit: Duration::from_millis(200),
        }
    }
}

enum Parcel {
    ToStation {
        path: Path,
        connection: u32,
        bytes: Vec<u8>,
    },
    ToPanel {
        path: Path,
        connection: u32,
        bytes: Vec<u8>,
    },
    Commit {
        path: Path,
        connection: u32,
    },
    Broken {
        path: Path,
        connection: u32,
    },
}

/// One of the station's addresses.
struct Address {
    desk: Desk,
    connection: u32,
    connected: bool,
    committing: bool,
    down: Range<Duration>,
    /// A stream delivers in order: nothing arrives before what was sent earlier.
    order: [Duration; 2],
}

pub(crate) struct Pair {
    now: Now,
    random: u64,
    wire: Wire,
    faults: Faults,
    panel: Transmitter,
    policy: Arc<Policy>,
    entropy: Box<dyn Entropy + Send>,
    main: Address,
    backup: Address,
    parcels: BTreeMap<(Duration, u64), Parcel>,
    count: u64,
    pub(crate) ledger: Ledger,
    pub(crate) reports: Vec<Report>,
    /// How many frames the panel sent.
    pub(crate) sent: u64,
    /// How far the panel's clock is ahead, in nanoseconds.
    pub(crate) panel_clock: i64,
}

impl Pair {
    pub(crate) fn new(
        seed: u64,
        wire: Wire,
        faults: Faults,
        identity: Identity,
        timing: Timing,
        policy: Arc<Policy>,
    ) -> Self {
        let address = || Address {
            desk: desk(wire, &policy, noon()),
            connection: 0,
            connected: false,
            committing: false,
            down: Duration::ZERO..Duration::ZERO,
            order: [Duration::ZERO; 2],
        };
        Self {
            now: noon(),
            random: seed ^ 0x5DEE_CE66,
            wire,
            faults,
            panel: Transmitter::new(identity, Arc::new(timing), None, noon()),
            main: address(),
            backup: address(),
            policy,
            entropy: entropy(),
            parcels: BTreeMap::new(),
            count: 0,
            ledger: Ledger::default(),
            reports: Vec::new(),
            sent: 0,
            panel_clock: 0,
        }
    }

    /// That address does not answer for a time, counted from the start.
    pub(crate) fn down(&mut self, path: Path, during: Range<Duration>) {
        let start = self.now.monotonic;
        self.address(path).down = start + during.start..start + during.end;
    }

    /// The frames that the panel took for delivered, in their order.
    pub(crate) fn delivered(&self) -> impl Iterator<Item = u64> {
        self.reports.iter().filter_map(|report| match report {
            Report::Delivered { id, .. } => Some(*id),
            _ => None,
        })
    }

    /// How often an event was stored.
    pub(crate) fn count(&self, id: u64) -> usize {
        let extended = format!("[I{id}]");
        self.ledger
            .stored
            .iter()
            .filter(|stored| stored.extended == extended.as_bytes())
            .count()
    }

    /// Sends so many events, one about each second, until each is delivered.
    pub(crate) fn run(&mut self, events: u64) {
        let (start, mut submitted) = (self.now.monotonic, 0);
        let end = start + Duration::from_secs(40_000);
        while self.delivered().count() < usize::try_from(events).unwrap() {
            let due = start + Duration::from_secs(submitted);
            if submitted < events && !self.panel.is_busy() && self.now.monotonic >= due {
                let data = format!("#12A4|1130 01 {:03}", submitted % 7);
                let extended = format!("[I{submitted}]");
                let (data, extended) = (data.as_bytes(), extended.as_bytes());
                let outgoing = Outgoing {
                    id: submitted,
                    sequence: None,
                    token: "ADM-CID",
                    data,
                    extended,
                };
                self.panel.submit(self.now, outgoing).unwrap();
                submitted += 1;
            }
            self.panel_speaks();
            self.panel_reports();
            let due = (!self.panel.is_busy() && submitted < events)
                .then_some(start + Duration::from_secs(submitted));
            let next = [
                due,
                self.parcels.keys().next().map(|(at, _)| *at),
                self.panel.poll_timeout(),
                self.main.desk.receiver.poll_timeout(),
                self.backup.desk.receiver.poll_timeout(),
            ];
            let next = next.into_iter().flatten().min().unwrap();
            self.now = self.now.after(next.saturating_sub(self.now.monotonic));
            assert!(
                self.now.monotonic < end,
                "stuck: {submitted} submitted, {} delivered",
                self.delivered().count()
            );
            self.step();
            self.panel_reports();
        }
        // What is still under way arrives too, and may make nothing new.
        while let Some(((at, _), _)) = self.parcels.first_key_value() {
            self.now = self.now.after(at.saturating_sub(self.now.monotonic));
            self.step();
        }
        self.panel_reports();
    }

    fn step(&mut self) {
        for path in [Path::Main, Path::Backup] {
            let now = self.now;
            let address = self.address(path);
            if address
                .desk
                .receiver
                .poll_timeout()
                .is_some_and(|at| now.monotonic >= at)
            {
                address.desk.receiver.handle_timeout(now);
                address.desk.drain(now);
                self.after_drain(path);
                if self.address(path).desk.receiver.close().is_some() {
                    self.break_connection(path);
                }
            }
        }
        while let Some(entry) = self.parcels.first_entry() {
            if entry.key().0 > self.now.monotonic {
                break;
            }
            let parcel = entry.remove();
            self.arrive(parcel);
        }
    }

    fn arrive(&mut self, parcel: Parcel) {
        let now = self.now;
        let panel_now = self.panel_now();
        match parcel {
            Parcel::ToStation {
                path,
                connection,
                bytes,
            } => {
                if self.is_down(path) || !self.is_current(path, connection) {
                    return;
                }
                let wire = self.wire;
                let address = self.address(path);
                if wire == Wire::Datagram {
                    address.desk.receiver.handle_datagram(now, &bytes);
                    address.desk.drain(now);
                } else {
                    address.desk.take(now, &bytes);
                }
                self.after_drain(path);
            }
            Parcel::ToPanel {
                path,
                connection,
                bytes,
            } => {
                if self.is_current(path, connection) {
                    self.panel.handle_input(panel_now, path, &bytes);
                    self.panel_speaks();
                }
            }
            Parcel::Commit { path, connection } => {
                if !self.is_current(path, connection) {
                    return;
                }
                self.ledger.fail_next = self.chance(self.faults.journal_full);
                let Self {
                    main,
                    backup,
                    ledger,
                    ..
                } = self;
                let address = if path == Path::Main { main } else { backup };
                address.committing = false;
                let answers = address.desk.commit(ledger);
                // The law of the trade is in the types; here it is looked at from outside.
                self.answer(path, answers);
            }
            Parcel::Broken { path, connection } => {
                if self.is_current(path, connection) {
                    self.break_connection(path);
                }
            }
        }
    }

    /// What the station has to say, at once or after a commit.
    fn after_drain(&mut self, path: Path) {
        let commit = self.faults.commit;
        let delay = self.up_to(commit);
        let at = self.now.monotonic + delay;
        let address = self.address(path);
        if address.desk.batch.is_empty() && !address.committing {
            let answers = address.desk.commit(&mut Ledger::default());
            self.answer(path, answers);
        } else if !address.committing {
            address.committing = true;
            let connection = address.connection;
            self.send_at(at, Parcel::Commit { path, connection });
        }
    }

    fn answer(&mut self, path: Path, answers: Vec<Vec<u8>>) {
        for bytes in answers {
            self.post(path, false, bytes);
        }
    }

    fn panel_now(&self) -> Now {
        Now {
            utc: self.now.utc.offset(self.panel_clock),
            ..self.now
        }
    }

    fn panel_speaks(&mut self) {
        let now = self.panel_now();
        let mut out = BytesMut::new();
        while let Some(transmit) = self.panel.poll_transmit(now, &mut *self.entropy, &mut out) {
            self.sent += 1;
            let bytes = out.split().to_vec();
            if self.wire == Wire::Stream {
                if self.is_down(transmit.to) {
                    self.panel.handle_disconnect(now, transmit.to);
                    continue;
                }
                self.connect(transmit.to);
            }
            self.post(transmit.to, true, bytes);
        }
    }

    fn panel_reports(&mut self) {
        while let Some(report) = self.panel.poll_event() {
            if let Report::Delivered { id, .. } = report {
                assert_eq!(self.count(id), 1, "acknowledged before it was stored");
            }
            assert!(
                !matches!(report, Report::GaveUp { .. } | Report::Refused { .. }),
                "{report:?}"
            );
            self.reports.push(report);
        }
    }

    /// Sends bytes over the link of `path`.
    fn post(&mut self, path: Path, to_station: bool, mut bytes: Vec<u8>) {
        let faults = self.faults;
        if self.chance(faults.damage) {
            let (at, bit) = (
                self.up_to_number(bytes.len() as u64 - 1),
                self.up_to_number(7),
            );
            bytes[usize::try_from(at).unwrap()] ^= 1 << bit;
        }
        let connection = self.address(path).connection;
        let parcel = |bytes: Vec<u8>| {
            if to_station {
                Parcel::ToStation {
                    path,
                    connection,
                    bytes,
                }
            } else {
                Parcel::ToPanel {
                    path,
                    connection,
                    bytes,
                }
            }
        };
        let base = self.now.monotonic + Duration::from_millis(20);
        match self.wire {
            Wire::Datagram => {
                let copies = 1 + u8::from(self.chance(faults.duplicate));
                for _ in 0..copies {
                    let at = base + self.up_to(faults.jitter);
                    if !self.chance(faults.loss) {
                        self.send_at(at, parcel(bytes.clone()));
                    }
                }
            }
            Wire::Stream => {
                // In pieces, in order; a loss is a connection that breaks.
                let mut rest = &bytes[..];
                while !rest.is_empty() {
                    let most = if self.chance(50) {
                        rest.len() as u64
                    } else {
                        rest.len().min(30) as u64
                    };
                    let (piece, more) =
                        rest.split_at(usize::try_from(1 + self.up_to_number(most - 1)).unwrap());
                    rest = more;
                    let wanted = base + self.up_to(faults.jitter);
                    let order = &mut self.address(path).order[usize::from(to_station)];
                    *order = wanted.max(*order);
                    let at = *order;
                    self.send_at(at, parcel(piece.to_vec()));
                    if self.chance(faults.reset) {
                        self.send_at(at, Parcel::Broken { path, connection });
                    }
                }
            }
        }
    }

    fn connect(&mut self, path: Path) {
        let (wire, now, policy) = (self.wire, self.now, Arc::clone(&self.policy));
        let address = self.address(path);
        if !address.connected {
            address.connection += 1;
            address.connected = true;
            address.committing = false;
            address.order = [Duration::ZERO; 2];
            address.desk = desk(wire, &policy, now);
        }
    }

    fn break_connection(&mut self, path: Path) {
        if self.wire == Wire::Stream {
            // What was received is still committed; the answer finds nobody.
            let Self {
                main,
                backup,
                ledger,
                ..
            } = self;
            let address = if path == Path::Main { main } else { backup };
            address.desk.commit(ledger);
            address.connected = false;
            address.connection += 1;
            let now = self.panel_now();
            self.panel.handle_disconnect(now, path);
        }
    }

    fn is_current(&self, path: Path, connection: u32) -> bool {
        let address = if path == Path::Main {
            &self.main
        } else {
            &self.backup
        };
        address.connection == connection
    }

    fn is_down(&self, path: Path) -> bool {
        let address = if path == Path::Main {
            &self.main
        } else {
            &self.backup
        };
        address.down.contains(&self.now.monotonic)
    }

    fn address(&mut self, path: Path) -> &mut Address {
        match path {
            Path::Main => &mut self.main,
            Path::Backup => &mut self.backup,
        }
    }

    fn send_at(&mut self, at: Duration, parcel: Parcel) {
        self.count += 1;
        self.parcels.insert((at, self.count), parcel);
    }

    fn number(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn up_to_number(&mut self, most: u64) -> u64 {
        self.number() % (most + 1)
    }

    fn up_to(&mut self, most: Duration) -> Duration {
        let millis = u64::try_from(most.as_millis()).unwrap();
        Duration::from_millis(self.up_to_number(millis))
    }

    fn chance(&mut self, per_cent: u8) -> bool {
        self.number() % 100 < u64::from(per_cent)
    }
}

fn desk(wire: Wire, policy: &Arc<Policy>, now: Now) -> Desk {
    match wire {
        Wire::Stream => Desk::stream(policy, now),
        Wire::Datagram => Desk::datagram(policy),
    }
}
