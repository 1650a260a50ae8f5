//! Which couriers execute copy commands, and which have failed.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::client::events::{CourierVanished, Event};
use crate::pki::Document;
use crate::sync::lock;
use crate::wire::Hash;

/// How long a courier remembers the outcome of a copy.
const REMEMBERED: Duration = Duration::from_secs(30 * 60);
/// Couriers remembered at most, of each kind.
const MAX_REMEMBERED: usize = 256;

/// Which couriers work for which temporary streams, and which have failed.
#[derive(Default)]
pub(crate) struct Copies {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Vec<Running>,
    last: u64,
    /// They had a command whose outcome nobody has waited for.
    left: Memory,
    failures: Memory,
}

struct Running {
    number: u64,
    stream: Hash,
    courier: Hash,
    reported: bool,
}

/// Couriers of streams, as long as they remember the stream themselves.
#[derive(Default)]
struct Memory {
    list: VecDeque<Remembered>,
}

struct Remembered {
    stream: Hash,
    courier: Hash,
    at: Instant,
}

impl Memory {
    fn add(&mut self, stream: Hash, courier: Hash, now: Instant) {
        if self.list.len() >= MAX_REMEMBERED {
            self.list.pop_front();
        }
        self.list.push_back(Remembered {
            stream,
            courier,
            at: now,
        });
    }

    fn forget(&mut self, stream: &Hash) {
        self.list.retain(|r| r.stream != *stream);
    }

    /// The couriers of a stream, the last one first.
    fn of(&mut self, stream: &Hash, now: Instant) -> Vec<Hash> {
        self.list
            .retain(|r| now.saturating_duration_since(r.at) < REMEMBERED);
        let of_stream = self.list.iter().rev().filter(|r| r.stream == *stream);
        of_stream.map(|r| r.courier).collect()
    }
}

/// A copy command that is registered until this is dropped. Unless its outcome was reported before,
/// the courier may still work on it then.
pub(crate) struct AtWork<'a> {
    copies: &'a Copies,
    number: u64,
    stream: Hash,
    courier: Hash,
    is_over: bool,
}

impl AtWork<'_> {
    /// The courier has completed it.
    pub(crate) fn succeeded(mut self) {
        self.is_over = true;
    }

    /// The courier has failed, and would now only report that again.
    pub(crate) fn failed(mut self) {
        self.is_over = true;
        let mut state = lock(&self.copies.state);
        state
            .failures
            .add(self.stream, self.courier, crate::clock::now());
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.copies.state);
        state.running.retain(|copy| copy.number != self.number);
        if !self.is_over {
            state
                .left
                .add(self.stream, self.courier, crate::clock::now());
        }
    }
}

impl Copies {
    /// A courier starts.
    pub(crate) fn start(&self, stream: Hash, courier: Hash) -> AtWork<'_> {
        let mut state = lock(&self.state);
        state.left.forget(&stream);
        state.last += 1;
        let number = state.last;
        state.running.push(Running {
            number,
            stream,
            courier,
            reported: false,
        });
        AtWork {
            copies: self,
            number,
            stream,
            courier,
            is_over: false,
        }
    }

    /// Couriers that have failed for a stream, as far as they remember it.
    pub(crate) fn failed_for(&self, stream: &Hash) -> Vec<Hash> {
        lock(&self.state).failures.of(stream, crate::clock::now())
    }

    /// The courier that has a command for a stream: one whose caller waits, and may give up before
    /// the next command starts, or one that was given up.
    pub(crate) fn at_work_for(&self, stream: &Hash) -> Option<Hash> {
        let mut state = lock(&self.state);
        let running = state.running.iter().find(|copy| copy.stream == *stream);
        match running {
            Some(copy) => Some(copy.courier),
            None => state.left.of(stream, crate::clock::now()).first().copied(),
        }
    }

    /// Copies whose courier a new document does not name any more, each reported once.
    pub(crate) fn vanished(&self, document: &Document) -> Vec<Event> {
        let mut state = lock(&self.state);
        let mut events = Vec::new();
        for copy in &mut state.running {
            let here = document.has_identity(&copy.courier);
            if !here && !copy.reported {
                events.push(Event::CourierVanished(CourierVanished {
                    stream: copy.stream,
                    courier: copy.courier,
                }));
            }
            copy.reported = !here;
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_courier_is_at_work_until_its_outcome_is_reported() {
        let copies = Copies::default();
        let (stream, courier) = ([1; 32], [2; 32]);
        drop(copies.start(stream, courier));
        assert_eq!(copies.at_work_for(&stream), Some(courier));
        let again = copies.start(stream, [3; 32]);
        assert_eq!(copies.at_work_for(&stream), Some([3; 32]));
        again.succeeded();
        assert_eq!(copies.at_work_for(&stream), None);
        copies.start(stream, courier).failed();
        assert_eq!(copies.at_work_for(&stream), None);
        assert_eq!(copies.failed_for(&stream), [courier]);
        assert!(lock(&copies.state).running.is_empty());
    }

    #[test]
    fn a_command_that_completes_late_does_not_touch_the_next_one_of_its_stream() {
        let copies = Copies::default();
        let first = copies.start([1; 32], [2; 32]);
        let next = copies.start([1; 32], [2; 32]);
        drop(first);
        assert_eq!(lock(&copies.state).running.len(), 1);
        next.succeeded();
        assert!(lock(&copies.state).running.is_empty());
    }

    #[test]
    fn what_is_remembered_is_bounded_in_number_and_time() {
        let mut memory = Memory::default();
        let now = crate::clock::now();
        for number in 0..=u16::MAX {
            let mut stream = [0; 32];
            stream[..2].copy_from_slice(&number.to_be_bytes());
            memory.add(stream, [7; 32], now);
        }
        assert_eq!(memory.list.len(), MAX_REMEMBERED);
        let last = [255; 2].into_iter().chain([0; 30]).collect::<Vec<u8>>();
        let last: Hash = last.try_into().unwrap();
        assert_eq!(memory.of(&last, now), [[7; 32]]);
        assert!(memory.of(&last, now + REMEMBERED).is_empty());
        assert!(memory.list.is_empty());
    }
}
