//! The agenda: one heap for all timers of the daemon.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

struct Due<E> {
    at: Instant,
    number: u64,
    event: E,
}

impl<E> PartialEq for Due<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Due<E> {}

impl<E> PartialOrd for Due<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Due<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

/// Events in the order of their times; events of the same time in the order of entry.
pub(crate) struct Agenda<E> {
    heap: BinaryHeap<Reverse<Due<E>>>,
    next_number: u64,
    changed: Rc<Notify>,
}

impl<E> Agenda<E> {
    /// An empty agenda.
    pub(crate) fn new() -> Agenda<E> {
        Agenda {
            heap: BinaryHeap::new(),
            next_number: 0,
            changed: Rc::new(Notify::new()),
        }
    }

    /// Notified when an event becomes the earliest.
    pub(crate) fn changed(&self) -> Rc<Notify> {
        Rc::clone(&self.changed)
    }

    /// Schedules an event.
    pub(crate) fn after(&mut self, delay: Duration, event: E) {
        let at = Instant::now() + delay;
        let first = self.heap.peek().is_none_or(|due| at < due.0.at);
        let number = self.next_number;
        self.next_number += 1;
        self.heap.push(Reverse(Due { at, number, event }));
        if first {
            self.changed.notify_one();
        }
    }

    /// When the first event is due.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|due| due.0.at)
    }

    /// Takes the first event that is due.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<E> {
        if self.next_at()? > now {
            return None;
        }
        self.heap.pop().map(|due| due.0.event)
    }

    /// Makes some events due earlier.
    pub(crate) fn hasten(&mut self, by: Duration, which: impl Fn(&E) -> bool) {
        let mut all = std::mem::take(&mut self.heap).into_vec();
        for due in all.iter_mut().filter(|due| which(&due.0.event)) {
            due.0.at = due.0.at.checked_sub(by).unwrap_or_else(Instant::now);
        }
        self.heap = all.into();
        self.changed.notify_one();
    }

    /// Keeps only the events for which this is true.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&E) -> bool) {
        self.heap.retain(|due| keep(&due.0.event));
    }
}
