//! Where a message to a capability goes.

use std::sync::Arc;

/// One node's offer of one capability: the destination of messages to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// The node's identity hash.
    pub node: [u8; 32],
    /// The queue on that node, 1 to 32 bytes.
    pub queue: Vec<u8>,
    /// The node's name, the same text for all its offers.
    pub name: Arc<str>,
    /// The capability, as `echo` or `courier`.
    pub capability: String,
}
