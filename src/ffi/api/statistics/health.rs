//! kpc_client_health: how the daemon is.

use std::time::Duration;

use crate::client::{Health, HealthVerdict};
use crate::ffi::api::client::kpc_client;
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::handles;
use crate::ffi::boundary::outputs::{out_sized, Neutral};
use crate::ffi::boundary::status::kpc_status;

/// No verdict.
pub const KPC_HEALTH_NONE: i32 = 0;
/// The program has not connected the client, or has disconnected it.
pub const KPC_HEALTH_UNCONNECTED: i32 = 1;
/// The client has no connection with the daemon, and tries to get one.
pub const KPC_HEALTH_CONNECTING: i32 = 2;
/// The daemon is on the mixnet, and nothing that it owes is missing.
pub const KPC_HEALTH_HEALTHY: i32 = 3;
/// The daemon says that it is not on the mixnet.
pub const KPC_HEALTH_OFFLINE: i32 = 4;
/// Something that the daemon sends at once has been missing for longer than the limit, and nothing
/// else has arrived since it was due.
pub const KPC_HEALTH_SILENT: i32 = 5;
/// The daemon has not read what was written to it for longer than the limit.
pub const KPC_HEALTH_NOT_DRAINING: i32 = 6;
/// The daemon accepts requests, but some kind of answer has been missing for many times the limit.
/// It may have to be restarted.
pub const KPC_HEALTH_WEDGED: i32 = 7;
/// The client is closed.
pub const KPC_HEALTH_CLOSED: i32 = 8;

/// How the daemon is. Later versions use what is reserved and may add to the end; so its size goes
/// with it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct kpc_daemon_health {
    /// A KPC_HEALTH_ value. Later versions may add some: a program takes an unknown one for bad.
    pub verdict: u64,
    /// For how long the verdict has held, in nanoseconds, to within a second.
    pub since_ns: u64,
    /// How long ago anything of the daemon's arrived, in nanoseconds; UINT64_MAX if nothing ever
    /// has.
    pub heard_ns: u64,
    /// For how long the oldest thing that is due has been due, in nanoseconds; 0 if nothing is.
    pub overdue_ns: u64,
    /// Requests at the daemon without an answer, of all connections.
    pub waiting: u64,
    /// Requests that are queued in the library.
    pub in_line: u64,
    /// 0; for later versions.
    pub reserved: [u64; 8],
}

impl Neutral for kpc_daemon_health {
    const NEUTRAL: Self = kpc_daemon_health {
        verdict: 0,
        since_ns: 0,
        heard_ns: 0,
        overdue_ns: 0,
        waiting: 0,
        in_line: 0,
        reserved: [0; 8],
    };
}

/// The constant of a verdict.
pub(crate) fn number(verdict: HealthVerdict) -> i32 {
    match verdict {
        HealthVerdict::Unconnected => KPC_HEALTH_UNCONNECTED,
        HealthVerdict::Connecting => KPC_HEALTH_CONNECTING,
        HealthVerdict::Healthy => KPC_HEALTH_HEALTHY,
        HealthVerdict::Offline => KPC_HEALTH_OFFLINE,
        HealthVerdict::Silent => KPC_HEALTH_SILENT,
        HealthVerdict::NotDraining => KPC_HEALTH_NOT_DRAINING,
        HealthVerdict::Wedged => KPC_HEALTH_WEDGED,
        HealthVerdict::Closed => KPC_HEALTH_CLOSED,
    }
}

fn all(health: &Health) -> kpc_daemon_health {
    let ns = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    kpc_daemon_health {
        verdict: u64::from(number(health.verdict).unsigned_abs()),
        since_ns: ns(health.held),
        heard_ns: health.heard.map_or(u64::MAX, ns),
        overdue_ns: ns(health.overdue),
        waiting: health.waiting,
        in_line: health.queued,
        ..kpc_daemon_health::NEUTRAL
    }
}

/// Returns how the daemon is, judged by what the client sees of it anyway: no packet is sent for
/// it, and no daemon is asked. For programs that show whether the daemon works, or restart it:
/// kpclientd is known to stall after its machine has slept.
///
/// Silence alone is no fault. A daemon sends an idle client nothing but a directory document for
/// each epoch, and its status when that changes (and not even a document where its network has made
/// none). So the daemon of a client that wants nothing is KPC_HEALTH_HEALTHY, and a stalled one is
/// noticed with the next request. Counted is what a daemon owes, with the limit of
/// kpc_config_set_silence_limit, 15 s unless it is set:
///
/// - answers to local requests, which today's daemons compute at once and one after the other; half
///   a minute is added for each encryption in a request. Daemons up to v0.0.73-rc1 put them into
///   their queue for the mixnet: four seconds are added for each, and nothing is due while they are
///   off the mixnet;
/// - the first frames of a connection, which daemons from v0.0.77 on hold back for half a minute
///   while they have no document of their network. That is added;
/// - that it reads what is written to it. Daemons stop reading a connection at the 17th request for
///   the mixnet that waits there, and the library never sends so many.
///
/// What is missing for longer than the limit makes it KPC_HEALTH_SILENT or KPC_HEALTH_NOT_DRAINING;
/// a local answer that is missing for four times the limit, KPC_HEALTH_WEDGED. A daemon that is on
/// the mixnet by its own account is also KPC_HEALTH_WEDGED where
///
/// - it does not report for a minute that it has sent a message which it should have sent, by the
///   rate in the document;
/// - for twelve times the limit and eight round trips no box is answered, though some are at the
///   daemon; four times as long where there is only one, which may have met a courier that is gone.
///   Copy commands do not count, and neither do reads that the daemon repeats itself. From here a
///   network that loses everything looks the same.
///
/// While the client's own process is stopped, nothing counts. Each change from or to one of these
/// three verdicts is published as KPC_EVENT_HEALTH, at most an eighth of the limit and no more than
/// a second late; a new sink does not begin with one. What else changes has events of its own:
/// KPC_EVENT_CONNECTION_STATUS, KPC_EVENT_DISCONNECTED, KPC_EVENT_CLOSED.
///
/// @param client  the client, connected, lost or closed
/// @param health  receives the verdict and what it is made from
/// @param size    sizeof *health as the program knows it: no more is written. What the library
///                does not know yet is 0
/// @param error   receives details of a failure; may be NULL
/// @return KPC_OK, any handle error, KPC_ERR_ARG_SIZE (0, more than 4096, or no multiple of 8)
///
/// Threads: any, callbacks included.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_client_health(
    client: *const kpc_client,
    health: *mut kpc_daemon_health,
    size: usize,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, out_sized(health, size, "health"), move || {
            Ok(all(&handles::get(client)?.health()))
        })
    }
}
