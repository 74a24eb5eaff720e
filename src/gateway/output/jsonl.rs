//! JSON lines: one object an event, appended to a file at once, and synced before the cursor moves.
//!
//! A sync of this file competes with the journal's, and every look into the journal with those who acknowledge. So lines
//! are gathered for some milliseconds while events come singly, and the file is synced only when cursors are saved. Lines
//! whose cursors were not saved before a kill are known by their ids at the file's end.

use std::{
    collections::HashSet,
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    super::{clock, config::JsonlTarget, supervisor::Ended, telemetry::Happening},
    feed::Feed,
};

/// How long events are gathered, when there is no backlog.
const GATHER: Duration = Duration::from_millis(10);
/// Cursors are saved when so much was written, even before they are due.
const UNSAVED: u64 = 4 * 1024 * 1024;
/// How much of the file's end is looked through at the start for events that are there already: what the save that is
/// under way covers and what was written since, each with a round of the longest lines.
const TAIL: u64 = 9 * UNSAVED;

/// How long the backlog is still written at the end.
const PARTING: Duration = Duration::from_secs(2);

/// Where lines go.
enum Sink {
    File {
        file: File,
        length: u64,
        synced: u64,
        path: PathBuf,
    },
    Stdout,
}

impl Sink {
    fn open(target: &JsonlTarget) -> std::io::Result<(Self, HashSet<String>)> {
        match target {
            JsonlTarget::Stdout => Ok((Self::Stdout, HashSet::new())),
            JsonlTarget::File(path) => {
                let (file, length, ids) = open(path)?;
                let synced = length;
                let path = path.clone();
                Ok((
                    Self::File {
                        file,
                        length,
                        synced,
                        path,
                    },
                    ids,
                ))
            }
        }
    }

    /// Writes whole lines, or none of them.
    fn append(&mut self, lines: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Stdout => {
                let mut out = std::io::stdout().lock();
                out.write_all(lines)?;
                out.flush()
            }
            Self::File {
                file, length, path, ..
            } => {
                still_there(file, path)?;
                let written = file.write_all(lines);
                if written.is_err() {
                    cut(file, *length)?;
                    return written;
                }
                *length += lines.len() as u64;
                still_there(file, path)
            }
        }
    }

    /// Makes what was written durable.
    fn sync(&mut self) -> std::io::Result<()> {
        let Self::File {
            file,
            length,
            synced,
            path,
        } = self
        else {
            return Ok(());
        };
        let result = file.sync_data();
        if result.is_err() {
            // What was not synced goes again: after an error nobody knows which of it is on disk.
            cut(file, *synced)?;
            return result;
        }
        still_there(file, path)?;
        *synced = *length;
        Ok(())
    }
}

/// Takes back what was written beyond `length`, so that no line is torn or doubled when it is tried again.
fn cut(file: &mut File, length: u64) -> std::io::Result<()> {
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length)).map(drop)
}

/// An error when the path does not lead to the file any more: what is written into a deleted file is nowhere. The output
/// begins again, with a new file.
fn still_there(file: &File, path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let place = |data: std::fs::Metadata| (data.dev(), data.ino());
        if std::fs::metadata(path).ok().map(place) != Some(place(file.metadata()?)) {
            return Err(std::io::Error::other(
                "the file was moved or deleted, a new one is begun",
            ));
        }
    }
    #[cfg(not(unix))]
    let _ = (file, path);
    Ok(())
}

/// Opens the file, cuts a torn last line off, and reads the ids at its end.
fn open(path: &Path) -> std::io::Result<(File, u64, HashSet<String>)> {
    if let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        std::fs::create_dir_all(parent)?;
    }
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    let end = file.seek(SeekFrom::End(0))?;
    let start = end.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let whole = tail
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |at| at + 1);
    let mut length = end;
    if whole < tail.len() && (whole > 0 || start == 0) {
        length = start + whole as u64;
        tracing::warn!(path = %path.display(), bytes = tail.len() - whole, "a torn last line is cut off");
        file.set_len(length)?;
        file.sync_data()?;
    }
    tail.truncate(whole);
    file.seek(SeekFrom::Start(length))?;
    let ids = tail.split(|b| *b == b'\n').filter_map(id).collect();
    Ok((file, length, ids))
}

/// The id of a line that we wrote: it stands first.
fn id(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(br#"{"id":""#)?;
    let end = rest.iter().position(|b| *b == b'"')?;
    String::from_utf8(rest.get(..end)?.to_vec()).ok()
}

/// Runs until it is stopped or the file fails. When `stop` comes, what is stored is still written.
pub(crate) async fn run(
    feed: &mut Feed,
    target: &JsonlTarget,
    stop: &CancellationToken,
) -> Result<(), Ended> {
    let (mut sink, mut known) = Sink::open(target)?;
    let place = match target {
        JsonlTarget::File(path) => path.display().to_string(),
        JsonlTarget::Stdout => "-".to_owned(),
    };
    let name = feed.name().to_owned();
    Happening::Up {
        kind: "output",
        name: &name,
        place: &place,
    }
    .emit();
    let mut lines = Vec::new();
    let mut unsaved = 0;
    let mut saving = None;
    let mut until = None;
    loop {
        lines.clear();
        let mut events = 0;
        let rows = feed.visit(&mut |event| {
            events += 1;
            if known.is_empty() || !known.contains(event.id) {
                event.append_json(&mut lines);
                lines.push(b'\n');
            }
        })?;
        // Should this fail, the feed is given up, and with it the places that it has read up to.
        sink.append(&lines)?;
        unsaved += lines.len() as u64;
        if events > 0 {
            Happening::Delivered {
                output: &name,
                events,
            }
            .emit();
        }
        let now = Instant::now();
        let parting =
            stop.is_cancelled() && (rows == 0 || *until.get_or_insert(now + PARTING) < now);
        let due = unsaved >= UNSAVED || feed.save_due().is_some_and(|at| at <= now);
        if due || parting {
            // One at a time: that bounds what the file may hold beyond the saved cursors.
            if let Some(saving) = saving.take() {
                saving.await?;
            }
            sink.sync()?;
            unsaved = 0;
            if parting {
                feed.save(Vec::new()).await?;
                return Err(Ended::Stopped);
            }
            saving = Some(feed.begin_save(Vec::new()));
        }
        if rows == 0 {
            // Only the events around a kill can be there already.
            known.clear();
            let save = feed.save_due();
            tokio::select! {
                () = stop.cancelled() => {}
                () = feed.changed() => {}
                () = clock::at(save) => {}
            }
        }
        if !feed.backlog() {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(GATHER) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_ids_at_the_end_are_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        std::fs::write(
            &path,
            "{\"id\":\"a\",\"x\":1}\n{\"id\":\"b\"}\n{\"id\":\"c\",\"tor",
        )
        .unwrap();
        let (mut sink, known) = Sink::open(&JsonlTarget::File(path.clone())).unwrap();
        assert_eq!(known, HashSet::from(["a".to_owned(), "b".to_owned()]));
        sink.append(b"{\"id\":\"c\"}\n").unwrap();
        sink.sync().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "{\"id\":\"a\",\"x\":1}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_moved_or_whose_folder_is_gone_is_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines/events.jsonl");
        let target = JsonlTarget::File(path.clone());
        let (mut sink, _) = Sink::open(&target).unwrap();
        sink.append(b"{\"id\":\"a\"}\n").unwrap();
        std::fs::rename(&path, folder.path().join("old.jsonl")).unwrap();
        sink.append(b"{\"id\":\"b\"}\n").unwrap_err();
        let (mut sink, _) = Sink::open(&target).unwrap();
        sink.append(b"{\"id\":\"b\"}\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"{\"id\":\"b\"}\n");
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        sink.append(b"{\"id\":\"c\"}\n").unwrap_err();
        let (mut sink, _) = Sink::open(&target).unwrap();
        sink.append(b"{\"id\":\"c\"}\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"{\"id\":\"c\"}\n");
        assert_eq!(
            std::fs::read(folder.path().join("old.jsonl")).unwrap(),
            b"{\"id\":\"a\"}\n"
        );
    }

    #[test]
    fn a_file_that_is_one_torn_line_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        std::fs::write(&path, "{\"id\":\"c\",\"tor").unwrap();
        let (_sink, known) = Sink::open(&JsonlTarget::File(path.clone())).unwrap();
        assert!(known.is_empty());
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    }
}
