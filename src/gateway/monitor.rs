//! Looks on: the journal's state, and outputs that do not move.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{incidents::Incidents, telemetry::Happening};
use crate::journal::{Handle, Reader, Status};

/// How often backlogs are counted.
const EVERY: Duration = Duration::from_secs(5);
/// An output with a backlog whose cursor stands still for so long is stuck.
const STUCK: Duration = Duration::from_secs(60);

/// Tells when the journal stops acknowledging, and when it goes on.
pub(crate) async fn journal(journal: Handle, stop: CancellationToken) {
    let mut changes = journal.status_changes();
    loop {
        match journal.status() {
            Status::Good => Happening::Journal {
                good: true,
                status: "good",
            }
            .emit(),
            Status::Full => Happening::Journal {
                good: false,
                status: "the disk is full",
            }
            .emit(),
            Status::Locked => Happening::Journal {
                good: false,
                status: "locked by another program",
            }
            .emit(),
            Status::Failed(reason) => Happening::Journal {
                good: false,
                status: &reason,
            }
            .emit(),
            Status::Closed => return,
        }
        tokio::select! {
            () = stop.cancelled() => return,
            _ = changes.changed() => {}
        }
    }
}

/// What is remembered of an output.
struct Seen {
    cursor: [i64; 4],
    moved: Instant,
    told: bool,
}

/// Counts backlogs, and makes an event of an output that is stuck and of one that moves again.
pub(crate) async fn outputs(
    folder: PathBuf,
    names: Vec<String>,
    incidents: Incidents,
    stop: CancellationToken,
) {
    let mut seen: HashMap<String, Seen> = HashMap::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let (folder, names) = (folder.clone(), names.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let reader = Reader::open(&folder)?;
            let look = |name: String| {
                let cursor = reader.cursor(&name)?.unwrap_or_default();
                Ok((reader.backlog(&name)?, cursor, name))
            };
            names
                .into_iter()
                .map(look)
                .collect::<Result<Vec<_>, crate::journal::JournalError>>()
        });
        let Ok(Ok(found)) = looked.await else {
            continue;
        };
        for (backlog, cursor, name) in found {
            for (lane, events) in (0..).zip(backlog) {
                Happening::Backlog {
                    output: &name,
                    lane,
                    events,
                }
                .emit();
            }
            let now = Instant::now();
            let idle = backlog.iter().all(|events| *events == 0);
            let state = seen.entry(name.clone()).or_insert(Seen {
                cursor,
                moved: now,
                told: false,
            });
            if idle || state.cursor != cursor {
                (state.cursor, state.moved) = (cursor, now);
                if std::mem::take(&mut state.told) {
                    tracing::info!(output = %name, "moves again");
                    incidents.trouble(false, &format!("output {name} moves again"));
                }
            } else if !state.told && now.duration_since(state.moved) >= STUCK {
                state.told = true;
                let waiting: u64 = backlog.iter().sum();
                tracing::error!(output = %name, waiting, "stuck: nothing was delivered for a minute");
                incidents.trouble(
                    true,
                    &format!("output {name} is stuck, {waiting} events wait"),
                );
            }
        }
    }
}
