use core::{fmt, str};

use crate::{
    codec::{Quirks, dc03, dc03::Function},
    event::AlarmEvent,
    types::AccountId,
};

/// What a panel sends as SMS: `>#002113 NBA1023/ti10:35/A+INTRUDER.` (sia-dc03.md 7).
///
/// ```text
///  > #002113 NBA1023/ti10:35 /A +INTRUDER .
///    account event block        text
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Sms<'a> {
    /// The account.
    pub account: AccountId<'a>,
    /// The event block; the event comes first, and its modifiers behind it.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub event: &'a [u8],
    /// The text, without `/A` and the final dot.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::types::wire::some_bytes")
    )]
    pub text: Option<&'a [u8]>,
    /// All between account and final dot.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::types::wire::bytes"))]
    pub block: &'a [u8],
}

/// The most bytes that are looked at: two linked SMS.
const MOST: usize = 320;

impl<'a> Sms<'a> {
    /// Reads an SMS at the start of `input`, up to its line end, and says how many bytes it took.
    #[must_use]
    pub fn read(input: &'a [u8]) -> Option<(Self, usize)> {
        let head = input.get(..input.len().min(MOST))?;
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let length = head.iter().position(is_end).unwrap_or(head.len());
        let (line, ends) = head.split_at_checked(length)?;
        let body = line.strip_prefix(b">#")?;
        let blank = body.iter().position(|byte| *byte == b' ')?;
        let account = AccountId::new(str::from_utf8(body.get(..blank)?).ok()?).ok()?;
        let block = body.get(blank + 1..)?;
        let block = block.strip_suffix(b".").unwrap_or(block);
        let is_report = |byte: &u8| Function::new(*byte).is_events();
        if !block.first().is_some_and(is_report) || !block.iter().all(|b| matches!(b, 0x20..0x7F)) {
            return None;
        }
        // A state character tells the text from an event whose code begins with A.
        let mark = block
            .windows(3)
            .position(|three| matches!(three, [b'/', b'A', b'+' | b'-' | b' ']));
        let event = block.get(..mark.unwrap_or(block.len()))?;
        let text = mark.and_then(|mark| block.get(mark + 2..));
        let sms = Self {
            account,
            event,
            text,
            block,
        };
        Some((
            sms,
            length + ends.iter().take_while(|byte| is_end(byte)).count(),
        ))
    }

    /// Hands out the events, each with account and text.
    pub(super) fn events(&self, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) -> Quirks {
        dc03::events(self.event, &mut |event, data| {
            let event = AlarmEvent {
                account: Some(self.account),
                text: event.text.or(self.text),
                ..*event
            };
            each(&event, data);
        })
    }
}

impl fmt::Display for Sms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ">#{} {}.", self.account, crate::types::Wire(self.block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sms_is_read() {
        let wire = b">#002113 NBA1023/ti10:35/A+INTRUDER.\r\n";
        let (sms, taken) = Sms::read(wire).unwrap();
        assert_eq!(taken, wire.len());
        assert_eq!(sms.account.as_str(), "002113");
        assert_eq!(
            (sms.event, sms.text),
            (&b"NBA1023/ti10:35"[..], Some(&b"+INTRUDER"[..]))
        );
        assert_eq!(sms.to_string(), ">#002113 NBA1023/ti10:35/A+INTRUDER.");
        let mut seen = vec![];
        sms.events(&mut |event, _| {
            seen.push((
                event.code.to_string(),
                event.zone.map(|zone| zone.to_string()),
            ));
        });
        assert_eq!(seen, [("sia:BA".to_string(), Some("1023".to_string()))]);
    }

    #[test]
    fn what_is_no_sms_is_left() {
        for wire in [
            &b">#002113"[..],
            b">#002113 XBA",
            b"># NBA1",
            b"#1234|NBA1",
            b">#00211300211300211300 NBA1",
            b">#1234 NBA1\x01",
            b"",
        ] {
            assert_eq!(Sms::read(wire), None, "{}", wire.escape_ascii());
        }
        let plain = Sms::read(b">#1234 NBA1/AR2.").unwrap().0;
        assert_eq!((plain.event, plain.text), (&b"NBA1/AR2"[..], None));
    }
}
