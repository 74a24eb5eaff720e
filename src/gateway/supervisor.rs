//! One task or thread per line: it ends with a reason, and the reason says whether and when it starts again.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::telemetry::Happening;
use crate::transport::Backoff;

/// Why a line ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    /// It was told to.
    #[error("stopped")]
    Stopped,
    /// The other side, the port or the file failed: again after a pause.
    #[error("{0}")]
    Failed(String),
}

impl From<std::io::Error> for Ended {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<crate::journal::JournalError> for Ended {
    fn from(error: crate::journal::JournalError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// A line that ran this long was well, and its next pause is the shortest again.
const WELL: Duration = Duration::from_secs(30);

/// Runs `line` again and again until it is stopped.
pub(crate) async fn supervise(
    kind: &'static str,
    name: &str,
    stop: &CancellationToken,
    mut line: impl AsyncFnMut() -> Result<(), Ended>,
) {
    let mut backoff = Backoff::default();
    while !stop.is_cancelled() {
        let begun = tokio::time::Instant::now();
        let reason = match line().await {
            Ok(()) => "ended".to_owned(),
            Err(Ended::Stopped) => return,
            Err(Ended::Failed(reason)) => reason,
        };
        if stop.is_cancelled() {
            return;
        }
        if begun.elapsed() >= WELL {
            backoff.reset();
        }
        let again = backoff.next_pause();
        Happening::Down {
            kind,
            name,
            reason: &reason,
            again,
        }
        .emit();
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(again) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_line_that_fails_starts_again_with_growing_pauses_until_stopped() {
        let stop = CancellationToken::new();
        let begun = tokio::time::Instant::now();
        let mut starts = Vec::new();
        supervise("input", "test", &stop, async || {
            starts.push(begun.elapsed());
            let last = starts.len() == 4;
            Err(if last {
                Ended::Stopped
            } else {
                Ended::Failed("gone".to_owned())
            })
        })
        .await;
        let seconds: Vec<f64> = starts
            .iter()
            .map(|s| (s.as_secs_f64() * 10.0).round() / 10.0)
            .collect();
        assert_eq!(seconds, [0.0, 0.5, 1.5, 3.5]);
    }
}
