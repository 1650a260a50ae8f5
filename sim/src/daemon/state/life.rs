//! Whether the process listens.

/// What the process as a whole is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Sockets are open.
    Listening,
    /// Nobody can connect.
    Down,
    /// The end.
    Over,
}
