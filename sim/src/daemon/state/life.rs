//! The state of the process.

/// What the process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// The sockets listen.
    Listening,
    /// Nothing listens.
    Down,
    /// The simulator stops.
    Over,
}
