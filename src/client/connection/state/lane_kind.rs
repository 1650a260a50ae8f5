//! What the lanes of a client are for.

/// Which kind of work a lane carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LaneKind {
    /// What the daemon answers by itself, at once.
    Local,
    /// Writes, copy commands and plain messages, in order of arrival.
    Write,
    /// Reads, in fair rotation.
    Read,
    /// What the daemon encrypts, which takes it long; one at a time on a connection.
    Encryption,
}

impl LaneKind {
    pub(crate) const ALL: [LaneKind; 4] = [
        LaneKind::Local,
        LaneKind::Write,
        LaneKind::Read,
        LaneKind::Encryption,
    ];
}
