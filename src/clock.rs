//! The clocks that client and store go by.
//!
//! It is tokio's clock, so that what is compared here and what tokio waits for are the same time: where a runtime's
//! time is virtual, as in tests/simulation, all of it is.

use std::time::{Duration, Instant, SystemTime};

/// The time for limits and pauses. It does not count the time in which the machine is suspended.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// How long ago that was.
pub(crate) fn since(earlier: Instant) -> Duration {
    now().saturating_duration_since(earlier)
}

/// The time of day, which people and programs set.
pub(crate) fn wall() -> SystemTime {
    #[cfg(feature = "simulation")]
    if let Some(virtual_time) = crate::simulated::wall() {
        return virtual_time;
    }
    SystemTime::now()
}
