//! Locks without poison: a panic elsewhere must not spread through a mutex.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`, also when a thread panicked while it held it.
///
/// Every structure guarded this way keeps its invariants between any two
/// statements, so the state that a panic leaves behind is a valid one.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
