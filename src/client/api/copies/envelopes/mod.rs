//! Courier envelopes: payloads and tombstones made into the elements of a copy stream.
//!
//! The daemon makes them. On one connection it makes one after the other and takes more than a
//! millisecond for each envelope, on some networks seconds, and a reply may exceed what a frame can
//! hold where its request did not; so long calls are split into pieces. What fits one piece is one
//! request. Where envelopes are expensive, the connections for encryptions make several pieces at
//! once; otherwise each piece is requested when the previous one has arrived.
//!
//! A caller that waits for the elements lends the payload: the calling thread encodes each piece
//! from the caller's memory, one at a time. Otherwise, and where several are made at once, the
//! payload is copied, once, and each part of the copy is freed as soon as it is made.

pub(crate) mod collected;
pub(crate) mod elements;
pub(crate) mod order;
pub(crate) mod pieces;
pub(crate) mod tombstone_order;

use std::sync::Arc;

pub use self::elements::{CopyDestination, CourierEnvelopes, StreamEnds};
pub(crate) use self::order::Order;
pub(crate) use self::pieces::Pieces;
pub(crate) use self::tombstone_order::TombstoneOrder;

use super::streams::check_payload;
use crate::bacap::{BoxIndex, WriteCap};
use crate::client::call::Call;
use crate::client::connection::is_to_be_made_again;
use crate::client::handle::Client;
use crate::client::runtime::in_order::InOrder;
use crate::client::runtime::timeout::Timeout;
use crate::client::shared::Shared;
use crate::Result;

/// Has the daemon make all of it.
pub(crate) async fn run(order: impl Pieces, shared: &Arc<Shared>) -> Result<CourierEnvelopes> {
    run_piece_by_piece(order, shared, |_| {}).await
}

/// The same; `came` is called after each piece and may take out what has arrived.
pub(crate) async fn run_piece_by_piece<P: Pieces>(
    mut order: P,
    shared: &Arc<Shared>,
    mut came: impl FnMut(&mut P),
) -> Result<CourierEnvelopes> {
    let mut asked = InOrder::new();
    loop {
        let at_once = order.at_once(shared);
        while asked.running() < at_once {
            let Some(call) = order.next(shared)? else {
                break;
            };
            if at_once == 1 {
                order.let_go(); // payload and result never both exist in full
            }
            let shared = Arc::clone(shared);
            asked.start(async move { call.run(&shared).await });
        }
        if !asked.wait().await? {
            return Ok(order.end());
        }
        while let Some(made) = asked.take() {
            if !order.take(made?)? {
                asked.clear();
            }
            came(&mut order);
        }
    }
}

fn task(shared: &Arc<Shared>, order: impl Pieces + 'static) -> Call<CourierEnvelopes> {
    Call::task(
        shared,
        move |shared| async move { run(order, &shared).await },
    )
}

impl Client {
    /// Makes elements of a copy stream that writes one payload. A call that is not the last leaves
    /// nothing over: it ends with an element that may be partly filled.
    ///
    /// Fails with `ARG_EMPTY` for a last call without payload, with `PAYLOAD_TOO_LARGE`, with
    /// `INVALID_CAPABILITY` if the index does not belong to the capability.
    pub fn create_courier_envelopes_from_payload(
        &self,
        to: &CopyDestination<'_>,
        ends: StreamEnds,
    ) -> Result<Call<CourierEnvelopes>> {
        check_payload(to.payload)?;
        let order = Order::owned(&self.shared, std::slice::from_ref(to), ends, None)?;
        Ok(task(&self.shared, order.flushing()))
    }

    /// The same, waiting for the elements: the payload is not copied, unless envelopes are so
    /// expensive that several pieces are made at once.
    pub fn courier_envelopes_from_payload(
        &self,
        to: &CopyDestination<'_>,
        ends: StreamEnds,
        timeout: Timeout,
    ) -> Result<CourierEnvelopes> {
        check_payload(to.payload)?;
        if pieces::at_once(&self.shared) > 1 {
            return self
                .create_courier_envelopes_from_payload(to, ends)?
                .block(timeout);
        }
        let order = Order::borrowed(&self.shared, std::slice::from_ref(to), ends, None)?;
        self.block_pieces(&mut order.flushing(), timeout)
    }

    /// Makes elements of a copy stream that writes several payloads. `buffer` is what the previous
    /// call left over; the last call leaves nothing.
    pub fn create_courier_envelopes_from_multi_payload(
        &self,
        destinations: &[CopyDestination<'_>],
        ends: StreamEnds,
        buffer: Option<&[u8]>,
    ) -> Result<Call<CourierEnvelopes>> {
        for to in destinations {
            check_payload(to.payload)?;
        }
        let order = Order::owned(&self.shared, destinations, ends, buffer)?;
        Ok(task(&self.shared, order))
    }

    /// The same, waiting for the elements: the payloads are not copied, unless envelopes are so
    /// expensive that several pieces are made at once.
    pub fn courier_envelopes_from_multi_payload(
        &self,
        destinations: &[CopyDestination<'_>],
        ends: StreamEnds,
        buffer: Option<&[u8]>,
        timeout: Timeout,
    ) -> Result<CourierEnvelopes> {
        for to in destinations {
            check_payload(to.payload)?;
        }
        if pieces::at_once(&self.shared) > 1 {
            let call = self.create_courier_envelopes_from_multi_payload(destinations, ends, buffer);
            return call?.block(timeout);
        }
        let mut order = Order::borrowed(&self.shared, destinations, ends, buffer)?;
        self.block_pieces(&mut order, timeout)
    }

    /// Makes elements of a copy stream that deletes `max_count` boxes.
    pub fn create_courier_envelopes_from_tombstone_range(
        &self,
        write_cap: &WriteCap,
        start: &BoxIndex,
        max_count: u32,
        ends: StreamEnds,
        buffer: Option<&[u8]>,
    ) -> Result<Call<CourierEnvelopes>> {
        let order = TombstoneOrder::new(&self.shared, write_cap, start, max_count, ends, buffer)?;
        Ok(task(&self.shared, order))
    }

    /// Has the daemon make all of it while the calling thread waits and encodes each request
    /// itself. A request is freed once it is written: after a loss it is made anew.
    fn block_pieces(&self, order: &mut dyn Pieces, timeout: Timeout) -> Result<CourierEnvelopes> {
        let deadline = self.shared.may_wait(timeout)?;
        let mut lost = None;
        while let Some(call) = order.next(&self.shared)? {
            let call = call.once(lost.take());
            let query = call.local_request.query;
            match self.shared.block_local(call, deadline) {
                Ok(made) => {
                    order.take(made)?;
                }
                Err(error) if is_to_be_made_again(&error) => {
                    order.again();
                    lost = Some(query);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(order.end())
    }
}
