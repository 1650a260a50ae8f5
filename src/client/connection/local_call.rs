//! A local request together with the meaning of its answer.

use tokio::sync::oneshot;

use super::lane::Lane;
use super::state::calls::{Answer, CallSink};
use super::state::local_request::LocalRequest;
use crate::client::encryption::{Effort, Permit, Priority};
use crate::client::runtime::query_ids::Queries;
use crate::error::closed;
use crate::wire::Request;
use crate::Result;

type Read<T> = fn(&Answer) -> Result<T>;

/// One local request, encoded, and the function that reads its answer.
pub(crate) struct LocalCall<T> {
    pub(crate) local_request: LocalRequest,
    pub(crate) read: Read<T>,
}

impl<T> LocalCall<T> {
    /// Encodes `request` now, from borrowed arguments.
    pub(crate) fn new(queries: &Queries, request: &Request<'_>, read: Read<T>) -> Result<Self> {
        let local_request = LocalRequest::new(queries, request)?;
        Ok(LocalCall {
            local_request,
            read,
        })
    }

    /// Marks a request for which the daemon makes `count` encryptions, or computes something else
    /// that takes long.
    pub(crate) fn encrypting(mut self, count: usize, priority: Priority) -> Self {
        self.local_request.effort = Some(Effort {
            priority,
            encryptions: u32::try_from(count).unwrap_or(u32::MAX),
        });
        self
    }

    /// Frees the frame once it is written; a loss then completes the request with
    /// `CONNECTION_LOST`, and its caller makes it again. `before`: the request that was lost so.
    pub(crate) fn once(mut self, before: Option<u64>) -> Self {
        self.local_request.kept = false;
        self.local_request.before = before;
        self
    }

    /// Marks a request of the library itself, which is not replayed after a loss.
    pub(crate) fn in_background(mut self) -> Self {
        self.local_request.kept = false;
        self.local_request.in_background = true;
        self
    }

    /// Sends it on `lane` and waits for the answer.
    pub(crate) async fn run_on(self, lane: &Lane) -> Result<T> {
        (self.read)(&self.local_request.run_on(lane, None).await?)
    }
}

impl LocalRequest {
    /// Sends it on `lane` and waits for the answer. Dropping the future forgets the call.
    pub(crate) async fn run_on(self, lane: &Lane, permit: Option<Permit>) -> Result<Answer> {
        let (sender, answer) = oneshot::channel();
        let query = self.query;
        let guard = Forget { lane, query };
        lane.call(self, CallSink::Task(sender), permit);
        let answer = answer.await.map_err(|_| closed())??;
        drop(guard);
        Ok(answer)
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
