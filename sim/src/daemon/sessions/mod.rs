//! Sessions: ownership, resumption, and its hazards.

mod restart;

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use serde_bytes::Bytes;

use crate::daemon::protocol::bodies;
use crate::daemon::protocol::request::SessionToken;
use crate::daemon::protocol::response::Kind;
use crate::daemon::random::fresh_id;
use crate::daemon::sockets::Socket;
use crate::daemon::state::{App, AppNo, Conn, ConnId, Daemon, Event, Step};

/// Replies that are kept for a client that is away.
const MAX_WAITING: usize = 1000;

impl Daemon {
    /// Registers a connection, with an application of its own until it sends a token.
    pub(crate) fn adopt(&mut self, socket: Rc<Socket>) -> ConnId {
        let id = self.number();
        let app = self.number();
        self.apps.insert(
            app,
            App {
                wire_id: fresh_id(),
                token: None,
                holder: Some(id),
                generation: 0,
                waiting: VecDeque::new(),
                resends: VecDeque::new(),
            },
        );
        self.conns.insert(id, Conn::new(app, socket));
        self.counters.accepted += 1;
        id
    }

    /// `session_token`: starts a session, or resumes one and delivers the replies that it missed. The reply comes last.
    pub(crate) fn handshake(&mut self, id: ConnId, request: &SessionToken) -> Step {
        let Some(token) = request.client_instance_token.map(|t| t.0) else {
            return Step::Next;
        };
        let resumed = match self.tokens.get(&token).copied() {
            Some(app) => {
                self.resume(id, app);
                true
            }
            None => {
                self.start_session(id, token);
                false
            }
        };
        let app = self.app_of(id);
        let wire_id = self.apps.get(&app).map(|a| a.wire_id).unwrap_or_default();
        let body = bodies::SessionToken {
            app_id: Bytes::new(&wire_id),
            resumed,
        };
        self.send(id, Kind::SessionTokenReply, &body);
        Step::Next
    }

    fn start_session(&mut self, id: ConnId, token: [u8; 16]) {
        let app = self.app_of(id);
        if let Some(entry) = self.apps.get_mut(&app) {
            entry.token = Some(token);
            self.tokens.insert(token, app);
        }
    }

    /// The connection takes over the application. Its previous connection stays open and gets nothing more.
    fn resume(&mut self, id: ConnId, app: AppNo) {
        let before = self.app_of(id);
        if before != app {
            self.drop_app(before);
        }
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.app = app;
        }
        let Some(entry) = self.apps.get_mut(&app) else {
            return;
        };
        entry.holder = Some(id);
        entry.generation += 1;
        for frame in std::mem::take(&mut entry.waiting) {
            self.send_frame(id, frame);
        }
    }

    /// `thin_close`: discards everything of this client, queued requests included.
    pub(crate) fn thin_close(&mut self, id: ConnId) -> Step {
        let app = self.app_of(id);
        self.drop_app(app);
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.queue.clear();
        }
        Step::HangUp
    }

    /// The daemon notices that a connection is closed.
    ///
    /// It unregisters by application, not by connection. A connection that resumed meanwhile is unregistered too: it stays open and
    /// gets nothing more.
    pub(crate) fn connection_closed(&mut self, id: ConnId) {
        let Some(conn) = self.conns.remove(&id) else {
            return;
        };
        self.channels.forget(id);
        if self.conns.is_empty() {
            self.nobody.notify_one();
        }
        let Some(app) = self.apps.get_mut(&conn.app) else {
            return;
        };
        if app.token.is_none() {
            self.drop_app(conn.app);
            return;
        }
        app.holder = None;
        app.generation += 1;
        let event = Event::GraceOver {
            app: conn.app,
            generation: app.generation,
        };
        self.agenda.after(self.config.grace, event);
    }

    /// The grace period is over: drops the application, unless a connection resumed it.
    pub(crate) fn grace_over(&mut self, app: AppNo, generation: u64) {
        if self
            .apps
            .get(&app)
            .is_some_and(|a| a.generation == generation)
        {
            self.drop_app(app);
        }
    }

    /// Drops an application with all its entries.
    pub(crate) fn drop_app(&mut self, app: AppNo) {
        if let Some(token) = self.apps.remove(&app).and_then(|a| a.token) {
            self.tokens.remove(&token);
        }
        self.arq.drop_app(app);
        self.in_flight.retain(|m| m.app != app);
    }

    /// Delivers replies to plain messages and notices about them, or keeps them for an absent client.
    pub(crate) fn deliver_or_keep<B: Serialize>(&mut self, app: AppNo, kind: Kind, body: &B) {
        let Some(entry) = self.apps.get_mut(&app) else {
            self.counters.lost += 1;
            return;
        };
        if let Some(id) = entry.holder {
            self.send(id, kind, body);
            return;
        }
        if entry.waiting.len() >= MAX_WAITING {
            self.counters.lost += 1;
            return;
        }
        if let Some(frame) = self.encoder.encode(kind, body) {
            entry.waiting.push_back(frame);
        }
    }

    /// Draws how late the daemon notices that this client is gone.
    pub(crate) fn close_lag(&mut self) -> Duration {
        if let Some(lag) = self.faults.close_lag {
            return lag;
        }
        if self.random.chance(self.config.late_close_chance) {
            return self.config.late_close.mul_f64(self.random.unit());
        }
        Duration::ZERO
    }
}
