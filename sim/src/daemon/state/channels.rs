//! The channels of v0.0.72, in one table for all applications.

use std::collections::HashMap;

use super::ids::{AppNo, ConnId};
use crate::daemon::protocol::request::Id;
use crate::network::{IndexBytes, LegacyAnswer, ReadCapBytes, WriteCapBytes};

/// The daemon's channels. Any application may use any number. A channel closes with the connection that opened it.
#[derive(Default)]
pub(crate) struct Channels(pub(crate) HashMap<u16, Channel>);

impl Channels {
    /// Closes the channels of a connection that is gone.
    pub(crate) fn forget(&mut self, owner: ConnId) {
        self.0.retain(|_, channel| channel.owner != owner);
    }
}

/// One open channel.
pub(crate) struct Channel {
    pub(crate) owner: ConnId,
    pub(crate) end: ChannelEnd,
    /// The box of the last preparation, and of the next.
    pub(crate) index: IndexBytes,
    /// Prepared queries, by their payload.
    pub(crate) queries: HashMap<Vec<u8>, Query>,
    /// The query of a resumption. Only the client knows its payload.
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

/// An answer to a query that reaches the daemon.
pub(crate) struct ChannelEvent {
    pub(crate) app: AppNo,
    pub(crate) channel: u16,
    pub(crate) message_id: Id,
    /// `None` if the channel has not prepared this payload.
    pub(crate) query: Option<Query>,
    pub(crate) answer: LegacyAnswer,
}
