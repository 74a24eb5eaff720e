use core::time::Duration;

use super::{
    Batch, Decision, Journal, JournalError,
    insert::{ciphertext_digest, signal_digest},
};
use crate::link::memory::SignalMemory;

/// A journal that keeps nothing: for tests of sessions and inputs. Never acknowledge a real alarm with it.
pub struct MemoryJournal {
    duplicates: SignalMemory,
    replays: SignalMemory,
    /// How many events were "stored".
    pub events: u64,
    /// Set: the next persists fail with it.
    pub failure: Option<JournalError>,
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self {
            duplicates: SignalMemory::new(Duration::from_secs(600), 10_000),
            replays: SignalMemory::new(Duration::from_secs(30 * 86_400), 10_000),
            events: 0,
            failure: None,
        }
    }
}

impl Journal for MemoryJournal {
    fn persist(&mut self, batch: &mut Batch) -> Result<(), JournalError> {
        const KEY: [u8; 16] = [0; 16];
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        for index in 0..batch.len() {
            let Some(signal) = batch.signal(index) else {
                continue;
            };
            let (received, sequence) = (signal.received(), signal.sequence());
            let repeat =
                sequence.is_some() && self.duplicates.see(signal_digest(&KEY, &signal), received);
            let recording = signal.remember_ciphertext()
                && self
                    .replays
                    .see(ciphertext_digest(&KEY, signal.raw()), received);
            let decision = match (repeat, recording) {
                (true, _) => Decision::Repeat,
                (false, true) => Decision::Replayed,
                (false, false) => {
                    self.events += signal.events().count() as u64;
                    Decision::Store
                }
            };
            batch.decide(index, decision);
        }
        Ok(())
    }
}
