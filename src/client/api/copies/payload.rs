//! One payload by a copy stream of its own, for callers that keep what they have begun: first the
//! stream is written, then a courier gets the command.

use std::sync::Arc;

use super::builder::write::write_while_made;
use super::builder::CopyBuilder;
use super::envelopes::{CopyDestination, Order};
use super::nested::WHOLE;
use crate::bacap::{keypair, BoxIndex, WriteCap};
use crate::client::runtime::query_ids::random_array;
use crate::client::shared::Shared;
use crate::client::stored::destination::Destination;
use crate::{Error, Result, Status};
use bytes::Bytes;

/// A payload whose copy stream is not written yet.
pub(crate) struct PayloadStream {
    /// What is written of the stream.
    pub(crate) builder: Arc<CopyBuilder>,
    /// Boxes that the stream will have.
    pub(crate) needed: u64,
    order: Order<Bytes>,
    /// The box behind the payload's last.
    behind: BoxIndex,
}

impl PayloadStream {
    /// Chooses a temporary stream and its courier.
    pub(crate) fn new(shared: &Shared, to: &CopyDestination<'_>) -> Result<Self> {
        let sizes = shared.stream_sizes()?;
        let write_cap = keypair(&random_array()?).write_cap;
        let courier = shared.courier_for(&write_cap.hash(), &[])?;
        let boxes = sizes.boxes_of(to.payload.len());
        Ok(PayloadStream {
            builder: CopyBuilder::growing(write_cap, courier),
            needed: sizes.boxes_of_stream(to.payload.len() as u64),
            order: Order::owned(shared, std::slice::from_ref(to), WHOLE, None)?,
            behind: to.start_index.ahead(boxes),
        })
    }

    /// Writes the stream; returns what a courier is to be told.
    pub(crate) async fn write(self, shared: &Arc<Shared>) -> Result<(WriteCap, Destination)> {
        let made = write_while_made(shared, &self.builder, self.order).await?;
        if made.next_indices.first() != Some(&self.behind) {
            return Err(Error::new(
                Status::INCOMPATIBLE_DAEMON,
                "the daemon cuts payloads of copy streams in another way",
            ));
        }
        self.builder.is_ordered(shared);
        Ok((self.builder.temp_write_cap(), self.builder.courier()))
    }
}
