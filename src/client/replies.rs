//! Waiting for any reply to a plain message, as simple programs do.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use tokio::sync::Notify;

use super::inner::Inner;
use super::work::Work;
use super::Client;
use crate::Result;

/// Counts replies that were told by events.
#[derive(Default)]
pub(crate) struct Replies {
    came: AtomicU64,
    /// So many of them a wait has reported.
    reported: AtomicU64,
    arrived: Notify,
}

impl Replies {
    /// A reply came.
    pub(crate) fn arrive(&self) {
        self.came.fetch_add(1, Ordering::AcqRel);
        self.arrived.notify_waiters();
    }

    /// Whether more came than `seen`; they are then reported.
    fn report_beyond(&self, seen: u64) -> bool {
        let came = self.came.load(Ordering::Acquire);
        if came > seen {
            self.reported.fetch_max(came, Ordering::AcqRel);
        }
        came > seen
    }
}

async fn wait(inner: Arc<Inner>, seen: u64) -> Result<()> {
    loop {
        let arrived = inner.replies.arrived.notified();
        tokio::pin!(arrived);
        arrived.as_mut().enable();
        if inner.replies.report_beyond(seen) {
            return Ok(());
        }
        arrived.await;
    }
}

impl Client {
    /// Waits until a reply to a plain message came that no such wait has reported before,
    /// be it before or after this call. Replies that a sender awaits itself do not count.
    pub fn await_message_reply(&self) -> Result<Work<()>> {
        self.inner.check_open()?;
        let seen = self.inner.replies.reported.load(Ordering::Acquire);
        if self.inner.replies.report_beyond(seen) {
            return Ok(Work::now(|_| Ok(())));
        }
        Ok(Work::task(move |inner| wait(inner, seen)))
    }
}
