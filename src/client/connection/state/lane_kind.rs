//! What the lanes of a client are for.

pub(crate) const PACKETS_OF_A_READ: f64 = 2.0;
pub(crate) const PACKETS_OF_A_WRITE: f64 = 1.0;

/// The kind of requests that a lane carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LaneKind {
    /// Requests that the daemon answers itself, at once.
    Local,
    /// Writes, copy commands and plain messages, in order of arrival.
    Write,
    /// Reads, in fair rotation.
    Read,
    /// Requests that the daemon encrypts, which takes long; one at a time on a connection.
    Encryption,
}

impl LaneKind {
    pub(crate) const ALL: [LaneKind; 4] = [
        LaneKind::Local,
        LaneKind::Write,
        LaneKind::Read,
        LaneKind::Encryption,
    ];

    /// Packets that the daemon sends for a request.
    pub(crate) fn packets(self) -> f64 {
        match self {
            LaneKind::Read => PACKETS_OF_A_READ,
            _ => PACKETS_OF_A_WRITE,
        }
    }
}
