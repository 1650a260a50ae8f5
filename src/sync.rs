//! Locks without poison: a panic elsewhere must not spread through a mutex. And waiting under them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Locks `mutex`, also when a thread panicked while it held it.
///
/// Every structure guarded this way keeps its invariants between any two
/// statements, so the state that a panic leaves behind is a valid one.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a notification, for `left` at most (`None`: for ever).
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
    deadline: Option<Instant>,
    is_so: impl Fn(&T) -> bool,
) -> Result<MutexGuard<'a, T>, MutexGuard<'a, T>> {
    while !is_so(&guard) {
        let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(guard);
        }
        guard = wait(condvar, guard, left);
    }
    Ok(guard)
}
