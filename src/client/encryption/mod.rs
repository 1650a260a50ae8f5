//! Encryptions: what the daemon computes itself, and what that costs.
//!
//! A box that is to be read or written is encrypted by the daemon first. With today's replica
//! scheme (CTIDH) that takes seconds of its processor, with x25519 some milliseconds.

mod price;

use std::time::Duration;

use self::price::Price;

/// The encryptions of one client.
#[derive(Default)]
pub(crate) struct Encryption {
    price: Price,
}

impl Encryption {
    /// How long the daemon takes for one encryption on one connection, smoothed over those that
    /// were measured with the present daemon process; `None` before the first. It includes what
    /// other work of the daemon's machine slows it down by, but no waiting in this client.
    pub(crate) fn price(&self) -> Option<Duration> {
        self.price.get()
    }

    /// The daemon took `took` for `count` encryptions in one request.
    pub(crate) fn learn(&self, count: u32, took: Duration) {
        self.price.learn(count, took);
    }

    /// Another daemon process: what is known of the one before says nothing of it.
    pub(crate) fn on_restarted(&self) {
        self.price.forget();
    }
}
