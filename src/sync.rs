//! Locks without poison: a panic elsewhere must not spread through a mutex. And waiting under them.
//!
//! The tables, queues and hand-offs between threads use the types of this module. With the feature `model` these are
//! those of a scheduler that tries out what threads can do to each other (src/races.rs), else the standard library's.

#[cfg(not(all(test, feature = "model")))]
use std::{sync::PoisonError, time::Duration};

use crate::deadline::Deadline;

#[cfg(all(test, feature = "model"))]
mod model;

#[cfg(all(test, feature = "model"))]
pub(crate) use self::model::{atomic, lock, wait, Condvar, Mutex, MutexGuard};
#[cfg(not(all(test, feature = "model")))]
pub(crate) use std::sync::{atomic, Condvar, Mutex, MutexGuard};

/// Locks `mutex`, also when a thread panicked while it held it.
///
/// Every structure guarded this way keeps its invariants between any two
/// statements, so the state that a panic leaves behind is a valid one.
#[cfg(not(all(test, feature = "model")))]
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a notification, for `left` at most (`None`: for ever).
#[cfg(not(all(test, feature = "model")))]
pub(crate) fn wait<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    left: Option<Duration>,
) -> MutexGuard<'a, T> {
    match left {
        None => condvar.wait(guard).unwrap_or_else(PoisonError::into_inner),
        Some(left) => {
            condvar
                .wait_timeout(guard, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0
        }
    }
}

/// Waits until something is so; `Err` when the deadline (`None`: never) has passed before that.
pub(crate) fn wait_until<'a, T>(
    condvar: &Condvar,
    mut guard: MutexGuard<'a, T>,
    deadline: Option<Deadline>,
    is_so: impl Fn(&T) -> bool,
) -> Result<MutexGuard<'a, T>, MutexGuard<'a, T>> {
    while !is_so(&guard) {
        let left = deadline.map(Deadline::pause);
        if left.is_some_and(|left| left.is_zero()) {
            return Err(guard);
        }
        guard = wait(condvar, guard, left);
    }
    Ok(guard)
}
