//! The clocks and the randomness that sessions are handed.

use std::{
    sync::OnceLock,
    time::{Duration, SystemTime},
};

use crate::types::{Entropy, Now, Timestamp};

/// This moment, on both clocks.
pub(crate) fn now() -> Now {
    static START: OnceLock<tokio::time::Instant> = OnceLock::new();
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let nanos = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
    Now {
        monotonic: START.get_or_init(tokio::time::Instant::now).elapsed(),
        utc: Timestamp::from_nanos(nanos),
    }
}

/// Sleeps until a deadline of a session; for ever when there is none.
pub(crate) async fn until(deadline: Option<Duration>) {
    match deadline {
        Some(at) => tokio::time::sleep(at.saturating_sub(now().monotonic)).await,
        None => std::future::pending().await,
    }
}

/// Sleeps until then; for ever without a time.
pub(crate) async fn at(time: Option<tokio::time::Instant>) {
    match time {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Random bytes of the system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&mut self, out: &mut [u8]) {
        // Pads only have to be unpredictable where the system can provide that; without it they are zeros, and the
        // frame is still good.
        let _pads = getrandom::fill(out);
    }
}
