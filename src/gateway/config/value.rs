//! The texts inside values: addresses, line settings, keys, durations.

use std::{fmt, net::SocketAddr, time::Duration};

use super::error::Flaw;
use crate::types::decode_hex;

/// A key's bytes; never shown, wiped when dropped.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The key: 16, 24 or 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads `hex:DIGITS` or `ascii:TEXT`.
    pub(crate) fn parse(text: &str) -> Result<Self, Flaw> {
        const SHAPE: &str =
            "a key is `hex:` and 32, 48 or 64 digits, or `ascii:` and 16, 24 or 32 characters";
        let (bytes, start) = match text.split_once(':') {
            Some(("hex", digits)) => {
                let bytes = decode_hex(digits.as_bytes()).map_err(|wrong| {
                    let at = (4 + wrong.offset).min(text.len().saturating_sub(1));
                    Flaw::new("the key has a character that is no hexadecimal digit, or an odd number of digits")
                        .at(at..at + 1)
                        .help(SHAPE)
                })?;
                (bytes, 4)
            }
            Some(("ascii", characters)) => (characters.as_bytes().to_vec(), 6),
            _ => return Err(Flaw::new("a key says how it is written").help(SHAPE)),
        };
        if matches!(bytes.len(), 16 | 24 | 32) {
            Ok(Self(bytes))
        } else {
            let flaw = Flaw::new(format!(
                "a key has 16, 24 or 32 bytes, this one has {}",
                bytes.len()
            ));
            Err(flaw.at(start..text.len()).help(SHAPE))
        }
    }

    /// A key from its bytes.
    ///
    /// # Errors
    /// When there are not 16, 24 or 32 of them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidKeyLength> {
        if matches!(bytes.len(), 16 | 24 | 32) {
            Ok(Self(bytes.to_vec()))
        } else {
            Err(InvalidKeyLength(bytes.len()))
        }
    }
}

/// A key that is not 16, 24 or 32 bytes long.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a key has 16, 24 or 32 bytes, not {0}")]
pub struct InvalidKeyLength(usize);

impl Drop for Secret {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A host by name or address, and a port: what we dial.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct HostPort {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl From<SocketAddr> for HostPort {
    fn from(address: SocketAddr) -> Self {
        Self {
            host: address.ip().to_string(),
            port: address.port(),
        }
    }
}

impl HostPort {
    /// Reads `host:port`, `1.2.3.4:port`, `[::1]:port`.
    pub(crate) fn parse(text: &str) -> Result<Self, Flaw> {
        const SHAPE: &str = "an address is HOST:PORT, as 10.0.0.5:12128, centre.example:12128 or [2001:db8::5]:12128";
        let Some((host, port)) = text.rsplit_once(':') else {
            return Err(Flaw::new("the port is missing").help(SHAPE));
        };
        let port_at = host.len() + 1..text.len();
        let port = match port.parse::<u16>() {
            Ok(0) | Err(_) => {
                return Err(Flaw::new("a port is a number from 1 to 65535")
                    .at(port_at)
                    .help(SHAPE));
            }
            Ok(port) => port,
        };
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let name = match bare {
            Some(inner) if inner.parse::<std::net::Ipv6Addr>().is_ok() => inner,
            None if is_host(host) => host,
            _ => {
                return Err(Flaw::new("this is no host name and no address")
                    .at(0..host.len().max(1))
                    .help(SHAPE));
            }
        };
        Ok(Self {
            host: name.to_owned(),
            port,
        })
    }
}

fn is_host(host: &str) -> bool {
    let label = |l: &str| {
        !l.is_empty()
            && l.bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    // Four numbers are an address, and then a right one.
    let numbers = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    !host.is_empty()
        && host.split('.').all(label)
        && (!numbers || host.parse::<std::net::Ipv4Addr>().is_ok())
}

/// Reads an address to listen at; `localhost` is 127.0.0.1, port 0 takes any free one.
pub(crate) fn listen_address(text: &str) -> Result<SocketAddr, Flaw> {
    const SHAPE: &str =
        "an address to listen at is IP:PORT, as 0.0.0.0:12128, 127.0.0.1:12128 or [::]:12128";
    let local = text
        .strip_prefix("localhost:")
        .map(|port| format!("127.0.0.1:{port}"));
    if let Ok(address) = local.as_deref().unwrap_or(text).parse() {
        return Ok(address);
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return Err(Flaw::new("the port is missing").help(SHAPE));
    };
    if port.parse::<u16>().is_err() {
        return Err(Flaw::new("a port is a number from 0 to 65535")
            .at(host.len() + 1..text.len())
            .help(SHAPE));
    }
    Err(Flaw::new("this is no IP address of this machine")
        .at(0..host.len().max(1))
        .help(SHAPE))
}

/// How bytes stand on a serial line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LineSettings {
    /// Bits a second.
    pub baud: u32,
    /// 7 or 8.
    pub data_bits: u8,
    /// None, even or odd.
    pub parity: Parity,
    /// 1 or 2.
    pub stop_bits: u8,
}

/// The parity bit of a serial line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Parity {
    /// No parity bit.
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

impl LineSettings {
    /// 9600 8N1: what most receivers are delivered with.
    pub const DEFAULT: Self = Self {
        baud: 9600,
        data_bits: 8,
        parity: Parity::None,
        stop_bits: 1,
    };

    /// Reads `9600 8N1` or `9600:8N1`.
    pub(crate) fn parse(text: &str) -> Result<Self, Flaw> {
        const SHAPE: &str = "a line is BAUD and format, as `9600 8N1`, `1200 7E1` or `9600:8N2`";
        const BAUDS: [u32; 11] = [
            300, 600, 1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400,
        ];
        let (baud, format) = match text.split_once([' ', ':']) {
            Some((baud, format)) => (baud, Some(format.trim())),
            None => (text, None),
        };
        let rate = baud
            .parse::<u32>()
            .ok()
            .filter(|rate| BAUDS.contains(rate))
            .ok_or_else(|| {
                let list: Vec<String> = BAUDS.iter().map(u32::to_string).collect();
                Flaw::new("this is no baud rate of a serial line")
                    .at(0..baud.len())
                    .help(format!("one of {}", list.join(", ")))
            })?;
        let Some(format) = format else {
            return Ok(Self {
                baud: rate,
                ..Self::DEFAULT
            });
        };
        let wrong = || {
            Flaw::new("the format is data bits, parity and stop bits")
                .at(text.len() - format.len()..text.len())
                .help(SHAPE)
        };
        let [bits, parity, stop] = format.as_bytes() else {
            return Err(wrong());
        };
        Ok(Self {
            baud: rate,
            data_bits: match bits {
                b'7' => 7,
                b'8' => 8,
                _ => return Err(wrong()),
            },
            parity: match parity.to_ascii_uppercase() {
                b'N' => Parity::None,
                b'E' => Parity::Even,
                b'O' => Parity::Odd,
                _ => return Err(wrong()),
            },
            stop_bits: match stop {
                b'1' => 1,
                b'2' => 2,
                _ => return Err(wrong()),
            },
        })
    }
}

impl fmt::Display for LineSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parity = match self.parity {
            Parity::None => 'N',
            Parity::Even => 'E',
            Parity::Odd => 'O',
        };
        write!(
            f,
            "{} {}{parity}{}",
            self.baud, self.data_bits, self.stop_bits
        )
    }
}

/// Reads `90s`, `5 min`, `2h`, `30d`, `500ms`.
pub(crate) fn duration(text: &str) -> Result<Duration, Flaw> {
    const SHAPE: &str = "a duration is a number and `ms`, `s`, `min`, `h` or `d`, as `90s`";
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let number: u64 = number
        .parse()
        .map_err(|_| Flaw::new("a duration begins with a number").help(SHAPE))?;
    let milliseconds = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "" => return Err(Flaw::new("a duration has a unit").help(SHAPE)),
        _ => {
            return Err(Flaw::new("this is no unit of time")
                .at(digits..text.len())
                .help(SHAPE));
        }
    };
    number
        .checked_mul(milliseconds)
        .map(Duration::from_millis)
        .ok_or_else(|| Flaw::new("this duration is too long").help(SHAPE))
}

/// Reads the account of a panel, as a receiver takes it: 1 to 16 printable characters without blanks.
pub(crate) fn account(text: &str) -> Result<String, Flaw> {
    const SHAPE: &str = "an account is 1 to 16 letters and digits, written as the panel sends it";
    if text.is_empty() || text.len() > 16 {
        return Err(Flaw::new(format!(
            "an account has 1 to 16 characters, this one has {}",
            text.len()
        ))
        .help(SHAPE));
    }
    match text.bytes().position(|b| !b.is_ascii_alphanumeric()) {
        Some(at) => {
            let length = text
                .get(at..)
                .and_then(|t| t.chars().next())
                .map_or(1, char::len_utf8);
            Err(Flaw::new("an account holds letters and digits only")
                .at(at..at + length)
                .help(SHAPE))
        }
        None => Ok(text.to_owned()),
    }
}

/// Reads an account that we send: 3 to 16 hexadecimal digits.
pub(crate) fn sender_account(text: &str) -> Result<String, Flaw> {
    if (3..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(text.to_owned())
    } else {
        Err(Flaw::new(
            "an account that the gateway sends as its own is 3 to 16 hexadecimal digits",
        ))
    }
}

/// Reads a receiver number that we send: 1 to 6 hexadecimal digits.
pub(crate) fn sender_receiver(text: &str) -> Result<String, Flaw> {
    if (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(text.to_owned())
    } else {
        Err(Flaw::new(
            "a receiver number that the gateway sends is 1 to 6 hexadecimal digits",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_they_are_written() {
        assert_eq!(
            LineSettings::parse("1200:7e1").unwrap().to_string(),
            "1200 7E1"
        );
        assert_eq!(LineSettings::parse("9600").unwrap(), LineSettings::DEFAULT);
        assert_eq!(duration("5 min").unwrap(), Duration::from_secs(300));
        assert_eq!(HostPort::parse("[::1]:99").unwrap().to_string(), "[::1]:99");
        assert_eq!(
            HostPort::parse("centre.example:99").unwrap().host,
            "centre.example"
        );
        assert_eq!(
            listen_address("localhost:0").unwrap().to_string(),
            "127.0.0.1:0"
        );
        assert_eq!(
            Secret::parse("ascii:0123456789ABCDEF").unwrap().bytes(),
            b"0123456789ABCDEF"
        );
        assert_eq!(
            format!("{:?}", Secret::parse("ascii:0123456789ABCDEF").unwrap()),
            "Secret"
        );
    }

    #[test]
    fn a_flaw_knows_its_place_inside_the_text() {
        assert_eq!(
            HostPort::parse("10.0.0.5:99999").unwrap_err().span,
            Some(9..14)
        );
        assert_eq!(
            HostPort::parse("10.0.0.256:1").unwrap_err().span,
            Some(0..10)
        );
        assert_eq!(
            LineSettings::parse("9601 8N1").unwrap_err().span,
            Some(0..4)
        );
        assert_eq!(
            LineSettings::parse("9600 9N1").unwrap_err().span,
            Some(5..8)
        );
        assert_eq!(Secret::parse("hex:00zz").unwrap_err().span, Some(6..7));
        assert_eq!(Secret::parse("hex:00").unwrap_err().span, Some(4..6));
        assert_eq!(duration("90x").unwrap_err().span, Some(2..3));
    }
}
