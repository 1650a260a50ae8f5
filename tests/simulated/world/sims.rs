//! Simulators in a hurry.

use std::time::Duration;

use kpclientd_sim::network::Era;
use kpclientd_sim::{Sim, SimConfig};

/// A daemon that is late with nothing and notices every end at once.
pub fn hurried(era: Era) -> SimConfig {
    let mut config = SimConfig::new(era).hurried();
    config.late_close_chance = 0.0;
    config
}

/// The daemon of v0.0.73-rc1, which was recorded on a network without replicas, with replicas.
pub fn first_sessions_with_replicas() -> SimConfig {
    let mut config = hurried(Era::V0_0_73Rc1);
    let other = SimConfig::new(Era::Current).network;
    config.network.replicas = other.replicas;
    config.network.couriers = other.couriers;
    config
}

/// A daemon that soon forgets the sessions of lost connections, and may be late to notice them.
pub fn forgetful(era: Era) -> SimConfig {
    SimConfig {
        grace: Duration::from_millis(300),
        resend_slack: Duration::from_millis(100),
        ..SimConfig::new(era).hurried()
    }
}

/// Today's daemon in a hurry.
pub fn sim() -> Sim {
    Sim::start(hurried(Era::Current)).unwrap()
}

/// The same, with its packets held.
pub fn held_sim() -> Sim {
    let sim = sim();
    sim.control("hold").unwrap();
    sim
}

/// A simulator with its packets held, on a network so fast that a client fills its window. It is
/// promised a hundred packets a millisecond: however slowly a test lets them go, the sixteenth of
/// that which a client reckons with at least keeps its window as large as any.
pub fn busy_sim() -> Sim {
    let mut config = hurried(Era::Current);
    config.network.lambda_p = 100.0;
    let sim = Sim::start(config).unwrap();
    sim.control("hold").unwrap();
    sim
}

/// Requests of one kind that a client keeps at the daemon of such a network.
pub const WINDOW: u64 = 12;

/// A number that the simulator counts.
pub fn count(sim: &Sim, name: &str) -> u64 {
    sim.stats().unwrap()[name].as_u64().unwrap()
}

/// How many requests of a kind have come.
pub fn requests(sim: &Sim, kind: &str) -> u64 {
    sim.stats().unwrap()["requests"][kind].as_u64().unwrap_or(0)
}

pub const START: &str = "start_resending_encrypted_message";
const START_REPLY: &str = "start_resending_encrypted_message_reply";
pub const CANCEL: &str = "cancel_resending_encrypted_message";

/// Boxes that were started and not answered.
pub fn outstanding(sim: &Sim) -> u64 {
    let stats = sim.stats().unwrap();
    let of = |what: &str, key: &str| stats[what][key].as_u64().unwrap_or(0);
    of("requests", START) - of("replies", START_REPLY)
}
