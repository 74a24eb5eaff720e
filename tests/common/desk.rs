//! A receiver with a journal behind it, without sockets: what the session tests speak to.
#![allow(dead_code)]

use std::{sync::Arc, time::Duration};

use alarmwire::{
    AccountId, Now, Sequence, Ticket, Timestamp,
    codec::{
        Quirks,
        dc09::{Message, Style, Token},
    },
    journal::{Batch, Decision, Journal, JournalError, MemoryJournal, Outcome, commit},
    link::dc09::{Event, Limits, Policy, Receiver, Refusal},
    types::LineNumber,
};
use bytes::BytesMut;

/// One signal that was stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Stored {
    pub(crate) account: String,
    pub(crate) sequence: u16,
    pub(crate) data: Vec<u8>,
    pub(crate) extended: Vec<u8>,
    pub(crate) codes: Vec<String>,
}

/// A journal that remembers what it stored, and fails when it is told to.
#[derive(Default)]
pub(crate) struct Ledger {
    inner: MemoryJournal,
    pub(crate) stored: Vec<Stored>,
    pub(crate) fail_next: bool,
}

impl Journal for Ledger {
    fn persist(&mut self, batch: &mut Batch) -> Result<(), JournalError> {
        if std::mem::take(&mut self.fail_next) {
            return Err(JournalError::Full);
        }
        self.inner.persist(batch)?;
        for index in 0..batch.len() {
            if batch.decision(index) != Some(Decision::Store) {
                continue;
            }
            let signal = batch.signal(index).unwrap();
            self.stored.push(Stored {
                account: signal.account().unwrap_or_default().into(),
                sequence: signal.sequence().unwrap_or_default(),
                data: signal.data().to_vec(),
                extended: signal.extended().to_vec(),
                codes: signal.events().map(|event| event.code().into()).collect(),
            });
        }
        Ok(())
    }
}

/// An answer that waits: for its proof, or behind one that does.
pub(crate) enum Slot {
    Owed(usize, Box<Ticket>),
    Ready(Vec<u8>),
}

/// A receiver, what it owes, and what it told.
pub(crate) struct Desk {
    pub(crate) receiver: Receiver,
    pub(crate) batch: Batch,
    pub(crate) slots: Vec<Slot>,
    pub(crate) quirks: Vec<Quirks>,
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) lives: usize,
}

pub(crate) fn entropy() -> Box<dyn alarmwire::types::Entropy + Send> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    Box::new(move |out: &mut [u8]| {
        for byte in out {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = (state >> 56) as u8;
        }
    })
}

impl Desk {
    pub(crate) fn stream(policy: &Arc<Policy>, now: Now) -> Self {
        Self::new(Receiver::stream(
            Arc::clone(policy),
            Limits::default(),
            entropy(),
            now,
        ))
    }

    pub(crate) fn datagram(policy: &Arc<Policy>) -> Self {
        Self::new(Receiver::datagram(Arc::clone(policy), entropy()))
    }

    fn new(receiver: Receiver) -> Self {
        Self {
            receiver,
            batch: Batch::new(),
            slots: Vec::new(),
            quirks: Vec::new(),
            refusals: Vec::new(),
            lives: 0,
        }
    }

    /// Takes what came; what is to be answered stands in `slots`, in order.
    pub(crate) fn take(&mut self, now: Now, bytes: &[u8]) {
        self.receiver.handle_input(now, bytes);
        self.drain(now);
    }

    pub(crate) fn drain(&mut self, now: Now) {
        let Self {
            receiver,
            batch,
            slots,
            quirks,
            refusals,
            lives,
        } = self;
        while let Some(event) = receiver.next(now) {
            match event {
                Event::Signal(ticket, signal) => {
                    quirks.push(signal.quirks);
                    slots.push(Slot::Owed(batch.push("ip", now, &signal), Box::new(ticket)));
                    continue;
                }
                Event::Answered(_) => *lives += 1,
                Event::Refused(refused) => refusals.push(refused.reason),
                Event::Noise(_) => {}
            }
            if let Some(reply) = receiver.poll_transmit() {
                slots.push(Slot::Ready(reply.to_vec()));
            }
        }
    }

    /// Commits what waits and gives the answers, in the order of their frames.
    pub(crate) fn commit(&mut self, ledger: &mut Ledger) -> Vec<Vec<u8>> {
        let proofs = commit(ledger, &mut self.batch);
        self.batch.clear();
        let answers = self.slots.drain(..).filter_map(|slot| match slot {
            Slot::Ready(bytes) => Some(bytes),
            Slot::Owed(index, ticket) => match proofs.as_ref().ok()?.outcome(index)? {
                Outcome::Stored(stored) => Some(ticket.redeem(&stored).to_vec()),
                _ => None,
            },
        });
        answers.collect()
    }

    /// Says one thing and hears the answers.
    pub(crate) fn say(&mut self, now: Now, ledger: &mut Ledger, bytes: &[u8]) -> Vec<String> {
        self.take(now, bytes);
        self.commit(ledger)
            .iter()
            .map(|answer| String::from_utf8_lossy(&answer[9..answer.len() - 1]).into_owned())
            .collect()
    }
}

pub(crate) fn noon() -> Now {
    Now {
        monotonic: Duration::from_secs(1000),
        utc: Timestamp::from_civil(2026, 3, 1, 12, 0, 0).unwrap(),
    }
}

pub(crate) fn later(seconds: u64) -> Now {
    noon().after(Duration::from_secs(seconds))
}

pub(crate) fn id(text: &str) -> AccountId<'_> {
    AccountId::new(text).unwrap()
}

pub(crate) fn message<'a>(
    token: &'a str,
    sequence: u16,
    account: &'a str,
    data: &'a str,
    sent: Option<Timestamp>,
) -> Message<'a> {
    Message {
        token: Token::new(token).unwrap(),
        sequence: Sequence::new(sequence).unwrap(),
        receiver: None,
        line: LineNumber::new("0").ok(),
        account: AccountId::new(account).ok(),
        data: data.as_bytes(),
        extended: &[],
        timestamp: sent,
    }
}

pub(crate) fn clear(message: &Message<'_>) -> Vec<u8> {
    let mut out = BytesMut::new();
    message
        .encode(
            &Style {
                lenient: true,
                ..Style::default()
            },
            &mut out,
        )
        .unwrap();
    out.to_vec()
}
