//! The tables of outputs.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use toml::Spanned;

use super::{
    ConfigError, Dc09Output, HostPort, JsonlTarget, Output, OutputKind, SurgardOutput,
    error::Flaw,
    read::{Places, Word, bounded, key, name, port, stripped},
    table::Table,
    value,
};

pub(super) fn output(
    mut table: Table<'_>,
    base: &Path,
    places: &mut Places,
) -> Result<Output, ConfigError> {
    let name = name(&mut table)?;
    let words = [
        ("dc09", Word::Dc09),
        ("surgard", Word::Surgard),
        ("jsonl", Word::Jsonl),
    ];
    let protocol = table.word("protocol", &words)?;
    let kind =
        match protocol.ok_or_else(|| table.missing("protocol", "`dc09`, `surgard` or `jsonl`"))? {
            Word::Dc09 => OutputKind::Dc09(dc09_output(&mut table, base)?),
            Word::Surgard => OutputKind::Surgard(surgard_output(&mut table, places)?),
            Word::Jsonl => {
                let path = table.required(
                    "path",
                    "the file that lines are appended to, or `-` for standard output",
                )?;
                places
                    .claims
                    .push(Spanned::new(path.span(), (*path.get_ref()).to_owned()));
                OutputKind::Jsonl(jsonl_target(path.get_ref()))
            }
        };
    table.finish()?;
    places.outputs.push(name.clone());
    Ok(Output {
        name: name.into_inner(),
        kind,
    })
}

pub(crate) fn jsonl_target(path: &str) -> JsonlTarget {
    if path == "-" {
        JsonlTarget::Stdout
    } else {
        JsonlTarget::File(PathBuf::from(path))
    }
}

fn dc09_output(table: &mut Table<'_>, base: &Path) -> Result<Dc09Output, ConfigError> {
    let main = table.required("main", "`main = \"tcp://10.0.0.5:12128\"`")?;
    let main = stripped(table, &main, HostPort::parse)?;
    let backup = match table.text("backup")? {
        Some(text) => Some(stripped(table, &text, HostPort::parse)?),
        None => None,
    };
    let account = table.parsed("account", value::sender_account)?;
    let key = key(table, "key", "key_file", base)?;
    let wait = bounded(
        table,
        "wait",
        Duration::from_secs(1),
        Duration::from_secs(60),
    )?;
    let receiver = table.parsed("receiver", value::sender_receiver)?;
    let window = table.number("window", 1..65)?;
    Ok(Dc09Output {
        main,
        backup,
        account,
        key,
        wait: wait.unwrap_or(DC09_WAIT),
        receiver,
        window: window
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(DC09_WINDOW),
    })
}

/// How long an answer of a DC-09 receiver is waited for by default.
pub(crate) const DC09_WAIT: Duration = Duration::from_secs(5);

/// How many frames may be out to a DC-09 receiver at once by default.
pub(crate) const DC09_WINDOW: usize = 64;

fn surgard_output(
    table: &mut Table<'_>,
    places: &mut Places,
) -> Result<SurgardOutput, ConfigError> {
    let port = port(table, places)?;
    let receiver = table.parsed("receiver", |text| {
        if text.len() == 2 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(text.to_owned())
        } else {
            Err(Flaw::new("a receiver number is two hexadecimal digits").help("as `01`"))
        }
    })?;
    let line_digits = match table.number("line_digits", 1..8)? {
        None | Some(3) => 3,
        Some(1) => 1,
        Some(_) => {
            return Err(table.source.error(
                table.place("line_digits"),
                "`line_digits` is 1 or 3 for an output",
                None,
            ));
        }
    };
    let heartbeat = bounded(
        table,
        "heartbeat",
        Duration::from_secs(1),
        Duration::from_secs(99),
    )?;
    let wait = bounded(
        table,
        "wait",
        Duration::from_secs(1),
        Duration::from_secs(10),
    )?;
    Ok(SurgardOutput {
        port,
        receiver: receiver.unwrap_or_else(|| "01".to_owned()),
        line_digits,
        heartbeat: heartbeat.unwrap_or(Duration::from_secs(30)),
        wait: wait.unwrap_or(Duration::from_secs(4)),
    })
}
