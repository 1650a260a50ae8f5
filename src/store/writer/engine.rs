//! Sends a writer's messages, several boxes at a time, and keeps how far they are.

mod smaller;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::boxes::{Fill, Seen};
use super::copying::{self, Large};
use super::leftovers::Written;
use super::sizes::Sizes;
use super::{boxes, ledger, Core, WriterState};
use crate::bacap::BoxIndex;
use crate::client::{Backoff, InOrder};
use crate::store::backing::{Backing, Durability};
use crate::store::framing::{self, Split};
use crate::store::records::{Outgoing, Progress};
use crate::sync::lock;
use crate::{Error, Result, Status};

/// Boxes on their way at a time; more wait for the daemon's packets anyway.
const WINDOW: usize = 8;
/// Boxes from the oldest that is not known to be stored on: readers rely on that there are not more.
const AHEAD: usize = framing::AHEAD as usize;
/// How often the size of a box is looked up while it is unknown.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Pauses after failures of the disk.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Sends the messages of one writer.
pub(crate) struct Engine {
    core: Arc<Core>,
    /// Boxes on their way, in their order.
    asked: InOrder<()>,
    on_their_way: VecDeque<Sent>,
    /// Messages whose boxes are not all on their way.
    messages: VecDeque<Sending>,
    /// The first message that is not loaded.
    load_from: u64,
    /// One box goes alone until it is stored: where a box is taken, others may be, and messages keep
    /// their order only if none has overtaken the one that has to move.
    is_careful: bool,
    /// Taken boxes are stepped over without asking, until one is free.
    is_stepping: bool,
}

/// A message some boxes of which are not on their way.
struct Sending {
    number: u64,
    payload: Bytes,
    /// How it lies in boxes; `None` for tombstones.
    split: Option<Split>,
    boxes: u32,
    /// Its next box.
    part: u32,
    index: BoxIndex,
    /// A courier writes all of them, when those before are stored.
    by_copy: bool,
    /// No message behind it is sent before it is stored: its boxes were chosen to be there at once.
    is_alone: bool,
}

/// A box on its way.
struct Sent {
    number: u64,
    part: u32,
    is_last: bool,
    is_alone: bool,
    index: BoxIndex,
}

impl Engine {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        let load_from = lock(&core.standing).progress.message;
        Engine {
            core,
            asked: InOrder::new(),
            on_their_way: VecDeque::new(),
            messages: VecDeque::new(),
            load_from,
            is_careful: true,
            is_stepping: false,
        }
    }

    /// Runs until it is dropped, or the client is closed.
    pub(crate) async fn run(mut self) {
        let mut pauses = Backoff::new(SHORTEST_PAUSE, LONGEST_PAUSE);
        loop {
            let Err(error) = self.turn().await else {
                pauses = Backoff::new(SHORTEST_PAUSE, LONGEST_PAUSE);
                continue;
            };
            if self.core.inner.is_over() {
                return;
            }
            // What was on its way is sent again, which does no harm.
            self.forget();
            self.core.set_state(WriterState::Retrying(error));
            tokio::time::sleep(pauses.pause(Duration::ZERO)).await;
        }
    }

    fn forget(&mut self) {
        self.asked.clear();
        self.on_their_way.clear();
        self.messages.clear();
        self.load_from = self.progress().message;
        self.is_careful = true;
    }

    fn progress(&self) -> Progress {
        lock(&self.core.standing).progress
    }

    async fn turn(&mut self) -> Result<()> {
        let (window, ahead) = match self.is_careful {
            true => (1, 1),
            false => (WINDOW, AHEAD),
        };
        while self.asked.running() < window && self.on_their_way.len() < ahead {
            if !self.start_next().await? {
                break;
            }
        }
        if self.on_their_way.is_empty() {
            if self.messages.front().is_some_and(|next| next.by_copy) {
                return self.copy().await;
            }
            return match self.is_next_too_large() {
                true => self.make_smaller().await,
                false => self.rest().await,
            };
        }
        tokio::select! {
            biased;
            ended = self.asked.wait() => {
                ended?;
                self.collect().await
            }
            () = self.core.work.notified() => Ok(()),
        }
    }

    /// Nothing is on its way.
    async fn rest(&mut self) -> Result<()> {
        let next_message = lock(&self.core.standing).next_message;
        if self.load_from < next_message {
            // There is a message, and the size of a box is unknown until the daemon is met.
            tokio::select! {
                biased;
                () = self.core.work.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
            return Ok(());
        }
        let progress = Progress {
            message: next_message,
            boxes: 0,
        };
        if progress != self.progress() {
            self.keep(progress).await?;
        }
        self.core.set_state(WriterState::Idle);
        self.is_careful = true;
        self.core.work.notified().await;
        self.core.set_state(WriterState::Sending);
        Ok(())
    }

    /// Nothing is on its way, and the next message goes by copy stream.
    async fn copy(&mut self) -> Result<()> {
        let Some(message) = self.messages.front_mut() else {
            return Ok(());
        };
        let is_copied = match message.large() {
            Some(large) => copying::copy(&self.core, &large).await?,
            None => false,
        };
        if is_copied {
            self.messages.pop_front();
            self.is_stepping = false;
        } else {
            message.by_copy = false;
        }
        // A box may be taken where a copy has failed.
        self.is_careful = !is_copied;
        Ok(())
    }

    /// Starts the next box. Returns false where there is none, or it has to wait for those before.
    async fn start_next(&mut self) -> Result<bool> {
        while self.messages.is_empty() {
            let before = self.load_from;
            self.load().await?;
            if self.load_from == before {
                break;
            }
        }
        if self.is_next_too_large() {
            return Ok(false); // until none is on its way
        }
        let Some(message) = self.messages.front_mut() else {
            return Ok(false);
        };
        let is_behind_one_alone = |last: &Sent| last.is_alone && last.number != message.number;
        if message.by_copy || self.on_their_way.back().is_some_and(is_behind_one_alone) {
            return Ok(false);
        }
        let (sent, fill) = message.next()?;
        if sent.is_last {
            self.messages.pop_front();
        }
        let store = boxes::store(Arc::clone(&self.core), sent.index.clone(), fill);
        self.asked.start(store);
        self.on_their_way.push_back(sent);
        Ok(true)
    }

    async fn load(&mut self) -> Result<()> {
        self.core.inner.shared.check_next_index()?;
        let sizes = self.core.sizes();
        let (channel, from) = (self.core.channel, self.load_from);
        let load = move |backing: &mut dyn Backing| ledger::load(backing, channel, from, sizes);
        let loaded = self.core.inner.disk.run(Durability::Now, load).await?;
        let mut standing = lock(&self.core.standing);
        standing.saw(loaded.next_message);
        standing.cursor = loaded.cursor;
        let progress = standing.progress;
        drop(standing);
        self.load_from = loaded.next;
        for (number, message) in loaded.messages {
            let sending = Sending::of(number, message, progress)?;
            self.messages
                .extend(sending.map(|sending| sending.checked(sizes)));
        }
        Ok(())
    }

    /// Takes the boxes that are stored, in their order.
    async fn collect(&mut self) -> Result<()> {
        let before = self.progress();
        let mut progress = before;
        let mut failed = None;
        while let Some(result) = self.asked.take() {
            let Some(sent) = self.on_their_way.pop_front() else {
                break;
            };
            if let Err(error) = result {
                failed = Some((sent, error));
                break;
            }
            progress = sent.then();
            self.is_careful = false;
            self.is_stepping = false;
        }
        if progress != before {
            self.keep(progress).await?;
        }
        match failed {
            None => Ok(()),
            Some((sent, error)) if error.status() == Status::BOX_ALREADY_EXISTS => {
                self.resolve(sent, error).await
            }
            Some((_, error)) if error.status() == Status::PAYLOAD_TOO_LARGE => {
                // None is on its way when it is looked what there is.
                while self.asked.wait().await? {}
                self.forget();
                Ok(())
            }
            Some((_, error)) => Err(error),
        }
    }

    async fn keep(&self, progress: Progress) -> Result<()> {
        let channel = self.core.channel;
        let keep =
            move |backing: &mut dyn Backing| ledger::save_progress(backing, channel, progress);
        self.core.inner.disk.run(Durability::Soon, keep).await?;
        self.core.advance(progress);
        Ok(())
    }

    /// A box is taken. Waits for those that are on their way, as each of them will be stored or taken,
    /// and until the program wants to step over; then all messages that are not stored get other boxes.
    async fn resolve(&mut self, taken: Sent, error: Error) -> Result<()> {
        while self.asked.wait().await? {}
        let was_careful = self.is_careful;
        let mut stored = Stored::since(self.progress());
        let mut behind = taken.index.next();
        while let Some(result) = self.asked.take() {
            let Some(sent) = self.on_their_way.pop_front() else {
                break;
            };
            behind = sent.index.next();
            match result {
                Ok(()) => stored.add(&sent),
                Err(error) if error.status() == Status::BOX_ALREADY_EXISTS => {}
                Err(error) => return Err(error),
            }
        }
        if was_careful {
            self.look_behind(&taken, &mut stored, &mut behind).await?;
        }
        let (channel, numbers) = (self.core.channel, stored.whole.clone());
        let mark = move |backing: &mut dyn Backing| ledger::mark_stored(backing, channel, &numbers);
        self.core.inner.disk.run(Durability::Now, mark).await?;
        if !self.is_stepping {
            self.core.conflict(&error).await;
        }
        let moved = self.move_on(behind, stored.written).await;
        self.core.end_conflict(moved.is_ok());
        moved
    }

    /// Behind a taken box that went alone, boxes may be ours that went before the last start, or before
    /// a failure of the disk: what is stored is not written elsewhere once more.
    async fn look_behind(
        &mut self,
        taken: &Sent,
        stored: &mut Stored,
        behind: &mut BoxIndex,
    ) -> Result<()> {
        for (sent, seen) in self.seen_behind(taken).await? {
            if seen == Seen::Own {
                stored.add(&sent);
            }
            if seen != Seen::Nothing {
                *behind = sent.index.next();
            }
        }
        Ok(())
    }

    /// What is in the boxes behind one that may have been begun with it.
    async fn seen_behind(&self, taken: &Sent) -> Result<Vec<(Sent, Seen)>> {
        let (channel, from) = (self.core.channel, taken.number);
        let load = move |backing: &mut dyn Backing| ledger::load(backing, channel, from, None);
        let loaded = self.core.inner.disk.run(Durability::Soon, load).await?;
        let mut all = Vec::new();
        for (number, message) in loaded.messages {
            let progress = self.progress();
            let Some(mut message) = Sending::of(number, message, progress)? else {
                continue;
            };
            while message.part < message.boxes && all.len() < AHEAD {
                let (sent, fill) = message.next()?;
                if (sent.number, sent.part) <= (taken.number, taken.part) {
                    continue;
                }
                let seen = boxes::look(&self.core, &sent.index, &fill).await?;
                all.push((sent, seen));
            }
        }
        Ok(all)
    }

    /// All messages that are not stored get boxes from `behind` on.
    async fn move_on(&mut self, behind: BoxIndex, written: Written) -> Result<()> {
        let channel = self.core.channel;
        let from = self.progress().message;
        let cursor = behind.clone();
        let move_on = move |backing: &mut dyn Backing| {
            ledger::move_on(backing, channel, from, &cursor, &written)
        };
        let progress = self.core.inner.disk.run(Durability::Now, move_on).await?;
        self.forget();
        self.is_stepping = true;
        lock(&self.core.standing).cursor = behind;
        self.core.advance(progress);
        Ok(())
    }
}

impl Sending {
    /// A message that is to be sent; `None` where all of it is stored.
    fn of(number: u64, message: Outgoing, progress: Progress) -> Result<Option<Self>> {
        let Some(place) = message.place.clone().filter(|_| !message.is_stored) else {
            return Ok(None);
        };
        let split = message.split(&place)?;
        let part = match number == progress.message {
            true => progress.boxes,
            false => 0,
        };
        let stored = usize::try_from(part).unwrap_or(usize::MAX);
        Ok(Some(Sending {
            number,
            payload: message.payload,
            split,
            boxes: place.boxes,
            part,
            index: place.first.ahead(stored),
            by_copy: place.by_copy && part == 0,
            is_alone: place.by_copy,
        }))
    }

    /// Goes by copy stream only if the daemon fills boxes as they were chosen.
    fn checked(mut self, sizes: Option<Sizes>) -> Self {
        let capacity = self.split.as_ref().map(Split::capacity);
        self.by_copy &= sizes.is_some_and(|sizes| capacity == Some(sizes.copied));
        self
    }

    /// The whole of it, for a copy stream.
    fn large(&self) -> Option<Large<'_>> {
        Some(Large {
            number: self.number,
            payload: &self.payload,
            split: self.split.as_ref()?,
            first: &self.index,
        })
    }

    /// Its next box, and what that holds: the same each time.
    fn next(&mut self) -> Result<(Sent, Fill)> {
        let fill = self.fill()?;
        let sent = Sent {
            number: self.number,
            part: self.part,
            is_last: self.part + 1 >= self.boxes,
            is_alone: self.is_alone,
            index: self.index.clone(),
        };
        self.part += 1;
        self.index = self.index.next();
        Ok((sent, fill))
    }

    /// How many bytes its next box holds.
    fn length(&self) -> usize {
        let split = self.split.as_ref();
        split.map_or(0, |split| split.length_of(self.part))
    }

    fn fill(&self) -> Result<Fill> {
        Ok(match &self.split {
            None => Fill::Tombstone,
            Some(split) => Fill::Content(split.encode(&self.payload, self.part)?.into_bytes()),
        })
    }
}

impl Sent {
    /// The progress when this box, and all before it, are stored.
    fn then(&self) -> Progress {
        if self.is_last {
            return Progress {
                message: self.number + 1,
                boxes: 0,
            };
        }
        Progress {
            message: self.number,
            boxes: self.part + 1,
        }
    }
}

/// What is stored though something before it is not.
struct Stored {
    written: Written,
    /// Messages that are stored from the first box to the last.
    whole: Vec<u64>,
}

impl Stored {
    fn since(progress: Progress) -> Self {
        Stored {
            written: Written {
                rows: BTreeMap::from([(progress.message, progress.boxes)]),
                apart: Vec::new(),
            },
            whole: Vec::new(),
        }
    }

    /// A box is stored. They come in their order.
    fn add(&mut self, sent: &Sent) {
        let row = self.written.rows.entry(sent.number).or_insert(0);
        if *row != sent.part {
            self.written.apart.push((sent.number, sent.index.clone()));
            return;
        }
        *row += 1;
        if sent.is_last {
            self.whole.push(sent.number);
        }
    }
}
