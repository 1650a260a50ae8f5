//! Channel queries that are on their way, and the daemon's words about them.
//!
//! A query is found by its message id, which the application chose. Whoever sends it
//! holds a [`Flight`]; when that is dropped, a late answer is told as an event.

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

/// Ids of queries whose end was told, remembered so that nothing is told after it.
const OVER: usize = 256;

/// All queries under way.
#[derive(Default)]
pub(crate) struct Flights {
    live: InFlight<Arc<Entry>>,
    over: Mutex<VecDeque<Id>>,
}

struct Entry {
    channel: ChannelId,
    message_id: Id,
    hash: Hash,
    /// Which box is written, if one is.
    writes: Option<u64>,
    reports: Mutex<Reports>,
    moved: Notify,
}

#[derive(Default)]
struct Reports {
    sent: Option<ChannelQuerySent>,
    reply: Option<ChannelQueryReply>,
    /// The channel was closed.
    ended: bool,
    /// An event has told that the query could not be sent.
    refused: bool,
}

/// What the daemon, or the application, said about a query.
pub(crate) enum Word {
    /// It has left, or could not.
    Sent(ChannelQuerySent),
    /// It was answered.
    Reply(ChannelQueryReply),
    /// Its channel was closed.
    Ended,
}

/// One query under way; dropping this ends that.
pub(crate) struct Flight {
    flights: Arc<Flights>,
    number: u64,
    entry: Arc<Entry>,
}

impl Flights {
    /// Ends the channel's queries: whoever waits for one is told.
    pub(crate) fn end_channel(&self, channel: ChannelId) {
        let mut over = lock(&self.over);
        self.live.find(|entry| {
            if entry.channel == channel {
                lock(&entry.reports).ended = true;
                entry.moved.notify_one();
                remember(&mut over, entry.message_id);
            }
            None::<()>
        });
    }

    /// The daemon sent a query, or could not. `None` if its end was told before, else
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
        entry.moved.notify_one();
        Some(true)
    }

    /// A query was answered. Gives the answer back where no such query is known, and its end
    /// was not told before either.
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
        entry.moved.notify_one();
        remember(&mut over, entry.message_id);
        None
    }

    fn find(&self, message_id: Option<&Id>) -> Option<Arc<Entry>> {
        let message_id = message_id?;
        let is_it = |entry: &Arc<Entry>| entry.message_id == *message_id;
        self.live
            .find(|entry| is_it(entry).then(|| Arc::clone(entry)))
    }

    /// True if no write is on its way.
    pub(crate) fn are_drained(&self) -> bool {
        self.live.is_free_of(|entry| entry.writes.is_some())
    }

    /// Waits until no write is on its way.
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

/// Refuses a query that another one on its way would be confused with.
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
    /// Enters a query that is to be sent.
    ///
    /// # Errors
    /// `BUSY` while its message id or envelope is on its way, or another write for its box.
    pub(crate) fn begin(
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
            moved: Notify::new(),
        });
        let number = flights.live.begin(Arc::clone(&entry), check)?;
        lock(&flights.over).retain(|id| *id != message_id);
        Ok(Flight {
            flights: Arc::clone(flights),
            number,
            entry,
        })
    }

    /// What ends this flight as dropping it does, for whoever gives up before that.
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

    /// An event has told that the query could not be sent, so none needs to tell its end.
    pub(crate) fn was_refused(&self) -> bool {
        lock(&self.entry.reports).refused
    }

    /// The query is about to be sent again: the word that it left is awaited anew.
    pub(crate) fn renew(&self) {
        let mut reports = lock(&self.entry.reports);
        if reports.ended {
            return;
        }
        reports.sent = None;
        reports.refused = false;
        drop(reports);
        // An answer that came was none for good.
        lock(&self.flights.over).retain(|id| *id != self.entry.message_id);
    }

    /// Waits for the next word about the query.
    pub(crate) async fn next(&self) -> Word {
        loop {
            if let Some(word) = self.take() {
                return word;
            }
            self.entry.moved.notified().await;
        }
    }

    fn take(&self) -> Option<Word> {
        let mut reports = lock(&self.entry.reports);
        if reports.ended {
            return Some(Word::Ended);
        }
        if let Some(reply) = reports.reply.take() {
            return Some(Word::Reply(reply));
        }
        reports.sent.take().map(Word::Sent)
    }

    /// Waits until the channel is closed.
    pub(crate) async fn ended(&self) {
        while !matches!(self.next().await, Word::Ended) {}
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
    fn of_the_queries_that_are_over_the_last_are_remembered() {
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
