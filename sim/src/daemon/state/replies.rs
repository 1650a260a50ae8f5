//! Sends replies and events.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::daemon::Daemon;
use super::event::Event;
use super::ids::{AppNo, ConnId};
use super::step::Step;
use crate::daemon::protocol::response::{Frame, Kind};

impl Daemon {
    /// The application of a connection.
    pub(crate) fn app_of(&self, id: ConnId) -> AppNo {
        self.conns.get(&id).map_or(0, |c| c.app)
    }

    /// Sends to the connection that holds the application. Returns false if none does; the reply is then lost.
    pub(crate) fn reply<B: Serialize>(&mut self, app: AppNo, kind: Kind, body: &B) -> bool {
        let Some(id) = self.apps.get(&app).and_then(|a| a.holder) else {
            self.counters.lost += 1;
            return false;
        };
        self.send(id, kind, body);
        true
    }

    /// Sends to every connection that holds its application.
    pub(crate) fn broadcast<B: Serialize>(&mut self, kind: Kind, body: &B) {
        let holders: Vec<ConnId> = self.apps.values().filter_map(|a| a.holder).collect();
        for id in holders {
            self.send(id, kind, body);
        }
    }

    /// Sends to one connection.
    pub(crate) fn send<B: Serialize>(&mut self, id: ConnId, kind: Kind, body: &B) {
        if let Some(frame) = self.encoder.encode(kind, body) {
            self.send_frame(id, frame);
        }
    }

    /// Sends a frame, subject to the ordered faults.
    pub(crate) fn send_frame(&mut self, id: ConnId, frame: Frame) {
        let times = match frame.kind {
            Some(kind) => {
                self.counters.reply(kind.key());
                self.faults.times(kind)
            }
            None => 1,
        };
        let direct = self.faults.is_direct();
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        if times == 1 && self.faults.reorder > 0 && conn.held.is_none() {
            self.faults.reorder -= 1;
            conn.held = Some(frame.bytes);
            self.agenda
                .after(Duration::from_millis(200), Event::ReleaseHeld(id));
            return;
        }
        if times == 2 {
            conn.write(frame.bytes.clone(), direct);
        }
        if times > 0 {
            conn.write(frame.bytes, direct);
            if let Some(held) = conn.held.take() {
                conn.write(held, direct);
            }
        }
    }

    /// Sends a reordered frame that no other frame overtook.
    pub(crate) fn release_held(&mut self, id: ConnId) {
        let direct = self.faults.is_direct();
        if let Some(conn) = self.conns.get_mut(&id) {
            if let Some(held) = conn.held.take() {
                conn.write(held, direct);
            }
        }
    }

    /// Answers a local request. The reply goes to the application: a connection that was replaced gets nothing.
    pub(crate) fn answer_local<B: Serialize>(&mut self, id: ConnId, kind: Kind, body: &B) -> Step {
        self.work();
        let app = self.app_of(id);
        self.reply(app, kind, body);
        Step::Next
    }

    /// Keeps the processor busy for as long as the real daemon.
    fn work(&self) {
        let start = Instant::now();
        while start.elapsed() < self.config.local_work {
            std::hint::spin_loop();
        }
    }
}
