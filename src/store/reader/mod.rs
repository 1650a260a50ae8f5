//! Reads a channel: waits for its next box, keeps what it holds, and delivers that until it is
//! acknowledged.

mod engine;
mod gaps;
pub(super) mod ledger;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use self::engine::Engine;
use self::gaps::Gap;
use super::backing::{Backing, Durability};
use super::catalogue::Known;
use super::files::{FileHead, Inbound, Receiving};
use super::records::{Arrival, Cap, Incoming, Position};
use super::Inner;
use crate::bacap::{BoxIndex, ReadCap};
use crate::client::{Call, ChannelEvent, ChannelNews, Event, Pace, Shared};
use crate::sync::lock;
use crate::{Error, Result, Status};

/// What a reader does.
#[derive(Clone, Debug)]
pub enum ReaderState {
    /// The next box is awaited.
    Waiting,
    /// The last attempt failed; there will be others.
    Retrying(Error),
    /// The next box cannot be opened. Other attempts follow, until [`Reader::skip`].
    Stuck(Error),
}

/// What was received.
#[derive(Clone)]
pub struct Message {
    /// From 1, without gaps.
    pub number: u64,
    /// What it is.
    pub arrival: Arrival,
    /// Its bytes; for what is broken a sentence that says why.
    pub data: Bytes,
    /// Unix seconds.
    pub received_at: i64,
    /// It will not be delivered again.
    pub is_acknowledged: bool,
}

/// A channel that is open for reading. It is closed when the last handle goes.
pub struct Reader {
    pub(super) core: Arc<Core>,
    engine: AbortHandle,
}

/// What a reader shares with its engine.
pub(crate) struct Core {
    pub(super) inner: Arc<Inner>,
    pub(super) channel: u64,
    name: String,
    cap: ReadCap,
    pub(super) standing: Mutex<Standing>,
    /// Locked by the call that receives a file.
    pub(super) receiving: tokio::sync::Mutex<Receiving>,
    pace: Pace,
    /// The counter of a box that is to be passed over. It says which, as that box may arrive first.
    skip: Mutex<Option<u64>>,
    /// Wakes the engine to look at `skip`.
    skip_wanted: Notify,
    /// Wakes those who wait for a message.
    arrived: Notify,
}

/// How far a reader is.
pub(crate) struct Standing {
    state: ReaderState,
    position: Position,
    /// As it was when the channel was opened.
    gap: Gap,
    pub(super) acknowledged: u64,
    /// The file that is on its way.
    pub(super) file: Option<Inbound>,
    /// One whose head waits to be acknowledged: it cannot have the name that is wanted.
    pub(super) offered: Option<FileHead>,
}

impl Standing {
    /// The oldest message that is not acknowledged.
    fn oldest(&self) -> Option<u64> {
        let number = self.acknowledged + 1;
        (number < self.position.next_message).then_some(number)
    }
}

impl Reader {
    /// Opens a channel, or shares it with those who have it open.
    pub(crate) async fn open(inner: Arc<Inner>, known: Known) -> Result<Arc<Reader>> {
        let channel = known.channel;
        let opening = Self::open_alone(Arc::clone(&inner), known);
        inner.readers.get_or(channel, opening).await
    }

    async fn open_alone(inner: Arc<Inner>, known: Known) -> Result<Arc<Reader>> {
        let Cap::Read(cap) = known.record.cap else {
            return Err(super::fields::damaged());
        };
        let channel = known.channel;
        let standing = inner.claim(channel, ledger::standing).await?;
        let core = Arc::new(Core {
            channel,
            name: known.record.name,
            cap,
            standing: Mutex::new(standing),
            receiving: tokio::sync::Mutex::default(),
            pace: Pace::calming(),
            skip: Mutex::new(None),
            skip_wanted: Notify::new(),
            arrived: Notify::new(),
            inner,
        });
        let engine = Engine::new(Arc::clone(&core));
        let engine = core.inner.spawn(engine.run());
        Ok(Arc::new(Reader { core, engine }))
    }

    /// Waits for the oldest message that is not acknowledged. Returns the same again until it is.
    pub fn receive(&self) -> Result<Call<Arc<Message>>> {
        let core = Arc::clone(&self.core);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            core.oldest_message().await.map(Arc::new)
        }))
    }

    /// The program has handled a message, and all before it: they are not delivered again. On the disk
    /// when it completes.
    ///
    /// Fails with `MESSAGE_NOT_IN_DB` for a message that was not received.
    pub fn acknowledge(&self, number: u64) -> Result<Call<()>> {
        let core = Arc::clone(&self.core);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            let channel = core.channel;
            let keep =
                move |backing: &mut dyn Backing| ledger::acknowledge(backing, channel, number);
            let acknowledged = core.inner.disk.run(Durability::Now, keep).await?;
            let mut standing = lock(&core.standing);
            standing.acknowledged = standing.acknowledged.max(acknowledged);
            standing.offered = None;
            Ok(())
        }))
    }

    /// Messages in their order, from a number on, `max` at most; acknowledged ones, too.
    pub fn messages(&self, from: u64, max: u32) -> Result<Call<Vec<Arc<Message>>>> {
        let core = Arc::clone(&self.core);
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            let channel = core.channel;
            let list =
                move |backing: &mut dyn Backing| ledger::messages(backing, channel, from, max);
            let found = core.inner.disk.run(Durability::Soon, list).await?;
            let all = found.into_iter();
            Ok(all
                .map(|(number, message)| Arc::new(core.delivered(number, message)))
                .collect())
        }))
    }

    /// Deletes acknowledged messages before a number from the database.
    pub fn forget_before(&self, number: u64) -> Result<Call<()>> {
        let core = Arc::clone(&self.core);
        Ok(Call::task(&self.core.inner.shared, move |_| async move {
            let channel = core.channel;
            let forget =
                move |backing: &mut dyn Backing| ledger::forget_before(backing, channel, number);
            core.inner.disk.run(Durability::Now, forget).await
        }))
    }

    /// Passes over the box at an index, if it is the one that is awaited or cannot be opened; that is
    /// delivered as [`Arrival::Skipped`].
    ///
    /// Fails with `ARG_VALUE` where another box is awaited: the one at the index has arrived meanwhile.
    pub fn skip(&self, index: &BoxIndex) -> Result<()> {
        if *index != self.next_index() {
            return Err(Error::new(
                Status::ARG_VALUE,
                "the box to be passed over is not the one that is awaited",
            ));
        }
        *lock(&self.core.skip) = Some(index.counter());
        self.core.skip_wanted.notify_one();
        Ok(())
    }

    /// Something is expected: looks at once, and often for a while.
    pub fn poll_now(&self) {
        self.core.pace.hurry();
    }

    /// How many messages wait to be acknowledged.
    pub fn waiting(&self) -> u64 {
        let standing = lock(&self.core.standing);
        standing.position.next_message - 1 - standing.acknowledged
    }

    /// What the reader does.
    pub fn state(&self) -> ReaderState {
        lock(&self.core.standing).state.clone()
    }

    /// The client whose connection it uses, unless it was closed.
    pub(crate) fn client(&self) -> Result<&Arc<Shared>> {
        self.core.inner.client()
    }

    /// The name of its channel.
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// What others need to read the channel.
    pub fn read_cap(&self) -> &ReadCap {
        &self.core.cap
    }

    /// The box that is awaited.
    pub fn next_index(&self) -> BoxIndex {
        lock(&self.core.standing).position.index.clone()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.engine.abort();
    }
}

/// The engine has it, too: the channel is given up when nobody writes into the database any more.
impl Drop for Core {
    fn drop(&mut self) {
        let (inner, channel) = (&self.inner, self.channel);
        inner.readers.close(channel, || inner.release(channel));
    }
}

impl Core {
    /// Waits until there is a message that is not acknowledged.
    async fn oldest(&self) -> Result<u64> {
        let oldest = || lock(&self.standing).oldest();
        self.inner.until(&self.arrived, oldest).await
    }

    /// Waits for the oldest message that is not acknowledged.
    pub(super) async fn oldest_message(&self) -> Result<Message> {
        loop {
            let number = self.oldest().await?;
            let message = self.message(number).await;
            // Another thread may have acknowledged and forgotten it meanwhile.
            if number > lock(&self.standing).acknowledged {
                return message;
            }
        }
    }

    /// This is the file that is on its way now, and all up to this message is acknowledged.
    pub(super) fn knows_file(&self, acknowledged: u64, file: Option<Inbound>) {
        let mut standing = lock(&self.standing);
        standing.acknowledged = standing.acknowledged.max(acknowledged);
        standing.offered = None;
        let before = std::mem::replace(&mut standing.file, file);
        let now = standing.file.as_ref().map(Inbound::progress);
        drop(standing);
        match now {
            Some(now) if before.map(|file| file.progress()) != Some(now) => {
                self.publish(ChannelNews::File(now));
            }
            _ => {}
        }
    }

    /// The program wants to pass over this box.
    fn wants_skip(&self, index: &BoxIndex) -> bool {
        *lock(&self.skip) == Some(index.counter())
    }

    /// Waits until the program wants to pass over this box.
    async fn skipped(&self, index: &BoxIndex) {
        while !self.wants_skip(index) {
            self.skip_wanted.notified().await;
        }
    }

    async fn message(&self, number: u64) -> Result<Message> {
        let channel = self.channel;
        let get = move |backing: &mut dyn Backing| ledger::message(backing, channel, number);
        let message = self.inner.disk.run(Durability::Soon, get).await?;
        Ok(self.delivered(number, message))
    }

    fn delivered(&self, number: u64, message: Incoming) -> Message {
        Message {
            number,
            arrival: message.arrival,
            data: message.data,
            received_at: message.received_at,
            is_acknowledged: number <= lock(&self.standing).acknowledged,
        }
    }

    /// Changes the state; failures are told.
    fn set_state(&self, state: ReaderState) {
        let news = match &state {
            ReaderState::Waiting => None,
            ReaderState::Retrying(error) => Some(ChannelNews::Retrying(error.clone())),
            ReaderState::Stuck(error) => Some(ChannelNews::Stuck(error.clone())),
        };
        lock(&self.standing).state = state;
        if let Some(news) = news {
            self.publish(news);
        }
    }

    /// A box was passed, and what it came to is on the disk.
    fn advance(&self, position: Position) {
        let mut standing = lock(&self.standing);
        let first = standing.position.next_message;
        let next = position.next_message;
        standing.position = position;
        standing.state = ReaderState::Waiting;
        drop(standing);
        self.arrived.notify_waiters();
        for number in first..next {
            self.publish(ChannelNews::Received(number));
        }
    }

    fn publish(&self, news: ChannelNews) {
        let event = Event::Channel(ChannelEvent {
            is_writer: false,
            name: self.name.clone(),
            news,
        });
        self.inner.shared.sinks.publish(&event);
    }
}
