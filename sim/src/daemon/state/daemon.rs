//! The whole state of the daemon.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{watch, Notify};
use tokio::time::Instant;

use super::agenda::Agenda;
use super::app::App;
use super::arq::Arq;
use super::channels::Channels;
use super::connection::Conn;
use super::counters::Counters;
use super::event::Event;
use super::faults::Faults;
use super::ids::{AppNo, ConnId};
use super::life::Life;
use super::message::InFlight;
use super::processor::Processor;
use super::step::Then;
use super::ticks::Ticks;
use crate::daemon::options::SimConfig;
use crate::daemon::protocol::request::Id;
use crate::daemon::protocol::response::Encoder;
use crate::daemon::random::{fresh_id, Random};
use crate::network::{Era, Network};

/// The daemon, shared by the tasks of its one thread.
pub(crate) type Shared = Rc<RefCell<Daemon>>;

/// The daemon.
pub(crate) struct Daemon {
    pub(crate) config: SimConfig,
    pub(crate) era: Era,
    pub(crate) network: Network,
    /// A second instance of the network, for long computations on other threads.
    pub(crate) calculator: Arc<Mutex<Network>>,
    pub(crate) encoder: Encoder,
    pub(crate) random: Random,
    pub(crate) agenda: Agenda<Event>,
    pub(crate) instance_token: Id,
    pub(crate) online: bool,
    /// `err` of the status while offline.
    pub(crate) offline_err: Option<serde_cbor::Value>,
    pub(crate) has_document: watch::Sender<bool>,
    pub(crate) life: watch::Sender<Life>,
    pub(crate) conns: BTreeMap<ConnId, Conn>,
    pub(crate) apps: BTreeMap<AppNo, App>,
    pub(crate) tokens: HashMap<Id, AppNo>,
    pub(crate) arq: Arq,
    /// Channels of the older protocol.
    pub(crate) channels: Channels,
    pub(crate) in_flight: Vec<InFlight>,
    pub(crate) ticks: Ticks,
    pub(crate) processor: Processor<Then>,
    pub(crate) faults: Faults,
    pub(crate) counters: Counters,
    /// Notified when the last connection is gone.
    pub(crate) nobody: Rc<Notify>,
    started: Instant,
    /// Whether the process that closed its sockets terminated properly; otherwise it was killed.
    pub(crate) left_properly: bool,
    /// How far the network's clock is ahead.
    pub(crate) leap: Duration,
    next_number: u64,
}

impl Daemon {
    /// A daemon at its start.
    pub(crate) fn new(config: SimConfig) -> Daemon {
        Daemon {
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
            channels: Channels::default(),
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
        }
    }

    /// The network's time.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed() + self.leap
    }

    /// A number that names nothing else.
    pub(crate) fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}
