//! kpc_records: what a function of a backing hands over.

use std::sync::{Arc, Mutex};

use crate::ffi::boundary::handles::{self, Kind, Lent, Tag};
use crate::ffi::boundary::status::kpc_status;
use crate::ffi::boundary::{arguments, call};
use crate::secret::WipingVec;
use crate::store::Record;
use crate::sync::lock;
use crate::{Error, Result, Status};

/// Where the get and scan of a kpc_backing put what they find. Lent until they return.
pub struct kpc_records {
    _opaque: (),
}

impl Kind for kpc_records {
    type Object = Gathered;
    const TAG: Tag = Tag::Records;
}

/// What a function was asked for.
pub(super) struct Wanted {
    pub(super) from: Vec<u8>,
    /// Behind the last key; `None` where there is only one.
    pub(super) to: Option<Vec<u8>>,
    pub(super) limit: usize,
}

/// What it has handed over so far.
pub(crate) struct Gathered(Mutex<State>);

struct State {
    /// `None` when the function has returned.
    wanted: Option<Wanted>,
    records: Vec<Record>,
    /// The first that was refused.
    refused: Option<Error>,
}

impl Gathered {
    /// Lends a place for records to `function`. Returns what it put there, and what it returned.
    pub(super) fn by(
        wanted: Wanted,
        function: impl FnOnce(*const kpc_records) -> kpc_status,
    ) -> Result<(kpc_status, Vec<Record>)> {
        let gathered = Arc::new(Gathered(Mutex::new(State {
            wanted: Some(wanted),
            records: Vec::new(),
            refused: None,
        })));
        let lent = Lent::<kpc_records>::new(handles::reserve()?, Arc::clone(&gathered));
        let returned = function(lent.as_ptr());
        drop(lent);
        let mut state = lock(&gathered.0);
        // Another thread may be about to add one more.
        state.wanted = None;
        match state.refused.take() {
            Some(refused) => Err(refused),
            None => Ok((returned, std::mem::take(&mut state.records))),
        }
    }

    fn add(&self, key: &[u8], value: &[u8]) -> Result<()> {
        let mut state = lock(&self.0);
        let Some(wanted) = &state.wanted else {
            return Err(Error::new(
                Status::BAD_HANDLE,
                "the function that these records were lent to has returned",
            ));
        };
        if state.refused.is_some() {
            return Err(broken_rule("goes on though a record was refused"));
        }
        let last = state.records.last().map(|(key, _)| key.as_slice());
        let added = wanted.check(key, last, state.records.len());
        let added = added.and_then(|()| Ok((key.to_vec(), WipingVec::copy_of(value)?)));
        match added {
            Ok(record) => {
                state.records.push(record);
                Ok(())
            }
            Err(error) => {
                state.refused = Some(error.clone());
                Err(error)
            }
        }
    }
}

impl Wanted {
    /// Whether a record may be the next.
    fn check(&self, key: &[u8], last: Option<&[u8]>, count: usize) -> Result<()> {
        let Some(to) = &self.to else {
            return match () {
                () if key != self.from => Err(broken_rule("get found a record of another key")),
                () if count > 0 => Err(broken_rule("get found two records of one key")),
                () => Ok(()),
            };
        };
        match () {
            () if key < self.from.as_slice() || key >= to.as_slice() => {
                Err(broken_rule("scan found a record outside of its range"))
            }
            () if last.is_some_and(|last| key <= last) => Err(broken_rule(
                "scan found records that are not in the order of the bytes of their keys",
            )),
            () if count >= self.limit => Err(broken_rule("scan found more records than its limit")),
            () => Ok(()),
        }
    }
}

/// The error of a backing that does not keep its word.
pub(super) fn broken_rule(broken: &str) -> Error {
    Error::new(
        Status::DB,
        format!("the backing of the program broke a rule: {broken}"),
    )
}

/// Hands over a record that get or scan of a kpc_backing has found. What is not what was asked for
/// is refused, and the function then fails, whatever it returns.
///
/// @param records    what the function was lent
/// @param key        the key of the record
/// @param key_len    how many bytes
/// @param value      its value, copied; may be NULL, with value_len 0
/// @param value_len  how many bytes
/// @return KPC_OK, any handle error, KPC_ERR_ARG_SIZE, KPC_ERR_NO_MEMORY, KPC_ERR_DB (a record of
///          another key than was asked for, out of order, twice, or beyond the limit)
#[no_mangle]
pub unsafe extern "C" fn kpc_records_add(
    records: *const kpc_records,
    key: *const u8,
    key_len: usize,
    value: *const u8,
    value_len: usize,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says; there is no place for an error.
    unsafe {
        call(std::ptr::null_mut(), (), move || {
            let key = arguments::bytes(key, key_len, "key")?;
            let value = arguments::bytes(value, value_len, "value")?;
            handles::get(records)?.add(key, value)
        })
    }
}
