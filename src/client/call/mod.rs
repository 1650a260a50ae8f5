//! A call, prepared and not yet started: the same for the blocking and the asynchronous form.

pub(crate) mod run;
pub(crate) mod running;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::client::connection::{Answer, BlockingCaller, LocalCall, LocalRequest};
use crate::client::events::completion::{Context, Value};
use crate::client::ops::{InPart, OpOptions, Undo};
use crate::client::shared::Shared;
use crate::wire::Hash;
use crate::{Error, Result, Status};

pub(crate) type Task<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;
pub(crate) type MakeTask = Box<dyn FnOnce(Arc<Shared>) -> Task<Value> + Send>;
type MakeForCaller = Box<dyn FnOnce(Arc<Shared>, Option<BlockingCaller>) -> Task<Value> + Send>;
type MakeNow = Box<dyn FnOnce(&Arc<Shared>) -> Result<Value> + Send>;
type Ready = fn(&Shared) -> Option<Value>;
type ReadAny = Box<dyn FnOnce(&Answer) -> Result<Value> + Send>;

/// A prepared call that returns a `T`.
///
/// It does nothing until it is awaited, started ([`Call::start`], [`Call::start_within`]) or waited for
/// ([`Call::block`]). What is wrong with its arguments, the method that returned it has refused. The
/// compiler warns of a call that was forgotten:
///
/// ```compile_fail
/// #![deny(unused_must_use)]
///
/// fn connect(client: &kpclient::client::Client) -> kpclient::Result<()> {
///     client.connect()?;
///     Ok(())
/// }
/// ```
#[must_use = "a call does nothing until it is awaited, started or waited for"]
pub struct Call<T> {
    pub(crate) shared: Arc<Shared>,
    // Only its two ends know the type: all calls share the code in between.
    pub(crate) steps: Box<Steps>,
    /// Reads the answer to a local request.
    pub(crate) read: fn(&Answer) -> Result<T>,
}

/// A prepared call, whatever it returns.
pub struct AnyCall {
    pub(crate) steps: Box<Steps>,
    read: ReadAny,
}

/// What a call does; boxed, as it is large and passed through all functions of a call.
pub(crate) struct Steps {
    pub(crate) kind: Kind,
    pub(crate) options: OpOptions,
    /// The calling thread takes its first step, so that it keeps its place in the order of the
    /// calls.
    pub(crate) at_once: bool,
    /// Returns the result if it is there without waiting, for callers that only poll.
    pub(crate) ready: Option<Ready>,
}

pub(crate) enum Kind {
    /// One request that the daemon answers itself; the calling thread writes it.
    Local(LocalRequest),
    /// Anything longer, run on the client's thread.
    Task(MakeTask),
    /// The same; a calling thread that waits runs it as far as it can.
    TaskOrHere(MakeForCaller),
    /// An action that waits for nothing, done by the calling thread.
    Now(MakeNow),
}

impl Steps {
    fn new(kind: Kind) -> Box<Self> {
        Box::new(Steps {
            kind,
            options: OpOptions::default(),
            at_once: false,
            ready: None,
        })
    }
}

impl<T: Send + Sync + 'static> Call<T> {
    fn new(shared: &Arc<Shared>, kind: Kind) -> Self {
        Call {
            shared: Arc::clone(shared),
            steps: Steps::new(kind),
            read: |_| Err(Error::new(Status::INTERNAL, "an answer to no request")),
        }
    }

    pub(crate) fn local(shared: &Arc<Shared>, call: LocalCall<T>) -> Self {
        Call {
            shared: Arc::clone(shared),
            steps: Steps::new(Kind::Local(call.local_request)),
            read: call.read,
        }
    }

    pub(crate) fn task<F, Fut>(shared: &Arc<Shared>, make: F) -> Self
    where
        F: FnOnce(Arc<Shared>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        let task = move |shared| -> Task<Value> {
            let task = make(shared);
            Box::pin(async move { task.await.map(boxed) })
        };
        Call::new(shared, Kind::Task(Box::new(task)))
    }

    /// As [`Call::task`], but a calling thread that waits runs it itself as far as it can.
    pub(crate) fn task_or_here<F, Fut>(shared: &Arc<Shared>, make: F) -> Self
    where
        F: FnOnce(Arc<Shared>, Option<BlockingCaller>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        let task = move |shared, caller| -> Task<Value> {
            let task = make(shared, caller);
            Box::pin(async move { task.await.map(boxed) })
        };
        Call::new(shared, Kind::TaskOrHere(Box::new(task)))
    }

    pub(crate) fn now(
        shared: &Arc<Shared>,
        act: impl FnOnce(&Arc<Shared>) -> Result<T> + Send + 'static,
    ) -> Self {
        let act = move |shared: &Arc<Shared>| act(shared).map(boxed);
        Call::new(shared, Kind::Now(Box::new(act)))
    }

    pub(crate) fn under_hash(mut self, hash: Hash) -> Self {
        self.steps.options.hash = Some(hash);
        self
    }

    /// A write, which is lost when the client is closed before it completes.
    pub(crate) fn outbound(mut self) -> Self {
        self.steps.options.outbound = true;
        self
    }

    /// It closes the client.
    pub(crate) fn closes(mut self) -> Self {
        self.steps.options.closes = true;
        self
    }

    pub(crate) fn at_once(mut self) -> Self {
        self.steps.at_once = true;
        self
    }

    pub(crate) fn undone_by(mut self, undo: Undo) -> Self {
        self.steps.options.undo = Some(undo);
        self
    }

    pub(crate) fn or_in_part(mut self, in_part: InPart) -> Self {
        self.steps.options.in_part = Some(in_part);
        self
    }

    /// `ready` returns a `T`.
    pub(crate) fn or_if_ready(mut self, ready: Ready) -> Self {
        self.steps.ready = Some(ready);
        self
    }

    /// The same call, whatever it returns.
    pub fn into_any(self) -> AnyCall {
        let read = self.read;
        AnyCall {
            steps: self.steps,
            read: Box::new(move |answer| read(answer).map(boxed)),
        }
    }
}

impl AnyCall {
    /// The same call, whose completion names the function that started it.
    pub(crate) fn called(mut self, name: &'static str) -> Self {
        self.steps.options.call = name;
        self
    }

    /// Sets the user data that its completion returns.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> Self {
        self.steps.options.context = Some(context);
        self
    }

    /// Returns the waiting part as a future; what does not wait is done at once.
    pub(crate) fn into_future(self, shared: Arc<Shared>) -> Task<Value> {
        match self.steps.kind {
            Kind::Task(make) => make(shared),
            Kind::TaskOrHere(make) => make(shared, None),
            Kind::Local(local_request) => {
                let read = self.read;
                Box::pin(async move { read(&local_request.run(&shared).await?) })
            }
            Kind::Now(act) => Box::pin(async move { act(&shared) }),
        }
    }
}

fn boxed<T: Send + Sync + 'static>(value: T) -> Value {
    Box::new(value)
}
