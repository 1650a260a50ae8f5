//! Writes the temporary stream, box by box and several at a time.
//!
//! After a restore it is not known which boxes the previous process has written, or with what: if
//! it was given something that was not saved, boxes hold elements that nobody has any more, and a
//! box cannot be written twice. So until enough boxes in a row were found empty, each is written in
//! the way that reports an existing box, and read then. If it holds anything else, the stream moves
//! to other boxes.

use std::sync::Arc;

use bytes::Bytes;

use super::CopyBuilder;
use crate::bacap::{keypair, BoxIndex, WriteCap};
use crate::client::api::boxes;
use crate::client::api::boxes::resending::{StartFlags, POLL_EVERY};
use crate::client::api::copies::envelopes::{self, CourierEnvelopes, Pieces};
use crate::client::connection::{writes_ahead, LaneKind};
use crate::client::events::Event;
use crate::client::runtime::in_order::{ByNumber, InOrder};
use crate::client::runtime::query_ids::random_array;
use crate::client::runtime::tasks::Tasks;
use crate::client::shared::Shared;
use crate::sync::lock;
use crate::{Result, Status};

/// Boxes in flight at once, at most. A saved state may be this many boxes behind what was started
/// with the same elements.
pub(crate) const AT_ONCE: usize = 8;
/// How often a box is read that should exist.
const READ_BACK: usize = 5;

/// The outcome of one box.
enum Fate {
    /// It is written.
    Written,
    /// It existed and holds the same.
    Found,
    /// It existed and holds something else.
    Foreign,
}

type Outcomes = Tasks<(u64, Result<Fate>)>;

/// Writes everything that may be written.
pub(super) async fn write(shared: &Arc<Shared>, builder: &Arc<CopyBuilder>) -> Result<()> {
    while !pass(shared, builder).await? {
        move_away(shared, builder).await?;
    }
    Ok(())
}

/// Has a stream made and writes it meanwhile, each element as soon as it arrives.
pub(crate) async fn write_while_made(
    shared: &Arc<Shared>,
    builder: &Arc<CopyBuilder>,
    order: impl Pieces,
) -> Result<CourierEnvelopes> {
    let making = async {
        let take_over = |order: &mut _| builder.grow(Pieces::take_out(order));
        let mut made = envelopes::run_piece_by_piece(order, shared, take_over).await?;
        builder.grow(std::mem::take(&mut made.envelopes));
        builder.end_growing();
        Ok(made)
    };
    let (made, ()) = tokio::try_join!(making, write(shared, builder))?;
    Ok(made)
}

/// Writes until all is written; returns false if a box belongs to something else.
async fn pass(shared: &Arc<Shared>, builder: &Arc<CopyBuilder>) -> Result<bool> {
    let mut started = Front::at(builder);
    let mut outcomes = Outcomes::new();
    let mut ended = ByNumber::from(started.number);
    loop {
        started.start_more(shared, builder, &mut outcomes);
        if outcomes.is_empty() && !lock(&builder.state).growing {
            return Ok(true);
        }
        let (number, outcome) = tokio::select! {
            biased;
            Some(ended) = outcomes.next() => ended?,
            () = builder.grown.notified() => continue,
        };
        match outcome? {
            Fate::Foreign => return Ok(false),
            Fate::Written => ended.put(number, true),
            Fate::Found => ended.put(number, false),
        }
        started.settle(shared, builder, &mut ended);
    }
}

/// The front of the writes: which box is started next.
struct Front {
    write_cap: WriteCap,
    number: u64,
    index: BoxIndex,
    unsure: bool,
    /// Boxes in a row that did not exist before.
    fresh: usize,
}

impl Front {
    fn at(builder: &CopyBuilder) -> Self {
        let state = lock(&builder.state);
        Front {
            write_cap: state.write_cap.clone(),
            number: state.written,
            index: state.position.clone(),
            unsure: state.unsure,
            fresh: 0,
        }
    }

    fn start_more(&mut self, shared: &Arc<Shared>, builder: &CopyBuilder, outcomes: &mut Outcomes) {
        let lane = shared.lane(LaneKind::Write);
        // What is prepared while others are in flight.
        let slots = lane.lock().resends.window.slots();
        let at_once = (slots + writes_ahead()).clamp(1, AT_ONCE);
        while outcomes.len() < at_once {
            let Some(element) = lock(&builder.state).element(self.number) else {
                return;
            };
            let next = self.index.next();
            let index = std::mem::replace(&mut self.index, next);
            let (shared, cap) = (Arc::clone(shared), self.write_cap.clone());
            let (number, unsure) = (self.number, self.unsure);
            outcomes.start(async move {
                let outcome = write_one(&shared, cap, index, element, unsure).await;
                (number, outcome)
            });
            self.number += 1;
        }
    }

    /// Counts the boxes written without a gap, and publishes the progress.
    fn settle(&mut self, shared: &Shared, builder: &CopyBuilder, ended: &mut ByNumber<bool>) {
        let mut state = lock(&builder.state);
        let before = state.written;
        while let Some(was_fresh) = ended.take() {
            state.advance();
            self.fresh = if was_fresh { self.fresh + 1 } else { 0 };
        }
        if self.unsure && self.fresh >= AT_ONCE {
            self.unsure = false;
            state.unsure = false;
        }
        let progress = (state.written > before).then(|| state.progress_event());
        drop(state);
        if let Some(progress) = progress {
            shared.sinks.publish(&Event::CopyProgress(progress));
        }
    }
}

async fn write_one(
    shared: &Arc<Shared>,
    cap: WriteCap,
    index: BoxIndex,
    element: Bytes,
    unsure: bool,
) -> Result<Fate> {
    let flags = StartFlags {
        return_box_exists: unsure,
        ..StartFlags::default()
    };
    let (box_cap, box_index) = (cap.clone(), index.clone());
    let content = element.clone();
    match boxes::write_box(Arc::clone(shared), box_cap, box_index, content, flags).await {
        Ok(_) => Ok(Fate::Written),
        Err(error) if unsure && error.status() == Status::BOX_ALREADY_EXISTS => {
            compare(shared, &cap, &index, &element).await
        }
        Err(error) => Err(error),
    }
}

/// Reads a box that existed already.
async fn compare(
    shared: &Arc<Shared>,
    cap: &WriteCap,
    index: &BoxIndex,
    element: &Bytes,
) -> Result<Fate> {
    let read_cap = cap.read_cap();
    let mut attempt = 1;
    loop {
        match boxes::read_once(shared, &read_cap, index).await {
            Ok(found) if found.plaintext == *element => return Ok(Fate::Found),
            Ok(_) => return Ok(Fate::Foreign),
            // The replica that was asked may have it later.
            Err(error) if error.status() == Status::BOX_ID_NOT_FOUND && attempt < READ_BACK => {
                attempt += 1;
                tokio::time::sleep(POLL_EVERY).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Takes the written elements out of boxes that cannot be used any further, to write them to
/// others.
async fn move_away(shared: &Arc<Shared>, builder: &CopyBuilder) -> Result<()> {
    let (cap, count) = {
        let state = lock(&builder.state);
        (state.write_cap.clone(), state.written)
    };
    let before = read_all(shared, &cap, count).await?;
    let fresh = keypair(&random_array()?).write_cap;
    lock(&builder.state).move_to(fresh, before);
    Ok(())
}

/// The first `count` boxes of a stream, several at a time.
async fn read_all(shared: &Arc<Shared>, cap: &WriteCap, count: u64) -> Result<Vec<Bytes>> {
    let read_cap = cap.read_cap();
    let mut index = cap.first_index();
    let mut found = Vec::new();
    let mut reads = InOrder::new();
    let mut started = 0;
    loop {
        while started < count && reads.running() < AT_ONCE {
            let (shared, cap, at) = (Arc::clone(shared), read_cap.clone(), index.clone());
            reads.start(boxes::read_box(shared, cap, at, StartFlags::default()));
            index = index.next();
            started += 1;
        }
        if !reads.wait().await? {
            return Ok(found);
        }
        while let Some(read) = reads.take() {
            found.push(read?.plaintext);
        }
    }
}
