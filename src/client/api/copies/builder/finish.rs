//! The end of a copy stream: everything is written, the courier executes it, and the boxes are
//! deleted.

use std::sync::Arc;

use bytes::Bytes;

use super::state::Phase;
use super::write::{write, AT_ONCE};
use super::{CopyBuilder, Turn};
use crate::client::api::boxes;
use crate::client::api::boxes::resending::StartFlags;
use crate::client::api::copies;
use crate::client::call::Call;
use crate::client::events::Event;
use crate::client::handle::Client;
use crate::client::runtime::tasks::Tasks;
use crate::client::shared::Shared;
use crate::client::stored::destination::Destination;
use crate::sync::lock;
use crate::{Error, Result, Status};

/// An operation on a builder, which another operation may take over as soon as this one completes.
fn working<T, F>(
    shared: &Arc<Shared>,
    turn: Turn,
    task: impl FnOnce(Arc<Shared>, Turn) -> F + Send + 'static,
) -> Call<T>
where
    T: Send + Sync + 'static,
    F: std::future::Future<Output = Result<T>> + Send + 'static,
{
    let (builder, number) = (Arc::clone(&turn.builder), turn.number);
    let stream = builder.turn_hash();
    Call::task(shared, move |shared| task(shared, turn))
        .under_hash(stream)
        .undone_by(Arc::new(move || builder.end_turn(number)))
        .outbound()
}

async fn finish(shared: Arc<Shared>, turn: Turn, courier: Option<Destination>) -> Result<u64> {
    let builder = &turn.builder;
    {
        let mut state = lock(&builder.state);
        state.seal()?;
        if state.phase == Phase::Copied {
            return Ok(state.written);
        }
    }
    write(&shared, builder).await?;
    let (write_cap, courier, boxes) = order(&shared, builder, courier)?;
    let node = courier.node;
    let ended = copies::run(&shared, write_cap, courier).await;
    let mut state = lock(&builder.state);
    match &ended {
        Ok(()) => state.phase = Phase::Copied,
        Err(error) if error.status() == Status::COPY_FAILED => state.failed.push(node),
        Err(_) => {}
    }
    ended.map(|()| boxes)
}

/// Chooses the courier that gets the command, before the command is sent for the first time.
fn order(
    shared: &Shared,
    builder: &CopyBuilder,
    courier: Option<Destination>,
) -> Result<(crate::bacap::WriteCap, Destination, u64)> {
    let (stream, pinned, failed) = {
        let state = lock(&builder.state);
        let stream = state.write_cap.hash();
        (stream, state.courier.clone(), state.failed.clone())
    };
    let courier = match courier {
        Some(courier) => courier,
        None if failed.contains(&pinned.node) || shared.check_courier(&pinned).is_err() => {
            shared.courier_for(&stream, &failed)?
        }
        None => pinned,
    };
    let (cap, boxes) = {
        let mut state = lock(&builder.state);
        state.courier = courier.clone();
        (state.write_cap.clone(), state.written)
    };
    builder.is_ordered(shared);
    Ok((cap, courier, boxes))
}

impl CopyBuilder {
    /// A courier is about to get the command: publishes that.
    pub(crate) fn is_ordered(&self, shared: &Shared) {
        let progress = {
            let mut state = lock(&self.state);
            state.phase = Phase::Ordered;
            state.progress_event()
        };
        shared.sinks.publish(&Event::CopyProgress(progress));
    }
}

async fn tombstone(shared: Arc<Shared>, turn: Turn) -> Result<()> {
    let (cap, count) = {
        let mut state = lock(&turn.builder.state);
        // Boxes behind the position may have been started.
        let ahead = state.waiting.len().min(AT_ONCE) as u64;
        state.phase = match state.progress().finished {
            true => Phase::Cleared,
            false => Phase::Tombstoned,
        };
        (state.write_cap.clone(), state.written + ahead)
    };
    let mut index = cap.first_index();
    let mut writes = Tasks::new();
    let mut started = 0;
    while started < count || !writes.is_empty() {
        while started < count && writes.len() < AT_ONCE {
            let next = index.next();
            let at = std::mem::replace(&mut index, next);
            let (shared, cap) = (Arc::clone(&shared), cap.clone());
            let flags = StartFlags::default();
            writes.start(boxes::write_box(shared, cap, at, Bytes::new(), flags));
            started += 1;
        }
        if let Some(ended) = writes.next().await {
            ended??;
        }
    }
    Ok(())
}

impl Client {
    /// Writes what can be written so far, as finishing would, so that it need not be kept.
    pub fn copy_builder_write(&self, builder: &Arc<CopyBuilder>) -> Result<Call<()>> {
        self.shared.check_open()?;
        self.shared.check_next_index()?;
        let turn = builder.start_turn()?;
        lock(&builder.state).check_alive()?;
        Ok(working(&self.shared, turn, |shared, turn| async move {
            write(&shared, &turn.builder).await
        }))
    }

    /// Adds the last element to the stream, writes what is not written, and has a courier execute
    /// it: the one named, or the one that was chosen at the start, or another if that has failed or
    /// is gone. Returns the number of boxes. After an interruption, call it again to continue.
    ///
    /// Fails with `ARG_EMPTY` if nothing was added, with `COPY_FAILED` as for copy commands, with
    /// `BUSY`.
    pub fn copy_builder_finish(
        &self,
        builder: &Arc<CopyBuilder>,
        courier: Option<Destination>,
    ) -> Result<Call<u64>> {
        self.shared.check_open()?;
        self.shared.check_next_index()?;
        if let Some(courier) = &courier {
            self.shared.check_courier(courier)?;
        }
        let turn = builder.start_turn()?;
        {
            let state = lock(&builder.state);
            state.check_alive()?;
            if !state.is_started() && state.tail.is_empty() {
                return Err(Error::new(
                    Status::ARG_EMPTY,
                    "nothing was added to this copy stream",
                ));
            }
        }
        Ok(working(&self.shared, turn, |shared, turn| {
            finish(shared, turn, courier)
        }))
    }

    /// Writes tombstones over the temporary stream, which otherwise stays readable for whoever has
    /// its capability. The builder cannot be used for anything else afterwards.
    pub fn copy_builder_tombstone(&self, builder: &Arc<CopyBuilder>) -> Result<Call<()>> {
        self.shared.check_open()?;
        self.shared.check_next_index()?;
        let turn = builder.start_turn()?;
        Ok(working(&self.shared, turn, tombstone))
    }
}
