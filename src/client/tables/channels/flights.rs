//! Channel queries in flight, and the daemon's reports about them.
//!
//! A query is found by its message id, which the application chose. Its sender holds a [`Flight`];
//! once that is dropped, a late answer is published as an event.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::ChannelId;
use crate::client::ops::in_flight::InFlight;
use crate::client::ops::Undo;
use crate::client::stored::channel_query::ChannelQuery;
use crate::sync::lock;
use crate::wire::{ChannelQueryReply, ChannelQuerySent, Hash, Id};
use crate::{Error, Result, Status};

/// Ids of completed queries, remembered so that nothing is reported after that.
const OVER: usize = 256;

/// All queries in flight.
#[derive(Default)]
pub(crate) struct Flights {
    live: InFlight<Arc<Entry>>,
    over: Mutex<VecDeque<Id>>,
}

struct Entry {
    channel: ChannelId,
    message_id: Id,
    hash: Hash,
    /// The box that is written, if one is.
    writes: Option<u64>,
    reports: Mutex<Reports>,
    changed: Notify,
}

#[derive(Default)]
struct Reports {
    sent: Option<ChannelQuerySent>,
    reply: Option<ChannelQueryReply>,
    /// The channel was closed.
    ended: bool,
    /// An event has reported that the query could not be sent.
    refused: bool,
}

/// A report of the daemon, or the application, about a query.
pub(crate) enum QueryReport {
    /// It was sent, or could not be.
    Sent(ChannelQuerySent),
    /// It was answered.
    Reply(ChannelQueryReply),
    /// Its channel was closed.
    Ended,
}

/// One query in flight; dropping this ends that.
pub(crate) struct Flight {
    flights: Arc<Flights>,
    number: u64,
    entry: Arc<Entry>,
}

impl Flights {
    /// Completes the channel's queries: their callers get the error.
    pub(crate) fn end_channel(&self, channel: ChannelId) {
        let mut over = lock(&self.over);
        self.live.find(|entry| {
            if entry.channel == channel {
                lock(&entry.reports).ended = true;
                entry.changed.notify_one();
                remember(&mut over, entry.message_id);
            }
            None::<()>
        });
    }

    /// The daemon sent a query, or could not. Returns `None` if the query had completed, else
    /// whether it is known at all.
    pub(crate) fn on_sent(&self, sent: &ChannelQuerySent) -> Option<bool> {
        let is_over = |id: &Id| lock(&self.over).contains(id);
        if sent.message_id.as_ref().is_some_and(is_over) {
            return None;
        }
        let Some(entry) = self.find(sent.message_id.as_ref()) else {
            return Some(false);
        };
        let mut reports = lock(&entry.reports);
        reports.refused |= sent.error_code != 0;
        reports.sent = Some(sent.clone());
        drop(reports);
        entry.changed.notify_one();
        Some(true)
    }

    /// A query was answered. Returns the answer where no such query is known, and none of that id
    /// had completed.
    pub(crate) fn on_reply(&self, reply: ChannelQueryReply) -> Option<ChannelQueryReply> {
        let mut over = lock(&self.over);
        if reply
            .message_id
            .as_ref()
            .is_some_and(|id| over.contains(id))
        {
            return None;
        }
        let Some(entry) = self.find(reply.message_id.as_ref()) else {
            return Some(reply);
        };
        lock(&entry.reports).reply = Some(reply);
        entry.changed.notify_one();
        remember(&mut over, entry.message_id);
        None
    }

    fn find(&self, message_id: Option<&Id>) -> Option<Arc<Entry>> {
        let message_id = message_id?;
        let is_it = |entry: &Arc<Entry>| entry.message_id == *message_id;
        self.live
            .find(|entry| is_it(entry).then(|| Arc::clone(entry)))
    }

    /// True if no write is in flight.
    pub(crate) fn are_drained(&self) -> bool {
        self.live.is_free_of(|entry| entry.writes.is_some())
    }

    /// Waits until no write is in flight.
    pub(crate) async fn drained(&self) {
        self.live.freed_of(|entry| entry.writes.is_some()).await;
    }
}

fn remember(over: &mut VecDeque<Id>, id: Id) {
    if over.len() >= OVER {
        over.pop_front();
    }
    over.push_back(id);
}

/// Refuses a query that would be confused with another one in flight.
fn check(new: &Arc<Entry>, other: &Arc<Entry>) -> Result<()> {
    let same_box = new.writes.is_some() && new.writes == other.writes;
    let text = if new.message_id == other.message_id {
        "a channel query with this message id is on its way"
    } else if new.hash == other.hash {
        "this channel query is on its way"
    } else if same_box && new.channel == other.channel {
        "another write for the same box is on its way"
    } else {
        return Ok(());
    };
    Err(Error::new(Status::BUSY, text))
}

impl Flight {
    /// Adds a query that is to be sent.
    ///
    /// # Errors
    ///
    /// `BUSY` while its message id or envelope is in flight, or another write for its box.
    pub(crate) fn start(
        flights: &Arc<Flights>,
        channel: ChannelId,
        query: &ChannelQuery,
        message_id: Id,
    ) -> Result<Self> {
        let entry = Arc::new(Entry {
            channel,
            message_id,
            hash: query.envelope_hash,
            writes: (!query.is_read).then(|| query.current_index.counter()),
            reports: Mutex::default(),
            changed: Notify::new(),
        });
        let number = flights.live.enter(Arc::clone(&entry), check)?;
        lock(&flights.over).retain(|id| *id != message_id);
        Ok(Flight {
            flights: Arc::clone(flights),
            number,
            entry,
        })
    }

    /// Ends this flight as dropping it does, for a caller that gives up before that.
    pub(crate) fn undo(&self) -> Undo {
        let (flights, number) = (Arc::downgrade(&self.flights), self.number);
        Arc::new(move || {
            if let Some(flights) = flights.upgrade() {
                flights.live.end(number);
            }
        })
    }

    pub(crate) fn message_id(&self) -> Id {
        self.entry.message_id
    }

    /// An event has reported that the query could not be sent, so none reports its completion.
    pub(crate) fn was_refused(&self) -> bool {
        lock(&self.entry.reports).refused
    }

    /// The query is about to be sent again: the report that it was sent is expected anew.
    pub(crate) fn renew(&self) {
        let mut reports = lock(&self.entry.reports);
        if reports.ended {
            return;
        }
        reports.sent = None;
        reports.refused = false;
        drop(reports);
        // The answer that came was not final.
        lock(&self.flights.over).retain(|id| *id != self.entry.message_id);
    }

    /// Waits for the next report about the query.
    pub(crate) async fn next(&self) -> QueryReport {
        loop {
            if let Some(word) = self.take() {
                return word;
            }
            self.entry.changed.notified().await;
        }
    }

    fn take(&self) -> Option<QueryReport> {
        let mut reports = lock(&self.entry.reports);
        if reports.ended {
            return Some(QueryReport::Ended);
        }
        if let Some(reply) = reports.reply.take() {
            return Some(QueryReport::Reply(reply));
        }
        reports.sent.take().map(QueryReport::Sent)
    }

    /// Waits until the channel is closed.
    pub(crate) async fn ended(&self) {
        while !matches!(self.next().await, QueryReport::Ended) {}
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.live.end(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_completed_queries_are_remembered() {
        let mut over = VecDeque::new();
        for number in 0..1000_u16 {
            let mut id = [0; 16];
            id[..2].copy_from_slice(&number.to_be_bytes());
            remember(&mut over, id);
        }
        assert_eq!(over.len(), 256);
        assert_eq!(over[255][..2], 999_u16.to_be_bytes());
    }
}
