//! A time that is measured repeatedly, smoothed.

use std::time::Duration;

/// A round trip, measured repeatedly.
#[derive(Default)]
pub(crate) struct RoundTrip {
    smoothed: Option<Duration>,
}

impl RoundTrip {
    /// Adds a sample, with a weight of one eighth.
    pub(crate) fn learn(&mut self, took: Duration) {
        self.smoothed = Some(self.smoothed.map_or(took, |s| (s * 7 + took) / 8));
    }

    /// The smoothed time; `None` before the first sample.
    pub(crate) fn get(&self) -> Option<Duration> {
        self.smoothed
    }
}
