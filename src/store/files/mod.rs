//! Files on channels: a file is some messages of a kind of its own. What is sent stays in the file until
//! the channel has room for more; what is received grows in a file of its own.

pub(super) mod hash;
pub(super) mod message;
pub(super) mod name;
mod receive;
mod records;
mod send;
mod source;
mod target;
mod thread;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::backing::{Backing, Durability};
use super::disk::closed;
use super::keys::{single, Kind};
use super::Inner;
use crate::{Error, Result, Status};

pub(crate) use self::message::FileHead;
pub(crate) use self::receive::Receiving;
pub(crate) use self::records::{Inbound, Outbound};

/// The file that a writer sends.
pub(crate) fn outbound(backing: &mut dyn Backing, channel: u64) -> Result<Option<Outbound>> {
    let record = backing.get(&single(channel, Kind::File))?;
    record.map(|record| Outbound::decode(&record)).transpose()
}

/// The file that a reader receives.
pub(crate) fn inbound(backing: &mut dyn Backing, channel: u64) -> Result<Option<Inbound>> {
    let record = backing.get(&single(channel, Kind::File))?;
    record.map(|record| Inbound::decode(&record)).transpose()
}

/// Changes the database, and then, with `then`, what is known of it: also when the call that wants this is
/// cancelled in between.
async fn change<T: Send + 'static>(
    inner: &Arc<Inner>,
    work: impl FnOnce(&mut dyn Backing) -> Result<T> + Clone + Send + 'static,
    then: impl FnOnce(&T) + Send + 'static,
) -> Result<T> {
    let changed = inner.disk.run(Durability::Now, work);
    let (sender, receiver) = oneshot::channel();
    inner.spawn(async move {
        let changed = changed.await;
        if let Ok(made) = &changed {
            then(made);
        }
        let _ = sender.send(changed);
    });
    receiver.await.unwrap_or_else(|_| Err(closed()))
}

/// Relative paths are fixed now: the program may change its directory.
fn absolute(path: &Path) -> Result<PathBuf> {
    if path.as_os_str().is_empty() {
        return Err(Error::new(Status::ARG_EMPTY, "the path is empty"));
    }
    std::path::absolute(path)
        .map_err(|e| Error::from_io(Status::IO, "the path cannot be found", &e))
}

/// The error where a file is asked for and there is none.
fn no_file(why: &str) -> Error {
    Error::new(Status::NO_FILE, why)
}
