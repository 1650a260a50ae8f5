//! A place where one thread waits for one value.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use crate::sync::lock;

/// Filled once by one thread, awaited by another.
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
    /// The thread is called to do something else than wait.
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

    /// Leaves the value; a second one replaces it.
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

    /// Takes the value, waiting for it until `deadline` (`None`: for ever), or until called.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Waited<T> {
        let mut state = lock(&self.state);
        loop {
            if let Some(value) = state.value.take() {
                return Waited::Value(value);
            }
            if std::mem::take(&mut state.called) {
                return Waited::Called;
            }
            state = match deadline {
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Waited::TimedOut;
                    }
                    self.changed
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }

    /// Takes the value, waiting for it until `deadline`; for waiters that nobody calls.
    pub(crate) fn wait_value(&self, deadline: Option<Instant>) -> Option<T> {
        loop {
            match self.wait(deadline) {
                Waited::Value(value) => return Some(value),
                Waited::Called => {}
                Waited::TimedOut => return None,
            }
        }
    }
}
