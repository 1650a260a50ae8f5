//! Which envelope polls a box that is missing: the previous one, or a fresh one.
//!
//! A fresh envelope makes its courier ask the replicas at once, but the daemon has to encrypt it,
//! which takes seconds of its processor on some networks. An envelope that the courier knows
//! already costs no encryption. The courier answers it from its cache, and looks again for the next
//! time: a box is seen one or two polls late. Each poll goes to a courier that the daemon picks at
//! random. Each courier looks five times more, then repeats "not found" for good; it may do so for
//! envelopes older than five minutes.
//!
//! So where encrypting is cheap, each poll has a fresh envelope. Where it is not, one envelope is
//! polled so often that encrypting takes a small share of the time that the packets take.

use std::time::{Duration, Instant};

/// Look-ups that a courier makes for one envelope after the first.
const LOOK_UPS: u32 = 5;
/// Couriers forget an envelope that is older.
const MAX_AGE: Duration = Duration::from_secs(5 * 60);
/// The share of the packets' time that encrypting may take.
const SHARE: f64 = 1.0 / 8.0;
/// An encryption that takes less is cheap on every network: a box is polled at most once a second.
const CHEAP: Duration = Duration::from_millis(1);

/// The envelope of the next poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Same,
    Fresh,
}

/// What polling costs now.
#[derive(Clone, Copy)]
pub(crate) struct Costs {
    /// The price of an encryption at the daemon; `None` where nobody has measured it.
    pub(crate) encryption: Option<Duration>,
    /// Time in which the daemon sends the packets of one poll, on average.
    pub(crate) packets: Duration,
    /// Couriers among which the daemon picks.
    pub(crate) couriers: u32,
    /// The caller waits until then at most.
    pub(crate) deadline: Option<Instant>,
}

/// One envelope, and how often it was polled.
#[derive(Clone, Copy)]
pub(crate) struct Polled {
    made: Instant,
    polls: u32,
}

impl Polled {
    /// An envelope that is sent for the first time.
    pub(crate) fn first(now: Instant) -> Self {
        Polled {
            made: now,
            polls: 1,
        }
    }

    /// It is sent again.
    pub(crate) fn again(&mut self) {
        self.polls += 1;
    }

    /// Decides the envelope of the poll that is made now.
    pub(crate) fn next(&self, now: Instant, costs: &Costs) -> Next {
        let age = now.saturating_duration_since(self.made);
        let worn = self.polls >= LOOK_UPS.saturating_mul(costs.couriers.max(1)) || age >= MAX_AGE;
        if worn || self.polls >= worth(costs) || self.is_last_chance(now, age, costs) {
            Next::Fresh
        } else {
            Next::Same
        }
    }

    /// The caller gives up before another poll after this one: a box that was written meanwhile is
    /// seen now or not at all.
    fn is_last_chance(&self, now: Instant, age: Duration, costs: &Costs) -> bool {
        let poll = age / self.polls.max(1) + costs.encryption.unwrap_or_default();
        costs
            .deadline
            .is_some_and(|deadline| deadline.saturating_duration_since(now) < poll * 2)
    }
}

/// Polls that one encryption is spread over.
fn worth(costs: &Costs) -> u32 {
    // Where the price is unknown, the next encryption measures it.
    let encryption = costs.encryption.unwrap_or_default();
    if encryption < CHEAP {
        return 1;
    }
    let polls = encryption.as_secs_f64() / (costs.packets.as_secs_f64() * SHARE).max(1e-9);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded
    let polls = polls.ceil().clamp(1.0, 1000.0) as u32;
    polls
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn costs(encryption_ms: u64) -> Costs {
        Costs {
            encryption: Some(Duration::from_millis(encryption_ms)),
            packets: 2 * SECOND,
            couriers: 3,
            deadline: None,
        }
    }

    /// Polls with one envelope, each so long after the one before.
    fn polls(costs: &Costs, every: Duration) -> u32 {
        let mut now = crate::clock::now();
        let mut polled = Polled::first(now);
        for polls in 1..100 {
            now += every;
            if polled.next(now, costs) == Next::Fresh {
                return polls;
            }
            polled.again();
        }
        100
    }

    #[test]
    fn a_cheap_encryption_is_made_for_each_poll_and_so_is_one_of_unknown_price() {
        for ms in [0, 1, 10, 250] {
            assert_eq!(polls(&costs(ms), 3 * SECOND), 1, "{ms} ms");
        }
        let unknown = Costs {
            encryption: None,
            ..costs(0)
        };
        assert_eq!(polls(&unknown, 3 * SECOND), 1);
    }

    #[test]
    fn an_expensive_one_is_spread_over_polls_by_its_price_and_that_of_packets() {
        assert_eq!(polls(&costs(500), 3 * SECOND), 2);
        assert_eq!(polls(&costs(2150), 3 * SECOND), 9);
        let quick = Costs {
            packets: Duration::from_millis(200),
            ..costs(200)
        };
        assert_eq!(polls(&quick, SECOND), 8);
        let instant = |micros| Costs {
            encryption: Some(Duration::from_micros(micros)),
            packets: Duration::ZERO,
            couriers: 3,
            deadline: None,
        };
        assert_eq!(polls(&instant(900), SECOND), 1);
        assert_eq!(polls(&instant(1100), SECOND), 15);
    }

    #[test]
    fn an_envelope_is_given_up_when_its_look_ups_are_used_up_or_it_is_old() {
        let expensive = costs(60_000);
        assert_eq!(polls(&expensive, 2 * SECOND), 15);
        assert_eq!(polls(&expensive, 301 * SECOND), 1);
        assert_eq!(polls(&expensive, 100 * SECOND), 3);
        for couriers in [0, 1] {
            let one = Costs {
                couriers,
                ..expensive
            };
            assert_eq!(polls(&one, 2 * SECOND), 5);
        }
    }

    #[test]
    fn the_last_poll_before_the_caller_gives_up_has_a_fresh_envelope() {
        let now = crate::clock::now();
        let mut polled = Polled::first(now);
        polled.again();
        let ends_in = |seconds| Costs {
            deadline: Some(now + 6 * SECOND + seconds * SECOND),
            ..costs(2000)
        };
        // A poll takes three seconds, and two for encrypting.
        assert_eq!(polled.next(now + 6 * SECOND, &ends_in(11)), Next::Same);
        assert_eq!(polled.next(now + 6 * SECOND, &ends_in(9)), Next::Fresh);
        assert_eq!(polled.next(now + 6 * SECOND, &costs(2000)), Next::Same);
    }
}
