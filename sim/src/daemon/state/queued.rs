//! A request in a queue.

use super::arq::{BoxStart, CopyStart};
use super::message::Message;

/// A request that waits for its turn to send a packet.
pub(crate) enum Queued {
    Message(Box<Message>),
    Box(Box<BoxStart>),
    Copy(Box<CopyStart>),
    /// A whole frame: in old daemons everything waits, local calls and cancels too.
    Frame(Vec<u8>),
}
