//! Moments as RFC 3339 writes them.

use core::str::FromStr;

use super::{InvalidTimestamp, Timestamp};

/// As RFC 3339: `2026-03-01T12:00:00Z`, with decimals or an offset from UTC; of the years 1970 to 2261; decimals
/// beyond the ninth are cut off.
///
/// ```
/// use alarmwire::types::Timestamp;
///
/// let at: Timestamp = "2026-03-01T13:00:00.250+01:00".parse()?;
/// assert_eq!(at.to_string(), "2026-03-01T12:00:00.250Z");
/// assert!("yesterday".parse::<Timestamp>().is_err());
/// # Ok::<(), alarmwire::types::InvalidTimestamp>(())
/// ```
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        read(text.as_bytes()).ok_or(InvalidTimestamp)
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0_i64, |sum, b| {
        b.is_ascii_digit().then(|| sum * 10 + i64::from(b - b'0'))
    })
}

fn read(text: &[u8]) -> Option<Timestamp> {
    let (date_time, rest) = text.split_at_checked(19)?;
    let part = |from: usize, to: usize| number(date_time.get(from..to)?);
    let mark = |at: usize, marks: &[u8]| date_time.get(at).is_some_and(|b| marks.contains(b));
    if ![4, 7].iter().all(|at| mark(*at, b"-"))
        || ![13, 16].iter().all(|at| mark(*at, b":"))
        || !mark(10, b"Tt ")
    {
        return None;
    }
    let small = |from: usize| u8::try_from(part(from, from + 2)?).ok();
    let whole = Timestamp::from_civil(
        i32::try_from(part(0, 4)?).ok()?,
        small(5)?,
        small(8)?,
        small(11)?,
        small(14)?,
        small(17)?,
    )
    .ok()?;
    let (nanos, zone) = match rest {
        [b'.', decimals @ ..] => {
            let digits = decimals.iter().take_while(|b| b.is_ascii_digit()).count();
            let (digits, zone) = decimals.split_at_checked(digits)?;
            let kept = digits.get(..digits.len().min(9))?;
            let missing = u32::try_from(9 - kept.len()).ok()?;
            if kept.is_empty() {
                return None;
            }
            (number(kept)? * 10_i64.pow(missing), zone)
        }
        zone => (0, zone),
    };
    let ahead = match zone {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours * 3600 + minutes * 60;
            if *sign == b'+' { seconds } else { -seconds }
        }
        _ => return None,
    };
    let nanos = whole
        .as_nanos()
        .checked_add(nanos)?
        .checked_sub(ahead * 1_000_000_000)?;
    Some(Timestamp::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_moment_is_refused() {
        for wrong in [
            "",
            "2026-03-01",
            "2026-03-01T12:00:00",
            "2026-02-30T12:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T12:00:00.Z",
            "2026-03-01T12:00:00+1:00",
            "2026-03-01T12:00:00+24:00",
            "2026/03/01T12:00:00Z",
            "9999-03-01T12:00:00Z",
            "2026-03-01T12:00:00Zz",
            "2026-03-01T12:00:0\u{e9}",
        ] {
            assert!(wrong.parse::<Timestamp>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn offsets_may_lead_into_another_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().to_string();
        assert_eq!(at("2024-03-01t00:30:00+02:00"), "2024-02-29T22:30:00Z");
        assert_eq!(
            at("2024-02-29 23:30:00.1234567899-01:30"),
            "2024-03-01T01:00:00.123456789Z"
        );
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(nanos in 0_i64..9_000_000_000_000_000_000) {
            let at = Timestamp::from_nanos(nanos);
            prop_assert_eq!(at.to_string().parse(), Ok(at));
        }
    }
}
