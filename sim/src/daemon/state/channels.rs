//! The channels of v0.0.72, in one table for all applications.

use std::collections::HashMap;

use super::ids::{AppNo, ConnId};
use crate::daemon::protocol::request::Id;
use crate::network::{IndexBytes, LegacyAnswer, ReadCapBytes, WriteCapBytes};

/// The daemon's channels. Any application may use any number; each dies with the connection that opened it.
#[derive(Default)]
pub(crate) struct Channels(pub(crate) HashMap<u16, Channel>);

impl Channels {
    /// A connection is gone, and with it what it opened.
    pub(crate) fn forget(&mut self, owner: ConnId) {
        self.0.retain(|_, channel| channel.owner != owner);
    }
}

/// One open channel.
pub(crate) struct Channel {
    pub(crate) owner: ConnId,
    pub(crate) end: ChannelEnd,
    /// The box of the last preparation, which is that of the next one too.
    pub(crate) index: IndexBytes,
    /// What was prepared, by the bytes that are to be sent.
    pub(crate) queries: HashMap<Vec<u8>, Query>,
    /// The query that a resumption named, whose bytes only the client knows.
    pub(crate) resumed: Option<Query>,
}

#[derive(Clone)]
pub(crate) enum ChannelEnd {
    Write(Box<WriteCapBytes>),
    Read(Box<ReadCapBytes>),
}

/// What opens the answer to a query.
#[derive(Clone)]
pub(crate) struct Query {
    pub(crate) descriptor: Vec<u8>,
    pub(crate) reply_index: Option<u8>,
}

/// The answer to a query is back at the daemon.
pub(crate) struct ChannelEvent {
    pub(crate) app: AppNo,
    pub(crate) channel: u16,
    pub(crate) message_id: Id,
    /// `None` where the channel has not prepared what was sent.
    pub(crate) query: Option<Query>,
    pub(crate) answer: LegacyAnswer,
}
