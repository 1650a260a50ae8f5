//! The moment at which a caller gives up.

use std::time::{Duration, Instant};

use crate::clock::{self, SuspendClock};

/// The system's timers stand still while the machine is suspended. So where that time counts, nobody sleeps for
/// longer without another look at the clock.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// When a caller gives up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    /// The clock that goes on while the machine is suspended, and what it shows then.
    counted: Option<(SuspendClock, Duration)>,
}

impl Deadline {
    /// So long after now; `None` for never, as no clock goes so far.
    pub(crate) fn after(limit: Duration, clock: Option<SuspendClock>) -> Option<Self> {
        Some(Deadline {
            at: clock::now().checked_add(limit)?,
            counted: clock.map(|clock| (clock, clock.now().saturating_add(limit))),
        })
    }

    /// How much time is left; zero once it is over.
    pub(crate) fn left(self) -> Duration {
        let left = self.at.saturating_duration_since(clock::now());
        match self.counted {
            Some((clock, at)) => left.min(at.saturating_sub(clock.now())),
            None => left,
        }
    }

    /// How long to sleep until it is over, or until another look at the clock is due; zero once it is over.
    pub(crate) fn pause(self) -> Duration {
        let left = self.left();
        match self.counted {
            Some(_) => left.min(LOOK_AGAIN),
            None => left,
        }
    }

    /// The moment, as long as the machine is not suspended from now on.
    pub(crate) fn instant(self) -> Instant {
        match self.counted {
            Some(_) => clock::now() + self.left(),
            None => self.at,
        }
    }

    /// Waits until it is over.
    pub(crate) async fn passed(self) {
        loop {
            let pause = self.pause();
            if pause.is_zero() {
                return;
            }
            tokio::time::sleep(pause).await;
        }
    }
}

/// One that only counts the time in which the machine runs.
impl From<Instant> for Deadline {
    fn from(at: Instant) -> Self {
        Deadline { at, counted: None }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_deadline_counts_suspension_only_where_its_clock_does() {
        static SHOWS: AtomicU64 = AtomicU64::new(7);
        let clock = SuspendClock::new(|| Duration::from_secs(SHOWS.load(Ordering::SeqCst)));
        let counts = Deadline::after(HOUR, Some(clock)).unwrap();
        let does_not = Deadline::after(HOUR, None).unwrap();
        assert!(counts.left() > HOUR / 2 && does_not.left() > HOUR / 2);
        assert_eq!(counts.pause(), LOOK_AGAIN);
        assert!(does_not.pause() > LOOK_AGAIN);

        SHOWS.store(7 + 3000, Ordering::SeqCst);
        assert_eq!(counts.left(), Duration::from_secs(600));
        assert!(counts.instant() < clock::now() + HOUR / 2);
        SHOWS.store(7 + 3600, Ordering::SeqCst);
        assert!(counts.left().is_zero() && counts.pause().is_zero());
        assert!(does_not.left() > HOUR / 2);
    }

    #[test]
    fn what_no_clock_reaches_is_never() {
        assert!(Deadline::after(Duration::MAX, None).is_none());
    }
}
