//! What a request costs in processor time.

use std::time::Duration;

use crate::daemon::options::SimConfig;
use crate::network::Scheme;

/// Group actions of one encryption: one for its own key and one for each of two replicas.
const ACTIONS_OF_ENCRYPTION: u32 = 3;
/// Measured with daemons v0.0.99, on a quiet core.
const CTIDH_ENCRYPTION: Duration = Duration::from_millis(2150);
/// Measured on a network that was set up with x25519.
const X25519_ENCRYPTION: Duration = Duration::from_micros(1340);

/// What a request costs.
#[derive(Clone, Copy)]
pub(crate) enum Effort {
    /// So many envelopes.
    Encryptions(u32),
    /// So many group actions of a voucher, which uses CTIDH1024-X25519 on every network.
    VoucherActions(u32),
}

impl Effort {
    pub(crate) fn is_none(self) -> bool {
        matches!(self, Effort::Encryptions(0) | Effort::VoucherActions(0))
    }

    /// The processor time that it takes.
    pub(crate) fn price(self, config: &SimConfig) -> Duration {
        match self {
            Effort::Encryptions(n) => price_of_encryption(config).saturating_mul(n),
            Effort::VoucherActions(n) => price_of_voucher_action(config).saturating_mul(n),
        }
    }
}

fn price_of_encryption(config: &SimConfig) -> Duration {
    config.encrypt_cost.unwrap_or(match config.network.scheme {
        Scheme::Ctidh1024X25519 => CTIDH_ENCRYPTION,
        Scheme::X25519 => X25519_ENCRYPTION,
    })
}

fn price_of_voucher_action(config: &SimConfig) -> Duration {
    let by_encryption = config.encrypt_cost.unwrap_or(CTIDH_ENCRYPTION);
    config
        .voucher_cost
        .unwrap_or(by_encryption / ACTIONS_OF_ENCRYPTION)
}
