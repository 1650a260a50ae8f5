//! A call, prepared and not yet begun: the same for the blocking and the asynchronous form.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::inner::{closed, Inner};
use super::lane::{Answer, CallSink, Lane, LaneKind};
use super::op::{InPart, Terms, Undo, Value};
use super::queries::Queries;
use crate::wire::{Hash, Request};
use crate::Result;

pub(crate) type Task<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;
type MakeTask<T> = Box<dyn FnOnce(Arc<Inner>) -> Task<T> + Send>;
type MakeNow<T> = Box<dyn FnOnce(&Arc<Inner>) -> Result<T> + Send>;
type Ready<T> = fn(&Inner) -> Option<T>;

/// A prepared call that gives a `T`.
pub struct Work<T> {
    pub(crate) kind: Kind<T>,
    pub(crate) terms: Terms,
    /// Its first step is taken by the calling thread, so that it has its place in the
    /// order of the calls.
    pub(crate) at_once: bool,
    /// Gives the result if it is there without waiting, for callers who only look.
    pub(crate) ready: Option<Ready<T>>,
}

pub(crate) enum Kind<T> {
    /// One request that the daemon answers by itself; the calling thread writes it.
    Local(LocalCall<T>),
    /// Anything longer, run on the client's thread.
    Task(MakeTask<T>),
    /// What waits for nothing, done by the calling thread.
    Now(MakeNow<T>),
}

/// One local request, encoded.
pub(crate) struct LocalCall<T> {
    pub(crate) query: u64,
    pub(crate) frame: Bytes,
    pub(crate) needs: Option<&'static str>,
    /// The frame is kept until the answer comes, to be sent again after a loss.
    pub(crate) kept: bool,
    pub(crate) read: fn(&Answer) -> Result<T>,
}

impl<T> LocalCall<T> {
    /// Encodes `request` now, from borrowed arguments.
    pub(crate) fn new(
        queries: &Queries,
        request: &Request<'_>,
        read: fn(&Answer) -> Result<T>,
    ) -> Result<Self> {
        let (query, id) = queries.fresh();
        Ok(LocalCall {
            query,
            frame: request.encode(&id)?.into_bytes(),
            needs: request.reply_key(),
            kept: true,
            read,
        })
    }

    /// Its frame is freed once written; a loss then ends it with `CONNECTION_LOST`, and
    /// who made it makes it again.
    pub(crate) fn once(mut self) -> Self {
        self.kept = false;
        self
    }

    /// Sends it and awaits the answer.
    pub(crate) async fn run(self, inner: &Arc<Inner>) -> Result<T> {
        self.run_on(&inner.lane(LaneKind::Local)).await
    }

    /// The same, on a lane of the library's choice.
    pub(crate) async fn run_on(self, lane: &Lane) -> Result<T> {
        (self.read)(&exchange(lane, self.query, self.frame, self.needs).await?)
    }
}

/// Sends a local request and awaits the answer. Dropped while it waits, it forgets the call.
async fn exchange(
    lane: &Lane,
    query: u64,
    frame: Bytes,
    needs: Option<&'static str>,
) -> Result<Answer> {
    let (sender, answer) = oneshot::channel();
    let guard = Forget { lane, query };
    lane.call(query, frame, needs, true, CallSink::Task(sender));
    let answer = answer.await.map_err(|_| closed())??;
    drop(guard);
    Ok(answer)
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

impl<T> Work<T> {
    fn new(kind: Kind<T>) -> Self {
        Work {
            kind,
            terms: Terms::default(),
            at_once: false,
            ready: None,
        }
    }

    pub(crate) fn local(call: LocalCall<T>) -> Self {
        Work::new(Kind::Local(call))
    }

    pub(crate) fn task<F, Fut>(make: F) -> Self
    where
        F: FnOnce(Arc<Inner>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        Work::new(Kind::Task(Box::new(move |inner| Box::pin(make(inner)))))
    }

    pub(crate) fn now(act: impl FnOnce(&Arc<Inner>) -> Result<T> + Send + 'static) -> Self {
        Work::new(Kind::Now(Box::new(act)))
    }

    pub(crate) fn under_hash(mut self, hash: Hash) -> Self {
        self.terms.hash = Some(hash);
        self
    }

    /// A write, which is lost when the client is closed before its end.
    pub(crate) fn outbound(mut self) -> Self {
        self.terms.outbound = true;
        self
    }

    pub(crate) fn at_once(mut self) -> Self {
        self.at_once = true;
        self
    }

    pub(crate) fn undone_by(mut self, undo: Undo) -> Self {
        self.terms.undo = Some(undo);
        self
    }

    pub(crate) fn or_in_part(mut self, in_part: InPart) -> Self {
        self.terms.in_part = Some(in_part);
        self
    }

    pub(crate) fn or_if_ready(mut self, ready: Ready<T>) -> Self {
        self.ready = Some(ready);
        self
    }

    /// The call as a future, whichever kind it is and whatever it gives: from here on
    /// one piece of code serves all calls.
    pub(crate) fn into_future(self, inner: Arc<Inner>) -> Task<Value>
    where
        T: Send + Sync + 'static,
    {
        match self.kind {
            Kind::Task(make) => {
                let task = make(inner);
                Box::pin(async move { task.await.map(boxed) })
            }
            Kind::Local(call) => {
                let read = call.read;
                let (query, frame, needs) = (call.query, call.frame, call.needs);
                Box::pin(async move {
                    let lane = inner.lane(LaneKind::Local);
                    let answer = exchange(&lane, query, frame, needs).await?;
                    read(&answer).map(boxed)
                })
            }
            Kind::Now(act) => Box::pin(async move { act(&inner).map(boxed) }),
        }
    }
}

fn boxed<T: Send + Sync + 'static>(value: T) -> Value {
    Box::new(value)
}
