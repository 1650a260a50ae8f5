//! A call, prepared and not yet begun: the same for the blocking and the asynchronous form.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::encryption::{Effort, Permit, Priority};
use super::inner::{closed, Inner};
use super::lane::{Answer, CallSink, Caller, Lane, LaneKind};
use super::op::{Context, InPart, Terms, Undo, Value};
use super::queries::Queries;
use crate::wire::{Hash, Request};
use crate::{Error, Result, Status};

pub(crate) type Task<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;
pub(crate) type MakeTask = Box<dyn FnOnce(Arc<Inner>) -> Task<Value> + Send>;
type MakeForCaller = Box<dyn FnOnce(Arc<Inner>, Option<Caller>) -> Task<Value> + Send>;
type MakeNow = Box<dyn FnOnce(&Arc<Inner>) -> Result<Value> + Send>;
type Ready = fn(&Inner) -> Option<Value>;
type Read<T> = fn(&Answer) -> Result<T>;
type ReadAny = Box<dyn FnOnce(&Answer) -> Result<Value> + Send>;

/// A prepared call that gives a `T`.
///
/// Only the ends know the type: what happens between them is one piece of code for all calls.
pub struct Work<T> {
    pub(crate) steps: Steps,
    /// What the answer to a local request means.
    pub(crate) read: Read<T>,
}

/// A prepared call, whatever it gives.
pub struct AnyWork {
    pub(crate) steps: Steps,
    read: ReadAny,
}

/// What a call does.
pub(crate) struct Steps {
    pub(crate) kind: Kind,
    pub(crate) terms: Terms,
    /// Its first step is taken by the calling thread, so that it has its place in the
    /// order of the calls.
    pub(crate) at_once: bool,
    /// Gives the result if it is there without waiting, for callers who only look.
    pub(crate) ready: Option<Ready>,
}

pub(crate) enum Kind {
    /// One request that the daemon answers by itself; the calling thread writes it.
    Local(Exchange),
    /// Anything longer, run on the client's thread.
    Task(MakeTask),
    /// The same; a calling thread that waits runs it as far as it gets.
    TaskOrHere(MakeForCaller),
    /// What waits for nothing, done by the calling thread.
    Now(MakeNow),
}

/// One local request, encoded, and how its answer is read.
pub(crate) struct LocalCall<T> {
    pub(crate) exchange: Exchange,
    pub(crate) read: Read<T>,
}

/// One local request, encoded.
pub(crate) struct Exchange {
    pub(crate) query: u64,
    pub(crate) frame: Bytes,
    pub(crate) needs: Option<&'static str>,
    /// The frame is kept until the answer comes, to be sent again after a loss.
    pub(crate) kept: bool,
    /// The request that was lost and is now made again.
    pub(crate) before: Option<u64>,
    /// The library asks for itself: it ends with its connection, whether it left or not.
    pub(crate) in_background: bool,
    /// What the daemon computes for it, where that takes it long.
    pub(crate) effort: Option<Effort>,
}

impl Exchange {
    fn new(queries: &Queries, request: &Request<'_>) -> Result<Self> {
        let (query, id) = queries.fresh();
        Ok(Exchange {
            query,
            frame: request.encode(&id)?.into_bytes(),
            needs: request.reply_key(),
            kept: true,
            before: None,
            in_background: false,
            effort: None,
        })
    }

    /// Sends it when its turn comes and awaits the answer. Dropped while it waits, it forgets
    /// the call.
    async fn run(self, inner: &Arc<Inner>) -> Result<Answer> {
        let Some(effort) = &self.effort else {
            return self.run_on(&inner.lane(LaneKind::Local), None).await;
        };
        let permit = inner.permit(effort.priority).await?;
        let lane = inner.encryption_lane(&permit);
        self.run_on(&lane, Some(permit)).await
    }

    async fn run_on(self, lane: &Lane, permit: Option<Permit>) -> Result<Answer> {
        let (sender, answer) = oneshot::channel();
        let query = self.query;
        let guard = Forget { lane, query };
        lane.call(self, CallSink::Task(sender), permit);
        let answer = answer.await.map_err(|_| closed())??;
        drop(guard);
        Ok(answer)
    }
}

impl<T> LocalCall<T> {
    /// Encodes `request` now, from borrowed arguments.
    pub(crate) fn new(queries: &Queries, request: &Request<'_>, read: Read<T>) -> Result<Self> {
        let exchange = Exchange::new(queries, request)?;
        Ok(LocalCall { exchange, read })
    }

    /// It has the daemon make so many encryptions, or compute something else that takes long.
    pub(crate) fn encrypting(mut self, count: usize, priority: Priority) -> Self {
        self.exchange.effort = Some(Effort {
            priority,
            encryptions: u32::try_from(count).unwrap_or(u32::MAX),
        });
        self
    }

    /// Its frame is freed once written; a loss then ends it with `CONNECTION_LOST`, and
    /// who made it makes it again. `before`: the one that was lost so.
    pub(crate) fn once(mut self, before: Option<u64>) -> Self {
        self.exchange.kept = false;
        self.exchange.before = before;
        self
    }

    /// The library asks for itself, and not again after a loss.
    pub(crate) fn in_background(mut self) -> Self {
        self.exchange.kept = false;
        self.exchange.in_background = true;
        self
    }

    /// Sends it and awaits the answer.
    pub(crate) async fn run(self, inner: &Arc<Inner>) -> Result<T> {
        (self.read)(&self.exchange.run(inner).await?)
    }

    /// The same, on a lane of the library's choice.
    pub(crate) async fn run_on(self, lane: &Lane) -> Result<T> {
        (self.read)(&self.exchange.run_on(lane, None).await?)
    }
}

struct Forget<'a> {
    lane: &'a Lane,
    query: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.lane.forget_call(self.query);
    }
}

impl Steps {
    fn new(kind: Kind) -> Self {
        Steps {
            kind,
            terms: Terms::default(),
            at_once: false,
            ready: None,
        }
    }
}

impl<T: Send + Sync + 'static> Work<T> {
    fn new(kind: Kind) -> Self {
        Work {
            steps: Steps::new(kind),
            read: |_| Err(Error::new(Status::INTERNAL, "an answer to no request")),
        }
    }

    pub(crate) fn local(call: LocalCall<T>) -> Self {
        Work {
            steps: Steps::new(Kind::Local(call.exchange)),
            read: call.read,
        }
    }

    pub(crate) fn task<F, Fut>(make: F) -> Self
    where
        F: FnOnce(Arc<Inner>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        Work::new(Kind::Task(Box::new(move |inner| {
            let task = make(inner);
            Box::pin(async move { task.await.map(boxed) })
        })))
    }

    /// As [`Work::task`], but a calling thread that waits runs it itself as far as it gets.
    pub(crate) fn task_or_here<F, Fut>(make: F) -> Self
    where
        F: FnOnce(Arc<Inner>, Option<Caller>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        Work::new(Kind::TaskOrHere(Box::new(move |inner, caller| {
            let task = make(inner, caller);
            Box::pin(async move { task.await.map(boxed) })
        })))
    }

    pub(crate) fn now(act: impl FnOnce(&Arc<Inner>) -> Result<T> + Send + 'static) -> Self {
        Work::new(Kind::Now(Box::new(move |inner| act(inner).map(boxed))))
    }

    pub(crate) fn under_hash(mut self, hash: Hash) -> Self {
        self.steps.terms.hash = Some(hash);
        self
    }

    /// A write, which is lost when the client is closed before its end.
    pub(crate) fn outbound(mut self) -> Self {
        self.steps.terms.outbound = true;
        self
    }

    /// It closes the client.
    pub(crate) fn closes(mut self) -> Self {
        self.steps.terms.closes = true;
        self
    }

    pub(crate) fn at_once(mut self) -> Self {
        self.steps.at_once = true;
        self
    }

    pub(crate) fn undone_by(mut self, undo: Undo) -> Self {
        self.steps.terms.undo = Some(undo);
        self
    }

    pub(crate) fn or_in_part(mut self, in_part: InPart) -> Self {
        self.steps.terms.in_part = Some(in_part);
        self
    }

    /// `ready` gives a `T`.
    pub(crate) fn or_if_ready(mut self, ready: Ready) -> Self {
        self.steps.ready = Some(ready);
        self
    }

    /// The same call, whatever it gives.
    pub fn into_any(self) -> AnyWork {
        let read = self.read;
        AnyWork {
            steps: self.steps,
            read: Box::new(move |answer| read(answer).map(boxed)),
        }
    }
}

impl AnyWork {
    /// The same work, whose completion tells which call began it.
    pub(crate) fn called(mut self, name: &'static str) -> Self {
        self.steps.terms.call = name;
        self
    }

    /// What its completion is to bring along.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> Self {
        self.steps.terms.context = Some(context);
        self
    }

    /// What waits, as a future; what does not is done at once.
    pub(crate) fn into_future(self, inner: Arc<Inner>) -> Task<Value> {
        match self.steps.kind {
            Kind::Task(make) => make(inner),
            Kind::TaskOrHere(make) => make(inner, None),
            Kind::Local(exchange) => {
                let read = self.read;
                Box::pin(async move { read(&exchange.run(&inner).await?) })
            }
            Kind::Now(act) => Box::pin(async move { act(&inner) }),
        }
    }
}

fn boxed<T: Send + Sync + 'static>(value: T) -> Value {
    Box::new(value)
}
