//! The clock of the packets.

use std::collections::VecDeque;

use super::ids::{AppNo, ConnId};

/// The Poisson process that empties the queues, one packet a tick.
#[derive(Default)]
pub(crate) struct Ticks {
    pub(crate) armed: bool,
    /// The one queue of the old daemons waits for an encryption, and all packets with it.
    pub(crate) busy: bool,
    /// Packets leave only when stepped by hand.
    pub(crate) held: bool,
    /// Who had the last turn.
    pub(crate) last: AppNo,
    pub(crate) count: u64,
    pub(crate) one_queue: VecDeque<(ConnId, Vec<u8>)>,
}

impl Ticks {
    /// Requests in the one queue.
    pub(crate) fn one_queue_len(&self) -> usize {
        self.one_queue.len()
    }

    /// After a restart.
    pub(crate) fn forget(&mut self) {
        self.armed = false;
        self.busy = false;
        self.one_queue.clear();
    }
}
