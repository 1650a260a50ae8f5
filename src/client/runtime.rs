//! The client's own thread, on which one current-thread tokio runtime lives.
//!
//! One runtime a client and no static one: a forked child can make a client of
//! its own. The thread is spawned fallibly, so a machine that is out of threads
//! gives an error instead of a panic.

use std::future::{poll_fn, Future};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::pin;
use std::task::Poll;
use std::thread::{self, JoinHandle, ThreadId};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::{Error, Result, Status};

/// What a new thread of the library does first. The C layer blocks all signals here.
pub type ThreadSetup = fn();

/// The stack of a thread that runs the library's own code, and functions that are quick.
pub(crate) const STACK: usize = 512 * 1024;
/// The stack of a thread that runs the program's callbacks: what threads of C programs have
/// unless told otherwise. Only what is used takes memory.
pub(crate) const CALLBACK_STACK: usize = 8 * 1024 * 1024;

/// Starts a named thread of the library.
pub(crate) fn spawn_thread(
    name: &str,
    stack: usize,
    setup: ThreadSetup,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.to_owned())
        .stack_size(stack)
        .spawn(move || {
            setup();
            body();
        })
        .map_err(|e| Error::from_io(Status::NO_MEMORY, "cannot start a thread", &e))
}

/// A running tokio runtime and the way to end it.
pub(crate) struct Runtime {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Runtime {
    /// Builds the runtime and starts its thread.
    pub(crate) fn start(setup: ThreadSetup) -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|e| Error::from_io(Status::IO, "cannot set up the event loop", &e))?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = spawn_thread("kpc-io", STACK, setup, move || {
            // An error means that the sender is gone, which also means the end.
            let _ = runtime.block_on(stopped);
        })?;
        Ok(Runtime {
            handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// A handle with which tasks spawn tasks.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Tells the thread to end, dropping every task, and gives it back to be joined.
    pub(crate) fn stop(&mut self) -> Option<JoinHandle<()>> {
        if let Some(stop) = self.stop.take() {
            // The thread may be gone already.
            let _ = stop.send(());
        }
        self.thread.take()
    }
}

/// Joins `thread` unless it is the calling thread itself.
pub(crate) fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != current_thread() {
        // A panic there was caught and reported by whoever it concerned.
        let _ = thread.join();
    }
}

/// The calling thread's id.
pub(crate) fn current_thread() -> ThreadId {
    thread::current().id()
}

/// Runs `future`; a panic in it becomes an error.
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> Result<T> {
    let mut future = pin!(future);
    // Whoever gets the error drops the future, so nobody sees what the panic left in it.
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(_) => Poll::Ready(Err(panicked())),
        },
    )
    .await
}

/// What an operation ends with in which the library panicked.
pub(crate) fn panicked() -> Error {
    let place = crate::quiet::take_place().map_or_else(String::new, |place| format!(" ({place})"));
    Error::new(
        Status::PANIC,
        format!("the library panicked in this operation, please report it{place}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_a_future_becomes_an_error() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let _quiet = crate::quiet::Quiet::enter();
        let ended = runtime.block_on(caught(async { panic!("in the test") as u8 }));
        assert_eq!(ended.unwrap_err().status(), Status::PANIC);
        assert_eq!(runtime.block_on(caught(async { 7 })).unwrap(), 7);
    }
}
