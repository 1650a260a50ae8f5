//! The queues of requests for the mixnet, and the choice of the next one.

use std::ops::Bound;

use crate::daemon::state::{AppNo, ConnId, Daemon, Event, Queued, Step};

/// The most requests that a connection can queue. With more it is not read.
const DEPTH: usize = 16;
/// The depth of the one queue of daemons up to v0.0.73-rc1.
const ONE_QUEUE_DEPTH: usize = 64;

/// What a turn is used for.
pub(crate) enum Turn {
    Resend(u64),
    Request(ConnId, Queued),
}

impl Daemon {
    /// Queues a request for its connection, or returns it if the queue is full.
    pub(crate) fn enqueue(&mut self, id: ConnId, queued: Queued) -> Result<(), Queued> {
        let Some(conn) = self.conns.get_mut(&id) else {
            return Ok(());
        };
        if let Queued::Frame(frame) = queued {
            if self.ticks.one_queue.len() >= ONE_QUEUE_DEPTH {
                return Err(Queued::Frame(frame));
            }
            self.ticks.one_queue.push_back((id, frame));
        } else if conn.queue.len() >= DEPTH {
            return Err(queued);
        } else {
            conn.queue.push_back(queued);
        }
        self.arm();
        Ok(())
    }

    /// Queues a request, as a step of the reader.
    pub(crate) fn wait_for_turn(&mut self, id: ConnId, queued: Queued) -> Step {
        match self.enqueue(id, queued) {
            Ok(()) => Step::Next,
            Err(back) => Step::Full(back),
        }
    }

    /// Queues a frame in the one queue of daemons up to v0.0.73-rc1.
    pub(crate) fn wait_in_the_one_queue(&mut self, id: ConnId, frame: &[u8]) -> Step {
        self.wait_for_turn(id, Queued::Frame(frame.to_vec()))
    }

    /// Queues a packet of an entry in flight.
    pub(crate) fn want_resend(&mut self, app: AppNo, entry: u64) {
        if let Some(app) = self.apps.get_mut(&app) {
            app.resends.push_back(entry);
            self.arm();
        }
    }

    /// Schedules the next tick. An idle daemon needs none: the Poisson process has no memory.
    pub(crate) fn arm(&mut self) {
        let stopped = self.ticks.held || self.ticks.busy || !self.online;
        if self.ticks.armed || stopped || !self.has_work() {
            return;
        }
        self.ticks.armed = true;
        let gap = self.random.exponential(self.config.mean_gap());
        self.agenda.after(gap, Event::Tick);
    }

    fn has_work(&self) -> bool {
        !self.ticks.one_queue.is_empty()
            || self.conns.values().any(|c| !c.queue.is_empty())
            || self.apps.values().any(|a| !a.resends.is_empty())
    }

    /// Chooses round robin over the applications. Entries in flight precede new requests.
    pub(crate) fn choose(&mut self) -> Option<Turn> {
        let after = (Bound::Excluded(self.ticks.last), Bound::Unbounded);
        let upto = (Bound::Unbounded, Bound::Included(self.ticks.last));
        let order: Vec<AppNo> = self
            .apps
            .range(after)
            .chain(self.apps.range(upto))
            .map(|(app, _)| *app)
            .collect();
        for app in order {
            if let Some(turn) = self.turn_of(app) {
                self.ticks.last = app;
                return Some(turn);
            }
        }
        if let Some((id, frame)) = self.ticks.one_queue.pop_front() {
            self.notify_room();
            return Some(Turn::Request(id, Queued::Frame(frame)));
        }
        self.orphaned_request()
    }

    fn turn_of(&mut self, app: AppNo) -> Option<Turn> {
        let entry = self.apps.get_mut(&app)?;
        while let Some(number) = entry.resends.pop_front() {
            if self.arq.contains(number) {
                return Some(Turn::Resend(number));
            }
        }
        self.conns
            .iter_mut()
            .filter(|(_, conn)| conn.app == app)
            .find_map(|(id, conn)| {
                let queued = conn.queue.pop_front()?;
                conn.room.notify_one();
                Some(Turn::Request(*id, queued))
            })
    }

    /// The next request of a connection whose application is gone.
    fn orphaned_request(&mut self) -> Option<Turn> {
        self.conns.iter_mut().find_map(|(id, conn)| {
            let queued = conn.queue.pop_front()?;
            conn.room.notify_one();
            Some(Turn::Request(*id, queued))
        })
    }

    /// Wakes every connection, since each may wait for room in the one queue.
    fn notify_room(&self) {
        for conn in self.conns.values() {
            conn.room.notify_one();
        }
    }
}
