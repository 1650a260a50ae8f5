//! Publishes what changes at the daemon: each change once, though several lanes report it.
//!
//! The published state is that of the first connected lane. Everything is published under one lock,
//! so that events, the state that the client returns and the first events of a new sink agree.

use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use bytes::Bytes;

use crate::client::connection::Lane;
use crate::client::daemon::announced::Announced;
use crate::client::events::sink::EventSink;
use crate::client::events::{DaemonStatus, Event};
use crate::client::runtime::log::Level;
use crate::client::shared::{Phase, Shared};
use crate::error::closed;
use crate::pki::Document;
use crate::sync::lock;
use crate::wire::ConnectionStatus;
use crate::{Error, Result};

impl Shared {
    /// Publishes the loss of the daemon, once until it returns.
    pub(crate) fn publish_lost(
        &self,
        announced: &mut MutexGuard<'_, Announced>,
        graceful: bool,
        reason: Option<Error>,
    ) {
        if announced.instance.is_none() || std::mem::replace(&mut announced.lost, true) {
            return;
        }
        lock(&self.view).status.is_connected = false;
        self.sinks
            .publish(&Event::Disconnected { graceful, reason });
    }

    /// The daemon sent its status on a lane.
    pub(crate) fn take_status(&self, lane: &Lane, status: &ConnectionStatus) {
        let announced = lock(&self.announced);
        lane.lock().set_status(DaemonStatus::of(status));
        let misfit = lock(&self.view).take_geometry(status);
        self.publish_status(false);
        drop(announced);
        self.warn("geometry", misfit);
        lane.pump(&self.queries);
        lane.wake.notify_one(); // time limits run again, or no longer
        lane.progress.notify_waiters();
    }

    /// Publishes the status of the first connected lane, if it has changed. Under the lock.
    pub(crate) fn publish_status(&self, always: bool) {
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
        let announced = lock(&self.announced);
        let problem = self.publish_document(payload);
        drop(announced);
        self.warn("document", problem);
    }

    /// Publishes a document, if it is new. Returns what is wrong with it. Under the lock.
    pub(crate) fn publish_document(&self, payload: &Bytes) -> Option<Error> {
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
            self.publish_vanished(&document);
        }
        None
    }

    pub(crate) fn warn(&self, what: &str, problem: Option<Error>) {
        if let Some(error) = problem {
            self.log
                .line(Level::Warn, || format!("dropped a {what}: {error}"));
        }
    }

    /// The daemon announced that it shuts down.
    pub(crate) fn take_shutdown(&self) {
        let mut announced = lock(&self.announced);
        if !std::mem::replace(&mut announced.shutting_down, true) {
            self.sinks.publish(&Event::Shutdown);
        }
    }

    /// Opens a sink that starts with what is known of the daemon.
    pub(crate) fn open_sink(&self, capacity: usize) -> Result<Arc<EventSink>> {
        let announced = lock(&self.announced);
        if *lock(&self.phase) == Phase::Closed {
            return Err(closed());
        }
        let sink = EventSink::new(
            capacity,
            &self.dispatcher,
            self.sinks.drops(),
            self.config.suspend_clock,
        );
        if announced.instance.is_some() {
            let view = lock(&self.view);
            sink.push(Event::ConnectionStatus(view.status.clone()));
            if let Ok(document) = view.document() {
                sink.push(Event::Document(document));
            }
        }
        self.sinks.add(&sink);
        Ok(sink)
    }

    /// Reports to every sink that nothing follows.
    pub(crate) fn publish_closed(&self) {
        let _announced = lock(&self.announced);
        self.sinks.publish(&Event::Closed);
    }

    pub(crate) fn publish_all(&self, events: Vec<Event>) {
        for event in &events {
            self.sinks.publish(event);
        }
    }

    /// Passes to the lanes what the network promises.
    fn expect_rates(&self, document: &Document) {
        let per_second = document.lambda_p() * 1000.0;
        let round_trip = expected_round_trip(document);
        for lane in &self.lanes {
            let packets = lane.kind.packets();
            let mut state = lane.lock();
            state.messages.set_rate(per_second);
            state.resends.window.expect(per_second, round_trip, packets);
        }
    }
}

/// The round trip that follows from the document's mean mix delay: gateways and services delay
/// nothing.
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
