//! One box, until it is on the mixnet.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Core, WriterState};
use crate::bacap::BoxIndex;
use crate::client::{
    read_once, write_and_compare, Backoff, Doubt, StartFlags, Written, POLL_EVERY, READ_BACK,
};
use crate::{Error, Result, Status};

/// Pauses between attempts that failed.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// What becomes of a box.
#[derive(Clone)]
pub(crate) enum Fill {
    /// It holds this, and held nothing before.
    Content(Bytes),
    /// It is a tombstone, and held nothing before.
    Tombstone,
    /// It is a tombstone, whatever it held.
    Erasure,
}

/// Writes a box; repeats that until it is on the mixnet.
///
/// Fails with `BOX_ALREADY_EXISTS` where the box holds something else, with `PAYLOAD_TOO_LARGE` where the
/// network's boxes are too small for it, with `CLOSED` with the client.
pub(crate) async fn store(core: Arc<Core>, index: BoxIndex, fill: Fill) -> Result<()> {
    let mut pauses = Backoff::new(SHORTEST_PAUSE, LONGEST_PAUSE);
    loop {
        let attempt = tokio::select! {
            biased; // a change is waited for before the size is looked at
            () = core.inner.boxes_change() => continue,
            ended = attempt(&core, &index, &fill) => ended,
        };
        let error = match attempt {
            Ok(()) => return Ok(()),
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Passing(error)) => error,
        };
        core.set_state(WriterState::Retrying(error));
        tokio::time::sleep(pauses.pause(Duration::ZERO)).await;
    }
}

enum Failure {
    Final(Error),
    Passing(Error),
}

async fn attempt(core: &Core, index: &BoxIndex, fill: &Fill) -> std::result::Result<(), Failure> {
    let content = match fill {
        Fill::Content(content) => {
            check_size(core, content.len()).map_err(Failure::Final)?;
            content.clone()
        }
        Fill::Tombstone => {
            check_free(core, index).await?;
            Bytes::new()
        }
        Fill::Erasure => Bytes::new(),
    };
    let shared = &core.inner.shared;
    let flags = StartFlags {
        return_box_exists: true,
        ..StartFlags::default()
    };
    let written = write_and_compare(shared, &core.cap, index, &content, flags, Doubt::Always).await;
    match written {
        Ok(Written::Stored(_)) => Ok(()),
        Ok(Written::Taken(error)) => Err(Failure::Final(error)),
        Ok(Written::Unclear(error)) => Err(Failure::Passing(error)),
        Err(error) => Err(failed(core, error)),
    }
}

/// The network's boxes may have become smaller since this one was filled.
fn check_size(core: &Core, length: usize) -> Result<()> {
    match core.inner.capacity() {
        Some(capacity) if length > capacity => Err(Error::new(
            Status::PAYLOAD_TOO_LARGE,
            format!("{length} bytes, and the network's boxes hold {capacity} now"),
        )),
        _ => Ok(()),
    }
}

/// A tombstone takes the place of anything, so whether there is something is looked at before. Who
/// writes between that and the tombstone loses.
async fn check_free(core: &Core, index: &BoxIndex) -> std::result::Result<(), Failure> {
    match look(core, index, &Fill::Tombstone).await {
        Ok(Seen::Nothing | Seen::Own) => Ok(()),
        Ok(Seen::Other | Seen::Tombstone) => Err(Failure::Final(Error::new(
            Status::BOX_ALREADY_EXISTS,
            "the box that was to be a tombstone holds something",
        ))),
        Err(error) => Err(failed(core, error)),
    }
}

/// What is in a box.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Nothing,
    /// What is to be there.
    Own,
    /// A tombstone, where something else is to be there.
    Tombstone,
    Other,
}

/// Looks several times whether there is something in a box: the replica that is asked may have it
/// later.
pub(crate) async fn look(core: &Core, index: &BoxIndex, fill: &Fill) -> Result<Seen> {
    let cap = core.cap.read_cap();
    let mut looks = 0;
    loop {
        let read = tokio::select! {
            biased;
            () = core.inner.boxes_change() => continue,
            read = read_once(&core.inner.shared, &cap, index) => read,
        };
        looks += 1;
        let seen = match read {
            Ok(found) => matches!(fill, Fill::Content(content) if *content == found.plaintext),
            Err(error) => match error.status() {
                Status::TOMBSTONE if matches!(fill, Fill::Content(_)) => {
                    return Ok(Seen::Tombstone);
                }
                Status::TOMBSTONE => true,
                Status::BACAP_DECRYPTION_FAILED => false,
                Status::BOX_ID_NOT_FOUND if looks < READ_BACK => {
                    tokio::time::sleep(POLL_EVERY).await;
                    continue;
                }
                Status::BOX_ID_NOT_FOUND => return Ok(Seen::Nothing),
                _ => return Err(error),
            },
        };
        return Ok(if seen { Seen::Own } else { Seen::Other });
    }
}

fn failed(core: &Core, error: Error) -> Failure {
    if core.inner.is_over() {
        return Failure::Final(error);
    }
    Failure::Passing(error)
}
