//! What calls on channels give.

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
    /// For those who are to read.
    pub read_cap: ReadCap,
}

/// What came back for a query.
#[derive(Clone, Default)]
pub struct ChannelReply {
    /// What a read found; nothing for a write, and where the box is not there yet.
    pub payload: Bytes,
    /// Which replica answered, where that is told.
    pub reply_index: Option<u8>,
}

/// What a query gets whose channel is closed.
pub(crate) fn channel_closed() -> Error {
    Error::new(Status::CANCELLED, "the channel was closed meanwhile")
}

/// What the library itself has confused.
pub(crate) fn wrong_end() -> Error {
    Error::new(Status::INTERNAL, "a channel of the other kind")
}
