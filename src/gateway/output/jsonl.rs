//! JSON lines: one object an event, appended to a file and synced before the cursor moves.

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
use crate::journal::StoredEvent;

/// How many events are written and synced at once.
const BATCH: usize = 256;
/// How much of the file's end is looked through at the start for events that are there already: more than the events
/// of all lanes whose cursors may not have been saved before a kill.
const TAIL: u64 = 4 * 1024 * 1024;

/// How long the backlog is still written at the end.
const PARTING: Duration = Duration::from_secs(2);

/// Where lines go.
enum Sink {
    File {
        file: File,
        length: u64,
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
                let path = path.clone();
                Ok((Self::File { file, length, path }, ids))
            }
        }
    }

    /// Writes whole lines durably, or none of them.
    fn append(&mut self, lines: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Stdout => {
                let mut out = std::io::stdout().lock();
                out.write_all(lines)?;
                out.flush()
            }
            Self::File { file, length, path } => {
                still_there(file, path)?;
                let written = file.write_all(lines).and_then(|()| file.sync_data());
                if written.is_err() {
                    // What was written of it goes again, so that no line is torn or doubled when it is tried again.
                    file.set_len(*length)?;
                    file.seek(SeekFrom::Start(*length))?;
                    return written;
                }
                *length += lines.len() as u64;
                still_there(file, path)
            }
        }
    }
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
    let mut batch: Vec<StoredEvent> = Vec::new();
    let mut until = None;
    loop {
        if stop.is_cancelled()
            && *until.get_or_insert_with(|| Instant::now() + PARTING) < Instant::now()
        {
            feed.save(Vec::new()).await?;
            return Err(Ended::Stopped);
        }
        while batch.len() < BATCH {
            match feed.next()? {
                Some(event) => batch.push(event),
                None => break,
            }
        }
        if batch.is_empty() {
            if stop.is_cancelled() {
                feed.save(Vec::new()).await?;
                return Err(Ended::Stopped);
            }
            // Only the events around a kill can be there already.
            known.clear();
            feed.save_lazily();
            let save = feed.save_due();
            tokio::select! {
                () = stop.cancelled() => {}
                () = feed.changed() => {}
                () = clock::at(save) => {}
            }
            continue;
        }
        lines.clear();
        for event in &batch {
            if !known.contains(&event.id) {
                lines.extend_from_slice(event.json().as_bytes());
                lines.push(b'\n');
            }
        }
        if let Err(error) = sink.append(&lines) {
            for event in batch.drain(..).rev() {
                feed.put_back(event);
            }
            return Err(error.into());
        }
        let events = batch.len() as u64;
        for event in batch.drain(..) {
            feed.done(event.lane, event.seq);
        }
        Happening::Delivered {
            output: &name,
            events,
        }
        .emit();
        feed.save_lazily();
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
