//! Installs a new session as a lane's connection, and replays everything unanswered.

use std::sync::Arc;

use super::handshake::Established;
use super::lane::Lane;
use crate::client::events::{DaemonStatus, Event};
use crate::client::runtime::query_ids::Queries;

impl Lane {
    /// Installs the connection and replays what is unanswered. Returns the events to publish about
    /// plain messages, or `None` if the lane was disconnected meanwhile.
    pub(crate) fn install(
        &self,
        epoch: u64,
        session: &Established,
        queries: &Queries,
    ) -> Option<Vec<Event>> {
        let link = &session.link;
        let mut state = self.lock();
        if state.epoch != epoch || state.closed {
            return None;
        }
        state.attempts.succeeded();
        let mut outcomes = if session.resumed {
            Vec::new()
        } else {
            state.messages.on_fresh_session()
        };
        outcomes.extend(state.messages.keep_for(link.features.is_legacy()));
        state
            .resends
            .cancel_patiently(!link.features.answers_at_once());
        // Queued before anybody else can send: a cancel behind its new request would cancel that.
        let cancels = state
            .resends
            .reconnect(session.resumed, queries, crate::clock::now());
        let (calls, again, ended) = state.calls.replay(&link.features);
        state.counts.connects += 1;
        state.counts.resumes += u64::from(session.resumed);
        state.counts.replays += again;
        for frame in cancels.into_iter().chain(calls) {
            state.queue(link, frame);
        }
        state.session = None;
        state.link = Some(Arc::clone(link));
        state.set_status(DaemonStatus::of(&session.status));
        // The same for resends; the link is the one above.
        drop(state.pump(queries));
        drop(state);
        for (sink, error) in ended {
            sink.deliver(Err(error));
        }
        self.wake.notify_one(); // the sent requests have time limits
        self.progress.notify_waiters();
        Some(outcomes)
    }
}
