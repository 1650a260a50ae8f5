//! Additions to a copy stream: all or nothing, and without traffic.

use std::future::Future;
use std::sync::Arc;

use super::{CopyBuilder, Turn};
use crate::bacap::{BoxIndex, WriteCap};
use crate::client::api::copies::envelopes;
use crate::client::api::copies::envelopes::{
    CopyDestination, CourierEnvelopes, Order, StreamEnds, TombstoneOrder,
};
use crate::client::api::copies::streams::{check_payload, MAX_STREAM_BOXES};
use crate::client::call::Call;
use crate::client::events::completion::Value;
use crate::client::handle::Client;
use crate::client::shared::Shared;
use crate::sync::lock;
use crate::{Error, Result, Status};

/// What an addition did to its builder; stored before its completion is reported.
type Done = Arc<std::sync::Mutex<Option<BoxIndex>>>;

impl CopyBuilder {
    /// Stores the elements, unless the operation was completed meanwhile.
    fn commit(
        &self,
        turn: &Turn,
        made: CourierEnvelopes,
        envelopes: u64,
        done: &Done,
    ) -> Result<BoxIndex> {
        let next = made.next_indices.first().cloned();
        let next =
            next.ok_or_else(|| Error::new(Status::CBOR, "the daemon named no next index"))?;
        let mut state = lock(&self.state);
        if state.turn != Some(turn.number) {
            return Err(Error::new(Status::CANCELLED, "the operation was ended"));
        }
        state.append(made, envelopes)?;
        *lock(done) = Some(next.clone());
        Ok(next)
    }

    /// The result of an addition that is completed from outside: its result if it is done;
    /// otherwise it will never be.
    fn give_up(&self, number: u64, done: &Done) -> Option<Value> {
        let mut state = lock(&self.state);
        state.end_turn(number);
        let next = lock(done).take()?;
        Some(Box::new(next))
    }

    /// Refuses what the stream has no room for. Returns whether the first element has yet to come,
    /// and what is left over from before.
    fn check_room(&self, envelopes: usize) -> Result<(bool, bytes::Bytes)> {
        let state = lock(&self.state);
        state.check_open()?;
        if state.envelopes.saturating_add(envelopes as u64) > MAX_STREAM_BOXES as u64 {
            return Err(Error::new(
                Status::PAYLOAD_TOO_LARGE,
                format!("a copy stream has at most {MAX_STREAM_BOXES} envelopes"),
            ));
        }
        Ok((!state.is_started(), state.tail.clone()))
    }
}

/// The operation of an addition. `make` has the daemon make its elements.
fn adding<F>(
    shared: &Arc<Shared>,
    turn: Turn,
    envelopes: usize,
    make: impl FnOnce(Arc<Shared>) -> F + Send + 'static,
) -> Call<BoxIndex>
where
    F: Future<Output = Result<CourierEnvelopes>> + Send + 'static,
{
    let done = Done::default();
    let (builder, number) = (Arc::clone(&turn.builder), turn.number);
    let (stream, common) = (builder.turn_hash(), Arc::clone(&done));
    let task = move |shared| async move {
        let made = make(shared).await?;
        turn.builder.commit(&turn, made, envelopes as u64, &common)
    };
    Call::task(shared, task)
        .under_hash(stream)
        .or_in_part(Arc::new(move |_| builder.give_up(number, &done)))
}

impl Client {
    /// Adds a payload for a destination to a copy stream. Returns the next box of the destination.
    /// An operation that fails has added nothing.
    ///
    /// Fails with `ARG_EMPTY`, `PAYLOAD_TOO_LARGE`, `INVALID_CAPABILITY`, `BUSY`; with `ARG_VALUE`
    /// once the stream has its end.
    pub fn copy_builder_add(
        &self,
        builder: &Arc<CopyBuilder>,
        write_cap: &WriteCap,
        start_index: &BoxIndex,
        payload: &[u8],
    ) -> Result<Call<BoxIndex>> {
        if payload.is_empty() {
            return Err(Error::new(Status::ARG_EMPTY, "the payload is empty"));
        }
        check_payload(payload)?;
        let turn = builder.start_turn()?;
        self.shared.check_envelopes()?;
        let envelopes = self.shared.stream_sizes()?.boxes_of(payload.len());
        let (is_start, tail) = builder.check_room(envelopes)?;
        let to = CopyDestination {
            write_cap: write_cap.clone(),
            start_index: start_index.clone(),
            payload,
        };
        let ends = StreamEnds {
            is_start,
            is_last: false,
        };
        let order = Order::owned(&self.shared, &[to], ends, left_over(&tail))?;
        let make = move |shared| async move { envelopes::run(order, &shared).await };
        Ok(adding(&self.shared, turn, envelopes, make))
    }

    /// Adds the deletion of `max_count` boxes to a copy stream. Returns the next box.
    pub fn copy_builder_add_tombstones(
        &self,
        builder: &Arc<CopyBuilder>,
        write_cap: &WriteCap,
        start_index: &BoxIndex,
        max_count: u32,
    ) -> Result<Call<BoxIndex>> {
        let turn = builder.start_turn()?;
        let envelopes = usize::try_from(max_count).unwrap_or(usize::MAX);
        let (is_start, tail) = builder.check_room(envelopes)?;
        let ends = StreamEnds {
            is_start,
            is_last: false,
        };
        let shared = &self.shared;
        let tail = left_over(&tail);
        let order = TombstoneOrder::new(shared, write_cap, start_index, max_count, ends, tail)?;
        let make = move |shared| async move { envelopes::run(order, &shared).await };
        Ok(adding(&self.shared, turn, envelopes, make))
    }
}

fn left_over(tail: &[u8]) -> Option<&[u8]> {
    (!tail.is_empty()).then_some(tail)
}
