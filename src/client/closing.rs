//! How a client ends: whoever closes it begins that and need not wait; the client's own thread
//! carries it out and ends with it.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime as Tokio;
use tokio::sync::{mpsc, oneshot, Notify};

use super::inner::{closed, Inner, Phase};
use super::lane;
use super::outbox::Outbox;
use super::runtime::Farewell;
use super::thread::ThreadId;
use super::timeout::Timeout;
use super::work::Work;
use super::Client;
use crate::sync::{lock, wait_until};
use crate::{Error, Result, Status};

/// How long the daemon has to take the goodbye.
const GOODBYE_WITHIN: Duration = Duration::from_millis(500);

/// The way out of each lane whose daemon has a session for it.
type WaysOut = Vec<Option<Arc<Outbox>>>;

/// How far a client is with its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// It was not closed, or has not taken leave of the daemon yet.
    Running,
    /// Every operation has completed, and the daemon has been told goodbye.
    Parted,
    /// Nothing is left to do but for callbacks.
    Over,
}

/// The end of a client, shared by all that begin it or wait for it.
pub(crate) struct Closing {
    stage: Mutex<Stage>,
    changed: Condvar,
    parted: Notify,
    /// Hands the client's thread what it does last.
    thread: Mutex<Option<oneshot::Sender<Farewell>>>,
    thread_id: ThreadId,
    /// Ends when the last lane's task has ended.
    lanes_ended: Mutex<Option<mpsc::Receiver<()>>>,
}

impl Closing {
    pub(super) fn new(
        thread: oneshot::Sender<Farewell>,
        thread_id: ThreadId,
        lanes_ended: mpsc::Receiver<()>,
    ) -> Arc<Self> {
        Arc::new(Closing {
            stage: Mutex::new(Stage::Running),
            changed: Condvar::new(),
            parted: Notify::new(),
            thread: Mutex::new(Some(thread)),
            thread_id,
            lanes_ended: Mutex::new(Some(lanes_ended)),
        })
    }

    /// Begins the end, unless that was done. The goodbye is on its way when this returns, as far
    /// as the sockets take it; everything else is left to the client's thread.
    pub(super) fn begin(self: &Arc<Self>, inner: &Arc<Inner>) {
        let before = std::mem::replace(&mut *lock(&inner.phase), Phase::Closed);
        if before == Phase::Closed {
            return;
        }
        // First of all: a connect that is ended here takes its way out along.
        let ways_out: WaysOut = inner.lanes.iter().map(|lane| lane.shut()).collect();
        inner.left.notify_waiters();
        for way_out in ways_out.iter().flatten() {
            way_out.say_goodbye();
        }
        let (closing, leaving) = (Arc::clone(self), Arc::clone(inner));
        let farewell: Farewell = Box::new(move |tokio| closing.part(&leaving, &ways_out, tokio));
        let thread = lock(&self.thread).take();
        // Dropped where the thread is gone: `Over` is then told by nobody, so it is told here.
        if thread.is_none_or(|thread| thread.send(farewell).is_err()) {
            self.advance(Stage::Over);
        }
    }

    /// The last work of the client's thread.
    fn part(&self, inner: &Arc<Inner>, ways_out: &WaysOut, tokio: &Tokio) {
        let _over = Over(self, inner);
        for op in inner.ops.close() {
            inner.finish(op, Err(closed()));
        }
        self.await_daemon(inner, ways_out, tokio);
        for lane in &inner.lanes {
            drop(lane.leave());
            lane.fail_all();
        }
        inner.encryption.close();
        self.advance(Stage::Parted);
        self.parted.notify_waiters();
        // Those who close asynchronously hear of it before the last event, which nothing follows.
        tokio.block_on(async {
            while !inner.ops.seal() {
                tokio::task::yield_now().await;
            }
        });
        inner.tell_closed();
    }

    /// Waits until the daemon has closed its side of every connection, within a limit: one that
    /// finds a closed socket may end before it has read the goodbye.
    fn await_daemon(&self, inner: &Inner, ways_out: &WaysOut, tokio: &Tokio) {
        let until = Instant::now() + GOODBYE_WITHIN;
        for (lane, way_out) in inner.lanes.iter().zip(ways_out) {
            if way_out.is_none() {
                drop(lane.leave());
            }
        }
        drop(lock(&inner.alive).take());
        if let Some(mut lanes_ended) = lock(&self.lanes_ended).take() {
            tokio.block_on(async {
                let _ = tokio::time::timeout(GOODBYE_WITHIN, lanes_ended.recv()).await;
            });
        }
        // A connection of a connect that ends here is nobody's any more.
        for way_out in ways_out.iter().flatten() {
            lane::hear_out(way_out.socket(), until);
        }
    }

    fn advance(&self, stage: Stage) {
        *lock(&self.stage) = stage;
        self.changed.notify_all();
    }

    /// Waits until the daemon has been told goodbye.
    async fn parted(&self) {
        loop {
            let parted = self.parted.notified();
            tokio::pin!(parted);
            parted.as_mut().enable();
            if *lock(&self.stage) >= Stage::Parted {
                return;
            }
            parted.await;
        }
    }

    /// Waits until the client's thread has done all that it had to. False if the deadline passes
    /// before that.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        let is_over = |stage: &Stage| *stage == Stage::Over;
        wait_until(&self.changed, lock(&self.stage), deadline, is_over).is_ok()
    }
}

/// Tells that the end is over when it is dropped, also after a panic.
struct Over<'a>(&'a Closing, &'a Inner);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.1.dispatcher.finish();
        self.0.advance(Stage::Over);
    }
}

impl Client {
    /// Says goodbye to the daemon, which then forgets this client, ends every operation with
    /// `CLOSED` and waits for the client's threads. In a callback, a log or a drop function,
    /// which run on those, it begins all of that and does not wait. Safe to call twice and from
    /// any thread; each call waits, whichever began.
    pub fn close(&self) {
        let _ = self.close_within(Timeout::Forever);
    }

    /// The same, for a limited time. `TIMEOUT`: a callback is still running, or the daemon has
    /// not taken its goodbye; closing goes on.
    pub fn close_within(&self, timeout: Timeout) -> Result<()> {
        self.closing.begin(&self.inner);
        let dispatcher = &self.inner.dispatcher;
        if dispatcher.is_current() || self.closing.thread_id == ThreadId::current() {
            return Ok(());
        }
        let deadline = timeout.deadline();
        if !self.closing.wait(deadline) {
            return Err(not_over("the daemon has not taken its goodbye yet"));
        }
        let thread = lock(&self.runtime).thread.take();
        if let Some(thread) = thread {
            thread.join();
        }
        if !dispatcher.wait_for_end(deadline) {
            return Err(not_over("a callback is still running"));
        }
        Ok(())
    }

    /// As [`Client::close`]; completes when every other operation has completed and the daemon
    /// has been told goodbye. `CLOSED` when the client was closed before.
    pub fn close_later(&self) -> Work<()> {
        let closing = Arc::clone(&self.closing);
        let work = Work::task(move |inner| async move {
            closing.begin(&inner);
            closing.parted().await;
            Ok(())
        });
        work.at_once().closes()
    }

    /// Begins what [`Client::close`] does and waits for nothing.
    pub fn begin_to_close(&self) {
        self.closing.begin(&self.inner);
    }
}

fn not_over(why: &str) -> Error {
    Error::new(Status::TIMEOUT, format!("the time limit ran out: {why}"))
}

impl Drop for Client {
    fn drop(&mut self) {
        self.begin_to_close();
    }
}
