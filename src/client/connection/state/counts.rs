//! What happened on a lane since its client was made: plain numbers, counted where the
//! lane's lock is held anyway.

use crate::client::runtime::round_trip::RoundTrip;

/// The numbers of one lane.
#[derive(Default)]
pub(crate) struct Counts {
    /// Sessions begun.
    pub(crate) connects: u64,
    /// Of these, the ones that the daemon still knew.
    pub(crate) resumes: u64,
    /// Requests given to a connection, each time that one was.
    pub(crate) requests: u64,
    /// Replies to them.
    pub(crate) answers: u64,
    /// Requests given to a connection again, because one before was lost.
    pub(crate) replays: u64,
    /// Round trip of local requests.
    pub(crate) calls: RoundTrip,
}
