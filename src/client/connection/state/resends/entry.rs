//! One box or copy command in a lane's line, at the daemon, or being taken back from it.

use std::time::{Duration, Instant};

use super::answer::StartSink;
use crate::client::connection::state::resend_request::StartRequest;
use crate::wire::Hash;

/// How long after a cancel without effect it is repeated, at first and at most.
const REAP_FIRST: Duration = Duration::from_secs(1);
pub(crate) const REAP_EVERY: Duration = Duration::from_secs(10);
/// A box is recalled after so long; after twice as long the next time and so on, as it may
/// only be the daemon that is slow.
const RECALL_AFTER: Duration = Duration::from_secs(600);

/// A box or copy command.
pub(crate) struct Entry {
    pub(crate) request: StartRequest,
    pub(crate) name: Hash,
    /// None once the caller has given up.
    pub(crate) sink: Option<StartSink>,
    /// Query id of the running start; None while in line.
    pub(crate) current: Option<u64>,
    /// Query ids of earlier sendings on this session, whose late results count too.
    pub(crate) older: Vec<u64>,
    pub(crate) sent: u32,
    /// On so many connections in a row the daemon hung up soon after it was sent.
    pub(crate) hang_ups: u32,
    pub(crate) sent_at: Option<Instant>,
    /// Nothing else of the lane was at the daemon then.
    pub(crate) alone: bool,
    /// When it is recalled, if it runs then, and how often it was.
    recall_at: Option<Instant>,
    recalls: u32,
    pub(crate) reap: Option<Reap>,
}

impl Entry {
    pub(crate) fn new(request: StartRequest, sink: StartSink) -> Self {
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
            recall_at: None,
            recalls: 0,
            reap: None,
        }
    }

    /// It runs from `now` on, as far as the daemon is on the mixnet.
    pub(crate) fn expect_answer(&mut self, now: Instant) {
        let patience = RECALL_AFTER * 2_u32.saturating_pow(self.recalls.min(10));
        // Who gets a copy command is settled, and it takes what it takes.
        self.recall_at = (!self.request.is_copy()).then(|| now + patience);
    }

    /// It is cancelled only to be started anew.
    pub(crate) fn is_recalled(&self) -> bool {
        self.reap.is_some() && self.sink.is_some()
    }

    /// It was cancelled, and waits for its turn again. The daemon may not have heard of that.
    pub(crate) fn put_back(&mut self) {
        self.reap = None;
        self.recalls += 1;
        self.older.extend(self.current.take());
    }

    /// When there is something to be done for it.
    pub(crate) fn due(&self) -> Option<Instant> {
        let recall = self.recall_at.filter(|_| self.current.is_some());
        self.reap.map(|reap| reap.at).or(recall)
    }
}

/// The repeated cancel of an entry that nobody waits for, or that is recalled.
#[derive(Clone, Copy)]
pub(crate) struct Reap {
    pub(crate) at: Instant,
    pub(crate) sent: u32,
}

impl Reap {
    /// The next cancel, after the one numbered `sent`, which goes now. An old daemon
    /// puts cancels into its queue for the mixnet: there they must not be many.
    pub(crate) fn after(sent: u32, patient: bool, now: Instant) -> Self {
        let pause = REAP_FIRST * 2_u32.saturating_pow(sent.saturating_sub(1).min(10));
        let pause = if patient { REAP_EVERY } else { pause };
        Reap {
            at: now + pause.min(REAP_EVERY),
            sent,
        }
    }
}
