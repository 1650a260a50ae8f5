//! Reports the completion of a task that nobody waits for, exactly once, even if it panics.

use std::marker::PhantomData;

use crate::client::runtime::panicked;
use crate::error::closed;
use crate::Result;

/// Calls its function once: with the outcome, or with why there is none.
pub(crate) struct CompletionGuard<T, F: FnOnce(Result<T>)> {
    complete: Option<F>,
    outcome: PhantomData<fn(T)>,
}

impl<T, F: FnOnce(Result<T>)> CompletionGuard<T, F> {
    pub(crate) fn new(complete: F) -> Self {
        CompletionGuard {
            complete: Some(complete),
            outcome: PhantomData,
        }
    }

    /// The task has completed.
    pub(crate) fn complete(mut self, outcome: Result<T>) {
        if let Some(complete) = self.complete.take() {
            complete(outcome);
        }
    }

    /// The completion is reported in another way.
    pub(crate) fn forget(mut self) {
        self.complete = None;
    }
}

impl<T, F: FnOnce(Result<T>)> Drop for CompletionGuard<T, F> {
    fn drop(&mut self) {
        if let Some(complete) = self.complete.take() {
            complete(Err(if std::thread::panicking() {
                panicked()
            } else {
                closed()
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status;
    use std::cell::RefCell;

    #[test]
    fn reports_once_whatever_happens() {
        let reported = RefCell::new(Vec::new());
        let guard = || {
            CompletionGuard::new(|outcome: Result<u8>| {
                reported.borrow_mut().push(outcome.map_err(|e| e.status()));
            })
        };
        guard().complete(Ok(1));
        guard().forget();
        drop(guard());
        assert_eq!(*reported.borrow(), [Ok(1), Err(Status::CLOSED)]);
    }

    #[test]
    fn a_panic_is_reported_as_one() {
        let (sender, reported) = std::sync::mpsc::channel();
        let task = std::thread::spawn(move || {
            let _guard = CompletionGuard::new(|outcome: Result<()>| {
                let _ = sender.send(outcome.map_err(|e| e.status()));
            });
            std::panic::resume_unwind(Box::new("as a bug would"));
        });
        assert!(task.join().is_err());
        assert_eq!(reported.recv(), Ok(Err(Status::PANIC)));
    }
}
