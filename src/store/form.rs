//! In which form records lie in a database of the program's, so that a later version of this library
//! sees what it has to change, and an earlier one that it cannot read it. An SQLite file says so by
//! its `user_version`.

use super::backing::{Backing, Durability};
use super::keys;
use super::records::{decode_number, encode_number};
use crate::{Error, Result, Status};

/// The form that this library writes.
const FORM: u64 = 1;

/// Marks a database that is new. Fails where it is marked by a later version.
pub(crate) fn check_or_mark(backing: &mut dyn Backing) -> Result<()> {
    backing.begin(Durability::Now)?;
    let checked = looked_at(backing);
    match checked {
        Ok(()) => backing.commit(),
        Err(_) => {
            backing.rollback();
            checked
        }
    }
}

fn looked_at(backing: &mut dyn Backing) -> Result<()> {
    let key = keys::form();
    let form = match backing.get(&key)? {
        Some(record) => decode_number(&record)?,
        None => return backing.put(&key, &encode_number(FORM)?),
    };
    if form == FORM {
        return Ok(());
    }
    Err(Error::new(
        Status::DB,
        format!(
            "the program's database was written by a later version of this library: its records \
             have the form {form}, and this library knows {FORM}"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::backing::memory::Memory;

    #[test]
    fn a_new_database_is_marked_once_and_one_of_a_later_version_is_refused() {
        let mut memory = Memory::default();
        check_or_mark(&mut memory).unwrap();
        let marked = memory.records();
        assert_eq!(marked.len(), 1);
        check_or_mark(&mut memory).unwrap();
        assert_eq!(memory.records(), marked);
        memory.begin(Durability::Now).unwrap();
        memory.put(&keys::form(), &2_u64.to_be_bytes()).unwrap();
        memory.commit().unwrap();
        let error = check_or_mark(&mut memory).unwrap_err();
        assert_eq!(error.status(), Status::DB);
        assert!(error.message().contains("later version"), "{error}");
        // The transaction is over.
        memory.begin(Durability::Soon).unwrap();
    }
}
