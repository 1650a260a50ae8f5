//! The network's boxes have become smaller, and the next one of a message would not fit.
//!
//! Boxes that were begun before may be on the mixnet as they were: those are read back. What is not there will
//! never be, as the network takes no boxes of the old size. So the message is divided again from there on, which
//! readers do not notice. Only where boxes behind a missing one are there, what there is of these messages is
//! given up: the boxes become tombstones, and the messages are sent anew behind them, in their order.

use std::sync::Arc;

use super::{Engine, Sent, Stored};
use crate::store::backing::{Backing, Durability};
use crate::store::writer::boxes::{self, Fill, Seen};
use crate::store::writer::ledger;
use crate::sync::lock;
use crate::{Error, Result, Status};

impl Engine {
    /// Whether the next box does not fit, as far as is known.
    pub(super) fn is_next_too_large(&self) -> bool {
        let next = self.messages.front();
        let capacity = self.core.inner.capacity();
        next.zip(capacity)
            .is_some_and(|(next, capacity)| next.length() > capacity)
    }

    /// Sees to the next box, which does not fit, while none is on its way.
    pub(super) async fn make_smaller(&mut self) -> Result<()> {
        let capacity = self.core.inner.capacity();
        let (Some(mut message), Some(capacity)) = (self.messages.pop_front(), capacity) else {
            return Ok(());
        };
        let (sent, fill) = message.next()?;
        let seen = boxes::look(&self.core, &sent.index, &fill).await?;
        match seen {
            Seen::Own => {
                self.keep(sent.then()).await?;
                self.forget();
                return Ok(());
            }
            Seen::Other => return self.resolve(sent, taken()).await,
            Seen::Nothing | Seen::Tombstone => {}
        }
        let behind = self.seen_behind(&sent).await?;
        if behind.iter().any(|(_, seen)| *seen == Seen::Other) {
            return self.resolve(sent, taken()).await;
        }
        let last = behind.iter().rev().find(|(_, seen)| *seen != Seen::Nothing);
        match last {
            None if seen == Seen::Nothing => self.divide_again(capacity).await,
            last => {
                let last = last.map_or(&sent, |(last, _)| last);
                self.give_up(&sent, last).await
            }
        }
    }

    async fn divide_again(&mut self, capacity: usize) -> Result<()> {
        let (channel, progress) = (self.core.channel, self.progress());
        let divide = move |backing: &mut dyn Backing| {
            ledger::divide_again(backing, channel, progress, capacity)
        };
        let cursor = self.core.inner.disk.run(Durability::Now, divide).await?;
        lock(&self.core.standing).cursor = cursor;
        self.forget();
        Ok(())
    }

    /// Makes the boxes from one to another tombstones, and chooses others behind them for all messages that
    /// are not stored. No reader has passed the first of them. After a crash in between all of this is found
    /// again, and done again.
    async fn give_up(&mut self, first: &Sent, last: &Sent) -> Result<()> {
        let mut index = first.index.clone();
        loop {
            boxes::store(Arc::clone(&self.core), index.clone(), Fill::Erasure).await?;
            if index == last.index {
                break;
            }
            index = index.next();
        }
        let stored = Stored::since(self.progress());
        self.move_on(last.index.next(), stored.written).await?;
        self.is_stepping = false;
        Ok(())
    }
}

fn taken() -> Error {
    Error::new(
        Status::BOX_ALREADY_EXISTS,
        "the box holds something that this writer did not write",
    )
}
