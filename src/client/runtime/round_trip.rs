//! A time that is measured again and again, smoothed.

use std::time::Duration;

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
