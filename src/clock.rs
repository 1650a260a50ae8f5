//! The clocks that client and store go by.
//!
//! It is tokio's clock, so that what is compared here and what tokio waits for are the same time: where a runtime's
//! time is virtual, as in tests/simulation, all of it is.

use std::time::{Duration, Instant, SystemTime};

use crate::{platform, Error, Result, Status};

/// A clock that goes on while the machine is suspended.
#[derive(Clone, Copy, Debug)]
pub struct SuspendClock(fn() -> Duration);

impl SuspendClock {
    /// One that is read by this function: the time since some moment of the past, which never goes back.
    pub fn new(read: fn() -> Duration) -> Self {
        SuspendClock(read)
    }

    /// The system's. Fails with `UNSUPPORTED` where it has none.
    pub fn of_system() -> Result<Self> {
        platform::SUSPEND_CLOCK.map(SuspendClock).ok_or_else(|| {
            Error::new(
                Status::UNSUPPORTED,
                "this system has no clock that counts the time of a suspended machine",
            )
        })
    }

    pub(crate) fn now(self) -> Duration {
        (self.0)()
    }
}

impl PartialEq for SuspendClock {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Eq for SuspendClock {}

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

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// What the kernel says of the same clock, in hundredths of a second.
    fn uptime() -> Duration {
        let text = std::fs::read_to_string("/proc/uptime").unwrap();
        Duration::from_secs_f64(text.split(' ').next().unwrap().parse().unwrap())
    }

    #[test]
    fn the_systems_clock_counts_from_its_start() {
        let clock = SuspendClock::of_system().unwrap();
        let before = uptime();
        let now = clock.now();
        let after = uptime() + Duration::from_millis(10);
        assert!(
            before <= now && now <= after,
            "{before:?} {now:?} {after:?}"
        );
        assert!(clock == SuspendClock::of_system().unwrap());
        assert!(clock != SuspendClock::new(|| Duration::ZERO));
    }
}
