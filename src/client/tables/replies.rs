//! Waits for any reply to a plain message, as simple programs do.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// Counts replies that were published as events.
#[derive(Default)]
pub(crate) struct Replies {
    came: AtomicU64,
    /// How many of them a wait has reported.
    reported: AtomicU64,
    arrived: Notify,
}

impl Replies {
    /// A reply arrived.
    pub(crate) fn arrive(&self) {
        self.came.fetch_add(1, Ordering::AcqRel);
        self.arrived.notify_waiters();
    }

    /// Returns whether more arrived than `seen`; they are then reported.
    pub(crate) fn report_beyond(&self, seen: u64) -> bool {
        let came = self.came.load(Ordering::Acquire);
        if came > seen {
            self.reported.fetch_max(came, Ordering::AcqRel);
        }
        came > seen
    }

    /// How many a wait has reported.
    pub(crate) fn reported(&self) -> u64 {
        self.reported.load(Ordering::Acquire)
    }

    /// Waits until more arrived than `seen`, and reports them.
    pub(crate) async fn beyond(&self, seen: u64) {
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            if self.report_beyond(seen) {
                return;
            }
            arrived.await;
        }
    }
}
