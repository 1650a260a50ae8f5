//! Has a courier write a large message: all its boxes are on the mixnet at once, or none.
//!
//! What the boxes hold is fixed before, so writing them one by one at any time does no harm. That is
//! what happens wherever it is not certain that a courier has written all: where it fails, where it
//! does not answer, where a box holds something. What is on the disk says which of the two comes next
//! after a crash: while a stream is being written, another one; when it is written, its command once more,
//! which a courier that has executed it only confirms.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::copies::{self, Copy, Order};
use super::{Core, WriterState};
use crate::bacap::BoxIndex;
use crate::client::{read_once, run_copy, CopyBuilder, CopyDestination, PayloadStream};
use crate::secret::WipingVec;
use crate::store::backing::{Backing, Durability};
use crate::store::framing::Split;
use crate::store::records::Progress;
use crate::sync::lock;
use crate::{Error, Result, Status};

/// How long a courier may take,
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// and for each box beside that.
const PER_BOX: Duration = Duration::from_secs(1);
/// How often it is looked whether the network still has the courier.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// A message that goes by copy stream.
pub(super) struct Large<'a> {
    pub(super) number: u64,
    pub(super) payload: &'a [u8],
    pub(super) split: &'a Split,
    pub(super) first: &'a BoxIndex,
}

/// How far a copy is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CopyState {
    /// Boxes of its temporary stream that are written.
    pub written: u64,
    /// Boxes that the stream has.
    pub needed: u64,
}

/// The stream that is being written.
pub(super) struct Stream {
    builder: Arc<CopyBuilder>,
    needed: u64,
}

impl Stream {
    pub(super) fn state(&self) -> CopyState {
        CopyState {
            written: self.builder.progress().written,
            needed: self.needed,
        }
    }
}

/// Shows the stream to those who ask for it, until it is dropped.
struct Shown<'a>(&'a Core);

impl<'a> Shown<'a> {
    fn new(core: &'a Core, stream: &PayloadStream) -> Self {
        *lock(&core.stream) = Some(Stream {
            builder: Arc::clone(&stream.builder),
            needed: stream.needed,
        });
        Shown(core)
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        *lock(&self.0.stream) = None;
    }
}

/// Has a message copied, and keeps that it is stored. Returns false where its boxes are to be written
/// one by one.
pub(super) async fn copy(core: &Core, message: &Large<'_>) -> Result<bool> {
    let (channel, number) = (core.channel, message.number);
    let load = move |backing: &mut dyn Backing| copies::load(backing, channel, number);
    let mut copy = core.inner.disk.run(Durability::Soon, load).await?;
    let attempt = tokio::select! {
        biased; // a change is waited for before the stream is made
        () = core.inner.boxes_change() => Err(Error::new(
            Status::BAD_GEOMETRY,
            "the network's boxes have another size than those of the copy stream",
        )),
        ended = attempt(core, message, &mut copy) => ended,
    };
    let error = match attempt {
        Ok(true) => {
            stored(core, number).await?;
            return Ok(true);
        }
        Ok(false) => None,
        Err(error) if core.inner.is_over() => return Err(error),
        Err(error) => Some(error),
    };
    copy.give_up();
    keep(core, &copy, Durability::Soon).await?;
    if let Some(error) = error {
        core.set_state(WriterState::Retrying(error));
    }
    Ok(false)
}

async fn attempt(core: &Core, message: &Large<'_>, copy: &mut Copy) -> Result<bool> {
    if let Some(order) = &copy.ordered {
        command(core, order, message.split.boxes(), None).await?;
        return Ok(true);
    }
    // A box that holds something is ours, of a courier that had the command before a loss of power, or
    // somebody else's. That is found out where each box is looked at.
    if copy.is_given_up() || !is_free(core, message).await? {
        return Ok(false);
    }
    copy.begin();
    keep(core, copy, Durability::Soon).await?;
    let stream = stream_of(core, message)?;
    let shown = Shown::new(core, &stream);
    let (stream, courier) = stream.write(&core.inner.shared).await?;
    let order = Order { stream, courier };
    copy.order(order.clone());
    keep(core, copy, Durability::Now).await?;
    command(core, &order, message.split.boxes(), Some(shown)).await?;
    Ok(true)
}

async fn keep(core: &Core, copy: &Copy, durability: Durability) -> Result<()> {
    let (channel, copy) = (core.channel, copy.clone());
    let keep = move |backing: &mut dyn Backing| copies::save(backing, channel, &copy);
    core.inner.disk.run(durability, keep).await
}

/// A loss of power must not undo that a message is copied: all its boxes would be written again.
async fn stored(core: &Core, number: u64) -> Result<()> {
    let channel = core.channel;
    let progress = Progress {
        message: number + 1,
        boxes: 0,
    };
    let end = move |backing: &mut dyn Backing| copies::end(backing, channel, progress);
    core.inner.disk.run(Durability::Now, end).await?;
    core.advance(progress);
    Ok(())
}

/// One look suffices: where it finds nothing though there is something, the courier does.
async fn is_free(core: &Core, message: &Large<'_>) -> Result<bool> {
    let cap = core.cap.read_cap();
    match read_once(&core.inner.shared, &cap, message.first).await {
        Err(error) if error.status() == Status::BOX_ID_NOT_FOUND => Ok(true),
        Err(error) if core.inner.is_over() || error.status() == Status::OFFLINE => Err(error),
        _ => Ok(false),
    }
}

/// The stream that writes the boxes of a message: all but the last are full, so that the daemon, which
/// fills boxes too, cuts the contents where they are joined.
fn stream_of(core: &Core, message: &Large<'_>) -> Result<PayloadStream> {
    let heads = message.split.overhead();
    let mut row = Vec::new();
    row.try_reserve_exact(message.payload.len().saturating_add(heads))
        .map_err(|_| Error::new(Status::NO_MEMORY, "no memory for a copy stream"))?;
    let mut row = WipingVec::new(row);
    for part in 0..message.split.boxes() {
        let content = message.split.encode(message.payload, part)?;
        row.as_mut_vec().extend_from_slice(&content);
    }
    let to = CopyDestination {
        write_cap: core.cap.clone(),
        start_index: message.first.clone(),
        payload: &row,
    };
    PayloadStream::new(&core.inner.shared, &to)
}

/// Waits for the courier; the stream is shown until then.
async fn command(core: &Core, order: &Order, boxes: u32, _shown: Option<Shown<'_>>) -> Result<()> {
    let shared = &core.inner.shared;
    let is_there = || match shared.check_courier(&order.courier) {
        Err(error) if error.status() == Status::SERVICE_NOT_FOUND => Err(error),
        _ => Ok(()),
    };
    is_there()?;
    let copied = run_copy(shared, order.stream.clone(), order.courier.clone());
    patiently(copied, PATIENCE + PER_BOX * boxes, LOOK_AGAIN, is_there).await
}

/// Waits for a courier's answer, as long as it may come.
async fn patiently(
    answer: impl Future<Output = Result<()>>,
    patience: Duration,
    look_again: Duration,
    is_there: impl Fn() -> Result<()>,
) -> Result<()> {
    tokio::pin!(answer);
    let until = tokio::time::Instant::now() + patience;
    loop {
        tokio::select! {
            biased;
            answer = &mut answer => return answer,
            () = tokio::time::sleep_until(until) => {
                return Err(Error::new(
                    Status::TIMEOUT,
                    "the courier has not said that it has written the boxes",
                ));
            }
            () = tokio::time::sleep(look_again) => is_there()?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(1);

    fn wait(answer: impl Future<Output = Result<()>>, is_there: bool) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let look = || match is_there {
            true => Ok(()),
            false => Err(Error::new(Status::SERVICE_NOT_FOUND, "gone")),
        };
        let patience = if is_there { SHORT } else { PATIENCE };
        runtime.block_on(patiently(answer, patience, SHORT, look))
    }

    #[test]
    fn a_courier_that_never_answers_or_is_gone_is_not_waited_for() {
        let silent = wait(std::future::pending(), true).unwrap_err();
        assert_eq!(silent.status(), Status::TIMEOUT);
        let gone = wait(std::future::pending(), false).unwrap_err();
        assert_eq!(gone.status(), Status::SERVICE_NOT_FOUND);
    }

    #[test]
    fn what_a_courier_answers_is_the_answer() {
        wait(std::future::ready(Ok(())), true).unwrap();
        let failed = std::future::ready(Err(Error::new(Status::COPY_FAILED, "no")));
        let failed = wait(failed, true).unwrap_err();
        assert_eq!(failed.status(), Status::COPY_FAILED);
    }
}
