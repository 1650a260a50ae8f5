//! How a client closes: the caller starts that and need not wait; the client's own thread carries
//! it out and exits with it.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime as Tokio;
use tokio::sync::{mpsc, oneshot, Notify};

use crate::client::connection;
use crate::client::connection::io::writer::Writer;
use crate::client::runtime::thread::ThreadId;
use crate::client::runtime::Farewell;
use crate::client::shared::{Phase, Shared};
use crate::deadline::Deadline;
use crate::error::closed;
use crate::sync::{lock, wait_until, Condvar, Mutex};

/// Time for the daemon to accept the goodbye.
const GOODBYE_WITHIN: Duration = Duration::from_millis(500);

/// The writer of each lane whose daemon has a session for it.
type WaysOut = Vec<Option<Arc<Writer>>>;

/// How far a client has closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// It was not closed, or has not sent its goodbye yet.
    Running,
    /// Every operation has completed, and the daemon has the goodbye.
    Parted,
    /// Only callbacks are left.
    Over,
}

/// The closing of a client, shared by all that start it or wait for it.
pub(crate) struct Closing {
    stage: Mutex<Stage>,
    changed: Condvar,
    parted: Notify,
    /// Passes the client's thread its last task.
    thread: Mutex<Option<oneshot::Sender<Farewell>>>,
    pub(crate) thread_id: ThreadId,
    /// Completes when the last lane's task has stopped.
    lanes_ended: Mutex<Option<mpsc::Receiver<()>>>,
}

impl Closing {
    pub(crate) fn new(
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

    /// Starts closing, unless that was done. When this returns, the goodbye is sent as far as the
    /// sockets accept it; everything else is left to the client's thread.
    pub(crate) fn start(self: &Arc<Self>, shared: &Arc<Shared>) {
        let before = std::mem::replace(&mut *lock(&shared.phase), Phase::Closed);
        if before == Phase::Closed {
            return;
        }
        // First of all: a connect that is cancelled here takes its writer along.
        let ways_out: WaysOut = shared.lanes.iter().map(|lane| lane.shut()).collect();
        shared.left.notify_waiters();
        for way_out in ways_out.iter().flatten() {
            way_out.say_goodbye();
        }
        let (closing, leaving) = (Arc::clone(self), Arc::clone(shared));
        let farewell: Farewell = Box::new(move |tokio| closing.part(&leaving, &ways_out, tokio));
        let thread = lock(&self.thread).take();
        // Dropped where the thread is gone: then nobody reports `Over`, so it is reported here.
        if thread.is_none_or(|thread| thread.send(farewell).is_err()) {
            self.advance(Stage::Over);
        }
    }

    /// The last task of the client's thread.
    fn part(&self, shared: &Arc<Shared>, ways_out: &WaysOut, tokio: &Tokio) {
        let _over = Over(self, shared);
        for op in shared.ops.close() {
            shared.finish(op, Err(closed()));
        }
        self.await_daemon(shared, ways_out, tokio);
        for lane in &shared.lanes {
            drop(lane.leave());
            lane.fail_all();
        }
        shared.encryption.close();
        self.advance(Stage::Parted);
        self.parted.notify_waiters();
        // Asynchronous closes complete before the last event, which nothing follows.
        tokio.block_on(async {
            while !shared.ops.seal() {
                tokio::task::yield_now().await;
            }
        });
        let _ = shared.look(); // while events may still be published
        shared.publish_closed();
    }

    /// Waits until the daemon has closed its side of every connection, within a limit: a daemon
    /// that finds a closed socket may exit before it has read the goodbye.
    fn await_daemon(&self, shared: &Shared, ways_out: &WaysOut, tokio: &Tokio) {
        let until = crate::clock::now() + GOODBYE_WITHIN;
        for (lane, way_out) in shared.lanes.iter().zip(ways_out) {
            if way_out.is_none() {
                drop(lane.leave());
            }
        }
        drop(lock(&shared.alive).take());
        if let Some(mut lanes_ended) = lock(&self.lanes_ended).take() {
            tokio.block_on(async {
                let _ = tokio::time::timeout(GOODBYE_WITHIN, lanes_ended.recv()).await;
            });
        }
        // The connection of a connect that is cancelled here belongs to nobody any more.
        for way_out in ways_out.iter().flatten() {
            connection::drain_until_eof(way_out.socket(), until);
        }
    }

    fn advance(&self, stage: Stage) {
        *lock(&self.stage) = stage;
        self.changed.notify_all();
    }

    /// Waits until the daemon has the goodbye.
    pub(crate) async fn parted(&self) {
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

    /// Waits until the client's thread has finished. Returns false if the deadline passes before
    /// that.
    pub(crate) fn wait(&self, deadline: Option<Deadline>) -> bool {
        let is_over = |stage: &Stage| *stage == Stage::Over;
        wait_until(&self.changed, lock(&self.stage), deadline, is_over).is_ok()
    }
}

/// Reports that closing is over when it is dropped, also after a panic.
struct Over<'a>(&'a Closing, &'a Shared);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.1.dispatcher.finish();
        self.0.advance(Stage::Over);
    }
}
