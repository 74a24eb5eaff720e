use core::{fmt, time::Duration};

use arrayvec::ArrayString;

/// A point in time, in nanoseconds since 1970-01-01 00:00:00 UTC.
///
/// Shown as RFC 3339 with as many decimals as it has.
///
/// ```
/// use alarmwire::types::Timestamp;
///
/// let sent = Timestamp::from_civil(2024, 2, 29, 23, 59, 58)?;
/// assert_eq!(sent.to_string(), "2024-02-29T23:59:58Z");
/// assert_eq!(sent.civil(), (2024, 2, 29, 23, 59, 58));
/// assert!(Timestamp::from_civil(2023, 2, 29, 0, 0, 0).is_err());
/// # Ok::<(), alarmwire::types::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(i64);

/// A date or a time of day that does not exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no such date or time of day")]
pub struct InvalidTimestamp;

/// Both clocks at one moment: what every session is told (design: time comes in as an argument).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Now {
    /// Time since some start, never stepping: for deadlines.
    pub monotonic: Duration,
    /// The wall clock: for time windows and for the time that an answer carries.
    pub utc: Timestamp,
}

impl Now {
    /// The moment that is `by` later on both clocks.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self {
            monotonic: self.monotonic + by,
            utc: self.utc.after(by),
        }
    }
}

const SECOND: i64 = 1_000_000_000;

const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

impl Timestamp {
    /// The nanoseconds since 1970.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// The nanoseconds since 1970.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// A UTC date (years 1970 to 2261) and time of day.
    ///
    /// # Errors
    /// When there is no such date or time of day.
    pub const fn from_civil(
        year: i32,
        month: u8,
        day: u8,
        hour: u8,
        minute: u8,
        second: u8,
    ) -> Result<Self, InvalidTimestamp> {
        if year < 1970
            || year > 2261
            || month < 1
            || month > 12
            || day < 1
            || day > days_in_month(year, month)
        {
            return Err(InvalidTimestamp);
        }
        if hour > 23 || minute > 59 || second > 59 {
            return Err(InvalidTimestamp);
        }
        // Days from the civil date, counted in years that begin in March.
        let y = if month <= 2 { year - 1 } else { year } as i64;
        let shifted = (month as i64 + 9) % 12;
        let days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + day as i64
            - 1
            - 719_468;
        Ok(Self(
            (days * 86_400 + hour as i64 * 3600 + minute as i64 * 60 + second as i64) * SECOND,
        ))
    }

    /// Year, month, day, hour, minute, second in UTC.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "every part is within its calendar range"
    )]
    pub const fn civil(self) -> (i32, u8, u8, u8, u8, u8) {
        let seconds = self.0.div_euclid(SECOND);
        let (days, rest) = (
            seconds.div_euclid(86_400) + 719_468,
            seconds.rem_euclid(86_400),
        );
        let era = days.div_euclid(146_097);
        let doe = days.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let shifted = (5 * doy + 2) / 153;
        let day = (doy - (153 * shifted + 2) / 5 + 1) as u8;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        } as u8;
        let year = (yoe + era * 400 + if month <= 2 { 1 } else { 0 }) as i32;
        (
            year,
            month,
            day,
            (rest / 3600) as u8,
            (rest / 60 % 60) as u8,
            (rest % 60) as u8,
        )
    }

    /// The moment that is `by` later.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX)),
        )
    }

    /// How many nanoseconds `self` lies after `earlier` (negative: before it).
    #[must_use]
    pub const fn nanos_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This moment on a clock that is `offset` nanoseconds ahead.
    #[must_use]
    pub const fn offset(self, offset: i64) -> Self {
        Self(self.0.saturating_add(offset))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand: every stored event is written with one, and `write!` took longer than all the rest of it.
        let (year, month, day, hour, minute, second) = self.civil();
        let mut text = ArrayString::<30>::new();
        let mut digits = |before: &str, value: u32, count: u32| {
            text.push_str(before);
            for place in (0..count).rev() {
                let digit = value / 10_u32.pow(place) % 10;
                text.push(char::from_digit(digit, 10).unwrap_or('0'));
            }
        };
        digits("", year.unsigned_abs(), 4);
        digits("-", month.into(), 2);
        digits("-", day.into(), 2);
        digits("T", hour.into(), 2);
        digits(":", minute.into(), 2);
        digits(":", second.into(), 2);
        match u32::try_from(self.0.rem_euclid(SECOND)).unwrap_or(0) {
            0 => {}
            n if n % 1_000_000 == 0 => digits(".", n / 1_000_000, 3),
            n if n % 1_000 == 0 => digits(".", n / 1_000, 6),
            n => digits(".", n, 9),
        }
        text.push('Z');
        f.write_str(&text)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::wire::from_text(deserializer, "a moment as RFC 3339")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_range_survives_the_round_trip() {
        let mut at = Timestamp::from_civil(1970, 1, 1, 12, 34, 56).unwrap();
        let end = Timestamp::from_civil(2261, 12, 31, 12, 34, 56).unwrap();
        while at <= end {
            let (year, month, day, hour, minute, second) = at.civil();
            assert_eq!(
                Timestamp::from_civil(year, month, day, hour, minute, second),
                Ok(at)
            );
            at = at.after(Duration::from_secs(86_400));
        }
    }

    #[test]
    fn impossible_dates_are_refused() {
        assert!(Timestamp::from_civil(2019, 0, 31, 0, 0, 0).is_err());
        assert!(Timestamp::from_civil(2019, 4, 31, 0, 0, 0).is_err());
        assert!(Timestamp::from_civil(2019, 4, 30, 24, 0, 0).is_err());
        assert!(Timestamp::from_civil(2100, 2, 29, 0, 0, 0).is_err());
    }

    #[test]
    fn decimals_are_shown_as_far_as_there_are_any() {
        assert_eq!(
            Timestamp::from_nanos(1_500_000_000).to_string(),
            "1970-01-01T00:00:01.500Z"
        );
        assert_eq!(
            Timestamp::from_nanos(-1).to_string(),
            "1969-12-31T23:59:59.999999999Z"
        );
    }
}
