//! What outlives the call that started it, kept so that it can be found and waited for.

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::Notify;

use crate::sync::lock;
use crate::Result;

/// Things in flight, each under a number that is never used twice.
pub(crate) struct InFlight<T> {
    state: Mutex<State<T>>,
    ended: Notify,
}

struct State<T> {
    last: u64,
    live: HashMap<u64, T>,
}

impl<T> Default for InFlight<T> {
    fn default() -> Self {
        InFlight {
            state: Mutex::new(State {
                last: 0,
                live: HashMap::new(),
            }),
            ended: Notify::new(),
        }
    }
}

impl<T> InFlight<T> {
    /// Adds a thing, unless `check` refuses it beside one of those that are there.
    pub(crate) fn enter(&self, thing: T, check: impl Fn(&T, &T) -> Result<()>) -> Result<u64> {
        let mut state = lock(&self.state);
        for other in state.live.values() {
            check(&thing, other)?;
        }
        state.last += 1;
        let number = state.last;
        state.live.insert(number, thing);
        Ok(number)
    }

    /// Removes a thing, if it is there.
    pub(crate) fn end(&self, number: u64) {
        let ended = lock(&self.state).live.remove(&number);
        drop(ended);
        self.ended.notify_waiters();
    }

    /// The first thing for which `pick` returns something.
    pub(crate) fn find<R>(&self, pick: impl FnMut(&T) -> Option<R>) -> Option<R> {
        lock(&self.state).live.values().find_map(pick)
    }

    /// True if none of those that `counts` picks is there.
    pub(crate) fn is_free_of(&self, counts: impl Fn(&T) -> bool) -> bool {
        !lock(&self.state).live.values().any(counts)
    }

    /// Waits until none of those that `counts` picks is there.
    pub(crate) async fn freed_of(&self, counts: impl Fn(&T) -> bool) {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            if self.is_free_of(&counts) {
                return;
            }
            ended.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Status};

    fn distinct(new: &u8, old: &u8) -> Result<()> {
        if new == old {
            return Err(Error::new(Status::BUSY, "there already"));
        }
        Ok(())
    }

    #[test]
    fn a_refused_thing_is_not_entered_and_numbers_are_never_used_twice() {
        let all = InFlight::default();
        let one = all.enter(1, distinct).unwrap();
        assert!(all.enter(1, distinct).is_err());
        let two = all.enter(2, distinct).unwrap();
        all.end(one);
        all.end(one);
        let again = all.enter(1, distinct).unwrap();
        assert!(again != one && again != two);
        assert_eq!(all.find(|thing| (*thing == 2).then_some(())), Some(()));
        assert!(!all.is_free_of(|thing| *thing == 1));
        assert!(all.is_free_of(|thing| *thing == 3));
    }
}
