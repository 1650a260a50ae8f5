//! A call is run: the calling thread waits for its end, or an operation is started for it.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use super::{AnyWork, Kind, Steps, Task, Work};
use crate::client::connection;
use crate::client::connection::Exchange;
use crate::client::connection::LocalCall;
use crate::client::events::completion::{Completed, OpId, Value};
use crate::client::handle::Client;
use crate::client::ops::{CompletionFn, Delivery, Terms};
use crate::client::runtime;
use crate::client::runtime::timeout;
use crate::client::runtime::timeout::Timeout;
use crate::client::runtime::waiter::Waiter;
use crate::client::shared::Inner;
use crate::error::closed;
use crate::{Error, Result, Status};

/// An operation that was entered and not yet begun.
pub struct Prepared {
    inner: Arc<Inner>,
    id: OpId,
    guard: OpGuard,
}

/// How waiting for work ended well.
enum Ended {
    /// With the answer to its local request.
    Answered(connection::Answer),
    /// With what it gives.
    Gave(Value),
}

/// Ends its operation when dropped, if nothing else has.
struct OpGuard {
    inner: Arc<Inner>,
    id: OpId,
}

impl Drop for OpGuard {
    fn drop(&mut self) {
        let error = if std::thread::panicking() {
            runtime::panicked()
        } else {
            closed()
        };
        self.inner.finish(self.id, Err(error));
    }
}

impl Client {
    /// Runs prepared work and waits for its end on the calling thread.
    ///
    /// `WOULD_DEADLOCK` in a callback of this client, `TIMEOUT` when the time is
    /// over; the work is then cancelled. With [`Timeout::Poll`] work that would have
    /// to wait is not begun at all.
    pub fn block<T: 'static>(&self, work: Work<T>, timeout: Timeout) -> Result<T> {
        let read = work.read;
        match self.block_steps(work.steps, timeout)? {
            Ended::Answered(answer) => read(&answer),
            Ended::Gave(value) => claim(value),
        }
    }

    fn block_steps(&self, steps: Box<Steps>, timeout: Timeout) -> Result<Ended> {
        if let Some(value) = steps.ready.and_then(|ready| ready(&self.inner)) {
            return Ok(Ended::Gave(value));
        }
        match steps.kind {
            Kind::Now(act) => {
                self.inner.check_open()?;
                act(&self.inner).map(Ended::Gave)
            }
            Kind::Local(exchange) => {
                let deadline = self.may_wait(timeout)?;
                self.exchange(exchange, deadline).map(Ended::Answered)
            }
            Kind::Task(make) => {
                let deadline = self.may_wait(timeout)?;
                let task = make(Arc::clone(&self.inner));
                self.block_task(task, steps.terms, steps.at_once, deadline)
            }
            Kind::TaskOrHere(make) => {
                let deadline = self.may_wait(timeout)?;
                let task = make(
                    Arc::clone(&self.inner),
                    Some(connection::Caller::new(deadline)),
                );
                self.block_task(task, steps.terms, true, deadline)
            }
        }
    }

    /// Refuses to wait where that would be for ever, or is not wanted.
    pub(crate) fn may_wait(&self, timeout: Timeout) -> Result<Option<Instant>> {
        if timeout == Timeout::Poll {
            return Err(self.inner.timed_out());
        }
        if self.inner.dispatcher.is_current() {
            return Err(Error::new(
                Status::WOULD_DEADLOCK,
                "a waiting call inside a callback of the same client",
            ));
        }
        Ok(timeout.deadline())
    }

    pub(crate) fn block_local<T>(
        &self,
        call: LocalCall<T>,
        deadline: Option<Instant>,
    ) -> Result<T> {
        (call.read)(&self.exchange(call.exchange, deadline)?)
    }

    fn exchange(
        &self,
        exchange: Exchange,
        deadline: Option<Instant>,
    ) -> Result<connection::Answer> {
        let query = exchange.query;
        let (lane, permit) = match &exchange.effort {
            None => (self.inner.lane(connection::LaneKind::Local), None),
            Some(effort) => {
                let permit = self.inner.permit_blocking(effort.priority, deadline)?;
                (self.inner.encryption_lane(&permit), Some(permit))
            }
        };
        let waiter = Arc::new(Waiter::new());
        let sink = connection::CallSink::Thread(Arc::clone(&waiter));
        lane.call(exchange, sink, permit);
        connection::await_answer(&*self.inner, &lane, &waiter, deadline).unwrap_or_else(|| {
            let timed_out = self.inner.timed_out(); // while the call is there to be named
            lane.forget_call(query);
            lane.call_reader(); // not before: it could have been this thread
            Err(timed_out)
        })
    }

    fn block_task(
        &self,
        task: Task<Value>,
        terms: Terms,
        at_once: bool,
        deadline: Option<Instant>,
    ) -> Result<Ended> {
        let waiter = Arc::new(Waiter::new());
        let filled = Arc::clone(&waiter);
        let deliver: CompletionFn = Box::new(move |completed| filled.fill(completed));
        let prepared = self.enter(terms, Delivery::Inline(deliver))?;
        let id = prepared.id;
        let task = Box::pin(timeout::until(deadline, task));
        prepared.launch_future(task, None, at_once);
        let completed = self.await_completion(id, &waiter, deadline)?;
        Arc::try_unwrap(completed)
            .map_err(|_| Error::new(Status::INTERNAL, "a result has two owners"))?
            .outcome
            .map(Ended::Gave)
    }

    fn await_completion(
        &self,
        id: OpId,
        waiter: &Waiter<Arc<Completed>>,
        deadline: Option<Instant>,
    ) -> Result<Arc<Completed>> {
        Ok(match waiter.wait_value(deadline) {
            Some(completed) => completed,
            None => {
                // Whatever ended it first is what the waiter then holds.
                self.inner.finish(id, Err(self.inner.timed_out()));
                match waiter.wait_value(None) {
                    Some(completed) => completed,
                    None => return Err(self.inner.timed_out()),
                }
            }
        })
    }

    /// Enters an asynchronous operation for `work`; [`Prepared::launch`] begins it.
    ///
    /// `BUSY` if its envelope or copy command is in flight, `CLOSED` after close.
    ///
    /// `BAD_HANDLE` for a sink of another client: it would end with that one, and its
    /// reader could not tell which client's operation of this number completed.
    pub fn prepare<T>(&self, work: &Work<T>, delivery: Delivery) -> Result<Prepared> {
        self.prepare_terms(&work.steps.terms, delivery)
    }

    /// The same for work of any kind.
    pub fn prepare_any(&self, work: &AnyWork, delivery: Delivery) -> Result<Prepared> {
        self.prepare_terms(&work.steps.terms, delivery)
    }

    fn prepare_terms(&self, terms: &Terms, delivery: Delivery) -> Result<Prepared> {
        match &delivery {
            Delivery::Callback(_) => self.inner.dispatcher.ensure_started()?,
            Delivery::Sink(sink) if !sink.belongs_to(&self.inner.dispatcher) => {
                return Err(Error::new(
                    Status::BAD_HANDLE,
                    "the completion's sink belongs to another client",
                ));
            }
            _ => {}
        }
        self.enter(terms.clone(), delivery)
    }

    fn enter(&self, terms: Terms, delivery: Delivery) -> Result<Prepared> {
        let id = self.inner.ops.enter(delivery, terms)?;
        let inner = Arc::clone(&self.inner);
        Ok(Prepared {
            guard: OpGuard {
                inner: Arc::clone(&inner),
                id,
            },
            inner,
            id,
        })
    }

    /// Cancels an operation: it completes with `CANCELLED`, or with its result if that was faster.
    /// `ARG_VALUE` if this client never started such an operation.
    pub fn cancel(&self, op: OpId) -> Result<()> {
        if !self.inner.ops.is_known(op) {
            return Err(Error::new(
                Status::ARG_VALUE,
                format!("this client has started no operation {op}"),
            ));
        }
        self.inner.finish(
            op,
            Err(Error::new(Status::CANCELLED, "the operation was cancelled")),
        );
        Ok(())
    }

    /// Waits for an operation; see [`Delivery::Keep`] for whose result it gives.
    pub fn wait(&self, op: OpId, timeout: Timeout) -> Result<Option<Arc<Completed>>> {
        self.check_wait(op, timeout)?;
        let waited = self.inner.ops.wait(op, timeout);
        waited.map_err(|error| self.why(error, timeout))
    }

    /// Waits for an operation and leaves its result to whoever asks for it.
    pub fn wait_only(&self, op: OpId, timeout: Timeout) -> Result<()> {
        self.check_wait(op, timeout)?;
        let waited = self.inner.ops.wait_only(op, timeout);
        waited.map_err(|error| self.why(error, timeout))
    }

    /// Adds to a time-out what there is to wait for; not for those who only look, often.
    fn why(&self, error: Error, timeout: Timeout) -> Error {
        match error.status() {
            Status::TIMEOUT if timeout != Timeout::Poll => {
                self.inner.waited_in_vain(error.message())
            }
            _ => error,
        }
    }

    fn check_wait(&self, op: OpId, timeout: Timeout) -> Result<()> {
        let waits = timeout != Timeout::Poll && self.inner.ops.is_running(op);
        if waits && self.inner.dispatcher.is_current() {
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

    /// Begins the work. Its completion may come before this returns.
    pub fn launch<T: Send + Sync + 'static>(self, work: Work<T>, timeout: Timeout) {
        self.launch_any(work.into_any(), timeout);
    }

    /// The same for work of any kind.
    pub fn launch_any(self, work: AnyWork, timeout: Timeout) {
        if let Some(value) = work.steps.ready.and_then(|ready| ready(&self.inner)) {
            return self.end(Ok(value));
        }
        if let Kind::Now(act) = work.steps.kind {
            let outcome = act(&self.inner);
            return self.end(outcome);
        }
        // Closing begins also for those who do not wait for it.
        if timeout == Timeout::Poll && !work.steps.terms.closes {
            let timed_out = self.inner.timed_out();
            return self.end(Err(timed_out));
        }
        let at_once = work.steps.at_once;
        let future = work.into_future(Arc::clone(&self.inner));
        let future = Box::pin(timeout::until(timeout.deadline(), future));
        self.launch_future(future, timeout.duration(), at_once);
    }

    fn launch_future(self, mut future: Task<Value>, limit: Option<Duration>, at_once: bool) {
        let Prepared { inner, id, guard } = self;
        let mut task = Box::pin(async move {
            let whole = async {
                match limit {
                    None => future.await,
                    // Lent, so that what it waits for is there to be named.
                    Some(limit) => tokio::time::timeout(limit, &mut future)
                        .await
                        .unwrap_or_else(|_| Err(guard.inner.timed_out())),
                }
            };
            let outcome = runtime::caught(whole).await.and_then(|outcome| outcome);
            guard.inner.finish(guard.id, outcome);
        });
        if at_once && runtime::can_poll_here() {
            let _context = inner.handle.enter();
            let mut waker = Context::from_waker(Waker::noop());
            // Nothing is lost with this waker: the task's first step is taken once more.
            if task.as_mut().poll(&mut waker).is_ready() {
                return;
            }
        }
        let task = inner.spawn(task);
        inner.ops.attach(id, task);
    }

    fn end(self, outcome: Result<Value>) {
        self.inner.finish(self.id, outcome);
    }
}

/// Takes the value out of what only its caller knows of.
fn claim<T: 'static>(value: Value) -> Result<T> {
    value
        .downcast::<T>()
        .map(|value| *value)
        .map_err(|_| Error::new(Status::INTERNAL, "a result of another type"))
}
