//! kpc_store_*: channels that remember. Only with the feature `store`; the header always has it.

pub mod backing;
pub mod files;
pub mod message;
pub mod names;
pub mod reader;
pub mod readers;
pub mod reading;
pub mod shared_text;
pub mod voucher_list;
pub mod voucher_text;
pub mod vouchers;
pub mod writer;
pub mod writers;
pub mod writing;

use std::ffi::c_char;
use std::path::Path;
use std::sync::Arc;

use crate::client::{Call, Client, Shared};
use crate::ffi::api::client::kpc_client;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, result_form, waiting_form, Done, OfClient,
};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::free;
use crate::ffi::boundary::handles::{Kind, Tag};
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::store::Store;
use crate::Result;

/// Channels that are kept, by name, in one database of this program's: each has a writer or a
/// reader. What a writer was given is sent, and what a reader found is delivered, exactly once and
/// in order, whatever crashes in between. A library that was built with STORE=no has the functions
/// of no kpc_store, kpc_writer, kpc_reader, kpc_message and kpc_names, nor those of texts.
pub struct kpc_store {
    _opaque: (),
}

impl Kind for kpc_store {
    type Object = Store;
    const TAG: Tag = Tag::Store;
}

impl OfClient for kpc_store {
    fn client(store: &Store) -> Result<&Arc<Shared>> {
        store.client()
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_open(client: &Client, path: *const c_char) -> Result<Call<Arc<Store>>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let path = unsafe { arguments::optional_text(path, "path")? };
    Store::open(client, path.map(Path::new))
}

/// Opens a database, or creates it with mode 0600. Looks at the disk only; the client need not be
/// connected, nor ever be: what waits to be sent and read then waits for that. Several processes
/// may have one database open at a time, each channel in one of them. Messages and capabilities lie
/// in the file in clear.
///
/// @param client      the client, whose connection all channels of the store use
/// @param path        the file; NULL for a database in memory, which is gone with the store
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param store       receives the store
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_ARG_EMPTY (the path), KPC_ERR_NO_MEMORY (also no thread
///          to be had)
///
/// Ownership: *store is the caller's, kpc_store_free.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open(
    client: *mut kpc_client,
    path: *const c_char,
    timeout_ms: i32,
    store: *mut *mut kpc_store,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(store, "store");
        let make = |client: &Client| store_open(client, path);
        waiting_form(client, timeout_ms, error, outputs, make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_async(
    client: *mut kpc_client,
    path: *const c_char,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_open", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |client: &Client| store_open(client, path);
        asynchronous(client, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_open_result(
    result: *const kpc_result,
    store: *mut *mut kpc_store,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(store, "store");
        result_form("kpc_store_open", result, error, outputs, Ok)
    }
}

fn store_close(store: &Store) -> Result<Call<()>> {
    store.close()
}

/// Closes the database, and all writers and readers of the store, whose calls fail with
/// KPC_ERR_CLOSED from now on. When this completes the file is whole by itself, and another store
/// can open it.
///
/// @param store       the store
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_close(
    store: *mut kpc_store,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_close(store);
        waiting_form(store, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_close_async(
    store: *mut kpc_store,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_close", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_close(store);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_close_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_store_close", result, error, (), Ok) }
}

/// Frees a store. Its writers and readers go on until they are freed; with the last of them the
/// database is closed, a moment later. kpc_store_close waits for that.
///
/// @param store  the store; NULL is fine
///
/// Threads: any, callbacks and finalizers included. Never waits.
#[no_mangle]
pub extern "C" fn kpc_store_free(store: *mut kpc_store) {
    free(store);
}
