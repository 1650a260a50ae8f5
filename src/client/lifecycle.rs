//! Connect, disconnect, flush.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::inner::{closed, Inner, Phase};
use super::lane::{self, Attempt, Caller, Established, LaneKind, Undrained};
use super::op::Value;
use super::work::Work;
use super::Client;
use crate::sync::lock;
use crate::{Error, Result, Status};

/// One attempt to connect. Puts the phase back when it does not come to its end.
struct Connecting {
    inner: Arc<Inner>,
    attempt: u64,
    /// That of the lane that connects.
    epoch: u64,
}

impl Connecting {
    fn begin(inner: &Arc<Inner>) -> Result<Self> {
        static ATTEMPTS: AtomicU64 = AtomicU64::new(0);
        let attempt = ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        let mut phase = lock(&inner.phase);
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
            inner: Arc::clone(inner),
            attempt,
            epoch: inner.lanes[LaneKind::Local as usize].lock().epoch,
        })
    }

    /// An error once the client was left or closed, or the attempt was given up.
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
        self.check(*lock(&self.inner.phase))
    }

    /// The client is open, and its first lane is served with `session`.
    fn succeed(&self, session: Established, attempt: Attempt) -> Result<()> {
        let local = &self.inner.lanes[LaneKind::Local as usize];
        let (hand_over, first) = oneshot::channel();
        let mut phase = lock(&self.inner.phase);
        if let Err(error) = self.check(*phase) {
            session.decline(*phase == Phase::Closed);
            drop(phase); // the attempt ends under no lock
            return Err(error);
        }
        *phase = Phase::Open;
        local.lock().wanted = true;
        self.inner.serve(local, Some(first));
        // Those for which work waits, now: this operation can be cancelled at any moment.
        for other in &self.inner.lanes[1..] {
            let wanted = other.lock().wanted;
            if wanted {
                self.inner.serve(other, None);
            }
        }
        drop(phase);
        if lane::begin(&self.inner, local, self.epoch, &session, attempt).is_err() {
            return self.still_wanted(); // left at once
        }
        // Fails where the lane was left since, and its task with it.
        let _ = hand_over.send(session);
        Ok(())
    }

    fn give_up(&self) {
        let mut phase = lock(&self.inner.phase);
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

async fn connect(
    inner: Arc<Inner>,
    connecting: Arc<Connecting>,
    caller: Option<Caller>,
) -> Result<()> {
    let left = inner.left.notified();
    tokio::pin!(left);
    left.as_mut().enable();
    connecting.still_wanted()?;
    let local = &inner.lanes[LaneKind::Local as usize];
    let made = tokio::select! {
        biased;
        () = left => return connecting.still_wanted(),
        made = lane::establish(&inner, local, connecting.epoch, caller) => made,
    };
    match made {
        Ok((session, attempt)) => connecting.succeed(session, attempt),
        // Whoever leaves the client ends the handshake, too.
        Err(error) => connecting.still_wanted().and(Err(error)),
    }
}

fn is_drained(inner: &Inner) -> Option<Value> {
    let drained = |lane: &Arc<lane::Lane>| matches!(lane.undrained(), Undrained::Nothing);
    let is_drained = !inner.ops.any_writes()
        && inner.lanes.iter().all(drained)
        && inner.channels.are_drained()
        && inner.reliable.is_free_of(|_| true);
    is_drained.then(|| Box::new(()) as Value)
}

async fn writes_are_over(inner: &Inner) {
    loop {
        let left = inner.ops.left.notified();
        tokio::pin!(left);
        left.as_mut().enable();
        if !inner.ops.any_writes() {
            return;
        }
        left.await;
    }
}

async fn drain(lane: &lane::Lane) {
    loop {
        let moved = lane.progress.notified();
        tokio::pin!(moved);
        moved.as_mut().enable();
        match lane.undrained() {
            Undrained::Nothing => return,
            Undrained::Work => moved.await,
            Undrained::Bytes(link) => {
                let written = link.outbox.drained.notified();
                tokio::pin!(written);
                written.as_mut().enable();
                if !link.outbox.is_empty() {
                    tokio::select! {
                        biased;
                        () = moved => {}
                        () = written => {}
                    }
                }
            }
        }
    }
}

impl Client {
    /// Connects with the daemon and shakes hands. A daemon that is not on the
    /// mixnet is no error. Afterwards the client reconnects by itself.
    ///
    /// `CONNECT`, `HANDSHAKE`, `CONNECTION_LOST` (the peer hung up in the middle of the
    /// handshake), `ALREADY_CONNECTED`, `CLOSED`. A connect that is cancelled at the very
    /// moment of its success leaves the client connected, as the next connect then says.
    pub fn connect(&self) -> Result<Work<()>> {
        let connecting = Arc::new(Connecting::begin(&self.inner)?);
        let failed = Arc::clone(&connecting);
        let work = Work::task_or_here(move |inner, caller| connect(inner, connecting, caller));
        Ok(work.undone_by(Arc::new(move || failed.give_up())))
    }

    /// Leaves the daemon, which keeps the session and what it repeats for it.
    /// Calls wait until the client is connected again; a `connect` that is at work ends
    /// with `CANCELLED`.
    pub fn disconnect(&self) -> Result<()> {
        self.inner.leave_all(|| {
            let mut phase = lock(&self.inner.phase);
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
            self.inner.left.notify_waiters();
            Ok(true)
        })
    }

    /// Waits until every write and copy command that was accepted is answered, and every
    /// plain message has left. When a message without reply has left can only be reckoned
    /// from the rate at which the daemon sends.
    pub fn flush(&self) -> Result<Work<()>> {
        self.inner.check_open()?;
        let work = Work::task(|inner| async move {
            writes_are_over(&inner).await;
            for lane in &inner.lanes {
                drain(lane).await;
            }
            inner.channels.drained().await;
            inner.reliable.freed_of(|_| true).await;
            Ok(())
        });
        Ok(work.or_if_ready(is_drained))
    }
}
