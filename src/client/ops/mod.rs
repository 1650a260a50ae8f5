//! Operations: each is started by a caller and completes exactly once.
//!
//! Result, timeout, cancel, close and even a panic race for an operation's [`Delivery`]; whoever
//! takes it out of the table delivers, the others find it taken. The task behind an operation holds
//! an `OpGuard`, whose drop completes the operation if nothing else did, so no path can omit it.

pub(crate) mod completion_guard;
pub(crate) mod in_flight;
pub(crate) mod kept;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use self::kept::{KeptResults, SizeOf};
use crate::client::events::completion::{Completed, Context, OpId, Value};
use crate::client::events::sink::EventSink;
use crate::client::events::Event;
use crate::client::runtime::dispatcher::Dispatcher;
use crate::deadline::Deadline;
use crate::sync::{lock, wait_until, Condvar, Mutex, MutexGuard};
use crate::wire::Hash;
use crate::{Error, Result, Status};

/// A completion callback; dropped without being called only when the library cannot start a thread.
pub type CompletionFn = Box<dyn FnOnce(Arc<Completed>) + Send>;

/// Where a completion goes.
pub enum Delivery {
    /// To a function, on the client's callback thread.
    Callback(CompletionFn),
    /// To an event sink, as [`Event::Operation`].
    Sink(Arc<EventSink>),
    /// Nowhere: kept until somebody waits for the operation.
    Keep,
    /// To a function of the library's own, at once, on whatever thread completes the operation.
    Inline(CompletionFn),
}

/// Undoes what a failing operation has started, before its completion is delivered. It runs under a
/// lock, so it must be brief and call nothing foreign.
pub(crate) type Undo = Arc<dyn Fn() + Send + Sync>;

/// Returns the partial result of a failing operation, if that is of use. It runs under a lock, so
/// it must be brief and call nothing foreign.
pub(crate) type InPart = Arc<dyn Fn(&Error) -> Option<Value> + Send + Sync>;

/// All operations of a client.
pub(crate) struct Ops {
    state: Mutex<State>,
    ended: Condvar,
    /// Wakes those who wait for writes to complete.
    pub(crate) left: Notify,
}

struct State {
    next: OpId,
    live: HashMap<OpId, Live>,
    /// What is in flight under which envelope or capability hash.
    by_hash: HashMap<Hash, OpId>,
    /// The number of live operations that write.
    outbound: usize,
    kept: KeptResults,
    /// Only operations that close the client are accepted.
    closed: bool,
    /// Nothing is accepted.
    sealed: bool,
}

/// The properties of an operation beside its task.
#[derive(Clone, Default)]
pub(crate) struct OpOptions {
    /// The name of the call, for the receiver of the completion.
    pub(crate) call: &'static str,
    /// The hash under which the operation can be cancelled while it runs.
    pub(crate) hash: Option<Hash>,
    /// What is done when it fails, before that is delivered.
    pub(crate) undo: Option<Undo>,
    /// Returns its partial result when it fails.
    pub(crate) in_part: Option<InPart>,
    /// The user data of its completion.
    pub(crate) context: Option<Context>,
    /// It writes, so that closing before it completes would lose something.
    pub(crate) outbound: bool,
    /// It closes the client, so it starts and completes later than everything else.
    pub(crate) closes: bool,
}

struct Live {
    delivery: Delivery,
    task: Option<AbortHandle>,
    options: OpOptions,
    /// How many wait for exactly this operation.
    waiters: usize,
}

impl Ops {
    /// Empty; `size_of` measures the results that are kept.
    pub(crate) fn new(size_of: SizeOf) -> Self {
        Ops {
            state: Mutex::new(State {
                next: 1,
                live: HashMap::new(),
                by_hash: HashMap::new(),
                outbound: 0,
                kept: KeptResults::new(size_of),
                closed: false,
                sealed: false,
            }),
            ended: Condvar::new(),
            left: Notify::new(),
        }
    }

    /// Adds a new operation, which can be found by `hash` where it has one. Fails with `CLOSED`
    /// once the client is closed, with `BUSY` if the hash is in flight.
    pub(crate) fn enter(&self, delivery: Delivery, options: OpOptions) -> Result<OpId> {
        let hash = options.hash;
        let mut state = lock(&self.state);
        if state.sealed || (state.closed && !options.closes) {
            return Err(Error::new(Status::CLOSED, "the client was closed"));
        }
        if hash.is_some_and(|hash| state.by_hash.contains_key(&hash)) {
            return Err(Error::new(
                Status::BUSY,
                "this envelope or copy command is in flight already",
            ));
        }
        let id = state.next;
        state.next += 1;
        if let Some(hash) = hash {
            state.by_hash.insert(hash, id);
        }
        let live = Live {
            delivery,
            task: None,
            options,
            waiters: 0,
        };
        state.outbound += usize::from(live.options.outbound);
        state.live.insert(id, live);
        Ok(id)
    }

    /// The operation in flight under `hash`.
    pub(crate) fn find(&self, hash: &Hash) -> Option<OpId> {
        lock(&self.state).by_hash.get(hash).copied()
    }

    /// Stores the task that runs an operation, so that a cancel can stop it.
    pub(crate) fn attach(&self, id: OpId, task: AbortHandle) {
        match lock(&self.state).live.get_mut(&id) {
            Some(live) => live.task = Some(task),
            None => task.abort(), // it completed before it started
        }
    }

    /// Completes operation `id` with `outcome`, unless it has completed. Returns whether it did.
    pub(crate) fn finish(
        &self,
        id: OpId,
        outcome: Result<Value>,
        dispatcher: &Arc<Dispatcher>,
    ) -> bool {
        let (mut inline, mut pushed_out) = (None, Vec::new());
        let mut state = lock(&self.state);
        let Some(live) = state.live.remove(&id) else {
            return false;
        };
        let outcome = outcome.or_else(|error| {
            let part = live.options.in_part.as_ref().and_then(|part| part(&error));
            part.ok_or(error)
        });
        let call = live.options.call;
        let completed = Arc::new(Completed {
            op: id,
            call,
            outcome,
            context: live.options.context,
        });
        state.outbound -= usize::from(live.options.outbound);
        if let Some(hash) = &live.options.hash {
            state.by_hash.remove(hash);
        }
        if let (Err(_), Some(undo)) = (&completed.outcome, &live.options.undo) {
            undo();
        }
        // Dropping the user data may run foreign code, so not under the lock.
        let last = match live.delivery {
            Delivery::Inline(_) => None,
            _ => Some(Arc::clone(&completed)),
        };
        // Delivered under the lock, so that `close` finds an operation either incomplete or
        // delivered. Foreign code runs later, on its own thread.
        match live.delivery {
            Delivery::Callback(callback) => {
                dispatcher.run(Box::new(move || callback(completed)));
            }
            Delivery::Sink(sink) => sink.push(Event::Operation(completed)),
            Delivery::Inline(function) => inline = Some((function, completed)),
            Delivery::Keep => pushed_out = state.kept.keep(completed, live.waiters > 0),
        }
        drop(state);
        drop((last, pushed_out));
        self.ended.notify_all();
        if live.options.outbound {
            self.left.notify_waiters();
        }
        if let Some((function, completed)) = inline {
            function(completed);
        }
        if let Some(task) = live.task {
            task.abort();
        }
        true
    }

    /// Waits until `id` has completed and returns its result, once, if it was kept.
    ///
    /// `Ok(Some)`: the result. `Ok(None)`: completed, and delivered elsewhere or claimed before.
    /// Fails with `TIMEOUT` while it is running, with `ARG_VALUE` if there never was such an
    /// operation.
    pub(crate) fn wait(
        &self,
        id: OpId,
        deadline: Option<Deadline>,
    ) -> Result<Option<Arc<Completed>>> {
        let mut state = self.wait_for_end(id, deadline, true)?;
        Ok(state.kept.take(id))
    }

    /// As [`Ops::wait`], but leaves the result where it is.
    pub(crate) fn wait_only(&self, id: OpId, deadline: Option<Deadline>) -> Result<()> {
        self.wait_for_end(id, deadline, false).map(drop)
    }

    /// Waits until `id` has completed. With `claims`, its result is kept for the caller, who must
    /// take it.
    fn wait_for_end(
        &self,
        id: OpId,
        deadline: Option<Deadline>,
        claims: bool,
    ) -> Result<MutexGuard<'_, State>> {
        let mut state = lock(&self.state);
        if id == 0 || id >= state.next {
            return Err(Error::new(
                Status::ARG_VALUE,
                format!("this client has started no operation {id}"),
            ));
        }
        if let Some(live) = state.live.get_mut(&id).filter(|_| claims) {
            live.waiters += 1;
        }
        let is_over = |state: &State| !state.live.contains_key(&id);
        wait_until(&self.ended, state, deadline, is_over).map_err(|mut state| {
            if let Some(live) = state.live.get_mut(&id) {
                live.waiters -= usize::from(claims);
            }
            Error::new(Status::TIMEOUT, "the operation is still running")
        })
    }

    /// True while an operation that writes is incomplete.
    pub(crate) fn any_writes(&self) -> bool {
        lock(&self.state).outbound > 0
    }

    /// The numbers of incomplete operations and of kept results.
    pub(crate) fn count(&self) -> (usize, usize) {
        let state = lock(&self.state);
        (state.live.len(), state.kept.len())
    }

    /// True if `id` was started and is incomplete.
    pub(crate) fn is_running(&self, id: OpId) -> bool {
        lock(&self.state).live.contains_key(&id)
    }

    /// True if `id` was ever given out.
    pub(crate) fn is_known(&self, id: OpId) -> bool {
        id != 0 && id < lock(&self.state).next
    }

    /// Accepts no operation any more that does not close the client itself. Returns the others that
    /// still have to be completed.
    pub(crate) fn close(&self) -> Vec<OpId> {
        let mut state = lock(&self.state);
        state.closed = true;
        let left = state.live.iter().filter(|(_, live)| !live.options.closes);
        left.map(|(id, _)| *id).collect()
    }

    /// Accepts nothing any more, once nothing is left; returns whether that is so.
    pub(crate) fn seal(&self) -> bool {
        let mut state = lock(&self.state);
        state.sealed |= state.live.is_empty();
        state.sealed
    }
}
