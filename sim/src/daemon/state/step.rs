//! What a request leaves for its connection's reader to do.

use super::daemon::Daemon;
use super::effort::Effort;
use super::making::Making;
use super::queued::Queued;

/// What to do after a frame.
pub(crate) enum Step {
    /// Read the next frame.
    Next,
    /// Write what is left, then close.
    HangUp,
    /// Envelopes have to be made, which can take long; nothing is read meanwhile.
    Make(Box<Making>),
    /// Processor time is needed; nothing is read until the work is done.
    Work(Box<Work>),
    /// The queue is full: nothing is read until there is room for this request.
    Full(Queued),
}

/// What happens once the work is done, mostly a reply.
pub(crate) type Then = Box<dyn FnOnce(&mut Daemon)>;

/// Work that is to be started.
pub(crate) struct Work {
    pub(crate) effort: Effort,
    pub(crate) then: Then,
}

impl Work {
    /// The same, followed by something more.
    pub(crate) fn and_then(self, more: impl FnOnce(&mut Daemon) + 'static) -> Work {
        let first = self.then;
        Work {
            effort: self.effort,
            then: Box::new(|daemon| {
                first(daemon);
                more(daemon);
            }),
        }
    }
}
