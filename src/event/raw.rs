use core::str;

use arrayvec::ArrayVec;

use super::{AlarmEvent, EventCode, Qualifier};

/// The longest text of a raw code; longer bodies are cut there (the frame is stored whole beside it).
const MOST: usize = 256;

/// Hands out one event with a raw code for a body that can't be read: class status, lane 1, never dropped.
///
/// Bytes that are not printable ASCII stand in the code's text as `\xHH`; a text of more than 256 characters is cut.
pub fn raw<R>(protocol: &'static str, body: &[u8], each: impl FnOnce(&AlarmEvent<'_>) -> R) -> R {
    let mut text = ArrayVec::<u8, MOST>::new();
    for byte in body {
        let done = match byte {
            0x20..0x7F => text.try_push(*byte).is_ok(),
            _ => {
                let digit = |v: u8| if v < 10 { b'0' + v } else { b'A' + v - 10 };
                text.try_extend_from_slice(&[b'\\', b'x', digit(byte >> 4), digit(byte & 15)])
                    .is_ok()
            }
        };
        if !done {
            break;
        }
    }
    let text = str::from_utf8(&text).unwrap_or_default();
    each(&AlarmEvent::new(
        EventCode::Raw { protocol, text },
        Qualifier::New,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, Lane};

    #[test]
    fn an_unreadable_body_is_one_event_in_lane_1() {
        raw("dc03", b"N!\xFF\r", |event| {
            assert_eq!(
                event.code,
                EventCode::Raw {
                    protocol: "dc03",
                    text: "N!\\xFF\\x0D"
                }
            );
            assert_eq!((event.class, event.lane), (Class::Status, Lane::Intrusion));
        });
    }

    #[test]
    fn a_long_body_is_cut_and_never_panics() {
        raw("dc03", &[0x80; 5000], |event| {
            assert_eq!(event.code.to_string().len(), "raw:dc03:".len() + MOST)
        });
    }
}
