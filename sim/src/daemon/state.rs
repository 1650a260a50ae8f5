//! The whole state of the daemon, and how frames find their way out.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{watch, Notify};
use tokio::time::Instant;

use super::agenda::Agenda;
use super::arq::Arq;
use super::connection::{Conn, Step};
use super::events::Event;
use super::faults::Faults;
use super::legacy;
use super::message::InFlight;
use super::options::SimConfig;
use super::processor::Processor;
use super::protocol::request::{decode, Id, Refusal, Request};
use super::protocol::response::{Encoder, Frame, Kind};
use super::queue::Ticks;
use super::random::{fresh_id, Random};
use super::stats::Counters;
use crate::network::{Era, Network};

/// Names a connection.
pub(crate) type ConnId = u64;
/// Names an application: what the daemon's ARQ and replies belong to.
pub(crate) type AppNo = u64;

/// What the process as a whole is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Sockets are open.
    Listening,
    /// Nobody can connect.
    Down,
    /// The end.
    Over,
}

/// One application. It outlives its connection while the grace period lasts.
pub(crate) struct App {
    /// What `session_token_reply` tells.
    pub(crate) wire_id: Id,
    /// What it can be resumed with.
    pub(crate) token: Option<Id>,
    /// The connection that replies go to.
    pub(crate) holder: Option<ConnId>,
    /// Moves on with every loss and resumption, so that old timers know that they are old.
    pub(crate) generation: u64,
    /// Replies to plain messages that came while nobody was there.
    pub(crate) waiting: VecDeque<Frame>,
    /// Packets of entries in flight, which go before new requests.
    pub(crate) resends: VecDeque<u64>,
}

/// The daemon.
pub(crate) struct Daemon {
    pub(crate) config: SimConfig,
    pub(crate) era: Era,
    pub(crate) network: Network,
    /// The same network once more, for long computations on other threads.
    pub(crate) calculator: Arc<Mutex<Network>>,
    pub(crate) encoder: Encoder,
    pub(crate) random: Random,
    pub(crate) agenda: Agenda<Event>,
    pub(crate) instance_token: Id,
    pub(crate) online: bool,
    /// What the status says about being offline.
    pub(crate) offline_err: Option<serde_cbor::Value>,
    pub(crate) has_document: watch::Sender<bool>,
    pub(crate) life: watch::Sender<Life>,
    pub(crate) conns: BTreeMap<ConnId, Conn>,
    pub(crate) apps: BTreeMap<AppNo, App>,
    pub(crate) tokens: HashMap<Id, AppNo>,
    pub(crate) arq: Arq,
    /// Of the older protocol.
    pub(crate) channels: legacy::Channels,
    pub(crate) in_flight: Vec<InFlight>,
    pub(crate) ticks: Ticks,
    pub(crate) processor: Processor,
    pub(crate) faults: Faults,
    pub(crate) counters: Counters,
    /// Told when the last connection has ended.
    pub(crate) nobody: Rc<Notify>,
    started: Instant,
    /// Whether the process whose sockets are closed ended by itself, or was killed.
    pub(crate) left_properly: bool,
    /// How far the network's clock was put forward.
    pub(crate) leap: Duration,
    next_number: u64,
}

impl Daemon {
    /// A daemon that just started.
    pub(crate) fn new(config: SimConfig) -> Daemon {
        let mut daemon = Daemon {
            era: config.network.era,
            network: Network::new(config.network.clone()),
            calculator: Arc::new(Mutex::new(Network::new(config.network.clone()))),
            encoder: Encoder::new(config.network.era),
            random: Random::new(config.network.seed),
            agenda: Agenda::new(),
            instance_token: fresh_id(),
            online: true,
            offline_err: None,
            has_document: watch::Sender::new(true),
            life: watch::Sender::new(Life::Listening),
            conns: BTreeMap::new(),
            apps: BTreeMap::new(),
            tokens: HashMap::new(),
            arq: Arq::default(),
            channels: legacy::Channels::default(),
            in_flight: Vec::new(),
            ticks: Ticks::default(),
            processor: Processor::new(),
            faults: Faults::default(),
            counters: Counters::default(),
            nobody: Rc::default(),
            started: Instant::now(),
            left_properly: true,
            leap: Duration::ZERO,
            next_number: 1,
            config,
        };
        daemon.schedule_epoch();
        daemon
    }

    /// The network's time.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed() + self.leap
    }

    /// A number that was never given before.
    pub(crate) fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// One frame of a client.
    pub(crate) fn on_frame(&mut self, id: ConnId, frame: &[u8]) -> Step {
        if !self.conns.contains_key(&id) {
            return Step::HangUp;
        }
        let request = match decode(self.era, frame) {
            Ok(request) => request,
            Err(Refusal::HangUp) => return Step::HangUp,
            Err(Refusal::Unknown) => return self.unknown_request(),
        };
        self.counters.request(request.key());
        if let Request::Legacy(request) = &request {
            if legacy::is_fatal(request) {
                self.restart();
                return Step::HangUp;
            }
        }
        if self.era != Era::Current && !request.is_immediate() {
            return self.wait_in_the_one_queue(id, frame);
        }
        self.answer(id, request)
    }

    /// Answers a request or puts it into its queue.
    pub(crate) fn answer(&mut self, id: ConnId, request: Request<'_>) -> Step {
        match request {
            Request::Current(request) => self.answer_current(id, request),
            Request::Legacy(request) => self.answer_legacy(id, request),
        }
    }

    /// Daemons up to v0.0.76 do not survive what they do not know.
    fn unknown_request(&mut self) -> Step {
        self.counters.request("unknown");
        if self.era == Era::Current {
            return Step::Next;
        }
        self.restart();
        Step::HangUp
    }

    /// Everything that a process loses with its end; the network goes on.
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
        self.connection_ended(id);
    }

    /// Sends to whoever holds the application; false when nobody does and it is lost.
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

    /// Sends a frame, as the faults let it.
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
}
