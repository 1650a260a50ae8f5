//! A call, prepared and not yet begun: the same for the blocking and the asynchronous form.

pub(crate) mod run;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::client::connection::{Answer, Caller, Exchange, LocalCall};
use crate::client::events::completion::{Context, Value};
use crate::client::ops::{InPart, Terms, Undo};
use crate::client::shared::Inner;
use crate::wire::Hash;
use crate::{Error, Result, Status};

pub(crate) type Task<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;
pub(crate) type MakeTask = Box<dyn FnOnce(Arc<Inner>) -> Task<Value> + Send>;
type MakeForCaller = Box<dyn FnOnce(Arc<Inner>, Option<Caller>) -> Task<Value> + Send>;
type MakeNow = Box<dyn FnOnce(&Arc<Inner>) -> Result<Value> + Send>;
type Ready = fn(&Inner) -> Option<Value>;
type ReadAny = Box<dyn FnOnce(&Answer) -> Result<Value> + Send>;

/// A prepared call that gives a `T`.
///
/// Only the ends know the type: what happens between them is one piece of code for all calls.
pub struct Work<T> {
    pub(crate) steps: Box<Steps>,
    /// What the answer to a local request means.
    pub(crate) read: fn(&Answer) -> Result<T>,
}

/// A prepared call, whatever it gives.
pub struct AnyWork {
    pub(crate) steps: Box<Steps>,
    read: ReadAny,
}

/// What a call does; boxed, as it is large and handed on through all functions of a call.
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

impl Steps {
    fn new(kind: Kind) -> Box<Self> {
        Box::new(Steps {
            kind,
            terms: Terms::default(),
            at_once: false,
            ready: None,
        })
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
