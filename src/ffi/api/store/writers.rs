//! kpc_store_*_writer: the channels of a store that it writes.

use std::ffi::c_char;
use std::sync::Arc;

use super::kpc_store;
use super::names::kpc_names;
use super::writer::kpc_writer;
use crate::bacap::SEED_SIZE;
use crate::client::Call;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, object, result_form, waiting_form, Done,
};
use crate::ffi::api::values::{kpc_box_index, kpc_write_cap, optional_index};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::store::{Direction, Store, Writer};
use crate::Result;

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_create_writer(
    store: &Store,
    name: *const c_char,
    seed: *const u8,
    seed_len: usize,
) -> Result<Call<Arc<Writer>>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (name, seed) = unsafe {
        (
            arguments::text(name, "name")?,
            arguments::bytes(seed, seed_len, "seed")?,
        )
    };
    let seed: Option<&[u8; SEED_SIZE]> = match seed {
        [] => None,
        seed => Some(arguments::exactly(seed, "seed")?),
    };
    store.create_writer(name, seed)
}

/// Creates a channel and opens it to write to it. It is in the database when this completes.
///
/// @param store       the store
/// @param name        the name of the channel, 1 to 255 bytes; writers and readers have names of
///                    their own
/// @param seed        from which the channel's capability is computed; may be NULL, with seed_len 0,
///                    which draws one
/// @param seed_len    how many bytes, 0 or KPC_SEED_SIZE
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param writer      receives the writer
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_CHANNEL_EXISTS (the store has a writer of this name),
///          KPC_ERR_ARG_EMPTY (no name), KPC_ERR_ARG_SIZE (of the seed)
///
/// Ownership: *writer is the caller's, kpc_writer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_create_writer(
    store: *mut kpc_store,
    name: *const c_char,
    seed: *const u8,
    seed_len: usize,
    timeout_ms: i32,
    writer: *mut *mut kpc_writer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(writer, "writer");
        let make = |store: &Store| store_create_writer(store, name, seed, seed_len);
        waiting_form(store, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_create_writer_async(
    store: *mut kpc_store,
    name: *const c_char,
    seed: *const u8,
    seed_len: usize,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_create_writer", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_create_writer(store, name, seed, seed_len);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_create_writer_result(
    result: *const kpc_result,
    writer: *mut *mut kpc_writer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(writer, "writer");
        result_form("kpc_store_create_writer", result, error, outputs, Ok)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_import_writer(
    store: &Store,
    name: *const c_char,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
) -> Result<Call<Arc<Writer>>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let (name, cap, index) = unsafe {
        (
            arguments::text(name, "name")?,
            arguments::value(write_cap, "write_cap")?.checked()?,
            optional_index(index)?,
        )
    };
    store.import_writer(name, &cap, index.as_ref())
}

/// Adds a channel that exists, and opens it to write to it. Boxes that hold something already are
/// never overwritten: the writer reports KPC_WRITER_CONFLICT when it comes to one.
///
/// @param store       the store
/// @param name        the name of the channel, 1 to 255 bytes; writers and readers have names of
///                    their own
/// @param write_cap   the channel
/// @param index       the box that is written first; NULL for the first of the channel
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param writer      receives the writer
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_CHANNEL_EXISTS (the store has a writer of this name),
///          KPC_ERR_ARG_EMPTY (no name), KPC_ERR_INVALID_CAPABILITY (also an index of another
///          channel)
///
/// Ownership: *writer is the caller's, kpc_writer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_import_writer(
    store: *mut kpc_store,
    name: *const c_char,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    timeout_ms: i32,
    writer: *mut *mut kpc_writer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(writer, "writer");
        let make = |store: &Store| store_import_writer(store, name, write_cap, index);
        waiting_form(store, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_import_writer_async(
    store: *mut kpc_store,
    name: *const c_char,
    write_cap: *const kpc_write_cap,
    index: *const kpc_box_index,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_import_writer", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_import_writer(store, name, write_cap, index);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_import_writer_result(
    result: *const kpc_result,
    writer: *mut *mut kpc_writer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(writer, "writer");
        result_form("kpc_store_import_writer", result, error, outputs, Ok)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_open_writer(store: &Store, name: *const c_char) -> Result<Call<Arc<Writer>>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    store.writer(unsafe { arguments::text(name, "name")? })
}

/// Opens a channel of the store to write to it. What was not on the mixnet yet is sent from now on.
/// Whoever opens it twice from one store shares one writer.
///
/// @param store       the store
/// @param name        the name of the channel, 1 to 255 bytes; writers and readers have names of
///                    their own
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param writer      receives the writer
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_CHANNEL_NOT_IN_DB, KPC_ERR_BUSY (another store has it
///          open, here or in another process), KPC_ERR_ARG_EMPTY (no name)
///
/// Ownership: *writer is the caller's, kpc_writer_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_writer(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    writer: *mut *mut kpc_writer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(writer, "writer");
        let make = |store: &Store| store_open_writer(store, name);
        waiting_form(store, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_writer_async(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_open_writer", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_open_writer(store, name);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_writer_result(
    result: *const kpc_result,
    writer: *mut *mut kpc_writer,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(writer, "writer");
        result_form("kpc_store_open_writer", result, error, outputs, Ok)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_delete_writer(store: &Store, name: *const c_char) -> Result<Call<()>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let name = unsafe { arguments::text(name, "name")? };
    store.delete(Direction::Write, name)
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
pub unsafe extern "C" fn kpc_store_delete_writer(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_delete_writer(store, name);
        waiting_form(store, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_delete_writer_async(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_delete_writer", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_delete_writer(store, name);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_delete_writer_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_store_delete_writer", result, error, (), Ok) }
}

fn store_list_writers(store: &Store) -> Result<Call<Vec<String>>> {
    store.channels(Direction::Write)
}

/// The names of all writers of a store.
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
pub unsafe extern "C" fn kpc_store_list_writers(
    store: *mut kpc_store,
    timeout_ms: i32,
    names: *mut *mut kpc_names,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(names, "names");
        let make = |store: &Store| store_list_writers(store);
        waiting_form(store, timeout_ms, error, outputs, make, object)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_list_writers_async(
    store: *mut kpc_store,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_list_writers", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_list_writers(store);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_list_writers_result(
    result: *const kpc_result,
    names: *mut *mut kpc_names,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(names, "names");
        result_form("kpc_store_list_writers", result, error, outputs, object)
    }
}
