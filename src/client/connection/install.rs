//! A new session becomes a lane's own, and everything unanswered is sent again.

use std::sync::Arc;
use std::time::Instant;

use super::handshake::Established;
use super::lane::Lane;
use crate::client::events::{DaemonStatus, Event};
use crate::client::runtime::query_ids::Queries;

impl Lane {
    /// Makes the connection the lane's own and sends again what is unanswered. Gives
    /// what is to be told of plain messages, or nothing if the lane was left meanwhile.
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
        // In line before anybody else can send: a cancel behind its new start would end that.
        let cancels = state
            .resends
            .reconnect(session.resumed, queries, Instant::now());
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
        // The same for starts; the link is the one above.
        drop(state.pump(queries));
        drop(state);
        for (sink, error) in ended {
            sink.deliver(Err(error));
        }
        self.wake.notify_one(); // what was sent has time limits
        self.progress.notify_waiters();
        Some(outcomes)
    }
}
