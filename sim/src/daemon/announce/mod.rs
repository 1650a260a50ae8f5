//! What the daemon publishes to everybody: its status, new documents, its shutdown.

mod epochs;

use std::time::Duration;

use crate::daemon::protocol::bodies::{self, some, Empty};
use crate::daemon::protocol::response::{Frame, Kind};
use crate::daemon::state::{ConnId, Daemon, Event};
use crate::network::Era;

/// How often an unreachable gateway is reported.
const STILL_OFFLINE: Duration = Duration::from_secs(5);
impl Daemon {
    /// The first two frames of a connection.
    pub(crate) fn greet(&mut self, id: ConnId) {
        let status = self.status_frame();
        if let Some(frame) = status {
            self.send_frame(id, frame);
        }
        let document = self.document();
        let body = bodies::Document {
            payload: document.as_deref().and_then(some),
        };
        self.send(id, Kind::Document, &body);
    }

    fn status_frame(&self) -> Option<Frame> {
        let is_current = self.era == Era::Current;
        let body = bodies::Status {
            is_connected: self.online,
            err: self.offline_err.as_ref(),
            instance_token: some(&self.instance_token).filter(|_| self.era != Era::V0_0_72),
            sphinx_geometry: is_current.then(|| self.network.sphinx()),
            pigeonhole_geometry: is_current.then(|| self.network.pigeonhole()),
        };
        self.encoder.encode(Kind::Status, &body)
    }

    /// The current document, if the daemon has one.
    pub(crate) fn document(&self) -> Option<Vec<u8>> {
        if !*self.has_document.borrow() {
            return None;
        }
        let now = self.now();
        self.network.document(now, self.network.epoch(now))
    }

    /// The gateway is lost, with `err` for the status, or found.
    pub(crate) fn set_online(&mut self, online: bool, err: Option<serde_cbor::Value>) {
        self.online = online;
        self.offline_err = err;
        self.announce_status();
        if online {
            self.arm();
        } else {
            self.agenda.after(STILL_OFFLINE, Event::StillOffline);
        }
    }

    /// Reports each failed attempt to reach a gateway.
    pub(crate) fn still_offline(&mut self) {
        if !self.online {
            self.announce_status();
            self.agenda.after(STILL_OFFLINE, Event::StillOffline);
        }
    }

    fn announce_status(&mut self) {
        let holders: Vec<ConnId> = self.apps.values().filter_map(|a| a.holder).collect();
        for id in holders {
            if let Some(frame) = self.status_frame() {
                self.send_frame(id, frame);
            }
        }
    }

    /// Publishes the current document.
    pub(crate) fn announce_document(&mut self) {
        let now = self.now();
        let document = self.network.document_update(now, self.network.epoch(now));
        if let Some(document) = document.filter(|_| *self.has_document.borrow()) {
            let body = bodies::Document {
                payload: some(&document),
            };
            self.broadcast(Kind::Document, &body);
        }
    }

    /// Publishes `shutdown_event`; the sockets close after it.
    pub(crate) fn announce_shutdown(&mut self) {
        self.broadcast(Kind::Shutdown, &Empty {});
        for conn in self.conns.values_mut() {
            conn.close_when_flushed();
        }
    }
}
