//! Sends local requests on a lane, and drops them when their caller gives up.

use std::sync::Arc;

use super::io::link::Link;
use super::lane::Lane;
use super::state::calls::{unsupported, CallSink};
use super::state::local_request::LocalRequest;
use crate::client::encryption::Permit;
use crate::error::closed;

impl Lane {
    /// Sends a local request, or queues it until there is a connection.
    pub(crate) fn call(&self, local_request: LocalRequest, sink: CallSink, permit: Option<Permit>) {
        let needs = local_request.needs;
        let mut state = self.lock();
        let unknown = |link: &Arc<Link>| needs.is_some_and(|key| !link.features.knows(key));
        if state.closed {
            drop(state);
            return sink.deliver(Err(closed()));
        }
        let link = state.link.clone();
        if link.as_ref().is_some_and(unknown) {
            drop(state);
            return sink.deliver(Err(unsupported(needs.unwrap_or_default())));
        }
        let is_task = matches!(sink, CallSink::Task(_));
        let is_wanted = permit.as_ref().is_some_and(Permit::is_wanted);
        let frame = state
            .calls
            .enter(local_request, sink, permit, link.is_some());
        if let Some((link, frame)) = link.as_ref().zip(frame) {
            state.queue(link, frame);
        }
        drop(state);
        if let Some(link) = link {
            link.writer.flush();
            if is_task {
                link.reading.request_reader();
            }
            if is_wanted {
                self.wake.notify_one(); // others wait for its answer, but not for ever
            }
        }
    }

    /// Drops a local request whose caller has given up; a late reply is dropped.
    pub(crate) fn forget_call(&self, query: u64) {
        let mut state = self.lock();
        let is_up = state.link.is_some();
        let forgotten = state.calls.give_up(query, is_up);
        drop(state);
        // Dropping the sink may run foreign code, so it happens outside the lock.
        drop(forgotten);
    }
}
