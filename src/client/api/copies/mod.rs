//! Copy commands: a courier executes a temporary stream.
//!
//! The daemon would send a command without a courier to a random one each time it is started, and
//! the next courier does not know about the first. So the library chooses one before the first
//! sending and stays with it.

pub(crate) mod builder;
pub(crate) mod envelopes;
pub(crate) mod nested;
#[cfg(feature = "store")]
pub(crate) mod payload;
pub(crate) mod streams;

use std::sync::Arc;

use super::boxes::resending;
use crate::bacap::WriteCap;
use crate::client::call::Call;
use crate::client::connection::{Answer, CopyStart, LaneKind, ResendRequest};
use crate::client::handle::Client;
use crate::client::shared::Shared;
use crate::client::stored::destination::Destination;
use crate::sync::lock;
use crate::wire::{Hash, Request};
use crate::{Result, Status};

/// Runs a copy command at one courier until it completes.
pub(crate) async fn run(
    shared: &Arc<Shared>,
    write_cap: WriteCap,
    courier: Destination,
) -> Result<()> {
    let (stream, node) = (write_cap.hash(), courier.node);
    let request = ResendRequest::Copy(Box::new(CopyStart {
        write_cap,
        courier: Some((courier.node, courier.queue)),
    }));
    let at_work = shared.copies.start(stream, node);
    let answer = resending::run(shared, LaneKind::Write, request).await?;
    let ended = answer.check();
    match &ended {
        Ok(()) => at_work.succeeded(),
        Err(error) if error.status() == Status::COPY_FAILED => at_work.failed(),
        Err(_) => drop(at_work), // the daemon has given up, not the courier
    }
    ended
}

impl Client {
    /// Has a courier execute the temporary stream of `write_cap`; completes when the courier has.
    /// Where no courier is named, one is chosen at random and kept; not one that has failed for
    /// this stream in the last half hour, if there is another. A courier whose command for this
    /// stream was given up is taken again: it may still execute it.
    ///
    /// Fails with `COPY_FAILED`, the replica's code and the position of the failed envelope; what
    /// was written before it stays. Fails with `SERVICE_NOT_FOUND` if the courier is not in the
    /// current document, with `BUSY` if this command runs already.
    pub fn start_resending_copy_command(
        &self,
        write_cap: &WriteCap,
        courier: Option<Destination>,
    ) -> Result<Call<()>> {
        self.shared.check_open()?;
        self.shared
            .check_known("start_resending_copy_command_reply")?;
        let hash = write_cap.hash();
        let courier = match courier {
            Some(courier) => {
                self.shared.check_courier(&courier)?;
                courier
            }
            None => self.shared.courier_for(&hash, &[])?,
        };
        let write_cap = write_cap.clone();
        let task = |shared| async move { run(&shared, write_cap, courier).await };
        Ok(Call::task(&self.shared, task).under_hash(hash).outbound())
    }

    /// Cancels the copy command of the write capability whose BLAKE2b-256 hash is `hash`; it
    /// completes with `START_RESENDING_CANCELLED`. What the courier has written stays. Succeeds
    /// also when nothing is in flight.
    pub fn cancel_resending_copy_command(&self, hash: &Hash) -> Result<Call<()>> {
        self.shared.check_open()?;
        if self.end_by_hash(hash) || !self.shared.is_attached() {
            return Ok(Call::now(&self.shared, |_| Ok(())));
        }
        let request = Request::CancelCopy {
            write_cap_hash: hash,
        };
        self.local(&request, Answer::check)
    }

    /// True if the current document names the node with this identity hash.
    pub fn has_identity(&self, hash: &Hash) -> Result<bool> {
        Ok(lock(&self.shared.view).document()?.has_identity(hash))
    }
}
