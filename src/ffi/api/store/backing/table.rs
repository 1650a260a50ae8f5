//! The functions of a program as a backing of a store.

use std::collections::BTreeSet;

use super::functions::{Functions, KPC_DURABILITY_NOW, KPC_DURABILITY_SOON};
use super::records::{broken_rule, Gathered, Wanted};
use crate::ffi::api::waiting::UserData;
use crate::ffi::boundary::status::kpc_status;
use crate::secret::WipingVec;
use crate::store::{Backing, Durability, Record};
use crate::{Error, Result, Status};

/// So many records are looked at at once where a range is removed record by record.
const AT_ONCE: usize = 16;

/// A database of the program's.
pub(super) struct Table {
    functions: Functions,
    /// The channels that this store has claimed.
    mine: BTreeSet<u64>,
    /// Dropped behind everything else, which is what `Drop` sees to.
    user_data: UserData,
}

impl Table {
    /// # Safety
    /// The functions may be called with the user data as the header says.
    pub(super) unsafe fn new(functions: Functions, user_data: UserData) -> Self {
        Table {
            functions,
            mine: BTreeSet::new(),
            user_data,
        }
    }
}

/// What a function returned.
fn ended(function: &str, returned: kpc_status) -> Result<()> {
    let status = Status::from_code(returned);
    let told = match status {
        Status::OK => return Ok(()),
        Status::NO_MEMORY => Status::NO_MEMORY,
        Status::BUSY if function == "claim" => Status::BUSY,
        _ => Status::DB,
    };
    Err(Error::new(
        told,
        format!("{function} of the program's backing returned {returned}"),
    ))
}

impl Backing for Table {
    fn begin(&mut self, durability: Durability) -> Result<()> {
        let durability = match durability {
            Durability::Soon => KPC_DURABILITY_SOON,
            Durability::Now => KPC_DURABILITY_NOW,
        };
        // SAFETY: promised to `new`.
        let returned = unsafe { (self.functions.begin)(self.user_data.pointer(), durability) };
        ended("begin", returned)
    }

    fn commit(&mut self) -> Result<()> {
        // SAFETY: promised to `new`.
        let returned = unsafe { (self.functions.commit)(self.user_data.pointer()) };
        ended("commit", returned).inspect_err(|_| self.rollback())
    }

    fn rollback(&mut self) {
        // SAFETY: promised to `new`.
        unsafe { (self.functions.rollback)(self.user_data.pointer()) };
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<WipingVec>> {
        let wanted = Wanted {
            from: key.to_vec(),
            to: None,
            limit: 1,
        };
        let (get, user_data) = (self.functions.get, self.user_data.pointer());
        // SAFETY: promised to `new`.
        let (returned, records) = Gathered::by(wanted, |records| unsafe {
            get(user_data, key.as_ptr(), key.len(), records)
        })?;
        ended("get", returned)?;
        Ok(records.into_iter().next().map(|(_, value)| value))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let (put, user_data) = (self.functions.put, self.user_data.pointer());
        // SAFETY: promised to `new`.
        let returned = unsafe {
            put(
                user_data,
                key.as_ptr(),
                key.len(),
                value.as_ptr(),
                value.len(),
            )
        };
        ended("put", returned)
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        let (remove, user_data) = (self.functions.remove, self.user_data.pointer());
        // SAFETY: promised to `new`.
        let returned = unsafe { remove(user_data, key.as_ptr(), key.len()) };
        ended("remove", returned)
    }

    fn delete_range(&mut self, from: &[u8], to: &[u8]) -> Result<()> {
        if from >= to {
            return Ok(());
        }
        let Some(remove_range) = self.functions.remove_range else {
            return self.delete_one_by_one(from, to);
        };
        let user_data = self.user_data.pointer();
        // SAFETY: promised to `new`.
        let returned =
            unsafe { remove_range(user_data, from.as_ptr(), from.len(), to.as_ptr(), to.len()) };
        ended("remove_range", returned)
    }

    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Record>> {
        if from >= to || limit == 0 {
            return Ok(Vec::new());
        }
        let wanted = Wanted {
            from: from.to_vec(),
            to: Some(to.to_vec()),
            limit,
        };
        let (scan, user_data) = (self.functions.scan, self.user_data.pointer());
        // SAFETY: promised to `new`.
        let (returned, found) = Gathered::by(wanted, |records| unsafe {
            scan(
                user_data,
                from.as_ptr(),
                from.len(),
                to.as_ptr(),
                to.len(),
                limit,
                records,
            )
        })?;
        ended("scan", returned)?;
        Ok(found)
    }

    fn claim(&mut self, channel: u64) -> Result<()> {
        if self.mine.contains(&channel) {
            return Err(Error::new(
                Status::BUSY,
                "the channel has an owner: it is open in this store",
            ));
        }
        if let Some(owners) = self.functions.owners {
            // SAFETY: promised to `new`.
            let returned = unsafe { (owners.claim)(self.user_data.pointer(), channel) };
            ended("claim", returned)?;
        }
        self.mine.insert(channel);
        Ok(())
    }

    fn release(&mut self, channel: u64) {
        if !self.mine.remove(&channel) {
            return;
        }
        if let Some(owners) = self.functions.owners {
            // SAFETY: promised to `new`.
            unsafe { (owners.release)(self.user_data.pointer(), channel) };
        }
    }
}

impl Table {
    fn delete_one_by_one(&mut self, from: &[u8], to: &[u8]) -> Result<()> {
        let mut gone: Option<Vec<u8>> = None;
        loop {
            let mut records = self.scan(from, to, AT_ONCE)?;
            // Otherwise this might never end.
            if records.first().map(|(key, _)| key) <= gone.as_ref() && !records.is_empty() {
                return Err(broken_rule("remove left a record in its place"));
            }
            for (key, _) in &records {
                self.delete(key)?;
            }
            let Some((last, _)) = records.pop() else {
                return Ok(());
            };
            gone = Some(last);
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        while let Some(channel) = self.mine.first().copied() {
            self.release(channel);
        }
    }
}
