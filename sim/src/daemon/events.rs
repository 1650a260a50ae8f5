//! What happens by itself: timers, and the events that everybody is told.

use std::time::Duration;

use tokio::time::{sleep_until, Instant};

use super::arq::{Answer, Leg, Task};
use super::connection::Shared;
use super::message::Message;
use super::protocol::bodies::{self, some, Empty};
use super::protocol::response::Kind;
use super::state::{AppNo, ConnId, Daemon, Life};
use crate::network::{Era, Hash};

/// How often an unreachable gateway is told of.
const STILL_OFFLINE: Duration = Duration::from_secs(5);
/// Events that are handled before the sockets get their turn.
const BATCH: usize = 64;
/// Without a pause somebody may always have more to do.
const MAX_SETTLED: usize = 1000;

/// Something that is due at a time.
pub(crate) enum Event {
    Tick,
    AtCourier {
        number: u64,
        sends: u64,
        leg: Leg,
        task: Task,
        courier: Hash,
        back: Duration,
    },
    Answered {
        number: u64,
        sends: u64,
        answer: Answer,
    },
    Resend {
        number: u64,
        sends: u64,
    },
    Echoed {
        number: u64,
        payload: Vec<u8>,
    },
    MessageAgain {
        number: u64,
        message: Message,
    },
    MessageExpired {
        number: u64,
    },
    GraceOver {
        app: AppNo,
        generation: u64,
    },
    ReleaseHeld(ConnId),
    Epoch(u64),
    WorkDone {
        generation: u64,
    },
    StillOffline,
    ListenAgain,
    Channel(super::legacy::ChannelEvent),
}

impl Event {
    /// Packets under way reach their courier and the world goes on, whatever becomes of the daemon.
    pub(crate) fn outlives_the_process(&self) -> bool {
        matches!(
            self,
            Event::AtCourier { .. } | Event::Epoch(_) | Event::StillOffline | Event::ListenAgain
        )
    }
}

/// Handles what is due, for ever.
pub(crate) async fn run_agenda(shared: Shared) {
    let changed = shared.borrow().agenda.changed();
    loop {
        for _ in 0..BATCH {
            let mut daemon = shared.borrow_mut();
            let Some(event) = daemon.agenda.pop_due(Instant::now()) else {
                break;
            };
            daemon.handle(event);
        }
        let next = shared.borrow().agenda.next_at();
        match next {
            Some(at) if at <= Instant::now() => tokio::task::yield_now().await,
            Some(at) => tokio::select! {
                () = sleep_until(at) => {}
                () = changed.notified() => {}
            },
            None => changed.notified().await,
        }
    }
}

impl Daemon {
    fn handle(&mut self, event: Event) {
        match event {
            Event::Tick => self.tick(),
            Event::AtCourier {
                number,
                sends,
                leg,
                task,
                courier,
                back,
            } => {
                self.at_courier((number, sends), leg, &task, &courier, back);
            }
            Event::Answered {
                number,
                sends,
                answer,
            } => self.answered(number, sends, &answer),
            Event::Resend { number, sends } => self.resend_due(number, sends),
            Event::Echoed { number, payload } => self.echoed(number, &payload),
            Event::MessageAgain { number, message } => self.message_again(number, message),
            Event::MessageExpired { number } => self.message_expired(number),
            Event::GraceOver { app, generation } => self.grace_over(app, generation),
            Event::ReleaseHeld(id) => self.release_held(id),
            Event::Epoch(epoch) => self.epoch_begins(epoch),
            Event::WorkDone { generation } => self.work_done(generation),
            Event::StillOffline => self.still_offline(),
            Event::ListenAgain => {
                self.life.send_replace(Life::Listening);
            }
            Event::Channel(event) => self.channel_event(event),
        }
    }

    /// Handles what is due now, so that a packet without latency has come back before the next one leaves.
    pub(crate) fn settle(&mut self) {
        for _ in 0..MAX_SETTLED {
            match self.agenda.pop_due(Instant::now()) {
                Some(event) => self.handle(event),
                None => return,
            }
        }
    }

    /// A reordered frame that nothing overtook.
    fn release_held(&mut self, id: ConnId) {
        let direct = self.faults.is_direct();
        if let Some(conn) = self.conns.get_mut(&id) {
            if let Some(held) = conn.held.take() {
                conn.write(held, direct);
            }
        }
    }

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

    fn status_frame(&self) -> Option<super::protocol::response::Frame> {
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

    /// The gateway is lost, with something to say about it, or found.
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

    /// Every failed attempt to reach a gateway is told again.
    fn still_offline(&mut self) {
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

    /// Tells everybody the current document.
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

    /// `shutdown_event`; the sockets end after it.
    pub(crate) fn announce_shutdown(&mut self) {
        self.broadcast(Kind::Shutdown, &Empty {});
        for conn in self.conns.values_mut() {
            conn.end_when_flushed();
        }
    }

    /// Enters the beginning of the next epoch.
    pub(crate) fn schedule_epoch(&mut self) {
        let length = self.config.network.epoch_length;
        if length.is_zero() {
            return;
        }
        let now = self.now();
        let past = now.as_nanos() % length.as_nanos().max(1);
        let rest = length.saturating_sub(Duration::from_nanos(u64::try_from(past).unwrap_or(0)));
        let next = self.network.epoch(now) + 1;
        self.agenda.after(rest, Event::Epoch(next));
    }

    fn epoch_begins(&mut self, epoch: u64) {
        if epoch < self.network.epoch(self.now()) {
            // The clock was put forward since; that has told the documents.
            self.schedule_epoch();
            return;
        }
        self.announce_document();
        self.schedule_epoch();
    }

    /// Puts the network's clock forward, and with it the minutes that a reliable message waits to be sent again.
    pub(crate) fn put_forward(&mut self, by: Duration) {
        self.agenda
            .hasten(by, |event| matches!(event, Event::MessageAgain { .. }));
        let before = self.network.epoch(self.now());
        self.leap += by;
        if self.network.epoch(self.now()) != before {
            self.agenda.retain(|e| !matches!(e, Event::Epoch(_)));
            self.announce_document();
            self.schedule_epoch();
        }
    }
}
