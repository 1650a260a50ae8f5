//! Where a message goes.

use crate::wire::Hash;

/// Where a message goes: the identity hash of a service node and a queue on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// BLAKE2b-256 of the node's identity key.
    pub node: Hash,
    /// The service's queue, 1 to 32 bytes.
    pub queue: Vec<u8>,
}
