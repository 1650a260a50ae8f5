//! Sends boxes until they are answered: start resending, and its cancel.
//!
//! The daemon resends a box until it is answered. The library replaces what the daemon does not do
//! well: a read of a missing box is not left to the daemon's endless retry, which a courier may
//! never answer. It is polled, with the same envelope for a while where encrypting is expensive
//! (see `polling`), and queues with all other reads in between.

use std::sync::atomic::Ordering;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{oneshot, Notify};

use super::pace::Pace;
pub(crate) use super::pace::POLL_EVERY;
use super::polling::{Costs, Next, Polled};
use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::client::api::couriers::COURIER;
use crate::client::call::Call;
use crate::client::connection::{BoxStart, Lane, LaneKind, ResendAnswer, ResendCap, ResendRequest};
use crate::client::encryption::Priority;
use crate::client::handle::Client;
use crate::client::requests;
use crate::client::runtime::timeout;
use crate::client::shared::Shared;
use crate::client::stored::envelope::Envelope;
use crate::error::closed;
use crate::sync::lock;
use crate::wire::{Features, Hash, ReplyBody};
use crate::{Error, Result, Status};

/// How often in a row the daemon may refuse a waiting read, over some three minutes.
const REFUSALS: u32 = 8;
/// Polls until the box exists.
pub(crate) const WITHOUT_END: u32 = u32::MAX;

/// What a box is sent under.
#[derive(Clone)]
pub enum StartKind {
    /// A read with this capability, of the box at this index.
    Read(ReadCap, BoxIndex),
    /// A write (or tombstone) with this capability.
    Write(WriteCap),
}

impl StartKind {
    fn lane(&self) -> LaneKind {
        match self {
            StartKind::Read(..) => LaneKind::Read,
            StartKind::Write(_) => LaneKind::Write,
        }
    }
}

/// How a box is to be sent.
#[derive(Clone, Copy, Default)]
pub struct StartFlags {
    /// A read of a missing box fails with `BOX_ID_NOT_FOUND` instead of waiting for it.
    pub no_retry: bool,
    /// A write of an existing box fails with `BOX_ALREADY_EXISTS` instead of success.
    pub return_box_exists: bool,
    /// Which replica's answer to ask for; today's daemons ignore it.
    pub reply_index: Option<u8>,
}

/// The answer to a box.
#[derive(Clone)]
pub struct StartResult {
    /// What a read found; empty for writes.
    pub plaintext: Bytes,
    /// Identity hash of the courier that carried it.
    pub courier: Option<Hash>,
    /// Queue of that courier.
    pub courier_queue: Option<Bytes>,
}

/// A place in a lane's queue, and then the request sent from it. Dropping it removes the place, or
/// cancels the request at the daemon until that takes effect.
pub(crate) struct Place {
    shared: Arc<Shared>,
    lane: Arc<Lane>,
    key: u64,
    turn: oneshot::Receiver<Result<()>>,
}

impl Place {
    /// Reserves a place at the end of the queue of a lane.
    pub(crate) fn take(shared: &Arc<Shared>, kind: LaneKind) -> Result<Self> {
        let lane = shared.lane(kind);
        let (key, turn) = lane.reserve(kind != LaneKind::Read)?;
        let place = Place {
            shared: Arc::clone(shared),
            lane,
            key,
            turn,
        };
        place.lane.pump(&shared.queries);
        Ok(place)
    }

    /// Waits until the turn is turn, when the request is to be prepared.
    async fn is_near(&mut self) -> Result<()> {
        (&mut self.turn).await.map_err(|_| closed())?
    }

    /// Has the envelope of a read made once its turn is near.
    pub(crate) async fn encrypt_read(
        &mut self,
        cap: &ReadCap,
        index: &BoxIndex,
    ) -> Result<Envelope> {
        self.is_near().await?;
        let call = requests::encrypt_read_call(&self.shared, cap, index, Priority::Read)?;
        call.run(&self.shared).await
    }

    /// Has the envelope of a write made once its turn is near.
    pub(crate) async fn encrypt_write(
        &mut self,
        cap: &WriteCap,
        index: &BoxIndex,
        plaintext: &[u8],
    ) -> Result<Envelope> {
        self.is_near().await?;
        let priority = Priority::Write;
        let call = requests::encrypt_write_call(&self.shared, cap, index, plaintext, priority)?;
        call.run(&self.shared).await
    }

    /// Sends a request when its turn comes, and waits for the answer.
    async fn send(self, request: ResendRequest) -> Result<ResendAnswer> {
        let (sender, answer) = oneshot::channel();
        self.lane.fill(self.key, request, sender)?;
        self.lane.pump(&self.shared.queries);
        answer.await.map_err(|_| closed())?
    }

    /// Sends one envelope once. Notifies `handed` when it is sent to the daemon.
    pub(crate) async fn send_envelope(
        self,
        kind: &StartKind,
        envelope: &Envelope,
        flags: StartFlags,
        handed: Option<Arc<Notify>>,
    ) -> Fate {
        match self
            .send(start_request(kind, envelope, flags, handed))
            .await
        {
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
}

impl Drop for Place {
    fn drop(&mut self) {
        let queries = &self.shared.queries;
        let mut state = self.lane.lock();
        let cancel = state
            .resends
            .abandon(self.key, queries, crate::clock::now());
        if let (Some(cancel), Some(link)) = (cancel, state.link.clone()) {
            state.queue(&link, cancel); // under the lock, so behind its request
        }
        let link = state.pump(queries);
        drop(state);
        if let Some(link) = link {
            link.writer.flush();
        }
        self.lane.wake.notify_one(); // there is a new time limit
        self.lane.progress.notify_waiters();
    }
}

/// Passes a request to its lane and waits for the answer.
pub(crate) async fn run(
    shared: &Arc<Shared>,
    kind: LaneKind,
    request: ResendRequest,
) -> Result<ResendAnswer> {
    Place::take(shared, kind)?.send(request).await
}

/// The outcome of one envelope.
pub(crate) struct Fate {
    pub(crate) outcome: Result<StartResult>,
    /// It was sent more than once, so a write may have found itself written already.
    pub(crate) replayed: bool,
}

impl Fate {
    /// The outcome, with a hint where a write may have found itself and nobody can check.
    fn into_result(self, features: &Features) -> Result<StartResult> {
        let doubtful = self.replayed || features.may_meet_itself();
        self.outcome.map_err(|error| {
            if doubtful && error.status() == Status::BOX_ALREADY_EXISTS {
                return may_be_own_write(&error, self.replayed);
            }
            error
        })
    }
}

/// The same error, with the hint that it may have no meaning.
pub(crate) fn may_be_own_write(error: &Error, replayed: bool) -> Error {
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

/// Sends one prepared envelope, once.
pub(crate) async fn send_envelope(
    shared: &Arc<Shared>,
    kind: &StartKind,
    envelope: &Envelope,
    flags: StartFlags,
) -> Fate {
    match Place::take(shared, kind.lane()) {
        Ok(place) => place.send_envelope(kind, envelope, flags, None).await,
        Err(error) => Fate {
            outcome: Err(error),
            replayed: false,
        },
    }
}

fn start_request(
    kind: &StartKind,
    envelope: &Envelope,
    flags: StartFlags,
    handed: Option<Arc<Notify>>,
) -> ResendRequest {
    let (cap, index) = match kind {
        StartKind::Read(cap, index) => (ResendCap::Read(cap.clone()), Some(index.clone())),
        StartKind::Write(cap) => (ResendCap::Write(cap.clone()), None),
    };
    ResendRequest::Box(Box::new(BoxStart {
        cap,
        index,
        reply_index: flags.reply_index,
        descriptor: envelope.descriptor.clone(),
        ciphertext: envelope.ciphertext.clone(),
        hash: envelope.hash,
        no_retry: flags.no_retry,
        return_box_exists: flags.return_box_exists,
        handed,
    }))
}

fn read_result(answer: ResendAnswer) -> Result<StartResult> {
    answer.check()?;
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

/// Sends an envelope until it has a final answer.
pub(crate) async fn start(
    shared: Arc<Shared>,
    kind: StartKind,
    envelope: Envelope,
    flags: StartFlags,
) -> Result<StartResult> {
    match &kind {
        StartKind::Read(cap, index) if !flags.no_retry => {
            let pace = Pace::default();
            let first = Some(envelope);
            let found = poll(&shared, cap, index, first, flags, &pace, WITHOUT_END).await?;
            Ok(found.result)
        }
        _ => {
            let sent = send_envelope(&shared, &kind, &envelope, flags).await;
            sent.into_result(&shared.features())
        }
    }
}

/// A box that was found.
pub(crate) struct Found {
    pub(crate) result: StartResult,
    /// What it was found with.
    pub(crate) envelope: Envelope,
}

/// Reads a box until it exists; `first` is the first envelope, where there is one already.
///
/// Fails with `BOX_ID_NOT_FOUND` when so many polls have found nothing.
pub(crate) async fn poll(
    shared: &Arc<Shared>,
    cap: &ReadCap,
    index: &BoxIndex,
    first: Option<Envelope>,
    flags: StartFlags,
    pace: &Pace,
    polls: u32,
) -> Result<Found> {
    let kind = StartKind::Read(cap.clone(), index.clone());
    let flags = StartFlags {
        no_retry: true,
        ..flags
    };
    let mut next = first;
    let mut polled = Polled::first(crate::clock::now());
    let (mut refusals, mut in_vain) = (0, 0_u32);
    loop {
        let started = tokio::time::Instant::now();
        let mut place = Place::take(shared, LaneKind::Read)?;
        let envelope = match next.take() {
            Some(envelope) => Ok(envelope),
            None => {
                let made = place.encrypt_read(cap, index).await;
                polled = Polled::first(crate::clock::now());
                made
            }
        };
        let ended = match &envelope {
            Ok(envelope) => {
                let sent = place.send_envelope(&kind, envelope, flags, None).await;
                sent.outcome.map(|result| Found {
                    result,
                    envelope: envelope.clone(),
                })
            }
            Err(error) => {
                drop(place);
                Err(Error::clone(error))
            }
        };
        let mut missing = None;
        match ended {
            Err(error) if error.status() == Status::BOX_ID_NOT_FOUND => {
                refusals = 0;
                in_vain = in_vain.saturating_add(1);
                missing = Some(error);
            }
            // The envelope expired while it waited.
            Err(error) if error.status() == Status::COURIER_INVALID_EPOCH => refusals = 0,
            // The daemon has no document or courier now, as after its start.
            Err(error) if error.status() == Status::DAEMON_INTERNAL && refusals < REFUSALS => {
                refusals += 1;
            }
            ended => return ended,
        }
        pace.rest(started, refusals).await;
        let now = crate::clock::now();
        let Some(error) = missing else { continue };
        if polls != WITHOUT_END && in_vain >= polls {
            return Err(error);
        }
        if polled.next(now, &costs(shared)) == Next::Same {
            polled.again();
            next = envelope.ok();
        }
    }
}

/// The costs of polling a box, as far as known.
fn costs(shared: &Shared) -> Costs {
    // Couriers of older networks are not known to look again.
    let encryption = shared.encryption.price();
    let document = lock(&shared.view).document();
    let couriers = document.map_or(0, |document| document.services(COURIER).len());
    let looks_again = !shared.single.load(Ordering::Acquire);
    Costs {
        encryption: encryption.filter(|_| looks_again),
        packets: shared
            .lane_of(LaneKind::Read)
            .lock()
            .resends
            .window
            .packets_take(),
        couriers: u32::try_from(couriers).unwrap_or(u32::MAX),
        deadline: timeout::deadline_of_caller(),
    }
}

/// Reads a box with one envelope, which is encrypted when its turn to be sent is near.
pub(crate) async fn read_once(
    shared: &Arc<Shared>,
    cap: &ReadCap,
    index: &BoxIndex,
    flags: StartFlags,
) -> Result<Found> {
    let mut place = Place::take(shared, LaneKind::Read)?;
    let envelope = place.encrypt_read(cap, index).await?;
    let kind = StartKind::Read(cap.clone(), index.clone());
    let flags = StartFlags {
        no_retry: true,
        ..flags
    };
    let sent = place.send_envelope(&kind, &envelope, flags, None).await;
    Ok(Found {
        result: sent.outcome?,
        envelope,
    })
}

impl Client {
    /// Sends an envelope made by `encrypt_read` or `encrypt_write` until it is answered.
    ///
    /// The operation can be cancelled by the envelope's hash; fails with `BUSY` while that hash is
    /// in flight already.
    pub fn start_resending_encrypted_message(
        &self,
        kind: StartKind,
        envelope: Envelope,
        flags: StartFlags,
    ) -> Result<Call<StartResult>> {
        self.shared.check_open()?;
        self.shared
            .check_known("start_resending_encrypted_message_reply")?;
        if let StartKind::Read(cap, index) = &kind {
            requests::check_place(&self.shared, &cap.first_index(), index)?;
        }
        if envelope.ciphertext.is_empty() || envelope.descriptor.is_empty() {
            return Err(Error::new(
                Status::ARG_EMPTY,
                "the envelope has no ciphertext or no descriptor",
            ));
        }
        self.check_ciphertext(envelope.ciphertext.len())?;
        let (hash, writes) = (envelope.hash, matches!(kind, StartKind::Write(_)));
        let call = Call::task(&self.shared, move |shared| {
            start(shared, kind, envelope, flags)
        })
        .under_hash(hash);
        Ok(if writes { call.outbound() } else { call })
    }

    /// The daemon never answers a ciphertext of a wrong length.
    pub(crate) fn check_ciphertext(&self, len: usize) -> Result<()> {
        let view = crate::sync::lock(&self.shared.view);
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

    /// Cancels the operation that sends the envelope identified by `hash`; it completes with
    /// `START_RESENDING_CANCELLED`. Succeeds also when nothing is in flight; the daemon gets the
    /// cancel all the same, for an earlier session may have sent the envelope.
    pub fn cancel_resending_encrypted_message(&self, hash: &Hash) -> Result<Call<()>> {
        self.shared.check_open()?;
        if self.end_by_hash(hash) || !self.shared.is_attached() {
            return Ok(Call::now(&self.shared, |_| Ok(())));
        }
        self.cancel_unknown(hash)
    }

    /// Completes the operation in flight under `hash`. Returns false if there is none.
    pub(crate) fn end_by_hash(&self, hash: &Hash) -> bool {
        let Some(id) = self.shared.ops.find(hash) else {
            return false;
        };
        self.shared.finish(
            id,
            Err(Error::new(
                Status::START_RESENDING_CANCELLED,
                "cancelled by its hash",
            )),
        )
    }
}
