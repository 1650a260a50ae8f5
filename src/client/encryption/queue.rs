//! Who waits for an encryption, and whose turn it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::permit::Permit;
use crate::client::runtime::waiter::Waiter;
use crate::Result;

/// What an encryption is for. The first ones go first, but never for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    /// A caller waits for just this.
    Call,
    /// A box whose turn to be written is near.
    Write,
    /// A part of something long.
    Bulk,
    /// A box whose turn to be read is near.
    Read,
}

const CLASSES: usize = 4;
/// So many of a higher priority go before one that waits.
const PATIENCE: u32 = 4;

/// Who waits for a permit.
pub(crate) enum Sink {
    /// A thread of the application.
    Thread(Arc<Waiter<Result<Permit>>>),
    /// A task of the runtime.
    Task(oneshot::Sender<Result<Permit>>),
}

impl Sink {
    /// Returns a permit that nobody takes.
    pub(crate) fn deliver(self, granted: Result<Permit>) -> std::result::Result<(), Permit> {
        match self {
            Sink::Thread(waiter) => waiter.fill(granted),
            Sink::Task(sender) => {
                if let Err(Ok(permit)) = sender.send(granted) {
                    return Err(permit);
                }
            }
        }
        Ok(())
    }
}

/// The requests that wait: first come, first served within a priority.
#[derive(Default)]
pub(crate) struct Queue {
    classes: [Class; CLASSES],
    last: u64,
}

#[derive(Default)]
struct Class {
    /// By number, which rises.
    waiting: BTreeMap<u64, Sink>,
    /// How often others went first while it waited.
    passed: u32,
}

impl Queue {
    /// The number of requests that wait.
    pub(crate) fn len(&self) -> usize {
        self.classes.iter().map(|class| class.waiting.len()).sum()
    }

    /// Adds a request, under a number never used before.
    pub(crate) fn push(&mut self, priority: Priority, sink: Sink) -> u64 {
        self.last += 1;
        let class = &mut self.classes[priority as usize];
        class.waiting.insert(self.last, sink);
        self.last
    }

    /// Removes a request that was given up, if it is there.
    pub(crate) fn remove(&mut self, number: u64) -> Option<Sink> {
        let mut classes = self.classes.iter_mut();
        classes.find_map(|class| class.waiting.remove(&number))
    }

    /// Removes the request whose turn it is.
    pub(crate) fn next(&mut self) -> Option<Sink> {
        let waits = |class: &Class| !class.waiting.is_empty();
        let starves = |class: &Class| waits(class) && class.passed >= PATIENCE;
        let starving = self.classes.iter().position(starves);
        let turn = starving.or_else(|| self.classes.iter().position(waits))?;
        for (at, class) in self.classes.iter_mut().enumerate() {
            class.passed = match at == turn || !waits(class) {
                true => 0,
                false => class.passed + 1,
            };
        }
        let (_, sink) = self.classes[turn].waiting.pop_first()?;
        Some(sink)
    }

    /// Removes all.
    pub(crate) fn take_all(&mut self) -> Vec<Sink> {
        let all = self.classes.iter_mut();
        let all = all.map(|class| std::mem::take(&mut class.waiting));
        all.flat_map(BTreeMap::into_values).collect()
    }
}
