//! Crashes and restarts of the process.

use crate::daemon::random::fresh_id;
use crate::daemon::state::{Arq, ConnId, Daemon, Event, Step};
use crate::network::Era;

impl Daemon {
    /// Discards what a process loses when it stops. The network continues.
    pub(crate) fn restart(&mut self) {
        let ids: Vec<ConnId> = self.conns.keys().copied().collect();
        for id in ids {
            self.cut(id);
        }
        self.apps.clear();
        self.tokens.clear();
        self.arq = Arq::default();
        self.in_flight.clear();
        self.ticks.forget();
        self.processor.forget();
        self.agenda.retain(Event::outlives_the_process);
        self.instance_token = fresh_id();
    }

    /// Closes a connection at once.
    pub(crate) fn cut(&mut self, id: ConnId) {
        if let Some(conn) = self.conns.get(&id) {
            conn.stop.notify_one();
        }
        self.connection_closed(id);
    }

    /// A request on which older daemons crash. Today's daemon only loses the request.
    pub(crate) fn stumble(&mut self) -> Step {
        if self.era == Era::Current {
            return Step::Next;
        }
        self.restart();
        Step::HangUp
    }
}
