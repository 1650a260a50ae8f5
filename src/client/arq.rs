//! Boxes sent so that they arrive: start resending, and its cancel.
//!
//! The daemon repeats a box until it is answered. What it does not do well, the
//! library does: a read of a box that is not there yet is not left to the
//! daemon's endless retry, which a courier may never answer, but polled, with the
//! same envelope for a while where encrypting is dear (see `polling`), waiting in
//! line with all other reads in between.

use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{oneshot, Notify};

use super::couriers::COURIER;
use super::inner::{closed, Inner};
use super::lane::{BoxStart, Lane, LaneKind, StartAnswer, StartCap, StartRequest};
use super::polling::{Costs, Next, Polled};
use super::requests::{self, Envelope};
use super::timeout;
use super::work::Work;
use super::Client;
use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::sync::lock;
use crate::wire::{self, Features, Hash, ReplyBody};
use crate::{Error, Result, Status};

/// Between two polls of one box, at least: a reader's rate must not tell what it is doing.
pub(crate) const POLL_EVERY: Duration = Duration::from_secs(1);

/// So often in a row the daemon may refuse a read that waits, over some three minutes.
const REFUSALS: u32 = 8;

/// What a box is sent under.
#[derive(Clone)]
pub enum StartKind {
    /// A read with this capability, of the box at this index.
    Read(ReadCap, BoxIndex),
    /// A write (or tombstone) with this capability.
    Write(WriteCap),
}

/// How a box is to be sent.
#[derive(Clone, Copy, Default)]
pub struct StartFlags {
    /// A read of a box that is not there ends with `BOX_ID_NOT_FOUND` instead of waiting for it.
    pub no_retry: bool,
    /// A write of a box that is there ends with `BOX_ALREADY_EXISTS` instead of success.
    pub return_box_exists: bool,
    /// Which replica's answer to ask for; today's daemons ignore it.
    pub reply_index: Option<u8>,
}

/// The end of a box's way.
#[derive(Clone)]
pub struct StartResult {
    /// What a read found; empty for writes.
    pub plaintext: Bytes,
    /// Identity hash of the courier that carried it.
    pub courier: Option<Hash>,
    /// Queue of that courier.
    pub courier_queue: Option<Bytes>,
}

/// An entry of a lane that is given up when this is dropped.
struct Running {
    inner: Arc<Inner>,
    lane: Arc<Lane>,
    key: u64,
}

impl Drop for Running {
    fn drop(&mut self) {
        let queries = &self.inner.queries;
        let mut state = self.lane.lock();
        let cancel = state.starts.abandon(self.key, queries, Instant::now());
        if let (Some(cancel), Some(link)) = (cancel, state.link.clone()) {
            state.put(&link, cancel); // under the lock, so behind its start
        }
        let link = state.pump(queries);
        drop(state);
        if let Some(link) = link {
            link.outbox.kick();
        }
        self.lane.wake.notify_one(); // there is a new time limit
        self.lane.progress.notify_waiters();
    }
}

/// Gives a request to its lane and awaits the answer. Dropped while it waits, it
/// is taken out of the line, or cancelled at the daemon until that has effect.
pub(crate) async fn run(
    inner: &Arc<Inner>,
    kind: LaneKind,
    request: StartRequest,
) -> Result<StartAnswer> {
    let lane = inner.lane(kind);
    let (sender, answer) = oneshot::channel();
    let key = lane.enqueue(request, sender)?;
    let running = Running {
        inner: Arc::clone(inner),
        lane: Arc::clone(&lane),
        key,
    };
    lane.pump(&inner.queries);
    let answer = answer.await.map_err(|_| closed());
    drop(running);
    answer?
}

/// How one envelope fared.
pub(crate) struct Fate {
    pub(crate) outcome: Result<StartResult>,
    /// It was sent more than once, so a write may have met itself.
    pub(crate) replayed: bool,
}

impl Fate {
    /// The outcome, with a hint where a write may have met itself and nobody can look.
    fn told(self, features: &Features) -> Result<StartResult> {
        let doubtful = self.replayed || features.may_meet_itself();
        self.outcome.map_err(|error| {
            if doubtful && error.status() == Status::BOX_ALREADY_EXISTS {
                return may_have_met_itself(&error, self.replayed);
            }
            error
        })
    }
}

/// The same error, with the hint that it may mean nothing.
pub(crate) fn may_have_met_itself(error: &Error, replayed: bool) -> Error {
    let why = if replayed {
        "it was sent again after a lost connection, so this may be its own first sending"
    } else {
        "daemons before v0.0.74 say this of a write that met nothing but itself, too"
    };
    let text = format!("{}; {why}", error.message());
    Error::new(error.status(), text)
        .with_origin(error.origin())
        .with_daemon_code(error.daemon_code().unwrap_or_default())
        .with_replica_code(error.replica_code().unwrap_or_default())
}

/// Sends one envelope once.
pub(crate) async fn send_envelope(
    inner: &Arc<Inner>,
    kind: &StartKind,
    envelope: &Envelope,
    flags: StartFlags,
) -> Fate {
    send_and_tell(inner, kind, envelope, flags, None).await
}

/// Sends one envelope once, and tells when it goes to the daemon.
pub(crate) async fn send_and_tell(
    inner: &Arc<Inner>,
    kind: &StartKind,
    envelope: &Envelope,
    flags: StartFlags,
    handed: Option<Arc<Notify>>,
) -> Fate {
    let (lane, cap, index) = match kind {
        StartKind::Read(cap, index) => (
            LaneKind::Read,
            StartCap::Read(cap.clone()),
            Some(index.clone()),
        ),
        StartKind::Write(cap) => (LaneKind::Write, StartCap::Write(cap.clone()), None),
    };
    let request = StartRequest::Box(Box::new(BoxStart {
        cap,
        index,
        reply_index: flags.reply_index,
        descriptor: envelope.descriptor.clone(),
        ciphertext: envelope.ciphertext.clone(),
        hash: envelope.hash,
        no_retry: flags.no_retry,
        return_box_exists: flags.return_box_exists,
        handed,
    }));
    match run(inner, lane, request).await {
        Ok(answer) => Fate {
            replayed: answer.replayed,
            outcome: read_result(answer),
        },
        Err(error) => Fate {
            outcome: Err(error),
            replayed: false,
        },
    }
}

fn read_result(answer: StartAnswer) -> Result<StartResult> {
    wire::codes::check(&answer.reply, &answer.features)?;
    match answer.reply.body {
        ReplyBody::StartResending(body) => Ok(StartResult {
            plaintext: body.plaintext.unwrap_or_default(),
            courier: body.courier,
            courier_queue: body.courier_queue,
        }),
        _ => Err(Error::new(
            Status::CBOR,
            format!(
                "the daemon answered with {} instead",
                answer.reply.kind.key()
            ),
        )),
    }
}

/// Sends an envelope until it is answered for good.
pub(crate) async fn start(
    inner: Arc<Inner>,
    kind: StartKind,
    envelope: Envelope,
    flags: StartFlags,
) -> Result<StartResult> {
    match &kind {
        StartKind::Read(cap, index) if !flags.no_retry => {
            poll(&inner, cap, index, envelope, flags).await
        }
        _ => {
            let fate = send_envelope(&inner, &kind, &envelope, flags).await;
            fate.told(&inner.features())
        }
    }
}

/// Reads a box until it is there.
async fn poll(
    inner: &Arc<Inner>,
    cap: &ReadCap,
    index: &BoxIndex,
    first: Envelope,
    flags: StartFlags,
) -> Result<StartResult> {
    let kind = StartKind::Read(cap.clone(), index.clone());
    let flags = StartFlags {
        no_retry: true,
        ..flags
    };
    let mut envelope = Ok(first);
    let mut polled = Polled::first(Instant::now());
    let mut refusals = 0;
    loop {
        let begun = tokio::time::Instant::now();
        let ended = match &envelope {
            Ok(envelope) => send_envelope(inner, &kind, envelope, flags).await.outcome,
            Err(error) => Err(Error::clone(error)),
        };
        let mut is_missing = false;
        match ended {
            Err(error) if error.status() == Status::BOX_ID_NOT_FOUND => {
                refusals = 0;
                is_missing = true;
            }
            // The envelope grew old while it waited.
            Err(error) if error.status() == Status::COURIER_INVALID_EPOCH => refusals = 0,
            // The daemon has no document or courier right now, as after its start.
            Err(error) if error.status() == Status::DAEMON_INTERNAL && refusals < REFUSALS => {
                refusals += 1;
            }
            ended => return ended,
        }
        let pause = POLL_EVERY * 2_u32.pow(refusals.min(5));
        tokio::time::sleep_until(begun + pause).await;
        let now = Instant::now();
        if is_missing && polled.next(now, &costs(inner)) == Next::Same {
            polled.again();
        } else {
            envelope = fresh(inner, cap, index).await;
            polled = Polled::first(Instant::now());
        }
    }
}

/// What it costs to poll a box, as far as is known.
fn costs(inner: &Inner) -> Costs {
    // It is not known of couriers of older networks that they look again.
    let encryption = inner.encryption.price();
    let document = lock(&inner.view).document();
    let couriers = document.map_or(0, |document| document.services(COURIER).len());
    let looks_again = !inner.single.load(Ordering::Acquire);
    Costs {
        encryption: encryption.filter(|_| looks_again),
        packets: inner
            .lane_of(LaneKind::Read)
            .lock()
            .starts
            .window
            .packets_take(),
        couriers: u32::try_from(couriers).unwrap_or(u32::MAX),
        deadline: timeout::deadline_of_caller(),
    }
}

async fn fresh(inner: &Arc<Inner>, cap: &ReadCap, index: &BoxIndex) -> Result<Envelope> {
    requests::encrypt_read_call(inner, cap, index)?
        .run(inner)
        .await
}

impl Client {
    /// Sends an envelope made by `encrypt_read` or `encrypt_write` until it is answered.
    ///
    /// The operation can be cancelled by the envelope's hash; `BUSY` while that
    /// hash is in flight already.
    pub fn start_resending_encrypted_message(
        &self,
        kind: StartKind,
        envelope: Envelope,
        flags: StartFlags,
    ) -> Result<Work<StartResult>> {
        self.inner.check_open()?;
        self.inner
            .check_known("start_resending_encrypted_message_reply")?;
        if envelope.ciphertext.is_empty() || envelope.descriptor.is_empty() {
            return Err(Error::new(
                Status::ARG_EMPTY,
                "the envelope has no ciphertext or no descriptor",
            ));
        }
        self.check_ciphertext(envelope.ciphertext.len())?;
        let (hash, writes) = (envelope.hash, matches!(kind, StartKind::Write(_)));
        let work = Work::task(move |inner| start(inner, kind, envelope, flags)).under_hash(hash);
        Ok(if writes { work.outbound() } else { work })
    }

    /// The daemon does not answer a ciphertext of a wrong length at all.
    pub(crate) fn check_ciphertext(&self, len: usize) -> Result<()> {
        let view = crate::sync::lock(&self.inner.view);
        let Some(geometry) = &view.pigeonhole else {
            return Ok(());
        };
        let read = geometry.courier_query_read_length;
        let write = geometry.courier_query_write_length;
        if len == read || len == write {
            return Ok(());
        }
        Err(Error::new(
            Status::ARG_SIZE,
            format!("a ciphertext of {len} bytes is none of this network's"),
        ))
    }

    /// Ends the operation that sends the envelope named by `hash`, with
    /// `START_RESENDING_CANCELLED`. Success also when nothing is in flight; the
    /// daemon is then told all the same, for an earlier session may have sent it.
    pub fn cancel_resending_encrypted_message(&self, hash: &Hash) -> Result<Work<()>> {
        self.inner.check_open()?;
        if self.end_by_hash(hash) || !self.inner.is_attached() {
            return Ok(Work::now(|_| Ok(())));
        }
        self.cancel_unknown(hash)
    }

    /// Ends what is in flight under `hash`. False if nothing is.
    pub(crate) fn end_by_hash(&self, hash: &Hash) -> bool {
        let Some(id) = self.inner.ops.find(hash) else {
            return false;
        };
        self.inner.finish(
            id,
            Err(Error::new(
                Status::START_RESENDING_CANCELLED,
                "cancelled by its hash",
            )),
        )
    }
}
