//! A database in memory that outlives its stores, on a disk that is full at a time of the test's choice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use kpclient::store::{Backing, Durability, Record};
use kpclient::wire::WipingVec;
use kpclient::{Error, Result, Status};

/// When a disk is full.
#[derive(Clone, Copy)]
pub struct Full {
    /// From which operation on, 1 being the next,
    pub nth: u64,
    /// and for how many.
    pub operations: u64,
}

/// A database. Clones share it.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    records: BTreeMap<Vec<u8>, Vec<u8>>,
    /// As they were when the transaction began.
    before: Option<BTreeMap<Vec<u8>, Vec<u8>>>,
    operations: u64,
    full: Option<Full>,
    was_full: bool,
}

impl Disk {
    /// It is going to be full.
    pub fn fill(&self, full: Full) {
        let mut state = self.state();
        state.operations = 0;
        state.full = Some(full);
    }

    /// There is room again. Returns whether something has failed.
    pub fn empty(&self) -> bool {
        let mut state = self.state();
        state.full = None;
        state.was_full
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn operation(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.operations += 1;
        let number = state.operations;
        let is_full = |full: &Full| number >= full.nth && number < full.nth + full.operations;
        if state.full.as_ref().is_some_and(is_full) {
            state.was_full = true;
            return Err(Error::new(Status::DB, "the disk is full"));
        }
        Ok(state)
    }
}

impl Backing for Disk {
    fn begin(&mut self, _: Durability) -> Result<()> {
        let mut state = self.operation()?;
        assert!(state.before.is_none(), "a transaction in a transaction");
        state.before = Some(state.records.clone());
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        let committed = self.operation().map(|mut state| state.before = None);
        if committed.is_err() {
            self.rollback();
        }
        committed
    }

    fn rollback(&mut self) {
        let mut state = self.state();
        state.records = state.before.take().unwrap();
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<WipingVec>> {
        let found = self.operation()?.records.get(key).cloned();
        Ok(found.map(WipingVec::new))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.operation()?
            .records
            .insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        self.operation()?.records.remove(key);
        Ok(())
    }

    fn delete_range(&mut self, from: &[u8], to: &[u8]) -> Result<()> {
        let outside = |key: &[u8]| key < from || key >= to;
        self.operation()?.records.retain(|key, _| outside(key));
        Ok(())
    }

    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Record>> {
        let state = self.operation()?;
        let inside = |key: &[u8]| from <= key && key < to;
        let found = state.records.iter().filter(|(key, _)| inside(key));
        let record =
            |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), WipingVec::new(value.clone()));
        Ok(found.take(limit).map(record).collect())
    }

    fn claim(&mut self, _: u64) -> Result<()> {
        Ok(())
    }

    fn release(&mut self, _: u64) {}
}

#[test]
fn such_a_database_keeps_the_rules() {
    kpclient::store::check_backing(&mut Disk::default(), 1).unwrap();
}
