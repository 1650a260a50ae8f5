//! The network's clock: epochs and their documents.

use std::time::Duration;

use crate::daemon::state::{Daemon, Event};

impl Daemon {
    /// Schedules the start of the next epoch.
    pub(crate) fn schedule_epoch(&mut self) {
        let length = self.config.network.epoch_length;
        if length.is_zero() {
            return;
        }
        let now = self.now();
        let past = now.as_nanos() % length.as_nanos().max(1);
        let rest = length.saturating_sub(Duration::from_nanos(u64::try_from(past).unwrap_or(0)));
        let next = self.network.epoch(now) + 1;
        self.agenda.after(rest, Event::Epoch(next));
    }

    pub(crate) fn start_epoch(&mut self, epoch: u64) {
        if epoch < self.network.epoch(self.now()) {
            // The clock was put forward meanwhile, and the new document was published then.
            self.schedule_epoch();
            return;
        }
        self.announce_document();
        self.schedule_epoch();
    }

    /// Puts the network's clock forward. Timers of reliable messages move with it.
    pub(crate) fn put_forward(&mut self, by: Duration) {
        self.agenda
            .hasten(by, |event| matches!(event, Event::MessageAgain { .. }));
        let before = self.network.epoch(self.now());
        self.leap += by;
        if self.network.epoch(self.now()) != before {
            self.agenda.retain(|e| !matches!(e, Event::Epoch(_)));
            self.announce_document();
            self.schedule_epoch();
        }
    }
}
