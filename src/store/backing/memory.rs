//! Records in memory, for tests: counts commits, and fails on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::{Backing, Durability, Record};
use crate::secret::WipingVec;
use crate::sync::lock;
use crate::{Error, Result, Status};

/// Records in memory. Clones share them, as two stores share one database; a test keeps one to
/// look at them from outside, or to open them again.
#[derive(Default)]
pub(crate) struct Memory {
    shared: Arc<Mutex<State>>,
    /// The channels that this clone has claimed.
    mine: BTreeSet<u64>,
}

#[derive(Default)]
struct State {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The records as they were when the transaction began.
    before: Option<BTreeMap<Vec<u8>, Vec<u8>>>,
    durability: Option<Durability>,
    claimed: BTreeSet<u64>,
    commits: Vec<Durability>,
    fail_operation: Option<u64>,
    fail_commit: Option<u64>,
}

impl Memory {
    /// The durability of each commit so far.
    pub(crate) fn commits(&self) -> Vec<Durability> {
        lock(&self.shared).commits.clone()
    }

    /// All records that are committed, or about to be.
    pub(crate) fn records(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        lock(&self.shared).records.clone()
    }

    /// The n-th operation on a record from now on fails, 1 being the next.
    pub(crate) fn fail_operation(&self, nth: u64) {
        lock(&self.shared).fail_operation = Some(nth);
    }

    /// The n-th commit from now on fails, 1 being the next.
    pub(crate) fn fail_commit(&self, nth: u64) {
        lock(&self.shared).fail_commit = Some(nth);
    }

    /// The state for one operation on a record, unless it is to fail.
    fn operation<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T> {
        let mut state = lock(&self.shared);
        assert!(state.before.is_some(), "no transaction");
        count_down(&mut state.fail_operation)?;
        Ok(act(&mut state))
    }
}

/// Fails when the counter has come to its end.
fn count_down(counter: &mut Option<u64>) -> Result<()> {
    *counter = counter.map(|left| left - 1);
    if *counter == Some(0) {
        *counter = None;
        return Err(Error::new(Status::DB, "fails on demand"));
    }
    Ok(())
}

impl Backing for Memory {
    fn begin(&mut self, durability: Durability) -> Result<()> {
        let mut state = lock(&self.shared);
        assert!(state.before.is_none(), "a transaction in a transaction");
        state.before = Some(state.records.clone());
        state.durability = Some(durability);
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        let failure = count_down(&mut lock(&self.shared).fail_commit);
        if failure.is_err() {
            self.rollback();
            return failure;
        }
        let mut state = lock(&self.shared);
        state.before = None;
        let durability = state.durability.take().unwrap();
        state.commits.push(durability);
        Ok(())
    }

    fn rollback(&mut self) {
        let mut state = lock(&self.shared);
        state.records = state.before.take().unwrap();
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<WipingVec>> {
        self.operation(|state| state.records.get(key).cloned().map(WipingVec::new))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.operation(|state| {
            state.records.insert(key.to_vec(), value.to_vec());
        })
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        self.operation(|state| {
            state.records.remove(key);
        })
    }

    fn delete_range(&mut self, from: &[u8], to: &[u8]) -> Result<()> {
        self.operation(|state| {
            state
                .records
                .retain(|key, _| key.as_slice() < from || key.as_slice() >= to);
        })
    }

    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Record>> {
        self.operation(|state| {
            let inside =
                |(key, _): &(&Vec<u8>, &Vec<u8>)| from <= key.as_slice() && key.as_slice() < to;
            let found = state.records.iter().filter(inside).take(limit);
            found
                .map(|(key, value)| (key.clone(), WipingVec::new(value.clone())))
                .collect()
        })
    }

    fn claim(&mut self, channel: u64) -> Result<()> {
        if !lock(&self.shared).claimed.insert(channel) {
            return Err(Error::new(Status::BUSY, "another store has the channel"));
        }
        self.mine.insert(channel);
        Ok(())
    }

    fn release(&mut self, channel: u64) {
        if self.mine.remove(&channel) {
            lock(&self.shared).claimed.remove(&channel);
        }
    }
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        Memory {
            shared: Arc::clone(&self.shared),
            mine: BTreeSet::new(),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        for channel in std::mem::take(&mut self.mine) {
            lock(&self.shared).claimed.remove(&channel);
        }
    }
}
