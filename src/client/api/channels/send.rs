//! Sends prepared queries, with and without waiting for the reply, and dispatches the daemon's
//! reports about them.

use std::sync::Arc;

use super::values::ChannelReply;
use super::{legacy_send, modern};
use crate::client::call::Call;
use crate::client::events::{ChannelQueryReply, ChannelQuerySent, Event};
use crate::client::handle::Client;
use crate::client::ops::completion_guard::CompletionGuard;
use crate::client::shared::Shared;
use crate::client::stored::channel_query::ChannelQuery;
use crate::client::stored::destination::Destination;
use crate::client::tables::channels::flights::Flight;
use crate::client::tables::channels::Channel;
use crate::client::tables::channels::ChannelId;
use crate::wire::{self, codes, Id};
use crate::Result;

/// A query that is to be sent, with everything that it needs.
struct Sending {
    channel: Arc<Channel>,
    query: ChannelQuery,
    courier: Destination,
    flight: Flight,
}

impl Sending {
    /// Sends the query until it is answered.
    async fn run(&self, shared: &Arc<Shared>) -> Result<ChannelReply> {
        let (channel, query) = (&self.channel, &self.query);
        let reply = if shared.has_channels() {
            legacy_send::send(shared, channel, query, &self.courier, &self.flight).await?
        } else {
            modern::send(shared, channel, query, &self.flight).await?
        };
        if !query.is_read || !reply.payload.is_empty() {
            channel.advance(query);
        }
        Ok(reply)
    }
}

fn publish(shared: &Shared, message_id: Id, outcome: Result<ChannelReply>) {
    let (reply, error) = match outcome {
        Ok(reply) => (reply, None),
        Err(error) => (ChannelReply::default(), Some(error)),
    };
    shared
        .sinks
        .publish(&Event::ChannelQueryReply(ChannelQueryReply {
            message_id: Some(message_id),
            payload: reply.payload,
            reply_index: reply.reply_index,
            error,
        }));
}

async fn send_and_tell(shared: Arc<Shared>, sending: Sending) {
    let message_id = sending.flight.message_id();
    let guard = CompletionGuard::new(|outcome| publish(&shared, message_id, outcome));
    let outcome = sending.run(&shared).await;
    let was_refused = outcome.is_err() && sending.flight.was_refused();
    drop(sending); // its id may be used again as soon as its completion is reported
    if was_refused {
        guard.forget(); // the event of its sending has reported it
    } else {
        guard.complete(outcome);
    }
}

impl Client {
    /// Sends a prepared query; events that carry `message_id` report the outcome.
    ///
    /// # Errors
    /// `DAEMON_CHANNEL_NOT_FOUND`, `DAEMON_INVALID_CHANNEL`, `SERVICE_NOT_FOUND` for a courier
    /// that the current document does not name, `OFFLINE`, `BUSY` while this query or message
    /// id is on its way, `BOX_ALREADY_EXISTS` if another query wrote the box.
    pub fn send_channel_query(
        &self,
        channel: ChannelId,
        query: &ChannelQuery,
        courier: &Destination,
        message_id: &Id,
    ) -> Result<Call<()>> {
        let sending = self.prepare_sending(channel, query, courier, message_id)?;
        Ok(Call::now(&self.shared, move |shared| {
            let task = send_and_tell(Arc::clone(shared), sending);
            shared.spawn(Box::pin(task));
            Ok(())
        }))
    }

    /// Sends a prepared query and waits for its reply; can be cancelled by the query's
    /// envelope hash.
    ///
    /// # Errors
    /// As [`Client::send_channel_query`], and what the daemon, the courier or the replica answers.
    pub fn send_channel_query_await_reply(
        &self,
        channel: ChannelId,
        query: &ChannelQuery,
        courier: &Destination,
        message_id: &Id,
    ) -> Result<Call<ChannelReply>> {
        let sending = self.prepare_sending(channel, query, courier, message_id)?;
        let (hash, undo) = (query.envelope_hash, sending.flight.undo());
        let call = Call::task(&self.shared, move |shared| async move {
            sending.run(&shared).await
        });
        Ok(call.under_hash(hash).undone_by(undo))
    }

    fn prepare_sending(
        &self,
        channel: ChannelId,
        query: &ChannelQuery,
        courier: &Destination,
        message_id: &Id,
    ) -> Result<Sending> {
        self.shared.check_open()?;
        let channel = self.shared.channels.get(channel)?;
        query.validate()?;
        self.check_ciphertext(query.payload.len())?;
        self.shared.check_courier(courier)?;
        self.shared.check_online()?;
        let flight = Flight::start(
            &self.shared.channels.flights,
            channel.id,
            query,
            *message_id,
        )?;
        channel.admit(query)?; // after what could have written the box
        Ok(Sending {
            channel,
            query: query.clone(),
            courier: courier.clone(),
            flight,
        })
    }
}

impl Shared {
    /// The daemon reported that a channel query has left, or could not.
    pub(crate) fn channel_query_sent(&self, sent: wire::ChannelQuerySent) {
        let Some(is_known) = self.channels.flights.on_sent(&sent) else {
            return;
        };
        let event = Event::ChannelQuerySent(ChannelQuerySent {
            error: codes::check_query_sent(&sent, &self.features()).err(),
            message_id: sent.message_id,
            sent_at: sent.sent_at,
            reply_eta_ns: sent.reply_eta_ns,
        });
        self.publish_answer(&event, is_known);
    }

    /// The daemon reported the outcome of a channel query.
    pub(crate) fn channel_query_reply(&self, reply: wire::ChannelQueryReply) {
        let Some(reply) = self.channels.flights.on_reply(reply) else {
            return;
        };
        self.sinks
            .publish_unsolicited(&Event::ChannelQueryReply(ChannelQueryReply {
                error: codes::check_query_reply(&reply, &self.features()).err(),
                message_id: reply.message_id,
                payload: reply.payload.unwrap_or_default(),
                reply_index: reply.reply_index,
            }));
    }

    /// A daemon up to v0.0.72 also reports the result of a read as the reply to a message, before
    /// the reply to the query. Such a message never had a reply block.
    pub(crate) fn is_channel_reply(&self, reply: &wire::MessageReply) -> bool {
        reply.surb_id.is_none() && self.has_channels()
    }
}
