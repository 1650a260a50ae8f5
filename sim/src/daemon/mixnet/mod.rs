//! What needs the mixnet: the queues, the ARQ table's entries, plain messages, and the packets of them all.

mod arq;
mod cancel;
mod copy;
mod message;
mod packets;
mod queue;

pub(crate) use queue::Turn;
