//! Values that calls on channels return.

use bytes::Bytes;

use crate::bacap::{ReadCap, WriteCap};
use crate::client::tables::channels::ChannelId;
use crate::{Error, Status};

/// A new stream, and a channel that writes to it.
#[derive(Clone)]
pub struct NewChannel {
    /// The channel.
    pub id: ChannelId,
    /// To be stored: it resumes the channel after a crash.
    pub write_cap: WriteCap,
    /// For the readers.
    pub read_cap: ReadCap,
}

/// The answer to a query.
#[derive(Clone, Default)]
pub struct ChannelReply {
    /// The content that a read found; empty for a write, and where the box does not exist yet.
    pub payload: Bytes,
    /// Which replica answered, where that is reported.
    pub reply_index: Option<u8>,
}

/// The error of a query whose channel is closed.
pub(crate) fn channel_closed() -> Error {
    Error::new(Status::CANCELLED, "the channel was closed meanwhile")
}

/// An error of the library itself.
pub(crate) fn wrong_end() -> Error {
    Error::new(Status::INTERNAL, "a channel of the other kind")
}
