//! Growing pauses between attempts.

use core::time::Duration;

/// The pause before the next attempt: doubled each time, up to a limit, from the start again after a success.
///
/// ```
/// use std::time::Duration;
///
/// let mut backoff = alarmwire::transport::Backoff::new(Duration::from_millis(500), Duration::from_secs(10));
/// assert_eq!(backoff.next_pause(), Duration::from_millis(500));
/// assert_eq!(backoff.next_pause(), Duration::from_secs(1));
/// backoff.reset();
/// assert_eq!(backoff.next_pause(), Duration::from_millis(500));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    least: Duration,
    most: Duration,
    next: Duration,
}

impl Default for Backoff {
    /// Half a second to ten (serial-receivers.md 8.3).
    fn default() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(10))
    }
}

impl Backoff {
    /// Pauses from `least` to `most`.
    #[must_use]
    pub const fn new(least: Duration, most: Duration) -> Self {
        Self {
            least,
            most,
            next: least,
        }
    }

    /// The pause before the next attempt.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.next.min(self.most);
        self.next = (pause * 2).min(self.most);
        pause
    }

    /// An attempt succeeded.
    pub fn reset(&mut self) {
        self.next = self.least;
    }
}
