use bytes::{BufMut as _, BytesMut};

use super::{Body, Frame};
use crate::{
    codec::lines::{CR, LF},
    error::EncodeError,
    types::AccountId,
};

const fn field(field: &'static str, what: &'static str) -> EncodeError {
    EncodeError::Field { field, what }
}

impl Frame<'_> {
    /// Appends the frame with its LF and end byte, and no blank in front of that. On an error `out` is as before.
    ///
    /// # Errors
    /// When a field holds what its columns can't carry.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let before = out.len();
        out.put_u8(LF);
        let done = write(self.number.as_str(), &self.body, out);
        match done {
            // The CAPS variant's A is its end byte.
            Ok(()) if matches!(self.body, Body::Caps(_)) => {}
            Ok(()) => out.put_u8(CR),
            Err(_) => out.truncate(before),
        }
        done
    }
}

/// Appends what stands between start and end byte; what was appended before an error stays.
pub(in crate::codec) fn write(
    number: &str,
    body: &Body<'_>,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    if number.len() != 2 {
        return Err(field("receiver and group", "another width"));
    }
    digits("receiver and group", number.as_bytes(), out)?;
    out.put_u8(b' ');
    match body {
        Body::Heartbeat => out.put_slice(b"OKAY @"),
        Body::Digits(body) => {
            account(body.account, out)?;
            digits("event", &[body.event], out)?;
            if let Some(zone) = body.zone {
                out.put_u8(b' ');
                digits("zone", &[zone], out)?;
            }
        }
        Body::Caps(body) => {
            account(body.account, out)?;
            let value = body.value;
            let [x, y, z] = [value / 100, value / 10 % 10, value % 10].map(|digit| b'0' + digit);
            out.put_slice(&[x, b' ', y, b' ', z, b'A']);
        }
        Body::HighSpeed(body) => {
            account(body.account, out)?;
            digits("channels", &body.low, out)?;
            out.put_u8(b' ');
            digits("channels", &body.high, out)?;
            out.put_u8(b' ');
            digits("status", &[body.status], out)?;
        }
        Body::ContactId(body) => {
            account(body.account, out)?;
            if !matches!(&body.mark, b"18" | b"98") {
                return Err(field("format mark", "anything but 18 and 98"));
            }
            out.put_slice(&body.mark);
            out.put_u8(b' ');
            match body.qualifier {
                b'1' => out.put_u8(b'E'),
                b'3' => out.put_u8(b'R'),
                b'6' => out.put_u8(b'P'),
                other if other.is_ascii_digit() => out.put_u8(other),
                _ => return Err(field("qualifier", "anything but a digit")),
            }
            digits("code", &body.code, out)?;
            out.put_u8(b' ');
            digits("group", &body.group, out)?;
            out.put_slice(if body.user { b" U" } else { b" C" });
            digits("zone or user", &body.zone, out)?;
        }
        Body::Text(text) => {
            let printable = |b: &u8| b.is_ascii_graphic() || *b == b' ';
            let good = text.first().is_some_and(u8::is_ascii_alphabetic)
                && text.iter().all(printable)
                && text.len() <= super::LONGEST - 5
                && matches!(super::parse::read(&[b"00 ", *text].concat(), 0), Ok((_, Body::Text(same), _)) if same == *text);
            if !good {
                return Err(field("text", "what would read as something else"));
            }
            out.put_slice(text);
        }
    }
    Ok(())
}

/// Four digits and a blank.
fn account(account: AccountId<'_>, out: &mut BytesMut) -> Result<(), EncodeError> {
    if account.as_str().len() != 4 {
        return Err(field("account", "another width"));
    }
    digits("account", account.as_str().as_bytes(), out)?;
    out.put_u8(b' ');
    Ok(())
}

fn digits(name: &'static str, digits: &[u8], out: &mut BytesMut) -> Result<(), EncodeError> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(field(name, "anything but hexadecimal digits"));
    }
    out.put_slice(digits);
    Ok(())
}
