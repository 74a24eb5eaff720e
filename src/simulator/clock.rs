use core::time::Duration;
use std::{io, time::SystemTime};

use mio::{Events, Poll, Registry, Token};
use tokio::time::Instant;

use crate::types::{Now, Timestamp};

/// Both clocks of a run; copies agree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }

    pub(crate) fn now(self) -> Now {
        let utc = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let utc = Timestamp::from_nanos(i64::try_from(utc.as_nanos()).unwrap_or(i64::MAX));
        Now {
            monotonic: self.elapsed(),
            utc,
        }
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.origin.elapsed()
    }
}

/// A poll that wakes on time: epoll alone rounds up to whole milliseconds, and tokio's timers come 1 to 2 ms late.
pub(crate) struct Reactor {
    poll: Poll,
    clock: Clock,
    #[cfg(target_os = "linux")]
    timer: rustix::fd::OwnedFd,
}

/// The token of the timer itself: never a caller's.
pub(crate) const TIMER: Token = Token(usize::MAX);

impl Reactor {
    pub(crate) fn new(clock: Clock) -> io::Result<Self> {
        let poll = Poll::new()?;
        #[cfg(target_os = "linux")]
        let timer = {
            use rustix::{
                fd::AsRawFd,
                time::{TimerfdClockId, TimerfdFlags, timerfd_create},
            };
            let timer = timerfd_create(
                TimerfdClockId::Monotonic,
                TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
            )?;
            let raw = timer.as_raw_fd();
            poll.registry().register(
                &mut mio::unix::SourceFd(&raw),
                TIMER,
                mio::Interest::READABLE,
            )?;
            timer
        };
        Ok(Self {
            poll,
            clock,
            #[cfg(target_os = "linux")]
            timer,
        })
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    /// Sleeps until something is ready, or it is `until` on the monotonic clock.
    pub(crate) fn wait(&mut self, events: &mut Events, until: Duration) -> io::Result<()> {
        let left = until.saturating_sub(self.clock.elapsed());
        let timeout = if left.is_zero() {
            Some(Duration::ZERO)
        } else {
            self.arm(left)?
        };
        match self.poll.poll(events, timeout) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(()),
            other => other,
        }
    }

    #[cfg(target_os = "linux")]
    fn arm(&self, left: Duration) -> io::Result<Option<Duration>> {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
        let never = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let value = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        // Setting it again also forgets an expiry that nobody read.
        timerfd_settime(
            &self.timer,
            TimerfdTimerFlags::empty(),
            &Itimerspec {
                it_interval: never,
                it_value: value,
            },
        )?;
        Ok(None)
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unnecessary_wraps, reason = "Linux can fail here")]
    fn arm(&self, left: Duration) -> io::Result<Option<Duration>> {
        Ok(Some(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_wakes_on_time() {
        let clock = Clock::new();
        let mut reactor = Reactor::new(clock).unwrap();
        let mut events = Events::with_capacity(8);
        let mut late: Vec<Duration> = (0..50)
            .map(|_| {
                let until = clock.elapsed() + Duration::from_micros(1_300);
                while clock.elapsed() < until {
                    reactor.wait(&mut events, until).unwrap();
                }
                clock.elapsed() - until
            })
            .collect();
        late.sort_unstable();
        assert!(late[25] < Duration::from_millis(1), "{late:?}");
    }
}
