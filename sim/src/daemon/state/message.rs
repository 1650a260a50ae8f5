//! Plain messages: what waits for its turn, and what waits for its reply.

use super::ids::AppNo;
use crate::daemon::protocol::request::Id;
use crate::network::Hash;

/// A message that waits for its turn.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) app: AppNo,
    pub(crate) id: Option<Id>,
    pub(crate) surb_id: Option<Id>,
    pub(crate) node: Hash,
    pub(crate) queue: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    /// Retransmitted until it is answered (older protocol).
    pub(crate) reliable: bool,
    pub(crate) sends: u32,
}

/// A message whose reply is awaited.
pub(crate) struct InFlight {
    pub(crate) number: u64,
    pub(crate) app: AppNo,
    pub(crate) id: Option<Id>,
    pub(crate) surb_id: Id,
}
