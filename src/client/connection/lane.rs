//! A lane: its connection, and the requests that wait and run on it.

use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::{oneshot, Notify};
use tokio::task::AbortHandle;

use super::io::link::Link;
use super::io::writer::Writer;
use super::state::attempts::Attempts;
use super::state::calls::Calls;
use super::state::counts::Counts;
use super::state::lane_kind::LaneKind;
use super::state::messages::Messages;
use super::state::resend_request::ResendRequest;
use super::state::resends::{ResendKey, ResendSink, Resends};
use crate::client::events::{DaemonStatus, Event};
use crate::client::runtime::alarm::Alarm;
use crate::client::runtime::query_ids::Queries;
use crate::error::closed;
use crate::sync::lock;
use crate::wire::{Features, Id};
use crate::{Error, Result, Status};

/// The daemon stops reading a connection at the 17th request that waits: a lane stays below that.
/// The window and the copy commands beside it leave room for a message.
const AT_DAEMON: usize = 16;

/// Waiting and running requests of one lane.
pub(crate) struct Lane {
    pub(crate) kind: LaneKind,
    /// Its number among the lanes of its kind.
    pub(crate) number: usize,
    state: Mutex<State>,
    /// Wakes the lane's task: its next time limit changed.
    pub(crate) wake: Notify,
    /// Wakes those who wait for the lane to drain: something changed.
    pub(crate) progress: Notify,
}

pub(crate) struct State {
    /// The lane is needed: it is connected, and connected again after a loss.
    pub(crate) wanted: bool,
    /// The task that keeps the lane connected.
    pub(crate) task: Option<AbortHandle>,
    /// Counts disconnects of the lane; a task of an earlier epoch must not touch it.
    pub(crate) epoch: u64,
    pub(crate) attempts: Attempts,
    /// The connection, from the end of its handshake until it is lost.
    pub(crate) link: Option<Arc<Link>>,
    /// The last connection that was made, and when.
    pub(crate) handshaking: Weak<Writer>,
    pub(crate) handshaking_since: Instant,
    /// In its handshake, the daemon has created a session for it.
    introduced: bool,
    /// The session that the daemon may still keep for this lane.
    pub(crate) session: Option<Session>,
    pub(crate) calls: Calls,
    pub(crate) resends: Resends,
    pub(crate) messages: Messages,
    pub(crate) counts: Counts,
    /// When anything arrived last on earlier connections.
    pub(crate) heard: Option<Instant>,
    /// Rings for each request: the daemon owes something.
    alarm: Arc<Alarm>,
    /// The last status that the daemon sent on this lane.
    pub(crate) status: DaemonStatus,
    /// The client is closed: the lane accepts nothing any more.
    pub(crate) closed: bool,
}

/// A session that the daemon keeps for a lane.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    pub(crate) token: Id,
    /// When its connection was lost.
    pub(crate) lost_at: Instant,
}

/// Creates the lanes of a client, in the order of their kinds.
pub(crate) fn all(encryptions: usize, alarm: &Arc<Alarm>) -> Vec<Arc<Lane>> {
    let kinds = LaneKind::ALL.into_iter();
    let several = |kind: LaneKind| match kind {
        LaneKind::Encryption => 0..encryptions,
        _ => 0..1,
    };
    kinds
        .flat_map(|kind| several(kind).map(move |number| Lane::new(kind, number, alarm)))
        .collect()
}

impl Lane {
    pub(crate) fn new(kind: LaneKind, number: usize, alarm: &Arc<Alarm>) -> Arc<Self> {
        Arc::new(Lane {
            kind,
            number,
            state: Mutex::new(State {
                wanted: false,
                task: None,
                epoch: 0,
                attempts: Attempts::default(),
                link: None,
                handshaking: Weak::new(),
                handshaking_since: crate::clock::now(),
                introduced: false,
                session: None,
                calls: Calls::default(),
                resends: Resends::new(),
                messages: Messages::new(),
                counts: Counts::default(),
                heard: None,
                alarm: Arc::clone(alarm),
                status: DaemonStatus::default(),
                closed: false,
            }),
            wake: Notify::new(),
            progress: Notify::new(),
        })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// True while the lane is connected.
    pub(crate) fn is_up(&self) -> bool {
        self.lock().link.is_some()
    }

    /// What the daemon owes this lane, and since when.
    pub(crate) fn owed_since(&self) -> Option<(Owed, Instant)> {
        let state = self.lock();
        if state.link.is_some() {
            return state.calls.oldest_sent().map(|at| (Owed::Answer, at));
        }
        let is_shaking = state.handshaking.strong_count() > 0;
        is_shaking.then_some((Owed::Greeting, state.handshaking_since))
    }

    /// Records that a handshake starts; disconnecting the lane stops it from then on. Returns false
    /// where the lane was disconnected already.
    pub(crate) fn start_handshake(&self, epoch: u64, writer: &Arc<Writer>) -> bool {
        let mut state = self.lock();
        if state.epoch != epoch {
            return false;
        }
        state.handshaking = Arc::downgrade(writer);
        state.handshaking_since = crate::clock::now();
        state.introduced = false;
        state.alarm.ring();
        true
    }

    /// Queues the frame with which the daemon starts to keep a session; closing the lane sends it
    /// a goodbye from then on. Returns false where the lane was disconnected already.
    pub(crate) fn introduce(&self, epoch: u64, writer: &Writer, token: Bytes) -> bool {
        let mut state = self.lock();
        if state.epoch != epoch {
            return false;
        }
        state.introduced = true;
        writer.queue(token);
        true
    }

    /// A connection that was to resume the session of `token` is lost: the daemon may keep the
    /// session attached to it for a moment, as to any other.
    pub(crate) fn lost_in_handshake(&self, token: &Id) {
        if let Some(session) = &mut self.lock().session {
            if session.token == *token {
                session.lost_at = crate::clock::now();
            }
        }
    }

    /// Accepts nothing any more. Returns the writer to a daemon that has a session of the lane.
    pub(crate) fn shut(&self) -> Option<Arc<Writer>> {
        let mut state = self.lock();
        state.epoch += 1; // the lane's task stops with its connection
        state.closed = true;
        let link = state.link.as_ref();
        link.map(|link| Arc::clone(&link.writer))
            .or_else(|| state.handshaking.upgrade().filter(|_| state.introduced))
    }

    /// Disconnects on purpose and keeps all requests; the daemon keeps the session. Returns the
    /// events to publish about plain messages whose outcome is unknown.
    pub(crate) fn leave(&self) -> Vec<Event> {
        let mut state = self.lock();
        state.epoch += 1;
        let task = state.task.take();
        let handshaking = state.handshaking.upgrade();
        let (link, events) = state.lose_link();
        drop(state);
        if let Some(task) = task {
            task.abort();
        }
        if let Some(link) = &link {
            link.writer.socket().shutdown();
        } else if let Some(handshaking) = handshaking {
            // Wakes a thread in a handshake. A goodbye may still wait to be written.
            handshaking.socket().shutdown_read();
        }
        self.progress.notify_waiters();
        events
    }

    /// What must still be sent or answered before the lane is drained.
    pub(crate) fn undrained(&self) -> Undrained {
        let state = self.lock();
        if !state.messages.is_drained() || state.resends.has_writes() {
            return Undrained::Call;
        }
        match &state.link {
            Some(link) if !link.writer.is_empty() => Undrained::Bytes(Arc::clone(link)),
            _ => Undrained::Nothing,
        }
    }

    /// Completes all requests of the lane with an error, because the client is closed.
    pub(crate) fn fail_all(&self) {
        let mut state = self.lock();
        state.closed = true;
        let calls = state.calls.take_all();
        state.resends.fail_all(closed);
        state.messages.fail_all(closed);
        drop(state);
        for sink in calls {
            sink.deliver(Err(closed()));
        }
        self.progress.notify_waiters();
    }

    /// Reserves a place at the end of the lane's queue. The receiver is notified when its turn is
    /// near; then the place is to be filled.
    pub(crate) fn reserve(
        &self,
        is_write: bool,
    ) -> Result<(ResendKey, oneshot::Receiver<Result<()>>)> {
        let mut state = self.lock();
        if state.closed {
            return Err(closed());
        }
        Ok(state.resends.reserve(is_write))
    }

    /// Puts a resend into its reserved place.
    pub(crate) fn fill(
        &self,
        key: ResendKey,
        request: ResendRequest,
        sink: ResendSink,
    ) -> Result<()> {
        let filled = self.lock().resends.fill(key, request, sink);
        // The place is gone where all that waited was given up since.
        filled.map_err(|error| self.failure().unwrap_or(error))
    }

    /// Sends what may be sent now, after something changed.
    pub(crate) fn pump(&self, queries: &Queries) {
        let link = self.lock().pump(queries);
        if let Some(link) = link {
            link.writer.flush();
            link.reading.request_reader();
            self.wake.notify_one(); // the sent requests have time limits
        }
    }
}

/// What the daemon sends without delay.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owed {
    /// The first frames of a new connection.
    Greeting,
    /// The answer to a local request.
    Answer,
}

/// What a lane still holds that is being drained.
pub(crate) enum Undrained {
    /// Nothing at all.
    Nothing,
    /// Frames that the socket has not accepted.
    Bytes(Arc<Link>),
    /// Writes without an answer, or messages that may not have left the daemon.
    Call,
}

impl State {
    /// Queues at the writer what may be sent now; this decides the order, under the lock. The
    /// caller must flush the returned link.
    ///
    /// Messages go first: they are few, cheap and never resent.
    #[must_use]
    pub(crate) fn pump(&mut self, queries: &Queries) -> Option<Arc<Link>> {
        let link = self.send_next(queries);
        let busy = self.resends.in_flight() + self.messages.busy();
        let free = self.resends.window.slots().saturating_sub(busy);
        self.resends.notify_near(free);
        link
    }

    fn send_next(&mut self, queries: &Queries) -> Option<Arc<Link>> {
        let link = self.link.clone()?;
        let now = crate::clock::now();
        let online = self.status.is_connected;
        loop {
            let (resends, messages) = (self.resends.in_flight(), self.messages.busy());
            let slots = self.resends.window.slots();
            let mut frame = None;
            if messages < slots && self.resends.running() + messages < AT_DAEMON {
                frame = self.messages.next(online, now);
                if frame.is_some() {
                    self.resends.window.disturb();
                }
            }
            if frame.is_none() && online && resends + messages < slots {
                frame = self.next_resend(&link.features, queries, now);
            }
            match frame {
                Some(frame) => self.queue(&link, frame),
                None => break,
            }
        }
        Some(link)
    }

    fn next_resend(
        &mut self,
        features: &Features,
        queries: &Queries,
        now: Instant,
    ) -> Option<Bytes> {
        let (frame, is_replay) = self.resends.next(features, queries, now)?;
        self.counts.replays += u64::from(is_replay);
        Some(frame)
    }

    /// Queues a request at the writer; the caller must flush the link.
    pub(crate) fn queue(&mut self, link: &Link, frame: Bytes) {
        self.counts.requests += 1;
        link.writer.queue(frame);
        self.alarm.ring();
    }

    /// Stores the status that the daemon sent.
    pub(crate) fn set_status(&mut self, status: DaemonStatus) {
        let now = crate::clock::now();
        self.messages.set_online(status.is_connected, now);
        self.resends.set_online(status.is_connected, now);
        self.status = status;
        self.alarm.ring();
    }

    /// The connection is lost. Returns it, and the events to publish about plain messages.
    pub(crate) fn lose_link(&mut self) -> (Option<Arc<Link>>, Vec<Event>) {
        let link = self.link.take();
        if let Some(token) = link.as_ref().and_then(|link| link.token) {
            self.session = Some(Session {
                token,
                lost_at: crate::clock::now(),
            });
        }
        self.status.is_connected = false;
        let heard = link.as_ref().and_then(|link| link.reading.heard());
        self.heard = heard.max(self.heard);
        self.alarm.ring();
        self.calls.drop_given_up();
        let events = match link {
            Some(_) => self.messages.on_lost(),
            None => Vec::new(),
        };
        (link, events)
    }

    /// The daemon closed the connection, or sent something unintelligible, although it answers
    /// local requests itself: an old daemon keeps them in its queue while it is off the mixnet.
    pub(crate) fn was_hung_up_on(&self, reason: &Error) -> bool {
        let by_daemon = matches!(
            reason.status(),
            Status::CONNECTION_LOST | Status::CBOR | Status::FRAME_TOO_LARGE
        );
        let answers =
            |link: &Arc<Link>| self.status.is_connected || link.features.answers_at_once();
        by_daemon && self.link.as_ref().is_some_and(answers)
    }

    /// Something waits here for a connection or an answer.
    pub(crate) fn has_work(&self) -> bool {
        self.calls.len() + self.resends.queued() > 0 || self.waits_for_io()
    }

    /// Something other than a thread of the application waits for an answer: only the I/O thread
    /// reads for it.
    pub(crate) fn waits_for_io(&self) -> bool {
        self.calls.has_tasks() || !self.resends.is_empty() || !self.messages.is_empty()
    }

    /// The earliest time limit on the lane.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        // Without a connection no cancel can be sent, and what is due would be due for ever.
        let resends = self.link.as_ref().and(self.resends.next_deadline());
        let calls = self.link.as_ref().and(self.calls.next_deadline());
        [resends, self.messages.next_deadline(), calls]
            .into_iter()
            .flatten()
            .min()
    }
}

#[cfg(test)]
mod tests;
