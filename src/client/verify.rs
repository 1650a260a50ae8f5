//! How this client's daemon makes keys from a seed, and whether it computes the next index as this library does: asked in
//! the background, on the first connection with each daemon process.
//!
//! A random seed is used, never one of the caller's. Daemons make keys in one of two ways, and a capability carries its
//! index, so nothing is refused because of that. A daemon whose next index is another would find the boxes of a stream
//! elsewhere: there, what takes several steps by itself is refused, until a later verification agrees.
//!
//! There is one verification at a time. It ends with its connection and the next one starts it anew, after three lost in
//! a row only on every sixteenth: a daemon may be hanging up because of it.

use std::sync::{Arc, Mutex};

use tokio::task::AbortHandle;

use super::inner::Inner;
use super::log::Level;
use super::queries::random_array;
use super::requests;
use super::Client;
use crate::bacap::{self, Derivation, Keypair};
use crate::sync::lock;
use crate::{Error, Result, Status};

/// So many verifications may be lost in a row before they become rare.
const LOST_IN_A_ROW: u32 = 3;
/// So many connections are then left without one.
const PASSED_OVER: u32 = 15;

/// How a daemon makes keys from a seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyDerivation {
    /// It has not said so yet, or it is not to be asked.
    #[default]
    Unknown,
    /// In one of the ways that the library knows.
    Known(Derivation),
    /// In none of them.
    Other,
}

/// What a verification found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Findings {
    keys: KeyDerivation,
    next_differs: bool,
}

/// What is known of the daemon process that the client is connected with.
#[derive(Default)]
pub(crate) struct Verification {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    findings: Findings,
    /// Counts the verifications; a result of an earlier one is not taken.
    turn: u64,
    running: Option<AbortHandle>,
    lost: u32,
    to_pass_over: u32,
}

impl State {
    fn on_lost(&mut self) {
        self.lost += 1;
        if self.lost >= LOST_IN_A_ROW {
            self.to_pass_over = PASSED_OVER;
        }
    }

    /// Ends the verification that runs, if there is one.
    fn stop(&mut self) {
        self.turn += 1;
        if let Some(task) = self.running.take() {
            task.abort();
            self.on_lost();
        }
    }

    /// Whether this connection is to have a verification.
    fn is_due(&mut self) -> bool {
        self.stop();
        let settled = matches!(self.findings.keys, KeyDerivation::Known(_));
        if settled && !self.findings.next_differs {
            return false;
        }
        let passed_over = self.to_pass_over > 0;
        self.to_pass_over = self.to_pass_over.saturating_sub(1);
        !passed_over
    }

    /// A verification is over. Gives what it has changed.
    fn conclude(&mut self, turn: u64, outcome: &Result<Findings>) -> Option<Findings> {
        if self.turn != turn {
            return None;
        }
        self.running = None;
        match outcome {
            Ok(findings) => {
                self.lost = 0;
                (std::mem::replace(&mut self.findings, *findings) != *findings).then_some(*findings)
            }
            Err(error) => {
                if error.status() == Status::CONNECTION_LOST {
                    self.on_lost();
                }
                None
            }
        }
    }
}

impl Verification {
    /// Another daemon process is reached, of which nothing is known.
    pub(crate) fn forget(&self) {
        let mut state = lock(&self.state);
        state.stop();
        state.findings = Findings::default();
    }

    fn findings(&self) -> Findings {
        lock(&self.state).findings
    }
}

/// The lane for local requests is connected: starts a verification, where one is due.
pub(crate) fn in_background(inner: &Arc<Inner>) {
    if !inner.config.verify_derivation {
        return;
    }
    let mut state = lock(&inner.verification.state);
    if !Inner::is_modern(&inner.features()) {
        // Those would put the questions in line with everything else, and all are older.
        state.findings.keys = KeyDerivation::Known(Derivation::BeforeHpqc101);
        return;
    }
    if !state.is_due() {
        return;
    }
    let (checked, turn) = (Arc::clone(inner), state.turn);
    let task = inner.handle.spawn(async move {
        let outcome = verify(&checked).await;
        let changed = lock(&checked.verification.state).conclude(turn, &outcome);
        if let Some(findings) = changed {
            report(&checked, findings);
        } else if let Err(error) = outcome {
            let text = || format!("the derivation of keys was not verified: {error}");
            checked.log.line(Level::Debug, text);
        }
    });
    state.running = Some(task.abort_handle());
}

async fn verify(inner: &Arc<Inner>) -> Result<Findings> {
    let seed = telling_seed()?;
    let call = requests::keypair_call(&inner.queries, &seed)?;
    let theirs = call.in_background().run(inner).await?;
    let call = requests::next_index_call(&inner.queries, &theirs.first_index)?;
    let next = call.in_background().run(inner).await?;
    Ok(Findings {
        keys: derivation_of(&seed, &theirs),
        next_differs: next != theirs.first_index.next(),
    })
}

/// A random seed of which each derivation makes another key; nearly all are.
fn telling_seed() -> Result<[u8; bacap::SEED_SIZE]> {
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

fn report(inner: &Inner, findings: Findings) {
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
    inner.log.line(level, || text.into());
    if findings.next_differs {
        inner.log.line(Level::Error, || NEXT_DIFFERS.into());
    }
}

const NEXT_DIFFERS: &str =
    "the daemon computes the index of the next box in another way than this library";

impl Inner {
    /// `INCOMPATIBLE_DAEMON` while this daemon is known to compute the next index otherwise.
    pub(crate) fn check_next_index(&self) -> Result<()> {
        if self.verification.findings().next_differs {
            return Err(Error::new(Status::INCOMPATIBLE_DAEMON, NEXT_DIFFERS));
        }
        Ok(())
    }
}

impl Client {
    /// How the daemon makes keys from a seed, as far as it is known.
    pub fn key_derivation(&self) -> KeyDerivation {
        self.inner.verification.findings().keys
    }
}
