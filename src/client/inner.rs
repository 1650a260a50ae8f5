//! What all parts of a client share, and how what the daemon says reaches them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc::Sender;
use tokio::sync::Notify;

use super::channel::Channels;
use super::couriers::Copies;
use super::dispatcher::Dispatcher;
use super::encryption::Encryption;
use super::events::{Event, MessageReply, MessageSent};
use super::lane::{self, Answer, First, Lane, LaneKind};
use super::log::{Level, Log};
use super::news::Told;
use super::op::{OpId, Ops, Value};
use super::queries::Queries;
use super::reliable::ReliableIds;
use super::replies::Replies;
use super::sinks::Sinks;
use super::trace;
use super::verify::Verification;
use super::view::View;
use crate::config::Config;
use crate::sync::lock;
use crate::wire::{self, codes, Features, Incoming};
use crate::{Error, Result, Status};

/// Where a client stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Never connected.
    New,
    /// `connect` is at work.
    Connecting {
        /// After a `disconnect`, so calls wait; they fail before the first connection.
        again: bool,
        /// Which of all attempts it is.
        attempt: u64,
    },
    /// Connected, or reconnecting by itself.
    Open,
    /// Left with `disconnect`; calls wait.
    Left,
    /// Closed for good.
    Closed,
}

/// The shared part of a client.
///
/// Locks are taken in this order: `told`, `phase`, `alive`, `view`, a lane, its outbox;
/// `ops`, then `phase`, a lane, a sink or the dispatcher. None is held while foreign code runs.
pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) log: Log,
    pub(crate) handle: tokio::runtime::Handle,
    /// In the order of their kinds; several for encryptions.
    pub(crate) lanes: Vec<Arc<Lane>>,
    pub(crate) queries: Queries,
    pub(crate) view: Mutex<View>,
    pub(crate) told: Mutex<Told>,
    pub(crate) sinks: Sinks,
    pub(crate) ops: Ops,
    pub(crate) channels: Channels,
    pub(crate) reliable: ReliableIds,
    pub(crate) copies: Copies,
    pub(crate) verification: Verification,
    pub(crate) encryption: Arc<Encryption>,
    pub(crate) replies: Replies,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) phase: Mutex<Phase>,
    /// Wakes a `connect` that is at work when the client is left or closed.
    pub(crate) left: Notify,
    /// Held by every lane's task, so that who closes the client can wait for them.
    pub(crate) alive: Mutex<Option<Sender<()>>>,
    /// The daemon is an old one, to which one lane goes.
    pub(crate) single: AtomicBool,
}

impl Inner {
    pub(crate) fn new(
        config: Config,
        log: Log,
        handle: tokio::runtime::Handle,
        dispatcher: Arc<Dispatcher>,
        alive: Sender<()>,
    ) -> Result<Self> {
        let mut view = View::default();
        view.sphinx.clone_from(&config.sphinx);
        view.pigeonhole.clone_from(&config.pigeonhole);
        let encryption = Encryption::new(config.encryption_connections);
        Ok(Inner {
            config,
            log,
            handle,
            lanes: lane::all(encryption.connections()),
            queries: Queries::new()?,
            view: Mutex::new(view),
            told: Mutex::default(),
            sinks: Sinks::default(),
            ops: Ops::new(),
            channels: Channels::default(),
            reliable: ReliableIds::default(),
            copies: Copies::default(),
            verification: Verification::default(),
            encryption,
            replies: Replies::default(),
            dispatcher,
            phase: Mutex::new(Phase::New),
            left: Notify::new(),
            alive: Mutex::new(Some(alive)),
            single: AtomicBool::new(false),
        })
    }

    /// The lane for work of a kind, opened if it was not. One lane carries all
    /// for old daemons, whose connections share one queue anyway.
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

    /// The lane that carries work of a kind, open or not.
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

    /// A daemon that answers local requests at once; older ones put them in line
    /// with everything else.
    pub(crate) fn is_modern(features: &Features) -> bool {
        features.knows("get_pki_document_reply")
    }

    /// Starts the task that serves `lane`, if the client is open and none does.
    pub(crate) fn open(self: &Arc<Self>, lane: &Arc<Lane>) {
        let phase = lock(&self.phase);
        if *phase == Phase::Open {
            self.serve(lane, None);
        }
    }

    /// Starts the task that serves `lane`, if none does; with its first session, if that is
    /// made already. The caller holds the phase, and it is `Open`.
    pub(crate) fn serve(self: &Arc<Self>, lane: &Arc<Lane>, first: Option<First>) {
        let Some(alive) = lock(&self.alive).clone() else {
            return;
        };
        let mut state = lane.lock();
        if state.task.is_some() {
            return;
        }
        let (inner, served, epoch) = (Arc::clone(self), Arc::clone(lane), state.epoch);
        let task = self.handle.spawn(async move {
            lane::serve(inner, served, epoch, first).await;
            drop(alive);
        });
        state.task = Some(task.abort_handle());
    }

    /// Refuses work that no daemon will ever see.
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

    /// Refuses work that the daemon at hand does not know, told by the name of its reply.
    /// While none is, the next one may.
    pub(crate) fn check_known(&self, reply_key: &str) -> Result<()> {
        if self.is_attached() && !self.features().knows(reply_key) {
            return Err(lane::unsupported(reply_key));
        }
        Ok(())
    }

    /// What the daemon is known to understand; today's set before the first handshake.
    pub(crate) fn features(&self) -> Arc<Features> {
        lock(&self.view)
            .features
            .clone()
            .unwrap_or_else(|| Arc::new(Features::current()))
    }

    /// True while any lane is up.
    pub(crate) fn is_attached(&self) -> bool {
        self.lanes.iter().any(|lane| lane.is_up())
    }

    /// True while a lane is up and the daemon is on the mixnet.
    pub(crate) fn is_connected(&self) -> bool {
        self.is_attached() && lock(&self.view).status.is_connected
    }

    /// Ends operation `id`, unless it has ended.
    pub(crate) fn finish(&self, id: OpId, outcome: Result<Value>) -> bool {
        self.ops.finish(id, outcome, &self.dispatcher)
    }

    /// How long after its expected time a reply may still come.
    pub(crate) fn reply_slack(&self) -> Duration {
        let layers = lock(&self.view).document().map_or(5, |d| d.layers());
        Duration::from_millis(500) * u32::try_from(2 * layers + 3).unwrap_or(13)
    }

    /// Hands one thing from the daemon to whom it concerns.
    pub(crate) fn dispatch(self: &Arc<Self>, lane: &Arc<Lane>, incoming: Incoming) {
        match incoming {
            Incoming::Reply(reply) => self.dispatch_reply(lane, reply),
            Incoming::Status(status) => self.take_status(lane, &status),
            Incoming::Document {
                payload: Some(payload),
            } => self.take_document(&payload),
            Incoming::Shutdown => self.take_shutdown(),
            Incoming::MessageSent(sent) => self.message_sent(lane, sent),
            Incoming::MessageReply(reply) => self.message_reply(lane, reply),
            Incoming::ChannelQuerySent(sent) => self.channel_query_sent(sent),
            Incoming::ChannelQueryReply(reply) => {
                lane.lock().counts.answers += 1;
                self.channel_query_reply(reply);
            }
            Incoming::Collected(collected) => self.sinks.publish(&Event::MessageIdCollected(
                collected.message_id.unwrap_or_default(),
            )),
            Incoming::Document { payload: None }
            | Incoming::SessionToken(_)
            | Incoming::Nothing => {} // nothing, or an answer that nobody asked for
        }
    }

    /// Hands on what one frame says. Fails when nobody knows what was in it.
    pub(crate) fn take_frame(self: &Arc<Self>, lane: &Arc<Lane>, frame: &Bytes) -> Result<()> {
        trace::received(&self.log, lane.kind, frame);
        match wire::decode(frame) {
            Ok(incoming) => self.dispatch(lane, incoming),
            Err(error) if self.dispatch_unreadable(lane, frame, &error) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn dispatch_reply(&self, lane: &Lane, reply: wire::Reply) {
        let mut state = lane.lock();
        let Some(link) = &state.link else {
            return;
        };
        let features = Arc::clone(&link.features);
        let number = match &reply.query_id {
            Some(id) => self.queries.number(id),
            // Some failures of the older protocol do not say whose they are.
            None if features.is_legacy() => state.calls.oldest(reply.kind.key()),
            None => None,
        };
        let Some(number) = number else {
            return; // not ours
        };
        if let Some(call) = state.calls.answered(number) {
            state.counts.answers += 1;
            if let Some(took) = call.took {
                state.counts.calls.learn(took);
            }
            drop(state);
            // What is refused costs nothing.
            if let Some(took) = call.took.filter(|_| reply.error_code == 0) {
                self.encryption.learn(call.encryptions, took);
            }
            if let Some(sink) = call.sink {
                sink.deliver(Ok(Answer { reply, features }));
            }
            return;
        }
        let now = Instant::now();
        let is_start = state.starts.on_reply(number, reply, &features, now);
        state.counts.answers += u64::from(is_start);
        drop(state);
        if is_start {
            self.moved(lane);
        }
    }

    /// Fails the one request that an unreadable frame answers. False if it names none
    /// of ours, so that nobody knows what else was in it.
    fn dispatch_unreadable(&self, lane: &Lane, frame: &[u8], error: &Error) -> bool {
        let number = wire::query_id(frame).and_then(|id| self.queries.number(&id));
        let Some(number) = number else {
            return false;
        };
        self.log.line(Level::Warn, || {
            format!("{:?} lane: an unreadable reply: {error}", lane.kind)
        });
        let mut state = lane.lock();
        let call = state.calls.take(number);
        let is_start = state.starts.on_unreadable(number, error);
        state.counts.answers += u64::from(call.is_some() || is_start);
        drop(state);
        if let Some(sink) = call {
            sink.deliver(Err(error.clone()));
        }
        if is_start {
            self.moved(lane);
        }
        true
    }

    /// An entry of a lane has ended: the next may go, and who waits for that may see.
    fn moved(&self, lane: &Lane) {
        lane.pump(&self.queries);
        lane.wake.notify_one(); // there may be a new time limit
        lane.progress.notify_waiters();
    }

    fn message_sent(&self, lane: &Lane, sent: wire::MessageSent) {
        let slack = self.reply_slack();
        let is_known = lane.lock().messages.on_sent(&sent, slack, Instant::now());
        self.moved(lane);
        let error = sent.err.map(|text| {
            Error::new(
                Status::MESSAGE_SEND_FAILED,
                format!("the daemon could not send the message: {text}"),
            )
        });
        let event = Event::MessageSent(MessageSent {
            message_id: sent.message_id,
            surb_id: sent.surb_id,
            sent_at: sent.sent_at,
            reply_eta_ns: sent.reply_eta_ns,
            error,
        });
        self.publish_told(&event, is_known);
    }

    /// Tells what the daemon said of something, which this client knows of or not.
    pub(crate) fn publish_told(&self, event: &Event, is_known: bool) {
        if is_known {
            self.sinks.publish(event);
        } else {
            self.sinks.publish_strange(event);
        }
    }

    fn message_reply(&self, lane: &Lane, reply: wire::MessageReply) {
        if self.is_channel_reply(&reply) {
            return;
        }
        let mut state = lane.lock();
        state.counts.answers += 1;
        let unclaimed = state.messages.on_reply(reply);
        drop(state);
        lane.progress.notify_waiters();
        if let Some((reply, is_known)) = unclaimed {
            let error = codes::check_message_reply(&reply, &self.features()).err();
            let event = Event::MessageReply(MessageReply {
                message_id: reply.message_id,
                surb_id: reply.surb_id,
                payload: reply.payload.unwrap_or_default(),
                reply_index: reply.reply_index,
                error,
            });
            self.publish_told(&event, is_known);
            self.replies.arrive();
        }
    }
}

/// What everybody gets who uses a closed client.
pub(crate) fn closed() -> Error {
    Error::new(Status::CLOSED, "the client was closed")
}
