//! Log lines for one client, off unless asked for. They never hold secrets or payloads.

use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

/// The severity of a log line; smaller is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    /// No lines.
    Off = 0,
    /// Unrecoverable failures.
    Error = 1,
    /// Unexpected conditions that were recovered from.
    Warn = 2,
    /// Connections and disconnections.
    Info = 3,
    /// What the library does.
    Debug = 4,
    /// A summary of each frame.
    Trace = 5,
}

/// Receives log lines; called from any thread of the library, must be quick. A panic ends it for
/// that line alone.
pub type LogFn = Arc<dyn Fn(Level, &str) + Send + Sync>;

/// Where a client's log lines go.
#[derive(Clone, Default)]
pub struct Log {
    sink: Option<(Level, LogFn)>,
}

impl Log {
    /// Lines up to `level` go to `sink`.
    pub fn new(level: Level, sink: LogFn) -> Self {
        Log {
            sink: Some((level, sink)),
        }
    }

    /// Writes the line that `text` makes, if its level is enabled.
    pub(crate) fn line(&self, level: Level, text: impl FnOnce() -> String) {
        if let Some((wanted, sink)) = &self.sink {
            if level <= *wanted {
                let _logging = Logging::start(sink);
                let text = text();
                // The function of a program in Rust may panic. What it panicked about was said by the
                // panic hook, and is no matter of the operation that wrote the line.
                let _ = catch_unwind(AssertUnwindSafe(|| sink(level, &text)));
            }
        }
    }

    /// True inside this log's function: whatever thread runs it, others wait for that.
    pub(crate) fn is_speaking(&self) -> bool {
        let name = self.sink.as_ref().map(|(_, sink)| name_of(sink));
        name.is_some() && SPEAKING.get() == name
    }
}

thread_local! {
    /// The log function that this thread runs. Without a destructor, so that it exists until the
    /// thread has exited.
    static SPEAKING: Cell<Option<usize>> = const { Cell::new(None) };
}

fn name_of(sink: &LogFn) -> usize {
    Arc::as_ptr(sink).cast::<()>() as usize
}

/// A log function runs until this is dropped.
struct Logging {
    before: Option<usize>,
}

impl Logging {
    fn start(sink: &LogFn) -> Self {
        Logging {
            before: SPEAKING.replace(Some(name_of(sink))),
        }
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        SPEAKING.set(self.before);
    }
}
