//! Log lines for one client, off unless asked for. They never hold secrets or payloads.

use std::cell::Cell;
use std::sync::Arc;

/// How much a log line matters; smaller is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    /// Nothing at all.
    Off = 0,
    /// Something was lost or is broken.
    Error = 1,
    /// Something odd, dealt with.
    Warn = 2,
    /// Connections come and go.
    Info = 3,
    /// What the library does.
    Debug = 4,
    /// Each frame, in outline.
    Trace = 5,
}

/// Receives log lines; called from any thread of the library, must be quick.
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

    /// Writes the line that `text` makes, if anybody wants it.
    pub(crate) fn line(&self, level: Level, text: impl FnOnce() -> String) {
        if let Some((wanted, sink)) = &self.sink {
            if level <= *wanted {
                let _speaking = Speaking::begin(sink);
                sink(level, &text());
            }
        }
    }

    /// True inside this log's function: whatever thread that runs on, others wait for it.
    pub(crate) fn is_speaking(&self) -> bool {
        let name = self.sink.as_ref().map(|(_, sink)| name_of(sink));
        name.is_some() && SPEAKING.get() == name
    }
}

thread_local! {
    /// The log function in which this thread is. Without a destructor, so that it is there
    /// until the thread is gone.
    static SPEAKING: Cell<Option<usize>> = const { Cell::new(None) };
}

fn name_of(sink: &LogFn) -> usize {
    Arc::as_ptr(sink).cast::<()>() as usize
}

/// A log function is called until this is dropped.
struct Speaking {
    before: Option<usize>,
}

impl Speaking {
    fn begin(sink: &LogFn) -> Self {
        Speaking {
            before: SPEAKING.replace(Some(name_of(sink))),
        }
    }
}

impl Drop for Speaking {
    fn drop(&mut self) {
        SPEAKING.set(self.before);
    }
}
