//! Counters of a lane since its client was created. They are plain numbers, updated where the
//! lane's lock is held anyway.

use crate::client::runtime::round_trip::RoundTrip;

/// The counters of one lane.
#[derive(Default)]
pub(crate) struct Counts {
    /// Sessions started.
    pub(crate) connects: u64,
    /// Sessions that the daemon resumed.
    pub(crate) resumes: u64,
    /// Requests given to a connection, each time.
    pub(crate) requests: u64,
    /// Replies to them.
    pub(crate) answers: u64,
    /// Requests given to a connection again, because an earlier one was lost.
    pub(crate) replays: u64,
    /// Round trip of local requests.
    pub(crate) calls: RoundTrip,
}
