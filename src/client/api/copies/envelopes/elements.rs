//! What a copy stream is made of, and what the daemon makes for it.

use bytes::Bytes;

use crate::bacap::{BoxIndex, WriteCap};
use crate::client::connection::Answer;
use crate::wire::ReplyBody;
use crate::Result;

/// One payload and its destination.
pub struct CopyDestination<'a> {
    /// The capability to write it with.
    pub write_cap: WriteCap,
    /// The first box.
    pub start_index: BoxIndex,
    /// What to write.
    pub payload: &'a [u8],
}

/// The place of a call's result in its stream.
#[derive(Clone, Copy, Debug)]
pub struct StreamEnds {
    /// It holds the stream's first element.
    pub is_start: bool,
    /// It holds the stream's last element.
    pub is_last: bool,
}

/// Elements of a copy stream, each to be written to one box.
#[derive(Clone, Default)]
pub struct CourierEnvelopes {
    /// The elements, in order.
    pub envelopes: Vec<Bytes>,
    /// What is left over, for the next call.
    pub buffer: Option<Bytes>,
    /// The box behind the last one of each destination.
    pub next_indices: Vec<BoxIndex>,
}

/// What the daemon made.
pub(crate) fn read(answer: &Answer) -> Result<CourierEnvelopes> {
    answer.check()?;
    match &answer.reply.body {
        ReplyBody::CourierEnvelopes(made) => Ok(CourierEnvelopes {
            envelopes: made.envelopes.clone(),
            buffer: made.buffer.clone().filter(|buffer| !buffer.is_empty()),
            next_indices: made
                .next_indices
                .iter()
                .map(BoxIndex::from_secret)
                .collect(),
        }),
        _ => Err(answer.unexpected()),
    }
}
