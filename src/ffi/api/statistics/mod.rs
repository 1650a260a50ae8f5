//! kpc_client_stats: what a client is doing and has done, in numbers.

pub mod estimate;
pub mod health;

use crate::client::{LaneStats, Stats};
use crate::ffi::api::client::kpc_client;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::{out_sized, Neutral};
use crate::ffi::boundary::status::kpc_status;

/// The connection for questions that the daemon answers by itself; for all with a daemon up to
/// v0.0.73-rc1, as such daemons serve all connections from one queue.
pub const KPC_LANE_LOCAL: usize = 0;
/// The connection for writes, copy commands and plain messages.
pub const KPC_LANE_WRITES: usize = 1;
/// The connection for reads.
pub const KPC_LANE_READS: usize = 2;
/// The connections for what takes the daemon long to compute: encryptions of boxes, courier
/// envelopes, vouchers. Each has one such request at the daemon at most (see
/// kpc_config_set_encryption_connections); here they are counted together.
pub const KPC_LANE_ENCRYPTION: usize = 3;
/// How many connections there are in a kpc_stats.
pub const KPC_LANES: usize = 4;

/// The counters of one of a client's connections. They start at kpc_client_new and persist across
/// reconnects.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_lane_stats {
    /// 1 while the connection stands, else 0; it is opened when first needed. At
    /// KPC_LANE_ENCRYPTION: how many of these stand.
    pub is_open: u64,
    /// How often it was connected, the first time included.
    pub connects: u64,
    /// How often the daemon still had its session then. The others started a new one.
    pub resumes: u64,
    /// Requests sent on the connection, each sending of one; cancels too.
    pub requests: u64,
    /// Replies to them, and replies to plain messages.
    pub answers: u64,
    /// Requests sent again, because a connection was lost or no answer came for long.
    pub replays: u64,
    /// Requests that are queued in the library: boxes, copy commands, messages.
    pub in_line: u64,
    /// Requests that are at the daemon without an answer; plain messages until they have left.
    pub in_flight: u64,
    /// How many boxes and messages may be at the daemon at once. It follows the network. At
    /// KPC_LANE_ENCRYPTION: how many encryptions may be, as configured.
    pub window: u64,
    /// How long an answer takes, smoothed, in nanoseconds: to boxes where the connection carries
    /// them, else to local questions. At KPC_LANE_ENCRYPTION: how long the daemon takes for the
    /// encryption of one box. 0 before the first.
    pub round_trip_ns: u64,
    /// The shortest that boxes took of late, in nanoseconds. 0 before the first.
    pub shortest_round_trip_ns: u64,
    /// 0; for later versions.
    pub reserved: [u64; 5],
}

/// What a client is doing and has done. Later versions use what is reserved and may add to the
/// end, more connections too; so its size goes with it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_stats {
    /// Operations that are not over, those behind calls that wait for the mixnet included.
    pub operations_running: u64,
    /// Results that are kept for kpc_op_wait.
    pub results_kept: u64,
    /// Event sinks that are open.
    pub sinks_open: u64,
    /// Events that slow readers lost, of all sinks together.
    pub events_dropped: u64,
    /// 0; for later versions.
    pub reserved: [u64; 4],
    /// Each connection, at KPC_LANE_LOCAL, KPC_LANE_WRITES, KPC_LANE_READS and
    /// KPC_LANE_ENCRYPTION.
    pub lanes: [kpc_lane_stats; KPC_LANES],
}

impl Neutral for kpc_stats {
    const NEUTRAL: Self = kpc_stats {
        operations_running: 0,
        results_kept: 0,
        sinks_open: 0,
        events_dropped: 0,
        reserved: [0; 4],
        lanes: [kpc_lane_stats {
            is_open: 0,
            connects: 0,
            resumes: 0,
            requests: 0,
            answers: 0,
            replays: 0,
            in_line: 0,
            in_flight: 0,
            window: 0,
            round_trip_ns: 0,
            shortest_round_trip_ns: 0,
            reserved: [0; 5],
        }; KPC_LANES],
    };
}

fn lane(stats: &LaneStats) -> kpc_lane_stats {
    let nanoseconds =
        |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    kpc_lane_stats {
        is_open: stats.open,
        connects: stats.connects,
        resumes: stats.resumes,
        requests: stats.requests,
        answers: stats.answers,
        replays: stats.replays,
        in_line: stats.in_line,
        in_flight: stats.in_flight,
        window: stats.window,
        round_trip_ns: nanoseconds(stats.round_trip),
        shortest_round_trip_ns: nanoseconds(stats.shortest),
        reserved: [0; 5],
    }
}

fn all(stats: &Stats) -> kpc_stats {
    kpc_stats {
        operations_running: stats.operations,
        results_kept: stats.kept,
        sinks_open: stats.sinks,
        events_dropped: stats.dropped,
        reserved: [0; 4],
        lanes: stats.lanes.each_ref().map(lane),
    }
}

/// Returns the client's counters: for bug reports, and for programs that show why something takes
/// long. Asks no daemon, never waits, and holds no secrets. The numbers of one connection are taken
/// at one moment.
///
/// @param client  the client, connected, lost or closed
/// @param stats   receives the numbers
/// @param size    sizeof *stats as the program knows it: no more is written. What the library
///                does not know yet is 0
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_SIZE (0, more than 4096, or no multiple of 8)
///
/// Threads: any, callbacks included.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_stats(
    client: *const kpc_client,
    stats: *mut kpc_stats,
    size: usize,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_sized(stats, size, "stats"), move || {
            Ok(all(&handles::get(client)?.stats()))
        })
    }
}
