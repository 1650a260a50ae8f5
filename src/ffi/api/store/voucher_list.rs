//! kpc_store_list_vouchers, _list_inductions, _cancel_voucher, _cancel_induction: vouchers whose
//! channels are not there yet.

use std::ffi::c_char;

use super::kpc_store;
use super::names::kpc_names;
use crate::client::Call;
use crate::ffi::api::operation::{
    asynchronous, kpc_completion, kpc_op, kpc_result, object, result_form, waiting_form, Done,
};
use crate::ffi::boundary::arguments;
use crate::ffi::boundary::error::kpc_error;
use crate::ffi::boundary::outputs::out_handle;
use crate::ffi::boundary::status::kpc_status;
use crate::store::{Direction, Store};
use crate::Result;

fn store_list_vouchers(store: &Store) -> Result<Call<Vec<String>>> {
    store.vouchers(Direction::Write)
}

/// The names for which kpc_store_mint_voucher has minted vouchers that are not opened yet. A program
/// that starts again calls kpc_store_open_voucher for each.
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
pub unsafe extern "C" fn kpc_store_list_vouchers(
    store: *mut kpc_store,
    timeout_ms: i32,
    names: *mut *mut kpc_names,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(names, "names");
        let make = |store: &Store| store_list_vouchers(store);
        waiting_form(store, timeout_ms, error, outputs, make, object)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_list_vouchers_async(
    store: *mut kpc_store,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_list_vouchers", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_list_vouchers(store);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_list_vouchers_result(
    result: *const kpc_result,
    names: *mut *mut kpc_names,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(names, "names");
        result_form("kpc_store_list_vouchers", result, error, outputs, object)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_cancel_voucher(store: &Store, name: *const c_char) -> Result<Call<()>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let name = unsafe { arguments::text(name, "name")? };
    store.cancel_voucher(Direction::Write, name)
}

/// Gives up a voucher of kpc_store_mint_voucher that is not opened yet: the name is free again, and
/// whoever replies gets no answer. What is on the mixnet stays there.
///
/// @param store       the store
/// @param name        the name that kpc_store_mint_voucher was given
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_CHANNEL_NOT_IN_DB (there is no such voucher),
///         KPC_ERR_ARG_EMPTY (no name)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_cancel_voucher(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_cancel_voucher(store, name);
        waiting_form(store, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_cancel_voucher_async(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_cancel_voucher", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_cancel_voucher(store, name);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_cancel_voucher_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_store_cancel_voucher", result, error, (), Ok) }
}

fn store_list_inductions(store: &Store) -> Result<Call<Vec<String>>> {
    store.vouchers(Direction::Read)
}

/// The names for which kpc_store_induct_voucher has started and not come to its end. A program that
/// starts again calls it for each, without a voucher.
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
pub unsafe extern "C" fn kpc_store_list_inductions(
    store: *mut kpc_store,
    timeout_ms: i32,
    names: *mut *mut kpc_names,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(names, "names");
        let make = |store: &Store| store_list_inductions(store);
        waiting_form(store, timeout_ms, error, outputs, make, object)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_list_inductions_async(
    store: *mut kpc_store,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_list_inductions", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_list_inductions(store);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_list_inductions_result(
    result: *const kpc_result,
    names: *mut *mut kpc_names,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let outputs = out_handle(names, "names");
        result_form("kpc_store_list_inductions", result, error, outputs, object)
    }
}

/// # Safety
/// Each pointer is NULL or points to what the header asks for, which nobody changes meanwhile.
unsafe fn store_cancel_induction(store: &Store, name: *const c_char) -> Result<Call<()>> {
    // SAFETY: NULL or valid by the caller's word; nothing borrowed is kept beyond this call.
    let name = unsafe { arguments::text(name, "name")? };
    store.cancel_voucher(Direction::Read, name)
}

/// Gives up what kpc_store_induct_voucher has started and not finished: the name is free again. If
/// the reply is on the mixnet already, the joiner reads it, and writes to nobody.
///
/// @param store       the store
/// @param name        the name that kpc_store_induct_voucher was given
/// @param timeout_ms  how long to wait: KPC_FOREVER, KPC_NO_WAIT, or milliseconds
/// @param error       receives details of a failure; may be NULL
/// @return KPC_OK, any store error, KPC_ERR_CHANNEL_NOT_IN_DB (nothing was started),
///         KPC_ERR_ARG_EMPTY (no name)
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_cancel_induction(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_cancel_induction(store, name);
        waiting_form(store, timeout_ms, error, (), make, Ok)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_cancel_induction_async(
    store: *mut kpc_store,
    name: *const c_char,
    timeout_ms: i32,
    done: *const kpc_completion,
    op: *mut kpc_op,
    error: *mut *mut kpc_error,
) -> kpc_status {
    let done = Done("kpc_store_cancel_induction", done);
    // SAFETY: pointers are what the contract of the header says.
    unsafe {
        let make = |store: &Store| store_cancel_induction(store, name);
        asynchronous(store, timeout_ms, done, op, error, make)
    }
}

#[no_mangle]
#[must_use]
pub unsafe extern "C" fn kpc_store_cancel_induction_result(
    result: *const kpc_result,
    error: *mut *mut kpc_error,
) -> kpc_status {
    // SAFETY: pointers are what the contract of the header says.
    unsafe { result_form("kpc_store_cancel_induction", result, error, (), Ok) }
}
