//! The channels that a client has open, under ids of its own, and the position of each.
//!
//! A daemon's own ids are valid on one connection and may be given out again; the library's are
//! never used twice by one client, so a stale one is always noticed.

pub(crate) mod flights;
pub(crate) mod opened;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use self::flights::Flights;
use self::opened::Opened;
use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::client::stored::channel_query::ChannelQuery;
use crate::sync::lock;
use crate::wire::Hash;
use crate::{Error, Result, Status};

/// Identifies a channel of one client; never 0, never used twice.
pub type ChannelId = u64;

/// Answered queries that a channel remembers.
const REMEMBERED: usize = 64;

/// The direction of a channel.
#[derive(Clone)]
pub(crate) enum End {
    Write(WriteCap),
    Read(ReadCap),
}

impl End {
    pub(crate) fn is_read(&self) -> bool {
        matches!(self, End::Read(_))
    }

    pub(crate) fn first_index(&self) -> BoxIndex {
        match self {
            End::Write(cap) => cap.first_index(),
            End::Read(cap) => cap.first_index(),
        }
    }
}

/// One open channel.
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) end: End,
    /// The replica that is asked where a read names none.
    pub(crate) reply_index: Option<u8>,
    progress: Mutex<Progress>,
    /// The channel of a daemon up to v0.0.72 behind this one.
    pub(crate) opened: tokio::sync::Mutex<Option<Opened>>,
}

struct Progress {
    /// The position of the next write or read.
    position: BoxIndex,
    /// Boxes that were written through this channel, and by which envelope.
    written: VecDeque<(u64, Hash)>,
    /// Envelopes of reads that were sent before.
    asked: VecDeque<Hash>,
}

fn remember<T>(ring: &mut VecDeque<T>, item: T) {
    if ring.len() >= REMEMBERED {
        ring.pop_front();
    }
    ring.push_back(item);
}

impl Channel {
    /// The position of the next write or read.
    pub(crate) fn position(&self) -> BoxIndex {
        lock(&self.progress).position.clone()
    }

    /// Refuses a query that this channel cannot send.
    ///
    /// A second write that was prepared for one box would be answered like the first, and one of
    /// the two contents would be lost: the second today, the first at a daemon up to v0.0.72.
    pub(crate) fn admit(&self, query: &ChannelQuery) -> Result<()> {
        if query.is_read != self.end.is_read() {
            return Err(wrong_way(self.id, self.end.is_read()));
        }
        let (counter, hash) = (query.current_index.counter(), query.envelope_hash);
        let progress = lock(&self.progress);
        let other = |(at, by): &(u64, Hash)| *at == counter && *by != hash;
        if !query.is_read && progress.written.iter().any(other) {
            return Err(Error::new(
                Status::BOX_ALREADY_EXISTS,
                "this box was written by another query of the channel; prepare the write again",
            ));
        }
        Ok(())
    }

    /// A read is about to be sent. Returns false if this very envelope was sent before.
    pub(crate) fn ask(&self, hash: Hash) -> bool {
        let mut progress = lock(&self.progress);
        let is_new = !progress.asked.contains(&hash);
        if is_new {
            remember(&mut progress.asked, hash);
        }
        is_new
    }

    /// A query was answered: the box is done, and the channel moves behind it. It never moves back.
    pub(crate) fn advance(&self, query: &ChannelQuery) {
        let mut progress = lock(&self.progress);
        let counter = query.current_index.counter();
        if !query.is_read {
            let done = (counter, query.envelope_hash);
            if !progress.written.contains(&done) {
                remember(&mut progress.written, done);
            }
        }
        if counter >= progress.position.counter() {
            progress.position = query.next_index.clone();
        }
    }
}

/// What a client keeps about its channels.
#[derive(Default)]
pub(crate) struct Channels {
    table: Mutex<Table>,
    pub(crate) flights: Arc<Flights>,
}

#[derive(Default)]
struct Table {
    last: ChannelId,
    open: HashMap<ChannelId, Arc<Channel>>,
}

impl Channels {
    /// Opens a channel at `position`.
    pub(crate) fn open(
        &self,
        end: End,
        position: BoxIndex,
        reply_index: Option<u8>,
        opened: Option<Opened>,
    ) -> ChannelId {
        let mut table = lock(&self.table);
        table.last += 1;
        let id = table.last;
        let channel = Channel {
            id,
            end,
            reply_index,
            progress: Mutex::new(Progress {
                position,
                written: VecDeque::new(),
                asked: VecDeque::new(),
            }),
            opened: tokio::sync::Mutex::new(opened),
        };
        table.open.insert(id, Arc::new(channel));
        id
    }

    /// Returns the open channel of this id.
    ///
    /// # Errors
    ///
    /// `DAEMON_CHANNEL_NOT_FOUND`, the status that daemons have for it too.
    pub(crate) fn get(&self, id: ChannelId) -> Result<Arc<Channel>> {
        let table = lock(&self.table);
        let found = table.open.get(&id).cloned();
        found.ok_or_else(|| not_found(id, table.last))
    }

    /// The same, if it has the direction that is needed.
    pub(crate) fn get_for(&self, id: ChannelId, reading: bool) -> Result<Arc<Channel>> {
        let channel = self.get(id)?;
        if channel.end.is_read() == reading {
            return Ok(channel);
        }
        Err(wrong_way(id, !reading))
    }

    /// True if no write of a channel is in flight.
    pub(crate) fn are_drained(&self) -> bool {
        self.flights.are_drained()
    }

    /// Waits until no write of a channel is in flight.
    pub(crate) async fn drained(&self) {
        self.flights.drained().await;
    }

    /// Removes the channel; its queries in flight complete.
    pub(crate) fn close(&self, id: ChannelId) -> Result<Arc<Channel>> {
        let mut table = lock(&self.table);
        let last = table.last;
        let channel = table.open.remove(&id).ok_or_else(|| not_found(id, last))?;
        drop(table);
        self.flights.end_channel(id);
        Ok(channel)
    }
}

fn not_found(id: ChannelId, last: ChannelId) -> Error {
    let text = if id == 0 || id > last {
        format!("this client never had a channel {id}")
    } else {
        format!("channel {id} was closed")
    };
    Error::new(Status::DAEMON_CHANNEL_NOT_FOUND, text)
}

fn wrong_way(id: ChannelId, is_read: bool) -> Error {
    let text = if is_read {
        format!("channel {id} is for reading")
    } else {
        format!("channel {id} is for writing")
    };
    Error::new(Status::DAEMON_INVALID_CHANNEL, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn write_channel(channels: &Channels) -> Arc<Channel> {
        let cap = crate::bacap::keypair(&[1; 32]).write_cap;
        let first = cap.first_index();
        let id = channels.open(End::Write(cap), first, None, None);
        channels.get(id).unwrap()
    }

    fn write_at(index: &BoxIndex, hash: u8) -> ChannelQuery {
        ChannelQuery {
            is_read: false,
            payload: Bytes::from_static(b"payload"),
            current_index: index.clone(),
            next_index: index.next(),
            reply_index: None,
            envelope_hash: [hash; 32],
            descriptor: Bytes::from_static(b"descriptor"),
        }
    }

    #[test]
    fn ids_are_never_used_twice_and_stale_ones_differ_from_invented_ones() {
        let channels = Channels::default();
        let first = write_channel(&channels).id;
        channels.close(first).unwrap();
        assert_ne!(write_channel(&channels).id, first);
        for (id, text) in [(first, "was closed"), (99, "never had"), (0, "never had")] {
            let error = channels.get(id).map(drop).unwrap_err();
            assert_eq!(error.status(), Status::DAEMON_CHANNEL_NOT_FOUND);
            assert!(error.message().contains(text), "{error}");
        }
        assert!(channels.close(first).is_err());
    }

    #[test]
    fn a_channel_has_one_direction() {
        let channels = Channels::default();
        let id = write_channel(&channels).id;
        let error = channels.get_for(id, true).map(drop).unwrap_err();
        assert_eq!(error.status(), Status::DAEMON_INVALID_CHANNEL);
        assert!(channels.get_for(id, false).is_ok());
    }

    #[test]
    fn an_answer_moves_the_position_on_and_never_back() {
        let channel = write_channel(&Channels::default());
        let first = channel.position();
        channel.advance(&write_at(&first.next(), 1));
        assert_eq!(channel.position(), first.next().next());
        channel.advance(&write_at(&first, 2));
        assert_eq!(channel.position(), first.next().next());
    }

    #[test]
    fn a_second_write_for_a_written_box_is_refused_and_the_same_one_again_is_not() {
        let channel = write_channel(&Channels::default());
        let first = channel.position();
        channel.advance(&write_at(&first, 1));
        channel.admit(&write_at(&first, 1)).unwrap();
        let refused = channel.admit(&write_at(&first, 2)).unwrap_err();
        assert_eq!(refused.status(), Status::BOX_ALREADY_EXISTS);
    }

    #[test]
    fn an_envelope_is_new_once() {
        let channel = write_channel(&Channels::default());
        assert!(channel.ask([1; 32]));
        assert!(!channel.ask([1; 32]));
        assert!(channel.ask([2; 32]));
    }

    #[test]
    fn a_channel_remembers_its_last_sixty_four_boxes_and_envelopes() {
        let channel = write_channel(&Channels::default());
        for hash in 0..100 {
            channel.advance(&write_at(&channel.position(), hash));
            channel.ask([hash; 32]);
        }
        let progress = lock(&channel.progress);
        assert_eq!((progress.written.len(), progress.asked.len()), (64, 64));
        assert_eq!(progress.written[0].1, [36; 32]);
        assert_eq!(progress.asked[63], [99; 32]);
    }
}
