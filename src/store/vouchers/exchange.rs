//! The steps of a voucher on the mixnet: boxes 0 and 1 of its stream.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::client::{
    await_box, write_and_compare, Backoff, Doubt, Pace, Shared, StartFlags, Written, WITHOUT_END,
};
use crate::{Error, Result, Status};

/// Pauses while it cannot be said who has written a box.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Writes a box of a voucher's stream. That it holds this already is success: an earlier call wrote it.
///
/// Fails with `BOX_ALREADY_EXISTS` where it holds something else, which stays.
pub(crate) async fn fill(
    shared: &Arc<Shared>,
    cap: &WriteCap,
    index: &BoxIndex,
    content: &Bytes,
) -> Result<()> {
    let flags = StartFlags {
        return_box_exists: true,
        ..StartFlags::default()
    };
    let mut pauses = Backoff::new(SHORTEST_PAUSE, LONGEST_PAUSE);
    loop {
        let written = write_and_compare(shared, cap, index, content, flags, Doubt::Always);
        match written.await? {
            Written::Stored(_) => return Ok(()),
            Written::Taken(_) => return Err(taken()),
            Written::Unclear(_) => tokio::time::sleep(pauses.pause(Duration::ZERO)).await,
        }
    }
}

/// Replaces what a box of a voucher's stream holds with a tombstone.
pub(crate) async fn erase(shared: &Arc<Shared>, cap: &WriteCap, index: &BoxIndex) -> Result<()> {
    fill(shared, cap, index, &Bytes::new()).await
}

/// Waits for a box of a voucher's stream, less and less often.
pub(crate) async fn await_content(
    shared: &Arc<Shared>,
    cap: &ReadCap,
    index: &BoxIndex,
) -> Result<Bytes> {
    let pace = Pace::calming();
    Ok(await_box(shared, cap, index, &pace, WITHOUT_END)
        .await?
        .plaintext)
}

fn taken() -> Error {
    Error::new(
        Status::BOX_ALREADY_EXISTS,
        "the box holds something else: somebody else has used this voucher",
    )
}
