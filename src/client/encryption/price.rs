//! What an encryption costs, as measured.

use std::sync::Mutex;
use std::time::Duration;

use crate::client::runtime::round_trip::RoundTrip;
use crate::sync::lock;

/// The assumed price of an encryption with CTIDH, on the safe side, until it is measured.
const OF_CTIDH: Duration = Duration::from_secs(2);

/// The usual price of an encryption with this key exchange; `None` where it is not known to be
/// expensive.
pub(crate) fn usual(nike: &str) -> Option<Duration> {
    nike.contains("CTIDH").then_some(OF_CTIDH)
}

/// The price of one encryption at the present daemon process.
#[derive(Default)]
pub(crate) struct Price {
    one: Mutex<RoundTrip>,
}

impl Price {
    /// The smoothed price; `None` before the first measurement.
    pub(crate) fn get(&self) -> Option<Duration> {
        lock(&self.one).get()
    }

    /// A request of `count` encryptions took `took`. A request without any is no sample.
    pub(crate) fn learn(&self, count: u32, took: Duration) {
        if let Some(one) = took.checked_div(count) {
            lock(&self.one).learn(one);
        }
    }

    pub(crate) fn forget(&self) {
        *lock(&self.one) = RoundTrip::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_is_that_of_one_and_of_this_daemon_process() {
        let price = Price::default();
        price.learn(0, Duration::from_secs(9));
        assert_eq!(price.get(), None);
        price.learn(4, Duration::from_secs(8));
        assert_eq!(price.get(), Some(Duration::from_secs(2)));
        price.learn(1, Duration::from_secs(10));
        assert_eq!(price.get(), Some(Duration::from_secs(3)));
        price.forget();
        assert_eq!(price.get(), None);
    }
}
