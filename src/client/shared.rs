//! What all parts of a client share, and the ways of the daemon's frames to them.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::client::connection;
use crate::client::connection::{First, Lane, LaneKind, Monitor, Owner};
use crate::client::daemon::announced::Announced;
use crate::client::daemon::verification::{Verification, NEXT_DIFFERS};
use crate::client::daemon::view::View;
use crate::client::encryption::Encryption;
use crate::client::events::completion::{OpId, Value};
use crate::client::events::sinks::Sinks;
use crate::client::events::Event;
use crate::client::ops::in_flight::InFlight;
use crate::client::ops::kept::SizeOf;
use crate::client::ops::Ops;
use crate::client::runtime::alarm::Alarm;
use crate::client::runtime::dispatcher::Dispatcher;
use crate::client::runtime::log::Log;
use crate::client::runtime::query_ids::Queries;
use crate::client::tables::channels::Channels;
use crate::client::tables::copies::Copies;
use crate::client::tables::replies::Replies;
use crate::config::Config;
use crate::error::closed;
use crate::sync::lock;
use crate::wire::{Features, Id};
use crate::{Error, Result, Status};

/// The phase of a client's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Never connected.
    New,
    /// `connect` is in progress.
    Connecting {
        /// After a `disconnect`, so calls wait; they fail before the first connection.
        again: bool,
        /// The number of the attempt.
        attempt: u64,
    },
    /// Connected, or reconnecting by itself.
    Open,
    /// Disconnected with `disconnect`; calls wait.
    Left,
    /// Closed for good.
    Closed,
}

/// The shared part of a client.
///
/// Locks are taken in this order: `announced`, `phase`, `alive`, `view`, a lane, its writer; `ops`,
/// then `phase`, a lane, a sink or the dispatcher. None is held while foreign code runs.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) log: Log,
    pub(crate) handle: tokio::runtime::Handle,
    /// In the order of their kinds; several for encryptions.
    pub(crate) lanes: Vec<Arc<Lane>>,
    pub(crate) queries: Queries,
    pub(crate) view: Mutex<View>,
    pub(crate) announced: Mutex<Announced>,
    /// The verdict on the daemon; no other lock is taken under it.
    pub(crate) monitor: Mutex<Monitor>,
    /// Rings when the daemon owes something.
    pub(crate) alarm: Arc<Alarm>,
    pub(crate) sinks: Sinks,
    pub(crate) ops: Ops,
    pub(crate) channels: Channels,
    /// Reliable messages in flight.
    pub(crate) reliable: InFlight<Id>,
    pub(crate) copies: Copies,
    pub(crate) verification: Verification,
    pub(crate) encryption: Arc<Encryption>,
    pub(crate) replies: Replies,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) phase: Mutex<Phase>,
    /// Wakes a `connect` in progress when the client is disconnected or closed.
    pub(crate) left: Notify,
    /// Held by every lane's task, so that whoever closes the client can wait for them.
    pub(crate) alive: Mutex<Option<Sender<()>>>,
    /// The daemon is an old one, with which there is one lane.
    pub(crate) single: AtomicBool,
}

impl Shared {
    pub(crate) fn new(
        config: Config,
        log: Log,
        handle: tokio::runtime::Handle,
        dispatcher: Arc<Dispatcher>,
        alive: Sender<()>,
        size_of: SizeOf,
    ) -> Result<Self> {
        let mut view = View::default();
        view.sphinx.clone_from(&config.sphinx);
        view.pigeonhole.clone_from(&config.pigeonhole);
        let encryption = Encryption::new(config.encryption_connections);
        let alarm = Arc::default();
        Ok(Shared {
            log,
            handle,
            lanes: connection::all(encryption.connections(), &alarm),
            monitor: Mutex::new(Monitor::new(config.silence_limit, crate::clock::now())),
            alarm,
            queries: Queries::new()?,
            view: Mutex::new(view),
            announced: Mutex::default(),
            sinks: Sinks::default(),
            ops: Ops::new(size_of),
            channels: Channels::default(),
            reliable: InFlight::default(),
            copies: Copies::default(),
            verification: Verification::default(),
            encryption,
            replies: Replies::default(),
            dispatcher,
            phase: Mutex::new(Phase::New),
            left: Notify::new(),
            alive: Mutex::new(Some(alive)),
            single: AtomicBool::new(false),
            config,
        })
    }

    /// The lane for requests of a kind, opened if it was not. One lane carries all for old daemons,
    /// whose connections share one queue anyway.
    pub(crate) fn lane(self: &Arc<Self>, kind: LaneKind) -> Arc<Lane> {
        self.lane_number(kind, 0)
    }

    /// The same, where there are several of a kind.
    pub(crate) fn lane_number(self: &Arc<Self>, kind: LaneKind, number: usize) -> Arc<Lane> {
        let first = self.lane_of(kind);
        let several = self.lanes_of(kind).get(number);
        let lane = match self.single.load(Ordering::Acquire) {
            true => Arc::clone(first),
            false => Arc::clone(several.unwrap_or(first)),
        };
        let mut state = lane.lock();
        state.wanted = true;
        let is_served = state.task.is_some();
        drop(state);
        if !is_served {
            self.open(&lane);
        }
        lane
    }

    /// The lane that carries requests of a kind, open or not.
    pub(crate) fn lane_of(&self, kind: LaneKind) -> &Arc<Lane> {
        let single = self.single.load(Ordering::Acquire);
        let kind = if single { LaneKind::Local } else { kind };
        &self.lanes[kind as usize]
    }

    /// All lanes of a kind, open or not.
    pub(crate) fn lanes_of(&self, kind: LaneKind) -> &[Arc<Lane>] {
        let all = &self.lanes[kind as usize..];
        let count = all.iter().take_while(|lane| lane.kind == kind).count();
        &all[..count]
    }

    /// Starts the task that serves `lane`, if the client is open and none does.
    pub(crate) fn open(self: &Arc<Self>, lane: &Arc<Lane>) {
        let phase = lock(&self.phase);
        if *phase == Phase::Open {
            self.serve(lane, None);
        }
    }

    /// Starts the task that serves `lane`, if none does; with its first session, if that exists
    /// already. The caller holds the phase, and it is `Open`.
    pub(crate) fn serve(self: &Arc<Self>, lane: &Arc<Lane>, first: Option<First>) {
        let Some(alive) = lock(&self.alive).clone() else {
            return;
        };
        let mut state = lane.lock();
        if state.task.is_some() {
            return;
        }
        let owner: Arc<dyn Owner> = Arc::clone(self) as _;
        let (served, epoch) = (Arc::clone(lane), state.epoch);
        state.task = Some(self.spawn(Box::pin(async move {
            connection::serve(owner, served, epoch, first).await;
            drop(alive);
        })));
    }

    /// Starts a task on the client's thread. All have one type, as the runtime's code is compiled
    /// anew for each.
    pub(crate) fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) -> AbortHandle {
        self.handle.spawn(task).abort_handle()
    }

    /// Fails with `CLOSED` from the moment on in which the client is closed.
    #[cfg(feature = "store")]
    pub(crate) fn check_not_closed(&self) -> Result<()> {
        match *lock(&self.phase) {
            Phase::Closed => Err(closed()),
            _ => Ok(()),
        }
    }

    /// Refuses requests that no daemon will ever see.
    pub(crate) fn check_open(&self) -> Result<()> {
        match *lock(&self.phase) {
            Phase::Open | Phase::Left | Phase::Connecting { again: true, .. } => Ok(()),
            Phase::New | Phase::Connecting { again: false, .. } => Err(Error::new(
                Status::NOT_CONNECTED,
                "the client was not connected yet",
            )),
            Phase::Closed => Err(closed()),
        }
    }

    /// Refuses requests that the connected daemon does not know, by the name of the reply. While
    /// none is connected, the next one may know them.
    pub(crate) fn check_known(&self, reply_key: &str) -> Result<()> {
        if self.is_attached() && !self.features().knows(reply_key) {
            return Err(connection::unsupported(reply_key));
        }
        Ok(())
    }

    /// The requests that the daemon is known to understand; today's set before the first handshake.
    pub(crate) fn features(&self) -> Arc<Features> {
        lock(&self.view)
            .features
            .clone()
            .unwrap_or_else(|| Arc::new(Features::current()))
    }

    /// True while any lane is connected.
    pub(crate) fn is_attached(&self) -> bool {
        self.lanes.iter().any(|lane| lane.is_up())
    }

    /// True while a lane is connected and the daemon is on the mixnet.
    pub(crate) fn is_connected(&self) -> bool {
        self.is_attached() && lock(&self.view).status.is_connected
    }

    /// Completes operation `id`, unless it has completed.
    pub(crate) fn finish(&self, id: OpId, outcome: Result<Value>) -> bool {
        self.ops.finish(id, outcome, &self.dispatcher)
    }

    /// How long after its expected time a reply may still come.
    pub(crate) fn reply_slack(&self) -> Duration {
        let layers = lock(&self.view).document().map_or(5, |d| d.layers());
        Duration::from_millis(500) * u32::try_from(2 * layers + 3).unwrap_or(13)
    }

    /// Publishes what the daemon sent about something, which this client knows or not.
    pub(crate) fn publish_answer(&self, event: &Event, is_known: bool) {
        if is_known {
            self.sinks.publish(event);
        } else {
            self.sinks.publish_unsolicited(event);
        }
    }

    /// Fails with `INCOMPATIBLE_DAEMON` while this daemon is known to compute the next index
    /// otherwise.
    pub(crate) fn check_next_index(&self) -> Result<()> {
        if self.verification.findings().next_differs {
            return Err(Error::new(Status::INCOMPATIBLE_DAEMON, NEXT_DIFFERS));
        }
        Ok(())
    }
}
