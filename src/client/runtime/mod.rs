//! The client's own thread, on which one current-thread tokio runtime lives.
//!
//! One runtime for each client and no static one: a forked child can create a client of its own.
//! Starting the thread can fail, so a machine that is out of threads causes an error instead of a
//! panic.

pub(crate) mod alarm;
pub(crate) mod backoff;
pub(crate) mod dispatcher;
pub(crate) mod in_order;
pub(crate) mod log;
pub(crate) mod query_ids;
pub(crate) mod round_trip;
pub(crate) mod tasks;
pub(crate) mod thread;
pub(crate) mod timeout;
pub(crate) mod waiter;

use std::future::{poll_fn, Future};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::pin;
use std::task::Poll;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use self::thread::{too_late, Thread, ThreadId, ThreadSetup, STACK};
use crate::platform::hold_standard;
use crate::{Error, Result, Status};

/// The last task of a runtime's thread.
pub(crate) type Farewell = Box<dyn FnOnce(&tokio::runtime::Runtime) + Send>;

/// A running tokio runtime.
pub(crate) struct Runtime {
    handle: Handle,
    thread_id: ThreadId,
    /// To be joined by whoever waits for its exit.
    pub(crate) thread: Option<Thread>,
}

impl Runtime {
    /// Builds the runtime and starts its thread. The thread exits when it is sent its last task,
    /// and drops every other task.
    pub(crate) fn start(setup: ThreadSetup) -> Result<(Self, oneshot::Sender<Farewell>)> {
        if !can_poll_here() {
            return Err(too_late());
        }
        let runtime = hold_standard()
            .and_then(|_held| {
                Builder::new_current_thread()
                    .enable_io()
                    .enable_time()
                    .build()
            })
            .map_err(|e| Error::from_io(Status::IO, "cannot set up the event loop", &e))?;
        let handle = runtime.handle().clone();
        let (last, to_do_last) = oneshot::channel::<Farewell>();
        let thread = Thread::spawn("kpc-io", STACK, setup, move || {
            // An error means that the sender is gone, which also means the end.
            if let Ok(farewell) = runtime.block_on(to_do_last) {
                farewell(&runtime);
            }
        })?;
        let runtime = Runtime {
            handle,
            thread_id: thread.id(),
            thread: Some(thread),
        };
        Ok((runtime, last))
    }

    /// One that the calling thread runs.
    #[cfg(feature = "simulation")]
    pub(crate) fn of_this_thread(handle: &Handle) -> Self {
        Runtime {
            handle: handle.clone(),
            thread_id: ThreadId::current(),
            thread: None,
        }
    }

    /// A handle with which tasks spawn tasks.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The thread on which tasks run.
    pub(crate) fn thread_id(&self) -> ThreadId {
        self.thread_id
    }
}

/// Whether the calling thread can run a task's steps. In destructors of thread-local variables, and
/// in atexit handlers, tokio's data of the thread may be freed already.
pub(crate) fn can_poll_here() -> bool {
    !Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}

/// Runs `future`; a panic in it becomes an error.
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> Result<T> {
    let mut future = pin!(future);
    // Whoever gets the error drops the future, so nobody sees the state that the panic left in it.
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(_) => Poll::Ready(Err(panicked())),
        },
    )
    .await
}

/// The error of an operation in which the library panicked.
pub(crate) fn panicked() -> Error {
    let place =
        crate::panic_hook::take_place().map_or_else(String::new, |place| format!(" ({place})"));
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
        let _quiet = crate::panic_hook::Quiet::enter();
        let ended = runtime.block_on(caught(async { panic!("in the test") as u8 }));
        assert_eq!(ended.unwrap_err().status(), Status::PANIC);
        assert_eq!(runtime.block_on(caught(async { 7 })).unwrap(), 7);
    }
}
