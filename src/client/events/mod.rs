//! What the library reports unasked.

pub(crate) mod completion;
pub(crate) mod describe;
pub(crate) mod sink;
pub(crate) mod sinks;
pub(crate) mod stream;

use std::sync::Arc;

use bytes::Bytes;

use self::completion::Completed;
use crate::pki::Document;
use crate::wire::{ConnectionStatus, Hash, Id};
use crate::Error;

/// The daemon's last status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaemonStatus {
    /// Whether the daemon is on the mixnet.
    pub is_connected: bool,
    /// Identifies the daemon process; `None` before daemon v0.0.73.
    pub instance_token: Option<Id>,
    /// The daemon's own error report, as CBOR; today's daemons never send any.
    pub err: Option<Bytes>,
}

impl DaemonStatus {
    /// The published part of a status; the sizes in it are published elsewhere.
    pub(crate) fn of(status: &ConnectionStatus) -> Self {
        DaemonStatus {
            is_connected: status.is_connected,
            instance_token: status.instance_token,
            err: status.err.clone(),
        }
    }
}

/// How the daemon is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthVerdict {
    /// The program has not connected the client, or has disconnected it.
    Unconnected,
    /// The client has no connection, and tries to get one.
    Connecting,
    /// The daemon is on the mixnet, and nothing that is due is missing.
    Healthy,
    /// The daemon says that it is not on the mixnet.
    Offline,
    /// Something has been due for too long, and nothing has arrived since.
    Silent,
    /// The daemon has not read what was written to it for too long.
    NotDraining,
    /// The daemon accepts requests, but some kind of answer is missing for very long.
    Wedged,
    /// The client is closed.
    Closed,
}

impl HealthVerdict {
    /// The daemon does not do what it should.
    pub fn is_bad(self) -> bool {
        matches!(
            self,
            HealthVerdict::Silent | HealthVerdict::NotDraining | HealthVerdict::Wedged
        )
    }

    /// Its name, for people who read logs.
    pub fn name(self) -> &'static str {
        match self {
            HealthVerdict::Unconnected => "unconnected",
            HealthVerdict::Connecting => "connecting",
            HealthVerdict::Healthy => "healthy",
            HealthVerdict::Offline => "offline",
            HealthVerdict::Silent => "silent",
            HealthVerdict::NotDraining => "not draining",
            HealthVerdict::Wedged => "wedged",
            HealthVerdict::Closed => "closed",
        }
    }
}

/// One event.
#[derive(Clone, Debug)]
pub enum Event {
    /// The daemon's link to the mixnet, at first and whenever it changes.
    ConnectionStatus(DaemonStatus),
    /// A new directory document of the network.
    Document(Arc<Document>),
    /// A plain message was sent to the network, or could not be.
    MessageSent(MessageSent),
    /// The answer to a plain message.
    MessageReply(MessageReply),
    /// The daemon keeps nothing more about this message id.
    MessageIdCollected(Id),
    /// A query of the older Channel API was sent.
    ChannelQuerySent(ChannelQuerySent),
    /// A query of the older Channel API was answered.
    ChannelQueryReply(ChannelQueryReply),
    /// The connection with the daemon is lost, or was closed on purpose.
    Disconnected {
        /// A shutdown notice or our own `disconnect` came first.
        graceful: bool,
        /// Why, where it was not graceful.
        reason: Option<Error>,
    },
    /// The daemon announced its shutdown.
    Shutdown,
    /// Connected again with the daemon process that was there before.
    Resumed,
    /// Connected again, with another daemon process.
    Restarted,
    /// The progress of a copy stream.
    CopyProgress(CopyProgress),
    /// A courier that works for this client is missing in a new document of the network.
    CourierVanished(CourierVanished),
    /// The daemon owes something and does not do it, or does so again.
    Health(HealthVerdict),
    /// What became of a channel of a store.
    Channel(ChannelEvent),
    /// An operation completed whose completion goes to this sink.
    Operation(Arc<Completed>),
    /// So many notices were dropped because this sink was full.
    Lost(u64),
    /// The client was closed; nothing follows.
    Closed,
}

/// What became of a plain message to be sent.
#[derive(Clone, Debug)]
pub struct MessageSent {
    /// The message's id.
    pub message_id: Option<Id>,
    /// The id of its reply block.
    pub surb_id: Option<Id>,
    /// When it was sent, in Unix seconds.
    pub sent_at: i64,
    /// How long a round trip is expected to take, in nanoseconds.
    pub reply_eta_ns: i64,
    /// Why it was not sent.
    pub error: Option<Error>,
}

/// Answer to a plain message.
#[derive(Clone, Debug)]
pub struct MessageReply {
    /// The message's id.
    pub message_id: Option<Id>,
    /// The id of its reply block.
    pub surb_id: Option<Id>,
    /// What the service sent, padded with zeros by the network.
    pub payload: Bytes,
    /// Which replica answered (daemons up to v0.0.72).
    pub reply_index: Option<u8>,
    /// What went wrong.
    pub error: Option<Error>,
}

/// What became of a channel query to be sent.
#[derive(Clone, Debug)]
pub struct ChannelQuerySent {
    /// The message id given with the query.
    pub message_id: Option<Id>,
    /// When it was sent, in Unix seconds.
    pub sent_at: i64,
    /// How long a round trip is expected to take, in nanoseconds.
    pub reply_eta_ns: i64,
    /// Why it was not sent.
    pub error: Option<Error>,
}

/// Answer to a channel query.
#[derive(Clone, Debug)]
pub struct ChannelQueryReply {
    /// The message id given with the query.
    pub message_id: Option<Id>,
    /// The box's content; empty when the box was not found, and for writes.
    pub payload: Bytes,
    /// Which replica answered.
    pub reply_index: Option<u8>,
    /// What went wrong.
    pub error: Option<Error>,
}

/// The progress of a copy stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyProgress {
    /// Hash of the temporary stream's write capability.
    pub stream: Hash,
    /// Boxes of it that are written.
    pub written: u64,
    /// Boxes that it has, as far as known.
    pub needed: u64,
    /// The courier has the command; its answer is awaited.
    pub copying: bool,
}

/// A courier that will not answer any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourierVanished {
    /// Hash of the write capability of the temporary stream that it should copy.
    pub stream: Hash,
    /// Hash of its identity key.
    pub courier: Hash,
}

/// What became of a channel of a store.
#[derive(Clone, Debug)]
pub struct ChannelEvent {
    /// It concerns the writer of this name, not the reader.
    pub is_writer: bool,
    /// The name of the channel.
    pub name: String,
    /// What happened.
    pub news: ChannelNews,
}

/// How far a file on a channel of a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileProgress {
    /// Bytes that are on the mixnet, or were received.
    pub done: u64,
    /// Bytes of the whole file.
    pub size: u64,
}

/// What happened to a channel of a store.
#[derive(Clone, Debug)]
pub enum ChannelNews {
    /// All messages up to this number are on the mixnet.
    Stored(u64),
    /// A message of this number was received.
    Received(u64),
    /// An attempt failed; there will be others.
    Retrying(Error),
    /// A box to be written holds something that this store did not write.
    Conflict(Error),
    /// The box that is awaited cannot be opened.
    Stuck(Error),
    /// More of a file is on the mixnet, or was received.
    File(FileProgress),
}

impl Event {
    /// May be dropped when a reader is slow: all but completions, replies and failures to send,
    /// each of which belongs to something that the reader has requested.
    pub(crate) fn is_droppable(&self) -> bool {
        match self {
            Event::ConnectionStatus(_)
            | Event::Document(_)
            | Event::MessageIdCollected(_)
            | Event::Disconnected { .. }
            | Event::Shutdown
            | Event::Resumed
            | Event::Restarted
            | Event::CopyProgress(_)
            | Event::Channel(_)
            | Event::Health(_)
            | Event::CourierVanished(_) => true,
            Event::MessageSent(sent) => sent.error.is_none(),
            Event::ChannelQuerySent(sent) => sent.error.is_none(),
            Event::MessageReply(_)
            | Event::ChannelQueryReply(_)
            | Event::Operation(_)
            | Event::Lost(_)
            | Event::Closed => false,
        }
    }

    /// How many bytes of the daemon's it holds.
    pub(crate) fn size(&self) -> usize {
        let text = |error: &Option<Error>| error.as_ref().map_or(0, |e| e.message().len());
        match self {
            Event::ConnectionStatus(status) => status.err.as_ref().map_or(0, Bytes::len),
            Event::Document(document) => document.cbor().len(),
            Event::MessageSent(sent) => text(&sent.error),
            Event::MessageReply(reply) => reply.payload.len(),
            Event::ChannelQueryReply(reply) => reply.payload.len(),
            _ => 0,
        }
    }
}
