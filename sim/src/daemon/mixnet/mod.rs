//! What needs the mixnet: queues, ARQ entries, plain messages, and their packets.

mod arq;
mod cancel;
mod copy;
mod message;
mod packets;
mod queue;

pub(crate) use queue::Turn;
