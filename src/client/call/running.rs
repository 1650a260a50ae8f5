//! A started call as a future, for asynchronous Rust programs with any executor.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;

use super::run::claim;
use super::Call;
use crate::client::events::completion::{Completed, OpId};
use crate::client::ops::Delivery;
use crate::client::runtime::timeout::Timeout;
use crate::client::shared::Shared;
use crate::error::closed;
use crate::{Error, Result, Status};

/// A call that has been started: a future of its result. Dropped before, it is cancelled.
///
/// Any executor will do: the call goes on by itself on the client's own thread.
#[must_use = "the call is cancelled when nobody waits for it"]
pub struct Running<T> {
    state: State,
    returns: PhantomData<fn() -> T>,
}

enum State {
    Started(Started),
    /// It could not be started.
    Failed(Option<Error>),
}

struct Started {
    shared: Arc<Shared>,
    id: OpId,
    completed: oneshot::Receiver<Arc<Completed>>,
}

impl<T: Send + Sync + 'static> Call<T> {
    /// Starts the call, which then goes on whether its future is polled or not. What keeps it from
    /// starting is the future's error.
    pub fn start(self) -> Running<T> {
        self.start_for(Timeout::Forever)
    }

    /// The same; the call fails with `TIMEOUT` when it takes longer.
    pub fn start_within(self, limit: Duration) -> Running<T> {
        self.start_for(Timeout::After(limit))
    }

    fn start_for(self, timeout: Timeout) -> Running<T> {
        let state = match self.launch(timeout) {
            Ok(started) => State::Started(started),
            Err(error) => State::Failed(Some(error)),
        };
        Running {
            state,
            returns: PhantomData,
        }
    }

    fn launch(self, timeout: Timeout) -> Result<Started> {
        let (sender, completed) = oneshot::channel();
        let deliver = Box::new(move |outcome| drop(sender.send(outcome)));
        let prepared = self.prepare(Delivery::Inline(deliver))?;
        let started = Started {
            shared: Arc::clone(&self.shared),
            id: prepared.id(),
            completed,
        };
        prepared.launch(self, timeout);
        Ok(started)
    }
}

/// An awaited call is started and waited for: `client.connect()?.await?`.
impl<T: Send + Sync + 'static> IntoFuture for Call<T> {
    type Output = Result<T>;
    type IntoFuture = Running<T>;

    fn into_future(self) -> Running<T> {
        self.start()
    }
}

impl<T: 'static> Future for Running<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        match &mut self.state {
            State::Started(started) => Pin::new(&mut started.completed)
                .poll(context)
                .map(|completed| result(completed.map_err(|_| closed())?)),
            State::Failed(error) => Poll::Ready(Err(error.take().unwrap_or_else(polled_again))),
        }
    }
}

fn result<T: 'static>(completed: Arc<Completed>) -> Result<T> {
    let completed = Arc::into_inner(completed)
        .ok_or_else(|| Error::new(Status::INTERNAL, "a result has two owners"))?;
    claim(Some(completed.outcome?))
}

fn polled_again() -> Error {
    Error::new(Status::INTERNAL, "a future was polled after its end")
}

impl Drop for Started {
    fn drop(&mut self) {
        // What has completed stays as it is.
        let cancelled = Error::new(Status::CANCELLED, "nobody waits for the operation any more");
        self.shared.finish(self.id, Err(cancelled));
    }
}
