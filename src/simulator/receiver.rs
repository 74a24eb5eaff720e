use core::time::Duration;
use std::{collections::VecDeque, fmt::Write as _, io, path::Path, sync::Arc};

use mio::{Interest, Registry, Token, unix::SourceFd};

use super::{
    clock::Clock,
    ledger::Ledger,
    pty::Pty,
    scenario::{Format, SerialReceiver},
    schedule::{Event, Panel},
};
use crate::{
    codec::surgard::{DC4, Header},
    link::surgard::{Sender, SenderEvent, SenderSettings},
    types::{LineNumber, ReceiverNumber},
};

/// Bits of a character on the line: start, eight of data, stop.
const BITS: u32 = 10;

/// A virtual Sur-Gard receiver: panels call it, and it speaks to the gateway over a pseudo-terminal, at the speed of the
/// line that it stands for.
pub(crate) struct VirtualReceiver {
    name: String,
    number: String,
    pty: Pty,
    baud: u32,
    sender: Sender,
    clock: Clock,
    queue: VecDeque<u32>,
    frame: String,
    wire: Wire,
}

/// What is on its way over the line.
#[derive(Default)]
struct Wire {
    bytes: Vec<u8>,
    sent: usize,
    since: Duration,
}

impl Wire {
    /// When that many bytes have passed.
    fn passed(&self, count: usize, baud: u32) -> Duration {
        self.since + line_time(count, baud)
    }
}

/// How long that many characters take on a line.
pub(crate) fn line_time(characters: usize, baud: u32) -> Duration {
    Duration::from_secs(1)
        * u32::try_from(characters)
            .unwrap_or(u32::MAX)
            .saturating_mul(BITS)
        / baud.max(1)
}

impl VirtualReceiver {
    pub(crate) fn open(config: &SerialReceiver, clock: Clock) -> io::Result<Self> {
        let number = config.number.get_ref().clone();
        let invalid =
            |e: &dyn core::fmt::Display| io::Error::new(io::ErrorKind::InvalidInput, e.to_string());
        let header = Header {
            receiver: ReceiverNumber::new(&number).map_err(|e| invalid(&e))?,
            line: LineNumber::new("1").map_err(|e| invalid(&e))?,
        };
        let sender = Sender::new(&SenderSettings {
            header,
            ..SenderSettings::default()
        })
        .map_err(|e| invalid(&e))?;
        Ok(Self {
            name: config.name.clone(),
            number,
            pty: Pty::open(config.link.as_deref())?,
            baud: *config.baud.get_ref(),
            sender,
            clock,
            queue: VecDeque::new(),
            frame: String::with_capacity(64),
            wire: Wire::default(),
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The terminal that the gateway opens.
    pub(crate) fn path(&self) -> &Path {
        self.pty.path()
    }

    /// Switches on: a heartbeat first.
    pub(crate) fn begin(&mut self, token: Token, registry: &Registry) -> io::Result<()> {
        registry.register(
            &mut SourceFd(&self.pty.raw()),
            token,
            Interest::READABLE | Interest::WRITABLE,
        )?;
        self.sender.connected(self.clock.now());
        Ok(())
    }

    /// A panel calls.
    pub(crate) fn submit(&mut self, event: u32) {
        self.queue.push_back(event);
    }

    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        let byte = (!self.wire.bytes.is_empty())
            .then(|| self.wire.passed(self.wire.sent + self.step(), self.baud));
        [self.sender.poll_timeout(), byte]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether every call was acknowledged.
    pub(crate) fn idle(&self) -> bool {
        self.queue.is_empty() && self.sender.is_ready()
    }

    /// Moves on as far as it goes without waiting.
    pub(crate) fn serve(&mut self, ledger: &Arc<Ledger>, start: Duration) -> io::Result<()> {
        let mut buffer = [0; 256];
        loop {
            match self.pty.read(&mut buffer) {
                Ok(length) if length > 0 => {
                    self.sender
                        .handle_input(self.clock.now(), buffer.get(..length).unwrap_or_default());
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // Nobody has it open: the session finds out by its own waits.
                Ok(_) | Err(_) => break,
            }
        }
        self.sender.handle_timeout(self.clock.now());
        loop {
            let now = self.clock.now();
            while let Some(event) = self.sender.poll_event() {
                if let SenderEvent::Delivered { id, .. } = event
                    && let Ok(event) = u32::try_from(id)
                {
                    ledger.acknowledge(event, now.monotonic.saturating_sub(start));
                }
            }
            if self.sender.is_ready()
                && let Some(number) = self.queue.pop_front()
                && let Some(event) = usize::try_from(number)
                    .ok()
                    .and_then(|n| ledger.schedule().events.get(n))
                && let Some(panel) = ledger.schedule().panel_of(event)
            {
                self.frame.clear();
                write_frame(&self.number, panel, event, &mut self.frame);
                // Only a frame without bytes, or one above the cap, is refused.
                let _ = self
                    .sender
                    .submit(now, number.into(), self.frame.as_bytes());
            }
            if self.wire.bytes.is_empty()
                && let Some(bytes) = self.sender.poll_transmit(now)
            {
                self.wire = Wire {
                    bytes: bytes.to_vec(),
                    sent: 0,
                    since: now.monotonic,
                };
            }
            if !self.send()? {
                return Ok(());
            }
        }
    }

    /// Characters go out in handfuls, so that a fast line does not cost a wake-up for each.
    fn step(&self) -> usize {
        let in_a_millisecond = usize::try_from(self.baud / BITS / 1_000)
            .unwrap_or(1)
            .max(1);
        in_a_millisecond.min(self.wire.bytes.len().saturating_sub(self.wire.sent))
    }

    /// Sends the characters whose time has come; whether that finished a frame.
    fn send(&mut self) -> io::Result<bool> {
        let now = self.clock.now();
        while !self.wire.bytes.is_empty() {
            let step = self.step();
            if self.wire.passed(self.wire.sent + step, self.baud) > now.monotonic {
                return Ok(false);
            }
            let bytes = self
                .wire
                .bytes
                .get(self.wire.sent..self.wire.sent + step)
                .unwrap_or_default();
            match self.pty.write(bytes) {
                Ok(written) => self.wire.sent += written,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // Nobody reads: the line of a receiver has no brakes, so the characters are gone.
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.wire.sent += step,
                Err(e) => return Err(e),
            }
            if self.wire.sent >= self.wire.bytes.len() {
                self.wire = Wire::default();
                self.sender.drained(now);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The frame as the manuals have it, written here by hand so that the gateway is not tested against its own encoder.
fn write_frame(receiver: &str, panel: &Panel, event: &Event, out: &mut String) {
    let account = panel.account();
    let _ = match panel.format {
        Format::ContactId => {
            let (qualifier, code) = event.contact_id();
            let letter = if qualifier == b'3' { 'R' } else { 'E' };
            write!(
                out,
                "5{receiver}1 18{account:0>4}{letter}{code}{:02}{:03}{}",
                event.partition,
                event.number,
                char::from(DC4)
            )
        }
        Format::Sia => {
            let _ = write!(out, "S{receiver}1[");
            event.write_body(&account, Format::Sia, out);
            write!(out, "]{}", char::from(DC4))
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{Kind, Ledger, Path as Way, Scenario, Schedule};

    fn schedule() -> Schedule {
        let text = "[run]\nlength = \"1s\"\n[[fleet]]\nname = \"a\"\npanels = 3\nrate = 20.0\nways = { serial = 1.0 }\n\
                    [[receiver]]\nname = \"r\"\nbaud = 19200\n";
        Schedule::build(&Scenario::parse(text).unwrap(), 1)
    }

    #[test]
    fn frames_are_those_of_the_manuals() {
        let schedule = schedule();
        let event = Event {
            due: Duration::ZERO,
            panel: 0,
            kind: Kind::Fire,
            restore: true,
            partition: 2,
            number: 15,
        };
        let mut frame = String::new();
        write_frame("01", &schedule.panels[0], &event, &mut frame);
        assert_eq!(frame, "5011 181001R11002015\u{14}");
        frame.clear();
        let mut panel = schedule.panels[0];
        panel.format = Format::Sia;
        write_frame("01", &panel, &event, &mut frame);
        assert_eq!(frame, "S011[#1001|Nri2/FH015]\u{14}");
    }

    #[test]
    fn a_line_takes_ten_bits_a_character() {
        assert_eq!(line_time(21, 9_600), Duration::from_micros(21_875));
    }

    #[test]
    fn it_speaks_at_the_speed_of_its_line_and_goes_on_only_when_acknowledged() {
        use std::io::{Read as _, Write as _};
        let ledger = Arc::new(Ledger::new(Arc::new(schedule()), &[("s", &[Way::Serial])]));
        let config: SerialReceiver = toml::from_str("name = \"r\"\nbaud = 19200\n").unwrap();
        let clock = Clock::new();
        let mut receiver = VirtualReceiver::open(&config, clock).unwrap();
        let mut automation = std::fs::File::options()
            .read(true)
            .write(true)
            .open(receiver.path())
            .unwrap();
        let reader = std::thread::spawn(move || {
            let (mut frames, mut bytes, mut buffer) = (0, Vec::new(), [0; 64]);
            while frames < 4 {
                let length = automation.read(&mut buffer).unwrap();
                bytes.extend_from_slice(&buffer[..length]);
                if bytes.last() == Some(&DC4) {
                    frames += 1;
                    automation.write_all(&[6]).unwrap();
                }
            }
            bytes
        });
        receiver.sender.connected(clock.now());
        (0..3).for_each(|event| receiver.submit(event));
        while !receiver.idle() {
            receiver.serve(&ledger, Duration::ZERO).unwrap();
            let until = receiver
                .next_deadline()
                .unwrap()
                .saturating_sub(clock.elapsed());
            std::thread::sleep(until.min(Duration::from_millis(1)));
            assert!(clock.elapsed() < Duration::from_secs(10));
        }
        let bytes = reader.join().unwrap();
        assert!(bytes.starts_with(b"1011           @    \x145011 18100"));
        assert!(clock.elapsed() >= line_time(bytes.len(), 19_200));
        assert_eq!(
            ledger
                .live
                .acknowledged
                .load(core::sync::atomic::Ordering::Relaxed),
            3
        );
    }
}
