//! Runs a call: the calling thread waits for it, or an operation is started for it.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};

use super::{AnyCall, Call, Kind, Steps, Task};
use crate::client::connection;
use crate::client::connection::LocalCall;
use crate::client::connection::LocalRequest;
use crate::client::events::completion::{Completed, OpId, Value};
use crate::client::handle::Client;
use crate::client::ops::{CompletionFn, Delivery, OpOptions};
use crate::client::runtime;
use crate::client::runtime::timeout;
use crate::client::runtime::timeout::Timeout;
use crate::client::runtime::waiter::Waiter;
use crate::client::shared::Shared;
use crate::deadline::Deadline;
use crate::error::closed;
use crate::{Error, Result, Status};

/// An operation that is registered and not yet started.
pub struct Prepared {
    shared: Arc<Shared>,
    id: OpId,
    guard: OpGuard,
}

/// Completes its operation when dropped, if nothing else has.
struct OpGuard {
    shared: Arc<Shared>,
    id: OpId,
}

impl Drop for OpGuard {
    fn drop(&mut self) {
        let error = if std::thread::panicking() {
            runtime::panicked()
        } else {
            closed()
        };
        self.shared.finish(self.id, Err(error));
    }
}

impl Shared {
    /// See [`Call::block`].
    pub(crate) fn block<T: 'static>(
        self: &Arc<Self>,
        call: Call<T>,
        timeout: Timeout,
    ) -> Result<T> {
        let mut answer = None;
        let returned = self.block_steps(call.steps, timeout, &mut answer)?;
        match answer {
            Some(answer) => (call.read)(&answer),
            None => claim(returned),
        }
    }

    /// The same, whatever the call returns. The answer to a local request goes to `answer`: it is
    /// large, and each call has its own code where it is read.
    fn block_steps(
        self: &Arc<Self>,
        steps: Box<Steps>,
        timeout: Timeout,
        answer: &mut Option<connection::Answer>,
    ) -> Result<Option<Value>> {
        if let Some(value) = steps.ready.and_then(|ready| ready(self)) {
            return Ok(Some(value));
        }
        match steps.kind {
            Kind::Now(act) => {
                self.check_open()?;
                act(self).map(Some)
            }
            Kind::Local(local_request) => {
                let deadline = self.may_wait(timeout)?;
                *answer = Some(self.local_request(local_request, deadline)?);
                Ok(None)
            }
            Kind::Task(make) => {
                let deadline = self.may_wait(timeout)?;
                let task = make(Arc::clone(self));
                self.block_task(task, steps.options, steps.at_once, deadline)
            }
            Kind::TaskOrHere(make) => {
                let deadline = self.may_wait(timeout)?;
                let task = make(
                    Arc::clone(self),
                    Some(connection::BlockingCaller::new(deadline)),
                );
                self.block_task(task, steps.options, true, deadline)
            }
        }
    }

    /// When a caller with this limit gives up.
    pub(crate) fn deadline(&self, timeout: Timeout) -> Option<Deadline> {
        timeout.deadline(self.config.suspend_clock)
    }

    /// Refuses to wait where that would be for ever, or is not wanted.
    pub(crate) fn may_wait(self: &Arc<Self>, timeout: Timeout) -> Result<Option<Deadline>> {
        if timeout == Timeout::Poll {
            return Err(self.timed_out());
        }
        if self.dispatcher.is_current() {
            return Err(Error::new(
                Status::WOULD_DEADLOCK,
                "a waiting call inside a callback of the same client",
            ));
        }
        Ok(self.deadline(timeout))
    }

    pub(crate) fn block_local<T>(
        self: &Arc<Self>,
        call: LocalCall<T>,
        deadline: Option<Deadline>,
    ) -> Result<T> {
        (call.read)(&self.local_request(call.local_request, deadline)?)
    }

    fn local_request(
        self: &Arc<Self>,
        local_request: LocalRequest,
        deadline: Option<Deadline>,
    ) -> Result<connection::Answer> {
        let query = local_request.query;
        let (lane, permit) = match &local_request.effort {
            None => (self.lane(connection::LaneKind::Local), None),
            Some(effort) => {
                let permit = self.permit_blocking(effort.priority, deadline)?;
                (self.encryption_lane(&permit), Some(permit))
            }
        };
        let waiter = Arc::new(Waiter::new());
        let sink = connection::CallSink::Thread(Arc::clone(&waiter));
        lane.call(local_request, sink, permit);
        connection::await_answer(&**self, &lane, &waiter, deadline).unwrap_or_else(|| {
            let timed_out = self.timed_out(); // while the call is still registered, to be named
            lane.forget_call(query);
            lane.call_reader(); // not before: it could have been this thread
            Err(timed_out)
        })
    }

    fn block_task(
        self: &Arc<Self>,
        task: Task<Value>,
        options: OpOptions,
        at_once: bool,
        deadline: Option<Deadline>,
    ) -> Result<Option<Value>> {
        let waiter = Arc::new(Waiter::new());
        let filled = Arc::clone(&waiter);
        let deliver: CompletionFn = Box::new(move |completed| filled.fill(completed));
        let prepared = self.enter(options, Delivery::Inline(deliver))?;
        let id = prepared.id;
        let task = Box::pin(timeout::until(deadline, task));
        prepared.launch_future(task, None, at_once);
        let completed = self.await_completion(id, &waiter, deadline)?;
        Arc::try_unwrap(completed)
            .map_err(|_| Error::new(Status::INTERNAL, "a result has two owners"))?
            .outcome
            .map(Some)
    }

    fn await_completion(
        self: &Arc<Self>,
        id: OpId,
        waiter: &Waiter<Arc<Completed>>,
        deadline: Option<Deadline>,
    ) -> Result<Arc<Completed>> {
        Ok(match waiter.wait_value(deadline) {
            Some(completed) => completed,
            None => {
                // The waiter holds the outcome that came first.
                self.finish(id, Err(self.timed_out()));
                match waiter.wait_value(None) {
                    Some(completed) => completed,
                    None => return Err(self.timed_out()),
                }
            }
        })
    }

    /// See [`Call::prepare`].
    pub(crate) fn prepare_any(
        self: &Arc<Self>,
        call: &AnyCall,
        delivery: Delivery,
    ) -> Result<Prepared> {
        self.prepare_terms(&call.steps.options, delivery)
    }

    fn prepare_terms(
        self: &Arc<Self>,
        options: &OpOptions,
        delivery: Delivery,
    ) -> Result<Prepared> {
        match &delivery {
            Delivery::Callback(_) => self.dispatcher.ensure_started()?,
            Delivery::Sink(sink) if !sink.belongs_to(&self.dispatcher) => {
                return Err(Error::new(
                    Status::BAD_HANDLE,
                    "the completion's sink belongs to another client",
                ));
            }
            _ => {}
        }
        self.enter(options.clone(), delivery)
    }

    fn enter(self: &Arc<Self>, options: OpOptions, delivery: Delivery) -> Result<Prepared> {
        let id = self.ops.enter(delivery, options)?;
        let shared = Arc::clone(self);
        Ok(Prepared {
            guard: OpGuard {
                shared: Arc::clone(&shared),
                id,
            },
            shared,
            id,
        })
    }
}

impl<T: 'static> Call<T> {
    /// Runs the call and blocks the calling thread until it completes.
    ///
    /// Fails with `WOULD_DEADLOCK` in a callback of its client, and with `TIMEOUT` when the time
    /// is over; the call is then cancelled. With [`Timeout::Poll`] a call that would have to wait
    /// is not started at all.
    pub fn block(self, timeout: Timeout) -> Result<T> {
        Arc::clone(&self.shared).block(self, timeout)
    }

    /// Registers an asynchronous operation for the call; [`Prepared::launch`] starts it.
    ///
    /// Fails with `BUSY` if its envelope or copy command is in flight, with `CLOSED` after close.
    ///
    /// Fails with `BAD_HANDLE` for a sink of another client: it would close with that one, and its
    /// reader could not see which client's operation of this number completed.
    pub fn prepare(&self, delivery: Delivery) -> Result<Prepared> {
        self.shared.prepare_terms(&self.steps.options, delivery)
    }
}

impl Client {
    /// Cancels an operation: it completes with `CANCELLED`, or with its result if that came first.
    /// Fails with `ARG_VALUE` if this client never started such an operation.
    pub fn cancel(&self, op: OpId) -> Result<()> {
        if !self.shared.ops.is_known(op) {
            return Err(Error::new(
                Status::ARG_VALUE,
                format!("this client has started no operation {op}"),
            ));
        }
        self.shared.finish(
            op,
            Err(Error::new(Status::CANCELLED, "the operation was cancelled")),
        );
        Ok(())
    }

    /// Waits for an operation; [`Delivery::Keep`] says whose result it returns.
    pub fn wait(&self, op: OpId, timeout: Timeout) -> Result<Option<Arc<Completed>>> {
        self.check_wait(op, timeout)?;
        let waited = self.shared.ops.wait(op, self.shared.deadline(timeout));
        waited.map_err(|error| self.why(error, timeout))
    }

    /// Waits for an operation and leaves its result to whoever asks for it.
    pub fn wait_only(&self, op: OpId, timeout: Timeout) -> Result<()> {
        self.check_wait(op, timeout)?;
        let waited = self.shared.ops.wait_only(op, self.shared.deadline(timeout));
        waited.map_err(|error| self.why(error, timeout))
    }

    /// Adds to a time-out what the call still waits for; not for callers that only poll, often.
    fn why(&self, error: Error, timeout: Timeout) -> Error {
        match error.status() {
            Status::TIMEOUT if timeout != Timeout::Poll => {
                self.shared.timed_out_with(error.message())
            }
            _ => error,
        }
    }

    fn check_wait(&self, op: OpId, timeout: Timeout) -> Result<()> {
        let waits = timeout != Timeout::Poll && self.shared.ops.is_running(op);
        if waits && self.shared.dispatcher.is_current() {
            return Err(Error::new(
                Status::WOULD_DEADLOCK,
                "a waiting call inside a callback of the same client",
            ));
        }
        Ok(())
    }
}

impl Prepared {
    /// The operation's id.
    pub fn id(&self) -> OpId {
        self.id
    }

    /// Starts the call. Its completion may come before this returns.
    pub fn launch<T: Send + Sync + 'static>(self, call: Call<T>, timeout: Timeout) {
        self.launch_any(call.into_any(), timeout);
    }

    /// The same for a call of any type.
    pub fn launch_any(self, call: AnyCall, timeout: Timeout) {
        if let Some(value) = call.steps.ready.and_then(|ready| ready(&self.shared)) {
            return self.end(Ok(value));
        }
        if let Kind::Now(act) = call.steps.kind {
            let outcome = act(&self.shared);
            return self.end(outcome);
        }
        // Closing also starts for callers that do not wait for it.
        if timeout == Timeout::Poll && !call.steps.options.closes {
            let timed_out = self.shared.timed_out();
            return self.end(Err(timed_out));
        }
        let at_once = call.steps.at_once;
        let future = call.into_future(Arc::clone(&self.shared));
        let deadline = self.shared.deadline(timeout);
        let future = Box::pin(timeout::until(deadline, future));
        self.launch_future(future, deadline, at_once);
    }

    fn launch_future(self, mut future: Task<Value>, deadline: Option<Deadline>, at_once: bool) {
        let Prepared { shared, id, guard } = self;
        let mut task = Box::pin(async move {
            let whole = async {
                match deadline {
                    None => future.await,
                    // Lent, so that what it waits for is still there to be named.
                    Some(deadline) => tokio::select! {
                        biased;
                        outcome = &mut future => outcome,
                        () = deadline.passed() => Err(guard.shared.timed_out()),
                    },
                }
            };
            let outcome = runtime::caught(whole).await.and_then(|outcome| outcome);
            guard.shared.finish(guard.id, outcome);
        });
        if at_once && runtime::can_poll_here() {
            let _context = shared.handle.enter();
            let mut waker = Context::from_waker(Waker::noop());
            // Nothing is lost with this waker: the task's first step is taken once more.
            if task.as_mut().poll(&mut waker).is_ready() {
                return;
            }
        }
        let task = shared.spawn(task);
        shared.ops.attach(id, task);
    }

    fn end(self, outcome: Result<Value>) {
        self.shared.finish(self.id, outcome);
    }
}

/// Takes out the value, whose type only the caller knows.
pub(crate) fn claim<T: 'static>(value: Option<Value>) -> Result<T> {
    match value.map(Value::downcast::<T>) {
        Some(Ok(value)) => Ok(*value),
        _ => Err(Error::new(Status::INTERNAL, "a result of another type")),
    }
}
