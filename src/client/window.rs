//! How many requests a lane keeps at the daemon at once.
//!
//! The daemon sends packets at a fixed mean rate, so what exceeds rate × round
//! trip only waits in its queue, where it cannot be reordered or cancelled
//! freely. The window follows the measured delay, as delay-based congestion
//! control does: it compares each round trip with the shortest one seen and
//! keeps about one request queued at the daemon.

use std::time::Duration;

/// The daemon's queue is 16 deep and it stops reading when that is full: stay well below.
pub(crate) const MAX: f64 = 12.0;
const MIN: f64 = 1.0;
/// Requests that may wait at the daemon before the window shrinks: these, or as many as
/// it sends in half a second. Below a third of that the window grows.
const QUEUED_MANY: f64 = 1.5;
const QUEUED_SECONDS: f64 = 0.5;
/// A shortest round trip is forgotten after so many samples, for routes change.
const FORGET_AFTER: u32 = 256;

/// A round trip, measured again and again.
#[derive(Default)]
pub(crate) struct RoundTrip {
    smoothed: Option<Duration>,
}

impl RoundTrip {
    /// Learns from one that took `took`: an eighth of what is told.
    pub(crate) fn learn(&mut self, took: Duration) {
        self.smoothed = Some(self.smoothed.map_or(took, |s| (s * 7 + took) / 8));
    }

    /// The smoothed one; None before the first.
    pub(crate) fn get(&self) -> Option<Duration> {
        self.smoothed
    }
}

/// The window of one lane.
pub(crate) struct Window {
    size: f64,
    shortest: Option<Duration>,
    smoothed: RoundTrip,
    samples: u32,
    many: f64,
}

impl Window {
    pub(crate) fn new() -> Self {
        Window {
            size: 2.0,
            shortest: None,
            smoothed: RoundTrip::default(),
            samples: 0,
            many: QUEUED_MANY,
        }
    }

    /// Requests that may be at the daemon now.
    pub(crate) fn slots(&self) -> usize {
        // Rounding down is right; the value lies between 1 and 12.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let slots = self.size as usize;
        slots.max(1)
    }

    /// The smoothed round trip; None before the first.
    pub(crate) fn smoothed(&self) -> Option<Duration> {
        self.smoothed.get()
    }

    /// The shortest round trip of late; None before the first.
    pub(crate) fn shortest(&self) -> Option<Duration> {
        self.shortest
    }

    /// Starts from what the network's document promises: `rate` requests a
    /// second can leave and a round trip takes about `round_trip`.
    pub(crate) fn expect(&mut self, rate: f64, round_trip: Duration) {
        if !rate.is_finite() || rate <= 0.0 {
            return;
        }
        self.many = (rate * QUEUED_SECONDS).max(QUEUED_MANY);
        if self.samples == 0 {
            self.size = (rate * round_trip.as_secs_f64()).clamp(MIN, MAX);
        }
    }

    /// Learns from one request that took `took` from leaving to its answer.
    pub(crate) fn learn(&mut self, took: Duration) {
        self.samples = self.samples.wrapping_add(1).max(1);
        if self.samples % FORGET_AFTER == 0 {
            self.shortest = self.smoothed.get();
        }
        let shortest = self.shortest.map_or(took, |s| s.min(took));
        self.shortest = Some(shortest);
        self.smoothed.learn(took);
        let took = took.as_secs_f64().max(1e-6);
        let queued = self.size * (1.0 - shortest.as_secs_f64() / took);
        if queued < self.many / 3.0 {
            self.size += 1.0 / self.size;
        } else if queued > self.many {
            self.size -= 1.0 / self.size;
        }
        self.size = self.size.clamp(MIN, MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: f64 = 2.0;
    const RATE: f64 = 1.0;

    /// A daemon that sends `RATE` requests a second, each then taking `RTT` seconds.
    fn settle(window: &mut Window) {
        for _ in 0..200 {
            #[allow(clippy::cast_precision_loss)]
            let in_flight = window.slots() as f64;
            let queueing = (in_flight / RATE - RTT).max(0.0);
            window.learn(Duration::from_secs_f64(RTT + queueing));
        }
    }

    #[test]
    fn settles_near_rate_times_round_trip() {
        let mut window = Window::new();
        settle(&mut window);
        assert!((2..=6).contains(&window.slots()), "{}", window.slots());
    }

    #[test]
    fn does_not_mind_uneven_round_trips_where_packets_are_many() {
        let mut window = Window::new();
        window.expect(100.0, Duration::from_millis(500));
        for n in 0..200 {
            window.learn(Duration::from_millis(if n % 2 == 0 { 300 } else { 900 }));
        }
        assert_eq!(window.slots(), 12);
    }

    #[test]
    fn never_fills_the_daemons_queue() {
        let mut window = Window::new();
        window.expect(1e9, Duration::from_secs(10));
        assert!(window.slots() <= 12);
        for _ in 0..1000 {
            window.learn(Duration::from_millis(1));
        }
        assert!(window.slots() <= 12);
    }

    #[test]
    fn keeps_at_least_one_slot_when_everything_is_slow() {
        let mut window = Window::new();
        window.learn(Duration::from_millis(1));
        for _ in 0..100 {
            window.learn(Duration::from_secs(60));
        }
        assert_eq!(window.slots(), 1);
    }
}
