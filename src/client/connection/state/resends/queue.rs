//! A queue of requests in order. Any of them can be removed at any time, and the cost does not
//! depend on how many others wait: programs cancel thousands at once.

use std::collections::{BTreeMap, HashMap};

use super::answer::ResendKey;

/// Position in the order; rises from front to back.
type Position = i64;

/// One queue of a lane.
#[derive(Default)]
pub(super) struct Queue {
    /// Boxes, prepared or not.
    boxes: BTreeMap<Position, ResendKey>,
    /// Those of them that are prepared.
    prepared: BTreeMap<Position, ResendKey>,
    copies: BTreeMap<Position, ResendKey>,
    positions: HashMap<ResendKey, Position>,
    front: Position,
    back: Position,
    #[cfg(test)]
    pub(super) visited: std::cell::Cell<usize>,
}

/// What is queued.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    /// A place reserved for a box that is still to be prepared.
    Place,
    /// A box.
    Box,
    /// A copy command.
    Copy,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.positions.len()
    }

    pub(super) fn push_back(&mut self, key: ResendKey, item: Item) {
        self.back += 1;
        self.queue(key, item, self.back);
    }

    pub(super) fn push_front(&mut self, key: ResendKey, item: Item) {
        self.front -= 1;
        self.queue(key, item, self.front);
    }

    fn queue(&mut self, key: ResendKey, item: Item, at: Position) {
        self.positions.insert(key, at);
        match item {
            Item::Copy => drop(self.copies.insert(at, key)),
            Item::Box | Item::Place => drop(self.boxes.insert(at, key)),
        }
        if item == Item::Box {
            self.prepared.insert(at, key);
        }
    }

    /// Fills a reserved place.
    pub(super) fn fill(&mut self, key: ResendKey, item: Item) {
        if let Some(at) = self.positions.get(&key).copied() {
            self.boxes.remove(&at);
            self.queue(key, item, at);
        }
    }

    /// Removes an entry, wherever it stands.
    pub(super) fn remove(&mut self, key: ResendKey) {
        if let Some(at) = self.positions.remove(&key) {
            self.boxes.remove(&at);
            self.prepared.remove(&at);
            self.copies.remove(&at);
        }
    }

    /// Returns the first prepared entry for which `may_run` holds; only one of `only`, where not
    /// all may go.
    pub(super) fn first(
        &self,
        only: Option<&[ResendKey]>,
        copies: bool,
        may_run: impl Fn(ResendKey) -> bool,
    ) -> Option<ResendKey> {
        if let Some(only) = only {
            let waiting = only.iter().filter(|key| may_run(**key));
            let placed = waiting.filter_map(|key| Some((self.positions.get(key)?, *key)));
            return placed.min().map(|(_, key)| key);
        }
        let first = |queue: &BTreeMap<Position, ResendKey>| {
            let mut queue = queue.iter().inspect(|_| self.visit());
            queue
                .find(|(_, key)| may_run(**key))
                .map(|(at, key)| (*at, *key))
        };
        let copy = copies.then(|| first(&self.copies)).flatten();
        let found = first(&self.prepared).into_iter().chain(copy).min();
        found.map(|(_, key)| key)
    }

    /// The boxes, prepared or not, from the front.
    pub(super) fn boxes(&self) -> impl Iterator<Item = ResendKey> + '_ {
        self.boxes.values().inspect(|_| self.visit()).copied()
    }

    #[cfg(test)]
    fn visit(&self) {
        self.visited.set(self.visited.get() + 1);
    }

    #[cfg(not(test))]
    fn visit(&self) {}
}
