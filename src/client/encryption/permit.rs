//! The right to have one encryption at the daemon.

use std::sync::Arc;
use std::time::Duration;

use super::Encryption;

/// After so long without an answer a connection is used for others too: some malformed requests are
/// never answered.
const OVERDUE_AFTER: Duration = Duration::from_secs(60);

/// Released when it is dropped.
pub(crate) struct Permit {
    encryption: Option<Arc<Encryption>>,
    slot: usize,
}

impl Permit {
    pub(crate) fn new(encryption: Arc<Encryption>, slot: usize) -> Self {
        Permit {
            encryption: Some(encryption),
            slot,
        }
    }

    /// Which of the connections it is for.
    pub(crate) fn slot(&self) -> usize {
        self.slot
    }

    /// Others wait for a permit.
    pub(crate) fn is_wanted(&self) -> bool {
        let encryption = self.encryption.as_ref();
        encryption.is_some_and(|encryption| encryption.queued() > 0)
    }

    /// The time after which a request without an answer loses it.
    pub(crate) fn overdue_after() -> Duration {
        OVERDUE_AFTER
    }

    /// Its holder releases it by hand.
    pub(crate) fn disarm(mut self) {
        self.encryption = None;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(encryption) = self.encryption.take() {
            encryption.give_back(self.slot);
        }
    }
}
