//! The configuration of the network behind the daemon.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kpclient::bacap::Derivation;

use super::scheme::Scheme;

/// Katzenpost counts its epochs from 2017-06-01 00:00 UTC.
const EPOCH_ZERO_UNIX: u64 = 1_496_275_200;
/// Replica epochs are weeks.
const REPLICA_EPOCH_SECONDS: u64 = 7 * 24 * 3600;

/// The generation of daemon and network to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// The Channel API.
    V0_0_72,
    /// The oldest daemon of today's protocol.
    V0_0_73Rc1,
    /// v0.0.99.
    Current,
}

/// The network's parameters.
#[derive(Clone, Debug)]
pub struct NetworkConfig {
    /// All randomness and all keys come from this.
    pub seed: u64,
    /// The epoch at time zero.
    pub epoch: u64,
    /// How long an epoch lasts.
    pub epoch_length: Duration,
    /// The replica epoch, in weeks, at time zero.
    pub replica_epoch: u64,
    /// Packets a millisecond that a client sends.
    pub lambda_p: f64,
    /// The rate of the mixes' delays, per millisecond.
    pub mu: f64,
    /// Mix layers, one mix in each.
    pub layers: usize,
    /// Storage replicas, 200 at most.
    pub replicas: usize,
    /// Service nodes, each with an echo service and a courier.
    pub couriers: usize,
    /// The generation to simulate.
    pub era: Era,
    /// How the daemon makes keys from a seed.
    pub derivation: Derivation,
    /// The key exchange with the replicas; [`NetworkConfig::with_scheme`] changes it together with the lengths.
    pub scheme: Scheme,
    /// MaxPlaintextPayloadLength.
    pub max_plaintext: usize,
    /// How often a courier looks again for a missing box, for one envelope.
    pub look_ups: u32,
    /// How long a courier waits for a missing box of a temporary stream.
    pub copy_patience: Duration,
    /// Time from a write until readers see it.
    pub replication_lag: Duration,
    /// Whether writing a box again with the same content is answered with 10, as before v0.0.74.
    pub identical_rewrite_is_error: bool,
    /// Whether any other write of a box replaces what it holds, as before v0.0.73.
    pub overwrites: bool,
    /// Probability that a write reaches its replicas twice, as happened before v0.0.74 on a busy network: the second time its own
    /// content is there already.
    pub double_writes: f64,
}

impl NetworkConfig {
    /// A network of this generation like the recorded one.
    #[must_use]
    pub fn new(era: Era) -> NetworkConfig {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs())
            .saturating_sub(EPOCH_ZERO_UNIX);
        let epoch_length = Duration::from_secs(120);
        let replicas = match era {
            Era::V0_0_72 => 3,
            Era::V0_0_73Rc1 | Era::Current => 5,
        };
        let scheme = Scheme::of(era);
        NetworkConfig {
            seed: 0,
            epoch: since / epoch_length.as_secs(),
            epoch_length,
            replica_epoch: since / REPLICA_EPOCH_SECONDS,
            lambda_p: 0.001,
            mu: 0.005,
            layers: 3,
            replicas,
            couriers: if era == Era::Current { 3 } else { 1 },
            era,
            derivation: match era {
                Era::Current => Derivation::CURRENT,
                Era::V0_0_72 | Era::V0_0_73Rc1 => Derivation::BeforeHpqc101,
            },
            scheme,
            max_plaintext: scheme.max_plaintext(era),
            look_ups: 5,
            copy_patience: Duration::from_secs(131),
            replication_lag: Duration::ZERO,
            identical_rewrite_is_error: era == Era::V0_0_73Rc1,
            overwrites: era == Era::V0_0_72,
            double_writes: if era == Era::V0_0_73Rc1 { 0.25 } else { 0.0 },
        }
    }
}

impl NetworkConfig {
    /// The same with another key exchange, which changes the size of a box.
    #[must_use]
    pub fn with_scheme(mut self, scheme: Scheme) -> NetworkConfig {
        self.scheme = scheme;
        self.max_plaintext = scheme.max_plaintext(self.era);
        self
    }

    /// The mixnet's epoch at this time.
    #[must_use]
    pub fn epoch_at(&self, now: Duration) -> u64 {
        let past = now.as_nanos() / self.epoch_length.as_nanos().max(1);
        let past = u64::try_from(past).unwrap_or(u64::MAX);
        self.epoch.saturating_add(past)
    }

    /// The replica epoch at this time.
    #[must_use]
    pub fn replica_epoch_at(&self, now: Duration) -> u64 {
        let past = now.as_secs() / REPLICA_EPOCH_SECONDS;
        self.replica_epoch.saturating_add(past)
    }
}

impl Default for NetworkConfig {
    fn default() -> NetworkConfig {
        NetworkConfig::new(Era::Current)
    }
}
