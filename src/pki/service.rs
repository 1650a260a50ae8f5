//! Where a message to a capability goes.

/// One node's offer of one capability: the destination of messages to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// The node's identity hash.
    pub node: [u8; 32],
    /// The queue on that node, 1 to 32 bytes.
    pub queue: Vec<u8>,
    /// The node's name.
    pub name: String,
    /// What is offered, as `echo` or `courier`.
    pub capability: String,
}
