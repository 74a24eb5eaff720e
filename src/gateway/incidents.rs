//! The gateway's own events: what it has to tell the operators is stored as an event and goes to the outputs like any
//! other, with the source `gateway`.
//!
//! * A compromise (a wrong key, a clear frame from an account that encrypts, an unknown account, a replay) is
//!   `cid:1461`, "wrong code entry", class access, lane 2, with the account as it was sent: it is not proven.
//! * A line that is lost, or an output that is stuck, is `cid:1350`, "communication trouble", and `cid:3350` when it is
//!   well again, with the account 0000.
//!
//! The text says what it is about. Both codes exist in Contact ID, so that every output can carry them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{OWN_SOURCE, clock, telemetry::Happening};
use crate::{
    AlarmEvent, EventCode, Qualifier,
    codec::{DecodeOptions, Decoded, Protocol, Quirks, Signal},
    journal::{Batch, Handle},
    types::AccountId,
};

/// The same account, input and reason make one event in this time.
const ONCE_IN: Duration = Duration::from_secs(600);
/// The most that are told apart; who sends with more accounts than this is told once per reason.
const KINDS: usize = 1_024;
/// The most compromise events in one minute, whatever the accounts.
const A_MINUTE: u32 = 60;

/// The way to report an incident, for any thread; never blocks.
#[derive(Clone)]
pub(crate) struct Incidents {
    shared: Arc<Shared>,
}

struct Shared {
    journal: Handle,
    told: Mutex<Told>,
}

struct Told {
    kinds: HashMap<String, Instant>,
    minute: Instant,
    count: u32,
}

impl Incidents {
    pub(crate) fn new(journal: Handle) -> Self {
        let told = Told {
            kinds: HashMap::new(),
            minute: Instant::now(),
            count: 0,
        };
        Self {
            shared: Arc::new(Shared {
                journal,
                told: Mutex::new(told),
            }),
        }
    }

    /// A frame was refused: counted, logged, and stored as an event when it is a compromise and not told yet.
    pub(crate) fn refused(
        &self,
        input: &str,
        reason: &'static str,
        account: Option<&str>,
        compromise: bool,
    ) {
        Happening::Refused {
            input,
            reason,
            account,
            compromise,
        }
        .emit();
        if compromise && self.due(&format!("{input} {reason} {}", account.unwrap_or("-"))) {
            self.store(
                "1461 00 000",
                account.unwrap_or("0000"),
                &format!("compromise: {reason} at {input}"),
            );
        }
    }

    /// A line, output or the like is out of order (`lost`), or well again.
    pub(crate) fn trouble(&self, lost: bool, text: &str) {
        let data = if lost { "1350 00 000" } else { "3350 00 000" };
        self.store(data, "0000", text);
    }

    fn due(&self, kind: &str) -> bool {
        let mut told = self
            .shared
            .told
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if told
            .kinds
            .get(kind)
            .is_some_and(|at| now.duration_since(*at) < ONCE_IN)
        {
            return false;
        }
        if now.duration_since(told.minute) >= Duration::from_secs(60) {
            (told.minute, told.count) = (now, 0);
        }
        if told.count >= A_MINUTE {
            return false;
        }
        if told.kinds.len() >= KINDS {
            told.kinds.retain(|_, at| now.duration_since(*at) < ONCE_IN);
            if told.kinds.len() >= KINDS {
                return false;
            }
        }
        told.kinds.insert(kind.to_owned(), now);
        told.count += 1;
        true
    }

    fn store(&self, body: &str, account: &str, text: &str) {
        let data = format!("#{account}|{body}\n{text}");
        let signal = Signal {
            protocol: &Own,
            token: Some("ADM-CID"),
            encrypted: false,
            sequence: None,
            receiver: None,
            line: None,
            account: AccountId::new(account).ok(),
            data: data.as_bytes(),
            extended: b"",
            sent: None,
            raw: data.as_bytes(),
            possible_repeat: false,
            remember_ciphertext: false,
            quirks: Quirks::NONE,
        };
        let mut batch = Batch::new();
        batch.push(OWN_SOURCE, clock::now(), &signal);
        // Nobody waits for it: when the journal can't store it, the log has it.
        drop(self.shared.journal.append(batch));
    }
}

/// The protocol of the gateway's own events: a Contact ID body, and the text behind a line feed.
struct Own;

impl Protocol for Own {
    fn name(&self) -> &'static str {
        OWN_SOURCE
    }

    fn confidence(&self, _input: &[u8]) -> u8 {
        0
    }

    fn decode(&self, input: &[u8], _options: &DecodeOptions<'_>) -> (Decoded, usize) {
        (Decoded::default(), input.len())
    }

    fn events(&self, signal: &Signal<'_>, each: &mut dyn FnMut(&AlarmEvent<'_>, &[u8])) {
        let (data, text) = signal.data.split_at(
            signal
                .data
                .iter()
                .position(|b| *b == b'\n')
                .unwrap_or(signal.data.len()),
        );
        let bar = data.iter().position(|b| *b == b'|').map_or(0, |at| at + 1);
        let body = data.get(bar..).unwrap_or_default();
        let (qualifier, code) = match body {
            [q, a, b, c, ..] => (*q, [*a, *b, *c]),
            _ => (b'1', *b"350"),
        };
        let mut event = AlarmEvent::new(
            EventCode::ContactId { qualifier, code },
            Qualifier::from_digit(qualifier),
        );
        event.account = signal.account;
        event.text = text.get(1..);
        each(&event, data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, Lane};

    #[test]
    fn an_own_event_has_a_code_that_every_output_carries_and_a_text() {
        let signal = Signal {
            protocol: &Own,
            token: Some("ADM-CID"),
            encrypted: false,
            sequence: None,
            receiver: None,
            line: None,
            account: AccountId::new("1234").ok(),
            data: b"#1234|1461 00 000\ncompromise: wrong_key at ip",
            extended: b"",
            sent: None,
            raw: b"",
            possible_repeat: false,
            remember_ciphertext: false,
            quirks: Quirks::NONE,
        };
        let mut seen = 0;
        signal.events(&mut |event, data| {
            seen += 1;
            assert_eq!(event.code.to_string(), "cid:1461");
            assert_eq!((event.class, event.lane), (Class::Access, Lane::Service));
            assert_eq!(event.text, Some(&b"compromise: wrong_key at ip"[..]));
            assert_eq!(data, b"#1234|1461 00 000");
        });
        assert_eq!(seen, 1);
    }
}
