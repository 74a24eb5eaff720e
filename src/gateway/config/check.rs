//! What only shows between tables, and what the whole says.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{
    Config, ConfigError, InputKind, JsonlTarget, OutputKind,
    error::suggestion,
    read::{Named, Places},
    table::Source,
};

pub(crate) fn places(source: Source<'_>, places: &Places) -> Result<(), ConfigError> {
    unique(source, &places.inputs, "an input")?;
    unique(source, &places.outputs, "an output")?;
    unique(source, &places.accounts, "an account")?;
    let known: Vec<&str> = places
        .outputs
        .iter()
        .map(|o| o.get_ref().as_str())
        .collect();
    for route in &places.routes {
        if !known.contains(&route.get_ref().as_str()) {
            let help = suggestion(route.get_ref(), &known);
            let help = help.or_else(|| Some("there is no [[output]] at all".to_owned()));
            let message = format!("there is no output named `{}`", route.get_ref());
            return Err(source.error(route.span(), message, help));
        }
    }
    let mut seen = BTreeMap::new();
    for claim in &places.claims {
        if seen.insert(claim.get_ref().as_str(), ()).is_some() {
            let message = format!("`{}` is used twice", claim.get_ref());
            return Err(source.error(claim.span(), message, None));
        }
    }
    Ok(())
}

fn unique(source: Source<'_>, names: &[Named], what: &str) -> Result<(), ConfigError> {
    let mut seen: BTreeMap<&str, &Named> = BTreeMap::new();
    for name in names {
        if let Some(first) = seen.insert(name.get_ref(), name) {
            let before = source.text.get(..first.span().start).unwrap_or("");
            let message = format!("there is {what} named `{}` already", name.get_ref());
            let help = format!(
                "the first one is in line {}",
                before.matches('\n').count() + 1
            );
            return Err(source.error(name.span(), message, Some(help)));
        }
    }
    Ok(())
}

/// A key for more accounts than this is worth a word: whoever learns it can speak for all of them.
const SHARED_KEY: usize = 8;

pub(crate) fn warnings(config: &Config) -> Vec<String> {
    let mut found = Vec::new();
    let mut keys: BTreeMap<&[u8], usize> = BTreeMap::new();
    for key in config
        .accounts
        .iter()
        .flat_map(|account| account.keys.first())
    {
        *keys.entry(key.bytes()).or_default() += 1;
    }
    for count in keys.values().filter(|count| **count > SHARED_KEY) {
        found.push(format!(
            "one key serves {count} accounts: who learns it can speak for all of them"
        ));
    }
    if config.inputs.is_empty() {
        found.push("there is no input: nothing can arrive".to_owned());
    }
    if config.outputs.is_empty() {
        found.push("there is no output: events are stored and go nowhere".to_owned());
    }
    for output in &config.outputs {
        let named =
            |to: &Option<Vec<String>>| to.as_ref().is_none_or(|to| to.contains(&output.name));
        if !config.inputs.is_empty() && !config.inputs.iter().any(|input| named(&input.to)) {
            found.push(format!(
                "no input names the output `{}`: only the gateway's own events go there",
                output.name
            ));
        }
    }
    for input in &config.inputs {
        if let InputKind::Dc09(dc09) = &input.kind {
            if !dc09.accept_unknown && config.accounts.is_empty() {
                found.push(format!(
                    "the input `{}` refuses unknown accounts and no account is known",
                    input.name
                ));
            }
            if dc09.accept_unknown {
                found.push(format!(
                    "the input `{}` takes every account that sends in clear",
                    input.name
                ));
            }
        }
    }
    let supervised = config
        .accounts
        .iter()
        .filter(|account| account.supervise.is_some())
        .count();
    if supervised > 0 {
        found.push(format!(
            "`supervise` of {supervised} accounts is not watched in this version"
        ));
    }
    found
}

pub(crate) fn summary(config: &Config) -> String {
    let mut out = String::new();
    let station = &config.station;
    let _infallible = writeln!(
        out,
        "station {}, journal in {}",
        station.name,
        station.data.display()
    );
    if let Some(admin) = station.admin {
        let _infallible = writeln!(out, "metrics and health at http://{admin}");
    }
    for input in &config.inputs {
        let what = match &input.kind {
            InputKind::Dc09(dc09) => {
                let tcp = dc09.tcp.iter().map(|a| format!("tcp {a}"));
                let udp = dc09.udp.iter().map(|a| format!("udp {a}"));
                let places: Vec<String> = tcp.chain(udp).collect();
                let unknown = if dc09.accept_unknown {
                    "accepted"
                } else {
                    "refused"
                };
                format!("dc09 at {}, unknown accounts {unknown}", places.join(", "))
            }
            InputKind::Surgard(surgard) => format!("surgard, {}", surgard.port),
        };
        let to = input
            .to
            .as_ref()
            .map_or_else(|| "all outputs".to_owned(), |to| to.join(", "));
        let to = if to.is_empty() { "nowhere" } else { &to };
        let _infallible = writeln!(out, "input {}: {what} -> {to}", input.name);
    }
    for output in &config.outputs {
        let what = match &output.kind {
            OutputKind::Dc09(dc09) => {
                let backup = dc09
                    .backup
                    .as_ref()
                    .map_or(String::new(), |b| format!(", backup {b}"));
                let how = if dc09.key.is_some() {
                    "encrypted"
                } else {
                    "clear"
                };
                format!("dc09 to {}{backup}, {how}", dc09.main)
            }
            OutputKind::Surgard(surgard) => format!("surgard, {}", surgard.port),
            OutputKind::Jsonl(JsonlTarget::File(path)) => {
                format!("JSON lines to {}", path.display())
            }
            OutputKind::Jsonl(JsonlTarget::Stdout) => "JSON lines to standard output".to_owned(),
        };
        let _infallible = writeln!(out, "output {}: {what}", output.name);
    }
    let keyed = config
        .accounts
        .iter()
        .filter(|account| !account.keys.is_empty())
        .count();
    let _infallible = writeln!(
        out,
        "accounts: {}, {keyed} with a key",
        config.accounts.len()
    );
    out
}
