//! Query ids: a random half that belongs to the client, and a counter.
//!
//! No random state in user space: the half is drawn once from the operating
//! system, and a forked child cannot use its parent's client.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::wire::QueryId;
use crate::{Error, Result, Status};

/// Makes a client's query ids and recognises them again.
pub(crate) struct Queries {
    own: [u8; 8],
    next: AtomicU64,
}

/// Fills `bytes` from the operating system's source of randomness.
pub(crate) fn random(bytes: &mut [u8]) -> Result<()> {
    #[cfg(feature = "simulation")]
    if crate::simulated::fill(bytes) {
        return Ok(());
    }
    getrandom::fill(bytes).map_err(|e| {
        Error::new(
            Status::INTERNAL,
            format!("the operating system gives no randomness: {e}"),
        )
    })
}

/// An array of random bytes from the operating system.
pub(crate) fn random_array<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    random(&mut bytes)?;
    Ok(bytes)
}

impl Queries {
    pub(crate) fn new() -> Result<Self> {
        Ok(Queries {
            own: random_array()?,
            next: AtomicU64::new(1),
        })
    }

    /// A number never used before, and the id that carries it.
    pub(crate) fn fresh(&self) -> (u64, QueryId) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.own);
        id[8..].copy_from_slice(&number.to_be_bytes());
        (number, id)
    }

    /// The number in an id of ours; `None` for any other id.
    pub(crate) fn number(&self, id: &QueryId) -> Option<u64> {
        let (own, number) = id.split_first_chunk::<8>()?;
        (*own == self.own).then(|| u64::from_be_bytes(number.try_into().unwrap_or_default()))
    }
}
