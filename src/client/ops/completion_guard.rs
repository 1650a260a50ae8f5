//! The end of work that nobody waits for, told exactly once, even if the work panics.

use std::marker::PhantomData;

use crate::client::runtime::panicked;
use crate::error::closed;
use crate::Result;

/// Calls its function once: with the outcome, or with why there is none.
pub(crate) struct Told<T, F: FnOnce(Result<T>)> {
    tell: Option<F>,
    outcome: PhantomData<fn(T)>,
}

impl<T, F: FnOnce(Result<T>)> Told<T, F> {
    pub(crate) fn new(tell: F) -> Self {
        Told {
            tell: Some(tell),
            outcome: PhantomData,
        }
    }

    /// The work has ended.
    pub(crate) fn tell(mut self, outcome: Result<T>) {
        if let Some(tell) = self.tell.take() {
            tell(outcome);
        }
    }

    /// Its end was told in another way.
    pub(crate) fn forget(mut self) {
        self.tell = None;
    }
}

impl<T, F: FnOnce(Result<T>)> Drop for Told<T, F> {
    fn drop(&mut self) {
        if let Some(tell) = self.tell.take() {
            tell(Err(if std::thread::panicking() {
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
        let told = || {
            Told::new(|outcome: Result<u8>| {
                heard.borrow_mut().push(outcome.map_err(|e| e.status()));
            })
        };
        told().tell(Ok(1));
        told().forget();
        drop(told());
        assert_eq!(*heard.borrow(), [Ok(1), Err(Status::CLOSED)]);
    }

    #[test]
    fn a_panic_is_told_as_one() {
        let (sender, heard) = std::sync::mpsc::channel();
        let work = std::thread::spawn(move || {
            let _told = Told::new(|outcome: Result<()>| {
                let _ = sender.send(outcome.map_err(|e| e.status()));
            });
            std::panic::resume_unwind(Box::new("as a bug would"));
        });
        assert!(work.join().is_err());
        assert_eq!(heard.recv(), Ok(Err(Status::PANIC)));
    }
}
