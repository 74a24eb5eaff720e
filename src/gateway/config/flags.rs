//! The configuration from flags, for a gateway without a file.

use std::path::PathBuf;

use super::{
    Account, Config, ConfigError, Dc09Input, Dc09Output, HostPort, Input, InputKind, LineSettings,
    Output, OutputKind, Port, Secret, SurgardInput,
    error::{Flaw, suggestion},
    read::admin_address,
    read_output::{DC09_WAIT, DC09_WINDOW, jsonl_target},
    value,
};

/// The flags' values as they were typed; [`Flags::config`] reads them.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--dc09 HOST:PORT`: TCP and UDP on the same port.
    pub dc09: Vec<String>,
    /// `--account A`.
    pub account: Vec<String>,
    /// `--key A=hex:…` or `A=ascii:…`.
    pub key: Vec<String>,
    /// `--accept-unknown`.
    pub accept_unknown: bool,
    /// `--surgard PATH@9600:8N1[,lines=3]`.
    pub surgard: Vec<String>,
    /// `--jsonl FILE|-`.
    pub jsonl: Vec<String>,
    /// `--forward HOST:PORT[,account=…,key=…]`.
    pub forward: Vec<String>,
    /// `--data DIR`.
    pub data: Option<PathBuf>,
    /// `--admin HOST:PORT`.
    pub admin: Option<String>,
}

fn read<T>(
    flag: &str,
    text: &str,
    reader: impl FnOnce(&str) -> Result<T, Flaw>,
) -> Result<T, ConfigError> {
    reader(text).map_err(|flaw| {
        let span = flaw.span.unwrap_or(0..text.len());
        if text.is_empty() {
            return ConfigError::new(flag, "\"\"", 0..2, flaw.message, flaw.help);
        }
        ConfigError::new(flag, text, span, flaw.message, flaw.help)
    })
}

/// `name` of the first, `name-2` of the second.
fn numbered(name: &str, index: usize) -> String {
    if index == 0 {
        name.to_owned()
    } else {
        format!("{name}-{}", index + 1)
    }
}

impl Flags {
    /// Whether any flag was given that a configuration file would hold.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let lists = [
            &self.dc09,
            &self.account,
            &self.key,
            &self.surgard,
            &self.jsonl,
            &self.forward,
        ];
        lists.iter().all(|list| list.is_empty())
            && !self.accept_unknown
            && self.data.is_none()
            && self.admin.is_none()
    }

    /// The configuration that the flags say.
    ///
    /// # Errors
    /// The first flag that can't be read, with the place inside its value.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let mut config = Config::new(
            self.data
                .clone()
                .unwrap_or_else(|| PathBuf::from("./alarmwire-data")),
        );
        if let Some(admin) = &self.admin {
            config.station.admin = Some(read("--admin", admin, admin_address)?);
        }
        for (index, text) in self.dc09.iter().enumerate() {
            let address = read("--dc09", text, value::listen_address)?;
            let kind = InputKind::Dc09(Dc09Input {
                tcp: vec![address],
                udp: vec![address],
                accept_unknown: self.accept_unknown,
                ..Dc09Input::default()
            });
            config.inputs.push(Input {
                name: numbered("dc09", index),
                to: None,
                kind,
            });
        }
        for (index, text) in self.surgard.iter().enumerate() {
            let kind = InputKind::Surgard(read("--surgard", text, surgard)?);
            config.inputs.push(Input {
                name: numbered("surgard", index),
                to: None,
                kind,
            });
        }
        for (index, text) in self.jsonl.iter().enumerate() {
            let flaw = || Flaw::new("the file is missing");
            let path = read("--jsonl", text, |t| {
                if t.is_empty() {
                    Err(flaw())
                } else {
                    Ok(jsonl_target(t))
                }
            })?;
            config.outputs.push(Output {
                name: numbered("jsonl", index),
                kind: OutputKind::Jsonl(path),
            });
        }
        for (index, text) in self.forward.iter().enumerate() {
            let kind = OutputKind::Dc09(read("--forward", text, forward)?);
            config.outputs.push(Output {
                name: numbered("forward", index),
                kind,
            });
        }
        self.accounts(&mut config)?;
        Ok(config)
    }

    fn accounts(&self, config: &mut Config) -> Result<(), ConfigError> {
        for text in &self.account {
            let id = read("--account", text, value::account)?;
            if !config.accounts.iter().any(|account| account.id == id) {
                config.accounts.push(clear_account(id));
            }
        }
        for text in &self.key {
            let (id, key) = read("--key", text, account_key)?;
            let known = config.accounts.iter_mut().find(|account| account.id == id);
            match known {
                Some(account) if !account.keys.is_empty() => {
                    let message = format!("account {id} has a key already");
                    return Err(ConfigError::new("--key", text, 0..id.len(), message, None));
                }
                Some(account) => {
                    account.keys.push(key);
                    account.encrypted_only = true;
                }
                None => config.accounts.push(Account {
                    keys: vec![key],
                    encrypted_only: true,
                    ..clear_account(id)
                }),
            }
        }
        Ok(())
    }
}

const fn clear_account(id: String) -> Account {
    Account {
        id,
        keys: Vec::new(),
        encrypted_only: false,
        ignore_time: false,
        data_accounts: Vec::new(),
        supervise: None,
    }
}

fn account_key(text: &str) -> Result<(String, Secret), Flaw> {
    const SHAPE: &str = "a key is given as ACCOUNT=hex:DIGITS or ACCOUNT=ascii:TEXT";
    let Some((id, key)) = text.split_once('=') else {
        return Err(Flaw::new("there is no `=` between account and key").help(SHAPE));
    };
    let account = value::account(id).map_err(|flaw| flaw.shifted(0, id.len()))?;
    let key = Secret::parse(key).map_err(|flaw| flaw.shifted(id.len() + 1, key.len()))?;
    Ok((account, key))
}

/// Splits `head,name=value,name=value` and hands out the options with their place.
fn options(text: &str) -> (&str, impl Iterator<Item = (usize, &str)>) {
    let mut parts = text.split(',').scan(0, |at, part| {
        let start = *at;
        *at += part.len() + 1;
        Some((start, part))
    });
    (parts.next().map_or("", |(_, head)| head), parts)
}

fn surgard(text: &str) -> Result<SurgardInput, Flaw> {
    const SHAPE: &str =
        "a receiver is PATH@BAUD:FORMAT[,lines=DIGITS], as /dev/ttyS0@9600:8N1,lines=3";
    let (head, options) = options(text);
    let Some((path, line)) = head.rsplit_once('@') else {
        return Err(Flaw::new("the line settings are missing")
            .at(0..head.len())
            .help(SHAPE));
    };
    if path.is_empty() {
        return Err(Flaw::new("the path of the serial port is missing").help(SHAPE));
    }
    let line =
        LineSettings::parse(line).map_err(|flaw| flaw.shifted(path.len() + 1, line.len()))?;
    let mut line_digits = None;
    for (at, option) in options {
        let Some(("lines", digits)) = option.split_once('=') else {
            return Err(Flaw::new("this is no option of a receiver")
                .at(at..at + option.len())
                .help(SHAPE));
        };
        let read = digits.parse().ok().filter(|n| (1..=7).contains(n));
        let place = at + 6..at + option.len();
        line_digits =
            Some(read.ok_or_else(|| Flaw::new("a line number has 1 to 7 digits").at(place))?);
    }
    let port = Port::Serial {
        path: PathBuf::from(path),
        line,
    };
    Ok(SurgardInput {
        port,
        line_digits,
        seven_bits: false,
        letters: Vec::new(),
    })
}

fn forward(text: &str) -> Result<Dc09Output, Flaw> {
    let (head, options) = options(text);
    let main = HostPort::parse(head).map_err(|flaw| flaw.shifted(0, head.len()))?;
    let mut output = Dc09Output {
        main,
        backup: None,
        account: None,
        key: None,
        wait: DC09_WAIT,
        receiver: None,
        window: DC09_WINDOW,
    };
    for (at, option) in options {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let shift = at + name.len() + 1;
        match name {
            "account" => {
                let account = value::sender_account(value)
                    .map_err(|flaw| flaw.shifted(shift, value.len()))?;
                output.account = Some(account);
            }
            "key" => {
                output.key =
                    Some(Secret::parse(value).map_err(|flaw| flaw.shifted(shift, value.len()))?)
            }
            "receiver" => {
                let receiver = value::sender_receiver(value)
                    .map_err(|flaw| flaw.shifted(shift, value.len()))?;
                output.receiver = Some(receiver);
            }
            "window" => {
                let window = value.parse().ok().filter(|n| (1..=64).contains(n));
                output.window = window.ok_or_else(|| {
                    Flaw::new("`window` is 1 to 64").at(shift..shift + value.len().max(1))
                })?;
            }
            "backup" => {
                let backup =
                    HostPort::parse(value).map_err(|flaw| flaw.shifted(shift, value.len()))?;
                output.backup = Some(backup);
            }
            _ => {
                let flaw = Flaw::new(format!("`{name}` is no option of a forward"))
                    .at(at..at + name.len());
                return Err(
                    match suggestion(name, &["account", "key", "backup", "receiver", "window"]) {
                        Some(help) => flaw.help(help),
                        None => flaw,
                    },
                );
            }
        }
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&t| t.to_owned()).collect()
    }

    #[test]
    fn flags_say_what_a_file_says() {
        let flags = Flags {
            dc09: texts(&["127.0.0.1:12128"]),
            account: texts(&["1234", "5678"]),
            key: texts(&["5678=ascii:0123456789ABCDEF"]),
            surgard: texts(&["/dev/ttyS0@1200:7E1,lines=3"]),
            jsonl: texts(&["-"]),
            forward: texts(&["[::1]:99,account=0001,key=ascii:0123456789ABCDEF"]),
            ..Flags::default()
        };
        let from_flags = flags.config().unwrap();
        let file = "[[input]]\nname='dc09'\nprotocol='dc09'\n\
            listen=['tcp://127.0.0.1:12128','udp://127.0.0.1:12128']\n\
            [[input]]\nname='surgard'\nprotocol='surgard'\nserial='/dev/ttyS0'\nline='1200 7E1'\nline_digits=3\n\
            [[output]]\nname='jsonl'\nprotocol='jsonl'\npath='-'\n\
            [[output]]\nname='forward'\nprotocol='dc09'\nmain='tcp://[::1]:99'\naccount='0001'\n\
            key='ascii:0123456789ABCDEF'\n\
            [[account]]\nid='1234'\n[[account]]\nid='5678'\nkey='ascii:0123456789ABCDEF'\n";
        assert_eq!(from_flags, Config::from_toml("test", file).unwrap());
    }

    #[test]
    fn a_wrong_flag_is_told_with_its_place() {
        let mut flags = Flags {
            key: texts(&["1234=hex:zz"]),
            ..Flags::default()
        };
        let error = flags.config().unwrap_err();
        assert_eq!((error.source_name(), error.span()), ("--key", 9..10));
        flags = Flags {
            surgard: texts(&["/dev/ttyS0@9601:8N1"]),
            ..Flags::default()
        };
        assert_eq!(flags.config().unwrap_err().span(), 11..15);
        flags = Flags {
            forward: texts(&["a:1,acount=1234"]),
            ..Flags::default()
        };
        let error = flags.config().unwrap_err();
        assert_eq!(
            (error.span(), error.help()),
            (4..10, Some("did you mean `account`?"))
        );
    }
}
