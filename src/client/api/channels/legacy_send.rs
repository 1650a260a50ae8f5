//! Sending a prepared query through a daemon up to v0.0.72.
//!
//! Such a daemon sends a query once. The library sends it again when the connection was lost
//! meanwhile, or when the reply is overdue: couriers execute an envelope once, however often it
//! arrives.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::legacy::{is_current, lane, may_have_moved, route, Route};
use super::values::{channel_closed, ChannelReply};
use crate::client::connection::Link;
use crate::client::shared::Shared;
use crate::client::stored::channel_query::ChannelQuery;
use crate::client::stored::destination::Destination;
use crate::client::tables::channels::flights::{Flight, QueryReport};
use crate::client::tables::channels::Channel;
use crate::wire::{codes, ChannelQueryReply, ChannelQuerySent, Request, WipingVec};
use crate::{Error, Result, Status};

/// The outcome of one sending.
enum Came {
    Reply(ChannelQueryReply),
    /// The daemon could not send it.
    Refused(ChannelQuerySent),
    /// The channel was closed.
    Ended,
    /// The connection was lost, or the reply.
    Lost,
}

/// Sends a query until it is answered.
pub(crate) async fn send(
    shared: &Arc<Shared>,
    channel: &Channel,
    query: &ChannelQuery,
    courier: &Destination,
    flight: &Flight,
) -> Result<ChannelReply> {
    let mut anew = false;
    loop {
        let route = tokio::select! {
            biased;
            () = flight.ended() => return Err(channel_closed()),
            route = route(shared, channel, query, anew) => route?,
        };
        let failure = match attempt(shared, &route, query, courier, flight).await? {
            Came::Lost => continue,
            Came::Ended => return Err(channel_closed()),
            Came::Refused(sent) => codes::check_query_sent(&sent, &route.link.features).err(),
            Came::Reply(reply) => match codes::check_query_reply(&reply, &route.link.features) {
                Err(error) => Some(error),
                Ok(()) => {
                    return Ok(ChannelReply {
                        payload: reply.payload.unwrap_or_default(),
                        reply_index: reply.reply_index,
                    })
                }
            },
        };
        match failure {
            Some(error) if !anew && is_of_the_channel(&error, channel, &route, query).await => {
                anew = true;
            }
            Some(error) => return Err(error),
            None => {}
        }
    }
}

/// Whether a query failed only because of its channel: the daemon has lost that, or what was
/// prepared on it, and reports a plain internal error when the reply arrives; or the channel was at
/// another box by then.
async fn is_of_the_channel(
    error: &Error,
    channel: &Channel,
    route: &Route,
    query: &ChannelQuery,
) -> bool {
    match error.status() {
        Status::DAEMON_CHANNEL_NOT_FOUND
        | Status::DAEMON_INVALID_CHANNEL
        | Status::DAEMON_INTERNAL => true,
        Status::DAEMON_INVALID_PAYLOAD => may_have_moved(channel, route, query).await,
        _ => false,
    }
}

/// Sends the query once and waits for its outcome.
async fn attempt(
    shared: &Arc<Shared>,
    route: &Route,
    query: &ChannelQuery,
    courier: &Destination,
    flight: &Flight,
) -> Result<Came> {
    let request = Request::SendChannelQuery {
        message_id: &flight.message_id(),
        channel_id: Some(route.id),
        destination: &courier.node,
        queue: &courier.queue,
        payload: &query.payload,
    };
    let frame = request.encode(&[0; 16]).map(WipingVec::into_bytes)?;
    tokio::select! {
        biased;
        () = flight.ended() => return Ok(Came::Ended),
        online = online(shared, &route.link) => if !online {
            return Ok(Came::Lost);
        },
    }
    flight.renew();
    lane(shared).lock().queue(&route.link, frame);
    route.link.writer.flush();
    let lost = lost(shared, &route.link);
    tokio::pin!(lost);
    let mut deadline = None;
    loop {
        tokio::select! {
            biased;
            word = flight.next() => match word {
                QueryReport::Reply(reply) => return Ok(Came::Reply(reply)),
                QueryReport::Ended => return Ok(Came::Ended),
                QueryReport::Sent(sent) if sent.error_code != 0 => return Ok(Came::Refused(sent)),
                QueryReport::Sent(sent) => deadline = Instant::now().checked_add(read_deadline(shared, &sent)),
            },
            () = &mut lost => return Ok(Came::Lost),
            () = until(deadline) => return Ok(Came::Lost),
        }
    }
}

/// How long a reply may take after the query was sent.
fn read_deadline(shared: &Shared, sent: &ChannelQuerySent) -> Duration {
    let eta = Duration::from_nanos(sent.reply_eta_ns.try_into().unwrap_or(0));
    eta + shared.reply_slack()
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Waits until the daemon is on the mixnet. Returns false if the connection is lost before that.
async fn online(shared: &Arc<Shared>, link: &Arc<Link>) -> bool {
    let lane = lane(shared);
    loop {
        let changed = lane.progress.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        if !is_current(&lane, link) {
            return false;
        }
        if lane.lock().status.is_connected {
            return true;
        }
        changed.await;
    }
}

/// Waits until the connection is lost.
async fn lost(shared: &Arc<Shared>, link: &Arc<Link>) {
    let lane = lane(shared);
    loop {
        let changed = lane.progress.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        if !is_current(&lane, link) {
            return;
        }
        changed.await;
    }
}
