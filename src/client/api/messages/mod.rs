//! Plain messages to mixnet services: without reply, with a reply as an event, or with waiting for
//! it.

pub(crate) mod reliable;
pub(crate) mod reply_wait;

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::client::call::Call;
use crate::client::connection::{other_generation, Lane, LaneKind, MessageSink, PlainMessage};
use crate::client::handle::Client;
use crate::client::runtime::query_ids::random_array;
use crate::client::shared::Shared;
use crate::client::stored::destination::Destination;
use crate::error::closed;
use crate::sync::lock;
use crate::wire::{self, Id, Request, WipingVec};
use crate::{Error, Result, Status};

/// Longest queue id.
const MAX_QUEUE: usize = 32;

impl Shared {
    pub(crate) fn check_message(&self, destination: &Destination, payload: &[u8]) -> Result<()> {
        self.check_open()?;
        if destination.queue.is_empty() || destination.queue.len() > MAX_QUEUE {
            return Err(Error::new(
                Status::ARG_SIZE,
                format!(
                    "a queue id has 1 to {MAX_QUEUE} bytes, not {}",
                    destination.queue.len()
                ),
            ));
        }
        let max = lock(&self.view)
            .sphinx
            .as_ref()
            .map(|g| g.user_forward_payload_length)
            .ok_or_else(|| {
                Error::new(
                    Status::NO_GEOMETRY,
                    "the size of a message is not known: neither the daemon nor the configuration states it",
                )
            })?;
        if payload.len() > max {
            return Err(Error::new(
                Status::PAYLOAD_TOO_LARGE,
                format!(
                    "{} bytes do not fit a message of {max} bytes",
                    payload.len()
                ),
            ));
        }
        self.check_online()
    }

    /// Refuses what a daemon that is off the mixnet would not send.
    pub(crate) fn check_online(&self) -> Result<()> {
        match self.obstacle() {
            None => Ok(()),
            Some(obstacle) => Err(Error::new(Status::OFFLINE, obstacle)),
        }
    }

    /// A daemon up to v0.0.72 crashes on a null SURB id, so it always gets one. Returns with the
    /// frame for which generation it is, where that matters.
    fn encode_message(
        &self,
        id: &Id,
        surb: Option<&Id>,
        destination: &Destination,
        payload: &[u8],
    ) -> Result<(Bytes, Option<bool>)> {
        let legacy = self.features().is_legacy();
        let filler = random_array()?;
        let surb_id = match surb {
            None if legacy => Some(&filler),
            surb => surb,
        };
        let only_for = surb.is_none().then_some(legacy);
        let request = Request::SendMessage {
            id: Some(id),
            with_surb: surb.is_some(),
            surb_id,
            destination: &destination.node,
            queue: &destination.queue,
            payload,
        };
        let frame = request.encode(&[0; 16]).map(WipingVec::into_bytes)?;
        Ok((frame, only_for))
    }
}

fn enqueue(shared: &Arc<Shared>, message: PlainMessage) -> Result<Arc<Lane>> {
    let lane = shared.lane(LaneKind::Write);
    let mut state = lane.lock();
    if state.closed {
        return Err(closed());
    }
    // The daemon may be another since the message was made.
    let is = state.link.as_ref().map(|link| link.features.is_legacy());
    if is.is_some() && message.legacy.is_some() && is != message.legacy {
        return Err(other_generation());
    }
    state.messages.enqueue(message);
    let link = state.pump(&shared.queries);
    drop(state);
    if let Some(link) = link {
        link.writer.flush();
    }
    lane.wake.notify_one(); // there is a new time limit
    Ok(lane)
}

/// A message whose caller waits for the reply; the reply becomes an event when this is dropped.
struct Awaited {
    lane: Arc<Lane>,
    id: Id,
    surb: Id,
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.lane.lock().messages.abandon(&self.id, &self.surb);
        self.lane.progress.notify_waiters();
    }
}

/// A message whose caller will wait for the reply, encoded.
pub(crate) struct Exchange {
    pub(crate) id: Id,
    pub(crate) surb: Id,
    pub(crate) frame: Bytes,
    /// As in [`PlainMessage`].
    pub(crate) legacy: Option<bool>,
}

/// Sends a message and waits for its reply, whatever code that has.
pub(crate) async fn exchange(
    shared: &Arc<Shared>,
    exchange: Exchange,
) -> Result<wire::MessageReply> {
    let (sender, reply) = oneshot::channel();
    let id = exchange.id;
    let message = PlainMessage {
        id,
        surb: Some(exchange.surb),
        frame: exchange.frame,
        legacy: exchange.legacy,
        sink: MessageSink::Reply(sender),
    };
    let awaited = Awaited {
        lane: enqueue(shared, message)?,
        id,
        surb: exchange.surb,
    };
    let reply = reply.await.map_err(|_| closed())??;
    drop(awaited);
    Ok(reply)
}

impl Client {
    /// Sends a message with a reply block. Events that carry `surb_id` report its outcome and its
    /// reply; returns the message's id.
    ///
    /// Completes when the message is queued for the daemon. Fails with `OFFLINE` while the daemon
    /// is not on the mixnet.
    pub fn send_message(
        &self,
        surb_id: &Id,
        destination: &Destination,
        payload: &[u8],
    ) -> Result<Call<Id>> {
        self.fire(Some(*surb_id), destination, payload)
    }

    /// Sends a message to which no reply can come. Nothing reports its outcome.
    pub fn send_message_without_reply(
        &self,
        destination: &Destination,
        payload: &[u8],
    ) -> Result<Call<Id>> {
        self.fire(None, destination, payload)
    }

    fn fire(
        &self,
        surb: Option<Id>,
        destination: &Destination,
        payload: &[u8],
    ) -> Result<Call<Id>> {
        self.shared.check_message(destination, payload)?;
        let id = random_array()?;
        let (frame, legacy) =
            self.shared
                .encode_message(&id, surb.as_ref(), destination, payload)?;
        Ok(Call::now(&self.shared, move |shared| {
            let message = PlainMessage {
                id,
                surb,
                frame,
                legacy,
                sink: MessageSink::Events,
            };
            enqueue(shared, message).map(|_| id)
        }))
    }

    /// Sends a message and waits for its reply, which the network pads with zeros.
    ///
    /// Fails with `CONNECTION_LOST` when the message may or may not have left; it is never sent
    /// twice. Fails with `MESSAGE_SEND_FAILED` and the daemon's reason in the text.
    pub fn blocking_send_message(
        &self,
        destination: &Destination,
        payload: &[u8],
    ) -> Result<Call<Bytes>> {
        self.shared.check_message(destination, payload)?;
        let (id, surb) = (random_array()?, random_array()?);
        let (frame, _) = self
            .shared
            .encode_message(&id, Some(&surb), destination, payload)?;
        let message = Exchange {
            id,
            surb,
            frame,
            legacy: None,
        };
        let withdrawn = Arc::downgrade(&self.shared);
        let call = Call::task(&self.shared, move |shared| async move {
            let reply = exchange(&shared, message).await?;
            wire::codes::check_message_reply(&reply, &shared.features())?;
            Ok(reply.payload.unwrap_or_default())
        });
        // A message that is still queued when the caller gives up is not sent any more.
        Ok(call.at_once().undone_by(Arc::new(move || {
            for lane in withdrawn.upgrade().iter().flat_map(|shared| &shared.lanes) {
                lane.lock().messages.abandon(&id, &surb);
            }
        })))
    }
}
