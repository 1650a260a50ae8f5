//! Records in an SQLite database: a file, or memory.

mod failure;
mod open;
mod owners;
mod schema;

use std::path::Path;

use rusqlite::{CachedStatement, Connection, OptionalExtension};

use self::failure::Place;
use self::open::Settings;
use self::owners::Owners;
use super::{Backing, Durability, Record};
use crate::secret::WipingVec;
use crate::{Error, Result, Status};

/// An open database.
pub(crate) struct Sqlite {
    connection: Connection,
    owners: Owners,
    place: Place,
    /// As `PRAGMA synchronous` is set.
    durability: Durability,
    settings: Settings,
    /// It was locked for too long, which its own lock may cause: SQLite ignores it where the system refuses to give
    /// one back, and would wait for itself for ever.
    is_stuck: bool,
}

impl Sqlite {
    /// Opens the database in a file, which is created if it does not exist; without a path, one in
    /// memory.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self> {
        open::open(path, &Settings::default())
    }

    /// Closes the connection, which gives back every lock, and opens another one.
    fn open_again(&mut self) -> Result<()> {
        let Place::File(path) = &self.place else {
            return Ok(());
        };
        let nothing = Connection::open_in_memory().map_err(|e| self.failure("open it", &e))?;
        drop(std::mem::replace(&mut self.connection, nothing));
        self.connection = open::connect(path, &self.place, &self.settings)?;
        self.durability = Durability::Now;
        self.is_stuck = false;
        Ok(())
    }

    fn statement(&self, sql: &str) -> Result<CachedStatement<'_>> {
        self.connection
            .prepare_cached(sql)
            .map_err(|e| self.failure("prepare a statement", &e))
    }

    fn execute(&self, what: &str, sql: &str) -> Result<()> {
        self.statement(sql)?
            .execute([])
            .map_err(|e| self.failure(what, &e))
            .map(drop)
    }

    fn failure(&self, what: &str, error: &rusqlite::Error) -> Error {
        self.place.failure(what, error)
    }

    /// SQLite itself rolls back after some failures, and would store later changes one by one.
    fn inside_transaction(&self) -> Result<()> {
        match self.connection.is_autocommit() {
            false => Ok(()),
            true => Err(Error::new(
                Status::DB,
                format!("the transaction in {} was rolled back", self.place),
            )),
        }
    }

    /// `PRAGMA synchronous` can be set outside transactions only.
    fn set_durability(&mut self, durability: Durability) -> Result<()> {
        if self.durability != durability {
            open::set_synchronous(&self.connection, durability)
                .map_err(|e| self.failure("choose when to write to the disk", &e))?;
            self.durability = durability;
        }
        Ok(())
    }
}

impl Backing for Sqlite {
    fn begin(&mut self, durability: Durability) -> Result<()> {
        if self.is_stuck {
            self.open_again()?;
        }
        self.set_durability(durability)?;
        let begun = self
            .connection
            .prepare_cached("BEGIN IMMEDIATE")
            .and_then(|mut statement| statement.execute([]));
        begun.map(drop).map_err(|e| {
            self.is_stuck = open::is_locked(&e);
            self.failure("start a transaction", &e)
        })
    }

    fn commit(&mut self) -> Result<()> {
        let committed = self
            .inside_transaction()
            .and_then(|()| self.execute("commit", "COMMIT"));
        if committed.is_err() {
            self.rollback();
        }
        committed
    }

    fn rollback(&mut self) {
        if !self.connection.is_autocommit() {
            // It fails only where SQLite has rolled back by itself.
            let _ = self.execute("roll back", "ROLLBACK");
        }
    }

    fn get(&mut self, key: &[u8]) -> Result<Option<WipingVec>> {
        self.inside_transaction()?;
        self.statement("SELECT value FROM records WHERE key = ?1")?
            .query_row([key], |row| Ok(blob(row.get_ref(0)?.as_blob()?)))
            .optional()
            .map_err(|e| self.failure("read", &e))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.inside_transaction()?;
        if self.durability == Durability::Now {
            // Newer versions of SQLite leave a page alone whose bytes would stay the same, and a commit without
            // pages brings nothing to the disk.
            self.statement("DELETE FROM records WHERE key = ?1 AND value = ?2")?
                .execute([key, value])
                .map_err(|e| self.failure("write", &e))?;
        }
        self.statement("REPLACE INTO records (key, value) VALUES (?1, ?2)")?
            .execute([key, value])
            .map_err(|e| self.failure("write", &e))
            .map(drop)
    }

    fn delete(&mut self, key: &[u8]) -> Result<()> {
        self.inside_transaction()?;
        self.statement("DELETE FROM records WHERE key = ?1")?
            .execute([key])
            .map_err(|e| self.failure("delete", &e))
            .map(drop)
    }

    fn delete_range(&mut self, from: &[u8], to: &[u8]) -> Result<()> {
        self.inside_transaction()?;
        self.statement("DELETE FROM records WHERE key >= ?1 AND key < ?2")?
            .execute([from, to])
            .map_err(|e| self.failure("delete", &e))
            .map(drop)
    }

    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Record>> {
        self.inside_transaction()?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql =
            "SELECT key, value FROM records WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3";
        let mut statement = self.statement(sql)?;
        let records = statement
            .query_map((from, to, limit), |row| {
                let key = row.get_ref(0)?.as_blob()?.to_vec();
                Ok((key, blob(row.get_ref(1)?.as_blob()?)))
            })
            .and_then(Iterator::collect);
        records.map_err(|e| self.failure("read", &e))
    }

    fn claim(&mut self, channel: u64) -> Result<()> {
        self.owners.claim(channel)
    }

    fn release(&mut self, channel: u64) {
        self.owners.release(channel);
    }
}

fn blob(content: &[u8]) -> WipingVec {
    WipingVec::new(content.to_vec())
}

#[cfg(test)]
mod tests;
