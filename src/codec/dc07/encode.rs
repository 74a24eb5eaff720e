use bytes::{BufMut, BytesMut};

use super::{
    Body, CR, Frame, LF, LONGEST,
    frame::{HEAD, is_number},
};
use crate::{codec::arc::arc, error::EncodeError};

impl Frame<'_> {
    /// Appends the frame from LF to CR. On an error `out` is as before.
    ///
    /// # Errors
    /// When a number has another width, the body holds what would end it early, or all is longer than LEN can say.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let before = out.len();
        out.put_slice(b"\n000000");
        let done = self.write(out).and_then(|()| {
            let text = out.get(before + HEAD..).unwrap_or_default();
            let (crc, length) = (arc(text), text.len());
            let length = u8::try_from(length).map_err(|_| EncodeError::TooLong {
                field: "frame",
                most: LONGEST,
            })?;
            let value = u32::from(crc) << 8 | u32::from(length);
            let digits = out.get_mut(before + 1..before + HEAD).unwrap_or_default();
            for (place, digit) in digits.iter_mut().rev().enumerate() {
                let nibble = (value >> (4 * place) & 0xF) as u8;
                *digit = if nibble < 10 {
                    b'0' + nibble
                } else {
                    b'A' + nibble - 10
                };
            }
            Ok(())
        });
        match done {
            Ok(()) => out.put_u8(CR),
            Err(_) => out.truncate(before),
        }
        done
    }

    fn write(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let fixed = |field, what| EncodeError::Field { field, what };
        out.put_u8(self.kind.byte());
        out.put_slice(&self.sequence.digits());
        for (field, text) in [
            ("receiver", self.receiver.as_str()),
            ("line", self.line.as_str()),
        ] {
            if text.len() != 2 || !is_number(text.as_bytes()) {
                return Err(fixed(field, "anything but two characters"));
            }
            out.put_slice(text.as_bytes());
        }
        let text = match &self.body {
            Body::Open(text) => {
                if text.first() == Some(&b'[') && text.last() == Some(&b']') {
                    return Err(fixed("body", "text in brackets without them"));
                }
                return plain(text, out);
            }
            Body::Empty => &[][..],
            Body::Event { block, .. } => block,
            Body::Undefined(text) => text,
            Body::Command(_) => &[],
        };
        out.put_u8(b'[');
        match &self.body {
            Body::Command(command) => command.encode_sia(out)?,
            Body::Event { account, .. } => {
                let account = account.as_str();
                if !account.bytes().all(|b| b.is_ascii_alphanumeric()) {
                    return Err(fixed("account", "anything but letters and digits"));
                }
                out.put_u8(b'#');
                // D6500: accounts of less than four digits have blanks in front.
                out.put_bytes(b' ', 4_usize.saturating_sub(account.len()));
                out.put_slice(account.as_bytes());
                out.put_u8(b'|');
            }
            _ => {}
        }
        plain(text, out)?;
        out.put_u8(b']');
        Ok(())
    }
}

fn plain(text: &[u8], out: &mut BytesMut) -> Result<(), EncodeError> {
    if text.iter().any(|b| matches!(*b, CR | LF)) {
        return Err(EncodeError::Field {
            field: "body",
            what: "CR and LF",
        });
    }
    out.put_slice(text);
    Ok(())
}
