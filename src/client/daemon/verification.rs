//! What is known of how the daemon computes keys and indices, and when it is verified.

use std::sync::Mutex;

use tokio::task::AbortHandle;

use crate::bacap::Derivation;
use crate::sync::lock;
use crate::{Result, Status};

/// The error for a daemon whose verification failed.
pub(crate) const NEXT_DIFFERS: &str =
    "the daemon computes the index of the next box in another way than this library";

/// After so many lost verifications in a row they become rare.
const LOST_IN_A_ROW: u32 = 3;
/// So many connections then go without one.
const PASSED_OVER: u32 = 15;

/// How a daemon makes keys from a seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyDerivation {
    /// Not known yet, or not verified.
    #[default]
    Unknown,
    /// In one of the ways that the library knows.
    Known(Derivation),
    /// In neither of them.
    Other,
}

/// The result of a verification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) keys: KeyDerivation,
    pub(crate) next_differs: bool,
}

/// What is known of the connected daemon process.
#[derive(Default)]
pub(crate) struct Verification {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    findings: Findings,
    /// Counts the verifications; the result of an earlier one is discarded.
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

    /// Stops the verification that runs, if there is one.
    fn stop(&mut self) {
        self.turn += 1;
        if let Some(task) = self.running.take() {
            task.abort();
            self.on_lost();
        }
    }

    /// Whether this connection should have a verification.
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

    /// A verification is over. Returns what it has changed.
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
    /// Another daemon process is connected, of which nothing is known.
    pub(crate) fn forget(&self) {
        let mut state = lock(&self.state);
        state.stop();
        state.findings = Findings::default();
    }

    /// Sets the derivation of a daemon that needs no verification.
    pub(crate) fn set_known(&self, keys: KeyDerivation) {
        lock(&self.state).findings.keys = keys;
    }

    /// Starts one where it is due; `spawn` gets its number.
    pub(crate) fn start(&self, spawn: impl FnOnce(u64) -> AbortHandle) {
        let mut state = lock(&self.state);
        if state.is_due() {
            state.running = Some(spawn(state.turn));
        }
    }

    /// A verification is over. Returns what it has changed.
    pub(crate) fn conclude(&self, turn: u64, outcome: &Result<Findings>) -> Option<Findings> {
        lock(&self.state).conclude(turn, outcome)
    }

    /// Returns what is known.
    pub(crate) fn findings(&self) -> Findings {
        lock(&self.state).findings
    }
}
