//! Whose database it is, and which version of the tables it has.

use rusqlite::{Connection, TransactionBehavior};

use super::failure::Place;
use crate::Result;

/// "KPCS": what `PRAGMA application_id` says of our databases.
const APPLICATION_ID: i32 = 0x4b50_4353;

/// What makes each version of the tables of the one before; `PRAGMA user_version` counts them. Steps
/// that were released are never changed.
///
/// No STRICT table: an SQLite before 3.37 could not open the database.
pub(super) const STEPS: &[&str] = &["CREATE TABLE records (
        key BLOB NOT NULL PRIMARY KEY CHECK (typeof(key) = 'blob'),
        value BLOB NOT NULL CHECK (typeof(value) = 'blob')
    ) WITHOUT ROWID"];

/// The version of the tables, 0 in an empty file. Changes nothing; refuses what is not ours, or too
/// new. Inside a transaction, as it looks more than once.
pub(super) fn identify(connection: &Connection, place: &Place, steps: &[&str]) -> Result<usize> {
    let id: i32 = pragma(connection, place, "application_id")?;
    let version: i64 = pragma(connection, place, "user_version")?;
    let version =
        usize::try_from(version).map_err(|_| place.refusal("has an impossible version"))?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
        .map_err(|e| place.failure("read the tables", &e))?;
    match id {
        APPLICATION_ID if version > steps.len() => Err(place.refusal(&format!(
            "was written by a newer version of this library: its tables are of version {version}, \
             and this library knows those up to {}",
            steps.len()
        ))),
        APPLICATION_ID => Ok(version),
        0 if version == 0 && tables == 0 => Ok(0),
        _ => Err(place.refusal(&format!(
            "belongs to another program: its application_id is {id}"
        ))),
    }
}

/// Brings the tables to the newest version, in one transaction.
pub(super) fn migrate(connection: &mut Connection, place: &Place, steps: &[&str]) -> Result<()> {
    let failure = |e| place.failure("prepare the tables", &e);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failure)?;
    // Another process may have done it, or gone further, since `identify` looked.
    let version = identify(&transaction, place, steps)?;
    for step in steps.iter().skip(version) {
        transaction.execute_batch(step).map_err(failure)?;
    }
    if version < steps.len() {
        let marks = format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}",
            steps.len()
        );
        transaction.execute_batch(&marks).map_err(failure)?;
    }
    transaction.commit().map_err(failure)
}

fn pragma<T: rusqlite::types::FromSql>(
    connection: &Connection,
    place: &Place,
    name: &str,
) -> Result<T> {
    connection
        .pragma_query_value(None, name, |row| row.get(0))
        .map_err(|e| place.failure("look into the file", &e))
}
