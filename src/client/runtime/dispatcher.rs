//! The one thread on which a client's callbacks run, started when first needed.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use super::log::Log;
use super::thread::{Thread, ThreadId, ThreadSetup, CALLBACK_STACK};
use crate::deadline::Deadline;
use crate::sync::{lock, wait, wait_until, Condvar, Mutex};

/// A callback with everything that it needs.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// Runs jobs one after the other, in order, on its own thread.
pub(crate) struct Dispatcher {
    state: Mutex<State>,
    arrived: Condvar,
    setup: ThreadSetup,
    log: Log,
    /// No two dispatchers of a process ever have the same; never 0.
    number: u64,
}

thread_local! {
    /// The dispatcher whose client's functions this thread runs, though it is not its own. Without a
    /// destructor, so that it exists until the thread has exited.
    static HELPS: Cell<u64> = const { Cell::new(0) };
}

struct State {
    jobs: VecDeque<Job>,
    thread: Option<Thread>,
    thread_id: Option<ThreadId>,
    closing: bool,
    /// The thread has run its last job.
    ended: bool,
}

impl Dispatcher {
    pub(crate) fn new(setup: ThreadSetup, log: Log) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Arc::new(Dispatcher {
            state: Mutex::new(State {
                jobs: VecDeque::new(),
                thread: None,
                thread_id: None,
                closing: false,
                ended: false,
            }),
            arrived: Condvar::new(),
            setup,
            log,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// What threads of this client do first.
    #[cfg(feature = "store")]
    pub(crate) fn thread_setup(&self) -> ThreadSetup {
        self.setup
    }

    /// The calling thread runs functions of the program's for this client from now on: there, too,
    /// nothing may wait for it.
    #[cfg(feature = "store")]
    pub(crate) fn include_this_thread(&self) {
        HELPS.set(self.number);
    }

    /// Makes sure that the thread runs, so that a later [`Dispatcher::run`] cannot fail.
    pub(crate) fn ensure_started(self: &Arc<Self>) -> crate::Result<()> {
        let mut state = lock(&self.state);
        if state.thread_id.is_none() {
            let me = Arc::clone(self);
            let name = "kpc-callbacks";
            let thread = Thread::spawn(name, CALLBACK_STACK, self.setup, move || me.run_jobs())?;
            state.thread_id = Some(thread.id());
            state.thread = Some(thread);
        }
        Ok(())
    }

    /// Runs `job` on the thread, after all that came before it.
    ///
    /// Where no thread could be started, or the dispatcher is closed, the job is dropped; what it
    /// owns handles that itself.
    pub(crate) fn run(self: &Arc<Self>, job: Job) {
        if self.ensure_started().is_err() {
            return;
        }
        let mut state = lock(&self.state);
        state.jobs.push_back(job);
        drop(state);
        self.arrived.notify_one();
    }

    fn run_jobs(self: Arc<Self>) {
        while let Some(job) = self.next_job() {
            // The job reports its own failures; the thread outlives a panic in it.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
        lock(&self.state).ended = true;
        self.arrived.notify_all();
    }

    fn next_job(&self) -> Option<Job> {
        let mut state = lock(&self.state);
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closing {
                return None;
            }
            state = wait(&self.arrived, state, None);
        }
    }

    /// True inside a callback, a log function or a function of a backing of the client, where nothing
    /// may wait for it.
    pub(crate) fn is_current(&self) -> bool {
        lock(&self.state).thread_id == Some(ThreadId::current())
            || HELPS.get() == self.number
            || self.log.is_speaking()
    }

    /// Lets the thread finish what is queued, and exit.
    pub(crate) fn finish(&self) {
        lock(&self.state).closing = true;
        self.arrived.notify_all();
    }

    /// Waits until the thread has exited. Returns false if the deadline passes before that.
    pub(crate) fn wait_for_end(&self, deadline: Option<Deadline>) -> bool {
        let has_ended = |state: &State| state.thread_id.is_none() || state.ended;
        let ended = wait_until(&self.arrived, lock(&self.state), deadline, has_ended);
        let Ok(mut state) = ended else {
            return false;
        };
        let thread = state.thread.take();
        drop(state);
        if let Some(thread) = thread {
            thread.join();
        }
        true
    }
}
