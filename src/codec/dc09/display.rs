//! The wire form for people.

use core::fmt;

use bytes::BytesMut;

use super::{encode::Message, style::Style, types::Frame};
use crate::types::Wire;

/// The frame as received, its control bytes escaped.
///
/// ```
/// use alarmwire::codec::dc09::Frame;
///
/// let (frame, _) = Frame::parse_whole(b"\n59890012\"ACK\"0000L0#1409[]\r")?;
/// assert_eq!(frame.to_string(), r#"\x0A59890012"ACK"0000L0#1409[]\x0D"#);
/// # Ok::<(), alarmwire::ParseError>(())
/// ```
impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Wire(self.raw).fmt(f)
    }
}

/// The frame that the message makes in the standard form, its control bytes escaped; for a message that makes none, why.
impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = Style {
            lenient: true,
            ..Style::default()
        };
        let mut wire = BytesMut::new();
        match self.encode(&style, &mut wire) {
            Ok(()) => Wire(&wire).fmt(f),
            Err(error) => write!(f, "no frame: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::codec::dc09::Token;

    #[test]
    fn bytes_that_are_no_text_are_escaped() {
        let message = Message {
            token: Token::Null,
            sequence: crate::Sequence::ZERO,
            receiver: None,
            line: None,
            account: None,
            data: b"\x07\xFFG\xC3\xB6",
            extended: &[],
            timestamp: None,
        };
        let text = message.to_string();
        assert!(text.starts_with("\\x0A") && text.ends_with("\"NULL\"0000[\\x07\\xFFGö]\\x0D"));
        let mut wire = BytesMut::new();
        let style = Style {
            lenient: true,
            ..Style::default()
        };
        message.encode(&style, &mut wire).unwrap();
        assert_eq!(Frame::parse_whole(&wire).unwrap().0.to_string(), text);
        let broken = Message {
            data: b"]",
            ..message
        };
        assert_eq!(
            broken.to_string(),
            "no frame: data can't carry a bracket or line end"
        );
    }
}
