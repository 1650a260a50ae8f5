//! The task that keeps a lane connected: dial, handshake, replay, read, and start again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::handshake::{handshake, BlockingCaller, Early, Established, Handshaking};
use super::io::link::SocketReader;
use super::io::trace::Trace;
use super::lane::Lane;
use super::local_call::LocalCall;
use super::owner::Owner;
use crate::client::runtime::backoff::Backoff;
use crate::client::runtime::caught;
use crate::client::runtime::log::Level;
use crate::client::runtime::query_ids::{random_array, Queries};
use crate::wire::{Id, Incoming, Request};
use crate::{transport, Error, Result, Status};

/// Resuming sooner than this after a loss can yield a connection that is open but mute.
const RESUME_NOT_BEFORE: Duration = Duration::from_millis(250);
/// A resumed session that does not answer a local request in this time is mute.
const PROBE_WITHIN: Duration = Duration::from_secs(3);
/// The same for daemons that put local requests into the queue for the mixnet.
const SLOW_PROBE_WITHIN: Duration = Duration::from_secs(20);
const MUTE: &str = "the resumed session is mute; starting afresh";

/// Passes the session that `connect` has started to a lane's task.
pub(crate) type First = oneshot::Receiver<Established>;

/// Connects `lane` once, with the token that it should use now; for `caller`, if one waits.
pub(crate) async fn establish(
    owner: &Arc<dyn Owner>,
    lane: &Arc<Lane>,
    epoch: u64,
    caller: Option<BlockingCaller>,
) -> Result<(Established, Attempt)> {
    let Some(dial) = &owner.config().dial else {
        return Err(Error::new(
            Status::CONFIG_NO_TRANSPORT,
            "the configuration names no socket of a daemon",
        ));
    };
    let token = match to_resume(lane) {
        Some((token, not_before)) => {
            tokio::time::sleep_until(not_before.into()).await;
            token
        }
        None => random_array()?,
    };
    let socket = transport::dial(dial).await?;
    let trace = Trace::new(owner.log(), lane.kind);
    let handshaking = Handshaking {
        lane,
        epoch,
        caller,
    };
    let mut attempt = Attempt {
        owner: Arc::clone(owner),
        lane: Arc::clone(lane),
        token,
        early: Early::default(),
        is_over: false,
    };
    let session = handshake(handshaking, socket, token, trace, &mut attempt.early).await?;
    Ok((session, attempt))
}

/// A connection that is to become a lane's own. Whatever closes it before that, the replies that
/// arrived on it count: the daemon does not send them again.
pub(crate) struct Attempt {
    owner: Arc<dyn Owner>,
    lane: Arc<Lane>,
    token: Id,
    early: Early,
    is_over: bool,
}

impl Attempt {
    /// The connection is installed; dispatches what arrived on it before.
    fn succeed(mut self) {
        self.is_over = true;
        for incoming in std::mem::take(&mut self.early.kept) {
            self.owner.on_incoming(&self.lane, incoming);
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        self.lane.lost_in_handshake(&self.token);
        for incoming in std::mem::take(&mut self.early.kept) {
            if matches!(incoming, Incoming::MessageReply(_)) {
                self.owner.on_incoming(&self.lane, incoming);
            }
        }
    }
}

/// The old token, if replies to plain messages may still arrive under it, and when it may be used
/// again.
fn to_resume(lane: &Lane) -> Option<(Id, Instant)> {
    let state = lane.lock();
    let session = state.session.filter(|_| state.messages.awaits_reply())?;
    Some((session.token, session.lost_at + RESUME_NOT_BEFORE))
}

/// Serves `lane` until the task is dropped or the lane's epoch is over.
pub(crate) async fn serve(
    owner: Arc<dyn Owner>,
    lane: Arc<Lane>,
    epoch: u64,
    mut first: Option<First>,
) {
    let mut backoff = Backoff::new(owner.config().reconnect_min, owner.config().reconnect_max);
    loop {
        let body = async {
            tokio::select! {
                biased;
                () = keep_time(&owner, &lane) => {}
                () = keep_connected(&owner, &lane, epoch, first.take(), &mut backoff) => {}
            }
        };
        let Err(panic) = caught(body).await else {
            return;
        };
        owner.on_lost(&lane, epoch, &panic);
        tokio::time::sleep(backoff.pause(Duration::ZERO)).await;
    }
}

/// Does what is due, also while there is no connection.
async fn keep_time(owner: &Arc<dyn Owner>, lane: &Arc<Lane>) {
    loop {
        let deadline = lane.lock().next_deadline();
        tokio::select! {
            biased;
            () = lane.wake.notified() => {}
            () = until(deadline) => owner.on_time(lane),
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

async fn keep_connected(
    owner: &Arc<dyn Owner>,
    lane: &Arc<Lane>,
    epoch: u64,
    mut first: Option<First>,
    backoff: &mut Backoff,
) {
    while lane.lock().epoch == epoch {
        let session = match first.take() {
            Some(first) => match first.await {
                Ok(session) => Ok(session),
                Err(_) => {
                    owner.on_lost(lane, epoch, &crate::error::closed()); // lost during its installation
                    continue;
                }
            },
            None => connect(owner, lane, epoch).await,
        };
        let started = crate::clock::now();
        let ended = match session {
            Ok(session) => {
                let ended = run_session(owner, lane, session).await;
                owner.on_lost(lane, epoch, &ended);
                if ended.status() == Status::TIMEOUT {
                    lane.lock().session = None; // mute
                }
                ended
            }
            Err(error) => {
                lane.could_not_connect(&error, owner.is_attached_beside(lane));
                error
            }
        };
        if lane.lock().epoch != epoch {
            return;
        }
        owner
            .log()
            .line(Level::Info, || format!("{:?} lane: {ended}", lane.kind));
        tokio::time::sleep(backoff.pause(crate::clock::since(started))).await;
    }
}

async fn connect(owner: &Arc<dyn Owner>, lane: &Arc<Lane>, epoch: u64) -> Result<Established> {
    let (session, attempt) = establish(owner, lane, epoch, None).await?;
    start(owner, lane, epoch, &session, attempt)?;
    Ok(session)
}

/// Installs the session. Fails where the lane was disconnected meanwhile.
pub(crate) fn start(
    owner: &Arc<dyn Owner>,
    lane: &Arc<Lane>,
    epoch: u64,
    session: &Established,
    attempt: Attempt,
) -> Result<()> {
    if !Arc::clone(owner).on_established(lane, epoch, session) {
        return Err(crate::error::closed());
    }
    attempt.succeed();
    Ok(())
}

/// Runs one session until it is lost; returns the reason.
async fn run_session(owner: &Arc<dyn Owner>, lane: &Arc<Lane>, mut session: Established) -> Error {
    let within = probe_within(&session);
    let ended = tokio::select! {
        biased;
        error = read(owner, lane, &mut session.socket_reader) => error,
        error = probe(owner, lane, within) => error,
    };
    session.link.writer.socket().shutdown();
    ended
}

/// Reads and dispatches until the connection is lost.
async fn read(owner: &Arc<dyn Owner>, lane: &Arc<Lane>, socket_reader: &mut SocketReader) -> Error {
    let mut calls = 0;
    loop {
        let taken = match socket_reader.buffered() {
            Ok(Some(frame)) => owner.on_frame(lane, &frame),
            Ok(None) if lane.is_for_threads(&mut calls) => {
                socket_reader.leave_to_threads(|| lane.call_reader()).await
            }
            Ok(None) => socket_reader.fill().await,
            Err(error) => Err(error),
        };
        if let Err(error) = taken {
            return error;
        }
    }
}

/// Probes a resumed session; returns only if it does not answer.
async fn probe(owner: &Arc<dyn Owner>, lane: &Arc<Lane>, within: Option<Duration>) -> Error {
    let Some(within) = within else {
        return std::future::pending().await;
    };
    let asked = async { ask(owner.queries())?.run_on(lane).await };
    match tokio::time::timeout(within, asked).await {
        Ok(_) => std::future::pending().await,
        Err(_) => Error::new(Status::TIMEOUT, MUTE),
    }
}

/// A request that any daemon with sessions answers at once, whatever its state.
fn ask(queries: &Queries) -> Result<LocalCall<()>> {
    let seed = random_array::<32>()?;
    LocalCall::new(queries, &Request::NewKeypair { seed: &seed }, |_| Ok(()))
}

/// How long the answer to a probe may take; `None` where none can be had or is needed.
fn probe_within(session: &Established) -> Option<Duration> {
    if !session.resumed {
        None
    } else if session.link.features.answers_at_once() {
        Some(PROBE_WITHIN)
    } else {
        // These queue local requests with all others, and the queue does not move offline.
        session.status.is_connected.then_some(SLOW_PROBE_WITHIN)
    }
}
