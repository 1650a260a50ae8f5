//! The store's thread: it alone touches the database, in transactions that waiting jobs share.

mod batch;

use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex};

use tokio::sync::{oneshot, Notify};

use self::batch::{run_batch, Job};
use crate::client::runtime::panicked;
use crate::client::runtime::thread::Thread;
#[cfg(test)]
use crate::client::runtime::thread::STACK;
use crate::client::ThreadSetup;
use crate::store::backing::{Backing, Durability};
use crate::sync::{lock, wait};
use crate::{Error, Result, Status};

/// The thread that has the database. It ends after the queued jobs when the last clone goes.
#[derive(Clone)]
pub(crate) struct Disk(Arc<Handle>);

/// What all clones have in common; the thread does not have it.
struct Handle {
    queue: Arc<Queue>,
}

/// What waits for the thread.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// Wakes those who wait until the database is closed.
    ended: Notify,
    /// Wakes the task that runs the jobs, where no thread does.
    #[cfg(feature = "simulation")]
    arrived: Notify,
}

struct State {
    jobs: Vec<Job>,
    /// No job is accepted any more.
    closing: bool,
    /// The thread has closed the database.
    ended: bool,
}

impl Disk {
    /// Starts the thread, which opens the database first. The future is ready when it is open.
    pub(crate) fn open(
        setup: ThreadSetup,
        stack: usize,
        open: impl FnOnce() -> Result<Box<dyn Backing>> + Send + 'static,
    ) -> Result<impl Future<Output = Result<Disk>> + Send> {
        let (opened, opens) = oneshot::channel();
        let disk = Self::spawn(setup, stack, move |queue| {
            let backing = catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|_| Err(panicked()));
            match backing {
                Ok(backing) => {
                    // Who does not wait any more has no need of it; its jobs never come.
                    let _ = opened.send(Ok(()));
                    queue.serve(backing);
                }
                Err(error) => drop(opened.send(Err(error))),
            }
        })?;
        Ok(async move {
            opens.await.unwrap_or_else(|_| Err(closed()))?;
            Ok(disk)
        })
    }

    /// Starts the thread with a database that is open.
    #[cfg(test)]
    pub(crate) fn start(backing: Box<dyn Backing>, setup: ThreadSetup) -> Result<Self> {
        Self::spawn(setup, STACK, move |queue| queue.serve(backing))
    }

    fn spawn(
        setup: ThreadSetup,
        stack: usize,
        body: impl FnOnce(&Queue) + Send + 'static,
    ) -> Result<Self> {
        let queue = Queue::new();
        let ended = Ended(Arc::clone(&queue));
        Thread::spawn("kpc-store", stack, setup, move || body(&ended.0))?;
        Ok(Disk(Arc::new(Handle { queue })))
    }

    /// Runs `work` inside a transaction on the store's thread, after all jobs that came before. The
    /// future is ready when it is committed; the work is done whether or not somebody awaits that.
    ///
    /// Jobs that wait together share one commit, with the strictest durability of them. `work`
    /// checks first and writes after. If it fails before it writes, the others are not concerned. If
    /// it fails later or panics, or the commit fails, nothing is stored, and each of them is done
    /// once more by itself: so it may be done twice, and only the last time counts. A channel that it
    /// claims is released where its transaction is rolled back.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&mut dyn Backing) -> Result<T> + Clone + Send + 'static,
    ) -> impl Future<Output = Result<T>> + Send + 'static {
        let (sender, receiver) = oneshot::channel();
        self.0.queue.push(Job::new(durability, work, move |result| {
            let _ = sender.send(result);
        }));
        async move { receiver.await.unwrap_or_else(|_| Err(closed())) }
    }

    /// Accepts no more jobs. The future is ready when the queued ones have run and the database is
    /// closed.
    pub(crate) fn close(&self) -> impl Future<Output = ()> + Send + 'static {
        self.0.queue.finish();
        let queue = Arc::clone(&self.0.queue);
        async move {
            loop {
                let ended = queue.ended.notified();
                tokio::pin!(ended);
                ended.as_mut().enable();
                if lock(&queue.state).ended {
                    return;
                }
                ended.await;
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.finish();
    }
}

impl Queue {
    fn new() -> Arc<Self> {
        Arc::new(Queue {
            state: Mutex::new(State {
                jobs: Vec::new(),
                closing: false,
                ended: false,
            }),
            changed: Condvar::new(),
            ended: Notify::new(),
            #[cfg(feature = "simulation")]
            arrived: Notify::new(),
        })
    }

    /// Queues a job. Where none is accepted any more it is dropped, which tells who waits for it.
    fn push(&self, job: Job) {
        let mut state = lock(&self.state);
        if !state.closing {
            state.jobs.push(job);
            self.wake();
        }
    }

    fn finish(&self) {
        lock(&self.state).closing = true;
        self.wake();
    }

    fn wake(&self) {
        self.changed.notify_all();
        #[cfg(feature = "simulation")]
        self.arrived.notify_one();
    }

    fn serve(&self, mut backing: Box<dyn Backing>) {
        while let Some(batch) = self.next_batch() {
            run_batch(&mut *backing, batch);
        }
    }

    /// All jobs that wait; waits for one. `None` after the last.
    fn next_batch(&self) -> Option<Vec<Job>> {
        let mut state = lock(&self.state);
        loop {
            if !state.jobs.is_empty() {
                return Some(std::mem::take(&mut state.jobs));
            }
            if state.closing {
                return None;
            }
            state = wait(&self.changed, state, None);
        }
    }
}

/// Tells, when the thread exits for whatever reason, that it runs no more jobs.
struct Ended(Arc<Queue>);

impl Drop for Ended {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.closing = true;
        state.ended = true;
        let left = std::mem::take(&mut state.jobs);
        drop(state);
        // Jobs own whatever their work needs, so none is dropped under the lock.
        drop(left);
        self.0.ended.notify_waiters();
    }
}

pub(crate) fn closed() -> Error {
    Error::new(Status::CLOSED, "the store was closed")
}

#[cfg(feature = "simulation")]
mod stepped;
#[cfg(test)]
mod tests;
