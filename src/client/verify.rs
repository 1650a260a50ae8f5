//! Verifies how this client's daemon makes keys from a seed, and whether it computes the next index
//! as this library does: in the background, on the first connection with each daemon process.
//!
//! A random seed is used, never one of the caller's. Daemons make keys in one of two ways, and a
//! capability carries its index, so nothing is refused because of that. A daemon with another next
//! index would find the boxes of a stream elsewhere: on such a daemon, calls of several steps are
//! refused, until a later verification agrees.
//!
//! One verification runs at a time. It stops with its connection and the next connection starts it
//! anew; after three lost in a row only every sixteenth connection does, for a daemon may be
//! hanging up because of it.

use std::sync::Arc;

use crate::bacap::{self, Derivation, Keypair};
use crate::client::daemon::verification::{Findings, KeyDerivation, NEXT_DIFFERS};
use crate::client::handle::Client;
use crate::client::requests;
use crate::client::runtime::log::Level;
use crate::client::runtime::query_ids::random_array;
use crate::client::shared::Shared;
use crate::Result;

/// The lane for local requests is connected: starts a verification, where one is due.
pub(crate) fn in_background(shared: &Arc<Shared>) {
    if !shared.config.verify_derivation {
        return;
    }
    if !shared.features().answers_at_once() {
        // Older daemons would queue these requests with all others; their way is known.
        let keys = KeyDerivation::Known(Derivation::BeforeHpqc101);
        shared.verification.set_known(keys);
        return;
    }
    let checked = Arc::clone(shared);
    shared
        .verification
        .start(|turn| shared.spawn(Box::pin(verify_and_report(checked, turn))));
}

async fn verify_and_report(shared: Arc<Shared>, turn: u64) {
    let outcome = verify(&shared).await;
    if let Some(findings) = shared.verification.conclude(turn, &outcome) {
        report(&shared, findings);
    } else if let Err(error) = outcome {
        let text = || format!("the derivation of keys was not verified: {error}");
        shared.log.line(Level::Debug, text);
    }
}

async fn verify(shared: &Arc<Shared>) -> Result<Findings> {
    let seed = distinguishing_seed()?;
    let call = requests::keypair_call(&shared.queries, &seed)?;
    let theirs = call.in_background().run(shared).await?;
    let call = requests::next_index_call(&shared.queries, &theirs.first_index)?;
    let next = call.in_background().run(shared).await?;
    Ok(Findings {
        keys: derivation_of(&seed, &theirs),
        next_differs: next != theirs.first_index.next(),
    })
}

/// A random seed for which the derivations make different keys; nearly all seeds are such.
fn distinguishing_seed() -> Result<[u8; bacap::SEED_SIZE]> {
    loop {
        let seed = random_array()?;
        let [old, new] = DERIVATIONS.map(|derivation| bacap::keypair_by(derivation, &seed));
        if old != new {
            return Ok(seed);
        }
    }
}

const DERIVATIONS: [Derivation; 2] = [Derivation::BeforeHpqc101, Derivation::SinceHpqc101];

fn derivation_of(seed: &[u8; bacap::SEED_SIZE], theirs: &Keypair) -> KeyDerivation {
    let made_so = |derivation: &Derivation| bacap::keypair_by(*derivation, seed) == *theirs;
    let found = DERIVATIONS.into_iter().find(made_so);
    found.map_or(KeyDerivation::Other, KeyDerivation::Known)
}

fn report(shared: &Shared, findings: Findings) {
    let (level, text) = match findings.keys {
        KeyDerivation::Unknown => return,
        KeyDerivation::Known(Derivation::SinceHpqc101) => (
            Level::Info,
            "the daemon makes keys from seeds as this library does",
        ),
        KeyDerivation::Known(Derivation::BeforeHpqc101) => (
            Level::Info,
            "the daemon makes keys from seeds as daemons did before hpqc's change 101",
        ),
        KeyDerivation::Other => (
            Level::Warn,
            "the daemon makes keys from seeds in a way that this library does not know",
        ),
    };
    shared.log.line(level, || text.into());
    if findings.next_differs {
        shared.log.line(Level::Error, || NEXT_DIFFERS.into());
    }
}

impl Client {
    /// How the daemon makes keys from a seed, as far as it is known.
    pub fn key_derivation(&self) -> KeyDerivation {
        self.shared.verification.findings().keys
    }
}
