//! Reliable messages: plain messages that are retransmitted until their reply arrives.
//!
//! Daemons send a message once, so the library repeats it, each time with a reply block of
//! its own and under the same message id. The service may receive it several times.
//!
//! A daemon up to v0.0.72 has a request that repeats by itself, `send_arq_message`. It is not used:
//! that daemon waits almost four minutes before it retransmits, cannot be stopped, and goes on for
//! a quarter of an hour after the caller has given up.

use std::sync::Arc;

use bytes::Bytes;

use super::{exchange, Exchange};
use crate::client::call::Call;
use crate::client::events::{Event, MessageReply};
use crate::client::handle::Client;
use crate::client::ops::completion_guard::CompletionGuard;
use crate::client::ops::Undo;
use crate::client::runtime::query_ids::random_array;
use crate::client::shared::Shared;
use crate::client::stored::destination::Destination;
use crate::wire::{self, codes, Id, Request, WipingVec};
use crate::{Error, Result, Status};

/// How often a message is retransmitted before it fails.
const RETRANSMISSIONS: u32 = 3;

fn check(new: &Id, other: &Id) -> Result<()> {
    if new == other {
        return Err(Error::new(
            Status::BUSY,
            "a reliable message with this id is on its way",
        ));
    }
    Ok(())
}

/// A reliable message in flight; dropping this ends that.
struct Reliable {
    shared: Arc<Shared>,
    number: u64,
    id: Id,
    destination: Destination,
    payload: Bytes,
}

impl Reliable {
    fn start(
        shared: &Arc<Shared>,
        id: Id,
        destination: &Destination,
        payload: &[u8],
    ) -> Result<Self> {
        Ok(Reliable {
            shared: Arc::clone(shared),
            number: shared.reliable.enter(id, check)?,
            id,
            destination: destination.clone(),
            payload: WipingVec::new(payload.to_vec()).into_bytes(),
        })
    }

    /// Ends it as dropping it does, for a caller that gives up before that.
    fn undo(&self) -> Undo {
        let (shared, number) = (Arc::downgrade(&self.shared), self.number);
        Arc::new(move || {
            if let Some(shared) = shared.upgrade() {
                shared.reliable.end(number);
            }
        })
    }

    /// Sends the message until it is answered or the retransmissions are used up.
    async fn run(&self) -> Result<wire::MessageReply> {
        let mut sent = 0;
        loop {
            let message = self.message()?;
            let failure = match exchange(&self.shared, message).await {
                Ok(reply) => {
                    codes::check_message_reply(&reply, &self.shared.features())?;
                    return Ok(reply);
                }
                Err(error) if is_worth_another(&error) => error,
                Err(error) => return Err(error),
            };
            sent += 1;
            if sent > RETRANSMISSIONS {
                return Err(given_up(&failure));
            }
        }
    }

    /// One sending.
    fn message(&self) -> Result<Exchange> {
        let surb = random_array()?;
        let request = Request::SendMessage {
            id: Some(&self.id),
            with_surb: true,
            surb_id: Some(&surb),
            destination: &self.destination.node,
            queue: &self.destination.queue,
            payload: &self.payload,
        };
        Ok(Exchange {
            id: self.id,
            surb,
            frame: request.encode(&[0; 16]).map(WipingVec::into_bytes)?,
            // Today's daemon would accept the other lane, but there messages have a lane of their
            // own.
            legacy: self.shared.has_channels().then_some(true),
        })
    }
}

impl Drop for Reliable {
    fn drop(&mut self) {
        self.shared.reliable.end(self.number);
    }
}

/// The message or its reply was lost.
fn is_worth_another(error: &Error) -> bool {
    matches!(error.status(), Status::TIMEOUT | Status::CONNECTION_LOST)
}

fn given_up(last: &Error) -> Error {
    Error::new(
        Status::DAEMON_MAX_RETRIES,
        format!(
            "the message was sent {} times without a reply; the last time: {}",
            RETRANSMISSIONS + 1,
            last.message()
        ),
    )
}

fn publish(shared: &Shared, message_id: Id, outcome: Result<wire::MessageReply>) {
    let (reply, error) = match outcome {
        Ok(reply) => (Some(reply), None),
        Err(error) => (None, Some(error)),
    };
    shared.sinks.publish(&Event::MessageReply(MessageReply {
        message_id: Some(message_id),
        surb_id: reply.as_ref().and_then(|reply| reply.surb_id),
        payload: reply.and_then(|reply| reply.payload).unwrap_or_default(),
        reply_index: None,
        error,
    }));
}

async fn send_and_tell(reliable: Reliable) {
    let (shared, id) = (Arc::clone(&reliable.shared), reliable.id);
    let guard = CompletionGuard::new(|outcome| publish(&shared, id, outcome));
    let outcome = reliable.run().await;
    drop(reliable); // its id may be used again as soon as its completion is reported
    guard.complete(outcome);
}

impl Client {
    /// Sends a message until its reply arrives; events that carry `message_id` report the outcome.
    /// Not idempotent at the service, which may receive it four times.
    ///
    /// # Errors
    /// `OFFLINE`, `PAYLOAD_TOO_LARGE`, `BUSY` while a message with this id is on its way.
    pub fn send_reliable_message(
        &self,
        message_id: &Id,
        destination: &Destination,
        payload: &[u8],
    ) -> Result<Call<()>> {
        self.shared.check_message(destination, payload)?;
        let reliable = Reliable::start(&self.shared, *message_id, destination, payload)?;
        Ok(Call::now(&self.shared, move |shared| {
            shared.spawn(Box::pin(send_and_tell(reliable)));
            Ok(())
        }))
    }

    /// Sends a message until its reply arrives, and waits for that.
    ///
    /// # Errors
    /// `DAEMON_MAX_RETRIES` when the retransmissions are used up, `MESSAGE_SEND_FAILED`, and
    /// as [`Client::send_reliable_message`].
    pub fn blocking_send_reliable_message(
        &self,
        message_id: Option<&Id>,
        destination: &Destination,
        payload: &[u8],
    ) -> Result<Call<Bytes>> {
        self.shared.check_message(destination, payload)?;
        let id = match message_id {
            Some(id) => *id,
            None => random_array()?,
        };
        let reliable = Reliable::start(&self.shared, id, destination, payload)?;
        let undo = reliable.undo();
        let call = Call::task(&self.shared, move |_| async move {
            let reply = reliable.run().await?;
            Ok(reply.payload.unwrap_or_default())
        });
        Ok(call.undone_by(undo))
    }
}
