//! Connect, disconnect, flush.

pub(crate) mod close;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::client::call::Call;
use crate::client::connection;
use crate::client::connection::{
    Attempt, BlockingCaller, Established, Lane, LaneKind, Owner, Undrained,
};
use crate::client::events::completion::Value;
use crate::client::handle::Client;
use crate::client::shared::{Phase, Shared};
use crate::error::closed;
use crate::sync::lock;
use crate::{Error, Result, Status};

/// One attempt to connect. Restores the phase when it does not complete.
struct Connecting {
    shared: Arc<Shared>,
    attempt: u64,
    /// The writer of the lane that connects.
    epoch: u64,
}

impl Connecting {
    fn start(shared: &Arc<Shared>) -> Result<Self> {
        static ATTEMPTS: AtomicU64 = AtomicU64::new(0);
        let attempt = ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        let mut phase = lock(&shared.phase);
        let again = match *phase {
            Phase::New => false,
            Phase::Left => true,
            Phase::Connecting { .. } | Phase::Open => {
                return Err(Error::new(
                    Status::ALREADY_CONNECTED,
                    "the client is connected, or connecting",
                ));
            }
            Phase::Closed => return Err(closed()),
        };
        *phase = Phase::Connecting { again, attempt };
        Ok(Connecting {
            shared: Arc::clone(shared),
            attempt,
            epoch: shared.lanes[LaneKind::Local as usize].lock().epoch,
        })
    }

    /// Fails once the client was disconnected or closed, or the attempt was given up.
    fn check(&self, phase: Phase) -> Result<()> {
        match phase {
            Phase::Connecting { attempt, .. } if attempt == self.attempt => Ok(()),
            Phase::Closed => Err(closed()),
            _ => Err(Error::new(
                Status::CANCELLED,
                "the client was disconnected while it connected",
            )),
        }
    }

    fn still_wanted(&self) -> Result<()> {
        self.check(*lock(&self.shared.phase))
    }

    /// The client is open; its lanes are served with the sessions that were created for them.
    fn succeed(&self, all: Vec<Made>) -> Result<()> {
        let mut phase = lock(&self.shared.phase);
        if let Err(error) = self.check(*phase) {
            for made in &all {
                made.session.decline(*phase == Phase::Closed);
            }
            drop(phase); // the attempts are dropped under no lock
            return Err(error);
        }
        *phase = Phase::Open;
        let serve = |made: Made| {
            let (hand_over, first) = oneshot::channel();
            made.lane.lock().wanted = true;
            self.shared.serve(&made.lane, Some(first));
            (made, hand_over)
        };
        let served: Vec<_> = all.into_iter().map(serve).collect();
        // Connects the lanes with waiting requests now: this operation can be cancelled at any
        // moment.
        for other in &self.shared.lanes[1..] {
            let wanted = other.lock().wanted;
            if wanted {
                self.shared.serve(other, None);
            }
        }
        drop(phase);
        let owner: Arc<dyn Owner> = Arc::clone(&self.shared) as _;
        for (made, hand_over) in served {
            let Made {
                lane,
                epoch,
                session,
                attempt,
            } = made;
            if connection::start(&owner, &lane, epoch, &session, attempt).is_err() {
                return self.still_wanted(); // disconnected at once
            }
            // Fails where the lane was disconnected since, and its task with it.
            let _ = hand_over.send(session);
        }
        Ok(())
    }

    fn give_up(&self) {
        let mut phase = lock(&self.shared.phase);
        match *phase {
            Phase::Connecting { again, attempt } if attempt == self.attempt => {
                *phase = if again { Phase::Left } else { Phase::New };
            }
            _ => {}
        }
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// A session that is to become a lane's own.
struct Made {
    lane: Arc<Lane>,
    epoch: u64,
    session: Established,
    attempt: Attempt,
}

impl Made {
    async fn make(
        owner: &Arc<dyn Owner>,
        lane: &Arc<Lane>,
        epoch: u64,
        caller: Option<BlockingCaller>,
    ) -> Result<Self> {
        let (session, attempt) = connection::establish(owner, lane, epoch, caller).await?;
        Ok(Made {
            lane: Arc::clone(lane),
            epoch,
            session,
            attempt,
        })
    }
}

/// Creates the first lane's session. Where the program wants everything at once, also creates those
/// of all others, one after the other as the daemon handles handshakes, and the thread for
/// callbacks.
async fn make_sessions(
    connecting: &Connecting,
    caller: Option<BlockingCaller>,
    made: &mut Vec<Made>,
) -> Result<()> {
    let shared = &connecting.shared;
    let local = &shared.lanes[LaneKind::Local as usize];
    let owner: Arc<dyn Owner> = Arc::clone(shared) as _;
    let first = Made::make(&owner, local, connecting.epoch, caller).await?;
    let is_modern = first.session.link.features.answers_at_once();
    made.push(first);
    if !shared.config.connect_all {
        return Ok(());
    }
    shared.dispatcher.ensure_started()?;
    // An old daemon has one for everything.
    let others = shared.lanes[1..].iter().filter(|_| is_modern);
    for other in others {
        let epoch = other.lock().epoch;
        made.push(Made::make(&owner, other, epoch, caller).await?);
    }
    Ok(())
}

async fn connect(
    shared: Arc<Shared>,
    connecting: Arc<Connecting>,
    caller: Option<BlockingCaller>,
) -> Result<()> {
    let left = shared.left.notified();
    tokio::pin!(left);
    left.as_mut().enable();
    connecting.still_wanted()?;
    let mut all = Vec::new();
    let made = tokio::select! {
        biased;
        () = left => return connecting.still_wanted(),
        made = make_sessions(&connecting, caller, &mut all) => made,
    };
    match made {
        Ok(()) => connecting.succeed(all),
        Err(error) => {
            for made in &all {
                made.session.decline(false);
            }
            // Disconnecting the client cancels the handshakes, too.
            connecting.still_wanted().and(Err(error))
        }
    }
}

fn is_drained(shared: &Shared) -> Option<Value> {
    let drained = |lane: &Arc<Lane>| matches!(lane.undrained(), Undrained::Nothing);
    let is_drained = !shared.ops.any_writes()
        && shared.lanes.iter().all(drained)
        && shared.channels.are_drained()
        && shared.reliable.is_free_of(|_| true);
    // Looked at last: a client that is closed has nothing left either, but lost it.
    let is_drained = is_drained && *lock(&shared.phase) != Phase::Closed;
    is_drained.then(|| Box::new(()) as Value)
}

async fn writes_complete(shared: &Shared) {
    loop {
        let left = shared.ops.left.notified();
        tokio::pin!(left);
        left.as_mut().enable();
        if !shared.ops.any_writes() {
            return;
        }
        left.await;
    }
}

async fn drain(lane: &Lane) {
    loop {
        let changed = lane.progress.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        match lane.undrained() {
            Undrained::Nothing => return,
            Undrained::Call => changed.await,
            Undrained::Bytes(link) => {
                let written = link.writer.drained.notified();
                tokio::pin!(written);
                written.as_mut().enable();
                if !link.writer.is_empty() {
                    tokio::select! {
                        biased;
                        () = changed => {}
                        () = written => {}
                    }
                }
            }
        }
    }
}

impl Client {
    /// Connects with the daemon and performs the handshake. A daemon that is not on the mixnet is
    /// no error. Afterwards the client reconnects by itself.
    ///
    /// Fails with `CONNECT`, `HANDSHAKE`, `CONNECTION_LOST` (the peer hung up in the middle of the
    /// handshake), `ALREADY_CONNECTED`, `CLOSED`. A connect that is cancelled at the very moment of
    /// its success leaves the client connected; the next connect then fails with
    /// `ALREADY_CONNECTED`.
    pub fn connect(&self) -> Result<Call<()>> {
        let connecting = Arc::new(Connecting::start(&self.shared)?);
        let failed = Arc::clone(&connecting);
        let call = Call::task_or_here(&self.shared, move |shared, caller| {
            connect(shared, connecting, caller)
        });
        Ok(call.undone_by(Arc::new(move || failed.give_up())))
    }

    /// Disconnects from the daemon, which keeps the session and its resends. Calls wait until the
    /// client is connected again; a `connect` in progress completes with `CANCELLED`.
    pub fn disconnect(&self) -> Result<()> {
        self.shared.leave_all(|| {
            let mut phase = lock(&self.shared.phase);
            *phase = match *phase {
                Phase::Closed => return Err(closed()),
                Phase::New => {
                    return Err(Error::new(
                        Status::NOT_CONNECTED,
                        "the client was not connected yet",
                    ))
                }
                Phase::Left => return Ok(false),
                Phase::Connecting { again: false, .. } => Phase::New,
                Phase::Connecting { again: true, .. } | Phase::Open => Phase::Left,
            };
            drop(phase);
            self.shared.left.notify_waiters();
            Ok(true)
        })
    }

    /// Waits until every accepted write and copy command is answered, and every plain message has
    /// left. For a message without reply that can only be estimated from the rate at which the
    /// daemon sends.
    pub fn flush(&self) -> Result<Call<()>> {
        self.shared.check_open()?;
        let call = Call::task(&self.shared, |shared| async move {
            writes_complete(&shared).await;
            for lane in &shared.lanes {
                drain(lane).await;
            }
            shared.channels.drained().await;
            shared.reliable.freed_of(|_| true).await;
            Ok(())
        });
        Ok(call.or_if_ready(is_drained))
    }
}
