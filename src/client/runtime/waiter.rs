//! A place where one thread waits for one value.

use crate::deadline::Deadline;
use crate::sync::{lock, wait, Condvar, Mutex};

/// Filled once by one thread, waited for by another.
pub(crate) struct Waiter<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    value: Option<T>,
    called: bool,
}

/// Why a waiting thread wakes up.
pub(crate) enum Waited<T> {
    /// The value is there.
    Value(T),
    /// The thread is called to do something other than wait.
    Called,
    /// The deadline has passed.
    TimedOut,
}

impl<T> Waiter<T> {
    pub(crate) fn new() -> Self {
        Waiter {
            state: Mutex::new(State {
                value: None,
                called: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Stores the value; a second one replaces it.
    pub(crate) fn fill(&self, value: T) {
        lock(&self.state).value = Some(value);
        self.changed.notify_one();
    }

    /// Wakes the thread although there is no value.
    pub(crate) fn call(&self) {
        lock(&self.state).called = true;
        self.changed.notify_one();
    }

    /// True once the value is there.
    pub(crate) fn is_filled(&self) -> bool {
        lock(&self.state).value.is_some()
    }

    /// Takes the value; waits for it until `deadline` (`None`: for ever), or until called. A thread
    /// whose time is over has no time for a call either.
    pub(crate) fn wait(&self, deadline: Option<Deadline>) -> Waited<T> {
        let mut state = lock(&self.state);
        loop {
            if let Some(value) = state.value.take() {
                return Waited::Value(value);
            }
            let left = deadline.map(Deadline::pause);
            if left.is_some_and(|left| left.is_zero()) {
                return Waited::TimedOut;
            }
            if std::mem::take(&mut state.called) {
                return Waited::Called;
            }
            state = wait(&self.changed, state, left);
        }
    }

    /// Takes the value; waits for it until `deadline`. For waiters that nobody calls.
    pub(crate) fn wait_value(&self, deadline: Option<Deadline>) -> Option<T> {
        loop {
            match self.wait(deadline) {
                Waited::Value(value) => return Some(value),
                Waited::Called => {}
                Waited::TimedOut => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_whose_time_is_over_ignores_a_call_but_gets_its_value() {
        let waiter = Waiter::new();
        let over = Some(crate::clock::now().into());
        waiter.call();
        assert!(matches!(waiter.wait(over), Waited::TimedOut));
        assert!(matches!(waiter.wait(None), Waited::Called));
        waiter.fill(7);
        assert!(matches!(waiter.wait(over), Waited::Value(7)));
    }
}
