//! What can happen, as values whose [`emit`](Happening::emit) logs and counts, so that both agree.
//!
//! Labels are names of the configuration and words of ours, never accounts: those are as many as strangers like.
//! ERROR: an operator has to act. WARN: nothing is lost. INFO: an action is done.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use metrics::{counter, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::time::Instant;

/// Something that happened in the gateway.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Happening<'a> {
    /// An input or output is ready.
    Up {
        /// `input` or `output`.
        kind: &'static str,
        /// Its name.
        name: &'a str,
        /// Where it listens, or what it reached.
        place: &'a str,
    },
    /// An input or output stopped working and is tried again.
    Down {
        /// `input` or `output`.
        kind: &'static str,
        /// Its name.
        name: &'a str,
        /// Why.
        reason: &'a str,
        /// After which pause it is tried again.
        again: Duration,
    },
    /// Signals were stored (or found stored) and acknowledged.
    Acknowledged {
        /// Name of the input.
        input: &'a str,
        /// How many.
        signals: u64,
        /// How many of them were copies.
        repeats: u64,
    },
    /// A frame that needs no storage was answered.
    Answered {
        /// Name of the input.
        input: &'a str,
    },
    /// A frame was refused.
    Refused {
        /// Name of the input.
        input: &'a str,
        /// Which of a closed set of reasons.
        reason: &'static str,
        /// The account as sent, for the log only.
        account: Option<&'a str>,
        /// Somebody may be trying to break in.
        compromise: bool,
    },
    /// A connection was closed by us, or not taken in.
    Closed {
        /// Name of the input.
        input: &'a str,
        /// Which of a closed set of reasons.
        reason: &'static str,
    },
    /// Bytes that are no frame were skipped.
    Noise {
        /// Name of the input.
        input: &'a str,
        /// How many.
        bytes: u64,
    },
    /// A receiver that is read has fallen silent, or speaks again.
    Silent {
        /// Name of the input.
        input: &'a str,
        /// Whether it is silent now.
        silent: bool,
    },
    /// Signals could not be stored; nothing was acknowledged.
    NotStored {
        /// Name of the input.
        input: &'a str,
        /// How many.
        signals: u64,
        /// Why.
        reason: &'a str,
    },
    /// Events reached their destination.
    Delivered {
        /// Name of the output.
        output: &'a str,
        /// How many.
        events: u64,
    },
    /// An output sends an event again.
    Resent {
        /// Name of the output.
        output: &'a str,
    },
    /// An event that the output's protocol can't carry, or that the other side refuses for good, was skipped.
    DeadLetter {
        /// Name of the output.
        output: &'a str,
        /// The event's code.
        code: &'a str,
        /// The event's id.
        id: &'a str,
        /// Why, one of a closed set.
        reason: &'static str,
    },
    /// An output uses another address from now on.
    PathChanged {
        /// Name of the output.
        output: &'a str,
        /// `main` or `backup`.
        to: &'static str,
    },
    /// Events that wait for an output.
    Backlog {
        /// Name of the output.
        output: &'a str,
        /// The lane.
        lane: u8,
        /// How many.
        events: u64,
    },
    /// A stored event can't be read back.
    Damaged {
        /// Name of the output that met it.
        output: &'a str,
        /// Its place in the journal.
        seq: i64,
    },
    /// The journal's state changed.
    Journal {
        /// Whether it acknowledges.
        good: bool,
        /// What it says.
        status: &'a str,
    },
}

/// The metrics of this process: one recorder, shared by all gateways in it.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let handle = RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        match metrics::set_global_recorder(recorder) {
            Ok(()) => {
                describe();
                Some(handle)
            }
            Err(error) => {
                tracing::warn!(%error, "another recorder of metrics is installed: /metrics stays empty");
                None
            }
        }
    });
    handle.as_ref()
}

fn describe() {
    use metrics::{describe_counter, describe_gauge};
    describe_counter!(
        "alarmwire_signals_total",
        "signals stored and acknowledged, by input"
    );
    describe_counter!(
        "alarmwire_repeats_total",
        "copies acknowledged again without a new event, by input"
    );
    describe_counter!(
        "alarmwire_answered_total",
        "frames answered without storage, by input"
    );
    describe_counter!(
        "alarmwire_refused_total",
        "frames refused, by input and reason"
    );
    describe_counter!(
        "alarmwire_closed_total",
        "connections closed by us, by input and reason"
    );
    describe_counter!(
        "alarmwire_noise_bytes_total",
        "bytes skipped that are no frame, by input"
    );
    describe_counter!(
        "alarmwire_not_stored_total",
        "signals that could not be stored, by input"
    );
    describe_counter!(
        "alarmwire_delivered_total",
        "events acknowledged by their destination, by output"
    );
    describe_counter!("alarmwire_resent_total", "frames sent again, by output");
    describe_counter!(
        "alarmwire_dead_letters_total",
        "events that an output can't deliver, by output and reason"
    );
    describe_counter!(
        "alarmwire_restarts_total",
        "starts after a failure, by kind and name"
    );
    describe_counter!(
        "alarmwire_path_changes_total",
        "changes between main and backup address, by output"
    );
    describe_counter!(
        "alarmwire_damaged_total",
        "stored events that can't be read back, by output"
    );
    describe_counter!("alarmwire_journal_events_total", "events stored");
    describe_counter!("alarmwire_journal_commits_total", "commits, each synced");
    describe_counter!(
        "alarmwire_journal_duplicates_total",
        "signals acknowledged again without a new event"
    );
    describe_counter!("alarmwire_journal_replays_total", "recordings refused");
    describe_counter!(
        "alarmwire_journal_purged_total",
        "events deleted after their retention"
    );
    describe_gauge!("alarmwire_up", "1 while an input or output works");
    describe_gauge!(
        "alarmwire_backlog_events",
        "events that wait for an output, by lane"
    );
    describe_gauge!(
        "alarmwire_journal_good",
        "1 while the journal stores and events are acknowledged"
    );
    describe_gauge!(
        "alarmwire_input_silent",
        "1 while a receiver that is read says nothing"
    );
}

/// How often the same kind of trouble of one place is logged; it is counted each time.
const LOG_EVERY: Duration = Duration::from_secs(10);
/// The most kinds that are told apart.
const LOG_KINDS: usize = 1_024;

/// Whether this kind of trouble is due in the log, and how many were held back since.
fn due(key: &str) -> Option<u64> {
    static LAST: OnceLock<Mutex<HashMap<String, (Instant, u64)>>> = OnceLock::new();
    let mut last = LAST
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let now = Instant::now();
    if let Some((at, held)) = last.get_mut(key) {
        if now.duration_since(*at) < LOG_EVERY {
            *held += 1;
            return None;
        }
        let before = *held;
        (*at, *held) = (now, 0);
        return Some(before);
    }
    if last.len() >= LOG_KINDS {
        last.clear();
    }
    last.insert(key.to_owned(), (now, 0));
    Some(0)
}

impl Happening<'_> {
    /// Logs and counts.
    pub fn emit(self) {
        match self {
            Self::Up { kind, name, place } => {
                tracing::info!(name, place, "{kind} is up");
                gauge!("alarmwire_up", "kind" => kind, "name" => name.to_owned()).set(1.0);
            }
            Self::Down {
                kind,
                name,
                reason,
                again,
            } => {
                if let Some(held) = due(&format!("down {kind} {name} {reason}")) {
                    tracing::warn!(name, reason, again = ?again, held, "{kind} is down");
                }
                gauge!("alarmwire_up", "kind" => kind, "name" => name.to_owned()).set(0.0);
                counter!("alarmwire_restarts_total", "kind" => kind, "name" => name.to_owned())
                    .increment(1);
            }
            Self::Acknowledged {
                input,
                signals,
                repeats,
            } => {
                counter!("alarmwire_signals_total", "input" => input.to_owned()).increment(signals);
                if repeats > 0 {
                    counter!("alarmwire_repeats_total", "input" => input.to_owned())
                        .increment(repeats);
                }
            }
            Self::Answered { input } => {
                counter!("alarmwire_answered_total", "input" => input.to_owned()).increment(1);
            }
            Self::Refused {
                input,
                reason,
                account,
                compromise,
            } => {
                if let Some(held) = due(&format!("refused {input} {reason}")) {
                    let account = account.unwrap_or("-");
                    tracing::warn!(input, reason, account, compromise, held, "frame refused");
                }
                counter!("alarmwire_refused_total", "input" => input.to_owned(), "reason" => reason).increment(1);
            }
            Self::Closed { input, reason } => {
                if let Some(held) = due(&format!("closed {input} {reason}")) {
                    tracing::info!(input, reason, held, "connection closed");
                }
                counter!("alarmwire_closed_total", "input" => input.to_owned(), "reason" => reason)
                    .increment(1);
            }
            Self::Noise { input, bytes } => {
                if let Some(held) = due(&format!("noise {input}")) {
                    tracing::warn!(input, bytes, held, "bytes that are no frame were skipped");
                }
                counter!("alarmwire_noise_bytes_total", "input" => input.to_owned())
                    .increment(bytes);
            }
            Self::Silent { input, silent } => {
                if silent {
                    tracing::error!(input, "the receiver is silent");
                } else {
                    tracing::info!(input, "the receiver speaks again");
                }
                gauge!("alarmwire_input_silent", "input" => input.to_owned())
                    .set(f64::from(u8::from(silent)));
            }
            Self::NotStored {
                input,
                signals,
                reason,
            } => {
                if let Some(held) = due(&format!("not stored {input} {reason}")) {
                    tracing::error!(
                        input,
                        reason,
                        signals,
                        held,
                        "not stored and not acknowledged: panels will repeat"
                    );
                }
                counter!("alarmwire_not_stored_total", "input" => input.to_owned())
                    .increment(signals);
            }
            Self::Delivered { output, events } => {
                counter!("alarmwire_delivered_total", "output" => output.to_owned())
                    .increment(events);
            }
            Self::Resent { output } => {
                counter!("alarmwire_resent_total", "output" => output.to_owned()).increment(1);
            }
            Self::DeadLetter {
                output,
                code,
                id,
                reason,
            } => {
                if due(&format!("dead {output} {reason} {code}")).is_some() {
                    tracing::error!(
                        output,
                        code,
                        id,
                        reason,
                        "this event can't be delivered here and is skipped"
                    );
                }
                let labels = [("output", output.to_owned()), ("reason", reason.to_owned())];
                counter!("alarmwire_dead_letters_total", &labels).increment(1);
            }
            Self::PathChanged { output, to } => {
                tracing::warn!(output, to, "another address is used from now on");
                counter!("alarmwire_path_changes_total", "output" => output.to_owned())
                    .increment(1);
            }
            Self::Backlog {
                output,
                lane,
                events,
            } => {
                let labels = [("output", output.to_owned()), ("lane", lane.to_string())];
                // Counts of events are far below 2^52.
                let events = u32::try_from(events).map_or(f64::from(u32::MAX), f64::from);
                gauge!("alarmwire_backlog_events", &labels).set(events);
            }
            Self::Damaged { output, seq } => {
                tracing::error!(output, seq, "a stored event is damaged and is skipped");
                counter!("alarmwire_damaged_total", "output" => output.to_owned()).increment(1);
            }
            Self::Journal { good, status } => {
                if good {
                    tracing::info!(status, "the journal stores: events are acknowledged");
                } else {
                    tracing::error!(
                        status,
                        "the journal does not store: nothing is acknowledged"
                    );
                }
                gauge!("alarmwire_journal_good").set(f64::from(u8::from(good)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_emitted_is_counted_by_input_and_reason() {
        let handle = recorder().unwrap();
        let refused = Happening::Refused {
            input: "telemetry-test",
            reason: "crc",
            account: Some("1234"),
            compromise: false,
        };
        refused.emit();
        refused.emit();
        let text = handle.render();
        assert!(
            text.contains(r#"alarmwire_refused_total{input="telemetry-test",reason="crc"} 2"#),
            "{text}"
        );
        assert!(!text.contains("1234"), "no account is ever a label");
    }
}
