//! A started call as a future, for asynchronous Rust programs with any executor.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;

use super::run::{claim, Prepared};
use super::Call;
use crate::client::events::completion::{Completed, OpId};
use crate::client::handle::Client;
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

impl Client {
    /// Starts a call. A call that could not even be prepared fails when its future is polled, so
    /// that `client.run(client.connect()).await?` is all there is to write.
    pub fn run<T: Send + Sync + 'static>(&self, call: Result<Call<T>>) -> Running<T> {
        self.run_for(call, Timeout::Forever)
    }

    /// The same; the call fails with `TIMEOUT` when it takes longer.
    pub fn run_within<T: Send + Sync + 'static>(
        &self,
        limit: Duration,
        call: Result<Call<T>>,
    ) -> Running<T> {
        self.run_for(call, Timeout::After(limit))
    }

    fn run_for<T: Send + Sync + 'static>(
        &self,
        call: Result<Call<T>>,
        timeout: Timeout,
    ) -> Running<T> {
        let state = match call.and_then(|call| self.launch(call, timeout)) {
            Ok(started) => State::Started(started),
            Err(error) => State::Failed(Some(error)),
        };
        Running {
            state,
            returns: PhantomData,
        }
    }

    fn launch<T: Send + Sync + 'static>(&self, call: Call<T>, timeout: Timeout) -> Result<Started> {
        let (sender, completed) = oneshot::channel();
        let deliver = Box::new(move |outcome| drop(sender.send(outcome)));
        let prepared: Prepared = self.prepare(&call, Delivery::Inline(deliver))?;
        let started = Started {
            shared: Arc::clone(&self.shared),
            id: prepared.id(),
            completed,
        };
        prepared.launch(call, timeout);
        Ok(started)
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
