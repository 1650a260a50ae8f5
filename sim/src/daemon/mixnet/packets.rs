//! The duration and the loss of round trips.

use std::time::Duration;

use crate::daemon::state::Daemon;

impl Daemon {
    /// Draws the duration of a round trip: a delay at every mix, in both directions.
    pub(crate) fn draw_eta(&mut self) -> Duration {
        if let Some(latency) = self.config.latency {
            return latency;
        }
        let per_second = self.config.network.mu * 1000.0;
        let mean = Duration::try_from_secs_f64(1.0 / per_second).unwrap_or_default();
        let delay: Duration = (0..2 * self.config.network.layers)
            .map(|_| self.random.exponential(mean))
            .sum();
        Duration::from_millis(u64::try_from(delay.as_millis()).unwrap_or(0))
    }

    /// When a packet arrives. Half of all losses happen on the forward trip.
    pub(crate) fn forward_trip(&mut self, eta: Duration) -> Option<Duration> {
        (!self.random.chance(self.config.loss / 2.0)).then_some(eta / 2)
    }

    /// Whether an answer survives the return trip, where the other half is lost.
    pub(crate) fn return_trip_holds(&mut self) -> bool {
        let forward = self.config.loss / 2.0;
        let rest = if forward < 1.0 {
            forward / (1.0 - forward)
        } else {
            1.0
        };
        !self.random.chance(rest)
    }
}
