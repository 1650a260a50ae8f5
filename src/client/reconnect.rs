//! A lane is connected, or its connection lost: what becomes of its requests, and of what is known
//! of the daemon.

use std::sync::atomic::Ordering;
use std::sync::Arc;

use crate::client::connection;
use crate::client::connection::{Established, Lane, LaneKind};
use crate::client::daemon::announced::Reached;
use crate::client::events::Event;
use crate::client::runtime::log::Level;
use crate::client::shared::Shared;
use crate::client::verify;
use crate::clock;
use crate::sync::lock;
use crate::{Error, Result};

impl Shared {
    /// A lane's handshake is complete: installs the connection, replays what is unanswered, and
    /// publishes the change. Returns false if the lane was disconnected meanwhile.
    pub(crate) fn lane_connected(
        self: &Arc<Self>,
        lane: &Arc<Lane>,
        epoch: u64,
        session: &Established,
    ) -> bool {
        let mut announced = lock(&self.announced);
        let status = &session.status;
        self.set_features(&session.link.features);
        let Some(outcomes) = lane.install(epoch, session, &self.queries) else {
            return false;
        };
        self.set_encryption_connected(lane, true);
        self.help_waiting_encryptions();
        let reached = announced.reach(status.instance_token);
        if reached == Reached::Restarted {
            lock(&self.view).forget_epochs();
            self.encryption.on_restarted();
            self.verification.forget();
        }
        let misfit = lock(&self.view).take_geometry(status);
        self.publish_status(reached != Reached::Again);
        let problem = session
            .document
            .as_ref()
            .and_then(|d| self.publish_document(d));
        match reached {
            Reached::Restarted => self.sinks.publish(&Event::Restarted),
            Reached::Resumed => self.sinks.publish(&Event::Resumed),
            Reached::First | Reached::Again => {}
        }
        self.publish_all(outcomes);
        drop(announced);
        session.link.writer.flush(); // writes log lines, so under no lock
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
        let mut announced = lock(&self.announced);
        let mut state = lane.lock();
        if state.epoch != epoch {
            return; // disconnected on purpose, and published so
        }
        let was_hung_up_on = !announced.shutting_down && state.was_hung_up_on(reason);
        let poison = if was_hung_up_on {
            state.resends.on_hung_up(clock::now());
            state.calls.blame_oldest()
        } else {
            None
        };
        let (link, outcomes) = state.lose_link();
        drop(state);
        if let Some(sink) = poison {
            sink.deliver(Err(connection::given_up()));
        }
        lane.progress.notify_waiters();
        self.publish_all(outcomes);
        let Some(link) = link else {
            return;
        };
        self.set_encryption_connected(lane, false);
        link.writer.socket().shutdown();
        if self.is_attached() {
            self.publish_status(false);
        } else {
            let graceful = announced.shutting_down;
            self.publish_lost(
                &mut announced,
                graceful,
                (!graceful).then(|| reason.clone()),
            );
        }
    }

    /// Disconnects every lane on purpose. `allow` decides that, under the lock.
    pub(crate) fn leave_all(&self, allow: impl FnOnce() -> Result<bool>) -> Result<()> {
        let mut announced = lock(&self.announced);
        if !allow()? {
            return Ok(());
        }
        for lane in &self.lanes {
            let outcomes = lane.leave();
            self.set_encryption_connected(lane, false);
            self.publish_all(outcomes);
        }
        self.publish_lost(&mut announced, true, None);
        Ok(())
    }

    /// Does what is due on a lane.
    pub(crate) fn tick(&self, lane: &Lane) {
        let now = clock::now();
        let mut state = lane.lock();
        let outcomes = state.messages.expire(now);
        state.calls.release_overdue(now);
        let link = state.link.clone();
        if let Some(link) = &link {
            for cancel in state.resends.due_cancels(&self.queries, now) {
                state.queue(link, cancel);
            }
        }
        drop(state);
        if let Some(link) = link {
            link.writer.flush();
        }
        self.publish_all(outcomes);
        self.alarm.ring(); // a message may be overdue
        lane.progress.notify_waiters();
        lane.pump(&self.queries);
    }

    fn set_features(&self, features: &Arc<crate::wire::Features>) {
        lock(&self.view).features = Some(Arc::clone(features));
        let single = !features.answers_at_once();
        self.single.store(single, Ordering::Release);
        self.encryption.set_single(single);
    }

    /// A lane is connected, or no longer.
    fn set_encryption_connected(&self, lane: &Lane, connected: bool) {
        if lane.kind == LaneKind::Encryption {
            self.encryption.set_connected(lane.number, connected);
        }
    }
}
