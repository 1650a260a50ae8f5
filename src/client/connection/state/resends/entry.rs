//! One box or copy command: queued on a lane, at the daemon, or being cancelled there.

use std::time::{Duration, Instant};

use super::answer::ResendSink;
use crate::client::connection::state::resend_request::ResendRequest;
use crate::wire::Hash;

/// How long after a cancel without effect the next one is sent, at first and at most.
const CANCEL_FIRST: Duration = Duration::from_secs(1);
pub(crate) const CANCEL_EVERY: Duration = Duration::from_secs(10);
/// A box is restarted after so long; after twice as long the next time and so on, as the daemon may
/// only be slow.
const RESTART_AFTER: Duration = Duration::from_secs(600);

/// A box or copy command.
pub(crate) struct Entry {
    pub(crate) request: ResendRequest,
    pub(crate) name: Hash,
    /// None once the caller has given up.
    pub(crate) sink: Option<ResendSink>,
    /// Query id of the running request; `None` while queued.
    pub(crate) current: Option<u64>,
    /// Query ids of earlier sendings on this session, whose late results count too.
    pub(crate) older: Vec<u64>,
    pub(crate) sent: u32,
    /// On so many connections in a row the daemon hung up soon after it was sent.
    pub(crate) hang_ups: u32,
    pub(crate) sent_at: Option<Instant>,
    /// Nothing else of the lane was at the daemon at that moment.
    pub(crate) alone: bool,
    /// When it is restarted, if it runs then, and how often it was.
    restart_at: Option<Instant>,
    restarts: u32,
    pub(crate) pending_cancel: Option<PendingCancel>,
}

impl Entry {
    pub(crate) fn new(request: ResendRequest, sink: ResendSink) -> Self {
        Entry {
            name: request.name(),
            request,
            sink: Some(sink),
            current: None,
            older: Vec::new(),
            sent: 0,
            hang_ups: 0,
            sent_at: None,
            alone: false,
            restart_at: None,
            restarts: 0,
            pending_cancel: None,
        }
    }

    /// It runs from `now` on, as far as the daemon is on the mixnet.
    pub(crate) fn expect_answer(&mut self, now: Instant) {
        let limit = RESTART_AFTER * 2_u32.saturating_pow(self.restarts.min(10));
        // A copy command is bound to its courier, and may take any time.
        self.restart_at = (!self.request.is_copy()).then(|| now + limit);
    }

    /// It is cancelled only to be started again.
    pub(crate) fn is_restarting(&self) -> bool {
        self.pending_cancel.is_some() && self.sink.is_some()
    }

    /// It was cancelled, and is queued again. The daemon may not have received the cancel.
    pub(crate) fn put_back(&mut self) {
        self.pending_cancel = None;
        self.restarts += 1;
        self.older.extend(self.current.take());
    }

    /// When the next action for it is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        let restart = self.restart_at.filter(|_| self.current.is_some());
        self.pending_cancel
            .map(|pending_cancel| pending_cancel.at)
            .or(restart)
    }
}

/// The repeated cancel of an entry that nobody waits for, or that is restarted.
#[derive(Clone, Copy)]
pub(crate) struct PendingCancel {
    pub(crate) at: Instant,
    pub(crate) sent: u32,
}

impl PendingCancel {
    /// The next cancel, after the one numbered `sent`, which is sent now. An old daemon puts
    /// cancels into its queue for the mixnet: it must not get many.
    pub(crate) fn after(sent: u32, patient: bool, now: Instant) -> Self {
        let pause = CANCEL_FIRST * 2_u32.saturating_pow(sent.saturating_sub(1).min(10));
        let pause = if patient { CANCEL_EVERY } else { pause };
        PendingCancel {
            at: now + pause.min(CANCEL_EVERY),
            sent,
        }
    }
}
