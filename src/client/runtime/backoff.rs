//! Pauses between attempts to connect: doubling, bounded, with jitter.

use std::time::Duration;

use super::query_ids::random_array;

/// A session that lasted this long shows that the daemon is well.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// Exponential back-off.
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        Backoff {
            min,
            max: max.max(min),
            next: min,
        }
    }

    /// How long to wait now, after an attempt whose session lasted `lasted`.
    pub(crate) fn pause(&mut self, lasted: Duration) -> Duration {
        if lasted >= STABLE_AFTER {
            self.next = self.min;
        }
        let pause = self.next;
        self.next = (self.next * 2).min(self.max);
        jitter(pause)
    }
}

/// Between three quarters and all of `pause`, so that many clients of one
/// restarted daemon do not come back at the same moment.
fn jitter(pause: Duration) -> Duration {
    let random = u32::from(random_array::<1>().map_or(0, |[byte]| byte));
    pause - pause / 4 * random / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_maximum() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(4));
        for expected in [1, 2, 4, 4] {
            let pause = backoff.pause(Duration::ZERO);
            assert!(pause <= Duration::from_secs(expected));
            assert!(pause >= Duration::from_secs(expected) * 3 / 4);
        }
    }

    #[test]
    fn starts_over_after_a_session_that_lasted() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        for _ in 0..5 {
            backoff.pause(Duration::ZERO);
        }
        assert!(backoff.pause(STABLE_AFTER) <= Duration::from_secs(1));
    }
}
