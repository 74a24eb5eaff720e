//! What an event says in DC-09: frames that came as DC-09 keep token, data and extended fields; events of other
//! protocols are told as `ADM-CID` or `SIA-DCS`.

use std::fmt::Write;

use crate::{Class, journal::StoredEvent};

/// The content of a frame to send, and of all its repetitions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Content {
    /// The header's account.
    pub(crate) account: String,
    /// Without a star.
    pub(crate) token: String,
    /// Between the first brackets.
    pub(crate) data: Vec<u8>,
    /// Brackets included.
    pub(crate) extended: Vec<u8>,
}

/// An account for events that have none.
const NOBODY: &str = "0000";

impl Content {
    /// Says an event; `own` is the output's account, if it has one.
    pub(crate) fn of(event: &StoredEvent, own: Option<&str>) -> Result<Self, &'static str> {
        let panel = account(event.account.as_deref().or(event.header_account.as_deref()));
        let header = own.map_or_else(
            || account(event.header_account.as_deref().or(event.account.as_deref())),
            str::to_owned,
        );
        let content = |token: &str, data: Vec<u8>, extended: Vec<u8>| Self {
            account: header.clone(),
            token: token.to_owned(),
            data,
            extended,
        };
        if event.protocol == "dc09" {
            let token = event.token.as_deref().ok_or("no_token")?;
            return Ok(content(
                token,
                with_account(&event.data, &panel),
                event.extended.clone(),
            ));
        }
        if let Some(inner) = bracketed(&event.data).filter(|_| event.code.starts_with("sia:")) {
            return Ok(content("SIA-DCS", with_account(inner, &panel), Vec::new()));
        }
        let extended = event.text.as_deref().map(info).unwrap_or_default();
        if let Some(code) = event.code.strip_prefix("sia:") {
            let data = sia(event, code, &panel);
            return Ok(content("SIA-DCS", data, Vec::new()));
        }
        let code = match event.code.strip_prefix("cid:") {
            Some(code) => code.to_owned(),
            None => by_class(event).ok_or("no_code")?,
        };
        let zone = event.zone.as_deref().or(event.user.as_deref());
        let data = format!(
            "#{panel}|{code} {} {}",
            digits(event.partition.as_deref(), 2),
            digits(zone, 3)
        );
        Ok(content("ADM-CID", data.into_bytes(), extended))
    }

    /// As it stands in the journal.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{} {} {}\n", self.token, self.account, self.data.len()).into_bytes();
        out.extend_from_slice(&self.data);
        out.extend_from_slice(&self.extended);
        out
    }

    /// From the journal.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let line = bytes.iter().position(|b| *b == b'\n')?;
        let head = std::str::from_utf8(bytes.get(..line)?).ok()?;
        let body = bytes.get(line + 1..)?;
        // A token has no blank, an account may.
        let (token, rest) = head.split_once(' ')?;
        let (account, length) = rest.rsplit_once(' ')?;
        let (data, extended) = body.split_at_checked(length.parse().ok()?)?;
        Some(Self {
            account: account.to_owned(),
            token: token.to_owned(),
            data: data.to_vec(),
            extended: extended.to_vec(),
        })
    }
}

/// An account as a sender may write it: at least three characters.
fn account(account: Option<&str>) -> String {
    match account.map(str::trim).filter(|a| !a.is_empty()) {
        None => NOBODY.to_owned(),
        Some(short) if short.len() < 3 => format!("{short:0>4}"),
        Some(account) => account.to_owned(),
    }
}

/// The data with the panel's account in front, which the header may not name any more.
fn with_account(data: &[u8], panel: &str) -> Vec<u8> {
    if data.starts_with(b"#") || data.is_empty() {
        return data.to_vec();
    }
    let mut out = format!("#{panel}").into_bytes();
    if !data.starts_with(b"|") {
        out.push(b'|');
    }
    out.extend_from_slice(data);
    out
}

/// What stands between brackets in a serial frame.
fn bracketed(data: &[u8]) -> Option<&[u8]> {
    let open = data.iter().position(|b| *b == b'[')?;
    let close = data.iter().rposition(|b| *b == b']')?;
    data.get(open + 1..close)
}

/// An extended field for text, without the characters that it can't carry.
fn info(text: &[u8]) -> Vec<u8> {
    let text = text.iter().map(|b| {
        if matches!(b, b'[' | b']' | b'|' | 0..=31) {
            b' '
        } else {
            *b
        }
    });
    let mut out = b"[I".to_vec();
    out.extend(text.take(200));
    out.push(b']');
    out
}

fn sia(event: &StoredEvent, code: &str, panel: &str) -> Vec<u8> {
    let mut out = format!("#{panel}|N");
    if let Some(partition) = event.partition.as_deref() {
        let _infallible = write!(out, "ri{partition}/");
    }
    out += code;
    if let Some(address) = event.zone.as_deref().or(event.user.as_deref()) {
        // Four digits are what a SIA address may have.
        out += address
            .get(address.len().saturating_sub(4)..)
            .unwrap_or(address);
    }
    let mut out = out.into_bytes();
    if let Some(text) = event.text.as_deref() {
        out.push(b'^');
        out.extend(text.iter().map(|b| {
            if matches!(b, b'[' | b']' | b'^' | 0..=31) {
                b' '
            } else {
                *b
            }
        }));
        out.push(b'^');
    }
    out
}

/// Digits of a number, filled with zeros on the left, the last ones when there are too many.
fn digits(number: Option<&str>, width: usize) -> String {
    let number = number.unwrap_or("");
    let number: String = number
        .chars()
        .map(|c| if c.is_ascii_hexdigit() { c } else { '0' })
        .collect();
    let cut = number
        .get(number.len().saturating_sub(width)..)
        .unwrap_or("")
        .to_owned();
    format!("{cut:0>width$}")
}

/// The Contact ID code for an event that has none of its own: the first of its class.
pub(crate) fn by_class(event: &StoredEvent) -> Option<String> {
    let code = match event.class {
        Class::HoldUp => "120",
        Class::Burglary => "130",
        Class::Fire => "110",
        Class::Gas => "151",
        Class::Emergency => "100",
        Class::Tamper => "137",
        Class::Trouble => "300",
        Class::Supervision => "350",
        Class::OpenClose => "400",
        Class::Bypass => "570",
        Class::Test => "602",
        // What nobody can read has no code that would tell it.
        Class::Access | Class::Status => return None,
    };
    let qualifier = match event.qualifier.as_str() {
        "restore" => '3',
        "status" => '6',
        _ => '1',
    };
    Some(format!("{qualifier}{code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_survives_the_journal() {
        let content = Content {
            account: "12 4".to_owned(),
            token: "ADM-CID".to_owned(),
            data: b"#1234|1130 01 015".to_vec(),
            extended: b"[X1]\n".to_vec(),
        };
        assert_eq!(Content::from_bytes(&content.to_bytes()), Some(content));
        assert_eq!(Content::from_bytes(b"rubbish"), None);
    }

    #[test]
    fn data_keep_their_account_block_or_get_the_panels() {
        assert_eq!(with_account(b"#77|1130 01 015", "1234"), b"#77|1130 01 015");
        assert_eq!(with_account(b"|1130 01 015", "1234"), b"#1234|1130 01 015");
        assert_eq!(with_account(b"1130 01 015", "1234"), b"#1234|1130 01 015");
    }

    #[test]
    fn numbers_are_cut_and_filled_to_their_width() {
        assert_eq!(digits(Some("5"), 3), "005");
        assert_eq!(digits(Some("01234"), 3), "234");
        assert_eq!(digits(None, 2), "00");
    }
}
