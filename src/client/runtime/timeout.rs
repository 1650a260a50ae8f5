//! How long a caller is willing to wait.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::clock::SuspendClock;
use crate::deadline::Deadline;

tokio::task_local! {
    /// The deadline of the caller of the operation that runs here.
    static DEADLINE: Option<Deadline>;
}

/// Runs `task` for a caller who gives up at `deadline`.
pub(crate) async fn until<F: Future>(deadline: Option<Deadline>, task: F) -> F::Output {
    DEADLINE.scope(deadline, task).await
}

/// The deadline of the present operation's caller, as it is now; `None` for never.
pub(crate) fn deadline_of_caller() -> Option<Instant> {
    let deadline = DEADLINE.try_with(|deadline| *deadline).ok().flatten();
    deadline.map(Deadline::instant)
}

/// A caller's time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// No limit.
    Forever,
    /// Returns what is there, without waiting.
    Poll,
    /// At most this long.
    After(Duration),
}

impl Timeout {
    /// From the milliseconds of the C interface: −1 for ever, 0 poll; `None` for any other negative number.
    pub fn from_millis(millis: i32) -> Option<Self> {
        match millis {
            -1 => Some(Timeout::Forever),
            0 => Some(Timeout::Poll),
            n if n > 0 => Some(Timeout::After(Duration::from_millis(
                n.unsigned_abs().into(),
            ))),
            _ => None,
        }
    }

    /// The moment at which the limit is reached, counted from now; `None` for no limit. By `clock` the time for which
    /// the machine is suspended counts.
    pub(crate) fn deadline(self, clock: Option<SuspendClock>) -> Option<Deadline> {
        match self {
            Timeout::Forever => None,
            Timeout::Poll => Some(crate::clock::now().into()),
            Timeout::After(duration) => Deadline::after(duration, clock),
        }
    }
}
