//! Counters of what a client does and has done: for bug reports, and for programs that show their
//! users why something takes long.

use std::time::Duration;

use crate::client::connection::{Lane, LaneKind};
use crate::client::handle::Client;
use crate::client::shared::Shared;

/// The counters of one lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneStats {
    /// How many of its connections are established.
    pub open: u64,
    /// How often it was connected.
    pub connects: u64,
    /// How often the daemon resumed its session.
    pub resumes: u64,
    /// Requests sent, each time.
    pub requests: u64,
    /// Replies to them.
    pub answers: u64,
    /// Requests sent again, because a connection was lost or no answer came for long.
    pub replays: u64,
    /// Requests that wait here for their turn.
    pub in_line: u64,
    /// Requests at the daemon that have no answer yet.
    pub in_flight: u64,
    /// How many requests for the mixnet may be at the daemon at once, now.
    pub window: u64,
    /// The smoothed round trip of boxes, or else of local requests, or the price of an
    /// encryption; zero before the first.
    pub round_trip: Duration,
    /// The shortest round trip of boxes of late; zero before the first.
    pub shortest: Duration,
}

/// The counters of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Operations that are incomplete.
    pub operations: u64,
    /// Results that nobody has claimed.
    pub kept: u64,
    /// Open event sinks.
    pub sinks: u64,
    /// Notices dropped because readers were slow.
    pub dropped: u64,
    /// Local requests; writes, copies and messages; reads; encryptions.
    pub lanes: [LaneStats; LaneKind::ALL.len()],
}

impl Lane {
    fn stats(&self) -> LaneStats {
        let state = self.lock();
        let counts = &state.counts;
        let is_open = state.link.is_some();
        let calls = if is_open { state.calls.len() } else { 0 };
        let window = &state.resends.window;
        let round_trip = window.smoothed().or(counts.calls.get());
        LaneStats {
            open: u64::from(is_open),
            connects: counts.connects,
            resumes: counts.resumes,
            requests: counts.requests,
            answers: counts.answers,
            replays: counts.replays,
            in_line: (state.resends.queued() + state.messages.queued()) as u64,
            in_flight: (calls + state.resends.running() + state.messages.busy()) as u64,
            window: window.slots() as u64,
            round_trip: round_trip.unwrap_or_default(),
            shortest: window.shortest().unwrap_or_default(),
        }
    }
}

impl Shared {
    /// The connections for encryptions, as one.
    fn encryption_stats(&self) -> LaneStats {
        let mut sum = LaneStats {
            in_line: self.encryption.queued() as u64,
            window: self.encryption.connections() as u64,
            round_trip: self.encryption.price().unwrap_or_default(),
            ..LaneStats::default()
        };
        for one in self
            .lanes_of(LaneKind::Encryption)
            .iter()
            .map(|l| l.stats())
        {
            sum.open += one.open;
            sum.connects += one.connects;
            sum.resumes += one.resumes;
            sum.requests += one.requests;
            sum.answers += one.answers;
            sum.replays += one.replays;
            sum.in_flight += one.in_flight;
        }
        sum
    }
}

impl Client {
    /// Returns the counters as they are now; those of each lane are consistent. Sends no request,
    /// waits for nothing.
    pub fn stats(&self) -> Stats {
        let (operations, kept) = self.shared.ops.count();
        Stats {
            operations: operations as u64,
            kept: kept as u64,
            sinks: self.shared.sinks.count_open() as u64,
            dropped: self.shared.sinks.dropped(),
            lanes: LaneKind::ALL.map(|kind| match kind {
                LaneKind::Encryption => self.shared.encryption_stats(),
                _ => self.shared.lanes[kind as usize].stats(),
            }),
        }
    }
}
