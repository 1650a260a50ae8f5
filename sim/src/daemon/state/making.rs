//! Envelopes of a copy stream that are to be made, on any thread.

use std::time::Duration;

use crate::daemon::protocol::request::Id;
use crate::daemon::protocol::response::Kind;
use crate::network::{
    Code, CourierEnvelopes, Destination, IndexBytes, Network, WriteCapBytes, INVALID_REQUEST,
};

/// Up to so many envelopes are made on the daemon's own thread.
const FEW: u32 = 8;

/// The envelopes, or an error code.
pub(crate) type Made = Result<CourierEnvelopes, Code>;

/// Envelopes that are to be made.
pub(crate) struct Making {
    pub(crate) kind: Kind,
    pub(crate) query_id: Option<Id>,
    pub(crate) order: Result<Order, Code>,
}

/// A payload and where it is to be written.
pub(crate) struct Target {
    pub(crate) payload: Vec<u8>,
    pub(crate) write_cap: WriteCapBytes,
    pub(crate) start_index: IndexBytes,
}

impl Target {
    fn as_destination(&self) -> Destination<'_> {
        Destination {
            payload: &self.payload,
            write_cap: &self.write_cap,
            start_index: &self.start_index,
        }
    }
}

/// What the envelopes are to hold.
pub(crate) struct Order {
    pub(crate) targets: Vec<Target>,
    pub(crate) tombstones: u32,
    pub(crate) buffer: Vec<u8>,
    pub(crate) is_start: bool,
    pub(crate) is_last: bool,
}

impl Making {
    /// How many envelopes it is.
    pub(crate) fn envelopes(&self, max_plaintext: usize) -> u32 {
        let Ok(order) = &self.order else { return 0 };
        let per_box = max_plaintext.saturating_sub(4).max(1);
        let boxes = |target: &Target| target.payload.len().div_ceil(per_box);
        let boxes: usize = order.targets.iter().map(boxes).sum();
        u32::try_from(boxes)
            .unwrap_or(u32::MAX)
            .saturating_add(order.tombstones)
    }

    /// Whether it should be made on another thread.
    pub(crate) fn is_long(&self, max_plaintext: usize) -> bool {
        self.envelopes(max_plaintext) > FEW
    }

    /// Makes them.
    pub(crate) fn make(&self, network: &mut Network, now: Duration) -> Made {
        let order = self.order.as_ref().map_err(|code| *code)?;
        let (start, last) = (order.is_start, order.is_last);
        let destinations: Vec<_> = order.targets.iter().map(Target::as_destination).collect();
        match (self.kind, destinations.first()) {
            (Kind::FromMultiPayload, Some(_)) => network.courier_envelopes_from_multi_payload(
                now,
                &destinations,
                &order.buffer,
                start,
                last,
            ),
            (Kind::FromTombstoneRange, Some(destination)) => network
                .courier_envelopes_from_tombstone_range(
                    now,
                    *destination,
                    order.tombstones,
                    &order.buffer,
                    start,
                    last,
                ),
            (_, Some(destination)) => {
                network.courier_envelopes_from_payload(now, *destination, start, last)
            }
            (_, None) => Err(INVALID_REQUEST),
        }
    }
}
