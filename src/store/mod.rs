//! Channels that remember: what is sent, received and acknowledged is kept in a database, so that
//! every message arrives once and in order, whatever crashes.
//!
//! A [`Store`] keeps channels by name. A [`Writer`] takes messages and writes them, box after box. A
//! [`Reader`] follows a channel and keeps what it found until that is acknowledged.

mod backing;
mod catalogue;
mod disk;
mod fields;
mod files;
mod form;
mod framing;
#[doc(hidden)]
pub mod fuzzed;
mod keys;
mod open;
mod pseudo_random;
mod reader;
mod records;
mod shared_text;
#[cfg(test)]
mod vectors;
mod vouchers;
mod writer;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{watch, Notify};
use tokio::task::AbortHandle;
use zeroize::Zeroizing;

use self::backing::sqlite::Sqlite;
use self::catalogue::Known;
use self::disk::Disk;
use self::keys::Named;
use self::open::OpenChannels;
use self::records::{Cap, ChannelRecord};
use crate::bacap::{self, BoxIndex, ReadCap, WriteCap};
use crate::client::runtime::thread::{CALLBACK_STACK, STACK};
use crate::client::{caught, random_array, Call, Client, Shared};
use crate::clock;
use crate::sync::lock;
use crate::{Error, Result, Status};

pub use self::backing::check::check as check_backing;
pub use self::backing::{Backing, Durability, Record, MAX_KEY, MAX_VALUE};
pub use self::framing::{FIRST_KIND_OF_APPLICATIONS, KIND_FILE, KIND_MESSAGE, MAX_MESSAGE};
pub use self::reader::{Message, Reader, ReaderState};
pub use self::records::Arrival;
pub use self::shared_text::voucher::{voucher_from_text, voucher_to_text};
pub use self::shared_text::Shared as SharedChannel;
pub use self::writer::{CopyState, Writer, WriterState, COPY_ABOVE};

/// The longest name of a channel, in bytes.
pub const MAX_NAME: usize = 255;
/// How long an owner of a channel may take to give it up,
const OWNER_GOES: Duration = Duration::from_secs(1);
/// and how often it is looked whether it has.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Which way the messages of a channel go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Direction {
    /// This store writes them.
    Write = 1,
    /// This store reads them.
    Read = 2,
}

impl Direction {
    fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Direction::Write),
            2 => Some(Direction::Read),
            _ => None,
        }
    }
}

/// Channels of one client that are kept in one database. Names of writers and of readers are
/// independent.
pub struct Store {
    inner: Arc<Inner>,
}

/// What a store shares with its writers and readers.
pub(crate) struct Inner {
    shared: Arc<Shared>,
    disk: Disk,
    writers: OpenChannels<Writer>,
    readers: OpenChannels<Reader>,
    closing: watch::Sender<bool>,
}

impl Store {
    /// Opens a database, or creates it; without a path one in memory, which is gone when the store
    /// is closed. Looks at the disk only.
    ///
    /// Fails with `ARG_EMPTY`, and with `DB`: the file is damaged, of another program, of a later version of this library,
    /// read-only, or no file at all.
    pub fn open(client: &Client, path: Option<&Path>) -> Result<Call<Arc<Store>>> {
        let path = path.map(absolute).transpose()?;
        let open =
            move || -> Result<Box<dyn Backing>> { Ok(Box::new(Sqlite::open(path.as_deref())?)) };
        Ok(Call::task(&client.shared, move |shared| async move {
            let opening = Disk::open(shared.dispatcher.thread_setup(), STACK, open)?;
            Ok(Store::over(opening.await?, shared))
        }))
    }

    /// Opens a database of the program's. All that is asked of it is asked on the store's thread, where
    /// it may run functions of the program's: they must not wait for the client.
    ///
    /// Fails with `DB`: the database fails, or was written by a later version of this library.
    pub fn open_on(client: &Client, mut backing: Box<dyn Backing>) -> Call<Arc<Store>> {
        Call::task(&client.shared, move |shared| async move {
            let dispatcher = Arc::clone(&shared.dispatcher);
            let open = move || {
                dispatcher.include_this_thread();
                form::check_or_mark(&mut *backing)?;
                Ok(backing)
            };
            let opening = Disk::open(shared.dispatcher.thread_setup(), CALLBACK_STACK, open)?;
            Ok(Store::over(opening.await?, shared))
        })
    }

    fn over(disk: Disk, shared: Arc<Shared>) -> Arc<Store> {
        Arc::new(Store {
            inner: Arc::new(Inner {
                shared,
                disk,
                writers: OpenChannels::default(),
                readers: OpenChannels::default(),
                closing: watch::Sender::new(false),
            }),
        })
    }

    /// The client whose connection the channels use, unless it was closed.
    pub(crate) fn client(&self) -> Result<&Arc<Shared>> {
        self.inner.client()
    }

    /// Creates a channel and opens it to write to it; draws its seed where none is given.
    ///
    /// Fails with `CHANNEL_EXISTS`, `ARG_EMPTY` or `ARG_VALUE` (the name).
    pub fn create_writer(&self, name: &str, seed: Option<&[u8; 32]>) -> Result<Call<Arc<Writer>>> {
        let seed = match seed {
            Some(seed) => Zeroizing::new(*seed),
            None => Zeroizing::new(random_array()?),
        };
        let pair = bacap::keypair(&seed);
        self.import_writer(name, &pair.write_cap, None)
    }

    /// Adds a channel that exists and opens it to write to it, from its first box on or from the one
    /// at `index`. Boxes that hold something already are never overwritten: the writer reports them.
    pub fn import_writer(
        &self,
        name: &str,
        cap: &WriteCap,
        index: Option<&BoxIndex>,
    ) -> Result<Call<Arc<Writer>>> {
        let first = checked_index(&cap.first_index(), index)?;
        let record = record_of(Cap::Write(cap.clone()), name)?;
        let inner = Arc::clone(&self.inner);
        Ok(Call::task(&self.inner.shared, move |_| async move {
            let known = inner.add(record, first).await?;
            Writer::open(inner, known).await
        }))
    }

    /// Adds a channel of somebody's and opens it to read it, from its first box on or from the one at
    /// `index`.
    pub fn import_reader(
        &self,
        name: &str,
        cap: &ReadCap,
        index: Option<&BoxIndex>,
    ) -> Result<Call<Arc<Reader>>> {
        let first = checked_index(&cap.first_index(), index)?;
        let record = record_of(Cap::Read(cap.clone()), name)?;
        let inner = Arc::clone(&self.inner);
        Ok(Call::task(&self.inner.shared, move |_| async move {
            let known = inner.add(record, first).await?;
            Reader::open(inner, known).await
        }))
    }

    /// Opens a channel of this store to write to it. What was not on the mixnet yet is sent.
    ///
    /// Fails with `CHANNEL_NOT_IN_DB`, and with `BUSY` where another store has the channel open, in this
    /// process or another, and keeps it for a second.
    pub fn writer(&self, name: &str) -> Result<Call<Arc<Writer>>> {
        let name = checked_name(name)?;
        let inner = Arc::clone(&self.inner);
        Ok(Call::task(&self.inner.shared, move |_| async move {
            let known = inner.find(Direction::Write, name).await?;
            Writer::open(inner, known).await
        }))
    }

    /// Opens a channel of this store to read it; the same failures.
    pub fn reader(&self, name: &str) -> Result<Call<Arc<Reader>>> {
        let name = checked_name(name)?;
        let inner = Arc::clone(&self.inner);
        Ok(Call::task(&self.inner.shared, move |_| async move {
            let known = inner.find(Direction::Read, name).await?;
            Reader::open(inner, known).await
        }))
    }

    /// Removes a channel with all its messages from the database. What is on the mixnet stays there.
    ///
    /// Fails with `CHANNEL_NOT_IN_DB`, and with `BUSY` while it is open, in this store or another.
    pub fn delete(&self, direction: Direction, name: &str) -> Result<Call<()>> {
        let name = checked_name(name)?;
        let inner = Arc::clone(&self.inner);
        Ok(Call::task(&self.inner.shared, move |_| async move {
            let channel = inner.find(direction, name.clone()).await?.channel;
            let delete =
                move |backing: &mut dyn Backing| catalogue::delete(backing, direction, &name);
            let deleted = async { inner.disk.run(Durability::Now, delete).await };
            match direction {
                Direction::Write => inner.writers.while_closed(channel, deleted).await,
                Direction::Read => inner.readers.while_closed(channel, deleted).await,
            }
        }))
    }

    /// Closes the store, and all that is open of it: from now on that fails with `CLOSED`. Completes when
    /// the database is closed and its file is whole by itself, for a backup.
    ///
    /// A store that is dropped is closed when the last of its writers and readers is, too.
    pub fn close(&self) -> Result<Call<()>> {
        let inner = Arc::clone(&self.inner);
        Ok(Call::task(&self.inner.shared, move |_| async move {
            inner.closing.send_replace(true);
            inner.disk.close().await;
            Ok(())
        }))
    }

    /// The names of all channels of a direction, in the order of their bytes.
    pub fn channels(&self, direction: Direction) -> Result<Call<Vec<String>>> {
        self.names(Named::Channel, direction)
    }

    fn names(&self, named: Named, direction: Direction) -> Result<Call<Vec<String>>> {
        let inner = Arc::clone(&self.inner);
        Ok(Call::task(&self.inner.shared, move |_| async move {
            let list = move |backing: &mut dyn Backing| catalogue::names(backing, named, direction);
            inner.disk.run(Durability::Soon, list).await
        }))
    }
}

impl Inner {
    async fn add(&self, record: ChannelRecord, first: BoxIndex) -> Result<Known> {
        let add = move |backing: &mut dyn Backing| catalogue::add(backing, record, &first);
        self.disk.run(Durability::Now, add).await
    }

    async fn find(&self, direction: Direction, name: String) -> Result<Known> {
        let find = move |backing: &mut dyn Backing| catalogue::find(backing, direction, &name);
        self.disk.run(Durability::Soon, find).await
    }
}

impl Inner {
    /// How many bytes a box holds; unknown until the daemon has said so, or the configuration.
    fn capacity(&self) -> Option<usize> {
        let view = lock(&self.shared.view);
        let geometry = view.pigeonhole.as_ref();
        geometry.map(|geometry| geometry.max_plaintext_payload_length)
    }

    /// Waits until the boxes of the network have another size. No envelope that was made before is of use
    /// then, and daemons do not answer it.
    async fn boxes_change(&self) {
        let mut sizes = lock(&self.shared.view).box_sizes();
        let _ = sizes.changed().await;
    }

    fn client(&self) -> Result<&Arc<Shared>> {
        self.shared.check_not_closed()?;
        Ok(&self.shared)
    }

    /// Waits until the store is closed.
    async fn closed(&self) {
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// Nothing is sent or read any more: the store or the client is closed. A failure alone does not
    /// say so.
    fn is_over(&self) -> bool {
        let client = self.shared.check_open();
        *self.closing.borrow() || client.is_err_and(|error| error.status() == Status::CLOSED)
    }

    /// Starts what sends or reads a channel. It ends with the store.
    fn spawn(self: &Arc<Self>, engine: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let inner = Arc::clone(self);
        self.shared.spawn(Box::pin(async move {
            tokio::select! {
                biased;
                ended = caught(engine) => if ended.is_err() {
                    // Nobody would wake those who wait.
                    inner.closing.send_replace(true);
                },
                () = inner.closed() => {}
            }
        }))
    }

    /// Waits for `found` to find something, which it is asked again whenever `changed` is notified.
    ///
    /// Fails with `CLOSED` when the store is closed.
    async fn until<T>(&self, changed: &Notify, found: impl Fn() -> Option<T>) -> Result<T> {
        loop {
            let change = changed.notified();
            tokio::pin!(change);
            change.as_mut().enable();
            if let Some(found) = found() {
                return Ok(found);
            }
            tokio::select! {
                biased;
                () = change => {}
                () = self.closed() => return Err(disk::closed()),
            }
        }
    }

    /// Becomes the owner of a channel, and reads with `read` how far it is. An owner that is about to
    /// go, in this process or another, is waited for.
    async fn claim<T: Send + 'static>(
        &self,
        channel: u64,
        read: fn(&mut dyn Backing, u64) -> Result<T>,
    ) -> Result<T> {
        let mut pending = PendingClaim {
            inner: self,
            channel,
            is_settled: false,
        };
        let until = clock::now() + OWNER_GOES;
        loop {
            let claim = move |backing: &mut dyn Backing| {
                backing.claim(channel)?;
                read(backing, channel).inspect_err(|_| backing.release(channel))
            };
            match self.disk.run(Durability::Soon, claim).await {
                Err(error) if error.status() == Status::BUSY && clock::now() < until => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                claimed => {
                    // After other failures of the transaction it may be claimed all the same.
                    let is_busy = |error: &Error| error.status() == Status::BUSY;
                    pending.is_settled = claimed.as_ref().map_or_else(is_busy, |_| true);
                    return claimed;
                }
            }
        }
    }

    /// Gives a channel up, after all that its owner has begun on the disk.
    fn release(&self, channel: u64) {
        let release = move |backing: &mut dyn Backing| {
            backing.release(channel);
            Ok(())
        };
        drop(self.disk.run(Durability::Soon, release));
    }
}

/// A claim that may be made though nobody waits for it any more: gives it back when it is dropped.
struct PendingClaim<'a> {
    inner: &'a Inner,
    channel: u64,
    is_settled: bool,
}

impl Drop for PendingClaim<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            self.inner.release(self.channel);
        }
    }
}

/// Relative paths are fixed now: the program may change its directory.
fn absolute(path: &Path) -> Result<PathBuf> {
    if path.as_os_str().is_empty() {
        return Err(Error::new(Status::ARG_EMPTY, "a database needs a path"));
    }
    std::path::absolute(path).map_err(|e| Error::from_io(Status::DB, "no path of a database", &e))
}

fn checked_name(name: &str) -> Result<String> {
    if name.is_empty() {
        return Err(Error::new(Status::ARG_EMPTY, "a channel needs a name"));
    }
    if name.len() > MAX_NAME {
        return Err(Error::new(
            Status::ARG_VALUE,
            format!("a name of {} bytes; {MAX_NAME} are allowed", name.len()),
        ));
    }
    Ok(name.to_owned())
}

fn record_of(cap: Cap, name: &str) -> Result<ChannelRecord> {
    let name = checked_name(name)?;
    Ok(ChannelRecord { cap, name })
}

/// The index from which a channel is used.
pub(crate) fn checked_index(first: &BoxIndex, index: Option<&BoxIndex>) -> Result<BoxIndex> {
    let Some(index) = index else {
        return Ok(first.clone());
    };
    if index.may_belong_to(first, true) {
        return Ok(index.clone());
    }
    Err(Error::new(
        Status::INVALID_CAPABILITY,
        "the index does not belong to the capability",
    ))
}
