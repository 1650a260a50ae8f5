//! A database in memory that a crash leaves as it is, and a power cut as it was at the last sync.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use kpclient::store::{Backing, Durability, Record};
use kpclient::wire::WipingVec;
use kpclient::{Error, Result, Status};

/// What a disk holds.
pub type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// A disk in use. Clones share it.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    records: Records,
    /// As they were when the transaction began, and what it waits for.
    before: Option<(Records, Durability)>,
    synced: Records,
    claimed: BTreeSet<u64>,
}

impl Disk {
    /// As a machine finds it that starts again.
    pub fn of(records: Records) -> Self {
        let state = State {
            synced: records.clone(),
            records,
            ..State::default()
        };
        Disk(Arc::new(Mutex::new(state)))
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    /// What is left when the process is killed now.
    pub fn after_a_kill(&self) -> Records {
        self.with(|state| match &state.before {
            Some((records, _)) => records.clone(),
            None => state.records.clone(),
        })
    }

    /// What is left at least when the power fails now.
    pub fn after_a_power_cut(&self) -> Records {
        self.with(|state| state.synced.clone())
    }
}

impl Backing for Disk {
    fn begin(&mut self, durability: Durability) -> Result<()> {
        self.with(|state| state.before = Some((state.records.clone(), durability)));
        Ok(())
    }

    fn commit(&mut self) -> Result<()> {
        self.with(|state| {
            let (_, durability) = state.before.take().unwrap();
            if durability == Durability::Now {
                state.synced = state.records.clone();
            }
        });
        Ok(())
    }

    fn rollback(&mut self) {
        self.with(|state| state.records = state.before.take().unwrap().0);
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<WipingVec>> {
        Ok(self.with(|state| state.records.get(key).cloned().map(WipingVec::new)))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.with(|state| state.records.insert(key.to_vec(), value.to_vec()));
        Ok(())
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        self.with(|state| state.records.remove(key));
        Ok(())
    }

    fn delete_range(&mut self, from: &[u8], to: &[u8]) -> Result<()> {
        let stays = |key: &[u8]| key < from || key >= to;
        self.with(|state| state.records.retain(|key, _| stays(key)));
        Ok(())
    }

    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Record>> {
        let range = from.to_vec()..to.to_vec();
        Ok(self.with(|state| {
            let found = state.records.range(range).take(limit);
            let copied = found.map(|(key, value)| (key.clone(), WipingVec::new(value.clone())));
            copied.collect()
        }))
    }

    fn claim(&mut self, channel: u64) -> Result<()> {
        match self.with(|state| state.claimed.insert(channel)) {
            true => Ok(()),
            false => Err(Error::new(Status::BUSY, "the channel is open already")),
        }
    }

    fn release(&mut self, channel: u64) {
        self.with(|state| state.claimed.remove(&channel));
    }
}
