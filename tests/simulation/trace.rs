//! What happened in a run: counted, hashed, and what must not have happened.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use kpclient::simulated::elapsed;

/// FNV-1a over all steps with their times: two runs with the same hash were the same run.
#[derive(Default)]
pub struct Trace {
    pub steps: Cell<u64>,
    hash: Cell<u64>,
    pub counts: RefCell<BTreeMap<String, u64>>,
    violation: RefCell<Option<String>>,
}

impl Trace {
    /// Something happened.
    pub fn step(&self, what: &str, number: u64) {
        self.steps.set(self.steps.get() + 1);
        let time = u64::try_from(elapsed().as_micros()).unwrap();
        let mut hash = self.hash.get() ^ 0xcbf2_9ce4_8422_2325;
        let numbers = number.to_le_bytes().into_iter().chain(time.to_le_bytes());
        for byte in what.bytes().chain(numbers) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.hash.set(hash);
        if std::env::var_os("KPC_SIM_TRACE").is_some() {
            println!("{time:>14} µs  {what} {number}");
        }
    }

    /// The same, and it is counted by its name.
    pub fn count(&self, what: &str) {
        self.step(what, 0);
        *self.counts.borrow_mut().entry(what.to_owned()).or_default() += 1;
    }

    /// Something happened that never may. The first one is kept.
    pub fn violated(&self, what: String) {
        self.step("violation", 0);
        let at = elapsed();
        let first = &mut *self.violation.borrow_mut();
        first.get_or_insert_with(|| format!("after {at:?}: {what}"));
    }

    pub fn is_violated(&self) -> bool {
        self.violation.borrow().is_some()
    }

    pub fn violation(&self) -> Option<String> {
        self.violation.borrow().clone()
    }

    pub fn hash(&self) -> u64 {
        self.hash.get()
    }
}
