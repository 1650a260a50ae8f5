//! The end of work that nobody waits for, told exactly once, even if the work panics.

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

    /// The work has ended.
    pub(crate) fn complete(mut self, outcome: Result<T>) {
        if let Some(complete) = self.complete.take() {
            complete(outcome);
        }
    }

    /// Its end was told in another way.
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
    fn tells_once_whatever_happens() {
        let heard = RefCell::new(Vec::new());
        let guard = || {
            CompletionGuard::new(|outcome: Result<u8>| {
                heard.borrow_mut().push(outcome.map_err(|e| e.status()));
            })
        };
        guard().complete(Ok(1));
        guard().forget();
        drop(guard());
        assert_eq!(*heard.borrow(), [Ok(1), Err(Status::CLOSED)]);
    }

    #[test]
    fn a_panic_is_told_as_one() {
        let (sender, heard) = std::sync::mpsc::channel();
        let work = std::thread::spawn(move || {
            let _told = CompletionGuard::new(|outcome: Result<()>| {
                let _ = sender.send(outcome.map_err(|e| e.status()));
            });
            std::panic::resume_unwind(Box::new("as a bug would"));
        });
        assert!(work.join().is_err());
        assert_eq!(heard.recv(), Ok(Err(Status::PANIC)));
    }
}
