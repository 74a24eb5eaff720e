//! Inputs: sockets and ports on one side, the journal on the other; an acknowledgement goes out only with its proof.

pub mod dc09_tcp;
pub(crate) mod dc09_udp;
pub(crate) mod surgard;

use crate::{
    AccountId, Stored,
    journal::{Finished, JournalError, Outcome},
    link::dc09::{Answered, Refused},
};

use super::{incidents::Incidents, telemetry::Happening};

/// What every input works with.
#[derive(Clone)]
pub(crate) struct Context {
    /// The input's name.
    pub(crate) name: String,
    pub(crate) journal: crate::journal::Handle,
    pub(crate) incidents: Incidents,
}

impl Context {
    /// Goes through a batch that came back, and hands out the proof of each signal that may be acknowledged.
    pub(crate) fn finished(&self, finished: &Finished, mut each: impl FnMut(usize, &Stored)) {
        let signals = finished.batch.len();
        let proofs = match &finished.proofs {
            Ok(proofs) => proofs,
            Err(error) => {
                let reason = error.to_string();
                Happening::NotStored {
                    input: &self.name,
                    signals: signals as u64,
                    reason: &reason,
                }
                .emit();
                return;
            }
        };
        let (mut stored, mut repeats) = (0, 0);
        for index in 0..proofs.len() {
            match proofs.outcome(index) {
                Some(Outcome::Stored(proof)) => {
                    stored += 1;
                    repeats += u64::from(proof.is_repeat());
                    each(index, &proof);
                }
                Some(Outcome::Replayed) => {
                    let signal = finished.batch.signal(index);
                    let account = signal.as_ref().and_then(|signal| signal.account());
                    self.incidents.refused(&self.name, "replay", account, true);
                }
                None => {}
            }
        }
        Happening::Acknowledged {
            input: &self.name,
            signals: stored,
            repeats,
        }
        .emit();
    }
}

/// Tells what the TCP input's runtimes see.
pub(crate) struct Observed(pub(crate) Context);

impl dc09_tcp::Observer for Observed {
    fn acknowledged(&self, signals: u64, repeats: u64) {
        Happening::Acknowledged {
            input: &self.0.name,
            signals,
            repeats,
        }
        .emit();
    }

    fn answered(&self, _answered: &Answered<'_>) {
        Happening::Answered {
            input: &self.0.name,
        }
        .emit();
    }

    fn refused(&self, refused: &Refused<'_>) {
        let (reason, account) = (refused.reason, refused.account.map(AccountId::as_str));
        self.0
            .incidents
            .refused(&self.0.name, reason.name(), account, reason.is_compromise());
    }

    fn replayed(&self, account: Option<&str>) {
        self.0
            .incidents
            .refused(&self.0.name, "replay", account, true);
    }

    fn noise(&self, bytes: usize) {
        Happening::Noise {
            input: &self.0.name,
            bytes: bytes as u64,
        }
        .emit();
    }

    fn not_stored(&self, signals: u64, error: &JournalError) {
        let reason = error.to_string();
        Happening::NotStored {
            input: &self.0.name,
            signals,
            reason: &reason,
        }
        .emit();
    }

    fn closed(&self, reason: &'static str) {
        Happening::Closed {
            input: &self.0.name,
            reason,
        }
        .emit();
    }
}
