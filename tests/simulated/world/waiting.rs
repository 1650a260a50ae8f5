//! Waiting for something, and having the machine for oneself.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use kpclient::client::Timeout;
use kpclientd_sim::Sim;

/// What no part of a test takes unless it hangs.
pub const LIMIT: Duration = Duration::from_secs(180);
pub const PATIENCE: Timeout = Timeout::After(LIMIT);

/// Waits until something holds, by looking again and again.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    let mut looks = 0_u64;
    while !holds() {
        assert!(begun.elapsed() < LIMIT, "waited in vain: {what}");
        looks += 1;
        if looks % 16 == 0 {
            // Those who are waited for need the processor too.
            thread::park_timeout(Duration::from_micros(200));
        } else {
            thread::yield_now();
        }
    }
}

/// Lets one packet go, as soon as there is one.
pub fn step(sim: &Sim) {
    until("a packet to send", || {
        sim.control("step 1").unwrap() == "1 packets"
    });
}

/// Lets packets go until something holds; gives how many that took.
pub fn step_until(sim: &Sim, mut holds: impl FnMut() -> bool) -> u64 {
    let mut packets = 0;
    until("the effect of packets", || {
        if holds() {
            return true;
        }
        packets += u64::from(sim.control("step 1").unwrap() == "1 packets");
        false
    });
    packets
}

/// Tests that take every processor and tests that look at the clock are run one at a time: each
/// holds this from its beginning to its end.
pub fn one_at_a_time() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}
