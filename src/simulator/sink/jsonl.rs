use core::time::Duration;
use std::{
    collections::HashSet,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;

use crate::{
    event::Class,
    simulator::{EventKey, clock::Clock, ledger::Ledger},
};

/// How often the file is looked at, and so how exact its arrival times are.
pub(crate) const EVERY: Duration = Duration::from_millis(5);

/// Reads the file of JSON lines that the receiver under test writes; knows second copies by their id.
///
/// A line counts when it is whole. What stands behind the last line end is looked at again, so that a receiver that was
/// killed in the middle of a line may cut it off.
pub(crate) struct JsonlSink {
    path: PathBuf,
    file: Option<File>,
    offset: u64,
    tail: Vec<u8>,
    seen: HashSet<String>,
    clock: Clock,
    start: Duration,
    ledger: Option<(Arc<Ledger>, usize)>,
}

/// What the ledger needs of an event's line.
#[derive(Deserialize)]
struct Line {
    id: String,
    account: Option<String>,
    qualifier: String,
    class: Class,
    partition: Option<String>,
    zone: Option<String>,
    user: Option<String>,
}

impl Line {
    fn key(&self) -> Option<EventKey> {
        let number = |text: &str| text.parse::<u16>().ok();
        Some(EventKey {
            account: u64::from_str_radix(self.account.as_deref()?, 16).ok()?,
            restore: self.qualifier == "restore",
            partition: self.partition.as_deref().and_then(number).unwrap_or(0),
            number: number(self.zone.as_deref().or(self.user.as_deref())?)?,
        })
    }
}

impl JsonlSink {
    pub(crate) fn new(path: &Path, clock: Clock) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
            offset: 0,
            tail: Vec::new(),
            seen: HashSet::new(),
            clock,
            start: Duration::ZERO,
            ledger: None,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// From now on, what arrives is entered as of sink number `sink`.
    pub(crate) fn keep(&mut self, ledger: Arc<Ledger>, sink: usize, start: Duration) {
        self.ledger = Some((ledger, sink));
        self.start = start;
    }

    /// Enters the lines that were added.
    pub(crate) fn poll(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            match File::open(&self.path) {
                Ok(file) => self.file = Some(file),
                // Not begun yet.
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(e) => return Err(e),
            }
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        if file.metadata()?.len() <= self.offset {
            return Ok(());
        }
        file.seek(SeekFrom::Start(self.offset))?;
        self.tail.clear();
        file.read_to_end(&mut self.tail)?;
        let at = self.clock.elapsed().saturating_sub(self.start);
        for line in self.tail.split_inclusive(|byte| *byte == b'\n') {
            let Some(text) = line.strip_suffix(b"\n") else {
                break;
            };
            self.offset += u64::try_from(line.len()).unwrap_or(0);
            let Ok(line) = serde_json::from_slice::<Line>(text) else {
                continue;
            };
            let Some((ledger, sink)) = &self.ledger else {
                continue;
            };
            if let Some(key) = line.key() {
                let copy = !self.seen.insert(line.id);
                ledger.arrive(*sink, &key, line.class, at, copy);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::simulator::{Path as Way, Scenario, Schedule};

    #[test]
    fn whole_lines_count_once_by_id_and_a_torn_one_not_at_all() {
        let scenario = "[[fleet]]\nname = \"a\"\npanels = 1\nrate = 40.0\nmix = { fire = 1.0 }\n";
        let schedule = Arc::new(Schedule::build(&Scenario::parse(scenario).unwrap(), 1));
        let ledger = Arc::new(Ledger::new(Arc::clone(&schedule), &[("s", &[Way::Ip])]));
        let path = std::env::temp_dir().join(format!("alarmwire-jsonl-{}", std::process::id()));
        let mut file = File::create(&path).unwrap();
        let mut sink = JsonlSink::new(&path, Clock::new());
        sink.keep(Arc::clone(&ledger), 0, Duration::ZERO);
        let line = |id: u32, zone: u32| {
            format!(
                "{{\"id\":\"{id}\",\"account\":\"1001\",\"code\":\"cid:1110\",\"qualifier\":\"new\",\"class\":\"fire\",\
                 \"partition\":\"01\",\"zone\":\"{zone:03}\",\"raw_hex\":\"00\"}}\n"
            )
        };
        file.write_all(
            (line(1, 1) + &line(1, 1) + &line(2, 1) + line(3, 2).get(..20).unwrap()).as_bytes(),
        )
        .unwrap();
        sink.poll().unwrap();
        // The torn line is cut off, and its event comes again.
        let whole = u64::try_from((line(1, 1).len()) * 3).unwrap();
        file.set_len(whole).unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        sink.poll().unwrap();
        file.write_all(line(3, 2).as_bytes()).unwrap();
        sink.poll().unwrap();
        std::fs::remove_file(&path).unwrap();
        let fates = ledger.fates(Duration::MAX);
        assert_eq!(
            (fates[0].delivered, fates[0].repeated, fates[0].duplicated),
            (true, 2, 1)
        );
        assert_eq!((fates[1].delivered, fates[1].repeated), (true, 0));
        assert!(!fates[2].delivered);
    }
}
