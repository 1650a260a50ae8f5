//! The same for the scheduler's types, and for the standard library's, which most of the library still has then.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

pub(crate) use shuttle::sync::{atomic, Condvar, Mutex, MutexGuard};

/// A mutex of either kind.
pub(crate) trait Lock {
    type Guard<'a>
    where
        Self: 'a;

    fn locked(&self) -> Self::Guard<'_>;
}

impl<T: ?Sized> Lock for std::sync::Mutex<T> {
    type Guard<'a>
        = std::sync::MutexGuard<'a, T>
    where
        T: 'a;

    fn locked(&self) -> Self::Guard<'_> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Lock for Mutex<T> {
    type Guard<'a>
        = MutexGuard<'a, T>
    where
        T: 'a;

    fn locked(&self) -> Self::Guard<'_> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Lock> Lock for Arc<M> {
    type Guard<'a>
        = M::Guard<'a>
    where
        M: 'a;

    fn locked(&self) -> Self::Guard<'_> {
        (**self).locked()
    }
}

pub(crate) fn lock<M: Lock>(mutex: &M) -> M::Guard<'_> {
    mutex.locked()
}

/// A condition variable of either kind, and its guards.
pub(crate) trait Wait<G> {
    fn wait_within(&self, guard: G, left: Option<Duration>) -> G;
}

impl<'a, T> Wait<std::sync::MutexGuard<'a, T>> for std::sync::Condvar {
    fn wait_within(
        &self,
        guard: std::sync::MutexGuard<'a, T>,
        left: Option<Duration>,
    ) -> std::sync::MutexGuard<'a, T> {
        match left {
            None => self.wait(guard).unwrap_or_else(PoisonError::into_inner),
            Some(left) => {
                let waited = self.wait_timeout(guard, left);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }
}

impl<'a, T> Wait<MutexGuard<'a, T>> for Condvar {
    /// There is no time in a model: whoever waits is woken, or waits for ever.
    fn wait_within(&self, guard: MutexGuard<'a, T>, _: Option<Duration>) -> MutexGuard<'a, T> {
        self.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn wait<C: Wait<G>, G>(condvar: &C, guard: G, left: Option<Duration>) -> G {
    condvar.wait_within(guard, left)
}
