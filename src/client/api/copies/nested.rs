//! Nested copies: a payload that reaches its destination through several couriers, each of which
//! sees only the stream that it executes.
//!
//! It is wrapped from the inside out. The innermost stream writes the destination; the stream of
//! each earlier courier writes the boxes of the next stream. The client writes only the outermost,
//! while it is made, and a courier gets its command once the previous one has written its stream.

use std::sync::Arc;

use crate::client::api::boxes;
use crate::client::api::boxes::resending::StartFlags;
use crate::client::handle::Client;

use super::builder::write::write_while_made;
use super::builder::CopyBuilder;
use super::envelopes;
use super::envelopes::{CopyDestination, CourierEnvelopes, Order, StreamEnds};
use super::streams::{check_payload, recut};
use crate::bacap::{keypair, BoxIndex, WriteCap};
use crate::client::call::Call;
use crate::client::runtime::query_ids::random_array;
use crate::client::shared::Shared;
use crate::client::stored::destination::Destination;
use crate::secret::secret_copy;
use crate::{Error, Result, Status};
use bytes::Bytes;

/// A stream that a courier executes.
struct Layer {
    write_cap: WriteCap,
    courier: Destination,
    /// Where its last box is, and what that holds; not for the outermost, which the
    /// client writes itself.
    last: Option<(BoxIndex, Bytes)>,
}

/// The whole of one stream.
pub(super) const WHOLE: StreamEnds = StreamEnds {
    is_start: true,
    is_last: true,
};

/// Everything but the outermost stream, which is written while it is made.
struct Wrapped {
    /// Outermost first.
    layers: Vec<Layer>,
    /// The outermost stream.
    order: Order<Bytes>,
    /// The box of the destination that follows, where it is known before that stream is made.
    next: Option<BoxIndex>,
}

async fn wrap(
    shared: &Arc<Shared>,
    first: Order<Bytes>,
    path: Vec<Destination>,
) -> Result<Wrapped> {
    let mut wrapped = Wrapped {
        layers: Vec::new(),
        order: first,
        next: None,
    };
    let mut path = path.into_iter().rev().peekable();
    while let Some(courier) = path.next() {
        let mut layer = Layer {
            write_cap: keypair(&random_array()?).write_cap,
            courier,
            last: None,
        };
        if path.peek().is_some() {
            let mut made = envelopes::run(wrapped.order, shared).await?;
            let elements = std::mem::take(&mut made.envelopes);
            // That of the innermost stream.
            wrapped.next = wrapped.next.or(Some(next_of(made)?));
            let (around, last) = wrap_once(shared, &layer.write_cap, elements)?;
            wrapped.order = around;
            layer.last = Some(last);
        }
        wrapped.layers.push(layer);
    }
    wrapped.layers.reverse();
    Ok(wrapped)
}

fn next_of(made: CourierEnvelopes) -> Result<BoxIndex> {
    let next = made.next_indices.into_iter().next();
    next.ok_or_else(|| Error::new(Status::CBOR, "the daemon named no next index"))
}

/// Makes the stream that writes `elements` to the boxes of `cap`. Also returns the last of these.
fn wrap_once(
    shared: &Arc<Shared>,
    cap: &WriteCap,
    elements: Vec<Bytes>,
) -> Result<(Order<Bytes>, (BoxIndex, Bytes))> {
    let chunk = shared.stream_sizes()?.chunk();
    // Each element has to fit what one box of a destination takes.
    let row = recut(&elements, chunk)?;
    drop(elements);
    let boxes = row.chunks(chunk);
    let count = boxes.len();
    let last = secret_copy(boxes.last().unwrap_or_default())?;
    let to = CopyDestination {
        write_cap: cap.clone(),
        start_index: cap.first_index(),
        payload: &row,
    };
    let order = Order::owned(shared, &[to], WHOLE, None)?;
    let at = cap.first_index().ahead(count.saturating_sub(1));
    Ok((order, (at, last)))
}

async fn send(
    shared: Arc<Shared>,
    first: Order<Bytes>,
    path: Vec<Destination>,
) -> Result<BoxIndex> {
    let wrapped = wrap(&shared, first, path).await?;
    let mut order = Some(wrapped.order);
    let mut next = wrapped.next;
    for (depth, layer) in wrapped.layers.into_iter().enumerate() {
        match (order.take(), &layer.last) {
            (Some(order), _) => {
                let stream = CopyBuilder::growing(layer.write_cap.clone(), layer.courier.clone());
                let made = write_while_made(&shared, &stream, order).await?;
                next = next.or(Some(next_of(made)?));
            }
            (None, Some((index, content))) => {
                await_arrival(&shared, &layer.write_cap, index, content).await?;
            }
            (None, None) => return Err(Error::new(Status::INTERNAL, "a layer without a stream")),
        }
        super::run(&shared, layer.write_cap, layer.courier)
            .await
            .map_err(|error| at_layer(&error, depth + 1))?;
    }
    next.ok_or_else(|| Error::new(Status::INTERNAL, "a path without couriers"))
}

/// Reads the last box of a stream that a courier wrote: the earlier ones exist too.
async fn await_arrival(
    shared: &Arc<Shared>,
    cap: &WriteCap,
    index: &BoxIndex,
    content: &Bytes,
) -> Result<()> {
    let (read_cap, index) = (cap.read_cap(), index.clone());
    let flags = StartFlags::default();
    let found = boxes::read_box(Arc::clone(shared), read_cap, index, flags).await?;
    if found.plaintext == *content {
        return Ok(());
    }
    Err(Error::new(
        Status::COPY_FAILED,
        "an intermediate stream does not hold what its courier was to write",
    ))
}

/// The same error, with the courier of the path at which it occurred.
fn at_layer(error: &Error, layer: usize) -> Error {
    let text = format!("courier {layer} of the path: {}", error.message());
    let mut failed = Error::new(error.status(), text).with_origin(error.origin());
    if let Some(code) = error.daemon_code() {
        failed = failed.with_daemon_code(code);
    }
    if let Some(code) = error.replica_code() {
        failed = failed.with_replica_code(code);
    }
    if let Some(position) = error.failed_envelope() {
        failed = failed.with_failed_envelope(position);
    }
    failed
}

impl Client {
    /// Sends a payload to a destination through a path of couriers, the outermost first. Returns
    /// the next box of the destination.
    ///
    /// Fails with `ARG_EMPTY` without payload or couriers, with `PAYLOAD_TOO_LARGE` also when a
    /// stream of an outer courier would be too long, with `SERVICE_NOT_FOUND` for a node that is no
    /// courier.
    pub fn send_nested_copy(
        &self,
        payload: &[u8],
        write_cap: &WriteCap,
        first_index: &BoxIndex,
        path: Vec<Destination>,
    ) -> Result<Call<BoxIndex>> {
        if payload.is_empty() || path.is_empty() {
            let what = if path.is_empty() { "path" } else { "payload" };
            return Err(Error::new(
                Status::ARG_EMPTY,
                format!("the {what} is empty"),
            ));
        }
        check_payload(payload)?;
        self.shared.check_open()?;
        self.shared.check_next_index()?;
        for courier in &path {
            self.shared.check_courier(courier)?;
        }
        let to = CopyDestination {
            write_cap: write_cap.clone(),
            start_index: first_index.clone(),
            payload,
        };
        let order = Order::owned(&self.shared, &[to], WHOLE, None)?;
        Ok(Call::task(&self.shared, move |shared| send(shared, order, path)).outbound())
    }
}
