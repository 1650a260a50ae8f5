//! kpc_backing, kpc_store_open_on: a store in a database of the program's.

pub mod functions;
pub mod records;
mod table;

use std::cell::Cell;
use std::ffi::c_void;
use std::sync::Arc;

use self::functions::kpc_backing;
use self::table::Table;
use super::kpc_store;
use crate::client::{Call, Client};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done,
};
use crate::ffi::api::waiting::{kpc_drop_fn, UserData};
use crate::ffi::boundary::call;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::store::{check_backing, Store};
use crate::{Error, Result, Status};

/// What a call was given, taken over before anything can fail: the user data is dropped with it.
type Given = Cell<Option<UserData>>;

/// # Safety
/// The pointer is NULL or points to a table that keeps its promises.
unsafe fn store_open_on(
    client: &Client,
    backing: *const kpc_backing,
    given: &Given,
) -> Result<Call<Arc<Store>>> {
    // SAFETY: passed on from the caller.
    let functions = unsafe { functions::checked(backing)? };
    let user_data = given.take().ok_or_else(|| {
        Error::new(
            Status::INTERNAL,
            "the user data of a backing was given away",
        )
    })?;
    // SAFETY: the functions keep what the header says, by the caller's word.
    let table = unsafe { Table::new(functions, user_data) };
    Ok(Store::open_on(client, Box::new(table)))
}

/// Opens a store in a database of the program's, for programs that have one already, encrypted
/// perhaps. Everything else is as with kpc_store_open: what is on the mixnet and what was
/// acknowledged is as sure as the database. kpc_backing_check tells whether a backing does what it
/// must.
///
/// The functions of the backing are called on the store's own thread, one at a time. After the last
/// of them drop is called there, when the store is closed or has gone with its writers and readers.
/// In all of them a call that would have to wait for the client returns KPC_ERR_WOULD_DEADLOCK, and
/// everything else is allowed.
///
/// @param client      the client, whose connection all channels of the store use
/// @param backing     the functions over the database; copied
/// @param user_data   passed to all of them and to drop; may be NULL
/// @param drop        called once with user_data, after the last function, also when this call
///                    fails; may be NULL
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param store       receives the store
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_ARG_SIZE (the backing has an impossible size, or
///          functions that this library does not know), KPC_ERR_NO_MEMORY (also no thread to be had)
///
/// Ownership: *store is the caller's, kpc_store_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_on(
    client: *mut kpc_client,
    backing: *const kpc_backing,
    user_data: *mut c_void,
    drop: kpc_drop_fn,
    timeout_ms: i32,
    store: *mut *mut kpc_store,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let given = Cell::new(Some(UserData::new(user_data, drop)));
        let outputs = out_handle(store, "store");
        let make = |client: &Client| store_open_on(client, backing, &given);
        waiting_form(client, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_on_async(
    client: *mut kpc_client,
    backing: *const kpc_backing,
    user_data: *mut c_void,
    drop: kpc_drop_fn,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_open_on", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let given = Cell::new(Some(UserData::new(user_data, drop)));
        let make = |client: &Client| store_open_on(client, backing, &given);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_on_result(
    result: *const kpc_result,
    store: *mut *mut kpc_store,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(store, "store");
        result_form("kpc_store_open_on", result, error, outputs, Ok)
    }
}

/// Checks that a backing does what kpc_backing asks for: makes some hundreds of transactions in a
/// database without records, which has none again afterwards, and compares what they come to with
/// what they must. For the tests of whoever writes a backing. What a loss of power does is not
/// checked, nor are other processes.
///
/// @param backing    the functions over the database, called on the calling thread
/// @param user_data  passed to all of them; may be NULL
/// @param seed       the same number makes the same transactions; any
/// @param error      receives details of a failure: which rule is broken, and how; may be NULL
/// @return KPC_OK, KPC_ERR_DB (a rule is broken, a function failed, or there are records already),
///          KPC_ERR_ARG_NULL (also a function), KPC_ERR_ARG_VALUE, KPC_ERR_ARG_SIZE (the backing
///          has an impossible size, or functions that this library does not know),
///          KPC_ERR_NO_MEMORY
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_backing_check(
    backing: *const kpc_backing,
    user_data: *mut c_void,
    seed: u64,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        call(error, (), move || {
            let functions = functions::checked(backing)?;
            let mut table = Table::new(functions, UserData::new(user_data, None));
            check_backing(&mut table, seed)
        })
    }
}
