//! Places in a lane's line for boxes that are encrypted when their turn is near.
//!
//! An encryption may cost the daemon seconds, so none is asked for long before it is used. But
//! the order of the line is that in which callers came. So a place is taken first; whoever has
//! it is told when the turn is near, encrypts, and fills it. Until then others pass.

use tokio::sync::oneshot;

use super::answer::{StartKey, StartSink};
use super::line::Item;
use super::{item_of, line_of, Starts, READS, WRITES};
use crate::client::connection::state::resend_request::StartRequest;
use crate::error::closed;
use crate::Result;

/// So many boxes of a line are prepared beyond those that may leave now. Enough to keep the lane
/// busy; what is prepared and then cancelled was encrypted in vain. Writes are many where they
/// are, and none of them is cheaper later.
const AHEAD: [usize; 2] = [8, 2];

/// Whoever has the place; None once told.
pub(crate) type Place = Option<oneshot::Sender<()>>;

impl Starts {
    /// Takes a place at the end of the line; what comes back is told when the turn is near.
    pub(crate) fn reserve(&mut self, is_write: bool) -> (StartKey, oneshot::Receiver<()>) {
        let key = self.next_key;
        self.next_key += 1;
        let (near, told) = oneshot::channel();
        self.lines[if is_write { WRITES } else { READS }].push_back(key, Item::Place);
        self.places.insert(key, Some(near));
        (key, told)
    }

    /// Puts a request into its place.
    pub(crate) fn fill(
        &mut self,
        key: StartKey,
        request: StartRequest,
        sink: StartSink,
    ) -> Result<()> {
        self.places.remove(&key).ok_or_else(closed)?;
        self.lines[line_of(&request)].fill(key, item_of(&request));
        self.enter(key, request, sink);
        Ok(())
    }

    /// Gives a place up. False if it is none, or filled.
    pub(crate) fn vacate(&mut self, key: StartKey) -> bool {
        let was_there = self.places.remove(&key).is_some();
        if was_there {
            for line in &mut self.lines {
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
        for (line, ahead) in self.lines.iter().zip(AHEAD) {
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

    fn places(starts: &mut Starts, count: usize) -> Vec<(StartKey, Near)> {
        (0..count).map(|_| starts.reserve(true)).collect()
    }

    fn told(places: &mut [(StartKey, Near)]) -> Vec<bool> {
        let told = |place: &mut (StartKey, Near)| place.1.try_recv().is_ok();
        places.iter_mut().map(told).collect()
    }

    /// How many of places in a row were told, which are the first.
    fn told_first(places: &mut [(StartKey, Near)]) -> usize {
        let told = told(places);
        let count = told.iter().filter(|t| **t).count();
        assert!(told[..count].iter().all(|t| *t), "{told:?}");
        count
    }

    #[test]
    fn those_are_told_that_may_leave_now_and_some_ahead() {
        let mut starts = Starts::new();
        let mut all = places(&mut starts, 40);
        starts.call_near(3);
        assert_eq!(told_first(&mut all), 3 + AHEAD[WRITES]);
        starts.call_near(3);
        let (sink, _answer) = oneshot::channel();
        assert!(!told(&mut all).contains(&true), "nobody is told twice");
        starts.fill(all[0].0, write_of(1), sink).unwrap();
        let left = starts.next(
            &Features::current(),
            &Queries::new().unwrap(),
            Instant::now(),
        );
        assert!(left.is_some());
        starts.call_near(2);
        assert_eq!(
            told(&mut all[1..]),
            [false; 39],
            "one left, one place less is free"
        );
        starts.abandon(all[1].0, &Queries::new().unwrap(), Instant::now());
        starts.call_near(2);
        let told = told(&mut all);
        assert_eq!(told.iter().position(|t| *t), Some(3 + AHEAD[WRITES]));
    }

    #[test]
    fn others_pass_a_place_that_is_not_filled_and_it_keeps_its_turn() {
        let mut starts = Starts::new();
        let (queries, now) = (Queries::new().unwrap(), Instant::now());
        let features = Features::current();
        let first = starts.reserve(true).0;
        starts.enqueue(write_of(2), oneshot::channel().0);
        starts.enqueue(write_of(3), oneshot::channel().0);
        assert!(starts.next(&features, &queries, now).is_some());
        assert!(starts.running.contains(&[2; 32]));
        starts
            .fill(first, write_of(1), oneshot::channel().0)
            .unwrap();
        assert!(starts.next(&features, &queries, now).is_some());
        assert!(starts.running.contains(&[1; 32]));
    }

    /// How many of those that wait were looked at so far.
    fn looked_at(starts: &Starts) -> usize {
        starts.lines.iter().map(|line| line.looked_at.get()).sum()
    }

    /// Takes everything out, from the front or the back, as a cancelled operation does: what
    /// it leaves may be another's turn. Gives how many others were looked at.
    fn take_out(starts: &mut Starts, mut keys: Vec<StartKey>, from_back: bool) -> usize {
        let (queries, now) = (Queries::new().unwrap(), Instant::now());
        let before = looked_at(starts);
        if from_back {
            keys.reverse();
        }
        for key in keys {
            starts.abandon(key, &queries, now);
            starts.next(&Features::current(), &queries, now);
            starts.call_near(1);
        }
        looked_at(starts) - before
    }

    #[test]
    fn taking_out_many_looks_at_few_others_for_each() {
        const MANY: usize = 3000;
        for from_back in [false, true] {
            let mut starts = Starts::new();
            let places: Vec<_> = (0..MANY).map(|_| starts.reserve(true)).collect();
            let keys = places.iter().map(|(key, _)| *key).collect();
            let looked = take_out(&mut starts, keys, from_back);
            assert!(looked <= 12 * MANY, "{looked} for places");

            let mut starts = Starts::new();
            let copies = |n: usize| copy_of(u8::try_from(n % 251).unwrap());
            let keys = (0..MANY).map(|n| starts.enqueue(copies(n), oneshot::channel().0));
            let keys = keys.collect();
            let looked = take_out(&mut starts, keys, from_back);
            assert!(looked <= 12 * MANY, "{looked} for copy commands");
            assert_eq!(starts.in_line(), 0);
        }
    }

    #[test]
    fn copy_commands_that_cannot_run_yet_hold_up_no_place() {
        let mut starts = Starts::new();
        let (queries, now) = (Queries::new().unwrap(), Instant::now());
        for seed in 0..20 {
            starts.enqueue(copy_of(seed), oneshot::channel().0);
        }
        let mut behind = places(&mut starts, 1);
        while starts.next(&Features::current(), &queries, now).is_some() {}
        assert_eq!(starts.copies, MAX_COPIES);
        starts.call_near(0);
        assert_eq!(told(&mut behind), [true]);
    }

    #[test]
    fn whoever_holds_a_place_hears_of_the_end_and_can_fill_it_no_more() {
        let mut starts = Starts::new();
        let (key, mut near) = starts.reserve(false);
        starts.fail_all(closed);
        assert!(matches!(
            near.try_recv(),
            Err(oneshot::error::TryRecvError::Closed)
        ));
        assert!(starts.fill(key, write_of(1), oneshot::channel().0).is_err());
        assert_eq!(starts.in_line(), 0);
    }
}
