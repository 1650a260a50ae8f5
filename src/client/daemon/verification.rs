//! What was found out of how the daemon computes keys and indices, and when it is asked.

use std::sync::Mutex;

use tokio::task::AbortHandle;

use crate::bacap::Derivation;
use crate::sync::lock;
use crate::{Result, Status};

/// What is wrong with a daemon whose findings say so.
pub(crate) const NEXT_DIFFERS: &str =
    "the daemon computes the index of the next box in another way than this library";

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
pub(crate) struct Findings {
    pub(crate) keys: KeyDerivation,
    pub(crate) next_differs: bool,
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

    /// The daemon is one of those of which it is known without a question.
    pub(crate) fn take_for_granted(&self, keys: KeyDerivation) {
        lock(&self.state).findings.keys = keys;
    }

    /// Begins one where it is due; `spawn` is given its turn.
    pub(crate) fn begin(&self, spawn: impl FnOnce(u64) -> AbortHandle) {
        let mut state = lock(&self.state);
        if state.is_due() {
            state.running = Some(spawn(state.turn));
        }
    }

    /// A verification is over. Gives what it has changed.
    pub(crate) fn conclude(&self, turn: u64, outcome: &Result<Findings>) -> Option<Findings> {
        lock(&self.state).conclude(turn, outcome)
    }

    /// What is known.
    pub(crate) fn findings(&self) -> Findings {
        lock(&self.state).findings
    }
}
