//! What the client tells of its daemon: each change once, though several lanes bring it.
//!
//! The picture told is that of the first lane that is up. All of it is told under
//! one lock, so that events, the state that the client shows and a new sink's first
//! events fit together.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::estimate;
use super::events::{DaemonStatus, Event};
use super::inner::{closed, Inner, Phase};
use super::lane::{self, Established, Lane, LaneKind};
use super::log::Level;
use super::sink::EventSink;
use super::verify;
use crate::pki::Document;
use crate::sync::lock;
use crate::wire::{ConnectionStatus, Id};
use crate::{Error, Result};

/// What was told, so that nothing is told twice.
#[derive(Default)]
pub(crate) struct Told {
    /// The loss of the daemon, and its return was not.
    lost: bool,
    /// The daemon's word that it shuts down.
    shutting_down: bool,
    /// The daemon process, by the token that newer ones have; none before the first connection.
    instance: Option<Option<Id>>,
}

impl Told {
    /// The daemon is reached. Gives what is to be told of that.
    fn reach(&mut self, instance: Option<Id>) -> Reached {
        let was_lost = std::mem::take(&mut self.lost);
        self.shutting_down = false;
        match self.instance.replace(instance) {
            None => Reached::First,
            Some(before) if before != instance => Reached::Restarted,
            // Without a token there are no sessions either: whatever it is, it has forgotten.
            Some(None) if was_lost => Reached::Restarted,
            Some(_) if was_lost => Reached::Resumed,
            Some(_) => Reached::Again,
        }
    }
}

/// How a lane's new connection looks from outside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    First,
    Restarted,
    Resumed,
    /// Another lane is up already.
    Again,
}

impl Inner {
    /// A lane's handshake is over: makes the connection the lane's own, sends again what
    /// is unanswered, and tells of it. False if the lane was left meanwhile.
    pub(crate) fn lane_connected(
        self: &Arc<Self>,
        lane: &Arc<Lane>,
        epoch: u64,
        session: &Established,
    ) -> bool {
        let mut told = lock(&self.told);
        let status = &session.status;
        self.set_features(&session.link.features);
        let Some(fates) = lane.install(epoch, session, &self.queries) else {
            return false;
        };
        self.tell_encryption(lane, true);
        self.help_waiting_encryptions();
        let reached = told.reach(status.instance_token);
        if reached == Reached::Restarted {
            lock(&self.view).forget_epochs();
            self.encryption.on_restarted();
            self.verification.forget();
        }
        let misfit = lock(&self.view).take_geometry(status);
        self.tell_status(reached != Reached::Again);
        let problem = session
            .document
            .as_ref()
            .and_then(|d| self.tell_document(d));
        match reached {
            Reached::Restarted => self.sinks.publish(&Event::Restarted),
            Reached::Resumed => self.sinks.publish(&Event::Resumed),
            Reached::First | Reached::Again => {}
        }
        self.publish_all(fates);
        drop(told);
        session.link.outbox.kick(); // writes log lines, so under no lock
        self.warn("geometry", misfit);
        self.warn("document", problem);
        self.log.line(Level::Info, || {
            format!("{:?} lane: connected with the daemon", lane.kind)
        });
        if lane.kind == LaneKind::Local {
            verify::in_background(self);
        }
        true
    }

    /// A lane's connection is lost.
    pub(crate) fn lane_lost(&self, lane: &Lane, epoch: u64, reason: &Error) {
        let mut told = lock(&self.told);
        let mut state = lane.lock();
        if state.epoch != epoch {
            return; // left on purpose, and told so
        }
        let was_hung_up_on = !told.shutting_down && state.was_hung_up_on(reason);
        let poison = if was_hung_up_on {
            state.starts.on_hung_up(Instant::now());
            state.calls.blame_oldest()
        } else {
            None
        };
        let (link, fates) = state.lose_link();
        drop(state);
        if let Some(sink) = poison {
            sink.deliver(Err(lane::given_up()));
        }
        lane.progress.notify_waiters();
        self.publish_all(fates);
        let Some(link) = link else {
            return;
        };
        self.tell_encryption(lane, false);
        link.outbox.socket().shutdown();
        if self.is_attached() {
            self.tell_status(false);
        } else {
            let graceful = told.shutting_down;
            self.tell_lost(&mut told, graceful, (!graceful).then(|| reason.clone()));
        }
    }

    /// Leaves every lane on purpose. `allow` decides, under the lock, whether that is to be.
    pub(crate) fn leave_all(&self, allow: impl FnOnce() -> Result<bool>) -> Result<()> {
        let mut told = lock(&self.told);
        if !allow()? {
            return Ok(());
        }
        for lane in &self.lanes {
            let fates = lane.leave();
            self.tell_encryption(lane, false);
            self.publish_all(fates);
        }
        self.tell_lost(&mut told, true, None);
        Ok(())
    }

    /// Tells of the loss of the daemon, once until it returns.
    fn tell_lost(&self, told: &mut MutexGuard<'_, Told>, graceful: bool, reason: Option<Error>) {
        if told.instance.is_none() || std::mem::replace(&mut told.lost, true) {
            return;
        }
        lock(&self.view).status.is_connected = false;
        self.sinks
            .publish(&Event::Disconnected { graceful, reason });
    }

    /// The daemon told its status on a lane.
    pub(crate) fn take_status(&self, lane: &Lane, status: &ConnectionStatus) {
        let told = lock(&self.told);
        lane.lock().set_status(status_of(status));
        let misfit = lock(&self.view).take_geometry(status);
        self.tell_status(false);
        drop(told);
        self.warn("geometry", misfit);
        lane.pump(&self.queries);
        lane.wake.notify_one(); // time limits count again, or no longer
        lane.progress.notify_waiters();
    }

    /// Tells the status of the first lane that is up, if it is news. Under the lock.
    fn tell_status(&self, always: bool) {
        let up = |lane: &Arc<Lane>| {
            let state = lane.lock();
            state.link.is_some().then(|| state.status.clone())
        };
        let Some(status) = self.lanes.iter().find_map(up) else {
            return;
        };
        let is_news = lock(&self.view).set_status(&status);
        if is_news || always {
            self.sinks.publish(&Event::ConnectionStatus(status));
        }
    }

    /// The daemon sent a document on a lane.
    pub(crate) fn take_document(&self, payload: &Bytes) {
        let told = lock(&self.told);
        let problem = self.tell_document(payload);
        drop(told);
        self.warn("document", problem);
    }

    /// Tells a document, if it is news. Gives what is wrong with it. Under the lock.
    fn tell_document(&self, payload: &Bytes) -> Option<Error> {
        if lock(&self.view).is_current_document(payload) {
            return None;
        }
        let document = match Document::parse(payload.clone()) {
            Ok(document) => Arc::new(document),
            Err(error) => return Some(error),
        };
        if lock(&self.view).take_document(&document) {
            self.expect_rates(&document);
            self.sinks.publish(&Event::Document(Arc::clone(&document)));
            self.tell_vanished(&document);
        }
        None
    }

    fn warn(&self, what: &str, problem: Option<Error>) {
        if let Some(error) = problem {
            self.log
                .line(Level::Warn, || format!("dropped a {what}: {error}"));
        }
    }

    /// The daemon said that it shuts down.
    pub(crate) fn take_shutdown(&self) {
        let mut told = lock(&self.told);
        if !std::mem::replace(&mut told.shutting_down, true) {
            self.sinks.publish(&Event::Shutdown);
        }
    }

    /// A sink that begins with what is known of the daemon.
    pub(crate) fn open_sink(&self, capacity: usize) -> Result<Arc<EventSink>> {
        let told = lock(&self.told);
        if *lock(&self.phase) == Phase::Closed {
            return Err(closed());
        }
        let sink = EventSink::new(capacity, &self.dispatcher, self.sinks.drops());
        if told.instance.is_some() {
            let view = lock(&self.view);
            sink.push(Event::ConnectionStatus(view.status.clone()));
            if let Ok(document) = view.document() {
                sink.push(Event::Document(document));
            }
        }
        self.sinks.add(&sink);
        Ok(sink)
    }

    /// Tells every sink that nothing follows.
    pub(crate) fn tell_closed(&self) {
        let _told = lock(&self.told);
        self.sinks.publish(&Event::Closed);
    }

    pub(crate) fn publish_all(&self, events: Vec<Event>) {
        for event in &events {
            self.sinks.publish(event);
        }
    }

    /// Tells the lanes what the network promises.
    fn expect_rates(&self, document: &Document) {
        let per_second = document.lambda_p() * 1000.0;
        let round_trip = expected_round_trip(document);
        for lane in &self.lanes {
            let packets = estimate::packets(lane.kind);
            let mut state = lane.lock();
            state.messages.set_rate(per_second);
            state.starts.window.expect(per_second, round_trip, packets);
        }
    }

    /// Does what is due on a lane by time.
    pub(crate) fn tick(&self, lane: &Lane) {
        let now = Instant::now();
        let mut state = lane.lock();
        let fates = state.messages.expire(now);
        state.calls.release_overdue(now);
        let link = state.link.clone();
        if let Some(link) = &link {
            for cancel in state.starts.due_cancels(&self.queries, now) {
                state.put(link, cancel);
            }
        }
        drop(state);
        if let Some(link) = link {
            link.outbox.kick();
        }
        self.publish_all(fates);
        lane.progress.notify_waiters();
        lane.pump(&self.queries);
    }

    fn set_features(&self, features: &Arc<crate::wire::Features>) {
        lock(&self.view).features = Some(Arc::clone(features));
        let single = !Inner::is_modern(features);
        self.single.store(single, Ordering::Release);
        self.encryption.set_single(single);
    }

    /// A lane stands, or no longer.
    fn tell_encryption(&self, lane: &Lane, connected: bool) {
        if lane.kind == LaneKind::Encryption {
            self.encryption.set_connected(lane.number, connected);
        }
    }
}

/// What is told of a status; the sizes in it go their own way.
pub(crate) fn status_of(status: &ConnectionStatus) -> DaemonStatus {
    DaemonStatus {
        is_connected: status.is_connected,
        instance_token: status.instance_token,
        err: status.err.clone(),
    }
}

/// A round trip as the document's mean mix delay makes it: gateways and services delay nothing.
pub(crate) fn expected_round_trip(document: &Document) -> Duration {
    // Mu is the rate of the exponential delay at each hop, per millisecond.
    let mean_ms = if document.mu() > 0.0 {
        1.0 / document.mu()
    } else {
        0.0
    };
    let hops = 2 * document.layers();
    #[allow(clippy::cast_precision_loss)] // a handful of layers
    let millis = (mean_ms * hops as f64).clamp(1.0, 60_000.0);
    Duration::from_secs_f64(millis / 1000.0)
}
