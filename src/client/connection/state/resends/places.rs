//! Places in a lane's queue for boxes that are encrypted when their turn is near.
//!
//! An encryption may cost the daemon seconds, so it is requested shortly before it is used. But the
//! queue keeps the order in which callers came. So a place is reserved first. Its holder is
//! notified when its turn is near, encrypts, and fills it. Until then others pass.

use tokio::sync::oneshot;

use super::answer::{ResendKey, ResendSink};
use super::queue::Item;
use super::{item_of, queue_of, Resends, READS, WRITES};
use crate::client::connection::state::resend_request::ResendRequest;
use crate::error::closed;
use crate::Result;

/// So many boxes of a queue are prepared beyond those that may be sent now: enough to keep the lane
/// busy, as a prepared box that is cancelled was encrypted for nothing. The bound for writes is
/// larger: they come in large numbers, and none of them gets cheaper later.
const AHEAD: [usize; 2] = [8, 2];

/// Notifies the holder of the place; `None` once done.
pub(crate) type Place = Option<Turn>;
/// Says that the turn is near, or why it never comes.
type Turn = oneshot::Sender<Result<()>>;

impl Resends {
    /// Reserves a place at the end of the queue; the receiver is notified when its turn is near.
    pub(crate) fn reserve(&mut self, is_write: bool) -> (ResendKey, oneshot::Receiver<Result<()>>) {
        let key = self.next_key;
        self.next_key += 1;
        let (notify, notified) = oneshot::channel();
        self.queues[if is_write { WRITES } else { READS }].push_back(key, Item::Place);
        self.places.insert(key, Some(notify));
        (key, notified)
    }

    /// Puts a request into its place.
    pub(crate) fn fill(
        &mut self,
        key: ResendKey,
        request: ResendRequest,
        sink: ResendSink,
    ) -> Result<()> {
        self.places.remove(&key).ok_or_else(closed)?;
        self.queues[queue_of(&request)].fill(key, item_of(&request));
        self.enter(key, request, sink);
        Ok(())
    }

    /// Releases a place. Returns false if there is none, or it is filled.
    pub(crate) fn vacate(&mut self, key: ResendKey) -> bool {
        let was_there = self.places.remove(&key).is_some();
        if was_there {
            for queue in &mut self.queues {
                queue.remove(key);
            }
        }
        was_there
    }

    /// Notifies the holders whose turn is near, where `free` requests may be sent now.
    pub(crate) fn notify_near(&mut self, free: usize) {
        if self.places.is_empty() {
            return;
        }
        for (queue, ahead) in self.queues.iter().zip(AHEAD) {
            let mut left = free + ahead;
            let mut boxes = queue.boxes();
            while let Some(key) = boxes.next().filter(|_| left > 0) {
                if let Some(place) = self.places.get_mut(&key) {
                    left -= 1;
                    // The holder is gone: it is about to release the place.
                    place.take().map(|notify| notify.send(Ok(())));
                } else if self.may_run(key) {
                    left -= 1;
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
    use crate::Status;
    use std::time::Instant;

    type Near = oneshot::Receiver<Result<()>>;

    fn places(resends: &mut Resends, count: usize) -> Vec<(ResendKey, Near)> {
        (0..count).map(|_| resends.reserve(true)).collect()
    }

    fn notified(places: &mut [(ResendKey, Near)]) -> Vec<bool> {
        let notified = |place: &mut (ResendKey, Near)| place.1.try_recv().is_ok();
        places.iter_mut().map(notified).collect()
    }

    /// How many places at the front were notified; asserts that they are the first.
    fn notified_first(places: &mut [(ResendKey, Near)]) -> usize {
        let notified = notified(places);
        let count = notified.iter().filter(|t| **t).count();
        assert!(notified[..count].iter().all(|t| *t), "{notified:?}");
        count
    }

    #[test]
    fn those_are_told_that_may_leave_now_and_some_ahead() {
        let mut resends = Resends::new();
        let mut all = places(&mut resends, 40);
        resends.notify_near(3);
        assert_eq!(notified_first(&mut all), 3 + AHEAD[WRITES]);
        resends.notify_near(3);
        let (sink, _answer) = oneshot::channel();
        assert!(
            !notified(&mut all).contains(&true),
            "nobody is notified twice"
        );
        resends.fill(all[0].0, write_of(1), sink).unwrap();
        let left = resends.next(
            &Features::current(),
            &Queries::new().unwrap(),
            Instant::now(),
        );
        assert!(left.is_some());
        resends.notify_near(2);
        assert_eq!(
            notified(&mut all[1..]),
            [false; 39],
            "one left, one place less is free"
        );
        resends.abandon(all[1].0, &Queries::new().unwrap(), Instant::now());
        resends.notify_near(2);
        let notified = notified(&mut all);
        assert_eq!(notified.iter().position(|t| *t), Some(3 + AHEAD[WRITES]));
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

    /// How many queued entries were visited so far.
    fn visited(resends: &Resends) -> usize {
        resends.queues.iter().map(|queue| queue.visited.get()).sum()
    }

    /// Removes everything, from the front or the back, as a cancelled operation does; that may give
    /// its turn to another. Returns how many others were visited.
    fn take_out(resends: &mut Resends, mut keys: Vec<ResendKey>, from_back: bool) -> usize {
        let (queries, now) = (Queries::new().unwrap(), Instant::now());
        let before = visited(resends);
        if from_back {
            keys.reverse();
        }
        for key in keys {
            resends.abandon(key, &queries, now);
            resends.next(&Features::current(), &queries, now);
            resends.notify_near(1);
        }
        visited(resends) - before
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
            assert_eq!(resends.queued(), 0);
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
        resends.notify_near(0);
        assert_eq!(notified(&mut behind), [true]);
    }

    #[test]
    fn whoever_holds_a_place_hears_of_the_end_and_can_fill_it_no_more() {
        let mut resends = Resends::new();
        let (key, mut turn) = resends.reserve(false);
        resends.fail_all(closed);
        let failure = turn.try_recv().unwrap().unwrap_err();
        assert_eq!(failure.status(), Status::CLOSED);
        assert!(resends
            .fill(key, write_of(1), oneshot::channel().0)
            .is_err());
        assert_eq!(resends.queued(), 0);
    }
}
