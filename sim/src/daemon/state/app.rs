//! One application of a client.

use std::collections::VecDeque;

use super::ids::ConnId;
use crate::daemon::protocol::request::Id;
use crate::daemon::protocol::response::Frame;

/// One application. It outlives its connection while the grace period lasts.
pub(crate) struct App {
    /// What `session_token_reply` tells.
    pub(crate) wire_id: Id,
    /// What it can be resumed with.
    pub(crate) token: Option<Id>,
    /// The connection that replies go to.
    pub(crate) holder: Option<ConnId>,
    /// Moves on with every loss and resumption, so that old timers know that they are old.
    pub(crate) generation: u64,
    /// Replies to plain messages that came while nobody was there.
    pub(crate) waiting: VecDeque<Frame>,
    /// Packets of entries in flight, which go before new requests.
    pub(crate) resends: VecDeque<u64>,
}
