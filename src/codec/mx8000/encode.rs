use core::fmt;

use bytes::{BufMut as _, BytesMut};

use super::{ACCOUNT, Body, CR, Dialect, Frame, Id, LISTEN_IN, MORE, QUOTE, check_byte};
use crate::{
    error::EncodeError,
    types::{Sequence, Wire},
};

const fn wrong(field: &'static str, what: &'static str) -> EncodeError {
    EncodeError::Field { field, what }
}

fn digits(
    field: &'static str,
    text: &str,
    count: usize,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    if text.len() != count || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong(field, "another count of digits"));
    }
    out.put_slice(text.as_bytes());
    Ok(())
}

/// Text without the bytes that divide a frame.
fn text(field: &'static str, text: &str, out: &mut BytesMut) -> Result<(), EncodeError> {
    if text.bytes().any(|b| !matches!(b, 0x20..0x7F) || b == QUOTE) {
        return Err(wrong(field, "22h and bytes that are no text"));
    }
    out.put_slice(text.as_bytes());
    Ok(())
}

fn exact(
    field: &'static str,
    value: &str,
    width: usize,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    if value.len() == width {
        text(field, value, out)
    } else {
        Err(wrong(field, "another width"))
    }
}

impl Frame<'_> {
    /// Appends the frame with its check byte and CR. On an error `out` is as before.
    ///
    /// # Errors
    /// When a field does not fit its place, or the packet would be longer than its dialect allows.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.encode_within(self.dialect.longest(), out)
    }

    /// The same with another cap: joined pieces are longer than a packet.
    pub(super) fn encode_within(&self, most: usize, out: &mut BytesMut) -> Result<(), EncodeError> {
        let before = out.len();
        let done = self.write(out).and_then(|()| {
            out.put_u8(check_byte(out.get(before..).unwrap_or_default()));
            out.put_u8(CR);
            if out.len() - before > most {
                return Err(EncodeError::TooLong {
                    field: "frame",
                    most,
                });
            }
            // What would be read as something else is not written: an event that ends like a listen-in request.
            let wire = out.get(before..).unwrap_or_default();
            match Frame::within(wire, self.dialect, most + 2) {
                Ok(Some((read, _)))
                    if read.body == self.body && read.continued == self.continued =>
                {
                    Ok(())
                }
                _ => Err(wrong("frame", "text that reads as something else")),
            }
        });
        if done.is_err() {
            out.truncate(before);
        }
        done
    }

    fn write(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let id = self.id.byte(self.dialect);
        out.put_u8(id.ok_or(wrong("sk9000", "a heartbeat"))?);
        digits("date", self.date, 6, out)?;
        out.put_u8(QUOTE);
        digits("time", self.time, self.dialect.time_digits(), out)?;
        out.put_u8(QUOTE);
        if self.dialect == Dialect::Ademco8000 {
            let receiver = self.receiver.ok_or(EncodeError::Missing("receiver"))?;
            digits("receiver", receiver.as_str(), 2, out)?;
            out.put_u8(QUOTE);
            let reference = self.reference.ok_or(EncodeError::Missing("reference"))?;
            out.put_slice(&reference.digits());
            out.put_u8(QUOTE);
        }
        match self.body {
            Body::Nothing if self.id == Id::Heartbeat || self.reference == Some(Sequence::ZERO) => {
            }
            Body::Nothing => return Err(EncodeError::Missing("event")),
            Body::System(system) => {
                out.put_u8(system.code.byte());
                text("detail", system.detail, out)?;
            }
            Body::Call(call) => {
                exact("format", call.format, self.dialect.format(), out)?;
                exact("line card", call.line_card, self.dialect.line_card(), out)?;
                out.put_u8(ACCOUNT);
                text("account", call.account.as_str(), out)?;
                if !call.events.is_empty() {
                    for event in call.events.split('"') {
                        out.put_u8(QUOTE);
                        if event.is_empty() {
                            return Err(EncodeError::Missing("event"));
                        }
                        if event.len() > self.dialect.event() {
                            let most = self.dialect.event();
                            return Err(EncodeError::TooLong {
                                field: "event",
                                most,
                            });
                        }
                        text("event", event, out)?;
                    }
                }
                if let Some(listen_in) = call.listen_in {
                    out.put_u8(LISTEN_IN);
                    digits("listen-in", listen_in, self.dialect.listen_in(), out)?;
                }
            }
            Body::Other(piece) => out.put_slice(piece),
        }
        if self.continued {
            out.put_u8(MORE);
        }
        Ok(())
    }
}

impl fmt::Display for Frame<'_> {
    /// The wire form; control bytes stand as `\xHH`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.raw.is_empty() {
            return Wire(self.raw).fmt(f);
        }
        let mut wire = BytesMut::new();
        match self.encode(&mut wire) {
            Ok(()) => Wire(&wire).fmt(f),
            Err(error) => write!(f, "no frame: {error}"),
        }
    }
}
