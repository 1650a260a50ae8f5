//! Times in the form that frames have.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub(crate) fn unix_time() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs())
}

/// A duration in nanoseconds.
pub(crate) fn nanoseconds(eta: Duration) -> u64 {
    u64::try_from(eta.as_nanos()).unwrap_or(u64::MAX)
}
