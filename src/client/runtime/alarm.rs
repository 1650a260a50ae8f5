//! Wakes a task that sleeps while there is nothing to watch.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Rung for each request, so it costs nothing while the task is awake.
#[derive(Default)]
pub(crate) struct Alarm {
    asleep: AtomicBool,
    rung: Notify,
}

impl Alarm {
    /// There is something to watch. What there is must be visible to the task before.
    pub(crate) fn ring(&self) {
        if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
            self.rung.notify_one();
        }
    }

    /// The task is going to sleep: it looks once more after this.
    pub(crate) fn arm(&self) {
        self.asleep.store(true, Ordering::SeqCst);
    }

    /// The task has found something on that look.
    pub(crate) fn disarm(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }

    /// Sleeps until the alarm rings. It may have rung before.
    pub(crate) async fn rung(&self) {
        self.rung.notified().await;
    }
}
