//! From the document to the configuration.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use toml::{Spanned, de::DeTable};

use super::{
    Account, Config, ConfigError, Dc09Input, HostPort, Input, InputKind, LineSettings, Port,
    Secret, SurgardInput, check,
    error::{Flaw, suggestion},
    read_output,
    table::{Source, Table},
    value,
};
use crate::event::{Class, Qualifier};

/// A name and where it stands, for the checks between tables.
pub(crate) type Named = Spanned<String>;

/// What cross-checks need beside the configuration.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) inputs: Vec<Named>,
    pub(crate) outputs: Vec<Named>,
    pub(crate) accounts: Vec<Named>,
    pub(crate) routes: Vec<Named>,
    /// What can be opened once only: addresses to listen at, serial ports, files.
    pub(crate) claims: Vec<Named>,
}

pub(crate) fn config(name: &str, text: &str) -> Result<Config, ConfigError> {
    let source = Source { name, text };
    let document = DeTable::parse(text).map_err(|wrong| {
        let span = wrong.span().unwrap_or(0..0);
        let mut lines = wrong.message().lines();
        let message = lines.next().unwrap_or("this is no TOML").to_owned();
        let help = lines.next().map(str::to_owned);
        source.error(span, message, help)
    })?;
    let mut root = Table::new(source, "the file", 0..0, document.get_ref());
    let mut config = Config::new("./alarmwire-data");
    let mut places = Places::default();
    let base = Path::new(name)
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default();

    if let Some(station) = root.table("station", "[station]")? {
        read_station(station, &mut config)?;
    }
    for table in root.tables("input", "[[input]]")? {
        config.inputs.push(input(table, &mut places)?);
    }
    for table in root.tables("output", "[[output]]")? {
        config
            .outputs
            .push(read_output::output(table, &base, &mut places)?);
    }
    for table in root.tables("account", "[[account]]")? {
        config.accounts.push(account(table, &base, &mut places)?);
    }
    root.finish()?;
    check::places(source, &places)?;
    Ok(config)
}

fn read_station(mut table: Table<'_>, config: &mut Config) -> Result<(), ConfigError> {
    if let Some(name) = table.text("name")? {
        (*name.get_ref()).clone_into(&mut config.station.name);
    }
    if let Some(data) = table.text("data")? {
        if data.get_ref().is_empty() {
            return Err(table.source.error(
                data.span(),
                "`data` is the folder of the journal",
                None,
            ));
        }
        config.station.data = PathBuf::from(data.get_ref());
    }
    config.station.admin = table.parsed("admin", admin_address)?;
    table.finish()
}

/// Metrics and health are served without a password, so they stay on this machine.
pub(crate) fn admin_address(text: &str) -> Result<std::net::SocketAddr, Flaw> {
    let address = value::listen_address(text)?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        let flaw = Flaw::new("metrics and health are served on this machine only");
        Err(flaw.help("use 127.0.0.1 or [::1], and a reverse proxy where others shall see them"))
    }
}

pub(super) fn name(table: &mut Table<'_>) -> Result<Spanned<String>, ConfigError> {
    let name = table.required(
        "name",
        "a name of your choice, used in `to`, logs and metrics",
    )?;
    let text = *name.get_ref();
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > 64 || !text.chars().all(good) {
        let message = "a name has 1 to 64 letters, digits, `-`, `_` and `.`";
        return Err(table.source.error(name.span(), message, None));
    }
    if text == crate::gateway::OWN_SOURCE {
        let message =
            format!("`{text}` is the name under which the gateway's own events are stored");
        return Err(table
            .source
            .error(name.span(), message, Some("choose another".to_owned())));
    }
    Ok(Spanned::new(name.span(), text.to_owned()))
}

#[derive(Clone, Copy)]
pub(super) enum Word {
    Dc09,
    Surgard,
    Jsonl,
}

fn input(mut table: Table<'_>, places: &mut Places) -> Result<Input, ConfigError> {
    let name = name(&mut table)?;
    let words = [("dc09", Word::Dc09), ("surgard", Word::Surgard)];
    let protocol = table.word("protocol", &words)?;
    let protocol = protocol.ok_or_else(|| table.missing("protocol", "`dc09` or `surgard`"))?;
    let to = table.texts("to")?;
    let kind = match protocol {
        Word::Surgard => InputKind::Surgard(surgard_input(&mut table, places)?),
        Word::Dc09 | Word::Jsonl => InputKind::Dc09(dc09_input(&mut table, places)?),
    };
    table.finish()?;
    let to = to.map(|names| {
        let owned = |name: Spanned<&str>| Spanned::new(name.span(), (*name.get_ref()).to_owned());
        let names: Vec<Named> = names.into_iter().map(owned).collect();
        places.routes.extend(names.iter().cloned());
        names.into_iter().map(Spanned::into_inner).collect()
    });
    places.inputs.push(name.clone());
    Ok(Input {
        name: name.into_inner(),
        to,
        kind,
    })
}

fn dc09_input(table: &mut Table<'_>, places: &mut Places) -> Result<Dc09Input, ConfigError> {
    const SHAPE: &str = "`listen = [\"tcp://0.0.0.0:12128\", \"udp://0.0.0.0:12128\"]`";
    let mut input = Dc09Input::default();
    let listen = table
        .texts("listen")?
        .ok_or_else(|| table.missing("listen", SHAPE))?;
    if listen.is_empty() {
        return Err(table.source.error(
            table.place("listen"),
            "`listen` names no address",
            Some(SHAPE.to_owned()),
        ));
    }
    for place in &listen {
        let (scheme, address) =
            url(place.get_ref(), &["tcp", "udp"]).map_err(|f| table.source.flaw(place, f))?;
        let shift = place.get_ref().len() - address.len();
        let parsed = value::listen_address(address)
            .map_err(|flaw| table.source.flaw(place, flaw.shifted(shift, address.len())))?;
        if parsed.port() != 0 {
            places
                .claims
                .push(Spanned::new(place.span(), format!("{scheme}://{parsed}")));
        }
        match scheme {
            "udp" => input.udp.push(parsed),
            _ => input.tcp.push(parsed),
        }
    }
    let policy = [("accept", true), ("refuse", false)];
    input.accept_unknown = table.word("unknown_accounts", &policy)?.unwrap_or(false);
    input.refuse_with_duh = table
        .word("refuse", &[("silent", false), ("duh", true)])?
        .unwrap_or(false);
    input.reject_clear_time = table.boolean("reject_clear_time")?.unwrap_or(false);
    Ok(input)
}

fn surgard_input(table: &mut Table<'_>, places: &mut Places) -> Result<SurgardInput, ConfigError> {
    let port = port(table, places)?;
    let line_digits = table
        .number("line_digits", 1..8)?
        .and_then(|n| u8::try_from(n).ok());
    let seven_bits = table.boolean("seven_bits")?.unwrap_or(false);
    let mut letters = Vec::new();
    if let Some(mut table) = table.table("letters", "[input.letters]")? {
        for (letter, meaning) in table.pairs()? {
            letters.push(one_letter(&table, &letter, &meaning)?);
        }
    }
    Ok(SurgardInput {
        port,
        line_digits,
        seven_bits,
        letters,
    })
}

fn one_letter(
    table: &Table<'_>,
    letter: &Spanned<&str>,
    meaning: &Spanned<&str>,
) -> Result<(u8, Class, Qualifier), ConfigError> {
    let [byte @ (b'A'..=b'Z' | b'a'..=b'z')] = letter.get_ref().as_bytes() else {
        return Err(table
            .source
            .error(letter.span(), "an event letter is one letter", None));
    };
    let (class, qualifier) = match meaning.get_ref().split_once(' ') {
        Some((class, qualifier)) => (class, qualifier),
        None => (*meaning.get_ref(), "new"),
    };
    let qualifier = match qualifier {
        "new" => Qualifier::New,
        "restore" => Qualifier::Restore,
        "status" => Qualifier::Status,
        _ => {
            let message = "behind the class stands `new`, `restore` or `status`";
            return Err(table.source.error(meaning.span(), message, None));
        }
    };
    let class = Class::from_word(class).ok_or_else(|| {
        let known: Vec<&str> = Class::ALL.iter().map(|c| c.as_str()).collect();
        let message = format!("`{class}` is no class of events");
        table
            .source
            .error(meaning.span(), message, suggestion(class, &known))
    })?;
    Ok((*byte, class, qualifier))
}

/// `serial` and `line`, or `listen`, or `dial`.
pub(super) fn port(table: &mut Table<'_>, places: &mut Places) -> Result<Port, ConfigError> {
    const SHAPE: &str = "`serial = \"/dev/ttyUSB0\"`, `listen = \"tcp://0.0.0.0:1025\"` or `dial = \"tcp://10.0.0.7:1025\"`";
    let given: Vec<&str> = ["serial", "listen", "dial"]
        .into_iter()
        .filter(|key| table.has(key))
        .collect();
    if let [_, second, ..] = given.as_slice() {
        let message = format!(
            "there is one way to the other side: `{}`",
            given.join("` or `")
        );
        return Err(table.source.error(table.place(second), message, None));
    }
    let serial = table.text("serial")?;
    let line = table.parsed("line", LineSettings::parse)?;
    let listen = table.text("listen")?;
    let dial = table.text("dial")?;
    let claim = |value: &Spanned<&str>| Spanned::new(value.span(), (*value.get_ref()).to_owned());
    if line.is_some() && serial.is_none() {
        let message = "`line` is for a serial port, and no `serial` is given";
        return Err(table.source.error(table.place("line"), message, None));
    }
    if let Some(path) = serial {
        if path.get_ref().is_empty() {
            return Err(table.source.error(
                path.span(),
                "`serial` is the path of a serial port",
                None,
            ));
        }
        places.claims.push(claim(&path));
        return Ok(Port::Serial {
            path: PathBuf::from(path.get_ref()),
            line: line.unwrap_or(LineSettings::DEFAULT),
        });
    }
    if let Some(text) = listen {
        let address = stripped(table, &text, value::listen_address)?;
        if address.port() != 0 {
            places
                .claims
                .push(Spanned::new(text.span(), format!("tcp://{address}")));
        }
        return Ok(Port::Listen(address));
    }
    match dial {
        Some(text) => Ok(Port::Dial(stripped(table, &text, HostPort::parse)?)),
        None => Err(table.source.error(
            table.head(),
            "there is no way to the other side",
            Some(SHAPE.to_owned()),
        )),
    }
}

/// Reads what stands behind `tcp://`.
pub(super) fn stripped<T>(
    table: &Table<'_>,
    text: &Spanned<&str>,
    read: impl FnOnce(&str) -> Result<T, Flaw>,
) -> Result<T, ConfigError> {
    let (_, address) =
        url(text.get_ref(), &["tcp"]).map_err(|flaw| table.source.flaw(text, flaw))?;
    let shift = text.get_ref().len() - address.len();
    read(address).map_err(|flaw| table.source.flaw(text, flaw.shifted(shift, address.len())))
}

/// Scheme and the rest; an address without scheme is taken for the first.
fn url<'t, 's>(text: &'t str, schemes: &[&'s str]) -> Result<(&'s str, &'t str), Flaw> {
    let first = schemes.first().copied().unwrap_or("tcp");
    match text.split_once("://") {
        None => {
            let example = format!("write `{first}://{text}`");
            Err(Flaw::new("an address begins with its transport").help(example))
        }
        Some((scheme, rest)) => match schemes.iter().copied().find(|s| *s == scheme) {
            Some(scheme) => Ok((scheme, rest)),
            None => {
                let list: Vec<String> = schemes.iter().map(|s| format!("`{s}://`")).collect();
                let flaw = Flaw::new(format!("`{scheme}://` is no transport that can stand here"));
                Err(flaw.at(0..scheme.len() + 3).help(list.join(" or ")))
            }
        },
    }
}

pub(super) fn bounded(
    table: &mut Table<'_>,
    key: &'static str,
    least: Duration,
    most: Duration,
) -> Result<Option<Duration>, ConfigError> {
    table.parsed(key, |text| {
        let duration = value::duration(text)?;
        if (least..=most).contains(&duration) {
            Ok(duration)
        } else {
            Err(Flaw::new(format!(
                "`{key}` is {} s to {} s",
                least.as_secs(),
                most.as_secs()
            )))
        }
    })
}

fn account(mut table: Table<'_>, base: &Path, places: &mut Places) -> Result<Account, ConfigError> {
    let help = "the account as the panel sends it";
    let id = table.required("id", help)?;
    let text = value::account(id.get_ref()).map_err(|flaw| table.source.flaw(&id, flaw))?;
    let mut keys: Vec<Secret> = key(&mut table, "key", "key_file", base)?
        .into_iter()
        .collect();
    if let Some(previous) = key(&mut table, "previous_key", "previous_key_file", base)? {
        if keys.is_empty() {
            let message = "a previous key stands beside a `key` only";
            return Err(table
                .source
                .error(table.place("previous_key"), message, None));
        }
        keys.push(previous);
    }
    let policy = table.word("policy", &[("encrypted", true), ("clear", false)])?;
    if policy == Some(true) && keys.is_empty() {
        let message = "an account that sends encrypted only needs a `key`";
        return Err(table.source.error(table.place("policy"), message, None));
    }
    let encrypted_only = policy.unwrap_or(!keys.is_empty());
    let ignore_time = table.boolean("ignore_time")?.unwrap_or(false);
    let supervise = bounded(
        &mut table,
        "supervise",
        Duration::from_secs(10),
        Duration::from_secs(32 * 86_400),
    )?;
    let mut data_accounts = Vec::new();
    for other in table.texts("data_accounts")?.unwrap_or_default() {
        let account =
            value::account(other.get_ref()).map_err(|flaw| table.source.flaw(&other, flaw))?;
        data_accounts.push(account);
    }
    table.finish()?;
    places.accounts.push(Spanned::new(id.span(), text.clone()));
    Ok(Account {
        id: text,
        keys,
        encrypted_only,
        ignore_time,
        data_accounts,
        supervise,
    })
}

/// A key, given in the file or in one of its own.
pub(super) fn key(
    table: &mut Table<'_>,
    key: &'static str,
    file: &'static str,
    base: &Path,
) -> Result<Option<Secret>, ConfigError> {
    let given = table.parsed(key, Secret::parse)?;
    let Some(path) = table.text(file)? else {
        return Ok(given);
    };
    if given.is_some() {
        let message = format!("a key stands in `{key}` or in `{file}`, not in both");
        return Err(table.source.error(table.place(file), message, None));
    }
    let whole = base.join(path.get_ref());
    let text = std::fs::read_to_string(&whole).map_err(|error| {
        let message = format!("the key file {} can't be read: {error}", whole.display());
        table.source.error(path.span(), message, None)
    })?;
    // The message must not show what stands in the file: the place is the path, the words are the flaw's.
    Secret::parse(text.trim()).map(Some).map_err(|flaw| {
        let message = format!(
            "the key file {} holds no key: {}",
            whole.display(),
            flaw.message
        );
        table.source.error(path.span(), message, flaw.help)
    })
}
