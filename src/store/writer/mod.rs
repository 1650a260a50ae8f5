//! Writes a channel: takes messages, keeps them, and writes them box after box until all are on the
//! mixnet.

mod boxes;
mod conflicts;
mod copies;
mod copying;
mod engine;
mod eraser;
pub(super) mod ledger;
mod leftovers;
mod sizes;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use self::conflicts::Conflicts;
pub use self::copying::CopyState;
use self::copying::Stream;
use self::engine::Engine;
use self::sizes::Sizes;
pub use self::sizes::COPY_ABOVE;
use super::backing::{Backing, Durability};
use super::catalogue::Known;
use super::files::Outbound;
use super::framing::{Nonce, FIRST_KIND_OF_APPLICATIONS, KIND_MESSAGE, MAX_MESSAGE};
use super::records::{Cap, Content, Erasure, Progress};
use super::Inner;
use crate::bacap::{BoxIndex, ReadCap, WriteCap};
use crate::client::{
    random_array, Call, ChannelEvent, ChannelNews, Event, FileProgress, Shared, MAX_STREAM_BOXES,
};
use crate::secret::secret_copy;
use crate::sync::lock;
use crate::{Error, Result, Status};

/// What a writer does.
#[derive(Clone, Debug)]
pub enum WriterState {
    /// All messages are on the mixnet.
    Idle,
    /// Boxes are on their way.
    Sending,
    /// The last attempt failed; there will be others.
    Retrying(Error),
    /// A box holds something that this writer did not write. Nothing is sent until
    /// [`Writer::step_over`].
    Conflict(Error),
}

/// A channel that is open for writing. It is closed when the last handle goes; what is not on the
/// mixnet then is sent when it is opened again.
pub struct Writer {
    pub(super) core: Arc<Core>,
    tasks: [AbortHandle; 2],
}

/// What a writer shares with its engine.
pub(crate) struct Core {
    pub(super) inner: Arc<Inner>,
    pub(super) channel: u64,
    name: String,
    cap: WriteCap,
    pub(super) standing: Mutex<Standing>,
    /// Messages of more boxes go by copy stream; of none, if it is 0.
    copy_above: AtomicU32,
    /// The stream by which a message goes just now.
    stream: Mutex<Option<Stream>>,
    /// Wakes the engine.
    pub(super) work: Notify,
    /// Held by the call that sends a file.
    pub(super) sends_file: tokio::sync::Mutex<()>,
    /// Wakes those who wait for messages to be stored, or for a conflict to be over.
    advanced: Notify,
}

/// How far a writer is.
pub(crate) struct Standing {
    /// [`WriterState::Conflict`] has a field of its own, as others fail meanwhile.
    state: WriterState,
    conflicts: Conflicts,
    pub(super) progress: Progress,
    next_message: u64,
    cursor: BoxIndex,
    erasure: Erasure,
    /// The file that is on its way.
    pub(super) file: Option<Outbound>,
}

impl Standing {
    /// The disk said that the next message has this number. It may have said a later one since: whoever
    /// loads and whoever sends hear of it in any order.
    fn saw(&mut self, next_message: u64) {
        self.next_message = self.next_message.max(next_message);
    }
}

impl Writer {
    /// Opens a channel, or shares it with those who have it open.
    pub(crate) async fn open(inner: Arc<Inner>, known: Known) -> Result<Arc<Writer>> {
        let channel = known.channel;
        let opening = Self::open_alone(Arc::clone(&inner), known);
        inner.writers.get_or(channel, opening).await
    }

    async fn open_alone(inner: Arc<Inner>, known: Known) -> Result<Arc<Writer>> {
        let Cap::Write(cap) = known.record.cap else {
            return Err(super::fields::damaged());
        };
        let channel = known.channel;
        let standing = inner.claim(channel, ledger::standing).await?;
        let core = Arc::new(Core {
            channel,
            name: known.record.name,
            cap,
            standing: Mutex::new(standing),
            copy_above: AtomicU32::new(COPY_ABOVE),
            stream: Mutex::default(),
            work: Notify::new(),
            sends_file: tokio::sync::Mutex::default(),
            advanced: Notify::new(),
            inner,
        });
        let tasks = [
            core.inner.spawn(Engine::new(Arc::clone(&core)).run()),
            core.inner.spawn(eraser::run(Arc::clone(&core))),
        ];
        Ok(Arc::new(Writer { core, tasks }))
    }

    /// Takes a message of a kind: [`KIND_MESSAGE`], or one of the program's own from
    /// [`FIRST_KIND_OF_APPLICATIONS`] on. Completes with the message's number, from 1, when the message
    /// is on the disk; from then on it is sent, whatever crashes.
    ///
    /// Fails with `PAYLOAD_TOO_LARGE`, `ARG_VALUE` (the kind), `DB`.
    pub fn send(&self, kind: u8, message: &[u8]) -> Result<Call<u64>> {
        if kind != KIND_MESSAGE && kind < FIRST_KIND_OF_APPLICATIONS {
            return Err(Error::new(
                Status::ARG_VALUE,
                format!("kind {kind} is none that programs may use"),
            ));
        }
        if message.len() > MAX_MESSAGE {
            return Err(Error::new(
                Status::PAYLOAD_TOO_LARGE,
                format!(
                    "{} bytes, and a message has at most {MAX_MESSAGE}",
                    message.len()
                ),
            ));
        }
        let nonce = random_array()?;
        self.take(Content::Message(kind), nonce, secret_copy(message)?)
    }

    /// Makes the next boxes tombstones, behind all messages that were taken before. Counts as one
    /// message.
    pub fn tombstone(&self, boxes: u32) -> Result<Call<u64>> {
        let most = u32::try_from(MAX_STREAM_BOXES).unwrap_or(u32::MAX);
        if boxes == 0 || boxes > most {
            return Err(Error::new(
                Status::ARG_VALUE,
                format!("{boxes} tombstones, where 1 to {most} are allowed"),
            ));
        }
        self.take(Content::Tombstones(boxes), [0; 8], Bytes::new())
    }

    fn take(&self, content: Content, nonce: Nonce, payload: Bytes) -> Result<Call<u64>> {
        let core = Arc::clone(&self.core);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            let taker = Arc::clone(&core);
            let take = move |backing: &mut dyn Backing| {
                // Whoever cancels the call does not stop this, so it wakes the engine itself. That
                // looks at the disk after the commit.
                taker.work.notify_one();
                ledger::append(backing, taker.channel, content, nonce, payload)
            };
            let number = core.inner.disk.run(Durability::Now, take).await?;
            core.saw_message(number);
            Ok(number)
        }))
    }

    /// Completes when a message and all before it are on the mixnet.
    ///
    /// Fails with `MESSAGE_NOT_IN_DB` for a number that no message has.
    pub fn stored(&self, number: u64) -> Result<Call<()>> {
        let next = lock(&self.core.standing).next_message;
        if number == 0 || number >= next {
            return Err(Error::new(
                Status::MESSAGE_NOT_IN_DB,
                format!("no message {number} was sent; the last one is {}", next - 1),
            ));
        }
        let core = Arc::clone(&self.core);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            core.until(|standing| number < standing.progress.message)
                .await
        }))
    }

    /// Replaces the boxes of all messages before a number with tombstones, and deletes the messages from
    /// the database. Completes when that is on the disk: it is done whatever crashes, as soon as each of
    /// them is on the mixnet. Readers that were slower are told of tombstones.
    ///
    /// Fails with `MESSAGE_NOT_IN_DB` for a number behind that of the next message.
    pub fn erase_before(&self, number: u64) -> Result<Call<()>> {
        let next = lock(&self.core.standing).next_message;
        if number > next {
            return Err(Error::new(
                Status::MESSAGE_NOT_IN_DB,
                format!("no message {number} was sent; the last one is {}", next - 1),
            ));
        }
        let core = Arc::clone(&self.core);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            let channel = core.channel;
            let keep =
                move |backing: &mut dyn Backing| ledger::erase_before(backing, channel, number);
            let erasure = core.inner.disk.run(Durability::Now, keep).await?;
            core.saw_erasure(erasure);
            Ok(())
        }))
    }

    /// Completes when the boxes of all messages before a number are tombstones.
    pub fn erased(&self, number: u64) -> Result<Call<()>> {
        let core = Arc::clone(&self.core);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            core.until(|standing| number <= standing.erasure.done).await
        }))
    }

    /// After a conflict: chooses the boxes behind the taken ones for all messages that are not stored,
    /// and goes on. Completes when that is done; at once where there is no conflict.
    ///
    /// A message of which some boxes were written already is written anew as a whole: readers are told
    /// of the broken one.
    pub fn step_over(&self) -> Result<Call<()>> {
        let core = Arc::clone(&self.core);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            let Some(number) = lock(&core.standing).conflicts.step_over() else {
                return Ok(());
            };
            core.work.notify_one();
            core.until(|standing| standing.conflicts.is_over(number))
                .await?;
            let standing = lock(&core.standing);
            match &standing.state {
                WriterState::Retrying(error) if !standing.conflicts.was_resolved(number) => {
                    Err(error.clone())
                }
                _ => Ok(()),
            }
        }))
    }

    /// Has messages of more boxes than this go by copy stream, of none if it is 0; [`COPY_ABOVE`] is in
    /// force until then. Holds while the channel is open, for messages that have no boxes yet; the database
    /// does not keep it.
    pub fn set_copy_above(&self, boxes: u32) {
        self.core.copy_above.store(boxes, Ordering::Relaxed);
    }

    /// How far the stream is by which a message goes just now.
    pub fn copy_state(&self) -> Option<CopyState> {
        lock(&self.core.stream).as_ref().map(Stream::state)
    }

    /// How many messages are not known to be on the mixnet.
    pub fn pending(&self) -> u64 {
        let standing = lock(&self.core.standing);
        standing
            .next_message
            .saturating_sub(standing.progress.message)
    }

    /// The number of the last message that was taken; 0 where none was.
    pub fn last_message(&self) -> u64 {
        lock(&self.core.standing).next_message - 1
    }

    /// What the writer does.
    pub fn state(&self) -> WriterState {
        let standing = lock(&self.core.standing);
        if let Some(error) = standing.conflicts.current() {
            return WriterState::Conflict(error.clone());
        }
        match &standing.state {
            // A message was taken, and its boxes have not started yet.
            WriterState::Idle if standing.next_message > standing.progress.message => {
                WriterState::Sending
            }
            state => state.clone(),
        }
    }

    /// The client whose connection it uses, unless it was closed.
    pub(crate) fn client(&self) -> Result<&Arc<Shared>> {
        self.core.inner.client()
    }

    /// The name of its channel.
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// What others need to write the channel too; keep that to yourself.
    pub fn write_cap(&self) -> &WriteCap {
        &self.core.cap
    }

    /// What others need to read the channel.
    pub fn read_cap(&self) -> ReadCap {
        self.core.cap.read_cap()
    }

    /// The first box that is not meant for any message yet. Messages that were taken and have no boxes
    /// yet come before.
    pub fn next_index(&self) -> BoxIndex {
        lock(&self.core.standing).cursor.clone()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// The tasks have it, too: the channel is given up when nobody writes into the database any more.
impl Drop for Core {
    fn drop(&mut self) {
        let (inner, channel) = (&self.inner, self.channel);
        inner.writers.close(channel, || inner.release(channel));
    }
}

impl Core {
    /// Waits until the writer has come so far.
    pub(super) async fn until(&self, is_so: impl Fn(&Standing) -> bool) -> Result<()> {
        let reached = || is_so(&lock(&self.standing)).then_some(());
        self.inner.until(&self.advanced, reached).await
    }

    /// How much boxes hold; unknown until the daemon has said so, or the configuration.
    fn sizes(&self) -> Option<Sizes> {
        Some(Sizes {
            alone: self.inner.capacity()?,
            copied: self.inner.shared.stream_sizes().ok()?.chunk(),
            copy_above: self.copy_above.load(Ordering::Relaxed),
        })
    }

    /// There is a message of this number.
    pub(super) fn saw_message(&self, number: u64) {
        lock(&self.standing).saw(number + 1);
    }

    /// So much is erased, or to be. What is on the disk later is seen later perhaps.
    fn saw_erasure(&self, erasure: Erasure) {
        let mut standing = lock(&self.standing);
        let known = &mut standing.erasure;
        known.wanted = known.wanted.max(erasure.wanted);
        known.done = known.done.max(erasure.done);
        drop(standing);
        self.advanced.notify_waiters();
    }

    /// Changes the state; failures are told.
    fn set_state(&self, state: WriterState) {
        let news = match &state {
            WriterState::Retrying(error) => Some(ChannelNews::Retrying(error.clone())),
            _ => None,
        };
        lock(&self.standing).state = state;
        if let Some(news) = news {
            self.publish(news);
        }
    }

    /// A box is taken. Waits until the program wants to step over it.
    async fn conflict(&self, error: &Error) {
        let number = lock(&self.standing).conflicts.begin(error.clone());
        self.publish(ChannelNews::Conflict(error.clone()));
        while !lock(&self.standing).conflicts.is_to_be_stepped_over(number) {
            self.work.notified().await;
        }
    }

    /// There is no conflict any more.
    fn end_conflict(&self, was_resolved: bool) {
        lock(&self.standing).conflicts.end(was_resolved);
        self.advanced.notify_waiters();
    }

    /// Messages before `progress` are on the mixnet.
    fn advance(&self, progress: Progress) {
        let file_before = self.file_progress();
        let mut standing = lock(&self.standing);
        let before = std::mem::replace(&mut standing.progress, progress).message;
        standing.state = WriterState::Sending;
        drop(standing);
        self.advanced.notify_waiters();
        if progress.message > before {
            self.publish(ChannelNews::Stored(progress.message - 1));
        }
        match self.file_progress() {
            Some(file) if file_before != Some(file) => self.publish(ChannelNews::File(file)),
            _ => {}
        }
    }

    /// This is the file that is on its way now.
    pub(super) fn knows_file(&self, file: Option<Outbound>) {
        lock(&self.standing).file = file;
    }

    /// How far it is.
    pub(super) fn file_progress(&self) -> Option<FileProgress> {
        let capacity = self.inner.capacity();
        let standing = lock(&self.standing);
        let file = standing.file.as_ref()?;
        Some(FileProgress {
            done: file.stored(standing.progress, capacity),
            size: file.head.size,
        })
    }

    fn publish(&self, news: ChannelNews) {
        let event = Event::Channel(ChannelEvent {
            is_writer: true,
            name: self.name.clone(),
            news,
        });
        self.inner.shared.sinks.publish(&event);
    }
}
