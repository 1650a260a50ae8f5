//! Which lane an encryption uses, and when.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::client::connection::{Answer, Lane, LaneKind, LocalCall, LocalRequest};
use crate::client::encryption::{usual_price, Asked, Permit, Priority, Sink};
use crate::client::runtime::waiter::Waiter;
use crate::client::shared::Shared;
use crate::deadline::Deadline;
use crate::error::closed;
use crate::sync::lock;
use crate::Result;

impl Shared {
    /// The price of an encryption, or the usual one on such a network; `None` where nothing is
    /// known.
    pub(crate) fn encryption_price(&self) -> Option<Duration> {
        self.encryption.price().or_else(|| {
            let view = lock(&self.view);
            usual_price(&view.pigeonhole.as_ref()?.nike_name)
        })
    }

    /// Waits until an encryption may be sent. Dropping the future leaves the queue.
    pub(crate) async fn permit(self: &Arc<Self>, priority: Priority) -> Result<Permit> {
        let (sender, granted) = oneshot::channel();
        match self.encryption.ask(priority, Sink::Task(sender))? {
            Asked::Granted(permit) => Ok(permit),
            Asked::Queued(_ticket, wanting) => {
                self.help_out(wanting);
                granted.await.map_err(|_| closed())?
            }
        }
    }

    /// The same for a thread that waits, until `deadline`.
    pub(crate) fn permit_blocking(
        self: &Arc<Self>,
        priority: Priority,
        deadline: Option<Deadline>,
    ) -> Result<Permit> {
        let waiter = Arc::new(Waiter::new());
        let sink = Sink::Thread(Arc::clone(&waiter));
        match self.encryption.ask(priority, sink)? {
            Asked::Granted(permit) => Ok(permit),
            Asked::Queued(_ticket, wanting) => {
                self.help_out(wanting);
                let granted = waiter.wait_value(deadline);
                granted.unwrap_or_else(|| Err(self.timed_out()))
            }
        }
    }

    /// The lane that sends a permit's request.
    pub(crate) fn encryption_lane(self: &Arc<Self>, permit: &Permit) -> Arc<Lane> {
        self.lane_number(LaneKind::Encryption, permit.slot())
    }

    /// Another connection is established; where that is not enough, opens the next one.
    pub(crate) fn help_waiting_encryptions(self: &Arc<Self>) {
        let wanting = self.encryption.wanting();
        if wanting.is_some() {
            self.help_out(wanting);
        }
    }

    /// An encryption waits although others are at the daemon: opens the connection that would help,
    /// and makes sure that encryptions that the daemon never answers do not block it for ever.
    fn help_out(self: &Arc<Self>, wanting: Option<usize>) {
        if let Some(slot) = wanting {
            drop(self.lane_number(LaneKind::Encryption, slot));
        }
        for lane in self.lanes_of(LaneKind::Encryption) {
            lane.wake.notify_one();
        }
    }
}

impl LocalRequest {
    /// Sends it when its turn comes and waits for the answer. Dropping the future forgets the call.
    pub(crate) async fn run(self, shared: &Arc<Shared>) -> Result<Answer> {
        let Some(effort) = &self.effort else {
            return self.run_on(&shared.lane(LaneKind::Local), None).await;
        };
        let permit = shared.permit(effort.priority).await?;
        let lane = shared.encryption_lane(&permit);
        self.run_on(&lane, Some(permit)).await
    }
}

impl<T> LocalCall<T> {
    /// Sends it and waits for the answer.
    pub(crate) async fn run(self, shared: &Arc<Shared>) -> Result<T> {
        (self.read)(&self.local_request.run(shared).await?)
    }
}
