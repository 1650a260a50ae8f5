//! kpc_store_*_reader: the channels of a store that it reads.

use std::ffi::c_char;
use std::sync::Arc;

use super::kpc_store;
use super::names::kpc_names;
use super::reader::kpc_reader;
use crate::client::Call;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, object, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_read_cap, optional_index};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::store::{Direction, Reader, Store};
use crate::Result;

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_import_reader(
    store: &Store,
    name: *const c_char,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
) -> Result<Call<Arc<Reader>>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (name, cap, index) = unsafe {
        (
            arguments::text(name, "name")?,
            arguments::value(read_cap, "read_cap")?.checked()?,
            optional_index(index)?,
        )
    };
    store.import_reader(name, &cap, index.as_ref())
}

/// Adds a channel of somebody's and opens it to read it. It is in the database when this completes.
///
/// @param store       the store
/// @param name        the name of the channel, 1 to 255 bytes; writers and readers have names of
///                    their own
/// @param read_cap    the channel
/// @param index       the box that is read first; NULL for the first of the channel
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param reader      receives the reader
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_CHANNEL_EXISTS (the store has a reader of this name),
///          KPC_ERR_ARG_EMPTY (no name), KPC_ERR_INVALID_CAPABILITY (also an index of another
///          channel)
///
/// Ownership: *reader is the caller's, kpc_reader_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_import_reader(
    store: *mut kpc_store,
    name: *const c_char,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
    timeout_ms: i32,
    reader: *mut *mut kpc_reader,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(reader, "reader");
        let make = |store: &Store| store_import_reader(store, name, read_cap, index);
        waiting_form(store, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_import_reader_async(
    store: *mut kpc_store,
    name: *const c_char,
    read_cap: *const kpc_read_cap,
    index: *const kpc_box_index,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_import_reader", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_import_reader(store, name, read_cap, index);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_import_reader_result(
    result: *const kpc_result,
    reader: *mut *mut kpc_reader,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(reader, "reader");
        result_form("kpc_store_import_reader", result, error, outputs, Ok)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_open_reader(store: &Store, name: *const c_char) -> Result<Call<Arc<Reader>>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    store.reader(unsafe { arguments::text(name, "name")? })
}

/// Opens a channel of the store to read it, from where it was left. Whoever opens it twice from one
/// store shares one reader.
///
/// @param store       the store
/// @param name        the name of the channel, 1 to 255 bytes; writers and readers have names of
///                    their own
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param reader      receives the reader
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_CHANNEL_NOT_IN_DB, KPC_ERR_BUSY (another store has it
///          open, here or in another process), KPC_ERR_ARG_EMPTY (no name)
///
/// Ownership: *reader is the caller's, kpc_reader_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_reader(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    reader: *mut *mut kpc_reader,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(reader, "reader");
        let make = |store: &Store| store_open_reader(store, name);
        waiting_form(store, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_reader_async(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_open_reader", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_open_reader(store, name);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_reader_result(
    result: *const kpc_result,
    reader: *mut *mut kpc_reader,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(reader, "reader");
        result_form("kpc_store_open_reader", result, error, outputs, Ok)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_delete_reader(store: &Store, name: *const c_char) -> Result<Call<()>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let name = unsafe { arguments::text(name, "name")? };
    store.delete(Direction::Read, name)
}

/// Removes a channel with all its messages from the database. What is on the mixnet stays there.
///
/// @param store       the store
/// @param name        the name of the channel
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_CHANNEL_NOT_IN_DB, KPC_ERR_BUSY (it is open, here or in
///          another process), KPC_ERR_ARG_EMPTY (no name)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_delete_reader(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_delete_reader(store, name);
        waiting_form(store, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_delete_reader_async(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_delete_reader", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_delete_reader(store, name);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_delete_reader_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_store_delete_reader", result, error, (), Ok) }
}

fn store_list_readers(store: &Store) -> Result<Call<Vec<String>>> {
    store.channels(Direction::Read)
}

/// The names of all readers of a store.
///
/// @param store       the store
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param names       receives the list, possibly of none
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error
///
/// Ownership: *names is the caller's, kpc_names_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_list_readers(
    store: *mut kpc_store,
    timeout_ms: i32,
    names: *mut *mut kpc_names,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(names, "names");
        let make = |store: &Store| store_list_readers(store);
        waiting_form(store, timeout_ms, error, outputs, make, object)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_list_readers_async(
    store: *mut kpc_store,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_list_readers", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_list_readers(store);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_list_readers_result(
    result: *const kpc_result,
    names: *mut *mut kpc_names,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(names, "names");
        result_form("kpc_store_list_readers", result, error, outputs, object)
    }
}
