//! A lane: its connection, and the work that waits and runs on it.

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
use crate::client::runtime::query_ids::Queries;
use crate::error::closed;
use crate::sync::lock;
use crate::wire::{Features, Id};
use crate::{Error, Result, Status};

/// The daemon stops reading a connection at the 17th request that waits: never so many. The
/// window and the copy commands beside it leave room for a message.
const AT_DAEMON: usize = 16;

/// Waiting and running work of one lane.
pub(crate) struct Lane {
    pub(crate) kind: LaneKind,
    /// Which one of its kind.
    pub(crate) number: usize,
    state: Mutex<State>,
    /// Wakes the lane's task: its next time limit changed.
    pub(crate) wake: Notify,
    /// Tells those who wait for the lane to drain that something moved.
    pub(crate) progress: Notify,
}

pub(crate) struct State {
    /// Something needs this lane; it is connected, and again after a loss.
    pub(crate) wanted: bool,
    /// The task that keeps the lane connected.
    pub(crate) task: Option<AbortHandle>,
    /// Counts the times that the lane was left; a task of an earlier epoch must not touch it.
    pub(crate) epoch: u64,
    pub(crate) attempts: Attempts,
    /// The connection, while its handshake is over and it is not lost.
    pub(crate) link: Option<Arc<Link>>,
    /// The last connection that was made, and when.
    handshaking: Weak<Writer>,
    handshaking_since: Instant,
    /// Its handshake is so far that the daemon has a session for it.
    introduced: bool,
    /// The session that the daemon may still hold for this lane.
    pub(crate) session: Option<Session>,
    pub(crate) calls: Calls,
    pub(crate) resends: Resends,
    pub(crate) messages: Messages,
    pub(crate) counts: Counts,
    /// What the daemon last said of itself on this lane.
    pub(crate) status: DaemonStatus,
    /// The client is closed: nothing comes in any more.
    pub(crate) closed: bool,
}

/// A session by which the daemon knows a lane.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    pub(crate) token: Id,
    /// When its connection was lost.
    pub(crate) lost_at: Instant,
}

/// The lanes of a client, in the order of their kinds.
pub(crate) fn all(encryptions: usize) -> Vec<Arc<Lane>> {
    let kinds = LaneKind::ALL.into_iter();
    let several = |kind: LaneKind| match kind {
        LaneKind::Encryption => 0..encryptions,
        _ => 0..1,
    };
    kinds
        .flat_map(|kind| several(kind).map(move |number| Lane::new(kind, number)))
        .collect()
}

impl Lane {
    pub(crate) fn new(kind: LaneKind, number: usize) -> Arc<Self> {
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
                handshaking_since: Instant::now(),
                introduced: false,
                session: None,
                calls: Calls::default(),
                resends: Resends::new(),
                messages: Messages::new(),
                counts: Counts::default(),
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

    /// True while the connection stands.
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

    /// A handshake begins; from then on whoever leaves the lane ends that. False where it was
    /// left already.
    pub(crate) fn start_handshake(&self, epoch: u64, writer: &Arc<Writer>) -> bool {
        let mut state = self.lock();
        if state.epoch != epoch {
            return false;
        }
        state.handshaking = Arc::downgrade(writer);
        state.handshaking_since = Instant::now();
        state.introduced = false;
        true
    }

    /// Puts the frame in line that gives the daemon a session to keep; from then on whoever
    /// closes the lane says goodbye to it. False where it was left already.
    pub(crate) fn introduce(&self, epoch: u64, writer: &Writer, token: Bytes) -> bool {
        let mut state = self.lock();
        if state.epoch != epoch {
            return false;
        }
        state.introduced = true;
        writer.queue(token);
        true
    }

    /// A connection that was to resume the session of `token` is lost: the session may be
    /// held by it for a moment, as by any other.
    pub(crate) fn lost_in_handshake(&self, token: &Id) {
        if let Some(session) = &mut self.lock().session {
            if session.token == *token {
                session.lost_at = Instant::now();
            }
        }
    }

    /// Lets nothing in any more. Gives the way out to a daemon that has a session of the lane.
    pub(crate) fn shut(&self) -> Option<Arc<Writer>> {
        let mut state = self.lock();
        state.epoch += 1; // the lane's task ends with its connection
        state.closed = true;
        let link = state.link.as_ref();
        link.map(|link| Arc::clone(&link.writer))
            .or_else(|| state.handshaking.upgrade().filter(|_| state.introduced))
    }

    /// Leaves the connection on purpose, keeping all work; the daemon keeps the session.
    /// Gives what is to be told of plain messages whose fate is unknown.
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
            // Wakes a thread that shakes hands. A goodbye may still be on its way out.
            handshaking.socket().shutdown_read();
        }
        self.progress.notify_waiters();
        events
    }

    /// What still has to leave before the lane's work for others is safe.
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

    /// Ends all work of the lane, because the client is closed.
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

    /// Takes a place at the end of the lane's line, to be filled when it is told that its turn
    /// is near.
    pub(crate) fn reserve(&self, is_write: bool) -> Result<(ResendKey, oneshot::Receiver<()>)> {
        let mut state = self.lock();
        if state.closed {
            return Err(closed());
        }
        Ok(state.resends.reserve(is_write))
    }

    /// Puts a start into its place in line.
    pub(crate) fn fill(
        &self,
        key: ResendKey,
        request: ResendRequest,
        sink: ResendSink,
    ) -> Result<()> {
        self.lock().resends.fill(key, request, sink)
    }

    /// Sends what may be sent now, after something changed.
    pub(crate) fn pump(&self, queries: &Queries) {
        let link = self.lock().pump(queries);
        if let Some(link) = link {
            link.writer.flush();
            link.reading.recall_if_open();
            self.wake.notify_one(); // what was sent has a time limit
        }
    }
}

/// What the daemon does by itself, soon.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owed {
    /// The first frames of a new connection.
    Greeting,
    /// The answer to a local request.
    Answer,
}

/// What a lane that is to be drained still holds.
pub(crate) enum Undrained {
    /// Nothing at all.
    Nothing,
    /// Frames that the socket has not taken.
    Bytes(Arc<Link>),
    /// Writes without answer, or messages that may not have left the daemon.
    Call,
}

impl State {
    /// Puts in line for the socket what may be sent now; the order is decided here, under
    /// the lock. The link that is given must be kicked.
    ///
    /// Messages go first: they are few, cheap and never resent.
    #[must_use]
    pub(crate) fn pump(&mut self, queries: &Queries) -> Option<Arc<Link>> {
        let link = self.send_next(queries);
        let busy = self.resends.in_flight() + self.messages.busy();
        let free = self.resends.window.slots().saturating_sub(busy);
        self.resends.call_near(free);
        link
    }

    fn send_next(&mut self, queries: &Queries) -> Option<Arc<Link>> {
        let link = self.link.clone()?;
        let now = Instant::now();
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
                frame = self.next_start(&link.features, queries, now);
            }
            match frame {
                Some(frame) => self.queue(&link, frame),
                None => break,
            }
        }
        Some(link)
    }

    fn next_start(
        &mut self,
        features: &Features,
        queries: &Queries,
        now: Instant,
    ) -> Option<Bytes> {
        let (frame, is_replay) = self.resends.next(features, queries, now)?;
        self.counts.replays += u64::from(is_replay);
        Some(frame)
    }

    /// Puts a request in line for the socket; the link must be kicked.
    pub(crate) fn queue(&mut self, link: &Link, frame: Bytes) {
        self.counts.requests += 1;
        link.writer.queue(frame);
    }

    /// Takes over what the daemon says of itself.
    pub(crate) fn set_status(&mut self, status: DaemonStatus) {
        let now = Instant::now();
        self.messages.set_online(status.is_connected, now);
        self.resends.set_online(status.is_connected, now);
        self.status = status;
    }

    /// The connection is gone. Gives what is to be told of plain messages.
    pub(crate) fn lose_link(&mut self) -> (Option<Arc<Link>>, Vec<Event>) {
        let link = self.link.take();
        if let Some(token) = link.as_ref().and_then(|link| link.token) {
            self.session = Some(Session {
                token,
                lost_at: Instant::now(),
            });
        }
        self.status.is_connected = false;
        self.calls.drop_given_up();
        let events = match link {
            Some(_) => self.messages.on_lost(),
            None => Vec::new(),
        };
        (link, events)
    }

    /// The daemon ended the connection, or sent what cannot be understood, although it was to
    /// answer local requests by itself: an old one leaves them in its queue while it is off
    /// the mixnet.
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
        self.calls.len() + self.resends.in_line() > 0 || self.waits_for_io()
    }

    /// Something waits for an answer that is no thread of the application: only the I/O
    /// thread reads for it.
    pub(crate) fn waits_for_io(&self) -> bool {
        self.calls.has_tasks() || !self.resends.is_empty() || !self.messages.is_empty()
    }

    /// The earliest moment at which the lane has something to do by itself.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        // Without a connection no cancel can go, and what is due would be due for ever.
        let resends = self.link.as_ref().and(self.resends.next_deadline());
        let calls = self.link.as_ref().and(self.calls.next_deadline());
        [resends, self.messages.next_deadline(), calls]
            .into_iter()
            .flatten()
            .min()
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::os::unix::net::UnixStream;
    use std::pin::pin;
    use std::task::{Context, Waker};
    use std::time::Duration;

    use super::*;
    use crate::client::connection::io::reading::Reading;
    use crate::client::connection::io::trace::Trace;
    use crate::client::connection::state::messages::{MessageSink, PlainMessage};
    use crate::client::connection::state::resends::tests::{copy_of, write_of};
    use crate::client::runtime::log::Log;
    use crate::transport::Socket;
    use crate::wire::Features;

    fn message() -> PlainMessage {
        PlainMessage {
            id: crate::client::random_array().unwrap(),
            surb: Some(crate::client::random_array().unwrap()),
            frame: Bytes::from_static(b"message"),
            legacy: None,
            sink: MessageSink::Events,
        }
    }

    #[test]
    fn the_daemon_never_has_more_than_its_queue_holds() {
        let queries = Queries::new().unwrap();
        let (lane, _far) = online();
        let mut answers = Vec::new();
        for number in 0..60_u8 {
            let (sink, answer) = tokio::sync::oneshot::channel();
            let request = match number {
                0..4 => copy_of(number),
                _ => write_of(number),
            };
            lane.lock().resends.enqueue(request, sink);
            answers.push(answer);
        }
        lane.lock()
            .resends
            .window
            .expect(1e9, Duration::from_secs(10), 1.0);
        lane.pump(&queries);
        assert_eq!(lane.lock().counts.requests, 15);
        for _ in 0..10 {
            lane.lock().messages.enqueue(message());
        }
        lane.pump(&queries);
        assert_eq!(
            lane.lock().counts.requests,
            16,
            "a message has its place too"
        );
    }

    #[test]
    fn whoever_keeps_time_hears_of_each_start() {
        let queries = Queries::new().unwrap();
        let (lane, _far) = online();
        let (sink, _answer) = tokio::sync::oneshot::channel();
        lane.lock().resends.enqueue(copy_of(1), sink);
        lane.pump(&queries);
        assert_eq!(lane.lock().resends.running(), 1);
        let heard = pin!(lane.wake.notified());
        assert!(heard
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready());
    }

    /// A lane with a connection to a daemon on the mixnet.
    fn online() -> (Arc<Lane>, UnixStream) {
        let lane = Lane::new(LaneKind::Write, 0);
        let (near, far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        let writer = Writer::new(Socket::Unix(near), Trace::new(&Log::default(), lane.kind));
        let mut state = lane.lock();
        state.link = Some(Arc::new(Link {
            writer: Arc::new(writer),
            features: Arc::new(Features::current()),
            token: None,
            reading: Arc::new(Reading::new()),
        }));
        state.set_status(DaemonStatus {
            is_connected: true,
            ..DaemonStatus::default()
        });
        drop(state);
        (lane, far)
    }

    #[test]
    fn nothing_falls_due_on_a_lane_without_connection_whatever_its_daemon_last_said() {
        let queries = Queries::new().unwrap();
        let lane = Lane::new(LaneKind::Write, 0);
        let (sink, _answer) = tokio::sync::oneshot::channel();
        let key = lane.lock().resends.enqueue(copy_of(1), sink);
        let mut state = lane.lock();
        let now = Instant::now();
        assert!(state
            .resends
            .next(&Features::current(), &queries, now)
            .is_some());
        state.resends.abandon(key, &queries, now);
        state.set_status(DaemonStatus {
            is_connected: true,
            ..DaemonStatus::default()
        });
        assert_eq!(state.next_deadline(), None);
    }
}
