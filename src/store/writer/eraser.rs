//! Replaces the boxes of old messages with tombstones, one message after the other, and deletes the
//! messages from the database.

use std::sync::Arc;
use std::time::Duration;

use super::boxes::Fill;
use super::leftovers::Row;
use super::{boxes, ledger, Core, WriterState};
use crate::client::{Backoff, InOrder};
use crate::store::backing::{Backing, Durability};
use crate::sync::lock;
use crate::Result;

/// Boxes on their way at a time: few, as messages to be sent have no less hurry.
const WINDOW: usize = 2;
/// Pauses after failures of the disk.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Erases until it is dropped, or the client is closed.
pub(crate) async fn run(core: Arc<Core>) {
    let mut pauses = Backoff::new(SHORTEST_PAUSE, LONGEST_PAUSE);
    loop {
        match turn(&core).await {
            Ok(()) => pauses = Backoff::new(SHORTEST_PAUSE, LONGEST_PAUSE),
            Err(_) if core.inner.is_over() => return,
            Err(error) => {
                core.set_state(WriterState::Retrying(error));
                tokio::time::sleep(pauses.pause(Duration::ZERO)).await;
            }
        }
    }
}

/// Erases one message, or waits for one that is to be erased.
async fn turn(core: &Arc<Core>) -> Result<()> {
    let standing = || {
        let standing = lock(&core.standing);
        let end = standing.erasure.wanted.min(standing.progress.message);
        (standing.erasure.done < end).then_some(standing.erasure.done)
    };
    let number = core.inner.until(&core.advanced, standing).await?;
    let channel = core.channel;
    let find = move |backing: &mut dyn Backing| ledger::about_to_erase(backing, channel, number);
    for row in core.inner.disk.run(Durability::Now, find).await? {
        erase(core, &row).await?;
    }
    let forget = move |backing: &mut dyn Backing| ledger::erased(backing, channel, number);
    let erasure = core.inner.disk.run(Durability::Soon, forget).await?;
    core.saw_erasure(erasure);
    Ok(())
}

async fn erase(core: &Arc<Core>, row: &Row) -> Result<()> {
    let mut asked = InOrder::new();
    let mut index = row.first.clone();
    for _ in 0..row.boxes {
        asked.start(boxes::store(Arc::clone(core), index.clone(), Fill::Erasure));
        index = index.next();
        down_to(WINDOW - 1, &mut asked).await?;
    }
    down_to(0, &mut asked).await
}

/// Waits until no more than so many boxes are on their way.
async fn down_to(most: usize, asked: &mut InOrder<()>) -> Result<()> {
    while asked.running() > most {
        asked.wait().await?;
        while let Some(erased) = asked.take() {
            erased?;
        }
    }
    Ok(())
}
