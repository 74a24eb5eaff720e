use crate::types::Timestamp;

/// Reads `HH:MM:SS,MM-DD-YYYY` (without the underscore); `None` when it has another form or there is no such moment.
///
/// Year 2000 and the like are possible moments: whether a clock is right is the session's question.
#[must_use]
pub fn read_time(text: &[u8]) -> Option<Timestamp> {
    let text: &[u8; 19] = text.try_into().ok()?;
    if !is_time(text) {
        return None;
    }
    let two = |i: usize| Some((text.get(i)? - b'0') * 10 + (text.get(i + 1)? - b'0'));
    let year = i32::from(two(15)?) * 100 + i32::from(two(17)?);
    Timestamp::from_civil(year, two(9)?, two(12)?, two(0)?, two(3)?, two(6)?).ok()
}

/// Whether the text has the form of a timestamp, of a possible moment or not.
pub(super) fn is_time(text: &[u8; 19]) -> bool {
    text.iter()
        .zip(b"00:00:00,00-00-0000")
        .all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            separator => byte == separator,
        })
}

/// Writes `HH:MM:SS,MM-DD-YYYY`, in UTC.
#[must_use]
pub fn write_time(at: Timestamp) -> [u8; 19] {
    let (year, month, day, hour, minute, second) = at.civil();
    let year = u16::try_from(year.clamp(0, 9999)).unwrap_or(0);
    let two = |v: u8| [b'0' + v / 10 % 10, b'0' + v % 10];
    let pair = |v: u16| two(u8::try_from(v % 100).unwrap_or(0));
    let mut out = *b"00:00:00,00-00-0000";
    let parts = [
        two(hour),
        two(minute),
        two(second),
        two(month),
        two(day),
        pair(year / 100),
        pair(year),
    ];
    for (part, at) in parts.iter().zip([0, 3, 6, 9, 12, 15, 17]) {
        if let Some(place) = out.get_mut(at..at + 2) {
            place.copy_from_slice(part);
        }
    }
    out
}

/// Whether a time of sending lies within the window around the receiver's clock: at most 40 s behind, at most 20 s ahead,
/// both inclusive (dossier 6).
///
/// ```
/// use core::time::Duration;
/// use alarmwire::{codec::dc09::in_window, types::Timestamp};
///
/// let sent = Timestamp::from_civil(2024, 2, 29, 12, 0, 0)?;
/// assert!(in_window(sent, sent.after(Duration::from_secs(40))));
/// assert!(!in_window(sent, sent.after(Duration::from_secs(41))));
/// assert!(in_window(sent.after(Duration::from_secs(20)), sent));
/// assert!(!in_window(sent.after(Duration::from_secs(21)), sent));
/// # Ok::<(), alarmwire::types::InvalidTimestamp>(())
/// ```
#[must_use]
pub const fn in_window(sent: Timestamp, now: Timestamp) -> bool {
    const SECOND: i64 = 1_000_000_000;
    let ahead = sent.nanos_since(now);
    // Frames carry whole seconds, so a clock that is on the same second is right.
    ahead <= 20 * SECOND && ahead > -41 * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        let at = Timestamp::from_civil(2024, 2, 29, 23, 5, 9).unwrap();
        assert_eq!(&write_time(at), b"23:05:09,02-29-2024");
        assert_eq!(read_time(b"23:05:09,02-29-2024"), Some(at));
        assert_eq!(read_time(b"23:05:09,00-31-2019"), None);
        assert_eq!(read_time(b"23-05:09,01-31-2019"), None);
        assert_eq!(read_time(b"23:05:09,01-31-19"), None);
    }
}
