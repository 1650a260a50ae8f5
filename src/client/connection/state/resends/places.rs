//! Places in a lane's line for boxes that are encrypted when their turn is near.
//!
//! An encryption may cost the daemon seconds, so none is asked for long before it is used. But
//! the order of the line is that in which callers came. So a place is taken first; whoever has
//! it is told when the turn is near, encrypts, and fills it. Until then others pass.

use tokio::sync::oneshot;

use super::answer::{ResendKey, ResendSink};
use super::line::Item;
use super::{item_of, line_of, Resends, READS, WRITES};
use crate::client::connection::state::resend_request::ResendRequest;
use crate::error::closed;
use crate::Result;

/// So many boxes of a line are prepared beyond those that may leave now. Enough to keep the lane
/// busy; what is prepared and then cancelled was encrypted in vain. Writes are many where they
/// are, and none of them is cheaper later.
const AHEAD: [usize; 2] = [8, 2];

/// Whoever has the place; None once told.
pub(crate) type Place = Option<oneshot::Sender<()>>;

impl Resends {
    /// Takes a place at the end of the line; what comes back is told when the turn is near.
    pub(crate) fn reserve(&mut self, is_write: bool) -> (ResendKey, oneshot::Receiver<()>) {
        let key = self.next_key;
        self.next_key += 1;
        let (near, told) = oneshot::channel();
        self.queues[if is_write { WRITES } else { READS }].push_back(key, Item::Place);
        self.places.insert(key, Some(near));
        (key, told)
    }

    /// Puts a request into its place.
    pub(crate) fn fill(
        &mut self,
        key: ResendKey,
        request: ResendRequest,
        sink: ResendSink,
    ) -> Result<()> {
        self.places.remove(&key).ok_or_else(closed)?;
        self.queues[line_of(&request)].fill(key, item_of(&request));
        self.enter(key, request, sink);
        Ok(())
    }

    /// Gives a place up. False if it is none, or filled.
    pub(crate) fn vacate(&mut self, key: ResendKey) -> bool {
        let was_there = self.places.remove(&key).is_some();
        if was_there {
            for line in &mut self.queues {
                line.remove(key);
            }
        }
        was_there
    }

    /// Tells those whose turn is near, where `free` requests may leave now.
    pub(crate) fn call_near(&mut self, free: usize) {
        if self.places.is_empty() {
            return;
        }
        for (line, ahead) in self.queues.iter().zip(AHEAD) {
            let mut near = free + ahead;
            let mut boxes = line.boxes();
            while let Some(key) = boxes.next().filter(|_| near > 0) {
                if let Some(place) = self.places.get_mut(&key) {
                    near -= 1;
                    // Nobody there: the place is about to be given up.
                    place.take().map(|told| told.send(()));
                } else if self.may_run(key) {
                    near -= 1;
                }
            }
        }
    }
}

/// How many boxes are prepared beyond those that may be at the daemon.
pub(crate) fn writes_ahead() -> usize {
    AHEAD[WRITES]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::connection::state::resends::tests::{copy_of, write_of};
    use crate::client::connection::state::resends::{Features, Queries, MAX_COPIES};
    use std::time::Instant;

    type Near = oneshot::Receiver<()>;

    fn places(resends: &mut Resends, count: usize) -> Vec<(ResendKey, Near)> {
        (0..count).map(|_| resends.reserve(true)).collect()
    }

    fn told(places: &mut [(ResendKey, Near)]) -> Vec<bool> {
        let told = |place: &mut (ResendKey, Near)| place.1.try_recv().is_ok();
        places.iter_mut().map(told).collect()
    }

    /// How many of places in a row were told, which are the first.
    fn told_first(places: &mut [(ResendKey, Near)]) -> usize {
        let told = told(places);
        let count = told.iter().filter(|t| **t).count();
        assert!(told[..count].iter().all(|t| *t), "{told:?}");
        count
    }

    #[test]
    fn those_are_told_that_may_leave_now_and_some_ahead() {
        let mut resends = Resends::new();
        let mut all = places(&mut resends, 40);
        resends.call_near(3);
        assert_eq!(told_first(&mut all), 3 + AHEAD[WRITES]);
        resends.call_near(3);
        let (sink, _answer) = oneshot::channel();
        assert!(!told(&mut all).contains(&true), "nobody is told twice");
        resends.fill(all[0].0, write_of(1), sink).unwrap();
        let left = resends.next(
            &Features::current(),
            &Queries::new().unwrap(),
            Instant::now(),
        );
        assert!(left.is_some());
        resends.call_near(2);
        assert_eq!(
            told(&mut all[1..]),
            [false; 39],
            "one left, one place less is free"
        );
        resends.abandon(all[1].0, &Queries::new().unwrap(), Instant::now());
        resends.call_near(2);
        let told = told(&mut all);
        assert_eq!(told.iter().position(|t| *t), Some(3 + AHEAD[WRITES]));
    }

    #[test]
    fn others_pass_a_place_that_is_not_filled_and_it_keeps_its_turn() {
        let mut resends = Resends::new();
        let (queries, now) = (Queries::new().unwrap(), Instant::now());
        let features = Features::current();
        let first = resends.reserve(true).0;
        resends.enqueue(write_of(2), oneshot::channel().0);
        resends.enqueue(write_of(3), oneshot::channel().0);
        assert!(resends.next(&features, &queries, now).is_some());
        assert!(resends.running.contains(&[2; 32]));
        resends
            .fill(first, write_of(1), oneshot::channel().0)
            .unwrap();
        assert!(resends.next(&features, &queries, now).is_some());
        assert!(resends.running.contains(&[1; 32]));
    }

    /// How many of those that wait were looked at so far.
    fn looked_at(resends: &Resends) -> usize {
        resends.queues.iter().map(|line| line.looked_at.get()).sum()
    }

    /// Takes everything out, from the front or the back, as a cancelled operation does: what
    /// it leaves may be another's turn. Gives how many others were looked at.
    fn take_out(resends: &mut Resends, mut keys: Vec<ResendKey>, from_back: bool) -> usize {
        let (queries, now) = (Queries::new().unwrap(), Instant::now());
        let before = looked_at(resends);
        if from_back {
            keys.reverse();
        }
        for key in keys {
            resends.abandon(key, &queries, now);
            resends.next(&Features::current(), &queries, now);
            resends.call_near(1);
        }
        looked_at(resends) - before
    }

    #[test]
    fn taking_out_many_looks_at_few_others_for_each() {
        const MANY: usize = 3000;
        for from_back in [false, true] {
            let mut resends = Resends::new();
            let places: Vec<_> = (0..MANY).map(|_| resends.reserve(true)).collect();
            let keys = places.iter().map(|(key, _)| *key).collect();
            let looked = take_out(&mut resends, keys, from_back);
            assert!(looked <= 12 * MANY, "{looked} for places");

            let mut resends = Resends::new();
            let copies = |n: usize| copy_of(u8::try_from(n % 251).unwrap());
            let keys = (0..MANY).map(|n| resends.enqueue(copies(n), oneshot::channel().0));
            let keys = keys.collect();
            let looked = take_out(&mut resends, keys, from_back);
            assert!(looked <= 12 * MANY, "{looked} for copy commands");
            assert_eq!(resends.in_line(), 0);
        }
    }

    #[test]
    fn copy_commands_that_cannot_run_yet_hold_up_no_place() {
        let mut resends = Resends::new();
        let (queries, now) = (Queries::new().unwrap(), Instant::now());
        for seed in 0..20 {
            resends.enqueue(copy_of(seed), oneshot::channel().0);
        }
        let mut behind = places(&mut resends, 1);
        while resends.next(&Features::current(), &queries, now).is_some() {}
        assert_eq!(resends.copies, MAX_COPIES);
        resends.call_near(0);
        assert_eq!(told(&mut behind), [true]);
    }

    #[test]
    fn whoever_holds_a_place_hears_of_the_end_and_can_fill_it_no_more() {
        let mut resends = Resends::new();
        let (key, mut near) = resends.reserve(false);
        resends.fail_all(closed);
        assert!(matches!(
            near.try_recv(),
            Err(oneshot::error::TryRecvError::Closed)
        ));
        assert!(resends
            .fill(key, write_of(1), oneshot::channel().0)
            .is_err());
        assert_eq!(resends.in_line(), 0);
    }
}
