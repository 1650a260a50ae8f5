//! The library's own threads, and which thread is calling.

use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use crate::{Error, Result, Status};

/// What a new thread of the library does first. The C layer blocks signals here.
pub type ThreadSetup = fn();

/// The stack of a thread that runs the library's own code, and functions that are quick.
pub(crate) const STACK: usize = 512 * 1024;
/// The stack of a thread that runs the program's callbacks: the default size for threads of C
/// programs. Only what is used takes memory.
pub(crate) const CALLBACK_STACK: usize = 8 * 1024 * 1024;

/// Identifies a thread; no two of a process ever have the same. The standard library's id is not
/// available while a thread's local data is being destroyed, where programs may still call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadId(u64);

thread_local! {
    /// 0 until it is requested. Without a destructor, so that it exists until the thread has
    /// exited.
    static ID: Cell<u64> = const { Cell::new(0) };
}

impl ThreadId {
    fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        ThreadId(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The calling thread's.
    pub(crate) fn current() -> Self {
        if ID.get() == 0 {
            ID.set(Self::fresh().0);
        }
        ThreadId(ID.get())
    }
}

/// A thread of the library.
pub(crate) struct Thread {
    id: ThreadId,
    handle: JoinHandle<()>,
}

impl Thread {
    /// Starts a named thread, and returns when it runs: a program that locks itself in after that forbids it none of
    /// the system calls by which threads begin. Fails where the system has none left.
    pub(crate) fn spawn(
        name: &str,
        stack: usize,
        setup: ThreadSetup,
        body: impl FnOnce() + Send + 'static,
    ) -> Result<Self> {
        let id = ThreadId::fresh();
        let builder = thread::Builder::new()
            .name(name.to_owned())
            .stack_size(stack);
        let (begun, begins) = mpsc::channel();
        let run = move || {
            ID.set(id.0);
            setup();
            let _ = begun.send(());
            body();
        };
        // The standard library panics where the calling thread's local data is destroyed already.
        match catch_unwind(AssertUnwindSafe(|| builder.spawn(run))) {
            Ok(Ok(handle)) => {
                let _ = begins.recv();
                Ok(Thread { id, handle })
            }
            Ok(Err(e)) => Err(Error::from_io(
                Status::NO_MEMORY,
                "cannot start a thread",
                &e,
            )),
            Err(_) => Err(too_late()),
        }
    }

    /// Its name.
    pub(crate) fn id(&self) -> ThreadId {
        self.id
    }

    /// Waits for its exit, unless it is the calling thread itself.
    pub(crate) fn join(self) {
        if self.id != ThreadId::current() {
            // A panic there was caught and reported already.
            let _ = self.handle.join();
        }
    }
}

/// The error of a thread that starts another one while its local data is being destroyed.
pub(crate) fn too_late() -> Error {
    Error::new(
        Status::NO_MEMORY,
        "no thread can be started so late in the life of this one",
    )
}
