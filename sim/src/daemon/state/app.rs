//! One application of a client.

use std::collections::VecDeque;

use super::ids::ConnId;
use crate::daemon::protocol::request::Id;
use crate::daemon::protocol::response::Frame;

/// One application. It outlives its connection while the grace period lasts.
pub(crate) struct App {
    /// The id in `session_token_reply`.
    pub(crate) wire_id: Id,
    /// The token that resumes it.
    pub(crate) token: Option<Id>,
    /// The connection that replies go to.
    pub(crate) holder: Option<ConnId>,
    /// Rises with every loss and resumption, so that an old timer is recognised.
    pub(crate) generation: u64,
    /// Replies to plain messages that came while no connection held it.
    pub(crate) waiting: VecDeque<Frame>,
    /// Queued packets of entries in flight, which precede new requests.
    pub(crate) resends: VecDeque<u64>,
}
