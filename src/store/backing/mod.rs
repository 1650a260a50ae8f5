//! What keeps the records of a store: ordered keys with values, changed in transactions.

pub(crate) mod check;
#[cfg(test)]
pub(crate) mod memory;
pub(crate) mod sqlite;

use super::framing::MAX_MESSAGE;
use crate::secret::WipingVec;
use crate::Result;

/// No key is longer.
pub const MAX_KEY: usize = 320;
/// No value is longer.
pub const MAX_VALUE: usize = MAX_MESSAGE + 4096;

/// A key and its value.
pub type Record = (Vec<u8>, WipingVec);

/// What outlives a loss of power. A crash of the process never undoes what was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// A loss of power may undo it, wholly, and all that were committed after it.
    Soon,
    /// It is on the disk when the commit returns, and all that were committed before it are, if it puts or
    /// deletes anything: a value, too, that is put again as it was.
    Now,
}

/// A place for records: with transactions, one at a time. All methods but `claim` and `release` are
/// called between `begin` and the end of the transaction. Keys have 1 to [`MAX_KEY`] bytes, values 0
/// to [`MAX_VALUE`].
pub trait Backing: Send {
    /// Starts a transaction that nobody else's writes can interrupt.
    fn begin(&mut self, durability: Durability) -> Result<()>;

    /// Ends the transaction. After a failure it is rolled back.
    fn commit(&mut self) -> Result<()>;

    /// Undoes all since `begin`.
    fn rollback(&mut self);

    /// The value of a key.
    fn get(&mut self, key: &[u8]) -> Result<Option<WipingVec>>;

    /// Stores a value, in place of an older one.
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()>;

    /// Removes a record, if there is one.
    fn delete(&mut self, key: &[u8]) -> Result<()>;

    /// Removes the records with `from` <= key < `to`.
    fn delete_range(&mut self, from: &[u8], to: &[u8]) -> Result<()>;

    /// Records with `from` <= key < `to` in the order of their bytes, `limit` at most.
    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Record>>;

    /// Makes this store the owner of a channel among all that have the same database open, in this
    /// process or another. `BUSY` while another has it. Ends with `release`, drop, or the death of
    /// the process.
    fn claim(&mut self, channel: u64) -> Result<()>;

    /// Gives a channel up.
    fn release(&mut self, channel: u64);
}
