//! Channels on today's daemons, carried by their requests for boxes.
//!
//! Here a channel is only a capability and a position. Arguments that name a courier or a replica
//! are checked and otherwise not used: today's daemon chooses the courier, and the courier asks
//! both replicas.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use tokio::sync::Notify;

use super::values::{channel_closed, ChannelReply, NewChannel};
use crate::bacap::{BoxIndex, ReadCap};
use crate::client::api::boxes::resending::{Place, StartFlags, StartKind, StartResult};
use crate::client::connection::LaneKind;
use crate::client::encryption::Priority;
use crate::client::events::{ChannelQuerySent, Event};
use crate::client::requests;
use crate::client::runtime::query_ids::random_array;
use crate::client::shared::Shared;
use crate::client::stored::channel_query::ChannelQuery;
use crate::client::stored::envelope::Envelope;
use crate::client::tables::channels::flights::Flight;
use crate::client::tables::channels::{Channel, End};
use crate::{Result, Status};

/// An envelope may expire while it waits: so many fresh ones are made.
const FRESH_ENVELOPES: usize = 3;

/// Creates a stream and opens a channel to write to it.
pub(crate) async fn create_write(shared: &Arc<Shared>) -> Result<NewChannel> {
    // The daemon derives, so that this holds for any derivation.
    let made = requests::keypair_call(&shared.queries, &random_array()?)?
        .run(shared)
        .await?;
    let end = End::Write(made.write_cap.clone());
    Ok(NewChannel {
        id: shared.channels.open(end, made.first_index, None, None),
        write_cap: made.write_cap,
        read_cap: made.read_cap,
    })
}

/// Prepares a write at the channel's position.
pub(crate) async fn write(
    shared: &Arc<Shared>,
    channel: &Channel,
    payload: &[u8],
) -> Result<ChannelQuery> {
    let End::Write(cap) = &channel.end else {
        return Err(super::values::wrong_end());
    };
    let index = channel.position();
    let envelope = requests::encrypt_write_call(shared, cap, &index, payload, Priority::Call)?
        .run(shared)
        .await?;
    Ok(ChannelQuery::of_envelope(envelope, index, false, None))
}

/// Prepares a read of the box at `index`, or at the channel's position.
pub(crate) async fn read(
    shared: &Arc<Shared>,
    channel: &Channel,
    index: Option<&BoxIndex>,
    reply_index: Option<u8>,
) -> Result<ChannelQuery> {
    let End::Read(cap) = &channel.end else {
        return Err(super::values::wrong_end());
    };
    let index = index.cloned().unwrap_or_else(|| channel.position());
    let envelope = requests::encrypt_read_call(shared, cap, &index, Priority::Call)?
        .run(shared)
        .await?;
    Ok(ChannelQuery::of_envelope(
        envelope,
        index,
        true,
        reply_index,
    ))
}

/// Sends a query until it is answered; a read of a missing box returns no payload.
pub(crate) async fn send(
    shared: &Arc<Shared>,
    channel: &Channel,
    query: &ChannelQuery,
    flight: &Flight,
) -> Result<ChannelReply> {
    let answered = async {
        match &channel.end {
            End::Write(cap) => {
                send_write(shared, StartKind::Write(cap.clone()), query, flight).await
            }
            End::Read(cap) => send_read(shared, channel, cap, query, flight).await,
        }
    };
    tokio::select! {
        biased;
        () = flight.ended() => Err(channel_closed()),
        reply = answered => reply,
    }
}

/// Publishes that the query was sent; the time of a round trip is not reported.
fn report_sent(shared: &Shared, flight: &Flight) {
    let now = crate::clock::wall().duration_since(UNIX_EPOCH);
    let seconds = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(0));
    shared
        .sinks
        .publish(&Event::ChannelQuerySent(ChannelQuerySent {
            message_id: Some(flight.message_id()),
            sent_at: seconds,
            reply_eta_ns: 0,
            error: None,
        }));
}

/// Sends an envelope once, and reports when the daemon gets it for the first time.
async fn send_once(
    shared: &Arc<Shared>,
    place: Place,
    kind: &StartKind,
    envelope: &Envelope,
    flags: StartFlags,
    flight: &Flight,
) -> Result<StartResult> {
    let handed = Arc::new(Notify::new());
    let sending = place.send_envelope(kind, envelope, flags, Some(Arc::clone(&handed)));
    tokio::pin!(sending);
    tokio::select! {
        biased;
        () = handed.notified() => report_sent(shared, flight),
        sent = &mut sending => return sent.outcome, // refused before the daemon got it
    }
    sending.await.outcome
}

async fn send_write(
    shared: &Arc<Shared>,
    kind: StartKind,
    query: &ChannelQuery,
    flight: &Flight,
) -> Result<ChannelReply> {
    let flags = StartFlags::default();
    let place = Place::take(shared, LaneKind::Write)?;
    send_once(shared, place, &kind, &query.envelope(), flags, flight).await?;
    Ok(ChannelReply::default())
}

async fn send_read(
    shared: &Arc<Shared>,
    channel: &Channel,
    cap: &ReadCap,
    query: &ChannelQuery,
    flight: &Flight,
) -> Result<ChannelReply> {
    let index = &query.current_index;
    let flags = StartFlags {
        no_retry: true,
        reply_index: query.reply_index,
        ..StartFlags::default()
    };
    // A courier that has been asked a few times for one envelope does not ask the replicas again,
    // so each further poll of the box has an envelope of its own.
    let mut prepared = channel.ask(query.envelope_hash).then(|| query.envelope());
    let kind = StartKind::Read(cap.clone(), index.clone());
    let mut attempt = 1;
    loop {
        let mut place = Place::take(shared, LaneKind::Read)?;
        let envelope = match prepared.take() {
            Some(envelope) => envelope,
            None => place.encrypt_read(cap, index).await?,
        };
        match send_once(shared, place, &kind, &envelope, flags, flight).await {
            Ok(found) => {
                return Ok(ChannelReply {
                    payload: found.plaintext,
                    reply_index: query.reply_index,
                })
            }
            Err(error) if error.status() == Status::BOX_ID_NOT_FOUND => {
                return Ok(ChannelReply {
                    reply_index: query.reply_index,
                    ..ChannelReply::default()
                })
            }
            Err(error)
                if error.status() == Status::COURIER_INVALID_EPOCH && attempt < FRESH_ENVELOPES =>
            {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}
