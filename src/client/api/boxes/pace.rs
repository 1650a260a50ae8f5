//! How often a box that is awaited is polled.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// The shortest pause between two polls of one box: the rate of a reader must not reveal what it
/// does.
pub(crate) const POLL_EVERY: Duration = Duration::from_secs(1);
/// After so many polls that found nothing, a calm reader doubles its pause.
const CALMER_AFTER: u32 = 30;
/// A calm reader rests up to 2^5 times as long: half a minute.
const CALMEST: u32 = 5;

/// How long a reader rests between two polls.
#[derive(Default)]
pub(crate) struct Pace {
    /// Polls in a row that found nothing; `None` for readers that never become calmer.
    quiet: Option<AtomicU32>,
    hurry: Notify,
}

/// What readers of channels that remember need.
#[cfg(any(feature = "store", test))]
impl Pace {
    /// Polls a quiet box less and less. That follows from what was found alone, not from what the
    /// user does.
    pub(crate) fn calming() -> Self {
        Pace {
            quiet: Some(AtomicU32::new(0)),
            hurry: Notify::new(),
        }
    }

    /// Something is expected now: the rest is cut short, and the pace is quick again.
    pub(crate) fn hurry(&self) {
        self.found();
        self.hurry.notify_one();
    }

    /// Waits for a hurry.
    #[cfg(feature = "store")]
    pub(crate) async fn hurried(&self) {
        self.hurry.notified().await;
    }

    /// A box was found: others may follow.
    pub(crate) fn found(&self) {
        if let Some(quiet) = &self.quiet {
            quiet.store(0, Ordering::Relaxed);
        }
    }
}

impl Pace {
    /// Rests after a poll that began at `started`, longer where the daemon refused several.
    pub(crate) async fn rest(&self, started: Instant, refusals: u32) {
        tokio::select! {
            biased;
            () = tokio::time::sleep_until(started + self.pause(refusals)) => {}
            () = self.hurry.notified() => {}
        }
    }

    /// The rest after one more poll.
    fn pause(&self, refusals: u32) -> Duration {
        let polls = self.quiet.as_ref();
        let polls = polls.map_or(0, |quiet| quiet.fetch_add(1, Ordering::Relaxed));
        let calmness = (polls / CALMER_AFTER).min(CALMEST);
        POLL_EVERY * 2_u32.pow(calmness.max(refusals.min(5)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_box_is_polled_less_and_less_until_something_is_found() {
        let pace = Pace::calming();
        for doubled in [0, 1, 2, 3, 4, 5, 5] {
            for _ in 0..CALMER_AFTER {
                assert_eq!(pace.pause(0), POLL_EVERY * 2_u32.pow(doubled));
            }
        }
        assert_eq!(pace.pause(3), POLL_EVERY * 32);
        pace.found();
        assert_eq!(pace.pause(0), POLL_EVERY);
        assert_eq!(pace.pause(3), POLL_EVERY * 8);
    }

    #[tokio::test]
    async fn a_reader_in_a_hurry_does_not_rest_and_is_quick_again() {
        let pace = Pace::calming();
        for _ in 0..10 * CALMER_AFTER {
            pace.pause(0);
        }
        pace.hurry();
        // Half a minute, were it not for the hurry.
        let limit = Duration::from_secs(20);
        let rested = tokio::time::timeout(limit, pace.rest(Instant::now(), 5)).await;
        assert!(rested.is_ok());
        assert_eq!(pace.pause(0), POLL_EVERY);
    }

    #[test]
    fn a_call_that_waits_for_one_box_keeps_its_pace() {
        let pace = Pace::default();
        for _ in 0..3 * CALMER_AFTER {
            assert_eq!(pace.pause(0), POLL_EVERY);
        }
    }
}
